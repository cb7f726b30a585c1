/* Traces as handles: checks of what a host in another language passes, and the unit held while it is added
 * to. */
#include "module/trace.h"
#include "api/graph.h"
#include <string.h>

struct lb_trace {
    struct trace *trace;
};

lb_trace *lb_trace_new(lb_unit *unit, const lb_value *module, const lb_trace_host *host, lb_error *err) {
    API_ERROR(err, own);
    lb_trace_host h = {0};
    if (host) memcpy(&h, host, host->size && host->size < sizeof h ? host->size : sizeof h);
    lb_trace *handle = mem_zeroed(1, sizeof *handle);
    if (handle) {
        unit_enter(unit_of(unit));
        handle->trace = trace_new(unit_of(unit), module ? *module : value_none(), &h, local);
        unit_leave(unit_of(unit));
    } else {
        error_memory(local);
    }
    if (handle && !handle->trace) {
        mem_free(handle);
        handle = NULL;
    }
    handle_error(err, local);
    return handle;
}

void lb_trace_free(lb_trace *trace) {
    if (!trace) return;
    trace_free(trace->trace);
    mem_free(trace);
}

/* Each function below is its namesake of module/trace.h between these two. */
static struct trace *enter(lb_trace *trace) {
    unit_enter(trace->trace->unit);
    return trace->trace;
}

static bool leave(lb_trace *trace, bool good, lb_error *local, lb_error *err) {
    unit_leave(trace->trace->unit);
    handle_error(err, local);
    return good;
}

bool lb_trace_attribute(lb_trace *trace, const char *path, const lb_traced *tensor, lb_error *err) {
    API_ERROR(err, own);
    return leave(trace, trace_attribute(enter(trace), path, tensor, local), local, err);
}

bool lb_trace_input(lb_trace *trace, const char *name, const lb_traced *input, lb_error *err) {
    API_ERROR(err, own);
    return leave(trace, trace_input(enter(trace), name, input, local), local, err);
}

bool lb_trace_at(lb_trace *trace, const char *stack, size_t length, const char *file, int line,
                 lb_error *err) {
    API_ERROR(err, own);
    return leave(trace, trace_at(enter(trace), stack, length, file, line, local), local, err);
}

bool lb_trace_enter(lb_trace *trace, const char *path, lb_error *err) {
    API_ERROR(err, own);
    return leave(trace, trace_enter(enter(trace), path, local), local, err);
}

bool lb_trace_leave(lb_trace *trace, lb_error *err) {
    API_ERROR(err, own);
    return leave(trace, trace_leave(enter(trace), local), local, err);
}

bool lb_trace_op(lb_trace *trace, const char *op, const lb_traced *args, int count, const lb_traced *results,
                 int result_count, lb_error *err) {
    API_ERROR(err, own);
    return leave(trace, trace_op(enter(trace), op, args, count, results, result_count, local), local, err);
}

bool lb_trace_size(lb_trace *trace, const lb_traced *tensor, int64_t dim, const void *key, lb_error *err) {
    API_ERROR(err, own);
    return leave(trace, trace_size(enter(trace), tensor, dim, key, local), local, err);
}

bool lb_trace_numel(lb_trace *trace, const lb_traced *tensor, const void *key, lb_error *err) {
    API_ERROR(err, own);
    return leave(trace, trace_numel(enter(trace), tensor, key, local), local, err);
}

bool lb_trace_call(lb_trace *trace, lb_function *function, const lb_traced *args, int count,
                   const lb_traced *result, lb_error *err) {
    API_ERROR(err, own);
    struct function *f = (struct function *)function;
    return leave(trace, trace_call(enter(trace), f, args, count, result, local), local, err);
}

bool lb_trace_call_method(lb_trace *trace, const lb_value *module, const char *method, const lb_traced *args,
                          int count, const lb_traced *result, lb_error *err) {
    API_ERROR(err, own);
    bool good = trace_call_method(enter(trace), *module, method, args, count, result, local);
    return leave(trace, good, local, err);
}

bool lb_trace_guard(lb_trace *trace, const void *key, const lb_value *value, const char *message,
                    lb_error *err) {
    API_ERROR(err, own);
    return leave(trace, trace_guard(enter(trace), key, value, message, local), local, err);
}

bool lb_trace_knows(const lb_trace *trace, const void *key) {
    return table_has(&trace->trace->values, key);
}

bool lb_trace_same(lb_trace *trace, const void *key, const void *known, lb_error *err) {
    API_ERROR(err, own);
    struct ir_value *v = table_get(&trace->trace->values, known);
    if (!v) error_set(local, LB_ERROR_ARGUMENT, "the trace does not know the tensor");
    bool good = v && (trace_know(trace->trace, key, v) || error_memory(local));
    handle_error(err, local);
    return good;
}

void lb_trace_forget(lb_trace *trace, const void *key) {
    table_remove(&trace->trace->values, key);
}

lb_function *lb_trace_finish(lb_trace *trace, const char *name, const lb_traced *output, lb_error *err) {
    API_ERROR(err, own);
    struct function *f = trace_finish(enter(trace), name, output, local);
    leave(trace, f != NULL, local, err);
    return (lb_function *)f;
}
