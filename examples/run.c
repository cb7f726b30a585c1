/* The shortest way through linkboy in C: load an archive, give it a tensor, read what comes back.
 *     cc run.c $(pkg-config --cflags --libs linkboy) && ./a.out examples/digits/digits.pt */
#include <linkboy.h>
#include <stdio.h>

static int fail(const char *what, const lb_error *err) {
    fprintf(stderr, "%s: %s\n", what, lb_error_text(err));
    return 1;
}

static void print_best(const lb_value *probabilities) {
    const float *p = lb_tensor_data(probabilities);
    int best = 0;
    for (int digit = 1; digit < 10; digit++)
        if (p[digit] > p[best]) best = digit;
    printf("a one drawn by hand is taken for %d, probability %.3f\n", best, (double)p[best]);
}

int main(int argc, char **argv) {
    /* A one: a stroke in columns 3 and 4 of an 8 x 8 scan, 0 (white) to 16 (black). */
    float scan[8][8] = {{0}};
    for (int row = 0; row < 8; row++) scan[row][3] = scan[row][4] = 15;
    scan[1][2] = 9;

    lb_error *err = lb_error_new();
    lb_module *model = lb_load(argc > 1 ? argv[1] : "examples/digits/digits.pt", NULL, err);
    if (!model) return fail("load", err);

    int64_t sizes[] = {1, 8, 8};
    lb_value *input = lb_tensor_borrow(LB_FLOAT32, 3, sizes, NULL, scan, NULL, NULL, err);
    if (!input) return fail("tensor", err);

    lb_value *output = lb_call(model, "forward", NULL, &input, 1, err);
    if (!output) return fail("forward", err);
    print_best(output);

    lb_value_free(output);
    lb_value_free(input);
    lb_module_free(model);
    lb_error_free(err);
    return 0;
}
