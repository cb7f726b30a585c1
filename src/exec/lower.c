/* From a graph to bytecode: the structure. Ifs and loops become jumps; what they carry lives in registers of
 * its own, and values are made there where that is possible (hints), so that the moves at the end of an arm
 * or a turn are few. Last uses come from live.c; what a single node becomes is select.c's matter. */
#include "exec/lower.h"
#include "base/mem.h"
#include <string.h>

enum { MAX_FORK_DEPTH = 64, MAX_NESTING = 1000 };

/* Emitting. */

struct instruction *emit(struct lower *l, enum opcode op, int a, int b, int c) {
    struct instruction i = {.op = (uint16_t)op, .a = (uint16_t)a, .b = (uint16_t)b, .c = (uint16_t)c};
    if (!array_push_in(&l->scratch, &l->instructions, i) ||
        !array_push_in(&l->scratch, &l->ranges, l->range)) {
        error_memory(l->err);
        return NULL;
    }
    return &l->instructions.items[l->instructions.count - 1];
}

bool emit_op(struct lower *l, enum opcode op, int a, int b, int c) {
    return emit(l, op, a, b, c);
}

int emit_here(const struct lower *l) {
    return l->instructions.count;
}

static void jump_here(struct lower *l, int jump) {
    if (jump >= 0) l->instructions.items[jump].k.target = l->instructions.count;
}

static const enum opcode move_codes[] = {
    [CLASS_INT] = CODE_MOVE_INT, [CLASS_FLOAT] = CODE_MOVE_FLOAT, [CLASS_BOOL] = CODE_MOVE_BOOL};

bool emit_move(struct lower *l, int to, int from, bool last) {
    enum register_class target = class_at(l, to), source = class_at(l, from);
    if (to == from) return true;
    if (target == CLASS_ANY) {
        bool take = source == CLASS_ANY && last && !is_constant_place(l, from);
        return emit_op(l, take ? CODE_TAKE : CODE_COPY, to, from, 0);
    }
    if (target == source) return emit_op(l, move_codes[target], to, from, 0);
    if (source != CLASS_ANY) return error_set(l->err, LB_ERROR_INTERNAL, "a graph mixes types of numbers");
    if (!emit_op(l, CODE_NARROW, to, from, 0)) return false;
    return !last || is_constant_place(l, from) || emit_op(l, CODE_DROP, 0, from, 0);
}

static bool is_source(const struct move *moves, int count, int place, int except) {
    for (int i = 0; i < count; i++)
        if (i != except && moves[i].from == place) return true;
    return false;
}

/* A value is moved out at its last use: by the last of its moves, unless one of them leaves it where it is.
 */
static void settle_last_uses(struct move *moves, int count) {
    for (int i = 0; i < count; i++)
        for (int k = 0; k < count; k++) moves[i].last |= moves[k].from == moves[i].from && moves[k].last;
    for (int i = 0; i < count; i++)
        for (int k = 0; k < count; k++)
            if (moves[k].from == moves[i].from && moves[k].to == moves[k].from) moves[i].last = false;
}

static int remove_identities(struct move *moves, int count) {
    int kept = 0;
    for (int i = 0; i < count; i++)
        if (moves[i].from != moves[i].to) moves[kept++] = moves[i];
    return kept;
}

static bool break_cycle(struct lower *l, struct move *moves, int count) {
    int temporary = register_take(l, class_at(l, moves[0].from));
    if (temporary == NO_REGISTER) return false;
    int from = moves[0].from;
    bool last = false;
    for (int i = 0; i < count; i++) last |= moves[i].from == from && moves[i].last;
    if (!emit_move(l, temporary, from, last)) return false;
    for (int i = 0; i < count; i++) {
        if (moves[i].from != from) continue;
        moves[i].from = temporary;
        moves[i].last = true;
    }
    return true;
}

bool emit_moves(struct lower *l, struct move *moves, int count) {
    settle_last_uses(moves, count);
    count = remove_identities(moves, count);
    while (count) {
        int at = 0;
        while (at < count && is_source(moves, count, moves[at].to, at)) at++;
        if (at == count) {
            if (!break_cycle(l, moves, count)) return false;
            continue;
        }
        struct move m = moves[at];
        if (!emit_move(l, m.to, m.from, m.last && !is_source(moves, count, m.from, at))) return false;
        moves[at] = moves[--count];
    }
    return true;
}

/* Blocks. */

static bool drop_values(struct lower *l, const value_list *values) {
    for (int i = 0; i < values->count; i++)
        if (!drop_value(l, values->items[i])) return false;
    return true;
}

static bool lower_structured(struct lower *l, struct node *n);

static bool lower_nodes(struct lower *l, struct block *b, const value_list *start) {
    if (!drop_values(l, start)) return false;
    for (struct node *n = block_first(b); n != b->result; n = n->next) {
        if (node_is(n, KIND_CONSTANT)) continue;
        l->range = n->range;
        if (!(n->blocks.count ? lower_structured(l, n) : lower_node(l, n))) return false;
    }
    return !l->err || !l->err->code;
}

static struct move *block_moves(struct lower *l, struct block *b, int first, const int *targets) {
    struct node *result = b->result;
    const struct node_life *life = liveness_of(&l->life, result);
    int count = result->inputs.count - first;
    struct move *moves = arena_array(&l->scratch, struct move, count + 1);
    for (int i = 0; moves && i < count; i++)
        moves[i] =
            (struct move){targets[i], place_of(l, result->inputs.items[first + i]), life->last[first + i]};
    if (!moves) error_memory(l->err);
    return moves;
}

static void kill_last_inputs(struct lower *l, struct node *n) {
    const struct node_life *life = liveness_of(&l->life, n);
    for (int i = 0; i < n->inputs.count; i++)
        if (life->last[i]) kill_value(l, n->inputs.items[i]);
}

static void hint_results(struct lower *l, struct block *b, int first, const int *targets) {
    for (int i = first; i < b->result->inputs.count; i++) {
        int *hint = &l->hint[b->result->inputs.items[i]->unique];
        if (*hint == NO_REGISTER) *hint = targets[i - first];
    }
}

/* If. */

static bool dies_in(const struct node_life *life, const struct ir_value *v) {
    for (int i = 0; i < life->kills.count; i++)
        if (life->kills.items[i] == v) return true;
    return false;
}

static bool is_among(const int *places, int count, int place) {
    for (int i = 0; i < count; i++)
        if (places[i] == place) return true;
    return false;
}

/* The register that the output is wanted in, if what is there now dies in this If; else a new one. */
static int if_target(struct lower *l, const struct node_life *life, const struct ir_value *output,
                     const int *taken, int taken_count) {
    int hint = l->hint[output->unique];
    enum register_class class = class_of(output->type);
    if (hint != NO_REGISTER && !is_among(taken, taken_count, hint)) {
        const struct register_state *r = &l->registers.items[hint];
        if (r->class == class && r->held && (!r->occupant || dies_in(life, r->occupant))) return hint;
    }
    return register_take(l, class);
}

static int *if_targets(struct lower *l, struct node *n) {
    const struct node_life *life = liveness_of(&l->life, n);
    int *targets = arena_array(&l->scratch, int, n->outputs.count + 1);
    for (int i = 0; targets && i < n->outputs.count; i++) {
        targets[i] = if_target(l, life, n->outputs.items[i], targets, i);
        if (targets[i] == NO_REGISTER) return NULL;
        l->registers.items[targets[i]].held++;
    }
    if (!targets) error_memory(l->err);
    return targets;
}

static bool lower_arm(struct lower *l, struct node *n, int arm, const int *targets) {
    struct block *b = n->blocks.items[arm];
    l->level++;
    hint_results(l, b, 0, targets);
    if (!lower_nodes(l, b, &liveness_of(&l->life, n)->start[arm])) return false;
    l->range = n->range;
    struct move *moves = block_moves(l, b, 0, targets);
    if (!moves || !emit_moves(l, moves, b->result->inputs.count)) return false;
    kill_last_inputs(l, b->result);
    l->level--;
    return true;
}

/* Registers of outer values that died in both arms are free from here on. */
static void end_if(struct lower *l, struct node *n, const int *targets) {
    const struct node_life *life = liveness_of(&l->life, n);
    for (int i = 0; i < n->outputs.count; i++) {
        l->registers.items[targets[i]].held--;
        l->place[n->outputs.items[i]->unique] = targets[i];
        register_occupy(l, targets[i], n->outputs.items[i]);
    }
    for (int i = 0; i < life->kills.count; i++) {
        int place = place_of(l, life->kills.items[i]);
        if (place != NO_REGISTER) register_give_back(l, place);
    }
}

static bool lower_if(struct lower *l, struct node *n) {
    struct instruction *jump = emit_condition_jump(l, n->inputs.items[0], false, false);
    if (!jump) return false;
    int to_else = (int)(jump - l->instructions.items), to_end = -1;
    kill_last_inputs(l, n);
    int *targets = if_targets(l, n);
    if (!targets) return false;
    int mark = l->changes.count;
    if (!lower_arm(l, n, 0, targets)) return false;
    occupants_restore(l, mark);
    to_end = emit_here(l);
    if (!emit_op(l, CODE_JUMP, 0, 0, 0)) return false;
    jump_here(l, to_else);
    if (!lower_arm(l, n, 1, targets)) return false;
    if (emit_here(l) == to_end + 1) { /* the other arm is empty: no jump over it */
        l->instructions.count = l->ranges.count = to_end;
        jump_here(l, to_else);
    } else {
        jump_here(l, to_end);
    }
    end_if(l, n, targets);
    return drop_dead_outputs(l, n);
}

/* Loop. */

struct loop {
    struct node *node;
    struct block *body;
    int carried;       /* how many values go round */
    int *targets;      /* their registers */
    int trip, counter; /* registers; NO_REGISTER: endless, or nobody counts */
    int exits[2];      /* jumps out */
};

static int loop_target(struct lower *l, struct loop *loop, int i) {
    struct node *n = loop->node;
    const struct node_life *life = liveness_of(&l->life, n);
    const struct ir_value *init = n->inputs.items[2 + i], *output = n->outputs.items[i];
    enum register_class class = class_of(output->type);
    int hint = l->hint[output->unique], place = place_of(l, init);
    bool dies = life->last[2 + i] && !is_constant_place(l, place) && place != loop->trip;
    if (hint != NO_REGISTER && !is_among(loop->targets, i, hint)) {
        const struct register_state *r = &l->registers.items[hint];
        if (r->class == class && r->held && (!r->occupant || (dies && r->occupant == init))) return hint;
    }
    if (dies && class_at(l, place) == class && !l->registers.items[place].held) return place;
    return register_take(l, class);
}

static bool loop_targets(struct lower *l, struct loop *loop) {
    loop->targets = arena_array(&l->scratch, int, loop->carried + 1);
    if (!loop->targets) return error_memory(l->err);
    for (int i = 0; i < loop->carried; i++) {
        loop->targets[i] = loop_target(l, loop, i);
        if (loop->targets[i] == NO_REGISTER) return false;
        l->registers.items[loop->targets[i]].held++;
    }
    return true;
}

static bool move_in(struct lower *l, struct loop *loop) {
    struct node *n = loop->node;
    const struct node_life *life = liveness_of(&l->life, n);
    struct move *moves = arena_array(&l->scratch, struct move, loop->carried + 1);
    if (!moves) return error_memory(l->err);
    for (int i = 0; i < loop->carried; i++)
        moves[i] = (struct move){loop->targets[i], place_of(l, n->inputs.items[2 + i]), life->last[2 + i]};
    return emit_moves(l, moves, loop->carried);
}

static void bind_parameters(struct lower *l, struct loop *loop) {
    kill_last_inputs(l, loop->node);
    for (int i = 0; i < loop->carried; i++) {
        const struct ir_value *parameter = loop->body->param->outputs.items[1 + i];
        register_occupy(l, loop->targets[i], parameter);
        l->place[parameter->unique] = loop->targets[i];
    }
    hint_results(l, loop->body, 1, loop->targets);
}

/* The counter, and the jumps out of a loop that makes no turn at all. */
static bool begin_counting(struct lower *l, struct loop *loop) {
    const struct ir_value *index = loop->body->param->outputs.items[0];
    int64_t turns;
    bool known = known_int(loop->node->inputs.items[0], &turns), endless = known && turns == INT64_MAX, truth;
    if (endless) loop->trip = NO_REGISTER;
    if (!endless || index->uses.count) {
        loop->counter = register_take(l, CLASS_INT);
        if (loop->counter == NO_REGISTER) return false;
        l->registers.items[loop->counter].held++;
        l->place[index->unique] = loop->counter;
        if (!emit_op(l, CODE_LOAD_INT, loop->counter, 0, 0)) return false;
    }
    if (endless && index->uses.count) loop->trip = place_of(l, loop->node->inputs.items[0]);
    if (!known || turns <= 0) {
        struct instruction *jump = emit(l, CODE_JUMP_LE, 0, loop->trip, loop->counter);
        if (!jump) return false;
        loop->exits[0] = (int)(jump - l->instructions.items);
    }
    struct ir_value *condition = loop->node->inputs.items[1];
    if (known_bool(condition, &truth) && truth) return true;
    struct instruction *jump = emit_condition_jump(l, condition, false, false);
    if (!jump) return false;
    loop->exits[1] = (int)(jump - l->instructions.items);
    return true;
}

/* The condition must outlast the moves: a copy of it when one of them writes its register. */
static int safe_condition(struct lower *l, struct loop *loop, const struct ir_value *condition,
                          const struct move *moves) {
    int place = place_of(l, condition);
    for (int i = 0; i < loop->carried; i++) {
        if (moves[i].to != place || moves[i].from == place) continue;
        int copy = register_take(l, CLASS_BOOL);
        if (copy == NO_REGISTER || !emit_move(l, copy, place, false)) return NO_REGISTER;
        return copy;
    }
    return place;
}

static bool moves_are_none(const struct move *moves, int count) {
    for (int i = 0; i < count; i++)
        if (moves[i].from != moves[i].to) return false;
    return true;
}

static bool jump_back(struct lower *l, struct loop *loop, struct ir_value *condition, int place, bool counts,
                      int top) {
    struct instruction *jump;
    bool truth, always = known_bool(condition, &truth) && truth;
    if (counts && always)
        jump = emit(l, CODE_LOOP, loop->counter, loop->trip, 0);
    else if (counts)
        jump = emit(l, CODE_BACK_LOOP_IF, loop->counter, loop->trip, place);
    else if (always)
        jump = emit(l, CODE_BACK, 0, 0, 0);
    else
        jump = emit(l, CODE_BACK_IF, 0, place, 0);
    if (!jump) return false;
    jump->k.target = top;
    return true;
}

/* The end of a turn: what is carried moves to its registers, then back to the top if there is another turn.
 */
static bool end_turn(struct lower *l, struct loop *loop, int top) {
    struct ir_value *condition = loop->body->result->inputs.items[0];
    struct move *moves = block_moves(l, loop->body, 1, loop->targets);
    if (!moves) return false;
    bool counts = loop->counter != NO_REGISTER, deferred = compare_is_deferred(l, condition->node);
    if (deferred && !counts && moves_are_none(moves, loop->carried)) {
        struct instruction *jump = emit_condition_jump(l, condition, true, true);
        if (!jump) return false;
        jump->k.target = top;
    } else {
        if (deferred && !lower_scalar(l, condition->node)) return false;
        int place = safe_condition(l, loop, condition, moves);
        if (place == NO_REGISTER || !emit_moves(l, moves, loop->carried)) return false;
        if (!jump_back(l, loop, condition, place, counts, top)) return false;
        if (deferred) kill_value(l, condition);
    }
    kill_last_inputs(l, loop->body->result);
    return true;
}

static void end_loop(struct lower *l, struct loop *loop, int trip_held) {
    for (int i = 0; i < loop->carried; i++) {
        const struct ir_value *output = loop->node->outputs.items[i];
        l->registers.items[loop->targets[i]].held--;
        l->place[output->unique] = loop->targets[i];
        register_occupy(l, loop->targets[i], output);
    }
    int ends[] = {loop->counter, trip_held};
    for (int i = 0; i < 2; i++) {
        if (ends[i] == NO_REGISTER) continue;
        l->registers.items[ends[i]].held--;
        register_give_back(l, ends[i]);
    }
}

static bool lower_loop(struct lower *l, struct node *n) {
    struct loop loop = {.node = n,
                        .body = n->blocks.items[0],
                        .carried = n->outputs.count,
                        .counter = NO_REGISTER,
                        .exits = {-1, -1}};
    if (n->inputs.count != loop.carried + 2 || loop.body->param->outputs.count != loop.carried + 1 ||
        loop.body->result->inputs.count != loop.carried + 1)
        return error_set(l->err, LB_ERROR_INTERNAL, "a loop's inputs and outputs do not fit");
    int trip = loop.trip = place_of(l, n->inputs.items[0]);
    if (trip == NO_REGISTER || class_at(l, trip) != CLASS_INT)
        return error_set(l->err, LB_ERROR_INTERNAL, "a loop's trip count is no int");
    l->registers.items[trip].held++;
    if (!loop_targets(l, &loop) || !move_in(l, &loop) || !begin_counting(l, &loop)) return false;
    bind_parameters(l, &loop);
    const struct node_life *life = liveness_of(&l->life, n);
    int top = emit_here(l);
    if (!lower_nodes(l, loop.body, &life->start[0])) return false;
    l->range = n->range;
    if (!end_turn(l, &loop, top)) return false;
    jump_here(l, loop.exits[0]);
    jump_here(l, loop.exits[1]);
    end_loop(l, &loop, trip);
    return drop_values(l, &life->kills) && drop_dead_outputs(l, n);
}

static bool lower_structured(struct lower *l, struct node *n) {
    if (++l->depth > MAX_NESTING) return error_set(l->err, LB_ERROR_LIMIT, "blocks are nested too deeply");
    bool good = false;
    if (node_is(n, KIND_IF) && n->blocks.count == 2 && n->inputs.count == 1)
        good = lower_if(l, n);
    else if (node_is(n, KIND_LOOP) && n->blocks.count == 1 && n->inputs.count >= 2)
        good = lower_loop(l, n);
    else
        error_set(l->err, LB_ERROR_UNSUPPORTED, "%s with blocks cannot be run", n->kind->text);
    l->depth--;
    return good;
}

/* A whole graph. */

static bool add_constant(struct lower *l, struct node *n) {
    lb_value value;
    if (!node_constant(n, &value)) value = value_none(); /* a function: calls know it by their node */
    l->place[n->outputs.items[0]->unique] = l->constants.count;
    return array_push_in(&l->scratch, &l->constants, value) || error_memory(l->err);
}

static bool find_constants(struct lower *l, struct block *b) {
    for (struct node *n = block_first(b); n != b->result; n = n->next) {
        if (node_is(n, KIND_CONSTANT) && n->outputs.count == 1 && !add_constant(l, n)) return false;
        for (int i = 0; i < n->blocks.count; i++)
            if (!find_constants(l, n->blocks.items[i])) return false;
    }
    return true;
}

static const uint8_t class_of_tag[] = {[VALUE_NONE] = CLASS_ANY,
                                       [VALUE_BOOL] = CLASS_BOOL,
                                       [VALUE_INT] = CLASS_INT,
                                       [VALUE_FLOAT] = CLASS_FLOAT};

static bool register_constants(struct lower *l) {
    if (l->constants.count >= MAX_REGISTERS) return error_set(l->err, LB_ERROR_LIMIT, "too many constants");
    l->code->constant_count = l->constants.count;
    for (int i = 0; i < l->constants.count; i++) {
        uint32_t tag = l->constants.items[i].tag;
        struct register_state state = {.class = tag <= VALUE_FLOAT ? class_of_tag[tag] : CLASS_ANY};
        if (!array_push_in(&l->scratch, &l->registers, state)) return error_memory(l->err);
    }
    return true;
}

static bool define_parameters(struct lower *l, struct graph *graph) {
    struct node *param = graph->top->param;
    struct code *code = l->code;
    code->parameter_count = param->outputs.count;
    code->parameters = arena_array(&code->memory, uint16_t, param->outputs.count + 1);
    if (!code->parameters) return error_memory(l->err);
    for (int i = 0; i < param->outputs.count; i++) {
        int place = define_value(l, param->outputs.items[i]);
        if (place == NO_REGISTER) return false;
        code->parameters[i] = (uint16_t)place;
    }
    return true;
}

/* Several results leave as one tuple. */
static bool lower_return(struct lower *l, struct graph *graph) {
    struct node *result = graph->top->result;
    if (result->inputs.count == 1) {
        int place = place_of(l, result->inputs.items[0]);
        return emit_op(l, CODE_RETURN, 0, place, liveness_of(&l->life, result)->last[0]);
    }
    struct site *site = new_site(l, result, 0);
    int place = register_take(l, CLASS_ANY);
    if (!site || place == NO_REGISTER) return false;
    site->results[0] = (uint16_t)place;
    site->result_count = 1;
    return emit_site(l, CODE_MAKE_TUPLE, site) && emit_op(l, CODE_RETURN, 0, place, 1);
}

static bool copy_registers(struct lower *l) {
    static const uint32_t tags[CLASS_COUNT] = {VALUE_INT, VALUE_FLOAT, VALUE_BOOL, VALUE_NONE};
    struct code *code = l->code;
    code->register_count = l->registers.count;
    code->initial = arena_array(&code->memory, lb_value, l->registers.count + 1);
    code->classes = arena_array(&code->memory, uint8_t, l->registers.count + 1);
    if (!code->initial || !code->classes) return error_memory(l->err);
    for (int i = 0; i < l->registers.count; i++) {
        code->classes[i] = l->registers.items[i].class;
        code->initial[i] = i < code->constant_count
                               ? l->constants.items[i]
                               : (lb_value){.tag = tags[code->classes[i]], .i = l->registers.items[i].preset};
    }
    return true;
}

/* Jumps to jumps go where those go; a jump to the end of a loop's turn becomes that end. */
static void shorten_jumps(struct lower *l) {
    struct instruction *all = l->instructions.items;
    for (int i = 0; i < l->instructions.count; i++) {
        if (opcode_table[all[i].op].k != 'J') continue;
        for (int hops = 0; hops < 16 && all[all[i].k.target].op == CODE_JUMP; hops++)
            all[i].k.target = all[all[i].k.target].k.target;
        const struct instruction *end = &all[all[i].k.target];
        int64_t skipped = end - &all[i];
        if (all[i].op != CODE_JUMP || skipped < 0 || skipped > UINT16_MAX) continue;
        if (end->op == CODE_BACK) all[i] = *end;
        if (end->op != CODE_LOOP) continue;
        all[i] = *end;
        all[i].c = (uint16_t)(all[i].c + skipped);
    }
}

/* As the interpreter wants them (struct instruction): registers count double, jumps are relative. */
static void settle_operands(struct lower *l) {
    for (int i = 0; i < l->instructions.count; i++) {
        struct instruction *at = &l->instructions.items[i];
        const struct opcode_facts *facts = &opcode_table[at->op];
        at->a = (uint16_t)(code_is_register(facts->a) ? at->a * 2 : at->a);
        at->b = (uint16_t)(code_is_register(facts->b) ? at->b * 2 : at->b);
        at->c = (uint16_t)(code_is_register(facts->c) ? at->c * 2 : at->c);
        if (facts->k == 'J') at->k.target -= i;
    }
}

static bool finish_code(struct lower *l) {
    struct code *code = l->code;
    shorten_jumps(l);
    settle_operands(l);
    code->count = l->instructions.count;
    code->instructions =
        arena_copy(&code->memory, l->instructions.items, sizeof *l->instructions.items * (size_t)code->count);
    code->ranges = arena_copy(&code->memory, l->ranges.items, sizeof *l->ranges.items * (size_t)code->count);
    if (!code->instructions || !code->ranges) return error_memory(l->err);
    return copy_registers(l);
}

static bool prepare(struct lower *l, struct graph *graph) {
    size_t bytes = sizeof(int) * ((size_t)graph->next_unique + 1);
    l->place = arena_alloc(&l->scratch, bytes);
    l->hint = arena_alloc(&l->scratch, bytes);
    if (!l->place || !l->hint) return error_memory(l->err);
    memset(l->place, 0xff, bytes); /* NO_REGISTER */
    memset(l->hint, 0xff, bytes);
    return liveness_find(&l->life, graph, &l->scratch, l->err) && find_constants(l, graph->top) &&
           register_constants(l) && define_parameters(l, graph);
}

static bool lower_all(struct lower *l, struct graph *graph) {
    return prepare(l, graph) && lower_nodes(l, graph->top, &l->life.start) && lower_return(l, graph) &&
           finish_code(l);
}

struct code *lower_graph(struct unit *unit, struct function *function, struct graph *graph, const char *name,
                         int depth, lb_error *err) {
    if (depth > MAX_FORK_DEPTH) {
        error_set(err, LB_ERROR_LIMIT, "forks are nested too deeply");
        return NULL;
    }
    struct code *code = mem_zeroed(1, sizeof *code);
    if (!code) {
        error_memory(err);
        return NULL;
    }
    code->function = function;
    code->name = arena_text(&code->memory, name, strlen(name));
    struct lower l = {.code = code, .unit = unit, .err = err, .fork_depth = depth};
    bool good = code->name ? lower_all(&l, graph) : error_memory(err);
    liveness_free(&l.life);
    arena_free(&l.scratch);
    if (good) return code;
    code_free(code);
    return NULL;
}

struct code *code_lower(struct unit *unit, struct function *function, struct graph *graph, const char *name,
                        lb_error *err) {
    return lower_graph(unit, function, graph, name, 0, err);
}

void code_free(struct code *code) {
    if (!code) return;
    for (int i = 0; i < code->children.count; i++) code_free(code->children.items[i]);
    for (int i = 0; i < code->sites.count; i++) op_cache_release(&code->sites.items[i]->cache);
    if (code->owned_graph) graph_free(code->owned_graph);
    code_free(code->eval);
    arena_free(&code->memory);
    mem_free(code);
}
