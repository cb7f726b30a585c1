/* See prepared.h. */
#include "ops/common/prepared.h"
#include "base/mem.h"
#include <string.h>

static bool describe(const struct tensor *t, struct prepared_source *source) {
    *source = (struct prepared_source){0};
    if (!t) return true;
    if (!t->storage || t->ndim > TENSOR_INLINE_DIMS) return false;
    source->storage = t->storage;
    source->version = atomic_load_explicit(&t->storage->version, memory_order_relaxed);
    source->dtype = t->dtype;
    source->ndim = t->ndim;
    source->offset = t->offset;
    memcpy(source->sizes, t->sizes, t->ndim * sizeof *t->sizes);
    memcpy(source->strides, t->strides, t->ndim * sizeof *t->strides);
    return true;
}

static bool sources_equal(const struct prepared_source *a, const struct prepared_source *b) {
    return a->storage == b->storage && a->version == b->version && a->dtype == b->dtype &&
           a->ndim == b->ndim && a->offset == b->offset && !memcmp(a->sizes, b->sizes, sizeof a->sizes) &&
           !memcmp(a->strides, b->strides, sizeof a->strides);
}

static bool matches(const struct prepared *p, const struct prepared_source *sources, int count,
                    const void *key, size_t key_size) {
    if (p->source_count != count || p->key_size != key_size || memcmp(p->key, key, key_size)) return false;
    for (int i = 0; i < count; i++)
        if (!sources_equal(&p->sources[i], &sources[i])) return false;
    return true;
}

struct prepared *prepared_find(const struct op_call *c, struct tensor *const *tensors, int count,
                               const void *key, size_t key_size) {
    struct prepared_source sources[PREPARED_SOURCES];
    struct op_cache *cache = c->cache ? atomic_load(c->cache) : NULL;
    if (!cache || count > PREPARED_SOURCES) return NULL;
    for (int i = 0; i < count; i++)
        if (!describe(tensors[i], &sources[i])) return NULL;
    for (; cache; cache = cache->next)
        if (matches((struct prepared *)cache, sources, count, key, key_size)) return (struct prepared *)cache;
    return NULL;
}

static void release(struct op_cache *cache) {
    struct prepared *p = (struct prepared *)cache;
    for (int i = 0; i < p->source_count; i++)
        if (p->sources[i].storage) storage_release(p->sources[i].storage);
    mem_free_aligned(p->data);
    mem_free(p);
}

struct prepared *prepared_new(struct op_call *c, struct tensor *const *tensors, int count, const void *key,
                              size_t key_size, size_t bytes) {
    struct prepared *p =
        key_size <= PREPARED_KEY && count <= PREPARED_SOURCES ? mem_zeroed(1, sizeof *p) : NULL;
    void *data = p ? mem_alloc_aligned(bytes ? bytes : 1) : NULL;
    if (!data) {
        mem_free(p);
        error_memory(c->err);
        return NULL;
    }
    p->cache.release = release;
    p->data = data;
    p->key_size = key_size;
    memcpy(p->key, key, key_size);
    p->source_count = count;
    for (int i = 0; i < count; i++) {
        if (!describe(tensors[i], &p->sources[i])) p->key_size = SIZE_MAX; /* never found again */
        if (p->sources[i].storage) storage_retain(p->sources[i].storage);
    }
    return p;
}

void prepared_keep(struct op_call *c, struct prepared *p) {
    p->kept = c->cache && p->key_size != SIZE_MAX && op_cache_add(c->cache, &p->cache);
}

void prepared_done(struct prepared *p) {
    if (p && !p->kept) release(&p->cache);
}
