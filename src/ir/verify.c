/* The verifier; see verify.h (Graph::lint in torch/csrc/jit/ir/ir.cpp checks the like). */
#include "ir/verify.h"
#include "base/mem.h"
#include "ir/print.h"
#include <string.h>

struct verifier {
    struct graph *graph;
    const struct schema *(*schema_of)(struct node *n);
    struct table in_scope; /* values that may be used where the walk is */
    bool *numbers;         /* by value number: seen */
    lb_error *err;
    int depth;
};

enum { DEEPEST_BLOCK = 1000 };

static bool wrong(struct verifier *v, const struct node *n, const char *what) {
    struct text text = {0};
    if (n) node_put(&text, n);
    size_t line = strcspn(text_get(&text), "\n");
    error_set(v->err, LB_ERROR_INTERNAL, "graph is damaged: %s: %.*s", what, (int)(line < 400 ? line : 400),
              text_get(&text));
    text_free(&text);
    return false;
}

static bool check_uses(struct verifier *v, const struct ir_value *value) {
    for (int i = 0; i < value->uses.count; i++) {
        struct use use = value->uses.items[i];
        if (use.user->destroyed || !use.user->block)
            return wrong(v, value->node, "a user is not in the graph");
        if (use.offset < 0 || use.offset >= use.user->inputs.count ||
            use.user->inputs.items[use.offset] != value)
            return wrong(v, value->node, "a use that the user does not know of");
        for (int j = 0; j < i && j < 64; j++) /* many uses: a sample, since this is quadratic */
            if (value->uses.items[j].user == use.user && value->uses.items[j].offset == use.offset)
                return wrong(v, value->node, "a use that is there twice");
    }
    return true;
}

static bool check_value(struct verifier *v, struct node *n, int offset) {
    struct ir_value *value = n->outputs.items[offset];
    if (value->node != n || value->offset != offset) return wrong(v, n, "an output that belongs to another");
    if (value->unique < 0 || value->unique >= v->graph->next_unique || v->numbers[value->unique])
        return wrong(v, n, "a number that is not the value's own");
    v->numbers[value->unique] = true;
    if (!value->type) return wrong(v, n, "an output without a type");
    if (value->debug_name && table_get(&v->graph->by_name, value->debug_name) != value)
        return wrong(v, n, "a name that is not the value's own");
    if (!table_set(&v->in_scope, value, value)) return error_memory(v->err);
    return check_uses(v, value);
}

static bool has_use(const struct ir_value *value, const struct node *n, int offset) {
    for (int i = 0; i < value->uses.count; i++)
        if (value->uses.items[i].user == n && value->uses.items[i].offset == offset) return true;
    return false;
}

static bool check_inputs(struct verifier *v, const struct node *n) {
    for (int i = 0; i < n->inputs.count; i++) {
        const struct ir_value *value = n->inputs.items[i];
        if (!table_has(&v->in_scope, value)) return wrong(v, n, "an input that is not defined before");
        if (!has_use(value, n, i)) return wrong(v, n, "an input that does not know of its use");
    }
    return true;
}

static bool subtypes(struct verifier *v, struct ir_value *const *values, struct ir_value *const *wanted,
                     int count) {
    for (int i = 0; i < count; i++)
        if (!type_is_subtype(&v->graph->unit->types, values[i]->type, wanted[i]->type)) return false;
    return true;
}

static bool check_if(struct verifier *v, const struct node *n) {
    if (n->inputs.count != 1 || n->inputs.items[0]->type->kind != TYPE_BOOL)
        return wrong(v, n, "an If takes one bool");
    if (n->blocks.count != 2) return wrong(v, n, "an If has two blocks");
    for (int i = 0; i < 2; i++) {
        const struct block *b = n->blocks.items[i];
        if (b->param->outputs.count) return wrong(v, n, "an If's blocks take nothing");
        if (b->result->inputs.count != n->outputs.count)
            return wrong(v, n, "an If's blocks give as much as the If");
        if (!subtypes(v, b->result->inputs.items, n->outputs.items, n->outputs.count))
            return wrong(v, n, "an If's block gives another type than the If");
    }
    return true;
}

static bool check_loop(struct verifier *v, const struct node *n) {
    int carried = n->outputs.count;
    if (n->blocks.count != 1) return wrong(v, n, "a Loop has one block");
    if (n->inputs.count != carried + 2)
        return wrong(v, n, "a Loop takes a count, a condition and what it carries");
    if (n->inputs.items[0]->type->kind != TYPE_INT || n->inputs.items[1]->type->kind != TYPE_BOOL)
        return wrong(v, n, "a Loop's count is an int and its condition a bool");
    const struct block *b = n->blocks.items[0];
    if (b->param->outputs.count != carried + 1 || b->result->inputs.count != carried + 1)
        return wrong(v, n, "a Loop's block takes and gives one more than the Loop carries");
    if (!subtypes(v, b->result->inputs.items + 1, n->outputs.items, carried) ||
        !subtypes(v, n->inputs.items + 2, b->param->outputs.items + 1, carried))
        return wrong(v, n, "a Loop's block carries another type than the Loop");
    return true;
}

static bool check_schema(struct verifier *v, struct node *n) {
    const struct schema *schema = v->schema_of ? v->schema_of(n) : NULL;
    if (!schema) return true;
    if (n->inputs.count < schema->argument_count ||
        (n->inputs.count > schema->argument_count && !schema->is_vararg))
        return wrong(v, n, "not as many inputs as the schema says");
    for (int i = 0; i < schema->argument_count; i++) {
        const struct type *wanted = schema->arguments[i].type;
        if (!wanted->has_variables &&
            !type_is_subtype(&v->graph->unit->types, n->inputs.items[i]->type, wanted))
            return wrong(v, n, "an input of another type than the schema says");
    }
    if (!schema->is_varret && n->outputs.count != schema->return_count)
        return wrong(v, n, "not as many outputs as the schema says");
    return true;
}

static bool check_kind(struct verifier *v, struct node *n) {
    switch (n->kind->known) {
    case KIND_PARAM:
    case KIND_RETURN: return wrong(v, n, "a param or return node among a block's nodes");
    case KIND_CONSTANT: return n->inputs.count == 0 || wrong(v, n, "a constant takes nothing");
    case KIND_IF: return check_if(v, n);
    case KIND_LOOP: return check_loop(v, n);
    default: return check_schema(v, n);
    }
}

static bool check_block(struct verifier *v, struct block *b, struct node *owner);

static bool check_node(struct verifier *v, struct node *n, const struct block *b) {
    if (n->graph != v->graph || n->block != b || n->destroyed)
        return wrong(v, n, "a node that is not the block's");
    if (n->next->previous != n || n->previous->next != n) return wrong(v, n, "a broken ring");
    if (n->previous != b->result && n->previous->position >= n->position)
        return wrong(v, n, "a position that is not after the one before");
    if (!check_inputs(v, n)) return false;
    for (int i = 0; i < n->blocks.count; i++)
        if (!check_block(v, n->blocks.items[i], n)) return false;
    for (int i = 0; i < n->outputs.count; i++)
        if (!check_value(v, n, i)) return false;
    return check_kind(v, n);
}

static void leave_scope(struct verifier *v, const struct node *n) {
    for (int i = 0; i < n->outputs.count; i++) table_remove(&v->in_scope, n->outputs.items[i]);
}

static bool check_block(struct verifier *v, struct block *b, struct node *owner) {
    if (b->graph != v->graph || b->owner != owner) return wrong(v, owner, "a block that belongs to another");
    if (b->result->block != b || b->param->block != b || b->param->inputs.count || b->result->outputs.count)
        return wrong(v, owner, "a block whose ends are not its own");
    if (++v->depth > DEEPEST_BLOCK) return wrong(v, owner, "blocks nested too deep");
    for (int i = 0; i < b->param->outputs.count; i++)
        if (!check_value(v, b->param, i)) return false;
    for (struct node *n = block_first(b); n != b->result; n = n->next)
        if (!check_node(v, n, b)) return false;
    if (!check_inputs(v, b->result)) return false;
    for (struct node *n = block_first(b); n != b->result; n = n->next) leave_scope(v, n);
    leave_scope(v, b->param);
    v->depth--;
    return true;
}

bool graph_verify(struct graph *g, const struct schema *(*schema_of)(struct node *n), lb_error *err) {
    struct verifier v = {.graph = g, .schema_of = schema_of, .err = err};
    v.numbers = mem_zeroed((size_t)g->next_unique + 1, sizeof *v.numbers);
    bool good = v.numbers ? check_block(&v, g->top, NULL) : error_memory(err);
    table_free(&v.in_scope);
    mem_free(v.numbers);
    return good;
}
