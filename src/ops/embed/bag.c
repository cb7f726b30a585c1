/* embedding_bag: rows of a table by index, reduced bag by bag (aten/src/ATen/native/EmbeddingBag.cpp).
 *
 * Of PyTorch's two ways the fast one shows in the results: it needs no list of which bag an index is in, so
 * it leaves that one empty, and it takes the bags as ranges. Rows are summed in float (double for double); a
 * mean is the sum, rounded, then divided. */
#include "base/mem.h"
#include "ops/common/compose.h"
#include "ops/common/dtypes.h"
#include "ops/embed/embed.h"
#include <math.h>
#include <string.h>

enum bag_mode { BAG_SUM, BAG_MEAN, BAG_MAX };

struct bags {
    struct tensor *weight, *indices, *offsets, *scales; /* scales may be NULL */
    struct tensor *ranges;                              /* the offsets as the fast way reads them */
    enum bag_mode mode;
    int64_t count, padding; /* padding: an index that does not count; negative: none */
    bool last_offset, grad;
    struct tensor *out, *bag_of, *sizes, *where;
};

static int64_t int_at(const struct tensor *t, int64_t i) {
    return t->dtype == DTYPE_INT64 ? ((const int64_t *)tensor_data(t))[i]
                                   : ((const int32_t *)tensor_data(t))[i];
}
static void set_int(struct tensor *t, int64_t i, int64_t value) {
    if (t->dtype == DTYPE_INT64)
        ((int64_t *)tensor_data(t))[i] = value;
    else
        ((int32_t *)tensor_data(t))[i] = (int32_t)value;
}

/* --- checks --- */

static bool check_dims(struct op_call *c, const struct bags *b) {
    if (b->indices->ndim != 1 && b->indices->ndim != 2)
        return refuse(c, "input has to be a 1D or 2D Tensor, but got Tensor of dimension %d",
                      b->indices->ndim);
    if (b->indices->ndim == 1 && b->offsets->ndim != 1)
        return refuse(c, "offsets has to be a 1D Tensor, but got Tensor of dimension %d", b->offsets->ndim);
    if (b->weight->ndim != 2)
        return refuse(c, "weight has to be a 2D Tensor, but got Tensor of dimension %d", b->weight->ndim);
    if (!embed_check_indices(c, b->indices, "indices", "embedding_bag") ||
        !embed_check_indices(c, b->offsets, "offsets", "embedding_bag"))
        return false;
    return (SET_REALS >> b->weight->dtype & 1) ||
           refuse(c,
                  "Expected tensor for argument #1 'weight' to have one of the following scalar types: Half, "
                  "BFloat16, Float, Double; but got torch.%sTensor instead (while checking arguments for "
                  "embedding_bag)",
                  dtype_table[b->weight->dtype].graph_name);
}

static bool check_scales(struct op_call *c, const struct bags *b) {
    const char *wrong = NULL;
    if (!b->scales) return true;
    if (b->mode != BAG_SUM)
        return refuse(c, "embedding_bag: per_sample_weights only supported with mode='sum'");
    if (b->scales->dtype != b->weight->dtype)
        return refuse(
            c,
            "Expected tensor for argument #1 'weight' to have the same type as tensor for argument #1 "
            "'per_sample_weights'; but type torch.%sTensor does not equal torch.%sTensor (while checking "
            "arguments for embedding_bag)",
            dtype_table[b->weight->dtype].graph_name, dtype_table[b->scales->dtype].graph_name);
    if (b->scales->ndim != 1)
        wrong = "per_sample_weights.value().dim() == 1";
    else if (b->scales->numel != b->indices->numel)
        wrong = "per_sample_weights.value().numel() == indices.numel()";
    return check_expected(c, !wrong, wrong);
}

static bool check_offsets(struct op_call *c, const struct bags *b) {
    int64_t count = b->offsets->numel, rows = b->indices->sizes[0];
    if (count > 0 && int_at(b->ranges, 0) != 0)
        return refuse(c,
                      "offsets[0] has to be 0, i.e., the first sequence in the mini-batch has to start from "
                      "position 0. However, got %lld",
                      (long long)int_at(b->ranges, 0));
    if (count > 0 && int_at(b->ranges, count - 1) > rows)
        return refuse(c,
                      "offsets[-1] can not be greater than input's length %lld but got offsets[-1] of %lld",
                      (long long)rows, (long long)int_at(b->ranges, count - 1));
    for (int64_t i = 0; i < 2 * count; i++) {
        int64_t at = int_at(i < count ? b->offsets : b->ranges, i % count);
        if (at < 0 || at > b->indices->numel) return refuse_index(c, "index out of range in self");
    }
    if (!check_scales(c, b)) return false;
    return !b->last_offset || count >= 1 ||
           refuse(c, "include_last_offset: number of offset should be at least 1");
}

/* --- what the results hold beside the rows --- */

/* is_fast_path: rows lie whole in memory and none is left out. */
static bool is_fast(const struct bags *b) {
    const struct tensor *w = b->weight;
    return w->dtype != DTYPE_FLOAT64 && w->strides[1] == 1 && b->padding < 0 &&
           (!b->scales || b->scales->strides[0] == 1);
}

/* The bag of index i is the last that has begun. */
static void fill_bag_of(struct bags *b) {
    int64_t n = b->indices->numel;
    for (int64_t i = 0; i < n; i++) set_int(b->bag_of, i, 0);
    for (int64_t j = 0; j < b->count; j++) {
        int64_t at = int_at(b->offsets, j);
        if (at < n) set_int(b->bag_of, at, int_at(b->bag_of, at) + 1);
    }
    int64_t bag = -1;
    for (int64_t i = 0; i < n; i++) {
        bag += int_at(b->bag_of, i);
        set_int(b->bag_of, i, bag);
    }
}

static void fill_sizes(struct bags *b) {
    for (int64_t j = 0; j < b->count; j++) {
        int64_t end = j + 1 < b->count ? int_at(b->offsets, j + 1) : b->indices->sizes[0];
        set_int(b->sizes, j, end - int_at(b->offsets, j));
    }
}

static bool make_results(struct op_call *c, struct compose *k, struct bags *b) {
    int64_t shape[2] = {b->count, b->weight->sizes[1]}, n = b->indices->numel, none = 0;
    bool sums = b->mode == BAG_SUM;
    int ints = b->offsets->dtype;
    int64_t sizes = sums && !b->grad ? b->offsets->numel : b->count;
    b->out = compose_run(k, "aten::zeros", "Ld", 2, shape, (int)b->weight->dtype);
    b->bag_of = compose_own(k, call_new(c, (enum dtype)ints, 1, sums && is_fast(b) ? &none : &n));
    b->sizes = compose_run(k, "aten::zeros", "Ld", 1, &sizes, ints);
    b->where = compose_run(k, "aten::zeros", "Ld", b->mode == BAG_MAX ? 2 : 1,
                           b->mode == BAG_MAX ? shape : &sizes, ints);
    if (k->failed) return false;
    if (!sums || !is_fast(b)) fill_bag_of(b);
    if (!sums) fill_sizes(b);
    return true;
}

/* --- rows --- */

struct row_run {
    double *sums, *row; /* of one bag; one row of the table */
    bool any;
};

static void load_row(const struct bags *b, int64_t at, double *row) {
    const struct tensor *w = b->weight;
    int64_t size = (int64_t)dtype_size(tensor_dtype(w));
    convert_load[w->dtype][COMPUTE_DOUBLE](row, sizeof *row,
                                           (const char *)tensor_data(w) + at * w->strides[0] * size,
                                           w->strides[1] * size, w->sizes[1]);
}

static void add_row(struct bags *b, int64_t bag, int64_t at, double scale, struct row_run *r) {
    int64_t width = b->weight->sizes[1];
    bool wide = b->weight->dtype == DTYPE_FLOAT64;
    load_row(b, at, r->row);
    for (int64_t j = 0; j < width; j++) {
        double x = r->row[j] * scale;
        if (b->mode != BAG_MAX) {
            r->sums[j] = wide ? r->sums[j] + x : (double)((float)r->sums[j] + (float)x);
        } else if (!r->any || x > r->sums[j]) {
            r->sums[j] = x;
            set_int(b->where, bag * width + j, at);
        }
    }
    r->any = true;
}

static void store_bag(struct bags *b, int64_t bag, struct row_run *r) {
    enum dtype d = tensor_dtype(b->out);
    int64_t size = (int64_t)dtype_size(d), width = b->weight->sizes[1];
    char *to = (char *)tensor_data(b->out) + bag * width * size;
    convert_store[d][COMPUTE_DOUBLE](to, size, r->sums, sizeof *r->sums, width);
    if (b->mode != BAG_MEAN) return;
    int64_t count = int_at(b->sizes, bag);
    convert_load[d][COMPUTE_DOUBLE](r->sums, sizeof *r->sums, to, size, width);
    for (int64_t j = 0; j < width; j++) r->sums[j] /= (double)(count > 1 ? count : 1);
    convert_store[d][COMPUTE_DOUBLE](to, size, r->sums, sizeof *r->sums, width);
}

static bool run_bag(struct op_call *c, struct bags *b, int64_t bag, int64_t begin, int64_t end,
                    struct row_run *r) {
    r->any = false;
    for (int64_t j = 0; j < b->weight->sizes[1]; j++) r->sums[j] = 0;
    for (int64_t i = begin; i < end; i++) {
        int64_t at = int_at(b->indices, i);
        if (at < 0 || at >= b->weight->sizes[0])
            return b->mode != BAG_MAX && is_fast(b)
                       ? refuse(
                             c,
                             "Index %lld of input takes value %lld which is not in the valid range [0, %lld)",
                             (long long)i, (long long)at, (long long)b->weight->sizes[0])
                       : refuse(
                             c,
                             "embedding_bag: Expected idx >= 0 && idx < num_embeddings but found idx to be "
                             "%lld",
                             (long long)at);
        if (at != b->padding)
            add_row(b, bag, at, b->scales ? tensor_get_float(b->scales, i) : 1, r);
        else if (b->mode != BAG_SUM)
            set_int(b->sizes, bag, int_at(b->sizes, bag) - 1);
    }
    store_bag(b, bag, r);
    return true;
}

/* The fast way takes bags as ranges, of sums and means; the slow way runs from offset to offset, the last bag
 * to the end of the indices whatever a last offset says. */
static void bag_range(const struct bags *b, int64_t bag, int64_t *begin, int64_t *end) {
    bool ranges = b->mode != BAG_MAX && is_fast(b);
    const struct tensor *offsets = ranges ? b->ranges : b->offsets;
    bool told = bag + 1 < b->count || (b->last_offset && ranges);
    *begin = int_at(offsets, bag);
    *end = told ? int_at(offsets, bag + 1) : b->indices->numel;
}

static bool run_bags(struct op_call *c, struct bags *b) {
    int64_t width = b->weight->sizes[1];
    struct row_run r = {.sums = call_scratch(c, 2 * (size_t)width + 1, sizeof *r.sums)};
    bool good = r.sums != NULL;
    r.row = r.sums + width;
    for (int64_t i = 0; good && i < b->count; i++) {
        int64_t begin, end;
        bag_range(b, i, &begin, &end);
        good = begin <= end ? run_bag(c, b, i, begin, end, &r) : refuse(c, "offsets must not decrease");
    }
    mem_free(r.sums);
    for (int64_t i = 0; good && b->mode == BAG_MEAN && i < b->count; i++)
        set_int(b->where, i, int_at(b->sizes, i));
    return good;
}

/* What lies in memory from the first element on, strides aside: PyTorch's inner operators read steps so,
 * where embedding_bag itself has made its arguments contiguous before. Whatever would reach outside is
 * copied. */
static struct tensor *as_it_lies(struct compose *k, struct tensor *t) {
    lb_error ignored = {0};
    int64_t strides[TENSOR_MAX_DIMS];
    strides_contiguous(t->ndim, t->sizes, strides);
    struct tensor *view =
        tensor_over(t->storage, tensor_dtype(t), t->ndim, t->sizes, strides, t->offset, &ignored);
    error_clear(&ignored);
    return compose_own(k, view ? view : tensor_contiguous(t, k->c->cx->budget, k->c->err));
}

/* Indices and offsets as contiguous tensors of one dtype. */
static bool same_ints(struct compose *k, struct bags *b, bool packed) {
    struct op_call *c = k->c;
    bool same = b->indices->dtype == b->offsets->dtype;
    enum dtype d = same ? tensor_dtype(b->indices) : DTYPE_INT64;
    struct tensor *offsets = compose_own(k, tensor_convert(b->offsets, d, c->cx->budget, c->err)),
                  *indices = compose_own(k, tensor_convert(b->indices, d, c->cx->budget, c->err));
    if (k->failed) return false;
    bool lies = same && !packed;
    b->ranges =
        lies ? as_it_lies(k, b->offsets) : compose_own(k, tensor_contiguous(offsets, c->cx->budget, c->err));
    b->indices =
        lies ? as_it_lies(k, b->indices) : compose_own(k, tensor_contiguous(indices, c->cx->budget, c->err));
    b->offsets = compose_own(k, tensor_contiguous(offsets, c->cx->budget, c->err));
    return !k->failed;
}

/* (weight, indices, offsets, scale_grad, mode, sparse, per_sample_weights, include_last_offset[,
 * padding_idx])
 * -> (rows, bag of each index, size of each bag, index of each maximum) */
static bool run(struct op_call *c, int64_t padding, bool grad, bool packed) {
    struct compose k = compose_start(c);
    struct bags b = {.weight = arg_tensor(c, 0),
                     .indices = arg_tensor(c, 1),
                     .offsets = arg_tensor(c, 2),
                     .mode = (enum bag_mode)arg_int(c, 4),
                     .scales = arg_tensor_or_null(c, 6),
                     .last_offset = arg_bool(c, 7),
                     .padding = padding,
                     .grad = grad};
    if (!check_dims(c, &b)) return false;
    if (arg_int(c, 4) < BAG_SUM || arg_int(c, 4) > BAG_MAX) return refuse(c, "embedding_bag: unknown mode");
    if (!same_ints(&k, &b, packed) || !check_offsets(c, &b)) return compose_refused(&k, false);
    b.count = b.offsets->numel - b.last_offset;
    if (!make_results(c, &k, &b) || !run_bags(c, &b)) return compose_refused(&k, false);
    return compose_give_some(&k, 4, (struct tensor *[]){b.out, b.bag_of, b.sizes, b.where});
}

bool embed_bag(struct op_call *c) {
    int64_t padding = -1, rows = arg_tensor(c, 0)->ndim > 0 ? arg_tensor(c, 0)->sizes[0] : 0;
    if (c->arg_count > 8 && !arg_none(c, 8)) {
        padding = arg_int(c, 8);
        if (padding < -rows || padding >= rows)
            return refuse(
                c, "padding_idx must be within the number of embeddings, -%lld through %lld, but got %lld",
                (long long)rows, (long long)rows - 1, (long long)padding);
        if (padding < 0) padding += rows;
    }
    return run(c, padding, false, true);
}
bool embed_bag_forward_only(struct op_call *c) {
    return run(c, arg_int(c, 8), false, false);
}
bool embed_bag_with_grad(struct op_call *c) {
    return run(c, arg_int(c, 8), true, false);
}
