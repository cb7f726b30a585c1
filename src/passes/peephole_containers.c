/* Peephole rules over lists and dicts that are built in sight and that nobody writes:
 * torch/csrc/jit/passes/peephole_list_idioms.cpp, peephole_dict_idioms.cpp. */
#include "ir/views.h"
#include "ops/schemas.h"
#include "passes/alias.h"
#include "passes/peephole.h"

struct containers {
    struct graph *graph;
    struct alias_db *aliases;
    struct table mutated; /* lists and dicts with writers, as they were before anything changed */
    bool changed, failed;
};

static void replace(struct containers *c, struct ir_value *v, struct ir_value *by) {
    if (!by || !value_replace_uses(v, by)) c->failed = true;
    c->changed = true;
}

static void replace_by_int(struct containers *c, struct ir_value *v, int64_t i) {
    struct node *old = insertion_set(c->graph, v->node);
    replace(c, v, insert_constant_int(c->graph, i));
    insertion_set(c->graph, old);
}

static void note_mutated(struct containers *c, struct ir_value *v) {
    bool container = v->type->kind == TYPE_LIST || v->type->kind == TYPE_DICT;
    if (container && alias_has_writers(c->aliases, v) && !table_set(&c->mutated, v, v)) c->failed = true;
}

static void note_all_mutated(struct containers *c, struct block *b) {
    for (int i = 0; i < b->param->outputs.count; i++) note_mutated(c, block_input(b, i));
    for (struct node *n = block_first(b); n != b->result; n = n->next) {
        for (int i = 0; i < n->outputs.count; i++) note_mutated(c, node_output(n, i));
        for (int i = 0; i < n->blocks.count; i++) note_all_mutated(c, n->blocks.items[i]);
    }
}

static void list_item(struct containers *c, struct node *n, struct node *list) {
    int64_t at;
    if (!constant_int(node_input(n, 1), &at)) return;
    if (at < 0) at += list->inputs.count;
    if (at >= 0 && at < list->inputs.count) replace(c, node_output(n, 0), node_input(list, (int)at));
}

static void list_unpack(struct containers *c, struct node *n, struct node *list) {
    if (list->inputs.count != n->outputs.count) return;
    for (int i = 0; i < n->outputs.count; i++) replace(c, node_output(n, i), node_input(list, i));
}

/* A list construct in place of n, without items yet. */
static struct node *new_list(struct containers *c, struct node *n) {
    struct node *list = graph_new_known(c->graph, KIND_LIST_CONSTRUCT, 1);
    if (!list || !node_insert_before(list, n)) {
        c->failed = true;
        return NULL;
    }
    node_output(list, 0)->type = node_output(n, 0)->type;
    return list;
}

static void add_items(struct containers *c, struct node *list, const struct node *from, int64_t start,
                      int64_t end, int64_t step) {
    for (int64_t i = start; step > 0 ? i < end : i > end; i += step)
        if (!node_add_input(list, node_input(from, (int)i))) c->failed = true;
}

static void finish_list(struct containers *c, struct node *n, struct node *list) {
    bool mutated = table_has(&c->mutated, node_output(n, 0));
    replace(c, node_output(n, 0), node_output(list, 0));
    if (mutated && !table_set(&c->mutated, node_output(list, 0), list)) c->failed = true;
}

static void list_sum(struct containers *c, struct node *n, struct node *first) {
    if (n->inputs.count != 2 || table_has(&c->mutated, node_input(n, 1))) return;
    const struct node *second = node_input(n, 1)->node;
    if (!node_is(second, KIND_LIST_CONSTRUCT)) return;
    struct node *list = new_list(c, n);
    if (!list) return;
    add_items(c, list, first, 0, first->inputs.count, 1);
    add_items(c, list, second, 0, second->inputs.count, 1);
    finish_list(c, n, list);
}

/* Python's bounds for a slice of a sequence of this length (torch/csrc/jit/runtime/slice_indices_adjust.cpp).
 */
static int64_t clamp_bound(int64_t at, int64_t length, int64_t step) {
    if (at < 0) {
        at += length;
        return at < 0 ? (step < 0 ? -1 : 0) : at;
    }
    return at >= length ? (step < 0 ? length - 1 : length) : at;
}

/* A constant bound; None leaves it as it is. */
static bool known_bound(const struct ir_value *v, int64_t *bound) {
    return constant_int(v, bound) || (node_is(v->node, KIND_CONSTANT) && v->type->kind == TYPE_NONE);
}

static void list_slice(struct containers *c, struct node *n, struct node *from) {
    int64_t start = INT64_MAX, end = INT64_MAX, step = 1, length = from->inputs.count;
    if (!known_bound(node_input(n, 1), &start) || !known_bound(node_input(n, 2), &end) ||
        !known_bound(node_input(n, 3), &step))
        return;
    if (step == 0 || step == INT64_MIN) return;
    if (start == INT64_MAX) start = step < 0 ? INT64_MAX : 0;
    if (end == INT64_MAX) end = step < 0 ? INT64_MIN : INT64_MAX;
    struct node *list = new_list(c, n);
    if (!list) return;
    add_items(c, list, from, clamp_bound(start, length, step), clamp_bound(end, length, step), step);
    finish_list(c, n, list);
}

static void visit_list(struct containers *c, struct node *n) {
    struct node *list = node_input(n, 0)->node;
    if (!node_is(list, KIND_LIST_CONSTRUCT)) return;
    if (node_is(n, KIND_ATEN_LEN))
        replace_by_int(c, node_output(n, 0), list->inputs.count);
    else if (node_is(n, KIND_ATEN_GETITEM))
        list_item(c, n, list);
    else if (node_is(n, KIND_LIST_UNPACK))
        list_unpack(c, n, list);
    else if (node_kind_is(n, "aten::add"))
        list_sum(c, n, list);
    else if (node_kind_is(n, "aten::slice") && n->inputs.count == 4)
        list_slice(c, n, list);
}

/* The value under a constant key; *clear: all keys are constants and different. */
static struct ir_value *dict_find(const struct node *dict, const lb_value *wanted, bool *clear) {
    struct ir_value *found = NULL;
    lb_error err = {0};
    *clear = true;
    for (int i = 0; i < dict->inputs.count && *clear; i += 2) {
        lb_value key, other;
        *clear = node_constant(node_input(dict, i)->node, &key);
        for (int k = 0; k < i && *clear; k += 2)
            *clear = node_constant(node_input(dict, k)->node, &other) && !value_equal(key, other, &err);
        if (*clear && wanted && value_equal(key, *wanted, &err)) found = node_input(dict, i + 1);
    }
    error_clear(&err);
    return found;
}

static void visit_dict(struct containers *c, struct node *n) {
    struct node *dict = node_input(n, 0)->node;
    const struct type *t = node_input(n, 0)->type->items[0];
    bool simple_key = t->kind == TYPE_INT || t->kind == TYPE_FLOAT || t->kind == TYPE_STRING, clear;
    if (!node_is(dict, KIND_DICT_CONSTRUCT) || !simple_key) return;
    lb_value key;
    if (node_is(n, KIND_ATEN_LEN)) {
        dict_find(dict, NULL, &clear);
        if (clear) replace_by_int(c, node_output(n, 0), dict->inputs.count / 2);
    } else if (node_is(n, KIND_ATEN_GETITEM) && node_constant(node_input(n, 1)->node, &key)) {
        struct ir_value *found = dict_find(dict, &key, &clear);
        if (clear && found) replace(c, node_output(n, 0), found);
    }
}

static void visit_containers(struct containers *c, struct block *b, enum type_kind kind) {
    for (struct node *n = block_first(b); n != b->result && !c->failed; n = n->next) {
        for (int i = 0; i < n->blocks.count; i++) visit_containers(c, n->blocks.items[i], kind);
        if (n->inputs.count == 0 || node_input(n, 0)->type->kind != kind ||
            table_has(&c->mutated, node_input(n, 0)))
            continue;
        if (kind == TYPE_LIST)
            visit_list(c, n);
        else
            visit_dict(c, n);
    }
}

bool peephole_containers(struct graph *g, struct alias_db *aliases, bool *changed) {
    struct containers c = {.graph = g, .aliases = aliases};
    note_all_mutated(&c, g->top);
    visit_containers(&c, g->top, TYPE_LIST);
    visit_containers(&c, g->top, TYPE_DICT);
    table_free(&c.mutated);
    *changed |= c.changed;
    return !c.failed;
}
