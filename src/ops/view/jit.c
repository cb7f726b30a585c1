/* Operators that TorchScript's own passes put into graphs: sizes as tensors, views for ONNX and for NCF,
 * and what autocast and forward mode ask of a tensor.
 *
 * Rules: torch/csrc/jit/passes/decompose_ops.cpp, register_prim_ops.cpp,
 * aten/src/ATen/native/TensorConversions.cpp. */
#include "base/mem.h"
#include "kernels/kernels.h"
#include "ops/common/compose.h"
#include "ops/common/give.h"
#include "ops/view/geometry.h"
#include <string.h>

/* --- shapes as tensors --- */

static bool give_shape(struct op_call *c, const int64_t *sizes, int64_t count, enum dtype d) {
    struct tensor *t = call_new(c, d, 1, &count);
    if (t) convert_store[d][COMPUTE_INT](tensor_data(t), (int64_t)dtype_size(d), sizes, sizeof *sizes, count);
    return give_tensor(c, t);
}
bool jit_shape_as_tensor(struct op_call *c) {
    return give_shape(c, arg_tensor(c, 0)->sizes, arg_tensor(c, 0)->ndim, DTYPE_INT64);
}

bool jit_list_to_tensor(struct op_call *c) {
    const struct list *list = arg_list(c, 0);
    int64_t *ints = call_scratch(c, (size_t)list->count + 1, sizeof *ints);
    if (!ints) return false;
    for (int64_t i = 0; i < list->count; i++) ints[i] = list->items[i].i;
    bool good = give_shape(c, ints, list->count, DTYPE_INT32);
    mem_free(ints);
    return good;
}

static bool check_int_tensor(struct op_call *c, const struct tensor *t, enum dtype wanted) {
    if (t->dtype == wanted) return true;
    return refuse(c, "expected scalar type %s but found %s", dtype_table[wanted].graph_name,
                  dtype_table[t->dtype].graph_name);
}

/* The first element of each row of the first dimension. */
bool jit_tensor_to_list(struct op_call *c) {
    struct tensor *t = arg_tensor(c, 0);
    if (t->ndim == 0) return refuse_index(c, "Dimension specified as 0 but tensor has no dimensions");
    if (t->sizes[0] > 0 && !check_int_tensor(c, t, DTYPE_INT32)) return false;
    int64_t count = t->numel ? t->sizes[0] : 0, *ints = call_scratch(c, (size_t)count + 1, sizeof *ints);
    if (!ints) return false;
    if (count > 0)
        convert_load[t->dtype][COMPUTE_INT](ints, sizeof *ints, tensor_data(t),
                                            t->strides[0] * (int64_t)sizeof(int32_t), count);
    bool good = count <= INT32_MAX && give_ints(c, 0, ints, (int)count);
    mem_free(ints);
    return good;
}

/* _reshape_from_tensor(self, shape): also onnx::Reshape, which accepts any whole numbers. */
bool jit_reshape_from_tensor(struct op_call *c) {
    struct compose k = compose_start(c);
    const struct tensor *shape = arg_tensor(c, 1);
    int64_t sizes[TENSOR_MAX_DIMS];
    if (shape->ndim != 1) return refuse(c, "shape.dim() == 1 INTERNAL ASSERT FAILED");
    if (!dtype_is_integral(tensor_dtype(shape), false) || shape->numel > TENSOR_MAX_DIMS)
        return refuse(c, "expected scalar type Long but found %s", dtype_table[shape->dtype].graph_name);
    for (int64_t i = 0; i < shape->numel; i++) sizes[i] = tensor_get_int(shape, i);
    return compose_give(&k,
                        compose_run(&k, "aten::reshape", "tL", arg_tensor(c, 0), (int)shape->numel, sizes));
}

/* --- views that normalisations are cut into --- */

/* _ncf_unsqueeze(self, ndim): [C] as [1, C, 1, ...] */
bool jit_ncf_unsqueeze(struct op_call *c) {
    struct compose k = compose_start(c);
    struct tensor *t = arg_tensor(c, 0);
    int64_t ndim = arg_int(c, 1), sizes[TENSOR_MAX_DIMS];
    if (t->ndim != 1) return refuse(c, "self.dim() == 1 INTERNAL ASSERT FAILED");
    if (ndim < 2 || ndim > TENSOR_MAX_DIMS)
        return refuse(c, "a tensor cannot have %lld dimensions", (long long)ndim);
    for (int i = 0; i < (int)ndim; i++) sizes[i] = i == 1 ? t->sizes[0] : 1;
    return compose_give(&k, compose_run(&k, "aten::reshape", "tL", t, (int)ndim, sizes));
}

/* _ncf_view(self, input_shape, normalized_ndim): the outer sizes, then ones. */
bool jit_ncf_view(struct op_call *c) {
    struct compose k = compose_start(c);
    int64_t sizes[TENSOR_MAX_DIMS], inner = arg_int(c, 2);
    int ndim = args_ints(c, 1, sizes, TENSOR_MAX_DIMS);
    if (ndim < 0) return false;
    if (inner < 0) return refuse(c, "normalized_ndim is out of range");
    for (int64_t i = inner > ndim ? 0 : ndim - inner; i < ndim; i++) sizes[i] = 1;
    return compose_give(&k, compose_run(&k, "aten::reshape", "tL", arg_tensor(c, 0), ndim, sizes));
}

bool jit_ravel(struct op_call *c) {
    struct compose k = compose_start(c);
    int64_t all = -1;
    return compose_give(&k, compose_run(&k, "aten::reshape", "tL", arg_tensor(c, 0), 1, &all));
}

/* _reshape_alias(self, size, stride): a view with the strides that reshape has found. */
bool jit_reshape_alias(struct op_call *c) {
    struct tensor *t = arg_tensor(c, 0);
    int64_t sizes[TENSOR_MAX_DIMS], strides[TENSOR_MAX_DIMS];
    int ndim = args_ints(c, 1, sizes, TENSOR_MAX_DIMS), other = args_ints(c, 2, strides, TENSOR_MAX_DIMS);
    if (ndim < 0 || other < 0) return false;
    if (ndim != other) return refuse(c, "mismatched size and stride lengths: %d and %d", ndim, other);
    return give_tensor(c, tensor_view_as(t, ndim, sizes, strides, t->offset, c->err));
}

/* --- what is known of the memory --- */

/* 0: no two elements share memory, 1: they do, 2: too hard to say (aten/src/ATen/MemoryOverlap.cpp). */
bool jit_internal_overlap(struct op_call *c) {
    const struct tensor *t = arg_tensor(c, 0);
    if (tensor_is_dense(t)) return give_int(c, 0);
    return give_int(c, tensor_overlaps_itself(t) ? 1 : 2);
}
bool jit_same_storage_numel(struct op_call *c) {
    const struct tensor *a = arg_tensor(c, 0), *b = arg_tensor(c, 1);
    return give_bool(c, a->storage && b->storage &&
                            a->storage->bytes / dtype_size(tensor_dtype(a)) ==
                                b->storage->bytes / dtype_size(tensor_dtype(b)));
}
bool jit_same_kind(struct op_call *c) {
    return give_bool(c, arg_tensor(c, 0)->layout == arg_tensor(c, 1)->layout);
}

/* The instruction set in PyTorch's words (aten/src/ATen/Version.cpp). */
bool jit_cpu_capability(struct op_call *c) {
    static const char *const names[][2] = {{"avx512", "AVX512"}, {"avx2", "AVX2"}};
    const struct kernels *kernels = c->cx->kernels ? c->cx->kernels : kernels_best();
    const char *word = "DEFAULT";
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(kernels->name, names[i][0]) == 0) word = names[i][1];
    return give_string(c, word, (int64_t)strlen(word));
}

/* --- autocast --- */

static bool give_as(struct op_call *c, enum dtype d) {
    struct compose k = compose_start(c);
    return compose_give(&k,
                        compose_run(&k, "aten::to.dtype", "tdbb", arg_tensor(c, 0), (int)d, false, false));
}
/* (self, cuda_enabled, cpu_enabled, cuda_dtype, cpu_dtype) */
bool jit_to_reduced_precision(struct op_call *c) {
    enum dtype d;
    if (arg_tensor(c, 0)->dtype != DTYPE_FLOAT32 || !arg_bool(c, 2))
        return give_borrowed(c, 0, arg_tensor(c, 0));
    return args_dtype(c, 4, DTYPE_FLOAT32, &d) && give_as(c, d);
}
/* (self, cuda_enabled, cpu_enabled) */
bool jit_to_full_precision(struct op_call *c) {
    enum dtype d = tensor_dtype(arg_tensor(c, 0));
    bool reduced = d == DTYPE_FLOAT16 || d == DTYPE_BFLOAT16;
    return reduced && arg_bool(c, 2) ? give_as(c, DTYPE_FLOAT32) : give_borrowed(c, 0, arg_tensor(c, 0));
}
/* The reduced dtype of a device type while nobody has set another (aten/src/ATen/autocast_mode.cpp). */
bool jit_autocast_dtype(struct op_call *c) {
    static const char *const in_bfloat16[] = {"cpu", "xla", "hpu", "maia"}, *const in_float16[] = {
                                                                                "cuda", "xpu",
                                                                                "mps",  "ipu",
                                                                                "mtia", "privateuseone"};
    const char *device = c->args[0].string->bytes;
    for (size_t i = 0; i < sizeof in_bfloat16 / sizeof in_bfloat16[0]; i++)
        if (strcmp(device, in_bfloat16[i]) == 0) return give_int(c, DTYPE_BFLOAT16);
    for (size_t i = 0; i < sizeof in_float16 / sizeof in_float16[0]; i++)
        if (strcmp(device, in_float16[i]) == 0) return give_int(c, DTYPE_FLOAT16);
    return refuse(c,
                  "Expected one of cpu, cuda, ipu, xpu, mkldnn, opengl, opencl, ideep, hip, ve, fpga, maia, "
                  "xla, lazy, vulkan, mps, meta, hpu, mtia, privateuseone device type at start of device "
                  "string: %s",
                  device);
}

/* --- gradients that nobody records --- */

bool jit_retain_grad(struct op_call *c) {
    if (arg_tensor(c, 0)->flags & TENSOR_REQUIRES_GRAD) return true; /* of a leaf: nothing to do */
    return refuse(c, "can't retain_grad on Tensor that has requires_grad=False");
}
/* Outside a dual level a tensor is its own primal and has no tangent. */
bool jit_unpack_dual(struct op_call *c) {
    return give_borrowed(c, 0, arg_tensor(c, 0));
}
