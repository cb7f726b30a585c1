/* gemm_pack.h: packing of both operands into the layouts that the tile kernel reads in order: A [tile][k][row
 * of the tile], B [panel][k][column of the panel]. Part of gemm_impl.h; compiled for float and for double. */
#ifndef KERNELS_GEMM_PACK_H
#define KERNELS_GEMM_PACK_H

#include "kernels/gemm_tile.h"

/* out[p * out_row + i] = in[i * in_row + p] for i < count, p < kc. Writes whole squares: up to TRANSPOSE - 1
 * elements behind each row's count, which the next row then overwrites, hence the last group of i first. */
static void pack_transposed(int64_t count, int64_t kc, const real *in, int64_t in_row, real *out,
                            int64_t out_row) {
    const int side = VR_TRANSPOSE;
    int64_t whole = kc - kc % side;
    for (int64_t p = 0; p < whole; p += side)
        for (int64_t i = (count - 1) / side * side; i >= 0; i -= side) {
            const real *rows[VR_TRANSPOSE];
            for (int r = 0; r < side; r++) rows[r] = in + (i + r < count ? i + r : count - 1) * in_row;
            vr_transpose(rows, p, out + p * out_row + i, out_row);
        }
    for (int64_t p = whole; p < kc; p++)
        for (int64_t i = 0; i < count; i++) out[p * out_row + i] = in[i * in_row + p];
}

static void pack_rows(int64_t count, int64_t kc, const real *in, int64_t in_row, real *out, int64_t out_row) {
    int64_t whole = count - count % VR_LANES;
    for (int64_t p = 0; p < kc; p++, in += in_row, out += out_row) {
        for (int64_t i = 0; i < whole; i += VR_LANES) vr_store(out + i, vr_load(in + i));
        if (whole < count) vr_store_n(out + whole, vr_load_n(in + whole, count - whole), count - whole);
    }
}

/* out[p * out_row + i] = in[i * in_i + p * in_p]: both operands' packing. */
static void pack(int64_t count, int64_t kc, const real *in, int64_t in_i, int64_t in_p, real *out,
                 int64_t out_row) {
    if (in_i == 1)
        pack_rows(count, kc, in, in_p, out, out_row);
    else if (in_p == 1)
        pack_transposed(count, kc, in, in_i, out, out_row);
    else
        for (int64_t p = 0; p < kc; p++)
            for (int64_t i = 0; i < count; i++) out[p * out_row + i] = in[i * in_i + p * in_p];
}

static void clear_columns(int64_t from, int64_t kc, real *panel) {
    for (int64_t p = 0; from < PANEL && p < kc; p++)
        memset(panel + p * PANEL + from, 0, (size_t)(PANEL - from) * sizeof(real));
}

static int64_t pack_b_count(int64_t k, int64_t n) {
    return ceil_div(n, PANEL) * PANEL * k;
}

static void pack_b(int64_t k, int64_t n, const real *b, int64_t b_row, int64_t b_col, real *packed) {
    for (int64_t j = 0; j < n; j += PANEL, packed += k * PANEL) {
        int64_t count = n - j < PANEL ? n - j : PANEL;
        pack(count, k, b + j * b_col, b_col, b_row, packed, PANEL);
        clear_columns(count, k, packed);
    }
}

static int64_t tile_count(int64_t m) {
    return ceil_div(m, TILE_ROWS);
}

static int64_t pack_a_count(int64_t m, int64_t k) {
    return m * k + WORK_SLACK;
}

static void pack_a(int64_t m, int64_t k, const real *a, int64_t a_row, int64_t a_col, real *packed) {
    int64_t count = tile_count(m);
    for (int64_t t = 0; t < count; t++) {
        int64_t begin = split_begin(m, count, t), rows = split_begin(m, count, t + 1) - begin;
        pack(rows, k, a + begin * a_row, a_row, a_col, packed + begin * k, rows);
    }
}

#endif
