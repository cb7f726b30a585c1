/* Calls of operators by name; see insert_call.h. */
#include "passes/insert_call.h"
#include "ir/views.h"
#include "ops/schemas.h"

/* The inputs fit the first parameters, and the others have defaults. */
static bool takes(struct graph *g, const struct schema *s, struct ir_value *const *inputs, int count) {
    if (count > s->argument_count || s->return_count != 1) return false;
    if (count == s->argument_count) return schema_takes(&g->unit->types, s, inputs, count);
    for (int i = 0; i < count; i++)
        if (s->arguments[i].type->has_variables ||
            !type_is_subtype(&g->unit->types, inputs[i]->type, s->arguments[i].type))
            return false;
    for (int i = count; i < s->argument_count; i++)
        if (!s->arguments[i].has_default) return false;
    return true;
}

static bool schema_takes_first(struct graph *g, const struct schema *s, const struct ir_value *v) {
    const struct type *t = s->arguments[0].type;
    return !t->has_variables && type_is_subtype(&g->unit->types, v->type, t);
}

static const struct op_row *find_overload(struct graph *g, const struct name *kind,
                                          struct ir_value *const *inputs, int given) {
    int count;
    const struct op_row *rows = ops_find(kind->text, kind->length, &count);
    for (int i = 0; i < count; i++) {
        const struct schema *s = ops_schema(g->unit, &rows[i]);
        if (s && takes(g, s, inputs, given)) return &rows[i];
    }
    return NULL;
}

/* Constants for the defaults come before the node, which takes its number after them. */
static bool default_inputs(struct graph *g, const struct schema *s, int given, struct ir_value **all) {
    for (int i = given; i < s->argument_count; i++) {
        const struct argument *a = &s->arguments[i];
        all[i] = graph_insert_constant(g, a->default_value, NULL, g->current_range);
        if (!all[i]) return false;
    }
    return true;
}

static struct ir_value *insert_row(struct graph *g, const struct op_row *row, const struct name *kind,
                                   struct ir_value *const *inputs, int count) {
    const struct schema *s = ops_schema(g->unit, row);
    struct ir_value **all = s ? arena_array(&g->memory, struct ir_value *, s->argument_count + 1) : NULL;
    if (!all) return NULL;
    for (int i = 0; i < count; i++) all[i] = inputs[i];
    struct node *n = default_inputs(g, s, count, all) ? graph_new_node(g, kind, 1) : NULL;
    for (int i = 0; n && i < s->argument_count; i++)
        if (!node_add_input(n, all[i])) n = NULL;
    if (!n) return NULL;
    n->row = row;
    node_output(n, 0)->type = s->returns[0].type;
    return graph_insert(g, n) ? node_output(n, 0) : NULL;
}

struct ir_value *insert_call(struct graph *g, const char *kind, struct ir_value *const *inputs, int count) {
    const struct name *name = name_of(&g->unit->names, kind);
    const struct op_row *row = name ? find_overload(g, name, inputs, count) : NULL;
    return row ? insert_row(g, row, name, inputs, count) : NULL;
}

struct ir_value *insert_int_call(struct graph *g, const char *kind, struct ir_value *a, int64_t b) {
    const struct name *name = name_of(&g->unit->names, kind);
    int count = 0;
    const struct op_row *rows = name ? ops_find(name->text, name->length, &count) : NULL;
    for (int i = 0; i < count; i++) {
        const struct schema *s = ops_schema(g->unit, &rows[i]);
        if (!s || !s->argument_count || !schema_takes_first(g, s, a)) continue;
        struct ir_value *inputs[] = {a, insert_constant_int(g, b)}; /* one for each overload that is tried */
        if (!inputs[1]) return NULL;
        if (takes(g, s, inputs, 2)) return insert_row(g, &rows[i], name, inputs, 2);
    }
    return NULL;
}
