/* The texts of one method: each is a printer of a lower floor, found by the method's name. */
#include "exec/code.h"
#include "ir/canonical.h"
#include "ir/dot.h"
#include "ir/parse.h"
#include "ir/print.h"
#include "lang/code_printer.h"
#include "module/describe.h"
#include "ops/schemas.h"
#include "passes/passes.h"

static struct graph *graph_of(const struct program *p, const char *method, lb_error *err) {
    lb_value self;
    struct function *f = program_method(p, method, &self, err);
    if (f && !f->graph) error_set(err, LB_ERROR_ARGUMENT, "method '%s' has no graph", method);
    return f ? f->graph : NULL;
}

bool program_put_code(struct text *out, const struct program *p, const char *method, lb_error *err) {
    lb_value self;
    struct function *f = program_method(p, method, &self, err);
    return f && code_print_function(out, f, err);
}

bool program_put_graph(struct text *out, const struct program *p, const char *method, lb_error *err) {
    struct graph *g = graph_of(p, method, err);
    if (g) graph_put(out, g, true);
    return g != NULL;
}

bool program_put_canonical(struct text *out, const struct program *p, const char *method, lb_error *err) {
    struct graph *g = graph_of(p, method, err);
    return g && (graph_put_canonical(out, g) || error_memory(err));
}

bool program_put_inlined(struct text *out, const struct program *p, const char *method, lb_error *err) {
    struct graph *g = graph_of(p, method, err), *copy = g ? graph_copy(g) : NULL;
    if (g && !copy) error_memory(err);
    bool good = copy && pass_inline(copy, err) && (graph_put_canonical(out, copy) || error_memory(err));
    graph_free(copy);
    return good;
}

bool program_put_schema(struct text *out, const struct program *p, const char *method, lb_error *err) {
    lb_value self;
    struct function *f = program_method(p, method, &self, err);
    if (f) schema_put(out, f->schema);
    return f != NULL;
}

bool program_put_dot(struct text *out, const struct program *p, const char *method, lb_error *err) {
    struct graph *g = graph_of(p, method, err);
    if (g) graph_put_dot(out, g, method, node_schema);
    return g != NULL;
}

bool program_put_dot_inlined(struct text *out, const struct program *p, const char *method, lb_error *err) {
    struct graph *g = graph_of(p, method, err), *copy = g ? graph_copy(g) : NULL;
    if (g && !copy) error_memory(err);
    bool good = copy && pass_inline(copy, err);
    if (good) graph_put_dot(out, copy, method, node_schema);
    graph_free(copy);
    return good;
}

static bool put_as(struct text *out, struct graph *g, lb_text_kind kind, lb_error *err) {
    switch (kind) {
    case LB_TEXT_GRAPH: graph_put(out, g, true); return true;
    case LB_TEXT_CANONICAL: return graph_put_canonical(out, g) || error_memory(err);
    case LB_TEXT_DOT: graph_put_dot(out, g, "graph", node_schema); return true;
    default: return error_set(err, LB_ERROR_ARGUMENT, "a graph alone has no text of kind %d", (int)kind);
    }
}

bool graph_text_rewrite(struct text *out, const char *text, size_t length, lb_text_kind kind, lb_error *err) {
    struct unit *unit = unit_new(kind_texts, KIND_COUNT, err);
    struct graph *g = unit ? graph_parse(unit, text, length, err) : NULL;
    bool good = g && put_as(out, g, kind, err);
    graph_free(g);
    unit_free(unit);
    return good;
}

bool program_put_bytecode(struct text *out, const struct program *p, const char *method, lb_error *err) {
    lb_value self;
    struct function *f = program_method(p, method, &self, err);
    const struct code *code = f ? code_of(p->unit, f, err) : NULL;
    if (code) code_put(out, code);
    return code != NULL;
}
