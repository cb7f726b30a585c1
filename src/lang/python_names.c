/* Tables of Python's library names; see python_names.h. */
#include "lang/python_names.h"
#include "lang/sugared.h"
#include "ops/ops.h"
#include <math.h>
#include <string.h>

static const struct python_name names[] = {
    {"torch.jit.annotate", NULL, FORM_ANNOTATE, false, 0},
    {"torch.jit.fork", NULL, FORM_FORK, false, 0},
    {"torch.jit._fork", NULL, FORM_FORK, false, 0},
    {"torch.jit._awaitable", NULL, FORM_AWAITABLE, false, 0},
    {"torch.jit.isinstance", NULL, FORM_ISINSTANCE, false, 0},
    {"torch.jit.wait", "aten::wait", 0, false, 0},
    {"torch.jit._wait", "aten::wait", 0, false, 0},
    {"torch.jit._awaitable_wait", "prim::awaitable_wait", 0, false, 0},
    {"torch.nn.functional.assert_int_or_pair", "aten::_assert_int_or_pair", 0, false, 0},
    {"torch.nn.modules.utils._single", "aten::_single", 0, false, 0},
    {"torch.nn.modules.utils._pair", "aten::_pair", 0, false, 0},
    {"torch.nn.modules.utils._triple", "aten::_triple", 0, false, 0},
    {"torch.nn.modules.utils._quadruple", "aten::_quadruple", 0, false, 0},
    {"torch.nn.modules.utils._list_with_default", "aten::list_with_default", 0, false, 0},
    {"cmath.phase", "aten::angle", 0, false, 0},
    {"cmath.rect", "aten::polar", 0, false, 0},
    {"torch.jit.is_scripting", "aten::is_scripting", 0, false, 0},
    {"torch.jit.is_tracing", "aten::_get_tracing_state", 0, false, 0},
    {"torch._C._get_tracing_state", "aten::_get_tracing_state", 0, false, 0},
    {"torch.is_grad_enabled", "aten::is_grad_enabled", 0, false, 0},
    {"torch.manual_seed", "aten::manual_seed", 0, false, 0},
    {"torch._unwrap_optional", "aten::_unwrap_optional", 0, false, 0},
    {"torch._assert", "aten::_assert", 0, false, 0},
    {"torch.overrides.has_torch_function", "aten::has_torch_function", 0, false, 0},
    {"torch.overrides.has_torch_function_unary", "aten::has_torch_function", 0, false, 0},
    {"torch.overrides.has_torch_function_variadic", "aten::has_torch_function", 0, false, 0},
    {"warnings.warn", "aten::warn", 0, false, 0},
    {"collections.OrderedDict", "aten::dict", 0, false, 0},
    {"torch.jit._unwrap_optional", "aten::_unwrap_optional", 0, false, 0},
    {"torch.autograd.grad", "aten::grad", 0, false, 0},
    {"torch.autograd.backward", "aten::backward", 0, false, 0},
    {"math.pi", NULL, 0, true, 3.141592653589793},
    {"math.e", NULL, 0, true, 2.718281828459045},
    {"math.tau", NULL, 0, true, 6.283185307179586},
    {"math.inf", NULL, 0, true, (double)INFINITY},
    {"math.nan", NULL, 0, true, (double)NAN},
    {"torch.pi", NULL, 0, true, 3.141592653589793},
    {"torch.inf", NULL, 0, true, (double)INFINITY},
    {"torch.nan", NULL, 0, true, (double)NAN},
    {"torch.uint8", NULL, 0, false, 0},
    {"torch.int8", NULL, 0, false, 1},
    {"torch.int16", NULL, 0, false, 2},
    {"torch.short", NULL, 0, false, 2},
    {"torch.int32", NULL, 0, false, 3},
    {"torch.int", NULL, 0, false, 3},
    {"torch.int64", NULL, 0, false, 4},
    {"torch.long", NULL, 0, false, 4},
    {"torch.float16", NULL, 0, false, 5},
    {"torch.half", NULL, 0, false, 5},
    {"torch.float32", NULL, 0, false, 6},
    {"torch.float", NULL, 0, false, 6},
    {"torch.float64", NULL, 0, false, 7},
    {"torch.double", NULL, 0, false, 7},
    {"torch.complex32", NULL, 0, false, 8},
    {"torch.complex64", NULL, 0, false, 9},
    {"torch.cfloat", NULL, 0, false, 9},
    {"torch.complex128", NULL, 0, false, 10},
    {"torch.cdouble", NULL, 0, false, 10},
    {"torch.bool", NULL, 0, false, 11},
    {"torch.qint8", NULL, 0, false, 12},
    {"torch.quint8", NULL, 0, false, 13},
    {"torch.qint32", NULL, 0, false, 14},
    {"torch.bfloat16", NULL, 0, false, 15},
    {"torch.strided", NULL, 0, false, 0},
    {"torch.sparse_coo", NULL, 0, false, 1},
    {"torch.contiguous_format", NULL, 0, false, 0},
    {"torch.preserve_format", NULL, 0, false, 1},
    {"torch.channels_last", NULL, 0, false, 2},
    {"torch.channels_last_3d", NULL, 0, false, 3},
};

const struct python_name *python_name_find(const char *path) {
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (!strcmp(names[i].path, path)) return &names[i];
    return NULL;
}

/* Modules whose functions are operators: with this put before the function's own name. */
static const struct {
    const char *module, *prefix;
} modules[] = {
    {"torch", "aten::"},         {"torch.nn.functional", "aten::"},
    {"torch._C._nn", "aten::"},  {"torch.linalg", "aten::linalg_"},
    {"torch.fft", "aten::fft_"}, {"torch.special", "aten::special_"},
    {"torch.sparse", "aten::"},  {"math", "aten::"},
    {"cmath", "aten::"},         {"torch._VF", "aten::"},
    {"torch.jit", NULL},         {"torch.autograd", NULL},
    {"torch.nn", NULL},          {"torch._C", NULL},
    {"torch.ops", NULL},         {"warnings", NULL},
    {"collections", NULL},       {"typing", NULL},
};

static const char *last_atom(const char *path) {
    const char *dot = strrchr(path, '.');
    return dot ? dot + 1 : path;
}

static const char *existing_operator(const char *op) {
    int count;
    ops_find(op, strlen(op), &count);
    return count ? op : NULL;
}

const char *python_operator(struct arena *a, const char *path) {
    const char *word = last_atom(path);
    if (word == path) return NULL;
    size_t length = (size_t)(word - path) - 1;
    for (size_t i = 0; i < sizeof modules / sizeof *modules; i++) {
        if (!modules[i].prefix || strlen(modules[i].module) != length ||
            memcmp(modules[i].module, path, length))
            continue;
        const char *op = arena_printf(a, "%s%s", modules[i].prefix, word);
        return op ? existing_operator(op) : NULL;
    }
    if (strncmp(path, "torch.ops.", 10)) return NULL;
    const char *dot = strchr(path + 10, '.'); /* torch.ops.NS.X */
    return dot == word - 1
               ? existing_operator(arena_printf(a, "%.*s::%s", (int)(dot - path - 10), path + 10, word))
               : NULL;
}

static bool begins_with(const char *text, const char *path) {
    size_t length = strlen(path);
    return !strncmp(text, path, length) && text[length] == '.';
}

bool python_is_module(const char *path) {
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (begins_with(names[i].path, path)) return true;
    for (size_t i = 0; i < sizeof modules / sizeof *modules; i++)
        if (!strcmp(modules[i].module, path) || begins_with(modules[i].module, path)) return true;
    return !strncmp(path, "torch.ops.", 10) && !strchr(path + 10, '.');
}
