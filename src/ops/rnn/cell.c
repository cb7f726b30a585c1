/* The cells' formulas (torch.nn.LSTMCell, GRUCell, RNNCell; aten/src/ATen/native/RNN.cpp), for float and
 * double. */
#include "ops/rnn/cell.h"
#include "kernels/kernels.h"

int cell_gates(enum cell_kind kind) {
    static const int gates[] = {[CELL_LSTM] = 4, [CELL_GRU] = 3, [CELL_TANH] = 1, [CELL_RELU] = 1};
    return gates[kind];
}

/* Gates stand in the order input, forget, cell, output; reset, update, new. */
#define DEFINE_CELLS(T, suffix)                                                                              \
    static void lstm_##suffix(const struct cell_step *s, const struct vmath_kernels_##suffix *k, const T *x, \
                              const T *h, T *state, T *memory) {                                             \
        T *g = s->scratch, *last = g + 4 * s->hidden;                                                        \
        int64_t n = s->hidden;                                                                               \
        k->binary[BINARY_ADD](4 * n, x, 1, h, 1, 1, g);                                                      \
        k->unary[UNARY_SIGMOID](2 * n, g, g);                                                                \
        k->unary[UNARY_TANH](n, g + 2 * n, g + 2 * n);                                                       \
        k->unary[UNARY_SIGMOID](n, g + 3 * n, g + 3 * n);                                                    \
        for (int64_t i = 0; i < n; i++) memory[i] = g[n + i] * memory[i] + g[i] * g[2 * n + i];              \
        k->unary[UNARY_TANH](n, memory, last);                                                               \
        for (int64_t i = 0; i < n; i++) state[i] = g[3 * n + i] * last[i];                                   \
    }                                                                                                        \
    static void gru_##suffix(const struct cell_step *s, const struct vmath_kernels_##suffix *k, const T *x,  \
                             const T *h, const T *old, T *state) {                                           \
        T *g = s->scratch;                                                                                   \
        int64_t n = s->hidden;                                                                               \
        k->binary[BINARY_ADD](2 * n, x, 1, h, 1, 1, g);                                                      \
        k->unary[UNARY_SIGMOID](2 * n, g, g);                                                                \
        for (int64_t i = 0; i < n; i++) g[2 * n + i] = x[2 * n + i] + g[i] * h[2 * n + i];                   \
        k->unary[UNARY_TANH](n, g + 2 * n, g + 2 * n);                                                       \
        for (int64_t i = 0; i < n; i++) state[i] = (old[i] - g[2 * n + i]) * g[n + i] + g[2 * n + i];        \
    }                                                                                                        \
    void cell_step_##suffix(const struct cell_step *s, const struct kernels *kernels) {                      \
        const struct vmath_kernels_##suffix *k = kernels->suffix;                                            \
        int64_t width = cell_gates(s->kind) * s->hidden;                                                     \
        for (int64_t r = 0; r < s->rows; r++) {                                                              \
            const T *x = (const T *)s->input_gates + r * width, *h = (const T *)s->hidden_gates + r * width; \
            const T *old = (const T *)s->old + r * s->hidden;                                                \
            T *state = (T *)s->state + r * s->hidden;                                                        \
            if (s->kind == CELL_LSTM)                                                                        \
                lstm_##suffix(s, k, x, h, state, (T *)s->memory + r * s->hidden);                            \
            else if (s->kind == CELL_GRU)                                                                    \
                gru_##suffix(s, k, x, h, old, state);                                                        \
            else                                                                                             \
                k->binary[BINARY_ADD](s->hidden, x, 1, h, 1, 1, state);                                      \
            if (s->kind == CELL_TANH) k->unary[UNARY_TANH](s->hidden, state, state);                         \
            if (s->kind == CELL_RELU) k->unary[UNARY_RELU](s->hidden, state, state);                         \
        }                                                                                                    \
    }

DEFINE_CELLS(float, f32)
DEFINE_CELLS(double, f64)
