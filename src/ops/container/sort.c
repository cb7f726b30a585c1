/* std::sort as libstdc++ does it (bits/stl_algo.h, bits/stl_heap.h): introsort, median of three, insertion at
 * the end.
 *
 * It is not stable, so the places of equal elements are part of what a program sees; the algorithm is
 * followed step by step. What there runs past the ends when the comparison is no order is stopped at the ends
 * here. */
#include "ops/container/order.h"

enum { FEW = 16 };

struct sorter {
    struct op_call *call;
    before *is_before;
    lb_value *items;
    int64_t count;
    bool failed;
};

static bool less(struct sorter *s, lb_value a, lb_value b) {
    if (s->failed) return false;
    bool result = s->is_before(s->call, a, b);
    s->failed = s->call->err->code != LB_OK;
    return result;
}

static void swap(struct sorter *s, int64_t i, int64_t j) {
    lb_value kept = s->items[i];
    s->items[i] = s->items[j];
    s->items[j] = kept;
}

/* --- insertion --- */

/* Moves the item at `place` down to where it belongs, not below `low`. */
static void insert_down(struct sorter *s, int64_t place, int64_t low) {
    lb_value item = s->items[place];
    while (place > low && less(s, item, s->items[place - 1])) {
        s->items[place] = s->items[place - 1];
        place--;
    }
    s->items[place] = item;
}

static void rotate_to_front(struct sorter *s, int64_t place) {
    lb_value item = s->items[place];
    for (; place > 0; place--) s->items[place] = s->items[place - 1];
    s->items[0] = item;
}

static void insertion_sort(struct sorter *s, int64_t end) {
    for (int64_t i = 1; i < end; i++) {
        if (less(s, s->items[i], s->items[0]))
            rotate_to_front(s, i);
        else
            insert_down(s, i, 0);
    }
}

/* --- partition --- */

static void move_median_to(struct sorter *s, int64_t to, int64_t a, int64_t b, int64_t c) {
    const lb_value *v = s->items;
    int64_t median;
    if (less(s, v[a], v[b]))
        median = less(s, v[b], v[c]) ? b : less(s, v[a], v[c]) ? c : a;
    else
        median = less(s, v[a], v[c]) ? a : less(s, v[b], v[c]) ? c : b;
    swap(s, to, median);
}

static int64_t partition(struct sorter *s, int64_t first, int64_t last, int64_t pivot) {
    const int64_t low = pivot, high = last;
    for (;;) {
        while (first < high && less(s, s->items[first], s->items[pivot])) first++;
        last--;
        while (last > low && less(s, s->items[pivot], s->items[last])) last--;
        if (first >= last) return first;
        swap(s, first, last);
        first++;
    }
}

/* --- the heap, when partitions go badly --- */

static void push_up(struct sorter *s, int64_t base, int64_t hole, int64_t top, lb_value value) {
    int64_t parent = (hole - 1) / 2;
    while (hole > top && less(s, s->items[base + parent], value)) {
        s->items[base + hole] = s->items[base + parent];
        hole = parent;
        parent = (hole - 1) / 2;
    }
    s->items[base + hole] = value;
}

static void adjust_heap(struct sorter *s, int64_t base, int64_t hole, int64_t length, lb_value value) {
    const int64_t top = hole;
    int64_t child = hole;
    while (child < (length - 1) / 2) {
        child = 2 * (child + 1);
        if (less(s, s->items[base + child], s->items[base + child - 1])) child--;
        s->items[base + hole] = s->items[base + child];
        hole = child;
    }
    if (length % 2 == 0 && child == (length - 2) / 2) {
        child = 2 * (child + 1);
        s->items[base + hole] = s->items[base + child - 1];
        hole = child - 1;
    }
    push_up(s, base, hole, top, value);
}

static void heap_sort(struct sorter *s, int64_t first, int64_t last) {
    int64_t length = last - first;
    for (int64_t parent = (length - 2) / 2; length >= 2 && parent >= 0; parent--)
        adjust_heap(s, first, parent, length, s->items[first + parent]);
    while (length > 1) {
        lb_value value = s->items[first + --length];
        s->items[first + length] = s->items[first];
        adjust_heap(s, first, 0, length, value);
    }
}

/* --- the whole --- */

/* The right part first; what is left to the left is done by the loop. The depth is at most 2 log2 of the
 * count. */
static void introsort(struct sorter *s, int64_t first, int64_t last, int depth) {
    while (last - first > FEW && !s->failed) {
        if (depth-- == 0) {
            heap_sort(s, first, last);
            return;
        }
        int64_t middle = first + (last - first) / 2;
        move_median_to(s, first, first + 1, middle, last - 1);
        int64_t cut = partition(s, first + 1, last, first);
        introsort(s, cut, last, depth);
        last = cut;
    }
}

static int log_two(int64_t n) {
    return 63 - __builtin_clzll((unsigned long long)n);
}

static bool sort_all(struct sorter *s) {
    introsort(s, 0, s->count, 2 * log_two(s->count));
    insertion_sort(s, s->count < FEW ? s->count : FEW);
    for (int64_t i = FEW; i < s->count; i++) insert_down(s, i, 0);
    return !s->failed;
}

bool sort_values(struct op_call *c, lb_value *items, int64_t count, before *is_before) {
    struct sorter s = {.call = c, .is_before = is_before, .items = items, .count = count};
    return count < 2 || sort_all(&s);
}
