/* Wording of compile errors; see report.h. */
#include "lang/report.h"
#include "base/mem.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char mark[] = "\nerror[LB";    /* where our own lines begin */
static const char counted[] = "\nerrors: "; /* where they end when there are several */

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
    const char *found = strstr(message, mark);
    return found ? found + 1 : NULL;
}

/* Where the lines about the error at hand end: the next one's, or the count of all, begin there. */
static const char *block_end(const char *block) {
    const char *next = strstr(block, mark), *count = strstr(block, counted);
    if (next) return next + 1;
    for (const char *at = count; at; at = strstr(at + 1, counted)) count = at;
    return count ? count + 1 : block + strlen(block);
}

/* The length of the range's text, with the quote that ends a string, or the bracket that ends a call, at its
 * end: ranges leave these out. */
static int shown_length(struct source_range at) {
    const char *text = at.source->text;
    char open = 0;
    int brackets = 0;
    for (uint32_t i = at.start; i < at.end; i++) {
        if (!open) brackets += (text[i] == '(') - (text[i] == ')');
        if (text[i] == open)
            open = 0;
        else if (!open && (text[i] == '"' || text[i] == '\''))
            open = text[i];
    }
    char missing = open ? open : brackets == 1 ? ')' : 0;
    return (int)(at.end - at.start) + (missing && at.end < at.source->length && text[at.end] == missing);
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

/* A byte within a character of UTF-8. */
static bool is_inner(char c) {
    return (c & 0xc0) == 0x80;
}

static void put_place(struct text *out, struct source_range at) {
    uint32_t begin = at.source->line_starts[source_line_at(at.source, at.start)];
    int column = 1;
    for (uint32_t i = begin; i < at.start; i++) column += !is_inner(at.source->text[i]);
    text_printf(out, "%s:%d:%d: ", at.source->file, lang_line(at), column);
}

/* The part of a long line that is shown: around the range, between whole characters. */
struct window {
    const char *start, *end;
    bool cut[2]; /* something is left out before it, behind it */
};

static struct window window_of(struct source_range at) {
    enum { WIDEST = 120 };
    uint32_t length;
    const char *line = source_line(at.source, source_line_at(at.source, at.start), &length);
    struct window w = {line, line + length, {0}};
    const char *start = at.source->text + at.start;
    while (w.end > line && w.end[-1] == '\r') w.end--;
    if (w.end - line > WIDEST && start - line > WIDEST / 2) w.start = start - WIDEST / 2;
    if (w.end - w.start > WIDEST) w.end = w.start + WIDEST;
    while (w.start > line && w.start < w.end && is_inner(*w.start)) w.start++;
    while (w.end > w.start && w.end < line + length && is_inner(*w.end)) w.end--;
    w.cut[0] = w.start > line;
    w.cut[1] = w.end < line + length && *w.end != '\r';
    return w;
}

/* The line in which the range begins, and below it carets under what of the range stands in it. */
static void put_marked_line(struct text *out, struct source_range at) {
    const struct window w = window_of(at);
    const char *start = at.source->text + at.start, *end = start + shown_length(at);
    text_printf(out, "%5d |%s%s", lang_line(at), w.end > w.start ? " " : "", w.cut[0] ? "..." : "");
    for (const char *c = w.start; c < w.end; c++)
        text_put_char(out, (unsigned char)*c < ' ' && *c != '\t' ? '?' : *c);
    text_printf(out, "%s\n      | %s", w.cut[1] ? "..." : "", w.cut[0] ? "   " : "");
    for (const char *c = w.start; c < start && c < w.end; c++)
        if (!is_inner(*c)) text_put_char(out, *c == '\t' ? '\t' : ' ');
    text_put_char(out, '^');
    for (const char *c = start + 1; c < end && c < w.end; c++)
        if (!is_inner(*c)) text_put_char(out, '^');
    text_put_char(out, '\n');
}

static void put_explanation(struct text *out, const struct explanation *x) {
    const struct error_kind *kind = error_kind_of(x->code);
    text_printf(out, "error[LB%04d]: ", x->code);
    if (x->at.source && x->at.source->file) {
        put_place(out, x->at);
        put_expression(out, x->at);
    }
    text_printf(out, "%s\n", x->what ? x->what : kind->title);
    if (x->at.source && x->at.source->file) put_marked_line(out, x->at);
    if (x->expected) text_printf(out, "expected: %s\n", x->expected);
    text_printf(out, "help: %s\n", x->help ? x->help : kind->cure);
}

/* Text that people write: it has a file's name, and no archive holds it. */
static bool is_written(struct source_range at) {
    return at.source && at.source->file && !at.source->printed;
}

void lang_put_own(struct text *out, const struct explanation *x) {
    if (is_written(x->at)) put_explanation(out, x);
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

/* What the table says of the kind, and the message's own first line. */
static void put_by_table(struct text *out, enum error_code code, struct source_range at,
                         const char *message) {
    struct text what = {0};
    message += strspn(message, "\n ");
    size_t length = strcspn(message, "\n");
    while (length && strchr(" :.", message[length - 1])) length--;
    text_put(&what, error_kind_of(code)->title);
    if (length) text_printf(&what, " (%.*s)", (int)length, message);
    put_explanation(out, &(struct explanation){.code = code, .at = at, .what = text_get(&what)});
    text_free(&what);
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
        put_by_table(&out, error_code_of_wording(strcmp(format, "%s") ? format : message), at, message);
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

bool lang_report_bare(lb_error *err, const struct explanation *x, const char *format, ...) {
    char message[2000];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    struct explanation own = *x;
    if (!own.what) own.what = message;
    struct text out = {0};
    text_printf(&out, "%s\n", message);
    put_explanation(&out, &own);
    if (x->kind)
        error_set_kind(err, LB_ERROR_COMPILE, x->kind, "%s", text_get(&out));
    else
        error_set(err, LB_ERROR_COMPILE, "%s", text_get(&out));
    text_free(&out);
    return false;
}

/* ---- several errors ---- */

bool lang_report_again(lb_error *err, const char *message) {
    return error_set(err, LB_ERROR_COMPILE, "%s", message);
}

bool lang_is_follow_up(const lb_error *err) {
    const char *message = error_message(err);
    return strstr(message, LANG_FOLLOWS) && !own_lines(message);
}

static const char called[] = "is being compiled since it was called from";

bool lang_is_of_callee(const lb_error *err) {
    return strstr(error_message(err), called) != NULL;
}

enum { ERRORS_TOLD = 20 };

/* Whether `out` tells this error already, perhaps with another note. */
static bool tells(const struct text *out, const char *block) {
    struct text line = {0};
    text_put_bytes(&line, block, strcspn(block, "\n") + 1);
    bool told = strstr(text_get(out), text_get(&line)) != NULL;
    text_free(&line);
    return told;
}

/* Adds the blocks of `own` that `out` has not; how many there are in `out` then. */
static int add_blocks(struct text *out, const char *own, int count) {
    while (own && !strncmp(own, mark + 1, sizeof mark - 2)) {
        const char *end = block_end(own);
        bool new = !tells(out, own);
        if (new &&count < ERRORS_TOLD) text_put_bytes(out, own, (size_t)(end - own));
        count += new;
        own = end;
    }
    return count;
}

/* How many errors the message says that it tells, those that are not shown included. */
static int hidden_count(const char *message) {
    const char *line = strstr(message, counted), *not_shown = line ? strstr(line, "not shown: ") : NULL;
    return not_shown ? atoi(not_shown + strlen("not shown: ")) : 0;
}

static void put_all(struct text *out, const char *first, const char *second) {
    const char *own = own_lines(first);
    text_put_bytes(out, first, own ? (size_t)(own - first) : strlen(first));
    if (!own && out->length && text_get(out)[out->length - 1] != '\n') text_put_char(out, '\n');
    int count = add_blocks(out, own, 0) + hidden_count(first);
    count = add_blocks(out, own_lines(second), count) + hidden_count(second);
    if (count > 1) text_printf(out, "%s%d", counted + 1, count);
    if (count > ERRORS_TOLD) text_printf(out, ", not shown: %d", count - ERRORS_TOLD);
    if (count > 1) text_put_char(out, '\n');
}

void lang_report_more(lb_error *err, lb_error *more) {
    if (!err->code || (lang_is_follow_up(err) && !lang_is_follow_up(more))) {
        error_clear(err);
        error_move(err, more);
        return;
    }
    if (err->code == LB_ERROR_COMPILE && more->code == LB_ERROR_COMPILE && !lang_is_follow_up(more)) {
        struct text all = {0};
        put_all(&all, error_message(err), error_message(more));
        set_message(err, &all);
    }
    error_clear(more);
}

/* ---- the order of the source ---- */

/* One error's lines, and the place that they begin with. */
struct told {
    const char *start, *end, *file;
    size_t file_length; /* 0: it has no place */
    int line, column;
};

static int read_number(const char **at) {
    int number = 0;
    for (*at += 1; **at >= '0' && **at <= '9'; *at += 1)
        if (number < 100000000) number = 10 * number + (**at - '0');
    return number;
}

/* FILE:LINE:COLUMN: behind the code. */
static void read_place(struct told *t) {
    const char *file = strstr(t->start, "]: ") + 3, *stop = file + strcspn(file, "\n");
    for (const char *colon = file; colon < stop; colon++) {
        const char *at = colon;
        if (*at != ':') continue;
        t->line = read_number(&at);
        if (*at != ':' || !(t->column = read_number(&at)) || *at != ':') continue;
        t->file = file;
        t->file_length = (size_t)(colon - file);
        return;
    }
}

static bool same_file(const struct told *a, const struct told *b) {
    return a->file_length == b->file_length && !strncmp(a->file, b->file, a->file_length);
}

static bool is_behind(const struct told *a, const struct told *b) {
    return a->line > b->line || (a->line == b->line && a->column > b->column);
}

/* Where the error belongs among the first `count`: files stand in the order in which they are met. */
static int place_among(const struct told *all, int count, const struct told *t) {
    int last = count;
    while (last && !same_file(&all[last - 1], t)) last--;
    if (!last) return count;
    while (last && same_file(&all[last - 1], t) && is_behind(&all[last - 1], t)) last--;
    return last;
}

void lang_report_in_order(lb_error *err) {
    struct told all[ERRORS_TOLD];
    const char *whole = error_message(err), *own = own_lines(whole), *at = own;
    int count = 0;
    for (; at && count < ERRORS_TOLD && !strncmp(at, mark + 1, sizeof mark - 2); count++) {
        struct told t = {.start = at, .end = block_end(at), .file = ""};
        read_place(&t);
        at = t.end;
        int place = place_among(all, count, &t);
        memmove(all + place + 1, all + place, (size_t)(count - place) * sizeof *all);
        all[place] = t;
    }
    if (count < 2) return;
    struct text out = {0};
    text_put_bytes(&out, whole, (size_t)(own - whole));
    for (int i = 0; i < count; i++) text_put_bytes(&out, all[i].start, (size_t)(all[i].end - all[i].start));
    text_put(&out, at);
    set_message(err, &out);
}

/* ---- calls ---- */

/* The note behind each error. */
static void put_noted(struct text *out, const char *own, const char *note) {
    while (own && !strncmp(own, mark + 1, sizeof mark - 2)) {
        const char *end = block_end(own);
        text_put_bytes(out, own, (size_t)(end - own));
        text_put(out, note);
        own = end;
    }
    if (own) text_put(out, own);
}

void lang_report_note(lb_error *err, const char *note) {
    const char *whole = error_message(err), *own = own_lines(whole);
    struct text out = {0};
    if (!own) return;
    text_put_bytes(&out, whole, (size_t)(own - whole));
    put_noted(&out, own, note);
    set_message(err, &out);
}

/* The line of ours that says for whose sake something was compiled. */
static void put_reason(struct text *note, const char *callee, const char *caller, const char *does,
                       struct source_range at) {
    if (!is_written(at)) return;
    text_put(note, "note: ");
    put_place(note, at);
    text_printf(note, "`%s` is compiled because `%s` %s it here\n", callee, caller, does);
}

void lang_report_namer(lb_error *err, const char *named, const char *namer, struct source_range at) {
    struct text note = {0};
    put_reason(&note, named, namer, "names", at);
    if (err->code == LB_ERROR_COMPILE) lang_report_note(err, text_get(&note));
    text_free(&note);
}

bool lang_report_caller(lb_error *err, const char *callee, const char *caller, struct source_range call,
                        struct source_range at) {
    if (!err || err->code != LB_ERROR_COMPILE) return false;
    const char *whole = error_message(err), *own = own_lines(whole);
    struct text out = {0}, note = {0};
    text_put_bytes(&out, whole, own ? (size_t)(own - whole) : strlen(whole));
    text_printf(&out, "'%s' %s '%s'\n", callee, called, caller);
    lang_put_excerpt(&out, call);
    put_reason(&note, callee, caller, "calls", at.source ? at : call);
    put_noted(&out, own, text_get(&note));
    text_free(&note);
    set_message(err, &out);
    return false;
}
