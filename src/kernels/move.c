/* move.c: transposition in squares, through a small padded square in the nearest cache (power-of-two strides
 * would otherwise meet in one cache set), and gathering of rows with a look ahead. */
#include "kernels/move.h"
#include "kernels/kernels_isa.h"
#include "kernels/transpose.h"

enum { SQUARE = 64, AHEAD = 4, CACHE_LINE = 64 };

/* One square of up to SQUARE x SQUARE: into `stage` turned, then out in whole rows. */
#define TRANSPOSE(name, type, side, turn)                                                                 \
    static void square_##name(int64_t rows, int64_t columns, const type *in, int64_t in_row, type *out,   \
                              int64_t out_row) {                                                          \
        type stage[SQUARE * (SQUARE + 16)];                                                               \
        const int64_t pitch = SQUARE + 16;                                                                \
        for (int64_t r = 0; r < rows; r += side) {                                                        \
            const type *lines[side];                                                                      \
            for (int i = 0; i < side; i++) lines[i] = in + (r + i < rows ? r + i : rows - 1) * in_row;    \
            int64_t c = 0;                                                                                \
            for (; c + side <= columns; c += side) turn(lines, c, stage + c * pitch + r, pitch);          \
            for (; c < columns; c++)                                                                      \
                for (int i = 0; i < side; i++) stage[c * pitch + r + i] = lines[i][c];                    \
        }                                                                                                 \
        for (int64_t c = 0; c < columns; c++)                                                             \
            memcpy(out + c * out_row, stage + c * pitch, (size_t)rows * sizeof *out);                     \
    }                                                                                                     \
    static void name(int64_t rows, int64_t columns, const void *in, int64_t in_row, void *out,            \
                     int64_t out_row) {                                                                   \
        const type *from = in;                                                                            \
        type *to = out;                                                                                   \
        for (int64_t c = 0; c < columns; c += SQUARE)                                                     \
            for (int64_t r = 0; r < rows; r += SQUARE)                                                    \
                square_##name(rows - r < SQUARE ? rows - r : SQUARE,                                      \
                              columns - c < SQUARE ? columns - c : SQUARE, from + r * in_row + c, in_row, \
                              to + c * out_row + r, out_row);                                             \
    }

TRANSPOSE(transpose_32, float, TRANSPOSE_F32, transpose_f32)
TRANSPOSE(transpose_64, double, TRANSPOSE_F64, transpose_f64)

static int64_t gather_rows(int64_t count, size_t row_bytes, const void *table, int64_t table_rows,
                           const int64_t *index, void *out) {
    const char *rows = table;
    char *to = out;
    for (int64_t i = 0; i < count; i++, to += row_bytes) {
        int64_t next = i + AHEAD < count ? index[i + AHEAD] : -1;
        if (index[i] < 0 || index[i] >= table_rows) return i;
        if (next >= 0 && next < table_rows)
            for (size_t byte = 0; byte < row_bytes; byte += CACHE_LINE)
                __builtin_prefetch(rows + (size_t)next * row_bytes + byte);
        memcpy(to, rows + (size_t)index[i] * row_bytes, row_bytes);
    }
    return count;
}

const struct move_kernels ISA(move_kernels) = {transpose_32, transpose_64, gather_rows};
