/* Times of the kernels on this machine, one thread: bench_kernels [set] [name]. Prints the fastest of many
 * turns in microseconds and what that is in GFLOP or GB a second. Pin it (taskset -c 1) and read the minima;
 * the numbers to hold against are PyTorch's for the same shapes, taken in turns with these. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "kernels/kernels.h"

static const char *wanted;

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec * 1e-3;
}

static float *filled(size_t count) {
    float *p = aligned_alloc(64, (count * 4 + 127) / 64 * 64);
    if (!p) exit(2);
    for (size_t i = 0; i < count; i++) p[i] = (float)((i * 2654435761u >> 8) & 0xffff) / 32768.0f - 1.0f;
    return p;
}

static bool skipped(const char *name) {
    return wanted && !strstr(name, wanted);
}

/* The fastest turn of `work` within about a quarter of a second. */
static double fastest(void (*work)(void *), void *context) {
    double best = 1e30, begin = now();
    for (int i = 0; i < 3 || (now() - begin < 250e3 && i < 20000); i++) {
        double start = now();
        work(context);
        double took = now() - start;
        best = took < best ? took : best;
    }
    return best;
}

static void show(const char *name, double us, double amount, const char *unit) {
    printf("%-34s %10.2f us %9.1f %s\n", name, us, amount / us * 1e-3, unit);
}

struct product {
    const struct kernels *k;
    struct gemm_f32 g;
    struct gemm_plan plan;
    void *work;
};

static void product_run(void *context) {
    struct product *p = context;
    p->k->gemm_f32->run(&p->g, &p->plan, p->work, 0, p->plan.tasks);
}

static void bench_product(const struct kernels *k, int64_t m, int64_t n, int64_t depth, bool b_turned,
                          bool packed) {
    char name[64];
    snprintf(name, sizeof name, "gemm %dx%dx%d%s%s", (int)m, (int)n, (int)depth, b_turned ? " B^T" : "",
             packed ? " packed" : "");
    if (skipped(name)) return;
    float *a = filled((size_t)(m * depth)), *b = filled((size_t)(n * depth)), *c = filled((size_t)(m * n));
    struct product p = {.k = k};
    p.g = (struct gemm_f32){.m = m,
                            .n = n,
                            .k = depth,
                            .batch = 1,
                            .a = a,
                            .a_row = depth,
                            .a_col = 1,
                            .b = b,
                            .b_row = b_turned ? 1 : n,
                            .b_col = b_turned ? depth : 1,
                            .c = c,
                            .c_row = n,
                            .c_col = 1,
                            .alpha = 1};
    float *b_packed = filled((size_t)k->gemm_f32->pack_b_count(depth, n));
    if (packed) {
        k->gemm_f32->pack_b(depth, n, b, p.g.b_row, p.g.b_col, b_packed);
        p.g.b_packed = b_packed;
    }
    p.plan = k->gemm_f32->plan(&p.g, 1);
    p.work = filled(p.plan.workspace / 4 + 16);
    show(name, fastest(product_run, &p), 2.0 * (double)m * (double)n * (double)depth, "GFLOP/s");
    free(a), free(b), free(c), free(b_packed), free(p.work);
}

struct layer {
    const struct kernels *k;
    struct conv_plan plan;
    struct conv_operands o;
    void *work;
};

static void layer_run(void *context) {
    struct layer *l = context;
    l->k->conv->run(&l->plan, &l->o, l->work, 0, l->plan.tasks);
}

static void bench_layer(const struct kernels *k, int64_t in, int64_t out, int64_t kernel, int64_t stride,
                        int64_t size, int64_t groups, enum conv_method method) {
    static const char *const names[] = {"auto", "pixels", "channels", "depthwise", "winograd2", "winograd4"};
    char name[64];
    snprintf(name, sizeof name, "conv %d->%d k%d s%d %d %s", (int)in, (int)out, (int)kernel, (int)stride,
             (int)size, names[method]);
    if (skipped(name)) return;
    int64_t result = size / stride;
    struct conv_shape s = {1,      in,     out,    groups, size, size, result,     result,
                           kernel, kernel, stride, stride, 1,    1,    kernel / 2, kernel / 2};
    struct layer l = {.k = k, .plan = k->conv->plan(&s, method, CONV_WINOGRAD_UP_TO_4, 1)};
    float *weight = filled((size_t)(out * in / groups * kernel * kernel)), *bias = filled((size_t)out);
    float *input = filled((size_t)(in * size * size)), *packed = filled((size_t)l.plan.packed_count);
    float *output = filled((size_t)(out * result * result));
    k->conv->pack(&l.plan, weight, packed);
    l.o = (struct conv_operands){input, packed, output, bias, NULL, UNARY_RELU};
    l.work = filled(l.plan.workspace / 4 + 16);
    double flops = 2.0 * (double)(result * result * out * in / groups * kernel * kernel);
    if (l.plan.method == method || method == CONV_AUTO) show(name, fastest(layer_run, &l), flops, "GFLOP/s");
    free(weight), free(bias), free(input), free(packed), free(output), free(l.work);
}

static void bench_layers(const struct kernels *k) {
    static const int64_t layers[][6] = {
        {3, 64, 7, 2, 224, 1},     {64, 64, 3, 1, 56, 1},   {64, 128, 3, 2, 56, 1},
        {64, 128, 1, 2, 56, 1},    {128, 128, 3, 1, 28, 1}, {128, 256, 3, 2, 28, 1},
        {128, 256, 1, 2, 28, 1},   {256, 256, 3, 1, 14, 1}, {256, 512, 3, 2, 14, 1},
        {256, 512, 1, 2, 14, 1},   {512, 512, 3, 1, 7, 1},  {64, 256, 1, 1, 56, 1},
        {256, 64, 1, 1, 56, 1},    {512, 128, 1, 1, 28, 1}, {1024, 256, 1, 1, 14, 1},
        {512, 2048, 1, 1, 7, 1},   {72, 72, 3, 2, 56, 72},  {120, 120, 5, 1, 28, 120},
        {672, 672, 3, 1, 14, 672}, {960, 960, 5, 1, 7, 960}};
    for (size_t i = 0; i < sizeof layers / sizeof layers[0]; i++)
        for (int method = CONV_PIXELS; method <= CONV_WINOGRAD_4; method++)
            bench_layer(k, layers[i][0], layers[i][1], layers[i][2], layers[i][3], layers[i][4], layers[i][5],
                        (enum conv_method)method);
}

struct loop {
    const struct kernels *k;
    int op;
    int64_t n;
    float *x, *y;
};

static void loop_run(void *context) {
    struct loop *l = context;
    l->k->f32->unary[l->op](l->n, l->x, l->y);
}

static void bench_unary(const struct kernels *k) {
#define ROW(lower, upper) #lower,
    static const char *const names[] = {UNARY_OPS(ROW)};
    struct loop l = {k, 0, 4096, filled(4096), filled(4096)};
    for (int64_t i = 0; i < l.n; i++) l.x[i] = l.x[i] * 2 + 2.001f;
    for (l.op = 0; l.op < UNARY_COUNT; l.op++)
        if (!skipped(names[l.op])) {
            double us = fastest(loop_run, &l) / (double)l.n * 1e3;
            printf("%-34s %10.3f ns an element\n", names[l.op], us);
        }
    free(l.x), free(l.y);
}

int main(int argc, char **argv) {
    const struct kernels *k =
        argc > 1 && strcmp(argv[1], "best") != 0 ? kernels_by_name(argv[1]) : kernels_best();
    wanted = argc > 2 ? argv[2] : NULL;
    if (!k) return 1;
    printf("set %s\n", k->name);
    bench_product(k, 1024, 1024, 1024, false, false);
    bench_product(k, 1024, 1024, 1024, true, false);
    bench_product(k, 1024, 1024, 1024, true, true);
    bench_product(k, 840, 768, 960, true, true);
    bench_product(k, 128, 768, 768, true, true);
    bench_product(k, 128, 3072, 768, true, true);
    bench_product(k, 128, 768, 3072, true, true);
    bench_product(k, 128, 768, 768, true, false);
    bench_product(k, 16, 768, 768, true, true);
    bench_product(k, 16, 3072, 768, true, true);
    bench_product(k, 1, 3072, 768, true, true);
    bench_product(k, 1, 3072, 768, true, false);
    bench_product(k, 1, 1000, 512, true, true);
    bench_product(k, 1000, 32, 10, true, true);
    bench_product(k, 1000, 10, 32, true, true);
    bench_product(k, 128, 128, 64, true, false);
    bench_product(k, 128, 64, 128, false, false);
    bench_layers(k);
    bench_unary(k);
    return 0;
}
