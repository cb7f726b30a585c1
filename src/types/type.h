/* TorchScript's types. One object per type and compilation unit, compared by pointer. The kinds without
 * parameters are made when the store is. Two spellings: the graph form ("int[]", "Dict(str, Tensor)",
 * "Tensor?") and the annotation form ("List[int]", "Optional[Tensor]"), as PyTorch's str() and
 * annotation_str(). */
#ifndef LINKBOY_TYPES_TYPE_H
#define LINKBOY_TYPES_TYPE_H
#include "base/array.h"
#include "base/error.h"
#include "base/name.h"
#include "base/table.h"
#include "base/text.h"
#include "tensor/tensor.h"
#include "value/value.h"
#include <stdatomic.h>

/* X(enum suffix, graph text, annotation text) for the kinds without parameters. */
#define SIMPLE_TYPES(X)                          \
    X(ANY, "Any", "Any")                         \
    X(INT, "int", "int")                         \
    X(FLOAT, "float", "float")                   \
    X(BOOL, "bool", "bool")                      \
    X(COMPLEX, "complex", "complex")             \
    X(NUMBER, "Scalar", "number")                \
    X(STRING, "str", "str")                      \
    X(NONE, "NoneType", "NoneType")              \
    X(DEVICE, "Device", "Device")                \
    X(GENERATOR, "Generator", "Generator")       \
    X(STREAM, "Stream", "Stream")                \
    X(STORAGE, "Storage", "Storage")             \
    X(QUANTIZER, "Quantizer", "Quantizer")       \
    X(CAPSULE, "Capsule", "Capsule")             \
    X(FUNCTION, "Function", "Function")          \
    X(ANY_LIST, "list", "list")                  \
    X(ANY_TUPLE, "tuple", "tuple")               \
    X(ANY_CLASS, "AnyClassType", "AnyClassType") \
    X(ANY_ENUM, "AnyEnumType", "AnyEnumType")    \
    X(SCALAR_TYPE, "ScalarType", "int")          \
    X(LAYOUT, "Layout", "int")                   \
    X(MEMORY_FORMAT, "MemoryFormat", "int")      \
    X(QSCHEME, "QScheme", "QScheme")             \
    X(DIMNAME, "Dimname", "Dimname")             \
    X(SYM_INT, "SymInt", "int")                  \
    X(SYM_FLOAT, "SymFloat", "float")            \
    X(SYM_BOOL, "SymBool", "bool")               \
    X(PY_OBJECT, "PyObject", "PyObject")

enum type_kind {
#define X(suffix, graph, annotation) TYPE_##suffix,
    SIMPLE_TYPES(X)
#undef X
        TYPE_SIMPLE_COUNT,
    TYPE_TENSOR = TYPE_SIMPLE_COUNT, /* plain, or refined by facts (dtype, sizes, ...) */
    TYPE_LIST,                       /* items[0] */
    TYPE_OPTIONAL,                   /* items[0] */
    TYPE_DICT,                       /* items[0] key, items[1] value */
    TYPE_TUPLE,                      /* items; a NamedTuple also has `name` and fields */
    TYPE_UNION,  /* items, flattened and simplified as PyTorch does; two members one of them None is OPTIONAL
                  */
    TYPE_FUTURE, /* items[0] */
    TYPE_RREF,   /* items[0] */
    TYPE_AWAIT,  /* items[0] */
    TYPE_VAR,    /* a schema's type variable ("t"); `name` */
    TYPE_CLASS,  /* `definition` */
    TYPE_INTERFACE, /* `definition`: methods alone */
    TYPE_ENUM,      /* `members` */
};

/* What is known of a refined tensor type. A size or stride of -1 is unknown ("*"). */
struct tensor_facts {
    int dtype; /* -1: unknown */
    int ndim;  /* -1: unknown rank */
    int64_t *sizes;
    int64_t *strides;     /* NULL: unknown */
    int8_t requires_grad; /* -1: unknown */
    bool has_device;
    struct device device;
    bool undefined; /* the type of a tensor that is known to be undefined ("None" in autograd) */
};

struct enum_members {
    const struct type *value_type;
    ARRAY_OF(struct enum_member {
        const struct name *name;
        lb_value value;
    })
    list;
};

struct tuple_fields {
    const struct name **names; /* one for each item */
    const lb_value *defaults;  /* `default_count` values for the last fields */
    int default_count;
};

struct type {
    enum type_kind kind;
    bool has_variables; /* a TYPE_VAR is inside */
    bool has_marks;     /* it or what is inside is a list or dict that stands for something else */
    uint16_t depth;     /* of nesting; makers refuse what is deeper or larger than the limits of type.c */
    uint32_t size;      /* types inside, counted with repetition: the length of its text */
    int count;
    const struct type *const *items;
    const struct name *name; /* qualified: class, interface, enum, NamedTuple; a variable's letter; the mark
                                of a list or dict that stands for something else */
    union {
        const struct tensor_facts *facts; /* TYPE_TENSOR; NULL: plain */
        struct tuple_fields *fields;      /* TYPE_TUPLE; NULL: unnamed */
        struct class_definition *definition;
        struct enum_members *members;
    };
};

/* A class, module or interface while it is built up; the type that holds it stays the same object. Its arrays
 * are heap arrays (array_push) and are freed with the store; functions in them belong to the unit. */
struct class_attribute {
    const struct name *name;
    const struct type *type;
    bool is_parameter, is_buffer;
    bool open; /* __init__ gives it an empty list or dict or None, which says nothing of its type */
};
struct class_constant {
    const struct name *name;
    lb_value value; /* owned by the definition */
    const struct type *type;
};
struct class_property {
    const struct name *name;
    struct function *getter, *setter; /* setter may be NULL */
};
/* What a module that is a container holds: torch.nn.ModuleList and Sequential, ModuleDict, ParameterList,
 * ParameterDict (IterableModuleKind). */
enum module_container {
    CONTAINER_NONE,
    CONTAINER_LIST,
    CONTAINER_DICT,
    CONTAINER_PARAMETER_LIST,
    CONTAINER_PARAMETER_DICT,
};
struct class_definition {
    const struct type *type;
    uint8_t container; /* enum module_container */
    void *host;        /* what its names that are no members are asked of (lang/host.h); NULL: nobody */
    bool is_module;
    bool is_interface; /* then is_module says ModuleInterface */
    bool is_native;    /* a C++ class: methods are native, instances are capsules */
    bool holds_itself; /* an attribute's type leads back to it: PyTorch has no such classes */
    ARRAY_OF(struct class_attribute) attributes; /* slot order */
    ARRAY_OF(struct class_constant) constants;
    ARRAY_OF(struct function *) methods; /* definition order; interfaces: without graphs */
    ARRAY_OF(struct class_property) properties;
    ARRAY_OF(struct function *) forward_hooks;
    ARRAY_OF(struct function *) forward_pre_hooks;
};

/* Owns all types of a unit. */
struct type_store {
    struct arena *memory; /* the unit's: while it is compiled */
    struct arena
        own; /* structural types: running programs make some as well, any number of threads at once */
    atomic_flag busy; /* held while the table of structural types is searched and added to */
    struct name_pool *names;
    const struct type *simple[TYPE_SIMPLE_COUNT];
    const struct type *tensor; /* plain */
    struct type **slots; /* structural types by content; classes, enums, interfaces and NamedTuples by name */
    uint32_t count, mask;
    struct table named;                  /* const struct name * -> const struct type * */
    ARRAY_OF(struct type *) definitions; /* to be released with the store: classes and enums */
    ARRAY_OF(const struct type *)
    results; /* tuples with field names and no name of their own: torch.max's result */
};

bool type_store_init(struct type_store *store, struct arena *memory, struct name_pool *names);
void type_store_free(struct type_store *store);

/* Makers: NULL when memory is out or the type would be nested too deep. Equal contents give the same object.
 */
const struct type *type_list(struct type_store *s, const struct type *element);
const struct type *type_optional(struct type_store *s, const struct type *inner);
const struct type *type_dict(struct type_store *s, const struct type *key, const struct type *value);
/* A list or dict that stands for a thing that TorchScript has not ("set"); equal to the plain one, and
 * printed as it. NULL takes the mark away. */
const struct type *type_marked(struct type_store *s, const struct type *t, const struct name *mark);
const struct type *type_tuple(struct type_store *s, int count, const struct type *const *items);
const struct type *type_union(struct type_store *s, int count, const struct type *const *items);
const struct type *type_future(struct type_store *s, const struct type *inner);
const struct type *type_wrap(struct type_store *s, enum type_kind kind, const struct type *inner);
const struct type *type_variable(struct type_store *s, const struct name *letter);
const struct type *type_tensor_of(struct type_store *s, const struct tensor_facts *facts);
/* Types with a qualified name; NULL (no error) when the name is taken by another. A NULL name makes the type
 * of an operator's named results. */
const struct type *type_named_tuple(struct type_store *s, const struct name *qualified, int count,
                                    const struct type *const *items, const struct tuple_fields *fields);
const struct type *type_enum(struct type_store *s, const struct name *qualified,
                             const struct type *value_type);
struct class_definition *type_class(struct type_store *s, const struct name *qualified, bool is_module);
struct class_definition *type_interface(struct type_store *s, const struct name *qualified, bool is_module);
const struct type *type_find_named(const struct type_store *s, const struct name *qualified);

/* Equality as c10::Type's operator==: the same object, but for two NamedTuples of one last name and equal
 * fields, and Union[int, float, complex], which equals number. */
bool type_equal(const struct type *a, const struct type *b);
/* The same kind of type around other items (c10::Type::withContained). */
const struct type *type_with_items(struct type_store *s, const struct type *t,
                                   const struct type *const *items);

/* Relations, as c10::Type: isSubtypeOf, unifyTypes (NULL: no common type), containment of None. */
bool type_is_subtype(struct type_store *s, const struct type *a, const struct type *b);
const struct type *type_unify(struct type_store *s, const struct type *a, const struct type *b,
                              bool default_to_union, const struct type *hint);
bool type_accepts_none(const struct type *t);
/* Where a kind stands in the order of a Union's members. */
int type_kind_order(enum type_kind kind);
/* A Union or Optional without the None; the type itself otherwise. */
const struct type *type_without_none(struct type_store *s, const struct type *t);
/* Union without the members that are subtypes of `removed`; NULL when nothing is left. */
const struct type *type_subtract(struct type_store *s, const struct type *t, const struct type *removed);
/* Plain Tensor for a refined one, everywhere inside. */
const struct type *type_unshaped(struct type_store *s, const struct type *t);

/* Text. The graph form (operator<<), the form of schemas (str()), or the annotation form that code uses. The
 * first two differ in refined tensors ("Float(2, 3, ...)"; "Tensor"), futures and NamedTuples. */
void type_put_graph(struct text *out, const struct type *t);
void type_put_schema(struct text *out, const struct type *t);
void type_put_annotation(struct text *out, const struct type *t);
/* Whether an element type shows in a literal's members (elementTypeCanBeInferredFromMembers in type.cpp). */
bool type_shows_in_members(const struct type *element);

/* Class members; NULL / -1 when there is none. */
int class_find_attribute(const struct class_definition *c, const struct name *name);
struct function *class_find_method(const struct class_definition *c, const struct name *name);
const struct class_constant *class_find_constant(const struct class_definition *c, const struct name *name);
int class_add_attribute(struct class_definition *c, struct class_attribute attribute); /* slot, -1: memory */
/* Whether `t`, or what objects of it hold, is of this class or holds one; when memory is out, too. */
bool class_is_in(const struct type *class, const struct type *t);
bool class_add_method(struct class_definition *c, struct function *f);
/* Methods that were compiled for their calls alone are no methods of the class. */
void class_drop_uncompiled(struct class_definition *c);
bool class_add_constant(struct class_definition *c,
                        struct class_constant constant); /* takes the value over */
bool enum_add_member(const struct type *t, const struct name *name,
                     lb_value value); /* takes the value over */

/* The type of a value as far as it shows (IValue::type()): lists by their element type, objects by their
 * class. */
const struct type *type_of_value(struct type_store *s, lb_value v);
/* Whether the value may stand where this type is declared. Looks into containers' declared element types. */
bool type_admits(struct type_store *s, const struct type *t, lb_value v);
#endif
