/* Things of Python's libraries that are neither functions of the library nor operators:
 * dataclasses.replace(), _replace() of a NamedTuple, loggers, and what may be asked for anything and answers
 * nothing (a context of autograd). */
#include "lang/library.h"
#include "lang/lower.h"
#include <string.h>

/* ---- what answers nothing ---- */

static struct sugared *call_quiet(struct emitter *e, struct sugared *s, struct source_range at,
                                  struct actuals actuals, int binders) {
    (void)s;
    (void)at;
    (void)binders;
    for (int i = 0; i < actuals.count; i++)
        if (!emit_actual(e, &actuals.items[i])) return NULL;
    return sugared_simple(e, emit_none(e, NULL));
}

static struct sugared *quiet_attribute(struct emitter *e, struct sugared *s, struct source_range at,
                                       const struct name *name) {
    (void)e;
    (void)at;
    (void)name;
    return s;
}

static bool quiet_set(struct emitter *e, struct sugared *s, struct source_range at, const struct name *name,
                      struct ir_value *value) {
    (void)e;
    (void)s;
    (void)at;
    (void)name;
    (void)value;
    return true;
}
static const struct sugared_kind kind_quiet = {
    .word = "context", .call = call_quiet, .attribute = quiet_attribute, .set_attribute = quiet_set};

struct sugared *sugared_quiet(struct emitter *e) {
    return sugared_new(e, &kind_quiet);
}

/* ---- loggers: what is logged for debugging goes nowhere, the rest is a warning ---- */

static struct sugared *call_log(struct emitter *e, struct sugared *s, struct source_range at,
                                struct actuals actuals, int binders) {
    (void)binders;
    const char *word = s->name->text;
    bool loud = !strcmp(word, "warning") || !strcmp(word, "error") || !strcmp(word, "critical") ||
                !strcmp(word, "exception") || !strcmp(word, "warn");
    if (!strcmp(word, "isEnabledFor")) return sugared_simple(e, emit_bool(e, false, at));
    if (!loud || !actuals.count) return sugared_new(e, &sugared_kind_none);
    struct ir_value *message = emit_actual(e, &actuals.items[0]);
    lb_value c;
    if (message && actuals.count > 1 && emit_is_constant(message, &c) && c.tag == VALUE_STRING) {
        struct ir_value **rest = arena_array(&e->memory, struct ir_value *, actuals.count);
        for (int i = 1; rest && i < actuals.count; i++)
            if (!(rest[i - 1] = emit_actual(e, &actuals.items[i]))) return NULL;
        struct tree *format = tree_string(&e->memory, at, c.string->bytes, c.string->length);
        struct ir_value *all =
            rest && format ? emit_tuple(e, rest, actuals.count - 1, NULL) : emit_out_of_memory(e);
        message = all ? sugared_value(e, lower_percent(e, format, all, at), at) : NULL;
    }
    if (message && message->type->kind != TYPE_STRING) message = lower_text(e, message, false, at);
    struct actual a = {.value = message, .range = at};
    if (!message ||
        (!emit_builtin(e, emit_name(e, "aten::warn"), at, actuals_of(&a, 1), NULL) && e->err->code))
        return NULL;
    return sugared_new(e, &sugared_kind_none);
}
static const struct sugared_kind kind_log_method = {.word = "method of a logger", .call = call_log};

static struct sugared *logger_attribute(struct emitter *e, struct sugared *s, struct source_range at,
                                        const struct name *name) {
    (void)s;
    (void)at;
    struct sugared *method = sugared_new(e, &kind_log_method);
    if (method) method->name = name;
    return method;
}
static const struct sugared_kind kind_logger = {.word = "logger", .attribute = logger_attribute};

static struct sugared *call_get_logger(struct emitter *e, struct sugared *s, struct source_range at,
                                       struct actuals actuals, int binders) {
    (void)s;
    (void)at;
    (void)actuals;
    (void)binders;
    return sugared_new(e, &kind_logger);
}
static const struct sugared_kind kind_get_logger = {.word = "function", .call = call_get_logger};

/* ---- copies with other fields ---- */

static const struct actual *given(struct actuals a, const struct name *name) {
    for (int i = 0; i < a.keyword_count; i++)
        if (a.keywords[i].name == name) return &a.keywords[i];
    return NULL;
}

/* NamedTuple._replace(field=value) */
static struct sugared *replace_fields(struct emitter *e, struct ir_value *v, struct source_range at,
                                      struct actuals actuals) {
    const struct type *t = v->type;
    struct ir_value *const *items = emit_unpack(e, v);
    struct ir_value **changed = arena_array(&e->memory, struct ir_value *, t->count + 1);
    if (!items || !changed) return emit_out_of_memory(e);
    for (int i = 0; i < t->count; i++) {
        const struct actual *a = given(actuals, t->fields->names[i]);
        changed[i] = a ? match_convert(e, at, t->items[i], emit_actual(e, a), true) : items[i];
        if (!changed[i]) return NULL;
        if (!is_subtype(e, changed[i]->type, t->items[i]))
            return emit_error(e, at, "the field '%s' is %s, but a %s is given", t->fields->names[i]->text,
                              emit_type_words(e, t->items[i]), emit_type_words(e, changed[i]->type));
    }
    return sugared_simple(e, emit_tuple(e, changed, t->count, t));
}

/* An object made anew by its class, with the attributes that its __init__ takes. */
static struct sugared *replace_object(struct emitter *e, struct ir_value *v, struct source_range at,
                                      struct actuals actuals) {
    const struct name *init = emit_name(e, "__init__");
    struct function *f = init ? class_find_method(v->type->definition, init) : NULL;
    if (!f || !emit_ensure(e, f, at, "method"))
        return f ? NULL : emit_error(e, at, "replace() wants a dataclass");
    int count = f->schema->argument_count - 1;
    struct actual *items = arena_array(&e->memory, struct actual, count + 1);
    if (!items) return emit_out_of_memory(e);
    for (int i = 0; i < count; i++) {
        const struct name *name = f->schema->arguments[i + 1].name;
        const struct actual *a = given(actuals, name);
        struct ir_value *value =
            a ? emit_actual(e, a)
              : sugared_value(e, sugared_attribute(e, sugared_simple(e, v), at, name), at);
        if (!value) return NULL;
        items[i] = (struct actual){.value = value, .name = name, .range = at};
    }
    return sugared_call(e, sugared_of_type(e, v->type), at, (struct actuals){NULL, 0, items, count}, 1);
}

static struct sugared *call_replace(struct emitter *e, struct sugared *s, struct source_range at,
                                    struct actuals actuals, int binders) {
    (void)binders;
    struct ir_value *v = s->value ? s->value : actuals.count ? emit_actual(e, &actuals.items[0]) : NULL;
    if (!v) return e->err->code ? NULL : emit_error(e, at, "replace() wants an object");
    if (v->type->kind == TYPE_TUPLE && v->type->fields) return replace_fields(e, v, at, actuals);
    if (v->type->kind == TYPE_CLASS) return replace_object(e, v, at, actuals);
    return emit_error(e, at, "replace() wants a dataclass or NamedTuple, found %s",
                      emit_type_words(e, v->type));
}
static const struct sugared_kind kind_replace = {.word = "function", .call = call_replace};

struct sugared *lower_tuple_member(struct emitter *e, struct ir_value *v, const struct name *name) {
    if (v->type->kind != TYPE_TUPLE || !v->type->fields || strcmp(name->text, "_replace")) return NULL;
    struct sugared *s = sugared_new(e, &kind_replace);
    if (s) s->value = v;
    return s;
}

/* ---- slice(start, stop, step) ---- */

static struct sugared *call_slice(struct emitter *e, struct sugared *s, struct source_range at,
                                  struct actuals actuals, int binders) {
    (void)s;
    (void)binders;
    struct sugared *made = sugared_new(e, &sugared_kind_slice);
    struct ir_value *v[3] = {NULL};
    if (!made) return NULL;
    if (actuals.count < 1 || actuals.count > 3)
        return emit_error(e, at, "slice() takes from 1 to 3 arguments");
    for (int i = 0; i < actuals.count; i++) {
        int to = actuals.count == 1 ? 1 : i;
        v[to] = emit_actual(e, &actuals.items[i]);
        if (!v[to]) return NULL;
        if (v[to]->type->kind == TYPE_NONE) v[to] = NULL;
    }
    made->start = v[0];
    made->stop = v[1];
    made->step = v[2];
    return made;
}
static const struct sugared_kind kind_slice_class = {.word = "slice", .call = call_slice};

struct sugared *sugared_slice_class(struct emitter *e) {
    return sugared_new(e, &kind_slice_class);
}

/* ---- by their names ---- */

struct sugared *lower_library_object(struct emitter *e, const char *path) {
    if (!strcmp(path, "dataclasses.replace")) return sugared_new(e, &kind_replace);
    if (!strcmp(path, "logging.getLogger()")) return sugared_new(e, &kind_logger);
    if (!strcmp(path, "logging.getLogger")) return sugared_new(e, &kind_get_logger);
    if (!strncmp(path, "logging.", 8))
        return logger_attribute(e, NULL, (struct source_range){0}, emit_name(e, path + 8));
    return NULL;
}

bool lower_is_library(const char *path) {
    return !strcmp(path, "logging") || !strcmp(path, "dataclasses");
}
