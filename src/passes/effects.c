/* Side effects and randomness of nodes: of operators by their rows' traits, of other kinds by name. */
#include "passes/effects.h"
#include "ir/views.h"
#include "ops/schemas.h"

static const char *const kinds_with_effects[] = {
    "prim::PythonOp",    "prim::IgnoredPythonOp",
    "prim::Print",       "prim::RaiseException",
    "aten::warn",        "aten::save",
    "aten::manual_seed", "prim::CallFunction",
    "prim::CallMethod",  "prim::rpc_async",
    "prim::rpc_sync",    "prim::rpc_remote",
    "aten::wait",        "prim::Enter",
    "prim::Exit",
};

bool node_has_side_effects(struct node *n) {
    for (size_t i = 0; i < sizeof kinds_with_effects / sizeof *kinds_with_effects; i++)
        if (node_kind_is(n, kinds_with_effects[i])) return true;
    const struct op_row *row = node_operator(n);
    return row && (row->traits & OP_SIDE_EFFECTS);
}

bool node_is_nondeterministic(struct node *n) {
    const struct op_row *row = node_operator(n);
    if (!row || !(row->traits & OP_RANDOM)) return false;
    const struct schema *schema = node_schema(n);
    const struct name *train = name_find(&n->graph->unit->names, "train", 5);
    int at = schema && train ? schema_find_argument(schema, train) : -1;
    bool training = true; /* dropout outside of training draws nothing */
    if (at >= 0 && at < n->inputs.count) constant_bool(node_input(n, at), &training);
    return training;
}
