/* Compile errors as PyTorch words them: the message, a colon, the excerpt of the source with the place
 * underlined; for generated code the original's excerpt first, then "Serialized" and the generated one's
 * (torch/csrc/jit/frontend/error_report.cpp, source_range.cpp). */
#ifndef LINKBOY_LANG_REPORT_H
#define LINKBOY_LANG_REPORT_H
#include "base/error.h"
#include "base/source.h"

/* Always false. */
bool lang_report(lb_error *err, struct source_range at, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
bool lang_report_list(lb_error *err, struct source_range at, const char *format, va_list args);
/* Adds "'CALLEE' is being compiled since it was called from 'CALLER'" with the call's excerpt to an error. */
bool lang_report_caller(lb_error *err, const char *callee, const char *caller, struct source_range call);
/* The excerpt with the file's name and line before it. */
void lang_put_excerpt(struct text *out, struct source_range at);
#endif
