/* `try`: an error unwinds to the frame of a TRY's block that has a handler for it, and the program goes on
 * behind the TRY with what was caught: (class, str(), repr() of its arguments, traceback). Operators' errors
 * get the class and the text that Python has for them; what reaches the outside keeps PyTorch's. */
#include "exec/machine.h"
#include "types/exceptions.h"
#include <string.h>

enum { CAUGHT_KIND, CAUGHT_TEXT, CAUGHT_SHOWN, CAUGHT_PLACE, CAUGHT_COUNT };

/* ---- what Python calls it ---- */

static const struct {
    const char *begins, *kind;
    const char *text; /* NULL: the message itself */
} known[] = {
    {"division by 0", "ZeroDivisionError", "division by zero"},
    {"integer modulo by zero", "ZeroDivisionError", NULL},
    {"0.0 cannot be raised to a negative power", "ZeroDivisionError", NULL},
    {"list index out of range", "IndexError", NULL},
    {"Tuple list index out of range", "IndexError", "tuple index out of range"},
    {"Tuple index out of range", "IndexError", "tuple index out of range"},
    {"basic_string::at", "IndexError", "string index out of range"},
    {"pop() called on empty stack", "IndexError", "pop from empty list"},
    {"pop from empty list", "IndexError", NULL},
    {"popitem(): dictionary is empty", "KeyError", "'popitem(): dictionary is empty'"},
    {"list.remove(x)", "ValueError", NULL},
    {"Expected to erase", "ValueError", "list.remove(x): x not in list"},
    {"invalid literal for int()", "ValueError", NULL},
    {"could not convert string to float", "ValueError", NULL},
    {"stoll", "ValueError", NULL},
    {"stod", "ValueError", NULL},
    {"math domain error", "ValueError", NULL},
    {"max() arg is an empty sequence", "ValueError", NULL},
    {"min() arg is an empty sequence", "ValueError", NULL},
    {"range() arg 3 must not be zero", "ValueError", NULL},
    {"factorial() not defined for negative values", "ValueError", NULL},
    {"chr() arg not in range", "ValueError", "chr() arg not in range(0x110000)"},
    {"unhashable type", "TypeError", NULL},
    {"calls are nested more than", "RecursionError", "maximum recursion depth exceeded"},
};

static bool begins(const char *text, const char *with) {
    return !strncmp(text, with, strlen(with));
}

static bool is_unpacking(const char *message) {
    return strstr(message, " elements in a list but found") ||
           strstr(message, " elements in a tuple but found");
}

/* "KeyError: 'a'": how many bytes the class's name takes; 0: it begins with none. */
static size_t leading_class(const char *message) {
    char name[32];
    size_t length = strcspn(message, ":");
    if (length >= sizeof name || strncmp(message + length, ": ", 2)) return 0;
    memcpy(name, message, length);
    name[length] = 0;
    return exception_is_builtin(name) ? length : 0;
}

struct told {
    struct text kind, text, shown;
};

static void told_free(struct told *t) {
    text_free(&t->kind);
    text_free(&t->text);
    text_free(&t->shown);
}

static void put_quoted(struct text *out, const char *bytes) {
    char quote = strchr(bytes, '\'') && !strchr(bytes, '"') ? '"' : '\'';
    text_put_char(out, quote);
    for (; *bytes; bytes++) {
        if (*bytes == quote || *bytes == '\\') text_put_char(out, '\\');
        if (*bytes == '\n')
            text_put(out, "\\n");
        else
            text_put_char(out, *bytes);
    }
    text_put_char(out, quote);
}

/* What a raise statement raised. str() of a KeyError is repr() of its argument. */
static void tell_raised(struct told *t, const char *kind, const char *message) {
    bool key = !strcmp(kind, "builtins.KeyError"); /* what was caught before has its text already */
    text_put(&t->kind, kind);
    if (*message) put_quoted(&t->shown, message);
    text_put(&t->text, key ? text_get(&t->shown) : message);
}

/* A text among the arguments of the operator that failed; NULL: it is none. */
static const char *text_argument(const struct machine *m, int which) {
    const struct frame *top = &m->frames[m->frame_count - 1];
    const struct site *s = top->at->op == CODE_OP ? top->at->k.site : NULL;
    if (!s || which >= s->argument_count) return NULL;
    lb_value v = top->registers[s->arguments[which].place];
    return v.tag == VALUE_STRING ? v.string->bytes : NULL;
}

/* The key that a dict has not. */
static void put_key(struct text *out, const struct machine *m, const char *message) {
    const char *key = text_argument(m, 1);
    if (key)
        put_quoted(out, key);
    else
        text_put(out, message);
}

static bool is_integer_division(const struct machine *m) {
    const struct frame *top = &m->frames[m->frame_count - 1];
    return top->at->op == CODE_FLOORDIV;
}

/* Of a text that is no number. */
static void put_number_error(struct text *out, const char *message, const char *number) {
    text_put(out, strcmp(message, "stoll") ? "could not convert string to float: "
                                           : "invalid literal for int() with base 10: ");
    put_quoted(out, number);
}

/* What an operator says, in Python's words. */
static void tell_refused(struct told *t, const struct machine *m, const char *kind, const char *message) {
    if (is_unpacking(message)) kind = "ValueError";
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (!begins(message, known[i].begins)) continue;
        kind = known[i].kind;
        if (known[i].text) message = known[i].text;
        if (i == 0 && is_integer_division(m)) message = "integer division or modulo by zero";
        break;
    }
    const char *number = strcmp(message, "stoll") && strcmp(message, "stod") ? NULL : text_argument(m, 0);
    text_put(&t->kind, kind ? exception_plain_name(kind) : "RuntimeError");
    if (number)
        put_number_error(&t->text, message, number);
    else
        text_put(&t->text, message);
    message = text_get(&t->text);
    if (!strcmp(text_get(&t->kind), "KeyError"))
        text_put(&t->shown, message);
    else
        put_quoted(&t->shown, message);
}

static bool tell(struct told *t, const struct machine *m) {
    const lb_error *err = m->err;
    const char *message = error_message(err);
    size_t length = leading_class(message);
    if (err->code == LB_ERROR_RAISED && err->kind) {
        tell_raised(t, err->kind, message);
    } else if (length) {
        text_put_bytes(&t->kind, message, length);
        bool key = !strcmp(text_get(&t->kind), "KeyError");
        if (key)
            put_key(&t->text, m, message + length + 2);
        else
            text_put(&t->text, message + length + 2);
        if (key)
            text_put(&t->shown, text_get(&t->text));
        else if (message[length + 2])
            put_quoted(&t->shown, text_get(&t->text));
    } else {
        tell_refused(t, m, err->kind, message);
    }
    return !(t->kind.failed || t->text.failed || t->shown.failed);
}

/* ---- who catches it ---- */

static bool may_be_caught(const lb_error *err) {
    if (err->code == LB_ERROR_LIMIT) return err->kind && !strcmp(err->kind, "RecursionError");
    return err->code == LB_ERROR_RUNTIME || err->code == LB_ERROR_RAISED || err->code == LB_ERROR_ARGUMENT ||
           err->code == LB_ERROR_UNSUPPORTED;
}

/* Which of a site's handlers ("A B;C") takes this class; -1: none. */
static int handler_of(struct unit *unit, const char *catches, const char *kind) {
    for (int which = 0; *catches; which++) {
        for (; *catches && *catches != ';'; catches += *catches == ' ') {
            size_t length = strcspn(catches, " ;");
            if (exception_is_a(unit, kind, catches, length)) return which;
            catches += length;
        }
        catches += *catches == ';';
    }
    return -1;
}

static const struct site *site_below(const struct machine *m, int frame) {
    return m->frames[frame - 1].at->k.site;
}

/* The innermost frame whose TRY has a handler; 0: none. */
static int find_frame(struct machine *m, const char *kind, int *handler) {
    for (int i = m->frame_count - 1; i > 0; i--) {
        if (!m->frames[i].catches) continue;
        *handler = handler_of(m->unit, site_below(m, i)->catches, kind);
        if (*handler >= 0) return i;
    }
    return 0;
}

static bool give_text(lb_value *slot, const char *text, lb_error *err) {
    return value_new_string(slot, text, (int64_t)strlen(text), err);
}

/* None where nobody looks at it. */
static bool make_caught(const struct site *s, const struct told *t, const char *place, lb_value *out,
                        lb_error *err) {
    *out = value_none();
    if (!s->tells) return true;
    if (!value_new_tuple(out, s->type, CAUGHT_COUNT, err)) return false;
    lb_value *items = out->tuple->items;
    return give_text(&items[CAUGHT_KIND], text_get(&t->kind), err) &&
           give_text(&items[CAUGHT_TEXT], text_get(&t->text), err) &&
           give_text(&items[CAUGHT_SHOWN], text_get(&t->shown), err) &&
           give_text(&items[CAUGHT_PLACE], place ? place : "", err);
}

/* Behind the TRY, whose frame is on top now. */
static void go_on(struct machine *m, const struct site *s, int handler, lb_value caught) {
    struct frame *top = machine_top(m);
    top->registers[s->results[0]].tag = VALUE_UNINITIALIZED;
    top->registers[s->results[1]].i = handler;
    if (caught.tag != VALUE_NONE) top->registers[s->results[2]] = caught;
    top->at++;
}

bool machine_catch(struct machine *m) {
    struct told told = {0};
    int handler = -1, frame = 0;
    if (!m->frame_count || !may_be_caught(m->err)) return false;
    if (tell(&told, m)) frame = find_frame(m, text_get(&told.kind), &handler);
    if (!frame) {
        told_free(&told);
        return false;
    }
    const struct site *s = site_below(m, frame);
    lb_error own = {0};
    lb_value caught;
    if (s->tells) machine_trace(m);
    bool good = make_caught(s, &told, m->err->trace, &caught, &own);
    told_free(&told);
    error_clear(m->err);
    machine_exit_all(m, frame);
    machine_unwind(m, frame);
    if (good) {
        go_on(m, s, handler, caught);
        return true;
    }
    value_release(caught);
    error_move(m->err, &own);
    return false;
}

bool machine_reraise(struct machine *m, lb_value caught) {
    if (caught.tag != VALUE_TUPLE || caught.tuple->count != CAUGHT_COUNT) return machine_uninitialized(m);
    const lb_value *items = caught.tuple->items;
    const char *kind = items[CAUGHT_KIND].string->bytes, *text = items[CAUGHT_TEXT].string->bytes;
    const char *place = items[CAUGHT_PLACE].string->bytes;
    struct text copy = {0};
    text_put(&copy, place);
    if (!strcmp(kind, "builtins.KeyError")) kind = exception_plain_name(kind);
    error_set_kind(m->err, LB_ERROR_RAISED, kind, "%s", text);
    if (*place && !copy.failed && !m->err->trace) m->err->trace = text_take(&copy);
    text_free(&copy);
    return false;
}
