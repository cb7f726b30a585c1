/* A copy of a tensor with one view of it written anew: select_scatter, slice_scatter, diagonal_scatter,
 * as_strided_scatter.
 *
 * Arguments are (self, src, what the view takes). The view's own kernel is run on the copy, so bounds and
 * refusals are the view's (aten/src/ATen/native/TensorShape.cpp). */
#include "ops/create/factory.h"
#include "ops/view/geometry.h"
#include <string.h>

bool view_select(struct op_call *c);
bool view_slice(struct op_call *c);
bool view_diagonal(struct op_call *c);
bool view_as_strided(struct op_call *c);

/* clone_preserve_strides of aten/src/ATen/native/TensorShape.cpp: the whole storage is copied, since
 * as_strided may reach what self does not show. */
static struct tensor *clone_storage(struct op_call *c, struct tensor *t) {
    if (tensor_overlaps_itself(t)) return tensor_clone(c, t);
    int64_t count = (int64_t)(t->storage->bytes / dtype_size(tensor_dtype(t))), one = 1;
    struct tensor *whole = tensor_over(t->storage, tensor_dtype(t), 1, &count, &one, 0, c->err);
    struct tensor *copy = whole ? tensor_clone(c, whole) : NULL, *view = NULL;
    if (copy)
        view = tensor_over(copy->storage, tensor_dtype(t), t->ndim, t->sizes, t->strides, t->offset, c->err);
    tensor_release(whole);
    tensor_release(copy);
    return view;
}

static bool write_part(struct op_call *c, struct tensor *part, const struct tensor *source) {
    char a[256], b[256];
    if (part->ndim != source->ndim ||
        memcmp(part->sizes, source->sizes, sizeof *part->sizes * part->ndim) != 0)
        return refuse(
            c, "expected src to have a size equal to the slice of self. src size = %s, slice size = %s",
            sizes_text(source->ndim, source->sizes, a, sizeof a),
            sizes_text(part->ndim, part->sizes, b, sizeof b));
    if (tensor_overlaps_itself(part)) return refuse_overlap(c);
    return tensor_copy(part, source, c->err);
}

enum { MOST_VIEW_ARGS = 6 };

static bool scatter(struct op_call *c, op_kernel view) {
    lb_value args[MOST_VIEW_ARGS], part = value_none();
    struct tensor *copy = clone_storage(c, arg_tensor(c, 0));
    struct op_call inner = *c;
    if (!copy) return false;
    args[0] = value_tensor(copy);
    inner.arg_count = c->arg_count - 1;
    for (int i = 1; i < inner.arg_count && i < MOST_VIEW_ARGS; i++) args[i] = c->args[i + 1];
    inner.args = args;
    inner.results = &part;
    inner.row = NULL;
    inner.dying = 0;
    bool good = view(&inner) && write_part(c, part.tensor, arg_tensor(c, 1));
    value_release(part);
    if (good) return give_tensor(c, copy);
    tensor_release(copy);
    return false;
}
bool view_select_scatter(struct op_call *c) {
    return scatter(c, view_select);
}
bool view_slice_scatter(struct op_call *c) {
    return scatter(c, view_slice);
}
bool view_diagonal_scatter(struct op_call *c) {
    return scatter(c, view_diagonal);
}
bool view_as_strided_scatter(struct op_call *c) {
    return scatter(c, view_as_strided);
}

/* slice_inverse(self, src, ...): self, shown with the geometry of the tensor it was cut from. */
bool view_slice_inverse(struct op_call *c) {
    const struct tensor *base = arg_tensor(c, 1);
    struct tensor *t = arg_tensor(c, 0);
    return give_tensor(c, tensor_view_as(t, base->ndim, base->sizes, base->strides, base->offset, c->err));
}

/* fill_diagonal_(self, value, wrap): of a matrix, or of a cube of any dimension
 * (aten/src/ATen/native/Fill.cpp). */
bool view_fill_diagonal(struct op_call *c) {
    struct tensor *t = arg_tensor(c, 0);
    struct number value = arg_number(c, 1);
    uint64_t sum = 0; /* wraps: a dimension of one element may have any stride */
    if (t->ndim < 2) return refuse(c, "dimensions must larger than 1");
    int64_t height = t->sizes[0], width = t->sizes[1], size = height < width ? height : width;
    for (int i = 0; i < t->ndim; i++) {
        if (t->ndim > 2 && t->sizes[i] != height)
            return refuse(c, "all dimensions of input must be of equal length");
        sum += (uint64_t)t->strides[i];
    }
    int64_t stride = (int64_t)sum;
    struct tensor *line = tensor_view_as(t, 1, &size, &stride, t->offset, c->err), *rest = NULL;
    bool good = line && tensor_fill(c, line, &value);
    if (good && arg_bool(c, 2) && t->ndim == 2 && height > width + 1) {
        int64_t step = width + 1, more = (t->numel + step - 1) / step - size;
        rest = tensor_view_as(t, 1, &more, &stride, t->offset + t->strides[0] * step, c->err);
        good = rest && tensor_fill(c, rest, &value);
    }
    tensor_release(line);
    tensor_release(rest);
    tensor_changed(t);
    return good && give_borrowed(c, 0, t);
}
