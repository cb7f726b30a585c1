/* Calls with all of Python's arguments: stars and double stars, functions as arguments, lambdas and inner
 * functions, and script functions that do not take what they are given as they are declared: these are
 * compiled for the call (specialize.c). */
#include "lang/define.h"
#include "lang/lower.h"
#include <string.h>

/* ---- arguments ---- */

static bool add(struct emitter *e, struct sugared_actuals *out, struct sugared *s, const struct name *name,
                struct source_range at) {
    struct sugared_actual a = {s, name, at};
    return s && (array_push_in(&e->memory, &out->items, a) || error_memory(e->err));
}

/* *s: a tuple's items, or those of anything that has as many as are known while compiling. */
static bool add_starred(struct emitter *e, const struct tree *t, struct sugared_actuals *out) {
    struct sugared *s = sugared_iterate(e, emit_sugared(e, t->items[0], 1, NULL), t->range);
    if (!s) return false;
    if (sugared_static_length(s) < 0)
        return emit_error(e, t->range,
                          "*%s passes as many arguments as it has items: that must be known while compiling, "
                          "as for a tuple",
                          t->items[0]->kind == TREE_NAME ? t->items[0]->name->text : "...") != NULL;
    for (int64_t i = 0; i < sugared_static_length(s); i++) {
        struct ir_value *index = emit_literal(e, value_int(i), t->range);
        if (!index || !add(e, out, sugared_item(e, s, t->range, index, NULL), NULL, t->range)) return false;
    }
    return true;
}

static bool add_keyword(struct emitter *e, const struct tree *k, struct sugared_actuals *out) {
    struct sugared *s = emit_sugared(e, k->items[0], 1, NULL);
    if (!s) return false;
    if (k->name) return add(e, out, s, k->name, k->range);
    if (s->kind == &sugared_kind_keywords) return keywords_expand(e, s, k->range, out);
    return emit_error(
               e, k->range,
               "** passes keyword arguments whose names must be known while compiling: those of **kwargs") !=
           NULL;
}

static bool gather(struct emitter *e, const struct tree *call, struct sugared_actuals *out) {
    const struct tree *positional = call->items[1], *keywords = call->items[2];
    for (int i = 0; i < positional->count; i++) {
        const struct tree *t = positional->items[i];
        bool good = t->kind == TREE_STARRED ? add_starred(e, t, out)
                                            : add(e, out, emit_sugared(e, t, 1, NULL), NULL, t->range);
        if (!good) return false;
    }
    for (int i = 0; i < keywords->count; i++)
        if (!add_keyword(e, keywords->items[i], out)) return false;
    return true;
}

/* The arguments as values, for a callee that takes nothing else. */
static bool as_values(struct emitter *e, const struct sugared_actuals *from, struct actuals *out) {
    struct actual *items = arena_array(&e->memory, struct actual, from->items.count + 1);
    struct actual *keywords = arena_array(&e->memory, struct actual, from->items.count + 1);
    *out = (struct actuals){items, 0, keywords, 0};
    if (!items || !keywords) return error_memory(e->err);
    for (int i = 0; i < from->items.count; i++) {
        const struct sugared_actual *a = &from->items.items[i];
        struct actual given = {
            .value = sugared_value(e, a->value, a->range), .name = a->name, .range = a->range};
        if (!given.value) return false;
        if (a->name)
            keywords[out->keyword_count++] = given;
        else
            items[out->count++] = given;
    }
    return true;
}

/* ---- script functions ---- */

static bool is_python(const struct function *f) {
    return f->definition && f->ensure_context && lang_resolver_of(f)->python;
}

static struct sugared *specialize_function(struct emitter *e, const struct function *f,
                                           struct source_range at, const struct sugared_actuals *actuals) {
    struct specialized_callee callee = {
        .def = f->definition, .resolver = lang_resolver_of(f), .qualified = f->qualified->text};
    return specialize_call(e, &callee, at, actuals);
}

/* A method's own object comes first. */
static struct sugared *specialize_method(struct emitter *e, struct sugared *method, struct source_range at,
                                         const struct sugared_actuals *actuals) {
    struct function *f = class_find_method(method->value->type->definition, method->name);
    struct sugared_actuals all = {0};
    if (!add(e, &all, sugared_simple(e, method->value), NULL, at)) return NULL;
    for (int i = 0; i < actuals->items.count; i++)
        if (!array_push_in(&e->memory, &all.items, actuals->items.items[i])) return emit_out_of_memory(e);
    return specialize_function(e, f, at, &all);
}

/* The function that a call may be compiled for; NULL: none. */
static const struct function *specializable(const struct sugared *callee) {
    const struct function *f = NULL;
    if (callee->kind == &sugared_kind_function && callee->count == 1) f = callee->functions[0];
    if (callee->kind == &sugared_kind_method && callee->value->type->kind == TYPE_CLASS)
        f = class_find_method(callee->value->type->definition, callee->name);
    return f && is_python(f) ? f : NULL;
}

/* As it is declared; where that fails, compiled for what it is given. */
static struct sugared *call_either(struct emitter *e, struct sugared *callee, struct source_range at,
                                   const struct sugared_actuals *actuals, int binders) {
    const struct function *f = specializable(callee);
    struct attempt_error declared, special;
    struct actuals values;
    attempt_begin(e, &declared);
    struct sugared *s = as_values(e, actuals, &values) ? sugared_call(e, callee, at, values, binders) : NULL;
    if (!attempt_failed(e, &declared)) return s;
    if (!f) return attempt_fail(e, &declared);
    attempt_begin(e, &special);
    s = callee->kind == &sugared_kind_function ? specialize_function(e, f, at, actuals)
                                               : specialize_method(e, callee, at, actuals);
    if (!attempt_failed(e, &special)) {
        attempt_drop(&declared);
        return s;
    }
    bool before = strstr(error_message(&declared.own), "did not compile before") != NULL;
    attempt_fail(e, before ? &special : &declared);
    attempt_drop(&declared);
    attempt_drop(&special);
    return NULL;
}

struct sugared *lower_call_with(struct emitter *e, struct sugared *callee, struct source_range at,
                                const struct sugared_actuals *actuals, int binders) {
    if (callee->kind == &sugared_kind_lambda) return lambda_call(e, callee, at, actuals);
    return call_either(e, callee, at, actuals, binders);
}

struct sugared *lower_call_expression(struct emitter *e, const struct tree *t, int binders,
                                      const struct type *hint) {
    struct sugared *callee = emit_sugared(e, t->items[0], 1, NULL);
    struct sugared_actuals actuals = {0};
    if (!callee) return NULL;
    if (callee->kind == &sugared_kind_form) return emit_special_form(e, callee, t, hint);
    if (!gather(e, t, &actuals)) return NULL;
    e->pending = t->range;
    return lower_call_with(e, callee, t->items[0]->range, &actuals, binders);
}
