/* The recorder through the public header, as a host in C uses it. The expected graph is what torch.jit.trace
 * of PyTorch 2.13 gives for
 *
 *     def f(x, w):
 *         y = torch.conv2d(x, w)
 *         z = y.view(y.size(0), -1)
 *         return z + 1.5, y
 */
#include "linkboy.h"
#include <stdio.h>
#include <string.h>

static const char recorded[] =
    "graph(%x : Float(1, 1, 2, 2, strides=[4, 4, 2, 1], requires_grad=0, device=cpu),\n"
    "      %w : Float(1, 1, 1, 1, strides=[1, 1, 1, 1], requires_grad=0, device=cpu)):\n"
    "  %2 : NoneType = prim::Constant()\n"
    "  %3 : int = prim::Constant[value=1]()\n"
    "  %4 : int = prim::Constant[value=1]()\n"
    "  %5 : int[] = prim::ListConstruct(%3, %4)\n"
    "  %6 : int = prim::Constant[value=0]()\n"
    "  %7 : int = prim::Constant[value=0]()\n"
    "  %8 : int[] = prim::ListConstruct(%6, %7)\n"
    "  %9 : int = prim::Constant[value=1]()\n"
    "  %10 : int = prim::Constant[value=1]()\n"
    "  %11 : int[] = prim::ListConstruct(%9, %10)\n"
    "  %12 : bool = prim::Constant[value=0]()\n"
    "  %13 : int = prim::Constant[value=0]()\n"
    "  %14 : int = prim::Constant[value=0]()\n"
    "  %15 : int[] = prim::ListConstruct(%13, %14)\n"
    "  %16 : int = prim::Constant[value=1]()\n"
    "  %17 : bool = prim::Constant[value=0]()\n"
    "  %18 : bool = prim::Constant[value=0]()\n"
    "  %19 : bool = prim::Constant[value=1]()\n"
    "  %20 : bool = prim::Constant[value=1]()\n"
    "  %y : Float(1, 1, 2, 2, strides=[4, 4, 2, 1], requires_grad=0, device=cpu) = aten::_convolution(%x, "
    "%w, "
    "%2, %5, %8, %11, %12, %15, %16, %17, %18, %19, %20)\n"
    "  %22 : int = prim::Constant[value=0]()\n"
    "  %23 : int = aten::size(%y, %22)\n"
    "  %24 : Long(device=cpu) = prim::NumToTensor(%23)\n"
    "  %25 : int = aten::Int(%24)\n"
    "  %26 : int = prim::Constant[value=-1]()\n"
    "  %27 : int[] = prim::ListConstruct(%25, %26)\n"
    "  %z : Float(1, 4, strides=[4, 1], requires_grad=0, device=cpu) = aten::view(%y, %27)\n"
    "  %29 : Double(requires_grad=0, device=cpu) = prim::Constant[value={1.5}]()\n"
    "  %30 : int = prim::Constant[value=1]()\n"
    "  %31 : Float(1, 4, strides=[4, 1], requires_grad=0, device=cpu) = aten::add(%z, %29, %30)\n"
    "  %32 : (Float(1, 4, strides=[4, 1], requires_grad=0, device=cpu), Float(1, 1, 2, 2, strides=[4, 4, 2, "
    "1], "
    "requires_grad=0, device=cpu)) = prim::TupleConstruct(%31, %y)\n"
    "  return (%32)\n";

static int failures;
static lb_error *err;

static void expect(const char *title, bool good) {
    if (!good) {
        failures++;
        printf("failed: %s: %s\n", title, lb_error_code(err) ? lb_error_message(err) : "not so");
    }
    lb_error_clear(err);
}

static void expect_error(const char *title, bool good, const char *words) {
    if (good || !strstr(lb_error_message(err), words)) {
        failures++;
        printf("failed: %s: %s\n", title, good ? "was not refused" : lb_error_message(err));
    }
    lb_error_clear(err);
}

/* The host's tensors: a key is the address of one of these. */
struct tensor {
    const char *name;
    int ndim;
    int64_t sizes[4], strides[4];
};
static const struct tensor x = {"x", 4, {1, 1, 2, 2}, {4, 4, 2, 1}}, w = {"w", 4, {1, 1, 1, 1}, {1, 1, 1, 1}},
                           y = {"y", 4, {1, 1, 2, 2}, {4, 4, 2, 1}}, z = {"z", 2, {1, 4}, {4, 1}},
                           sum = {"", 2, {1, 4}, {4, 1}}, size = {"", 0, {0}, {0}};

static lb_traced traced(const struct tensor *t) {
    return (lb_traced){.kind = LB_TRACED_TENSOR,
                       .key = t,
                       .dtype = LB_FLOAT32,
                       .ndim = t->ndim,
                       .sizes = t->sizes,
                       .strides = t->strides};
}

static lb_traced constant(const lb_value *v) {
    return (lb_traced){.kind = LB_TRACED_CONSTANT, .value = v};
}

static const char *name_of(void *user, const void *key) {
    (void)user;
    return ((const struct tensor *)key)->name;
}

static const lb_trace_host host = {.size = sizeof host, .name = name_of};

/* Records f, told at the places of the source where it happens. */
static lb_traced record(lb_trace *t) {
    static lb_traced both[2];
    lb_traced a = traced(&x), b = traced(&w);
    expect("input", lb_trace_input(t, "x", &a, err) && lb_trace_input(t, "w", &b, err));
    expect("place", lb_trace_at(t, "f.py(2): f\n", 11, "f.py", 2, err));
    lb_traced result = traced(&y);
    expect("conv2d", lb_trace_op(t, "aten::conv2d", (lb_traced[]){a, b}, 2, &result, 1, err));
    a = traced(&y);
    expect("size", lb_trace_size(t, &a, 0, &size, err));
    lb_value *minus = lb_int_new(-1, err), *half = lb_float_new(1.5, err);
    lb_traced sizes[2] = {{.kind = LB_TRACED_NUMBER, .key = &size}, constant(minus)};
    lb_traced list = {.kind = LB_TRACED_LIST, .items = sizes, .count = 2};
    result = traced(&z);
    expect("view", lb_trace_op(t, "aten::view", (lb_traced[]){a, list}, 2, &result, 1, err));
    a = traced(&z);
    result = traced(&sum);
    expect("add", lb_trace_op(t, "aten::add.Tensor", (lb_traced[]){a, constant(half)}, 2, &result, 1, err));
    lb_value_free(minus);
    lb_value_free(half);
    both[0] = traced(&sum);
    both[1] = traced(&y);
    return (lb_traced){.kind = LB_TRACED_TUPLE, .items = both, .count = 2};
}

static void function_is_pytorchs(void) {
    lb_graph *empty = lb_graph_new(NULL, err);
    lb_unit *unit = lb_graph_unit(empty);
    lb_trace *t = lb_trace_new(unit, NULL, &host, err);
    lb_traced output = record(t);
    lb_function *f = lb_trace_finish(t, "__torch__.f", &output, err);
    expect("finish", f != NULL);
    char *text = f ? lb_function_text(unit, f, LB_TEXT_CANONICAL, err) : NULL;
    expect("graph", text && !strcmp(text, recorded));
    if (text && strcmp(text, recorded)) printf("%s", text);
    lb_text_free(text);
    text = f ? lb_function_text(unit, f, LB_TEXT_GRAPH, err) : NULL;
    expect("comment", text && strstr(text, "aten::view(%y, %27) # f.py:2:0\n"));
    lb_text_free(text);
    expect_error("twice", lb_trace_finish(t, "__torch__.f", &output, err) != NULL, "ended");
    lb_trace_free(t);
    lb_graph_free(empty);
}

/* A host that lets a tensor become a bool gets a program that checks it. */
static void guard_holds(void) {
    lb_graph *empty = lb_graph_new(NULL, err);
    lb_unit *unit = lb_graph_unit(empty);
    lb_trace *t = lb_trace_new(unit, NULL, &host, err);
    lb_traced input = traced(&size);
    lb_value *yes = lb_bool_new(true, err);
    expect("guarded input", lb_trace_input(t, "x", &input, err));
    expect("guard", lb_trace_guard(t, &size, yes, "f.py:7: another way", err));
    lb_function *f = lb_trace_finish(t, "__torch__.g", &input, err);
    expect("guarded", f != NULL);
    for (int i = 0; f && i < 2; i++) {
        lb_value *number = lb_tensor_from(LB_FLOAT32, 0, NULL, &(float){(float)i}, err);
        lb_value *out = lb_function_call(unit, f, NULL, &number, 1, NULL, NULL, 0, err);
        if (i) expect("as in the trace", out != NULL);
        if (!i) expect_error("not as in the trace", out != NULL, "f.py:7: another way");
        lb_value_free(number);
        lb_value_free(out);
    }
    lb_value_free(yes);
    lb_trace_free(t);
    lb_graph_free(empty);
}

static void refusals(void) {
    lb_graph *empty = lb_graph_new(NULL, err);
    lb_trace *t = lb_trace_new(lb_graph_unit(empty), NULL, &host, err);
    lb_traced input = traced(&x), other = traced(&y);
    expect("input", lb_trace_input(t, "x", &input, err));
    expect_error("operator", lb_trace_op(t, "aten::no_such", &input, 1, &other, 1, err), "aten::no_such");
    expect_error("argument", lb_trace_op(t, "aten::mm", &input, 1, &other, 1, err), "'mat2'");
    expect_error("unknown tensor", lb_trace_op(t, "aten::relu", &other, 1, &input, 1, err), "cannot be had");
    expect_error("submodule", lb_trace_enter(t, "conv", err), "'conv'");
    expect_error("leaving", lb_trace_leave(t, err), "no module");
    expect_error("output", lb_trace_finish(t, "__torch__.f", &other, err) != NULL, "data dependence");
    lb_trace_free(t);
    lb_graph_free(empty);
}

int main(void) {
    err = lb_error_new();
    function_is_pytorchs();
    guard_holds();
    refusals();
    lb_error_free(err);
    if (failures) printf("%d failed\n", failures);
    return failures != 0;
}
