/* What classes of a program have from their base classes: the special methods that operators and statements
 * ask for, what isinstance() says of their objects, and that members of an IntEnum are ints. */
#include "lang/lower.h"
#include <string.h>

struct sugared *lower_special(struct emitter *e, struct ir_value *v, const char *method,
                              struct source_range at) {
    const struct name *name = v->type->kind == TYPE_CLASS ? emit_name(e, method) : NULL;
    if (!name) return NULL;
    if (class_find_method(v->type->definition, name)) return sugared_method(e, v, name);
    struct sugared *s = sugared_simple(e, v);
    return s && e->wide && lower_has_member(e, s, at, name) ? lower_member_of(e, s, at, name) : NULL;
}

struct sugared *lower_wanted_special(struct emitter *e, struct ir_value *v, const char *method,
                                     struct source_range at) {
    struct sugared *s = lower_special(e, v, method, at);
    if (s || e->err->code) return s;
    return sugared_attribute(e, sugared_simple(e, v), at, emit_name(e, method));
}

/* ---- Enums whose members are values: IntEnum, StrEnum, (str, Enum) ---- */

/* What the resolver says of a class under a name that no member can have. */
static bool class_is(struct emitter *e, const struct type *t, const char *what) {
    struct resolver *r = e->resolver;
    if (!r->python || !r->find_member) return false;
    struct attempt_error own;
    struct source_range nowhere = {0};
    attempt_begin(e, &own);
    bool is = r->find_member(r, e, t, emit_name(e, what), nowhere) != NULL;
    if (attempt_failed(e, &own)) return attempt_drop(&own), false;
    return is;
}

bool lower_is_value(struct emitter *e, const struct type *t) {
    return e->wide && t->kind == TYPE_ENUM && class_is(e, t, "value()");
}

bool lower_shows_value(struct emitter *e, const struct type *t) {
    return e->wide && t->kind == TYPE_ENUM && class_is(e, t, "str()");
}

bool lower_is_frozen(struct emitter *e, const struct type *class) {
    return class_is(e, class, "frozen()");
}

struct ir_value *lower_member_value(struct emitter *e, struct ir_value *v) {
    if (!lower_is_value(e, v->type)) return v;
    return emit_typed(e, KIND_ENUM_VALUE, v->type->members->value_type, &v, 1);
}

struct ir_value *lower_member_as(struct emitter *e, struct ir_value *v, const struct type *want) {
    if (v->type->kind != TYPE_ENUM) return v;
    enum type_kind value = v->type->members->value_type->kind, kind = want->kind;
    bool number = value == TYPE_INT || value == TYPE_FLOAT;
    bool fits = kind == value || (number && (kind == TYPE_FLOAT || kind == TYPE_NUMBER));
    return fits ? lower_member_value(e, v) : v;
}

/* ---- isinstance ---- */

bool lower_derives(struct emitter *e, const struct type *class, const struct type *base) {
    const struct resolver *r = e->resolver;
    if (lower_is_value(e, class)) return is_subtype(e, class->members->value_type, base);
    if (class->kind != TYPE_CLASS || base->kind != TYPE_CLASS || !r->find_member) return false;
    struct attempt_error own;
    struct source_range nowhere = {0};
    attempt_begin(e, &own);
    struct sugared *all = r->find_member(e->resolver, e, class, emit_name(e, "bases()"), nowhere);
    if (attempt_failed(e, &own)) return attempt_drop(&own), false;
    for (int i = 0; all && all->kind == &sugared_kind_tuple && i < all->count; i++)
        if (all->items[i]->type == base) return true;
    return false;
}
