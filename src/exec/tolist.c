/* prim::tolist: a tensor becomes nested lists of numbers, whose type the program states
 * (tensorToListRecursive in torch/csrc/jit/runtime/register_special_ops.cpp and register_prim_ops.cpp). */
#include "exec/machine.h"

struct conversion {
    struct machine *m;
    const struct tensor *t;
    int64_t next; /* element, in logical order */
};

static bool element(struct conversion *c, lb_value *out) {
    const struct tensor *t = c->t;
    int64_t at = c->next++;
    switch (dtype_table[t->dtype].category) {
    case DTYPE_BOOLEAN: *out = value_bool(tensor_get_int(t, at) != 0); return true;
    case DTYPE_INTEGER: *out = value_int(tensor_get_int(t, at)); return true;
    case DTYPE_FLOATING: *out = value_float(tensor_get_float(t, at)); return true;
    default:
        *out = value_none();
        return error_set(c->m->err, LB_ERROR_UNSUPPORTED, "tolist() of complex tensors");
    }
}

static bool nest(struct conversion *c, const struct type *type, int dim, lb_value *out) {
    if (dim == c->t->ndim) return element(c, out);
    int64_t count = c->t->sizes[dim];
    if (type->kind != TYPE_LIST) return machine_uninitialized(c->m);
    if (!value_new_list(out, type->items[0], count, c->m->err)) return false;
    for (int64_t i = 0; i < count; i++) {
        lb_value item;
        if (nest(c, type->items[0], dim + 1, &item) && list_append(out->list, item, c->m->err)) continue;
        value_release(*out);
        *out = value_none();
        return false;
    }
    return true;
}

static int nesting(const struct type *type, const struct type **innermost) {
    int dims = 0;
    for (; type->kind == TYPE_LIST; type = type->items[0]) dims++;
    *innermost = type;
    return dims;
}

static bool element_fits(const struct type *type, enum dtype dtype) {
    switch (type->kind) {
    case TYPE_INT: return dtype == DTYPE_INT64;
    case TYPE_BOOL: return dtype == DTYPE_BOOL;
    case TYPE_FLOAT: return dtype_is_floating(dtype);
    case TYPE_COMPLEX: return dtype_is_complex(dtype);
    default: return false;
    }
}

static const char *wanted_name(const struct type *type) {
    return type->kind == TYPE_INT     ? "Long"
           : type->kind == TYPE_BOOL  ? "Bool"
           : type->kind == TYPE_FLOAT ? "Float"
                                      : "ComplexDouble";
}

static bool check(struct machine *m, const struct type *type, const struct tensor *t) {
    const struct type *innermost;
    int dims = nesting(type, &innermost);
    if (dims != t->ndim)
        return error_set(
            m->err, LB_ERROR_RUNTIME,
            "Output annotation list dimension and runtime tensor dimension must match for tolist()");
    if (element_fits(innermost, (enum dtype)t->dtype)) return true;
    return error_set(
        m->err, LB_ERROR_RUNTIME,
        "Output annotation element type and runtime tensor element type must match for tolist(): %s vs %s",
        wanted_name(innermost), dtype_table[t->dtype].graph_name);
}

bool machine_to_list(struct machine *m, lb_value *r, const struct site *s) {
    lb_value v = r[s->arguments[0].place], list;
    if (v.tag != VALUE_TENSOR || !s->type) return machine_uninitialized(m);
    struct conversion c = {.m = m, .t = v.tensor};
    if (!check(m, s->type, v.tensor) || !nest(&c, s->type, 0, &list)) return false;
    machine_drop(r, s);
    return machine_put(m, &r[s->results[0]], list);
}
