/* Operators called by name while a module is constructed: the first overload that the arguments fit, then its
 * kernel, or its TorchScript. */
#include "construct/operator_call.h"
#include "base/mem.h"
#include "exec/run.h"
#include "lang/decompositions.h"
#include "ops/dispatch.h"
#include "ops/schemas.h"
#include "passes/passes.h"
#include "types/adapt.h"
#include <string.h>

struct matched {
    struct unit *unit;
    const struct op_row *row;
    const struct schema *schema;
    lb_value *args; /* one for each of the schema's */
};

static void release(lb_value *values, int count) {
    for (int i = 0; i < count; i++) value_release(values[i]);
    mem_free(values);
}

static const lb_value *named(const struct operator_arguments *given, const char *name) {
    for (int i = 0; i < given->named_count; i++)
        if (!strcmp(given->names[i], name)) return &given->named[i];
    return NULL;
}

/* The value for argument i: given by place, by name, or the default. False: there is none, or no fit. */
static bool fill(struct matched *m, const struct operator_arguments *given, int i, int *used, lb_error *err) {
    const struct argument *a = &m->schema->arguments[i];
    const lb_value *v = named(given, a->name->text);
    if (!v && !strcmp(a->name->text, "self")) v = named(given, "input");
    bool placed = i < given->count && !a->keyword_only;
    if (placed && v) return false;
    if (placed)
        v = &given->positional[i];
    else if (v)
        ++*used;
    if (!v) {
        if (!a->has_default) return false;
        m->args[i] = value_copy(a->default_value);
        return true;
    }
    const struct type *want = a->type->has_variables ? type_infer(&m->unit->types, *v) : a->type;
    if (!want) return false;
    bool one = a->fixed_length && (v->tag == VALUE_INT || v->tag == VALUE_FLOAT);
    if (!one) return type_convert_argument(&m->unit->types, want, *v, &m->args[i], err);
    lb_value list; /* one number stands for so many */
    const struct type *type = type_without_none(&m->unit->types, a->type);
    bool good = value_new_list(&list, NULL, a->fixed_length, err);
    for (int k = 0; good && k < a->fixed_length; k++) good = list_append(list.list, *v, err);
    good = good && type_convert_argument(&m->unit->types, type, list, &m->args[i], err);
    value_release(list);
    return good;
}

static bool match_row(struct matched *m, const struct operator_arguments *given, lb_error *err) {
    const struct schema *s = m->schema;
    int used = 0;
    if (given->count > s->argument_count) return false;
    m->args = mem_zeroed((size_t)s->argument_count + 1, sizeof *m->args);
    if (!m->args) return error_memory(err);
    bool good = true;
    for (int i = 0; good && i < s->argument_count; i++) good = fill(m, given, i, &used, err);
    if (good && used == given->named_count) return true;
    release(m->args, s->argument_count);
    m->args = NULL;
    return false;
}

static bool match(struct matched *m, const char *name, const struct operator_arguments *given,
                  lb_error *err) {
    int count;
    const struct op_row *rows = ops_find(name, strlen(name), &count);
    for (int i = 0; i < count && !err->code; i++) {
        m->row = &rows[i];
        m->schema = ops_schema(m->unit, m->row);
        if (!m->schema) return error_memory(err);
        if (op_can_run(m->row) && match_row(m, given, err)) return true;
    }
    if (!err->code)
        error_set_kind(err, LB_ERROR_ARGUMENT, "TypeError", "no form of '%s' takes these arguments", name);
    return false;
}

static bool finish(struct function *f, lb_error *err) {
    return passes_after_emit(f->graph, err);
}

/* Several results make a tuple. */
static bool take_results(const struct schema *s, lb_value *results, lb_value *out, lb_error *err) {
    if (s->return_count == 1) return *out = results[0], true;
    if (!s->return_count) return true;
    if (!value_new_tuple(out, NULL, s->return_count, err)) return false;
    for (int i = 0; i < s->return_count; i++) out->tuple->items[i] = results[i];
    return true;
}

static bool run_kernel(struct matched *m, struct run_context *cx, lb_value *out, lb_error *err) {
    enum { MOST = 8 };
    lb_value results[MOST] = {{0}};
    if (m->schema->return_count > MOST) return error_set(err, LB_ERROR_INTERNAL, "too many results");
    struct op_call call = {.args = m->args,
                           .arg_count = m->schema->argument_count,
                           .results = results,
                           .result_count = m->schema->return_count,
                           .row = m->row,
                           .cx = cx,
                           .err = err};
    if (m->schema->return_count) call.result_type = m->schema->returns[0].type;
    if (op_dispatch(&call, op_run(m->row))) return take_results(m->schema, results, out, err);
    for (int i = 0; i < m->schema->return_count; i++) value_release(results[i]);
    return false;
}

bool operator_call(struct unit *unit, const char *name, const struct operator_arguments *given,
                   struct run_context *cx, lb_value *result, lb_error *err) {
    struct matched m = {.unit = unit};
    *result = value_none();
    if (!match(&m, name, given, err)) return false;
    struct function *body = op_run(m.row) ? NULL : decomposition_of(unit, m.row, finish, err);
    bool good = op_run(m.row)
                    ? run_kernel(&m, cx, result, err)
                    : body && exec_call(unit, body, m.args, m.schema->argument_count, cx, result, err);
    release(m.args, m.schema->argument_count);
    return good;
}
