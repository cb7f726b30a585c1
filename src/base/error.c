/* Error values; see error.h. Messages are heap text; a message that could not be allocated says so. */
#include "base/error.h"
#include "base/mem.h"
#include <stdio.h>
#include <string.h>

static char *format_text(const char *format, va_list args) {
    va_list again;
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, format, args);
    char *text = length < 0 ? NULL : mem_alloc((size_t)length + 1);
    if (text) vsnprintf(text, (size_t)length + 1, format, again);
    va_end(again);
    return text;
}

bool error_set(lb_error *err, lb_code code, const char *format, ...) {
    if (!err || err->code) return false;
    va_list args;
    va_start(args, format);
    err->code = code;
    err->message = format_text(format, args);
    va_end(args);
    return false;
}

bool error_set_kind(lb_error *err, lb_code code, const char *kind, const char *format, ...) {
    if (!err || err->code) return false;
    va_list args;
    va_start(args, format);
    err->code = code;
    err->message = format_text(format, args);
    err->kind = mem_copy_text(kind, strlen(kind));
    va_end(args);
    return false;
}

bool error_memory(lb_error *err) {
    if (err && !err->code) err->code = LB_ERROR_MEMORY;
    return false;
}

bool error_prefix(lb_error *err, const char *format, ...) {
    if (!err || !err->code) return false;
    va_list args;
    va_start(args, format);
    char *prefix = format_text(format, args);
    va_end(args);
    const char *old = error_message(err);
    char *joined = prefix ? mem_alloc(strlen(prefix) + strlen(old) + 3) : NULL;
    if (joined) {
        sprintf(joined, "%s: %s", prefix, old);
        mem_free(err->message);
        err->message = joined;
    }
    mem_free(prefix);
    return false;
}

void error_clear(lb_error *err) {
    if (!err) return;
    mem_free(err->kind);
    mem_free(err->message);
    mem_free(err->trace);
    *err = (lb_error){0};
}

void error_move(lb_error *to, lb_error *from) {
    if (to && !to->code) {
        *to = *from;
        *from = (lb_error){0};
    } else {
        error_clear(from);
    }
}

const char *error_message(const lb_error *err) {
    if (err->message) return err->message;
    return err->code == LB_ERROR_MEMORY ? "out of memory" : "error without text (out of memory)";
}
