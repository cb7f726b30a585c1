/* Comparing list elements and sorting them.
 *
 * Numbers, bools, strings (bytewise), tuples of such (lexicographic), and tensors of one element, whose
 * comparison is itself a tensor's truth (torch/csrc/jit/runtime/register_ops_utils.cpp, listSort and its
 * specialisations; aten/src/ATen/core/ivalue.cpp, getLessThanComparator). */
#include "ops/container/order.h"

#include <string.h>

#include "ops/common/give.h"
#include "types/type.h"

enum { ORDER_DEPTH = 100 };

/* --- two elements --- */

static bool is_integral(const struct tensor *t) {
    return dtype_is_integral((enum dtype)t->dtype, true);
}

/* -1, 0, 1; 2 where one is NaN. */
static int compare_floats(double a, double b) {
    return a < b ? -1 : a > b ? 1 : a == b ? 0 : 2;
}
static int compare_ints(int64_t a, int64_t b) {
    return (a > b) - (a < b);
}

/* a.lt(b).is_nonzero() and its kin: what comes out has as many elements as the larger of the two. */
static bool compare_tensors(struct op_call *c, const struct tensor *a, const struct tensor *b, int *order) {
    int64_t numel = a->numel > b->numel ? a->numel : b->numel;
    if (a->numel == 0 || b->numel == 0)
        return refuse(c, "Boolean value of Tensor with no values is ambiguous");
    if (numel != 1) return refuse(c, "Boolean value of Tensor with more than one value is ambiguous");
    *order = is_integral(a) && is_integral(b)
                 ? compare_ints(tensor_get_int(a, 0), tensor_get_int(b, 0))
                 : compare_floats(tensor_get_float(a, 0), tensor_get_float(b, 0));
    return true;
}

static int compare_strings(const struct string *a, const struct string *b) {
    int64_t shorter = a->length < b->length ? a->length : b->length;
    int order = memcmp(a->bytes, b->bytes, (size_t)shorter);
    return order ? order : compare_ints(a->length, b->length);
}

static struct function *less_method(struct op_call *c, lb_value v);

/* The class's own __lt__. */
static bool object_less(struct op_call *c, lb_value a, lb_value b, bool *is_less) {
    struct function *method = less_method(c, a);
    lb_value args[2] = {a, b}, result = value_none();
    if (!method) return refuse(c, "objects of this class have no order");
    if (!c->cx->call(c->cx, method, args, 2, &result, c->err)) return false;
    *is_less = result.tag == VALUE_BOOL && result.b;
    value_release(result);
    return true;
}

/* Inside tuples: asked both ways, neither less is equal. */
static bool compare_objects(struct op_call *c, lb_value a, lb_value b, int *order) {
    bool is_less;
    if (!object_less(c, a, b, &is_less)) return false;
    *order = -1;
    if (is_less) return true;
    if (!object_less(c, b, a, &is_less)) return false;
    *order = is_less;
    return true;
}

static bool compare(struct op_call *c, lb_value a, lb_value b, int *order, int depth);

static bool compare_tuples(struct op_call *c, const struct tuple *a, const struct tuple *b, int *order,
                           int depth) {
    if (depth > ORDER_DEPTH)
        return error_set(c->err, LB_ERROR_LIMIT, "values nest too deeply to be compared");
    int32_t count = a->count < b->count ? a->count : b->count;
    *order = 0;
    for (int32_t i = 0; i < count && *order == 0; i++)
        if (!compare(c, a->items[i], b->items[i], order, depth + 1)) return false;
    if (*order == 0) *order = compare_ints(a->count, b->count);
    return true;
}

static bool compare(struct op_call *c, lb_value a, lb_value b, int *order, int depth) {
    if (a.tag == VALUE_TENSOR && b.tag == VALUE_TENSOR) return compare_tensors(c, a.tensor, b.tensor, order);
    if (a.tag == VALUE_TUPLE && b.tag == VALUE_TUPLE)
        return compare_tuples(c, a.tuple, b.tuple, order, depth);
    if (a.tag == VALUE_OBJECT && b.tag == VALUE_OBJECT) return compare_objects(c, a, b, order);
    if (a.tag == VALUE_STRING && b.tag == VALUE_STRING)
        *order = compare_strings(a.string, b.string);
    else if (a.tag == VALUE_FLOAT || b.tag == VALUE_FLOAT)
        *order = compare_floats(number_as_float(a), number_as_float(b));
    else if ((a.tag == VALUE_INT || a.tag == VALUE_BOOL) && (b.tag == VALUE_INT || b.tag == VALUE_BOOL))
        *order = compare_ints(a.i, b.i);
    else
        return refuse(c, "values of this type have no order");
    return true;
}

bool order_less(struct op_call *c, lb_value a, lb_value b, bool *less) {
    if (a.tag == VALUE_OBJECT && b.tag == VALUE_OBJECT) return object_less(c, a, b, less);
    int order;
    if (!compare(c, a, b, &order, 0)) return false;
    *less = order < 0;
    return true;
}

bool order_equal(struct op_call *c, lb_value a, lb_value b, bool *equal) {
    if (a.tag == VALUE_TENSOR && b.tag == VALUE_TENSOR) {
        int order;
        if (!compare_tensors(c, a.tensor, b.tensor, &order)) return false;
        *equal = order == 0;
        return true;
    }
    lb_error problem = {0};
    *equal = value_equal(a, b, &problem);
    error_move(c->err, &problem);
    return c->err->code == LB_OK;
}

/* --- what can be sorted --- */

static struct function *less_method(struct op_call *c, lb_value v) {
    if (v.tag != VALUE_OBJECT || v.object->type->kind != TYPE_CLASS || !c->cx->call) return NULL;
    const struct name *name = name_find(c->cx->types->names, "__lt__", strlen("__lt__"));
    return name ? class_find_method(v.object->type->definition, name) : NULL;
}

static bool is_sortable(struct op_call *c, lb_value v, int depth) {
    if (v.tag != VALUE_TUPLE)
        return v.tag == VALUE_INT || v.tag == VALUE_FLOAT || v.tag == VALUE_BOOL || v.tag == VALUE_STRING ||
               v.tag == VALUE_TENSOR || less_method(c, v);
    for (int32_t i = 0; i < v.tuple->count; i++)
        if (depth > ORDER_DEPTH || !is_sortable(c, v.tuple->items[i], depth + 1)) return false;
    return true;
}

bool order_sortable(struct op_call *c, lb_value element) {
    if (is_sortable(c, element, 0)) return true;
    struct text t = {0};
    const struct type *type = type_of_value(c->cx->types, element);
    if (type) type_put_annotation(&t, type);
    refuse(c,
           "Only list of Tensors, ints, floats, bools, strs, a User Defined Class that defines the __lt__ "
           "compare "
           "method or Tuples of aforementioned types can be sorted, got list of %s\n",
           text_get(&t));
    text_free(&t);
    return false;
}
