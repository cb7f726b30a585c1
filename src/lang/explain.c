/* Sentences of compile errors; see explain.h. They name what PyTorch's messages leave to the reader to find
 * out. */
#include "lang/explain.h"
#include "base/edit_distance.h"
#include <stdio.h>
#include <string.h>

static const char *short_name(const char *text) {
    const char *dot = strncmp(text, "__torch__.", 10) ? NULL : strrchr(text, '.');
    return dot ? dot + 1 : text;
}

const char *explain_type(struct emitter *e, const struct type *t) {
    const char *words = short_name(emit_type_words(e, t));
    const char *whole = arena_printf(&e->memory, "%s %s", strchr("aeiouAEIO", *words) ? "an" : "a", words);
    return whole ? whole : words;
}

const char *explain_cure(struct emitter *e, const struct type *want, const struct type *found) {
    const char *type = short_name(emit_type_words(e, want));
    bool number = found->kind == TYPE_INT || found->kind == TYPE_FLOAT || found->kind == TYPE_BOOL;
    if (found->kind == TYPE_OPTIONAL) return "Test it with `is not None` first.";
    if (found->kind == TYPE_NONE)
        return arena_printf(&e->memory, "Give %s instead of None.", explain_type(e, want));
    if (found->kind == TYPE_LIST && is_subtype(e, found->items[0], want))
        return "Do it for each item of the list.";
    if (want->kind == TYPE_INT && found->kind == TYPE_FLOAT)
        return "Divide with `//`, or convert with `int(...)`.";
    if (want->kind == TYPE_INT || want->kind == TYPE_FLOAT || want->kind == TYPE_STRING ||
        want->kind == TYPE_BOOL)
        return arena_printf(&e->memory, "Convert it with `%s(...)`.", type);
    if (is_tensor(e, want) && number) return "Make a tensor of it with `torch.tensor(...)`.";
    return arena_printf(&e->memory, "Give %s, or declare %s.", explain_type(e, want), explain_type(e, found));
}

const char *explain_nearest(const char *name, const char *const *names, int count) {
    const char *found = NULL;
    int farthest = strlen(name) < 4 ? 1 : 2;
    for (int i = 0; i < count; i++) {
        int distance = edit_distance(name, names[i], farthest);
        if (distance > farthest) continue;
        found = names[i];
        farthest = distance - 1;
    }
    return found;
}

static const char *format_text(struct emitter *e, const char *format, va_list args) {
    char buffer[600];
    vsnprintf(buffer, sizeof buffer, format, args);
    return arena_text(&e->memory, buffer, strlen(buffer));
}

void *explain(struct emitter *e, enum error_code code, struct source_range at, const char *help,
              const char *format, ...) {
    va_list args;
    va_start(args, format);
    const char *what = format_text(e, format, args);
    va_end(args);
    lang_explain(e->err, &(struct explanation){.code = code, .at = at, .what = what, .help = help});
    return NULL;
}

/* ---- names ---- */

static const char *suggestion(struct emitter *e, const char *before, const char *name) {
    return name ? arena_printf(&e->memory, "Did you mean `%s%s`?", before, name) : NULL;
}

static bool has_member(const struct type *t, const struct name *name) {
    bool known = t && t->kind == TYPE_CLASS && t->definition;
    return known &&
           (class_find_attribute(t->definition, name) >= 0 || class_find_method(t->definition, name));
}

/* The variable in scope that is likest to this name. */
static const char *nearest_variable(struct emitter *e, const char *name) {
    enum { MOST = 200 };
    const char *names[MOST];
    int count = 0;
    for (struct frame *f = e->frame; f; f = f->outer)
        for (int i = 0; i < (int)f->defined.count && count < MOST; i++)
            if (meaningful_name(f->defined.items[i])) names[count++] = f->defined.items[i]->text;
    return explain_nearest(name, names, count);
}

void *explain_undefined(struct emitter *e, const struct name *name, struct source_range at) {
    if (has_member(e->self_type, name))
        return explain(e, ERROR_UNDEFINED, at, suggestion(e, "self.", name->text),
                       "nothing is called `%s` here, but `self` has an attribute of that name", name->text);
    return explain(e, ERROR_UNDEFINED, at, suggestion(e, "", nearest_variable(e, name->text)),
                   "nothing is called `%s` here", name->text);
}

/* "`flag`", or where a long one stands. */
static const char *test_words(struct emitter *e, struct source_range test) {
    enum { LONGEST = 40 };
    int length = (int)(test.end - test.start);
    if (!test.source) return "a test";
    const char *text = test.source->text + test.start;
    if (length <= LONGEST && !memchr(text, '\n', (size_t)length))
        return arena_printf(&e->memory, "`%.*s`", length, text);
    return arena_printf(&e->memory, "the test in line %d", lang_line(test));
}

void *explain_unset(struct emitter *e, const struct name *name, const struct unset *why,
                    struct source_range at) {
    const char *test = test_words(e, why->test);
    if (why->types[0])
        return explain(e, ERROR_NOT_ON_EVERY_PATH, at, "Give it one type in both arms, or use two names.",
                       "`%s` is %s where %s is true (line %d), and %s otherwise", name->text,
                       explain_type(e, why->types[0]), test, lang_line(why->at),
                       explain_type(e, why->types[1]));
    const char *help =
        arena_printf(&e->memory, "Give `%s` a value before the `if`, or %s.", name->text,
                     why->setter ? "in its first arm, too" : "add an `else` that does");
    return explain(e, ERROR_NOT_ON_EVERY_PATH, at, help,
                   "`%s` has no value when %s is %s: it is set only in %s of the `if` in line %d", name->text,
                   test, why->setter ? "true" : "false", why->setter ? "the `else`" : "the first arm",
                   lang_line(why->at));
}

static int member_names(const struct type *t, const char **names, int most) {
    int count = 0;
    if (t->kind == TYPE_TUPLE && t->fields)
        for (int i = 0; i < t->count && count < most; i++) names[count++] = t->fields->names[i]->text;
    if (t->kind != TYPE_CLASS || !t->definition) return count;
    for (int i = 0; i < (int)t->definition->attributes.count && count < most; i++)
        names[count++] = t->definition->attributes.items[i].name->text;
    return count;
}

static const char *listed(struct emitter *e, const char *const *names, int count) {
    struct text out = {0};
    for (int i = 0; i < count; i++)
        text_printf(&out, "%s`%s`", i ? i + 1 == count ? " and " : ", " : "", names[i]);
    const char *words = arena_text(&e->memory, text_get(&out), out.length);
    text_free(&out);
    return words ? words : "";
}

void *explain_no_attribute(struct emitter *e, const struct type *t, const char *field,
                           struct source_range at) {
    enum { MOST = 100, SHOWN = 8 };
    const char *names[MOST];
    int count = member_names(t, names, MOST);
    const char *near = explain_nearest(field, names, count);
    const char *help = suggestion(e, "", near);
    if (!help && t->kind == TYPE_OPTIONAL) help = "Test it with `is not None` first.";
    if (!help && t->kind == TYPE_CLASS)
        help = arena_printf(&e->memory, "Set `self.%s` in `__init__`.", field);
    if (!help && !count) help = "Check the spelling; only what TorchScript's types have can be used.";
    if (!count || count > SHOWN)
        return explain(e, ERROR_NO_ATTRIBUTE, at, help, "%s has no attribute or method `%s`",
                       explain_type(e, t), field);
    if (!help) help = "Use one of these.";
    return explain(e, ERROR_NO_ATTRIBUTE, at, help, "%s has no attribute `%s`; it has %s", explain_type(e, t),
                   field, listed(e, names, count));
}

/* ---- calls ---- */

void faults_add(struct faults *f, struct fault fault) {
    int at = f->count;
    while (at && f->items[at - 1].reached < fault.reached) at--;
    if (at >= FAULTS_KEPT) return;
    if (f->count < FAULTS_KEPT) f->count++;
    memmove(f->items + at + 1, f->items + at, (size_t)(f->count - 1 - at) * sizeof *f->items);
    f->items[at] = fault;
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
        text_put(&out, a->value ? short_name(emit_type_words(e, a->value->type)) : "...");
        between = ", ";
    }
    const char *words = arena_text(&e->memory, text_get(&out), out.length);
    text_free(&out);
    return words ? words : "";
}

static const char *nearest_variants(struct emitter *e, const struct faults *f) {
    struct text out = {0};
    text_put(&out, "one of these, the nearest first");
    for (int i = 0; i < f->count; i++) {
        text_put(&out, "\n  ");
        schema_put(&out, f->items[i].schema);
        text_printf(&out, "\n    but %s", f->items[i].what);
    }
    const char *words = arena_text(&e->memory, text_get(&out), out.length);
    text_free(&out);
    return words;
}

void *explain_call(struct emitter *e, const struct faults *f, struct source_range at, struct actuals actuals,
                   const struct actual *self, int candidates) {
    if (!f->count) return NULL;
    const struct fault *first = &f->items[0];
    struct explanation x = {.code = first->code, .at = first->at, .what = first->what, .help = first->help};
    if (!x.at.source) x.at = at;
    if (candidates > 1) {
        bool same = first->code == ERROR_MAY_BE_NONE;
        const char *name = strstr(first->schema->name->text, "::");
        const char *what =
            arena_printf(&e->memory, "no variant of `%s` takes (%s)",
                         name ? name + 2 : first->schema->name->text, given_types(e, actuals, self));
        if (!same)
            x = (struct explanation){.code = ERROR_NO_OVERLOAD, .at = at, .what = what, .help = first->help};
        x.expected = nearest_variants(e, f);
    }
    lang_explain(e->err, &x);
    return NULL;
}
