/* move.h: moving elements without looking at them: transposition and gathering of rows. */
#ifndef KERNELS_MOVE_H
#define KERNELS_MOVE_H

#include <stddef.h>
#include <stdint.h>

struct move_kernels {
    /* out[c * out_row + r] = in[r * in_row + c] for elements of 4 or 8 bytes; strides in elements. */
    void (*transpose_32)(int64_t rows, int64_t columns, const void *in, int64_t in_row, void *out,
                         int64_t out_row);
    void (*transpose_64)(int64_t rows, int64_t columns, const void *in, int64_t in_row, void *out,
                         int64_t out_row);
    /* Row i of out is row index[i] of the table, row_bytes each. A negative or too large index stops it;
     * returns how many rows were written: count, unless one was refused. */
    int64_t (*gather_rows)(int64_t count, size_t row_bytes, const void *table, int64_t table_rows,
                           const int64_t *index, void *out);
};

#endif
