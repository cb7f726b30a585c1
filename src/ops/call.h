/* The contract between whoever runs a program and an operator's kernel function.
 *
 * A kernel gets all its schema's arguments in order (defaults filled in) as borrowed values, and writes its
 * schema's results as owned values. It returns false with `err` set when it refuses; results written by then
 * are released by the caller. A kernel keeps nothing after it returns but what it put into results or
 * storages. */
#ifndef LINKBOY_OPS_CALL_H
#define LINKBOY_OPS_CALL_H
#include "base/pool.h"
#include "ops/ops.h"
#include "value/value.h"

struct type_store;
struct op_fusion; /* ops/fusion.h */
struct profile;   /* ops/profile.h */
struct generator; /* tensor/random.h */
struct kernels;   /* kernels/kernels.h */

/* What a run carries along: one per call of a method from outside, shared by its frames, not by threads
 * (a forked task gets its own copy with the same counters). */
struct run_context {
    const struct kernels *kernels; /* the instruction set's kernels */
    struct pool *pool;             /* threads inside one operator; NULL: one */
    struct generator *generator;   /* random numbers when the operator's own generator argument is None */
    struct memory_budget *budget;  /* charged for tensors; may be NULL */
    struct type_store *types;      /* of the program's unit; read only while running */
    bool allow_system;             /* from_file, save and their like */
    bool grad_enabled;
    void (*print)(void *context, const char *text, size_t length);
    void (*warn)(void *context, const char *text, size_t length);
    void *print_context;
    _Atomic int64_t *steps_left;   /* NULL: no limit; the interpreter counts it down */
    int depth;                     /* of calls */
    int max_depth;                 /* 0: the interpreter's own limit */
    const _Atomic bool *cancelled; /* set by another thread; may be NULL */
    struct unit *unit;             /* the interpreter's: the program, and its tasks that have not ended */
    struct forks *forks;
    /* Runs a function of the program (an object's __lt__, say). NULL: no program is being run. */
    bool (*call)(struct run_context *cx, struct function *f, const lb_value *args, int count,
                 lb_value *result, lb_error *err);
    struct profile *profile; /* times by operator are kept here; ops/profile.h, NULL: not kept */
};

/* What an operator keeps at one place of a program between calls: packed weights, say. It is the first member
 * of the operator's own struct. Several threads may run one place, and one place may see several sets of
 * weights (methods are shared by the objects of a class): so caches are only added, to the front of a list,
 * and live as long as the code. Who keeps something made from a tensor retains that tensor and compares
 * pointer and version. */
struct op_cache {
    struct op_cache *next;
    int count; /* in the list, from here on */
    void (*release)(struct op_cache *cache);
};
typedef _Atomic(struct op_cache *) op_cache_slot;
enum { OP_CACHE_LIMIT = 16 };

/* False when the place holds enough already: the caller keeps its cache, and uses it once. */
static inline bool op_cache_add(op_cache_slot *slot, struct op_cache *cache) {
    struct op_cache *first = atomic_load(slot);
    do {
        if (first && first->count >= OP_CACHE_LIMIT) return false;
        cache->next = first;
        cache->count = first ? first->count + 1 : 1;
    } while (!atomic_compare_exchange_weak(slot, &first, cache));
    return true;
}
static inline void op_cache_release(op_cache_slot *slot) {
    for (struct op_cache *cache = atomic_load(slot), *next; cache; cache = next) {
        next = cache->next;
        cache->release(cache);
    }
    atomic_store(slot, NULL);
}

struct op_call {
    const lb_value *args;
    int arg_count;
    lb_value *results; /* room for the schema's returns; all None at first */
    int result_count;
    const struct op_row *row;
    const struct type *result_type; /* of the first result, as the graph knows it; NULL: unknown */
    struct run_context *cx;
    lb_error *err;
    op_cache_slot *cache; /* NULL: a call from nowhere, nothing is kept */
    uint32_t dying;  /* bit i: args[i] (i < 32) is not used after this call: a tensor that nobody else holds
                        (counted_alone, its storage too) may give its memory to the result */
    uint32_t steady; /* bit i: args[i] comes from an attribute or a constant: it will likely come again */
    const struct op_fusion *fusion; /* ops/fusion.h; NULL: the operator alone */
    bool declined;
};

/* Arguments; the schema has been matched, so the tag is what the schema says. */
static inline struct tensor *arg_tensor(const struct op_call *c, int i) {
    return c->args[i].tensor;
}
static inline int64_t arg_int(const struct op_call *c, int i) {
    return c->args[i].i;
}
static inline double arg_float(const struct op_call *c, int i) {
    return c->args[i].f;
}
static inline bool arg_bool(const struct op_call *c, int i) {
    return c->args[i].i != 0;
}
static inline bool arg_none(const struct op_call *c, int i) {
    return c->args[i].tag == VALUE_NONE;
}
static inline struct list *arg_list(const struct op_call *c, int i) {
    return c->args[i].list;
}
static inline int64_t arg_int_or(const struct op_call *c, int i, int64_t otherwise) {
    return arg_none(c, i) ? otherwise : c->args[i].i;
}
/* Results. */
static inline bool give(struct op_call *c, lb_value v) {
    c->results[0] = v;
    return true;
}
/* Takes the tensor over; false when it is NULL (the maker has set the error). */
static inline bool give_tensor(struct op_call *c, struct tensor *t) {
    if (!t) return false;
    c->results[0] = value_tensor(t);
    return true;
}
#endif
