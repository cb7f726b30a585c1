/* Arithmetic of ints, floats and bools: which operators have instructions of their own, and the comparisons
 * that melt into the jump behind them. An operand of the other number class is converted first
 * (aten::add.int_float). */
#include "exec/lower.h"
#include <string.h>

struct scalar_row {
    const char *name, *overload;
    uint8_t op;
    bool swapped; /* a > b is b < a */
};

#define BINARY(name, op)                                                    \
    {name, "int", CODE_##op, false}, {name, "float", CODE_##op##_F, false}, \
        {name, "int_float", CODE_##op##_F, false}, {                        \
        name, "float_int", CODE_##op##_F, false                             \
    }
#define COMPARISON(name, op, swapped)                                           \
    {name, "int", CODE_##op, swapped}, {name, "float", CODE_##op##_F, swapped}, \
        {name, "int_float", CODE_##op##_F, swapped}, {                          \
        name, "float_int", CODE_##op##_F, swapped                               \
    }

static const struct scalar_row scalar_rows[] = {
    BINARY("aten::add", ADD),
    BINARY("aten::sub", SUB),
    BINARY("aten::mul", MUL),
    {"aten::div", "int", CODE_DIV_F, false},
    {"aten::div", "float", CODE_DIV_F, false},
    {"aten::floordiv", "int", CODE_FLOORDIV, false},
    {"aten::remainder", "int", CODE_REM, false},
    {"aten::neg", "int", CODE_NEG, false},
    {"aten::neg", "float", CODE_NEG_F, false},
    {"aten::__and__", "int", CODE_AND, false},
    {"aten::__or__", "int", CODE_OR, false},
    {"aten::__xor__", "int", CODE_XOR, false},
    {"aten::__lshift__", "int", CODE_SHL, false},
    {"aten::__rshift__", "int", CODE_SHR, false},
    {"prim::min", "int", CODE_MIN, false},
    {"prim::max", "int", CODE_MAX, false},
    COMPARISON("aten::eq", EQ, false),
    COMPARISON("aten::ne", NE, false),
    COMPARISON("aten::lt", LT, false),
    COMPARISON("aten::le", LE, false),
    COMPARISON("aten::gt", LT, true),
    COMPARISON("aten::ge", LE, true),
    {"aten::eq", "bool", CODE_EQ_B, false},
    {"aten::ne", "bool", CODE_NE_B, false},
    {"aten::__and__", "bool", CODE_AND_B, false},
    {"aten::__or__", "bool", CODE_OR_B, false},
    {"aten::__xor__", "bool", CODE_NE_B, false},
    {"aten::__not__", "", CODE_NOT, false},
    {"aten::Int", "float", CODE_FLOAT_TO_INT, false},
    {"aten::Int", "bool", CODE_BOOL_TO_INT, false},
    {"aten::Float", "int", CODE_INT_TO_FLOAT, false},
    {"aten::Float", "bool", CODE_BOOL_TO_FLOAT, false},
    {"aten::Bool", "int", CODE_INT_TO_BOOL, false},
    {"aten::Bool", "float", CODE_FLOAT_TO_BOOL, false},
};

static const struct scalar_row *find_row(const struct node *n) {
    if (!n->row || n->outputs.count != 1 || class_of(n->outputs.items[0]->type) == CLASS_ANY) return NULL;
    const char *name = op_name(n->row), *overload = op_overload(n->row);
    for (size_t i = 0; i < sizeof scalar_rows / sizeof *scalar_rows; i++)
        if (!strcmp(scalar_rows[i].name, name) && !strcmp(scalar_rows[i].overload, overload))
            return &scalar_rows[i];
    return NULL;
}

static enum register_class class_of_letter(char letter) {
    switch (letter) {
    case 'I':
    case 'i': return CLASS_INT;
    case 'F':
    case 'f': return CLASS_FLOAT;
    case 'B':
    case 'b': return CLASS_BOOL;
    default: return CLASS_ANY;
    }
}

static bool input_fits(const struct lower *l, const struct node *n, int i, char letter) {
    if (letter == '-') return n->inputs.count <= i;
    if (i >= n->inputs.count) return false;
    int place = place_of(l, n->inputs.items[i]);
    if (place == NO_REGISTER) return false;
    enum register_class have = class_at(l, place), want = class_of_letter(letter);
    return have == want || (have == CLASS_INT && want == CLASS_FLOAT);
}

bool is_scalar(const struct lower *l, const struct node *n) {
    const struct scalar_row *row = find_row(n);
    if (!row || n->outputs.count != 1) return false;
    const struct opcode_facts *facts = &opcode_table[row->op];
    if (class_of(n->outputs.items[0]->type) != class_of_letter(facts->a)) return false;
    return input_fits(l, n, 0, facts->b) && input_fits(l, n, 1, facts->c);
}

/* The register of an input, converted to float if need be; *temporary is then the register to give back. */
static int coerce(struct lower *l, const struct ir_value *v, char letter, int *temporary) {
    int place = place_of(l, v);
    if (class_at(l, place) == class_of_letter(letter)) return place;
    *temporary = register_take(l, CLASS_FLOAT);
    if (*temporary == NO_REGISTER || !emit_op(l, CODE_INT_TO_FLOAT, *temporary, place, 0)) return NO_REGISTER;
    return *temporary;
}

struct operands {
    int b, c, temporaries[2];
};

static bool find_operands(struct lower *l, const struct node *n, const struct scalar_row *row,
                          struct operands *o) {
    const struct opcode_facts *facts = &opcode_table[row->op];
    o->temporaries[0] = o->temporaries[1] = NO_REGISTER;
    o->c = 0;
    o->b = coerce(l, n->inputs.items[0], facts->b, &o->temporaries[0]);
    if (o->b == NO_REGISTER) return false;
    if (facts->c != '-') o->c = coerce(l, n->inputs.items[1], facts->c, &o->temporaries[1]);
    if (o->c == NO_REGISTER) return false;
    if (row->swapped) {
        int b = o->b;
        o->b = o->c;
        o->c = b;
    }
    return true;
}

static void release_operands(struct lower *l, const struct operands *o) {
    for (int i = 0; i < 2; i++)
        if (o->temporaries[i] != NO_REGISTER) register_give_back(l, o->temporaries[i]);
}

static void kill_inputs(struct lower *l, const struct node *n) {
    const struct node_life *life = liveness_of(&l->life, n);
    for (int i = 0; i < n->inputs.count; i++)
        if (life->last[i]) kill_value(l, n->inputs.items[i]);
}

/* For a remainder by two multiplications (Lemire, Kaser, Kurz 2019): 2^64 / divisor, rounded up. */
static int reciprocal(struct lower *l, int64_t divisor) {
    return register_preset(l, (int64_t)(UINT64_MAX / (uint64_t)divisor + 1));
}

/* `x % 3` and `x // 3` need no checks. */
static bool emit_by_constant(struct lower *l, enum opcode op, int a, int b, int64_t divisor) {
    int c = op == CODE_REM ? reciprocal(l, divisor) : 0;
    if (c == NO_REGISTER) return false;
    struct instruction *i = emit(l, op == CODE_REM ? CODE_REM_K : CODE_FLOORDIV_K, a, b, c);
    if (i) i->k.integer = divisor;
    return i;
}

bool lower_scalar(struct lower *l, struct node *n) {
    const struct scalar_row *row = find_row(n);
    struct operands o;
    if (!find_operands(l, n, row, &o)) return false;
    release_operands(l, &o); /* read before the result is written */
    kill_inputs(l, n);
    int a = define_value(l, n->outputs.items[0]);
    if (a == NO_REGISTER) return false;
    int64_t divisor;
    bool divides = row->op == CODE_REM || row->op == CODE_FLOORDIV;
    bool good = divides && known_int(n->inputs.items[1], &divisor) && divisor > 0
                    ? emit_by_constant(l, (enum opcode)row->op, a, o.b, divisor)
                    : emit_op(l, (enum opcode)row->op, a, o.b, o.c);
    return good && drop_dead_outputs(l, n);
}

/* Comparisons and the jumps they melt into: when true, when false, backwards when true. */
struct jump_row {
    uint8_t op, when, unless, back;
    bool unless_swapped; /* not b < c is c <= b, for ints */
};
static const struct jump_row jump_rows[] = {
    {CODE_EQ, CODE_JUMP_EQ, CODE_JUMP_NE, CODE_BACK_EQ, false},
    {CODE_NE, CODE_JUMP_NE, CODE_JUMP_EQ, CODE_BACK_NE, false},
    {CODE_LT, CODE_JUMP_LT, CODE_JUMP_LE, CODE_BACK_LT, true},
    {CODE_LE, CODE_JUMP_LE, CODE_JUMP_LT, CODE_BACK_LE, true},
    {CODE_LT_F, CODE_JUMP_LT_F, CODE_JUMP_NOT_LT_F, 0, false},
    {CODE_LE_F, CODE_JUMP_LE_F, CODE_JUMP_NOT_LE_F, 0, false},
};

static const struct jump_row *find_jump(const struct scalar_row *row) {
    for (size_t i = 0; row && i < sizeof jump_rows / sizeof *jump_rows; i++)
        if (jump_rows[i].op == row->op) return &jump_rows[i];
    return NULL;
}

static const struct node *next_real(const struct node *n) {
    n = n->next;
    while (node_is(n, KIND_CONSTANT)) n = n->next;
    return n;
}

/* `if x % 3 == 0`: the remainder melts into the jump as well. */
bool remainder_is_deferred(const struct lower *l, const struct node *n) {
    int64_t divisor;
    if (!is_scalar(l, n) || find_row(n)->op != CODE_REM || n->outputs.items[0]->uses.count != 1) return false;
    if (!known_int(n->inputs.items[1], &divisor) || divisor <= 0 || divisor > INT32_MAX) return false;
    const struct node *compare = next_real(n);
    const struct use *use = &n->outputs.items[0]->uses.items[0];
    if (use->user != compare || use->offset || !compare->row) return false;
    const struct scalar_row *row = find_row(compare);
    if (!row || (row->op != CODE_EQ && row->op != CODE_NE)) return false;
    int other = place_of(l, compare->inputs.items[1]);
    if (other == NO_REGISTER || class_at(l, other) != CLASS_INT) return false;
    const struct ir_value *truth = compare->outputs.items[0];
    return truth->uses.count == 1 && truth->uses.items[0].user == next_real(compare) &&
           node_is(truth->uses.items[0].user, KIND_IF);
}

bool compare_is_deferred(const struct lower *l, const struct node *n) {
    if (find_row(n) && n->inputs.count == 2 && remainder_is_deferred(l, n->inputs.items[0]->node))
        return true;
    if (!is_scalar(l, n) || n->outputs.items[0]->uses.count != 1) return false;
    const struct jump_row *jump = find_jump(find_row(n));
    const struct use *use = &n->outputs.items[0]->uses.items[0];
    if (!jump || use->user != next_real(n)) return false;
    if (node_is(use->user, KIND_IF)) return true;
    if (node_is(use->user, KIND_LOOP)) return use->offset == 1;
    const struct node *owner = use->user->block->owner;
    return node_is(use->user, KIND_RETURN) && owner && node_is(owner, KIND_LOOP) && !use->offset &&
           jump->back;
}

static struct instruction *emit_remainder_jump(struct lower *l, struct node *compare, bool when) {
    const struct node *remainder = compare->inputs.items[0]->node;
    int64_t divisor = 0;
    known_int(remainder->inputs.items[1], &divisor);
    bool equal = (find_row(compare)->op == CODE_EQ) == when;
    int a = reciprocal(l, divisor);
    if (a == NO_REGISTER) return NULL;
    struct instruction *i =
        emit(l, equal ? CODE_JUMP_REM_EQ : CODE_JUMP_REM_NE, a, place_of(l, remainder->inputs.items[0]),
             place_of(l, compare->inputs.items[1]));
    if (i) i->k.number = (int32_t)divisor;
    kill_inputs(l, remainder);
    kill_inputs(l, compare);
    return i;
}

static struct instruction *emit_compare_jump(struct lower *l, struct node *n, bool when, bool back) {
    const struct scalar_row *row = find_row(n);
    const struct jump_row *jump = find_jump(row);
    struct operands o;
    if (remainder_is_deferred(l, n->inputs.items[0]->node)) return emit_remainder_jump(l, n, when);
    if (!find_operands(l, n, row, &o)) return NULL;
    bool swap = !when && jump->unless_swapped;
    enum opcode op = (enum opcode)(back ? jump->back : when ? jump->when : jump->unless);
    struct instruction *i = emit(l, op, 0, swap ? o.c : o.b, swap ? o.b : o.c);
    release_operands(l, &o);
    kill_inputs(l, n);
    return i;
}

struct instruction *emit_condition_jump(struct lower *l, struct ir_value *condition, bool when, bool back) {
    if (compare_is_deferred(l, condition->node)) return emit_compare_jump(l, condition->node, when, back);
    int place = place_of(l, condition);
    if (place == NO_REGISTER || class_at(l, place) != CLASS_BOOL) {
        error_set(l->err, LB_ERROR_INTERNAL, "a condition is no bool");
        return NULL;
    }
    return emit(l, back ? CODE_BACK_IF : when ? CODE_JUMP_IF : CODE_JUMP_UNLESS, 0, place, 0);
}
