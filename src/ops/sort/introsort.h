/* Selecting and sorting without stability, step by step as GNU libstdc++ does.
 *
 * PyTorch's sort, topk, median and mode go through std::sort, std::nth_element and std::partial_sort; which
 * of equal elements comes first, and so which index an operator gives, follows from their steps. Positions of
 * a line are ordered by a function over the line's keys, a strict weak order. */
#ifndef LINKBOY_OPS_SORT_INTROSORT_H
#define LINKBOY_OPS_SORT_INTROSORT_H
#include <stdbool.h>
#include <stdint.h>

/* Keys of a line in one of two forms. NaN is the largest number, or the smallest. */
struct keys {
    const int64_t *i; /* or */
    const double *f;
    bool descending, nan_first;
};
static inline bool keys_before(const struct keys *k, int64_t a, int64_t b) {
    if (k->descending) {
        int64_t swap = a;
        a = b;
        b = swap;
    }
    if (k->i) return k->i[a] < k->i[b];
    double x = k->f[a], y = k->f[b];
    return x < y || (k->nan_first ? x != x && y == y : y != y && x == x);
}

/* `order` holds n positions, in any order at first. */
void intro_sort(const struct keys *k, int64_t *order, int64_t n);
/* What belongs at `nth` gets there; before it nothing larger, behind it nothing smaller. */
void intro_select(const struct keys *k, int64_t *order, int64_t n, int64_t nth);
/* The first `kept` places get what belongs there. */
void intro_partial_sort(const struct keys *k, int64_t *order, int64_t n, int64_t kept);
#endif
