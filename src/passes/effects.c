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
static bool is_among(const struct node *n, const enum kind *kinds, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (node_is(n, kinds[i])) return true;
    return false;
}

bool node_has_side_effects(struct node *n) {
    if (is_among(n, known_kinds, sizeof known_kinds / sizeof *known_kinds)) return true;
    const struct op_row *row = node_operator(n);
    return row && (row->traits & OP_SIDE_EFFECTS);
}

/* Kinds that only arrange what is there. */
static const enum kind quiet_kinds[] = {
    KIND_CONSTANT,        KIND_IF,           KIND_LOOP,          KIND_LIST_CONSTRUCT, KIND_DICT_CONSTRUCT,
    KIND_TUPLE_CONSTRUCT, KIND_TUPLE_UNPACK, KIND_TUPLE_INDEX,   KIND_TUPLE_SLICE,    KIND_GET_ATTR,
    KIND_CREATE_OBJECT,   KIND_CLOSURE,      KIND_UNINITIALIZED, KIND_UNCHECKED_CAST, KIND_ISINSTANCE,
    KIND_ATEN_IS,         KIND_ATEN_ISNOT,   KIND_ATEN_NOT,      KIND_ATEN_LEN,       KIND_EMPTY_LIST_LITERAL,
};

bool node_may_raise(const struct node *n) {
    return !is_among(n, quiet_kinds, sizeof quiet_kinds / sizeof *quiet_kinds);
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
