/* What classes of a program have from their base classes: the special methods that operators and statements
 * ask for, and what isinstance() says of their objects. */
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

bool lower_derives(struct emitter *e, const struct type *class, const struct type *base) {
    const struct resolver *r = e->resolver;
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
