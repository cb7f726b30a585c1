/* Tensors below the operators: promotion, conversion, broadcasting with memory order, random draws, text.
 * Expected numbers were recorded from PyTorch 2.13 (torch.promote_types, torch.rand, print in TorchScript).
 */
#include <stdio.h>
#include <string.h>

#include "tensor/convert.h"
#include "tensor/half.h"
#include "tensor/iterate.h"
#include "tensor/print.h"
#include "tensor/promote.h"
#include "tensor/random.h"

static int failures;

static void check(bool good, const char *what) {
    if (good) return;
    failures++;
    printf("failed: %s\n", what);
}

static void test_promotion(void) {
    static const struct {
        enum dtype a, b, both;
    } cases[] = {
        {DTYPE_UINT8, DTYPE_INT8, DTYPE_INT16},
        {DTYPE_BOOL, DTYPE_UINT8, DTYPE_UINT8},
        {DTYPE_INT64, DTYPE_FLOAT16, DTYPE_FLOAT16},
        {DTYPE_FLOAT16, DTYPE_BFLOAT16, DTYPE_FLOAT32},
        {DTYPE_FLOAT64, DTYPE_COMPLEX64, DTYPE_COMPLEX128},
        {DTYPE_BFLOAT16, DTYPE_COMPLEX32, DTYPE_COMPLEX64},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        check(dtype_promote(cases[i].a, cases[i].b) == cases[i].both, dtype_table[cases[i].both].python_name);
        check(dtype_promote(cases[i].b, cases[i].a) == cases[i].both, "promotion is symmetric");
    }
    int64_t two = 2;
    struct tensor *ints = tensor_new(DTYPE_INT32, 1, &two, NULL, NULL),
                  *zero = tensor_of_float(1, DTYPE_FLOAT64, NULL);
    struct tensor *pair[] = {ints, zero};
    check(promote_tensors(2, pair) == DTYPE_FLOAT64, "a 0-dim double beside an int vector");
    zero->flags |= TENSOR_WRAPPED_NUMBER;
    check(promote_tensors(2, pair) == DTYPE_FLOAT32, "a float number beside an int vector");
    tensor_release(ints);
    tensor_release(zero);
}

static void test_half(void) {
    check(float_to_half(65519.0f) == 0x7bff && float_to_half(65520.0f) == 0x7c00, "half overflows at 65520");
    check(float_to_half(0x1p-25f) == 0 && float_to_half(0x1.8p-25f) == 1, "half subnormals round to even");
    check(float_to_bfloat(1.00390625f) == 0x3f80 && float_to_bfloat(1.01171875f) == 0x3f82,
          "bfloat16 rounds to even");
    bool same = true;
    for (uint32_t h = 0; h < 0x7c00; h++) same &= float_to_half(half_to_float((uint16_t)h)) == h;
    check(same, "every finite half comes back");
    check(convert_to_int64(1e30) == INT64_MIN, "a float out of range is the smallest integer");
}

/* A transposed operand gives a transposed result; broadcasting a row keeps it. */
static void test_iteration(void) {
    struct tensor *t = tensor_new_strided(DTYPE_FLOAT32, 2, (int64_t[]){2, 3}, (int64_t[]){1, 2}, NULL, NULL);
    struct tensor *row = tensor_new(DTYPE_FLOAT32, 1, (int64_t[]){3}, NULL, NULL);
    struct iterate it = {.outputs = 1, .operands = 3, .tensors = {NULL, t, row}, .out_dtype = DTYPE_FLOAT32};
    check(iterate_begin(&it, NULL), "broadcast");
    check(it.tensors[0]->strides[0] == 1 && it.tensors[0]->strides[1] == 2,
          "the result lies as its first operand");
    iterate_drop(&it);
    lb_error err = {0};
    struct tensor *four = tensor_new(DTYPE_FLOAT32, 1, (int64_t[]){4}, NULL, NULL);
    it =
        (struct iterate){.outputs = 1, .operands = 3, .tensors = {NULL, t, four}, .out_dtype = DTYPE_FLOAT32};
    check(!iterate_begin(&it, &err), "sizes 3 and 4 do not broadcast");
    check(strcmp(error_message(&err),
                 "The size of tensor a (3) must match the size of tensor b (4) at non-singleton "
                 "dimension 1") == 0,
          "PyTorch's text of it");
    error_clear(&err);
    tensor_release(t);
    tensor_release(row);
    tensor_release(four);
}

/* torch.manual_seed(0): torch.rand(3), then torch.randn(2). */
static void test_random(void) {
    struct generator g, other;
    unsigned char state[GENERATOR_STATE_BYTES];
    generator_seed(&g, 0);
    check(generator_float(&g) == 0.49625658988952637f, "first draw of seed 0");
    check(generator_float(&g) == 0.76822179555892944f, "second draw of seed 0");
    generator_normal(&g);
    generator_save(&g, state);
    check(generator_restore(&other, state, sizeof state), "a state is taken back");
    check(generator_normal(&g) == generator_normal(&other), "the cached normal is part of the state");
    check(generator_next32(&g) == generator_next32(&other), "and the engine");
    check(!generator_restore(&other, state, 100), "a state of another size is refused");
}

static void check_print(struct tensor *t, const char *expected) {
    struct text out = {0};
    tensor_print(&out, t, 17);
    if (strcmp(text_get(&out), expected)) {
        failures++;
        printf("failed: text '%s', expected '%s'\n", text_get(&out), expected);
    }
    text_free(&out);
    tensor_release(t);
}

static struct tensor *floats(int ndim, const int64_t *sizes, const float *values) {
    struct tensor *t = tensor_new(DTYPE_FLOAT32, ndim, sizes, NULL, NULL);
    memcpy(tensor_data(t), values, sizeof *values * (size_t)t->numel);
    return t;
}

static void test_print(void) {
    check_print(floats(2, (int64_t[]){2, 2}, (float[]){0, 1.0f / 7, 2.0f / 7, 3.0f / 7}),
                " 0.0000  0.1429\n 0.2857  0.4286\n[ CPUFloatType{2,2} ]");
    check_print(floats(1, (int64_t[]){2}, (float[]){1e6f, 0.001f}),
                " 1.0000e+06\n 1.0000e-03\n[ CPUFloatType{2} ]");
    check_print(floats(3, (int64_t[]){2, 1, 2}, (float[]){0, 1, 2, 3}),
                "(1,.,.) = \n 0  1\n\n(2,.,.) = \n 2  3\n[ CPUFloatType{2,1,2} ]");
    check_print(tensor_of_float(1e-3, DTYPE_FLOAT32, NULL), "0.0010000000474974513\n[ CPUFloatType{} ]");
    check_print(tensor_new(DTYPE_INT64, 2, (int64_t[]){2, 0}, NULL, NULL), "[ CPULongType{2,0} ]");
}

/* Views that would reach outside, and sizes that overflow, are refused. */
static void test_bounds(void) {
    lb_error err = {0};
    struct storage *s = storage_new(16, NULL, &err);
    check(!tensor_over(s, DTYPE_FLOAT32, 1, (int64_t[]){5}, (int64_t[]){1}, 0, &err),
          "five floats of sixteen bytes");
    error_clear(&err);
    check(!tensor_over(s, DTYPE_FLOAT32, 1, (int64_t[]){2}, (int64_t[]){INT64_MAX}, 0, &err),
          "a stride that overflows");
    error_clear(&err);
    check(!tensor_over(s, DTYPE_FLOAT32, 1, (int64_t[]){2}, (int64_t[]){-1}, 0, &err),
          "a view before its storage");
    error_clear(&err);
    check(!tensor_new(DTYPE_FLOAT32, 2, (int64_t[]){INT64_MAX, 4}, NULL, &err), "sizes that overflow");
    error_clear(&err);
    storage_release(s);
    struct memory_budget *budget = memory_budget_new(100);
    check(!tensor_new(DTYPE_FLOAT64, 1, (int64_t[]){20}, budget, &err), "a limit of bytes holds");
    error_clear(&err);
    struct tensor *t = tensor_new(DTYPE_FLOAT64, 1, (int64_t[]){10}, budget, NULL);
    check(t && budget->used == 80, "what is held is charged");
    tensor_release(t);
    check(budget->used == 0, "and given back");
    memory_budget_release(budget);
}

int main(void) {
    test_promotion();
    test_half();
    test_iteration();
    test_random();
    test_print();
    test_bounds();
    return failures != 0;
}
