/* Bytecode of one function: made from its graph by lower.c, run by interpreter.c, never changed afterwards,
 * so that any number of threads may run it. Registers are values of 16 bytes in one row a frame:
 *
 *   [ constants | all others ]
 *
 * Constants are never written and are borrowed from the graph. Registers of the classes int, float and bool
 * hold their tag from the start; those of CLASS_ANY hold None or an owned value. A frame starts as a copy of
 * `initial`. */
#ifndef LINKBOY_EXEC_CODE_H
#define LINKBOY_EXEC_CODE_H
#include "exec/opcodes.h"
#include "ir/graph.h"
#include "ops/call.h"
#include "passes/assume_eval.h"

enum opcode {
#define X(suffix, text, a, b, c, k) CODE_##suffix,
    OPCODES(X)
#undef X
        OPCODE_COUNT
};

struct opcode_facts {
    const char *text;
    char a, b, c, k;
};
extern const struct opcode_facts opcode_table[OPCODE_COUNT];

struct instruction {
    uint16_t op;      /* enum opcode */
    uint16_t a, b, c; /* registers count double here: it spares the interpreter a shift */
    union {
        int64_t integer;
        struct {
            int32_t target; /* of a jump: how many instructions on (or back) */
            int32_t number; /* divisor of JUMP_REM_EQ and JUMP_REM_NE */
        };
        struct site *site;
        const struct type *type;
    } k;
};

/* Whether an operand's letter means a register. */
static inline bool code_is_register(char letter) {
    return letter != '-' && letter != 'N';
}

enum register_class { CLASS_INT, CLASS_FLOAT, CLASS_BOOL, CLASS_ANY, CLASS_COUNT };

/* An argument of a site. */
struct operand {
    uint16_t place; /* register */
    bool last;      /* its last use: the value may be moved out, and is dropped afterwards */
};

/* What an instruction with many operands knows: an operator, a call, a container to make. */
struct site {
    const struct op_row *row;
    op_kernel run;
    struct function *function;       /* the callee */
    const struct op_fusion *fusion;  /* FUSED */
    struct code *code;               /* FORK, FUSED, TRY: the subgraph's */
    const struct name *name;         /* method of an interface; attribute of HAS_ATTRIBUTE */
    const struct type *type;         /* of the (first) result */
    const struct type *const *types; /* IS_INSTANCE */
    int type_count;
    int64_t low, high;   /* TUPLE_SLICE */
    const char *message; /* FAIL */
    const char *catches; /* TRY: the classes of each handler, "A B;C" */
    bool tells;          /* TRY: what was caught is looked at; MAKE_LIST: its item may be unset */
    int argument_count, result_count, drop_count;
    uint16_t *results; /* registers */
    uint16_t *drops;   /* registers of arguments whose last use this is */
    struct operand *arguments;
    uint32_t dying;           /* bit i: argument i is at its last use */
    uint32_t tensors;         /* bit i: argument i is a tensor or a list of such, whose layout decides */
    uint32_t steady, written; /* bit i: argument i comes from an attribute or constant; is written (a!) */
    uint32_t defined;         /* bit i: result i, one of several, is a tensor that somebody uses */
    op_cache_slot cache;      /* what the operator keeps between calls; see ops/call.h */
};

struct code {
    struct arena memory;
    struct function *function; /* NULL for a forked graph */
    const char *name;          /* in tracebacks */
    struct instruction *instructions;
    struct source_range *ranges; /* one for each instruction */
    int count;
    lb_value *initial;
    int register_count, constant_count;
    uint8_t *classes;     /* enum register_class of each register */
    uint16_t *parameters; /* their registers */
    int parameter_count;
    int scratch; /* most arguments or results of a site */
    ARRAY_OF(struct site *) sites;
    ARRAY_OF(struct code *) children; /* forked graphs' code, owned */
    struct graph *owned_graph;        /* a copy that was made for running; NULL: the function's own */
    struct code *eval;                /* the same for modules in eval mode; NULL: there is none */
    struct eval_guards eval_guards;   /* hold: `eval` may run instead */
};

/* Lowers a graph. NULL with an error when it cannot be run at all. */
struct code *code_lower(struct unit *unit, struct function *function, struct graph *graph, const char *name,
                        lb_error *err);
void code_free(struct code *code);
/* The function's code, made at the first call; any thread. NULL: an error. */
const struct code *code_of(struct unit *unit, struct function *function, lb_error *err);
/* Text, an instruction a line; for tests and for people. */
void code_put(struct text *out, const struct code *code);
/* Whether every operand is what its opcode says and every jump lands inside. For tests: lowering must give
 * such code. */
bool code_verify(const struct code *code, lb_error *err);
#endif
