/* Rows, pooling and moving against plain loops in double, with NaN, infinities and empty axes. */
#include "kernels_test.h"

static const char *isa;

static double plain_reduce(enum reduce_op op, int64_t n, int64_t step, const float *x) {
    double r = op == REDUCE_PROD ? 1 : op == REDUCE_MAX ? -INFINITY : op == REDUCE_MIN ? INFINITY : 0;
    for (int64_t i = 0; i < n; i++) {
        double v = x[i * step];
        switch (op) {
        case REDUCE_SUM: r += v; break;
        case REDUCE_SUM_ABS: r += fabs(v); break;
        case REDUCE_SUM_SQUARES: r += v * v; break;
        case REDUCE_PROD: r *= v; break;
        case REDUCE_MAX: r = isnan(r) || r > v ? r : v; break;
        case REDUCE_MIN: r = isnan(r) || r < v ? r : v; break;
        default: break;
        }
    }
    return r;
}

static bool close_to(double got, double want, double size, double tolerance) {
    if (isnan(want)) return isnan(got);
    if (isinf(want)) return got == want;
    return fabs(got - want) <= tolerance * size;
}

static void test_reduce(const struct kernels *k, uint64_t *state) {
    static const int64_t shapes[][3] = {{3, 1, 1},     {3, 5, 1}, {2, 16, 1}, {2, 77, 1},   {1, 5000, 1},
                                        {1, 70001, 1}, {2, 0, 1}, {2, 9, 3},  {1, 300, 17}, {2, 40, 130},
                                        {1, 1000, 4},  {0, 4, 4}, {1, 0, 5}};
    for (size_t t = 0; t < sizeof shapes / sizeof shapes[0]; t++)
        for (int nans = 0; nans < 2; nans++) {
            int64_t outer = shapes[t][0], n = shapes[t][1], inner = shapes[t][2], count = outer * n * inner;
            float *x = random_floats((size_t)count, state), *y = room((size_t)(outer * inner) * 4);
            for (int64_t i = 0; i < count; i++) x[i] += 1.5f * (x[i] > 0 ? 1 : -1) * (n < 100);
            if (nans && count > 2) x[count / 2] = NAN;
            for (int op = 0; op < REDUCE_COUNT; op++) {
                k->rows_f32->reduce[op](outer, n, inner, x, y);
                for (int64_t i = 0; i < outer * inner; i++) {
                    const float *from = x + i / inner * n * inner + i % inner;
                    double want = plain_reduce((enum reduce_op)op, n, inner, from);
                    double size =
                        op <= REDUCE_SUM_SQUARES ? plain_reduce(REDUCE_SUM_ABS, n, inner, from) : fabs(want);
                    check(close_to((double)y[i], want, isnan(size) ? 1 : size + 1e-30,
                                   op == REDUCE_PROD ? 1e-5 : 1e-6),
                          "%s: reduce %d of %dx%dx%d nan %d at %d: %g not %g", isa, op, (int)outer, (int)n,
                          (int)inner, nans, (int)i, (double)y[i], want);
                }
            }
            free(x), free(y);
        }
}

static void test_arg(const struct kernels *k, uint64_t *state) {
    static const int64_t shapes[][3] = {{3, 1, 1}, {3, 50, 1}, {1, 3000, 1}, {2, 30, 7}, {1, 9, 200}};
    for (int t = 0; t < 20; t++) {
        const int64_t *s = shapes[t / 4];
        int64_t count = s[0] * s[1] * s[2];
        float *x = random_floats((size_t)count, state), *v = room((size_t)(s[0] * s[2]) * 4);
        int64_t *at = room((size_t)(s[0] * s[2]) * 8);
        if (t % 4 > 1)
            for (int64_t i = 0; i < count; i++) x[i] = (float)(int)(x[i] * 3);
        if (t % 2) x[count / 2] = NAN;
        for (int least = 0; least < 2; least++) {
            (least ? k->rows_f32->argmin : k->rows_f32->argmax)(s[0], s[1], s[2], x, v, at);
            for (int64_t i = 0; i < s[0] * s[2]; i++) {
                const float *from = x + i / s[2] * s[1] * s[2] + i % s[2];
                int64_t best = 0;
                for (int64_t j = 1; j < s[1]; j++) {
                    float a = from[j * s[2]], b = from[best * s[2]];
                    if (isnan(b)) break;
                    if ((least ? a < b : a > b) || isnan(a)) best = j;
                }
                check(at[i] == best && memcmp(v + i, from + best * s[2], 4) == 0, "%s: arg %d of %d", isa, t,
                      (int)i);
            }
        }
        free(x), free(v), free(at);
    }
}

static void test_softmax(const struct kernels *k, uint64_t *state) {
    static const int64_t shapes[][3] = {{3, 1, 1},    {5, 17, 1}, {2, 128, 1},
                                        {1, 5003, 1}, {2, 9, 21}, {2, 9, 16}};
    for (int t = 0; t < 12; t++) {
        const int64_t *s = shapes[t / 2];
        int64_t count = s[0] * s[1] * s[2];
        float *x = random_floats((size_t)count, state), *y = room((size_t)count * 4);
        for (int64_t i = 0; i < count; i++) x[i] *= 20;
        if (s[1] > 1) x[0] = -INFINITY;
        (t & 1 ? k->rows_f32->log_softmax : k->rows_f32->softmax)(s[0], s[1], s[2], x, y);
        bool good = true;
        for (int64_t i = 0; i < s[0] * s[2]; i++) {
            const float *from = x + i / s[2] * s[1] * s[2] + i % s[2], *got = y + (from - x);
            double top = -INFINITY, sum = 0;
            for (int64_t j = 0; j < s[1]; j++) top = fmax(top, (double)from[j * s[2]]);
            for (int64_t j = 0; j < s[1]; j++) sum += exp((double)from[j * s[2]] - top);
            for (int64_t j = 0; j < s[1]; j++) {
                double v = (double)from[j * s[2]] - top, want = t & 1 ? v - log(sum) : exp(v) / sum;
                good = good && close_to((double)got[j * s[2]], want, fabs(want) + (t & 1 ? 1 : 1e-30), 4e-6);
            }
        }
        check(good, "%s: softmax %d", isa, t);
        free(x), free(y);
    }
    float x[3] = {1, NAN, 2}, y[3];
    k->rows_f32->softmax(1, 3, 1, x, y);
    check(isnan(y[0]) && isnan(y[1]) && isnan(y[2]), "%s: softmax of NaN", isa);
}

static void test_norms(const struct kernels *k, uint64_t *state) {
    for (int64_t n = 1; n < 3000; n = n * 2 + 3) {
        float *x = random_floats((size_t)(3 * n), state), *w = random_floats((size_t)n, state);
        float *b = random_floats((size_t)n, state), *y = room((size_t)(3 * n) * 4);
        for (int64_t i = 0; i < 3 * n; i++) x[i] += 100;
        k->rows_f32->layer_norm(3, n, x, w, b, 1e-5f, y, NULL, NULL);
        double worst = 0;
        for (int64_t r = 0; r < 3; r++) {
            double mean = 0, square = 0;
            for (int64_t i = 0; i < n; i++) mean += (double)x[r * n + i] / (double)n;
            for (int64_t i = 0; i < n; i++) square += pow((double)x[r * n + i] - mean, 2) / (double)n;
            for (int64_t i = 0; i < n; i++) {
                double want =
                    ((double)x[r * n + i] - mean) / sqrt(square + 1e-5) * (double)w[i] + (double)b[i];
                worst = fmax(worst, fabs(want - (double)y[r * n + i]));
            }
        }
        check(worst < 1e-4, "%s: layer norm %d: %g", isa, (int)n, worst);
        k->rows_f32->scale_shift(1, 3, n, x, w, b, true, y);
        bool good = true;
        for (int64_t i = 0; n >= 3 && i < 3 * n; i++) {
            double want = fmax(0, (double)x[i] * (double)w[i / n] + (double)b[i / n]);
            good = good && close_to((double)y[i], want, 100, 1e-6);
        }
        check(good, "%s: scale and shift %d", isa, (int)n);
        free(x), free(w), free(b), free(y);
    }
}

static double plain_pool(const struct pool_shape *s, bool max, bool include_pad, const float *in, int64_t oy,
                         int64_t ox) {
    double r = max ? -INFINITY : 0;
    int64_t inside = 0, padded = 0;
    for (int64_t i = 0; i < s->kernel_h; i++)
        for (int64_t j = 0; j < s->kernel_w; j++) {
            int64_t y = oy * s->stride_h - s->pad_h + i * s->dilation_h;
            int64_t x = ox * s->stride_w - s->pad_w + j * s->dilation_w;
            padded += y < s->in_h + s->pad_h && x < s->in_w + s->pad_w;
            if (y < 0 || x < 0 || y >= s->in_h || x >= s->in_w) continue;
            double v = in[y * s->in_w + x];
            inside++;
            r = max ? (isnan(r) || r > v ? r : v) : r + v;
        }
    return max ? r : r / (double)(include_pad ? padded : inside);
}

static void test_pool(const struct kernels *k, uint64_t *state) {
    static const struct pool_shape shapes[] = {
        {112, 112, 56, 56, 3, 3, 2, 2, 1, 1, 1, 1}, {9, 11, 4, 5, 2, 3, 2, 2, 0, 1, 1, 1},
        {8, 40, 8, 40, 3, 3, 1, 1, 1, 1, 1, 1},     {13, 50, 5, 17, 3, 3, 3, 3, 1, 1, 1, 1},
        {1, 30, 1, 15, 1, 2, 1, 2, 0, 0, 1, 1},     {12, 12, 4, 4, 3, 3, 2, 2, 0, 0, 2, 2},
        {7, 7, 4, 4, 3, 3, 2, 2, 1, 1, 1, 1}};
    for (int t = 0; t < 28; t++) {
        const struct pool_shape *s = &shapes[t / 4];
        bool max = t & 1, second = t & 2;
        if (!max && s->dilation_h != 1) continue;
        int64_t in_count = 3 * s->in_h * s->in_w, area = s->out_h * s->out_w;
        float *in = random_floats((size_t)in_count, state), *out = room((size_t)(3 * area) * 4);
        int64_t *indices = room((size_t)(3 * area) * 8);
        void *work = room(k->pool->workspace(s));
        if (max) in[in_count / 3] = NAN;
        if (max)
            k->pool->max_f32(s, 3, in, out, second ? indices : NULL, work);
        else
            k->pool->avg_f32(s, second, 0, 3, in, out, work);
        bool good = true;
        for (int64_t i = 0; i < 3 * area; i++) {
            const float *plane = in + i / area * s->in_h * s->in_w;
            double want = plain_pool(s, max, second, plane, i % area / s->out_w, i % s->out_w);
            good = good && close_to((double)out[i], want, 1, 1e-6);
            if (max && second) good = good && memcmp(out + i, plane + indices[i], 4) == 0;
        }
        check(good, "%s: pool %d", isa, t);
        free(in), free(out), free(indices), free(work);
    }
    float in[12] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}, out[4];
    k->pool->adaptive_avg_f32(1, 3, 4, 1, 1, in, out);
    check(out[0] == 6.5f, "%s: adaptive to one", isa);
    k->pool->adaptive_avg_f32(1, 3, 4, 2, 2, in, out);
    check(out[0] == 3.5f && out[1] == 5.5f && out[2] == 7.5f && out[3] == 9.5f, "%s: adaptive to 2x2", isa);
}

static void test_move(const struct kernels *k, uint64_t *state) {
    static const int64_t shapes[][2] = {{1, 1}, {3, 200}, {8, 8}, {65, 130}, {100, 7}, {129, 64}};
    for (int t = 0; t < 12; t++) {
        int64_t rows = shapes[t / 2][0], columns = shapes[t / 2][1], width = t & 1 ? 2 : 1;
        float *in = random_floats((size_t)(rows * columns * width), state),
              *out = room((size_t)(rows * columns * width) * 4);
        (t & 1 ? k->move->transpose_64 : k->move->transpose_32)(rows, columns, in, columns, out, rows);
        bool good = true;
        for (int64_t i = 0; i < rows * columns; i++)
            good = good && memcmp(in + i * width, out + (i % columns * rows + i / columns) * width,
                                  (size_t)width * 4) == 0;
        check(good, "%s: transpose %d", isa, t);
        free(in), free(out);
    }
    int64_t index[6] = {4, 0, 1, 3, 5, 0};
    char table[5][3] = {"ab", "cd", "ef", "gh", "ij"}, out[6][3];
    check(k->move->gather_rows(6, 3, table, 5, index, out) == 4, "%s: gather refuses", isa);
    check(memcmp(out, "ij\0ab\0cd\0gh", 12) == 0, "%s: gather", isa);
}

int main(void) {
    const struct kernels *k;
    for (int i = 0; (k = kernels_at(i)); i++) {
        uint64_t state = 5;
        isa = k->name;
        test_reduce(k, &state);
        test_arg(k, &state);
        test_softmax(k, &state);
        test_norms(k, &state);
        test_pool(k, &state);
        test_move(k, &state);
    }
    return report();
}
