/* Wording of compile errors; see report.h. */
#include "lang/report.h"
#include "base/mem.h"
#include <stdio.h>

static void put_one(struct text *out, struct source_range at) {
    if (!at.source) return;
    if (at.source->file)
        text_printf(out, "  File \"%s\", line %d\n", at.source->file,
                    source_line_at(at.source, at.start) + at.source->first_line);
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
    struct text out = {0};
    text_put(&out, error_message(err));
    text_printf(&out, "'%s' is being compiled since it was called from '%s'\n", callee, caller);
    lang_put_excerpt(&out, call);
    char *message = text_take(&out);
    if (!message) return false;
    mem_free(err->message);
    err->message = message;
    return false;
}
