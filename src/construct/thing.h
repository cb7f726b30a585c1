/* Things: the values of Python programs that run once, while a module is constructed. What TorchScript has as
 * well (numbers, texts, tensors) is an lb_value inside a thing; lists, classes, functions, modules under
 * construction are things of their own, since in Python they may hold anything. All things of one evaluator
 * live in its arena and die together; a thing is compared by address where Python says `is`. */
#ifndef LINKBOY_CONSTRUCT_THING_H
#define LINKBOY_CONSTRUCT_THING_H
#include "base/name.h"
#include "lang/tree.h"
#include "value/value.h"

struct evaluator;
struct thing;
struct scope;
struct file;
struct call;

enum thing_kind {
    THING_VALUE,        /* value: None, bool, int, float, complex, str, Tensor, device, generator */
    THING_LIST,         /* items */
    THING_TUPLE,        /* items; of a NamedTuple's class when `class` is set */
    THING_ITERATOR,     /* items from `position` on: what zip(), map(), a generator give */
    THING_DICT,         /* dict; `fallback` makes missing values (defaultdict) */
    THING_SET,          /* dict, whose values say nothing */
    THING_RANGE,        /* range */
    THING_SLICE,        /* items[3]: start, stop, step */
    THING_FUNCTION,     /* function: a def or lambda and the scope it stands in */
    THING_METHOD,       /* bound: a function and its self */
    THING_NATIVE,       /* native: a function of this room */
    THING_CLASS,        /* as_class */
    THING_INSTANCE,     /* instance, of `class` */
    THING_MEMBER,       /* member: of an Enum */
    THING_LIBRARY,      /* path: a name of a library, "torch.nn.functional", and what it stands for there */
    THING_FILE,         /* file: a Python file that is evaluated itself */
    THING_ANNOTATION,   /* annotation: an expression that says a type; not evaluated */
    THING_PROPERTY,     /* property */
    THING_STATIC,       /* wrapped: a function without self */
    THING_CLASS_METHOD, /* wrapped: a function whose self is the class */
    THING_SUPER,        /* super */
    THING_PARTIAL,      /* partial: functools.partial */
    THING_DISPATCH,     /* partial.given: torch._jit_internal.boolean_dispatch(...) */
    THING_TYPED,        /* typed: torch.jit.Attribute(value, type) */
    THING_MISSING,      /* missing: what could not be evaluated; says why when it is used */
    THING_KIND_COUNT
};

/* Names and what they stand for, in the order in which they were first set. */
struct bindings {
    struct binding {
        const struct name *name;
        struct thing *thing; /* NULL: deleted */
    } * items;
    int count, capacity;
    int32_t *index; /* open addressing over `items`, -1 empty; once there are many */
    int index_size;
};

/* Keys and values in insertion order. */
struct thing_dict {
    struct thing_entry {
        struct thing *key, *value; /* key NULL: removed */
        uint64_t hash;
    } * entries;
    int used, count, capacity; /* count: without the removed ones */
    int32_t *index;
    int index_size;
};

/* `self` NULL: a plain function. NULL after an error. */
typedef struct thing *(*thing_native)(struct evaluator *v, struct thing *self, const struct call *call);

/* What decorators say of a function or class to the compiler. */
enum thing_mark {
    MARK_EXPORT = 1,
    MARK_IGNORE = 2,
    MARK_UNUSED = 4,
    MARK_SCRIPT = 8,
    MARK_INTERFACE = 16,
    MARK_OVERLOAD = 32,
    MARK_SCRIPT_METHOD = 64,
    MARK_SCRIPT_IF_TRACING = 128,
    MARK_DATACLASS = 256,
    MARK_FROZEN = 512,
    MARK_CONTEXT_MANAGER = 1024,
};

struct thing_function {
    const struct tree *def; /* DEF, or LAMBDA */
    const struct name *name;
    struct scope *scope;           /* where it was defined */
    struct thing **defaults;       /* one for each parameter, NULL: none */
    struct thing_class *owner;     /* the class in whose body it stands; what super() starts from */
    const struct name *qualified;  /* "Outer.<locals>.f" */
    unsigned marks;                /* enum thing_mark */
    bool generator;                /* has a yield */
    struct bindings attributes;    /* f.x = ... */
    struct thing_function *bodies; /* earlier definitions of this name: overloads */
    struct function **functions;   /* of the unit, once a program named it: one, or one an overload */
    int function_count;
};

/* What a class has by nature, whatever its bases say. */
enum class_nature {
    CLASS_PLAIN,
    CLASS_MODULE, /* torch.nn.Module below it */
    CLASS_EXCEPTION,
    CLASS_ENUM,
    CLASS_NAMED_TUPLE,
    CLASS_BUILTIN, /* int, list, torch.Tensor: stands for values of a kind */
};

struct class_annotation {
    const struct name *name;
    const struct tree *type; /* NULL: `said`, or nothing is known */
    struct thing *said;
};

struct thing_class {
    struct thing *thing; /* this class as a thing */
    const struct name *name, *qualified;
    const struct tree *tree; /* NULL: native */
    struct scope *scope;     /* where it was defined */
    struct file *file;
    enum class_nature nature;
    unsigned marks;
    struct thing_class **bases, **order; /* `order`: itself first (the MRO) */
    int base_count, order_count;
    struct bindings members;
    struct class_annotation *annotations;
    int annotation_count;
    const struct builtin_class *builtin; /* of a native class */
    const struct type *type;             /* of the unit, once a program named it; modules have several */
    const struct name *type_name;        /* while the type is made */
    const char *refused;                 /* why there is no type, once that was found out */
};

struct thing_instance {
    struct bindings attributes;  /* __dict__ */
    struct bindings annotations; /* ANNOTATION by name: `self.x: T = ...` */
    /* Modules alone: dicts that _parameters, _buffers and _modules show; and buffers that are not saved. */
    struct thing *parameters, *buffers, *modules, *transient;
    struct thing *hooks, *pre_hooks;
    bool begun;    /* Module.__init__ has run */
    bool finished; /* a data class's __init__ is done */
    bool setting;  /* a __setattr__ of its class runs */
};

struct thing {
    enum thing_kind kind;
    bool is_parameter;         /* VALUE: an nn.Parameter */
    struct thing_class *class; /* INSTANCE, MEMBER; TUPLE of a NamedTuple */
    union {
        lb_value value;
        struct {
            struct thing **items;
            int count, capacity, position;
        };
        struct {
            struct thing_dict dict;
            struct thing *fallback;
        };
        struct {
            int64_t start, stop, step;
        } range;
        struct thing_function *function;
        struct {
            struct thing *function, *self;
        } bound;
        struct {
            thing_native run;
            struct thing *self;
            const char *name;
        } native;
        struct thing_class *as_class;
        struct thing_instance *instance;
        struct {
            const struct name *name;
            struct thing *value;
        } member;
        const char *path;
        struct file *file;
        struct {
            const struct tree *tree;
            struct scope *scope;
        } annotation;
        struct {
            struct thing *getter, *setter;
        } property;
        struct thing *wrapped;
        struct {
            struct thing_class *after;
            struct thing *self;
        } super;
        struct {
            struct thing *function;
            const struct call *given;
            bool is_field; /* dataclasses.field(...) */
        } partial;
        struct {
            struct thing *value, *type;
        } typed;
        const char *missing;
    };
    struct thing *next_owned; /* VALUE: chain of those whose value is counted */
};

/* Makers: NULL with an error when memory is out or the evaluator's share is spent. */
struct thing *thing_new(struct evaluator *v, enum thing_kind kind);
struct thing *thing_of(struct evaluator *v, lb_value take);
struct thing *thing_int(struct evaluator *v, int64_t i);
struct thing *thing_float(struct evaluator *v, double f);
struct thing *thing_bool(struct evaluator *v, bool b);
struct thing *thing_none(struct evaluator *v);
struct thing *thing_text(struct evaluator *v, const char *bytes, size_t length);
struct thing *thing_text_of(struct evaluator *v, const char *text);
struct thing *thing_name(struct evaluator *v, const struct name *name);
struct thing *thing_tuple(struct evaluator *v, struct thing *const *items, int count);
struct thing *thing_list(struct evaluator *v, struct thing *const *items, int count);
struct thing *thing_pair(struct evaluator *v, struct thing *a, struct thing *b);
struct thing *thing_library(struct evaluator *v, const char *path);
struct thing *thing_native_of(struct evaluator *v, const char *name, thing_native run, struct thing *self);
bool thing_append(struct evaluator *v, struct thing *list, struct thing *item);

struct thing *bindings_get(const struct bindings *b, const struct name *name);
bool bindings_set(struct evaluator *v, struct bindings *b, const struct name *name, struct thing *thing);
bool bindings_remove(struct bindings *b, const struct name *name); /* false: there was none */

/* The value of a key; NULL without an error when there is none (or with one: the key has no hash). */
struct thing *thing_dict_find(struct evaluator *v, const struct thing *dict, struct thing *key);
bool thing_dict_put(struct evaluator *v, struct thing *dict, struct thing *key, struct thing *value);
struct thing *thing_dict_take(struct evaluator *v, struct thing *dict, struct thing *key); /* removes it */
/* The next entry at or after *position, which is moved on; NULL: no more. */
struct thing_entry *thing_dict_step(const struct thing *dict, int *position);
struct thing *thing_dict_find_name(const struct thing *dict, const struct name *name);
bool thing_dict_put_name(struct evaluator *v, struct thing *dict, const struct name *name,
                         struct thing *value);

static inline bool thing_is(const struct thing *t, enum value_tag tag) {
    return t->kind == THING_VALUE && t->value.tag == tag;
}
static inline bool thing_is_none(const struct thing *t) {
    return thing_is(t, VALUE_NONE);
}
static inline bool thing_is_text(const struct thing *t) {
    return thing_is(t, VALUE_STRING);
}
static inline bool thing_is_tensor(const struct thing *t) {
    return thing_is(t, VALUE_TENSOR);
}
/* An int, as Python counts bools in. */
static inline bool thing_is_int(const struct thing *t) {
    return thing_is(t, VALUE_INT) || thing_is(t, VALUE_BOOL);
}
static inline bool thing_is_module(const struct thing *t) {
    return t->kind == THING_INSTANCE && t->instance->modules;
}

/* As Python compares, orders, hashes, tests and shows things. thing_equal: -1 after an error. */
int thing_equal(struct evaluator *v, struct thing *a, struct thing *b);
bool thing_same(const struct thing *a, const struct thing *b); /* a is b */
/* *order: below, at, above 0. False with a TypeError when the two have no order. */
bool thing_order(struct evaluator *v, struct thing *a, struct thing *b, int *order);
bool thing_hash(struct evaluator *v, const struct thing *t, uint64_t *hash);
/* 0, 1, -1 after an error. */
int thing_true(struct evaluator *v, struct thing *t);
bool thing_put_repr(struct evaluator *v, struct text *out, struct thing *t);
bool thing_put_str(struct evaluator *v, struct text *out, struct thing *t);
/* "int", "list", "Net": what type(t).__name__ says. */
const char *thing_type_name(const struct thing *t);
#endif
