/* Gradients of one LSTM or GRU step from its gates (aten/src/ATen/native/RNN.cpp,
 * _thnn_differentiable_lstm_cell_backward and _thnn_differentiable_gru_cell_backward). A gradient of a bias
 * that is not there is undefined. */
#include "ops/common/compose.h"
#include "ops/view/geometry.h"

#define RUN(row, ...)    compose_run(&k, "aten::" row, __VA_ARGS__)
#define MUL(a, b)        compose_run(&k, "aten::mul.Tensor", "tt", a, b)
#define ADD(a, b)        compose_run(&k, "aten::add.Tensor", "ttd", a, b, 1)
#define SUB(a, b)        compose_run(&k, "aten::sub.Tensor", "ttd", a, b, 1)
#define SIGMOID_OF(g, y) compose_run(&k, "aten::sigmoid_backward", "tt", g, y)
#define TANH_OF(g, y)    compose_run(&k, "aten::tanh_backward", "tt", g, y)

/* The gates of a product, which lie side by side in dimension 1. */
static bool split(struct op_call *c, struct compose *k, struct tensor *t, int count, struct tensor **parts) {
    if (!t) return false;
    if (t->ndim != 2 || t->sizes[1] % count)
        return refuse(c, "the gates must be a matrix whose width %d divides, not of size %s", count,
                      sizes_text(t->ndim, t->sizes, (char[128]){0}, 128));
    int64_t width = t->sizes[1] / count;
    for (int i = 0; i < count; i++) parts[i] = compose_own(k, tensor_narrow(c, t, 1, i * width, width));
    return !k->failed;
}

static struct tensor *with_bias(struct compose *k, struct tensor *gates, struct tensor *bias) {
    return bias ? compose_run(k, "aten::add.Tensor", "ttd", gates, bias, 1) : gates;
}

static struct tensor *bias_gradient(struct compose *k, struct tensor *grad, const struct tensor *bias) {
    int64_t rows = 0;
    return bias ? compose_run(k, "aten::sum.dim_IntList", "tLb", grad, 1, &rows, false) : NULL;
}

/* (grad_hy, grad_cy, input_gates, hidden_gates, input_bias, hidden_bias, cx, cy) -> of the gates twice, of
 * cx, of both biases */
bool rnn_lstm_cell_backward(struct op_call *c) {
    struct compose k = compose_start(c);
    struct tensor *grad_h = arg_tensor_or_null(c, 0), *grad_c = arg_tensor_or_null(c, 1),
                  *in_bias = arg_tensor_or_null(c, 4), *h_bias = arg_tensor_or_null(c, 5),
                  *cx = arg_tensor(c, 6), *parts[4], *of[4];
    if (!grad_h && !grad_c) return true;
    struct tensor *gates = ADD(arg_tensor(c, 2), arg_tensor(c, 3));
    gates = with_bias(&k, with_bias(&k, gates, in_bias), h_bias);
    if (!split(c, &k, gates, 4, parts)) return compose_give(&k, NULL);
    for (int i = 0; i < 4; i++)
        parts[i] = i == 2 ? RUN("tanh", "t", parts[i]) : RUN("sigmoid", "t", parts[i]);
    struct tensor *bent = RUN("tanh", "t", arg_tensor(c, 7)), *memory = grad_c;
    of[3] = grad_h ? SIGMOID_OF(MUL(grad_h, bent), parts[3]) : RUN("zeros_like", "t", cx);
    if (grad_h) {
        struct tensor *through = TANH_OF(MUL(grad_h, parts[3]), bent);
        memory = grad_c ? ADD(through, grad_c) : through;
    }
    of[0] = SIGMOID_OF(MUL(memory, parts[2]), parts[0]);
    of[1] = SIGMOID_OF(MUL(memory, cx), parts[1]);
    of[2] = TANH_OF(MUL(memory, parts[0]), parts[2]);
    struct tensor *all = k.failed ? NULL : RUN("cat", "Td", 4, of, 1), *old = MUL(memory, parts[1]);
    struct tensor *bias = bias_gradient(&k, all, in_bias);
    return compose_give_some(&k, 5, (struct tensor *[]){all, all, old, bias, bias});
}

/* (grad_hy, input_gates, hidden_gates, hx, input_bias, hidden_bias) -> of both gates, of hx, of both biases
 */
bool rnn_gru_cell_backward(struct op_call *c) {
    struct compose k = compose_start(c);
    struct tensor *grad = arg_tensor(c, 0), *hx = arg_tensor(c, 3), *in_bias = arg_tensor_or_null(c, 4),
                  *h_bias = arg_tensor_or_null(c, 5), *in[3], *hidden[3];
    if (!split(c, &k, with_bias(&k, arg_tensor(c, 1), in_bias), 3, in) ||
        !split(c, &k, with_bias(&k, arg_tensor(c, 2), h_bias), 3, hidden))
        return compose_give(&k, NULL);
    struct tensor *reset = RUN("sigmoid", "t", ADD(hidden[0], in[0])),
                  *update = RUN("sigmoid", "t", ADD(hidden[1], in[1]));
    struct tensor *fresh = RUN("tanh", "t", ADD(in[2], MUL(reset, hidden[2])));
    struct tensor *of_update = SIGMOID_OF(MUL(grad, SUB(hx, fresh)), update);
    struct tensor *of_fresh = TANH_OF(MUL(grad, RUN("rsub.Scalar", "tdd", update, 1, 1)), fresh);
    struct tensor *of_reset = SIGMOID_OF(MUL(of_fresh, hidden[2]), reset), *of_hidden = MUL(of_fresh, reset);
    if (k.failed) return compose_give(&k, NULL);
    struct tensor *a = RUN("cat", "Td", 3, (struct tensor *[]){of_reset, of_update, of_fresh}, 1);
    struct tensor *b = RUN("cat", "Td", 3, (struct tensor *[]){of_reset, of_update, of_hidden}, 1);
    return compose_give_some(&k, 5,
                             (struct tensor *[]){a, b, MUL(grad, update), bias_gradient(&k, a, in_bias),
                                                 bias_gradient(&k, b, h_bias)});
}
