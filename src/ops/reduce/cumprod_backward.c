/* The gradient of a cumulative product, zeros in it or not (torch/csrc/autograd/FunctionsManual.cpp and
 * aten/src/ATen/native/ReduceOps.cpp, cumprod_backward).
 *
 * Element k is in the products from k on, so its gradient is the sum over j >= k of grad_j times the product
 * of all others up to j. Before the first zero that is (the sum of output_j grad_j) / x_k; at the first zero
 * the products are taken without it, up to the next zero; behind it everything is 0. */
#include "base/mem.h"
#include "ops/common/compose.h"
#include "ops/common/lines.h"
#include "tensor/promote.h"
#include <complex.h>
#include <string.h>

typedef double _Complex number_z;

static void gradient_line(int64_t n, const number_z *grad, const number_z *x, const number_z *out,
                          number_z *to) {
    int64_t first = 0, second;
    number_z sum = 0, others = 1;
    while (first < n && x[first] != 0) first++;
    for (int64_t k = first - 1; k >= 0; k--) {
        sum += conj(out[k]) * grad[k];
        to[k] = sum / conj(x[k]);
    }
    for (int64_t k = first; k < n; k++) to[k] = 0;
    if (first == n) return;
    if (first > 0) others = out[first - 1];
    sum = conj(others) * grad[first];
    for (second = first + 1; second < n && x[second] != 0; second++) {
        others *= x[second];
        sum += conj(others) * grad[second];
    }
    to[first] = sum;
}

static bool same_sizes(const struct tensor *a, const struct tensor *b) {
    return a->ndim == b->ndim && memcmp(a->sizes, b->sizes, sizeof *a->sizes * a->ndim) == 0;
}

static bool run_lines(struct op_call *c, struct tensor *const *four, int dim) {
    struct lines l;
    int64_t n = four[1]->ndim ? four[1]->sizes[dim] : 1;
    number_z *room = call_scratch(c, 4 * (size_t)n + 1, sizeof *room);
    for (bool more = room && four[1]->numel > 0 && lines_begin(&l, dim, 4, four); more;
         more = lines_next(&l)) {
        for (int i = 0; i < 3; i++) lines_load(&l, i, COMPUTE_COMPLEX, room + i * n);
        gradient_line(n, room, room + n, room + 2 * n, room + 3 * n);
        lines_store(&l, 3, COMPUTE_COMPLEX, room + 3 * n);
    }
    mem_free(room);
    return room != NULL;
}

/* cumprod_backward(grad, input, dim, output) */
bool reduce_cumprod_backward(struct op_call *c) {
    struct compose k = compose_start(c);
    struct tensor *grad = arg_tensor(c, 0), *x = arg_tensor(c, 1), *out = arg_tensor(c, 3);
    int64_t dim = arg_int(c, 2);
    if (x->numel <= 1) return give_borrowed(c, 0, grad);
    if (!wrap_dim(c, &dim, x->ndim)) return false;
    if (x->sizes[dim] == 1) return give_borrowed(c, 0, grad);
    if (!same_sizes(grad, x) || !same_sizes(out, x))
        return refuse(c, "cumprod_backward: gradient %s, input %s and output %s have other sizes",
                      sizes_text(grad->ndim, grad->sizes, (char[128]){0}, 128),
                      sizes_text(x->ndim, x->sizes, (char[128]){0}, 128),
                      sizes_text(out->ndim, out->sizes, (char[128]){0}, 128));
    struct tensor *zero = compose_run(&k, "aten::eq.Scalar", "td", x, 0),
                  *any = compose_run(&k, "aten::any", "t", zero);
    if (!any) return compose_give(&k, NULL);
    if (dtype_is_integral(tensor_dtype(x), true) && tensor_get_int(any, 0) != 0)
        return compose_refused(&k, refuse(c, "result type Float can't be cast to the desired output type %s",
                                          dtype_table[x->dtype].graph_name));
    enum dtype d = promote_tensors(3, (struct tensor *[]){out, grad, x}); /* that of a division */
    if (dtype_is_integral(d, true)) d = DTYPE_FLOAT32;
    struct tensor *made = compose_own(&k, call_new(c, d, x->ndim, x->sizes)), *four[] = {grad, x, out, made};
    return compose_give(&k, made && run_lines(c, four, (int)dim) ? made : NULL);
}
