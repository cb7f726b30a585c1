/* The steps of the conversion to SSA form, in order (ConvertToSSA in
 * torch/csrc/jit/frontend/convert_to_ssa.cpp). */
#ifndef LINKBOY_PASSES_SSA_H
#define LINKBOY_PASSES_SSA_H
#include "ir/graph.h"

/* Gives If and Loop nodes inputs and outputs for the variables that their blocks store. */
bool ssa_add_control_flow(struct graph *g, lb_error *err);
/* break and continue become prim::LoopContinuation(condition, carried values...). */
bool ssa_loop_continuations(struct graph *g, lb_error *err);
/* A loop's condition block is cloned before the loop and moved to the end of its body. */
bool ssa_inline_loop_conditions(struct graph *g, lb_error *err);
/* Every load becomes the value last stored; comprehension scopes are dissolved. */
bool ssa_erase_loads(struct graph *g, lb_error *err);
/* LoopContinuation and ReturnStmt become outputs of blocks, with what follows them made conditional. */
bool ssa_transform_exits(struct graph *g, lb_error *err);
/* An If that is decided by the If just before it is merged into that one. */
bool ssa_merge_ifs(struct block *b, lb_error *err);
/* prim::Enter ... prim::Exit pairs to prim::With blocks, and back. */
bool ssa_make_with_blocks(struct graph *g, lb_error *err);
bool ssa_dissolve_with_blocks(struct graph *g, lb_error *err);
#endif
