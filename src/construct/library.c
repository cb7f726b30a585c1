/* Libraries: imports, what a dotted name stands for, calling what it names. A name of a library is a thing
 * that knows its path and nothing else; only when it is used is it looked up: a class that is native here, a
 * definition of an embedded file, a function of this room, an operator. */
#include "construct/embedded.h"
#include "construct/natives.h"
#include "lang/import_line.h"
#include "lang/python_names.h"
#include <string.h>

static bool begins(const char *path, const char *prefix) {
    size_t length = strlen(prefix);
    return !strncmp(path, prefix, length) && (!path[length] || path[length] == '.');
}

/* Libraries that have a meaning without Python. */
bool library_is_known(const char *path) {
    static const char *const names[] = {
        "torch", "math",       "typing", "typing_extensions", "collections", "functools", "itertools",
        "copy",  "abc",        "enum",   "warnings",          "dataclasses", "numbers",   "operator",
        "types", "__future__", "sys",    "logging",           "contextlib"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (begins(path, names[i])) return true;
    return false;
}

/* The one name of what several names mean: linkboy is torch here. */
static const char *canonical(struct evaluator *v, const char *path) {
    static const struct {
        const char *from, *to;
    } same[] = {
        {"linkboy", "torch"},
        {"typing_extensions", "typing"},
        {"torch.nn.modules.module.Module", "torch.nn.Module"},
        {"torch.nn.modules.Module", "torch.nn.Module"},
        {"torch.nn.parameter.Parameter", "torch.nn.Parameter"},
        {"torch.functional", "torch"},
        {"torch.types.Device", "torch.device"},
        {"torch._tensor.Tensor", "torch.Tensor"},
        {"torch.jit.Final", "typing.Final"},
        {"collections.abc", "typing"},
    };
    for (size_t i = 0; path && i < sizeof same / sizeof *same; i++)
        if (begins(path, same[i].from))
            path = arena_printf(&v->memory, "%s%s", same[i].to, path + strlen(same[i].from));
    return path ? path : raise_memory(v);
}

/* ---- imports ---- */

/* "..functional" seen from a package. */
static const char *absolute(struct evaluator *v, const struct file *file, struct import_word from) {
    size_t dots = 0;
    while (dots < from.length && from.text[dots] == '.') dots++;
    if (!dots) return arena_text(&v->memory, from.text, from.length);
    size_t length = strlen(file->package);
    for (size_t up = 1; up < dots && length; up++)
        while (length && file->package[--length] != '.') continue;
    return arena_printf(&v->memory, "%.*s%s%.*s", (int)length, file->package,
                        dots < from.length && length ? "." : "", (int)(from.length - dots), from.text + dots);
}

/* The module that a dotted name stands in; NULL: it has no dot, or memory is out. */
static char *module_around(struct evaluator *v, const char *path) {
    const char *dot = strrchr(path, '.');
    return dot ? arena_text(&v->memory, path, (size_t)(dot - path)) : NULL;
}

/* A definition of a module's file, by its path: the module before the last dot that has a file. */
static struct thing *module_definition(struct evaluator *v, const char *path) {
    const char *module = module_around(v, path);
    struct file *file = module ? module_file(v, module) : NULL;
    const struct name *name = file ? evaluator_name(v, path + strlen(module) + 1) : NULL;
    return name ? bindings_get(&file->scope->names, name) : NULL;
}

/* What is neither a library nor in a file of the caller's is told where Python would ask for it, under `try`,
 * and where such a file lacks it; else when it is used. */
static bool may_import(struct evaluator *v, const char *path, struct source_range at) {
    if (library_is_known(path) || module_file(v, path)) return true;
    const char *module = v->err->code ? NULL : module_around(v, path);
    if (module && module_file(v, module))
        raise_error(v, at, "ImportError", "cannot import name '%s' from '%s'", path + strlen(module) + 1,
                    module);
    else if (v->trying && !v->err->code)
        raise_error(v, at, "ModuleNotFoundError", "No module named '%s'", path);
    return !v->err->code;
}

static bool bind_import(struct evaluator *v, struct scope *s, const char *path, struct import_word as,
                        struct source_range at) {
    const struct name *name = name_intern(&v->unit->names, as.text, as.length);
    path = path ? canonical(v, path) : NULL;
    if (!name || !path) return raise_memory(v), false;
    struct thing *t = thing_library(v, path);
    struct thing *value = t ? library_value_of(v, t) : NULL;
    if (!value || (value->kind == THING_LIBRARY && !may_import(v, path, at))) return false;
    return bind_name(v, s, name, value);
}

static bool import_plain(struct evaluator *v, struct scope *s, struct import_item item,
                         struct source_range at) {
    struct import_word name = item.name, as = item.as;
    if (!as.length) { /* import a.b binds a */
        const char *dot = memchr(name.text, '.', name.length);
        if (dot) name.length = (size_t)(dot - name.text);
        as = name;
    }
    return bind_import(v, s, arena_text(&v->memory, name.text, name.length), as, at);
}

/* from typing import *: what annotations are made of. */
static bool import_typing(struct evaluator *v, struct scope *s, struct source_range at) {
    static const char *const names[] = {"Any",         "Callable",      "ClassVar",
                                        "Collection",  "Container",     "DefaultDict",
                                        "Deque",       "Dict",          "Final",
                                        "FrozenSet",   "Generic",       "Hashable",
                                        "Iterable",    "Iterator",      "List",
                                        "Literal",     "Mapping",       "MutableMapping",
                                        "NamedTuple",  "NewType",       "Optional",
                                        "OrderedDict", "Protocol",      "Sequence",
                                        "Set",         "Sized",         "SupportsFloat",
                                        "SupportsInt", "Text",          "Tuple",
                                        "Type",        "TypeVar",       "TypedDict",
                                        "Union",       "TYPE_CHECKING", "cast",
                                        "final",       "overload",      "runtime_checkable"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct import_word as = {names[i], strlen(names[i])};
        if (!bind_import(v, s, arena_printf(&v->memory, "typing.%s", names[i]), as, at)) return false;
    }
    return true;
}

/* from a import *: the names of a module's file that are not its own affair. */
static bool import_all(struct evaluator *v, struct scope *s, const char *module, struct source_range at) {
    if (!strcmp(module, "typing")) return import_typing(v, s, at);
    struct file *file = module_file(v, module);
    if (!file)
        return v->err->code
                   ? false
                   : (raise_refusal(v, at, "name what is to be imported", "'from %s import *'", module),
                      false);
    const struct bindings *b = &file->scope->names;
    for (int i = 0; i < b->count; i++)
        if (b->items[i].name->text[0] != '_' && !bind_name(v, s, b->items[i].name, b->items[i].thing))
            return false;
    return true;
}

bool run_import(struct evaluator *v, struct scope *s, const struct tree *t) {
    struct import_line line;
    struct import_item item;
    import_line_open(&line, t->text, (size_t)t->length);
    const char *module = line.from.length ? absolute(v, s->file, line.from) : NULL;
    if (line.from.length && (!module || !(module = canonical(v, module)))) return raise_memory(v), false;
    while (import_line_next(&line, &item)) {
        bool good;
        if (!module)
            good = import_plain(v, s, item, t->range);
        else if (import_word_is(item.name, "*"))
            good = import_all(v, s, module, t->range);
        else
            good = bind_import(
                v, s, arena_printf(&v->memory, "%s.%.*s", module, (int)item.name.length, item.name.text),
                item.as.length ? item.as : item.name, t->range);
        if (!good) return false;
    }
    return true;
}

/* ---- what a name stands for ---- */

struct thing *library_resolve(struct evaluator *v, struct thing *t, struct source_range at) {
    for (int steps = 0; t && t->kind == THING_LIBRARY && steps < 32; steps++) {
        const struct name *path = name_find(&v->unit->names, t->path, strlen(t->path));
        struct thing *class = path ? bindings_get(&v->library_names, path) : NULL;
        if (class) return class;
        struct thing *found = module_definition(v, t->path);
        if (v->err->code) return raise_at(v, at);
        if (!found) return t;
        t = found;
    }
    return t;
}

/* Numbers of libraries are numbers, math.pi, and what the caller's files define is that. */
struct thing *library_value_of(struct evaluator *v, struct thing *t) {
    struct thing *found = library_is_known(t->path) ? NULL : module_definition(v, t->path);
    if (found || v->err->code) return found;
    const struct python_name *n = python_name_find(t->path);
    if (n && n->is_float) return thing_float(v, n->number);
    if (!strcmp(t->path, "sys.maxsize")) return thing_int(v, INT64_MAX);
    if (!strcmp(t->path, "typing.TYPE_CHECKING")) return v->no;
    if (!strcmp(t->path, "torch.__version__")) return thing_text_of(v, "2.13.0");
    return t;
}

static bool is_known_name(struct evaluator *v, const char *path) {
    const struct name *name = name_find(&v->unit->names, path, strlen(path));
    if (name && bindings_get(&v->library_names, name)) return true;
    if (embedded_has(path) || library_function_find(path) || library_is_mark(path)) return true;
    return python_name_find(path) || python_operator(&v->memory, path) || python_is_module(path);
}

/* What torch does not have is an attribute that is missing; other libraries are not looked into. */
struct thing *library_attribute(struct evaluator *v, struct thing *t, const struct name *name,
                                struct source_range at) {
    const char *path = arena_printf(&v->memory, "%s.%s", t->path, name->text);
    path = path ? canonical(v, path) : raise_memory(v);
    struct thing *made = path ? thing_library(v, path) : NULL;
    if (!made) return NULL;
    if (!begins(path, "torch")) return library_value_of(v, made);
    struct thing *class = library_resolve(v, t, at);
    if (!class) return NULL;
    if (class != t) return thing_find_attribute(v, class, name, at);
    if (is_known_name(v, path)) return library_value_of(v, made);
    struct thing *found = module_definition(v, path);
    return found || v->err->code ? found : NULL;
}

void *library_missing(struct evaluator *v, struct thing *t, const struct name *name, struct source_range at) {
    return raise_refusal(v, at, "compute it outside and pass it as an argument",
                         "'%s.%s' is not there without Python", t->path, name->text);
}

bool library_is_dtype(const char *path) {
    static const char *const names[] = {"torch.strided", "torch.sparse_coo"};
    const struct python_name *n = begins(path, "torch") ? python_name_find(path) : NULL;
    for (size_t i = 0; n && i < sizeof names / sizeof *names; i++)
        if (!strcmp(path, names[i])) return false;
    return n && !n->op && !n->form && !n->is_float && !strstr(path, "format") && !strstr(path, "channels");
}

/* ---- calling ---- */

/* requires_grad= is no argument of operators. */
static struct thing *call_as_operator(struct evaluator *v, const char *op, const struct call *call) {
    struct bindings named = {0};
    struct thing *grad = NULL;
    struct call rest = *call;
    for (int i = 0; i < call->named_count; i++) {
        if (!strcmp(call->names[i]->text, "requires_grad"))
            grad = call->named[i];
        else if (!bindings_set(v, &named, call->names[i], call->named[i]))
            return NULL;
    }
    if (grad && !call_take_named(v, &rest, &named)) return NULL;
    struct thing *result = thing_operate_call(v, op, &rest);
    int yes = grad ? thing_true(v, grad) : 0;
    if (yes > 0 && result && thing_is_tensor(result)) tensor_set_requires_grad(result->value.tensor, true);
    return yes < 0 ? NULL : result;
}

struct thing *call_library(struct evaluator *v, struct thing *t, const struct call *call) {
    struct thing *resolved = library_resolve(v, t, call->at);
    if (!resolved) return NULL;
    if (resolved != t) return call_thing(v, resolved, call);
    if (library_is_mark(t->path) && call->count) return library_mark(call->args[0], t->path);
    const struct native_function *f = library_function_find(t->path);
    if (f) return f->run(v, t, call);
    const struct python_name *n = python_name_find(t->path);
    const char *op = n && n->op ? n->op : python_operator(&v->memory, t->path);
    if (op) return call_as_operator(v, op, call);
    return raise_refusal(v, call->at, "compute it outside and pass it as an argument",
                         "'%s' cannot be called without Python", t->path);
}
