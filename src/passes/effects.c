/* Side effects and randomness of nodes: of operators by their rows' traits, of other kinds by name. */
#include "passes/effects.h"
#include "ir/views.h"
#include "ops/schemas.h"

/* Kinds that show it without an operator; the others' rows say so. */
static const enum kind known_kinds[] = {
    KIND_PYTHON_OP,     KIND_PRINT,       KIND_RAISE_EXCEPTION, KIND_ATEN_WARN,
    KIND_CALL_FUNCTION, KIND_CALL_METHOD, KIND_ATEN_WAIT,       KIND_ENTER,
    KIND_EXIT,          KIND_TRY,         KIND_RERAISE,
};
bool node_has_side_effects(struct node *n) {
    for (size_t i = 0; i < sizeof known_kinds / sizeof *known_kinds; i++)
        if (node_is(n, known_kinds[i])) return true;
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
