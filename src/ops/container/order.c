/* Comparing list elements and sorting them.
 *
 * Numbers, bools, strings (bytewise), tuples of such (lexicographic), and tensors of one element, whose
 * comparison is itself a tensor's truth (torch/csrc/jit/runtime/register_ops_utils.cpp, listSort and its
 * specialisations; aten/src/ATen/core/ivalue.cpp, getLessThanComparator). */
#include "ops/container/order.h"

#include <string.h>

#include "base/mem.h"
#include "ops/common/give.h"

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

/* --- sorting --- */

struct sorter {
    struct op_call *call;
    bool reverse, failed;
};

/* Whether b must stand before a. */
static bool out_of_order(struct sorter *s, lb_value a, lb_value b) {
    int order = 0;
    if (!s->failed && !compare(s->call, b, a, &order, 0)) s->failed = true;
    if (s->failed || order == 0) return false;
    return (order == -1 || (order < 0 && order != 2)) != s->reverse;
}

/* As std::sort does it with few elements; NaN, which breaks the order, then lands where it does in PyTorch.
 */
static void sort_few(struct sorter *s, lb_value *items, int64_t count) {
    for (int64_t i = 1; i < count; i++) {
        lb_value item = items[i];
        int64_t place = i;
        if (out_of_order(s, items[0], item))
            place = 0;
        else
            while (place > 0 && out_of_order(s, items[place - 1], item)) place--;
        memmove(items + place + 1, items + place, (size_t)(i - place) * sizeof *items);
        items[place] = item;
    }
}

static void merge(struct sorter *s, lb_value *items, int64_t middle, int64_t count, lb_value *spare) {
    memcpy(spare, items, (size_t)middle * sizeof *items);
    int64_t left = 0, right = middle;
    for (int64_t i = 0; left < middle; i++) {
        bool take_right = right < count && out_of_order(s, spare[left], items[right]);
        items[i] = take_right ? items[right++] : spare[left++];
    }
}

enum { FEW = 16 };

/* Runs of FEW, then merges of growing runs: no recursion. */
static void sort_many(struct sorter *s, lb_value *items, int64_t count, lb_value *spare) {
    for (int64_t i = 0; i < count; i += FEW) sort_few(s, items + i, count - i < FEW ? count - i : FEW);
    for (int64_t run = FEW; run < count; run *= 2)
        for (int64_t i = 0; i + run < count; i += 2 * run)
            merge(s, items + i, run, count - i < 2 * run ? count - i : 2 * run, spare);
}

bool order_sort(struct op_call *c, struct list *l, bool reverse) {
    struct sorter s = {c, reverse, false};
    if (l->count <= FEW) {
        sort_few(&s, l->items, l->count);
        return !s.failed;
    }
    lb_value *spare = mem_alloc((size_t)l->count * sizeof *spare);
    if (!spare) return error_memory(c->err);
    sort_many(&s, l->items, l->count, spare);
    mem_free(spare);
    return !s.failed;
}
