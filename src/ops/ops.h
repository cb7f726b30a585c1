/* The operator table: every operator that PyTorch's TorchScript knows, found by name.
 *
 * The rows come from src/ops/rows; src/ops/generate/generate.c turns them into constant tables in one text
 * pool with a perfect hash by operator name, so that nothing is registered or relocated when the process
 * starts. A row without a kernel is known (it is matched, printed, saved) but cannot run. What a call looks
 * like is call.h's matter; what a schema's text means is that of the schema parser. */
#ifndef LINKBOY_OPS_OPS_H
#define LINKBOY_OPS_OPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct op_call;
typedef bool (*op_kernel)(struct op_call *call);

/* Traits. The first four are read off the schema's text by the generator, the others are words of the rows.
 */
enum op_trait {
    OP_MUTATES = 1u << 0,  /* some argument is written: `(a!)` */
    OP_ALIASES = 1u << 1,  /* some result shares memory with an argument: `(a)`, `(*)` in the results */
    OP_VARIADIC = 1u << 2, /* arguments end in `...` */
    OP_VARIADIC_RESULT = 1u << 3, /* results are `...` */
    OP_RANDOM = 1u << 4,          /* draws from the generator (PyTorch's tag nondeterministic_seeded) */
    OP_SIDE_EFFECTS = 1u << 5,    /* Node::hasSideEffects in torch/csrc/jit/ir/ir.cpp */
    OP_SYSTEM = 1u << 6,          /* reaches outside the process: files, clock, network */
    OP_IN_PLACE = 1u << 7, /* `name_(Tensor(a!) self, ...)`: writes its first argument; read off the text */
    OP_OUT = 1u << 8,   /* `*, Tensor(a!) out`: writes its last arguments, one a result; read off the text */
    OP_EXACT = 1u << 9, /* what is written must have the result's dtype already: structured kernels that are
                           no TensorIterator, and the out= forms that torchgen writes */
    OP_INTERPRETED = 1u << 10, /* the interpreter itself runs it: an instruction, no kernel */
    OP_OVERLAPS = 1u << 12,    /* writes what overlaps itself without a word: PyTorch does not look */
    OP_DERIVED = 1u << 13,    /* the kernel is made of the functional one by rule: `into`, `become`, `copy` */
    OP_GRAPH_ONLY = 1u << 11, /* only PyTorch's own passes put it into graphs: no archive can hold it */
};

/* One overload. The texts are offsets into one pool; read them with the functions below. */
struct op_row {
    uint32_t schema;   /* the whole schema as PyTorch prints it */
    uint32_t name;     /* "aten::add" */
    uint32_t overload; /* "Tensor"; "" for the default overload */
    uint32_t source;   /* its body in TorchScript; 0: none */
    uint16_t kernel;   /* place in the table of kernels; 0: none */
    uint16_t traits;
};

const char *op_schema(const struct op_row *row);
/* The dtypes that the first tensor may have, a bit each by number (lb_dtype): what PyTorch takes on the CPU,
 * as far as it is recorded (rows/accepted.dtypes), and what the tests hold this library to. */
uint16_t op_dtypes(const struct op_row *row);
const char *op_name(const struct op_row *row);
const char *op_overload(const struct op_row *row);
/* NULL where there is no kernel. */
op_kernel op_run(const struct op_row *row);
/* An operator that is others put together, in TorchScript: indented lines over the schema's arguments; ""
 * where it is the functional operator, written into what the row writes; "each add" where it is add for every
 * tensor of lists ("each addcmul value=": whose last argument goes by keyword there); NULL: it is not.
 * Programs have it put in the operator's place before they run (lang/decompositions.h, passes/decompose.c).
 */
const char *op_source(const struct op_row *row);
/* Whether a program that reaches it can go on. */
static inline bool op_can_run(const struct op_row *row) {
    return op_run(row) || op_source(row);
}

/* The overloads of an operator, in the order in which PyTorch registered them (the first that fits a call is
 * taken). NULL and a count of 0 where there is no such operator. */
const struct op_row *ops_find(const char *name, size_t length, int *count);
/* One overload, or NULL. */
const struct op_row *ops_find_overload(const char *name, const char *overload);

/* All rows; an index is stable within one build, so a unit may keep what it parsed of a schema by it. */
int ops_count(void);
const struct op_row *ops_at(int index);
int ops_index(const struct op_row *row);

#endif
