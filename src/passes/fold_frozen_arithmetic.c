/* What is added to, or multiplied with, each channel of a convolution's result goes into its weight and bias:
 * numbers, and tensors that have one element or one for each channel. */
#include "ir/views.h"
#include "kernels/kernels.h"
#include "ops/schemas.h"
#include "passes/fold_node.h"
#include "passes/formula.h"
#include "passes/frozen.h"

enum { WEIGHT = 1, BIAS, TRANSPOSED = 6 };

bool is_plain_conv(const struct node *n) {
    bool transposed = true;
    if (node_kind_is(n, "aten::_convolution"))
        return n->inputs.count > TRANSPOSED && constant_bool(node_input(n, TRANSPOSED), &transposed) &&
               !transposed;
    return node_kind_is(n, "aten::conv1d") || node_kind_is(n, "aten::conv2d") ||
           node_kind_is(n, "aten::conv3d");
}

bool has_constant_parameters(const struct node *n) {
    for (int i = 1; i < n->inputs.count; i++)
        if (!node_is(node_input(n, i)->node, KIND_CONSTANT)) return false;
    return true;
}

struct tensor *constant_tensor(const struct ir_value *v) {
    lb_value c;
    return node_constant(v->node, &c) && c.tag == VALUE_TENSOR ? c.tensor : NULL;
}

struct ir_value *insert_tensor(struct graph *g, lb_value tensor) {
    return graph_insert_constant(g, tensor, NULL, (struct source_range){0});
}

bool name_after(struct ir_value *made, const struct ir_value *v, const char *suffix) {
    struct text name = {0};
    if (v->debug_name)
        text_put(&name, v->debug_name->text);
    else
        text_put_int(&name, v->unique);
    text_put(&name, suffix);
    bool good = !name.failed && value_set_name(made, text_get(&name));
    text_free(&name);
    return good;
}

void replace_inputs_with(struct node *n, const struct ir_value *v, struct ir_value *by) {
    for (int i = 0; i < n->inputs.count; i++)
        if (node_input(n, i) == v) node_replace_input(n, i, by);
}

/* aten::KIND_A or KIND_B with a tensor or a number. */
static bool is_one_of(struct node *n, const char *a, const char *b) {
    if (n->inputs.count < 2 || (!node_kind_is(n, a) && !node_kind_is(n, b))) return false;
    const struct op_row *row = node_operator(n);
    return row && (!strcmp(op_overload(row), "Tensor") || !strcmp(op_overload(row), "Scalar"));
}

/* One element, or one for each of the weight's output channels in the second dimension. */
static bool fits_channels(const struct tensor *t, const struct tensor *weight) {
    if (t->ndim > weight->ndim) return false;
    for (int i = 0; i < t->ndim; i++)
        if (t->sizes[i] != 1 && !(i == 1 && t->sizes[i] == weight->sizes[0])) return false;
    return true;
}

/* Folding must not change the dtype of the result. */
static bool can_fold(struct node *conv, struct node *n) {
    const struct tensor *weight =
        conv->inputs.count > BIAS ? constant_tensor(node_input(conv, WEIGHT)) : NULL;
    if (!weight || !has_constant_parameters(conv) || !has_constant_parameters(n)) return false;
    if (node_output(conv, 0)->uses.count > 1 || !dtype_is_floating((enum dtype)weight->dtype)) return false;
    const struct ir_value *operand = node_input(n, 1), *bias = node_input(conv, BIAS);
    const struct tensor *t = constant_tensor(operand);
    if (bias->type->kind != TYPE_NONE && !constant_tensor(bias)) return false;
    if (operand->type->kind != TYPE_TENSOR) return !t;
    return t && fits_channels(t, weight) && !dtype_is_complex((enum dtype)t->dtype);
}

static const char number_formula[] = "graph(%x : Scalar, %shape : int[], %t : int):\n"
                                     "  %none : NoneType = prim::Constant()\n"
                                     "  %y = aten::full(%shape, %x, %t, %none, %none, %none)\n"
                                     "  return (%y)\n";
static const char one_element_formula[] = "graph(%x, %shape : int[], %t : int):\n"
                                          "  %1 : int = prim::Constant[value=1]()\n"
                                          "  %no : bool = prim::Constant[value=0]()\n"
                                          "  %one : int[] = prim::ListConstruct(%1)\n"
                                          "  %flat = aten::reshape(%x, %one)\n"
                                          "  %y = aten::expand(%flat, %shape, %no)\n"
                                          "  return (%y)\n";
static const char channels_formula[] = "graph(%x, %shape : int[], %t : int):\n"
                                       "  %y = aten::view(%x, %shape)\n"
                                       "  return (%y)\n";
static const char to_formula[] = "graph(%x, %t : int):\n"
                                 "  %no : bool = prim::Constant[value=0]()\n"
                                 "  %none : NoneType = prim::Constant()\n"
                                 "  %y = aten::to(%x, %t, %no, %no, %none)\n"
                                 "  return (%y)\n";

struct fold {
    struct node *conv, *node; /* node: what is folded into conv */
    struct graph *graph;
    lb_error *err;
};

/* [channels, 1, 1, ...], `ndim` of them. */
static bool channel_shape(const struct fold *f, int ndim, lb_value *out) {
    const struct tensor *weight = constant_tensor(node_input(f->conv, WEIGHT));
    if (!value_new_list(out, simple_type(f->graph, TYPE_INT), ndim, f->err)) return false;
    for (int i = 0; i < ndim; i++)
        if (!list_append(out->list, value_int(i ? 1 : weight->sizes[0]), f->err)) return false;
    return true;
}

/* The operand as a tensor that broadcasts along the channels of something of `ndim` dimensions, as a constant
 * in the graph. NULL: it cannot be made. */
static struct ir_value *insert_operand(const struct fold *f, int ndim, enum dtype dtype) {
    lb_value operand, shape, made = value_none();
    if (!node_constant(node_input(f->node, 1)->node, &operand) || !channel_shape(f, ndim, &shape))
        return NULL;
    const char *formula = operand.tag != VALUE_TENSOR  ? number_formula
                          : operand.tensor->numel == 1 ? one_element_formula
                                                       : channels_formula;
    lb_value inputs[] = {operand, shape, value_int(dtype)};
    struct ir_value *v =
        formula_compute(f->graph->unit, formula, inputs, &made) ? insert_tensor(f->graph, made) : NULL;
    value_release(made);
    value_release(shape);
    return v;
}

/* What the node gives for its inputs, which are constants, as a constant of this dtype. */
static struct ir_value *insert_result(const struct fold *f, enum dtype dtype) {
    struct run_context cx = {.types = &f->graph->unit->types, .kernels = kernels_best()};
    lb_value result, cast;
    if (!fold_node(f->node, &cx, &result)) return NULL;
    lb_value inputs[] = {result, value_int(dtype)};
    bool good = formula_compute(f->graph->unit, to_formula, inputs, &cast);
    struct ir_value *v = good ? insert_tensor(f->graph, cast) : NULL;
    value_release(cast);
    value_release(result);
    return v;
}

/* The node is left as what it computes for one parameter of the convolution, and is dead. */
static struct ir_value *fold_parameter(const struct fold *f, struct ir_value *parameter,
                                       struct ir_value *operand) {
    if (!parameter || !operand) return NULL;
    enum dtype dtype = (enum dtype)constant_tensor(parameter)->dtype;
    node_replace_input(f->node, 0, parameter);
    node_replace_input(f->node, 1, operand);
    return insert_result(f, dtype);
}

/* The convolution's bias, or zeros. */
static struct ir_value *insert_bias(const struct fold *f) {
    const struct tensor *weight = constant_tensor(node_input(f->conv, WEIGHT));
    struct tensor *bias = constant_tensor(node_input(f->conv, BIAS));
    lb_value shape, zeros;
    if (bias) return insert_tensor(f->graph, (lb_value){.tag = VALUE_TENSOR, .tensor = bias});
    if (!channel_shape(f, 1, &shape)) return NULL;
    lb_value inputs[] = {value_int(0), shape, value_int(weight->dtype)};
    bool good = formula_compute(f->graph->unit, number_formula, inputs, &zeros);
    struct ir_value *v = good ? insert_tensor(f->graph, zeros) : NULL;
    value_release(zeros);
    value_release(shape);
    return v;
}

/* `v` becomes the convolution's parameter; `named` gets a name made of the old one's. */
static bool put_parameter(const struct fold *f, int at, struct ir_value *v, struct ir_value *named) {
    struct ir_value *old = node_input(f->conv, at);
    struct text suffix = {0};
    text_printf(&suffix, "_fused_%s", f->node->kind->text + strlen("aten::"));
    bool good = !suffix.failed && name_after(named, old, text_get(&suffix));
    text_free(&suffix);
    if (good) replace_inputs_with(f->conv, old, v);
    return good;
}

static bool fold_sum(const struct fold *f) {
    const struct tensor *weight = constant_tensor(node_input(f->conv, WEIGHT));
    struct ir_value *bias = insert_bias(f);
    struct ir_value *operand = bias ? insert_operand(f, 1, (enum dtype)weight->dtype) : NULL;
    struct ir_value *folded = fold_parameter(f, bias, operand);
    return folded && put_parameter(f, BIAS, folded, folded) &&
           value_replace_uses(node_output(f->node, 0), node_output(f->conv, 0));
}

/* The new weight has the name that its bias should have, as in PyTorch. */
static bool fold_product(const struct fold *f) {
    struct tensor *weight = constant_tensor(node_input(f->conv, WEIGHT));
    struct ir_value *old = insert_tensor(f->graph, (lb_value){.tag = VALUE_TENSOR, .tensor = weight});
    struct ir_value *operand = old ? insert_operand(f, weight->ndim, (enum dtype)weight->dtype) : NULL;
    struct ir_value *folded = fold_parameter(f, old, operand);
    if (!folded || !put_parameter(f, WEIGHT, folded, folded) ||
        !value_replace_uses(node_output(f->node, 0), node_output(f->conv, 0)))
        return false;
    struct tensor *bias = constant_tensor(node_input(f->conv, BIAS));
    if (!bias) return true;
    old = insert_bias(f);
    operand = old ? insert_operand(f, 1, (enum dtype)bias->dtype) : NULL;
    struct ir_value *folded_bias = fold_parameter(f, old, operand);
    return folded_bias && put_parameter(f, BIAS, folded_bias, folded);
}

static bool fold_node_into(struct folding *f, struct node *n, bool sum) {
    struct fold fold = {node_input(n, 0)->node, n, n->graph, f->err};
    if (!is_plain_conv(fold.conv) || !can_fold(fold.conv, n)) return true;
    struct node *old = insertion_set(n->graph, fold.conv);
    struct ir_value *inputs[] = {node_input(n, 0), node_input(n, 1)};
    bool good = sum ? fold_sum(&fold) : fold_product(&fold);
    for (int i = 0; i < 2 && !good; i++) node_replace_input(n, i, inputs[i]);
    insertion_set(n->graph, old);
    f->changed = true;
    return good || error_memory(f->err);
}

bool fold_conv_sums(struct folding *f, struct block *b) {
    for (struct node *n = block_first(b); n != b->result; n = n->next) {
        for (int i = 0; i < n->blocks.count; i++)
            if (!fold_conv_sums(f, n->blocks.items[i])) return false;
        if (is_one_of(n, "aten::add", "aten::sub") && !fold_node_into(f, n, true)) return false;
    }
    return true;
}

bool fold_conv_products(struct folding *f, struct block *b) {
    for (struct node *n = block_first(b); n != b->result; n = n->next) {
        for (int i = 0; i < n->blocks.count; i++)
            if (!fold_conv_products(f, n->blocks.items[i])) return false;
        if (is_one_of(n, "aten::mul", "aten::div") && !fold_node_into(f, n, false)) return false;
    }
    return true;
}
