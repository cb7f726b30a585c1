/* Operators that PyTorch's tracer looks into, so that others stand in the graph (DONT_RECORD_TRACE in
 * tools/autograd/gen_trace_type.py): convolutions all become aten::_convolution or aten::_convolution_mode,
 * an input without a batch dimension gets one before and loses it after
 * (aten/src/ATen/native/Convolution.cpp). And detach_, which is recorded as detach
 * (torch/csrc/autograd/TraceTypeManual.cpp). */
#include "base/mem.h"
#include "ir/views.h"
#include "module/trace.h"
#include "ops/schemas.h"
#include <string.h>

enum { CONVOLUTION_ARGUMENTS = 13, MAX_DIMS = 8 };

/* Where the arguments of aten::_convolution stand in a form's own; -1: not there. */
struct convolution_form {
    const char *name, *overload;
    int dims; /* of space; 0: any, and always with a batch */
    bool transposed, mode;
    int8_t stride, padding, dilation, output_padding, groups;
};
static const struct convolution_form forms[] = {
    {"aten::conv1d", "", 1, false, false, 3, 4, 5, -1, 6},
    {"aten::conv2d", "", 2, false, false, 3, 4, 5, -1, 6},
    {"aten::conv3d", "", 3, false, false, 3, 4, 5, -1, 6},
    {"aten::conv1d", "padding", 1, false, true, 3, 4, 5, -1, 6},
    {"aten::conv2d", "padding", 2, false, true, 3, 4, 5, -1, 6},
    {"aten::conv3d", "padding", 3, false, true, 3, 4, 5, -1, 6},
    {"aten::conv_transpose1d", "", 1, true, false, 3, 4, 7, 5, 6},
    {"aten::conv_transpose2d", "input", 2, true, false, 3, 4, 7, 5, 6},
    {"aten::conv_transpose3d", "input", 3, true, false, 3, 4, 7, 5, 6},
    {"aten::convolution", "", 0, false, false, 3, 4, 5, 7, 8},
};

/* What one call of a convolution is about. */
struct convolution {
    struct trace *trace;
    const struct convolution_form *form;
    const struct schema *schema; /* of the form */
    const lb_traced *args, *result;
    int count;
    bool lone; /* the input has no batch dimension */
    lb_value flags[3];
    lb_traced zeros[MAX_DIMS];
    int64_t batched_sizes[2][MAX_DIMS], batched_strides[2][MAX_DIMS]; /* of input, of result */
    lb_error *err;
};

/* The tracer's flags: benchmark, deterministic, cudnn_enabled, allow_tf32. */
static const bool settings[4] = {false, false, true, true};
static const lb_value no = {.tag = VALUE_BOOL}, yes = {.tag = VALUE_BOOL, .i = 1}, zero = {.tag = VALUE_INT};

static lb_traced flag(bool on) {
    return (lb_traced){.kind = LB_TRACED_CONSTANT, .value = on ? &yes : &no};
}

/* The form's argument, with its default where it was not given. */
static lb_traced own_argument(const struct convolution *c, int at) {
    if (at < c->count && c->args[at].kind != LB_TRACED_DEFAULT) return c->args[at];
    return (lb_traced){.kind = LB_TRACED_CONSTANT, .value = &c->schema->arguments[at].default_value};
}

/* The tensor with a batch of one before it, as another tensor; `place` holds its sizes and gives its key. */
static lb_traced batched(struct convolution *c, const lb_traced *t, int place) {
    int64_t *sizes = c->batched_sizes[place], *strides = c->batched_strides[place];
    lb_traced b = *t;
    sizes[0] = 1;
    strides[0] = t->sizes[0] * t->strides[0];
    memcpy(sizes + 1, t->sizes, sizeof *sizes * (size_t)t->ndim);
    memcpy(strides + 1, t->strides, sizeof *strides * (size_t)t->ndim);
    b.ndim++;
    b.sizes = sizes;
    b.strides = strides;
    b.key = sizes;
    return b;
}

static bool record(struct convolution *c, const char *name, const lb_traced *args, int count,
                   const lb_traced *result) {
    const char *overload = strcmp(name, "aten::squeeze") ? "" : "dim";
    return trace_record(c->trace, ops_find_overload(name, overload), args, count, result, 1, c->err);
}

/* aten::unsqueeze and aten::squeeze of dimension 0. */
static bool reshape(struct convolution *c, const char *name, const lb_traced *from, const lb_traced *to) {
    lb_traced args[2] = {*from, {.kind = LB_TRACED_CONSTANT, .value = &zero}};
    return record(c, name, args, 2, to);
}

static lb_traced output_padding(struct convolution *c) {
    if (c->form->output_padding >= 0) return own_argument(c, c->form->output_padding);
    for (int i = 0; i < c->form->dims; i++)
        c->zeros[i] = (lb_traced){.kind = LB_TRACED_CONSTANT, .value = &zero};
    return (lb_traced){.kind = LB_TRACED_LIST, .items = c->zeros, .count = c->form->dims};
}

static bool record_convolution(struct convolution *c, const lb_traced *input, const lb_traced *result) {
    const struct convolution_form *f = c->form;
    lb_traced args[CONVOLUTION_ARGUMENTS] = {*input, c->args[1], own_argument(c, 2)};
    int n = 3;
    args[n++] = own_argument(c, f->stride);
    args[n++] = own_argument(c, f->padding);
    args[n++] = own_argument(c, f->dilation);
    if (!f->mode) {
        args[n++] = f->dims ? flag(f->transposed) : own_argument(c, 6);
        args[n++] = output_padding(c);
    }
    args[n++] = own_argument(c, f->groups);
    for (int i = 0; i < 4 && !f->mode; i++) args[n++] = flag(settings[i]);
    lb_traced inner = *result;
    if (!f->mode) inner.requires_grad = false; /* it runs below autograd */
    return record(c, f->mode ? "aten::_convolution_mode" : "aten::_convolution", args, n, &inner);
}

static bool convolve(struct convolution *c) {
    if (!c->lone) return record_convolution(c, &c->args[0], c->result);
    lb_traced input = batched(c, &c->args[0], 0), result = batched(c, c->result, 1);
    bool good = reshape(c, "aten::unsqueeze", &c->args[0], &input) &&
                record_convolution(c, &input, &result) && reshape(c, "aten::squeeze", &result, c->result);
    table_remove(&c->trace->values, input.key);
    table_remove(&c->trace->values, result.key);
    return good;
}

static const struct convolution_form *find_form(const struct op_row *row) {
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
        if (!strcmp(forms[i].name, op_name(row)) && !strcmp(forms[i].overload, op_overload(row)))
            return &forms[i];
    return NULL;
}

/* copy_ is inserted by its schema (torch/csrc/autograd/TraceTypeManual.cpp): its flag has no place in the
 * source. */
static bool forget_place(struct trace *t) {
    struct node *flag = node_input(t->graph->insert_before->previous, 2)->node;
    if (node_is(flag, KIND_CONSTANT)) flag->range = (struct source_range){0};
    return true;
}

bool trace_special(struct trace *t, const struct op_row *row, const lb_traced *args, int count,
                   const lb_traced *results, bool *done, lb_error *err) {
    if (!strcmp(op_name(row), "aten::detach_")) {
        *done = true;
        return trace_record(t, ops_find_overload("aten::detach", ""), args, count, results, 1, err);
    }
    if (!strcmp(op_name(row), "aten::copy_")) {
        *done = true;
        return trace_record(t, row, args, count, results, 1, err) && forget_place(t);
    }
    const struct convolution_form *form = find_form(row);
    if (!form || count < 2 || args[0].kind != LB_TRACED_TENSOR) return true;
    *done = true;
    struct convolution c = {t, form, ops_schema(t->unit, row), args, results, count, .err = err};
    c.lone = form->dims && args[0].ndim == form->dims + 1 && args[0].strides && results[0].strides &&
             args[0].ndim < MAX_DIMS;
    return c.schema ? convolve(&c) : error_memory(err);
}
