/* Runtime values: 16 bytes, a tag and a payload. Ints, floats, bools and devices never allocate; everything
 * else is a counted object that begins with `struct counted`. A value is copied with value_copy() (which
 * retains) and given up with value_release(). PyTorch's word for it is IValue. Types are only named here
 * (struct type): what a list or an object is of is known by the floor above. */
#ifndef LINKBOY_VALUE_VALUE_H
#define LINKBOY_VALUE_VALUE_H
#include "base/counted.h"
#include "base/error.h"
#include "base/text.h"
#include "tensor/tensor.h"

struct type;     /* types/type.h */
struct function; /* types/function.h */
struct generator;

enum value_tag {
    VALUE_NONE = 0,
    VALUE_BOOL,
    VALUE_INT,
    VALUE_FLOAT,
    VALUE_DEVICE,
    VALUE_FUNCTION, /* a borrowed struct function, alive as long as its unit */
    VALUE_UNINITIALIZED,
    VALUE_FIRST_COUNTED,
    VALUE_COMPLEX = VALUE_FIRST_COUNTED,
    VALUE_TENSOR,
    VALUE_STRING,
    VALUE_LIST,
    VALUE_DICT,
    VALUE_TUPLE,
    VALUE_OBJECT, /* module or class instance */
    VALUE_ENUM,
    VALUE_FUTURE,
    VALUE_GENERATOR,
    VALUE_STORAGE,
    VALUE_CAPSULE, /* an object of a C++ class: packed parameters and their like */
    VALUE_TAG_COUNT,
};

typedef struct lb_value {
    uint32_t tag;     /* enum value_tag */
    uint32_t meaning; /* of an int that comes from outside: 1 when it is a dtype, layout or memory format, no
                         number. Programs and kernels do not look at it. */
    union {
        bool b;
        int64_t i;
        double f;
        struct device device;
        struct counted *counted;
        struct complex_value *complex;
        struct tensor *tensor;
        struct string *string;
        struct list *list;
        struct dict *dict;
        struct tuple *tuple;
        struct object *object;
        struct enum_value *enumeration;
        struct future *future;
        struct storage *storage;
        struct capsule *capsule;
        struct generator_value *generator;
        struct function *function;
    };
} lb_value;

struct complex_value {
    struct counted counted;
    double re, im;
};

struct string {
    struct counted counted;
    uint32_t hash; /* 0: not yet computed */
    int64_t length;
    char bytes[]; /* NUL-terminated as well */
};

/* One form for all element types: 16 bytes an item. */
/* What a list or dict is in Python, where it is passed between a program and Python; in the program its type
 * says so. In the order of lb_mark. */
enum value_mark { MARK_NONE, MARK_SET, MARK_KEYED, MARK_DEQUE, MARK_COUNTER, MARK_DEFAULT };

struct list {
    struct counted counted;
    const struct type *element; /* List[element]; never NULL in a running program */
    uint8_t mark;               /* enum value_mark */
    int64_t count, capacity;
    lb_value *items;
};

struct tuple {
    struct counted counted;
    const struct type *type; /* the NamedTuple's type, or NULL for a plain tuple */
    int32_t count;
    lb_value items[];
};

/* Insertion order is kept: entries in order, an index of hashes beside them. */
struct dict_entry {
    lb_value key, value; /* key.tag VALUE_UNINITIALIZED: removed */
    uint64_t hash;
};
struct dict {
    struct counted counted;
    const struct type *key_type, *value_type;
    uint8_t mark;           /* enum value_mark */
    int64_t count;          /* live entries */
    int64_t used, capacity; /* entries, removed ones included */
    struct dict_entry *entries;
    int32_t *index; /* open addressing, -1 empty, -2 removed; index_size is a power of two */
    int64_t index_size;
};

struct object {
    struct counted counted;
    const struct type *type; /* a class type; its attributes are the slots */
    int32_t count;
    lb_value slots[];
};

/* A member without a type comes from outside and is given one where it is passed (types/adapt.h). */
enum { ENUM_UNTYPED = -1, ENUM_UNTYPED_VALUE = -2 /* it may stand for its value */ };
struct enum_value {
    struct counted counted;
    const struct type *type;
    int32_t index; /* which member */
    lb_value name, value;
};

/* Opaque native state with its own release; `class_name` is static text. */
struct capsule {
    struct counted counted;
    const char *class_name; /* "__torch__.torch.classes.quantized.LinearPackedParamsBase" */
    const struct type *type;
    lb_value state; /* what __getstate__ gives */
    void *native;
    void (*release)(void *native);
};

/* A generator as a program's value; `release` (may be NULL) is called with it. */
struct generator_value {
    struct counted counted;
    struct generator *generator; /* tensor/random.h */
    void (*release)(struct generator *generator);
};

static inline lb_value value_none(void) {
    return (lb_value){.tag = VALUE_NONE};
}
static inline lb_value value_bool(bool b) {
    return (lb_value){.tag = VALUE_BOOL, .i = b};
}
static inline lb_value value_int(int64_t i) {
    return (lb_value){.tag = VALUE_INT, .i = i};
}
static inline lb_value value_float(double f) {
    return (lb_value){.tag = VALUE_FLOAT, .f = f};
}
static inline lb_value value_device(struct device d) {
    return (lb_value){.tag = VALUE_DEVICE, .device = d};
}
/* These take over the reference they are given. */
static inline lb_value value_counted(enum value_tag tag, void *counted) {
    return (lb_value){.tag = tag, .counted = counted};
}
static inline lb_value value_tensor(struct tensor *t) {
    return value_counted(VALUE_TENSOR, t);
}

static inline bool value_is_counted(lb_value v) {
    return v.tag >= VALUE_FIRST_COUNTED;
}
static inline lb_value value_copy(lb_value v) {
    if (value_is_counted(v)) counted_retain(v.counted);
    return v;
}
void value_free_counted(lb_value v); /* the last reference went; walks deep values without recursion */
static inline void value_release(lb_value v) {
    if (value_is_counted(v) && counted_release(v.counted)) value_free_counted(v);
}

/* New counted values. On failure (memory) the result's tag is VALUE_NONE and err is set. */
bool value_new_string(lb_value *out, const char *bytes, int64_t length, lb_error *err);
bool value_new_complex(lb_value *out, double re, double im, lb_error *err);
bool value_new_list(lb_value *out, const struct type *element, int64_t capacity, lb_error *err);
/* Items are set to None; the caller fills them. */
bool value_new_tuple(lb_value *out, const struct type *type, int32_t count, lb_error *err);
bool value_new_dict(lb_value *out, const struct type *key, const struct type *value, lb_error *err);
bool value_new_object(lb_value *out, const struct type *type, int32_t slots, lb_error *err);
bool value_new_enum(lb_value *out, const struct type *type, int32_t index, lb_value name, lb_value value,
                    lb_error *err); /* copies name and value */
bool value_new_capsule(lb_value *out, const char *class_name, lb_value state,
                       lb_error *err); /* copies state */
bool value_new_generator(lb_value *out, struct generator *generator, void (*release)(struct generator *),
                         lb_error *err); /* takes it over when it succeeds */

bool list_append(struct list *l, lb_value item, lb_error *err); /* takes item over */
bool list_insert(struct list *l, int64_t at, lb_value item,
                 lb_error *err);                     /* takes item over; 0 <= at <= count */
lb_value list_remove_at(struct list *l, int64_t at); /* gives the item over */
/* NULL when the key is not there. Keys: int, float, bool, str, complex, Tensor (by identity), device, enum.
 */
lb_value *dict_get(const struct dict *d, lb_value key);
bool dict_set(struct dict *d, lb_value key, lb_value value, lb_error *err); /* takes both over */
bool dict_remove(struct dict *d, lb_value key, lb_value *removed);          /* false: no such key */
void dict_clear(struct dict *d);
/* The next live entry at or after *position (which is moved on), or NULL. */
struct dict_entry *dict_next(const struct dict *d, int64_t *position);

/* A copy with all that is in it; what is shared inside is shared in the copy. */
bool value_deep_copy(lb_value v, lb_value *out, lb_error *err);

/* As Python's `is`; and equality of everything but tensors (which compare by identity here). */
bool value_same(lb_value a, lb_value b);
bool value_equal(lb_value a, lb_value b, lb_error *err);
uint64_t value_hash(lb_value v);
const char *value_tag_name(enum value_tag tag);
#endif
