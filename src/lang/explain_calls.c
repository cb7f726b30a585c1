/* Sentences about calls and operators that fit none of their candidates; see explain.h. */
#include "lang/explain.h"
#include "types/function.h"
#include <string.h>

/* ---- what is called ---- */

/* The signs of operators, and names that Python has for what an operator stands for. */
static const struct {
    const char *op, *sign, *name;
} known[] = {
    {"add", "+", NULL},           {"sub", "-", NULL},
    {"mul", "*", NULL},           {"div", "/", NULL},
    {"floordiv", "//", NULL},     {"floor_divide", "//", NULL},
    {"remainder", "%", NULL},     {"pow", "**", NULL},
    {"matmul", "@", NULL},        {"eq", "==", NULL},
    {"ne", "!=", NULL},           {"lt", "<", NULL},
    {"le", "<=", NULL},           {"gt", ">", NULL},
    {"ge", ">=", NULL},           {"__and__", "&", NULL},
    {"__or__", "|", NULL},        {"__xor__", "^", NULL},
    {"__lshift__", "<<", NULL},   {"__rshift__", ">>", NULL},
    {"neg", "-", NULL},           {"bitwise_not", "~", NULL},
    {"__contains__", "in", NULL}, {"add_", "+=", NULL},
    {"sub_", "-=", NULL},         {"mul_", "*=", NULL},
    {"div_", "/=", NULL},         {"Float", NULL, "float"},
    {"Int", NULL, "int"},         {"Bool", NULL, "bool"},
    {"Complex", NULL, "complex"},
};

static const char *short_op(const struct schema *s) {
    const char *text = s->name->text, *colons = strstr(text, "::");
    return colons ? colons + 2 : text;
}

/* Operators, of which there may be many candidates, are none of the unit's functions. */
static const struct function *function_of(struct emitter *e, const struct schema *s) {
    if (strstr(s->name->text, "::")) return NULL;
    for (int i = 0; i < e->unit->function_list.count; i++)
        if (e->unit->function_list.items[i]->schema == s) return e->unit->function_list.items[i];
    return NULL;
}

bool explain_is_library(const struct function *f) {
    const struct tree *def = f ? f->definition : NULL;
    return def && def->range.source && def->range.source->library;
}

/* "divmod" of "builtin_divmod", "removeprefix" of "str_removeprefix". */
static const char *library_word(const char *name) {
    const char *line = strchr(name, '_');
    return line && line > name && line[1] ? line + 1 : name;
}

const char *explain_callee(struct emitter *e, const struct schema *s) {
    const char *name = short_op(s);
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (known[i].name && !strcmp(known[i].op, name)) name = known[i].name;
    const struct function *f = function_of(e, s);
    if (explain_is_library(f)) return arena_printf(&e->memory, "`%s`", library_word(name));
    const struct tree *def = f ? f->definition : NULL;
    const char *class = f && f->owner ? explain_type_name(e, f->owner) : NULL;
    const struct tree *here = e->function->definition;
    bool shown = def && here && def->range.source && here->range.source && def->range.source->file &&
                 here->range.source->file && !strcmp(def->range.source->file, here->range.source->file);
    const char *place = shown ? arena_printf(&e->memory, " (line %d)", lang_line(def->range)) : "";
    return arena_printf(&e->memory, "`%s%s%s`%s", class ? class : "", class ? "." : "", name,
                        place ? place : "");
}

/* ---- candidates ---- */

/* What lacks a test for None alone is nearer than what lacks more. */
static int nearness(const struct fault *f) {
    return 2 * f->reached + (f->code == ERROR_MAY_BE_NONE);
}

void faults_add(struct faults *f, struct fault fault) {
    int at = f->count;
    while (at && nearness(&f->items[at - 1]) < nearness(&fault)) at--;
    if (at >= FAULTS_KEPT) return;
    if (f->count < FAULTS_KEPT) f->count++;
    memmove(f->items + at + 1, f->items + at, (size_t)(f->count - 1 - at) * sizeof *f->items);
    f->items[at] = fault;
}

void faults_end(struct faults *f, const struct schema *s, size_t end) {
    for (int i = 0; i < f->count; i++)
        if (f->items[i].schema == s && !f->items[i].length) f->items[i].length = end - f->items[i].start;
}

/* Of the candidates those stay that came as far as they can help: none that fails at once where another does
 * not, and none that nobody would have meant. */
static void keep_near(struct faults *f) {
    int best = f->items[0].reached, kept = 1;
    for (int i = 1; i < f->count; i++) {
        int reached = f->items[i].reached;
        if (reached == best || reached > 0 || (!reached && best < 1)) f->items[kept++] = f->items[i];
    }
    f->count = kept;
}

/* Whether all fail for the same reason. */
static bool all_alike(const struct faults *f) {
    for (int i = 1; i < f->count; i++)
        if (strcmp(f->items[i].what, f->items[0].what)) return false;
    return true;
}

static const char *given_types(struct emitter *e, struct actuals actuals, const struct actual *self) {
    struct text out = {0};
    const char *between = "";
    for (int i = self ? -1 : 0; i < actuals.count + actuals.keyword_count; i++) {
        const struct actual *a = i < 0               ? self
                                 : i < actuals.count ? &actuals.items[i]
                                                     : &actuals.keywords[i - actuals.count];
        text_put(&out, between);
        if (a->name) text_printf(&out, "%s=", a->name->text);
        text_put(&out, a->value ? explain_type_name(e, a->value->type) : "...");
        between = ", ";
    }
    const char *words = arena_text(&e->memory, text_get(&out), out.length);
    text_free(&out);
    return words ? words : "";
}

static const char *nearest_variants(struct emitter *e, const struct faults *f) {
    struct text out = {0};
    text_put(&out, f->count > 1 ? "one of these, the nearest first" : "this");
    for (int i = 0; i < f->count; i++) {
        text_put(&out, "\n  ");
        schema_put(&out, f->items[i].schema);
        text_printf(&out, "\n    but %s", f->items[i].what);
    }
    const char *words = arena_text(&e->memory, text_get(&out), out.length);
    text_free(&out);
    return words;
}

/* ---- operators and subscripts ---- */

/* Operands stand within an operator, arguments behind what is called. */
static bool is_within(struct source_range at, struct actuals actuals) {
    for (int i = 0; i < actuals.count; i++) {
        struct source_range a = actuals.items[i].range;
        if (a.source != at.source || a.start < at.start || a.end > at.end) return false;
    }
    return actuals.count > 0 && !actuals.keyword_count;
}

static const char *sign_of(const struct schema *s) {
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (known[i].sign && !strcmp(known[i].op, short_op(s))) return known[i].sign;
    return NULL;
}

static const char *subscript_words(struct emitter *e, const struct type *container,
                                   const struct type *index) {
    const char *given = explain_type(e, index);
    switch (container->kind) {
    case TYPE_LIST:
    case TYPE_STRING:
        return arena_printf(&e->memory, "the index of a %s is an int, but %s is given",
                            container->kind == TYPE_LIST ? "list" : "str", given);
    case TYPE_OPTIONAL:
        return arena_printf(&e->memory, "what is indexed may be None (it is %s)", explain_type(e, container));
    case TYPE_DICT:
        return arena_printf(&e->memory, "the keys of this dict are of type %s, but %s is given",
                            explain_type_name(e, container->items[0]), given);
    default: return arena_printf(&e->memory, "%s cannot be indexed", explain_type(e, container));
    }
}

static const struct type *last_item(const struct type *container) {
    return container->items[container->count - 1];
}

static bool fits_subscript(const struct type *container, const struct type *index) {
    return (container->kind == TYPE_LIST && index->kind == TYPE_INT) ||
           (container->kind == TYPE_DICT && container->items[0] == index);
}

static bool is_text_for_list(struct actuals a) {
    return a.items[0].value->type->kind == TYPE_LIST && a.items[1].value->type->kind == TYPE_STRING;
}

static const char *operator_words(struct emitter *e, const char *sign, struct actuals a) {
    const char *first = explain_type(e, a.items[0].value->type);
    if (a.count == 1) return arena_printf(&e->memory, "there is no `%s` of %s", sign, first);
    const char *second = explain_type(e, a.items[1].value->type);
    if (!strcmp(sign, "in")) return arena_printf(&e->memory, "%s cannot be looked for in %s", second, first);
    return arena_printf(&e->memory, "`%s` does not take %s and %s", sign, first, second);
}

/* What an operator or subscript says of its operands; NULL: it is a call. */
static const char *syntax_words(struct emitter *e, const struct schema *s, struct source_range at,
                                struct actuals a) {
    const char *op = short_op(s), *sign = sign_of(s);
    bool subscript = !strcmp(op, "__getitem__") || !strcmp(op, "_set_item") || !strcmp(op, "Delete");
    if (!is_within(at, a)) return NULL;
    for (int i = 0; i < a.count; i++)
        if (!a.items[i].value) return NULL;
    if (subscript && a.count == 3 && fits_subscript(a.items[0].value->type, a.items[1].value->type))
        return arena_printf(&e->memory, "the items of this %s are of type %s, but %s is assigned",
                            explain_type_name(e, a.items[0].value->type),
                            explain_type_name(e, last_item(a.items[0].value->type)),
                            explain_type(e, a.items[2].value->type));
    if (subscript && a.count >= 2) return subscript_words(e, a.items[0].value->type, a.items[1].value->type);
    return sign && a.count <= 2 ? operator_words(e, sign, a) : NULL;
}

void *explain_call(struct emitter *e, struct faults *f, struct source_range at, struct actuals actuals,
                   const struct actual *self, int candidates) {
    if (!f->count) return NULL;
    keep_near(f);
    const struct fault *first = &f->items[0];
    struct explanation x = {.code = first->code, .at = first->at, .what = first->what, .help = first->help};
    const char *words = self ? NULL : syntax_words(e, first->schema, at, actuals);
    bool one = candidates == 1 || all_alike(f),
         narrow = x.at.source && (x.at.start > at.start || x.at.end < at.end);
    if (!x.at.source) x.at = at;
    if (words && x.code == ERROR_MAY_BE_NONE) {
        if (!narrow) x.what = words;
    } else if (words || !one) {
        bool subscript = words && !sign_of(first->schema);
        x.code = subscript ? ERROR_INDEX_TYPE : ERROR_NO_OVERLOAD;
        x.at = at;
        x.what = words ? words
                       : arena_printf(&e->memory, "no variant of %s takes (%s)",
                                      explain_callee(e, first->schema), given_types(e, actuals, self));
    }
    if (words && x.code == ERROR_INDEX_TYPE && is_text_for_list(actuals))
        x.help = "Index it with a number; what is looked up by text is a Dict with keys of type str.";
    if (!one && !words && x.code != ERROR_MAY_BE_NONE) x.expected = nearest_variants(e, f);
    lang_explain(e->err, &x);
    return NULL;
}
