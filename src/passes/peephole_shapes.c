/* Peephole rules over what types know of tensors: sizes, ranks, dtypes, devices become constants, conversions
 * to what a tensor is already go away (torch/csrc/jit/passes/peephole.cpp). Each rule is told one node of its
 * kind. */
#include "ir/views.h"
#include "ops/schemas.h"
#include "passes/peephole.h"

static const struct tensor_facts *facts_of(const struct node *n, int input) {
    if (input >= n->inputs.count) return NULL;
    const struct type *t = node_input(n, input)->type;
    return t->kind == TYPE_TENSOR ? t->facts : NULL;
}

/* *changed stays as it is when there is nothing to say. False: memory. */
static bool say(struct node *n, lb_value value, bool *changed) {
    struct node *old = insertion_set(n->graph, n);
    struct ir_value *constant = graph_insert_constant(n->graph, value, NULL, (struct source_range){0});
    insertion_set(n->graph, old);
    *changed = true;
    return constant && value_replace_uses(node_output(n, 0), constant);
}

static bool pass_input(struct node *n, bool *changed) {
    *changed = true;
    return value_replace_uses(node_output(n, 0), node_input(n, 0));
}

static bool sizes_known(const struct tensor_facts *f) {
    for (int i = 0; f && i < f->ndim; i++)
        if (!f->sizes || f->sizes[i] < 0) return false;
    return f && f->ndim >= 0;
}

static bool say_sizes(struct node *n, const struct tensor_facts *f, bool *changed) {
    lb_value list;
    lb_error ignored = {0};
    bool good = value_new_list(&list, simple_type(n->graph, TYPE_INT), f->ndim, &ignored);
    for (int i = 0; good && i < f->ndim; i++) good = list_append(list.list, value_int(f->sizes[i]), &ignored);
    good = good && say(n, list, changed);
    value_release(list);
    error_clear(&ignored);
    return good;
}

/* x.size(), x.size(dim) */
static bool size_rule(struct node *n, bool *changed) {
    const struct tensor_facts *f = facts_of(n, 0);
    int64_t at;
    if (n->inputs.count == 1) return !sizes_known(f) || say_sizes(n, f, changed);
    if (!f || f->ndim < 0 || n->inputs.count != 2 || !constant_int(node_input(n, 1), &at)) return true;
    if (at < 0) at += f->ndim;
    if (at < 0 || at >= f->ndim || !f->sizes || f->sizes[at] < 0) return true;
    return say(n, value_int(f->sizes[at]), changed);
}

/* len(x.size()), where nobody else uses the list */
static bool length_rule(struct node *n, bool *changed) {
    const struct node *size = n->inputs.count == 1 ? node_input(n, 0)->node : NULL;
    if (!size || !node_kind_is(size, "aten::size") || size->inputs.count != 1) return true;
    const struct tensor_facts *f = facts_of(size, 0);
    if (!f || f->ndim < 0 || node_input(n, 0)->uses.count != 1) return true;
    return say(n, value_int(f->ndim), changed);
}

static bool rank_rule(struct node *n, bool *changed) {
    const struct tensor_facts *f = facts_of(n, 0);
    return !f || f->ndim < 0 || say(n, value_int(f->ndim), changed);
}

static bool dtype_rule(struct node *n, bool *changed) {
    const struct tensor_facts *f = facts_of(n, 0);
    return !f || f->dtype < 0 || say(n, value_int(f->dtype), changed);
}

static bool floating_rule(struct node *n, bool *changed) {
    const struct tensor_facts *f = facts_of(n, 0);
    return !f || f->dtype < 0 || say(n, value_bool(dtype_is_floating((enum dtype)f->dtype)), changed);
}

static bool complex_rule(struct node *n, bool *changed) {
    const struct tensor_facts *f = facts_of(n, 0);
    return !f || f->dtype < 0 || say(n, value_bool(dtype_is_complex((enum dtype)f->dtype)), changed);
}

static bool device_rule(struct node *n, bool *changed) {
    const struct tensor_facts *f = facts_of(n, 0);
    return !f || !f->has_device || say(n, value_device(f->device), changed);
}

static bool cuda_rule(struct node *n, bool *changed) {
    const struct tensor_facts *f = facts_of(n, 0);
    return !f || !f->has_device || say(n, value_bool(f->device.type == DEVICE_CUDA), changed);
}

static bool same_device(const struct tensor_facts *a, const struct tensor_facts *b) {
    return a->has_device && b->has_device && a->device.type == b->device.type &&
           a->device.index == b->device.index;
}

/* x.type_as(y) */
static bool type_as_rule(struct node *n, bool *changed) {
    const struct tensor_facts *a = facts_of(n, 0), *b = facts_of(n, 1);
    if (!a || !b || a->dtype < 0 || a->dtype != b->dtype || !same_device(a, b)) return true;
    return pass_input(n, changed);
}

/* x.expand(x.size()) */
static bool expand_rule(struct node *n, bool *changed) {
    const struct tensor_facts *f = facts_of(n, 0);
    lb_value sizes;
    if (!sizes_known(f) || n->inputs.count != 3 || !node_constant(node_input(n, 1)->node, &sizes) ||
        sizes.tag != VALUE_LIST || sizes.list->count != f->ndim)
        return true;
    for (int i = 0; i < f->ndim; i++)
        if (sizes.list->items[i].i != f->sizes[i]) return true;
    return pass_input(n, changed);
}

static const struct {
    const char *kind;
    bool (*say)(struct node *n, bool *changed);
} rules[] = {
    {"aten::expand", expand_rule},
    {"aten::type_as", type_as_rule},
    {"aten::size", size_rule},
    {"aten::len", length_rule},
    {"aten::is_floating_point", floating_rule},
    {"aten::is_complex", complex_rule},
    {"prim::dtype", dtype_rule},
    {"prim::device", device_rule},
    {"aten::dim", rank_rule},
    {"prim::is_cuda", cuda_rule},
};

bool peephole_shape(struct node *n, bool *changed) {
    for (size_t i = 0; n->outputs.count == 1 && i < sizeof rules / sizeof *rules; i++)
        if (node_kind_is(n, rules[i].kind)) return rules[i].say(n, changed);
    return true;
}
