/* The dtype table, names and promotion.
 *
 * Numbers in, facts out; nothing here touches data. The promotion table is torch.promote_types
 * (c10/core/ScalarType.cpp, promoteTypes), written as a rule: categories first, then width. */
#include "tensor/dtype.h"
#include <float.h>
#include <string.h>

const struct dtype_facts dtype_table[DTYPE_COUNT] = {
#define X(suffix, number, bytes, graph, python, storage, category) \
    [number] = {bytes, DTYPE_##category, graph, python, storage},
    DTYPES(X)
#undef X
};

static const enum dtype real_of_complex[] = {DTYPE_FLOAT16, DTYPE_FLOAT32, DTYPE_FLOAT64};

/* Half and bfloat16 beside a complex type promote through float32. */
static enum dtype promote_complex(enum dtype complex, enum dtype other) {
    if (dtype_is_complex(other)) return complex > other ? complex : other;
    if (other == DTYPE_FLOAT64) return DTYPE_COMPLEX128;
    if (complex != DTYPE_COMPLEX32) return complex;
    return other == DTYPE_FLOAT32 || other == DTYPE_BFLOAT16 ? DTYPE_COMPLEX64 : DTYPE_COMPLEX32;
}

static enum dtype promote_floating(enum dtype a, enum dtype b) {
    if (!dtype_is_floating(a)) return b;
    if (!dtype_is_floating(b) || a == b) return a;
    if (a == DTYPE_FLOAT64 || b == DTYPE_FLOAT64) return DTYPE_FLOAT64;
    return DTYPE_FLOAT32; /* float32 with anything, and half with bfloat16 */
}

static enum dtype promote_integer(enum dtype a, enum dtype b) {
    if (a == DTYPE_BOOL) return b;
    if (b == DTYPE_BOOL) return a;
    if (a == DTYPE_UINT8 || b == DTYPE_UINT8) {
        enum dtype other = a == DTYPE_UINT8 ? b : a;
        return other == DTYPE_INT8 ? DTYPE_INT16 : other;
    }
    return a > b ? a : b;
}

enum dtype dtype_promote(enum dtype a, enum dtype b) {
    if (a == b) return a;
    if (a == DTYPE_NONE || b == DTYPE_NONE) return DTYPE_NONE;
    if (dtype_table[a].category == DTYPE_QUANTIZED || dtype_table[b].category == DTYPE_QUANTIZED)
        return DTYPE_NONE;
    if (dtype_is_complex(a)) return promote_complex(a, b);
    if (dtype_is_complex(b)) return promote_complex(b, a);
    if (dtype_is_floating(a) || dtype_is_floating(b)) return promote_floating(a, b);
    return promote_integer(a, b);
}

static bool same_name(const char *known, const char *name, size_t length) {
    return strncmp(known, name, length) == 0 && known[length] == '\0';
}

/* Names that torch has besides the table's own. */
static const struct {
    const char *name;
    enum dtype dtype;
} other_names[] = {
    {"float", DTYPE_FLOAT32},    {"double", DTYPE_FLOAT64},     {"half", DTYPE_FLOAT16},
    {"int", DTYPE_INT32},        {"long", DTYPE_INT64},         {"short", DTYPE_INT16},
    {"cfloat", DTYPE_COMPLEX64}, {"cdouble", DTYPE_COMPLEX128}, {"chalf", DTYPE_COMPLEX32},
};

enum dtype dtype_of_name(const char *name, size_t length) {
    for (int i = 0; i < DTYPE_COUNT; i++) {
        const struct dtype_facts *f = &dtype_table[i];
        if (same_name(f->graph_name, name, length) || same_name(f->python_name, name, length) ||
            same_name(f->storage_name, name, length))
            return (enum dtype)i;
    }
    for (size_t i = 0; i < sizeof other_names / sizeof other_names[0]; i++)
        if (same_name(other_names[i].name, name, length)) return other_names[i].dtype;
    return DTYPE_NONE;
}

enum dtype dtype_real(enum dtype d) {
    return dtype_is_complex(d) ? real_of_complex[d - DTYPE_COMPLEX32] : d;
}

enum dtype dtype_complex(enum dtype d) {
    switch (d) {
    case DTYPE_FLOAT16: return DTYPE_COMPLEX32;
    case DTYPE_FLOAT64: return DTYPE_COMPLEX128;
    default: return dtype_is_complex(d) ? d : DTYPE_COMPLEX64;
    }
}

double dtype_largest(enum dtype d) {
    switch (d) {
    case DTYPE_FLOAT16: return 65504;
    case DTYPE_BFLOAT16: return 0x1.fep127;
    case DTYPE_FLOAT32: return FLT_MAX;
    case DTYPE_FLOAT64: return DBL_MAX;
    default: return 0;
    }
}
