/* Calls of functions and methods become their bodies. What is put in place of a call is the callee's graph
 * after passes_before_inlining (PyTorch's optimized_graph), made once per callee and run; values take new
 * numbers, names are kept and made unique. Native functions and calls through interfaces stay. Rules:
 * torch/csrc/jit/passes/inliner.cpp, inlineCallTo and insertGraph in torch/csrc/jit/ir/ir.cpp. */
#include "passes/inline.h"
#include "base/mem.h"
#include "ir/views.h"
#include "passes/passes.h"

enum {
    MAX_DEPTH = 100,
    MAX_NODES = 2000000
}; /* programs can double at each level: f calls g twice, g calls h twice */

struct inliner {
    struct table prepared; /* const struct function * -> its graph, ready to be put in place */
    int depth;
    int64_t nodes; /* put in place so far */
    lb_error *err;
};

static bool inline_graph(struct inliner *in, struct graph *g);

/* The function that a call runs, when it is known and has a graph; *skip: inputs that are not the callee's.
 */
static struct function *callee_of(const struct node *n, int *skip) {
    struct function *f = NULL;
    *skip = 0;
    if (node_is(n, KIND_CALL_FUNCTION)) {
        const struct node *constant = node_input(n, 0)->node;
        f = (struct function *)(uintptr_t)(constant->function ? constant->function : n->function);
        *skip = 1;
    } else if (node_is(n, KIND_CALL_METHOD)) {
        const struct type *self = node_input(n, 0)->type;
        const struct attribute *name = node_attribute(n, "name");
        if (self->kind != TYPE_CLASS || !name || name->kind != ATTRIBUTE_STRING) return NULL;
        const struct string *text = name->value.string;
        const struct name *method = name_find(&n->graph->unit->names, text->bytes, (size_t)text->length);
        f = method ? class_find_method(self->definition, method) : NULL;
    }
    return f;
}

static struct graph *prepare(struct inliner *in, struct function *f) {
    struct graph *ready = table_get(&in->prepared, f);
    if (ready) return ready;
    if (in->depth >= MAX_DEPTH) {
        error_set(in->err, LB_ERROR_LIMIT, "functions call each other more than %d deep", MAX_DEPTH);
        return NULL;
    }
    ready = graph_copy(f->graph);
    if (!ready) {
        error_memory(in->err);
        return NULL;
    }
    in->depth++;
    ready->current_range = (struct source_range){0};
    bool ok = f->inlined_as_is;
    ok = ok ||
         (inline_graph(in, ready) && pass_peephole_without_shapes(ready, in->err) &&
          pass_constant_propagation_immutable_types(ready, in->err) && pass_constant_pooling(ready, in->err));
    in->depth--;
    if (ok && table_set(&in->prepared, f, ready)) return ready;
    error_memory(in->err);
    graph_free(ready);
    return NULL;
}

struct value_map {
    struct table values;
    bool failed;
};

static struct ir_value *map_value(void *context, struct ir_value *v) {
    struct value_map *m = context;
    struct ir_value *found = table_get(&m->values, v);
    if (!found) m->failed = true;
    return found ? found : v;
}

static int64_t count_nodes(const struct block *b) {
    int64_t count = 0;
    for (const struct node *n = block_first(b); n != b->result; n = n->next) {
        count++;
        for (int i = 0; i < n->blocks.count; i++) count += count_nodes(n->blocks.items[i]);
    }
    return count;
}

static bool copy_nodes(struct node *place, struct graph *body, struct value_map *map) {
    for (struct node *n = block_first(body->top); n != body->top->result; n = n->next) {
        struct node *copy = graph_clone_node(place->graph, n, map_value, map, true);
        if (!copy || map->failed || !node_insert_before(copy, place)) return false;
        for (int i = 0; i < n->outputs.count; i++)
            if (!table_set(&map->values, node_output(n, i), node_output(copy, i))) return false;
    }
    return true;
}

bool insert_graph(struct node *place, struct graph *body, struct ir_value *const *inputs,
                  struct ir_value **outputs) {
    struct value_map map = {0};
    const struct node *param = body->top->param;
    bool ok = true;
    for (int i = 0; i < param->outputs.count && ok; i++)
        ok = table_set(&map.values, node_output(param, i), inputs[i]);
    ok = ok && copy_nodes(place, body, &map);
    for (int i = 0; ok && i < block_output_count(body->top); i++)
        outputs[i] = map_value(&map, block_output(body->top, i));
    ok = ok && !map.failed;
    table_free(&map.values);
    return ok;
}

static bool take_over(struct node *call, struct ir_value *const *results) {
    for (int i = 0; i < call->outputs.count; i++) {
        struct ir_value *old = node_output(call, i);
        if ((value_has_name(old) && !value_set_name(results[i], old->debug_name->text)) ||
            !value_replace_uses(old, results[i]))
            return false;
    }
    node_destroy(call);
    return true;
}

bool inline_body(struct node *call, struct graph *body, lb_error *err) {
    if (call->inputs.count != body->top->param->outputs.count ||
        call->outputs.count != block_output_count(body->top))
        return error_set(err, LB_ERROR_INTERNAL, "a call of %s does not fit its graph", call->kind->text);
    struct arena memory = {0};
    struct ir_value **results = arena_array(&memory, struct ir_value *, call->outputs.count + 1);
    bool ok = results && insert_graph(call, body, call->inputs.items, results) && take_over(call, results);
    arena_free(&memory);
    return ok || error_memory(err);
}

static bool replace_call(struct inliner *in, struct node *call, struct function *f, int skip) {
    struct graph *body = prepare(in, f);
    if (!body) return false;
    in->nodes += count_nodes(body->top);
    if (in->nodes > MAX_NODES)
        return error_set(in->err, LB_ERROR_LIMIT,
                         "the program has more than %d nodes when its calls are inlined", MAX_NODES);
    if (skip) node_remove_input(call, 0);
    return inline_body(call, body, in->err);
}

static bool inline_in_block(struct inliner *in, struct block *b) {
    for (struct node *n = block_first(b), *next; n != b->result; n = next) {
        next = n->next;
        int skip;
        struct function *f = callee_of(n, &skip);
        if (f && !f->graph && f->ensure && !f->ensure(f, in->err)) return false;
        if (f && f->graph && !f->recursive) {
            if (!replace_call(in, n, f, skip)) return false;
            continue;
        }
        for (int i = 0; i < n->blocks.count; i++)
            if (!inline_in_block(in, n->blocks.items[i])) return false;
    }
    return true;
}

static bool inline_graph(struct inliner *in, struct graph *g) {
    return inline_in_block(in, g->top);
}

bool pass_inline(struct graph *g, lb_error *err) {
    struct inliner in = {.err = err};
    g->current_range = (struct source_range){0};
    bool ok = inline_graph(&in, g);
    for (uint32_t i = 0; in.prepared.slots && i <= in.prepared.mask; i++)
        if (in.prepared.slots[i].value) graph_free(in.prepared.slots[i].value);
    table_free(&in.prepared);
    return ok;
}

static void keep_callees(struct block *b) {
    int skip;
    for (struct node *n = block_first(b); n != b->result; n = n->next) {
        struct function *f = callee_of(n, &skip);
        if (f) inline_keep_as_is(f);
        for (int i = 0; i < n->blocks.count; i++) keep_callees(n->blocks.items[i]);
    }
}

void inline_keep_as_is(struct function *f) {
    if (f->inlined_as_is) return;
    f->inlined_as_is = true;
    if (f->graph) keep_callees(f->graph->top);
}
