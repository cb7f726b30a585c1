/* See ranks.h. Short lines are merged, longer ones sorted by their bytes from the lowest on; bytes that are
 * the same everywhere (a float32's rank has three) cost nothing. */
#include "ops/sort/ranks.h"
#include <string.h>

enum { DIGITS = 8, VALUES = 256, SHORT_LINE = 128 };

static int64_t rank_of_double(double x) {
    int64_t bits;
    if (x != x) return INT64_MAX;
    if (x == 0) return 0;
    memcpy(&bits, &x, sizeof bits);
    return bits < 0 ? bits ^ INT64_MAX : bits;
}

void ranks_of(enum compute type, void *line, int64_t n, bool descending) {
    int64_t *ranks = line;
    const double *reals = line;
    for (int64_t i = 0; type == COMPUTE_DOUBLE && i < n; i++) {
        int64_t rank = rank_of_double(reals[i]);
        memcpy(&ranks[i], &rank, sizeof rank);
    }
    for (int64_t i = 0; descending && i < n; i++) ranks[i] = ~ranks[i];
}

bool ranks_repeat(const int64_t *ranks, const int64_t *order, int64_t n) {
    for (int64_t i = 1; i < n; i++)
        if (ranks[order[i]] == ranks[order[i - 1]]) return true;
    return false;
}

/* Bottom-up merges. */
static void merge_sort(const int64_t *ranks, int64_t *order, int64_t n, int64_t *spare) {
    int64_t *from = order, *to = spare;
    for (int64_t width = 1; width < n; width *= 2) {
        for (int64_t low = 0; low < n; low += 2 * width) {
            int64_t middle = low + width < n ? low + width : n;
            int64_t high = low + 2 * width < n ? low + 2 * width : n, a = low, b = middle;
            for (int64_t at = low; at < high; at++)
                to[at] =
                    a < middle && (b >= high || ranks[from[b]] >= ranks[from[a]]) ? from[a++] : from[b++];
        }
        int64_t *swap = from;
        from = to;
        to = swap;
    }
    if (from != order) memcpy(order, from, sizeof *order * (size_t)n);
}

static unsigned digit_of(uint64_t key, int digit) {
    return (unsigned)(key >> (8 * digit)) & (VALUES - 1);
}

/* Counts become the places where each value's elements begin. */
static void begin_places(int64_t *counts) {
    int64_t place = 0;
    for (int v = 0; v < VALUES; v++) {
        int64_t count = counts[v];
        counts[v] = place;
        place += count;
    }
}

static void radix_sort(const int64_t *ranks, int64_t *order, int64_t n, int64_t *spare) {
    int64_t counts[DIGITS][VALUES] = {{0}}, *from = order, *to = spare;
    uint64_t *keys = (uint64_t *)(spare + n), *moved = (uint64_t *)(spare + 2 * n), *k;
    for (int64_t i = 0; i < n; i++) {
        keys[i] = (uint64_t)ranks[i] ^ UINT64_C(1) << 63;
        for (int d = 0; d < DIGITS; d++) counts[d][digit_of(keys[i], d)]++;
    }
    for (int d = 0; d < DIGITS; d++) {
        if (counts[d][digit_of(keys[0], d)] == n) continue;
        begin_places(counts[d]);
        for (int64_t i = 0; i < n; i++) {
            int64_t place = counts[d][digit_of(keys[i], d)]++;
            moved[place] = keys[i];
            to[place] = from[i];
        }
        k = keys, keys = moved, moved = k;
        int64_t *swap = from;
        from = to, to = swap;
    }
    if (from != order) memcpy(order, from, sizeof *order * (size_t)n);
}

void ranks_sort(const int64_t *ranks, int64_t *order, int64_t n, int64_t *spare) {
    for (int64_t i = 0; i < n; i++) order[i] = i;
    if (n <= SHORT_LINE)
        merge_sort(ranks, order, n, spare);
    else
        radix_sort(ranks, order, n, spare);
}
