/* What kernels share: reading arguments, numbers as tensors, wrapping dimensions, refusing, giving results.
 */
#ifndef LINKBOY_OPS_COMMON_ARGS_H
#define LINKBOY_OPS_COMMON_ARGS_H
#include "ops/call.h"
#include "tensor/convert.h"
#include "tensor/iterate.h"
#include <string.h>

/* RuntimeError, IndexError and others with PyTorch's text; always false. */
#define refuse(c, ...) error_set_kind((c)->err, LB_ERROR_RUNTIME, REFUSAL_KIND(__VA_ARGS__, 0), __VA_ARGS__)
/* What a dtype has no kernel for is a NotImplementedError (TORCH_CHECK_NOT_IMPLEMENTED behind AT_DISPATCH).
 */
#define REFUSAL_KIND(format, ...) \
    (strstr(format, "not implemented for '") ? "NotImplementedError" : "RuntimeError")
#define refuse_index(c, ...) error_set_kind((c)->err, LB_ERROR_RUNTIME, "IndexError", __VA_ARGS__)

static inline struct tensor *arg_tensor_or_null(const struct op_call *c, int i) {
    return i >= c->arg_count || arg_none(c, i) ? NULL : c->args[i].tensor;
}
/* Whether an argument's memory may become the result's: nobody will look at it again. */
static inline bool arg_may_be_reused(const struct op_call *c, const struct tensor *t) {
    uint32_t dying = c->dying;
    for (int i = 0; dying; i++, dying >>= 1) {
        if (!(dying & 1) || c->args[i].tag != VALUE_TENSOR || c->args[i].tensor != t) continue;
        const struct storage *s = t->storage;
        return s && !t->flags && !t->quantizer && !t->grad && !s->release && !s->read_only && s->owner != s &&
               counted_alone(&t->counted) && counted_alone(&s->counted);
    }
    return false;
}
static inline enum dtype tensor_dtype(const struct tensor *t) {
    return (enum dtype)t->dtype;
}

/* Whether the tensor has these sizes. */
static inline bool sizes_are(const struct tensor *t, int ndim, const int64_t *sizes) {
    return t->ndim == ndim && memcmp(t->sizes, sizes, sizeof *sizes * (size_t)ndim) == 0;
}
/* Refuses to write a tensor that has two elements at one place (at::assert_no_internal_overlap). */
bool accept_written(struct op_call *c, const struct tensor *t);
bool refuse_overlap(struct op_call *c);

/* An int list into `out`; -1 with an error when there are more than `max` or the argument is no list. An int
 * stands for a list of one. */
int args_ints(const struct op_call *c, int i, int64_t *out, int max);
/* A list of exactly `count` ints, where one stands for all of them; `otherwise` where the list is empty or
 * None. */
bool args_spread(const struct op_call *c, int i, int count, const int64_t *otherwise, int64_t *out);
/* A list of tensors, borrowed: NULL for None items; -1 with an error when too many. */
int args_tensors(const struct op_call *c, int i, struct tensor **out, int max);
/* A dtype argument, or `otherwise` for None; false for a number that is no dtype. */
bool args_dtype(const struct op_call *c, int i, enum dtype otherwise, enum dtype *out);

/* A number (bool, int, float, complex) in every form. */
struct number {
    uint8_t tag; /* VALUE_BOOL, VALUE_INT, VALUE_FLOAT, VALUE_COMPLEX */
    int64_t i;
    double f;
    struct complex128 z;
};
struct number number_of(lb_value v);
static inline struct number arg_number(const struct op_call *c, int i) {
    return number_of(c->args[i]);
}
lb_value number_value(struct number n, lb_error *err);
/* The dtype of a 0-dim tensor made of it: bool, int64, float64 (as a wrapped number), complex128. */
enum dtype number_dtype(const struct number *n);
/* The dtype that torch.full and torch.tensor take: float32 for a float. */
enum dtype number_default_dtype(const struct number *n);
/* Whether an integral dtype can't hold it. */
bool number_is_floating(const struct number *n);

/* A number as a 0-dim tensor that lives on the stack and weighs as a number in type promotion. */
struct wrapped {
    struct tensor tensor;
    struct storage storage;
    struct complex128 data;
};
struct tensor *wrap_number(struct wrapped *w, const struct number *n);
/* The tensor argument, or the number argument wrapped. */
struct tensor *arg_operand(const struct op_call *c, int i, struct wrapped *w);
/* A 0-dim tensor's value as a number. */
struct number tensor_number(const struct tensor *t);

/* A bare TORCH_CHECK of a condition, whose text is the condition's own. */
bool check_expected(struct op_call *c, bool holds, const char *condition);
/* check_dim_size of aten/src/ATen/TensorUtils.cpp. */
bool check_dim_size(struct op_call *c, const struct tensor *t, int ndim, int dim, int64_t size);

/* Brings dim into [0, ndim) (0-dim tensors count as one dimension), or refuses with PyTorch's IndexError. */
bool wrap_dim(struct op_call *c, int64_t *dim, int ndim);
/* Dims as a bit mask; None and an empty list give all when `empty_is_all`. Refuses duplicates. */
bool wrap_dims(struct op_call *c, int i, int ndim, bool empty_is_all, uint64_t *mask);

/* The tensor that a call writes: NULL for a functional row, the first argument in place, the last for out=.
 */
struct tensor *call_target(const struct op_call *c);
/* Result i: retained or taken over. */
bool give_borrowed(struct op_call *c, int i, struct tensor *t);
bool give_at(struct op_call *c, int i, struct tensor *t);
/* Takes the tensors over in every case. */
bool give_list(struct op_call *c, int i, struct tensor **tensors, int count);
bool give_ints(struct op_call *c, int i, const int64_t *ints, int count);
bool give_number(struct op_call *c, struct number n);
void release_tensors(struct tensor **tensors, int count);

/* Runs `kernel`, then moves its results into the tensors that the row says are written. */
bool op_into(struct op_call *c, op_kernel kernel);
/* Runs `kernel`, a view, then makes the first argument that view. */
bool op_become(struct op_call *c, op_kernel kernel);
/* Runs `kernel`, a view, then copies what it shows. */
bool op_copy(struct op_call *c, op_kernel kernel);
/* A new tensor on the call's budget. */
static inline struct tensor *call_new(struct op_call *c, enum dtype d, int ndim, const int64_t *sizes) {
    return tensor_new(d, ndim, sizes, c->cx->budget, c->err);
}
/* Bytes of scratch; freed with mem_free. */
void *call_scratch(struct op_call *c, size_t count, size_t item);
#endif
