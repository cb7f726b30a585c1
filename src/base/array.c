/* Growth of arrays: by doubling, from 4. */
#include "base/array.h"
#include "base/mem.h"
#include <limits.h>
#include <string.h>

bool array_grow(struct arena *a, void *items, int count, int *capacity, size_t item_size) {
    if (count < *capacity) return true;
    if (*capacity > INT_MAX / 2) return false;
    int larger = *capacity ? *capacity * 2 : 4;
    size_t bytes;
    if (!size_multiply((size_t)larger, item_size, &bytes)) return false;
    void *old;
    memcpy(&old, items, sizeof old);
    void *new = a ? arena_alloc(a, bytes) : mem_resize(old, bytes);
    if (!new) return false;
    if (a && count) memcpy(new, old, (size_t)count * item_size);
    memcpy(items, &new, sizeof new);
    *capacity = larger;
    return true;
}
