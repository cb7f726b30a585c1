/* Packed sequences: a padded batch, longest first, becomes the rows of its steps one after another, and back
 * (aten/src/ATen/native/PackedSequence.cpp). */
#include "ops/common/compose.h"
#include "ops/view/geometry.h"
#include <string.h>

#define RUN(row, ...) compose_run(k, "aten::" row, __VA_ARGS__)

static struct tensor *rows_of(struct op_call *c, struct tensor *t, int64_t begin, int64_t count) {
    return tensor_narrow(c, t, 0, begin, count);
}

static bool write_rows(struct op_call *c, struct tensor *out, int64_t at, struct tensor *h) {
    struct tensor *place = rows_of(c, out, at, h->sizes[0]);
    bool good = place && tensor_copy(place, h, c->err);
    tensor_release(place);
    return good;
}

static bool check_lengths(struct op_call *c, struct tensor *lengths) {
    if (lengths->ndim == 1 && lengths->dtype == DTYPE_INT64) return true;
    return refuse(c, "'lengths' argument should be a 1D CPU int64 tensor, but got %dD cpu %s tensor",
                  lengths->ndim, dtype_table[lengths->dtype].graph_name);
}

/* _pack_padded_sequence(input, lengths, batch_first) -> (data, batch_sizes) */
bool op_pack_padded_sequence(struct op_call *c) {
    struct compose scope = compose_start(c), *k = &scope;
    struct tensor *x = arg_tensor(c, 0), *lengths = arg_tensor(c, 1);
    if (!check_lengths(c, lengths)) return false;
    if (arg_bool(c, 2)) x = RUN("transpose.int", "tdd", x, 0, 1);
    if (!x) return compose_end(k);
    int64_t batch = lengths->numel, steps = batch ? tensor_get_int(lengths, 0) : 0, total = 0, at = 0,
            sizes[TENSOR_MAX_DIMS];
    if (x->numel == 0) return compose_refused(k, refuse(c, "Cannot pack empty tensors."));
    if (batch != x->sizes[1])
        return compose_refused(
            k, refuse(c, "Expected `len(lengths)` to be equal to batch_size, but got %lld (batch_size=%lld)",
                      (long long)batch, (long long)x->sizes[1]));
    for (int64_t i = 0; i < batch; i++) {
        int64_t n = tensor_get_int(lengths, i);
        if (n <= 0)
            return compose_refused(
                k, refuse(c, "Length of all samples has to be greater than 0, but found an element in "
                             "'lengths' that is <= 0"));
        if (i && n > tensor_get_int(lengths, i - 1))
            return compose_refused(
                k,
                refuse(c, "`lengths` array must be sorted in decreasing order when `enforce_sorted` is True. "
                          "You can pass `enforce_sorted=False` to pack_padded_sequence and/or pack_sequence "
                          "to sidestep this requirement if you do not need ONNX exportability."));
        if (n > x->sizes[0]) return compose_refused(k, refuse(c, "Expected lengths within the sequence"));
        total += n;
    }
    struct tensor *counts = compose_own(k, call_new(c, DTYPE_INT64, 1, &steps)), *data;
    memcpy(sizes, x->sizes + 1, sizeof *sizes * (size_t)(x->ndim - 1));
    sizes[0] = total;
    data = compose_own(k, call_new(c, tensor_dtype(x), x->ndim - 1, sizes));
    for (int64_t t = 0; t < steps && !k->failed; t++) {
        int64_t now = 0;
        while (now < batch && tensor_get_int(lengths, now) > t) now++;
        ((int64_t *)tensor_data(counts))[t] = now;
        struct tensor *row = tensor_select(c, x, 0, t), *part = row ? rows_of(c, row, 0, now) : NULL;
        if (!part || !write_rows(c, data, at, part)) k->failed = true;
        tensor_release(row);
        tensor_release(part);
        at += now;
    }
    return compose_give_some(k, 2, (struct tensor *[]){data, counts});
}

/* _pad_packed_sequence(data, batch_sizes, batch_first, padding_value, total_length) -> (padded, lengths) */
bool op_pad_packed_sequence(struct op_call *c) {
    struct compose scope = compose_start(c), *k = &scope;
    struct tensor *data = arg_tensor(c, 0), *counts = arg_tensor(c, 1);
    if (!check_lengths(c, counts)) return false;
    if (counts->numel == 0) return refuse(c, "batch_sizes can not be empty");
    if (data->ndim == 0 || data->ndim >= TENSOR_MAX_DIMS) return refuse(c, "batch sizes do not fit the data");
    int64_t steps = counts->numel, batch = tensor_get_int(counts, 0), sizes[TENSOR_MAX_DIMS],
            length = arg_int(c, 4), at = 0;
    if (length > 0 && length < steps)
        return refuse(c,
                      "Expected total_length to be at least the length of the longest sequence in input, but "
                      "got total_length=%lld and max sequence length being %lld",
                      (long long)length, (long long)steps);
    sizes[0] = length > 0 ? length : steps;
    sizes[1] = batch;
    memcpy(sizes + 2, data->sizes + 1, sizeof *sizes * (size_t)(data->ndim - 1));
    struct tensor *out = RUN("full", "Lvd", data->ndim + 1, sizes, c->args[3], (int)data->dtype);
    struct tensor *lengths = compose_own(k, call_new(c, DTYPE_INT64, 1, &batch));
    for (int64_t i = 0; i < batch && !k->failed; i++) ((int64_t *)tensor_data(lengths))[i] = 0;
    for (int64_t t = 0; t < steps && !k->failed; t++) {
        int64_t now = tensor_get_int(counts, t);
        if (now < 0 || now > batch || at + now > data->sizes[0])
            return compose_refused(k, refuse(c, "batch sizes do not fit the data"));
        struct tensor *row = tensor_select(c, out, 0, t), *part = rows_of(c, data, at, now);
        if (!row || !part || !write_rows(c, row, 0, part)) k->failed = true;
        tensor_release(row);
        tensor_release(part);
        for (int64_t i = 0; i < now; i++) ((int64_t *)tensor_data(lengths))[i]++;
        at += now;
    }
    if (arg_bool(c, 2)) out = RUN("transpose.int", "tdd", out, 0, 1);
    return compose_give_some(k, 2, (struct tensor *[]){out, lengths});
}
