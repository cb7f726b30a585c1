/* Matching a call's arguments with a schema (torch/csrc/jit/python/pybind_utils.h: createStackForSchema; the
 * texts are those of FunctionSchema::formatTypeMismatchMsg and its like in
 * aten/src/ATen/core/function_schema_inl.h). */
#include "module/call.h"
#include "base/mem.h"
#include "exec/run.h"
#include "ops/text/words.h"
#include "types/adapt.h"
#include "value/print.h"
#include <stdio.h>
#include <string.h>

struct matching {
    struct unit *unit;
    const struct function *function;
    int first; /* 1 for a method, whose self is there already */
    const struct call_arguments *given;
    lb_value *args; /* one for each of the schema's, self first */
    lb_error *err;
};

static bool mismatch(struct matching *m, const char *format, const char *what) {
    struct text declaration = {0};
    schema_put(&declaration, m->function->schema);
    struct text message = {0};
    text_printf(&message, format, what);
    error_set_kind(m->err, LB_ERROR_ARGUMENT, "RuntimeError", "%s() %s. Declaration: %s",
                   m->function->name->text, text_get(&message), text_get(&declaration));
    text_free(&message);
    text_free(&declaration);
    return false;
}

static bool wrong_type(struct matching *m, int index, lb_value v, int position) {
    const struct argument *a = &m->function->schema->arguments[index];
    struct text wanted = {0}, found = {0}, declaration = {0}, shown = {0};
    type_put_annotation(&wanted, a->type);
    const struct type *type = type_of_value(&m->unit->types, v);
    if (type) type_put_annotation(&found, type);
    schema_put(&declaration, m->function->schema);
    if (v.tag != VALUE_TENSOR) value_put(&shown, v, &op_words);
    error_set_kind(m->err, LB_ERROR_ARGUMENT, "RuntimeError",
                   "%s() Expected a value of type '%s%s' for argument '%s' but instead found type "
                   "'%s'.\nPosition: %d%s%s\nDeclaration: %s",
                   m->function->name->text, text_get(&wanted), a->inferred_type ? " (inferred)" : "",
                   a->name->text, text_get(&found), position, shown.length ? "\nValue: " : "",
                   text_get(&shown), text_get(&declaration));
    text_free(&wanted);
    text_free(&found);
    text_free(&declaration);
    text_free(&shown);
    return false;
}

static bool fill(struct matching *m, int index, lb_value v) {
    const struct argument *a = &m->function->schema->arguments[index];
    if (!type_convert_argument(&m->unit->types, a->type, v, &m->args[index], m->err))
        return m->err->code ? false : wrong_type(m, index, v, index - m->first);
    return true;
}

/* The index among the named arguments, or -1. */
static int find_named(const struct matching *m, const char *name) {
    for (int i = 0; i < m->given->named_count; i++)
        if (!strcmp(m->given->names[i], name)) return i;
    return -1;
}

static bool fill_one(struct matching *m, int index, int *named_used) {
    const struct argument *a = &m->function->schema->arguments[index];
    int named = find_named(m, a->name->text);
    if (!a->keyword_only && index - m->first < m->given->count) {
        if (named >= 0) return mismatch(m, "got multiple values for argument '%s'", a->name->text);
        return fill(m, index, m->given->positional[index - m->first]);
    }
    if (named >= 0) {
        ++*named_used;
        return fill(m, index, m->given->named[named]);
    }
    if (!a->has_default) return mismatch(m, "is missing value for argument '%s'", a->name->text);
    m->args[index] = value_copy(a->default_value);
    return true;
}

static bool unknown_name(struct matching *m) {
    for (int i = 0; i < m->given->named_count; i++) {
        bool known = false;
        for (int k = m->first; k < m->function->schema->argument_count; k++)
            known |= !strcmp(m->function->schema->arguments[k].name->text, m->given->names[i]);
        if (!known) return mismatch(m, "unknown keyword argument '%s'", m->given->names[i]);
    }
    return true;
}

static bool match_all(struct matching *m) {
    const struct schema *s = m->function->schema;
    int named_used = 0, positional = 0;
    for (int i = m->first; i < s->argument_count; i++) positional += !s->arguments[i].keyword_only;
    int received = m->given->count + m->given->named_count + m->first;
    if (m->given->count > positional || received > s->argument_count) {
        char counts[100];
        snprintf(counts, sizeof counts, "%d argument(s) but received %d argument(s)", s->argument_count,
                 received);
        return mismatch(m, "expected at most %s", counts);
    }
    for (int i = m->first; i < s->argument_count; i++)
        if (!fill_one(m, i, &named_used)) return false;
    return named_used == m->given->named_count || unknown_name(m);
}

bool call_function(struct unit *unit, struct function *f, const lb_value *self,
                   const struct call_arguments *given, struct run_context *cx, lb_value *result,
                   lb_error *err) {
    int count = f->schema->argument_count;
    *result = value_none();
    struct matching m = {.unit = unit,
                         .function = f,
                         .first = self != NULL,
                         .given = given,
                         .args = mem_zeroed((size_t)count + 1, sizeof(lb_value)),
                         .err = err};
    if (!m.args) return error_memory(err);
    if (self) m.args[0] = value_copy(*self);
    cx->types = &unit->types;
    bool good = match_all(&m) && exec_call(unit, f, m.args, count, cx, result, err);
    for (int i = 0; i < count; i++) value_release(m.args[i]);
    mem_free(m.args);
    return good;
}

bool program_call(const struct program *p, const char *method, const struct call_arguments *given,
                  struct run_context *cx, lb_value *result, lb_error *err) {
    lb_value self;
    *result = value_none();
    struct function *f = program_method(p, method, &self, err);
    return f && call_function(p->unit, f, &self, given, cx, result, err);
}
