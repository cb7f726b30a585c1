/* Forked tasks: code with its arguments, run by a worker of the context's pool, by whoever waits for it
 * first, or at once when there is no pool. A call from outside ends only when all its tasks have. */
#ifndef LINKBOY_EXEC_FORKS_H
#define LINKBOY_EXEC_FORKS_H
#include "exec/machine.h"
#include "value/future.h"

/* Tasks of one call from outside that have not ended. */
struct forks {
    _Atomic int outstanding;
};

/* Takes the arguments over. */
bool forks_start(struct machine *m, const struct code *code, lb_value *args, int count,
                 const struct type *type, lb_value *future);
/* Sets the error of a failed future: its whole text, as PyTorch's wait() shows it. False. */
bool forks_rethrow(const struct future *f, lb_error *err);
void forks_wait_all(struct forks *forks);
#endif
