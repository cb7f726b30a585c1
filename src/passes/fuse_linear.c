/* A product with a transposed matrix, and what is added to it, is aten::linear. Patterns and their order:
 * torch/csrc/jit/passes/fuse_linear.cpp. */
#include "ir/views.h"
#include "passes/passes.h"
#include "passes/rewrite.h"

static bool is_transposed(const struct match *m) {
    return node_kind_is(match_value(m, "weight_t")->node, "aten::t");
}

static bool is_one(const struct match *m, const char *name) {
    int64_t i = 0;
    return constant_int(match_value(m, name), &i) && i == 1;
}

static bool is_plain_product(const struct match *m) {
    return is_one(m, "alpha") && is_one(m, "beta") && is_transposed(m);
}

static bool is_plain_sum(const struct match *m) {
    return is_one(m, "alpha") && is_transposed(m);
}

/* prim::CallFunction of torch.nn.functional.linear. */
static bool calls_linear(const struct match *m) {
    const struct node *constant = match_value(m, "linear")->node;
    const struct attribute *name = node_attribute(constant, "name");
    return name && name->kind == ATTRIBUTE_STRING && !strcmp(name->value.string->bytes, "linear");
}

static const struct rewrite_origin from_result[] = {{"weight", "res"}, {"res", "res"}},
                                   from_output[] = {{"weight", "output"}, {"res", "output"}};

static const struct rewrite rules[] = {
    {"graph(%input, %weight_t, %bias, %beta, %alpha):\n"
     "  %res = aten::addmm(%bias, %input, %weight_t, %beta, %alpha)\n"
     "  return (%res)\n",
     "graph(%input, %weight_t, %bias, %beta, %alpha):\n"
     "  %weight = aten::t(%weight_t)\n"
     "  %res = aten::linear(%input, %weight, %bias)\n"
     "  return (%res)\n",
     from_result, 2, is_plain_product},
    {"graph(%input, %weight_t, %bias, %alpha):\n"
     "  %output = aten::matmul(%input, %weight_t)\n"
     "  %res = aten::add_(%output, %bias, %alpha)\n"
     "  return (%res)\n",
     "graph(%input, %weight_t, %bias, %alpha):\n"
     "  %weight = aten::t(%weight_t)\n"
     "  %res = aten::linear(%input, %weight, %bias)\n"
     "  return (%res)\n",
     from_output, 2, is_plain_sum},
    {"graph(%input, %weight_t):\n"
     "  %output = aten::matmul(%input, %weight_t)\n"
     "  return (%output)\n",
     "graph(%input, %weight_t):\n"
     "  %weight = aten::t(%weight_t)\n"
     "  %bias : Tensor? = prim::Constant()\n"
     "  %res = aten::linear(%input, %weight, %bias)\n"
     "  return (%res)\n",
     from_output, 2, is_transposed},
    {"graph(%input, %weight, %bias):\n"
     "  %weight_t1 = aten::t(%weight)\n"
     "  %weight_t2 = aten::t(%weight_t1)\n"
     "  %res = aten::linear(%input, %weight_t2, %bias)\n"
     "  return (%res)\n",
     "graph(%input, %weight, %bias):\n"
     "  %res = aten::linear(%input, %weight, %bias)\n"
     "  return (%res)\n",
     from_result + 1, 1, NULL},
    {"graph(%linear, %input, %weight, %bias):\n"
     "  %r = prim::CallFunction(%linear, %input, %weight, %bias)\n"
     "  return (%r)\n",
     "graph(%linear, %input, %weight, %bias):\n"
     "  %r = aten::linear(%input, %weight, %bias)\n"
     "  return (%r)\n",
     NULL, 0, calls_linear},
};

bool pass_fuse_linear(struct graph *g, lb_error *err) {
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        if (!rewrite_graph(g, &rules[i], err)) return false;
    return true;
}
