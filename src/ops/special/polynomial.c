/* Operators of orthogonal polynomials: special_chebyshev_polynomial_t and its kin, of x and a degree n.
 *
 * Both are operands and broadcast; the degree is cut to an integer. float32 is computed in float, so that
 * what is lost is what PyTorch loses. */
#include <tgmath.h>
#undef complex /* value.h has a member of this name */

#include "ops/common/give.h"
#include "ops/pointwise/pointwise.h"

#define REAL          float
#define NAME(name)    name##_float
#define HERMITE_LIMIT 128
#include "ops/special/polynomial_impl.h"
#undef REAL
#undef NAME
#undef HERMITE_LIMIT

#define REAL          double
#define NAME(name)    name##_double
#define HERMITE_LIMIT 512
#include "ops/special/polynomial_impl.h"

/* A recurrence of more steps than this would stop the program for seconds an element; PyTorch goes on. */
enum { LARGEST_DEGREE = 1 << 22 };

static int64_t degree_of(const struct tile *t, double n) {
    int64_t degree = int_of_float(n);
    if (degree <= LARGEST_DEGREE) return degree;
    *t->problem = "the degree of the polynomial is too large";
    return 0;
}

/* X(operator, the polynomial of x and n; TYPE is _float or _double) */
#define POLYNOMIALS(X)                                                    \
    X(chebyshev_polynomial_t, CALL(chebyshev_t)(x, n, 6))                 \
    X(chebyshev_polynomial_u, CALL(chebyshev_u)(x, n, 8))                 \
    X(chebyshev_polynomial_v, CALL(chebyshev_v)(x, n, 8))                 \
    X(chebyshev_polynomial_w, CALL(chebyshev_w)(x, n, 8))                 \
    X(shifted_chebyshev_polynomial_t, CALL(chebyshev_t)(x + x - 1, n, 6)) \
    X(shifted_chebyshev_polynomial_u, CALL(chebyshev_u)(x + x - 1, n, 6)) \
    X(shifted_chebyshev_polynomial_v, CALL(chebyshev_v)(x + x - 1, n, 6)) \
    X(shifted_chebyshev_polynomial_w, CALL(chebyshev_w)(x + x - 1, n, 4)) \
    X(hermite_polynomial_h, CALL(hermite_h)(x, n))                        \
    X(hermite_polynomial_he, CALL(hermite_he)(x, n))                      \
    X(laguerre_polynomial_l, CALL(laguerre)(x, n))                        \
    X(legendre_polynomial_p, CALL(legendre)(x, n))

#define LOOP(function, T, polynomial)            \
    static void function(const struct tile *t) { \
        const T *xs = t->in[0], *ns = t->in[1];  \
        T *o = t->out;                           \
        for (int64_t i = 0; i < t->count; i++) { \
            T x = xs[i];                         \
            int64_t n = degree_of(t, ns[i]);     \
            o[i] = polynomial;                   \
        }                                        \
    }

#define CALL(name)          name##_float
#define X(name, polynomial) LOOP(name##_loop_float, float, polynomial)
POLYNOMIALS(X)
#undef CALL
#undef X

#define CALL(name)          name##_double
#define X(name, polynomial) LOOP(name##_loop_double, double, polynomial)
POLYNOMIALS(X)
#undef X

#define X(name, polynomial)                                                                       \
    bool op_##name(struct op_call *c);                                                            \
    bool op_##name(struct op_call *c) {                                                           \
        static const struct pointwise op = {#name "_cpu",                                         \
                                            2,                                                    \
                                            RULE_FLOAT | RULE_NO_HALF,                            \
                                            {NULL, name##_loop_float, name##_loop_double, NULL}}; \
        return pointwise_call(c, &op, 0);                                                         \
    }
POLYNOMIALS(X)
