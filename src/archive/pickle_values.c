/* See pickle_values.h (torch/csrc/jit/serialization/pickler.cpp). */
#include "archive/pickler.h"
#include "base/mem.h"
#include "types/function.h"
#include <stdio.h>
#include <string.h>

enum { MAX_DEPTH = 1000 };

static bool put_value(struct pickler *p, lb_value v);
static bool put_shared(struct pickler *p, lb_value v);

static bool put_items(struct pickler *p, const lb_value *items, int64_t count) {
    for (int64_t i = 0; i < count; i++)
        if (!put_value(p, items[i])) return false;
    return true;
}

/* "Dict[str, int]", and the end of a call of restore_type_tag. */
static void put_type_tag(struct pickler *p, const char *open, const struct type *first,
                         const struct type *second) {
    struct text text = {0};
    text_put(&text, open);
    type_put_annotation(&text, first);
    if (second) text_put(&text, ", ");
    if (second) type_put_annotation(&text, second);
    text_put_char(&text, ']');
    pickle_put_string(&p->writer, text_get(&text), text.length);
    p->writer.failed |= text.failed;
    text_free(&text);
    pickle_put(&p->writer, "\x86R");
}

/* ---- lists, dicts, tuples ---- */

/* torch.jit._pickle.build_intlist and its like; NULL: a list with a type tag. */
static const char *list_builder(const struct type *element) {
    switch (element->kind) {
    case TYPE_INT: return "torch.jit._pickle.build_intlist";
    case TYPE_FLOAT: return "torch.jit._pickle.build_doublelist";
    case TYPE_BOOL: return "torch.jit._pickle.build_boollist";
    case TYPE_TENSOR: return "torch.jit._pickle.build_tensorlist";
    default: return NULL;
    }
}

/* PyTorch copies the items of a List[Tensor] before it writes them, so that each is held twice. */
static bool put_tensors(struct pickler *p, const struct list *l) {
    for (int64_t i = 0; i < l->count; i++)
        if (!put_shared(p, l->items[i])) return false;
    return true;
}

static bool put_list(struct pickler *p, const struct list *l) {
    struct pickle_writer *w = &p->writer;
    if (!p->program) {
        pickle_put(w, "](");
        bool good = put_items(p, l->items, l->count);
        pickle_put(w, "e");
        return good;
    }
    if (!l->element)
        return error_set(p->err, LB_ERROR_ARGUMENT, "a list whose element type is not known can't be saved");
    const char *builder = list_builder(l->element);
    pickle_put_global(w, builder ? builder : "torch.jit._pickle.restore_type_tag");
    pickle_put(w, builder ? "(](" : "](");
    if (!(l->element->kind == TYPE_TENSOR ? put_tensors(p, l) : put_items(p, l->items, l->count)))
        return false;
    pickle_put(w, builder ? "etR" : "e");
    if (!builder) put_type_tag(p, "List[", l->element, NULL);
    return true;
}

static bool put_dict(struct pickler *p, const struct dict *d) {
    struct pickle_writer *w = &p->writer;
    if (p->program && (!d->key_type || !d->value_type))
        return error_set(p->err, LB_ERROR_ARGUMENT, "a dict whose types are not known can't be saved");
    if (p->program) pickle_put_global(w, "torch.jit._pickle.restore_type_tag");
    pickle_put(w, "}(");
    int64_t at = 0;
    for (struct dict_entry *e; (e = dict_next(d, &at));)
        if (!put_value(p, e->key) || !put_value(p, e->value)) return false;
    pickle_put(w, "u");
    if (p->program) put_type_tag(p, "Dict[", d->key_type, d->value_type);
    return true;
}

static bool put_tuple(struct pickler *p, const struct tuple *t) {
    pickle_open_tuple(&p->writer, t->count);
    if (!put_items(p, t->items, t->count)) return false;
    pickle_close_tuple(&p->writer, t->count);
    return true;
}

/* ---- objects ---- */

static bool put_class(struct pickler *p, const struct type *type) {
    struct text name = {0};
    bool good = p->program->put_class(p->program->context, &name, type, p->err);
    pickle_put_global(&p->writer, text_get(&name));
    p->writer.failed |= name.failed;
    text_free(&name);
    return good;
}

static bool put_slots(struct pickler *p, const struct object *o) {
    const struct class_definition *c = o->type->definition;
    pickle_put(&p->writer, "}(");
    for (int i = 0; i < o->count; i++) {
        const struct name *name = c->attributes.items[i].name;
        pickle_put_string(&p->writer, name->text, name->length);
        if (!put_value(p, o->slots[i])) return error_prefix(p->err, "attribute '%s'", name->text);
    }
    pickle_put(&p->writer, "u");
    return true;
}

/* The state is in its maker's hands, too, while PyTorch writes it: whatever is counted takes a number. */
static bool put_state(struct pickler *p, lb_value state) {
    bool counted = value_is_counted(state) && state.tag != VALUE_STRING;
    return counted ? put_shared(p, state) : put_value(p, state);
}

static bool put_object(struct pickler *p, lb_value v) {
    const struct type *type = v.tag == VALUE_CAPSULE ? v.capsule->type : v.object->type;
    if (!type) return error_set(p->err, LB_ERROR_UNSUPPORTED, "an object without a class can't be saved");
    bool has = false, good = put_class(p, type);
    lb_value state = value_none();
    pickle_put(&p->writer, ")\x81");
    good = good && p->program->get_state(p->program->context, v, &has, &state, p->err);
    good = good && (has ? put_state(p, state) : put_slots(p, v.object));
    pickle_put(&p->writer, "b");
    value_release(state);
    return good;
}

static bool put_enum(struct pickler *p, const struct enum_value *e) {
    if (!p->program) return put_value(p, e->value);
    bool good = put_class(p, e->type) && put_value(p, e->value);
    pickle_put(&p->writer, "R");
    return good;
}

/* ---- small values ---- */

static bool put_complex(struct pickler *p, const struct complex_value *c) {
    pickle_put_global(&p->writer, "builtins.complex");
    pickle_put_float(&p->writer, c->re);
    pickle_put_float(&p->writer, c->im);
    pickle_put(&p->writer, "\x86R");
    return true;
}

/* Equal devices are one. */
static bool put_device(struct pickler *p, struct device d) {
    char text[32];
    snprintf(text, sizeof text, "\1device %d %d", d.type, d.index); /* no other name begins so */
    const struct name *identity = name_of(&p->writer.names, text);
    if (!identity) return error_memory(p->err);
    if (pickle_put_known(&p->writer, identity)) return true;
    pickler_put_device_name(p, d);
    pickle_memoize(&p->writer, identity);
    return true;
}

static bool refuse(struct pickler *p, lb_value v) {
    return error_set(p->err, LB_ERROR_UNSUPPORTED, "a %s can't be saved",
                     value_tag_name((enum value_tag)v.tag));
}

static bool put_content(struct pickler *p, lb_value v) {
    switch (v.tag) {
    case VALUE_NONE: pickle_put(&p->writer, "N"); return true;
    case VALUE_BOOL: pickle_put_bool(&p->writer, v.i != 0); return true;
    case VALUE_INT: pickle_put_int(&p->writer, v.i); return true;
    case VALUE_FLOAT: pickle_put_float(&p->writer, v.f); return true;
    case VALUE_COMPLEX: return put_complex(p, v.complex);
    case VALUE_STRING: pickle_put_string(&p->writer, v.string->bytes, (size_t)v.string->length); return true;
    case VALUE_DEVICE: return put_device(p, v.device);
    case VALUE_TENSOR: return pickler_put_tensor(p, v.tensor);
    case VALUE_LIST: return put_list(p, v.list);
    case VALUE_TUPLE: return put_tuple(p, v.tuple);
    case VALUE_DICT: return put_dict(p, v.dict);
    case VALUE_ENUM: return put_enum(p, v.enumeration);
    case VALUE_OBJECT:
    case VALUE_CAPSULE: return p->program ? put_object(p, v) : refuse(p, v);
    default: return refuse(p, v);
    }
}

static bool put_nested(struct pickler *p, lb_value v) {
    if (p->depth >= MAX_DEPTH)
        return error_set(p->err, LB_ERROR_LIMIT,
                         "a value that is nested more than %d deep, or holds itself, can't be saved",
                         MAX_DEPTH);
    p->depth++;
    bool good = put_content(p, v);
    p->depth--;
    return good;
}

static bool put_shared(struct pickler *p, lb_value v) {
    if (pickle_put_known(&p->writer, v.counted)) return true;
    if (!put_nested(p, v)) return false;
    if (!array_push(&p->kept, v)) return error_memory(p->err);
    value_copy(v);
    pickle_memoize(&p->writer, v.counted);
    return true;
}

/* Whoever else holds a value may be part of what is saved. Modules are held by their Python wrappers. */
static bool is_shared(lb_value v) {
    if (!value_is_counted(v) || v.tag == VALUE_STRING) return false;
    bool module = v.tag == VALUE_OBJECT && v.object->type->definition->is_module;
    return module || !counted_alone(v.counted);
}

static bool put_value(struct pickler *p, lb_value v) {
    return is_shared(v) ? put_shared(p, v) : put_nested(p, v);
}

bool pickle_value(struct pickled *out, lb_value v, const struct pickle_program *program, lb_error *err) {
    struct pickler p = {.program = program, .err = err};
    *out = (struct pickled){0};
    bool good = pickle_writer_open(&p.writer, err) && put_value(&p, v);
    pickle_put(&p.writer, ".");
    good = good && pickle_writer_good(&p.writer, err);
    out->bytes = p.writer.out;
    p.writer.out = (struct text){0};
    out->storages.items = p.storages.items;
    out->storages.count = p.storages.count;
    for (int i = 0; i < p.kept.count; i++) value_release(p.kept.items[i]);
    mem_free(p.kept.items);
    pickle_writer_free(&p.writer);
    return good;
}

void pickled_free(struct pickled *p) {
    for (int i = 0; i < p->storages.count; i++) storage_release(p->storages.items[i]);
    mem_free(p->storages.items);
    text_free(&p->bytes);
    *p = (struct pickled){0};
}
