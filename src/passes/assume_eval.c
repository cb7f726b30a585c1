/* Finds reads of `training` that can be followed from the graph's first parameter, replaces them by False,
 * and folds. Done after inlining, when the attributes of submodules are in sight. */
#include "passes/assume_eval.h"
#include "ir/views.h"
#include "passes/passes.h"

enum { MAX_PATH = 64, MAX_GUARDS = 4096 };

static bool is_attribute(const struct node *n, const char *name) {
    const struct attribute *a = node_attribute(n, "name");
    return a && a->kind == ATTRIBUTE_STRING && strcmp(a->value.string->bytes, name) == 0;
}

static bool is_module(const struct type *t) {
    return t->kind == TYPE_CLASS && t->definition->is_module;
}

/* A write of a `training`, or of a module, or a call that nobody sees into, could undo what the guards said.
 */
static bool may_change(const struct block *b) {
    for (const struct node *n = block_first(b); n != b->result; n = n->next) {
        if (node_is(n, KIND_CALL_METHOD) || node_is(n, KIND_CALL_FUNCTION) || node_is(n, KIND_FORK) ||
            node_is(n, KIND_TRY))
            return true;
        if (node_is(n, KIND_SET_ATTR) && (is_attribute(n, "training") || is_module(node_input(n, 1)->type)))
            return true;
        for (int i = 0; i < n->blocks.count; i++)
            if (may_change(n->blocks.items[i])) return true;
    }
    return false;
}

static int slot_of(const struct node *n) {
    const struct type *t = node_input(n, 0)->type;
    const struct attribute *a = node_attribute(n, "name");
    if (t->kind != TYPE_CLASS || !a || a->kind != ATTRIBUTE_STRING) return -1;
    const struct string *text = a->value.string;
    const struct name *name = name_find(&n->graph->unit->names, text->bytes, (size_t)text->length);
    return name ? class_find_attribute(t->definition, name) : -1;
}

/* The slots from the first parameter to what n reads; 0: it is not read that way. */
static int find_path(const struct node *n, int *slots) {
    const struct ir_value *self = block_input(n->graph->top, 0);
    int length = 0;
    for (; length < MAX_PATH && node_is(n, KIND_GET_ATTR); n = node_input(n, 0)->node) {
        int slot = slot_of(n);
        if (slot < 0) return 0;
        slots[length++] = slot;
        if (node_input(n, 0) == self) break;
    }
    if (length == 0 || length == MAX_PATH || !node_is(n, KIND_GET_ATTR) || node_input(n, 0) != self) return 0;
    for (int i = 0; i < length / 2; i++) {
        int other = slots[length - 1 - i];
        slots[length - 1 - i] = slots[i];
        slots[i] = other;
    }
    return length;
}

static bool add_guard(struct graph *g, struct eval_guards *guards, const int *slots, int length) {
    for (int i = 0; i < guards->list.count; i++) {
        const struct eval_guard *known = &guards->list.items[i];
        if (known->length == length && memcmp(known->slots, slots, sizeof *slots * (size_t)length) == 0)
            return true;
    }
    struct eval_guard guard = {length, arena_copy(&g->memory, slots, sizeof *slots * (size_t)length)};
    return guard.slots && array_push_in(&g->memory, &guards->list, guard);
}

struct reads {
    ARRAY_OF(struct node *) nodes;
};

/* False: memory. *all: each read can be guarded. */
static bool find_reads(struct graph *g, struct block *b, struct reads *reads, struct eval_guards *guards,
                       bool *all) {
    int slots[MAX_PATH];
    for (struct node *n = block_first(b); n != b->result && *all; n = n->next) {
        for (int i = 0; i < n->blocks.count; i++)
            if (!find_reads(g, n->blocks.items[i], reads, guards, all)) return false;
        if (!node_is(n, KIND_GET_ATTR) || !is_attribute(n, "training") ||
            !is_module(node_input(n, 0)->type) || node_output(n, 0)->type->kind != TYPE_BOOL)
            continue;
        int length = find_path(n, slots);
        *all = length > 0 && guards->list.count < MAX_GUARDS;
        if (*all && (!add_guard(g, guards, slots, length) || !array_push_in(&g->memory, &reads->nodes, n)))
            return false;
    }
    return true;
}

static bool replace_reads(struct graph *g, const struct reads *reads) {
    struct node *old = insertion_set(g, block_first(g->top));
    struct ir_value *eval = insert_constant_bool(g, false);
    insertion_set(g, old);
    for (int i = 0; eval && i < reads->nodes.count; i++)
        if (!value_replace_uses(node_output(reads->nodes.items[i], 0), eval)) return false;
    return eval != NULL;
}

bool pass_assume_eval(struct graph *g, struct eval_guards *guards, bool *useful, lb_error *err) {
    *useful = false;
    struct reads reads = {0};
    bool all =
        g->top->param->outputs.count > 0 && is_module(block_input(g->top, 0)->type) && !may_change(g->top);
    if (!all) return true;
    if (!find_reads(g, g->top, &reads, guards, &all)) return error_memory(err);
    if (!all || reads.nodes.count == 0) return true;
    if (!replace_reads(g, &reads)) return error_memory(err);
    *useful = true;
    return pass_constant_propagation_immutable_types(g, err) && pass_peephole_without_shapes(g, err) &&
           pass_constant_propagation_immutable_types(g, err) && pass_dead_code(g, err) &&
           pass_constant_pooling(g, err);
}

bool eval_guards_hold(const struct eval_guards *guards, lb_value self) {
    for (int i = 0; i < guards->list.count; i++) {
        const struct eval_guard *guard = &guards->list.items[i];
        lb_value at = self;
        for (int k = 0; k < guard->length; k++) {
            if (at.tag != VALUE_OBJECT || guard->slots[k] >= at.object->count) return false;
            at = at.object->slots[guard->slots[k]];
        }
        if (at.tag != VALUE_BOOL || at.i != 0) return false;
    }
    return true;
}
