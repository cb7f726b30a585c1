/* The three spellings of a type (aten/src/ATen/core/type.cpp, str() and annotation_str() of the type
 * classes).
 *
 * Graphs print with operator<<, schemas with str(), code and Python's str() with the annotation form. Most
 * compound types are words around their items; which words is a table. */
#include "types/relations.h"
#include "value/print.h"
#include <string.h>

enum spelling { IN_GRAPH, IN_SCHEMA, IN_CODE };

static const struct {
    const char *graph, *code;
} simple_words[] = {
#define X(suffix, graph, annotation) {graph, annotation},
    SIMPLE_TYPES(X)
#undef X
};

/* Before and after the items, by spelling. */
static const struct {
    const char *before[3], *after[3];
} words[] = {
    [TYPE_LIST - TYPE_LIST] = {{"", "", "List["}, {"[]", "[]", "]"}},
    [TYPE_OPTIONAL - TYPE_LIST] = {{"", "", "Optional["}, {"?", "?", "]"}},
    [TYPE_DICT - TYPE_LIST] = {{"Dict(", "Dict(", "Dict["}, {")", ")", "]"}},
    [TYPE_TUPLE - TYPE_LIST] = {{"(", "(", "Tuple["}, {")", ")", "]"}},
    [TYPE_UNION - TYPE_LIST] = {{"Union(", "Union(", "Union["}, {")", ")", "]"}},
    [TYPE_FUTURE - TYPE_LIST] = {{"Future[", "Future(", "Future["}, {"]", ")", "]"}},
    [TYPE_RREF - TYPE_LIST] = {{"RRef[", "RRef(", "RRef["}, {"]", ")", "]"}},
    [TYPE_AWAIT - TYPE_LIST] = {{"Await(", "Await(", "Await["}, {")", ")", "]"}},
};

static void put(struct text *out, const struct type *t, enum spelling how);

static void put_dims(struct text *out, const int64_t *dims, int ndim) {
    for (int i = 0; i < ndim; i++) {
        if (i) text_put(out, ", ");
        if (dims && dims[i] >= 0)
            text_put_int(out, dims[i]);
        else
            text_put_char(out, '*');
    }
}

static bool complete(const int64_t *dims, int ndim) {
    for (int i = 0; i < ndim; i++)
        if (dims && dims[i] < 0) return false;
    return dims && ndim > 0;
}

/* "Float(2, 3, strides=[3, 1], requires_grad=0, device=cpu)"; what is unknown is left out. */
static void put_facts(struct text *out, const struct tensor_facts *f) {
    text_put(out, f->dtype >= 0 ? dtype_table[f->dtype].graph_name : "Tensor");
    if (f->ndim < 0 && f->dtype >= 0) text_put(out, "Tensor");
    bool open = f->ndim >= 0;
    int items = f->ndim > 0 ? f->ndim : 0;
    if (open) text_put_char(out, '(');
    put_dims(out, f->sizes, f->ndim);
    if (complete(f->strides, f->ndim)) {
        text_put(out, ", strides=[");
        put_dims(out, f->strides, f->ndim);
        text_put_char(out, ']');
    }
    if (f->requires_grad >= 0) {
        text_printf(out, "%srequires_grad=%d", items++ ? ", " : open ? "" : "(", f->requires_grad);
        open = true;
    }
    if (f->has_device) {
        text_put(out, items++ ? ", device=" : open ? "device=" : "(device=");
        value_put_device(out, f->device);
        open = true;
    }
    if (open) text_put_char(out, ')');
    if (f->undefined) text_put(out, "[Undefined]");
}

static void put_list(struct text *out, const struct type *t, enum spelling how) {
    for (int i = 0; i < t->count; i++) {
        if (i) text_put(out, ", ");
        put(out, t->items[i], how);
    }
}

static bool is_number_part(const struct type *t) {
    return t->kind == TYPE_INT || t->kind == TYPE_FLOAT || t->kind == TYPE_COMPLEX;
}

/* UnionType::unionStr: where int, float and complex are all members they print as one number at the end; the
 * comma before a member depends on its place among all members, hence "Union(, str, Scalar)". */
static void put_number_union(struct text *out, const struct type *t, enum spelling how) {
    bool comma = false;
    for (int i = 0; i < t->count; i++) {
        if (is_number_part(t->items[i])) continue;
        if (i) text_put(out, ", ");
        comma |= i > 0;
        put(out, t->items[i], how);
    }
    if (comma) text_put(out, ", ");
    text_put(out, how == IN_CODE ? simple_words[TYPE_NUMBER].code : simple_words[TYPE_NUMBER].graph);
}

static void put_named_tuple(struct text *out, const struct type *t, enum spelling how) {
    if (how != IN_GRAPH) {
        text_put(out, t->name->text);
        return;
    }
    static const struct value_words words_of_values = {.put_type = type_put_annotation};
    int first_default = t->count - t->fields->default_count;
    text_put(out, "NamedTuple(");
    for (int i = 0; i < t->count; i++) {
        text_printf(out, "%s%s : ", i ? ", " : "", t->fields->names[i]->text);
        put(out, t->items[i], how);
        if (i < first_default) continue;
        text_put(out, " = ");
        value_put(out, t->fields->defaults[i - first_default], &words_of_values);
    }
    text_put_char(out, ')');
}

static void put_compound(struct text *out, const struct type *t, enum spelling how) {
    text_put(out, words[t->kind - TYPE_LIST].before[how]);
    bool closed = t->kind == TYPE_DICT || t->kind == TYPE_UNION || t->kind == TYPE_AWAIT;
    enum spelling inner = how == IN_GRAPH && closed ? IN_SCHEMA : how;
    if (t->kind == TYPE_UNION && union_holds_number(t))
        put_number_union(out, t, inner);
    else if (t->kind == TYPE_TUPLE && !t->count && how == IN_CODE)
        text_put(out, "()");
    else
        put_list(out, t, inner);
    text_put(out, words[t->kind - TYPE_LIST].after[how]);
}

static void put_interface(struct text *out, const struct type *t, enum spelling how) {
    const char *dot = strrchr(t->name->text, '.');
    if (how == IN_CODE)
        text_put(out, t->name->text);
    else
        text_printf(out, "InterfaceType<%s>", dot ? dot + 1 : t->name->text);
}

static void put(struct text *out, const struct type *t, enum spelling how) {
    if (t->kind < TYPE_SIMPLE_COUNT)
        text_put(out, how == IN_CODE ? simple_words[t->kind].code : simple_words[t->kind].graph);
    else if (t->kind == TYPE_TENSOR && how == IN_GRAPH && t->facts)
        put_facts(out, t->facts);
    else if (t->kind == TYPE_TENSOR)
        text_put(out, "Tensor");
    else if (t->kind == TYPE_TUPLE && t->fields && (t->name || how == IN_GRAPH))
        put_named_tuple(out, t, how);
    else if (t->kind >= TYPE_LIST && t->kind <= TYPE_AWAIT)
        put_compound(out, t, how);
    else if (t->kind == TYPE_INTERFACE)
        put_interface(out, t, how);
    else if (t->kind == TYPE_ENUM && how != IN_CODE)
        text_printf(out, "Enum<%s>", t->name->text);
    else
        text_put(out, t->name->text);
}

bool type_shows_in_members(const struct type *element) {
    enum type_kind k = element->kind;
    return k != TYPE_UNION && k != TYPE_OPTIONAL && k != TYPE_NUMBER && k != TYPE_INTERFACE && k != TYPE_ANY;
}

void type_put_graph(struct text *out, const struct type *t) {
    put(out, t, IN_GRAPH);
}

void type_put_schema(struct text *out, const struct type *t) {
    put(out, t, IN_SCHEMA);
}

void type_put_annotation(struct text *out, const struct type *t) {
    put(out, t, IN_CODE);
}
