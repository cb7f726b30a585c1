/* Operators made of operators: a kernel that calls others by name, with all intermediate values released at
 * its end.
 *
 *     struct compose k = compose_start(c);
 *     struct tensor *d = compose_run(&k, "aten::sub.Tensor", "ttd", a, b, 1);
 *     struct tensor *s = compose_run(&k, "aten::mul.Tensor", "tt", d, d);
 *     return compose_give(&k, s);
 *
 * After a failure every further call does nothing and gives NULL, so only the end looks. Letters of the
 * format: t tensor (NULL: None), d int, i int64_t, f double, b bool, n None, s text, v lb_value, L int count
 * and const int64_t *, T int count and struct tensor **. Arguments that are not given are None. */
#ifndef LINKBOY_OPS_COMMON_COMPOSE_H
#define LINKBOY_OPS_COMMON_COMPOSE_H
#include "ops/common/args.h"

enum { COMPOSE_VALUES = 96 };

struct compose {
    struct op_call *c;
    int count;
    bool failed;
    int last, last_count; /* where the results of the last call are */
    lb_value owned[COMPOSE_VALUES];
};

static inline struct compose compose_start(struct op_call *c) {
    struct compose k;
    k.c = c;
    k.count = k.last = k.last_count = 0;
    k.failed = false;
    return k;
}
struct tensor *compose_run(struct compose *k, const char *row, const char *format, ...);
/* The first result of the last call as a value; and result i of it as a tensor. */
lb_value compose_value(const struct compose *k);
struct tensor *compose_result(const struct compose *k, int i);
/* Keeps a tensor (or NULL: failure) until the end. */
struct tensor *compose_own(struct compose *k, struct tensor *t);
/* Releases everything but the result that is given. */
bool compose_give(struct compose *k, struct tensor *t);
bool compose_give_some(struct compose *k, int count, struct tensor *const *tensors);
bool compose_end(struct compose *k);
/* `return compose_refused(&k, refuse(c, ...))`: releases everything after a refusal. */
static inline bool compose_refused(struct compose *k, bool refused) {
    compose_end(k);
    return refused;
}
#endif
