/* A future: the result, or the error, that a forked task will have. Who waits for a task that nobody has
 * begun runs it himself, so that waiting can never starve a pool. */
#ifndef LINKBOY_VALUE_FUTURE_H
#define LINKBOY_VALUE_FUTURE_H
#include "value/value.h"
#include <pthread.h>

enum future_state { FUTURE_PENDING, FUTURE_RUNNING, FUTURE_DONE, FUTURE_FAILED };

struct future {
    struct counted counted;
    const struct type *type; /* of the result */
    _Atomic int state;       /* enum future_state */
    lb_value result;         /* when done */
    lb_error error;          /* when failed */
    pthread_mutex_t lock;
    pthread_cond_t changed;
    void (*run)(void *task); /* makes the result; called once, by whoever claims the future */
    void *task;
    void (*free_task)(void *task); /* with the future */
};

bool value_new_future(lb_value *out, const struct type *type, lb_error *err);
/* True for the one caller who is to run it. */
bool future_claim(struct future *f);
/* Ends it; `result` is taken over, `error` is moved out of. Either one wakes all who wait. */
void future_resolve(struct future *f, lb_value result);
void future_fail(struct future *f, lb_error *error);
bool future_is_done(const struct future *f);
/* Waits for at most `milliseconds`; true when it has ended. */
bool future_wait_for(struct future *f, int milliseconds);

/* For value.c alone. */
bool future_init(struct future *f);
lb_value future_finish(struct future *f); /* gives the result over */
#endif
