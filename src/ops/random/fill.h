/* What fills a tensor with random numbers, shared by the distributions of this directory. */
#ifndef LINKBOY_OPS_RANDOM_FILL_H
#define LINKBOY_OPS_RANDOM_FILL_H
#include "ops/common/compose.h"
#include "ops/common/dtypes.h"
#include "tensor/random.h"

/* One number from the generator; p are the distribution's parameters. */
typedef void draw(struct generator *g, const double *p, double *out);

/* Calls the draw for every element in memory order. Refuses expanded tensors. */
bool random_fill(struct op_call *c, struct tensor *t, draw *d, const double *p);
/* The generator among the arguments, else the run's; NULL with the error set. */
struct generator *random_generator(struct op_call *c);
/* The tensor that a row fills: the first argument in place, else a copy of it. */
struct tensor *random_target(struct op_call *c, struct compose *k);
/* bernoulli_ with one probability. */
bool random_fill_bernoulli(struct op_call *c, struct tensor *t, double p);
/* Numbers rounded to a dtype of at most 8 bytes; at most 4 of them. */
void random_rounded(enum dtype d, const double *from, double *to, int count);
/* A complex tensor as reals, with one dimension of 2 more (torch.view_as_real). */
struct tensor *random_parts(struct op_call *c, struct tensor *t);

#endif
