/* Operators that name the library which PyTorch runs them with: oneDNN's that take plain tensors, NNPACK's,
 * and the JIT's own, which take oneDNN's tensors alone (aten/src/ATen/native/mkldnn/Conv.cpp, RNN.cpp,
 * NNPACK.cpp, torch/csrc/jit/passes/frozen_ops_to_mkldnn.cpp). What they mean is what the ordinary operators
 * mean. */
#include "ops/common/dtypes.h"
#include "ops/conv/conv.h"
#include "ops/view/geometry.h"

/* --- mkldnn_convolution: float32 --- */

static bool check_single(struct op_call *c, const struct convolution *v) {
    const struct tensor *all[] = {v->input, v->weight, v->bias};
    for (int i = 0; i < 3; i++)
        if (all[i] && all[i]->dtype != DTYPE_FLOAT32)
            return refuse(c, "itensor_view_from_dense expects float/bfloat16/half/int8/fp8 tensor input%s",
                          dtype_table[all[i]->dtype].graph_name);
    return true;
}

/* oneDNN's view of a bias takes no strides: elements side by side, where they are inside the storage. */
static struct tensor *as_it_lies(struct compose *k, struct tensor *t) {
    lb_error ignored = {0};
    struct tensor *view =
        tensor_over(t->storage, tensor_dtype(t), 1, t->sizes, (int64_t[]){1}, t->offset, &ignored);
    error_clear(&ignored);
    return compose_own(k, view ? view : tensor_contiguous(t, k->c->cx->budget, k->c->err));
}

static bool onednn_convolution(struct op_call *c, const int *at) {
    struct convolution v = {.input = arg_tensor(c, 0),
                            .weight = arg_tensor(c, 1),
                            .bias = arg_tensor_or_null(c, 2),
                            .groups = arg_int(c, 6)};
    int dims = v.input->ndim - 2;
    if (dims < 1 || dims > AXES || v.weight->ndim != dims + 2)
        return refuse(c, "expected padding to be a list of %d values to match the convolution dimensions",
                      dims);
    struct compose k = compose_start(c);
    if (v.bias && v.bias->ndim == 1) v.bias = as_it_lies(&k, v.bias);
    bool good = !k.failed && conv_read_lists(c, &v, dims, at) && check_single(c, &v) && conv_run(c, &v, dims);
    return compose_end(&k) && good;
}
/* (self, weight, bias, padding, stride, dilation, groups) */
bool conv_onednn(struct op_call *c) {
    return onednn_convolution(c, (int[]){4, 3, 5, -1});
}
/* prim::mkldnn_convolution(input, weight, bias, stride, padding, dilation, groups) */
bool conv_onednn_prim(struct op_call *c) {
    return onednn_convolution(c, (int[]){3, 4, 5, -1});
}

/* What takes oneDNN's own tensors, of which there are none here. */
bool conv_onednn_tensor(struct op_call *c) {
    return refuse(c, "itensor_from_mkldnn expects MKL-DNN tensor input");
}
/* prim::MKLDNNLayerNorm(input, normalized_shape, weight, bias, ...) looks at shapes first. */
bool conv_onednn_layer_norm(struct op_call *c) {
    struct compose k = compose_start(c);
    int64_t shape[TENSOR_MAX_DIMS];
    int count = args_ints(c, 1, shape, TENSOR_MAX_DIMS);
    if (count < 0) return false;
    compose_run(&k, "aten::layer_norm", "tLttfb", arg_tensor(c, 0), count, shape, arg_tensor_or_null(c, 2),
                arg_tensor_or_null(c, 3), 1e-5, false);
    return compose_end(&k) && conv_onednn_tensor(c);
}

/* --- _nnpack_spatial_convolution(input, weight, bias, padding, stride): NNPACK is not there
 * (_nnpack_available), and PyTorch without it says so after its checks --- */

bool conv_nnpack(struct op_call *c) {
    const struct tensor *x = arg_tensor(c, 0), *w = arg_tensor(c, 1);
    if (x->ndim != 4) return refuse(c, "NNPack convolutionOutput expects 4D input Tensor N,C,H,W");
    if (w->ndim != 4) return refuse(c, "NNPack convolutionOutput expects 4D weight Tensor oC,iC,kH,kW");
    if (x->sizes[1] != w->sizes[1])
        return refuse(
            c,
            "Mismatch between number of input channels in input Tensor (%lld) and weight Tensor (%lld) in "
            "NNPack convolutionOutput",
            (long long)x->sizes[1], (long long)w->sizes[1]);
    if (x->dtype != DTYPE_FLOAT32 || w->dtype != DTYPE_FLOAT32)
        return refuse(c, "Mismatched Tensor types in NNPack convolutionOutput");
    return refuse(c, "NNPACK SpatialConvolution_updateOutput failed");
}

/* --- mkldnn_rnn_layer: one layer and direction of an LSTM over [time, batch, features] --- */

enum { RNN_LSTM = 2 };

/* Time turned round. */
static struct tensor *reversed(struct compose *k, struct tensor *x, bool reverse) {
    int64_t first = 0;
    return reverse ? compose_run(k, "aten::flip", "tL", x, 1, &first) : x;
}

/* Hidden and cell states as [1, batch, hidden]. */
static struct tensor *state_of(struct compose *k, struct tensor *t, int64_t batch, int64_t hidden) {
    int64_t sizes[3] = {1, batch, hidden};
    return compose_run(k, "aten::reshape", "tL", t, 3, sizes);
}

/* (input, weight0..3, hx, cx, reverse, batch_sizes, mode, hidden_size, num_layers, has_biases, bidirectional,
 * batch_first, train) -> (output, hy, cy, workspace: nothing is kept) */
bool conv_onednn_rnn_layer(struct op_call *c) {
    struct compose k = compose_start(c);
    struct tensor *x = arg_tensor(c, 0), *states[2], *weights[4], *hx = arg_tensor(c, 5),
                  *cx = arg_tensor(c, 6);
    int64_t zero = 0, dim = 2, hidden = arg_int(c, 10);
    bool reverse = arg_bool(c, 7), biases = arg_bool(c, 12);
    if (!wrap_dim(c, &dim, x->ndim)) return false;
    if (arg_int(c, 9) != RNN_LSTM || x->dtype != DTYPE_FLOAT32)
        return refuse(c,
                      "could not create a primitive descriptor for the LSTM forward propagation primitive");
    for (int i = 0; i < 4; i++) weights[i] = arg_tensor(c, 1 + i);
    states[0] = state_of(&k, hx, x->sizes[1], hidden);
    states[1] = state_of(&k, cx, x->sizes[1], hidden);
    struct tensor *turned = reversed(&k, x, reverse);
    if (k.failed) return compose_end(&k);
    compose_run(&k, "aten::lstm.input", "tTTbdfbbb", turned, 2, states, biases ? 4 : 2, weights, biases, 1,
                0.0, false, false, false);
    struct tensor *out = compose_result(&k, 0), *hy = compose_result(&k, 1), *cy = compose_result(&k, 2);
    if (k.failed) return compose_end(&k);
    out = reversed(&k, out, reverse);
    hy = compose_run(&k, "aten::reshape", "tL", hy, (int)hx->ndim, hx->sizes);
    cy = compose_run(&k, "aten::reshape", "tL", cy, (int)cx->ndim, cx->sizes);
    struct tensor *room = compose_own(&k, call_new(c, DTYPE_UINT8, 1, &zero));
    return compose_give_some(&k, 4, (struct tensor *[]){out, hy, cy, room});
}
