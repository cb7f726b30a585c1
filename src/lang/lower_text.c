/* Values as Python writes them: str(), repr(), print(). TorchScript writes floats with all their digits and
 * no zero behind the point; here they are written as Python does (library/numbers.py). */
#include "lang/library.h"
#include "lang/lower.h"
#include <string.h>

static struct ir_value *text_of(struct emitter *e, const char *text, struct source_range at) {
    return emit_text(e, text, (int64_t)strlen(text), at);
}

struct ir_value *lower_joined(struct emitter *e, struct ir_value *a, struct ir_value *b,
                              struct source_range at) {
    struct ir_value *both[2] = {a, b};
    return a && b ? emit_operator(e, "aten::add", at, both, 2) : NULL;
}

static const char *last_atom(const struct name *qualified) {
    const char *dot = strrchr(qualified->text, '.');
    return dot ? dot + 1 : qualified->text;
}

/* (1, 'a') or Point(x=1, y=2) */
static struct ir_value *tuple_text(struct emitter *e, struct ir_value *v, struct source_range at) {
    const struct type *t = v->type;
    struct ir_value *const *items = emit_unpack(e, v);
    const char *open = t->fields && t->name ? arena_printf(&e->memory, "%s(", last_atom(t->name)) : "(";
    struct ir_value *text = items && open ? text_of(e, open, at) : NULL;
    for (int i = 0; text && i < t->count; i++) {
        const char *before = i ? ", " : "";
        if (t->fields) before = arena_printf(&e->memory, "%s%s=", before, t->fields->names[i]->text);
        text = before ? lower_joined(e, text, text_of(e, before, at), at) : emit_out_of_memory(e);
        text = lower_joined(e, text, lower_text(e, items[i], true, at), at);
    }
    return lower_joined(e, text, text_of(e, t->count == 1 && !t->fields ? ",)" : ")", at), at);
}

static struct ir_value *caught_text(struct emitter *e, struct ir_value *v, bool repr,
                                    struct source_range at) {
    return sugared_value(e, library_call(e, repr ? "caught_repr" : "caught_str", at, &v, 1), at);
}

static struct ir_value *optional_text(struct emitter *e, struct ir_value *v, bool repr,
                                      struct source_range at) {
    struct tree *kept = lower_keep(e, at, sugared_simple(e, v)),
                *none = lower_tree(e, TREE_NONE, at, 0, NULL);
    struct tree *test = kept && none ? lower_binary(e, at, OPERATOR_IS, kept, none) : NULL;
    struct tree *call = test ? lower_call(e, at, lower_name(e, at, repr ? "repr" : "str"), 1, &kept) : NULL;
    struct tree *parts[3] = {test, tree_string(&e->memory, at, "None", 4), call};
    struct tree *t = call ? lower_tree(e, TREE_IF_EXPRESSION, at, 3, parts) : NULL;
    return t ? emit_expression(e, t, NULL) : NULL;
}

static struct ir_value *enum_text(struct emitter *e, struct ir_value *v, bool repr, struct source_range at) {
    if (!repr && lower_shows_value(e, v->type)) {
        v = emit_typed(e, KIND_ENUM_VALUE, v->type->members->value_type, &v, 1);
        return v ? lower_text(e, v, false, at) : NULL;
    }
    const char *before = arena_printf(&e->memory, "%s%s.", repr ? "<" : "", last_atom(v->type->name));
    struct ir_value *text = before ? text_of(e, before, at) : emit_out_of_memory(e);
    text = lower_joined(e, text, emit_typed(e, KIND_ENUM_NAME, simple_type(e, TYPE_STRING), &v, 1), at);
    if (!repr || !text) return text;
    struct ir_value *value = emit_typed(e, KIND_ENUM_VALUE, v->type->members->value_type, &v, 1);
    text = lower_joined(e, text, text_of(e, ": ", at), at);
    text = lower_joined(e, text, value ? lower_text(e, value, true, at) : NULL, at);
    return lower_joined(e, text, text_of(e, ">", at), at);
}

static struct ir_value *object_text(struct emitter *e, struct ir_value *v, bool repr,
                                    struct source_range at) {
    const char *const methods[2] = {repr ? "__repr__" : "__str__", "__repr__"};
    for (int i = 0; i < 2; i++) {
        struct sugared *method = lower_special(e, v, methods[i], at);
        if (method) return sugared_value(e, sugared_call(e, method, at, actuals_of(NULL, 0), 1), at);
        if (e->err->code) return NULL;
    }
    const char *text = arena_printf(&e->memory, "<%s object>", last_atom(v->type->name));
    return text ? text_of(e, text, at) : emit_out_of_memory(e);
}

struct ir_value *lower_text(struct emitter *e, struct ir_value *v, bool repr, struct source_range at) {
    switch (v->type->kind) {
    case TYPE_STRING: return repr ? sugared_value(e, library_call(e, "str_repr", at, &v, 1), at) : v;
    case TYPE_FLOAT: return sugared_value(e, library_call(e, "float_repr", at, &v, 1), at);
    case TYPE_NONE: return text_of(e, "None", at);
    case TYPE_TUPLE: return lower_is_caught(v->type) ? caught_text(e, v, repr, at) : tuple_text(e, v, at);
    case TYPE_LIST:
    case TYPE_DICT: {
        struct sugared *s = lower_by_library(e, "repr", at, &v, 1);
        if (!s && !e->err->code)
            s = library_call(e, v->type->kind == TYPE_LIST ? "list_repr" : "dict_repr", at, &v, 1);
        return sugared_value(e, s, at);
    }
    case TYPE_OPTIONAL: return optional_text(e, v, repr, at);
    case TYPE_ENUM: return enum_text(e, v, repr, at);
    case TYPE_CLASS: return object_text(e, v, repr, at);
    default: return emit_operator(e, "aten::str", at, &v, 1);
    }
}

/* ---- type(x) ---- */

/* What Python calls the class of values of a type; NULL: it has several. */
static const char *class_words(struct emitter *e, const struct type *t) {
    static const struct {
        enum type_kind kind;
        const char *name;
    } plain[] = {{TYPE_TENSOR, "torch.Tensor"}, {TYPE_INT, "int"},         {TYPE_FLOAT, "float"},
                 {TYPE_BOOL, "bool"},           {TYPE_COMPLEX, "complex"}, {TYPE_STRING, "str"},
                 {TYPE_LIST, "list"},           {TYPE_DICT, "dict"},       {TYPE_NONE, "NoneType"},
                 {TYPE_DEVICE, "torch.device"}};
    bool named = t->kind == TYPE_CLASS || t->kind == TYPE_ENUM || (t->kind == TYPE_TUPLE && t->name);
    const char *name = named ? t->name->text : t->kind == TYPE_TUPLE ? "tuple" : NULL;
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
        if (plain[i].kind == t->kind) name = plain[i].name;
    if (named && !strncmp(name, "__torch__.", 10)) name += 10;
    bool main = named && !strchr(name, '.');
    return name ? arena_printf(&e->memory, "<class '%s%s'>", main ? "__main__." : "", name) : NULL;
}

struct ir_value *lower_class_text(struct emitter *e, const struct tree *call) {
    bool is = call->kind == TREE_CALL && call->items[0]->kind == TREE_NAME && call->items[1]->count == 1 &&
              !call->items[2]->count && !strcmp(call->items[0]->name->text, "type");
    struct sugared *s = is ? emit_sugared(e, call->items[1]->items[0], 1, NULL) : NULL;
    struct ir_value *v = s ? sugared_as_simple(s) : NULL;
    const char *words = v && !lower_is_caught(v->type) ? class_words(e, v->type) : NULL;
    return words ? text_of(e, words, call->range) : NULL;
}

/* ---- str, repr, print as functions ---- */

static struct sugared *call_text(struct emitter *e, struct sugared *s, struct source_range at,
                                 struct actuals actuals, int binders) {
    (void)binders;
    if (!actuals.count) return sugared_simple(e, text_of(e, "", at));
    struct ir_value *v = emit_actual(e, &actuals.items[0]);
    return v ? sugared_simple(e, lower_text(e, v, s->only_end, at)) : NULL;
}
static const struct sugared_kind kind_text = {.word = "function", .call = call_text};

/* A keyword argument of print that must be known. */
static const char *print_option(struct emitter *e, struct actuals actuals, const char *name,
                                const char *otherwise, struct source_range at) {
    for (int i = 0; i < actuals.keyword_count; i++) {
        lb_value c;
        struct ir_value *v = emit_actual(e, &actuals.keywords[i]);
        if (strcmp(actuals.keywords[i].name->text, name)) continue;
        if (v && emit_is_constant(v, &c) && c.tag == VALUE_STRING) return c.string->bytes;
        return emit_error(e, at, "print's argument '%s' must be a constant string", name);
    }
    return otherwise;
}

static struct sugared *call_print(struct emitter *e, struct sugared *s, struct source_range at,
                                  struct actuals actuals, int binders) {
    (void)s;
    (void)binders;
    const char *separator = print_option(e, actuals, "sep", " ", at),
               *end = print_option(e, actuals, "end", "\n", at);
    struct ir_value *text = separator && end ? text_of(e, "", at) : NULL;
    size_t length = end ? strlen(end) : 0;
    if (text && (!length || end[length - 1] != '\n'))
        return emit_error(e, at, "print always ends a line here: give an `end` that ends with a newline");
    for (int i = 0; text && i < actuals.count; i++) {
        struct ir_value *v = emit_actual(e, &actuals.items[i]);
        if (i) text = lower_joined(e, text, text_of(e, separator, at), at);
        text = v && text ? lower_joined(e, text, lower_text(e, v, false, at), at) : NULL;
    }
    if (text && length > 1) text = lower_joined(e, text, emit_text(e, end, (int64_t)length - 1, at), at);
    struct node *n = text ? emit_node(e, KIND_PRINT, 0, &text, 1) : NULL;
    if (!n) return NULL;
    n->range = at;
    return sugared_new(e, &sugared_kind_none);
}
static const struct sugared_kind kind_print = {.word = "print", .call = call_print};

struct sugared *lower_text_function(struct emitter *e, const struct name *name) {
    bool repr = !strcmp(name->text, "repr"), print = !strcmp(name->text, "print");
    if (!repr && !print && strcmp(name->text, "str")) return NULL;
    struct sugared *s = sugared_new(e, print ? &kind_print : &kind_text);
    if (s) s->only_end = repr;
    return s;
}
