/* Storages and memory budgets: counted bytes.
 *
 * Small storages keep their bytes behind the header, in one allocation; larger ones are aligned to 64. What a
 * storage holds is charged to a budget when there is one, and given back when the last reference goes. */
#include "base/mem.h"
#include "tensor/tensor.h"

enum { INLINE_BYTES = 512 };

struct memory_budget *memory_budget_new(int64_t limit) {
    struct memory_budget *b = mem_zeroed(1, sizeof *b);
    if (!b) return NULL;
    counted_init(&b->counted);
    b->limit = limit;
    return b;
}

void memory_budget_release(struct memory_budget *budget) {
    if (budget && counted_release(&budget->counted)) mem_free(budget);
}

static bool budget_charge(struct memory_budget *budget, size_t bytes, lb_error *err) {
    if (!budget) return true;
    int64_t before = atomic_fetch_add_explicit(&budget->used, (int64_t)bytes, memory_order_relaxed);
    if (budget->limit > 0 && before + (int64_t)bytes > budget->limit) {
        atomic_fetch_sub_explicit(&budget->used, (int64_t)bytes, memory_order_relaxed);
        return error_set(err, LB_ERROR_MEMORY, "the limit of %lld bytes for tensors is passed",
                         (long long)budget->limit);
    }
    counted_retain(&budget->counted);
    return true;
}

static void budget_give_back(struct memory_budget *budget, size_t bytes) {
    if (!budget) return;
    atomic_fetch_sub_explicit(&budget->used, (int64_t)bytes, memory_order_relaxed);
    memory_budget_release(budget);
}

static void *inline_bytes(struct storage *s) {
    return (char *)s + (sizeof *s + 15) / 16 * 16;
}

static struct storage *storage_header(size_t extra) {
    struct storage *s = mem_alloc((sizeof *s + 15) / 16 * 16 + extra);
    if (!s) return NULL;
    *s = (struct storage){.device = {DEVICE_CPU, -1}};
    counted_init(&s->counted);
    return s;
}

struct storage *storage_new(size_t bytes, struct memory_budget *budget, lb_error *err) {
    if (bytes > INT64_MAX / 2) {
        error_set(err, LB_ERROR_MEMORY,
                  "DefaultCPUAllocator: can't allocate memory: you tried to allocate %zu bytes.", bytes);
        return NULL;
    }
    if (!budget_charge(budget, bytes, err)) return NULL;
    bool small = bytes <= INLINE_BYTES;
    struct storage *s = storage_header(small ? bytes : 0);
    void *data = !s ? NULL : small ? inline_bytes(s) : mem_alloc_aligned(bytes);
    if (!data) {
        budget_give_back(budget, bytes);
        mem_free(s);
        error_memory(err);
        return NULL;
    }
    s->data = data;
    s->bytes = bytes;
    s->budget = budget;
    return s;
}

struct storage *storage_wrap(void *data, size_t bytes, void (*release)(void *, void *), void *owner,
                             lb_error *err) {
    struct storage *s = storage_header(0);
    if (!s) {
        error_memory(err);
        return NULL;
    }
    s->data = data;
    s->bytes = bytes;
    s->release = release;
    s->owner = owner;
    s->read_only = false;
    if (!release) s->owner = s; /* borrowed for ever: see storage_free */
    return s;
}

void storage_retain(struct storage *s) {
    counted_retain(&s->counted);
}

static void storage_free(struct storage *s) {
    budget_give_back(s->budget, s->bytes);
    if (s->release)
        s->release(s->owner, s->data);
    else if (s->data != inline_bytes(s) && s->owner != s)
        mem_free_aligned(s->data);
    mem_free(s);
}

void storage_release(struct storage *s) {
    if (s && counted_release(&s->counted)) storage_free(s);
}
