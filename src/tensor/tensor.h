/* Tensors: a typed, strided view of a counted storage. Data are raw bytes; every operator lives above, in
 * ops/. Sizes and strides count elements; the offset too. A storage is allocated, or borrowed from a mapping
 * or from the caller's memory, and is freed by its release function. */
#ifndef LINKBOY_TENSOR_TENSOR_H
#define LINKBOY_TENSOR_TENSOR_H
#include "base/counted.h"
#include "base/error.h"
#include "tensor/dtype.h"
#include <stddef.h>

enum { TENSOR_INLINE_DIMS = 5, TENSOR_MAX_DIMS = 64 };

enum device_type { DEVICE_CPU = 0, DEVICE_CUDA = 1, DEVICE_META = 28, DEVICE_OTHER = 63 };

/* index -1: none given ("cuda"). */
struct device {
    int16_t type;
    int16_t index;
};

/* Bytes that live tensors of one call or module may hold; shared by storages, freed with the last of them. */
struct memory_budget {
    struct counted counted;
    _Atomic int64_t used;
    int64_t limit; /* bytes; 0 is none */
};
struct memory_budget *memory_budget_new(int64_t limit);
void memory_budget_release(struct memory_budget *budget);

struct storage {
    struct counted counted;
    struct device device;
    bool read_only; /* a mapping that may not be written; writers copy first */
    void *data;
    size_t bytes;
    _Atomic uint32_t version;                 /* raised by whatever writes the bytes: see tensor_changed() */
    struct memory_budget *budget;             /* charged for `bytes`; may be NULL */
    void (*release)(void *owner, void *data); /* NULL: mem_free_aligned(data) */
    void *owner;
};

/* Uninitialised bytes; `budget` may be NULL. */
struct storage *storage_new(size_t bytes, struct memory_budget *budget, lb_error *err);
/* Foreign bytes; `release(owner, data)` is called when the last reference goes (may be NULL: borrowed for
 * ever). */
struct storage *storage_wrap(void *data, size_t bytes, void (*release)(void *, void *), void *owner,
                             lb_error *err);
void storage_retain(struct storage *s);
void storage_release(struct storage *s);

/* Numbered as c10/core/Layout.h; a nested tensor is strided to programs, and has a number of its own here so
 * that one look at the layout tells whether sizes and strides say where the elements are. */
enum tensor_layout {
    LAYOUT_STRIDED = 0,
    LAYOUT_SPARSE_COO = 1,
    LAYOUT_SPARSE_CSR = 2,
    LAYOUT_MKLDNN = 3,
    LAYOUT_SPARSE_CSC = 4,
    LAYOUT_SPARSE_BSR = 5,
    LAYOUT_SPARSE_BSC = 6,
    LAYOUT_NESTED = 64,
};

enum tensor_flags {
    TENSOR_REQUIRES_GRAD = 1,
    TENSOR_CONJ = 2, /* what is_conj and is_neg answer: the elements are stored as they are meant */
    TENSOR_NEG = 4,
    TENSOR_WRAPPED_NUMBER = 8, /* a number that became a 0-dim tensor: it weighs less in type promotion */
    TENSOR_INFERENCE = 16,
    TENSOR_COALESCED = 32, /* sparse COO: indices are sorted and stand once each */
};

/* Per-tensor: one scale and zero point. Per-channel: `channels` of each along `axis`. */
struct quantizer {
    struct counted counted;
    bool per_channel;
    int axis;
    int64_t channels;
    double *scales;
    int64_t *zero_points;
    double *float_zero_points; /* per_channel_affine_float_qparams: instead of the whole ones; else NULL */
};

struct tensor {
    struct counted counted;
    uint8_t dtype;  /* enum dtype */
    uint8_t layout; /* enum tensor_layout */
    uint8_t flags;
    uint8_t ndim;
    struct device device;
    uint32_t version; /* raised by in-place operators */
    int64_t offset;
    int64_t numel;
    int64_t *sizes; /* ndim each; point at inline_dims or the heap */
    int64_t *strides;
    struct storage *storage; /* NULL for sparse; a nested tensor's buffer */
    struct quantizer *quantizer;
    struct tensor *grad;
    struct tensor *parts[3]; /* of other layouts than strided: layouts.h; else NULL */
    int64_t inline_dims[2 * TENSOR_INLINE_DIMS];
};

/* A header of these sizes without storage, for layouts.c. */
struct tensor *tensor_header(enum dtype dtype, int ndim, const int64_t *sizes, lb_error *err);
/* A contiguous tensor with new, uninitialised storage. */
struct tensor *tensor_new(enum dtype dtype, int ndim, const int64_t *sizes, struct memory_budget *budget,
                          lb_error *err);
/* The same, with these strides (non-negative; the storage covers the largest offset). */
struct tensor *tensor_new_strided(enum dtype dtype, int ndim, const int64_t *sizes, const int64_t *strides,
                                  struct memory_budget *budget, lb_error *err);
/* A view; retains the storage. Refuses what would reach outside the storage or overflow. */
struct tensor *tensor_over(struct storage *storage, enum dtype dtype, int ndim, const int64_t *sizes,
                           const int64_t *strides, int64_t offset, lb_error *err);
/* A new view of the same storage with other sizes and strides, flags and quantizer kept. */
struct tensor *tensor_view_as(struct tensor *t, int ndim, const int64_t *sizes, const int64_t *strides,
                              int64_t offset, lb_error *err);
/* A 0-dim tensor that holds this number. */
struct tensor *tensor_of_int(int64_t value, enum dtype dtype, lb_error *err);
struct tensor *tensor_of_float(double value, enum dtype dtype, lb_error *err);
static inline struct tensor *tensor_retain(struct tensor *t) {
    counted_retain(&t->counted);
    return t;
}
void tensor_release(struct tensor *t); /* NULL is allowed */

/* To be called by whoever writes elements of a tensor that others may hold: what was made from its storage
 * (packed weights) is stale. */
static inline void tensor_changed(struct tensor *t) {
    t->version++;
    if (t->storage) atomic_fetch_add_explicit(&t->storage->version, 1, memory_order_relaxed);
}

static inline void *tensor_data(const struct tensor *t) {
    return (char *)t->storage->data + t->offset * (int64_t)dtype_size((enum dtype)t->dtype);
}
bool tensor_is_contiguous(const struct tensor *t);
bool tensor_is_channels_last(const struct tensor *t); /* 4-d NHWC strides, or 5-d NDHWC */
/* No two elements share memory and there are no holes, in some order of dimensions. */
bool tensor_is_dense(const struct tensor *t);
/* A contiguous copy, or the tensor itself retained when it is contiguous already. */
struct tensor *tensor_contiguous(struct tensor *t, struct memory_budget *budget, lb_error *err);
/* Copies with conversion and broadcasting of `from` to `to`'s sizes. */
bool tensor_copy(struct tensor *to, const struct tensor *from, lb_error *err);
struct tensor *tensor_convert(struct tensor *t, enum dtype dtype, struct memory_budget *budget,
                              lb_error *err);
/* Product of sizes; false when it overflows or a size is negative. */
bool sizes_product(int ndim, const int64_t *sizes, int64_t *numel);
void strides_contiguous(int ndim, const int64_t *sizes, int64_t *strides);

/* Element access for tests, printing and item(); `index` counts in logical (row-major) order. */
double tensor_get_float(const struct tensor *t, int64_t index);
int64_t tensor_get_int(const struct tensor *t, int64_t index);
#endif
