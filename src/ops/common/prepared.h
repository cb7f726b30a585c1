/* What an operator makes from its steady arguments once and keeps at its place in the program: packed
 * weights, folded normalisations. It is found again by the storages it was made from (same storage, same view
 * of it, nothing written since) and by a key of the operator's own (shapes, settings). */
#ifndef LINKBOY_OPS_COMMON_PREPARED_H
#define LINKBOY_OPS_COMMON_PREPARED_H
#include "ops/call.h"

enum { PREPARED_SOURCES = 6, PREPARED_KEY = 160 };

struct prepared_source {
    struct storage *storage; /* retained; NULL: no tensor */
    uint32_t version;
    uint8_t dtype, ndim;
    int64_t offset, sizes[TENSOR_INLINE_DIMS], strides[TENSOR_INLINE_DIMS];
};

struct prepared {
    struct op_cache cache;
    int source_count;
    struct prepared_source sources[PREPARED_SOURCES];
    size_t key_size;
    unsigned char key[PREPARED_KEY];
    bool kept;
    void *data; /* aligned to 64 bytes */
};

/* What was kept for these tensors (NULL among them is allowed) and this key; NULL: nothing. */
struct prepared *prepared_find(const struct op_call *c, struct tensor *const *tensors, int count,
                               const void *key, size_t key_size);
/* A new one with `bytes` of data, uninitialised; NULL: memory. */
struct prepared *prepared_new(struct op_call *c, struct tensor *const *tensors, int count, const void *key,
                              size_t key_size, size_t bytes);
/* Keeps it if the place takes it; prepared_done() frees it otherwise. */
void prepared_keep(struct op_call *c, struct prepared *p);
void prepared_done(struct prepared *p); /* NULL is allowed */
/* Whether these arguments (a NULL or None one counts as steady) are worth preparing for. */
static inline bool prepared_worth(const struct op_call *c, uint32_t arguments) {
    return c->cache && (c->steady & arguments) == arguments;
}
#endif
