/* Values that a program names but that are no first-class values of a graph: modules, functions, builtins,
 * classes, methods, namespaces, tuples of such, ranges and zips, special forms
 * (torch/csrc/jit/frontend/sugared_value.h). What can be done with one is a table of functions by kind; a
 * NULL there means "cannot", with PyTorch's wording. They live in the emitter's memory and die with it. A
 * resolver may bring kinds of its own. */
#ifndef LINKBOY_LANG_SUGARED_H
#define LINKBOY_LANG_SUGARED_H
#include "ir/graph.h"

struct emitter;
struct sugared;

/* An actual argument: a value, or a constant that becomes a node only when it is used (a default). */
struct actual {
    struct ir_value *value;
    const lb_value *constant;
    const struct name *name; /* of a keyword argument */
    struct source_range range;
};
struct actuals {
    const struct actual *items;
    int count;
    const struct actual *keywords;
    int keyword_count;
};
struct sugared_list {
    struct sugared **items;
    int count;
};

struct sugared_kind {
    const char *word;                                            /* what messages call it */
    void (*describe)(const struct sugared *s, struct text *out); /* instead of word */
    struct ir_value *(*value)(struct emitter *e, struct sugared *s, struct source_range at);
    struct sugared *(*attribute)(struct emitter *e, struct sugared *s, struct source_range at,
                                 const struct name *name);
    bool (*has_attribute)(struct emitter *e, struct sugared *s, struct source_range at,
                          const struct name *name);
    bool (*set_attribute)(struct emitter *e, struct sugared *s, struct source_range at,
                          const struct name *name, struct ir_value *value);
    bool (*tuple)(struct emitter *e, struct sugared *s, struct source_range at, int size_hint,
                  struct sugared_list *out);
    struct sugared *(*call)(struct emitter *e, struct sugared *s, struct source_range at,
                            struct actuals actuals, int binders);
    struct sugared *(*iterate)(struct emitter *e, struct sugared *s, struct source_range at);
    struct ir_value *(*length)(struct emitter *e, struct sugared *s, struct source_range at);
    struct sugared *(*item)(struct emitter *e, struct sugared *s, struct source_range at,
                            struct ir_value *index, const struct type *hint);
    bool sliced_as_tuple; /* x[a:b] is the tuple of its items, sliced */
};

/* Things that look like calls and evaluate their arguments in their own way. */
enum special_form {
    FORM_NONE,
    FORM_FORK,
    FORM_AWAITABLE,
    FORM_ANNOTATE,
    FORM_UNCHECKED_CAST,
    FORM_GETATTR,
    FORM_HASATTR,
    FORM_UNINITIALIZED,
    FORM_TUPLE,
    FORM_ISINSTANCE,
    FORM_TOLIST,
    FORM_CREATE_OBJECT,
    FORM_RANGE,
    FORM_ENUMERATE,
    FORM_ZIP,
    FORM_LIST,
    FORM_DICT,
    FORM_INDEX,
    FORM_COUNT,
};

struct sugared {
    const struct sugared_kind *kind;
    struct ir_value *value;  /* simple, closure, exception; a method's self; a cast's, builtin's self */
    const struct name *name; /* operator, method, namespace, magic method, exception class */
    const struct type *type; /* class, NamedTuple, enum; a cast's target */
    struct function *const *functions; /* overloads of a script function; `count` of them */
    struct sugared *const *items;      /* tuple, iterables of a zip; `count` of them */
    int count;
    enum special_form form;
    struct sugared *base;                 /* a magic method's fallback */
    struct ir_value *start, *stop, *step; /* range, slice */
    bool only_end;
    int64_t static_length; /* -1: known at run time only */
    int64_t number;        /* a tensor cast's dtype */
    struct source_range range;
    void *context; /* a resolver's own */
};

struct sugared *sugared_new(struct emitter *e, const struct sugared_kind *kind);
struct sugared *sugared_simple(struct emitter *e, struct ir_value *v); /* NULL for NULL */
struct sugared *sugared_builtin(struct emitter *e, const char *op);    /* "aten::relu" */
struct sugared *sugared_builtin_named(struct emitter *e, const struct name *op);
struct sugared *sugared_cast(struct emitter *e, const struct type *type, const char *op);
struct sugared *sugared_magic(struct emitter *e, const char *method, struct sugared *base);
struct sugared *sugared_form(struct emitter *e, enum special_form form);
struct sugared *sugared_function(struct emitter *e, struct function *f);
struct sugared *sugared_method(struct emitter *e, struct ir_value *self, const struct name *name);
struct sugared *sugared_class(struct emitter *e, const struct type *type);
struct sugared *sugared_named_tuple(struct emitter *e, const struct type *type);
struct sugared *sugared_enum_class(struct emitter *e, const struct type *type);
struct sugared *sugared_tuple_of(struct emitter *e, struct sugared *const *items, int count);
struct sugared *sugared_builtin_module(struct emitter *e,
                                       const struct name *namespace_name); /* "aten": torch */
struct sugared *sugared_closure(struct emitter *e, struct ir_value *closure);
struct sugared *sugared_exception(struct emitter *e, const struct name *class_name);
struct sugared *sugared_print(struct emitter *e);
struct sugared *sugared_range(struct emitter *e, struct source_range at, struct ir_value *const *inputs,
                              int count, int64_t static_length);
struct sugared *sugared_zip(struct emitter *e, struct source_range at, struct sugared *const *items,
                            int count);
/* The class, NamedTuple or Enum of this type as a callable; NULL for other types. */
struct sugared *sugared_of_type(struct emitter *e, const struct type *type);

/* What can be done with them; NULL or false after an error. */
struct ir_value *sugared_value(struct emitter *e, struct sugared *s, struct source_range at);
struct sugared *sugared_attribute(struct emitter *e, struct sugared *s, struct source_range at,
                                  const struct name *name);
bool sugared_has_attribute(struct emitter *e, struct sugared *s, struct source_range at,
                           const struct name *name);
bool sugared_set_attribute(struct emitter *e, struct sugared *s, struct source_range at,
                           const struct name *name, struct ir_value *value);
bool sugared_tuple(struct emitter *e, struct sugared *s, struct source_range at, int size_hint,
                   struct sugared_list *out);
struct sugared *sugared_call(struct emitter *e, struct sugared *s, struct source_range at,
                             struct actuals actuals, int binders);
struct sugared *sugared_iterate(struct emitter *e, struct sugared *s, struct source_range at);
struct ir_value *sugared_length(struct emitter *e, struct sugared *s, struct source_range at);
struct sugared *sugared_item(struct emitter *e, struct sugared *s, struct source_range at,
                             struct ir_value *index, const struct type *hint);
int64_t sugared_static_length(const struct sugared *s);
const char *sugared_words(struct emitter *e, const struct sugared *s); /* kind() */

/* The kinds that others ask for. */
extern const struct sugared_kind sugared_kind_simple, sugared_kind_form, sugared_kind_class,
    sugared_kind_exception, sugared_kind_exception_message, sugared_kind_closure, sugared_kind_slice,
    sugared_kind_method, sugared_kind_function, sugared_kind_builtin, sugared_kind_none,
    sugared_kind_python_exception, sugared_kind_tuple, sugared_kind_zip, sugared_kind_range,
    sugared_kind_enum_class;
/* The value of a simple one, else NULL. */
static inline struct ir_value *sugared_as_simple(const struct sugared *s) {
    return s && s->kind == &sugared_kind_simple ? s->value : NULL;
}
#endif
