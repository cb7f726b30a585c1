/* Reference counts, atomic. Every counted thing (tensor, string, list, ...) begins with `struct counted`.
 * At release, a load that finds 1 spares the locked instruction (only the last holder can see 1). */
#ifndef LINKBOY_BASE_COUNTED_H
#define LINKBOY_BASE_COUNTED_H
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct counted {
    _Atomic int32_t count;
};

static inline void counted_init(struct counted *c) {
    atomic_init(&c->count, 1);
}
static inline void counted_retain(struct counted *c) {
    atomic_fetch_add_explicit(&c->count, 1, memory_order_relaxed);
}
/* True when the caller held the last reference and must free the thing. */
static inline bool counted_release(struct counted *c) {
    if (atomic_load_explicit(&c->count, memory_order_acquire) == 1) return true;
    return atomic_fetch_sub_explicit(&c->count, 1, memory_order_acq_rel) == 1;
}
static inline bool counted_alone(const struct counted *c) {
    return atomic_load_explicit(&((struct counted *)(uintptr_t)c)->count, memory_order_acquire) == 1;
}
#endif
