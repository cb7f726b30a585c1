/* Compile errors as PyTorch words them: the message, a colon, the excerpt of the source with the place
 * underlined; for generated code the original's excerpt first, then "Serialized" and the generated one's
 * (torch/csrc/jit/frontend/error_report.cpp, source_range.cpp). For text that people write, lines of our own
 * come after that: the code, what is wrong and where exactly, what was expected, how to mend it. */
#ifndef LINKBOY_LANG_REPORT_H
#define LINKBOY_LANG_REPORT_H
#include "base/error.h"
#include "base/source.h"
#include "lang/error_codes.h"

/* Always false. */
bool lang_report(lb_error *err, struct source_range at, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
bool lang_report_list(lb_error *err, struct source_range at, const char *format, va_list args);

/* What our own lines say; NULL texts: what the code's row in the table says. */
struct explanation {
    enum error_code code;
    struct source_range at; /* the expression at fault, no more */
    const char *what, *expected, *help;
    const char *kind; /* of lang_report_bare(): the exception, NULL: RuntimeError */
};
/* Puts our lines; nothing for printed code. */
void lang_put_own(struct text *out, const struct explanation *x);
/* Puts these lines in place of those that the error has; nothing for errors of printed code. Always false. */
bool lang_explain(lb_error *err, const struct explanation *x);
/* Of an error that has no lines of ours, since what it is about is in no file, says that it is here. */
void lang_place(lb_error *err, struct source_range at);
/* An error without an excerpt: of what a host or a constructor made. Always false. */
bool lang_report_bare(lb_error *err, const struct explanation *x, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* An error that has been told before. Always false. */
bool lang_report_again(lb_error *err, const char *message);
/* Puts our lines of `more`, which is cleared, behind those of the error, each once. Without an error `more`
 * becomes it. */
void lang_report_more(lb_error *err, lb_error *more);
/* Puts a line of ours behind those of each error that the message tells. */
void lang_report_note(lb_error *err, const char *note);
/* Our lines of all errors in the order of the source, file by file; what PyTorch says stays as it is. */
void lang_report_in_order(lb_error *err);
/* How an error goes on that only says that something has failed before: it is told where nothing else is. */
#define LANG_FOLLOWS "did not compile before"
bool lang_is_follow_up(const lb_error *err);
/* Says no more of `name` than that; always false. */
bool lang_report_follow_up(lb_error *err, const char *name);
/* Whether the error is one of something that was called. */
bool lang_is_of_callee(const lb_error *err);
/* Adds "'CALLEE' is being compiled since it was called from 'CALLER'" with the excerpt that PyTorch shows of
 * the call to an error; our line names the place `at`. */
bool lang_report_caller(lb_error *err, const char *callee, const char *caller, struct source_range call,
                        struct source_range at);
/* A class was compiled since it was named: a line of ours says so. */
void lang_report_namer(lb_error *err, const char *named, const char *namer, struct source_range at);
/* An error inside a function of the library becomes one of the call that led there. */
struct moved_argument {
    const char *parameter; /* what the library calls it */
    struct source_range at;
    const char *type; /* "a List[int]"; NULL: it is no value */
};
struct report_move {
    const char *spoken; /* what is called, as it is written there */
    struct source_range call;
    const struct moved_argument *arguments;
    int count;
};
void lang_report_move(lb_error *err, const struct report_move *m);
/* The line of its file in which the range begins, from 1; 0 for a range without source. */
int lang_line(struct source_range at);
/* The excerpt with the file's name and line before it. */
void lang_put_excerpt(struct text *out, struct source_range at);
#endif
