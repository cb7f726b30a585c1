/* Conditions: what an if, while, assert or boolean operator tests. A condition may say of a variable's type
 * ("x is not None", isinstance), and may be certain while compiling, so that only one arm is compiled
 * (CondValue, RefinementSet, emitCondExpr, emitIsInstance in torch/csrc/jit/frontend/ir_emitter.cpp). */
#include "lang/emitter.h"
#include "lang/lower.h"
#include <string.h>

/* ---- sets of refinements ---- */

static const struct type *refined(struct refinements r, const struct name *name) {
    for (int i = 0; i < r.count; i++)
        if (r.items[i].name == name) return r.items[i].type;
    return NULL;
}

static bool room_for(struct emitter *e, struct refinements *r, int count) {
    r->items = arena_array(&e->memory, struct refinement, count + 1);
    r->count = 0;
    return r->items || error_memory(e->err);
}

/* Both hold: what either says, but a variable of which they say different things is left out. */
bool refinements_union(struct emitter *e, struct refinements a, struct refinements b,
                       struct refinements *out) {
    if (!room_for(e, out, a.count + b.count)) return false;
    for (int i = 0; i < a.count; i++) {
        const struct type *other = refined(b, a.items[i].name);
        if (!other || other == a.items[i].type) out->items[out->count++] = a.items[i];
    }
    for (int i = 0; i < b.count; i++)
        if (!refined(a, b.items[i].name)) out->items[out->count++] = b.items[i];
    return true;
}

bool refinements_intersection(struct emitter *e, struct refinements a, struct refinements b,
                              struct refinements *out) {
    if (!room_for(e, out, a.count)) return false;
    for (int i = 0; i < a.count; i++)
        if (refined(b, a.items[i].name) == a.items[i].type) out->items[out->count++] = a.items[i];
    return true;
}

static bool one_refinement(struct emitter *e, const struct tree *t, const struct type *type,
                           struct refinements *out) {
    *out = (struct refinements){0};
    if (e->wide && t->kind == TREE_NAMED_EXPRESSION) t = t->items[0];
    if (!type || (t->kind != TREE_NAME && !e->wide)) return true;
    const struct name *name = t->kind == TREE_NAME ? t->name : lower_path(e, t);
    if (!name) return !e->err->code;
    if (!room_for(e, out, 1)) return false;
    out->items[out->count++] = (struct refinement){name, type};
    return true;
}

bool emit_refinements(struct emitter *e, struct source_range at, struct refinements r) {
    for (int i = 0; i < r.count; i++) {
        if (lower_is_path(r.items[i].name)) {
            if (!lower_set_path(e, r.items[i].name, r.items[i].type)) return false;
            continue;
        }
        struct ir_value *v = variable_value(e, e->frame, r.items[i].name, at);
        struct ir_value *cast = v ? emit_cast(e, v, r.items[i].type) : NULL;
        if (!cast || !variable_set(e, at, r.items[i].name, sugared_simple(e, cast), NULL)) return false;
    }
    return true;
}

/* ---- is None ---- */

enum none_status { NONE_ALWAYS, NONE_MAYBE, NONE_NEVER };

static enum none_status can_be_none(const struct ir_value *v) {
    if (node_is(v->node, KIND_CONSTANT) && v->type->kind == TYPE_NONE) return NONE_ALWAYS;
    lb_value c;
    if (emit_is_constant(v, &c) && c.tag == VALUE_NONE) return NONE_ALWAYS;
    if (v->type->kind == TYPE_NONE) return NONE_ALWAYS;
    if (v->type->kind == TYPE_OPTIONAL) return NONE_MAYBE;
    return v->type->kind == TYPE_UNION && type_accepts_none(v->type) ? NONE_MAYBE : NONE_NEVER;
}

/* "x is None" for a variable x: what x is when it is not. */
static bool none_refinements(struct emitter *e, const struct tree *t, struct ir_value *const *values,
                             struct condition *out) {
    bool swapped = t->items[0]->kind == TREE_NONE && t->items[1]->kind != TREE_NONE;
    const struct tree *variable = t->items[swapped], *none = t->items[!swapped];
    const struct type *type = values[swapped]->type;
    if (none->kind != TREE_NONE || (type->kind != TYPE_OPTIONAL && type->kind != TYPE_UNION)) return true;
    struct refinements *present = t->op == OPERATOR_IS ? &out->when_false : &out->when_true;
    return one_refinement(e, variable, type_without_none(e->types, type), present);
}

static bool certain(struct emitter *e, struct source_range at, bool truth, struct condition *out) {
    out->value = emit_bool(e, truth, at);
    out->known = truth;
    return out->value != NULL;
}

/* A member of an Enum is one object in Python, where the operator tells a constant from what was passed in.
 */
static const char *identity_operator(const struct emitter *e, const struct tree *t,
                                     struct ir_value *const *values) {
    bool members = values[0]->type->kind == TYPE_ENUM && values[1]->type->kind == TYPE_ENUM;
    if (e->wide && members)
        return tree_operators[t->op == OPERATOR_IS ? OPERATOR_EQUAL : OPERATOR_NOT_EQUAL].op;
    return tree_operators[t->op].op;
}

static bool emit_is(struct emitter *e, const struct tree *t, struct condition *out) {
    struct ir_value *values[2];
    enum none_status none[2];
    bool is = t->op == OPERATOR_IS;
    for (int i = 0; i < 2; i++) {
        struct sugared *s = emit_sugared(e, t->items[i], 1, NULL);
        if (s && e->wide && !s->kind->value)
            return certain(e, t->range, !is, out); /* a function is not None */
        if (!(values[i] = sugared_value(e, s, t->items[i]->range))) return false;
        none[i] = can_be_none(values[i]);
    }
    if (none[0] == NONE_ALWAYS && none[1] == NONE_ALWAYS) return certain(e, t->range, is, out);
    if ((none[0] == NONE_ALWAYS && none[1] == NONE_NEVER) ||
        (none[0] == NONE_NEVER && none[1] == NONE_ALWAYS))
        return certain(e, t->range, !is, out);
    out->value = emit_operator(e, identity_operator(e, t, values), t->range, values, 2);
    return out->value && none_refinements(e, t, values, out);
}

/* ---- isinstance ---- */

struct type_set {
    const struct type **items;
    int count, room;
};

static bool add_type(struct emitter *e, struct type_set *set, const struct type *t) {
    if (!t) return false;
    if (set->count == set->room) {
        const struct type **more = arena_array(&e->memory, const struct type *, set->room * 2 + 8);
        if (!more) return error_memory(e->err);
        if (set->count) memcpy(more, set->items, sizeof *more * (size_t)set->count);
        set->items = more;
        set->room = set->room * 2 + 8;
    }
    set->items[set->count++] = t;
    return true;
}

/* What Python says of a container by its class: a deque is no list, a set no dict. */
static bool is_container(const struct type *t, bool dict) {
    return dict ? t->kind == TYPE_DICT && (!t->name || strcmp(t->name->text, "set"))
                : t->kind == TYPE_LIST && !t->name;
}

/* `dict` without its items' types, and `list` beside what stands for another class: those of the object's
 * types that are such. TorchScript knows neither; 0: it goes its own way, -1: error. */
static int gather_containers(struct emitter *e, const struct tree *t, const struct type_set *object,
                             struct type_set *set) {
    bool dict = t->kind == TREE_NAME && !strcmp(t->name->text, "dict"), asked = dict;
    if (!e->wide || t->kind != TREE_NAME || (!dict && strcmp(t->name->text, "list"))) return 0;
    for (int i = 0; i < object->count; i++) {
        if (object->items[i]->kind == TYPE_ANY) return 0;
        asked |= lower_is_marked(object->items[i]);
    }
    for (int i = 0; asked && i < object->count; i++)
        if (is_container(object->items[i], dict) && !add_type(e, set, object->items[i])) return -1;
    return asked;
}

static bool gather_classes(struct emitter *e, const struct tree *t, const struct type_set *object,
                           struct type_set *set) {
    int known = t->kind == TREE_TUPLE ? 0 : gather_containers(e, t, object, set);
    if (known) return known > 0;
    if (t->kind != TREE_TUPLE) return add_type(e, set, emit_annotation(e, t));
    for (int i = 0; i < t->count; i++)
        if (!gather_classes(e, t->items[i], object, set)) return false;
    return true;
}

/* Opened, without repetitions, in the order of a Union's members (standardizeVectorForUnion). */
static bool standardize(struct emitter *e, struct type_set *set) {
    if (!set->count) return true;
    const struct type *both = type_union(e->types, set->count, set->items);
    if (!both) return error_memory(e->err);
    *set = (struct type_set){0};
    if (both->kind == TYPE_UNION) {
        for (int i = 0; i < both->count; i++)
            if (!add_type(e, set, both->items[i])) return false;
        return true;
    }
    if (both->kind == TYPE_NUMBER) /* opened into its three */
        return add_type(e, set, simple_type(e, TYPE_FLOAT)) &&
               add_type(e, set, simple_type(e, TYPE_COMPLEX)) && add_type(e, set, simple_type(e, TYPE_INT));
    if (both->kind != TYPE_OPTIONAL) return add_type(e, set, both);
    const struct type *none = simple_type(e, TYPE_NONE), *inner = both->items[0];
    bool none_first = type_kind_order(none->kind) < type_kind_order(inner->kind);
    return add_type(e, set, none_first ? none : inner) && add_type(e, set, none_first ? inner : none);
}

/* Of one of the object's types: what it is if isinstance says yes; NULL: it can only say no. */
static const struct type *narrowed(struct emitter *e, const struct type *t, const struct type_set *classes) {
    const struct type *found = NULL;
    for (int i = 0; i < classes->count; i++) {
        const struct type *c = classes->items[i];
        if (is_subtype(e, t, c) || lower_derives(e, t, c))
            found = t;
        else if (is_subtype(e, c, t))
            found = found ? type_unify(e->types, found, c, false, NULL) : c;
    }
    return found;
}

struct instance_split {
    struct type_set yes, no;
    bool always;
};

static bool split_types(struct emitter *e, const struct type_set *types, const struct type_set *classes,
                        struct instance_split *out) {
    out->always = true;
    for (int i = 0; i < types->count; i++) {
        const struct type *t = types->items[i];
        if (t->kind == TYPE_ANY) {
            for (int k = 0; k < classes->count; k++)
                if (!add_type(e, &out->yes, classes->items[k])) return false;
            if (out->yes.count != 1 || out->yes.items[0]->kind != TYPE_ANY) out->always = false;
            return add_type(e, &out->no, t);
        }
        const struct type *found = narrowed(e, t, classes);
        if (!found) out->always = false;
        if (!add_type(e, found ? &out->yes : &out->no, found ? found : t)) return false;
    }
    return true;
}

static const struct type *unify_set(struct emitter *e, const struct type_set *set) {
    return set->count ? unify_all(e, set->items, set->count, true, NULL) : NULL;
}

bool emit_isinstance(struct emitter *e, const struct tree *object, const struct tree *classes,
                     struct condition *out) {
    *out = (struct condition){.known = -1};
    struct ir_value *v = emit_expression(e, object, NULL);
    struct type_set types = {0}, wanted = {0};
    if (v && e->wide && lower_is_caught(v->type)) return lower_caught_isinstance(e, v, classes, out);
    if (!v || !add_type(e, &types, v->type) || !standardize(e, &types)) return false;
    if (!gather_classes(e, classes, &types, &wanted) || !standardize(e, &wanted)) return false;
    struct instance_split split = {0};
    if (!split_types(e, &types, &wanted, &split)) return false;
    if (!one_refinement(e, object, unify_set(e, &split.yes), &out->when_true)) return false;
    if (!one_refinement(e, object, unify_set(e, &split.no), &out->when_false)) return false;
    if (split.always) return certain(e, object->range, true, out);
    if (!split.yes.count) return certain(e, object->range, false, out);
    out->value = emit_typed(e, KIND_ISINSTANCE, simple_type(e, TYPE_BOOL), &v, 1);
    return out->value &&
           (node_set_types(out->value->node, "types", wanted.count, wanted.items) || error_memory(e->err));
}

bool emit_hasattr(struct emitter *e, const struct tree *object, const struct tree *name,
                  struct condition *out) {
    *out = (struct condition){.known = -1};
    struct sugared *s = emit_sugared(e, object, 1, NULL);
    if (!s) return false;
    if (name->kind != TREE_STRING)
        return emit_error(e, name->range, "hasattr's second argument must be a string literal") != NULL;
    const struct name *field = name_intern(&e->unit->names, name->text, (size_t)name->length);
    if (!field) return error_memory(e->err);
    bool has = sugared_has_attribute(e, s, object->range, field);
    return !e->err->code && certain(e, object->range, has, out);
}

/* ---- and, or, not ---- */

/* An arm of an If that yields one value; `emit` makes it. */
struct arm {
    const struct tree *expression; /* NULL: a constant */
    bool constant, is_condition;
    const struct type *hint;
    struct condition condition; /* filled in */
};

static bool emit_arm(struct emitter *e, struct block *b, struct source_range at, struct refinements r,
                     struct arm *arm) {
    struct insertion old = emit_into(e, b);
    struct ir_value *v = NULL;
    if (frame_push(e, b) && emit_refinements(e, at, r)) {
        if (!arm->expression)
            v = emit_bool(e, arm->constant, at);
        else if (arm->is_condition)
            v = emit_condition(e, arm->expression, &arm->condition) ? arm->condition.value : NULL;
        else
            v = emit_expression(e, arm->expression, arm->hint);
    }
    emit_back(e, old);
    if (!v) return false;
    frame_pop(e);
    return block_add_output(b, v) >= 0 || error_memory(e->err);
}

static struct ir_value *emit_if_value(struct emitter *e, struct source_range at, const struct condition *c,
                                      struct arm *yes, struct arm *no) {
    struct node *n = emit_node(e, KIND_IF, 0, &c->value, 1);
    if (!n) return NULL;
    n->range = at;
    struct block *first = node_add_block(n), *second = node_add_block(n);
    if (!first || !second) return emit_out_of_memory(e);
    if (!emit_arm(e, first, at, c->when_true, yes) || !emit_arm(e, second, at, c->when_false, no))
        return NULL;
    if (e->wide && !lower_widen(e, first, second)) return NULL;
    const struct type *a = first->result->inputs.items[0]->type, *b = second->result->inputs.items[0]->type;
    const struct type *both = type_unify(e->types, a, b, false, NULL);
    if (!both)
        return emit_error(e, at, "if-expression's true branch has type %s but false branch has type %s",
                          emit_type_words(e, a), emit_type_words(e, b));
    struct ir_value *v = node_add_output(n);
    if (!v) return emit_out_of_memory(e);
    v->type = both;
    return v;
}

static int known_result(bool is_or, int a, int b) {
    if (a == is_or || b == is_or) return is_or;
    return a >= 0 && b >= 0 ? !is_or : -1;
}

static bool emit_short_circuit(struct emitter *e, const struct tree *t, struct condition *out) {
    bool is_or = t->kind == TREE_OR;
    struct condition left;
    if (!emit_condition(e, t->items[0], &left)) return false;
    struct arm constant = {.constant = is_or}, rest = {.expression = t->items[1], .is_condition = true};
    out->value = emit_if_value(e, t->range, &left, is_or ? &constant : &rest, is_or ? &rest : &constant);
    if (!out->value) return false;
    const struct condition *right = &rest.condition;
    out->known = known_result(is_or, left.known, right->known);
    if (is_or)
        return refinements_intersection(e, left.when_true, right->when_true, &out->when_true) &&
               refinements_union(e, left.when_false, right->when_false, &out->when_false);
    return refinements_union(e, left.when_true, right->when_true, &out->when_true) &&
           refinements_intersection(e, left.when_false, right->when_false, &out->when_false);
}

static bool emit_not(struct emitter *e, const struct tree *t, struct condition *out) {
    struct condition inner;
    if (!emit_condition(e, t->items[0], &inner)) return false;
    out->value = emit_operator(e, "aten::__not__", t->range, &inner.value, 1);
    out->known = inner.known < 0 ? -1 : !inner.known;
    out->when_true = inner.when_false;
    out->when_false = inner.when_true;
    return out->value != NULL;
}

/* isinstance(...) and hasattr(...): 1 done, 0 something else, -1 error. */
static int emit_test_call(struct emitter *e, const struct tree *t, struct condition *out) {
    const struct tree *callee = t->items[0], *arguments = t->items[1];
    bool name = callee->kind == TREE_NAME;
    bool isinstance = name && !strcmp(callee->name->text, "isinstance");
    bool has = name && !strcmp(callee->name->text, "hasattr");
    if (!isinstance && !has) {
        struct sugared *s =
            emit_sugared(e, callee, 1, NULL); /* PyTorch looks at the callee here, then once more */
        if (!s) return -1;
        isinstance = s->kind == &sugared_kind_form && s->form == FORM_ISINSTANCE;
        if (!isinstance) return 0;
    }
    if (arguments->count != 2 || t->items[2]->count) {
        emit_error(e, t->range, "%s expected exactly 2 arguments but found %d",
                   has ? "hasattr" : "isinstance", arguments->count);
        return -1;
    }
    bool good = isinstance ? emit_isinstance(e, arguments->items[0], arguments->items[1], out)
                           : emit_hasattr(e, arguments->items[0], arguments->items[1], out);
    return good ? 1 : -1;
}

static int truth_of(struct ir_value *v) {
    if (!strcmp(v->node->kind->text, "aten::is_scripting")) return 1;
    if (!strcmp(v->node->kind->text, "aten::has_torch_function")) return 0;
    lb_value c;
    return emit_is_constant(v, &c) && c.tag == VALUE_BOOL ? c.i != 0 : -1;
}

bool emit_condition(struct emitter *e, const struct tree *t, struct condition *out) {
    *out = (struct condition){.known = -1};
    bool good;
    if (e->wide && lower_condition(e, t, out, &good)) return good;
    if (t->kind == TREE_AND || t->kind == TREE_OR) return emit_short_circuit(e, t, out);
    if (t->kind == TREE_NOT) return emit_not(e, t, out);
    if (t->kind == TREE_BINARY && (t->op == OPERATOR_IS || t->op == OPERATOR_IS_NOT))
        return emit_is(e, t, out);
    if (t->kind == TREE_CALL) {
        int done = emit_test_call(e, t, out);
        if (done) return done > 0;
    }
    if (e->wide) return lower_test(e, t, out);
    struct ir_value *v = emit_expression(e, t, NULL);
    out->value = v ? emit_to_bool(e, t->range, v) : NULL;
    if (out->value) out->known = truth_of(out->value);
    return out->value != NULL;
}

struct ir_value *emit_to_bool(struct emitter *e, struct source_range at, struct ir_value *v) {
    struct ir_value *truth = e->wide ? lower_truth(e, v, at) : NULL;
    return truth || e->err->code ? truth : emit_to_bool_plain(e, at, v);
}

struct ir_value *emit_to_bool_plain(struct emitter *e, struct source_range at, struct ir_value *v) {
    lb_error *outer = e->err, own = {0};
    struct actual a = {.value = v, .range = at};
    e->err = &own;
    struct sugared *s = sugared_call(e, variable_get(e, emit_name(e, "bool"), at), at, actuals_of(&a, 1), 0);
    struct ir_value *out = sugared_as_simple(s);
    e->err = outer;
    if (own.code == LB_ERROR_MEMORY) error_memory(outer);
    error_clear(&own);
    if (!out)
        return emit_error(e, at, "Could not cast value of type %s to bool", emit_type_words(e, v->type));
    if (out->type->kind != TYPE_BOOL)
        return emit_error(e, at, "expected a bool expression for condition but found %s",
                          emit_type_words(e, out->type));
    return out;
}

struct ir_value *emit_conditional(struct emitter *e, const struct tree *t, const struct type *hint) {
    struct condition c;
    if (!emit_condition(e, t->items[0], &c)) return NULL;
    if (c.known >= 0) return emit_expression(e, t->items[c.known ? 1 : 2], hint);
    struct arm yes = {.expression = t->items[1], .hint = hint},
               no = {.expression = t->items[2], .hint = hint};
    return emit_if_value(e, t->range, &c, &yes, &no);
}
