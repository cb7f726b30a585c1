/* List and dict literals and comprehensions: their element types come from the annotation around them if
 * there is one, else from their items (emitListLiteral, emitDictLiteral, emitListComprehension,
 * emitDictComprehension in torch/csrc/jit/frontend/ir_emitter.cpp). */
#include "lang/lower.h"
#include <string.h>

/* ---- what an annotation asks of a container ---- */

struct container_hint {
    const struct type *given;       /* the annotation */
    const struct type *refined;     /* the one container type in it; NULL: no annotation */
    const struct type *united;      /* the annotation, where the result must be cast back to it */
    const struct type **candidates; /* several container types of one Union */
    int count;
    bool any; /* the annotation is Any */
};

static bool fits_container(struct emitter *e, const struct type *t, bool dict) {
    return dict ? t->kind == TYPE_DICT : is_subtype(e, t, simple_type(e, TYPE_ANY_LIST));
}

static bool refine_union(struct emitter *e, struct container_hint *h, const struct tree *t, bool dict) {
    const struct type *u = h->given;
    h->candidates = arena_array(&e->memory, const struct type *, u->count + 1);
    if (!h->candidates) return error_memory(e->err);
    for (int i = 0; i < u->count; i++)
        if (fits_container(e, u->items[i], dict)) h->candidates[h->count++] = u->items[i];
    if (!h->count)
        return emit_error(e, t->range, "Expected an Union type annotation with an inner %s type, but got %s",
                          dict ? "Dict" : "List", emit_type_words(e, u)) != NULL;
    if (h->count > 1) return true;
    h->refined = h->candidates[0];
    h->count = 0;
    return true;
}

static bool refine_hint(struct emitter *e, const struct type *hint, const struct tree *t, bool dict,
                        struct container_hint *h) {
    *h = (struct container_hint){.given = hint, .refined = hint};
    if (!hint) return true;
    if (hint->kind == TYPE_UNION || hint->kind == TYPE_OPTIONAL) h->united = hint;
    if (hint->kind == TYPE_UNION && !refine_union(e, h, t, dict)) return false;
    if (hint->kind == TYPE_OPTIONAL) h->refined = hint->items[0];
    if (h->count || fits_container(e, h->refined, dict)) return true;
    h->any = h->refined->kind == TYPE_ANY;
    return h->any || emit_error(e, t->range, "Expected an annotation of type %s but got %s",
                                dict ? "Dict" : "List", emit_type_words(e, hint)) != NULL;
}

static void *no_candidate(struct emitter *e, const struct container_hint *h, const struct tree *t,
                          const char *found) {
    return emit_error(e, t->range,
                      "Union type annotation `%s` can hold several container types, but none of those types "
                      "match the types of the given elements, which were unified to %s",
                      emit_type_words(e, h->given), found);
}

static bool choose_list(struct emitter *e, struct container_hint *h, const struct type *element,
                        const struct tree *t) {
    const struct type *greatest = NULL;
    for (int i = 0; i < h->count; i++) {
        const struct type *inner = h->candidates[i]->items[0];
        if (!is_subtype(e, element, inner)) continue;
        greatest = greatest ? type_unify(e->types, greatest, inner, false, NULL) : inner;
    }
    if (!greatest) return no_candidate(e, h, t, emit_type_words(e, element)) != NULL;
    h->refined = type_list(e->types, greatest);
    return h->refined || error_memory(e->err);
}

static bool choose_dict(struct emitter *e, struct container_hint *h, const struct type *key,
                        const struct type *value, const struct tree *t) {
    const struct type *best = NULL;
    for (int i = 0; i < h->count; i++) {
        const struct type *c = h->candidates[i];
        if (!is_subtype(e, key, c->items[0]) || !is_subtype(e, value, c->items[1])) continue;
        if (!best ||
            (is_subtype(e, best->items[0], c->items[0]) && is_subtype(e, best->items[1], c->items[1])))
            best = c;
    }
    if (!best) return no_candidate(e, h, t, emit_type_words(e, value)) != NULL;
    h->refined = best;
    return true;
}

static const struct type *element_hint(const struct type *t, enum type_kind kind) {
    return t && t->kind == kind ? t->items[t->count - 1] : NULL;
}

static struct ir_value *cast_back(struct emitter *e, const struct container_hint *h, struct ir_value *v) {
    return v && h->united ? emit_cast(e, v, h->united) : v;
}

/* ---- literals ---- */

static const struct type *unify_values(struct emitter *e, struct ir_value *const *values, int count,
                                       const struct type *hint) {
    const struct type *t = values[0]->type;
    for (int i = 1; t && i < count; i++) t = type_unify(e->types, t, values[i]->type, true, hint);
    return t;
}

static bool list_element(struct emitter *e, struct container_hint *h, struct ir_value *const *values,
                         int count, const struct tree *t, const struct type **element) {
    bool hinted = h->refined && h->refined->kind == TYPE_LIST && !h->count;
    *element = hinted ? h->refined->items[0] : e->types->tensor;
    if (!count) return true;
    const struct type *unified = unify_values(e, values, count, element_hint(h->refined, TYPE_LIST));
    if (!unified) return emit_error(e, t->range, "the items of the list have no common type") != NULL;
    if (h->count) {
        if (!choose_list(e, h, unified, t)) return false;
        *element = h->refined->items[0];
    } else if (h->refined && !is_subtype(e, unified, *element)) {
        return emit_error(
                   e, t->range,
                   "List type annotation `%s` did not match the types of the given list elements, which were "
                   "unified to %s",
                   emit_type_words(e, h->refined), emit_type_words(e, unified)) != NULL;
    }
    if (!h->refined) *element = unified;
    return true;
}

struct ir_value *emit_list_literal(struct emitter *e, const struct tree *t, const struct type *hint) {
    struct actual *actuals;
    int count;
    if (!emit_actuals(e, t, 0, true, &actuals, &count)) return NULL;
    if (!count && !hint)
        return emit_typed(e, KIND_EMPTY_LIST_LITERAL, type_list(e->types, e->types->tensor), NULL, 0);
    struct ir_value **values = arena_array(&e->memory, struct ir_value *, count + 1);
    if (!values) return emit_out_of_memory(e);
    for (int i = 0; i < count; i++) values[i] = actuals[i].value;
    struct container_hint h;
    const struct type *element;
    if (e->wide && !hint && !lower_mixed_numbers(e, values, count, 1)) return NULL;
    if (!refine_hint(e, hint, t, false, &h)) return NULL;
    if (h.count && !count)
        return emit_error(
            e, t->range,
            "Cannot assign an empty list to a variable annotated to be type %s because there are "
            "multiple possible List type candidates in the Union annotation",
            emit_type_words(e, hint));
    if (!list_element(e, &h, values, count, t, &element)) return NULL;
    return cast_back(e, &h, emit_list(e, element, values, count));
}

/* Keys and values alternate in `pairs`; the values' common type. */
static bool emit_pairs(struct emitter *e, const struct tree *t, struct ir_value **pairs,
                       const struct type **value_type) {
    const struct tree *keys = t->items[0], *values = t->items[1];
    for (int i = 0; i < keys->count; i++) {
        if (!(pairs[2 * i] = emit_expression(e, keys->items[i], NULL))) return false;
        if (!(pairs[2 * i + 1] = emit_expression(e, values->items[i], NULL))) return false;
        const struct type *type = pairs[2 * i + 1]->type;
        if (i && pairs[2 * i - 2]->type->kind != pairs[2 * i]->type->kind)
            return emit_error(e, keys->items[i]->range,
                              "Dict keys must contain only a single type. Expected: %s but found %s instead",
                              emit_type_words(e, pairs[2 * i - 2]->type),
                              emit_type_words(e, pairs[2 * i]->type)) != NULL;
        if (e->wide && type->kind != pairs[1]->type->kind) {
            if (!lower_mixed_numbers(e, pairs + 1, i + 1, 2)) return false;
            if (pairs[1]->type->kind == TYPE_FLOAT) *value_type = type = pairs[1]->type;
        }
        *value_type = i ? type_unify(e->types, *value_type, type, true, NULL) : type;
        if (!*value_type)
            return emit_error(e, values->range, "the values of the dict have no common type") != NULL;
    }
    return true;
}

static bool check_dict(struct emitter *e, const struct container_hint *h, const struct tree *t,
                       const struct type *key, const struct type *value) {
    if (h->refined->items[0] != key)
        return emit_error(
                   e, t->range,
                   "Type annotation was inferred to be %sbut the type of keys given by the dict literal "
                   "is %s",
                   emit_type_words(e, h->refined), emit_type_words(e, key)) != NULL;
    return is_subtype(e, value, h->refined->items[1]) ||
           emit_error(e, t->range,
                      "Type annotation was inferred to be `%s`, but the type of values given by the dict "
                      "literal is %s",
                      emit_type_words(e, h->refined), emit_type_words(e, value)) != NULL;
}

static struct ir_value *make_dict(struct emitter *e, const struct type *type, struct ir_value *const *pairs,
                                  int count) {
    return emit_typed(e, KIND_DICT_CONSTRUCT, type, pairs, 2 * count);
}

struct ir_value *emit_dict_literal(struct emitter *e, const struct tree *t, const struct type *hint) {
    int count = t->items[0]->count;
    struct ir_value **pairs = arena_array(&e->memory, struct ir_value *, 2 * count + 1);
    const struct type *value_type = e->types->tensor;
    if (!pairs) return emit_out_of_memory(e);
    struct container_hint h;
    if (!emit_pairs(e, t, pairs, &value_type) || !refine_hint(e, hint, t, true, &h)) return NULL;
    if (h.count && !count)
        return emit_error(
            e, t->range,
            "Cannot assign an empty dict to a variable annotated to be type %s because there are "
            "multiple possible Dict type candidates in the Union annotation",
            emit_type_words(e, hint));
    const struct type *key = count ? pairs[0]->type : simple_type(e, TYPE_STRING);
    if (!hint || h.any) h.refined = type_dict(e->types, key, value_type);
    if (h.count && !choose_dict(e, &h, key, value_type, t)) return NULL;
    if (!h.refined) return emit_out_of_memory(e);
    if (count && !check_dict(e, &h, t, key, value_type)) return NULL;
    return cast_back(e, &h, make_dict(e, h.refined, pairs, count));
}

/* ---- comprehensions ---- */

struct comprehension {
    const struct tree *tree;
    struct container_hint hint;
    struct ir_value *container;
    const struct type *first_key, *first_value; /* of the first time round (unrolled loops go round often) */
};

/* A loop in a scope of its own whose body adds to the container. */
static bool emit_comprehension_loop(struct emitter *e, const struct tree *t, int target_at,
                                    bool (*body)(struct emitter *e, void *context), void *context) {
    struct node *scope = emit_node(e, KIND_COMPREHENSION_SCOPE, 0, NULL, 0);
    struct block *b = scope ? node_add_block(scope) : NULL;
    if (!b || !frame_push(e, b)) return error_memory(e->err);
    scope->range = t->range;
    struct tree *targets = tree_new(&e->memory, TREE_LIST, t->range, 1, &t->items[target_at]);
    if (!targets) return error_memory(e->err);
    struct insertion old = emit_into(e, b);
    bool good = emit_for_over(e, targets, t->items[target_at + 1], t->range, body, context);
    emit_back(e, old);
    if (good) frame_pop(e);
    return good;
}

static bool list_round(struct emitter *e, void *context) {
    struct comprehension *c = context;
    struct ir_value *item = emit_expression(e, c->tree->items[0], NULL);
    if (!item) return false;
    if (!c->first_value) c->container->type = type_list(e->types, item->type);
    c->first_value = item->type;
    if (!c->container->type) return error_memory(e->err);
    const struct type *unified = type_unify(e->types, c->container->type->items[0], item->type, true,
                                            element_hint(c->hint.refined, TYPE_LIST));
    if (!unified) return emit_error(e, c->tree->range, "the items of the list have no common type") != NULL;
    if (!c->hint.count && c->hint.refined && c->hint.refined->kind == TYPE_LIST &&
        !is_subtype(e, unified, c->hint.refined->items[0]))
        return emit_error(
                   e, c->tree->range,
                   "List type annotation `%s` did not match the types of the given list elements, which were "
                   "unified to %s",
                   emit_type_words(e, c->hint.refined), emit_type_words(e, unified)) != NULL;
    if (c->hint.count && !choose_list(e, &c->hint, unified, c->tree)) return false;
    if (!c->hint.refined || c->hint.refined->kind != TYPE_LIST)
        c->hint.refined = type_list(e->types, unified);
    c->container->type = c->hint.refined;
    item->type = c->hint.refined->items[0];
    struct actual self = {.value = c->container, .range = c->tree->range},
                  a = {.value = item, .range = c->tree->range};
    return emit_builtin(e, emit_name(e, "aten::append"), c->tree->range, actuals_of(&a, 1), &self) != NULL;
}

struct ir_value *emit_list_comprehension(struct emitter *e, const struct tree *t, const struct type *hint) {
    struct comprehension c = {.tree = t};
    c.container = emit_list(e, e->types->tensor, NULL, 0);
    if (!c.container || !refine_hint(e, hint, t, false, &c.hint)) return NULL;
    if (hint && !c.hint.count && c.hint.refined->kind == TYPE_LIST) c.container->type = c.hint.refined;
    return emit_comprehension_loop(e, t, 1, list_round, &c) ? c.container : NULL;
}

static bool check_keys(struct emitter *e, const struct comprehension *c, const struct type *key) {
    if (key->kind == TYPE_UNION)
        return emit_error(e, c->tree->range,
                          "Dicts may only contain homogeneous keys, but the type of the first generated "
                          "key was %s",
                          emit_type_words(e, key)) != NULL;
    return !c->first_key || c->first_key == key ||
           emit_error(e, c->tree->range,
                      "Dicts may only contain homogeneous keys. Expected dict comprehension to generate "
                      "type %s, but got %s",
                      emit_type_words(e, c->first_key), emit_type_words(e, key)) != NULL;
}

static bool check_annotated(struct emitter *e, const struct comprehension *c, const struct type *found,
                            int which) {
    const struct type *want = c->hint.refined->items[which];
    return is_subtype(e, found, want) ||
           emit_error(e, c->tree->range,
                      "Dict type annotation `%s` did not match the type of an actual %s type `%s`\n",
                      emit_type_words(e, c->hint.refined), which ? "value" : "key",
                      emit_type_words(e, found)) != NULL;
}

/* The dict's type after this round. */
static bool settle_dict(struct emitter *e, struct comprehension *c, struct ir_value *k, struct ir_value *v) {
    bool dict_hint = c->hint.refined && c->hint.refined->kind == TYPE_DICT && !c->hint.count;
    if (dict_hint && (!check_annotated(e, c, k->type, 0) || !check_annotated(e, c, v->type, 1))) return false;
    const struct type *unified =
        type_unify(e->types, c->first_value, v->type, true, element_hint(c->hint.refined, TYPE_DICT));
    if (!unified) return emit_error(e, c->tree->range, "the values of the dict have no common type") != NULL;
    if (!c->hint.given || c->hint.any) {
        c->container->type = type_dict(e->types, k->type, unified);
        return c->container->type || error_memory(e->err);
    }
    if (c->hint.count && !choose_dict(e, &c->hint, k->type, unified, c->tree)) return false;
    c->container->type = c->hint.refined;
    k->type = c->hint.refined->items[0];
    v->type = c->hint.refined->items[1];
    return true;
}

static bool dict_round(struct emitter *e, void *context) {
    struct comprehension *c = context;
    struct ir_value *k = emit_expression(e, c->tree->items[0], NULL);
    struct ir_value *v = k ? emit_expression(e, c->tree->items[1], NULL) : NULL;
    if (!v || !check_keys(e, c, k->type)) return false;
    c->first_key = k->type;
    c->first_value = v->type;
    if (!settle_dict(e, c, k, v)) return false;
    struct ir_value *inputs[3] = {c->container, k, v};
    return emit_operator(e, "aten::_set_item", c->tree->range, inputs, 3) != NULL;
}

struct ir_value *emit_dict_comprehension(struct emitter *e, const struct tree *t, const struct type *hint) {
    struct comprehension c = {.tree = t};
    c.container = make_dict(e, type_dict(e->types, simple_type(e, TYPE_STRING), e->types->tensor), NULL, 0);
    if (!c.container || !refine_hint(e, hint, t, true, &c.hint)) return NULL;
    if (hint && !c.hint.count && c.hint.refined->kind == TYPE_DICT) c.container->type = c.hint.refined;
    if (!emit_comprehension_loop(e, t, 2, dict_round, &c)) return NULL;
    return cast_back(e, &c.hint, c.container);
}
