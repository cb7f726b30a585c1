/* Tensors put together as sets and blocks: combinations, block_diag.
 *
 * Checks and texts: aten/src/ATen/native/Itertools.cpp, TensorShape.cpp. */
#include "base/mem.h"
#include "ops/common/compose.h"
#include "tensor/promote.h"

#define RUN(row, ...) compose_run(&k, "aten::" row, __VA_ARGS__)

static bool check_vector(struct op_call *c, const struct tensor *t) {
    char sizes[256];
    return t->ndim == 1 || refuse(c, "Expect a 1D vector, but got shape %s",
                                  sizes_text(t->ndim, t->sizes, sizes, sizeof sizes));
}

/* --- combinations --- */

/* The next ascending choice of r of n places (equal ones allowed where `again`); false after the last. */
static bool next_choice(int64_t *choice, int64_t r, int64_t n, bool again) {
    int64_t i = r;
    while (i-- > 0)
        if (choice[i] < n - 1 - (again ? 0 : r - 1 - i)) break;
    if (i < 0) return false;
    choice[i]++;
    for (int64_t j = i + 1; j < r; j++) choice[j] = again ? choice[i] : choice[j - 1] + 1;
    return true;
}

/* How many there are: a binomial coefficient; false where it is beyond any memory. */
static bool count_choices(int64_t n, int64_t r, bool again, int64_t *count) {
    int64_t from = again ? n + r - 1 : n;
    *count = 0;
    if (n == 0 || r > from) return true;
    *count = 1;
    for (int64_t i = 1; i <= r; i++) {
        int64_t scaled;
        if (__builtin_mul_overflow(*count, from - r + i, &scaled)) return false;
        *count = scaled / i;
    }
    return true;
}

static void fill_choices(struct tensor *out, const struct tensor *self, int64_t *choice, int64_t r,
                         bool again) {
    size_t item = dtype_size(tensor_dtype(out));
    char *to = tensor_data(out);
    const char *from = tensor_data(self);
    for (int64_t i = 0; i < r; i++) choice[i] = again ? 0 : i;
    do {
        for (int64_t i = 0; i < r; i++, to += item)
            memcpy(to, from + choice[i] * self->strides[0] * (int64_t)item, item);
    } while (next_choice(choice, r, self->numel, again));
}

bool index_combinations(struct op_call *c) {
    struct tensor *self = arg_tensor(c, 0);
    int64_t r = arg_int(c, 1), count, zero = 0;
    bool again = arg_bool(c, 2);
    if (!check_vector(c, self)) return false;
    if (r < 0) return refuse(c, "Expect a non-negative number, but got %lld", (long long)r);
    if (r == 0) return give_tensor(c, call_new(c, tensor_dtype(self), 1, &zero));
    if (!count_choices(self->numel, r, again, &count))
        return refuse(c, "Storage size calculation overflowed");
    struct tensor *out = call_new(c, tensor_dtype(self), 2, (int64_t[]){count, r});
    if (!out || out->numel == 0) return give_tensor(c, out);
    int64_t *choice = call_scratch(c, (size_t)r, sizeof *choice);
    if (choice) fill_choices(out, self, choice, r, again);
    mem_free(choice);
    if (choice) return give_tensor(c, out);
    tensor_release(out);
    return false;
}

/* --- block_diag --- */

/* A vector is a row, a number a matrix of one. */
static void block_sizes(const struct tensor *t, int64_t *rows, int64_t *columns) {
    *rows = t->ndim == 2 ? t->sizes[0] : 1;
    *columns = t->ndim == 0 ? 1 : t->sizes[t->ndim - 1];
}

static bool sum_blocks(struct op_call *c, const struct list *list, int64_t *sizes, enum dtype *d) {
    sizes[0] = sizes[1] = 0;
    for (int64_t i = 0; i < list->count; i++) {
        int64_t rows, columns;
        if (list->items[i].tag != VALUE_TENSOR)
            return refuse(c, "torch.block_diag: Input %lld is None", (long long)i);
        const struct tensor *t = list->items[i].tensor;
        if (t->ndim > 2)
            return refuse(c,
                          "torch.block_diag: Input tensors must have 2 or fewer dimensions. Input %lld has "
                          "%d dimensions",
                          (long long)i, t->ndim);
        block_sizes(t, &rows, &columns);
        if (__builtin_add_overflow(sizes[0], rows, &sizes[0]) ||
            __builtin_add_overflow(sizes[1], columns, &sizes[1]))
            return refuse(c, "Storage size calculation overflowed");
        *d = i == 0 ? tensor_dtype(t) : dtype_promote(*d, tensor_dtype(t));
    }
    return true;
}

static bool copy_block(struct op_call *c, struct tensor *out, const struct tensor *t, int64_t row,
                       int64_t column) {
    int64_t sizes[2], strides[2] = {out->strides[0], out->strides[1]};
    block_sizes(t, &sizes[0], &sizes[1]);
    if (sizes[0] == 0 || sizes[1] == 0) return true;
    int64_t offset = out->offset + row * strides[0] + column * strides[1];
    struct tensor *block = tensor_view_as(out, 2, sizes, strides, offset, c->err);
    bool good = block && tensor_copy(block, t, c->err);
    tensor_release(block);
    return good;
}

bool index_block_diag(struct op_call *c) {
    const struct list *list = arg_list(c, 0);
    int64_t sizes[2], row = 0, column = 0, rows, columns;
    enum dtype d = DTYPE_FLOAT32;
    if (!sum_blocks(c, list, sizes, &d)) return false;
    if (list->count == 0) sizes[0] = 1;
    struct compose k = compose_start(c);
    struct tensor *out = RUN("zeros", "Lv", 2, sizes, value_int(d));
    for (int64_t i = 0; out && i < list->count; i++, row += rows, column += columns) {
        block_sizes(list->items[i].tensor, &rows, &columns);
        if (!copy_block(c, out, list->items[i].tensor, row, column)) out = NULL;
    }
    return compose_give(&k, out);
}
