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

/* What the resolver has for a class under a name that no member can have; NULL: nothing. */
static struct sugared *asked(struct emitter *e, const struct type *t, const char *what) {
    struct resolver *r = e->resolver;
    if (!r->python || !r->find_member) return NULL;
    struct attempt_error own;
    attempt_begin(e, &own);
    struct sugared *s = r->find_member(r, e, t, emit_name(e, what), (struct source_range){0});
    if (!attempt_failed(e, &own)) return s;
    attempt_drop(&own);
    return NULL;
}

/* ---- Enums whose members are values: IntEnum, StrEnum, (str, Enum) ---- */

bool lower_is_value(struct emitter *e, const struct type *t) {
    return e->wide && t->kind == TYPE_ENUM && asked(e, t, "value()");
}

bool lower_shows_value(struct emitter *e, const struct type *t) {
    return e->wide && t->kind == TYPE_ENUM && asked(e, t, "str()");
}

bool lower_is_frozen(struct emitter *e, const struct type *class) {
    return asked(e, class, "frozen()") != NULL;
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
    if (lower_is_value(e, class)) return is_subtype(e, class->members->value_type, base);
    if (class->kind != TYPE_CLASS || base->kind != TYPE_CLASS) return false;
    struct sugared *all = asked(e, class, "bases()");
    for (int i = 0; all && all->kind == &sugared_kind_tuple && i < all->count; i++)
        if (all->items[i]->type == base) return true;
    return false;
}
