/* The pool of interned names: open addressing, at most half full. */
#include "base/name.h"
#include "base/mem.h"
#include <string.h>

/* FNV-1a with a final mix; names are short. */
uint64_t hash_bytes(const void *data, size_t length) {
    const unsigned char *bytes = data;
    uint64_t h = 0xcbf29ce484222325u;
    for (size_t i = 0; i < length; i++) h = (h ^ bytes[i]) * 0x100000001b3u;
    return h ^ h >> 29;
}

static uint32_t find_slot(const struct name_pool *pool, const char *text, size_t length, uint32_t hash) {
    uint32_t at = hash & pool->mask;
    for (;; at = (at + 1) & pool->mask) {
        const struct name *n = pool->slots[at];
        if (!n || (n->hash == hash && n->length == length && !memcmp(n->text, text, length))) return at;
    }
}

static bool grow(struct name_pool *pool, uint32_t size) {
    struct name **old = pool->slots;
    uint32_t old_size = old ? pool->mask + 1 : 0;
    struct name **slots = mem_zeroed(size, sizeof *slots);
    if (!slots) return false;
    pool->slots = slots;
    pool->mask = size - 1;
    for (uint32_t i = 0; i < old_size; i++)
        if (old[i]) slots[find_slot(pool, old[i]->text, old[i]->length, old[i]->hash)] = old[i];
    mem_free(old);
    return true;
}

static const struct name *add(struct name_pool *pool, const char *text, size_t length, int32_t known) {
    if (pool->count * 2 > pool->mask && !grow(pool, (pool->mask + 1) * 2)) return NULL;
    uint32_t hash = (uint32_t)hash_bytes(text, length);
    uint32_t at = find_slot(pool, text, length, hash);
    if (pool->slots[at]) return pool->slots[at];
    struct name *n = arena_new(&pool->memory, struct name);
    char *copy = n ? arena_text(&pool->memory, text, length) : NULL;
    if (!copy) return NULL;
    *n = (struct name){copy, (uint32_t)length, hash, known};
    pool->slots[at] = n;
    pool->count++;
    return n;
}

bool name_pool_init(struct name_pool *pool, const char *const *seeds, int count) {
    *pool = (struct name_pool){0};
    if (!grow(pool, 1024)) return false;
    for (int i = 0; i < count; i++)
        if (!add(pool, seeds[i], strlen(seeds[i]), i)) {
            name_pool_free(pool);
            return false;
        }
    return true;
}

void name_pool_free(struct name_pool *pool) {
    mem_free(pool->slots);
    arena_free(&pool->memory);
    *pool = (struct name_pool){0};
}

const struct name *name_intern(struct name_pool *pool, const char *text, size_t length) {
    if (length > UINT32_MAX / 2) return NULL;
    return add(pool, text, length, -1);
}

const struct name *name_of(struct name_pool *pool, const char *text) {
    return name_intern(pool, text, strlen(text));
}

const struct name *name_find(const struct name_pool *pool, const char *text, size_t length) {
    return pool->slots[find_slot(pool, text, length, (uint32_t)hash_bytes(text, length))];
}
