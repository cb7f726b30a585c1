/* Interned names: one object per text in a pool, so that names are compared by pointer. A pool may be seeded
 * with names that are known when the library is built; these have `known` >= 0, their index in that table, so
 * that a switch over kinds is possible. Pools belong to a compilation unit; they are not shared between
 * threads. */
#ifndef LINKBOY_BASE_NAME_H
#define LINKBOY_BASE_NAME_H
#include "base/arena.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct name {
    const char *text; /* NUL-terminated */
    uint32_t length, hash;
    int32_t known; /* index in the seed table, or -1 */
};

struct name_pool {
    struct arena memory;
    struct name **slots;
    uint32_t count, mask;
};

/* `seeds`: `count` texts, may be NULL. False when memory is out. */
bool name_pool_init(struct name_pool *pool, const char *const *seeds, int count);
void name_pool_free(struct name_pool *pool);
/* The name of this text, made if need be; NULL when memory is out. */
const struct name *name_intern(struct name_pool *pool, const char *text, size_t length);
const struct name *name_of(struct name_pool *pool, const char *text);
/* The name if the pool has it already, else NULL. */
const struct name *name_find(const struct name_pool *pool, const char *text, size_t length);

uint64_t hash_bytes(const void *data, size_t length);
#endif
