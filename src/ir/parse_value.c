/* Values in a graph's text, led by the type that is wanted where one is known (the type of a constant's
 * output): 10000000000 is a float there if the type says so, {1} a tensor or a dict. */
#include "ir/parse_value.h"
#include <string.h>

static bool read_list(struct type_reader *r, const struct type *type, lb_value *out);

static bool fail(struct type_reader *r, const char *message) {
    return scan_fail(&r->scan, message);
}

static bool read_string(struct type_reader *r, lb_value *out) {
    struct text text = {0};
    bool good = scan_string(&r->scan, &text);
    if (good && text.failed) good = error_memory(r->scan.err);
    if (good) good = value_new_string(out, text_get(&text), (int64_t)text.length, r->scan.err);
    text_free(&text);
    return good;
}

/* "1.+2.j": the imaginary part carries its sign. */
static bool read_number(struct type_reader *r, const struct type *type, lb_value *out) {
    double re, im;
    int64_t i, ignored;
    bool is_float, is_imaginary, im_is_float;
    if (!scan_number(&r->scan, &re, &i, &is_float, &is_imaginary)) return false;
    if (!is_float) re = (double)i;
    char next = scan_here(&r->scan);
    if (is_imaginary) return value_new_complex(out, 0, re, r->scan.err);
    if (next == '+' || next == '-') {
        if (!scan_number(&r->scan, &im, &ignored, &im_is_float, &is_imaginary)) return false;
        if (!is_imaginary) return fail(r, "expected a complex number");
        return value_new_complex(out, re, im_is_float ? im : (double)ignored, r->scan.err);
    }
    enum type_kind kind = type ? type->kind : TYPE_ANY;
    if (kind == TYPE_BOOL)
        *out = value_bool(i != 0);
    else
        *out = is_float || kind == TYPE_FLOAT ? value_float(re) : value_int(i);
    return true;
}

/* Items up to `close`, taken over into a list. */
static bool read_items(struct type_reader *r, const struct type *const *types, int count, const char *close,
                       struct list *items) {
    while (!scan_accept(&r->scan, close)) {
        lb_value item = value_none();
        const struct type *type = !types ? NULL : items->count < count ? types[items->count] : types[0];
        if (!value_read(r, type, &item) || !list_append(items, item, r->scan.err)) return false;
        if (!scan_accept(&r->scan, ",") && !scan_next_is(&r->scan, close))
            return scan_expect(&r->scan, close);
    }
    return true;
}

static const struct type *element_of(struct type_reader *r, const struct type *type,
                                     const struct list *items) {
    if (type && type->kind == TYPE_LIST) return type->items[0];
    return items->count ? type_of_value(r->store, items->items[0]) : r->store->simple[TYPE_INT];
}

static bool read_list(struct type_reader *r, const struct type *type, lb_value *out) {
    bool known = type && type->kind == TYPE_LIST;
    if (!value_new_list(out, r->store->simple[TYPE_ANY], 4, r->scan.err)) return false;
    if (scan_accept(&r->scan, "<Tensors>")) {
        out->list->element = r->store->tensor;
        return scan_expect(&r->scan, "]");
    }
    if (!read_items(r, known ? type->items : NULL, 1, "]", out->list)) return false;
    out->list->element = element_of(r, type, out->list);
    return out->list->element || error_memory(r->scan.err);
}

static bool tuple_of_list(struct type_reader *r, const struct type *type, const struct list *items,
                          lb_value *out) {
    bool named = type && type->kind == TYPE_TUPLE && type->fields;
    if (named && type->count != items->count) return fail(r, "wrong number of fields");
    if (!value_new_tuple(out, named ? type : NULL, (int32_t)items->count, r->scan.err)) return false;
    for (int64_t i = 0; i < items->count; i++) out->tuple->items[i] = value_copy(items->items[i]);
    return true;
}

static bool read_tuple(struct type_reader *r, const struct type *type, lb_value *out) {
    lb_value items;
    bool known = type && type->kind == TYPE_TUPLE && type->count;
    if (!value_new_list(&items, r->store->simple[TYPE_ANY], 4, r->scan.err)) return false;
    bool good = read_items(r, known ? type->items : NULL, known ? type->count : 0, ")", items.list) &&
                tuple_of_list(r, type, items.list, out);
    value_release(items);
    return good;
}

static bool read_entry(struct type_reader *r, const struct type *key_type, const struct type *value_type,
                       struct dict *d) {
    lb_value key = value_none(), value = value_none();
    bool good =
        value_read(r, key_type, &key) && scan_expect(&r->scan, ":") && value_read(r, value_type, &value);
    if (good && (key.tag == VALUE_LIST || key.tag == VALUE_DICT || key.tag == VALUE_TUPLE))
        good = fail(r, "no such key");
    if (good) return dict_set(d, key, value, r->scan.err);
    value_release(key);
    value_release(value);
    return false;
}

static bool read_dict(struct type_reader *r, const struct type *type, lb_value *out) {
    const struct type *any = r->store->simple[TYPE_ANY];
    bool known = type && type->kind == TYPE_DICT;
    const struct type *key = known ? type->items[0] : any, *value = known ? type->items[1] : any;
    if (!value_new_dict(out, key, value, r->scan.err)) return false;
    while (!scan_accept(&r->scan, "}")) {
        if (!read_entry(r, known ? key : NULL, known ? value : NULL, out->dict)) return false;
        if (!scan_accept(&r->scan, ",") && !scan_next_is(&r->scan, "}")) return scan_expect(&r->scan, "}");
    }
    return true;
}

/* "annotate(List[int], [])": the type stands in the graph as well, so it is skipped here. */
static bool read_annotated(struct type_reader *r, const struct type *type, lb_value *out) {
    int open = 0;
    for (; scan_here(&r->scan) && (open || scan_here(&r->scan) != ','); r->scan.at++)
        open += (scan_here(&r->scan) == '[') - (scan_here(&r->scan) == ']');
    return scan_expect(&r->scan, ",") && value_read(r, type, out) && scan_expect(&r->scan, ")");
}

/* "__torch__.Color.RED" of a type that may not know its members yet. */
static bool read_enum(struct type_reader *r, const struct type *type, lb_value *out) {
    const char *word;
    size_t length;
    if (!scan_word(&r->scan, true, &word, &length)) return fail(r, "expected an enum's member");
    size_t dot = length;
    while (dot && word[dot - 1] != '.') dot--;
    lb_value name, value = value_none();
    if (!value_new_string(&name, word + dot, (int64_t)(length - dot), r->scan.err)) return false;
    int32_t index = 0;
    while (index < type->members->list.count &&
           strcmp(type->members->list.items[index].name->text, name.string->bytes) != 0)
        index++;
    if (index < type->members->list.count) value = type->members->list.items[index].value;
    bool good = value_new_enum(out, type, index, name, value, r->scan.err);
    value_release(name);
    return good;
}

/* "object(0x55d0)": an instance without its attributes stands in. */
static bool read_object(struct type_reader *r, const struct type *type, lb_value *out) {
    while (scan_here(&r->scan) && scan_here(&r->scan) != ')') r->scan.at++;
    if (!type || type->kind != TYPE_CLASS) return fail(r, "an object of no known class");
    return scan_expect(&r->scan, ")") &&
           value_new_object(out, type, type->definition->attributes.count, r->scan.err);
}

static bool read_device(struct type_reader *r, lb_value *out) {
    lb_value text = value_none();
    if (!read_string(r, &text) || !scan_expect(&r->scan, ")")) {
        value_release(text);
        return false;
    }
    bool is_cpu = strncmp(text.string->bytes, "cpu", 3) == 0;
    *out = value_device((struct device){is_cpu ? DEVICE_CPU : DEVICE_CUDA, -1});
    value_release(text);
    return true;
}

static bool read_word(struct type_reader *r, const struct type *type, lb_value *out) {
    static const struct {
        const char *word;
        lb_value value;
    } words[] = {{"None", {.tag = VALUE_NONE}},
                 {"True", {.tag = VALUE_BOOL, .i = 1}},
                 {"False", {.tag = VALUE_BOOL, .i = 0}}};
    struct scan *s = &r->scan;
    for (int i = 0; i < 3; i++) {
        if (!scan_accept(s, words[i].word)) continue;
        *out = words[i].value;
        return true;
    }
    if (scan_accept(s, "annotate(")) return read_annotated(r, type, out);
    if (scan_accept(s, "torch.device(")) return read_device(r, out);
    if (scan_accept(s, "object(")) return read_object(r, type, out);
    if (scan_next_is(s, "inf") || scan_next_is(s, "nan")) return read_number(r, type, out);
    return fail(r, "expected a value");
}

static bool read_by_look(struct type_reader *r, const struct type *type, lb_value *out) {
    char c = scan_peek(&r->scan);
    if (c == '"' || c == '\'') return read_string(r, out);
    if (c == '-' || c == '.' || (c >= '0' && c <= '9')) return read_number(r, type, out);
    if (scan_accept(&r->scan, "[")) return read_list(r, type, out);
    if (scan_accept(&r->scan, "(")) return read_tuple(r, type, out);
    if (scan_accept(&r->scan, "{")) return read_dict(r, type, out);
    return read_word(r, type, out);
}

bool value_read(struct type_reader *r, const struct type *type, lb_value *out) {
    if (type && type->kind == TYPE_OPTIONAL && !scan_next_is(&r->scan, "None")) type = type->items[0];
    if (!scan_enter(&r->scan)) return false;
    bool is_tensor = type && type->kind == TYPE_TENSOR && !scan_next_is(&r->scan, "None");
    bool good = is_tensor                         ? tensor_read(&r->scan, type, out)
                : type && type->kind == TYPE_ENUM ? read_enum(r, type, out)
                                                  : read_by_look(r, type, out);
    if (!good) {
        value_release(*out);
        *out = value_none();
    }
    scan_leave(&r->scan);
    return good;
}
