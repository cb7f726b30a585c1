/* Numbers and bools become tensors without dimensions, as an exporter to a format without numbers wants them:
 * constants, types, conversions between the two. What is left is no valid program, since operators that take
 * numbers get tensors (torch/csrc/jit/passes/erase_number_types.cpp). */
#include "ir/views.h"
#include "passes/passes.h"

static const struct type *scalar_tensor(struct type_store *types, int dtype) {
    static int64_t none[1];
    struct tensor_facts facts = {.dtype = dtype, .sizes = none, .requires_grad = -1, .has_device = true};
    if (dtype >= 0) facts.strides = none;
    facts.device = (struct device){DEVICE_CPU, -1};
    return type_tensor_of(types, &facts);
}

static bool is_number(struct graph *g, const struct type *t) {
    return t->kind == TYPE_BOOL || type_is_subtype(&g->unit->types, t, simple_type(g, TYPE_NUMBER));
}

static bool refuse(const struct type *t, lb_error *err) {
    struct text text = {0};
    type_put_annotation(&text, t);
    error_set(err, LB_ERROR_UNSUPPORTED, "Unknown number type: %s", text_get(&text));
    text_free(&text);
    return false;
}

static bool erase_type(struct graph *g, struct ir_value *v, lb_error *err) {
    static const struct {
        enum type_kind kind;
        int dtype;
    } forms[] = {
        {TYPE_INT, DTYPE_INT64}, {TYPE_FLOAT, DTYPE_FLOAT64}, {TYPE_BOOL, DTYPE_BOOL}, {TYPE_NUMBER, -1}};
    if (!is_number(g, v->type)) return true;
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
        if (v->type->kind == forms[i].kind) {
            v->type = scalar_tensor(&g->unit->types, forms[i].dtype);
            return v->type || error_memory(err);
        }
    return refuse(v->type, err);
}

static struct tensor *tensor_of_number(lb_value number, lb_error *err) {
    enum dtype dtype = number.tag == VALUE_BOOL  ? DTYPE_BOOL
                       : number.tag == VALUE_INT ? DTYPE_INT64
                                                 : DTYPE_FLOAT64;
    struct tensor *t = tensor_new(dtype, 0, NULL, NULL, err);
    if (!t) return NULL;
    if (dtype == DTYPE_BOOL)
        *(bool *)tensor_data(t) = number.i != 0;
    else if (dtype == DTYPE_INT64)
        *(int64_t *)tensor_data(t) = number.i;
    else
        *(double *)tensor_data(t) = number.f;
    return t;
}

/* The new constant keeps the old type; whoever takes it gives it the tensor's (as all inputs get it). */
static bool erase_constant(struct node *n, lb_error *err) {
    lb_value number;
    if (!is_number(n->graph, node_output(n, 0)->type) || !node_constant(n, &number)) return true;
    if (number.tag == VALUE_COMPLEX) return refuse(node_output(n, 0)->type, err);
    struct tensor *t = tensor_of_number(number, err);
    if (!t) return false;
    struct node *old = insertion_set(n->graph, n);
    struct ir_value *v = graph_insert_constant(n->graph, value_tensor(t), NULL, (struct source_range){0});
    insertion_set(n->graph, old);
    tensor_release(t);
    if (!v || !value_copy_metadata(v, node_output(n, 0)) || !value_replace_uses(node_output(n, 0), v))
        return error_memory(err);
    v->node->scope = n->scope;
    node_destroy(n);
    return true;
}

static bool is_conversion(const struct node *n) {
    static const char *const kinds[] = {"aten::Bool",          "aten::Float",       "aten::Int",
                                        "aten::FloatImplicit", "aten::IntImplicit", "aten::ScalarImplicit",
                                        "prim::NumToTensor"};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (node_kind_is(n, kinds[i])) return true;
    return false;
}

static bool erase_block(struct block *b, lb_error *err);

static bool erase_node(struct node *n, lb_error *err) {
    for (int i = 0; i < n->inputs.count; i++)
        if (!erase_type(n->graph, node_input(n, i), err)) return false;
    for (int i = 0; i < n->blocks.count; i++)
        if (!erase_block(n->blocks.items[i], err)) return false;
    if (node_is(n, KIND_CONSTANT)) return erase_constant(n, err);
    if (is_conversion(n)) {
        if (!value_replace_uses(node_output(n, 0), node_input(n, 0))) return error_memory(err);
        node_destroy(n);
        return true;
    }
    for (int i = 0; i < n->outputs.count; i++)
        if (!erase_type(n->graph, node_output(n, i), err)) return false;
    return true;
}

static bool erase_block(struct block *b, lb_error *err) {
    for (struct node *n = block_first(b), *next; n != b->result; n = next) {
        next = n->next;
        if (!erase_node(n, err)) return false;
    }
    return true;
}

bool pass_erase_number_types(struct graph *g, lb_error *err) {
    for (int i = 0; i < g->top->param->outputs.count; i++)
        if (!erase_type(g, block_input(g->top, i), err)) return false;
    return erase_block(g->top, err);
}
