/* The way in: a file's text and a name become a module (see script.h). */
#include "construct/script.h"
#include "base/mem.h"
#include "construct/compile.h"
#include "ir/kinds.h"
#include "module/graphs.h"
#include "passes/passes.h"
#include <string.h>

static bool finish(struct function *f, lb_error *err) {
    return passes_after_emit(f->graph, err);
}

/* ---- what could be made ---- */

/* Whether a name of the file's top level is one that a caller may want: a function or module of this file. */
static bool is_candidate(const struct file *file, const struct binding *b) {
    const struct thing *t = b->thing;
    if (!t || b->name->text[0] == '_') return false;
    if (t->kind == THING_FUNCTION) return t->function->scope == file->scope && t->function->name == b->name;
    if (t->kind == THING_CLASS)
        return t->as_class->file == file && script_is_module_class(t->as_class) &&
               !(t->as_class->marks & MARK_INTERFACE);
    return thing_is_module(t);
}

static void put_candidate(struct text *out, const struct binding *b) {
    const struct thing *t = b->thing;
    text_printf(out, "\n  %s", b->name->text);
    if (t->kind == THING_FUNCTION) {
        text_put(out, "  (function)");
        return;
    }
    if (t->kind != THING_CLASS) {
        text_printf(out, "  (module %s)", t->class->name->text);
        return;
    }
    text_put(out, "  (class of modules)");
}

/* The one name that the file offers; NULL with an error that lists them. */
static const char *only_candidate(struct script *s, const struct file *file) {
    const struct bindings *b = &file->scope->names;
    const char *found = NULL;
    int count = 0;
    struct text list = {0};
    for (int i = 0; i < b->count; i++) {
        if (!is_candidate(file, &b->items[i])) continue;
        found = b->items[i].name->text;
        count++;
        put_candidate(&list, &b->items[i]);
    }
    if (count != 1)
        error_set(
            s->err, LB_ERROR_ARGUMENT,
            count ? "say what is to be made, as FILE.py:NAME or FILE.py:'Net(3, hidden=16)'. The file has:%s"
                  : "the file has no function and no module class%s",
            text_get(&list));
    text_free(&list);
    return count == 1 ? found : NULL;
}

/* ---- making it ---- */

static bool make_function(struct script *s, struct thing *t, struct compiled *out) {
    int count;
    struct function **f = script_functions(s, t->function, &count);
    for (int i = 0; f && i < count; i++) {
        lb_error own = {0};
        if (!lang_ensure(f[i], &own)) lang_report_more(s->err, &own);
    }
    if (!f || s->err->code) return false;
    out->function = f[0];
    return module_of_function(f[0], &out->root, s->err);
}

/* A class of modules is called without arguments. */
static struct thing *constructed(struct script *s, struct thing *t) {
    if (t->kind != THING_CLASS || !script_is_module_class(t->as_class)) return t;
    s->v->err = s->err;
    struct thing *made = call_thing_with(s->v, t, (struct source_range){0}, NULL, 0);
    s->v->err = NULL;
    return made;
}

static bool make_thing(struct script *s, struct thing *t, const char *name, struct compiled *out) {
    t = constructed(s, t);
    if (!t) return false;
    s->v->err = s->err;
    bool good;
    if (t->kind == THING_FUNCTION)
        good = make_function(s, t, out);
    else if (thing_is_module(t))
        good = script_module(s, t, &out->root);
    else
        good = error_set(s->err, LB_ERROR_ARGUMENT,
                         "'%s' is a '%s': a program is made of a function, a class of modules, or a module",
                         name, thing_type_name(t));
    s->v->err = NULL;
    return good;
}

static bool run(struct script *s, const struct compile_request *r, struct compiled *out) {
    const char *shown = r->file ? r->file : "<text>", *module = r->module ? r->module : "__main__";
    struct source *source = source_new(&s->unit->memory, r->text, r->length, shown, 1);
    struct file *file = source ? evaluator_run_file(s->v, source, module, s->err) : NULL;
    if (!source) return error_memory(s->err);
    const char *name = file && !r->name ? only_candidate(s, file) : r->name;
    struct thing *t = file && name ? evaluator_expression(s->v, file, name, s->err) : NULL;
    return t && make_thing(s, t, name, out);
}

bool compile_file(struct unit *unit, const struct compile_request *r, struct run_context *cx,
                  struct compiled *out, lb_error *err) {
    struct script s = {.unit = unit, .err = err};
    lb_host answers = {.size = sizeof answers, .user = &s, .find = script_find};
    *out = (struct compiled){.root = value_none()};
    s.host = host_of_unit(unit, &answers, finish);
    s.v = s.host ? evaluator_new(unit, cx, r->limits, &r->imports, err) : NULL;
    if (!s.host) error_memory(err);
    unit_enter(unit);
    bool good = s.v && run(&s, r, out);
    unit_leave(unit);
    if (s.host) s.host->answers = (lb_host){0}; /* nothing is asked any more */
    evaluator_free(s.v);
    table_free(&s.classes);
    table_free(&s.alone);
    error_clear(&s.faults);
    if (good) return true;
    lang_report_in_order(err);
    value_release(out->root);
    out->root = value_none();
    return false;
}
