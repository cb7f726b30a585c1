/* The implicit QL and QR method for symmetric tridiagonal matrices: LAPACK's steqr, with the plane rotation
 * of its versions before 3.10.
 *
 * That rotation, whose first component is positive unless it is the larger one and negative, decides the
 * signs of the vectors. LAPACK's today has another, so its steqr gives other signs than PyTorch's library
 * does. The method: Wilkinson and Reinsch, Handbook for Automatic Computation II; steqr.f. */
#include "ops/linalg/tridiagonal.h"

#include <float.h>
#include <stdbool.h>
#include <tgmath.h>

#define NAME(function) function##_float
#define REAL           float
#define EPSILON        (FLT_EPSILON / 2)
#define SMALLEST       FLT_MIN
#include "ops/linalg/tridiagonal_impl.h"
#undef NAME
#undef REAL
#undef EPSILON
#undef SMALLEST

#define NAME(function) function##_double
#define REAL           double
#define EPSILON        (DBL_EPSILON / 2)
#define SMALLEST       DBL_MIN
#include "ops/linalg/tridiagonal_impl.h"
