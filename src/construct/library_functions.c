/* Functions of libraries that are native here: decorators and contexts that change nothing, typing,
 * functools, itertools, copy, collections, math, and the few of torch that are no operators. */
#include "construct/natives.h"
#include "tensor/random.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- nothing is changed ---- */

/* A decorator gives back what it decorates; a context or an object that nobody looks into is the path with
 * "()" behind it. */
NATIVE(run_opaque) {
    if (call->count == 1 && !call->named_count &&
        (call->args[0]->kind == THING_FUNCTION || call->args[0]->kind == THING_CLASS))
        return call->args[0];
    if (strstr(self->path, "()") && call->count) return call->args[0];
    char *path = arena_printf(&v->memory, "%s()", self->path);
    return path ? thing_library(v, path) : raise_memory(v);
}
NATIVE(run_first) {
    return call->count ? call->args[0] : v->none;
}
NATIVE(run_second) {
    return call->count > 1 ? call->args[1] : v->none;
}
NATIVE(run_false) {
    return v->no;
}
NATIVE(run_script) {
    if (!call_takes(v, call, "script", 1, 1, "obj")) return NULL;
    return library_mark(call_argument(call, 0, "obj"), "torch.jit.script");
}
NATIVE(run_trace) {
    return raise_refusal(v, call->at, "trace it with linkboy.trace in Python and load the archive",
                         "'%s' where a module is constructed", self->path);
}

NATIVE(run_warn) {
    struct text out = {0};
    bool good = call->count == 0 || thing_put_str(v, &out, call->args[0]);
    text_put(&out, "\n");
    if (good && v->cx->warn) v->cx->warn(v->cx->print_context, text_get(&out), out.length);
    text_free(&out);
    return good ? v->none : NULL;
}

NATIVE(run_attribute) {
    if (!call_takes(v, call, "Attribute", 2, 2, "value type")) return NULL;
    struct thing *t = thing_new(v, THING_TYPED);
    if (!t) return NULL;
    t->typed.value = call_argument(call, 0, "value");
    t->typed.type = call_argument(call, 1, "type");
    return t;
}

NATIVE(run_dispatch) {
    struct thing *t = thing_new(v, THING_DISPATCH);
    struct call *kept = t ? arena_copy(&v->memory, call, sizeof *call) : NULL;
    if (!kept) return t ? raise_memory(v) : NULL;
    t->partial.given = kept;
    return t;
}

/* ---- torch ---- */

NATIVE(run_manual_seed) {
    int64_t seed;
    struct thing *t = call_argument(call, 0, "seed");
    if (!call_takes(v, call, "manual_seed", 1, 1, "seed") || !thing_as_int(v, t, call->at, &seed))
        return NULL;
    if (v->cx->generator) generator_seed(v->cx->generator, (uint64_t)seed);
    return thing_library(v, "torch.Generator()");
}

NATIVE(run_default_dtype) {
    return thing_library(v, "torch.float32");
}
NATIVE(run_set_default_dtype) {
    struct thing *t = call_argument(call, 0, "d");
    if (t && t->kind == THING_LIBRARY && !strcmp(t->path, "torch.float32")) return v->none;
    return raise_refusal(v, call->at, "give dtype= where tensors are made",
                         "another default dtype than float32");
}

NATIVE(run_size) {
    struct thing *items = call->count ? thing_items(v, call->args[0], call->at) : thing_list(v, NULL, 0);
    return items ? thing_tuple(v, items->items, items->count) : NULL;
}

NATIVE(run_is_tensor) {
    return call_takes(v, call, "is_tensor", 1, 1, "") ? thing_bool(v, thing_is_tensor(call->args[0])) : NULL;
}

/* ---- functools ---- */

/* The call is kept as it is, its first argument apart. */
NATIVE(run_partial) {
    if (!call->count) return raise_error(v, call->at, "TypeError", "partial() needs a function");
    struct thing *t = thing_new(v, THING_PARTIAL);
    struct call *kept = t ? arena_copy(&v->memory, call, sizeof *call) : NULL;
    if (!kept) return t ? raise_memory(v) : NULL;
    kept->args++;
    kept->count--;
    t->partial.function = call->args[0];
    t->partial.given = kept;
    return t;
}

NATIVE(run_reduce) {
    if (!call_takes(v, call, "reduce", 2, 3, "")) return NULL;
    struct thing *items = thing_items(v, call->args[1], call->at);
    struct thing *sum = call->count > 2 ? call->args[2] : NULL;
    for (int i = 0; items && i < items->count; i++) {
        sum = sum ? call_thing_with(v, call->args[0], call->at, (struct thing *[]){sum, items->items[i]}, 2)
                  : items->items[i];
        if (!sum) return NULL;
    }
    if (!items || sum) return sum;
    return raise_error(v, call->at, "TypeError", "reduce() of empty iterable with no initial value");
}

/* ---- dataclasses, enum ---- */

NATIVE(run_dataclass) {
    if (call->count == 1 && call->args[0]->kind == THING_CLASS) return make_dataclass(v, call->args[0], call);
    struct thing *t = thing_new(v, THING_PARTIAL); /* @dataclass(frozen=True) */
    struct call *kept = t ? arena_copy(&v->memory, call, sizeof *call) : NULL;
    if (!kept) return t ? raise_memory(v) : NULL;
    t->partial.function = self;
    t->partial.given = kept;
    return t;
}

NATIVE(run_field) {
    struct thing *t = thing_new(v, THING_PARTIAL);
    struct call *kept = t ? arena_copy(&v->memory, call, sizeof *call) : NULL;
    if (!kept) return t ? raise_memory(v) : NULL;
    t->partial.given = kept;
    t->partial.is_field = true;
    return t;
}

NATIVE(run_auto) {
    return call_takes(v, call, "auto", 0, 0, "") ? thing_library(v, "enum.auto()") : NULL;
}

/* ---- collections ---- */

NATIVE(run_defaultdict) {
    struct thing *dict = thing_new(v, THING_DICT);
    if (!dict || !call_takes(v, call, "defaultdict", 0, 2, NULL)) return NULL;
    if (call->count && !thing_is_none(call->args[0])) dict->fallback = call->args[0];
    return call->count < 2 || thing_dict_update(v, dict, call->args[1], call->at) ? dict : NULL;
}

NATIVE(run_counter) {
    struct thing *items = call->count ? thing_items(v, call->args[0], call->at) : thing_list(v, NULL, 0);
    struct thing *dict = items ? thing_new(v, THING_DICT) : NULL;
    for (int i = 0; dict && i < items->count; i++) {
        struct thing *old = thing_dict_find(v, dict, items->items[i]);
        if (!thing_dict_put(v, dict, items->items[i], thing_int(v, old ? old->value.i + 1 : 1))) return NULL;
    }
    return dict;
}

/* namedtuple("Point", ["x", "y"]) or "x y" */
NATIVE(run_namedtuple) {
    if (!call_takes(v, call, "namedtuple", 2, 2, "typename field_names * defaults")) return NULL;
    struct thing *names = call_argument(call, 1, "field_names");
    const struct name *split = evaluator_name(v, "split");
    const struct name *name = thing_as_name(v, call_argument(call, 0, "typename"), call->at);
    if (!split || !name) return NULL;
    if (thing_is_text(names)) {
        struct thing *method = thing_attribute(v, names, split, call->at);
        names = method ? call_thing_with(v, method, call->at, NULL, 0) : NULL;
    }
    struct thing *fields = names ? thing_items(v, names, call->at) : NULL;
    return fields ? named_tuple_class(v, name, fields, call) : NULL;
}

/* ---- itertools ---- */

static struct thing *iterator(struct thing *list) {
    if (list) list->kind = THING_ITERATOR;
    return list;
}

/* chain(a, b), chain.from_iterable(rows) */
static struct thing *chained(struct evaluator *v, struct thing **rows, int count, struct source_range at) {
    struct thing *all = thing_list(v, NULL, 0);
    for (int i = 0; all && i < count; i++) {
        struct thing *row = thing_items(v, rows[i], at);
        for (int k = 0; row && k < row->count; k++)
            if (!thing_append(v, all, row->items[k])) return NULL;
        if (!row) return NULL;
    }
    return iterator(all);
}
NATIVE(run_chain) {
    return chained(v, call->args, call->count, call->at);
}
NATIVE(run_chain_rows) {
    struct thing *rows =
        call_takes(v, call, "from_iterable", 1, 1, "") ? thing_items(v, call->args[0], call->at) : NULL;
    return rows ? chained(v, rows->items, rows->count, call->at) : NULL;
}

NATIVE(run_repeat) {
    int64_t count;
    if (call->count < 2) return raise_refusal(v, call->at, "say how often", "itertools.repeat() without end");
    if (!thing_as_int(v, call->args[1], call->at, &count)) return NULL;
    struct thing *list = thing_list(v, NULL, 0);
    for (int64_t i = 0; list && i < count; i++)
        if (!evaluator_enter(v, call->at) || (evaluator_leave(v), !thing_append(v, list, call->args[0])))
            return NULL;
    return iterator(list);
}

NATIVE(run_accumulate) {
    struct thing *items =
        call_takes(v, call, "accumulate", 1, 2, "") ? thing_items(v, call->args[0], call->at) : NULL;
    struct thing *list = items ? thing_list(v, NULL, 0) : NULL, *sum = NULL;
    for (int i = 0; list && i < items->count; i++) {
        struct thing *pair[2] = {sum, items->items[i]};
        if (!sum)
            sum = items->items[i];
        else if (call->count > 1)
            sum = call_thing_with(v, call->args[1], call->at, pair, 2);
        else
            sum = evaluate_binary(v, OPERATOR_ADD, sum, items->items[i], call->at);
        if (!thing_append(v, list, sum)) return NULL;
    }
    return iterator(list);
}

/* product(a, b): the last one runs fastest. */
NATIVE(run_product) {
    struct thing *rows = thing_list(v, NULL, 0), *list = thing_list(v, NULL, 0);
    struct thing *repeat = call_argument(call, -1, "repeat");
    int64_t times = 1, total = 1;
    if (repeat && !thing_as_int(v, repeat, call->at, &times)) return NULL;
    for (int64_t k = 0; rows && k < times; k++)
        for (int i = 0; i < call->count; i++)
            if (!thing_append(v, rows, thing_items(v, call->args[i], call->at))) return NULL;
    for (int i = 0; rows && i < rows->count; i++)
        if (__builtin_mul_overflow(total, rows->items[i]->count, &total))
            return raise_error(v, call->at, "OverflowError", "too many combinations");
    for (int64_t n = 0; rows && list && n < total; n++) {
        struct thing *tuple = evaluator_enter(v, call->at) ? thing_tuple(v, rows->items, rows->count) : NULL;
        if (!tuple) return NULL;
        evaluator_leave(v);
        int64_t rest = n;
        for (int i = rows->count - 1; i >= 0; i--) {
            tuple->items[i] = rows->items[i]->items[rest % rows->items[i]->count];
            rest /= rows->items[i]->count;
        }
        if (!thing_append(v, list, tuple)) return NULL;
    }
    return iterator(list);
}

NATIVE(run_islice) {
    int64_t n[3] = {0, 0, 1};
    if (!call_takes(v, call, "islice", 2, 4, "")) return NULL;
    struct thing *items = thing_items(v, call->args[0], call->at),
                 *list = items ? thing_list(v, NULL, 0) : NULL;
    if (!list) return NULL;
    n[1] = items->count;
    for (int i = 1; i < call->count; i++)
        if (!thing_is_none(call->args[i]) &&
            !thing_as_int(v, call->args[i], call->at, &n[call->count == 2 ? 1 : i - 1]))
            return NULL;
    if (n[2] < 1 || n[0] < 0)
        return raise_error(v, call->at, "ValueError", "islice() wants whole numbers from 0 on");
    for (int64_t i = n[0]; i < n[1] && i < items->count; i += n[2])
        if (!thing_append(v, list, items->items[i])) return NULL;
    return iterator(list);
}

/* ---- operator ---- */

static struct thing *two(struct evaluator *v, const struct call *call, enum tree_operator op) {
    return call_takes(v, call, "operator", 2, 2, "")
               ? evaluate_binary(v, op, call->args[0], call->args[1], call->at)
               : NULL;
}
NATIVE(run_add) {
    return two(v, call, OPERATOR_ADD);
}
NATIVE(run_mul) {
    return two(v, call, OPERATOR_MULTIPLY);
}
NATIVE(run_index) {
    int64_t i;
    return call_takes(v, call, "index", 1, 1, "") && thing_as_int(v, call->args[0], call->at, &i)
               ? thing_int(v, i)
               : NULL;
}

/* ---- math ---- */

static struct thing *domain(struct evaluator *v, const struct call *call) {
    return raise_error(v, call->at, "ValueError", "math domain error");
}

struct math_function {
    const char *name;
    double (*run)(double);
};
static const struct math_function math_functions[] = {
    {"math.sqrt", sqrt},   {"math.exp", exp},     {"math.log2", log2},    {"math.log10", log10},
    {"math.log1p", log1p}, {"math.expm1", expm1}, {"math.sin", sin},      {"math.cos", cos},
    {"math.tan", tan},     {"math.asin", asin},   {"math.acos", acos},    {"math.atan", atan},
    {"math.sinh", sinh},   {"math.cosh", cosh},   {"math.tanh", tanh},    {"math.erf", erf},
    {"math.erfc", erfc},   {"math.fabs", fabs},   {"math.gamma", tgamma}, {"math.lgamma", lgamma},
    {"math.exp2", exp2},   {"math.cbrt", cbrt},
};

NATIVE(run_math) {
    double x;
    if (!call_takes(v, call, self->path, 1, 1, "") || !thing_as_float(v, call->args[0], call->at, &x))
        return NULL;
    for (size_t i = 0; i < sizeof math_functions / sizeof *math_functions; i++) {
        if (strcmp(math_functions[i].name, self->path)) continue;
        double y = math_functions[i].run(x);
        return (isnan(y) && !isnan(x)) || (isinf(y) && x == 0) ? domain(v, call) : thing_float(v, y);
    }
    return NULL;
}

NATIVE(run_log) {
    double x, base = 0;
    if (!call_takes(v, call, "log", 1, 2, "") || !thing_as_float(v, call->args[0], call->at, &x)) return NULL;
    if (call->count > 1 && !thing_as_float(v, call->args[1], call->at, &base)) return NULL;
    if (x <= 0 || (call->count > 1 && base <= 0)) return domain(v, call);
    return thing_float(v, call->count > 1 ? log(x) / log(base) : log(x));
}

static struct thing *rounded(struct evaluator *v, const struct call *call, double (*how)(double)) {
    double x;
    if (!call_takes(v, call, "math", 1, 1, "")) return NULL;
    if (thing_is_int(call->args[0])) return thing_int(v, call->args[0]->value.i);
    if (!thing_as_float(v, call->args[0], call->at, &x)) return NULL;
    if (!(fabs(how(x)) < 0x1p63))
        return raise_error(v, call->at, "OverflowError", "cannot convert to a 64-bit integer");
    return thing_int(v, (int64_t)how(x));
}
NATIVE(run_floor) {
    return rounded(v, call, floor);
}
NATIVE(run_ceil) {
    return rounded(v, call, ceil);
}
NATIVE(run_truncate) {
    return rounded(v, call, trunc);
}

static struct thing *two_floats(struct evaluator *v, const struct call *call, double (*how)(double, double)) {
    double x, y;
    if (!call_takes(v, call, "math", 2, 2, "") || !thing_as_float(v, call->args[0], call->at, &x) ||
        !thing_as_float(v, call->args[1], call->at, &y))
        return NULL;
    double z = how(x, y);
    return isnan(z) && !isnan(x) && !isnan(y) ? domain(v, call) : thing_float(v, z);
}
NATIVE(run_math_pow) {
    return two_floats(v, call, pow);
}
NATIVE(run_fmod) {
    return two_floats(v, call, fmod);
}
NATIVE(run_atan2) {
    return two_floats(v, call, atan2);
}
NATIVE(run_hypot) {
    return two_floats(v, call, hypot);
}
NATIVE(run_copysign) {
    return two_floats(v, call, copysign);
}

NATIVE(run_prod) {
    struct thing *items =
        call_takes(v, call, "prod", 1, 1, "_ * start") ? thing_items(v, call->args[0], call->at) : NULL;
    struct thing *start = call_argument(call, -1, "start"), *product = start ? start : thing_int(v, 1);
    for (int i = 0; items && product && i < items->count; i++)
        product = evaluate_binary(v, OPERATOR_MULTIPLY, product, items->items[i], call->at);
    return items ? product : NULL;
}

NATIVE(run_gcd) {
    int64_t a = 0;
    for (int i = 0; i < call->count; i++) {
        int64_t b;
        if (!thing_as_int(v, call->args[i], call->at, &b)) return NULL;
        while (b) {
            int64_t rest = b == -1 ? 0 : a % b;
            a = b;
            b = rest;
        }
    }
    return a == INT64_MIN ? domain(v, call) : thing_int(v, a < 0 ? -a : a);
}

static struct thing *tested(struct evaluator *v, const struct call *call, bool (*test)(double)) {
    double x;
    return call_takes(v, call, "math", 1, 1, "") && thing_as_float(v, call->args[0], call->at, &x)
               ? thing_bool(v, test(x))
               : NULL;
}
static bool test_nan(double x) {
    return isnan(x);
}
static bool test_infinite(double x) {
    return isinf(x);
}
static bool test_finite(double x) {
    return isfinite(x);
}
NATIVE(run_isnan) {
    return tested(v, call, test_nan);
}
NATIVE(run_isinf) {
    return tested(v, call, test_infinite);
}
NATIVE(run_isfinite) {
    return tested(v, call, test_finite);
}

/* ---- the table ---- */

static const struct native_function functions[] = {
    {"torch.no_grad", run_opaque},
    {"torch.enable_grad", run_opaque},
    {"torch.inference_mode", run_opaque},
    {"torch.set_grad_enabled", run_opaque},
    {"torch.autograd.no_grad", run_opaque},
    {"torch.set_num_threads", run_opaque},
    {"torch.set_printoptions", run_opaque},
    {"torch._C._log_api_usage_once", run_opaque},
    {"torch.jit.script", run_script},
    {"torch.jit.trace", run_trace},
    {"torch.jit.trace_module", run_trace},
    {"torch.jit.load", run_trace},
    {"torch.jit.annotate", run_second},
    {"torch.jit.Attribute", run_attribute},
    {"torch.jit.is_scripting", run_false},
    {"torch.jit.is_tracing", run_false},
    {"torch._jit_internal.boolean_dispatch", run_dispatch},
    {"torch.overrides.has_torch_function", run_false},
    {"torch.overrides.has_torch_function_unary", run_false},
    {"torch.overrides.has_torch_function_variadic", run_false},
    {"torch.cuda.is_available", run_false},
    {"torch.is_tensor", run_is_tensor},
    {"torch.manual_seed", run_manual_seed},
    {"torch.random.manual_seed", run_manual_seed},
    {"torch.get_default_dtype", run_default_dtype},
    {"torch.set_default_dtype", run_set_default_dtype},
    {"torch.Size", run_size},
    {"typing.cast", run_second},
    {"typing.TypeVar", run_opaque},
    {"typing.NewType", run_second},
    {"typing.overload", run_opaque},
    {"typing.final", run_first},
    {"typing.runtime_checkable", run_first},
    {"abc.abstractmethod", run_first},
    {"enum.unique", run_first},
    {"enum.auto", run_auto},
    {"functools.partial", run_partial},
    {"functools.reduce", run_reduce},
    {"functools.wraps", run_opaque},
    {"functools.lru_cache", run_opaque},
    {"functools.cache", run_opaque},
    {"dataclasses.dataclass", run_dataclass},
    {"dataclasses.field", run_field},
    {"collections.defaultdict", run_defaultdict},
    {"collections.Counter", run_counter},
    {"collections.namedtuple", run_namedtuple},
    {"itertools.chain", run_chain},
    {"itertools.chain.from_iterable", run_chain_rows},
    {"itertools.repeat", run_repeat},
    {"itertools.accumulate", run_accumulate},
    {"itertools.product", run_product},
    {"itertools.islice", run_islice},
    {"operator.add", run_add},
    {"operator.mul", run_mul},
    {"operator.index", run_index},
    {"warnings.warn", run_warn},
    {"copy.copy", thing_copy},
    {"copy.deepcopy", thing_deep_copy},
    {"math.log", run_log},
    {"math.floor", run_floor},
    {"math.ceil", run_ceil},
    {"math.trunc", run_truncate},
    {"math.pow", run_math_pow},
    {"math.fmod", run_fmod},
    {"math.atan2", run_atan2},
    {"math.hypot", run_hypot},
    {"math.copysign", run_copysign},
    {"math.prod", run_prod},
    {"math.gcd", run_gcd},
    {"math.isnan", run_isnan},
    {"math.isinf", run_isinf},
    {"math.isfinite", run_isfinite},
    {NULL, NULL},
};

const struct native_function *library_function_find(const char *path) {
    static const struct native_function math = {"math", run_math}, opaque = {"", run_opaque};
    const struct native_function *f = native_find(functions, path);
    for (size_t i = 0; !f && i < sizeof math_functions / sizeof *math_functions; i++)
        if (!strcmp(math_functions[i].name, path)) f = &math;
    bool nobody_looks = strstr(path, "()") || !strncmp(path, "logging.", 8) || !strncmp(path, "warnings.", 9);
    return f || !nobody_looks ? f : &opaque;
}

/* ---- abstract classes ---- */

static bool is_iterable(const struct thing *t) {
    return t->kind == THING_LIST || t->kind == THING_TUPLE || t->kind == THING_DICT || t->kind == THING_SET ||
           t->kind == THING_ITERATOR || t->kind == THING_RANGE || thing_is_text(t);
}
static bool is_sequence(const struct thing *t) {
    return t->kind == THING_LIST || t->kind == THING_TUPLE || t->kind == THING_RANGE || thing_is_text(t);
}
static bool is_mapping(const struct thing *t) {
    return t->kind == THING_DICT;
}
static bool is_set(const struct thing *t) {
    return t->kind == THING_SET;
}
static bool is_callable(const struct thing *t) {
    return t->kind == THING_FUNCTION || t->kind == THING_METHOD || t->kind == THING_NATIVE ||
           t->kind == THING_CLASS || t->kind == THING_PARTIAL || thing_is_module(t);
}
static bool is_number(const struct thing *t) {
    return thing_is_int(t) || thing_is(t, VALUE_FLOAT);
}
static bool is_whole(const struct thing *t) {
    return thing_is_int(t);
}

const struct library_class *library_class_find(const char *path) {
    static const struct library_class classes[] = {
        {"typing.Iterable", is_iterable},
        {"typing.Sequence", is_sequence},
        {"typing.Mapping", is_mapping},
        {"typing.MutableMapping", is_mapping},
        {"typing.Set", is_set},
        {"typing.Callable", is_callable},
        {"typing.Collection", is_iterable},
        {"typing.Dict", is_mapping},
        {"collections.OrderedDict", is_mapping},
        {"typing.Container", is_iterable},
        {"numbers.Number", is_number},
        {"numbers.Real", is_number},
        {"numbers.Integral", is_whole},
        {"types.FunctionType", is_callable},
    };
    for (size_t i = 0; i < sizeof classes / sizeof *classes; i++)
        if (!strcmp(classes[i].path, path)) return &classes[i];
    return NULL;
}
