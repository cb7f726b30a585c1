/* The thread pool; see pool.h. One job (a range of tasks) runs at a time; workers take chunks of it by a
 * counter. A worker that finds nothing spins for some tens of microseconds, then sleeps. Whoever finds the
 * pool busy (a nested call, another thread) runs its range alone: no thread-local state is needed for that.
 * Single tasks (fork) wait in a queue that workers look into before they sleep. */
#include "base/pool.h"
#include "base/mem.h"
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

enum { SPINS = 2000, CHUNKS_PER_THREAD = 4, MAX_THREADS = 1024 };

struct task {
    struct task *next;
    void (*run)(void *context);
    void *context;
};

/* Set by the owner of `busy` before `open` is raised, read by workers after they have seen it raised. */
struct job {
    void (*work)(void *context, int64_t begin, int64_t end);
    void *context;
    int64_t count, chunk;
    _Atomic int64_t next;
};

struct pool {
    int threads, workers;
    pthread_t *ids;
    struct job job;
    atomic_bool busy;      /* somebody owns `job` */
    atomic_bool open;      /* workers may join `job` */
    _Atomic int active;    /* workers that are (perhaps) in `job` */
    _Atomic uint32_t news; /* raised with every job and task */
    _Atomic int sleepers;
    atomic_bool stop;
    pthread_mutex_t lock; /* of the queue and of sleeping */
    pthread_cond_t wake;
    struct task *first, *last;
};

static inline void pause_cpu(void) {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

static void job_work(struct job *job) {
    for (;;) {
        int64_t begin = atomic_fetch_add_explicit(&job->next, job->chunk, memory_order_relaxed);
        if (begin >= job->count) return;
        int64_t left = job->count - begin;
        job->work(job->context, begin, begin + (left < job->chunk ? left : job->chunk));
    }
}

/* Joining is announced before `open` is looked at, and closing before `active` is: one of the two sees the
 * other. */
static void join_job(struct pool *p) {
    atomic_fetch_add(&p->active, 1);
    if (atomic_load(&p->open)) job_work(&p->job);
    atomic_fetch_sub(&p->active, 1);
}

static struct task *take_task(struct pool *p) {
    struct task *task = p->first;
    if (task) p->first = task->next;
    if (!p->first) p->last = NULL;
    return task;
}

static void run_task(struct task *task) {
    task->run(task->context);
    mem_free(task);
}

/* False when there was none. */
static bool run_queued(struct pool *p) {
    pthread_mutex_lock(&p->lock);
    struct task *task = take_task(p);
    pthread_mutex_unlock(&p->lock);
    if (task) run_task(task);
    return task;
}

static void wait_for_news(struct pool *p, uint32_t seen) {
    for (int i = 0; i < SPINS; i++) {
        if (atomic_load_explicit(&p->news, memory_order_acquire) != seen) return;
        pause_cpu();
    }
    pthread_mutex_lock(&p->lock);
    atomic_fetch_add(&p->sleepers, 1);
    while (atomic_load(&p->news) == seen && !atomic_load(&p->stop)) pthread_cond_wait(&p->wake, &p->lock);
    atomic_fetch_sub(&p->sleepers, 1);
    pthread_mutex_unlock(&p->lock);
}

static void *worker_main(void *argument) {
    struct pool *p = argument;
    while (!atomic_load(&p->stop)) {
        uint32_t seen = atomic_load(&p->news);
        if (atomic_load(&p->open)) join_job(p);
        if (!run_queued(p)) wait_for_news(p, seen);
    }
    return NULL;
}

static void tell_news(struct pool *p) {
    atomic_fetch_add(&p->news, 1);
    if (!atomic_load(&p->sleepers)) return;
    pthread_mutex_lock(&p->lock);
    pthread_cond_broadcast(&p->wake);
    pthread_mutex_unlock(&p->lock);
}

static bool start_workers(struct pool *p) {
    while (p->workers < p->threads - 1) {
        if (pthread_create(&p->ids[p->workers], NULL, worker_main, p)) return false;
        p->workers++;
    }
    return true;
}

struct pool *pool_new(int threads) {
    if (threads < 1) threads = 1;
    if (threads > MAX_THREADS) threads = MAX_THREADS;
    struct pool *p = mem_zeroed(1, sizeof *p);
    if (!p) return NULL;
    p->threads = threads;
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->wake, NULL);
    p->ids = mem_zeroed((size_t)threads, sizeof *p->ids);
    if (p->ids && start_workers(p)) return p;
    pool_free(p);
    return NULL;
}

void pool_free(struct pool *p) {
    if (!p) return;
    atomic_store(&p->stop, true);
    pthread_mutex_lock(&p->lock);
    pthread_cond_broadcast(&p->wake);
    pthread_mutex_unlock(&p->lock);
    atomic_fetch_add(&p->news, 1);
    for (int i = 0; i < p->workers; i++) pthread_join(p->ids[i], NULL);
    while (run_queued(p)) {}
    pthread_mutex_destroy(&p->lock);
    pthread_cond_destroy(&p->wake);
    mem_free(p->ids);
    mem_free(p);
}

int pool_threads(const struct pool *p) {
    return p ? p->threads : 1;
}

static void close_job(struct pool *p) {
    atomic_store(&p->open, false);
    for (int i = 0; atomic_load(&p->active); i++) {
        pause_cpu();
        if (i % SPINS == SPINS - 1) sched_yield();
    }
}

void pool_run(struct pool *p, int64_t count, void (*work)(void *context, int64_t begin, int64_t end),
              void *context) {
    if (count <= 0) return;
    if (!p || !p->workers || count == 1 || atomic_exchange(&p->busy, true)) {
        work(context, 0, count);
        return;
    }
    int64_t chunk = count / ((int64_t)p->threads * CHUNKS_PER_THREAD);
    p->job.work = work;
    p->job.context = context;
    p->job.count = count;
    p->job.chunk = chunk ? chunk : 1;
    atomic_store_explicit(&p->job.next, 0, memory_order_relaxed);
    atomic_store(&p->open, true);
    tell_news(p);
    job_work(&p->job);
    close_job(p);
    atomic_store(&p->busy, false);
}

bool pool_submit(struct pool *p, void (*run)(void *context), void *context) {
    if (!p || !p->workers) return false;
    struct task *task = mem_alloc(sizeof *task);
    if (!task) return false;
    *task = (struct task){.run = run, .context = context};
    pthread_mutex_lock(&p->lock);
    if (p->last)
        p->last->next = task;
    else
        p->first = task;
    p->last = task;
    pthread_mutex_unlock(&p->lock);
    tell_news(p);
    return true;
}
