/* One step of a recurrent layer, over rows: the gates' products are made already, the rest is pointwise. */
#ifndef LINKBOY_OPS_RNN_CELL_H
#define LINKBOY_OPS_RNN_CELL_H
#include "ops/common/args.h"

enum cell_kind { CELL_LSTM, CELL_GRU, CELL_TANH, CELL_RELU };

/* How many gates: the width of a product is this many times the hidden size. */
int cell_gates(enum cell_kind kind);

/* Arrays are float or double, rows contiguous. Strides between rows in elements. */
struct cell_step {
    enum cell_kind kind;
    int64_t rows, hidden;
    const void *input_gates,
        *hidden_gates; /* rows x gates * hidden: W x + b of the input and of the old state */
    const void *old;   /* rows x hidden: the old state (GRU) */
    void *state;       /* rows x hidden: the new state; may be `old` */
    void *memory;      /* rows x hidden: LSTM's cell, updated in place */
    void *scratch;     /* (gates + 1) * hidden */
};
void cell_step_f32(const struct cell_step *s, const struct kernels *k);
void cell_step_f64(const struct cell_step *s, const struct kernels *k);
#endif
