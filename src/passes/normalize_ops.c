/* Operators that are only another name of an operator become that operator; rsub becomes sub; `is` of two
 * bools becomes ==. Rules and table: torch/csrc/jit/passes/normalize_ops.cpp. */
#include "ir/views.h"
#include "ops/schemas.h"
#include "passes/passes.h"

static const struct {
    const char *alias, *canonical;
} aliases[] = {
    {"aten::absolute", "aten::abs"},
    {"aten::absolute_", "aten::abs_"},
    {"aten::clip", "aten::clamp"},
    {"aten::clip_", "aten::clamp_"},
    {"aten::det", "aten::linalg_det"},
    {"aten::matrix_power", "aten::linalg_matrix_power"},
    {"aten::matrix_exp", "aten::linalg_matrix_exp"},
    {"aten::ger", "aten::outer"},
    {"aten::arccos", "aten::acos"},
    {"aten::arccos_", "aten::acos_"},
    {"aten::arcsin", "aten::asin"},
    {"aten::arcsin_", "aten::asin_"},
    {"aten::arctan", "aten::atan"},
    {"aten::arctan_", "aten::atan_"},
    {"aten::arctan2", "aten::atan2"},
    {"aten::arctan2_", "aten::atan2_"},
    {"aten::arccosh", "aten::acosh"},
    {"aten::arccosh_", "aten::acosh_"},
    {"aten::arcsinh", "aten::asinh"},
    {"aten::arcsinh_", "aten::asinh_"},
    {"aten::arctanh", "aten::atanh"},
    {"aten::arctanh_", "aten::atanh_"},
    {"aten::fix", "aten::trunc"},
    {"aten::fix_", "aten::trunc_"},
    {"aten::negative", "aten::neg"},
    {"aten::negative_", "aten::neg_"},
    {"aten::subtract", "aten::sub"},
    {"aten::subtract_", "aten::sub_"},
    {"aten::greater_equal", "aten::ge"},
    {"aten::greater_equal_", "aten::ge_"},
    {"aten::greater", "aten::gt"},
    {"aten::greater_", "aten::gt_"},
    {"aten::less_equal", "aten::le"},
    {"aten::less_equal_", "aten::le_"},
    {"aten::less", "aten::lt"},
    {"aten::less_", "aten::lt_"},
    {"aten::not_equal", "aten::ne"},
    {"aten::not_equal_", "aten::ne_"},
    {"aten::divide", "aten::div"},
    {"aten::divide_", "aten::div_"},
    {"aten::multiply", "aten::mul"},
    {"aten::multiply_", "aten::mul_"},
    {"aten::linalg_matmul", "aten::matmul"},
    {"aten::inverse", "aten::linalg_inv"},
    {"aten::true_divide", "aten::div"},
    {"aten::true_divide_", "aten::div_"},
    {"aten::concat", "aten::cat"},
    {"aten::concatenate", "aten::cat"},
    {"aten::row_stack", "aten::vstack"},
    {"aten::swapdims", "aten::transpose"},
    {"aten::swapdims_", "aten::transpose_"},
    {"aten::swapaxes", "aten::transpose"},
    {"aten::swapaxes_", "aten::transpose_"},
    {"aten::moveaxis", "aten::movedim"},
    {"aten::special_erf", "aten::erf"},
    {"aten::special_erfc", "aten::erfc"},
    {"aten::special_erfinv", "aten::erfinv"},
    {"aten::special_expit", "aten::sigmoid"},
    {"aten::special_exp2", "aten::exp2"},
    {"aten::special_expm1", "aten::expm1"},
    {"aten::special_logit", "aten::logit"},
    {"aten::special_logsumexp", "aten::logsumexp"},
    {"aten::special_round", "aten::round"},
    {"aten::special_log1p", "aten::log1p"},
    {"aten::special_sinc", "aten::sinc"},
    {"aten::special_digamma", "aten::digamma"},
    {"aten::special_psi", "aten::digamma"},
    {"aten::special_i0", "aten::i0"},
    {"aten::special_xlogy", "aten::xlogy"},
    {"aten::special_log_softmax", "aten::log_softmax"},
    {"aten::orgqr", "aten::linalg_householder_product"},
    {"aten::adjoint", "aten::mH"},
    {"aten::special_multigammaln", "aten::mvlgamma"},
    {"aten::special_polygamma", "aten::polygamma"},
    {"aten::special_softmax", "aten::softmax"},
    {"aten::special_gammainc", "aten::igamma"},
    {"aten::special_gammaincc", "aten::igammac"},
    {"aten::special_gammaln", "aten::lgamma"},
};

struct normalize {
    struct graph *graph;
    struct table canonical; /* interned alias -> interned canonical name */
};

static bool fill_table(struct normalize *p) {
    struct name_pool *names = &p->graph->unit->names;
    for (size_t i = 0; i < sizeof aliases / sizeof *aliases; i++) {
        const struct name *alias = name_find(names, aliases[i].alias, strlen(aliases[i].alias));
        if (!alias) continue; /* no node has this kind */
        const struct name *canonical = name_of(names, aliases[i].canonical);
        if (!canonical || !table_set(&p->canonical, alias, (void *)(uintptr_t)canonical)) return false;
    }
    return true;
}

/* Node::replaceWithNewSymbol: a new node with new outputs, the old one is left without uses and goes. */
static struct node *replace_kind(struct node *n, const struct name *kind) {
    struct node *new_node = graph_new_node(n->graph, kind, 0);
    if (!new_node || !node_insert_before(new_node, n)) return NULL;
    for (int i = 0; i < n->inputs.count; i++)
        if (!node_add_input(new_node, node_input(n, i))) return NULL;
    for (int i = 0; i < n->outputs.count; i++) {
        struct ir_value *v = node_add_output(new_node);
        if (!v || !value_copy_metadata(v, node_output(n, i)) || !value_replace_uses(node_output(n, i), v))
            return NULL;
    }
    new_node->range = n->range;
    new_node->scope = n->scope;
    if (!node_copy_attributes(new_node, n)) return NULL;
    node_destroy(n);
    return new_node;
}

static bool is_rsub_of_tensors(struct node *n) {
    if (!node_kind_is(n, "aten::rsub")) return false;
    const struct op_row *row = node_operator(n);
    return row && strcmp(op_overload(row), "Tensor") == 0;
}

static const char *kind_for_bools(const struct node *n) {
    if (n->inputs.count != 2 || node_input(n, 0)->type->kind != TYPE_BOOL ||
        node_input(n, 1)->type->kind != TYPE_BOOL)
        return NULL;
    if (node_is(n, KIND_ATEN_IS)) return "aten::eq";
    return node_is(n, KIND_ATEN_ISNOT) ? "aten::ne" : NULL;
}

/* The node that stands in its place now, or the node itself when there is nothing to do; NULL: memory. */
static struct node *normalize_node(struct normalize *p, struct node *n) {
    struct name_pool *names = &p->graph->unit->names;
    if (is_rsub_of_tensors(n)) {
        struct ir_value *self = node_input(n, 0), *other = node_input(n, 1);
        const struct name *sub = name_of(names, "aten::sub");
        struct node *new_node = sub ? replace_kind(n, sub) : NULL;
        if (!new_node) return NULL;
        node_replace_input(new_node, 0, other);
        node_replace_input(new_node, 1, self);
        return new_node;
    }
    const struct name *canonical = table_get(&p->canonical, n->kind);
    if (canonical) return replace_kind(n, canonical);
    const char *kind = kind_for_bools(n);
    if (!kind) return n;
    canonical = name_of(names, kind);
    return canonical ? replace_kind(n, canonical) : NULL;
}

static bool normalize_block(struct normalize *p, struct block *b) {
    for (struct node *n = block_first(b); n != b->result;) {
        for (int i = 0; i < n->blocks.count; i++)
            if (!normalize_block(p, n->blocks.items[i])) return false;
        struct node *now = normalize_node(p, n);
        if (!now) return false;
        n = now == n ? n->next : now; /* a new node is looked at again */
    }
    return true;
}

bool pass_normalize_ops(struct graph *g, lb_error *err) {
    struct normalize p = {.graph = g};
    bool ok = fill_table(&p) && normalize_block(&p, g->top);
    table_free(&p.canonical);
    return ok ? true : error_memory(err);
}
