/* Writes to what was made in sight become new values: x = zeros(); x.add_(1) is x0 = x.add(1), and a list
 * that is appended to right after it was made is made with the item. Only where making and writing can stand
 * side by side, and nobody else could hold what is written. Rules: torch/csrc/jit/passes/remove_mutation.cpp.
 */
#include "base/mem.h"
#include "ir/views.h"
#include "ops/schemas.h"
#include "passes/alias.h"
#include "passes/effects.h"
#include "passes/insert_call.h"
#include "passes/passes.h"

struct removal {
    struct graph *graph;
    struct alias_db *aliases;
    lb_error *err;
};

/* Nobody but who made v can hold it. */
static bool is_own(struct removal *r, const struct ir_value *v) {
    struct node *n = v->node;
    return !n->blocks.count && !node_attribute(n, "Subgraph") && !node_has_side_effects(n) &&
           !node_is(n, KIND_PARAM) && !alias_in_inputs(r->aliases, n, v);
}

static bool bring_together(struct removal *r, const struct ir_value *v, struct node *writer) {
    return is_own(r, v) && alias_move_before(r->aliases, v->node, writer);
}

/* The same for what both arms of an If make for nobody else. */
static bool bring_arms_together(struct removal *r, const struct ir_value *v, struct node *writer) {
    if (!node_is(v->node, KIND_IF)) return false;
    for (int i = 0; i < 2; i++) {
        const struct ir_value *made = block_output(v->node->blocks.items[i], v->offset);
        if (made->uses.count > 1 || !is_own(r, made)) return false;
    }
    return alias_move_before(r->aliases, v->node, writer);
}

/* ---- lists ---- */

static bool extends_new_list(const struct node *n) {
    bool insert = node_kind_is(n, "aten::insert") && n->inputs.count == 3 &&
                  node_is(node_input(n, 1)->node, KIND_CONSTANT);
    return (node_is(n, KIND_ATEN_APPEND) || insert) && node_is(node_input(n, 0)->node, KIND_LIST_CONSTRUCT);
}

/* Python's rule for insert: from the end when negative, at most the end. */
static bool add_item(struct node *list, const struct node *n) {
    int64_t at = list->inputs.count;
    if (node_is(n, KIND_ATEN_APPEND)) return node_add_input(list, node_input(n, 1));
    constant_int(node_input(n, 1), &at);
    if (at < 0) at = at + list->inputs.count > 0 ? at + list->inputs.count : 0;
    if (at > list->inputs.count) at = list->inputs.count;
    return node_insert_input(list, (int)at, node_input(n, 2));
}

static bool extend_list(struct removal *r, struct node *n) {
    struct ir_value *list = node_input(n, 0);
    if (!bring_together(r, list, n)) return true;
    if (!add_item(list->node, n)) return error_memory(r->err);
    if (n->outputs.count && !value_replace_uses(node_output(n, 0), list)) return error_memory(r->err);
    bool known = alias_forget_writes(r->aliases, n);
    node_destroy(n);
    return known || error_memory(r->err);
}

/* ---- tensors ---- */

/* Operators that write, and do not call themselves by the name of one that does not. */
static bool is_special(struct node *n) {
    if (node_kind_is(n, "aten::zero_") || node_kind_is(n, "aten::normal_")) return true;
    const struct op_row *row = node_kind_is(n, "aten::fill_") ? node_operator(n) : NULL;
    return row && strcmp(op_overload(row), "Scalar") == 0;
}

/* aten::add_ has aten::add. */
static const struct name *functional_kind(const struct node *n) {
    size_t length = n->kind->length;
    int count;
    if (length < 8 || strncmp(n->kind->text, "aten::", 6) != 0 || n->kind->text[length - 1] != '_')
        return NULL;
    const struct name *kind = name_intern(&n->graph->unit->names, n->kind->text, length - 1);
    return kind && ops_find(kind->text, kind->length, &count) && count ? kind : NULL;
}

/* It writes its first input, none of the others, and gives one result. */
static bool writes_first_alone(struct removal *r, struct node *n) {
    if (n->outputs.count != 1 || n->inputs.count == 0 || !node_operator(n)) return false;
    unsigned char *set = alias_new_set(r->aliases);
    bool alone = false;
    if (set) {
        alias_add_to_set(r->aliases, set, node_input(n, 0));
        alone = alias_writes_to_set(r->aliases, n, set);
        mem_free(set);
    }
    set = alone ? alias_new_set(r->aliases) : NULL;
    for (int i = 1; set && i < n->inputs.count; i++) alias_add_to_set(r->aliases, set, node_input(n, i));
    alone = set && !alias_writes_to_set(r->aliases, n, set);
    mem_free(set);
    return alone;
}

static struct ir_value *property(struct graph *g, const char *kind, struct ir_value *of) {
    return of ? insert_call(g, kind, &of, 1) : NULL;
}

/* normal_ has no form that makes a tensor like another: its parts are asked for. */
static struct node *make_normal(struct node *n) {
    struct graph *g = n->graph;
    static const char *const parts[] = {"aten::size", "prim::dtype", "prim::layout", "prim::device",
                                        "aten::is_pinned"};
    struct ir_value *of[5];
    for (int i = 0; i < 5; i++)
        if (!(of[i] = property(g, parts[i], node_input(n, 0)))) return NULL;
    struct ir_value *generator = graph_insert_constant(g, value_none(), NULL, (struct source_range){0});
    struct node *made = generator ? graph_new_node(g, name_of(&g->unit->names, "aten::normal"), 1) : NULL;
    struct ir_value *inputs[] = {
        node_input(n, 1), node_input(n, 2), of[0], generator, of[1], of[2], of[3], of[4]};
    for (int i = 0; made && i < 8; i++)
        if (!node_add_input(made, inputs[i])) return NULL;
    return graph_insert(g, made);
}

static struct node *make_special(struct node *n) {
    struct node *old = insertion_set(n->graph, n), *made = NULL;
    struct ir_value *v = NULL;
    if (node_kind_is(n, "aten::fill_")) {
        struct ir_value *like[] = {node_input(n, 0), node_input(n, 1),
                                   property(n->graph, "prim::dtype", node_input(n, 0))};
        v = like[2] ? insert_call(n->graph, "aten::full_like", like, 3) : NULL;
    } else if (node_kind_is(n, "aten::zero_"))
        v = insert_call(n->graph, "aten::zeros_like", n->inputs.items, 1);
    else
        made = make_normal(n);
    insertion_set(n->graph, old);
    return v ? v->node : made;
}

static struct node *make_functional(struct node *n, const struct name *kind) {
    struct node *made = graph_new_node(n->graph, kind, 1);
    if (!made || !node_insert_before(made, n)) return NULL;
    for (int i = 0; i < n->inputs.count; i++)
        if (!node_add_input(made, node_input(n, i))) return NULL;
    return made;
}

/* Uses of v behind n are uses of `by`. */
static bool replace_uses_behind(struct ir_value *v, const struct node *n, struct ir_value *by) {
    for (int i = 0; i < v->uses.count;) {
        struct use use = v->uses.items[i];
        int before = v->uses.count;
        if (node_is_before(n, use.user)) node_replace_input(use.user, use.offset, by);
        if (v->uses.count == before) {
            if (node_is_before(n, use.user)) return false;
            i++;
        }
    }
    return true;
}

static bool replace_write(struct removal *r, struct node *n, const struct name *kind) {
    struct ir_value *written = node_input(n, 0);
    struct node *made = is_special(n) ? make_special(n) : make_functional(n, kind);
    if (!made) return error_memory(r->err);
    made->range = n->range;
    made->scope = n->scope;
    node_output(made, 0)->type = node_output(n, 0)->type;
    if (!is_special(n) && !node_operator(made)) { /* the same name for something else */
        node_destroy(made);
        return true;
    }
    if (!replace_uses_behind(written, n, node_output(made, 0)) ||
        !value_replace_uses(node_output(n, 0), node_output(made, 0)))
        return error_memory(r->err);
    bool known =
        alias_replace_value(r->aliases, written, node_output(made, 0)) && alias_forget_writes(r->aliases, n);
    node_destroy(n);
    return known || error_memory(r->err);
}

static bool remove_write(struct removal *r, struct node *n) {
    const struct name *kind = functional_kind(n);
    if (!is_special(n) && (!kind || !writes_first_alone(r, n))) return true;
    struct ir_value *written = node_input(n, 0);
    if (!bring_together(r, written, n) && !bring_arms_together(r, written, n)) return true;
    return replace_write(r, n, kind);
}

static bool visit(struct removal *r, struct block *b, bool lists) {
    for (struct node *n = block_first(b), *next; n != b->result; n = next) {
        next = n->next;
        for (int i = 0; i < n->blocks.count; i++)
            if (!visit(r, n->blocks.items[i], lists)) return false;
        bool list = lists && extends_new_list(n);
        if (list ? !extend_list(r, n) : !lists && !remove_write(r, n)) return false;
    }
    return true;
}

static bool remove_writes(struct graph *g, bool tensors, lb_error *err) {
    struct removal r = {.graph = g, .aliases = alias_analyze(g, err), .err = err};
    bool good = r.aliases && visit(&r, g->top, true) && (!tensors || visit(&r, g->top, false));
    alias_free(r.aliases);
    return good;
}

bool pass_remove_mutation(struct graph *g, lb_error *err) {
    return remove_writes(g, true, err);
}

bool remove_list_mutation(struct graph *g, lb_error *err) {
    return remove_writes(g, false, err);
}
