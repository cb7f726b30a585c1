/* Finding chains and putting them into groups; see fuse.h. A chain is a value's only user after another; its
 * operators move down to where the last one stands, so what lies between them must neither write nor have
 * effects. */
#include "exec/fuse.h"
#include "ops/schemas.h"
#include <string.h>

enum { MAX_CHAIN = 4, NORM_INPUTS = 8 };

struct chain {
    struct node *nodes[MAX_CHAIN];
    int count;
    struct ir_value *residual; /* NULL: nothing is added */
};

struct activation {
    const char *kind;
    enum unary_op op;
};
static const struct activation activations[] = {
    {"aten::relu", UNARY_RELU},           {"aten::relu_", UNARY_RELU},
    {"aten::relu6", UNARY_RELU6},         {"aten::relu6_", UNARY_RELU6},
    {"aten::sigmoid", UNARY_SIGMOID},     {"aten::sigmoid_", UNARY_SIGMOID},
    {"aten::tanh", UNARY_TANH},           {"aten::tanh_", UNARY_TANH},
    {"aten::silu", UNARY_SILU},           {"aten::silu_", UNARY_SILU},
    {"aten::hardswish", UNARY_HARDSWISH}, {"aten::hardswish_", UNARY_HARDSWISH},
    {"aten::mish", UNARY_MISH},           {"aten::hardsigmoid", UNARY_HARDSIGMOID},
};

static bool is_kind(const struct node *n, const char *kind) {
    return !strcmp(n->kind->text, kind);
}

static bool constant_is(const struct ir_value *v, lb_value *value, uint32_t tag) {
    return node_is(v->node, KIND_CONSTANT) && node_constant(v->node, value) && value->tag == tag;
}

static bool constant_number(const struct ir_value *v, double wanted) {
    lb_value value;
    return constant_is(v, &value, VALUE_INT) ? (double)value.i == wanted
                                             : constant_is(v, &value, VALUE_FLOAT) && value.f == wanted;
}

/* GELU's form is an argument, hardtanh's limits make it relu6. UNARY_IDENTITY: no activation. */
static enum unary_op activation_of(const struct node *n) {
    lb_value form;
    if (is_kind(n, "aten::gelu") && n->inputs.count == 2 &&
        constant_is(n->inputs.items[1], &form, VALUE_STRING))
        return strcmp(form.string->bytes, "tanh") ? UNARY_GELU : UNARY_GELU_TANH;
    if ((is_kind(n, "aten::hardtanh") || is_kind(n, "aten::hardtanh_")) && n->inputs.count == 3 &&
        constant_number(n->inputs.items[1], 0) && constant_number(n->inputs.items[2], 6))
        return UNARY_RELU6;
    for (size_t i = 0; i < sizeof activations / sizeof *activations; i++)
        if (n->inputs.count == 1 && is_kind(n, activations[i].kind)) return activations[i].op;
    return UNARY_IDENTITY;
}

static bool is_convolution(const struct node *n) {
    return is_kind(n, "aten::conv2d") || is_kind(n, "aten::conv1d") || is_kind(n, "aten::_convolution");
}

static bool starts_chain(struct node *n) {
    if (!is_convolution(n) && !is_kind(n, "aten::linear")) return false;
    return n->outputs.count == 1 && node_operator(n) && n->inputs.count >= 3;
}

/* Batch norm with constants for training (False), momentum and eps. */
static bool is_norm_of(const struct node *n, const struct ir_value *v) {
    lb_value value;
    return is_kind(n, "aten::batch_norm") && n->inputs.count >= NORM_INPUTS && n->inputs.items[0] == v &&
           constant_is(n->inputs.items[5], &value, VALUE_BOOL) && !value.b &&
           constant_is(n->inputs.items[7], &value, VALUE_FLOAT);
}

/* What is added to `v`, a tensor; NULL: this is no such addition. add_ must write the chain's own value. */
static struct ir_value *added_to(const struct node *n, const struct ir_value *v) {
    lb_value alpha;
    bool in_place = is_kind(n, "aten::add_");
    if (!in_place && !is_kind(n, "aten::add")) return NULL;
    if (n->inputs.count != 3 || !constant_is(n->inputs.items[2], &alpha, VALUE_INT) || alpha.i != 1)
        return NULL;
    struct ir_value *a = n->inputs.items[0], *b = n->inputs.items[1];
    struct ir_value *other = a == v ? b : in_place ? NULL : a;
    return other && other != v && other->type->kind == TYPE_TENSOR ? other : NULL;
}

static bool is_harmless(struct node *n) {
    if (node_is(n, KIND_CONSTANT) || node_is(n, KIND_GET_ATTR) || node_is(n, KIND_LIST_CONSTRUCT))
        return true;
    if (n->blocks.count) return false;
    const struct op_row *row = node_operator(n);
    return row && !(row->traits & (OP_MUTATES | OP_SIDE_EFFECTS | OP_RANDOM | OP_SYSTEM));
}

/* The one user of the node's value, if the node can move down to it. */
static struct node *next_in_chain(struct node *n) {
    const struct ir_value *v = n->outputs.items[0];
    if (v->uses.count != 1) return NULL;
    struct node *user = v->uses.items[0].user;
    if (user->block != n->block || user == n->block->result || user->outputs.count != 1) return NULL;
    for (struct node *between = n->next; between != user; between = between->next)
        if (!is_harmless(between)) return NULL;
    return user;
}

static void extend(struct chain *c, struct node *n) {
    c->nodes[c->count++] = n;
}

static struct node *next_of(const struct chain *c) {
    return next_in_chain(c->nodes[c->count - 1]);
}

static const struct ir_value *end_of(const struct chain *c) {
    return c->nodes[c->count - 1]->outputs.items[0];
}

/* The longest chain that starts here; a count of 1 is none. */
static void find_chain(struct node *start, struct chain *c) {
    *c = (struct chain){.nodes = {start}, .count = 1};
    struct node *n = next_of(c);
    if (n && is_convolution(start) && is_norm_of(n, end_of(c))) {
        extend(c, n);
        n = next_of(c);
    }
    c->residual = n ? added_to(n, end_of(c)) : NULL;
    if (c->residual) {
        extend(c, n);
        n = next_of(c);
    }
    if (n && activation_of(n) != UNARY_IDENTITY && n->inputs.items[0] == end_of(c)) extend(c, n);
}

/* Copies the chain into a graph of its own, whose parameters are the chain's outer inputs one by one. */
static bool add_member(struct node *group, struct graph *sub, const struct node *n,
                       const struct ir_value *before, struct ir_value **made) {
    struct node *copy = graph_new_node(sub, n->kind, 1);
    if (!copy) return false;
    copy->row = n->row;
    copy->range = n->range;
    copy->outputs.items[0]->type = n->outputs.items[0]->type;
    for (int i = 0; i < n->inputs.count; i++) {
        struct ir_value *input = *made;
        if (n->inputs.items[i] != before) {
            input = block_add_input(sub->top);
            if (!input || !node_add_input(group, n->inputs.items[i])) return false;
            input->type = n->inputs.items[i]->type;
        }
        if (!node_add_input(copy, input)) return false;
    }
    *made = copy->outputs.items[0];
    return graph_insert(sub, copy);
}

static bool fill_group(struct node *group, struct graph *sub, const struct chain *c) {
    struct ir_value *made = NULL;
    const struct ir_value *before = NULL;
    for (int i = 0; i < c->count; i++) {
        if (!add_member(group, sub, c->nodes[i], before, &made)) return false;
        before = c->nodes[i]->outputs.items[0];
    }
    return block_add_output(sub->top, made) >= 0;
}

/* Where the chain's parts stand among the group's inputs: see struct op_fusion. */
static bool set_attributes(struct node *group, const struct chain *c) {
    int64_t norm = -1, residual = -1, next = c->nodes[0]->inputs.count;
    enum unary_op activation = UNARY_IDENTITY;
    for (int i = 1; i < c->count; i++) {
        const struct node *n = c->nodes[i];
        if (is_kind(n, "aten::batch_norm"))
            norm = next;
        else if (activation_of(n) != UNARY_IDENTITY)
            activation = activation_of(n);
        else
            residual = next;
        next += n->inputs.count - 1;
    }
    return node_set_int(group, "arguments", c->nodes[0]->inputs.count) && node_set_int(group, "norm", norm) &&
           node_set_int(group, "residual", residual) && node_set_int(group, "activation", activation);
}

static bool replace_chain(struct graph *g, const struct chain *c, lb_error *err) {
    struct node *last = c->nodes[c->count - 1], *group = graph_new_known(g, KIND_FUSION_GROUP, 1);
    struct graph *sub = group ? graph_new(g->unit) : NULL;
    if (!sub || !fill_group(group, sub, c) || !node_set_graph(group, "Subgraph", sub) ||
        !set_attributes(group, c))
        return error_memory(err);
    group->range = last->range;
    group->outputs.items[0]->type = last->outputs.items[0]->type;
    node_insert_before(group, last);
    if (!value_replace_uses(last->outputs.items[0], group->outputs.items[0])) return error_memory(err);
    for (int i = c->count - 1; i >= 0; i--) node_destroy(c->nodes[i]);
    return true;
}

static bool fuse_block(struct graph *g, struct block *b, lb_error *err) {
    for (struct node *n = block_first(b), *next; n != b->result; n = next) {
        next = n->next;
        for (int i = 0; i < n->blocks.count; i++)
            if (!fuse_block(g, n->blocks.items[i], err)) return false;
        struct chain chain;
        if (!starts_chain(n)) continue;
        find_chain(n, &chain);
        if (chain.count == 1) continue;
        while (next != b->result &&
               (next == chain.nodes[1] || next == chain.nodes[2] || next == chain.nodes[3]))
            next = next->next;
        if (!replace_chain(g, &chain, err)) return false;
    }
    return true;
}

bool fuse_graph(struct graph *g, lb_error *err) {
    return fuse_block(g, g->top, err);
}

static int attribute(const struct node *group, const char *name) {
    const struct attribute *a = node_attribute(group, name);
    return a && a->kind == ATTRIBUTE_INT ? (int)a->i : -1;
}

const struct op_fusion *fuse_describe(const struct node *group, struct arena *memory) {
    struct op_fusion *f = arena_new(memory, struct op_fusion);
    if (!f) return NULL;
    *f = (struct op_fusion){.argument_count = attribute(group, "arguments"),
                            .norm = attribute(group, "norm"),
                            .residual = attribute(group, "residual"),
                            .activation = (enum unary_op)attribute(group, "activation")};
    return f;
}
