/* What the files of this directory share. */
#ifndef LINKBOY_OPS_LOSS_LOSS_H
#define LINKBOY_OPS_LOSS_LOSS_H
#include "ops/common/args.h"

enum reduction { REDUCE_NONE, REDUCE_MEAN, REDUCE_SUM };

/* Losses of samples as they are (a vector when batched, else a scalar), their mean (0 of none) or their sum,
 * in x's dtype. */
bool loss_give_each(struct op_call *c, const struct tensor *x, int64_t how, const double *each, int64_t n,
                    bool batched);
#endif
