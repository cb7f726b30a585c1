/* Futures; see future.h. */
#include "value/future.h"
#include <time.h>

bool future_init(struct future *f) {
    if (pthread_mutex_init(&f->lock, NULL)) return false;
    if (!pthread_cond_init(&f->changed, NULL)) return true;
    pthread_mutex_destroy(&f->lock);
    return false;
}

lb_value future_finish(struct future *f) {
    pthread_cond_destroy(&f->changed);
    pthread_mutex_destroy(&f->lock);
    error_clear(&f->error);
    if (f->free_task) f->free_task(f->task);
    return f->result;
}

bool future_claim(struct future *f) {
    int expected = FUTURE_PENDING;
    return atomic_compare_exchange_strong(&f->state, &expected, FUTURE_RUNNING);
}

static void end(struct future *f, enum future_state state) {
    pthread_mutex_lock(&f->lock);
    atomic_store(&f->state, state);
    pthread_cond_broadcast(&f->changed);
    pthread_mutex_unlock(&f->lock);
}

void future_resolve(struct future *f, lb_value result) {
    f->result = result;
    end(f, FUTURE_DONE);
}

void future_fail(struct future *f, lb_error *error) {
    error_move(&f->error, error);
    end(f, FUTURE_FAILED);
}

bool future_is_done(const struct future *f) {
    return atomic_load(&f->state) >= FUTURE_DONE;
}

static struct timespec after(int milliseconds) {
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    t.tv_nsec += (long)(milliseconds % 1000) * 1000000L;
    t.tv_sec += milliseconds / 1000 + t.tv_nsec / 1000000000L;
    t.tv_nsec %= 1000000000L;
    return t;
}

bool future_wait_for(struct future *f, int milliseconds) {
    if (future_is_done(f)) return true;
    struct timespec until = after(milliseconds);
    pthread_mutex_lock(&f->lock);
    int timed_out = 0;
    while (!future_is_done(f) && !timed_out)
        timed_out = pthread_cond_timedwait(&f->changed, &f->lock, &until);
    pthread_mutex_unlock(&f->lock);
    return future_is_done(f);
}
