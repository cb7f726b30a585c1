/* Loads and stores into values: first If and Loop nodes get outputs (and loops carried inputs) for the
 * variables that their blocks write, loads and stores around them; later all loads and stores go. Data: a
 * graph with prim::Load and prim::Store as the emitter makes it, to a graph without. The order in which
 * values are made is that of torch/csrc/jit/frontend/convert_to_ssa.cpp, since value numbers show it. */
#include "passes/ssa.h"
#include "ir/views.h"
#include "passes/frames.h"

struct ssa {
    struct graph *graph;
    struct arena memory;
    struct frame *top;
};

static struct frame *push_frame(struct ssa *s) {
    struct frame *f = arena_new(&s->memory, struct frame);
    if (!f) return NULL;
    f->up = s->top;
    return s->top = f;
}

static bool set_variable(struct ssa *s, const struct name *name, const void *what) {
    return name && table_set(&s->top->variables, name, (void *)(uintptr_t)what);
}

static struct node *new_load(struct graph *g, const struct name *name, const struct type *type) {
    struct node *n = graph_new_known(g, KIND_LOAD, 1);
    if (!n || !node_set_string(n, "name", name->text, name->length)) return NULL;
    node_output(n, 0)->type = type;
    return n;
}

static struct node *new_store(struct graph *g, const struct name *name, struct ir_value *v) {
    struct node *n = graph_new_known(g, KIND_STORE, 0);
    if (!n || !node_add_input(n, v) || !node_set_string(n, "name", name->text, name->length)) return NULL;
    return n;
}

/* Environment::insertStore and friends name values after variables, but not after _0, _1, ..., _ or $x
 * (meaningfulName in torch/csrc/jit/frontend/ir_emitter.cpp). */
static bool is_meaningful(const struct name *name) {
    if (name->length == 0 || name->text[0] == '$') return false;
    if (name->text[0] != '_') return true;
    for (uint32_t i = 1; i < name->length; i++)
        if (name->text[i] < '0' || name->text[i] > '9') return true;
    return false;
}

static bool add_block_input(struct block *b, const struct type *type, const struct name *name) {
    struct ir_value *v = block_add_input(b);
    if (!v || !value_set_name(v, name->text)) return false;
    v->type = type;
    struct node *store = new_store(b->graph, name, v);
    return store && block_prepend(b, store);
}

static bool add_block_output(struct block *b, const struct type *type, const struct name *name) {
    struct node *load = new_load(b->graph, name, type);
    return load && node_insert_before(load, b->result) && block_add_output(b, node_output(load, 0)) >= 0;
}

static bool add_node_output(struct node *n, const struct type *type, const struct name *name) {
    struct ir_value *v = node_add_output(n);
    if (!v) return false;
    v->type = type;
    if (is_meaningful(name) && !value_set_name(v, name->text)) return false;
    struct node *store = new_store(n->graph, name, v);
    return store && node_insert_after(store, n);
}

static bool add_node_input(struct node *n, const struct type *type, const struct name *name) {
    struct node *load = new_load(n->graph, name, type);
    return load && node_insert_before(load, n) && node_add_input(n, node_output(load, 0));
}

static struct frame *add_to_block(struct ssa *s, struct block *b);

/* One output of an If for a variable that both arms know; two types without one above them become a Union. */
static bool add_if_output(struct ssa *s, struct node *n, const struct frame *in_then,
                          const struct frame *in_else, const struct name *name) {
    const struct type *a = frame_find(in_then, name), *b = frame_find(in_else, name);
    const struct type *both = type_unify(&s->graph->unit->types, a, b, true, NULL);
    return both && add_block_output(then_block(n), a, name) && add_block_output(else_block(n), b, name) &&
           add_node_output(n, both, name);
}

static bool add_to_if(struct ssa *s, struct node *n) {
    struct frame *in_then = add_to_block(s, then_block(n));
    struct frame *in_else = in_then ? add_to_block(s, else_block(n)) : NULL;
    if (!in_else) {
        if (in_then) table_free(&in_then->variables);
        return false;
    }
    struct frame changed = {0}; /* as a set of names */
    bool ok = true;
    const struct frame *arms[2] = {in_then, in_else};
    for (int side = 0; side < 2 && ok; side++) {
        int count;
        const struct name **names = frame_sorted(arms[side], &s->memory, &count);
        for (int i = 0; i < count && ok; i++)
            if (frame_find(arms[1 - side], names[i])) ok = table_set(&changed.variables, names[i], n);
    }
    int count = 0;
    const struct name **names = ok ? frame_sorted(&changed, &s->memory, &count) : NULL;
    for (int i = 0; i < count && ok; i++) ok = add_if_output(s, n, in_then, in_else, names[i]);
    table_free(&changed.variables);
    table_free(&in_then->variables);
    table_free(&in_else->variables);
    return ok;
}

static bool add_to_loop(struct ssa *s, struct node *n) {
    struct frame *in_body = add_to_block(s, loop_body(n));
    if (!in_body) return false;
    int count;
    const struct name **names = frame_sorted(in_body, &s->memory, &count);
    bool ok = true;
    for (int i = 0; i < count && ok; i++) {
        const struct type *outside = frame_find(s->top, names[i]);
        if (!outside) continue; /* local to the body */
        const struct type *inside = table_get(&in_body->variables, names[i]);
        const struct type *both = type_unify(&s->graph->unit->types, outside, inside, false, NULL);
        ok = both && add_node_input(n, outside, names[i]) && add_block_input(loop_body(n), both, names[i]) &&
             add_block_output(loop_body(n), inside, names[i]) && add_node_output(n, both, names[i]);
    }
    table_free(&in_body->variables);
    return ok;
}

static bool add_to_node(struct ssa *s, struct node *n) {
    if (node_is(n, KIND_IF)) return add_to_if(s, n);
    if (node_is(n, KIND_LOOP)) return add_to_loop(s, n);
    if (node_is(n, KIND_STORE)) return set_variable(s, node_variable(n), node_input(n, 0)->type);
    if (!node_is(n, KIND_CLOSURE) && !node_kind_is(n, "prim::ComprehensionScope")) return true;
    for (int i = 0; i < n->blocks.count; i++) {
        struct frame *f = add_to_block(s, n->blocks.items[i]);
        if (!f) return false;
        table_free(&f->variables);
    }
    return true;
}

/* The block's frame, taken off the stack (the caller frees its table), or NULL. Stores that are added right
 * after a node are met by this walk and set the variable to its new type. */
static struct frame *add_to_block(struct ssa *s, struct block *b) {
    struct frame *f = push_frame(s);
    if (!f) return NULL;
    bool ok = true;
    for (struct node *n = block_first(b); n != b->result && ok; n = n->next) ok = add_to_node(s, n);
    s->top = f->up;
    if (!ok) table_free(&f->variables);
    return ok ? f : NULL;
}

bool ssa_add_control_flow(struct graph *g, lb_error *err) {
    struct ssa s = {.graph = g};
    struct frame *f = add_to_block(&s, g->top);
    if (f) table_free(&f->variables);
    arena_free(&s.memory);
    return f ? true : error_memory(err);
}

static bool erase_in_block(struct ssa *s, struct block *b);

static bool erase_in_node(struct ssa *s, struct node *n) {
    const struct name *name;
    struct ir_value *v;
    if (node_is(n, KIND_STORE)) {
        if (!set_variable(s, node_variable(n), node_input(n, 0))) return false;
        node_destroy(n);
    } else if (node_is(n, KIND_LOAD)) {
        name = node_variable(n);
        v = name ? frame_find(s->top, name) : NULL;
        if (!v || !value_replace_uses(node_output(n, 0), v)) return false;
        node_destroy(n);
    } else {
        for (int i = 0; i < n->blocks.count; i++)
            if (!erase_in_block(s, n->blocks.items[i])) return false;
        if (!node_kind_is(n, "prim::ComprehensionScope")) return true;
        block_move_nodes_before(n->blocks.items[0], n);
        node_destroy(n);
    }
    return true;
}

static bool erase_in_block(struct ssa *s, struct block *b) {
    struct frame *f = push_frame(s);
    if (!f) return false;
    bool ok = true;
    for (struct node *n = block_first(b), *next; n != b->result && ok; n = next) {
        next = n->next;
        ok = erase_in_node(s, n);
    }
    s->top = f->up;
    table_free(&f->variables);
    return ok;
}

bool ssa_erase_loads(struct graph *g, lb_error *err) {
    struct ssa s = {.graph = g};
    bool ok = erase_in_block(&s, g->top);
    arena_free(&s.memory);
    return ok ? true : error_memory(err);
}
