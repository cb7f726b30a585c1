/* What this room brings of its own: Python's builtin classes and functions, methods of values, names of
 * libraries, nn.Module. */
#ifndef LINKBOY_CONSTRUCT_NATIVES_H
#define LINKBOY_CONSTRUCT_NATIVES_H
#include "construct/evaluator.h"

struct builtin_class {
    const char *name; /* of Python's builtins, or a dotted one of a library */
    const char *base; /* NULL: object */
    enum class_nature nature;
    struct thing *(*make)(struct evaluator *v, struct thing_class *c, const struct call *call);
    bool (*holds)(const struct thing *t); /* isinstance; NULL: by class */
};

/* Abstract classes of libraries that only isinstance() asks. */
struct library_class {
    const char *path;
    bool (*holds)(const struct thing *t);
};
const struct library_class *library_class_find(const char *path);

/* The head of a native function: `self` is NULL where it is no method. */
#define NATIVE(name)                                                       \
    static struct thing *name(struct evaluator *v __attribute__((unused)), \
                              struct thing *self __attribute__((unused)),  \
                              const struct call *call __attribute__((unused)))

struct native_function {
    const char *name;
    thing_native run;
};

/* A table's entry by name; the tables end with a NULL name. */
const struct native_function *native_find(const struct native_function *table, const char *name);
extern const struct native_function builtin_functions[], text_methods[], list_methods[], tuple_methods[],
    dict_methods[], set_methods[], number_methods[], module_methods[];

/* ---- arguments of native functions ---- */

/* The argument at `index` or called `name`; NULL: not given. */
struct thing *call_argument(const struct call *call, int index, const char *name);
/* Whether the first `least` parameters were given and at most `most` by position (-1: any number).
 * `parameters` are their names in order: "sep maxsplit"; `_` has no name, those after `*` no position: "_ *
 * key reverse". NULL: any name is taken. */
bool call_takes(struct evaluator *v, const struct call *call, const char *what, int least, int most,
                const char *parameters);
bool thing_as_int(struct evaluator *v, const struct thing *t, struct source_range at, int64_t *out);
bool thing_as_float(struct evaluator *v, const struct thing *t, struct source_range at, double *out);
struct thing *native_nothing(struct evaluator *v, struct thing *self, const struct call *call);
/* Sorts in place by the call's key= and reverse=. */
bool thing_sort(struct evaluator *v, struct thing *list, const struct call *call);

/* ---- classes (builtin_classes.c, class_forms.c) ---- */

bool builtin_classes_make(struct evaluator *v);
/* type(t) for what is no instance of a class of the program; NULL with an error: it has none here. */
struct thing_class *builtin_class_of(struct evaluator *v, struct thing *t);
struct thing_class *builtin_class_named(struct evaluator *v, const char *name); /* borrowed; NULL: none */
/* What the class itself holds: str.join, dict.fromkeys. NULL without an error: nothing. */
struct thing *builtin_class_member(struct evaluator *v, const struct thing_class *c, const struct name *name);
struct thing *thing_set_of(struct evaluator *v, struct thing *items); /* of a list */

/* Decorators, from the innermost on; `list` may be NULL. */
struct thing *decorate_definition(struct evaluator *v, struct scope *s, const struct tree *list,
                                  struct thing *made);
struct thing *property_attribute(struct evaluator *v, struct thing *t, const struct name *name);
struct thing *enum_members(struct evaluator *v, struct thing_class *c); /* makes them; the class */
struct thing *enum_list(struct evaluator *v, const struct thing_class *c);
struct thing *enum_table(struct evaluator *v, const struct thing_class *c);
struct thing *enum_by_value(struct evaluator *v, struct thing_class *c, const struct call *call);
struct thing *enum_by_name(struct evaluator *v, struct thing_class *c, struct thing *name,
                           struct source_range at);
struct thing *named_tuple_of(struct evaluator *v, struct thing_class *c, const struct call *call);
struct thing *named_tuple_field(struct evaluator *v, struct thing *t, const struct name *name);
struct thing *named_tuple_class(struct evaluator *v, const struct name *name, struct thing *fields,
                                const struct call *call); /* namedtuple(): `fields` are texts */
struct thing *make_named_tuple(struct evaluator *v, struct thing_class *base, const struct call *call);
struct thing *make_dataclass(struct evaluator *v, struct thing *t, const struct call *options);
/* What a decorator of the compiler says goes on the function or class, which is given back. */
struct thing *library_mark(struct thing *t, const char *path);
bool library_is_mark(const char *path);
/* Whether the path is in a library that has a meaning without Python. */
bool library_is_known(const char *path);
bool thing_dict_update(struct evaluator *v, struct thing *dict, struct thing *from, struct source_range at);
bool function_set_attribute(struct evaluator *v, struct thing_function *f, const struct name *name,
                            struct thing *value);
struct thing *text_format_method(struct evaluator *v, struct thing *self,
                                 const struct call *call); /* str.format */
struct thing *thing_copy(struct evaluator *v, struct thing *self, const struct call *call);
struct thing *thing_deep_copy(struct evaluator *v, struct thing *self, const struct call *call);

/* ---- nn.Module (modules.c) ---- */

bool module_begin(struct evaluator *v, struct thing *t); /* before __init__: what object.__new__ gives */
struct thing *module_member(const struct thing *t, const struct name *name); /* borrowed; NULL: none */
bool module_set(struct evaluator *v, struct thing *t, const struct name *name, struct thing *value,
                struct source_range at);
bool module_delete(struct evaluator *v, struct thing *t, const struct name *name);

/* ---- tensors (tensors.c) ---- */

struct thing *tensor_attribute(struct evaluator *v, struct thing *t, const struct name *name);
bool tensor_set_attribute(struct evaluator *v, struct thing *t, const struct name *name, struct thing *value,
                          struct source_range at);
struct thing *tensor_item(struct evaluator *v, struct thing *t, struct thing *index, struct source_range at);
bool tensor_set_item(struct evaluator *v, struct thing *t, struct thing *index, struct thing *value,
                     struct source_range at);
struct thing *tensor_rows(struct evaluator *v, struct thing *t, struct source_range at);
/* torch.tensor(data, dtype); `dtype` NULL: by the data. */
struct thing *thing_tensor_of(struct evaluator *v, struct thing *data, const char *dtype,
                              struct source_range at);
struct thing *thing_alias(struct evaluator *v, struct thing *t); /* the same memory, no parameter */
void tensor_set_requires_grad(struct tensor *t, bool yes);
/* The value an operator takes for a thing, to be released; and the thing of a value, which is kept. */
bool thing_value(struct evaluator *v, const struct thing *t, lb_value *out);
struct thing *thing_from(struct evaluator *v, lb_value value);
struct thing *device_type_text(struct evaluator *v, const struct thing *t);

/* ---- libraries (library.c, files.c) ---- */

/* What a name of a library is here: a class, a function of an embedded file, or itself. Other things as they
 * are. NULL with an error. */
struct thing *library_resolve(struct evaluator *v, struct thing *t, struct source_range at);
struct thing *library_attribute(struct evaluator *v, struct thing *t, const struct name *name,
                                struct source_range at);
void *library_missing(struct evaluator *v, struct thing *t, const struct name *name, struct source_range at);
struct thing *call_library(struct evaluator *v, struct thing *t, const struct call *call);
/* A number where the name stands for one (math.pi), else the name itself. */
struct thing *library_value_of(struct evaluator *v, struct thing *t);
const struct native_function *library_function_find(const char *path);
bool library_is_dtype(const char *path);
/* The number that a name stands for (a dtype's too); false: for none. */
bool library_number(const char *path, lb_value *out);

#endif
