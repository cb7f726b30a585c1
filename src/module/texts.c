/* The texts of functions, methods and graphs: each kind is a printer of a lower floor. */
#include "exec/code.h"
#include "ir/canonical.h"
#include "ir/dot.h"
#include "ir/parse.h"
#include "ir/print.h"
#include "lang/code_printer.h"
#include "module/describe.h"
#include "ops/schemas.h"
#include "passes/passes.h"

static bool put_plain(struct text *out, struct graph *g, const char *title, lb_error *err) {
    (void)title, (void)err;
    graph_put(out, g, false);
    return true;
}

static bool put_graph(struct text *out, struct graph *g, const char *title, lb_error *err) {
    (void)title, (void)err;
    graph_put(out, g, true);
    return true;
}

static bool put_canonical(struct text *out, struct graph *g, const char *title, lb_error *err) {
    (void)title;
    return graph_put_canonical(out, g) || error_memory(err);
}

static bool put_dot(struct text *out, struct graph *g, const char *title, lb_error *err) {
    (void)err;
    graph_put_dot(out, g, title, node_schema);
    return true;
}

typedef bool (*graph_putter)(struct text *out, struct graph *g, const char *title, lb_error *err);

static bool put_inlined(struct text *out, struct graph *g, const char *title, graph_putter put,
                        lb_error *err) {
    struct graph *copy = graph_copy(g);
    if (!copy) return error_memory(err);
    bool good = pass_inline(copy, err) && put(out, copy, title, err);
    graph_free(copy);
    return good;
}

bool graph_put_text(struct text *out, struct graph *g, const char *title, lb_text_kind kind, lb_error *err) {
    switch (kind) {
    case LB_TEXT_GRAPH: return put_graph(out, g, title, err);
    case LB_TEXT_PLAIN: return put_plain(out, g, title, err);
    case LB_TEXT_CANONICAL: return put_canonical(out, g, title, err);
    case LB_TEXT_DOT: return put_dot(out, g, title, err);
    case LB_TEXT_INLINED: return put_inlined(out, g, title, put_canonical, err);
    case LB_TEXT_DOT_INLINED: return put_inlined(out, g, title, put_dot, err);
    default: return error_set(err, LB_ERROR_ARGUMENT, "a graph alone has no text of kind %d", (int)kind);
    }
}

static bool put_bytecode(struct text *out, struct unit *unit, struct function *f, lb_error *err) {
    const struct code *code = code_of(unit, f, err);
    if (code) code_put(out, code);
    return code != NULL;
}

bool function_put_text(struct text *out, struct unit *unit, struct function *f, const char *title,
                       lb_text_kind kind, lb_error *err) {
    if (kind < 0 || kind > LB_TEXT_PLAIN)
        return error_set(err, LB_ERROR_ARGUMENT, "there is no text of kind %d", (int)kind);
    if (kind == LB_TEXT_CODE) return code_print_function(out, f, err);
    if (kind == LB_TEXT_BYTECODE) return put_bytecode(out, unit, f, err);
    if (kind == LB_TEXT_SCHEMA) {
        schema_put(out, f->schema);
        return true;
    }
    if (!f->graph) return error_set(err, LB_ERROR_ARGUMENT, "method '%s' has no graph", title);
    return graph_put_text(out, f->graph, title, kind, err);
}

bool program_put_text(struct text *out, const struct program *p, const char *method, lb_text_kind kind,
                      lb_error *err) {
    lb_value self;
    struct function *f = program_method(p, method, &self, err);
    return f && function_put_text(out, p->unit, f, method, kind, err);
}

static bool collect_constants(struct unit *unit, const struct function *f, struct code_constants *constants,
                              lb_error *err) {
    struct code_dependencies dependencies = {0};
    struct code_options options = {0};
    struct code_printer *printer = code_printer_new(unit, &options, constants, &dependencies, err);
    bool good = printer && code_printer_put_function(printer, f, !f->owner, err);
    code_printer_free(printer);
    code_dependencies_free(&dependencies);
    return good;
}

bool program_constants(const struct program *p, const char *method, lb_value *out, lb_error *err) {
    lb_value self;
    struct code_constants constants = {0};
    struct function *f = program_method(p, method, &self, err);
    bool good = f && collect_constants(p->unit, f, &constants, err) &&
                value_new_tuple(out, NULL, constants.values.count, err);
    for (int i = 0; good && i < constants.values.count; i++)
        out->tuple->items[i] = value_copy(constants.values.items[i]);
    code_constants_free(&constants);
    return good;
}

bool graph_text_rewrite(struct text *out, const char *text, size_t length, lb_text_kind kind, lb_error *err) {
    struct unit *unit = unit_new(kind_texts, KIND_COUNT, err);
    struct graph *g = unit ? graph_parse(unit, text, length, err) : NULL;
    bool good = g && graph_put_text(out, g, "graph", kind, err);
    graph_free(g);
    unit_free(unit);
    return good;
}
