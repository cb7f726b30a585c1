/* Parses operators' schemas on demand and matches nodes against them. A type variable of a schema ("t")
 * stands for the type of the first input that it meets; later inputs must be subtypes of what it then is. */
#include "ops/schemas.h"
#include <string.h>

const struct schema *ops_schema(struct unit *unit, const struct op_row *row) {
    const struct schema *known = table_get(&unit->operator_schemas, row);
    if (known) return known;
    lb_error err = {0};
    struct schema *parsed = schema_parse(&unit->types, op_schema(row), &err);
    error_clear(&err);
    if (!parsed) return NULL;
    if (!table_set(&unit->operator_schemas, row, parsed)) {
        schema_release_defaults(parsed);
        return NULL;
    }
    return parsed;
}

/* What the schema's variables stand for so far; a schema has at most a few. */
struct bindings {
    const struct type *variables[8], *values[8];
    int count;
};

static bool bind_variable(struct type_store *types, struct bindings *b, const struct type *variable,
                          const struct type *actual) {
    for (int i = 0; i < b->count; i++) {
        if (b->variables[i] != variable) continue;
        const struct type *both = type_unify(types, b->values[i], actual, false, NULL);
        if (both) b->values[i] = both;
        return both != NULL;
    }
    if (b->count == 8) return false;
    b->variables[b->count] = variable;
    b->values[b->count++] = actual;
    return true;
}

/* matchTypeVariables in aten/src/ATen/core/type.cpp, for what schemas of operators hold. */
static bool takes_type(struct type_store *types, struct bindings *b, const struct type *formal,
                       const struct type *actual) {
    if (!formal->has_variables) return type_is_subtype(types, actual, formal);
    if (formal->kind == TYPE_VAR) return bind_variable(types, b, formal, actual);
    if (formal->kind == TYPE_OPTIONAL) {
        if (actual->kind == TYPE_NONE) return true;
        const struct type *inner = actual->kind == TYPE_OPTIONAL ? actual->items[0] : actual;
        return takes_type(types, b, formal->items[0], inner);
    }
    if (formal->kind != actual->kind || formal->count != actual->count) return false;
    for (int i = 0; i < formal->count; i++)
        if (!takes_type(types, b, formal->items[i], actual->items[i])) return false;
    return true;
}

bool schema_takes(struct type_store *types, const struct schema *schema, struct ir_value *const *inputs,
                  int count) {
    if (count < schema->argument_count) return false;
    if (count > schema->argument_count && !schema->is_vararg) return false;
    struct bindings bindings = {.count = 0};
    for (int i = 0; i < schema->argument_count; i++)
        if (!takes_type(types, &bindings, schema->arguments[i].type, inputs[i]->type)) return false;
    return true;
}

const struct op_row *node_operator(struct node *n) {
    if (n->row) return n->row;
    struct unit *unit = n->graph->unit;
    int count = 0;
    const struct op_row *rows = ops_find(n->kind->text, n->kind->length, &count);
    for (int i = 0; i < count; i++) {
        const struct schema *schema = ops_schema(unit, &rows[i]);
        if (schema && schema_takes(&unit->types, schema, n->inputs.items, n->inputs.count))
            return n->row = &rows[i];
    }
    return NULL;
}

const struct schema *node_schema(struct node *n) {
    const struct op_row *row = node_operator(n);
    return row ? ops_schema(n->graph->unit, row) : NULL;
}
