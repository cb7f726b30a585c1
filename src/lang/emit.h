/* From a definition's tree to its graph, in the order in which PyTorch's compiler makes nodes and values
 * (torch/csrc/jit/frontend/ir_emitter.cpp), in the form before its conversion to SSA: variables are
 * prim::Store and prim::Load, a loop has a body block and a condition block, exits are prim::ReturnStmt,
 * BreakStmt, ContinueStmt, `with` is prim::Enter and prim::Exit, a comprehension's own scope a
 * prim::ComprehensionScope, `[]` a prim::EmptyListLiteral, and the last node of the block computes an
 * uninitialized placeholder for the result. */
#ifndef LINKBOY_LANG_EMIT_H
#define LINKBOY_LANG_EMIT_H
#include "ir/graph.h"
#include "lang/resolver.h"
#include "lang/tree.h"

struct wide;
struct lifted_names;

/* What is compiled: `def` is a DEF; `self_type` the class whose method it is, or NULL. */
struct emit_request {
    struct unit *unit;
    const struct tree *def;
    const struct type *self_type;
    struct resolver *resolver;
    const struct lifted_names *known; /* names beside the parameters (specialize.h); may be NULL */
    struct wide *wide; /* all of Python, not TorchScript alone (wide.h); NULL: as PyTorch compiles */
};

/* Fills out->graph and out->schema. */
bool lang_emit_function(const struct emit_request *r, struct function *out, lb_error *err);
#endif
