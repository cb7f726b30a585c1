/* Tensors from pickle nodes: strided, quantized, sparse, nested ones. The bytes that are there decide, never
 * what the node claims; sizes, strides and offsets are checked against them by the tensors' own makers.
 * Rules: torch/_utils.py, torch/csrc/jit/serialization/pickler.cpp. */
#include "archive/builder.h"
#include "base/mem.h"
#include "tensor/convert.h"
#include "tensor/layouts.h"
#include "tensor/quantizer.h"
#include <string.h>

static bool is_global(const struct pickle_node *n, enum pickle_global global) {
    return n->kind == PICKLE_GLOBAL && n->global == global;
}

static bool is_true(const struct pickle_node *n) {
    return n->kind == PICKLE_BOOL && n->i;
}

static bool read_dims(struct builder *b, const struct pickle_node *n, int64_t *dims, int *count) {
    if (n->kind != PICKLE_TUPLE) return builder_refuse(b, n, "a tensor's sizes and strides should be tuples");
    if (n->items.count > TENSOR_MAX_DIMS) return builder_refuse(b, n, "a tensor has more than 64 dimensions");
    *count = n->items.count;
    for (int i = 0; i < *count; i++) {
        if (n->items.items[i]->kind != PICKLE_INT) return builder_refuse(b, n, "a size or stride is no int");
        dims[i] = n->items.items[i]->i;
    }
    return true;
}

/* Persistent id ('storage', torch.FloatStorage, key, location, numel), or torch.storage.UntypedStorage and
 * bytes: then *dtype is the caller's. */
static struct storage *read_storage(struct builder *b, const struct pickle_node *n, enum dtype *dtype) {
    struct pickle_node **id =
        n->kind == PICKLE_PERSISTENT
            ? builder_tuple(b, n->items.items[0], 5, "a storage's id should have five parts")
            : NULL;
    if (!id || !pickle_is_text(id[0], "storage") || !is_global(id[1], GLOBAL_STORAGE) ||
        id[2]->kind != PICKLE_STRING || id[4]->kind != PICKLE_INT) {
        builder_refuse(b, n, "a tensor without a proper storage");
        return NULL;
    }
    bool untyped = id[1]->dtype < 0; /* the tensor says what its bytes are */
    if (!untyped) *dtype = (enum dtype)id[1]->dtype;
    size_t size = dtype_size(*dtype);
    char record[300];
    if (id[2]->length > 200 || memchr(id[2]->text, 0, id[2]->length)) {
        builder_refuse(b, n, "a storage's key is too long or not plain text");
        return NULL;
    }
    int used = 0;
    used += (int)strlen(strcpy(record, b->storages));
    record[used++] = '/';
    memcpy(record + used, id[2]->text, id[2]->length);
    record[used + (int)id[2]->length] = 0;
    struct storage *s =
        archive_storage(b->archive, record, dtype_is_complex(*dtype) ? size / 2 : size, b->err);
    if (!s) error_prefix(b->err, "%s (pickle offset %u)", b->record, n->offset);
    if (s && (id[4]->i < 0 || (uint64_t)id[4]->i > s->bytes / (untyped ? 1 : size))) {
        error_set(b->err, LB_ERROR_FORMAT,
                  "%s: the storage '%s' should have %lld elements of %zu bytes, but its record has %zu bytes "
                  "(pickle offset %u)",
                  b->record, record, (long long)id[4]->i, size, s->bytes, n->offset);
        storage_release(s);
        return NULL;
    }
    return s;
}

/* The parts that all strided tensors share: storage, offset, sizes, strides. */
static struct tensor *strided_tensor(struct builder *b, const struct pickle_node *n,
                                     struct pickle_node **args, enum dtype dtype) {
    int64_t sizes[TENSOR_MAX_DIMS], strides[TENSOR_MAX_DIMS];
    int ndim, stride_count;
    if (args[1]->kind != PICKLE_INT) builder_refuse(b, n, "a tensor's offset is no int");
    if (args[1]->kind != PICKLE_INT || !read_dims(b, args[2], sizes, &ndim) ||
        !read_dims(b, args[3], strides, &stride_count))
        return NULL;
    if (ndim != stride_count) {
        builder_refuse(b, n, "a tensor has other numbers of sizes and strides");
        return NULL;
    }
    struct storage *s = read_storage(b, args[0], &dtype);
    if (!s) return NULL;
    lb_error why = {0};
    struct tensor *t = tensor_over(s, dtype, ndim, sizes, strides, args[1]->i, &why);
    if (!t)
        error_set(b->err, why.code, "%s: a tensor does not fit its storage: %s (pickle offset %u)", b->record,
                  error_message(&why), n->offset);
    error_clear(&why);
    storage_release(s);
    return t;
}

static bool requires_grad_fits(struct builder *b, const struct pickle_node *n, struct tensor *t,
                               const struct pickle_node *flag) {
    if (!is_true(flag)) return true;
    if (!dtype_is_floating((enum dtype)t->dtype) && !dtype_is_complex((enum dtype)t->dtype))
        return builder_refuse(b, n, "requires_grad on a tensor that is not floating point");
    t->flags |= TENSOR_REQUIRES_GRAD;
    return true;
}

static bool give_tensor_value(struct tensor *t, bool good, lb_value *out) {
    if (good) *out = value_tensor(t);
    if (!good) tensor_release(t);
    return good;
}

/* A tensor of its own with the elements that are meant; the flags stay, as what is_conj and is_neg answer. */
static struct tensor *resolved(struct builder *b, struct tensor *t, uint8_t flags) {
    struct tensor *own = tensor_new((enum dtype)t->dtype, t->ndim, t->sizes, NULL, b->err);
    bool good = own && tensor_copy(own, t, b->err);
    tensor_release(t);
    if (!good) {
        tensor_release(own);
        return NULL;
    }
    own->flags |= flags;
    convert_resolve((enum dtype)own->dtype, flags, tensor_data(own), own->numel);
    return own;
}

/* The optional last argument: {'conj': True, 'neg': True} */
static uint8_t read_bits(const struct pickle_node *n) {
    uint8_t flags = 0;
    if (n->kind == PICKLE_CALL) {
        if (n->items.items[1]->kind != PICKLE_TUPLE || !n->items.items[1]->items.count) return 0;
        n = n->items.items[1]->items.items[0];
    }
    for (int i = 0; n->kind == PICKLE_DICT && i + 1 < n->items.count; i += 2) {
        if (!is_true(n->items.items[i + 1])) continue;
        if (pickle_is_text(n->items.items[i], "conj")) flags |= TENSOR_CONJ;
        if (pickle_is_text(n->items.items[i], "neg")) flags |= TENSOR_NEG;
    }
    return flags;
}

static bool rebuild(struct builder *b, struct pickle_node *n, struct pickle_node *argument, int bits_at,
                    enum dtype dtype, lb_value *out) {
    struct pickle_node **args = argument->items.items;
    struct tensor *t = strided_tensor(b, n, args, dtype);
    if (!t) return false;
    uint8_t flags = argument->items.count > bits_at ? read_bits(args[bits_at]) : 0;
    if (flags && !(t = resolved(b, t, flags))) return false;
    return give_tensor_value(t, argument->items.count < 5 || requires_grad_fits(b, n, t, args[4]), out);
}

/* (storage, offset, sizes, strides[, requires_grad, hooks, bits]) */
bool builder_tensor(struct builder *b, struct pickle_node *n, struct pickle_node *argument, lb_value *out) {
    return builder_tuple(b, argument, 4, "a tensor needs storage, offset, sizes and strides") &&
           rebuild(b, n, argument, 6, DTYPE_UINT8, out);
}

/* The same over a storage without a dtype: (storage, offset, sizes, strides, requires_grad, hooks, dtype[,
 * bits]) */
bool builder_tensor_v3(struct builder *b, struct pickle_node *n, struct pickle_node *argument,
                       lb_value *out) {
    struct pickle_node **args =
        builder_tuple(b, argument, 7, "a tensor needs storage, offset, sizes, strides and dtype");
    if (!args) return false;
    if (!is_global(args[6], GLOBAL_DTYPE)) return builder_refuse(b, n, "a tensor's dtype is none");
    return rebuild(b, n, argument, 7, (enum dtype)args[6]->dtype, out);
}

static bool per_channel(struct builder *b, struct pickle_node *n, struct pickle_node **parts,
                        struct tensor *t) {
    lb_value scales = value_none(), zeros = value_none();
    bool good = builder_build(b, parts[1], &scales) && builder_build(b, parts[2], &zeros);
    int64_t axis = parts[3]->kind == PICKLE_INT ? parts[3]->i : -1;
    if (good && (scales.tag != VALUE_TENSOR || zeros.tag != VALUE_TENSOR || axis < 0 || axis >= t->ndim ||
                 scales.tensor->numel != t->sizes[axis] || zeros.tensor->numel != t->sizes[axis]))
        good = builder_refuse(b, n, "per-channel scales and zero points do not fit the tensor");
    if (good && !(t->quantizer = quantizer_new(t->sizes[axis]))) good = error_memory(b->err);
    double *floats = NULL;
    if (good && is_global(parts[0], GLOBAL_QSCHEME_CHANNEL_FLOAT)) {
        good = quantizer_add_floats(t->quantizer) || error_memory(b->err);
        floats = t->quantizer->float_zero_points;
    }
    for (int64_t i = 0; good && i < t->sizes[axis]; i++) {
        t->quantizer->scales[i] = tensor_get_float(scales.tensor, i);
        if (floats)
            floats[i] = tensor_get_float(zeros.tensor, i);
        else
            t->quantizer->zero_points[i] = tensor_get_int(zeros.tensor, i);
    }
    if (good) {
        t->quantizer->per_channel = true;
        t->quantizer->axis = (int)axis;
    }
    value_release(scales);
    value_release(zeros);
    return good;
}

static bool attach_quantizer(struct builder *b, struct pickle_node *n, const struct pickle_node *scheme,
                             struct tensor *t) {
    struct pickle_node **parts = builder_tuple(b, scheme, 3, "a quantized tensor's scheme should be a tuple");
    if (!parts) return false;
    if (dtype_table[t->dtype].category != DTYPE_QUANTIZED)
        return builder_refuse(b, n, "a quantized tensor over a storage that is not quantized");
    bool by_channel =
        is_global(parts[0], GLOBAL_QSCHEME_CHANNEL) || is_global(parts[0], GLOBAL_QSCHEME_CHANNEL_FLOAT);
    if (by_channel && scheme->items.count >= 4) return per_channel(b, n, parts, t);
    if (!is_global(parts[0], GLOBAL_QSCHEME_TENSOR) || parts[1]->kind != PICKLE_FLOAT ||
        parts[2]->kind != PICKLE_INT)
        return builder_refuse(b, n, "a quantization scheme that is not known");
    if (!(t->quantizer = quantizer_new(1))) return error_memory(b->err);
    t->quantizer->scales[0] = parts[1]->f;
    t->quantizer->zero_points[0] = parts[2]->i;
    return true;
}

bool builder_quantized(struct builder *b, struct pickle_node *n, struct pickle_node *argument,
                       lb_value *out) {
    struct pickle_node **args =
        builder_tuple(b, argument, 5, "a quantized tensor needs storage, offset, sizes, strides and scheme");
    struct tensor *t = args ? strided_tensor(b, n, args, DTYPE_UINT8) : NULL;
    return t && give_tensor_value(t, attach_quantizer(b, n, args[4], t), out);
}

/* A tensor of the parts at `from`; NULL: none. */
static bool build_parts(struct builder *b, struct pickle_node *n, struct pickle_node **from, int count,
                        lb_value *parts) {
    for (int i = 0; i < count; i++) {
        if (!builder_build(b, from[i], &parts[i])) return false;
        if (parts[i].tag != VALUE_TENSOR || parts[i].tensor->layout != LAYOUT_STRIDED ||
            !parts[i].tensor->storage)
            return builder_refuse(b, n, "a part of a tensor is no strided tensor");
    }
    return true;
}

/* Whether shapes fit; indices themselves are checked by whoever follows them. */
static bool coo_fits(const struct tensor *indices, const struct tensor *values, int ndim,
                     const int64_t *sizes) {
    if (indices->ndim != 2 || indices->dtype != DTYPE_INT64 || values->ndim < 1) return false;
    int64_t dims = indices->sizes[0], dense = values->ndim - 1;
    if (dims > ndim || dims + dense != ndim || values->sizes[0] != indices->sizes[1]) return false;
    return memcmp(sizes + dims, values->sizes + 1, sizeof *sizes * (size_t)dense) == 0;
}

static bool compressed_fits(int64_t layout, const struct tensor *comp, const struct tensor *plain,
                            const struct tensor *values, int ndim, const int64_t *sizes) {
    int batch = comp->ndim - 1, blocks = layout_is_block(layout) ? 2 : 0,
        dense = values->ndim - comp->ndim - blocks;
    if (batch < 0 || plain->ndim != comp->ndim || dense < 0 || ndim != batch + 2 + dense ||
        comp->dtype != plain->dtype || !dtype_is_integral((enum dtype)comp->dtype, false) ||
        values->sizes[batch] != plain->sizes[batch])
        return false;
    for (int d = 0; d < batch; d++)
        if (comp->sizes[d] != sizes[d] || plain->sizes[d] != sizes[d] || values->sizes[d] != sizes[d])
            return false;
    int64_t line = layout_is_row(layout) ? 0 : 1, block = blocks ? values->sizes[batch + 1 + line] : 1;
    for (int i = 0; i < blocks; i++)
        if (values->sizes[batch + 1 + i] <= 0 || sizes[batch + i] % values->sizes[batch + 1 + i])
            return false;
    return sizes[batch + line] / block + 1 == comp->sizes[batch] &&
           memcmp(sizes + batch + 2, values->sizes + batch + 1 + blocks, sizeof *sizes * (size_t)dense) == 0;
}

static bool finish_sparse(struct builder *b, struct pickle_node *n, int64_t layout,
                          const struct pickle_node *size, const lb_value *values, lb_value *out) {
    struct tensor *parts[3] = {values[0].tensor, values[1].tensor, NULL};
    int64_t sizes[TENSOR_MAX_DIMS];
    int ndim;
    bool coo = layout == LAYOUT_SPARSE_COO;
    if (!coo) parts[2] = values[2].tensor;
    if (size->kind == PICKLE_CALL)
        size = size->items.items[1]->kind == PICKLE_TUPLE && size->items.items[1]->items.count
                   ? size->items.items[1]->items.items[0]
                   : size;
    if (!read_dims(b, size, sizes, &ndim)) return false;
    if (coo ? !coo_fits(parts[0], parts[1], ndim, sizes)
            : !compressed_fits(layout, parts[0], parts[1], parts[2], ndim, sizes))
        return builder_refuse(b, n, "the parts of a sparse tensor do not fit each other");
    struct tensor *t = tensor_of_parts((enum tensor_layout)layout, ndim, sizes, parts, b->err);
    return t && give_tensor_value(t, true, out);
}

/* The layout as torch.save writes it, _get_layout('torch.sparse_coo'); -1: another. */
static int64_t named_layout(const struct pickle_node *n) {
    static const struct {
        const char *name;
        enum tensor_layout layout;
    } known[] = {{"torch.sparse_coo", LAYOUT_SPARSE_COO},
                 {"torch.sparse_csr", LAYOUT_SPARSE_CSR},
                 {"torch.sparse_csc", LAYOUT_SPARSE_CSC},
                 {"torch.sparse_bsr", LAYOUT_SPARSE_BSR},
                 {"torch.sparse_bsc", LAYOUT_SPARSE_BSC}};
    if (n->kind == PICKLE_INT) return n->i;
    if (n->kind != PICKLE_CALL || !is_global(n->items.items[0], GLOBAL_GET_LAYOUT)) return -1;
    const struct pickle_node *name = n->items.items[1];
    for (size_t i = 0; name->kind == PICKLE_TUPLE && name->items.count && i < sizeof known / sizeof *known;
         i++)
        if (pickle_is_text(name->items.items[0], known[i].name)) return known[i].layout;
    return -1;
}

/* (layout, (parts..., size[, is_coalesced])) of torch.save, and (layout, size, requires_grad, parts...,
 * hooks) of TorchScript's pickler (torch/_utils.py, torch/csrc/jit/serialization/pickler.cpp). */
bool builder_sparse(struct builder *b, struct pickle_node *n, struct pickle_node *argument, lb_value *out) {
    struct pickle_node **args = builder_tuple(b, argument, 2, "a sparse tensor needs a layout and its parts");
    if (!args) return false;
    int64_t layout = named_layout(args[0]);
    int count = layout == LAYOUT_SPARSE_COO ? 2 : 3;
    if (layout != LAYOUT_SPARSE_COO && !layout_is_compressed(layout))
        return builder_refuse(b, n, "a sparse tensor of a layout that is not known");
    bool python = args[0]->kind == PICKLE_CALL;
    struct pickle_node **parts =
        python ? builder_tuple(b, args[1], count + 1, "a sparse tensor needs its parts")
               : builder_tuple(b, argument, 3 + count, "a sparse tensor needs its parts");
    if (!parts) return false;
    lb_value values[3] = {{0}};
    const struct pickle_node *size = python ? parts[count] : args[1];
    bool good = build_parts(b, n, python ? parts : parts + 3, count, values) &&
                finish_sparse(b, n, layout, size, values, out);
    bool coalesced = python && count == 2 && args[1]->items.count > 3 && is_true(parts[3]);
    if (good && coalesced) out->tensor->flags |= TENSOR_COALESCED;
    for (int i = 0; i < 3; i++) value_release(values[i]);
    return good;
}

/* (buffer, sizes, strides, offsets) */
bool builder_nested(struct builder *b, struct pickle_node *n, struct pickle_node *argument, lb_value *out) {
    struct pickle_node **args =
        builder_tuple(b, argument, 4, "a nested tensor needs buffer, sizes, strides and offsets");
    lb_value values[4] = {{0}};
    bool good = args && build_parts(b, n, args, 4, values);
    struct tensor *parts[3] = {values[1].tensor, values[2].tensor, values[3].tensor};
    struct tensor *t = good ? tensor_nested(values[0].tensor, parts, b->err) : NULL;
    for (int i = 0; i < 4; i++) value_release(values[i]);
    return t && give_tensor_value(t, true, out);
}

/* (dtype, size, stride, requires_grad): no elements at all. */
bool builder_meta(struct builder *b, struct pickle_node *n, struct pickle_node *argument, lb_value *out) {
    struct pickle_node **args = builder_tuple(b, argument, 3, "a meta tensor needs dtype, sizes and strides");
    *out = value_none();
    if (!args) return false;
    return error_set(b->err, LB_ERROR_UNSUPPORTED,
                     "%s: a tensor on the meta device (pickle offset %u) has no elements to load", b->record,
                     n->offset);
}

bool builder_parameter(struct builder *b, struct pickle_node *n, struct pickle_node *argument,
                       lb_value *out) {
    struct pickle_node **args = builder_tuple(b, argument, 1, "a parameter needs a tensor");
    if (!args || !builder_build(b, args[0], out)) return false;
    if (out->tag == VALUE_TENSOR) return true;
    value_release(*out);
    *out = value_none();
    return builder_refuse(b, n, "a parameter that is no tensor");
}
