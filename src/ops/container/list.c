/* Lists, whatever they hold: items by place, growing and shrinking, slices, sums of lists.
 *
 * A list is one object: what is given as a result here is the list itself where Python would alias it, else a
 * new one of the same element type. Rules: torch/csrc/jit/runtime/register_ops_utils.cpp. */
#include "ops/common/slice.h"
#include "types/type.h"

static bool new_like(struct op_call *c, const struct list *like, int64_t capacity) {
    return value_new_list(&c->results[0], like->element, capacity, c->err);
}

static bool append_items(struct op_call *c, struct list *to, const struct list *from, int64_t count) {
    for (int64_t i = 0; i < count; i++)
        if (!list_append(to, value_copy(from->items[i]), c->err)) return false;
    return true;
}

/* --- items by place --- */

static bool place_of(struct op_call *c, const struct list *l, int64_t index, int64_t *place) {
    *place = index < 0 ? index + l->count : index;
    if (*place < 0 || *place >= l->count) return refuse(c, "list index out of range");
    return true;
}

bool op_list_getitem(struct op_call *c);
bool op_list_getitem(struct op_call *c) {
    const struct list *l = arg_list(c, 0);
    int64_t place;
    return place_of(c, l, arg_int(c, 1), &place) && give_copy(c, l->items[place]);
}

bool op_list_set_item(struct op_call *c);
bool op_list_set_item(struct op_call *c) {
    struct list *l = arg_list(c, 0);
    int64_t place;
    if (!place_of(c, l, arg_int(c, 1), &place)) return false;
    lb_value old = l->items[place];
    l->items[place] = value_copy(c->args[2]);
    value_release(old);
    return give_copy(c, c->args[0]);
}

bool op_list_len(struct op_call *c);
bool op_list_len(struct op_call *c) {
    return give_int(c, arg_list(c, 0)->count);
}

/* --- growing and shrinking --- */

bool op_list_append(struct op_call *c);
bool op_list_append(struct op_call *c) {
    return list_append(arg_list(c, 0), value_copy(c->args[1]), c->err) && give_copy(c, c->args[0]);
}

bool op_list_insert(struct op_call *c);
bool op_list_insert(struct op_call *c) {
    struct list *l = arg_list(c, 0);
    int64_t place = arg_int(c, 1) < 0 ? arg_int(c, 1) + l->count : arg_int(c, 1);
    place = place < 0 ? 0 : place > l->count ? l->count : place;
    return list_insert(l, place, value_copy(c->args[2]), c->err);
}

static bool take_out(struct op_call *c, const char *when_empty, lb_value *item) {
    struct list *l = arg_list(c, 0);
    int64_t place;
    if (l->count == 0) return refuse(c, "%s", when_empty);
    if (!place_of(c, l, arg_int(c, 1), &place)) return false;
    *item = list_remove_at(l, place);
    return true;
}

bool op_list_pop(struct op_call *c);
bool op_list_pop(struct op_call *c) {
    return take_out(c, "pop from empty list", &c->results[0]);
}

bool op_list_delete(struct op_call *c);
bool op_list_delete(struct op_call *c) {
    lb_value item;
    if (!take_out(c, "pop index out of range", &item)) return false;
    value_release(item);
    return true;
}

static void clear(struct list *l) {
    while (l->count) value_release(l->items[--l->count]);
}

bool op_list_clear(struct op_call *c);
bool op_list_clear(struct op_call *c) {
    clear(arg_list(c, 0));
    return true;
}

bool op_list_reverse(struct op_call *c);
bool op_list_reverse(struct op_call *c) {
    struct list *l = arg_list(c, 0);
    for (int64_t i = 0, j = l->count - 1; i < j; i++, j--) {
        lb_value kept = l->items[i];
        l->items[i] = l->items[j];
        l->items[j] = kept;
    }
    return true;
}

/* The count is read first: a list may be appended to itself. */
bool op_list_extend(struct op_call *c);
bool op_list_extend(struct op_call *c) {
    return append_items(c, arg_list(c, 0), arg_list(c, 1), arg_list(c, 1)->count);
}
bool op_list_add_in_place(struct op_call *c);
bool op_list_add_in_place(struct op_call *c) {
    return op_list_extend(c) && give_copy(c, c->args[0]);
}

/* --- new lists --- */

bool op_list_copy(struct op_call *c);
bool op_list_copy(struct op_call *c) {
    const struct list *l = arg_list(c, 0);
    return new_like(c, l, l->count) && append_items(c, c->results[0].list, l, l->count);
}

bool op_list_add(struct op_call *c);
bool op_list_add(struct op_call *c) {
    const struct list *a = arg_list(c, 0), *b = arg_list(c, 1);
    return new_like(c, a, a->count + b->count) && append_items(c, c->results[0].list, a, a->count) &&
           append_items(c, c->results[0].list, b, b->count);
}

bool op_list_slice(struct op_call *c);
bool op_list_slice(struct op_call *c) {
    const struct list *l = arg_list(c, 0);
    struct slice s = {0, 1, 0};
    if (!slice_of_call(c, l->count, &s) || !new_like(c, l, s.count)) return false;
    for (int64_t i = 0; i < s.count; i++)
        if (!list_append(c->results[0].list, value_copy(l->items[s.start + i * s.step]), c->err))
            return false;
    return true;
}

/* --- repetition --- */

static bool repeat(struct op_call *c, int list_argument) {
    const struct list *l = arg_list(c, list_argument);
    int64_t times = arg_int(c, 1 - list_argument);
    if (times < 0 && l->count) return refuse(c, "vector::reserve");
    if (times < 0 || l->count == 0) times = 0;
    if (!repetition_fits(c, l->count, times) || !new_like(c, l, l->count * times)) return false;
    for (int64_t i = 0; i < times; i++)
        if (!append_items(c, c->results[0].list, l, l->count)) return false;
    return true;
}
bool op_list_mul_left(struct op_call *c);
bool op_list_mul_left(struct op_call *c) {
    return repeat(c, 0);
}
bool op_list_mul_right(struct op_call *c);
bool op_list_mul_right(struct op_call *c) {
    return repeat(c, 1);
}

bool op_list_mul_in_place(struct op_call *c);
bool op_list_mul_in_place(struct op_call *c) {
    struct list *l = arg_list(c, 0);
    int64_t times = arg_int(c, 1), count = l->count;
    if (times <= 0) clear(l);
    if (times > 0 && count && !repetition_fits(c, count, times)) return false;
    for (int64_t i = 1; count && i < times; i++)
        if (!append_items(c, l, l, count)) return false;
    return give_copy(c, c->args[0]);
}

bool op_range_list(struct op_call *c);
bool op_range_list(struct op_call *c) {
    int64_t count = arg_int(c, 0);
    if (count < 0) return refuse(c, "vector::reserve");
    if (!repetition_fits(c, count, 1)) return false;
    if (!value_new_list(&c->results[0], c->cx->types->simple[TYPE_INT], count, c->err)) return false;
    for (int64_t i = 0; i < count; i++)
        if (!list_append(c->results[0].list, value_int(i), c->err)) return false;
    return true;
}

/* --- tuples --- */

bool op_tuple_index(struct op_call *c);
bool op_tuple_index(struct op_call *c) {
    const struct tuple *t = c->args[0].tuple;
    int64_t place = arg_int(c, 1) < 0 ? arg_int(c, 1) + t->count : arg_int(c, 1);
    if (place < 0 || place >= t->count) return refuse(c, "Tuple index out of range");
    return give_copy(c, t->items[place]);
}

bool op_tuple_unpack(struct op_call *c);
bool op_tuple_unpack(struct op_call *c) {
    const struct tuple *t = c->args[0].tuple;
    if (t->count != c->result_count)
        return refuse(c, "Expected %d elements in a tuple but found %d", c->result_count, (int)t->count);
    for (int32_t i = 0; i < t->count; i++) c->results[i] = value_copy(t->items[i]);
    return true;
}
