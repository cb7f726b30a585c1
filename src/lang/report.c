/* Wording of compile errors; see report.h. */
#include "lang/report.h"
#include "base/mem.h"
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char mark[] = "\nerror[LB";    /* where our own lines begin */
static const char counted[] = "\nerrors: "; /* where they end when there are several */

int lang_line(struct source_range at) {
    return at.source ? source_line_at(at.source, at.start) + at.source->first_line : 0;
}

/* Before the names of the library's own files, until lang_report_move() puts the call in their place. */
static const char own_library[] = "<library> ";

static void put_one(struct text *out, struct source_range at) {
    if (!at.source) return;
    const char *before = at.source->library ? own_library : "";
    if (at.source->file)
        text_printf(out, "  File \"%s%s\", line %d\n", before, at.source->file, lang_line(at));
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

static const char *behind_code(const char *block) {
    const char *found = strstr(block, "]: ");
    return found ? found + 3 : block;
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
    text_printf(out, "%s%s:%d:%d: ", at.source->library ? own_library : "", at.source->file, lang_line(at),
                column);
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

void lang_place(lb_error *err, struct source_range at) {
    if (!err || err->code != LB_ERROR_COMPILE || !is_written(at)) return;
    const char *message = error_message(err) + strspn(error_message(err), "\n ");
    if (own_lines(error_message(err)) || lang_is_follow_up(err)) return;
    struct text out = {0};
    text_put(&out, error_message(err));
    if (out.length && text_get(&out)[out.length - 1] != '\n') text_put_char(&out, '\n');
    put_by_table(&out, error_code_of_wording(message), at, message);
    set_message(err, &out);
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

bool lang_report_follow_up(lb_error *err, const char *name) {
    return error_set(err, LB_ERROR_COMPILE, "'%s' " LANG_FOLLOWS, name);
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
        bool fresh = !tells(out, own);
        if (fresh && count < ERRORS_TOLD) text_put_bytes(out, own, (size_t)(end - own));
        count += fresh;
        own = end;
    }
    return count;
}

/* How many errors the message says that it tells, those that are not shown included. */
static int hidden_count(const char *message) {
    const char *line = strstr(message, counted), *not_shown = line ? strstr(line, "not shown: ") : NULL;
    return not_shown ? atoi(not_shown + strlen("not shown: ")) : 0;
}

static void put_count(struct text *out, int count) {
    if (count > 1) text_printf(out, "%s%d", counted + 1, count);
    if (count > ERRORS_TOLD) text_printf(out, ", not shown: %d", count - ERRORS_TOLD);
    if (count > 1) text_put_char(out, '\n');
}

static void put_all(struct text *out, const char *first, const char *second) {
    const char *own = own_lines(first);
    text_put_bytes(out, first, own ? (size_t)(own - first) : strlen(first));
    if (!own && out->length && text_get(out)[out->length - 1] != '\n') text_put_char(out, '\n');
    int count = add_blocks(out, own, 0) + hidden_count(first);
    count = add_blocks(out, own_lines(second), count) + hidden_count(second);
    put_count(out, count);
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
    const char *file = behind_code(t->start), *stop = file + strcspn(file, "\n");
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
    lang_place(err, call);
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

/* ---- errors inside the library ---- */

static bool is_in_library(const char *block) {
    return !strncmp(behind_code(block), own_library, sizeof own_library - 1);
}

/* The parts of one error's lines: the expression in quotes and what is said of it. */
struct parts {
    const char *expression, *what, *rest;
    int expression_length, what_length;
};

static struct parts parts_of(const char *block) {
    struct parts p = {.rest = block + strcspn(block, "\n")};
    const char *colon = strstr(behind_code(block), ": "), *what = colon ? colon + 2 : p.rest;
    const char *close = strstr(what, "`: ");
    if (*what == '`' && close && close < p.rest) {
        p.expression = what + 1;
        p.expression_length = (int)(close - p.expression);
        what = close + 3;
    }
    p.what = what;
    p.what_length = p.rest > what ? (int)(p.rest - what) : 0;
    for (int line = 0; line < 3 && *p.rest; line++) { /* this one, the source's, the carets */
        p.rest += strcspn(p.rest, "\n");
        p.rest += *p.rest == '\n';
    }
    return p;
}

/* The argument that the expression names. */
static const struct moved_argument *argument_of(const struct report_move *m, const struct parts *p) {
    for (int i = 0; i < m->count; i++) {
        const struct moved_argument *a = &m->arguments[i];
        bool named = a->at.source && (int)strlen(a->parameter) == p->expression_length;
        if (named && !strncmp(a->parameter, p->expression, (size_t)p->expression_length)) return a;
    }
    return NULL;
}

/* Whether it speaks of variables and functions, which are the library's. */
static bool speaks_of_names(const struct parts *p) {
    for (int i = 0; i + 1 < p->what_length; i++)
        if (p->what[i] == '`' && (p->what[i + 1] == '_' || isalpha((unsigned char)p->what[i + 1])))
            return true;
    return false;
}

/* An operator, a literal: nothing of it is called by a name. */
static bool is_whole_call(const struct report_move *m) {
    size_t length = strlen(m->spoken);
    return length >= m->call.end - m->call.start &&
           !strncmp(m->spoken, m->call.source->text + m->call.start, length);
}

/* What is wrong, in words of the call. */
static void put_moved_words(struct text *out, enum error_code code, const struct parts *p,
                            const struct report_move *m, const struct moved_argument *a) {
    bool names = code != ERROR_NO_ATTRIBUTE && speaks_of_names(p);
    if (names && a && a->type)
        text_printf(out, "`%s` cannot take this: it is %s\n", m->spoken, a->type);
    else if (names)
        text_printf(out, "`%s` cannot work with what it is given\n", m->spoken);
    else if (a || is_whole_call(m))
        text_printf(out, "%.*s\n", p->what_length, p->what);
    else
        text_printf(out, "in `%s`: %.*s\n", m->spoken, p->what_length, p->what);
}

static void put_moved_help(struct text *out, enum error_code code, const struct parts *p,
                           const struct report_move *m, const struct moved_argument *a) {
    const char *help = strstr(p->rest, "help: ");
    if (code == ERROR_NOT_CALLABLE)
        text_put(out, "help: Give a function: its name without parentheses, or a lambda.\n");
    else if (a && help && code != ERROR_NO_ATTRIBUTE)
        text_put_bytes(out, help, strcspn(help, "\n") + 1);
    else if (is_whole_call(m))
        text_put(out, "help: Look at the types of what stands here.\n");
    else
        text_printf(out, "help: Look at what `%s` is given: it works with other types.\n", m->spoken);
}

/* One error's lines with the place of an argument, or of the call. Where the call stands in the library, too,
 * its words stay as they are. */
static struct source_range move_block(struct text *out, const char *block, const struct report_move *m) {
    struct parts p = parts_of(block);
    const struct moved_argument *a = argument_of(m, &p);
    struct source_range at = a ? a->at : m->call;
    enum error_code code = (enum error_code)atoi(block + sizeof mark - 2);
    if (!is_written(at)) return at;
    text_printf(out, "error[LB%04d]: ", (int)code);
    put_place(out, at);
    put_expression(out, at);
    if (at.source->library)
        text_printf(out, "%.*s\n", p.what_length, p.what);
    else
        put_moved_words(out, code, &p, m, a);
    put_marked_line(out, at);
    if (at.source->library)
        text_put_bytes(out, p.rest, (size_t)(block_end(block) - p.rest));
    else
        put_moved_help(out, code, &p, m, a);
    return at;
}

/* PyTorch's part of a message: of a place in the library its words, with the place that it has now. */
static void put_moved_head(struct text *out, const char *whole, size_t length, struct source_range at) {
    static const char place[] = ":\n  File \"<library> ";
    const char *found = strstr(whole, place);
    bool moved = at.source && found && found < whole + length;
    text_put_bytes(out, whole, moved ? (size_t)(found - whole) + 2 : length);
    if (moved) lang_put_excerpt(out, at);
}

void lang_report_move(lb_error *err, const struct report_move *m) {
    const char *whole = error_message(err), *own = own_lines(whole);
    struct text out = {0}, blocks = {0};
    struct source_range at = {0};
    if (err->code != LB_ERROR_COMPILE || !own || !m->call.source) return;
    for (const char *block = own; block && !strncmp(block, mark + 1, sizeof mark - 2);) {
        const char *end = block_end(block);
        if (!is_in_library(block))
            text_put_bytes(&blocks, block, (size_t)(end - block));
        else if (!at.source) /* one of a call is enough */
            at = move_block(&blocks, block, m);
        block = end;
    }
    put_moved_head(&out, whole, (size_t)(own - whole), at);
    int count = add_blocks(&out, text_get(&blocks), 0) + hidden_count(whole);
    put_count(&out, count);
    text_free(&blocks);
    set_message(err, &out);
}
