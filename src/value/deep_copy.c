/* Copies of values with all that is in them (IValue::deepcopy). What is shared inside is shared in the copy:
 * lists, objects, tensors, and tensors' storages. */
#include "base/table.h"
#include "tensor/layouts.h"
#include "tensor/quantizer.h"
#include "value/value.h"
#include <string.h>

enum { MAX_DEPTH = 500 };

struct copying {
    struct table done; /* counted original -> its copy, which someone holds */
    int depth;
    lb_error *err;
};

static bool copy(struct copying *c, lb_value v, lb_value *out);

static bool keep(struct copying *c, const void *original, void *made) {
    return table_set(&c->done, original, made) || error_memory(c->err);
}

/* ---- tensors ---- */

/* A new reference. */
static struct storage *copy_storage(struct copying *c, struct storage *s) {
    struct storage *known = table_get(&c->done, s);
    if (known) {
        storage_retain(known);
        return known;
    }
    struct storage *made = storage_new(s->bytes, NULL, c->err);
    if (!made) return NULL;
    made->device = s->device;
    if (s->bytes) memcpy(made->data, s->data, s->bytes);
    if (keep(c, s, made)) return made;
    storage_release(made);
    return NULL;
}

static struct tensor *copy_tensor(struct copying *c, struct tensor *t) {
    struct tensor *made = tensor_alias(t, c->err);
    struct storage *s = made && t->storage ? copy_storage(c, t->storage) : NULL;
    bool good = made && (s || !t->storage);
    if (good && s) {
        storage_release(made->storage);
        made->storage = s;
    }
    for (int i = 0; good && i < 3; i++) {
        if (!made->parts[i]) continue;
        struct tensor *part = copy_tensor(c, made->parts[i]);
        good = part != NULL;
        if (!good) break;
        tensor_release(made->parts[i]);
        made->parts[i] = part;
    }
    if (good) return made;
    tensor_release(made);
    return NULL;
}

static bool copy_tensor_value(struct copying *c, lb_value v, lb_value *out) {
    struct tensor *made = copy_tensor(c, v.tensor);
    if (!made) return false;
    *out = value_tensor(made);
    return keep(c, v.tensor, made);
}

/* ---- containers: noted before they are filled, since they may hold themselves ---- */

static bool copy_list(struct copying *c, const struct list *l, lb_value *out) {
    if (!value_new_list(out, l->element, l->count, c->err) || !keep(c, l, out->list)) return false;
    for (int64_t i = 0; i < l->count; i++) {
        lb_value item = value_none();
        if (!copy(c, l->items[i], &item)) {
            value_release(item);
            return false;
        }
        if (!list_append(out->list, item, c->err)) return false;
    }
    return true;
}

static bool copy_tuple(struct copying *c, const struct tuple *t, lb_value *out) {
    if (!value_new_tuple(out, t->type, t->count, c->err) || !keep(c, t, out->tuple)) return false;
    for (int i = 0; i < t->count; i++)
        if (!copy(c, t->items[i], &out->tuple->items[i])) return false;
    return true;
}

static bool copy_dict(struct copying *c, const struct dict *d, lb_value *out) {
    if (!value_new_dict(out, d->key_type, d->value_type, c->err) || !keep(c, d, out->dict)) return false;
    int64_t at = 0;
    for (const struct dict_entry *e; (e = dict_next(d, &at));) {
        lb_value key = value_none(), value = value_none();
        bool good = copy(c, e->key, &key) && copy(c, e->value, &value);
        if (!good) {
            value_release(key);
            value_release(value);
            return false;
        }
        if (!dict_set(out->dict, key, value, c->err)) return false;
    }
    return true;
}

static bool copy_object(struct copying *c, const struct object *o, lb_value *out) {
    if (!value_new_object(out, o->type, o->count, c->err) || !keep(c, o, out->object)) return false;
    for (int i = 0; i < o->count; i++)
        if (!copy(c, o->slots[i], &out->object->slots[i])) return false;
    return true;
}

static bool copy_counted(struct copying *c, lb_value v, lb_value *out) {
    switch (v.tag) {
    case VALUE_TENSOR: return copy_tensor_value(c, v, out);
    case VALUE_LIST: return copy_list(c, v.list, out);
    case VALUE_TUPLE: return copy_tuple(c, v.tuple, out);
    case VALUE_DICT: return copy_dict(c, v.dict, out);
    case VALUE_OBJECT: return copy_object(c, v.object, out);
    default:
        *out = value_copy(v); /* never changed: strings, enums, packed weights */
        return true;
    }
}

/* On failure *out is released by the caller. */
static bool copy(struct copying *c, lb_value v, lb_value *out) {
    *out = value_none();
    void *known = value_is_counted(v) ? table_get(&c->done, v.counted) : NULL;
    if (known || !value_is_counted(v)) {
        *out = value_copy(known ? value_counted((enum value_tag)v.tag, known) : v);
        return true;
    }
    if (++c->depth > MAX_DEPTH)
        return error_set(c->err, LB_ERROR_LIMIT, "a value is nested more than %d deep", MAX_DEPTH);
    bool good = copy_counted(c, v, out);
    c->depth--;
    return good;
}

bool value_deep_copy(lb_value v, lb_value *out, lb_error *err) {
    struct copying c = {.err = err};
    bool good = copy(&c, v, out);
    table_free(&c.done);
    if (good) return true;
    value_release(*out);
    *out = value_none();
    return false;
}
