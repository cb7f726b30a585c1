/* Making and freeing runtime values; see value.h. Freeing walks deep values (a list of lists of ...) without
 * recursion and without memory: dead containers wait in a chain that runs through their own second word,
 * which in every container is a pointer that the dead no longer need. Cycles are never freed, as in PyTorch.
 */
#include "value/value.h"
#include "base/mem.h"
#include "value/future.h"
#include <string.h>

const char *value_tag_name(enum value_tag tag) {
    static const char *const names[VALUE_TAG_COUNT] = {
        "None", "Bool",   "Int",       "Double",      "Device",      "Function", "Uninitialized",
        "",     "Tensor", "String",    "GenericList", "GenericDict", "Tuple",    "Object",
        "Enum", "Future", "Generator", "Storage",     "Capsule",
    };
    if (tag == VALUE_COMPLEX) return "ComplexDouble";
    return tag < VALUE_TAG_COUNT ? names[tag] : "?";
}

static void *new_counted(lb_value *out, enum value_tag tag, size_t bytes, lb_error *err) {
    struct counted *c = mem_zeroed(1, bytes);
    if (!c) {
        *out = value_none();
        error_memory(err);
        return NULL;
    }
    counted_init(c);
    *out = value_counted(tag, c);
    return c;
}

/* `count` items of 16 bytes behind a head; NULL when that is too much. */
static void *new_with_items(lb_value *out, enum value_tag tag, size_t head, int32_t count, lb_error *err) {
    size_t bytes;
    if (count < 0 || !size_multiply((size_t)count, sizeof(lb_value), &bytes) ||
        !size_add(bytes, head, &bytes)) {
        *out = value_none();
        error_memory(err);
        return NULL;
    }
    return new_counted(out, tag, bytes, err);
}

bool value_new_string(lb_value *out, const char *bytes, int64_t length, lb_error *err) {
    size_t total;
    *out = value_none();
    if (length < 0 || !size_add((size_t)length, sizeof(struct string) + 1, &total)) return error_memory(err);
    struct string *s = mem_alloc(total);
    if (!s) return error_memory(err);
    counted_init(&s->counted);
    s->hash = 0;
    s->length = length;
    if (length && bytes) memcpy(s->bytes, bytes, (size_t)length);
    s->bytes[length] = 0;
    *out = value_counted(VALUE_STRING, s);
    return true;
}

bool value_new_complex(lb_value *out, double re, double im, lb_error *err) {
    struct complex_value *c = new_counted(out, VALUE_COMPLEX, sizeof *c, err);
    if (!c) return false;
    c->re = re;
    c->im = im;
    return true;
}

bool value_new_tuple(lb_value *out, const struct type *type, int32_t count, lb_error *err) {
    struct tuple *t = new_with_items(out, VALUE_TUPLE, sizeof *t, count, err);
    if (!t) return false;
    t->type = type;
    t->count = count;
    return true;
}

bool value_new_object(lb_value *out, const struct type *type, int32_t slots, lb_error *err) {
    struct object *o = new_with_items(out, VALUE_OBJECT, sizeof *o, slots, err);
    if (!o) return false;
    o->type = type;
    o->count = slots;
    return true;
}

bool value_new_enum(lb_value *out, const struct type *type, int32_t index, lb_value name, lb_value value,
                    lb_error *err) {
    struct enum_value *e = new_counted(out, VALUE_ENUM, sizeof *e, err);
    if (!e) return false;
    e->type = type;
    e->index = index;
    e->name = value_copy(name);
    e->value = value_copy(value);
    return true;
}

bool value_new_capsule(lb_value *out, const char *class_name, lb_value state, lb_error *err) {
    struct capsule *c = new_counted(out, VALUE_CAPSULE, sizeof *c, err);
    if (!c) return false;
    c->class_name = class_name;
    c->state = value_copy(state);
    return true;
}

bool value_new_generator(lb_value *out, struct generator *generator, void (*release)(struct generator *),
                         lb_error *err) {
    struct generator_value *g = new_counted(out, VALUE_GENERATOR, sizeof *g, err);
    if (!g) return false;
    g->generator = generator;
    g->release = release;
    return true;
}

bool value_new_future(lb_value *out, const struct type *type, lb_error *err) {
    struct future *f = new_counted(out, VALUE_FUTURE, sizeof *f, err);
    if (!f) return false;
    f->type = type;
    if (future_init(f)) return true;
    mem_free(f);
    *out = value_none();
    return error_memory(err);
}

/* Freeing. */

struct chain {
    struct counted *first;
};

/* What stands behind the count of every container: list.element, tuple.type, ..., capsule.class_name. */
enum { LINK_AT = 8 };
_Static_assert(offsetof(struct list, element) == LINK_AT && offsetof(struct tuple, type) == LINK_AT &&
                   offsetof(struct dict, key_type) == LINK_AT && offsetof(struct object, type) == LINK_AT &&
                   offsetof(struct enum_value, type) == LINK_AT && offsetof(struct future, type) == LINK_AT &&
                   offsetof(struct capsule, class_name) == LINK_AT,
               "the chain of dead containers runs through their second word");

/* The dead container's count says which tag it had. */
static void chain_push(struct chain *chain, lb_value v) {
    atomic_store_explicit(&v.counted->count, (int32_t)v.tag, memory_order_relaxed);
    memcpy((char *)v.counted + LINK_AT, &chain->first, sizeof chain->first);
    chain->first = v.counted;
}

static lb_value chain_pop(struct chain *chain) {
    struct counted *c = chain->first;
    memcpy(&chain->first, (char *)c + LINK_AT, sizeof chain->first);
    return value_counted((enum value_tag)atomic_load_explicit(&c->count, memory_order_relaxed), c);
}

/* These two have release functions of their own, which want to take down the last count themselves. */
static void free_foreign(lb_value v) {
    counted_init(v.counted);
    if (v.tag == VALUE_TENSOR)
        tensor_release(v.tensor);
    else
        storage_release(v.storage);
}

static void free_generator(struct generator_value *g) {
    if (g->release) g->release(g->generator);
    mem_free(g);
}

static void bury(struct chain *chain, lb_value v) {
    switch (v.tag) {
    case VALUE_TENSOR:
    case VALUE_STORAGE: free_foreign(v); break;
    case VALUE_COMPLEX:
    case VALUE_STRING: mem_free(v.counted); break;
    case VALUE_GENERATOR: free_generator(v.generator); break;
    default: chain_push(chain, v);
    }
}

static void drop(struct chain *chain, lb_value v) {
    if (value_is_counted(v) && counted_release(v.counted)) bury(chain, v);
}

static void drop_all(struct chain *chain, const lb_value *items, int64_t count) {
    for (int64_t i = 0; i < count; i++) drop(chain, items[i]);
}

static void drop_entries(struct chain *chain, struct dict *d) {
    for (int64_t i = 0; i < d->used; i++) {
        drop(chain, d->entries[i].key);
        drop(chain, d->entries[i].value);
    }
    mem_free(d->entries);
    mem_free(d->index);
}

static void drop_parts(struct chain *chain, lb_value v) {
    switch (v.tag) {
    case VALUE_LIST:
        drop_all(chain, v.list->items, v.list->count);
        mem_free(v.list->items);
        break;
    case VALUE_TUPLE: drop_all(chain, v.tuple->items, v.tuple->count); break;
    case VALUE_OBJECT: drop_all(chain, v.object->slots, v.object->count); break;
    case VALUE_DICT: drop_entries(chain, v.dict); break;
    case VALUE_ENUM:
        drop(chain, v.enumeration->name);
        drop(chain, v.enumeration->value);
        break;
    case VALUE_FUTURE: drop(chain, future_finish(v.future)); break;
    case VALUE_CAPSULE:
        if (v.capsule->release) v.capsule->release(v.capsule->native);
        drop(chain, v.capsule->state);
        break;
    default: break;
    }
}

void value_free_counted(lb_value v) {
    struct chain chain = {0};
    bury(&chain, v);
    while (chain.first) {
        lb_value dead = chain_pop(&chain);
        drop_parts(&chain, dead);
        mem_free(dead.counted);
    }
}
