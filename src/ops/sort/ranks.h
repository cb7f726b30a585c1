/* Ranks: keys of a line as int64 whose order is the elements' own, so that one comparison serves every dtype;
 * and a stable sort of positions by them.
 *
 * NaN is the largest number, all NaN are equal, and so are both zeros. */
#ifndef LINKBOY_OPS_SORT_RANKS_H
#define LINKBOY_OPS_SORT_RANKS_H
#include "tensor/convert.h"
#include <stdbool.h>

/* A line of int64 or double becomes its ranks in place; `descending`: the greatest comes first. */
void ranks_of(enum compute type, void *line, int64_t n, bool descending);
/* The positions 0 to n - 1 in rising order of their ranks, equal ones as they came. `spare` has 3 n places.
 */
void ranks_sort(const int64_t *ranks, int64_t *order, int64_t n, int64_t *spare);
/* Whether two neighbours in this order have one rank. */
bool ranks_repeat(const int64_t *ranks, const int64_t *order, int64_t n);
#endif
