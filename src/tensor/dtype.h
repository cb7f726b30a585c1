/* Element types, numbered as PyTorch's ScalarType (c10/core/ScalarType.h): the number stands in archives and
 * code. */
#ifndef LINKBOY_TENSOR_DTYPE_H
#define LINKBOY_TENSOR_DTYPE_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* X(enum suffix, number, bytes, name in graphs, name in Python, storage name, category) */
#define DTYPES(X)                                                                         \
    X(UINT8, 0, 1, "Byte", "uint8", "ByteStorage", INTEGER)                               \
    X(INT8, 1, 1, "Char", "int8", "CharStorage", INTEGER)                                 \
    X(INT16, 2, 2, "Short", "int16", "ShortStorage", INTEGER)                             \
    X(INT32, 3, 4, "Int", "int32", "IntStorage", INTEGER)                                 \
    X(INT64, 4, 8, "Long", "int64", "LongStorage", INTEGER)                               \
    X(FLOAT16, 5, 2, "Half", "float16", "HalfStorage", FLOATING)                          \
    X(FLOAT32, 6, 4, "Float", "float32", "FloatStorage", FLOATING)                        \
    X(FLOAT64, 7, 8, "Double", "float64", "DoubleStorage", FLOATING)                      \
    X(COMPLEX32, 8, 4, "ComplexHalf", "complex32", "ComplexHalfStorage", COMPLEX)         \
    X(COMPLEX64, 9, 8, "ComplexFloat", "complex64", "ComplexFloatStorage", COMPLEX)       \
    X(COMPLEX128, 10, 16, "ComplexDouble", "complex128", "ComplexDoubleStorage", COMPLEX) \
    X(BOOL, 11, 1, "Bool", "bool", "BoolStorage", BOOLEAN)                                \
    X(QINT8, 12, 1, "QInt8", "qint8", "QInt8Storage", QUANTIZED)                          \
    X(QUINT8, 13, 1, "QUInt8", "quint8", "QUInt8Storage", QUANTIZED)                      \
    X(QINT32, 14, 4, "QInt32", "qint32", "QInt32Storage", QUANTIZED)                      \
    X(BFLOAT16, 15, 2, "BFloat16", "bfloat16", "BFloat16Storage", FLOATING)

enum dtype_category { DTYPE_BOOLEAN, DTYPE_INTEGER, DTYPE_FLOATING, DTYPE_COMPLEX, DTYPE_QUANTIZED };

enum dtype {
#define X(suffix, number, bytes, graph, python, storage, category) DTYPE_##suffix = number,
    DTYPES(X)
#undef X
        DTYPE_COUNT = 16,
    DTYPE_NONE = 255, /* undefined */
};

struct dtype_facts {
    uint8_t size; /* bytes of an element */
    uint8_t category;
    const char *graph_name;   /* "Float" */
    const char *python_name;  /* "float32" */
    const char *storage_name; /* "FloatStorage" */
};
extern const struct dtype_facts dtype_table[DTYPE_COUNT];

static inline bool dtype_valid(int64_t number) {
    return number >= 0 && number < DTYPE_COUNT;
}
static inline size_t dtype_size(enum dtype d) {
    return dtype_table[d].size;
}
static inline bool dtype_is_floating(enum dtype d) {
    return dtype_table[d].category == DTYPE_FLOATING;
}
static inline bool dtype_is_complex(enum dtype d) {
    return dtype_table[d].category == DTYPE_COMPLEX;
}
static inline bool dtype_is_integral(enum dtype d, bool include_bool) {
    return dtype_table[d].category == DTYPE_INTEGER || (include_bool && d == DTYPE_BOOL);
}
/* torch.promote_types (c10/core/ScalarType.cpp). */
enum dtype dtype_promote(enum dtype a, enum dtype b);
/* The dtype of this graph name, Python name or storage name, or DTYPE_NONE. */
enum dtype dtype_of_name(const char *name, size_t length);
/* float32 for complex64 and so on; itself for real dtypes. */
enum dtype dtype_real(enum dtype d);
enum dtype dtype_complex(enum dtype d);
/* The largest number of a floating dtype (std::numeric_limits<T>::max()); 0 for others. */
double dtype_largest(enum dtype d);
#endif
