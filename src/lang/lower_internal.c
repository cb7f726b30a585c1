/* What only the library may write (src/lang/library): views of values that have no other name.
 *
 *     __plain__(x)      a marked list or dict as the plain one that it is
 *     __mark__(x, "m")  a list or dict as one that stands for something else
 *     __key__(x)        what a dict has for this key: itself, or a text that is different for different keys
 *     __empty__(x)      an empty list or dict of the type of this one
 *     __learned__(x)    a literal whose type each call of the function learns by itself
 *     __zero__(x)       what a sum over this list begins with
 *     __default__(x)    what a dict with defaults (of lists, numbers, ...) has for a new key
 */
#include "lang/library.h"
#include "lang/lower.h"
#include <string.h>

static struct ir_value *retyped(struct emitter *e, struct ir_value *v, const struct type *type) {
    return type ? emit_cast(e, v, type) : emit_out_of_memory(e);
}

static struct ir_value *plain(struct emitter *e, struct ir_value *v) {
    return lower_is_marked(v->type) ? retyped(e, v, type_marked(e->types, v->type, NULL)) : v;
}

static struct ir_value *mark(struct emitter *e, struct ir_value *v, struct ir_value *word,
                             struct source_range at) {
    lb_value c;
    if (!word || !emit_is_constant(word, &c) || c.tag != VALUE_STRING)
        return emit_error(e, at, "__mark__ wants a mark");
    return retyped(e, v, type_marked(e->types, v->type, emit_name(e, c.string->bytes)));
}

static struct ir_value *joined(struct emitter *e, struct ir_value *a, struct ir_value *b,
                               struct source_range at) {
    struct ir_value *both[2] = {a, b};
    return a && b ? emit_operator(e, "aten::add", at, both, 2) : NULL;
}

/* A text that no other value of the type has. */
static struct ir_value *key_text(struct emitter *e, struct ir_value *v, struct source_range at) {
    struct ir_value *text = NULL, *length;
    switch (v->type->kind) {
    case TYPE_STRING:
        length = emit_operator(e, "aten::len", at, &v, 1);
        text = length ? emit_operator(e, "aten::str", at, &length, 1) : NULL;
        return joined(e, joined(e, text, emit_text(e, ":", 1, at), at), v, at);
    case TYPE_TUPLE: {
        struct ir_value *const *items = emit_unpack(e, v);
        text = emit_text(e, "(", 1, at);
        for (int i = 0; items && text && i < v->type->count; i++) {
            text = joined(e, text, key_text(e, items[i], at), at);
            text = text ? joined(e, text, emit_text(e, ",", 1, at), at) : NULL;
        }
        return text;
    }
    case TYPE_ENUM: return emit_typed(e, KIND_ENUM_NAME, simple_type(e, TYPE_STRING), &v, 1);
    case TYPE_INT:
    case TYPE_FLOAT:
    case TYPE_BOOL:
    case TYPE_NONE:
    case TYPE_DEVICE:
    case TYPE_COMPLEX: return emit_operator(e, "aten::str", at, &v, 1);
    default: return emit_error(e, at, "a value of type %s cannot be a key", emit_type_words(e, v->type));
    }
}

static struct ir_value *key(struct emitter *e, struct ir_value *v, struct source_range at) {
    return type_may_be_key(v->type) ? v : key_text(e, v, at);
}

static struct ir_value *empty(struct emitter *e, const struct type *t, struct source_range at) {
    if (t->kind == TYPE_LIST) return emit_typed(e, KIND_LIST_CONSTRUCT, t, NULL, 0);
    if (t->kind == TYPE_DICT) return emit_typed(e, KIND_DICT_CONSTRUCT, t, NULL, 0);
    return emit_error(e, at, "%s cannot be empty", emit_type_words(e, t));
}

static struct ir_value *zero_of(struct emitter *e, const struct type *t, struct source_range at) {
    switch (t->kind) {
    case TYPE_FLOAT: return emit_constant(e, value_float(0), at);
    case TYPE_STRING: return emit_text(e, "", 0, at);
    case TYPE_BOOL:
    case TYPE_INT: return emit_int(e, 0, at);
    case TYPE_TENSOR: {
        struct ir_value *zero = emit_int(e, 0, at);
        struct actual a = {.value = zero};
        return zero ? emit_builtin(e, emit_name(e, "aten::tensor"), at, actuals_of(&a, 1), NULL) : NULL;
    }
    case TYPE_NUMBER: { /* what .item() gives: an int only to begin with */
        struct ir_value *zero = emit_int(e, 0, at);
        return zero ? emit_cast(e, zero, t) : NULL;
    }
    default: return emit_int(e, 0, at);
    }
}

struct ir_value *lower_default(struct emitter *e, const struct type *t, struct source_range at) {
    switch (t->kind) {
    case TYPE_LIST:
    case TYPE_DICT: return empty(e, t, at);
    case TYPE_BOOL: return emit_bool(e, false, at);
    case TYPE_INT:
    case TYPE_FLOAT:
    case TYPE_STRING: return zero_of(e, t, at);
    case TYPE_OPTIONAL: return emit_none(e, t);
    default: return emit_uninitialized(e, t);
    }
}

static struct ir_value *apply(struct emitter *e, const char *word, struct ir_value *v,
                              struct ir_value *second, struct source_range at) {
    const struct type *t = v->type;
    if (!strcmp(word, "__plain__")) return plain(e, v);
    if (!strcmp(word, "__mark__")) return mark(e, v, second, at);
    if (!strcmp(word, "__key__")) return key(e, v, at);
    if (!strcmp(word, "__empty__")) return empty(e, t, at);
    if (!strcmp(word, "__learned__")) return v;
    if (!strcmp(word, "__zero__")) return t->count ? zero_of(e, t->items[0], at) : emit_int(e, 0, at);
    if (!strcmp(word, "__default__")) return lower_default(e, t->items[1], at);
    return emit_error(e, at, "there is no %s", word);
}

static struct sugared *call_internal(struct emitter *e, struct sugared *s, struct source_range at,
                                     struct actuals actuals, int binders) {
    (void)binders;
    struct ir_value *v = actuals.count ? emit_actual(e, &actuals.items[0]) : NULL;
    struct ir_value *second = actuals.count > 1 ? emit_actual(e, &actuals.items[1]) : NULL;
    if (!v) return e->err->code ? NULL : emit_error(e, at, "%s wants an argument", s->name->text);
    return sugared_simple(e, apply(e, s->name->text, v, second, at));
}
static const struct sugared_kind kind_internal = {.word = "internal function", .call = call_internal};

struct sugared *sugared_internal(struct emitter *e, const struct name *name) {
    struct sugared *s = sugared_new(e, &kind_internal);
    if (s) s->name = name;
    return s;
}
