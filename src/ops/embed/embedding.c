/* Rows of a table by index: embedding, embedding_bag, renormalisation. */
#include "base/mem.h"
#include "ops/common/compose.h"
#include "ops/view/geometry.h"
#include <math.h>
#include <string.h>

static bool check_indices(struct op_call *c, const struct tensor *weight, const struct tensor *indices) {
    if (indices->dtype != DTYPE_INT64 && indices->dtype != DTYPE_INT32)
        return refuse(c,
                      "Expected tensor for argument #1 'indices' to have one of the following scalar types: "
                      "Long, Int; but got "
                      "torch.%sTensor instead (while checking arguments for embedding)",
                      dtype_table[indices->dtype].graph_name);
    return weight->ndim == 2 || refuse(c, "'weight' must be 2-D");
}

bool embed_embedding(struct op_call *c) {
    struct tensor *weight = arg_tensor(c, 0), *indices = arg_tensor(c, 1), *flat = NULL, *table = NULL,
                  *out = NULL;
    int64_t sizes[TENSOR_MAX_DIMS + 1];
    if (!check_indices(c, weight, indices)) return false;
    memcpy(sizes, indices->sizes, sizeof *sizes * indices->ndim);
    sizes[indices->ndim] = weight->sizes[1];
    flat = tensor_contiguous(indices, c->cx->budget, c->err);
    table = tensor_contiguous(weight, c->cx->budget, c->err);
    if (flat && table) out = call_new(c, tensor_dtype(weight), indices->ndim + 1, sizes);
    size_t row = dtype_size(tensor_dtype(weight)) * (size_t)weight->sizes[1];
    bool good = out != NULL;
    for (int64_t i = 0; good && i < flat->numel; i++) {
        int64_t at = flat->dtype == DTYPE_INT64 ? ((int64_t *)tensor_data(flat))[i]
                                                : ((int32_t *)tensor_data(flat))[i];
        if (at < 0 || at >= weight->sizes[0])
            good = refuse_index(c, "index out of range in self");
        else
            memcpy((char *)tensor_data(out) + (size_t)i * row, (char *)tensor_data(table) + (size_t)at * row,
                   row);
    }
    tensor_release(flat);
    tensor_release(table);
    if (good) return give_tensor(c, out);
    tensor_release(out);
    return false;
}

/* Rows used by `indices` are scaled down to max_norm. */
bool embed_renorm(struct op_call *c) {
    struct tensor *weight = arg_tensor(c, 0), *indices = arg_tensor(c, 1);
    double most = arg_float(c, 2), p = arg_float(c, 3);
    int64_t width = weight->sizes[1], size = (int64_t)dtype_size(tensor_dtype(weight));
    if (!check_indices(c, weight, indices)) return false;
    for (int64_t i = 0; i < indices->numel; i++) {
        int64_t at = tensor_get_int(indices, i);
        if (at < 0 || at >= weight->sizes[0]) return refuse_index(c, "index out of range in self");
        double sum = 0;
        for (int64_t j = 0; j < width; j++) sum += pow(fabs(tensor_get_float(weight, at * width + j)), p);
        double norm = pow(sum, 1 / p);
        if (norm <= most) continue;
        for (int64_t j = 0; j < width; j++) {
            double x = tensor_get_float(weight, at * width + j) * (most / (norm + 1e-7));
            char *to =
                (char *)tensor_data(weight) + (at * weight->strides[0] + j * weight->strides[1]) * size;
            convert_store[weight->dtype][COMPUTE_DOUBLE](to, 0, &x, 0, 1);
        }
    }
    return give_borrowed(c, 0, weight);
}

enum bag_mode { BAG_SUM, BAG_MEAN, BAG_MAX };

struct bags {
    struct tensor *weight, *indices, *offsets, *scales; /* scales may be NULL */
    enum bag_mode mode;
    int64_t count, padding;
    struct tensor *out, *bag_of, *sizes, *where;
};

static bool one_bag(struct op_call *c, const struct bags *b, int64_t bag, int64_t begin, int64_t end,
                    double *sums) {
    int64_t width = b->weight->sizes[1], used = 0, size = (int64_t)dtype_size(tensor_dtype(b->out));
    for (int64_t j = 0; j < width; j++) sums[j] = 0;
    for (int64_t i = begin; i < end; i++) {
        int64_t at = tensor_get_int(b->indices, i);
        if (at < 0 || at >= b->weight->sizes[0])
            return refuse(c,
                          "embedding_bag: Expected idx >= 0 && idx < num_embeddings but found idx to be %lld",
                          (long long)at);
        if (b->bag_of && b->bag_of->numel)
            convert_store[b->bag_of->dtype][COMPUTE_INT]((char *)tensor_data(b->bag_of) +
                                                             i * (int64_t)dtype_size(tensor_dtype(b->bag_of)),
                                                         0, &bag, 0, 1);
        if (at == b->padding) continue;
        double scale = b->scales ? tensor_get_float(b->scales, i) : 1;
        for (int64_t j = 0; j < width; j++) {
            double x = tensor_get_float(b->weight, at * width + j) * scale;
            bool better = b->mode != BAG_MAX || used == 0 || x > sums[j];
            if (b->mode != BAG_MAX)
                sums[j] += x;
            else if (better)
                sums[j] = x;
            if (b->mode == BAG_MAX && better)
                convert_store[b->where->dtype][COMPUTE_INT](
                    (char *)tensor_data(b->where) +
                        (bag * width + j) * (int64_t)dtype_size(tensor_dtype(b->where)),
                    0, &at, 0, 1);
        }
        used++;
    }
    for (int64_t j = 0; j < width; j++) {
        double x = b->mode == BAG_MEAN && used ? sums[j] / (double)used : sums[j];
        convert_store[b->out->dtype][COMPUTE_DOUBLE]((char *)tensor_data(b->out) + (bag * width + j) * size,
                                                     0, &x, 0, 1);
    }
    if (b->sizes && bag < b->sizes->numel)
        convert_store[b->sizes->dtype][COMPUTE_INT]((char *)tensor_data(b->sizes) +
                                                        bag * (int64_t)dtype_size(tensor_dtype(b->sizes)),
                                                    0, &used, 0, 1);
    return true;
}

static bool check_bags(struct op_call *c, const struct bags *b) {
    if (!check_indices(c, b->weight, b->indices)) return false;
    if (b->indices->ndim > 2)
        return refuse(c, "input has to be a 1D or 2D Tensor, but got Tensor of dimension %d",
                      b->indices->ndim);
    if (b->indices->ndim == 1 && b->offsets->numel > 0 && tensor_get_int(b->offsets, 0) != 0)
        return refuse(c,
                      "offsets[0] has to be 0, i.e., the first sequence in the mini-batch has to start from "
                      "position 0. However, got %lld",
                      (long long)tensor_get_int(b->offsets, 0));
    if (b->offsets->numel > 0 && tensor_get_int(b->offsets, b->offsets->numel - 1) > b->indices->numel)
        return refuse(
            c, "offsets[-1] can not be greater than input's length %lld but got offsets[-1] of %lld",
            (long long)b->indices->numel, (long long)tensor_get_int(b->offsets, b->offsets->numel - 1));
    if (b->scales && b->mode != BAG_SUM)
        return refuse(c,
                      "embedding_bag: per_sample_weights was not None. per_sample_weights is only supported "
                      "for mode='sum' (got mode='%s'). Please open a feature request on GitHub.",
                      b->mode == BAG_MEAN ? "mean" : "max");
    if (b->scales && b->scales->numel != b->indices->numel)
        return refuse(c, "expected per_sample_weights to have the same shape as input");
    return true;
}

/* (weight, indices, offsets, scale_grad, mode, sparse, per_sample_weights, include_last_offset, padding_idx)
 */
bool embed_bag(struct op_call *c) {
    struct compose k = compose_start(c);
    struct bags b = {.weight = arg_tensor(c, 0),
                     .indices = arg_tensor(c, 1),
                     .offsets = arg_tensor(c, 2),
                     .mode = (enum bag_mode)arg_int(c, 4),
                     .scales = arg_tensor_or_null(c, 6),
                     .padding = -1};
    bool last = arg_bool(c, 7);
    if (c->arg_count > 8 && !arg_none(c, 8)) {
        b.padding = arg_int(c, 8);
        if (b.padding < 0 && b.weight->ndim == 2 &&
            strcmp(c->row ? op_name(c->row) : "", "aten::embedding_bag") == 0)
            b.padding += b.weight->sizes[0];
    }
    if (!check_bags(c, &b)) return false;
    b.count = b.offsets->numel - last;
    if (b.count < 0) return refuse(c, "include_last_offset: number of offsets should be at least 1");
    int64_t shape[2] = {b.count, b.weight->sizes[1]}, zero = 0;
    enum dtype ints = tensor_dtype(b.offsets);
    b.out = compose_own(&k, call_new(c, tensor_dtype(b.weight), 2, shape));
    bool fast = b.mode == BAG_SUM && b.padding < 0;
    (void)fast;
    b.bag_of = compose_run(&k, "aten::zeros", "Ld", 1, b.mode == BAG_SUM ? &zero : &b.indices->numel, ints);
    b.sizes = compose_run(&k, "aten::zeros", "Ld", 1, &b.count, ints);
    b.where = b.mode == BAG_MAX ? compose_run(&k, "aten::zeros", "Ld", 2, shape, ints)
                                : compose_run(&k, "aten::zeros", "Ld", 1, &b.count, ints);
    double *sums = call_scratch(c, (size_t)shape[1] + 1, sizeof *sums);
    bool good = !k.failed && sums;
    for (int64_t i = 0; good && i < b.count; i++) {
        int64_t begin = tensor_get_int(b.offsets, i),
                end = i + 1 < b.offsets->numel ? tensor_get_int(b.offsets, i + 1) : b.indices->numel;
        good = one_bag(c, &b, i, begin, end, sums);
    }
    mem_free(sums);
    if (!good) k.failed = true;
    return compose_give_some(&k, 4, (struct tensor *[]){b.out, b.bag_of, b.sizes, b.where});
}
