/* Lists whose elements matter: searching, sorting, sums, the smallest and the largest, and lists of sizes.
 *
 * Elements compare as order.h says. Sums of ints and bools are kept in C's int, as PyTorch keeps them
 * (torch/csrc/jit/runtime/register_prim_ops.cpp, aten::sum.int). */
#include "ops/common/give.h"
#include "ops/container/order.h"
#include "ops/text/words.h"
#include "types/type.h"

/* --- searching --- */

/* The first place of the second argument in the first; -1: none. */
static bool place_of(struct op_call *c, int64_t *place) {
    const struct list *l = arg_list(c, 0);
    for (*place = 0; *place < l->count; ++*place) {
        bool same;
        if (!order_equal(c, l->items[*place], c->args[1], &same)) return false;
        if (same) return true;
    }
    *place = -1;
    return true;
}

bool op_list_contains(struct op_call *c);
bool op_list_contains(struct op_call *c) {
    int64_t place;
    return place_of(c, &place) && give_bool(c, place >= 0);
}

/* The element is written as a C++ stream writes it: floats with six digits, bools as 1 and 0. */
static bool not_in_list(struct op_call *c) {
    struct text t = {0};
    lb_value v = c->args[1];
    if (v.tag == VALUE_FLOAT)
        text_put_float(&t, v.f, 6);
    else if (v.tag == VALUE_BOOL)
        text_put_int(&t, v.i);
    else
        value_put(&t, v, &op_words);
    refuse(c, "'%s' is not in list", text_get(&t));
    text_free(&t);
    return false;
}

bool op_list_index(struct op_call *c);
bool op_list_index(struct op_call *c) {
    int64_t place;
    if (!place_of(c, &place)) return false;
    return place < 0 ? not_in_list(c) : give_int(c, place);
}

bool op_list_remove(struct op_call *c);
bool op_list_remove(struct op_call *c) {
    int64_t place;
    if (!place_of(c, &place)) return false;
    if (place < 0) return refuse(c, "list.remove(x): x not in list");
    value_release(list_remove_at(arg_list(c, 0), place));
    return true;
}

bool op_list_count(struct op_call *c);
bool op_list_count(struct op_call *c) {
    const struct list *l = arg_list(c, 0);
    int64_t count = 0;
    for (int64_t i = 0; i < l->count; i++) {
        bool same;
        if (!order_equal(c, l->items[i], c->args[1], &same)) return false;
        count += same;
    }
    return give_int(c, count);
}

/* --- equality of lists of tensors: elements are compared until one differs --- */

static bool lists_equal(struct op_call *c, bool wanted) {
    const struct list *a = arg_list(c, 0), *b = arg_list(c, 1);
    bool same = a->count == b->count;
    for (int64_t i = 0; same && i < a->count; i++)
        if (!order_equal(c, a->items[i], b->items[i], &same)) return false;
    return give_bool(c, same == wanted);
}
bool op_list_eq(struct op_call *c);
bool op_list_eq(struct op_call *c) {
    return lists_equal(c, true);
}
bool op_list_ne(struct op_call *c);
bool op_list_ne(struct op_call *c) {
    return lists_equal(c, false);
}

/* --- sorting --- */

static bool ascending(struct op_call *c, lb_value a, lb_value b) {
    bool is_less = false;
    return order_less(c, a, b, &is_less) && is_less;
}
static bool descending(struct op_call *c, lb_value a, lb_value b) {
    return ascending(c, b, a);
}
/* As listSort has it: what is not less stands before, NaN too. */
static bool not_ascending(struct op_call *c, lb_value a, lb_value b) {
    bool same = value_same(a, b);
    if (!same && a.tag != VALUE_TENSOR && !order_equal(c, a, b, &same)) return false;
    bool is_less = false;
    return !same && order_less(c, a, b, &is_less) && !is_less;
}

bool op_list_sort(struct op_call *c);
bool op_list_sort(struct op_call *c) {
    struct list *l = arg_list(c, 0);
    return sort_values(c, l->items, l->count, arg_bool(c, 1) ? not_ascending : ascending);
}

static bool copy_list(struct op_call *c, const struct list *l, lb_value *copy) {
    if (!value_new_list(copy, l->element, l->count, c->err)) return false;
    for (int64_t i = 0; i < l->count; i++)
        if (!list_append(copy->list, value_copy(l->items[i]), c->err)) return false;
    return true;
}

bool op_list_sorted(struct op_call *c);
bool op_list_sorted(struct op_call *c) {
    if (!copy_list(c, arg_list(c, 0), &c->results[0])) return false;
    struct list *l = c->results[0].list;
    return sort_values(c, l->items, l->count, ascending);
}

static bool sort_any(struct op_call *c, struct list *l, bool reverse) {
    if (l->count && !order_sortable(c, l->items[0])) return false;
    return sort_values(c, l->items, l->count, reverse ? descending : ascending);
}

/* Elements whose order may be the program's own __lt__, which may look at the list, or change it: so a copy
 * is sorted, and takes the list's place at the end. */
bool op_list_sort_any(struct op_call *c);
bool op_list_sort_any(struct op_call *c) {
    struct list *l = arg_list(c, 0);
    lb_value copy = value_none();
    bool good = copy_list(c, l, &copy) && sort_any(c, copy.list, arg_bool(c, 1));
    if (good) {
        struct list sorted = *copy.list;
        copy.list->items = l->items;
        copy.list->count = l->count;
        copy.list->capacity = l->capacity;
        l->items = sorted.items;
        l->count = sorted.count;
        l->capacity = sorted.capacity;
    }
    value_release(copy);
    return good;
}

bool op_list_sorted_any(struct op_call *c);
bool op_list_sorted_any(struct op_call *c) {
    return copy_list(c, arg_list(c, 0), &c->results[0]) && sort_any(c, c->results[0].list, false);
}

/* --- the smallest and the largest --- */

/* The first one that no later one beats. */
static bool extreme(struct op_call *c, bool largest) {
    const struct list *l = arg_list(c, 0);
    if (l->count == 0) return refuse(c, "%s() arg is an empty sequence", largest ? "max" : "min");
    lb_value best = l->items[0];
    for (int64_t i = 1; i < l->count; i++) {
        lb_value item = l->items[i];
        bool better;
        if (!order_less(c, largest ? best : item, largest ? item : best, &better)) return false;
        if (better) best = item;
    }
    return give_copy(c, best);
}
bool op_list_min(struct op_call *c);
bool op_list_min(struct op_call *c) {
    return extreme(c, false);
}
bool op_list_max(struct op_call *c);
bool op_list_max(struct op_call *c) {
    return extreme(c, true);
}

/* The smaller, or larger, of two lists in lexicographic order; equal ones give the first. */
static bool extreme_of_two(struct op_call *c, bool largest) {
    const struct list *l = arg_list(c, 0), *r = arg_list(c, 1);
    int64_t shorter = l->count < r->count ? l->count : r->count;
    for (int64_t i = 0; i < shorter; i++) {
        lb_value x = l->items[i], y = r->items[i];
        bool same, first;
        if (!order_equal(c, x, y, &same)) return false;
        if (same) continue;
        if (!order_less(c, largest ? y : x, largest ? x : y, &first)) return false;
        return give_copy(c, c->args[first ? 0 : 1]);
    }
    bool second = largest ? r->count > l->count : r->count < l->count;
    return give_copy(c, c->args[second ? 1 : 0]);
}
bool op_list_smaller(struct op_call *c);
bool op_list_smaller(struct op_call *c) {
    return extreme_of_two(c, false);
}
bool op_list_larger(struct op_call *c);
bool op_list_larger(struct op_call *c) {
    return extreme_of_two(c, true);
}

/* --- sums, any, all --- */

bool op_list_sum_ints(struct op_call *c);
bool op_list_sum_ints(struct op_call *c) {
    const struct list *l = arg_list(c, 0);
    int64_t sum = 0;
    for (int64_t i = 0; i < l->count; i++) sum = (int32_t)wrap_add(sum, l->items[i].i);
    return give_int(c, sum);
}
bool op_list_sum_floats(struct op_call *c);
bool op_list_sum_floats(struct op_call *c) {
    const struct list *l = arg_list(c, 0);
    double sum = 0;
    for (int64_t i = 0; i < l->count; i++) sum += l->items[i].f;
    return give_float(c, sum);
}
bool op_list_sum_complexes(struct op_call *c);
bool op_list_sum_complexes(struct op_call *c) {
    const struct list *l = arg_list(c, 0);
    double re = 0, im = 0;
    for (int64_t i = 0; i < l->count; i++) {
        re += l->items[i].complex->re;
        im += l->items[i].complex->im;
    }
    return give_complex(c, re, im);
}

static bool is_true(lb_value v) {
    return v.tag == VALUE_STRING ? v.string->length > 0 : number_as_float(v) != 0;
}
static bool has_item(const struct list *l, bool truth) {
    for (int64_t i = 0; i < l->count; i++)
        if (is_true(l->items[i]) == truth) return true;
    return false;
}
bool op_list_any(struct op_call *c);
bool op_list_any(struct op_call *c) {
    return give_bool(c, has_item(arg_list(c, 0), true));
}
bool op_list_all(struct op_call *c);
bool op_list_all(struct op_call *c) {
    return give_bool(c, !has_item(arg_list(c, 0), false));
}

/* --- lists of sizes --- */

static int64_t size_from_back(const struct list *l, int64_t back) {
    return back < l->count ? l->items[l->count - 1 - back].i : 1;
}

/* at::infer_size: from the last dimension on, equal or one of them 1. */
static bool broadcast(struct op_call *c, const struct list *a, const struct list *b, struct list *into) {
    int64_t ndim = a->count > b->count ? a->count : b->count;
    for (int64_t back = 0; back < ndim; back++) {
        int64_t x = size_from_back(a, back), y = size_from_back(b, back);
        if (x != y && x != 1 && y != 1)
            return refuse(
                c,
                "The size of tensor a (%lld) must match the size of tensor b (%lld) at non-singleton "
                "dimension %lld",
                (long long)x, (long long)y, (long long)(ndim - 1 - back));
        if (!list_insert(into, 0, value_int(x == 1 ? y : x), c->err)) return false;
    }
    return true;
}

/* PyTorch's errors call the second argument a. */
bool op_infer_size(struct op_call *c);
bool op_infer_size(struct op_call *c) {
    return value_new_list(&c->results[0], arg_list(c, 0)->element, 0, c->err) &&
           broadcast(c, arg_list(c, 1), arg_list(c, 0), c->results[0].list);
}

bool op_broadcast_sizes(struct op_call *c);
bool op_broadcast_sizes(struct op_call *c) {
    if (!value_new_list(&c->results[0], c->cx->types->simple[TYPE_INT], 0, c->err)) return false;
    for (int i = 0; i < c->arg_count; i++) {
        lb_value next;
        if (!value_new_list(&next, c->cx->types->simple[TYPE_INT], 0, c->err)) return false;
        bool good = broadcast(c, c->results[0].list, arg_list(c, i), next.list);
        value_release(c->results[0]);
        c->results[0] = next;
        if (!good) return false;
    }
    return true;
}

bool op_size_if_not_equal(struct op_call *c);
bool op_size_if_not_equal(struct op_call *c) {
    lb_error problem = {0};
    bool same = value_equal(c->args[0], c->args[1], &problem);
    error_clear(&problem);
    return same ? true : give_copy(c, c->args[0]);
}

static bool is_among(const struct list *l, int64_t i) {
    for (int64_t at = 0; at < l->count; at++)
        if (l->items[at].i == i) return true;
    return false;
}

/* size without the axes that are summed over, or with 1 in their place. */
bool op_reduction_sizes(struct op_call *c);
bool op_reduction_sizes(struct op_call *c) {
    const struct list *size = arg_list(c, 0), *axes = arg_list(c, 1);
    bool keep = arg_bool(c, 2);
    for (int64_t i = 0; i < axes->count; i++)
        if (axes->items[i].i < 0 || axes->items[i].i >= size->count) {
            if (!keep) return refuse(c, "an axis is outside the sizes");
            return refuse(c, "vector::_M_range_check: __n (which is %llu) >= this->size() (which is %lld)",
                          (unsigned long long)axes->items[i].i, (long long)size->count);
        }
    if (!value_new_list(&c->results[0], size->element, size->count, c->err)) return false;
    for (int64_t i = 0; i < size->count; i++) {
        bool reduced = is_among(axes, i);
        if (reduced && !keep) continue;
        if (!list_append(c->results[0].list, reduced ? value_int(1) : size->items[i], c->err)) return false;
    }
    return true;
}
