/* Growable arrays. `ARRAY_OF(T)` declares one; array_push() appends on the heap, array_push_in() in an arena.
 * Both are false when memory is out. A heap array is freed with mem_free(a.items). */
#ifndef LINKBOY_BASE_ARRAY_H
#define LINKBOY_BASE_ARRAY_H
#include "base/arena.h"
#include <stdbool.h>
#include <stddef.h>

#define ARRAY_OF(T)          \
    struct {                 \
        T *items;            \
        int count, capacity; \
    }

/* Make room for one more item; `a` NULL means the heap. `items` is the address of the array's items pointer.
 */
bool array_grow(struct arena *a, void *items, int count, int *capacity, size_t item_size);

#define array_push(array, item) array_push_in(NULL, array, item)
#define array_push_in(arena, array, item)                                                              \
    (array_grow(arena, &(array)->items, (array)->count, &(array)->capacity, sizeof *(array)->items) && \
     ((array)->items[(array)->count++] = (item), true))
#endif
