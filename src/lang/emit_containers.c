/* list(...) and dict(...): rewritten to comprehensions over what they are given, but for the cases that an
 * operator or a literal serves (emitApplySpecialFormForList, -ForDict in
 * torch/csrc/jit/frontend/ir_emitter.cpp). */
#include "lang/emitter.h"

/* A name that no program can write, for a variable of the compiler's own. */
static const struct name *temporary(struct emitter *e, const char *prefix) {
    const char *text = arena_printf(&e->memory, "%s%d", prefix, e->temporaries++);
    return text ? emit_name(e, text) : emit_out_of_memory(e);
}

static struct tree *temporary_name(struct emitter *e, const struct tree *at, const char *prefix) {
    const struct name *name = temporary(e, prefix);
    return name ? tree_name(&e->memory, at->range, name) : NULL;
}

/* Keeps a sugared value under a name of its own; the name as an expression. */
static struct tree *keep_iterable(struct emitter *e, const struct tree *call, struct sugared *iterable) {
    struct tree *name = iterable ? temporary_name(e, call, "$_iter") : NULL;
    return name && variable_set(e, call->range, name->name, iterable, NULL) ? name : NULL;
}

static struct sugared *empty_list(struct emitter *e, const struct tree *call, const struct type *hint) {
    const struct type *type = hint ? hint : type_list(e->types, e->types->tensor);
    if (!type) return emit_out_of_memory(e);
    if (type->kind != TYPE_LIST)
        return emit_error(e, call->range, "Expected list type annotation for list(), found %s",
                          emit_type_words(e, hint));
    return sugared_simple(e, emit_list(e, type->items[0], NULL, 0));
}

struct sugared *emit_list_call(struct emitter *e, const struct tree *call, const struct type *hint) {
    const struct tree *arguments = call->items[1];
    if (!arguments->count) return empty_list(e, call, hint);
    if (arguments->count != 1 || call->items[2]->count)
        return emit_error(e, call->range, "list expected exactly 1 arguments but found %d", arguments->count);
    struct sugared *iterable = emit_sugared(e, arguments->items[0], 1, NULL);
    struct ir_value *v = sugared_as_simple(iterable);
    if (!iterable) return NULL;
    if (v && (v->type->kind == TYPE_LIST || v->type->kind == TYPE_STRING))
        return sugared_simple(e, emit_operator(e, "aten::list", call->range, &v, 1));
    struct tree *source = keep_iterable(e, call, iterable),
                *item = source ? temporary_name(e, call, "$_elem") : NULL;
    if (!item) return NULL;
    struct tree *parts[3] = {item, item, source};
    struct tree *comprehension = tree_new(&e->memory, TREE_LIST_COMPREHENSION, call->range, 3, parts);
    return comprehension ? sugared_simple(e, emit_list_comprehension(e, comprehension, hint))
                         : emit_out_of_memory(e);
}

/* ---- dict ---- */

static bool add_keywords(struct emitter *e, const struct tree *keywords, struct ir_value *dict) {
    for (int i = 0; i < keywords->count; i++) {
        const struct tree *k = keywords->items[i];
        struct ir_value *inputs[3] = {dict, emit_text(e, k->name->text, k->name->length, k->range),
                                      emit_expression(e, k->items[0], NULL)};
        if (!inputs[1] || !inputs[2]) return false;
        if (inputs[1]->type != dict->type->items[0])
            return emit_error(e, k->range,
                              "Generated key type %s did not match the annotated key type, which was %s\n",
                              emit_type_words(e, inputs[1]->type),
                              emit_type_words(e, dict->type->items[0])) != NULL;
        if (!is_subtype(e, inputs[2]->type, dict->type->items[1]))
            return emit_error(
                       e, k->range,
                       "Generated value type %s did not match the annotated value type, which was %s\n",
                       emit_type_words(e, inputs[2]->type), emit_type_words(e, dict->type->items[1])) != NULL;
        if (!emit_operator(e, "aten::_set_item", k->range, inputs, 3)) return false;
    }
    return true;
}

/* The Dict in the annotation; false after an error. */
static bool dict_hint(struct emitter *e, const struct tree *call, const struct type *hint,
                      const struct type **out) {
    *out = hint && hint->kind == TYPE_OPTIONAL ? hint->items[0] : hint;
    if (!hint || hint->kind != TYPE_UNION) return true;
    int found = 0;
    for (int i = 0; i < hint->count; i++) {
        if (hint->items[i]->kind != TYPE_DICT) continue;
        *out = hint->items[i];
        found++;
    }
    return found < 2 ||
           emit_error(e, call->range,
                      "There are multiple candidate Dict types in the Union type annotation `%s`, and full "
                      "type inference is not yet supported for the `dict()` constructor.",
                      emit_type_words(e, hint)) != NULL;
}

/* The argument as it is; once without the annotation when it does not go with it. */
static struct sugared *dict_argument(struct emitter *e, const struct tree *t, const struct type *hint) {
    lb_error *outer = e->err, own = {0};
    e->err = &own;
    struct frame *frame = e->frame;
    struct node *before = e->graph->insert_before;
    int depth = e->depth;
    struct sugared *s = emit_sugared(e, t, 1, hint);
    e->err = outer;
    if (own.code == LB_ERROR_MEMORY) error_memory(outer);
    error_clear(&own);
    if (s || outer->code) return s;
    e->frame = frame;
    e->graph->insert_before = before;
    e->depth = depth;
    return emit_sugared(e, t, 1, NULL);
}

static bool is_empty_literal(const struct tree *t) {
    return (t->kind == TREE_DICT && !t->items[0]->count) || (t->kind == TREE_LIST_LITERAL && !t->count);
}

static struct sugared *empty_dict(struct emitter *e, const struct tree *call, const struct type *hint) {
    if (!hint) hint = type_dict(e->types, simple_type(e, TYPE_STRING), e->types->tensor);
    if (!hint) return emit_out_of_memory(e);
    if (hint->kind != TYPE_DICT)
        return emit_error(e, call->range,
                          "Expected a type annotation of Dict for dict constructor dict(), got %s",
                          emit_type_words(e, hint));
    return sugared_simple(e, emit_typed(e, KIND_DICT_CONSTRUCT, hint, NULL, 0));
}

static struct tree *pair(struct emitter *e, const struct tree *call, struct tree *key, struct tree *value) {
    struct tree *both[2] = {key, value};
    return key ? tree_new(&e->memory, TREE_TUPLE, call->range, 2, both) : NULL;
}

/* What dict() goes over: dict({a: b}, c=d) is over [(a, b), ("c", d)]. NULL after an error. */
static struct tree *dict_source(struct emitter *e, const struct tree *call, struct tree *argument) {
    const struct tree *keywords = call->items[2];
    bool dict = argument && argument->kind == TREE_DICT,
         list = argument && argument->kind == TREE_LIST_LITERAL;
    if (argument && !dict && !(list && keywords->count)) return argument;
    int given = dict ? argument->items[0]->count : list ? argument->count : 0, count = 0;
    struct tree **items = arena_array(&e->memory, struct tree *, given + keywords->count + 1);
    if (!items) return emit_out_of_memory(e);
    for (int i = 0; i < given; i++)
        items[count++] = dict ? pair(e, call, argument->items[0]->items[i], argument->items[1]->items[i])
                              : argument->items[i];
    for (int i = 0; i < keywords->count; i++) {
        const struct tree *k = keywords->items[i];
        items[count++] =
            pair(e, call, tree_string(&e->memory, call->range, k->name->text, k->name->length), k->items[0]);
    }
    for (int i = 0; i < count; i++)
        if (!items[i]) return emit_out_of_memory(e);
    return tree_new(&e->memory, TREE_LIST_LITERAL, call->range, count, items);
}

static struct ir_value *dict_over(struct emitter *e, const struct tree *call, struct tree *source,
                                  const struct type *hint) {
    struct tree *iterable = keep_iterable(e, call, emit_sugared(e, source, 1, NULL));
    struct tree *key = iterable ? temporary_name(e, call, "$_key") : NULL;
    struct tree *value = key ? temporary_name(e, call, "$_value") : NULL;
    struct tree *target = value ? pair(e, call, key, value) : NULL;
    struct tree *parts[4] = {key, value, target, iterable};
    if (!target) return NULL;
    struct tree *comprehension = tree_new(&e->memory, TREE_DICT_COMPREHENSION, call->range, 4, parts);
    return comprehension ? emit_dict_comprehension(e, comprehension, hint) : emit_out_of_memory(e);
}

struct sugared *emit_dict_call(struct emitter *e, const struct tree *call, const struct type *hint) {
    const struct tree *arguments = call->items[1], *keywords = call->items[2];
    const struct type *refined;
    struct tree *argument = arguments->count ? arguments->items[0] : NULL;
    if (!dict_hint(e, call, hint, &refined)) return NULL;
    if (argument) {
        struct sugared *s = dict_argument(e, argument, hint);
        struct ir_value *v = sugared_as_simple(s);
        if (!s) return NULL;
        if (v && v->type->kind == TYPE_DICT) {
            struct ir_value *dict = emit_operator(e, "aten::dict", call->range, &v, 1);
            return dict && add_keywords(e, keywords, dict) ? sugared_simple(e, dict) : NULL;
        }
    }
    if (argument && is_empty_literal(argument)) argument = NULL;
    if (!argument && !keywords->count) return empty_dict(e, call, refined);
    if (arguments->count > 1)
        return emit_error(e, call->range, "dict expected exactly 1 arguments but found %d", arguments->count);
    bool merged = !argument || argument->kind == TREE_LIST_LITERAL || argument->kind == TREE_DICT;
    struct ir_value *dict;
    if (argument && argument->kind == TREE_DICT_COMPREHENSION) {
        dict = emit_dict_comprehension(e, argument, refined);
        merged = false;
    } else {
        struct tree *source = dict_source(e, call, argument);
        dict = source ? dict_over(e, call, source, refined) : NULL;
    }
    if (!dict || (!merged && !add_keywords(e, keywords, dict))) return NULL;
    return sugared_simple(e, dict);
}
