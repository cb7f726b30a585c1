/* Python's builtin classes, exceptions and the few of libraries that are native here: making their instances,
 * and what isinstance() says of things that are no instances of a class. */
#include "construct/natives.h"
#include "types/exceptions.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- numbers and texts ---- */

/* A text without the blanks around it and underscores between digits; false when it is too long for a number.
 */
static bool number_text(const struct thing *t, char *buffer, size_t size) {
    const struct string *s = t->value.string;
    int64_t from = 0, to = s->length;
    while (from < to && strchr(" \t\n\r", s->bytes[from])) from++;
    while (to > from && strchr(" \t\n\r", s->bytes[to - 1])) to--;
    size_t length = 0;
    for (; from < to && length + 1 < size; from++)
        if (s->bytes[from] != '_') buffer[length++] = s->bytes[from];
    buffer[length] = 0;
    return from == to && length;
}

static struct thing *int_of_text(struct evaluator *v, const struct call *call) {
    char digits[100], *end;
    struct thing *radix = call_argument(call, 1, "base");
    int64_t base = 10;
    if (radix && !thing_as_int(v, radix, call->at, &base)) return NULL;
    if (number_text(call->args[0], digits, sizeof digits)) {
        long long i = strtoll(digits, &end, (int)base);
        if (!*end) return thing_int(v, i);
    }
    return raise_error(v, call->at, "ValueError", "invalid literal for int() with base %lld: '%s'",
                       (long long)base, call->args[0]->value.string->bytes);
}

static struct thing *make_int(struct evaluator *v, struct thing_class *c, const struct call *call) {
    (void)c;
    if (!call_takes(v, call, "int", 0, 2, "_ base")) return NULL;
    if (!call->count) return thing_int(v, 0);
    struct thing *t = call->args[0];
    if (thing_is_int(t)) return thing_int(v, t->value.i);
    if (thing_is_text(t)) return int_of_text(v, call);
    if (thing_is(t, VALUE_FLOAT) && fabs(t->value.f) < 0x1p63) return thing_int(v, (int64_t)t->value.f);
    if (thing_is(t, VALUE_FLOAT))
        return raise_error(v, call->at, isnan(t->value.f) ? "ValueError" : "OverflowError",
                           "cannot convert float to a 64-bit integer");
    if (thing_is_tensor(t)) return thing_operate(v, "aten::Int", call->at, &t, 1);
    struct thing *given_int = call_special(v, t, "__int__", call->at, NULL, 0);
    if (given_int || v->err->code) return given_int;
    return raise_error(v, call->at, "TypeError", "int() argument must be a string or a number, not '%s'",
                       thing_type_name(t));
}

static struct thing *make_float(struct evaluator *v, struct thing_class *c, const struct call *call) {
    (void)c;
    char digits[200], *end;
    double f = 0;
    if (!call_takes(v, call, "float", 0, 1, "")) return NULL;
    if (!call->count) return thing_float(v, 0);
    struct thing *t = call->args[0];
    if (thing_is_tensor(t)) return thing_operate(v, "aten::Float", call->at, &t, 1);
    if (!thing_is_text(t)) return thing_as_float(v, t, call->at, &f) ? thing_float(v, f) : NULL;
    bool good = number_text(t, digits, sizeof digits);
    if (good) f = strtod(digits, &end);
    if (good && !*end) return thing_float(v, f);
    return raise_error(v, call->at, "ValueError", "could not convert string to float: '%s'",
                       t->value.string->bytes);
}

static struct thing *make_bool(struct evaluator *v, struct thing_class *c, const struct call *call) {
    (void)c;
    if (!call_takes(v, call, "bool", 0, 1, "")) return NULL;
    int yes = call->count ? thing_true(v, call->args[0]) : 0;
    return yes < 0 ? NULL : thing_bool(v, yes);
}

static struct thing *make_complex(struct evaluator *v, struct thing_class *c, const struct call *call) {
    (void)c;
    double re = 0, im = 0;
    lb_value value;
    if (!call_takes(v, call, "complex", 0, 2, "")) return NULL;
    if (call->count > 0 && !thing_as_float(v, call->args[0], call->at, &re)) return NULL;
    if (call->count > 1 && !thing_as_float(v, call->args[1], call->at, &im)) return NULL;
    return value_new_complex(&value, re, im, v->err) ? thing_of(v, value) : NULL;
}

static struct thing *make_str(struct evaluator *v, struct thing_class *c, const struct call *call) {
    (void)c;
    struct text out = {0};
    bool good =
        call_takes(v, call, "str", 0, 1, "") && (!call->count || thing_put_str(v, &out, call->args[0]));
    struct thing *made = good ? thing_text(v, text_get(&out), out.length) : NULL;
    text_free(&out);
    return made;
}

/* ---- containers ---- */

static struct thing *copied_items(struct evaluator *v, const struct call *call, const char *what) {
    if (!call_takes(v, call, what, 0, 1, "")) return NULL;
    struct thing *items = call->count ? thing_items(v, call->args[0], call->at) : thing_list(v, NULL, 0);
    return items ? thing_list(v, items->items, items->count) : NULL;
}

static struct thing *make_list(struct evaluator *v, struct thing_class *c, const struct call *call) {
    (void)c;
    return copied_items(v, call, "list");
}

static struct thing *make_tuple(struct evaluator *v, struct thing_class *c, const struct call *call) {
    (void)c;
    struct thing *t = copied_items(v, call, "tuple");
    if (t) t->kind = THING_TUPLE;
    return t;
}

struct thing *thing_set_of(struct evaluator *v, struct thing *items) {
    struct thing *set = items ? thing_new(v, THING_SET) : NULL;
    for (int i = 0; set && i < items->count; i++)
        if (!thing_dict_put(v, set, items->items[i], items->items[i])) return NULL;
    return set;
}

static struct thing *make_set(struct evaluator *v, struct thing_class *c, const struct call *call) {
    (void)c;
    return thing_set_of(v, copied_items(v, call, "set"));
}

/* Pairs, or another dict. */
bool thing_dict_update(struct evaluator *v, struct thing *dict, struct thing *from, struct source_range at) {
    int position = 0;
    if (from->kind == THING_DICT) {
        for (struct thing_entry *e; (e = thing_dict_step(from, &position));)
            if (!thing_dict_put(v, dict, e->key, e->value)) return false;
        return true;
    }
    struct thing *items = thing_items(v, from, at);
    for (int i = 0; items && i < items->count; i++) {
        struct thing *pair = thing_items(v, items->items[i], at);
        if (pair && pair->count != 2)
            return raise_error(v, at, "ValueError",
                               "dictionary update sequence element #%d has length %d; 2 is required", i,
                               pair->count),
                   false;
        if (!pair || !thing_dict_put(v, dict, pair->items[0], pair->items[1])) return false;
    }
    return items != NULL;
}

static struct thing *make_dict(struct evaluator *v, struct thing_class *c, const struct call *call) {
    (void)c;
    struct thing *dict = thing_new(v, THING_DICT);
    if (!dict) return NULL;
    if (call->count > 1) return raise_error(v, call->at, "TypeError", "dict expected at most 1 argument");
    if (call->count && !thing_dict_update(v, dict, call->args[0], call->at)) return NULL;
    for (int i = 0; i < call->named_count; i++)
        if (!thing_dict_put_name(v, dict, call->names[i], call->named[i])) return NULL;
    return dict;
}

/* ---- object, type, slice, property ---- */

static struct thing *make_object(struct evaluator *v, struct thing_class *c, const struct call *call) {
    return call_takes(v, call, "object", 0, 0, "") ? instance_new(v, c) : NULL;
}

static struct thing *make_type(struct evaluator *v, struct thing_class *c, const struct call *call) {
    (void)c;
    if (call->count == 3)
        return raise_refusal(v, call->at, "write a class statement", "type() with three arguments");
    if (!call_takes(v, call, "type", 1, 1, "")) return NULL;
    struct thing_class *of = thing_class_of(v, call->args[0]);
    return of ? of->thing : NULL;
}

static struct thing *make_slice(struct evaluator *v, struct thing_class *c, const struct call *call) {
    (void)c;
    if (!call_takes(v, call, "slice", 1, 3, "")) return NULL;
    struct thing *parts[3] = {v->none, call->args[0], v->none};
    for (int i = 0; call->count > 1 && i < call->count; i++) parts[i] = call->args[i];
    struct thing *t = thing_tuple(v, parts, 3);
    if (t) t->kind = THING_SLICE;
    return t;
}

static struct thing *make_property(struct evaluator *v, struct thing_class *c, const struct call *call) {
    (void)c;
    if (!call_takes(v, call, "property", 1, 2, "fget fset")) return NULL;
    struct thing *t = thing_new(v, THING_PROPERTY);
    if (!t) return NULL;
    t->property.getter = call_argument(call, 0, "fget");
    t->property.setter = call_argument(call, 1, "fset");
    return t;
}

static struct thing *wrap(struct evaluator *v, enum thing_kind kind, const struct call *call) {
    if (!call_takes(v, call, "staticmethod", 1, 1, "")) return NULL;
    struct thing *t = thing_new(v, kind);
    if (t) t->wrapped = call->args[0];
    return t;
}
static struct thing *make_static(struct evaluator *v, struct thing_class *c, const struct call *call) {
    (void)c;
    return wrap(v, THING_STATIC, call);
}
static struct thing *make_class_method(struct evaluator *v, struct thing_class *c, const struct call *call) {
    (void)c;
    return wrap(v, THING_CLASS_METHOD, call);
}

/* ---- exceptions ---- */

static struct thing *new_exception(struct evaluator *v, struct thing_class *c, struct thing *args) {
    struct thing *t = instance_new(v, c);
    const struct name *name = evaluator_name(v, "args");
    return t && name && args && bindings_set(v, &t->instance->attributes, name, args) ? t : NULL;
}

static struct thing *make_builtin_exception(struct evaluator *v, struct thing_class *c,
                                            const struct call *call) {
    return new_exception(v, c, thing_tuple(v, call->args, call->count));
}

struct thing *make_exception(struct evaluator *v, const char *kind, const char *message) {
    struct thing_class *c = builtin_class_named(v, kind);
    if (!c || c->nature != CLASS_EXCEPTION) c = builtin_class_named(v, "Exception");
    struct thing *text = thing_text_of(v, message);
    return c && text ? new_exception(v, c, thing_tuple(v, &text, 1)) : NULL;
}

/* str(exception): its argument, or all of them. */
NATIVE(exception_text) {
    const struct name *name = evaluator_name(v, "args");
    struct thing *args = name ? bindings_get(&self->instance->attributes, name) : NULL;
    struct text out = {0};
    bool good = name && call_takes(v, call, "__str__", 0, 0, "");
    if (good && args && args->count)
        good = args->count == 1 ? thing_put_str(v, &out, args->items[0]) : thing_put_repr(v, &out, args);
    struct thing *made = good ? thing_text(v, text_get(&out), out.length) : NULL;
    text_free(&out);
    return made;
}

NATIVE(exception_init) {
    const struct name *name = evaluator_name(v, "args");
    struct thing *args = thing_tuple(v, call->args, call->count);
    return name && args && bindings_set(v, &self->instance->attributes, name, args) ? v->none : NULL;
}

/* ---- torch's ---- */

static struct thing *make_device(struct evaluator *v, struct thing_class *c, const struct call *call) {
    (void)c;
    if (!call_takes(v, call, "device", 1, 2, "")) return NULL;
    struct thing *t = call->args[0];
    if (thing_is(t, VALUE_DEVICE)) return t;
    if (!thing_is_text(t)) return raise_error(v, call->at, "TypeError", "device() wants a text");
    if (!strncmp(t->value.string->bytes, "cpu", 3))
        return thing_of(v, value_device((struct device){DEVICE_CPU, -1}));
    if (!strcmp(t->value.string->bytes, "meta"))
        return thing_of(v, value_device((struct device){DEVICE_META, -1}));
    return raise_refusal(v, call->at, "construct on the CPU", "the device '%s'", t->value.string->bytes);
}

/* nn.Parameter(tensor, requires_grad=True): another tensor over the same storage. */
static struct thing *make_parameter(struct evaluator *v, struct thing_class *c, const struct call *call) {
    (void)c;
    struct thing *data = call_argument(call, 0, "data"), *grad = call_argument(call, 1, "requires_grad");
    if (!call_takes(v, call, "Parameter", 0, 2, "data requires_grad")) return NULL;
    if (!data || !thing_is_tensor(data))
        return raise_error(v, call->at, "TypeError", "a Parameter wants a Tensor, not '%s'",
                           data ? thing_type_name(data) : "nothing");
    int yes = grad ? thing_true(v, grad) : 1;
    struct tensor *old = data->value.tensor;
    struct tensor *made =
        yes < 0 ? NULL : tensor_view_as(old, old->ndim, old->sizes, old->strides, old->offset, v->err);
    if (!made) return NULL;
    made->flags = (uint8_t)(yes ? made->flags | TENSOR_REQUIRES_GRAD : made->flags & ~TENSOR_REQUIRES_GRAD);
    struct thing *t = thing_of(v, value_tensor(made));
    if (t) t->is_parameter = true;
    return t;
}

/* torch.Tensor(2, 3): uninitialised floats; torch.Tensor([..]): floats of a list. */
static struct thing *make_tensor(struct evaluator *v, struct thing_class *c, const struct call *call) {
    (void)c;
    bool sizes = true;
    for (int i = 0; i < call->count; i++) sizes &= thing_is_int(call->args[i]);
    if (!sizes && call->count == 1 && thing_is_tensor(call->args[0])) return call->args[0];
    struct thing *list = thing_list(v, call->args, call->count);
    if (!sizes) return call->count == 1 ? thing_tensor_of(v, call->args[0], "torch.float32", call->at) : NULL;
    return list ? thing_operate(v, "aten::empty", call->at, &list, 1) : NULL;
}

/* ---- the tables ---- */

static bool holds_int(const struct thing *t) {
    return thing_is_int(t);
}
static bool holds_float(const struct thing *t) {
    return thing_is(t, VALUE_FLOAT);
}
static bool holds_bool(const struct thing *t) {
    return thing_is(t, VALUE_BOOL);
}
static bool holds_complex(const struct thing *t) {
    return thing_is(t, VALUE_COMPLEX);
}
static bool holds_none(const struct thing *t) {
    return thing_is_none(t);
}
static bool holds_text(const struct thing *t) {
    return thing_is_text(t);
}
static bool holds_tensor(const struct thing *t) {
    return thing_is_tensor(t);
}
static bool holds_list(const struct thing *t) {
    return t->kind == THING_LIST;
}
static bool holds_tuple(const struct thing *t) {
    return t->kind == THING_TUPLE;
}
static bool holds_dict(const struct thing *t) {
    return t->kind == THING_DICT;
}
static bool holds_set(const struct thing *t) {
    return t->kind == THING_SET;
}
static bool holds_slice(const struct thing *t) {
    return t->kind == THING_SLICE;
}
static bool holds_type(const struct thing *t) {
    return t->kind == THING_CLASS;
}
static bool holds_device(const struct thing *t) {
    return thing_is(t, VALUE_DEVICE);
}
static bool holds_parameter(const struct thing *t) {
    return t->is_parameter;
}
static bool holds_anything(const struct thing *t) {
    (void)t;
    return true;
}
static bool holds_property(const struct thing *t) {
    return t->kind == THING_PROPERTY;
}
static bool holds_function(const struct thing *t) {
    return t->kind == THING_FUNCTION;
}
static bool holds_dtype(const struct thing *t) {
    return t->kind == THING_LIBRARY && library_is_dtype(t->path);
}

static const struct builtin_class classes[] = {
    {"object", NULL, CLASS_PLAIN, make_object, holds_anything},
    {"int", NULL, CLASS_BUILTIN, make_int, holds_int},
    {"float", NULL, CLASS_BUILTIN, make_float, holds_float},
    {"bool", NULL, CLASS_BUILTIN, make_bool, holds_bool},
    {"complex", NULL, CLASS_BUILTIN, make_complex, holds_complex},
    {"str", NULL, CLASS_BUILTIN, make_str, holds_text},
    {"list", NULL, CLASS_BUILTIN, make_list, holds_list},
    {"tuple", NULL, CLASS_BUILTIN, make_tuple, holds_tuple},
    {"dict", NULL, CLASS_BUILTIN, make_dict, holds_dict},
    {"set", NULL, CLASS_BUILTIN, make_set, holds_set},
    {"frozenset", NULL, CLASS_BUILTIN, make_set, holds_set},
    {"type", NULL, CLASS_BUILTIN, make_type, holds_type},
    {"slice", NULL, CLASS_BUILTIN, make_slice, holds_slice},
    {"property", NULL, CLASS_BUILTIN, make_property, holds_property},
    {"staticmethod", NULL, CLASS_BUILTIN, make_static, NULL},
    {"classmethod", NULL, CLASS_BUILTIN, make_class_method, NULL},
    {"types.NoneType", NULL, CLASS_BUILTIN, make_object, holds_none},
    {"types.FunctionType", NULL, CLASS_BUILTIN, make_object, holds_function},
    {"torch.device", NULL, CLASS_BUILTIN, make_device, holds_device},
    {"torch.dtype", NULL, CLASS_BUILTIN, make_object, holds_dtype},
    {"torch.Tensor", NULL, CLASS_BUILTIN, make_tensor, holds_tensor},
    {"torch.nn.Parameter", NULL, CLASS_BUILTIN, make_parameter, holds_parameter},
    {"torch.nn.Module", NULL, CLASS_MODULE, NULL, NULL},
    {"torch.jit.ScriptModule", "torch.nn.Module", CLASS_MODULE, NULL, NULL},
    {"torch.autograd.Function", NULL, CLASS_PLAIN, NULL, NULL},
    {"enum.Enum", NULL, CLASS_ENUM, NULL, NULL},
    {"typing.NamedTuple", NULL, CLASS_NAMED_TUPLE, make_named_tuple, NULL},
};
enum { CLASS_COUNT = sizeof classes / sizeof *classes };
static const struct builtin_class exception = {NULL, NULL, CLASS_EXCEPTION, make_builtin_exception, NULL};

static const char *last_part(const char *path) {
    const char *dot = strrchr(path, '.');
    return dot ? dot + 1 : path;
}

/* Classes with a dotted name belong to a library; the others are names that every file knows. */
static bool make_one(struct evaluator *v, const struct builtin_class *row, const char *full,
                     const char *base_name) {
    const struct name *name = evaluator_name(v, last_part(full)), *path = evaluator_name(v, full);
    struct thing_class **base = arena_array(&v->memory, struct thing_class *, 1);
    if (!name || !path || !base) return error_memory(v->err);
    if (base_name) base[0] = builtin_class_named(v, base_name);
    struct thing_class *c = class_new(v, name, base, base[0] != NULL);
    if (!c) return false;
    c->nature = row->nature;
    c->builtin = row->make ? row : NULL;
    if (!v->object) v->object = c;
    return bindings_set(v, path == name ? &v->builtins : &v->library_names, path, c->thing);
}

/* Other names of some. */
static bool make_aliases(struct evaluator *v) {
    static const struct {
        const char *path, *class;
    } aliases[] = {{"collections.OrderedDict", "dict"}, {"typing.OrderedDict", "dict"}};
    for (size_t i = 0; i < sizeof aliases / sizeof *aliases; i++) {
        const struct name *path = evaluator_name(v, aliases[i].path);
        struct thing_class *c = builtin_class_named(v, aliases[i].class);
        if (!path || !bindings_set(v, &v->library_names, path, c->thing)) return false;
    }
    return true;
}

static bool add_method(struct evaluator *v, const char *of, const char *name, thing_native run) {
    struct thing_class *c = builtin_class_named(v, of);
    const struct name *key = evaluator_name(v, name);
    struct thing *method = key ? thing_native_of(v, name, run, NULL) : NULL;
    return method && bindings_set(v, &c->members, key, method);
}

bool builtin_classes_make(struct evaluator *v) {
    const char *exception_name, *base;
    for (int i = 0; i < CLASS_COUNT; i++)
        if (!make_one(v, &classes[i], classes[i].name, classes[i].base)) return false;
    for (int i = 0; (exception_name = exception_builtin(i, &base)); i++)
        if (!make_one(v, &exception, exception_name, base)) return false;
    for (const struct native_function *f = module_methods; f->name; f++)
        if (!add_method(v, "torch.nn.Module", f->name, f->run)) return false;
    for (const struct native_function *f = builtin_functions; f->name; f++) {
        const struct name *name = evaluator_name(v, f->name);
        struct thing *t = name ? thing_native_of(v, f->name, f->run, NULL) : NULL;
        if (!t || !bindings_set(v, &v->builtins, name, t)) return false;
    }
    return make_aliases(v) && add_method(v, "BaseException", "__str__", exception_text) &&
           add_method(v, "BaseException", "__init__", exception_init);
}

struct thing_class *builtin_class_named(struct evaluator *v, const char *name) {
    const struct name *key = name_find(&v->unit->names, name, strlen(name));
    struct thing *t = key ? bindings_get(strchr(name, '.') ? &v->library_names : &v->builtins, key) : NULL;
    return t && t->kind == THING_CLASS ? t->as_class : NULL;
}

/* The most exact class that holds it: bool before int, Parameter before Tensor. */
struct thing_class *builtin_class_of(struct evaluator *v, struct thing *t) {
    if (thing_is(t, VALUE_BOOL)) return builtin_class_named(v, "bool");
    if (t->is_parameter) return builtin_class_named(v, "torch.nn.Parameter");
    for (int i = 1; i < CLASS_COUNT; i++)
        if (classes[i].holds && classes[i].holds(t)) return builtin_class_named(v, classes[i].name);
    return builtin_class_named(v, "object");
}

/* dict.fromkeys(keys, value) */
NATIVE(dict_from_keys) {
    if (!call_takes(v, call, "fromkeys", 1, 2, "")) return NULL;
    struct thing *keys = thing_items(v, call->args[0], call->at),
                 *dict = keys ? thing_new(v, THING_DICT) : NULL;
    struct thing *value = call->count > 1 ? call->args[1] : v->none;
    for (int i = 0; dict && i < keys->count; i++)
        if (!thing_dict_put(v, dict, keys->items[i], value)) return NULL;
    return dict;
}

/* str.lower as a function of its self. */
NATIVE(unbound_method) {
    const struct name *name = thing_as_name(v, self, call->at);
    if (!name || !call->count)
        return raise_error(v, call->at, "TypeError", "unbound method needs an argument");
    struct thing *method = thing_attribute(v, call->args[0], name, call->at);
    struct call rest = *call;
    rest.args++;
    rest.count--;
    return method ? call_thing(v, method, &rest) : NULL;
}

struct thing *builtin_class_member(struct evaluator *v, const struct thing_class *c,
                                   const struct name *name) {
    if (!strcmp(c->name->text, "dict") && !strcmp(name->text, "fromkeys"))
        return thing_native_of(v, "fromkeys", dict_from_keys, NULL);
    static const struct {
        const char *name;
        const struct native_function *methods;
    } tables[] = {
        {"str", text_methods}, {"list", list_methods}, {"dict", dict_methods}, {"set", set_methods}};
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
        if (!strcmp(c->name->text, tables[i].name) && native_find(tables[i].methods, name->text)) {
            struct thing *self = thing_name(v, name);
            return self ? thing_native_of(v, name->text, unbound_method, self) : NULL;
        }
    return NULL;
}
