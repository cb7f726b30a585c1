/* Calls with all of Python's arguments: stars and double stars, functions as arguments, lambdas and inner
 * functions, and script functions that do not take what they are given as they are declared: these are
 * compiled for the call (specialize.c). */
#include "lang/choice.h"
#include "lang/define.h"
#include "lang/explain.h"
#include "lang/host.h"
#include "lang/lower.h"
#include <string.h>

/* ---- arguments ---- */

static bool add(struct emitter *e, struct sugared_actuals *out, struct sugared *s, const struct name *name,
                struct source_range at) {
    struct sugared_actual a = {s, name, at};
    return s && (array_push_in(&e->memory, &out->items, a) || error_memory(e->err));
}

/* range(...), zip(...), enumerate(...) are passed as lists of what they give. */
static struct sugared *argument(struct emitter *e, const struct tree *t) {
    struct sugared *s = emit_sugared(e, t, 1, NULL);
    bool iterable = s && s->kind != &sugared_kind_keywords && s->kind->length && s->kind->item &&
                    !s->kind->value && !s->kind->tuple;
    if (!iterable || sugared_static_length(s) >= 0) return s;
    struct tree *kept = lower_keep(e, t->range, s);
    struct tree *list = kept ? lower_call(e, t->range, lower_name(e, t->range, "list"), 1, &kept) : NULL;
    return list ? emit_sugared(e, list, 1, NULL) : NULL;
}

static bool add_each(struct emitter *e, const struct tree *list, struct sugared_actuals *out);

/* *s: a tuple's items, or those of anything that has as many as are known while compiling. */
static bool add_starred(struct emitter *e, const struct tree *t, struct sugared_actuals *out) {
    if (t->items[0]->kind == TREE_LIST_LITERAL) return add_each(e, t->items[0], out);
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

static bool add_each(struct emitter *e, const struct tree *list, struct sugared_actuals *out) {
    for (int i = 0; i < list->count; i++) {
        const struct tree *t = list->items[i];
        bool good =
            t->kind == TREE_STARRED ? add_starred(e, t, out) : add(e, out, argument(e, t), NULL, t->range);
        if (!good) return false;
    }
    return true;
}

static bool add_keyword(struct emitter *e, const struct tree *k, struct sugared_actuals *out) {
    struct sugared *s = argument(e, k->items[0]);
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
    if (!add_each(e, positional, out)) return false;
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

static bool callee_of(struct emitter *e, const struct function *f, struct specialized_callee *out) {
    *out = (struct specialized_callee){.def = f->definition,
                                       .resolver = lang_resolver_of(f),
                                       .qualified = specialized_name(e, f->qualified, f->name->text)};
    return out->qualified || error_memory(e->err);
}

/* A method's own object comes first. */
static struct sugared *specialize_method(struct emitter *e, struct sugared *method,
                                         const struct specialized_callee *callee, struct source_range at,
                                         const struct sugared_actuals *actuals) {
    struct sugared_actuals all = {0};
    if (!add(e, &all, host_as_module(e, sugared_simple(e, method->value)), NULL, at)) return NULL;
    for (int i = 0; i < actuals->items.count; i++)
        if (!array_push_in(&e->memory, &all.items, actuals->items.items[i])) return emit_out_of_memory(e);
    return specialize_call(e, callee, at, &all);
}

/* Whether the function could be compiled for the call; if not, `failed` says why. */
static bool specialized(struct emitter *e, struct sugared *function, const struct specialized_callee *callee,
                        struct source_range at, const struct sugared_actuals *actuals,
                        struct attempt_error *failed, struct sugared **out) {
    attempt_begin(e, failed);
    *out = function->kind == &sugared_kind_method ? specialize_method(e, function, callee, at, actuals)
                                                  : specialize_call(e, callee, at, actuals);
    return !attempt_failed(e, failed);
}

/* The function that a call may be compiled for; NULL: none. */
static const struct function *specializable(const struct sugared *callee) {
    const struct function *f = NULL;
    if (callee->kind == &sugared_kind_function && callee->count == 1) f = callee->functions[0];
    if (callee->kind == &sugared_kind_method && callee->value->type->kind == TYPE_CLASS)
        f = class_find_method(callee->value->type->definition, callee->name);
    return f && is_python(f) ? f : NULL;
}

/* ---- what a call that did not fit says of literals ---- */

/* The last part of an operator's name. */
static const char *method_word(const struct name *op) {
    const char *colon = strstr(op->text, "::");
    return colon ? colon + 2 : op->text;
}

static void learn_from_operator(struct emitter *e, const struct sugared *callee, struct actuals given) {
    struct ir_value *values[4];
    int count = 0;
    for (int i = 0; i < given.count && count < 4; i++) values[count++] = emit_actual(e, &given.items[i]);
    if (!callee->value) return;
    const char *method = method_word(callee->name);
    if (!wide_learn_argument(e, callee->value, method, values, count))
        wide_learn_from_call(e, callee->value, method, values, count);
}

/* Arguments that are literals should have the parameters' types. */
static void learn_from_function(struct emitter *e, const struct sugared *callee, struct actuals given) {
    const struct schema *schema = callee->count == 1 ? callee->functions[0]->schema : NULL;
    for (int i = 0; schema && i < given.count && i < schema->argument_count; i++) {
        struct ir_value *v = emit_actual(e, &given.items[i]);
        if (v && !is_subtype(e, v->type, schema->arguments[i].type))
            wide_learn(e, v, schema->arguments[i].type);
    }
}

static void learn(struct emitter *e, const struct sugared *callee, struct actuals given) {
    if (callee->kind == &sugared_kind_builtin) learn_from_operator(e, callee, given);
    if (callee->kind == &sugared_kind_function) learn_from_function(e, callee, given);
}

/* ---- calls ---- */

/* NumPy's names of arguments, which PyTorch's Python functions take as well. */
static bool rename_keywords(struct emitter *e, struct actuals *a) {
    static const char *const names[][2] = {{"axis", "dim"}, {"keepdims", "keepdim"}, {"x", "input"},
                                           {"a", "input"},  {"x1", "input"},         {"x2", "other"}};
    struct actual *copy = arena_array(&e->memory, struct actual, a->keyword_count + 1);
    bool changed = false;
    for (int i = 0; copy && i < a->keyword_count; i++) {
        copy[i] = a->keywords[i];
        for (size_t k = 0; k < sizeof names / sizeof *names; k++)
            if (!strcmp(copy[i].name->text, names[k][0])) {
                copy[i].name = emit_name(e, names[k][1]);
                changed = true;
            }
    }
    a->keywords = copy;
    return changed && copy;
}

/* As it is declared, by operators' own keywords or by NumPy's. */
static struct sugared *call_declared(struct emitter *e, struct sugared *callee, struct source_range at,
                                     const struct sugared_actuals *actuals, int binders) {
    struct attempt_error own;
    struct actuals values;
    if (!as_values(e, actuals, &values)) return NULL;
    attempt_begin(e, &own);
    struct sugared *s = sugared_call(e, callee, at, values, binders);
    if (!attempt_failed(e, &own)) return s;
    if (callee->kind == &sugared_kind_builtin && rename_keywords(e, &values)) {
        attempt_drop(&own);
        return sugared_call(e, callee, at, values, binders);
    }
    learn(e, callee, values);
    return attempt_fail(e, &own);
}

/* A function of the library with a parameter that declares nothing: nobody means it to be called as it is. */
static bool takes_anything(const struct function *f) {
    const struct tree *parameters = ((const struct tree *)f->definition)->items[0];
    for (int i = 0; explain_is_library(f) && i < parameters->count; i++)
        if (!parameters->items[i]->items[0]) return true;
    return false;
}

/* A function that is being compiled calls itself, maybe by way of others. With types of arguments other than
 * its own that is a call of another function, made for these, which an archive can hold. */
static bool calls_apart(struct emitter *e, struct sugared *function, const struct function *f,
                        const struct specialized_callee *callee, struct source_range at,
                        const struct sugared_actuals *actuals) {
    struct attempt_error ignored;
    if (f->state != FUNCTION_COMPILING) return false;
    attempt_begin(e, &ignored);
    bool differs = specialize_differs(e, callee, function->kind == &sugared_kind_method, at, actuals);
    if (attempt_failed(e, &ignored)) attempt_drop(&ignored);
    return differs;
}

/* As it is declared; where that fails, compiled for what it is given. What would call itself is compiled for
 * that first. */
static struct sugared *call_either(struct emitter *e, struct sugared *callee, struct source_range at,
                                   const struct sugared_actuals *actuals, int binders) {
    const struct function *f = specializable(callee);
    struct attempt_error declared, special = {0};
    struct specialized_callee made;
    struct sugared *s = NULL;
    if (!f) return call_declared(e, callee, at, actuals, binders);
    if (!callee_of(e, f, &made)) return NULL;
    if (callee->kind == &sugared_kind_function && inline_makes_function(f->definition))
        return specialize_call(e, &made, at, actuals);
    made.once = calls_apart(e, callee, f, &made, at, actuals);
    if (e->err->code) return NULL;
    if (made.once && specialized(e, callee, &made, at, actuals, &special, &s)) return s;
    if (made.once && (e->err->code || e->unit->awaited || e->wide->again)) return attempt_fail(e, &special);
    attempt_begin(e, &declared);
    s = call_declared(e, callee, at, actuals, binders);
    bool good = !attempt_failed(e, &declared), again = e->err->code || e->wide->again;
    good = good || (!again && !made.once && specialized(e, callee, &made, at, actuals, &special, &s));
    bool as_declared = again || (f->state == FUNCTION_READY && !takes_anything(f));
    if (!good && !e->err->code) attempt_fail(e, as_declared ? &declared : &special);
    attempt_drop(&declared);
    attempt_drop(&special);
    return good ? s : NULL;
}

/* A method of the library: its object comes first. */
static struct sugared *call_bound(struct emitter *e, struct sugared *callee, struct source_range at,
                                  const struct sugared_actuals *actuals, int binders) {
    struct sugared_actuals all = {0};
    struct ir_value *self = sugared_as_simple(callee->items[1]);
    struct actuals values;
    if (self && wide_is_unlearnt(e, self) && callee->items[0]->kind == &sugared_kind_function) {
        const char *word = strchr(callee->items[0]->functions[0]->name->text, '_');
        if (as_values(e, actuals, &values)) {
            struct sugared method = {
                .kind = &sugared_kind_builtin, .value = self, .name = emit_name(e, word ? word + 1 : "")};
            learn_from_operator(e, &method, values);
        }
        if (e->err->code) return NULL;
        if (e->wide->again) return emit_error(e, at, "the type of the container is learnt here");
    }
    if (!add(e, &all, callee->items[1], NULL, at)) return NULL;
    for (int i = 0; i < actuals->items.count; i++)
        if (!array_push_in(&e->memory, &all.items, actuals->items.items[i])) return emit_out_of_memory(e);
    return lower_call_with(e, callee->items[0], at, &all, binders);
}

/* len(...) of what has a length while compiling. */
static struct sugared *known_length(struct emitter *e, const struct sugared *callee, struct source_range at,
                                    const struct sugared_actuals *actuals) {
    if (!callee->base || !callee->name || strcmp(callee->name->text, "__len__") || actuals->items.count != 1)
        return NULL;
    struct sugared *s = actuals->items.items[0].value;
    struct ir_value *v = sugared_as_simple(s);
    if (v && lower_refuse_caught(e, v->type, at)) return NULL;
    int64_t length = v && v->type->kind == TYPE_TUPLE      ? v->type->count
                     : s->kind == &sugared_kind_keywords   ? s->count
                     : s->kind == &sugared_kind_enum_class ? s->type->members->list.count
                     : v                                   ? -1
                                                           : sugared_static_length(s);
    return length >= 0 ? sugared_simple(e, emit_int(e, length, at)) : NULL;
}

struct sugared *lower_call_with(struct emitter *e, struct sugared *callee, struct source_range at,
                                const struct sugared_actuals *actuals, int binders) {
    if (callee->kind == &sugared_kind_lambda) return lambda_call(e, callee, at, actuals);
    if (callee->kind == &sugared_kind_choice) return choice_call(e, callee, at, actuals, binders);
    callee = host_as_module(e, callee);
    struct sugared *forward = callee ? host_module_forward(e, callee, at) : NULL;
    if (forward) return lower_call_with(e, forward, at, actuals, binders);
    if (e->err->code) return NULL;
    if (callee->kind == &sugared_kind_bound) return call_bound(e, callee, at, actuals, binders);
    struct sugared *length = known_length(e, callee, at, actuals);
    if (length || e->err->code) return length;
    return call_either(e, callee, at, actuals, binders);
}

/* "...".format(...) of a literal: read while compiling. */
static bool is_format_call(const struct tree *t) {
    const struct tree *callee = t->items[0];
    return callee->kind == TREE_ATTRIBUTE && callee->items[0]->kind == TREE_STRING &&
           !strcmp(callee->name->text, "format");
}

/* The call with a variable for each type(x) among its arguments, which holds the text of it. */
static const struct tree *with_class_texts(struct emitter *e, const struct tree *call) {
    const struct tree *list = call->items[1];
    struct tree **items = arena_array(&e->memory, struct tree *, list->count + 1);
    if (!items) return emit_out_of_memory(e);
    for (int i = 0; i < list->count; i++) {
        struct ir_value *text = lower_class_text(e, list->items[i]);
        items[i] = text ? lower_keep(e, list->items[i]->range, sugared_simple(e, text)) : list->items[i];
        if (e->err->code) return NULL;
    }
    struct tree *parts[3] = {call->items[0], lower_tree(e, TREE_LIST, list->range, list->count, items),
                             call->items[2]};
    return lower_tree(e, TREE_CALL, call->range, 3, parts);
}

/* list(...) of a tuple of arguments is a list literal of them. */
static struct sugared *list_of_arguments(struct emitter *e, const struct sugared *form,
                                         const struct tree *t) {
    if (form->form != FORM_LIST || t->items[1]->count != 1 || t->items[1]->items[0]->kind != TREE_NAME)
        return NULL;
    struct sugared *s = variable_find(e, e->frame, t->items[1]->items[0]->name);
    if (!s || sugared_as_simple(s) || s->kind->tuple == NULL || !s->count) return NULL;
    struct ir_value **items = arena_array(&e->memory, struct ir_value *, s->count);
    if (!items) return emit_out_of_memory(e);
    const struct type *element = NULL;
    for (int i = 0; i < s->count; i++) {
        if (!(items[i] = sugared_value(e, s->items[i], t->range))) return NULL;
        element = i ? type_unify(e->types, element, items[i]->type, false, NULL) : items[i]->type;
        if (!element) return NULL;
    }
    return sugared_simple(e, emit_list(e, element, items, s->count));
}

struct sugared *lower_call_expression(struct emitter *e, const struct tree *t, int binders,
                                      const struct type *hint) {
    if (is_format_call(t)) {
        struct sugared_actuals given = {0};
        const struct tree *call = with_class_texts(e, t);
        bool good = call && gather(e, call, &given);
        return good ? lower_format_call(e, t->items[0]->items[0], &given, t->range) : NULL;
    }
    struct sugared *things = lower_sequence_call(e, t);
    if (things || e->err->code) return things;
    struct sugared *callee = emit_sugared(e, t->items[0], 1, NULL);
    struct sugared_actuals actuals = {0};
    if (!callee) return NULL;
    if (callee->kind == &sugared_kind_form && callee->form == FORM_GETATTR) things = lower_getattr(e, t);
    if (callee->kind == &sugared_kind_form && !things && !e->err->code)
        things = list_of_arguments(e, callee, t);
    if (things || e->err->code) return things;
    if (callee->kind == &sugared_kind_form) return emit_special_form(e, callee, t, hint);
    struct sugared *empty = lower_empty_call(e, t, callee, hint);
    if (empty || e->err->code) return empty;
    if (!gather(e, t, &actuals)) return NULL;
    e->pending = t->range;
    return lower_call_with(e, callee, t->items[0]->range, &actuals, binders);
}
