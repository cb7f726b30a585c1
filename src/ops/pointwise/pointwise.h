/* Operators that compute each element from the elements at the same place.
 *
 * An operator is a description: how many inputs, a rule for dtypes, and one loop for each compute type. The
 * engine promotes, makes or checks the output, walks the operands together and hands contiguous tiles to the
 * loop, converting on the way in and out where a dtype is not the compute type's own. In-place and out= rows
 * need nothing more: the engine reads them off the row (call_target). */
#ifndef LINKBOY_OPS_POINTWISE_POINTWISE_H
#define LINKBOY_OPS_POINTWISE_POINTWISE_H
#include "kernels/vmath_ops.h"
#include "ops/common/args.h"

struct tile {
    void *out;
    const void *in[3];
    int64_t count;
    const struct number *k; /* the operator's numbers (alpha, beta, ...) */
    const char **problem;   /* a loop that refuses leaves a message here */
};
typedef void tile_loop(const struct tile *t);

enum pointwise_rule {
    RULE_SAME = 0,             /* result has the promoted dtype */
    RULE_FLOAT = 1,            /* integers are computed in the default floating dtype */
    RULE_BOOL = 2,             /* the loop writes bytes of bool */
    RULE_REAL = 4,             /* complex in, real out: the COMPLEX loop writes double */
    RULE_NO_BOOL = 8,          /* refused for bool */
    RULE_NO_CAST = 16,         /* the result may be written to any dtype (comparisons into an output) */
    RULE_NO_HALF = 32,         /* refused for half and bfloat16 */
    RULE_NO_COMPLEX_HALF = 64, /* refused for complex32, as all of RULE_FLOAT are */
};

struct pointwise {
    const char *name; /* PyTorch's kernel name, for messages */
    uint8_t inputs;
    uint32_t
        rule; /* enum pointwise_rule, and which function of the kernels computes the same (WITH_UNARY, ...) */
    tile_loop *loops[COMPUTE_COUNT];
};

/* The kernels' functions by the names of our tables, each 1 + its index; 0 is none. */
#define FAST_CONSTANT(lower, upper) FAST_##lower = 1 + UNARY_##upper,
enum fast_unary {
    UNARY_OPS(FAST_CONSTANT) FAST_sinc = 0,
    FAST_ndtr = 0,
    FAST_selu = 0,
    FAST_leaky_relu = 0,
    FAST_celu = 0,
    FAST_hardshrink = 0,
    FAST_elu = 0,
    FAST_gelu_erf = FAST_gelu
};
#undef FAST_CONSTANT
#define FAST_CONSTANT(lower, upper) FAST_BINARY_##lower = 1 + BINARY_##upper,
enum fast_binary { BINARY_OPS(FAST_CONSTANT) FAST_BINARY_none = 0 };
#undef FAST_CONSTANT
#define FAST_CONSTANT(lower, upper) FAST_COMPARE_##lower = 1 + COMPARE_##upper,
enum fast_compare { COMPARE_OPS(FAST_CONSTANT) FAST_COMPARE_none = 0 };
#undef FAST_CONSTANT
#define FAST_CONSTANT(lower, upper) FAST_PARAM_##lower = FAST_PARAM_FIRST + PARAM_##upper,
enum { FAST_PARAM_FIRST = 64 }; /* comparisons share the byte, and are few */
enum fast_param { PARAM_OPS(FAST_CONSTANT) FAST_PARAM_none = 0 };
#undef FAST_CONSTANT
#define WITH_UNARY(name)   ((uint32_t)FAST_##name << 8)
#define WITH_BINARY(name)  ((uint32_t)FAST_BINARY_##name << 16)
#define WITH_COMPARE(name) ((uint32_t)FAST_COMPARE_##name << 24)
/* Of the operator's first two numbers. */
#define WITH_PARAM(name) ((uint32_t)FAST_PARAM_##name << 24)

/* Runs it on these operands; `target` NULL makes a tensor. Returns a new reference, or NULL with the error
 * set. */
struct tensor *pointwise_run(struct op_call *c, const struct pointwise *op, struct tensor *const *in,
                             const struct number *k, struct tensor *target);
/* The same, with the compute dtype given and not promoted. */
struct tensor *pointwise_run_as(struct op_call *c, const struct pointwise *op, enum dtype common,
                                struct tensor *const *in, const struct number *k, struct tensor *target);
/* A whole kernel: the first `op->inputs` arguments are operands (tensors or numbers), those after them
 * numbers. */
bool pointwise_call(struct op_call *c, const struct pointwise *op, int numbers);
/* The same for numbers that stand elsewhere. */
bool pointwise_call_with(struct op_call *c, const struct pointwise *op, const struct number *k);

typedef double _Complex complex_double;

#define POINTWISE_LOOP_1(function, T, R, expression) \
    static void function(const struct tile *t) {     \
        const T *a = t->in[0];                       \
        R *o = t->out;                               \
        for (int64_t i = 0; i < t->count; i++) {     \
            T x = a[i];                              \
            (void)x;                                 \
            o[i] = (R)(expression);                  \
        }                                            \
    }
#define POINTWISE_LOOP_2(function, T, R, expression) \
    static void function(const struct tile *t) {     \
        const T *a = t->in[0], *b = t->in[1];        \
        R *o = t->out;                               \
        for (int64_t i = 0; i < t->count; i++) {     \
            T x = a[i], y = b[i];                    \
            (void)x, (void)y;                        \
            o[i] = (R)(expression);                  \
        }                                            \
    }
#define POINTWISE_LOOP_3(function, T, R, expression)         \
    static void function(const struct tile *t) {             \
        const T *a = t->in[0], *b = t->in[1], *c = t->in[2]; \
        R *o = t->out;                                       \
        for (int64_t i = 0; i < t->count; i++) {             \
            T x = a[i], y = b[i], z = c[i];                  \
            (void)x, (void)y, (void)z;                       \
            o[i] = (R)(expression);                          \
        }                                                    \
    }
#endif
