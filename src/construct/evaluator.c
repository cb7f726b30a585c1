/* The evaluator as a whole: made, given files and expressions, freed. */
#include "base/mem.h"
#include "construct/embedded.h"
#include "construct/natives.h"
#include "lang/own_source.h"
#include <string.h>

static bool make_constants(struct evaluator *v) {
    v->none = thing_of(v, value_none());
    v->yes = thing_of(v, value_bool(true));
    v->no = thing_of(v, value_bool(false));
    const struct name *not_implemented = evaluator_name(v, "NotImplemented");
    struct thing *t = not_implemented ? thing_library(v, "NotImplemented") : NULL;
    return v->none && v->yes && v->no && t && bindings_set(v, &v->builtins, not_implemented, t) &&
           builtin_classes_make(v);
}

struct evaluator *evaluator_new(struct unit *unit, struct run_context *cx,
                                const struct construct_limits *limits, const struct module_files *imports,
                                lb_error *err) {
    struct evaluator *v = mem_zeroed(1, sizeof *v);
    if (!v) {
        error_memory(err);
        return NULL;
    }
    v->unit = unit;
    v->cx = cx;
    if (limits) v->limits = *limits;
    if (imports) v->imports = *imports;
    v->err = err;
    bool good = make_constants(v);
    v->err = NULL;
    if (good) return v;
    evaluator_free(v);
    return NULL;
}

void evaluator_free(struct evaluator *v) {
    if (!v) return;
    for (struct thing *t = v->owned; t; t = t->next_owned) value_release(t->value);
    arena_free(&v->memory);
    mem_free(v);
}

static bool set_text(struct evaluator *v, struct scope *s, const char *name, const char *text) {
    const struct name *key = evaluator_name(v, name);
    struct thing *t = key ? thing_text_of(v, text) : NULL;
    return t && bindings_set(v, &s->names, key, t);
}

struct file *evaluator_new_file(struct evaluator *v, const char *name, const char *package) {
    struct file *f = arena_new(&v->memory, struct file);
    struct scope *s = f ? scope_new(v, NULL) : NULL;
    if (!s) return f ? NULL : raise_memory(v);
    f->name = arena_text(&v->memory, name, strlen(name));
    f->package = arena_text(&v->memory, package, strlen(package));
    if (!f->name || !f->package) return raise_memory(v);
    f->scope = s;
    s->file = f;
    f->next = v->files;
    v->files = f;
    return set_text(v, s, "__name__", strcmp(name, "__main__") ? name : "__linkboy__") ? f : NULL;
}

/* The names that a statement would bind are bound to why it could not be evaluated. */
static bool bind_missing(struct evaluator *v, struct scope *s, const struct tree *t, const char *why) {
    if (!t) return true;
    if (t->kind == TREE_NAME) {
        struct thing *missing = thing_new(v, THING_MISSING);
        if (!missing) return false;
        missing->missing = why;
        return bindings_set(v, &s->names, t->name, missing);
    }
    bool row = t->kind == TREE_TUPLE || t->kind == TREE_LIST_LITERAL || t->kind == TREE_LIST;
    for (int i = 0; row && i < t->count; i++)
        if (!bind_missing(v, s, t->items[i], why)) return false;
    return true;
}

/* An error at the top level is told when what it should have made is used: a file may hold much that is not
 * needed here. Statements that make nothing must succeed. */
static bool put_off(struct evaluator *v, struct scope *s, const struct tree *t) {
    bool makes = t->kind == TREE_ASSIGN || t->kind == TREE_DEF || t->kind == TREE_CLASS;
    bool limit = v->err->code == LB_ERROR_LIMIT || v->err->code == LB_ERROR_MEMORY;
    if (!makes || limit) return false;
    const char *text = v->err->trace ? v->err->trace : error_message(v->err);
    char *why = arena_text(&v->memory, text, strlen(text));
    error_clear(v->err);
    v->raised = NULL;
    if (!why) return raise_memory(v), false;
    if (t->kind == TREE_ASSIGN) return bind_missing(v, s, t->items[0], why);
    struct thing *missing = thing_new(v, THING_MISSING);
    if (!missing) return false;
    missing->missing = why;
    return bindings_set(v, &s->names, t->name, missing);
}

static bool run_statements(struct evaluator *v, struct file *f, const struct tree *list) {
    for (int i = 0; i < list->count; i++) {
        const struct tree *t = list->items[i];
        enum flow flow = run_statement(v, f->scope, t);
        if (flow == FLOW_NEXT) continue;
        if (flow != FLOW_FAILED)
            return raise_error(v, t->range, "SyntaxError", "'return' outside function"), false;
        if (!put_off(v, f->scope, t)) return false;
    }
    return true;
}

bool evaluator_run_text(struct evaluator *v, struct file *f, const struct source *source) {
    struct tree *list = lang_parse(&v->unit->memory, &v->unit->names, source, PARSE_PYTHON, v->err);
    struct file *running = v->running;
    f->source = source;
    v->running = f;
    bool good = list && run_statements(v, f, list);
    v->running = running;
    return good;
}

struct file *evaluator_run_file(struct evaluator *v, const struct source *source, const char *name,
                                lb_error *err) {
    v->err = err;
    struct file *f = evaluator_new_file(v, name, "");
    bool good = f && evaluator_run_text(v, f, source);
    v->err = NULL;
    return good ? f : NULL;
}

struct thing *evaluator_expression(struct evaluator *v, struct file *file, const char *text, lb_error *err) {
    v->err = err;
    struct source *source = source_new(&v->unit->memory, text, strlen(text), "<name>", 1);
    struct tree *t = source
                         ? lang_parse_expression(&v->unit->memory, &v->unit->names, source, PARSE_PYTHON, err)
                         : raise_memory(v);
    struct thing *result = t ? evaluate(v, file->scope, t) : NULL;
    v->err = NULL;
    return result;
}

char *evaluator_repr(struct evaluator *v, struct file *file, const char *text, lb_error *err) {
    struct thing *t = evaluator_expression(v, file, text, err);
    struct text out = {0};
    v->err = err;
    bool good = t && thing_put_repr(v, &out, t);
    v->err = NULL;
    char *shown = good ? text_take(&out) : NULL;
    text_free(&out);
    return shown;
}
