/* Rows of a table by index: embedding, and rows scaled down to a largest norm. */
#include "base/mem.h"
#include "ops/common/compose.h"
#include "ops/embed/embed.h"
#include "ops/view/geometry.h"
#include <math.h>
#include <string.h>

bool embed_check_indices(struct op_call *c, const struct tensor *indices, const char *name,
                         const char *function) {
    return indices->dtype == DTYPE_INT64 || indices->dtype == DTYPE_INT32 ||
           refuse(c,
                  "Expected tensor for argument #1 '%s' to have one of the following scalar types: Long, "
                  "Int; but "
                  "got torch.%sTensor instead (while checking arguments for %s)",
                  name, dtype_table[indices->dtype].graph_name, function);
}

bool embed_embedding(struct op_call *c) {
    struct tensor *weight = arg_tensor(c, 0), *indices = arg_tensor(c, 1), *flat = NULL, *table = NULL,
                  *out = NULL;
    int64_t sizes[TENSOR_MAX_DIMS + 1];
    if (weight->ndim != 2) return refuse(c, "'weight' must be 2-D");
    if (!embed_check_indices(c, indices, "indices", "embedding")) return false;
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

/* --- renormalisation (aten/src/ATen/native/Embedding.cpp) --- */

/* A row longer than `most` is scaled to it. */
static bool renorm_row(struct op_call *c, struct tensor *weight, int64_t at, double most, struct number p) {
    struct compose k = compose_start(c);
    lb_value power = value_float(p.f);
    struct tensor *row = compose_own(&k, tensor_select(c, weight, 0, at));
    struct tensor *norm = compose_run(&k, "aten::norm.Scalar", "tv", row, power);
    double length = norm ? tensor_get_float(norm, 0) : 0;
    if (length > most) compose_run(&k, "aten::mul_.Scalar", "tf", row, most / (length + 1e-7));
    return compose_end(&k);
}

static bool renorm_rows(struct op_call *c, struct tensor *weight, const struct tensor *indices) {
    struct number p = {.tag = VALUE_FLOAT, .f = arg_float(c, 3)};
    bool good = true;
    uint8_t *seen = call_scratch(c, (size_t)weight->sizes[0] + 1, 1);
    if (!seen) return false;
    memset(seen, 0, (size_t)weight->sizes[0] + 1);
    for (int64_t i = 0; good && i < indices->numel; i++) {
        int64_t at = tensor_get_int(indices, i);
        if (at < 0) at += weight->sizes[0];
        if (at < 0 || at >= weight->sizes[0])
            good = refuse_index(c, "index %lld is out of bounds for dimension 0 with size %lld",
                                (long long)tensor_get_int(indices, i), (long long)weight->sizes[0]);
        else if (!seen[at])
            good = renorm_row(c, weight, at, arg_float(c, 2), p);
        if (good) seen[at] = 1;
    }
    mem_free(seen);
    return good;
}

static bool check_renorm(struct op_call *c, const struct tensor *weight, const struct tensor *indices) {
    if (weight->ndim != 2)
        return refuse(
            c,
            "Expected 2-dimensional tensor, but got %d-dimensional tensor for argument #1 'self' (while "
            "checking arguments for embedding_renorm_)",
            weight->ndim);
    return embed_check_indices(c, indices, "indices", "embedding_renorm_");
}

/* (self, indices, max_norm, norm_type) */
bool embed_renorm(struct op_call *c) {
    struct compose k = compose_start(c);
    struct tensor *weight = arg_tensor(c, 0);
    if (!check_renorm(c, weight, arg_tensor(c, 1))) return false;
    struct tensor *out = compose_run(&k, "aten::clone", "tn", weight);
    if (!out || !renorm_rows(c, out, arg_tensor(c, 1))) return compose_refused(&k, false);
    return compose_give(&k, out);
}
/* _no_grad_embedding_renorm_: in place, though its schema does not say so. */
bool embed_renorm_untold(struct op_call *c) {
    struct tensor *weight = arg_tensor(c, 0);
    if (!check_renorm(c, weight, arg_tensor(c, 1)) || !renorm_rows(c, weight, arg_tensor(c, 1))) return false;
    tensor_changed(weight);
    return give_borrowed(c, 0, weight);
}
