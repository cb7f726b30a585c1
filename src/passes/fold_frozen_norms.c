/* A batch norm in eval mode behind a convolution or a linear layer goes into its weight and bias. */
#include "ir/views.h"
#include "passes/frozen.h"
#include "passes/norm_parameters.h"

enum { WEIGHT = 1, BIAS, MEAN, VARIANCE, EPSILON = 7, NORM_INPUTS = 9 };

struct norm {
    struct node *layer, *norm;
    bool linear;
};

static bool is_none(const struct ir_value *v) {
    return v->type->kind == TYPE_NONE;
}

/* Constant inputs are tensors, or None where the norm has no such thing. */
static bool tensor_or_none(const struct ir_value *v) {
    return is_none(v) || constant_tensor(v);
}

static bool is_candidate(const struct norm *n) {
    const struct node *layer = n->layer, *norm = n->norm;
    lb_value epsilon;
    bool fits = n->linear ? node_kind_is(layer, "aten::linear") : is_plain_conv(layer);
    if (!fits || !has_constant_parameters(layer) || !has_constant_parameters(norm)) return false;
    if (norm->inputs.count != NORM_INPUTS || layer->inputs.count <= BIAS) return false;
    if (!n->linear && node_output(layer, 0)->uses.count > 1) return false;
    if (!constant_tensor(node_input(norm, MEAN)) || !constant_tensor(node_input(norm, VARIANCE)))
        return false; /* it has no running statistics */
    return constant_tensor(node_input(layer, WEIGHT)) && tensor_or_none(node_input(layer, BIAS)) &&
           tensor_or_none(node_input(norm, WEIGHT)) && tensor_or_none(node_input(norm, BIAS)) &&
           node_constant(node_input(norm, EPSILON)->node, &epsilon) && epsilon.tag == VALUE_FLOAT;
}

static bool put_parameters(const struct norm *n, const lb_value *folded) {
    struct graph *g = n->layer->graph;
    struct node *old = insertion_set(g, n->layer);
    struct ir_value *weight = insert_tensor(g, folded[0]), *bias = insert_tensor(g, folded[1]);
    insertion_set(g, old);
    struct ir_value *old_weight = node_input(n->layer, WEIGHT), *old_bias = node_input(n->layer, BIAS);
    if (!weight || !bias || !name_after(weight, old_weight, "_fused_bn") ||
        !name_after(bias, old_bias, "_fused_bn"))
        return false;
    replace_inputs_with(n->layer, old_weight, weight);
    replace_inputs_with(n->layer, old_bias, bias);
    return value_replace_uses(node_output(n->norm, 0), node_output(n->layer, 0));
}

static struct norm_parameters parameters_of(const struct norm *n) {
    lb_value epsilon = {0};
    node_constant(node_input(n->norm, EPSILON)->node, &epsilon);
    return (struct norm_parameters){
        .weight = constant_tensor(node_input(n->layer, WEIGHT)),
        .bias = constant_tensor(node_input(n->layer, BIAS)),
        .mean = constant_tensor(node_input(n->norm, MEAN)),
        .variance = constant_tensor(node_input(n->norm, VARIANCE)),
        .scale = constant_tensor(node_input(n->norm, WEIGHT)),
        .shift = constant_tensor(node_input(n->norm, BIAS)),
        .epsilon = epsilon.f,
        .linear = n->linear,
    };
}

/* What cannot be computed stays as it is. */
static bool fold_norm(struct folding *f, struct node *norm, bool linear) {
    struct norm n = {.layer = node_input(norm, 0)->node, .norm = norm, .linear = linear};
    lb_value folded[2];
    if (!is_candidate(&n)) return true;
    struct norm_parameters p = parameters_of(&n);
    bool known = norm_fold(norm->graph->unit, &p, &folded[0], &folded[1]);
    bool good = !known || put_parameters(&n, folded);
    value_release(folded[0]);
    value_release(folded[1]);
    f->changed |= known;
    return good || error_memory(f->err);
}

static bool fold_norms(struct folding *f, struct block *b, bool linear) {
    for (struct node *n = block_first(b); n != b->result; n = n->next) {
        for (int i = 0; i < n->blocks.count; i++)
            if (!fold_norms(f, n->blocks.items[i], linear)) return false;
        if (node_kind_is(n, "aten::batch_norm") && !fold_norm(f, n, linear)) return false;
    }
    return true;
}

bool fold_conv_norms(struct folding *f, struct block *b) {
    return fold_norms(f, b, false);
}

bool fold_linear_norms(struct folding *f, struct block *b) {
    return fold_norms(f, b, true);
}
