/* Loops that count are unrolled: those of small bodies eight times, with a loop for the rest behind; those
 * with a constant count under 64 wholly. Rules: torch/csrc/jit/passes/loop_unrolling.cpp. */
#include "ir/views.h"
#include "passes/insert_call.h"
#include "passes/passes.h"

enum { FACTOR = 8, MAX_BODY = 32, MAX_REPEATS = 64 };

struct unrolling {
    struct graph *graph;
    bool constant_only;
    bool changed, failed;
};

static bool counts(const struct node *n) {
    bool first = false, next = false;
    return node_is(n, KIND_LOOP) && constant_bool(node_input(n, 1), &first) && first &&
           constant_bool(block_output(loop_body(n), 0), &next) && next;
}

/* Nodes that take time; counted up to a limit. */
static int64_t body_size(const struct block *b, int64_t limit) {
    int64_t size = 0;
    for (const struct node *n = block_first(b); n != b->result && size < limit; n = n->next) {
        for (int i = 0; i < n->blocks.count; i++) size += body_size(n->blocks.items[i], limit - size);
        size += !node_is(n, KIND_CONSTANT);
    }
    return size;
}

/* What values of a body became in a copy of it. */
static struct ir_value *look_up(void *context, struct ir_value *v) {
    struct ir_value *copy = table_get(context, v);
    return copy ? copy : v;
}

/* Copies the body's nodes to before `place`; `io` are its inputs, and its outputs afterwards. */
static bool copy_body(struct block *body, struct node *place, struct ir_value **io) {
    struct table copies = {0};
    bool good = true;
    for (int i = 0; good && i < body->param->outputs.count; i++)
        good = table_set(&copies, block_input(body, i), io[i]);
    for (struct node *n = block_first(body); good && n != body->result; n = n->next) {
        struct node *copy = graph_clone_node(body->graph, n, look_up, &copies, true);
        good = copy && node_insert_before(copy, place);
        for (int i = 0; good && i < n->outputs.count; i++)
            good = table_set(&copies, node_output(n, i), node_output(copy, i));
    }
    for (int i = 0; good && i < block_output_count(body); i++)
        io[i] = look_up(&copies, block_output(body, i));
    table_free(&copies);
    return good;
}

/* A second block of the loop that does what the first does `times` times; the first goes. */
static bool repeat_body(struct node *loop, int64_t times, lb_error *err) {
    struct block *body = loop_body(loop), *repeated = node_add_block(loop);
    struct arena memory = {0};
    struct ir_value **io = arena_array(&memory, struct ir_value *, body->param->outputs.count + 1);
    bool good = repeated && io;
    for (int i = 0; good && i < body->param->outputs.count; i++)
        good = (io[i] = block_add_input(repeated)) && value_copy_metadata(io[i], block_input(body, i));
    for (int64_t i = 0; good && i < times; i++) {
        io[0] = block_input(body, 0); /* the counter, which nobody uses */
        good = copy_body(body, repeated->result, io);
    }
    for (int i = 0; good && i < body->param->outputs.count; i++)
        good = block_add_output(repeated, io[i]) >= 0;
    arena_free(&memory);
    if (!good) return error_memory(err);
    if (!pass_dead_code_in_block(repeated, err)) return false;
    node_erase_block(loop, 0);
    return true;
}

/* A loop that runs exactly once becomes its body. */
static bool inline_once(struct node *loop) {
    struct block *body = loop_body(loop);
    struct arena memory = {0};
    struct ir_value **io = arena_array(&memory, struct ir_value *, body->param->outputs.count + 1);
    bool good = io != NULL;
    if (good) io[0] = block_input(body, 0);
    for (int i = 2; good && i < loop->inputs.count; i++) io[i - 1] = node_input(loop, i);
    good = good && copy_body(body, loop, io);
    for (int i = 0; good && i < loop->outputs.count; i++)
        good = value_replace_uses(node_output(loop, i), io[i + 1]);
    arena_free(&memory);
    if (good) node_destroy(loop);
    return good;
}

/* A counter that is carried like any variable takes the place of the loop's own, so that the loop and the one
 * for the rest can share it. */
static bool carry_counter(struct node *loop) {
    struct graph *g = loop->graph;
    struct block *body = loop_body(loop);
    struct node *old = insertion_set(g, loop);
    struct ir_value *start = insert_constant_int(g, 0);
    struct ir_value *out = start && node_insert_input(loop, 2, start) ? node_insert_output(loop, 0) : NULL;
    struct ir_value *counter = out ? block_insert_input(body, 1) : NULL;
    bool good = counter != NULL;
    if (good) out->type = counter->type = start->type;
    good = good && value_replace_uses(block_input(body, 0), counter);
    insertion_set(g, body->result);
    struct ir_value *next = good ? insert_int_call(g, "aten::add", counter, 1) : NULL;
    good = next && node_insert_input(body->result, 1, next);
    insertion_set(g, old);
    return good;
}

static struct ir_value *self(void *context, struct ir_value *v) {
    (void)context;
    return v;
}

/* The loop for the rest takes what the unrolled one gives. */
static struct node *add_rest(struct node *loop) {
    struct node *rest = graph_clone_node(loop->graph, loop, self, NULL, true);
    if (!rest || !node_insert_after(rest, loop)) return NULL;
    for (int i = 0; i < loop->outputs.count; i++) {
        if (!value_replace_uses(node_output(loop, i), node_output(rest, i))) return NULL;
        node_replace_input(rest, i + 2, node_output(loop, i));
    }
    return rest;
}

static bool unroll_partly(struct node *loop, lb_error *err) {
    struct graph *g = loop->graph;
    struct node *rest = add_rest(loop);
    if (!rest) return error_memory(err);
    if (!repeat_body(loop, FACTOR, err)) return false;
    struct node *old = insertion_set(g, loop);
    struct ir_value *count = node_input(loop, 0);
    struct ir_value *rounds = insert_int_call(g, "aten::__round_to_zero_floordiv", count, FACTOR);
    if (rounds) node_replace_input(loop, 0, rounds);
    struct ir_value *done = rounds ? insert_int_call(g, "aten::mul", rounds, FACTOR) : NULL;
    struct ir_value *left = done ? insert_call(g, "aten::sub", (struct ir_value *[]){count, done}, 2) : NULL;
    if (left) node_replace_input(rest, 0, left);
    insertion_set(g, old);
    return left || error_memory(err);
}

static bool unroll(struct node *loop, lb_error *err) {
    int64_t count = MAX_REPEATS;
    if (value_used(block_input(loop_body(loop), 0)) && !carry_counter(loop)) return error_memory(err);
    constant_int(node_input(loop, 0), &count);
    if (count >= MAX_REPEATS) return unroll_partly(loop, err);
    if (!repeat_body(loop, count, err)) return false;
    return inline_once(loop) || error_memory(err);
}

static bool is_wanted(const struct unrolling *u, const struct node *n) {
    if (!counts(n)) return false;
    if (u->constant_only) return node_is(node_input(n, 0)->node, KIND_CONSTANT);
    return body_size(loop_body(n), MAX_BODY + 1) <= MAX_BODY;
}

static bool unroll_block(struct unrolling *u, struct block *b, lb_error *err) {
    for (struct node *n = block_first(b), *next; n != b->result; n = next) {
        next = n->next;
        for (int i = 0; i < n->blocks.count; i++)
            if (!unroll_block(u, n->blocks.items[i], err)) return false;
        if (!is_wanted(u, n)) continue;
        u->changed = true;
        if (!unroll(n, err)) return false;
    }
    return true;
}

static bool unroll_graph(struct graph *g, bool constant_only, bool *changed, lb_error *err) {
    struct unrolling u = {.graph = g, .constant_only = constant_only};
    bool good = unroll_block(&u, g->top, err) && (!u.changed || pass_dead_code(g, err));
    *changed = u.changed;
    return good;
}

bool pass_loop_unrolling(struct graph *g, lb_error *err) {
    return unroll_graph(g, false, &(bool){false}, err);
}

bool pass_constant_loop_unrolling(struct graph *g, lb_error *err) {
    return unroll_graph(g, true, &(bool){false}, err);
}

bool unroll_constant_loops(struct graph *g, bool *changed, lb_error *err) {
    return unroll_graph(g, true, changed, err);
}
