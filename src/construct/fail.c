/* Errors of construction. Each says what happened in Python's words or what is not evaluated here and the way
 * round it; an excerpt with the place and the calls that led there follow (err->trace). */
#include "base/mem.h"
#include "construct/evaluator.h"
#include <stdio.h>
#include <string.h>

enum { FRAMES_SHOWN = 20 };

void *raise_memory(struct evaluator *v) {
    error_memory(v->err);
    return NULL;
}

static void put_place(struct text *out, const char *before, struct source_range at,
                      const struct call_frame *f) {
    if (!at.source) return;
    text_printf(out, "%sFile \"%s\", line %d", before, at.source->file ? at.source->file : "<text>",
                source_line_at(at.source, at.start) + at.source->first_line);
    text_printf(out, f ? ", in %s\n" : "%s\n", f ? f->name : "");
}

/* What happened, the place, then the calls that led there, the innermost first. */
static void trace(struct evaluator *v, struct source_range at) {
    struct text out = {0};
    text_printf(&out, "%s: %s\n", v->err->kind ? v->err->kind : "error", error_message(v->err));
    put_place(&out, "  ", at, v->frames);
    if (at.source) source_put_excerpt(&out, at);
    int shown = 0;
    for (const struct call_frame *f = v->frames; f && shown <= FRAMES_SHOWN; f = f->outer, shown++)
        put_place(&out, shown == FRAMES_SHOWN ? "...\ncalled from " : "called from ", f->at, f->outer);
    mem_free(v->err->trace);
    v->err->trace = text_take(&out);
}

void *raise_at(struct evaluator *v, struct source_range at) {
    if (v->err->code && v->err->code != LB_ERROR_MEMORY && !v->err->trace) trace(v, at);
    return NULL;
}

/* `format` and what follows as text; NULL with an error when memory is out. */
static char *worded(struct evaluator *v, const char *format, va_list args) {
    va_list again;
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, format, again);
    va_end(again);
    char *text = length < 0 ? NULL : mem_alloc((size_t)length + 1);
    if (text) vsnprintf(text, (size_t)length + 1, format, args);
    return text ? text : raise_memory(v);
}

void *raise_error(struct evaluator *v, struct source_range at, const char *kind, const char *format, ...) {
    if (v->err->code) return NULL;
    va_list args;
    va_start(args, format);
    char *message = worded(v, format, args);
    va_end(args);
    if (message) error_set_kind(v->err, LB_ERROR_RAISED, kind, "%s", message);
    mem_free(message);
    return raise_at(v, at);
}

void *raise_refusal(struct evaluator *v, struct source_range at, const char *way_round, const char *format,
                    ...) {
    if (v->err->code) return NULL;
    va_list args;
    va_start(args, format);
    char *message = worded(v, format, args);
    va_end(args);
    if (message)
        error_set_kind(v->err, LB_ERROR_COMPILE, "NotImplementedError", "%s: %s", message, way_round);
    mem_free(message);
    return raise_at(v, at);
}

bool evaluator_enter(struct evaluator *v, struct source_range at) {
    int depth = v->limits.max_depth > 0 ? v->limits.max_depth : 1000;
    int64_t steps = v->limits.max_steps > 0 ? v->limits.max_steps : 20000000;
    v->depth++;
    if (v->depth <= depth && ++v->steps <= steps) return true;
    if (v->depth > depth)
        raise_error(v, at, "RecursionError", "maximum recursion depth exceeded while constructing");
    else
        error_set(v->err, LB_ERROR_LIMIT, "construction took more than %lld steps", (long long)steps);
    if (v->err->code == LB_ERROR_LIMIT) raise_at(v, at);
    v->depth--;
    return false;
}

const struct name *evaluator_name(struct evaluator *v, const char *text) {
    const struct name *name = name_of(&v->unit->names, text);
    if (!name) error_memory(v->err);
    return name;
}

const struct name *thing_as_name(struct evaluator *v, const struct thing *t, struct source_range at) {
    if (!thing_is_text(t))
        return raise_error(v, at, "TypeError", "a name must be a str, not '%s'", thing_type_name(t));
    const struct string *s = t->value.string;
    const struct name *name = name_intern(&v->unit->names, s->bytes, (size_t)s->length);
    return name ? name : raise_memory(v);
}
