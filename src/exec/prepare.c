/* Making the graph that is run; see prepare.h. Functions that call each other can double in size at every
 * level, so the size after inlining is reckoned first; what would grow too large runs with its calls left as
 * calls. The passes are those of PyTorch's executor that change answers or speed here (runOptimization in
 * torch/csrc/jit/runtime/graph_executor.cpp). */
#include "exec/prepare.h"
#include "base/mem.h"
#include "exec/fuse.h"
#include "passes/passes.h"

enum { MAX_NODES = 100000, MAX_DEPTH = 60 };

struct reckoning {
    struct table sizes; /* const struct function * -> nodes after inlining, as a pointer */
    int depth;
};

static int64_t function_size(struct reckoning *r, const struct function *f);

static const struct function *callee_of(const struct node *n) {
    if (n->function) return n->function;
    if (node_is(n, KIND_CALL_FUNCTION) && n->inputs.count) return n->inputs.items[0]->node->function;
    if (!node_is(n, KIND_CALL_METHOD) || !n->inputs.count) return NULL;
    const struct type *self = n->inputs.items[0]->type;
    const struct attribute *name = node_attribute(n, "name");
    if (self->kind != TYPE_CLASS || !name || name->kind != ATTRIBUTE_STRING) return NULL;
    const struct string *text = name->value.string;
    const struct name *method = name_find(&n->graph->unit->names, text->bytes, (size_t)text->length);
    return method ? class_find_method(self->definition, method) : NULL;
}

static int64_t block_size(struct reckoning *r, const struct block *b) {
    int64_t size = 0;
    for (struct node *n = block_first(b); n != b->result && size <= MAX_NODES; n = n->next) {
        size++;
        for (int i = 0; i < n->blocks.count; i++) size += block_size(r, n->blocks.items[i]);
        if (!node_is(n, KIND_CALL_FUNCTION) && !node_is(n, KIND_CALL_METHOD)) continue;
        const struct function *callee = callee_of(n);
        if (callee && callee->graph && !callee->recursive) size += function_size(r, callee);
    }
    return size;
}

/* Sizes over the limit are all one. */
static int64_t function_size(struct reckoning *r, const struct function *f) {
    int64_t known = (int64_t)(intptr_t)table_get(&r->sizes, f);
    if (known) return known;
    if (r->depth >= MAX_DEPTH) return MAX_NODES + 1;
    r->depth++;
    int64_t size = 1 + block_size(r, f->graph->top);
    r->depth--;
    if (size > MAX_NODES) size = MAX_NODES + 1;
    if (!table_set(&r->sizes, f, (void *)(intptr_t)size)) return MAX_NODES + 1;
    return size;
}

static bool simplify(struct graph *g, lb_error *err) {
    return pass_inline(g, err) && pass_decompose(g, err) && pass_peephole_without_shapes(g, err) &&
           pass_constant_propagation_immutable_types(g, err) && pass_dead_code(g, err) &&
           pass_constant_pooling(g, err) && pass_common_subexpressions(g, err) &&
           pass_peephole_without_shapes(g, err) && fuse_graph(g, err);
}

struct graph *prepare_graph(struct function *f, lb_error *err) {
    struct reckoning r = {0};
    int64_t size = function_size(&r, f);
    table_free(&r.sizes);
    bool large = size > MAX_NODES;
    if (large && !graph_has_decompositions(f->graph)) return NULL;
    struct graph *copy = graph_copy(f->graph);
    if (!copy) {
        error_memory(err);
        return NULL;
    }
    if (large ? pass_decompose(copy, err) : simplify(copy, err)) return copy;
    graph_free(copy);
    return NULL;
}
