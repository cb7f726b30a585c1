/* From text to types (torch/csrc/jit/frontend/schema_type_parser.cpp, and what graphs print beyond that).
 *
 * Names that nobody has defined yet become forward-declared classes, so that a graph can be read without its
 * module. A NamedTuple prints in graphs without its name; its fields then serve as one. */
#include "types/type_parse.h"
#include <string.h>

static bool same(const char *word, size_t length, const char *text) {
    return strlen(text) == length && memcmp(word, text, length) == 0;
}

/* Names that are not a graph text of their own, and what they stand for. */
static const struct {
    const char *text;
    enum type_kind kind;
} other_names[] = {
    {"None", TYPE_NONE},
    {"number", TYPE_NUMBER},
    {"Dimname", TYPE_STRING},
    {"ConstQuantizerPtr", TYPE_INT},
};

static const struct type *simple_of(const struct type_store *s, const char *word, size_t length) {
    static const char *const texts[] = {
#define X(suffix, graph, annotation) graph,
        SIMPLE_TYPES(X)
#undef X
    };
    for (size_t i = 0; i < sizeof other_names / sizeof *other_names; i++)
        if (same(word, length, other_names[i].text)) return s->simple[other_names[i].kind];
    for (int kind = 0; kind < TYPE_SIMPLE_COUNT; kind++)
        if (same(word, length, texts[kind])) return s->simple[kind];
    return NULL;
}

static const struct name *intern_word(struct type_reader *r, const char *word, size_t length) {
    const struct name *name = name_intern(r->store->names, word, length);
    if (!name) error_memory(r->scan.err);
    return name;
}

static const struct type *made(struct type_reader *r, const struct type *t) {
    if (!t) error_memory(r->scan.err);
    return t;
}

typedef ARRAY_OF(const struct type *) item_array;

/* Types separated by commas up to `close`, in the store's arena. */
static bool read_items(struct type_reader *r, const char *close, item_array *items) {
    if (scan_accept(&r->scan, close)) return true;
    do {
        const struct type *item = type_read(r);
        if (!item) return false;
        if (!array_push_in(r->store->memory, items, item)) return error_memory(r->scan.err);
        /* "Union(TensorScalar)": no comma before a number that follows the first member, see
         * put_number_union() */
    } while (scan_accept(&r->scan, ",") || scan_next_is(&r->scan, "Scalar"));
    return scan_expect(&r->scan, close);
}

static const struct type *read_tuple(struct type_reader *r) {
    item_array items = {0};
    if (!read_items(r, ")", &items)) return NULL;
    return made(r, type_tuple(r->store, items.count, items.items));
}

static const struct {
    const char *word;
    enum type_kind kind;
    int count; /* 0: any number */
} generics[] = {
    {"Future", TYPE_FUTURE, 1}, {"RRef", TYPE_RREF, 1},   {"Await", TYPE_AWAIT, 1},
    {"Dict", TYPE_DICT, 2},     {"Union", TYPE_UNION, 0},
};

/* "Future(int)", "Future[int]", "Dict(str, int)" after its word. */
static const struct type *read_generic(struct type_reader *r, enum type_kind kind, int count) {
    item_array items = {0};
    const char *close = scan_accept(&r->scan, "[") ? "]" : ")";
    if (*close == ')' && !scan_expect(&r->scan, "(")) return NULL;
    if (kind == TYPE_UNION) scan_accept(&r->scan, ","); /* "Union(, str, Scalar)" */
    if (!read_items(r, close, &items)) return NULL;
    if ((count && items.count != count) || !items.count) {
        scan_fail(&r->scan, "wrong number of types");
        return NULL;
    }
    if (kind == TYPE_UNION) return made(r, type_union(r->store, items.count, items.items));
    if (kind == TYPE_DICT) return made(r, type_dict(r->store, items.items[0], items.items[1]));
    return made(r, type_wrap(r->store, kind, items.items[0]));
}

/* The fields of a NamedTuple as they are read; arrays in the store's arena. */
struct field_reader {
    item_array items;
    ARRAY_OF(const struct name *) names;
    ARRAY_OF(lb_value) defaults;
};

/* A default's text up to the next comma or the end. It prints without quotes, so that only its type tells a
 * string from a number; what is neither is kept as its text, which prints the same. */
static bool read_default(struct type_reader *r, const struct type *t, lb_value *out) {
    struct scan *s = &r->scan;
    int open = 0;
    scan_skip(s);
    size_t start = s->at;
    for (char c; (c = scan_here(s)) && (open || (c != ',' && c != ')')); s->at++)
        open += (c == '(' || c == '[' || c == '{') - (c == ')' || c == ']' || c == '}');
    struct scan text = {.text = s->text + start, .length = s->at - start, .err = s->err};
    double f;
    int64_t i;
    bool is_float, is_imaginary;
    if (t->kind != TYPE_INT && t->kind != TYPE_FLOAT)
        return value_new_string(out, text.text, (int64_t)text.length, s->err);
    if (!scan_number(&text, &f, &i, &is_float, &is_imaginary)) return false;
    *out = is_float ? value_float(f) : value_int(i);
    return true;
}

static bool read_field(struct type_reader *r, struct field_reader *fields) {
    const char *word;
    size_t length;
    struct arena *memory = r->store->memory;
    if (!scan_word(&r->scan, false, &word, &length)) return scan_fail(&r->scan, "expected a field's name");
    const struct name *name = intern_word(r, word, length);
    const struct type *item = name && scan_expect(&r->scan, ":") ? type_read(r) : NULL;
    lb_value value = value_none();
    if (!item) return false;
    if (!array_push_in(memory, &fields->names, name) || !array_push_in(memory, &fields->items, item))
        return error_memory(r->scan.err);
    if (!scan_accept(&r->scan, "=")) return true;
    if (!read_default(r, item, &value)) return false;
    if (array_push_in(memory, &fields->defaults, value)) return true;
    value_release(value);
    return error_memory(r->scan.err);
}

static bool read_fields(struct type_reader *r, struct field_reader *fields) {
    if (!scan_expect(&r->scan, "(")) return false;
    do {
        if (!read_field(r, fields)) return false;
    } while (scan_accept(&r->scan, ","));
    return scan_expect(&r->scan, ")");
}

static const struct type *read_named_tuple(struct type_reader *r) {
    struct field_reader read = {.items = {0}};
    const struct type *t = NULL;
    scan_skip(&r->scan);
    size_t start = r->scan.at;
    if (read_fields(r, &read)) {
        const struct name *name = intern_word(r, r->scan.text + start, r->scan.at - start);
        struct tuple_fields fields = {read.names.items, read.defaults.items, read.defaults.count};
        if (name) t = made(r, type_named_tuple(r->store, name, read.items.count, read.items.items, &fields));
    }
    for (int i = 0; i < read.defaults.count; i++) value_release(read.defaults.items[i]);
    return t;
}

/* "Enum<__torch__.Color>", "InterfaceType<Shape>" after the word. */
static const struct type *read_bracketed(struct type_reader *r, bool is_enum) {
    const char *word;
    size_t length;
    if (!scan_expect(&r->scan, "<")) return NULL;
    if (!scan_word(&r->scan, true, &word, &length)) {
        scan_fail(&r->scan, "expected a type's name");
        return NULL;
    }
    const struct name *name = intern_word(r, word, length);
    if (!name || !scan_expect(&r->scan, ">")) return NULL;
    const struct type *known = type_find_named(r->store, name);
    if (known) return known;
    if (is_enum) return made(r, type_enum(r->store, name, r->store->simple[TYPE_ANY]));
    struct class_definition *c = type_interface(r->store, name, false);
    return made(r, c ? c->type : NULL);
}

static bool read_facts(struct type_reader *r, struct tensor_facts *facts);

/* The dtype whose graph name this is ("Float"), also with "Tensor" behind it ("FloatTensor"); DTYPE_NONE:
 * none. */
static enum dtype dtype_of_word(const char *word, size_t length, bool *no_rank) {
    *no_rank = length > 6 && memcmp(word + length - 6, "Tensor", 6) == 0;
    if (*no_rank) length -= 6;
    for (int d = 0; d < DTYPE_COUNT; d++)
        if (same(word, length, dtype_table[d].graph_name)) return (enum dtype)d;
    return DTYPE_NONE;
}

static const struct type *read_tensor(struct type_reader *r, int dtype, bool no_rank) {
    struct tensor_facts facts = {.dtype = dtype, .ndim = no_rank ? -1 : 0, .requires_grad = -1};
    if (scan_here(&r->scan) == '(' && (r->scan.at++, !read_facts(r, &facts))) return NULL;
    if (scan_accept(&r->scan, "[Undefined]")) facts.undefined = true;
    return made(r, type_tensor_of(r->store, &facts));
}

enum { MOST_DIMS = 64 };

static bool read_dims(struct type_reader *r, int64_t *dims, int *count, const char *close) {
    while (!scan_next_is(&r->scan, close)) {
        char c = scan_peek(&r->scan);
        if (*count == MOST_DIMS) return scan_fail(&r->scan, "too many dimensions");
        if (c == '*')
            r->scan.at++, dims[*count] = -1;
        else if (c != '-' && (c < '0' || c > '9'))
            break;
        else if (!scan_int(&r->scan, &dims[*count]))
            return false;
        ++*count;
        if (!scan_accept(&r->scan, ",")) break;
    }
    return true;
}

static bool read_device(struct type_reader *r, struct device *device) {
    static const struct {
        const char *name;
        enum device_type type;
    } devices[] = {{"cpu", DEVICE_CPU}, {"cuda", DEVICE_CUDA}, {"meta", DEVICE_META}};
    const char *word;
    size_t length = 0;
    scan_word(&r->scan, false, &word, &length);
    *device = (struct device){DEVICE_OTHER, -1};
    for (int i = 0; i < 3; i++)
        if (same(word, length, devices[i].name)) device->type = (int16_t)devices[i].type;
    if (!length || device->type == DEVICE_OTHER) return scan_fail(&r->scan, "unknown device");
    int64_t index;
    if (scan_here(&r->scan) != ':') return true;
    r->scan.at++;
    if (!scan_int(&r->scan, &index)) return false;
    if (index < 0 || index > 127) return scan_fail(&r->scan, "no such device");
    device->index = (int16_t)index;
    return true;
}

static bool read_strides(struct type_reader *r, struct tensor_facts *facts) {
    int count = 0;
    if (!(facts->strides = arena_array(r->store->memory, int64_t, MOST_DIMS)))
        return error_memory(r->scan.err);
    if (!scan_expect(&r->scan, "[") || !read_dims(r, facts->strides, &count, "]")) return false;
    if (count != facts->ndim) return scan_fail(&r->scan, "as many strides as sizes are needed");
    return scan_expect(&r->scan, "]");
}

static bool read_named_fact(struct type_reader *r, struct tensor_facts *facts) {
    int64_t flag;
    if (scan_accept(&r->scan, "strides=")) return read_strides(r, facts);
    if (scan_accept(&r->scan, "requires_grad=")) {
        if (!scan_int(&r->scan, &flag)) return false;
        facts->requires_grad = flag != 0;
        return true;
    }
    if (!scan_accept(&r->scan, "device="))
        return scan_fail(&r->scan, "expected strides=, requires_grad= or device=");
    facts->has_device = true;
    return read_device(r, &facts->device);
}

/* "2, *, strides=[3, 1], requires_grad=0, device=cpu)" after the opening parenthesis. */
static bool read_facts(struct type_reader *r, struct tensor_facts *facts) {
    int64_t *dims = arena_array(r->store->memory, int64_t, MOST_DIMS);
    int count = 0;
    if (!dims) return error_memory(r->scan.err);
    if (!read_dims(r, dims, &count, ")")) return false;
    if (facts->ndim >= 0) {
        facts->ndim = count;
        facts->sizes = dims;
    }
    while (!scan_next_is(&r->scan, ")")) {
        if (!read_named_fact(r, facts)) return false;
        if (!scan_accept(&r->scan, ",")) break;
    }
    return scan_expect(&r->scan, ")");
}

static const struct type *read_named(struct type_reader *r, const char *word, size_t length) {
    const struct name *name = intern_word(r, word, length);
    const struct type *known = name ? type_find_named(r->store, name) : NULL;
    if (known || !name) return known;
    if (word[0] >= 'a' && word[0] <= 'z' && !memchr(word, '.', length))
        return made(r, type_variable(r->store, name));
    if (r->known_alone) {
        error_set(r->scan.err, LB_ERROR_ARGUMENT, "there is no type '%s'", name->text);
        return NULL;
    }
    struct class_definition *c = type_class(r->store, name, false);
    return made(r, c ? c->type : NULL);
}

static const struct type *read_word(struct type_reader *r) {
    const char *word;
    size_t length;
    bool no_rank;
    if (!scan_word(&r->scan, true, &word, &length)) {
        scan_fail(&r->scan, "expected a type");
        return NULL;
    }
    if (length == 12 && memcmp(word, "TensorScalar", length) == 0) r->scan.at -= 6, length -= 6;
    for (size_t i = 0; i < sizeof generics / sizeof *generics; i++)
        if (same(word, length, generics[i].word)) return read_generic(r, generics[i].kind, generics[i].count);
    bool refined = !r->in_schema && scan_here(&r->scan) == '(';
    if (same(word, length, "Tensor")) return refined ? read_tensor(r, -1, false) : r->store->tensor;
    if (same(word, length, "NamedTuple")) return read_named_tuple(r);
    if (same(word, length, "Enum") || same(word, length, "InterfaceType"))
        return read_bracketed(r, *word == 'E');
    enum dtype d = r->in_schema ? DTYPE_NONE : dtype_of_word(word, length, &no_rank);
    if (d != DTYPE_NONE) return read_tensor(r, (int)d, no_rank);
    const struct type *simple = simple_of(r->store, word, length);
    return simple ? simple : read_named(r, word, length);
}

static bool read_set(struct type_reader *r, char letters[8], bool *wildcard) {
    size_t count = 0;
    do {
        const char *word;
        size_t length;
        if (scan_accept(&r->scan, "*")) {
            *wildcard = true;
        } else if (!scan_word(&r->scan, false, &word, &length) || length != 1 || count == 7) {
            return scan_fail(&r->scan, "expected an alias set's letter");
        } else {
            letters[count++] = *word;
        }
    } while (scan_accept(&r->scan, "|"));
    return true;
}

bool type_read_alias(struct type_reader *r, struct alias_info *info) {
    *info = (struct alias_info){0};
    if (scan_here(&r->scan) != '(') return true;
    r->scan.at++;
    info->present = true;
    if (!read_set(r, info->before, &info->before_wildcard)) return false;
    info->is_write = scan_accept(&r->scan, "!");
    memcpy(info->after, info->before, sizeof info->after);
    info->after_wildcard = info->before_wildcard;
    if (scan_accept(&r->scan, "->")) {
        memset(info->after, 0, sizeof info->after);
        info->after_wildcard = false;
        if (!read_set(r, info->after, &info->after_wildcard)) return false;
    }
    return scan_expect(&r->scan, ")");
}

/* An alias annotation behind what was read so far; a list's own one makes the former the items'. */
static bool read_annotation(struct type_reader *r, bool is_list) {
    struct alias_info own;
    if (!r->in_schema) return true;
    if (is_list) r->element_alias = r->alias;
    if (is_list || !r->alias.present) {
        if (!type_read_alias(r, &own)) return false;
        r->alias = own;
    }
    if (is_list && r->element_alias.present && !r->alias.present)
        r->alias.is_write = r->element_alias.is_write;
    return true;
}

static const struct type *read_suffixes(struct type_reader *r, const struct type *t) {
    while (t) {
        bool is_list = scan_accept(&r->scan, "[]");
        if (is_list)
            t = made(r, type_list(r->store, t));
        else if (scan_here(&r->scan) == '?')
            r->scan.at++, t = made(r, type_optional(r->store, t));
        else
            break;
        if (is_list && !read_annotation(r, true)) return NULL;
    }
    return t;
}

const struct type *type_read(struct type_reader *r) {
    if (!scan_enter(&r->scan)) return NULL;
    bool is_tuple = scan_accept(&r->scan, "(");
    const struct type *t = is_tuple ? read_tuple(r) : read_word(r);
    r->alias = r->element_alias = (struct alias_info){0};
    if (t && !is_tuple && !read_annotation(r, false)) t = NULL;
    t = read_suffixes(r, t);
    scan_leave(&r->scan);
    return t;
}

static const struct type *read_whole(struct type_reader *r) {
    const struct type *t = type_read(r);
    if (t && scan_peek(&r->scan)) {
        scan_fail(&r->scan, "unexpected text after the type");
        return NULL;
    }
    return t;
}

const struct type *type_parse_graph(struct type_store *s, const char *text, size_t length, lb_error *err) {
    struct type_reader r = {.scan = {.text = text, .length = length, .err = err}, .store = s};
    return read_whole(&r);
}

const struct type *type_parse_known(struct type_store *s, const char *text, size_t length, lb_error *err) {
    struct type_reader r = {
        .scan = {.text = text, .length = length, .err = err}, .store = s, .known_alone = true};
    return read_whole(&r);
}
