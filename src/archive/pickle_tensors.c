/* Tensors to pickles: strided, quantized and sparse ones in both forms, nested ones in that of torch.save. A
 * storage is written whole and once, however many views there are (torch/csrc/jit/serialization/pickler.cpp,
 * torch/_tensor.py). */
#include "archive/pickler.h"
#include "base/mem.h"
#include "tensor/convert.h"
#include "tensor/layouts.h"
#include "value/print.h"
#include <stdio.h>
#include <string.h>

static void put_device_text(struct pickler *p, struct device device) {
    struct text name = {0};
    value_put_device(&name, device);
    pickle_put_string(&p->writer, text_get(&name), name.length);
    p->writer.failed |= name.failed;
    text_free(&name);
}

void pickler_put_device_name(struct pickler *p, struct device device) {
    pickle_put_global(&p->writer, "torch.device");
    put_device_text(p, device);
    pickle_put(&p->writer, "\x85R");
}

/* ('storage', torch.FloatStorage, key, location, numel) */
static bool put_storage(struct pickler *p, struct storage *s, enum dtype dtype) {
    struct pickle_writer *w = &p->writer;
    if (pickle_put_known(w, s)) return true;
    char text[64];
    int key = p->storages.count;
    if (!array_push(&p->storages, s)) return error_memory(p->err);
    storage_retain(s);
    pickle_put(w, "(");
    pickle_put_text(w, "storage");
    snprintf(text, sizeof text, "torch.%s", dtype_table[dtype].storage_name);
    pickle_put_global(w, text);
    snprintf(text, sizeof text, "%d", key);
    pickle_put_text(w, text);
    put_device_text(p, s->device);
    pickle_put_int(w, (int64_t)(s->bytes / dtype_size(dtype)));
    pickle_put(w, "tQ");
    pickle_memoize(w, s);
    return true;
}

static bool put_view(struct pickler *p, const struct tensor *t, struct storage *s, int64_t offset,
                     const int64_t *strides) {
    if (!put_storage(p, s, (enum dtype)t->dtype)) return false;
    pickle_put_int(&p->writer, offset);
    pickle_put_ints(&p->writer, t->sizes, t->ndim);
    pickle_put_ints(&p->writer, strides, t->ndim);
    return true;
}

/* A storage of its own with the elements as PyTorch holds them, whose conjugate or negative is meant. */
static bool put_unresolved(struct pickler *p, const struct tensor *t) {
    int64_t strides[TENSOR_MAX_DIMS];
    strides_contiguous(t->ndim, t->sizes, strides);
    struct tensor *own = tensor_new((enum dtype)t->dtype, t->ndim, t->sizes, NULL, p->err);
    bool good = own && tensor_copy(own, t, p->err);
    if (good) {
        convert_resolve((enum dtype)t->dtype, t->flags, tensor_data(own), own->numel);
        good = put_view(p, t, own->storage, 0, strides);
    }
    tensor_release(own);
    return good;
}

/* {'conj': True} as a dict with its type. */
static void put_bits(struct pickler *p, uint8_t flags) {
    struct pickle_writer *w = &p->writer;
    if (p->program) pickle_put_global(w, "torch.jit._pickle.restore_type_tag");
    pickle_put(w, "}(");
    if (flags & TENSOR_CONJ) pickle_put_text(w, "conj");
    if (flags & TENSOR_CONJ) pickle_put_bool(w, true);
    if (flags & TENSOR_NEG) pickle_put_text(w, "neg");
    if (flags & TENSOR_NEG) pickle_put_bool(w, true);
    pickle_put(w, "u");
    if (!p->program) return;
    pickle_put_text(w, "Dict[str, bool]");
    pickle_put(w, "\x86R");
}

/* requires_grad, and hooks, of which there are none. */
static void put_requires_grad(struct pickler *p, const struct tensor *t) {
    pickle_put_bool(&p->writer, t->flags & TENSOR_REQUIRES_GRAD);
}
static void put_hooks(struct pickler *p) {
    pickle_put_global(&p->writer, "collections.OrderedDict");
    pickle_put(&p->writer, ")R");
}

/* ---- quantized ---- */

/* A vector of doubles, floats or ints as a tensor that nothing refers to again. */
static bool put_vector(struct pickler *p, enum dtype dtype, int64_t count, const double *floats,
                       const int64_t *ints) {
    struct tensor *t = tensor_new(dtype, 1, &count, NULL, p->err);
    if (!t) return false;
    if (floats)
        convert_elements(dtype, tensor_data(t), (int64_t)dtype_size(dtype), DTYPE_FLOAT64, floats, 8, count);
    else if (count)
        memcpy(tensor_data(t), ints, sizeof *ints * (size_t)count);
    bool good = pickler_put_tensor(p, t);
    tensor_release(t);
    return good;
}

static bool put_scheme(struct pickler *p, const struct quantizer *q) {
    struct pickle_writer *w = &p->writer;
    pickle_put(w, "(");
    if (!q->per_channel) {
        pickle_put_global(w, "torch.per_tensor_affine");
        pickle_put_float(w, q->scales[0]);
        pickle_put_int(w, q->zero_points[0]);
    } else {
        bool floats = q->float_zero_points != NULL;
        enum dtype scales = floats ? DTYPE_FLOAT32 : DTYPE_FLOAT64;
        pickle_put_global(w, floats ? "torch.per_channel_affine_float_qparams" : "torch.per_channel_affine");
        if (!put_vector(p, scales, q->channels, q->scales, NULL) ||
            !put_vector(p, floats ? DTYPE_FLOAT32 : DTYPE_INT64, q->channels, q->float_zero_points,
                        q->zero_points))
            return false;
        pickle_put_int(w, q->axis);
    }
    pickle_put(w, "t");
    return true;
}

static bool put_strided(struct pickler *p, const struct tensor *t) {
    struct pickle_writer *w = &p->writer;
    bool bits = (t->flags & (TENSOR_CONJ | TENSOR_NEG)) != 0;
    if (t->device.type == DEVICE_META || !t->storage)
        return error_set(p->err, LB_ERROR_UNSUPPORTED,
                         "a tensor without elements (device 'meta') can't be saved");
    pickle_put_global(w, t->quantizer ? "torch._utils._rebuild_qtensor" : "torch._utils._rebuild_tensor_v2");
    pickle_put(w, "(");
    if (!(bits ? put_unresolved(p, t) : put_view(p, t, t->storage, t->offset, t->strides)) ||
        (t->quantizer && !put_scheme(p, t->quantizer)))
        return false;
    put_requires_grad(p, t);
    put_hooks(p);
    if (bits) put_bits(p, t->flags);
    pickle_put(w, "tR");
    return true;
}

/* ---- sparse and nested ---- */

static int part_count(const struct tensor *t) {
    return t->layout == LAYOUT_SPARSE_COO ? 2 : 3;
}

static bool put_parts(struct pickler *p, const struct tensor *t, int count) {
    for (int i = 0; i < count; i++)
        if (!pickler_put_tensor(p, t->parts[i])) return false;
    return true;
}

/* (layout, size, requires_grad, parts..., hooks) */
static bool put_sparse(struct pickler *p, const struct tensor *t) {
    struct pickle_writer *w = &p->writer;
    if (t->layout != LAYOUT_SPARSE_COO && t->layout != LAYOUT_SPARSE_CSR)
        return error_set(p->err, LB_ERROR_UNSUPPORTED, "an archive can't hold a %s tensor",
                         layout_name(t->layout));
    pickle_put_global(w, "torch._utils._rebuild_sparse_tensor");
    pickle_put(w, "(");
    pickle_put_int(w, t->layout);
    pickle_put_ints(w, t->sizes, t->ndim);
    put_requires_grad(p, t);
    if (!put_parts(p, t, part_count(t))) return false;
    put_hooks(p);
    pickle_put(w, "tR");
    return true;
}

/* (layout, (parts..., size[, is_coalesced])) (torch/_tensor.py, __reduce_ex__) */
static bool put_python_sparse(struct pickler *p, const struct tensor *t) {
    static const char *const names[] = {[LAYOUT_SPARSE_COO] = "torch.sparse_coo",
                                        [LAYOUT_SPARSE_CSR] = "torch.sparse_csr",
                                        [LAYOUT_SPARSE_CSC] = "torch.sparse_csc",
                                        [LAYOUT_SPARSE_BSR] = "torch.sparse_bsr",
                                        [LAYOUT_SPARSE_BSC] = "torch.sparse_bsc"};
    struct pickle_writer *w = &p->writer;
    pickle_put_global(w, "torch._utils._rebuild_sparse_tensor");
    pickle_put(w, "(");
    pickle_put_global(w, "torch.serialization._get_layout");
    pickle_put_text(w, names[t->layout]);
    pickle_put(w, "\x85R(");
    if (!put_parts(p, t, part_count(t))) return false;
    pickle_put_global(w, "torch.Size");
    pickle_put_ints(w, t->sizes, t->ndim);
    pickle_put(w, "\x85R");
    if (t->layout == LAYOUT_SPARSE_COO) pickle_put_bool(w, t->flags & TENSOR_COALESCED);
    pickle_put(w, "ttR");
    return true;
}

/* (buffer, sizes, strides, offsets) */
static bool put_nested(struct pickler *p, const struct tensor *t) {
    if (p->program) return error_set(p->err, LB_ERROR_UNSUPPORTED, "an archive can't hold a nested tensor");
    struct tensor *buffer = nested_buffer((struct tensor *)(uintptr_t)t, p->err);
    if (!buffer) return false;
    pickle_put_global(&p->writer, "torch._utils._rebuild_nested_tensor");
    pickle_put(&p->writer, "(");
    bool good = pickler_put_tensor(p, buffer) && put_parts(p, t, 3);
    pickle_put(&p->writer, "tR");
    tensor_release(buffer);
    return good;
}

bool pickler_put_tensor(struct pickler *p, const struct tensor *t) {
    if (tensor_is_sparse(t)) return p->program ? put_sparse(p, t) : put_python_sparse(p, t);
    if (tensor_is_nested(t)) return put_nested(p, t);
    return put_strided(p, t);
}
