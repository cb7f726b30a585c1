/* The table of lowerings that need types, a rule for each kind of construct, and what the rules share. A rule
 * takes a construct over or leaves it to the emitter. See wide.h. */
#include "lang/lower.h"
#include "base/mem.h"
#include <string.h>

/* ---- the attempts ---- */

bool wide_begin(struct wide *w, struct emit_request *r, lb_error *err) {
    *w = (struct wide){0};
    r->def = lower_syntax(&r->unit->memory, &r->unit->names, r->def, err);
    return r->def != NULL;
}

void wide_again(struct wide *w) {
    table_free(&w->made);
    table_free(&w->variables);
    table_free(&w->stored);
    table_free(&w->unknown);
    w->made = w->variables = w->stored = w->unknown = (struct table){0};
    w->again = w->beginning = w->hides = w->follows = false;
    error_clear(&w->faults);
}

void wide_end(struct wide *w) {
    wide_again(w);
    table_free(&w->literals);
    table_free(&w->loose);
    table_free(&w->partial);
    table_free(&w->optional);
}

/* Where both ways fail the second one has come further, unless all it says is that something failed before.
 */
void wide_choose_error(lb_error *strict, lb_error *wide) {
    if (wide->code != LB_OK && !lang_is_follow_up(wide)) {
        error_clear(strict);
        error_move(strict, wide);
    }
}

void attempt_begin(struct emitter *e, struct attempt_error *a) {
    *a = (struct attempt_error){.outer = e->err, .before = emitter_here(e)};
    e->err = &a->own;
}

bool attempt_failed(struct emitter *e, struct attempt_error *a) {
    e->err = a->outer;
    if (!a->own.code) return false;
    if (a->own.code != LB_ERROR_COMPILE) {
        error_move(e->err, &a->own);
        return true;
    }
    emitter_return(e, &a->before);
    return true;
}

void *attempt_fail(struct emitter *e, struct attempt_error *a) {
    error_move(e->err, &a->own);
    return NULL;
}

void attempt_drop(struct attempt_error *a) {
    error_clear(&a->own);
}

/* ---- trees ---- */

struct tree *lower_tree(struct emitter *e, enum tree_kind kind, struct source_range at, int count,
                        struct tree *const *items) {
    bool loose =
        kind == TREE_ASSIGN || kind == TREE_WITH_ITEM || kind == TREE_SLICE || kind == TREE_COMPREHENSION;
    for (int i = 0; i < count; i++)
        if (!items[i] && !loose) return e->err->code ? NULL : emit_out_of_memory(e);
    struct tree *t = tree_new(&e->memory, kind, at, count, items);
    return t ? t : emit_out_of_memory(e);
}

struct tree *lower_name(struct emitter *e, struct source_range at, const char *text) {
    const struct name *name = emit_name(e, text);
    struct tree *t = name ? tree_name(&e->memory, at, name) : NULL;
    return t ? t : emit_out_of_memory(e);
}

struct tree *lower_temporary(struct emitter *e, struct source_range at) {
    const char *text = arena_printf(&e->memory, "$_lower%d", e->temporaries++);
    return text ? lower_name(e, at, text) : emit_out_of_memory(e);
}

struct tree *lower_call(struct emitter *e, struct source_range at, struct tree *callee, int count,
                        struct tree *const *arguments) {
    struct tree *parts[3] = {callee, lower_tree(e, TREE_LIST, at, count, arguments),
                             lower_tree(e, TREE_LIST, at, 0, NULL)};
    return lower_tree(e, TREE_CALL, at, 3, parts);
}

struct tree *lower_member(struct emitter *e, struct source_range at, struct tree *of, const char *field) {
    struct tree *t = lower_tree(e, TREE_ATTRIBUTE, at, 1, &of);
    if (t) t->name = emit_name(e, field);
    return t;
}

struct tree *lower_binary(struct emitter *e, struct source_range at, enum tree_operator op, struct tree *left,
                          struct tree *right) {
    struct tree *both[2] = {left, right}, *t = lower_tree(e, TREE_BINARY, at, 2, both);
    if (t) t->op = (uint8_t)op;
    return t;
}

struct tree *lower_int(struct emitter *e, struct source_range at, int64_t i) {
    struct tree *t = lower_tree(e, TREE_INT, at, 0, NULL);
    if (t) t->integer = i;
    return t;
}

struct tree *lower_assign(struct emitter *e, struct source_range at, struct tree *target,
                          struct tree *value) {
    struct tree *parts[3] = {lower_tree(e, TREE_LIST, at, 1, &target), value, NULL};
    return parts[0] && value ? lower_tree(e, TREE_ASSIGN, at, 3, parts) : NULL;
}

struct tree *lower_keep(struct emitter *e, struct source_range at, struct sugared *s) {
    struct tree *name = s ? lower_temporary(e, at) : NULL;
    const struct ir_value *v = sugared_as_simple(s);
    const struct tree *literal = v ? wide_literal_of(e, v) : NULL;
    if (name && literal && !wide_note_variable(e, name->name, literal)) return NULL;
    return name && variable_set(e, at, name->name, s, NULL) ? name : NULL;
}

/* ---- small rules ---- */

static struct sugared *lower_lambda(struct emitter *e, const struct tree *t, int binders,
                                    const struct type *hint) {
    (void)binders;
    (void)hint;
    return sugared_lambda(e, t);
}

/* ~x of an int is -x - 1; -x and ~x of a bool are ints. */
static struct sugared *lower_unary(struct emitter *e, const struct tree *t, int binders,
                                   const struct type *hint) {
    (void)binders;
    (void)hint;
    struct ir_value *v = emit_expression(e, t->items[0], NULL);
    if (v && v->type->kind == TYPE_BOOL) v = emit_operator(e, "aten::Int", t->range, &v, 1);
    lb_value c;
    bool invert = t->kind == TREE_INVERT;
    if (v && invert && v->type->kind == TYPE_INT && !emit_is_constant(v, &c)) {
        struct ir_value *negative = emit_operator(e, "aten::neg", t->range, &v, 1);
        struct ir_value *both[2] = {negative, emit_int(e, 1, t->range)};
        return negative && both[1] ? sugared_simple(e, emit_operator(e, "aten::sub", t->range, both, 2))
                                   : NULL;
    }
    struct tree *kept = v && !emit_is_constant(v, &c) ? lower_keep(e, t->range, sugared_simple(e, v)) : NULL;
    struct tree *copy = kept ? lower_tree(e, (enum tree_kind)t->kind, t->range, 1, &kept) : NULL;
    if (e->err->code) return NULL;
    return sugared_simple(e, emit_unary_plain(e, copy ? copy : t));
}

/* +x */
static struct sugared *lower_positive(struct emitter *e, const struct tree *t, int binders,
                                      const struct type *hint) {
    (void)binders;
    struct ir_value *v = emit_expression(e, t->items[0], hint);
    if (v && v->type->kind == TYPE_BOOL)
        return sugared_simple(e, emit_operator(e, "aten::Int", t->range, &v, 1));
    return sugared_simple(e, v);
}

static struct sugared *lower_general(struct emitter *e, const struct tree *t, int binders,
                                     const struct type *hint) {
    (void)binders;
    return lower_comprehension(e, t, hint);
}

static bool lower_inner_function(struct emitter *e, const struct tree *t) {
    return variable_set(e, t->range, t->name, sugared_lambda(e, t), NULL);
}

static bool lower_nothing(struct emitter *e, const struct tree *t) {
    (void)e;
    (void)t;
    return true;
}

static bool lower_global(struct emitter *e, const struct tree *t) {
    return emit_error(e, t->range, "global variables aren't supported") != NULL;
}

/* ---- the table ---- */

static struct sugared *(*const expressions[TREE_KIND_COUNT])(struct emitter *e, const struct tree *t,
                                                             int binders, const struct type *hint) = {
    [TREE_LAMBDA] = lower_lambda,
    [TREE_NAMED_EXPRESSION] = lower_named,
    [TREE_POSITIVE] = lower_positive,
    [TREE_NEGATE] = lower_unary,
    [TREE_INVERT] = lower_unary,
    [TREE_COMPREHENSION] = lower_general,
    [TREE_CALL] = lower_call_expression,
    [TREE_NAME] = lower_name_value,
    [TREE_ATTRIBUTE] = lower_attribute,
    [TREE_SUBSCRIPT] = lower_subscript,
    [TREE_BINARY] = lower_binary_value,
    [TREE_LIST_LITERAL] = lower_list,
    [TREE_DICT] = lower_dict,
    [TREE_DICT_MERGE] = lower_dict_merge,
    [TREE_DICT_COMPREHENSION] = lower_dict_comprehension,
    [TREE_SET] = lower_set,
    [TREE_FORMATTED_STRING] = lower_formatted_string,
    [TREE_AND] = lower_either,
    [TREE_OR] = lower_either,
    [TREE_IF_EXPRESSION] = lower_if_expression,
};

static bool (*const statements[TREE_KIND_COUNT])(struct emitter *e, const struct tree *t) = {
    [TREE_DEF] = lower_inner_function,
    [TREE_NONLOCAL] = lower_nothing,
    [TREE_MATCH] = lower_match,
    [TREE_WITH] = lower_with,
    [TREE_WHILE] = lower_while,
    [TREE_ASSIGN] = lower_assign_statement,
    [TREE_AUGMENTED] = lower_augmented_statement,
    [TREE_DELETE] = lower_delete_statement,
    [TREE_GLOBAL] = lower_global,
    [TREE_TRY] = lower_try,
    [TREE_RAISE] = lower_raise,
    [TREE_EXPRESSION] = lower_expression_statement,
};

bool wide_expression(struct emitter *e, const struct tree *t, int binders, const struct type *hint,
                     struct sugared **out) {
    if (!expressions[t->kind]) return false;
    *out = expressions[t->kind](e, t, binders, hint);
    return true;
}

bool wide_statement(struct emitter *e, const struct tree *t, bool *good) {
    if (!statements[t->kind]) return false;
    *good = statements[t->kind](e, t);
    return true;
}
