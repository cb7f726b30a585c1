/* Wording of compile errors; see report.h. */
#include "lang/report.h"
#include "base/mem.h"
#include <stdio.h>
#include <string.h>

static const char mark[] = "\nerror[LB"; /* where our own lines begin */

int lang_line(struct source_range at) {
    return at.source ? source_line_at(at.source, at.start) + at.source->first_line : 0;
}

static void put_one(struct text *out, struct source_range at) {
    if (!at.source) return;
    if (at.source->file) text_printf(out, "  File \"%s\", line %d\n", at.source->file, lang_line(at));
    source_put_excerpt(out, at);
}

void lang_put_excerpt(struct text *out, struct source_range at) {
    struct source_range origin = source_origin_of(at);
    if (origin.source && origin.source->length) {
        put_one(out, origin);
        text_put(out, "Serialized ");
    }
    put_one(out, at);
}

/* ---- our own lines ---- */

static const char *own_lines(const char *message) {
    const char *found = NULL;
    for (const char *at = message; (at = strstr(at, mark)); at++) found = at + 1;
    return found;
}

/* The length of the range's text, with the quote that ends a string at its end: ranges leave that out. */
static int shown_length(struct source_range at) {
    const char *text = at.source->text;
    char open = 0;
    for (uint32_t i = at.start; i < at.end; i++)
        if (text[i] == open)
            open = 0;
        else if (!open && (text[i] == '"' || text[i] == '\''))
            open = text[i];
    return (int)(at.end - at.start) + (open && at.end < at.source->length && text[at.end] == open);
}

/* `the expression`, its first line alone and not too much of it. */
static void put_expression(struct text *out, struct source_range at) {
    enum { LONGEST = 60 };
    const char *text = at.source->text + at.start;
    int length = shown_length(at), shown = 0;
    while (shown < length && shown < LONGEST && text[shown] != '\n') shown++;
    while (shown && (text[shown - 1] == ' ' || text[shown - 1] == '\r')) shown--;
    if (!shown) return;
    text_printf(out, "`%.*s%s`: ", shown, text, shown < length ? " ..." : "");
}

static void put_place(struct text *out, struct source_range at) {
    uint32_t begin = at.source->line_starts[source_line_at(at.source, at.start)];
    int column = 1;
    for (uint32_t i = begin; i < at.start; i++) column += (at.source->text[i] & 0xc0) != 0x80;
    text_printf(out, "%s:%d:%d: ", at.source->file, lang_line(at), column);
}

static void put_explanation(struct text *out, const struct explanation *x) {
    const struct error_kind *kind = error_kind_of(x->code);
    text_printf(out, "error[LB%04d]: ", x->code);
    put_place(out, x->at);
    put_expression(out, x->at);
    text_printf(out, "%s\n", x->what ? x->what : kind->title);
    if (x->expected) text_printf(out, "expected: %s\n", x->expected);
    text_printf(out, "help: %s\n", x->help ? x->help : kind->cure);
}

/* Text that people write: it has a file's name, and no archive holds it. */
static bool is_written(struct source_range at) {
    return at.source && at.source->file && !at.source->printed;
}

static void set_message(lb_error *err, struct text *text) {
    char *message = text_take(text);
    if (!message) return;
    mem_free(err->message);
    err->message = message;
}

bool lang_explain(lb_error *err, const struct explanation *x) {
    const char *own = err && err->code == LB_ERROR_COMPILE && err->message ? own_lines(err->message) : NULL;
    if (!own || !is_written(x->at)) return false;
    struct text out = {0};
    text_put_bytes(&out, err->message, (size_t)(own - err->message));
    put_explanation(&out, x);
    set_message(err, &out);
    return false;
}

bool lang_report_list(lb_error *err, struct source_range at, const char *format, va_list args) {
    if (!err || err->code) return false;
    va_list again;
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, format, args);
    char *message = length < 0 ? NULL : mem_alloc((size_t)length + 1);
    if (message) vsnprintf(message, (size_t)length + 1, format, again);
    va_end(again);
    if (!message) return error_memory(err);
    struct text out = {0};
    lang_put_excerpt(&out, at);
    if (is_written(at))
        put_explanation(&out, &(struct explanation){.code = error_code_of_wording(format), .at = at});
    error_set(err, LB_ERROR_COMPILE, "\n%s%s%s", message, *message ? ":\n" : "\n", text_get(&out));
    text_free(&out);
    mem_free(message);
    return false;
}

bool lang_report(lb_error *err, struct source_range at, const char *format, ...) {
    va_list args;
    va_start(args, format);
    lang_report_list(err, at, format, args);
    va_end(args);
    return false;
}

bool lang_report_caller(lb_error *err, const char *callee, const char *caller, struct source_range call) {
    if (!err || err->code != LB_ERROR_COMPILE) return false;
    const char *whole = error_message(err), *own = own_lines(whole);
    struct text out = {0};
    text_put_bytes(&out, whole, own ? (size_t)(own - whole) : strlen(whole));
    text_printf(&out, "'%s' is being compiled since it was called from '%s'\n", callee, caller);
    lang_put_excerpt(&out, call);
    if (own) text_put(&out, own);
    if (own && is_written(call)) {
        text_put(&out, "note: ");
        put_place(&out, call);
        text_printf(&out, "`%s` is compiled because `%s` calls it here\n", callee, caller);
    }
    set_message(err, &out);
    return false;
}
