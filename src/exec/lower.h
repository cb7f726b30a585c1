/* Inside of lowering, shared by lower.c (structure: blocks, ifs, loops, moves), registers.c (which value
 * lives where) and select.c (one node to instructions). */
#ifndef LINKBOY_EXEC_LOWER_H
#define LINKBOY_EXEC_LOWER_H
#include "exec/code.h"
#include "exec/live.h"

enum { NO_REGISTER = -1, MAX_REGISTERS = 32767 };

/* What is known of a register while lowering. */
struct register_state {
    uint8_t class;  /* enum register_class */
    int held;       /* a target of ifs and loops that are being lowered: not to be given away */
    int level;      /* nesting of ifs in which it was taken */
    int64_t preset; /* what an int register holds from the start */
    const struct ir_value *occupant; /* NULL: nothing is in it (now, on this path) */
};

/* Who sat in a register before; undone when the other arm of an If is lowered. */
struct occupant_change {
    int place;
    const struct ir_value *before;
};

struct lower {
    struct code *code;
    struct unit *unit;
    struct arena scratch; /* gone when lowering is done */
    lb_error *err;
    struct liveness life;
    int *place; /* of a value, by its number; NO_REGISTER: none yet */
    int *hint;  /* the register in which a value is wanted */
    ARRAY_OF(struct register_state) registers;
    ARRAY_OF(int) free[CLASS_COUNT];
    ARRAY_OF(struct occupant_change) changes;
    ARRAY_OF(lb_value) constants;
    ARRAY_OF(struct instruction) instructions;
    ARRAY_OF(struct source_range) ranges;
    struct source_range range; /* of the node that is being lowered */
    int level, depth, fork_depth;
};

/* registers.c */
enum register_class class_of(const struct type *type);
int register_take(struct lower *l, enum register_class class); /* -1: error set */
int register_preset(struct lower *l, int64_t number);          /* an int register that nobody writes */
void register_give_back(struct lower *l, int place);           /* if nothing is in it and nobody holds it */
void register_occupy(struct lower *l, int place, const struct ir_value *v);
/* Gives a value its register (a hint is followed if that is free). */
int define_value(struct lower *l, const struct ir_value *v);
bool define_outputs(struct lower *l, struct node *n);
void kill_value(struct lower *l,
                const struct ir_value *v); /* its register is free, as far as this path goes */
bool drop_value(struct lower *l,
                const struct ir_value *v); /* the same, with an instruction if one is needed */
/* Unused outputs. */
bool drop_dead_outputs(struct lower *l, struct node *n);
/* Undoes the changes of occupants since this count of changes. */
void occupants_restore(struct lower *l, int mark);
static inline int place_of(const struct lower *l, const struct ir_value *v) {
    return l->place[v->unique];
}
static inline bool is_constant_place(const struct lower *l, int place) {
    return place < l->code->constant_count;
}
static inline enum register_class class_at(const struct lower *l, int place) {
    return (enum register_class)l->registers.items[place].class;
}

/* emitting */
struct instruction *emit(struct lower *l, enum opcode op, int a, int b, int c); /* NULL: memory */
bool emit_op(struct lower *l, enum opcode op, int a, int b, int c);
int emit_here(const struct lower *l);
/* a = b in whatever way their classes ask for; `last`: b's value may be moved. */
bool emit_move(struct lower *l, int to, int from, bool last);
struct move {
    int to, from;
    bool last;
};
/* All at once: no target is overwritten before it was read. */
bool emit_moves(struct lower *l, struct move *moves, int count);
/* A site whose arguments are the node's inputs [first, count); kills those at their last use. */
struct site *new_site(struct lower *l, struct node *n, int first);
bool emit_site(struct lower *l, enum opcode op, struct site *site);

/* select.c: a node without blocks. */
bool lower_node(struct lower *l, struct node *n);
/* scalar.c: arithmetic of ints, floats and bools. Whether this node has a form in instructions of its own. */
bool is_scalar(const struct lower *l, const struct node *n);
bool lower_scalar(struct lower *l, struct node *n);
/* Whether this is a comparison that the jump right behind it takes over: lower_node() leaves it out then. */
bool compare_is_deferred(const struct lower *l, const struct node *n);
bool remainder_is_deferred(const struct lower *l,
                           const struct node *n); /* likewise, by the comparison behind it */
/* Jumps when the condition is `when`; the caller sets the target. A deferred comparison's operands die here.
 * `back`: one of the instructions that count steps. */
struct instruction *emit_condition_jump(struct lower *l, struct ir_value *condition, bool when, bool back);
/* The number that a value is known to be. */
bool known_int(const struct ir_value *v, int64_t *number);
bool known_bool(const struct ir_value *v, bool *truth);
struct code *lower_graph(struct unit *unit, struct function *function, struct graph *graph, const char *name,
                         int depth, lb_error *err);
#endif
