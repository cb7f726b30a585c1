/* Blocks that must be left at their end: what would leave them early (return, break, continue) notes that and
 * leaves a loop of one round around the block; behind it the way out is taken. `with` and `try` are made of
 * this. */
#include "lang/define.h"
#include "lang/lower.h"
#include <string.h>

enum { EXIT_NONE, EXIT_RETURN, EXIT_BREAK, EXIT_CONTINUE };

struct redirection {
    struct emitter *e;
    struct tree *flag, *result;
    bool used[4];
    bool begun; /* `result` has a value from the start */
};

static bool is_loop(const struct tree *t) {
    return t->kind == TREE_FOR || t->kind == TREE_WHILE;
}

static bool is_scope(const struct tree *t) {
    return t->kind == TREE_DEF || t->kind == TREE_LAMBDA || t->kind == TREE_CLASS;
}

/* Whether something leaves this block; `inside`: within a loop of its own, which takes breaks. */
static bool leaves(const struct tree *t, bool inside) {
    if (t->kind == TREE_RETURN) return true;
    if (!inside && (t->kind == TREE_BREAK || t->kind == TREE_CONTINUE)) return true;
    if (is_scope(t)) return false;
    for (int i = 0; i < t->count; i++)
        if (t->items[i] && leaves(t->items[i], inside || is_loop(t))) return true;
    return false;
}

static bool breaks(const struct tree *t) {
    if (t->kind == TREE_BREAK || t->kind == TREE_CONTINUE) return true;
    if (is_scope(t) || is_loop(t)) return false;
    for (int i = 0; i < t->count; i++)
        if (t->items[i] && breaks(t->items[i])) return true;
    return false;
}

bool lower_breaks(const struct tree *block) {
    return breaks(block);
}

bool lower_leaves(const struct tree *block) {
    return leaves(block, false);
}

static bool always_returns(const struct tree *list);

static bool try_returns(const struct tree *t) {
    const struct tree *handlers = t->items[1];
    if (always_returns(t->items[3])) return true;
    for (int i = 0; i < handlers->count; i++)
        if (!always_returns(handlers->items[i]->items[1])) return false;
    return always_returns(t->items[0]) || always_returns(t->items[2]);
}

/* Every way through it returns or raises. */
static bool always_returns(const struct tree *list) {
    const struct tree *last = list->count ? list->items[list->count - 1] : NULL;
    if (!last) return false;
    if (last->kind == TREE_RETURN || last->kind == TREE_RAISE) return true;
    if (last->kind == TREE_WITH) return always_returns(last->items[1]);
    if (last->kind == TREE_TRY) return try_returns(last);
    if (last->kind == TREE_WHILE) return last->items[0]->kind == TREE_TRUE && !breaks(last->items[1]);
    return last->kind == TREE_IF && always_returns(last->items[1]) && always_returns(last->items[2]);
}

static struct tree *set_flag(struct redirection *r, struct source_range at, int code) {
    struct tree *value = lower_int(r->e, at, code);
    r->used[code] = true;
    return value ? lower_assign(r->e, at, r->flag, value) : NULL;
}

static bool put(struct redirection *r, struct tree_list *out, struct tree *t) {
    return t && (array_push_in(&r->e->memory, out, t) || error_memory(r->e->err));
}

/* if flag != 0: break */
static struct tree *leave_as_well(struct redirection *r, struct source_range at) {
    struct tree *zero = lower_int(r->e, at, EXIT_NONE), *stop = lower_tree(r->e, TREE_BREAK, at, 0, NULL);
    struct tree *body = stop ? lower_tree(r->e, TREE_LIST, at, 1, &stop) : NULL;
    struct tree *parts[3] = {zero ? lower_binary(r->e, at, OPERATOR_NOT_EQUAL, r->flag, zero) : NULL, body,
                             lower_tree(r->e, TREE_LIST, at, 0, NULL)};
    return parts[0] && body && parts[2] ? lower_tree(r->e, TREE_IF, at, 3, parts) : NULL;
}

static struct tree *redirect(struct redirection *r, struct tree *t, bool inside);

static bool redirect_statement(struct redirection *r, struct tree *t, bool inside, struct tree_list *out) {
    int code = t->kind == TREE_RETURN                ? EXIT_RETURN
               : t->kind == TREE_BREAK && !inside    ? EXIT_BREAK
               : t->kind == TREE_CONTINUE && !inside ? EXIT_CONTINUE
                                                     : EXIT_NONE;
    if (code == EXIT_NONE) {
        bool again = is_loop(t) && leaves(t, true);
        return put(r, out, redirect(r, t, inside)) && (!again || put(r, out, leave_as_well(r, t->range)));
    }
    if (code == EXIT_RETURN && !put(r, out, lower_assign(r->e, t->range, r->result, t->items[0])))
        return false;
    return put(r, out, set_flag(r, t->range, code)) &&
           put(r, out, lower_tree(r->e, TREE_BREAK, t->range, 0, NULL));
}

static struct tree *redirect(struct redirection *r, struct tree *t, bool inside) {
    if (is_scope(t) || !leaves(t, inside)) return t;
    if (t->kind == TREE_LIST) {
        struct tree_list list = {0};
        for (int i = 0; i < t->count; i++)
            if (!redirect_statement(r, t->items[i], inside, &list)) return NULL;
        return lower_tree(r->e, TREE_LIST, t->range, list.count, list.items);
    }
    struct tree *copy = tree_copy(&r->e->memory, t);
    if (!copy) return emit_out_of_memory(r->e);
    for (int i = 0; i < t->count; i++)
        if (t->items[i] && !(copy->items[i] = redirect(r, t->items[i], inside || is_loop(t)))) return NULL;
    return copy;
}

/* for _ in range(1): BODY */
static struct tree *one_round(struct redirection *r, struct tree *body) {
    struct source_range at = body->range;
    struct tree *one = lower_int(r->e, at, 1), *target = lower_temporary(r->e, at);
    struct tree *range = one ? lower_call(r->e, at, lower_name(r->e, at, "range"), 1, &one) : NULL;
    struct tree *parts[3] = {target ? lower_tree(r->e, TREE_LIST, at, 1, &target) : NULL,
                             range ? lower_tree(r->e, TREE_LIST, at, 1, &range) : NULL, body};
    return parts[0] && parts[1] ? lower_tree(r->e, TREE_FOR, at, 3, parts) : NULL;
}

static struct tree *way_out(struct redirection *r, struct source_range at, int code) {
    if (code == EXIT_BREAK) return lower_tree(r->e, TREE_BREAK, at, 0, NULL);
    if (code == EXIT_CONTINUE) return lower_tree(r->e, TREE_CONTINUE, at, 0, NULL);
    return lower_tree(r->e, TREE_RETURN, at, 1, &r->result);
}

/* if flag == CODE: the way out */
static struct tree *take_way(struct redirection *r, struct source_range at, int code) {
    struct tree *out = way_out(r, at, code), *body = out ? lower_tree(r->e, TREE_LIST, at, 1, &out) : NULL;
    struct tree *value = lower_int(r->e, at, code);
    struct tree *parts[3] = {value ? lower_binary(r->e, at, OPERATOR_EQUAL, r->flag, value) : NULL, body,
                             lower_tree(r->e, TREE_LIST, at, 0, NULL)};
    return parts[0] && body && parts[2] ? lower_tree(r->e, TREE_IF, at, 3, parts) : NULL;
}

static const struct type *result_type(struct emitter *e) {
    return e->definition.declared ? e->definition.declared : lang_known_result(e->function);
}

/* The variable for a result has a value from the start where its type is known. */
static bool begin_result(struct redirection *r, struct source_range at) {
    const struct type *type = result_type(r->e);
    if (!type) return true;
    struct ir_value *v = lower_default(r->e, type, at);
    r->begun = true;
    return v && variable_set(r->e, at, r->result->name, sugared_simple(r->e, v), NULL);
}

/* Where it was not known, what was assigned to the variable says it: once more, then. */
static bool learn_result(struct redirection *r, struct source_range at) {
    const struct type *type = table_get(&r->e->wide->stored, r->result->name);
    if (r->begun || !type) return true;
    lang_note_result(r->e->function, type);
    r->e->wide->again = true;
    return emit_error(r->e, at, "the type of what is returned here is not known yet") != NULL;
}

bool lower_always_returns(const struct tree *list) {
    return always_returns(list);
}

bool lower_exits(struct emitter *e, struct tree *body, bool certain,
                 bool (*around)(struct emitter *e, struct tree *body, void *context), void *context) {
    struct source_range at = body->range;
    struct redirection r = {.e = e, .flag = lower_temporary(e, at), .result = lower_temporary(e, at)};
    struct tree *zero = lower_int(e, at, EXIT_NONE),
                *start = zero && r.flag ? lower_assign(e, at, r.flag, zero) : NULL;
    struct tree *block = start && r.result ? redirect(&r, body, false) : NULL;
    struct tree *round = block ? one_round(&r, block) : NULL;
    struct tree *inner = round ? lower_tree(e, TREE_LIST, at, 1, &round) : NULL;
    struct tree *begin = inner ? lower_tree(e, TREE_LIST, at, 1, &start) : NULL;
    if (!begin || !emit_statements(e, begin) || (r.used[EXIT_RETURN] && !begin_result(&r, at))) return false;
    const struct tree *left = e->left;
    e->left = r.flag;
    if (!around(e, inner, context)) return false;
    e->left = left;
    if (r.used[EXIT_RETURN] && !learn_result(&r, at)) return false;
    struct tree_list ways = {0};
    static const int order[] = {EXIT_BREAK, EXIT_CONTINUE, EXIT_RETURN};
    for (int i = 0; i < 3; i++) {
        bool always = order[i] == EXIT_RETURN && certain;
        if (!r.used[order[i]]) continue;
        if (!put(&r, &ways, always ? way_out(&r, at, order[i]) : take_way(&r, at, order[i]))) return false;
    }
    struct tree *list = lower_tree(e, TREE_LIST, at, ways.count, ways.items);
    return list && emit_statements(e, list);
}
