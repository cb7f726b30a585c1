/* Slices of lists and strings: PyTorch's reading of start, end and step
 * (torch/csrc/jit/runtime/slice_indices_adjust.cpp, after CPython's PySlice_AdjustIndices). */
#ifndef LINKBOY_OPS_COMMON_SLICE_H
#define LINKBOY_OPS_COMMON_SLICE_H
#include "ops/common/give.h"

struct slice {
    int64_t start, step, count; /* items start, start + step, ... */
};

static inline int64_t slice_clamp(int64_t bound, int64_t length, int64_t step) {
    int64_t low = step < 0 ? -1 : 0, high = step < 0 ? length - 1 : length;
    if (bound < 0) {
        bound += length;
        return bound < 0 ? low : bound;
    }
    return bound >= length ? high : bound;
}

/* Reads the arguments 1, 2 and 3: int? start, int? end, int step. */
static inline bool slice_of_call(const struct op_call *c, int64_t length, struct slice *s) {
    int64_t start = arg_int_or(c, 1, INT64_MAX), end = arg_int_or(c, 2, INT64_MAX), step = arg_int(c, 3);
    if (step == 0) return refuse(c, "List slice should have non-zero step");
    if (step == INT64_MIN) step = -INT64_MAX;
    if (start == INT64_MAX) start = step < 0 ? INT64_MAX : 0;
    if (end == INT64_MAX) end = step < 0 ? INT64_MIN : INT64_MAX;
    start = slice_clamp(start, length, step);
    end = slice_clamp(end, length, step);
    s->start = start;
    s->step = step;
    s->count = 0;
    if (step < 0 && end < start) s->count = (start - end - 1) / -step + 1;
    if (step > 0 && start < end) s->count = (end - start - 1) / step + 1;
    return true;
}

/* Repetitions of something: a size that neither overflows nor stops the machine. */
enum { LARGEST_REPETITION = 1 << 30 };
static inline bool repetition_fits(const struct op_call *c, int64_t count, int64_t times) {
    int64_t total;
    bool fits = !__builtin_mul_overflow(count, times, &total) && total <= LARGEST_REPETITION;
    if (!fits) error_set(c->err, LB_ERROR_MEMORY, "%s: the result would be too large", op_name(c->row));
    return fits;
}

#endif
