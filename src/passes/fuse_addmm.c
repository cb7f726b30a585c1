/* A sum with a matrix product is one operator, where the other summand is known to be no number in disguise.
 * Rules: FuseAddMM in torch/csrc/jit/passes/peephole.cpp. */
#include "ir/views.h"
#include "ops/schemas.h"
#include "passes/passes.h"

static int dtype_of(const struct ir_value *v) {
    return v->type->kind == TYPE_TENSOR && v->type->facts ? v->type->facts->dtype : -1;
}

static int rank_of(const struct ir_value *v) {
    return v->type->kind == TYPE_TENSOR && v->type->facts ? v->type->facts->ndim : -1;
}

/* aten::add of two tensors with alpha 1. */
static bool is_plain_sum(struct node *n) {
    const struct op_row *row = node_kind_is(n, "aten::add") && n->inputs.count == 3 ? node_operator(n) : NULL;
    lb_value alpha;
    if (!row || strcmp(op_overload(row), "Tensor") != 0 || !node_constant(node_input(n, 2)->node, &alpha))
        return false;
    return (alpha.tag == VALUE_INT && alpha.i == 1) || (alpha.tag == VALUE_FLOAT && alpha.f == 1);
}

/* A number's type, made the matrix's. */
static const struct type *typed_like(struct graph *g, const struct ir_value *number, int dtype) {
    struct tensor_facts facts = *number->type->facts;
    if (facts.dtype < 0) return g->unit->types.tensor;
    facts.dtype = dtype;
    return type_tensor_of(&g->unit->types, &facts);
}

/* The summand as the product's type; a number without dimensions is made it. */
static struct ir_value *as_type(struct graph *g, struct ir_value *summand, struct ir_value *matrix) {
    if (rank_of(summand) != 0 || (dtype_of(summand) >= 0 && dtype_of(summand) == dtype_of(matrix)))
        return summand;
    struct node *n = graph_new_node(g, name_of(&g->unit->names, "aten::type_as"), 1);
    if (!graph_insert(g, n) || !node_add_input(n, summand) || !node_add_input(n, matrix)) return NULL;
    node_output(n, 0)->type = typed_like(g, summand, dtype_of(matrix));
    return node_output(n, 0)->type ? node_output(n, 0) : NULL;
}

static struct node *insert_product(struct graph *g, struct ir_value *summand, const struct node *mm) {
    struct ir_value *one = insert_constant_int(g, 1);
    struct node *n = one ? graph_new_node(g, name_of(&g->unit->names, "aten::addmm"), 1) : NULL;
    struct ir_value *inputs[] = {summand, node_input(mm, 0), node_input(mm, 1), one, one};
    if (!graph_insert(g, n)) return NULL;
    for (int i = 0; i < 5; i++)
        if (!node_add_input(n, inputs[i])) return NULL;
    return n;
}

/* False: memory. */
static bool fuse_side(struct node *sum, int side) {
    struct graph *g = sum->graph;
    struct ir_value *summand = node_input(sum, 1 - side);
    const struct node *mm = node_input(sum, side)->node;
    if (rank_of(summand) < 0 || !node_kind_is(mm, "aten::mm")) return true;
    struct ir_value *matrix = dtype_of(node_input(mm, 0)) >= 0 ? node_input(mm, 0) : node_input(mm, 1);
    if (dtype_of(matrix) < 0) return true;
    struct node *old = insertion_set(g, sum);
    struct ir_value *typed = as_type(g, summand, matrix);
    struct node *product = typed ? insert_product(g, typed, mm) : NULL;
    insertion_set(g, old);
    return product && value_copy_metadata(node_output(product, 0), node_output(sum, 0)) &&
           value_replace_uses(node_output(sum, 0), node_output(product, 0));
}

static bool fuse_block(struct block *b) {
    for (struct node *n = block_first(b); n != b->result; n = n->next) {
        for (int side = 0; is_plain_sum(n) && side < 2; side++)
            if (!fuse_side(n, side)) return false;
        for (int i = 0; i < n->blocks.count; i++)
            if (!fuse_block(n->blocks.items[i])) return false;
    }
    return true;
}

bool pass_fuse_addmm(struct graph *g, lb_error *err) {
    return fuse_block(g->top) || error_memory(err);
}
