/* See introsort.h: introsort with the median of three to the front, heaps where the depth runs out, insertion
 * for short ranges (libstdc++: bits/stl_algo.h, bits/stl_heap.h). Ranges are [low, high) of `order`. */
#include "ops/sort/introsort.h"
#include <string.h>

enum { SHORT_RANGE = 16, SHORT_SELECTION = 3 };

static void swap(int64_t *a, int64_t *b) {
    int64_t was = *a;
    *a = *b;
    *b = was;
}

static int depth_of(int64_t n) {
    int depth = 0;
    while (n > 1) n >>= 1, depth++;
    return 2 * depth;
}

/* --- insertion --- */

/* Moves down what stands at `at`; something before it is not larger. */
static void sink(const struct keys *k, int64_t *at) {
    int64_t value = *at;
    for (; keys_before(k, value, at[-1]); at--) *at = at[-1];
    *at = value;
}

static void insertion_sort(const struct keys *k, int64_t *low, int64_t *high) {
    if (low == high) return;
    for (int64_t *at = low + 1; at < high; at++) {
        int64_t value = *at;
        if (keys_before(k, value, *low)) {
            memmove(low + 1, low, (size_t)(at - low) * sizeof *low);
            *low = value;
        } else {
            sink(k, at);
        }
    }
}

/* --- heaps --- */

static void adjust_heap(const struct keys *k, int64_t *heap, int64_t hole, int64_t n, int64_t value) {
    int64_t top = hole, child = hole;
    while (child < (n - 1) / 2) {
        child = 2 * (child + 1);
        if (keys_before(k, heap[child], heap[child - 1])) child--;
        heap[hole] = heap[child];
        hole = child;
    }
    if (n % 2 == 0 && child == (n - 2) / 2) {
        child = 2 * child + 1;
        heap[hole] = heap[child];
        hole = child;
    }
    for (int64_t parent = (hole - 1) / 2; hole > top && keys_before(k, heap[parent], value);
         parent = (hole - 1) / 2) {
        heap[hole] = heap[parent];
        hole = parent;
    }
    heap[hole] = value;
}

/* The least of [low, high) become a heap in [low, middle). */
static void heap_select(const struct keys *k, int64_t *low, int64_t *middle, int64_t *high) {
    int64_t n = middle - low;
    for (int64_t parent = (n - 2) / 2; n >= 2 && parent >= 0; parent--)
        adjust_heap(k, low, parent, n, low[parent]);
    for (int64_t *at = middle; at < high; at++) {
        if (!keys_before(k, *at, *low)) continue;
        int64_t value = *at;
        *at = *low;
        adjust_heap(k, low, 0, n, value);
    }
}

static void sort_heap(const struct keys *k, int64_t *low, int64_t *high) {
    while (high - low > 1) {
        int64_t value = *--high;
        *high = *low;
        adjust_heap(k, low, 0, high - low, value);
    }
}

/* --- partition --- */

static void median_to(const struct keys *k, int64_t *to, int64_t *a, int64_t *b, int64_t *c) {
    if (keys_before(k, *a, *b))
        swap(to, keys_before(k, *b, *c) ? b : keys_before(k, *a, *c) ? c : a);
    else
        swap(to, keys_before(k, *a, *c) ? a : keys_before(k, *b, *c) ? c : b);
}

static int64_t *partition(const struct keys *k, int64_t *low, int64_t *high) {
    int64_t pivot, *from = low + 1, *to = high;
    median_to(k, low, low + 1, low + (high - low) / 2, high - 1);
    pivot = *low;
    for (;; from++) {
        while (keys_before(k, *from, pivot)) from++;
        do to--;
        while (keys_before(k, pivot, *to));
        if (from >= to) return from;
        swap(from, to);
    }
}

/* Recursion is bounded by `depth`, twice the logarithm of the length. */
static void sort_loop(const struct keys *k, int64_t *low, int64_t *high, int depth) {
    while (high - low > SHORT_RANGE) {
        if (depth-- == 0) {
            heap_select(k, low, high, high);
            sort_heap(k, low, high);
            return;
        }
        int64_t *cut = partition(k, low, high);
        sort_loop(k, cut, high, depth);
        high = cut;
    }
}

void intro_sort(const struct keys *k, int64_t *order, int64_t n) {
    sort_loop(k, order, order + n, depth_of(n));
    insertion_sort(k, order, order + (n < SHORT_RANGE ? n : SHORT_RANGE));
    for (int64_t i = SHORT_RANGE; i < n; i++) sink(k, order + i);
}

void intro_select(const struct keys *k, int64_t *order, int64_t n, int64_t nth) {
    int64_t *low = order, *high = order + n, *wanted = order + nth;
    if (nth >= n) return;
    for (int depth = depth_of(n); high - low > SHORT_SELECTION;) {
        if (depth-- == 0) {
            heap_select(k, low, wanted + 1, high);
            swap(low, wanted);
            return;
        }
        int64_t *cut = partition(k, low, high);
        if (cut <= wanted)
            low = cut;
        else
            high = cut;
    }
    insertion_sort(k, low, high);
}

void intro_partial_sort(const struct keys *k, int64_t *order, int64_t n, int64_t kept) {
    if (kept == 0) return;
    heap_select(k, order, order + kept, order + n);
    sort_heap(k, order, order + kept);
}
