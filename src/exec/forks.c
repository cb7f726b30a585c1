/* Forked tasks; see forks.h. A task is referred to by its future and by the queue it stands in; whoever
 * claims the future runs it, the other side finds nothing left to do. */
#include "exec/forks.h"
#include "base/mem.h"
#include "exec/run.h"
#include "exec/trace.h"
#include <string.h>
#include <time.h>

struct task {
    struct future *future; /* a reference of the task's own while it is queued */
    struct unit *unit;
    const struct code *code;
    struct run_context cx; /* a copy: limits and counters are shared through its pointers */
    struct forks *forks;
    int count;
    lb_value args[];
};

/* Called once, by whoever has claimed the future. */
static void run_task(void *context) {
    struct task *task = context;
    lb_value result = value_none();
    lb_error err = {0};
    if (exec_code(task->unit, task->code, task->args, task->count, &task->cx, &result, &err))
        future_resolve(task->future, result);
    else
        future_fail(task->future, &err);
    for (int i = 0; i < task->count; i++) value_release(task->args[i]);
    task->count = 0;
}

/* The task goes with its future, so what is needed afterwards is read before. */
static void finish_task(struct task *task) {
    struct forks *forks = task->forks;
    value_release(value_counted(VALUE_FUTURE, task->future));
    atomic_fetch_sub(&forks->outstanding, 1);
}

/* From the pool's queue: waits neither for the claim nor for whoever made it. */
static void run_queued(void *context) {
    struct task *task = context;
    if (future_claim(task->future)) run_task(task);
    finish_task(task);
}

static void free_task(void *task) {
    mem_free(task);
}

static struct task *new_task(struct machine *m, const struct code *code, lb_value *args, int count) {
    struct task *task = mem_zeroed(1, sizeof *task + (size_t)count * sizeof(lb_value));
    if (!task) return NULL;
    task->unit = m->unit;
    task->code = code;
    task->cx = *m->cx;
    task->cx.depth += m->frame_count;
    task->forks = m->cx->forks;
    task->count = count;
    memcpy(task->args, args, (size_t)count * sizeof *args);
    return task;
}

bool forks_start(struct machine *m, const struct code *code, lb_value *args, int count,
                 const struct type *type, lb_value *future) {
    struct task *task = new_task(m, code, args, count);
    if (!task || !value_new_future(future, type, m->err)) {
        for (int i = 0; i < count; i++) value_release(args[i]);
        mem_free(task);
        return error_memory(m->err);
    }
    task->future = future->future;
    future->future->run = run_task;
    future->future->task = task;
    future->future->free_task = free_task;
    value_copy(*future);
    atomic_fetch_add(&task->forks->outstanding, 1);
    if (!pool_submit(m->cx->pool, run_queued, task)) run_queued(task);
    return true;
}

bool forks_rethrow(const struct future *f, lb_error *err) {
    if (f->error.code == LB_ERROR_CANCELLED || f->error.code == LB_ERROR_LIMIT ||
        f->error.code == LB_ERROR_MEMORY)
        return error_set(err, f->error.code, "%s", error_message(&f->error));
    struct text text = {0};
    trace_put_error(&text, &f->error);
    error_set(err, LB_ERROR_RUNTIME, "%s", text_get(&text));
    text_free(&text);
    return false;
}

void forks_wait_all(struct forks *forks) {
    while (atomic_load(&forks->outstanding)) nanosleep(&(struct timespec){.tv_nsec = 20000}, NULL);
}
