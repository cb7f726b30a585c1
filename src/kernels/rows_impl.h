/* rows_impl.h: reductions, softmax and normalisation, written once and compiled for float and double.
 *
 * Contiguous rows are reduced along their vectors, [n][inner] along inner: each element of a result is one
 * lane. Both forms take blocks of BLOCK elements or rows and add the blocks' results in pairs (by recursion,
 * or in two levels).
 */
#include "kernels/rows.h"
#include "kernels/vec_real.h"

enum {
    BLOCK = 2048,      /* elements of a contiguous row summed by four vectors */
    STRIP_VECTORS = 8, /* columns reduced at a time */
    STRIP = STRIP_VECTORS * VR_LANES,
    STRIP_ROWS = 64 /* rows of such a strip summed one after the other; more are halved */
};

typedef vr map_fn(vr x, vr shift);
typedef vr join_fn(vr a, vr b);

ALWAYS_INLINE vr map_self(vr x, vr shift) {
    (void)shift;
    return x;
}
ALWAYS_INLINE vr map_abs(vr x, vr shift) {
    (void)shift;
    return vr_abs(x);
}
ALWAYS_INLINE vr map_square(vr x, vr shift) {
    (void)shift;
    return x * x;
}
ALWAYS_INLINE vr map_distance(vr x, vr shift) {
    vr d = x - shift;
    return d * d;
}
ALWAYS_INLINE vr join_sum(vr a, vr b) {
    return a + b;
}
ALWAYS_INLINE vr join_prod(vr a, vr b) {
    return a * b;
}
/* The machine's max gives its second operand where either is NaN: the first needs a look. */
ALWAYS_INLINE vr join_max(vr a, vr b) {
    return vr_select(vr_ne(a, a), a, vr_max(a, b));
}
ALWAYS_INLINE vr join_min(vr a, vr b) {
    return vr_select(vr_ne(a, a), a, vr_min(a, b));
}

/* The first n lanes of x, the others `rest`. */
ALWAYS_INLINE vr first_lanes(vr x, int64_t n, vr rest) {
    real lane[VR_LANES];
    vr_store(lane, rest);
    vr_store_n(lane, x, n);
    return vr_load(lane);
}

ALWAYS_INLINE vr load_or(const real *p, int64_t n, vr rest) {
    return n >= VR_LANES ? vr_load(p) : first_lanes(vr_load_n(p, n), n, rest);
}

/* ---- contiguous rows ---- */

ALWAYS_INLINE vr reduce_block(int64_t n, const real *x, vr shift, vr start, map_fn *map, join_fn *join) {
    vr part[4] = {start, start, start, start};
    int64_t i = 0;
    for (; i + 4 * VR_LANES <= n; i += 4 * VR_LANES) {
        UNROLL
        for (int v = 0; v < 4; v++) part[v] = join(part[v], map(vr_load(x + i + v * VR_LANES), shift));
    }
    for (; i + VR_LANES <= n; i += VR_LANES) part[0] = join(part[0], map(vr_load(x + i), shift));
    vr result = join(join(part[0], part[1]), join(part[2], part[3]));
    if (i < n) {
        vr last = map(load_or(x + i, n - i, (vr){0}), shift);
        result = join(result, first_lanes(last, n - i, start));
    }
    return result;
}

/* Blocks in pairs: the recursion is as deep as the logarithm of n. */
#define REDUCE_ROW(name, map, join, start)                                                    \
    static vr blocks_##name(int64_t n, const real *x, vr shift) {                             \
        if (n <= BLOCK) return reduce_block(n, x, shift, vr_set1(start), map, join);          \
        int64_t half = (n / 2 + BLOCK - 1) / BLOCK * BLOCK;                                   \
        return join(blocks_##name(half, x, shift), blocks_##name(n - half, x + half, shift)); \
    }                                                                                         \
    static real row_##name(int64_t n, const real *x, real shift) {                            \
        return vr_reduce(blocks_##name(n, x, vr_set1(shift)), join);                          \
    }

REDUCE_ROW(sum, map_self, join_sum, 0)
REDUCE_ROW(sum_abs, map_abs, join_sum, 0)
REDUCE_ROW(sum_squares, map_square, join_sum, 0)
REDUCE_ROW(distance, map_distance, join_sum, 0)
REDUCE_ROW(prod, map_self, join_prod, 1)
REDUCE_ROW(max, map_self, join_max, -REAL_INFINITY)
REDUCE_ROW(min, map_self, join_min, REAL_INFINITY)

/* ---- columns ---- */

/* Some rows of a strip of up to STRIP columns, one after the other, into `total`. */
ALWAYS_INLINE void reduce_strip_rows(int64_t n, int64_t inner, int64_t columns, const real *x, vr start,
                                     map_fn *map, join_fn *join, vr *total) {
    int vectors = (int)((columns + VR_LANES - 1) / VR_LANES);
    int64_t last = columns - (vectors - 1) * VR_LANES;
    for (int v = 0; v < vectors; v++) total[v] = start;
    for (int64_t i = 0; i < n; i++, x += inner) {
        for (int v = 0; v < vectors - 1; v++)
            total[v] = join(total[v], map(vr_load(x + v * VR_LANES), start));
        total[vectors - 1] =
            join(total[vectors - 1], map(vr_load_n(x + (vectors - 1) * VR_LANES, last), start));
    }
}

#define REDUCE_ALL(name, map, join, start)                                                                   \
    static void strip_##name(int64_t n, int64_t inner, int64_t columns, const real *x, vr *total) {          \
        vr second[STRIP_VECTORS];                                                                            \
        int64_t half = n / 2;                                                                                \
        if (n <= STRIP_ROWS) {                                                                               \
            reduce_strip_rows(n, inner, columns, x, vr_set1(start), map, join, total);                       \
            return;                                                                                          \
        }                                                                                                    \
        strip_##name(half, inner, columns, x, total);                                                        \
        strip_##name(n - half, inner, columns, x + half * inner, second);                                    \
        for (int v = 0; v * VR_LANES < columns; v++) total[v] = join(total[v], second[v]);                   \
    }                                                                                                        \
    static void columns_##name(int64_t n, int64_t inner, const real *x, real *y) {                           \
        for (int64_t i = 0; i < inner; i += STRIP) {                                                         \
            vr total[STRIP_VECTORS];                                                                         \
            int64_t columns = inner - i < STRIP ? inner - i : STRIP;                                         \
            strip_##name(n, inner, columns, x + i, total);                                                   \
            for (int64_t j = 0; j < columns; j += VR_LANES)                                                  \
                vr_store_n(y + i + j, total[j / VR_LANES], columns - j < VR_LANES ? columns - j : VR_LANES); \
        }                                                                                                    \
    }                                                                                                        \
    static void reduce_##name(int64_t outer, int64_t n, int64_t inner, const real *x, real *y) {             \
        for (int64_t o = 0; o < outer; o++, x += n * inner, y += inner)                                      \
            if (inner == 1)                                                                                  \
                *y = row_##name(n, x, 0);                                                                    \
            else                                                                                             \
                columns_##name(n, inner, x, y);                                                              \
    }

REDUCE_ALL(sum, map_self, join_sum, 0)
REDUCE_ALL(sum_abs, map_abs, join_sum, 0)
REDUCE_ALL(sum_squares, map_square, join_sum, 0)
REDUCE_ALL(prod, map_self, join_prod, 1)
REDUCE_ALL(max, map_self, join_max, -REAL_INFINITY)
REDUCE_ALL(min, map_self, join_min, REAL_INFINITY)

/* ---- where the greatest is ---- */

/* The value first, by vectors; then the first place where it stands. */
static int64_t find(int64_t n, int64_t step, const real *x, real value) {
    int64_t i = 0;
    if (value != value) {
        while (i < n - 1 && x[i * step] == x[i * step]) i++;
        return i;
    }
    vr wanted = vr_set1(value);
    if (step == 1)
        while (i + VR_LANES <= n && !vrm_bits(vr_eq(vr_load(x + i), wanted))) i += VR_LANES;
    while (i < n - 1 && x[i * step] != value) i++;
    return i;
}

ALWAYS_INLINE void arg_rows(int64_t outer, int64_t n, const real *x, real (*row)(int64_t, const real *, real),
                            real *values, int64_t *indices) {
    for (int64_t o = 0; o < outer; o++, x += n) {
        real value = row(n, x, 0);
        if (values) values[o] = value;
        indices[o] = find(n, 1, x, value);
    }
}

/* sign is 1 for the greatest, -1 for the least. */
ALWAYS_INLINE void arg_columns(int64_t n, int64_t inner, const real *x, real sign, real *values,
                               int64_t *indices) {
    for (int64_t begin = 0; begin < inner; begin += STRIP) {
        int64_t columns = inner - begin < STRIP ? inner - begin : STRIP;
        real best[STRIP];
        memcpy(best, x + begin, (size_t)columns * sizeof *best);
        memset(indices + begin, 0, (size_t)columns * sizeof *indices);
        for (int64_t i = 1; i < n; i++)
            for (int64_t j = 0; j < columns; j++) {
                real v = x[i * inner + begin + j];
                bool better = (sign * v > sign * best[j]) | ((v != v) & (best[j] == best[j]));
                best[j] = better ? v : best[j];
                indices[begin + j] = better ? i : indices[begin + j];
            }
        if (values) memcpy(values + begin, best, (size_t)columns * sizeof *best);
    }
}

static void argmax(int64_t outer, int64_t n, int64_t inner, const real *x, real *values, int64_t *indices) {
    if (inner == 1) {
        arg_rows(outer, n, x, row_max, values, indices);
        return;
    }
    for (int64_t o = 0; o < outer; o++)
        arg_columns(n, inner, x + o * n * inner, 1, values ? values + o * inner : NULL, indices + o * inner);
}

static void argmin(int64_t outer, int64_t n, int64_t inner, const real *x, real *values, int64_t *indices) {
    if (inner == 1) {
        arg_rows(outer, n, x, row_min, values, indices);
        return;
    }
    for (int64_t o = 0; o < outer; o++)
        arg_columns(n, inner, x + o * n * inner, -1, values ? values + o * inner : NULL, indices + o * inner);
}

/* ---- softmax ---- */

/* y = exp(x - top), or x and y apart for the logarithm's sake: the sum of all exp(x - top). */
ALWAYS_INLINE real exp_row(int64_t n, const real *x, real top, bool store, real *y) {
    vr shift = vr_set1(top);
    real total = 0;
    for (int64_t begin = 0; begin < n; begin += BLOCK) {
        int64_t end = n - begin < BLOCK ? n : begin + BLOCK, i = begin;
        vr sum = {0};
        for (; i + VR_LANES <= end; i += VR_LANES) {
            vr e = REAL_FN(exp)(vr_load(x + i) - shift);
            if (store) vr_store(y + i, e);
            sum += e;
        }
        if (i < end) {
            vr e = REAL_FN(exp)(load_or(x + i, end - i, vr_set1(-REAL_INFINITY)) - shift);
            if (store) vr_store_n(y + i, e, end - i);
            sum += first_lanes(e, end - i, (vr){0});
        }
        total += vr_sum(sum);
    }
    return total;
}

ALWAYS_INLINE void affine_row(int64_t n, const real *x, real shift, real scale, real *y) {
    vr minus = vr_set1(shift), times = vr_set1(scale);
    int64_t i = 0;
    for (; i + VR_LANES <= n; i += VR_LANES) vr_store(y + i, (vr_load(x + i) - minus) * times);
    if (i < n) vr_store_n(y + i, (vr_load_n(x + i, n - i) - minus) * times, n - i);
}

static void softmax_row(int64_t n, const real *x, real *y) {
    real sum = exp_row(n, x, row_max(n, x, 0), true, y);
    affine_row(n, y, 0, 1 / sum, y);
}

static void log_softmax_row(int64_t n, const real *x, real *y) {
    real top = row_max(n, x, 0);
    real sum = exp_row(n, x, top, false, y);
    vr minus = vr_set1(top), log_sum = vr_set1(REAL_LIBM(log)(sum));
    int64_t i = 0;
    for (; i + VR_LANES <= n; i += VR_LANES) vr_store(y + i, vr_load(x + i) - minus - log_sum);
    if (i < n) vr_store_n(y + i, vr_load_n(x + i, n - i) - minus - log_sum, n - i);
}

/* One vector of columns: the greatest, the sum of exponentials, the results. */
ALWAYS_INLINE void softmax_columns(int64_t n, int64_t inner, int64_t lanes, const real *x, bool logarithm,
                                   real *y) {
    vr top = vr_set1(-REAL_INFINITY), sum = {0};
    for (int64_t i = 0; i < n; i++) top = join_max(top, vr_load_n(x + i * inner, lanes));
    for (int64_t i = 0; i < n; i++) {
        vr e = REAL_FN(exp)(vr_load_n(x + i * inner, lanes) - top);
        if (!logarithm) vr_store_n(y + i * inner, e, lanes);
        sum += e;
    }
    vr last = logarithm ? REAL_FN(log)(sum) : 1 / sum;
    for (int64_t i = 0; i < n; i++) {
        vr v =
            logarithm ? vr_load_n(x + i * inner, lanes) - top - last : vr_load_n(y + i * inner, lanes) * last;
        vr_store_n(y + i * inner, v, lanes);
    }
}

ALWAYS_INLINE void softmax_all(int64_t outer, int64_t n, int64_t inner, const real *x, bool logarithm,
                               real *y) {
    for (int64_t o = 0; o < outer; o++, x += n * inner, y += n * inner)
        if (inner == 1 && logarithm)
            log_softmax_row(n, x, y);
        else if (inner == 1)
            softmax_row(n, x, y);
        else
            for (int64_t i = 0; i < inner; i += VR_LANES)
                softmax_columns(n, inner, inner - i < VR_LANES ? inner - i : VR_LANES, x + i, logarithm,
                                y + i);
}

static void softmax(int64_t outer, int64_t n, int64_t inner, const real *x, real *y) {
    if (n > 0) softmax_all(outer, n, inner, x, false, y);
}

static void log_softmax(int64_t outer, int64_t n, int64_t inner, const real *x, real *y) {
    if (n > 0) softmax_all(outer, n, inner, x, true, y);
}

/* An infinite greatest is the result itself: there is nothing to subtract from. */
ALWAYS_INLINE vr logsumexp_columns(int64_t n, int64_t inner, int64_t lanes, const real *x) {
    vr top = vr_set1(-REAL_INFINITY), sum = {0};
    for (int64_t i = 0; i < n; i++) top = join_max(top, vr_load_n(x + i * inner, lanes));
    vr shift = vr_select(vr_eq(vr_abs(top), vr_set1(REAL_INFINITY)), (vr){0}, top);
    for (int64_t i = 0; i < n; i++) sum += REAL_FN(exp)(vr_load_n(x + i * inner, lanes) - shift);
    return REAL_FN(log)(sum) + shift;
}

static real logsumexp_row(int64_t n, const real *x) {
    real top = row_max(n, x, 0), shift = top == REAL_INFINITY || top == -REAL_INFINITY ? 0 : top;
    return REAL_LIBM(log)(exp_row(n, x, shift, false, NULL)) + shift;
}

static void logsumexp(int64_t outer, int64_t n, int64_t inner, const real *x, real *y) {
    for (int64_t o = 0; o < outer; o++, x += n * inner, y += inner)
        if (inner == 1)
            *y = logsumexp_row(n, x);
        else
            for (int64_t i = 0; i < inner; i += VR_LANES) {
                int64_t lanes = inner - i < VR_LANES ? inner - i : VR_LANES;
                vr_store_n(y + i, logsumexp_columns(n, inner, lanes, x + i), lanes);
            }
}

/* ---- normalisation ---- */

static void moments(int64_t n, const real *x, real *mean, real *squares) {
    *mean = row_sum(n, x, 0) / (real)n;
    *squares = row_distance(n, x, *mean);
}

static void layer_norm(int64_t rows, int64_t n, const real *x, const real *weight, const real *bias, real eps,
                       real *y, real *mean, real *rstd) {
    for (int64_t r = 0; r < rows; r++, x += n, y += n) {
        real middle, squares;
        moments(n, x, &middle, &squares);
        real scale = 1 / REAL_LIBM(sqrt)(squares / (real)n + eps);
        if (mean) mean[r] = middle;
        if (rstd) rstd[r] = scale;
        vr minus = vr_set1(middle), times = vr_set1(scale);
        int64_t i = 0;
        for (; !weight && !bias && i + VR_LANES <= n; i += VR_LANES)
            vr_store(y + i, (vr_load(x + i) - minus) * times);
        for (; weight && bias && i + VR_LANES <= n; i += VR_LANES)
            vr_store(y + i, vr_fma((vr_load(x + i) - minus) * times, vr_load(weight + i), vr_load(bias + i)));
        for (; i < n; i += VR_LANES) {
            int64_t lanes = n - i < VR_LANES ? n - i : VR_LANES;
            vr v = (vr_load_n(x + i, lanes) - minus) * times;
            if (weight) v *= vr_load_n(weight + i, lanes);
            if (bias) v += vr_load_n(bias + i, lanes);
            vr_store_n(y + i, v, lanes);
        }
    }
}

ALWAYS_INLINE void scale_line(int64_t n, const real *x, real scale, real shift, bool relu, real *y) {
    vr times = vr_set1(scale), plus = vr_set1(shift);
    int64_t i = 0;
    for (; i + VR_LANES <= n; i += VR_LANES) {
        vr v = vr_fma(vr_load(x + i), times, plus);
        vr_store(y + i, relu ? vr_relu(v) : v);
    }
    if (i < n) {
        vr v = vr_fma(vr_load_n(x + i, n - i), times, plus);
        vr_store_n(y + i, relu ? vr_relu(v) : v, n - i);
    }
}

/* With inner == 1 the channels themselves are the line. */
static void scale_rows(int64_t outer, int64_t channels, const real *x, const real *scale, const real *shift,
                       bool relu, real *y) {
    for (int64_t o = 0; o < outer; o++, x += channels, y += channels)
        for (int64_t i = 0; i < channels; i += VR_LANES) {
            int64_t lanes = channels - i < VR_LANES ? channels - i : VR_LANES;
            vr v = vr_fma(vr_load_n(x + i, lanes), vr_load_n(scale + i, lanes), vr_load_n(shift + i, lanes));
            vr_store_n(y + i, relu ? vr_relu(v) : v, lanes);
        }
}

static void scale_shift(int64_t outer, int64_t channels, int64_t inner, const real *x, const real *scale,
                        const real *shift, bool relu, real *y) {
    if (inner == 1) {
        scale_rows(outer, channels, x, scale, shift, relu, y);
        return;
    }
    for (int64_t i = 0; i < outer * channels; i++)
        scale_line(inner, x + i * inner, scale[i % channels], shift[i % channels], relu, y + i * inner);
}

#define REDUCE_ENTRY(lower, upper) [REDUCE_##upper] = reduce_##lower,

#define ROWS_TABLE                                                                                        \
    {                                                                                                     \
        .reduce = {REDUCE_OPS(REDUCE_ENTRY)}, .argmax = argmax, .argmin = argmin, .softmax = softmax,     \
        .log_softmax = log_softmax, .logsumexp = logsumexp, .layer_norm = layer_norm, .moments = moments, \
        .scale_shift = scale_shift                                                                        \
    }
