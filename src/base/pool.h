/* A pool of worker threads for kernels and fork/wait. Made only when asked for; a NULL pool means the calling
 * thread alone. Work is a range of tasks [0, count) that are independent of each other. */
#ifndef LINKBOY_BASE_POOL_H
#define LINKBOY_BASE_POOL_H
#include <stdbool.h>
#include <stdint.h>

struct pool;

/* `threads` workers in all, the caller counted; 1 or less gives a pool that runs everything in the caller.
 * NULL when memory or threads are out. */
struct pool *pool_new(int threads);
void pool_free(struct pool *p);
int pool_threads(const struct pool *p); /* 1 for NULL */
/* Runs work(context, begin, end) over disjoint ranges that cover [0, count); returns when all are done.
 * Nested calls run in the calling thread. */
void pool_run(struct pool *p, int64_t count, void (*work)(void *context, int64_t begin, int64_t end),
              void *context);
/* Hands one task to a worker without waiting for it; false when the pool has no worker of its own. */
bool pool_submit(struct pool *p, void (*task)(void *context), void *context);
#endif
