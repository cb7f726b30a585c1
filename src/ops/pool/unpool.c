/* max_unpool: maxima put back where they came from (aten/src/ATen/native/MaxUnpooling.cpp). */
#include "ops/common/compose.h"
#include "ops/common/dtypes.h"
#include <string.h>

enum { AXES = 3 };

static int64_t product_of_sizes(const int64_t *sizes, int count) {
    int64_t product = 1;
    for (int i = 0; i < count; i++) product *= sizes[i];
    return product;
}

static bool check_unpool_shapes(struct op_call *c, int dims, const struct tensor *x,
                                const struct tensor *index) {
    char a[256], b[256];
    if (index->dtype != DTYPE_INT64)
        return refuse(c, "elements in indices should be type int64 but got: %s",
                      dtype_table[index->dtype].graph_name);
    if (arg_list(c, 2)->count != dims)
        return refuse(c, "There should be exactly %s elements (%s) in output_size, but got %lld elements.",
                      dims == 2 ? "two" : "three", dims == 2 ? "height, width" : "depth, height, width",
                      (long long)arg_list(c, 2)->count);
    if (x->ndim != dims + 1 && x->ndim != dims + 2)
        return refuse(c,
                      "Input to max_unpooling%dd should be a %dd or %dd Tensor, but got a tensor with %d "
                      "dimensions.",
                      dims, dims + 1, dims + 2, x->ndim);
    if (index->ndim == x->ndim && memcmp(index->sizes, x->sizes, sizeof *x->sizes * x->ndim) == 0)
        return true;
    return refuse(
        c,
        "Expected shape of indices to be same as that of the input tensor (%s) but got indices tensor "
        "with shape: %s",
        sizes_text(x->ndim, x->sizes, a, sizeof a), sizes_text(index->ndim, index->sizes, b, sizeof b));
}

static bool check_unpool(struct op_call *c, int dims, const struct tensor *x, const struct tensor *index) {
    char text[256];
    int64_t lists[2][AXES];
    if (!check_unpool_shapes(c, dims, x, index)) return false;
    for (int i = 1; i < x->ndim; i++)
        if (x->sizes[i] == 0)
            return refuse(
                c,
                "max_unpooling%dd(): Expected input to have non-zero size for non-batch dimensions, but "
                "got %s with dimension %d being empty.",
                dims, sizes_text(x->ndim, x->sizes, text, sizeof text), i);
    for (int i = 0; dims == 3 && i < 2; i++)
        if (args_ints(c, 3 + i, lists[i], AXES) != AXES)
            return refuse(c, "There should be exactly three elements (depth, height, width) in %s",
                          i ? "padding" : "stride");
    for (int i = 0; dims == 3 && i < AXES; i++)
        if (lists[0][i] <= 0) return refuse(c, "strides should be greater than zero");
    return check_dtype(c, x, SET_REALS, dims == 2 ? "max_unpool2d" : "max_unpool3d");
}

/* Values go where indices say, the rest is 0. */
static bool scatter(struct op_call *c, struct tensor *out, const struct tensor *from, const struct tensor *at,
                    int dims) {
    size_t size = dtype_size(tensor_dtype(out));
    const int64_t *sizes = out->sizes + out->ndim - dims;
    int64_t out_plane = product_of_sizes(sizes, dims),
            in_plane = product_of_sizes(from->sizes + from->ndim - dims, dims);
    for (int64_t i = 0; i < from->numel; i++) {
        int64_t place = ((const int64_t *)tensor_data(at))[i];
        if (place < 0 || place >= out_plane)
            return refuse(c, "Found an invalid max index: %lld (output volumes are of size %lldx%lld",
                          (long long)place, (long long)sizes[0], (long long)sizes[1]);
        memcpy((char *)tensor_data(out) + (size_t)(i / in_plane * out_plane + place) * size,
               (const char *)tensor_data(from) + (size_t)i * size, size);
    }
    return true;
}

static bool unpool(struct op_call *c, int dims) {
    struct tensor *x = arg_tensor(c, 0), *index = arg_tensor(c, 1);
    int64_t sizes[TENSOR_MAX_DIMS];
    struct compose k = compose_start(c);
    if (!check_unpool(c, dims, x, index)) return false;
    memcpy(sizes, x->sizes, sizeof *sizes * x->ndim);
    if (args_ints(c, 2, sizes + x->ndim - dims, dims) < 0) return false;
    struct tensor *from = compose_own(&k, tensor_contiguous(x, c->cx->budget, c->err)),
                  *at = compose_own(&k, tensor_contiguous(index, c->cx->budget, c->err)),
                  *out = compose_run(&k, "aten::zeros", "Ld", (int)x->ndim, sizes, (int)x->dtype);
    if (k.failed || !scatter(c, out, from, at, dims)) return compose_refused(&k, false);
    if (x->ndim == 4 && dims == 2 && tensor_is_channels_last(x) && !tensor_is_contiguous(x))
        out = compose_run(&k, "aten::contiguous", "td", out, 2);
    return compose_give(&k, out);
}
bool pool_unpool_2d(struct op_call *c) {
    return unpool(c, 2);
}
bool pool_unpool_3d(struct op_call *c) {
    return unpool(c, 3);
}
