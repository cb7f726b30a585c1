/* Schemas from text (torch/csrc/jit/frontend/function_schema_parser.cpp).
 *
 * NAME[.OVERLOAD](ARGUMENTS) -> RETURNS. Every argument keeps both types: as declared ("ScalarType?") and as
 * the JIT sees it ("int?"). Defaults become values of the argument's type. The printer is schema_text.c. */
#include "types/type_parse.h"
#include <string.h>

struct schema_reader {
    struct type_reader types;
    struct schema *schema;
    ARRAY_OF(struct argument) list; /* in the store's arena */
    bool keyword_only, more;        /* more: "..." was read */
};

static struct scan *scan_of(struct schema_reader *r) {
    return &r->types.scan;
}

static bool memory_failed(struct schema_reader *r) {
    return error_memory(scan_of(r)->err);
}

/* What the JIT sees of a declared type: enumerations of ATen and symbolic ints are ints. */
static const struct type *real_type(struct type_store *s, const struct type *t) {
    switch (t->kind) {
    case TYPE_SCALAR_TYPE:
    case TYPE_LAYOUT:
    case TYPE_MEMORY_FORMAT:
    case TYPE_SYM_INT: return s->simple[TYPE_INT];
    case TYPE_LIST:
    case TYPE_OPTIONAL: {
        const struct type *inner = real_type(s, t->items[0]);
        return inner ? type_with_items(s, t, &inner) : NULL;
    }
    default: return t;
    }
}

static bool read_value(struct schema_reader *r, const struct type *t, lb_value *out);

/* Words that stand for numbers in native_functions.yaml. */
static const struct {
    const char *word;
    int64_t value;
} constants[] = {{"float", 6}, {"long", 4}, {"strided", 0}, {"Mean", 1}, {"contiguous_format", 0}};

static bool read_constant(struct schema_reader *r, lb_value *out) {
    const char *word;
    size_t length = scan_peek_word(scan_of(r), &word);
    for (size_t i = 0; i < sizeof constants / sizeof *constants; i++) {
        if (length != strlen(constants[i].word) || memcmp(word, constants[i].word, length) != 0) continue;
        *out = value_int(constants[i].value);
        return scan_expect(scan_of(r), constants[i].word);
    }
    return scan_fail(scan_of(r), "expected a default value");
}

static bool read_number(struct schema_reader *r, const struct type *t, lb_value *out) {
    double f;
    int64_t i;
    bool is_float, is_imaginary;
    if (!scan_number(scan_of(r), &f, &i, &is_float, &is_imaginary)) return false;
    if (is_imaginary) return value_new_complex(out, 0, f, scan_of(r)->err);
    *out = is_float || t->kind == TYPE_FLOAT ? value_float(f) : value_int(i);
    return true;
}

static bool read_string(struct schema_reader *r, lb_value *out) {
    struct text text = {0};
    bool good = scan_string(scan_of(r), &text);
    if (good && text.failed) good = memory_failed(r);
    if (good) good = value_new_string(out, text_get(&text), (int64_t)text.length, scan_of(r)->err);
    text_free(&text);
    return good;
}

/* Items up to `close`; item i has type types[i], those beyond `count` the first one's. */
static bool read_members(struct schema_reader *r, const struct type *const *types, int count,
                         const char *close, struct list *list) {
    while (!scan_next_is(scan_of(r), close)) {
        lb_value item = value_none();
        const struct type *type = types[list->count < count ? list->count : 0];
        if (!read_value(r, type, &item) || !list_append(list, item, scan_of(r)->err)) return false;
        if (!scan_accept(scan_of(r), ",")) break;
    }
    return scan_expect(scan_of(r), close);
}

static bool read_list(struct schema_reader *r, const struct type *element, lb_value *out) {
    if (!value_new_list(out, element, 4, scan_of(r)->err)) return false;
    if (read_members(r, &element, 1, "]", out->list)) return true;
    value_release(*out);
    *out = value_none();
    return false;
}

static bool read_tuple(struct schema_reader *r, const struct type *t, lb_value *out) {
    const struct type *any = r->types.store->simple[TYPE_ANY];
    bool known = t->kind == TYPE_TUPLE && t->count;
    lb_value items;
    if (!value_new_list(&items, any, 4, scan_of(r)->err)) return false;
    bool good = read_members(r, known ? t->items : &any, known ? t->count : 1, ")", items.list) &&
                value_new_tuple(out, NULL, (int32_t)items.list->count, scan_of(r)->err);
    for (int64_t i = 0; good && i < items.list->count; i++)
        out->tuple->items[i] = value_copy(items.list->items[i]);
    value_release(items);
    return good;
}

static bool read_scalar(struct schema_reader *r, const struct type *t, lb_value *out) {
    struct scan *s = scan_of(r);
    if (scan_accept(s, "None")) return true;
    if (scan_accept(s, "True")) {
        *out = value_bool(true);
        return true;
    }
    if (scan_accept(s, "False")) {
        *out = value_bool(false);
        return true;
    }
    char c = scan_peek(s);
    if (c == '"' || c == '\'') return read_string(r, out);
    bool is_number =
        c == '-' || c == '.' || (c >= '0' && c <= '9') || scan_next_is(s, "inf") || scan_next_is(s, "nan");
    return is_number ? read_number(r, t, out) : read_constant(r, out);
}

/* A default of this type; `*out` is None before. */
static bool read_value(struct schema_reader *r, const struct type *t, lb_value *out) {
    const struct type *inner = t->kind == TYPE_OPTIONAL ? t->items[0] : t;
    if (!scan_enter(scan_of(r))) return false;
    const struct type *element =
        inner->kind == TYPE_LIST ? inner->items[0] : r->types.store->simple[TYPE_INT];
    bool good = scan_accept(scan_of(r), "[")   ? read_list(r, element, out)
                : scan_accept(scan_of(r), "(") ? read_tuple(r, inner, out)
                                               : read_scalar(r, inner, out);
    scan_leave(scan_of(r));
    return good;
}

/* "int[2] x=1" stands for [1, 1]. */
static bool repeat_default(struct schema_reader *r, struct argument *a) {
    const struct type *t = a->type->kind == TYPE_OPTIONAL ? a->type->items[0] : a->type;
    lb_value one = a->default_value;
    if (!a->fixed_length || one.tag == VALUE_LIST || one.tag == VALUE_NONE) return true;
    if (!value_new_list(&a->default_value, t->items[0], a->fixed_length, scan_of(r)->err)) return false;
    for (int i = 0; i < a->fixed_length; i++)
        if (!list_append(a->default_value.list, value_copy(one), scan_of(r)->err)) return false;
    value_release(one);
    return true;
}

/* "[3]", perhaps with an alias and "?", after the element type: only arguments have sized lists. */
static bool read_sized(struct schema_reader *r, struct argument *a) {
    int64_t size;
    struct type_reader *types = &r->types;
    if (scan_here(&types->scan) != '[') return true;
    types->scan.at++;
    if (!scan_int(&types->scan, &size) || !scan_expect(&types->scan, "]")) return false;
    if (size < 1 || size > 1000) return scan_fail(&types->scan, "no such list size");
    a->fixed_length = (int)size;
    a->element_alias = a->alias;
    if (!type_read_alias(types, &a->alias)) return false;
    if (a->element_alias.present && !a->alias.present) a->alias.is_write = a->element_alias.is_write;
    a->declared = type_list(types->store, a->declared);
    if (scan_accept(&types->scan, "?")) a->declared = type_optional(types->store, a->declared);
    return a->declared || memory_failed(r);
}

static bool read_type(struct schema_reader *r, struct argument *a) {
    a->declared = type_read(&r->types);
    if (!a->declared) return false;
    a->alias = r->types.alias;
    a->element_alias = r->types.element_alias;
    if (!read_sized(r, a)) return false;
    a->type = real_type(r->types.store, a->declared);
    return a->type || memory_failed(r);
}

static bool read_name(struct schema_reader *r, struct argument *a, bool needed) {
    const char *word;
    size_t length;
    if (!scan_word(scan_of(r), false, &word, &length))
        return !needed || scan_fail(scan_of(r), "expected an argument's name");
    a->name = name_intern(r->types.store->names, word, length);
    return a->name || memory_failed(r);
}

static bool read_argument(struct schema_reader *r, bool is_return) {
    struct argument a = {.keyword_only = r->keyword_only && !is_return};
    if (!read_type(r, &a) || !read_name(r, &a, !is_return)) return false;
    if (!is_return && scan_accept(scan_of(r), "=")) {
        a.has_default = true;
        if (!read_value(r, a.type, &a.default_value) || !repeat_default(r, &a)) {
            value_release(a.default_value);
            return false;
        }
    }
    if (array_push_in(r->types.store->memory, &r->list, a)) return true;
    value_release(a.default_value);
    return memory_failed(r);
}

static bool read_one(struct schema_reader *r, bool is_return) {
    if (r->more) return scan_fail(scan_of(r), "... must be the last");
    if (scan_accept(scan_of(r), "...")) {
        r->more = true;
        return true;
    }
    if (!is_return && scan_accept(scan_of(r), "*")) {
        r->keyword_only = true;
        return true;
    }
    return read_argument(r, is_return);
}

/* Up to the closing parenthesis; the opening one is taken already. */
static bool read_many(struct schema_reader *r, bool is_return) {
    if (scan_accept(scan_of(r), ")")) return true;
    do {
        if (!read_one(r, is_return)) return false;
    } while (scan_accept(scan_of(r), ","));
    return scan_expect(scan_of(r), ")");
}

static bool read_schema_name(struct schema_reader *r) {
    struct scan *s = scan_of(r);
    const char *word, *overload;
    size_t length, more = 0;
    scan_skip(s);
    size_t start = s->at;
    if (!scan_word(s, false, &word, &length)) return scan_fail(s, "expected an operator's name");
    if (scan_accept(s, "::") && !scan_word(s, false, &word, &length))
        return scan_fail(s, "expected an operator's name");
    r->schema->name = name_intern(r->types.store->names, s->text + start, s->at - start);
    r->schema->overload = "";
    if (scan_here(s) == '.') {
        s->at++;
        if (!scan_word(s, true, &overload, &more)) return scan_fail(s, "expected an overload's name");
        r->schema->overload = arena_text(r->types.store->memory, overload, more);
    }
    return (r->schema->name && r->schema->overload) || memory_failed(r);
}

static bool read_arguments(struct schema_reader *r) {
    bool good = scan_expect(scan_of(r), "(") && read_many(r, false);
    r->schema->arguments = r->list.items;
    r->schema->argument_count = r->list.count;
    r->schema->is_vararg = r->more;
    return good;
}

/* Results in parentheses are many; one type that begins with a parenthesis stands in a pair of its own. */
static bool read_returns(struct schema_reader *r) {
    r->more = false;
    r->list.items = NULL;
    r->list.count = r->list.capacity = 0;
    bool good = scan_expect(scan_of(r), "->");
    if (good) good = scan_accept(scan_of(r), "(") ? read_many(r, true) : read_one(r, true);
    r->schema->returns = r->list.items;
    r->schema->return_count = r->list.count;
    r->schema->is_varret = r->more;
    if (good && scan_peek(scan_of(r))) good = scan_fail(scan_of(r), "unexpected text after the schema");
    return good;
}

struct schema *schema_parse(struct type_store *s, const char *text, lb_error *err) {
    struct schema_reader r = {
        .types = {.scan = {.text = text, .length = strlen(text), .err = err}, .store = s, .in_schema = true}};
    r.schema = arena_new(s->memory, struct schema);
    if (!r.schema) {
        error_memory(err);
        return NULL;
    }
    if (read_schema_name(&r) && read_arguments(&r) && read_returns(&r)) return r.schema;
    r.schema->argument_count = r.schema->arguments ? r.schema->argument_count : 0;
    schema_release_defaults(r.schema);
    return NULL;
}

void schema_release_defaults(struct schema *schema) {
    for (int i = 0; i < schema->argument_count; i++) {
        value_release(schema->arguments[i].default_value);
        schema->arguments[i].default_value = value_none();
    }
}

int schema_find_argument(const struct schema *schema, const struct name *name) {
    for (int i = 0; i < schema->argument_count; i++)
        if (schema->arguments[i].name == name) return i;
    return -1;
}
