/* See fit.h. */
#include "module/fit.h"
#include "tensor/device.h"
#include "types/adapt.h"
#include <string.h>

/* ---- one value for one type ---- */

static enum fit worse(enum fit a, enum fit b) {
    return a < b ? a : b;
}

/* A tensor that stands for its one element. */
static bool is_scalar_tensor(lb_value v) {
    return v.tag == VALUE_TENSOR && v.tensor->ndim == 0 && v.tensor->layout == LAYOUT_STRIDED;
}

static bool is_number(lb_value v) {
    return v.tag == VALUE_INT || v.tag == VALUE_FLOAT || v.tag == VALUE_BOOL || v.tag == VALUE_COMPLEX;
}

static enum fit fit_tensor(const struct binding *b, lb_value v) {
    if (v.tag == VALUE_TENSOR) return FIT_EXACT;
    return b->numbers_as_tensors && is_number(v) ? FIT_CONVERTED : FIT_NOT;
}

/* An int that is a dtype is no number, and a number is a dtype only when need be. */
static enum fit fit_int(const struct type *declared, lb_value v) {
    bool meant = declared->kind == TYPE_SCALAR_TYPE || declared->kind == TYPE_LAYOUT ||
                 declared->kind == TYPE_MEMORY_FORMAT;
    if (v.tag == VALUE_INT && !v.meaning == !meant) return FIT_EXACT;
    if (v.tag == VALUE_INT || v.tag == VALUE_BOOL || v.tag == VALUE_ENUM) return FIT_CONVERTED;
    bool whole = is_scalar_tensor(v) && dtype_is_integral((enum dtype)v.tensor->dtype, true);
    return whole ? FIT_CONVERTED : FIT_NOT;
}

static enum fit fit_float(lb_value v) {
    if (v.tag == VALUE_FLOAT || (v.tag == VALUE_INT && !v.meaning)) return FIT_EXACT;
    bool real = is_scalar_tensor(v) && !dtype_is_complex((enum dtype)v.tensor->dtype);
    return v.tag == VALUE_BOOL || real ? FIT_CONVERTED : FIT_NOT;
}

static enum fit fit_number(lb_value v) {
    if (is_number(v) && !v.meaning) return FIT_EXACT;
    return is_scalar_tensor(v) ? FIT_CONVERTED : FIT_NOT;
}

static enum fit fit_device(lb_value v) {
    struct device device;
    lb_error unnamed = {0};
    bool named = v.tag == VALUE_STRING && device_parse(v.string->bytes, &device, &unnamed);
    error_clear(&unnamed);
    return v.tag == VALUE_DEVICE || named ? FIT_EXACT : FIT_NOT;
}

static enum fit fit_value(const struct binding *b, const struct type *t, const struct type *declared,
                          lb_value v);

static enum fit fit_list(const struct binding *b, const struct type *t, const struct type *declared,
                         lb_value v) {
    bool list = v.tag == VALUE_LIST;
    if (!list && v.tag != VALUE_TUPLE) return FIT_NOT;
    int64_t count = list ? v.list->count : v.tuple->count;
    const lb_value *items = list ? v.list->items : v.tuple->items;
    enum fit fit = FIT_EXACT;
    for (int64_t i = 0; i < count && fit; i++)
        fit = worse(fit, fit_value(b, t->items[0], declared->items[0], items[i]));
    return fit;
}

/* A type with a variable takes what has its form. */
static enum fit fit_variable(const struct type *t, lb_value v) {
    switch (t->kind) {
    case TYPE_LIST: return v.tag == VALUE_LIST ? FIT_EXACT : FIT_NOT;
    case TYPE_DICT: return v.tag == VALUE_DICT ? FIT_EXACT : FIT_NOT;
    case TYPE_TUPLE: return v.tag == VALUE_TUPLE ? FIT_EXACT : FIT_NOT;
    case TYPE_FUTURE: return v.tag == VALUE_FUTURE ? FIT_EXACT : FIT_NOT;
    default: return FIT_EXACT;
    }
}

static enum fit fit_plain(const struct type *t, lb_value v) {
    static const uint8_t tags[] = {
        [TYPE_BOOL] = VALUE_BOOL,           [TYPE_STRING] = VALUE_STRING,   [TYPE_NONE] = VALUE_NONE,
        [TYPE_GENERATOR] = VALUE_GENERATOR, [TYPE_STORAGE] = VALUE_STORAGE, [TYPE_CAPSULE] = VALUE_CAPSULE,
        [TYPE_DICT] = VALUE_DICT,           [TYPE_TUPLE] = VALUE_TUPLE,     [TYPE_ANY_LIST] = VALUE_LIST,
        [TYPE_ANY_TUPLE] = VALUE_TUPLE,     [TYPE_CLASS] = VALUE_OBJECT,    [TYPE_ANY_CLASS] = VALUE_OBJECT,
        [TYPE_ANY_ENUM] = VALUE_ENUM,
    };
    if (t->kind == TYPE_ANY) return FIT_EXACT;
    if ((size_t)t->kind >= sizeof tags || (!tags[t->kind] && t->kind != TYPE_NONE)) return FIT_NOT;
    return tags[t->kind] == v.tag || (t->kind == TYPE_CLASS && v.tag == VALUE_CAPSULE) ? FIT_EXACT : FIT_NOT;
}

static enum fit fit_value(const struct binding *b, const struct type *t, const struct type *declared,
                          lb_value v) {
    if (t->kind == TYPE_OPTIONAL)
        return v.tag == VALUE_NONE ? FIT_EXACT : fit_value(b, t->items[0], declared->items[0], v);
    if (t->has_variables) return fit_variable(t, v);
    switch (t->kind) {
    case TYPE_TENSOR: return fit_tensor(b, v);
    case TYPE_INT: return fit_int(declared, v);
    case TYPE_FLOAT: return fit_float(v);
    case TYPE_NUMBER: return fit_number(v);
    case TYPE_COMPLEX: return is_number(v) ? FIT_EXACT : FIT_NOT;
    case TYPE_DEVICE: return fit_device(v);
    case TYPE_LIST: return fit_list(b, t, declared, v);
    default: return fit_plain(t, v);
    }
}

static const struct type *without_optional(const struct type *t) {
    return t->kind == TYPE_OPTIONAL ? t->items[0] : t;
}

/* One number for int[2] stands for as many as are wanted. */
static bool is_repeated(const struct argument *a, lb_value v) {
    return without_optional(a->type)->kind == TYPE_LIST && a->fixed_length > 0 && v.tag != VALUE_LIST &&
           v.tag != VALUE_TUPLE && v.tag != VALUE_NONE;
}

static enum fit fit_argument(const struct binding *b, const struct argument *a, lb_value v) {
    if (!is_repeated(a, v)) return fit_value(b, a->type, a->declared, v);
    return fit_value(b, without_optional(a->type)->items[0], without_optional(a->declared)->items[0], v);
}

/* ---- all arguments ---- */

static enum fit misfit(struct binding *b, enum misfit why, int index) {
    b->misfit = why;
    b->index = index;
    return FIT_NOT;
}

static int positional_count(const struct schema *s) {
    int count = 0;
    while (count < s->argument_count && !s->arguments[count].keyword_only) count++;
    return count;
}

/* The functions that torch/functional.py gives a star: einsum(equation, *operands). */
static bool takes_many_tensors(const struct schema *s) {
    static const char *const names[] = {"einsum",     "broadcast_tensors", "meshgrid",
                                        "block_diag", "cartesian_prod",    "chain_matmul"};
    const char *own = strrchr(s->name->text, ':');
    for (size_t i = 0; own && i < sizeof names / sizeof *names; i++)
        if (!strcmp(own + 1, names[i])) return true;
    return false;
}

/* zeros(2, 3), x.view(2, 3): the last positional argument is a list of ints, and ints come one by one. */
static int rest_argument(const struct schema *s, int positional, const struct call_arguments *call) {
    int last = positional - 1;
    if (last < 0 || call->count <= last) return -1;
    const struct argument *a = &s->arguments[last];
    const struct type *list = without_optional(a->type);
    if (list->kind != TYPE_LIST || a->fixed_length > 0) return -1;
    lb_value first = call->positional[last];
    bool ints = list->items[0]->kind == TYPE_INT && (first.tag == VALUE_INT || is_scalar_tensor(first));
    bool tensors = list->items[0]->kind == TYPE_TENSOR && first.tag == VALUE_TENSOR && takes_many_tensors(s);
    return ints || tensors ? last : -1;
}

/* "input" is self, and NumPy's names are known. */
static bool names_argument(const struct schema *s, const char *own, const char *given) {
    static const char *const others[][2] = {{"self", "input"}, {"self", "x"},   {"self", "a"},
                                            {"self", "x1"},    {"dim", "axis"}, {"keepdim", "keepdims"},
                                            {"other", "x2"}};
    (void)s;
    if (!strcmp(own, given)) return true;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (!strcmp(own, others[i][0]) && !strcmp(given, others[i][1])) return true;
    return false;
}

static int find_argument(const struct schema *s, const char *name) {
    for (int i = 0; i < s->argument_count; i++)
        if (!strcmp(s->arguments[i].name->text, name)) return i;
    for (int i = 0; i < s->argument_count; i++)
        if (names_argument(s, s->arguments[i].name->text, name)) return i;
    return -1;
}

static bool place_arguments(struct binding *b) {
    const struct schema *s = b->schema;
    const struct call_arguments *call = b->call;
    int positional = positional_count(s);
    b->rest = rest_argument(s, positional, call);
    if (call->count > positional && b->rest < 0) return misfit(b, MISFIT_TOO_MANY, positional);
    memset(b->given, 0, sizeof *b->given * (size_t)s->argument_count);
    for (int i = 0; i < call->count && i < positional; i++) b->given[i] = &call->positional[i];
    for (int i = 0; i < call->named_count; i++) {
        int at = find_argument(s, call->names[i]);
        if (at < 0) return misfit(b, MISFIT_UNKNOWN, i);
        if (b->given[at]) return misfit(b, MISFIT_TWICE, at);
        b->given[at] = &call->named[i];
    }
    return true;
}

static enum fit fit_rest(const struct binding *b) {
    const struct argument *a = &b->schema->arguments[b->rest];
    enum fit fit = FIT_EXACT;
    for (int i = b->rest; i < b->call->count && fit; i++)
        fit = worse(fit, fit_value(b, without_optional(a->type)->items[0],
                                   without_optional(a->declared)->items[0], b->call->positional[i]));
    return fit;
}

enum fit binding_fit(struct binding *b, const struct schema *schema, const struct call_arguments *call,
                     bool numbers_as_tensors) {
    b->schema = schema;
    b->call = call;
    b->numbers_as_tensors = numbers_as_tensors;
    b->misfit = MISFIT_NONE;
    b->score = 0;
    if (schema->is_vararg || schema->argument_count > FIT_MOST_ARGUMENTS)
        return misfit(b, MISFIT_TOO_MANY, 0);
    if (!place_arguments(b)) return FIT_NOT;
    enum fit fit = FIT_EXACT;
    for (int i = 0; i < schema->argument_count; i++) {
        const struct argument *a = &schema->arguments[i];
        if (!b->given[i] && !a->has_default) return misfit(b, MISFIT_MISSING, i);
        if (!b->given[i]) continue;
        enum fit own = i == b->rest ? fit_rest(b) : fit_argument(b, a, *b->given[i]);
        if (!own) return misfit(b, MISFIT_TYPE, i);
        fit = worse(fit, own);
        b->score++;
    }
    return fit;
}

/* ---- conversion ---- */

/* A number that became a 0-dim tensor weighs as a number. */
static bool tensor_of_number(lb_value v, lb_value *out, lb_error *err) {
    enum dtype d = v.tag == VALUE_BOOL    ? DTYPE_BOOL
                   : v.tag == VALUE_INT   ? DTYPE_INT64
                   : v.tag == VALUE_FLOAT ? DTYPE_FLOAT64
                                          : DTYPE_COMPLEX128;
    struct tensor *t = tensor_new(d, 0, NULL, NULL, err);
    if (!t) return false;
    double parts[2] = {v.tag == VALUE_COMPLEX ? v.complex->re : 0,
                       v.tag == VALUE_COMPLEX ? v.complex->im : 0};
    const void *from = v.tag == VALUE_COMPLEX ? (const void *)parts
                       : v.tag == VALUE_FLOAT ? (const void *)&v.f
                                              : &v.i;
    memcpy(tensor_data(t), from, dtype_size(d));
    t->flags |= TENSOR_WRAPPED_NUMBER;
    *out = value_tensor(t);
    return true;
}

static bool convert_value(struct type_store *types, const struct type *t, lb_value v, lb_value *out,
                          lb_error *err) {
    const struct type *plain = without_optional(t);
    if (plain->kind == TYPE_TENSOR && is_number(v)) return tensor_of_number(v, out, err);
    v.meaning = value_is_counted(v) ? v.meaning : 0;
    const struct type *want = t->has_variables ? types->simple[TYPE_ANY] : t;
    return type_convert_argument(types, want, v, out, err);
}

/* A list of `count` values: each of them, or `first` as often. */
static bool convert_many(struct type_store *types, const struct type *list, const lb_value *first,
                         bool repeated, int count, lb_value *out, lb_error *err) {
    if (!value_new_list(out, list->items[0], count, err)) return false;
    for (int i = 0; i < count; i++) {
        lb_value item;
        if (!convert_value(types, list->items[0], repeated ? *first : first[i], &item, err)) return false;
        if (!list_append(out->list, item, err)) return false;
    }
    return true;
}

static bool convert_argument(const struct binding *b, struct type_store *types, int i, lb_value *out,
                             lb_error *err) {
    const struct argument *a = &b->schema->arguments[i];
    const struct type *list = without_optional(a->type);
    const lb_value *v = b->given[i];
    if (!v) {
        *out = value_copy(a->default_value);
        return true;
    }
    if (i == b->rest) return convert_many(types, list, v, false, b->call->count - i, out, err);
    if (is_repeated(a, *v)) return convert_many(types, list, v, true, a->fixed_length, out, err);
    return convert_value(types, a->type, *v, out, err);
}

bool binding_convert(const struct binding *b, struct type_store *types, lb_value *args, int *filled,
                     lb_error *err) {
    for (*filled = 0; *filled < b->schema->argument_count; ++*filled) {
        args[*filled] = value_none();
        if (convert_argument(b, types, *filled, &args[*filled], err)) continue;
        value_release(args[*filled]);
        return error_set(err, LB_ERROR_ARGUMENT, "argument '%s' has a value that it can't have",
                         b->schema->arguments[*filled].name->text);
    }
    return true;
}
