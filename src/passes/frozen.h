/* Folding into the weights of a frozen program, whose weights are constants. Each fold takes what follows a
 * convolution or a linear layer into its weight and bias, says whether it did, and leaves dead nodes behind.
 * (torch/csrc/jit/passes/frozen_conv_folding.cpp, frozen_linear_folding.cpp) */
#ifndef LINKBOY_PASSES_FROZEN_H
#define LINKBOY_PASSES_FROZEN_H
#include "ir/graph.h"

struct folding {
    bool changed;
    lb_error *err;
};

bool fold_conv_norms(struct folding *f, struct block *b);
bool fold_linear_norms(struct folding *f, struct block *b);
bool fold_conv_sums(struct folding *f, struct block *b);
bool fold_conv_products(struct folding *f, struct block *b);

/* aten::conv1d, 2d, 3d, or a convolution that is known to be not transposed. */
bool is_plain_conv(const struct node *n);
/* All inputs but the first are constants. */
bool has_constant_parameters(const struct node *n);
/* The tensor that a constant is; NULL: it is none. Borrowed. */
struct tensor *constant_tensor(const struct ir_value *v);
/* A constant at the insertion point. NULL: memory. */
struct ir_value *insert_tensor(struct graph *g, lb_value tensor);
/* `v`'s name with `suffix` behind it becomes the name of `made`. */
bool name_after(struct ir_value *made, const struct ir_value *v, const char *suffix);
/* Every input of n that is `v` becomes `by` (Node::replaceInputWith). */
void replace_inputs_with(struct node *n, const struct ir_value *v, struct ir_value *by);
#endif
