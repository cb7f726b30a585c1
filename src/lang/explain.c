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

const char *explain_type_name(struct emitter *e, const struct type *t) {
    return t->kind == TYPE_NUMBER ? "number" : short_name(emit_type_words(e, t));
}

const char *explain_type(struct emitter *e, const struct type *t) {
    if (t->kind == TYPE_NONE) return "None";
    const char *words = explain_type_name(e, t);
    const char *whole = arena_printf(&e->memory, "%s %s", strchr("aeiouAEIO", *words) ? "an" : "a", words);
    return whole ? whole : words;
}

/* Of "3", a text that is a number, the number without quotes; NULL: it is none. */
static const char *number_in_quotes(struct emitter *e, struct source_range at, bool whole) {
    if (!at.source || at.end <= at.start + 1) return NULL;
    const char *text = at.source->text + at.start;
    size_t length = strspn(text + 1, whole ? "0123456789" : "0123456789.");
    bool quoted = (*text == '"' || *text == '\'') && text[length + 1] == *text && length;
    return quoted && at.start + length + 1 <= at.end ? arena_text(&e->memory, text + 1, length) : NULL;
}

static bool is_number(const struct type *t) {
    return t->kind == TYPE_INT || t->kind == TYPE_FLOAT || t->kind == TYPE_BOOL || t->kind == TYPE_COMPLEX ||
           t->kind == TYPE_NUMBER;
}

static const char *cure_text(struct emitter *e, const struct type *want, struct source_range at) {
    const char *number = number_in_quotes(e, at, want->kind == TYPE_INT);
    const char *convert = want->kind == TYPE_INT     ? "convert it with `int(...)`"
                          : want->kind == TYPE_FLOAT ? "convert it with `float(...)`"
                                                     : "make a number of it with `int(...)` or `float(...)`";
    if (number) return arena_printf(&e->memory, "Write `%s` without quotes, or %s.", number, convert);
    return arena_printf(&e->memory, "%c%s.", *convert - 'a' + 'A', convert + 1);
}

static const char *cure_list(struct emitter *e, const struct type *want, const struct type *found) {
    const struct type *item = found->items[0];
    if (is_tensor(e, want) && is_number(item)) return "Make a tensor of the list with `torch.tensor(...)`.";
    if (is_tensor(e, want) && is_tensor(e, item))
        return "Call it for each tensor of the list, or join them with `torch.stack(...)` or "
               "`torch.cat(...)`.";
    return is_subtype(e, item, want) ? "Call it for each item of the list, in a comprehension or a loop."
                                     : NULL;
}

static const char *cure_tensor(struct emitter *e, const struct type *want) {
    if (want->kind == TYPE_INT || want->kind == TYPE_FLOAT || want->kind == TYPE_BOOL)
        return arena_printf(&e->memory, "Take the number out of a tensor of one element with `%s(...)`%s.",
                            explain_type_name(e, want), want->kind == TYPE_BOOL ? "" : " or `.item()`");
    return want->kind == TYPE_LIST ? "Make a list of the tensor: `x.tolist()` with an annotated result, or "
                                     "`[x]`."
                                   : NULL;
}

const char *explain_cure(struct emitter *e, const struct type *want, const struct type *found,
                         struct source_range given) {
    const char *type = explain_type_name(e, want), *cure = NULL;
    if (found->kind == TYPE_OPTIONAL && is_subtype(e, found->items[0], want))
        return "Test it with `is not None` first.";
    if (found->kind == TYPE_NONE)
        return arena_printf(&e->memory, "Give %s instead of None.", explain_type(e, want));
    if (found->kind == TYPE_ANY || found->kind == TYPE_UNION)
        return "Find out first what it is: `if isinstance(x, T):`, or `assert isinstance(x, T)`.";
    if (found->kind == TYPE_LIST) cure = cure_list(e, want, found);
    if (found->kind == TYPE_STRING && (is_number(want) || is_tensor(e, want)))
        cure = cure_text(e, want, given);
    if (is_tensor(e, found)) cure = cure_tensor(e, want);
    if (want->kind == TYPE_LIST && is_subtype(e, found, want->items[0])) cure = "Make a list of it: `[...]`.";
    if (cure) return cure;
    if (want->kind == TYPE_INT && found->kind == TYPE_FLOAT)
        return "Divide with `//`, or convert with `int(...)`.";
    if (is_number(want) || want->kind == TYPE_STRING)
        return arena_printf(&e->memory, "Convert it with `%s(...)`.",
                            want->kind == TYPE_NUMBER ? "float" : type);
    if (is_tensor(e, want) && is_number(found)) return "Make a tensor of it with `torch.tensor(...)`.";
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

static const char *advice(struct emitter *e, const struct type *class, enum advice about, const char *name) {
    struct resolver *r = e->resolver;
    return r->advise ? r->advise(r, class, about, name, &e->memory) : NULL;
}

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

/* The whole number that is assigned behind `start`: "= 3". */
static const char *first_number(struct emitter *e, const struct source_range *start) {
    if (!start) return NULL;
    const char *at = start->source->text + start->end, *end = start->source->text + start->source->length;
    while (at < end && *at == ' ') at++;
    if (at == end || *at++ != '=') return NULL;
    while (at < end && *at == ' ') at++;
    size_t length = strspn(at, "0123456789");
    bool whole = length && (at[length] == '\n' || at[length] == '\r' || !at[length] || at[length] == ' ');
    return whole ? arena_text(&e->memory, at, length) : NULL;
}

void *explain_changed_type(struct emitter *e, const struct name *name, const struct source_range *start,
                           const struct type *before, const struct type *now, struct source_range at) {
    const char *number = first_number(e, start), *words = explain_type(e, now), *help, *place = "";
    if (before->kind == TYPE_NONE)
        help = arena_printf(&e->memory, "Declare it: `%s: Optional[%s] = None`.", name->text,
                            explain_type_name(e, now));
    else if (number && now->kind == TYPE_FLOAT)
        help = arena_printf(&e->memory, "Start it with `%s = %s.0`.", name->text, number);
    else
        help = arena_printf(&e->memory, "Start `%s` with %s, or use another name here.", name->text, words);
    if (start) place = arena_printf(&e->memory, " (line %d)", lang_line(*start));
    return explain(e, ERROR_VARIABLE_CHANGES_TYPE, at, help, "`%s` starts as %s%s and becomes %s here",
                   name->text, explain_type(e, before), place ? place : "", words);
}

void *explain_undefined(struct emitter *e, const struct name *name, struct source_range at) {
    if (has_member(e->self_type, name))
        return explain(e, ERROR_UNDEFINED, at, suggestion(e, "self.", name->text),
                       "nothing is called `%s` here, but `self` has an attribute of that name", name->text);
    const char *near = nearest_variable(e, name->text);
    if (!near) near = advice(e, NULL, ADVICE_NEAR, name->text);
    return explain(e, ERROR_UNDEFINED, at, suggestion(e, "", near), "nothing is called `%s` here",
                   name->text);
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
    const char *help = arena_printf(&e->memory, "Give `%s` a value before the `if`, or %s.", name->text,
                                    why->setter ? "in its first arm, too" : "add an `else` that does");
    return explain(e, ERROR_NOT_ON_EVERY_PATH, at, help,
                   "`%s` has no value when %s is %s: it is set only in %s of the `if` in line %d", name->text,
                   test, why->setter ? "true" : "false", why->setter ? "the `else`" : "the first arm",
                   lang_line(why->at));
}

static int member_names(const struct type *t, const char **names, int most) {
    int count = 0;
    if (t->kind == TYPE_ENUM)
        for (int i = 0; i < (int)t->members->list.count && count < most; i++)
            names[count++] = t->members->list.items[i].name->text;
    if (t->kind == TYPE_TUPLE && t->fields)
        for (int i = 0; i < t->count && count < most; i++) names[count++] = t->fields->names[i]->text;
    if (t->kind != TYPE_CLASS || !t->definition) return count;
    for (int i = 0; i < (int)t->definition->attributes.count && count < most; i++) {
        const char *name = t->definition->attributes.items[i].name->text;
        bool own = name[0] != '_' && !(t->definition->is_module && !strcmp(name, "training"));
        if (own) names[count++] = name;
    }
    return count;
}

void *explain_refused_attribute(struct emitter *e, const struct type *class, const char *field,
                                const char *why, struct source_range at) {
    const char *place = advice(e, class, ADVICE_SET, field);
    const char *set = place ? arena_printf(&e->memory, " (set in `__init__`: %s)", place) : "";
    if (strstr(why, "ignored during compilation"))
        return explain(e, ERROR_NO_ATTRIBUTE, at,
                       "Take it out of `__jit_ignored_attributes__`, or do without it here.",
                       "`%s` is left out of the program by `__jit_ignored_attributes__`", field);
    if (strstr(why, "(This function"))
        return explain(e, ERROR_NO_ATTRIBUTE, at, "Mend the function, or mark it `torch.jit.ignore`.",
                       "the function that the attribute `%s` holds%s does not compile", field,
                       set ? set : "");
    if (strstr(why, "(This attribute"))
        return explain(
            e, ERROR_NO_ATTRIBUTE, at,
            "Keep numbers, strings, tensors, or lists, dicts and tuples of one type in attributes; an empty "
            "or mixed one wants an annotation in the class, such as `sizes: List[int]`.",
            "the attribute `%s`%s has a value for which programs have no type", field, set ? set : "");
    return explain_no_attribute(e, class, field, at);
}

void *explain_attribute_type(struct emitter *e, const struct type *class, const struct name *name,
                             const struct type *want, const struct ir_value *given, struct source_range at) {
    const char *place = advice(e, class, ADVICE_SET, name->text), *words = explain_type(e, given->type);
    const char *help = want->kind == TYPE_NONE
                           ? arena_printf(&e->memory, "Declare it in the class: `%s: Optional[%s]`.",
                                          name->text, explain_type_name(e, given->type))
                           : arena_printf(&e->memory, "Assign %s, or start `%s` as %s.",
                                          explain_type(e, want), name->text, words);
    return explain(e, ERROR_ATTRIBUTE_TYPE, at, help,
                   "the attribute `%s` of %s is %s (%s%s), and %s is assigned to it", name->text,
                   explain_type_name(e, class), explain_type(e, want), "set in `__init__`",
                   place ? arena_printf(&e->memory, ": %s", place) : "", words);
}

static const char *misuse_cure(const struct type *t, enum error_code code) {
    if (code == ERROR_NOT_ITERABLE)
        return t->kind == TYPE_INT ? "Use `range(...)`."
                                   : "Walk through a list, dict, tuple, string or tensor.";
    if (t->kind == TYPE_ANY_LIST || t->kind == TYPE_ANY_TUPLE)
        return "Declare what is in it, such as List[int] or Tuple[int, str].";
    if (code == ERROR_NOT_CALLABLE && t->kind == TYPE_LIST)
        return "Index it with `[...]` instead of `(...)`.";
    if (code == ERROR_UNPACK_COUNT && t->kind == TYPE_TENSOR)
        return "Take it apart first: `x.unbind(0)`, or index it.";
    return NULL;
}

void *explain_misuse(struct emitter *e, const struct type *t, enum error_code code, struct source_range at) {
    const char *words = explain_type(e, t);
    const char *cannot = code == ERROR_NOT_CALLABLE        ? "called"
                         : code == ERROR_NOT_SUBSCRIPTABLE ? "indexed"
                         : code == ERROR_NOT_ITERABLE      ? "walked through"
                                                           : "unpacked into names";
    if (t->kind == TYPE_OPTIONAL)
        return explain(e, ERROR_MAY_BE_NONE, at, NULL, "what is %s may be None (it is %s)", cannot, words);
    return explain(e, code, at, misuse_cure(t, code), "%s cannot be %s", words, cannot);
}

void *explain_no_value(struct emitter *e, const char *words, struct source_range at) {
    enum { LONGEST = 60 };
    bool called = !strcmp(words, "method") || !strcmp(words, "function");
    int length = (int)(at.end - at.start);
    const char *help =
        called && at.source && length && length <= LONGEST
            ? arena_printf(&e->memory, "Call it: `%.*s(...)`.", length, at.source->text + at.start)
            : NULL;
    return explain(e, ERROR_METHOD_AS_VALUE, at, help, "this is %s %s, not a value",
                   strchr("aeiou", *words) ? "an" : "a", words);
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
    if (!near) near = advice(e, t, ADVICE_NEAR, field);
    const char *place = near && t->kind == TYPE_CLASS ? advice(e, t, ADVICE_SET, near) : NULL;
    const char *help =
        place ? arena_printf(&e->memory, "Did you mean `%s` (set in `__init__`: %s)?", near, place)
              : suggestion(e, "", near);
    if (t->kind == TYPE_OPTIONAL)
        return explain(e, ERROR_MAY_BE_NONE, at, NULL, "this has no `%s`, since it may be None (it is %s)",
                       field, explain_type(e, t));
    if (!help && t->kind == TYPE_CLASS)
        help = arena_printf(&e->memory, "Set `self.%s` in `__init__`.", field);
    if (!help && t->kind != TYPE_TUPLE && t->kind != TYPE_ENUM)
        help = "Check the spelling; only what TorchScript's types have can be used.";
    const char *words = t->kind == TYPE_CLASS || t->kind == TYPE_TUPLE || t->kind == TYPE_ENUM
                            ? arena_printf(&e->memory, "`%s`", explain_type_name(e, t))
                            : explain_type(e, t);
    if (t->kind == TYPE_CLASS && !count)
        return explain(
            e, ERROR_NO_ATTRIBUTE, at, help,
            "%s has no attribute `%s`: no method of it and nothing set in `__init__` has that name", words,
            field);
    if (!count || count > SHOWN)
        return explain(e, ERROR_NO_ATTRIBUTE, at, help, "%s has no attribute or method `%s`", words, field);
    if (!help) help = "Use one of these.";
    bool tuple = t->kind == TYPE_TUPLE;
    return explain(e, ERROR_NO_ATTRIBUTE, at, help, "%s has no %s `%s`; %s %s", words,
                   tuple ? "field" : "attribute", field, tuple ? "its fields are" : "it has",
                   listed(e, names, count));
}
