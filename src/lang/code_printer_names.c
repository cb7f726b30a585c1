/* Names of values in printed code: from debug names, made identifiers, unique within a function, never a word
 * of the language. The counters of numbered names live as long as the printer; python_print.cpp, genNameImpl.
 */
#include "base/mem.h"
#include "lang/code_printer_internal.h"
#include <stdio.h>

static const char *const reserved[] = {
    "_",
    "as",
    "aten",
    "attribute",
    "CONSTANTS",
    "fork",
    "getattr",
    "inf",
    "nan",
    "infj",
    "nanj",
    "ops",
    "__torch__",
    "and",
    "assert",
    "async",
    "await",
    "break",
    "class",
    "continue",
    "def",
    "del",
    "elif",
    "else",
    "except",
    "False",
    "finally",
    "for",
    "from",
    "global",
    "if",
    "import",
    "in",
    "is",
    "lambda",
    "None",
    "nonlocal",
    "not",
    "or",
    "pass",
    "raise",
    "return",
    "True",
    "try",
    "with",
    "while",
    "yield",
    "uninitialized",
    "unchecked_cast",
};

static bool is_reserved(const char *name) {
    for (size_t i = 0; i < sizeof reserved / sizeof *reserved; i++)
        if (strcmp(name, reserved[i]) == 0) return true;
    return false;
}

static bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

bool code_is_identifier(const char *bytes, size_t length) {
    for (size_t i = 0; i < length; i++)
        if (!is_letter(bytes[i]) && !(i > 0 && is_digit(bytes[i]))) return false;
    return length > 0;
}

const char *code_unique_name(struct code_printer *p, const char *candidate, size_t length) {
    const struct name *name = name_intern(&p->names, candidate, length);
    while (name && (table_has(&p->used_names, name) || is_reserved(name->text))) {
        uintptr_t number = (uintptr_t)table_get(&p->next_number, name);
        struct text next = {0};
        text_put_bytes(&next, candidate, length);
        text_put_int(&next, (int64_t)number);
        if (!table_set(&p->next_number, name, (void *)(number + 1)) || next.failed)
            name = NULL;
        else
            name = name_intern(&p->names, text_get(&next), next.length);
        text_free(&next);
    }
    if (name && table_set(&p->used_names, name, p)) return name->text;
    p->failed = true;
    return "";
}

/* The debug name without its ".N", as an identifier; "_" where there is none. */
static const char *name_for(struct code_printer *p, const struct ir_value *v) {
    if (!v->debug_name) return code_unique_name(p, "_", 1);
    const char *text = v->debug_name->text, *dot = strrchr(text, '.');
    size_t length = v->debug_name->length;
    if (dot && dot[1] && dot[1 + strspn(dot + 1, "0123456789")] == '\0') length = (size_t)(dot - text);
    struct text identifier = {0};
    if (length == 0 || is_digit(text[0])) text_put_char(&identifier, '_');
    for (size_t i = 0; i < length; i++)
        text_put_char(&identifier, is_letter(text[i]) || is_digit(text[i]) ? text[i] : '_');
    if (identifier.failed) p->failed = true;
    const char *unique = code_unique_name(p, text_get(&identifier), identifier.length);
    text_free(&identifier);
    return unique;
}

static struct value_text *text_of(struct code_printer *p, const struct ir_value *v) {
    struct value_text *t = table_get(&p->texts, v);
    if (t) return t;
    t = arena_new(&p->memory, struct value_text);
    if (!t || !table_set(&p->texts, v, t)) p->failed = true;
    return p->failed ? NULL : t;
}

const struct value_text *code_text_of(const struct code_printer *p, const struct ir_value *v) {
    return table_get(&p->texts, v);
}

void code_set_name(struct code_printer *p, const struct ir_value *v, const char *name) {
    struct value_text *t = text_of(p, v);
    if (t) t->name = name;
}

void code_set_expression(struct code_printer *p, const struct ir_value *v, struct tagged *expression) {
    struct value_text *t = text_of(p, v);
    if (t) t->expression = expression;
}

void code_name_values(struct code_printer *p, struct ir_value *const *values, int count) {
    for (int i = 0; i < count; i++) code_set_name(p, values[i], name_for(p, values[i]));
}

struct tagged *code_new_expression(struct code_printer *p) {
    struct tagged *t = arena_new(&p->memory, struct tagged);
    if (t && array_push(&p->expressions, t)) return t;
    p->failed = true;
    return NULL;
}

void code_put_use(struct code_printer *p, struct tagged *out, const struct ir_value *v) {
    const struct value_text *t = code_text_of(p, v);
    if (t && t->name)
        tagged_put_name(out, p->range, t->name, strlen(t->name));
    else if (t && t->expression)
        tagged_append(out, t->expression);
    else
        code_fail(p, LB_ERROR_INTERNAL, "%s is used before it is defined",
                  v->debug_name ? v->debug_name->text : "a value");
}

void tagged_free(struct tagged *t) {
    text_free(&t->text);
    mem_free(t->origins.items);
    *t = (struct tagged){0};
}
