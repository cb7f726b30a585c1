/* Binary operators on numbers, chosen by what the two arguments are: both ints, one of them complex, or
 * floats.
 *
 * PyTorch registers `.int`, `.float`, `.int_float`, `.complex`, ... and an overload of Scalars that looks at
 * the tags; all of them give what the tags say, so one kernel serves the whole row of overloads
 * (torch/csrc/jit/runtime/register_ops_utils.h, DEFINE_GENERIC_OP and its relatives). */
#ifndef LINKBOY_OPS_SCALAR_NUMBER_H
#define LINKBOY_OPS_SCALAR_NUMBER_H
#include "ops/common/give.h"

struct complex_number {
    double re, im;
};

typedef bool int_operation(struct op_call *c, int64_t a, int64_t b);
typedef bool float_operation(struct op_call *c, double a, double b);
/* Of an int or float the imaginary part is 0. */
typedef bool complex_operation(struct op_call *c, struct complex_number a, struct complex_number b);

struct number_operation {
    int_operation *ints;
    float_operation *floats;
    complex_operation *complexes; /* NULL: refused, with the text of IValue::toInt */
};

static inline struct complex_number number_as_complex(lb_value v) {
    if (v.tag == VALUE_COMPLEX) return (struct complex_number){v.complex->re, v.complex->im};
    return (struct complex_number){number_as_float(v), 0};
}

static inline bool number_apply(struct op_call *c, const struct number_operation *operation) {
    lb_value a = c->args[0], b = c->args[1];
    if (a.tag == VALUE_COMPLEX || b.tag == VALUE_COMPLEX) {
        if (!operation->complexes) return refuse(c, "expected int");
        return operation->complexes(c, number_as_complex(a), number_as_complex(b));
    }
    if (a.tag == VALUE_FLOAT || b.tag == VALUE_FLOAT)
        return operation->floats(c, number_as_float(a), number_as_float(b));
    return operation->ints(c, a.i, b.i);
}

#endif
