/* Calls from outside; see run.h. */
#include "exec/run.h"
#include "exec/forks.h"
#include "exec/fuse.h"
#include "exec/machine.h"
#include "exec/prepare.h"
#include "types/adapt.h"
#include <string.h>

/* What operators call back (sorting by __lt__). */
static bool call_back(struct run_context *cx, struct function *f, const lb_value *args, int count,
                      lb_value *result, lb_error *err) {
    struct run_context inner = *cx;
    inner.depth++;
    return exec_call(cx->unit, f, args, count, &inner, result, err);
}

/* Kept are those of which Python's own class is a RuntimeError as well. */
static void drop_kind(lb_error *err) {
    if (!err || !err->kind) return;
    if (!strcmp(err->kind, "NotImplementedError") || !strcmp(err->kind, "RecursionError")) return;
    lb_error renamed = {.code = err->code, .message = err->message, .trace = err->trace};
    err->message = err->trace = NULL;
    error_clear(err);
    *err = renamed;
}

static bool fail(struct machine *m) {
    error_set(m->err, LB_ERROR_INTERNAL, "a run failed without saying why");
    /* Errors of operators are RuntimeErrors to who calls the interpreter, whatever they were inside; a raise
     * statement's class stands in the text alone (InterpreterStateImpl::handleError). */
    if (m->err && m->err->code != LB_ERROR_RAISED) drop_kind(m->err);
    machine_trace(m);
    drop_kind(m->err);
    machine_exit_all(m, 0);
    machine_unwind(m, 0);
    return false;
}

static bool start_frame(struct machine *m, const struct code *code, const lb_value *args, int count) {
    if (count != code->parameter_count)
        return error_set(m->err, LB_ERROR_ARGUMENT, "%s takes %d arguments, not %d", code->name,
                         code->parameter_count, count);
    if (!machine_push(m, code, false)) return false;
    lb_value *registers = machine_top(m)->registers;
    for (int i = 0; i < count; i++)
        if (!machine_put(m, &registers[code->parameters[i]], value_copy(args[i]))) return false;
    return true;
}

static bool run(struct machine *m) {
    while (!machine_run(m, 0))
        if (!machine_catch(m)) return false;
    return true;
}

static bool run_code(struct unit *unit, const struct code *code, const lb_value *args, int count,
                     struct run_context *cx, lb_value *result, lb_error *err) {
    struct machine m;
    machine_start(&m, unit, cx, err);
    bool good = (start_frame(&m, code, args, count) && run(&m)) || fail(&m);
    *result = m.result.tag == VALUE_UNINITIALIZED ? value_none() : m.result;
    machine_end(&m);
    return good;
}

bool exec_code(struct unit *unit, const struct code *code, const lb_value *args, int count,
               struct run_context *cx, lb_value *result, lb_error *err) {
    *result = value_none();
    if (cx->forks) return run_code(unit, code, args, count, cx, result, err);
    struct forks forks = {0};
    struct run_context own = *cx;
    own.forks = &forks;
    own.unit = unit;
    own.call = call_back;
    if (!own.types) own.types = &unit->types;
    bool good = run_code(unit, code, args, count, &own, result, err);
    forks_wait_all(&forks);
    cx->grad_enabled = own.grad_enabled;
    return good;
}

bool exec_native(const struct function *f, const lb_value *args, int count, lb_value *result, lb_error *err) {
    *result = value_none();
    if (f->native(args, count, result, err)) {
        if (f->schema && f->schema->return_count) type_tag_containers(f->schema->returns[0].type, *result);
        return true;
    }
    value_release(*result);
    *result = value_none();
    return false;
}

bool exec_call(struct unit *unit, struct function *f, const lb_value *args, int count, struct run_context *cx,
               lb_value *result, lb_error *err) {
    *result = value_none();
    if (f->native) return exec_native(f, args, count, result, err);
    const struct code *code = code_of(unit, f, err);
    if (code && code->eval && count > 0 && eval_guards_hold(&code->eval_guards, args[0])) code = code->eval;
    return code && exec_code(unit, code, args, count, cx, result, err);
}

static bool ready(struct function *f, lb_error *err) {
    if (!f->graph && f->ensure && !f->ensure(f, err)) return false;
    return f->graph || error_set(err, LB_ERROR_INTERNAL, "%s has no graph",
                                 f->qualified ? f->qualified->text : "a function");
}

/* Beside the general code, code for modules in eval mode; where it cannot be made there is none. */
static void lower_for_eval(struct unit *unit, struct function *f, struct graph *graph, struct code *code) {
    lb_error own = {0};
    bool useful = false;
    struct graph *copy = graph_copy(graph);
    if (copy && pass_assume_eval(copy, &code->eval_guards, &useful, &own) && useful && fuse_graph(copy, &own))
        code->eval = code_lower(unit, f, copy, code->name, &own);
    if (code->eval)
        code->eval->owned_graph = copy;
    else if (copy)
        graph_free(copy);
    error_clear(&own);
}

static struct code *lower_function(struct unit *unit, struct function *f, lb_error *err) {
    lb_error own = {0};
    struct graph *graph = prepare_graph(f, &own);
    if (own.code) {
        error_move(err, &own);
        return NULL;
    }
    struct code *code = code_lower(unit, f, graph ? graph : f->graph, f->name ? f->name->text : "", err);
    if (code)
        code->owned_graph = graph;
    else if (graph)
        graph_free(graph);
    if (code) lower_for_eval(unit, f, graph ? graph : f->graph, code);
    return code;
}

/* One thread at a time makes code for a unit, since it looks up (and parses) operators' schemas. */
static const struct code *make_code(struct unit *unit, struct function *f, lb_error *err) {
    unit_enter(unit);
    struct code *code = atomic_load(&f->code);
    if (!code && ready(f, err)) {
        unit->release_code = code_free;
        code = lower_function(unit, f, err);
        if (code) atomic_store(&f->code, code);
    }
    unit_leave(unit);
    return code;
}

const struct code *code_of(struct unit *unit, struct function *f, lb_error *err) {
    const struct code *code = atomic_load_explicit(&f->code, memory_order_acquire);
    return code ? code : make_code(unit, f, err);
}

static void release_graph(void *graph) {
    graph_free(graph);
}

static void release_code(void *code) {
    code_free(code);
}

bool exec_replace_graph(struct unit *unit, struct function *f, struct graph *graph, lb_error *err) {
    for (int i = 0; i < unit->function_list.count; i++) {
        struct function *other = unit->function_list.items[i];
        struct code *code = atomic_load(&other->code);
        if (!code) continue;
        if (!unit_keep(unit, code, release_code)) return error_memory(err);
        atomic_store(&other->code, NULL);
    }
    if (f->graph && !unit_keep(unit, f->graph, release_graph)) return error_memory(err);
    f->graph = graph;
    return true;
}
