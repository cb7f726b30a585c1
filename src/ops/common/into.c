/* In-place and out= forms of a functional kernel, by rule.
 *
 * The kernel runs on the arguments that are not outputs; its results are then written where the row says:
 * into the first argument (same shape, castable dtype), into the out= arguments (resized where the shape
 * differs), into the tensors of an out= list, which has no result. */
#include "base/mem.h"
#include "ops/common/args.h"
#include "ops/common/cpp_names.h"
#include "ops/dispatch.h"
#include "ops/quantized/quantize.h"
#include "tensor/layouts.h"
#include "tensor/promote.h"

enum { MOST_RESULTS = 8 };

static bool check_cast(struct op_call *c, const struct tensor *to, const struct tensor *from) {
    if (promote_can_cast(tensor_dtype(from), tensor_dtype(to))) return true;
    return refuse(c, "result type %s can't be cast to the desired output type %s",
                  dtype_table[from->dtype].graph_name, dtype_table[to->dtype].graph_name);
}

static bool same_shape(const struct tensor *a, const struct tensor *b) {
    if (a->ndim != b->ndim) return false;
    for (int i = 0; i < a->ndim; i++)
        if (a->sizes[i] != b->sizes[i]) return false;
    return true;
}

static bool refuse_layout(struct op_call *c, const struct tensor *to, const struct tensor *from) {
    if (tensor_is_nested(from) || tensor_is_nested(to))
        return refuse(c, "Internal error: NestedTensorImpl doesn't support sizes. Please file an issue.");
    if (layout_is_compressed(from->layout))
        return refuse(c, "copy_sparse_compressed_ expected sparse compressed tensor layout but got %s",
                      layout_name(to->layout));
    return refuse(c,
                  "copy_() between dense and sparse Tensors is not implemented! Found self type = "
                  "torch.%s%sTensor and src "
                  "type = torch.%s%sTensor",
                  to->layout ? "sparse." : "", dtype_table[to->dtype].graph_name,
                  from->layout ? "sparse." : "", dtype_table[from->dtype].graph_name);
}

/* A sparse or nested result is kept as it is, in a tensor of its own layout: its parts are the result's. */
static bool write_layout(struct op_call *c, struct tensor *to, const struct tensor *from) {
    if (to->layout != from->layout) return refuse_layout(c, to, from);
    if (to->dtype != from->dtype)
        return refuse(c, "Expected out tensor to have dtype %s, but got %s instead",
                      dtype_table[from->dtype].python_name, dtype_table[to->dtype].python_name);
    tensor_changed(to);
    return tensor_become(to, from, c->err);
}

/* The checks of the wrappers that torchgen writes around structured kernels and for generated out= forms
 * (torchgen/gen.py, torchgen/dest/register_dispatch_key.py). */
static bool check_exact(struct op_call *c, const struct tensor *to, const struct tensor *from) {
    if (!(c->row->traits & OP_EXACT)) return check_cast(c, to, from);
    const char *has = dtype_cpp_name(tensor_dtype(to)), *wanted = dtype_cpp_name(tensor_dtype(from));
    if (c->row->traits & OP_OUT)
        return to->dtype == from->dtype ||
               refuse(c, "Expected out tensor to have dtype %s, but got %s instead", wanted, has);
    if (to->dtype != from->dtype)
        return refuse(c, "Bad in-place call: input tensor dtype %s and output tensor dtype %s should match",
                      has, wanted);
    return same_shape(to, from) ||
           refuse(c, "Bad in-place call: input tensor size %s and output tensor size %s should match",
                  sizes_text(to->ndim, to->sizes, (char[256]){0}, 256),
                  sizes_text(from->ndim, from->sizes, (char[256]){0}, 256));
}

static bool write_result(struct op_call *c, struct tensor *to, struct tensor *from) {
    bool resizes = (c->row->traits & OP_OUT) != 0, quantized = to->quantizer || from->quantizer;
    char a[256], b[256];
    if (to == from) return true;
    /* One of another shape is resized, and then overlaps no more. */
    bool looked_at = !(c->row->traits & OP_OVERLAPS) && same_shape(to, from);
    if (looked_at && tensor_overlaps_itself(to)) return refuse_overlap(c);
    bool generated = resizes && (c->row->traits & OP_EXACT);
    if ((!quantized || generated) && !check_exact(c, to, from)) return false;
    if (to->layout != LAYOUT_STRIDED || from->layout != LAYOUT_STRIDED) return write_layout(c, to, from);
    if (!same_shape(to, from)) {
        if (!resizes)
            return refuse(c, "output with shape %s doesn't match the broadcast shape %s",
                          sizes_text(to->ndim, to->sizes, a, sizeof a),
                          sizes_text(from->ndim, from->sizes, b, sizeof b));
        if (!tensor_resize(to, from->ndim, from->sizes, c->err)) return false;
    }
    tensor_changed(to);
    return quantized ? quantized_copy(c, to, from) : tensor_copy(to, from, c->err);
}

/* resize_out_helper and copy_arg of the list forms that torchgen writes (torchgen/gen.py). */
static bool write_list(struct op_call *c, const struct list *to, const struct list *from) {
    if (to->count != from->count)
        return refuse(c, "%s() expected an out= argument of size %lld, got size %lld", op_name(c->row) + 6,
                      (long long)from->count, (long long)to->count);
    for (int64_t i = 0; i < to->count; i++) {
        struct tensor *target = to->items[i].tensor;
        struct tensor *source = from->items[i].tensor;
        if (target->dtype != source->dtype)
            return refuse(c, "Expected out tensor to have dtype %s, but got %s instead",
                          dtype_cpp_name(tensor_dtype(source)), dtype_cpp_name(tensor_dtype(target)));
        if (!write_result(c, target, source)) return false;
    }
    return true;
}

static bool into_list(struct op_call *c, op_kernel kernel) {
    lb_value result = value_none();
    struct op_call inner = *c;
    inner.dying = 0;
    inner.results = &result;
    inner.result_count = 1;
    inner.arg_count = c->arg_count - 1;
    inner.row = NULL;
    bool good = kernel(&inner) && write_list(c, arg_list(c, c->arg_count - 1), result.list);
    value_release(result);
    return good;
}

bool op_into(struct op_call *c, op_kernel kernel) {
    lb_value results[MOST_RESULTS] = {{0}};
    bool out = (c->row->traits & OP_OUT) != 0;
    if (out && c->args[c->arg_count - 1].tag == VALUE_LIST) return into_list(c, kernel);
    int written = out ? c->result_count : 1, first = out ? c->arg_count - written : 0;
    struct op_call inner = *c;
    inner.dying = 0;
    if (written > MOST_RESULTS) return refuse(c, "too many results");
    inner.results = results;
    /* What layouts' kernels say of themselves, and whose kernel they run on values. */
    inner.row = args_backend(c->args, c->arg_count) == BACKEND_CPU ? NULL : op_functional_row(c->row);
    if (out) inner.arg_count = first;
    bool good = kernel(&inner);
    for (int i = 0; good && i < written; i++)
        good =
            results[i].tag == VALUE_TENSOR
                ? write_result(c, arg_tensor(c, first + i), results[i].tensor)
                : results[i].tag != VALUE_NONE || c->args[first + i].tag != VALUE_TENSOR ||
                      refuse(c,
                             "Expected out tensor to have dtype nullptr (uninitialized), but got %s instead",
                             dtype_cpp_name(tensor_dtype(arg_tensor(c, first + i))));
    for (int i = 0; good && i < c->result_count; i++) c->results[i] = value_copy(c->args[first + i]);
    for (int i = 0; i < MOST_RESULTS; i++) value_release(results[i]);
    return good;
}

bool op_become(struct op_call *c, op_kernel kernel) {
    lb_value result = value_none();
    struct op_call inner = *c;
    inner.dying = 0;
    inner.results = &result;
    inner.row = NULL;
    bool good = kernel(&inner) && tensor_become(arg_tensor(c, 0), result.tensor, c->err);
    value_release(result);
    return good && give_borrowed(c, 0, arg_tensor(c, 0));
}

static struct tensor *copy_of(struct op_call *c, const struct tensor *t) {
    if (t->layout != LAYOUT_STRIDED) {
        refuse(c, "a copy of a tensor that is not strided");
        return NULL;
    }
    struct tensor *copy = call_new(c, tensor_dtype(t), t->ndim, t->sizes);
    if (copy && !tensor_copy(copy, t, c->err)) {
        tensor_release(copy);
        return NULL;
    }
    return copy;
}

static bool copy_list(struct op_call *c, const struct list *list) {
    struct tensor **copies = call_scratch(c, (size_t)list->count + 1, sizeof *copies);
    int made = 0;
    if (!copies) return false;
    while (made < list->count && (copies[made] = copy_of(c, list->items[made].tensor))) made++;
    bool good = made == list->count;
    if (!good) release_tensors(copies, made);
    good = good && give_list(c, 0, copies, made);
    mem_free(copies);
    return good;
}

bool op_copy(struct op_call *c, op_kernel kernel) {
    lb_value result = value_none();
    struct op_call inner = *c;
    inner.dying = 0;
    inner.results = &result;
    bool good = kernel(&inner);
    if (good && result.tag == VALUE_LIST)
        good = copy_list(c, result.list);
    else if (good)
        good = give_tensor(c, copy_of(c, result.tensor));
    value_release(result);
    return good;
}
