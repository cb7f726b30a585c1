/* The recorder: a run of a host's program becomes a graph (torch/csrc/jit/frontend/tracer.cpp). What the
 * functions mean is said in the public header; here is what they share.
 *
 * trace.c keys and values, modules called, inputs; trace_ops.c operators and their arguments;
 * trace_forms.c operators that PyTorch records as others; trace_finish.c results, and the way from one graph
 * to methods of modules. Nodes and numbers are made in PyTorch's order. */
#ifndef LINKBOY_MODULE_TRACE_H
#define LINKBOY_MODULE_TRACE_H
#include "ir/graph.h"
#include "ops/ops.h"

struct trace {
    struct unit *unit; /* held */
    struct graph *graph;
    lb_value module; /* none: a function is recorded */
    lb_trace_host host;
    struct table values;           /* the host's key -> struct ir_value * */
    ARRAY_OF(const char *) scopes; /* of the modules that are being called, outermost first */
    struct source_range at;
    bool finished;
};

/* `module` is retained; it is an object of a module's class or none. */
struct trace *trace_new(struct unit *unit, lb_value module, const lb_trace_host *host, lb_error *err);
void trace_free(struct trace *t);

bool trace_attribute(struct trace *t, const char *path, const lb_traced *tensor, lb_error *err);
bool trace_input(struct trace *t, const char *name, const lb_traced *input, lb_error *err);
bool trace_at(struct trace *t, const char *stack, size_t length, const char *file, int line, lb_error *err);
bool trace_enter(struct trace *t, const char *path, lb_error *err);
bool trace_leave(struct trace *t, lb_error *err);
bool trace_op(struct trace *t, const char *op, const lb_traced *args, int count, const lb_traced *results,
              int result_count, lb_error *err);
bool trace_size(struct trace *t, const lb_traced *tensor, int64_t dim, const void *key, lb_error *err);
bool trace_numel(struct trace *t, const lb_traced *tensor, const void *key, lb_error *err);
bool trace_call(struct trace *t, struct function *f, const lb_traced *args, int count,
                const lb_traced *result, lb_error *err);
/* A method of an object; `args` without it. */
bool trace_call_method(struct trace *t, lb_value object, const char *method, const lb_traced *args, int count,
                       const lb_traced *result, lb_error *err);
bool trace_guard(struct trace *t, const void *key, const lb_value *value, const char *message, lb_error *err);
struct function *trace_finish(struct trace *t, const char *name, const lb_traced *output, lb_error *err);

/* ---- shared by the files ---- */

/* Places a new node at the insertion point, in the scope of the module that runs; NULL: memory. */
struct node *trace_node(struct trace *t, const char *kind, struct ir_value *const *inputs, int count,
                        int outputs);
/* The same with one output of this type. */
struct ir_value *trace_typed(struct trace *t, const char *kind, struct ir_value *const *inputs, int count,
                             const struct type *type);
/* With the place in the host's source, as the tracer gives it to operators and constants. */
struct ir_value *trace_constant(struct trace *t, lb_value v, lb_error *err);
struct ir_value *trace_none(struct trace *t);
/* The value that stands for the host's tensor; a constant for one that is not known. */
struct ir_value *trace_tensor(struct trace *t, const lb_traced *tensor, lb_error *err);
bool trace_know(struct trace *t, const void *key, struct ir_value *v);
/* All that is known of the host's tensor; of a list or dict its plain type. */
const struct type *trace_type(struct trace *t, const lb_traced *v);
/* A list or tuple of what the tracer knows, or a tensor: arguments of calls. */
struct ir_value *trace_value(struct trace *t, const lb_traced *v, lb_error *err);
/* Records an operator under its own name. */
bool trace_record(struct trace *t, const struct op_row *row, const lb_traced *args, int count,
                  const lb_traced *results, int result_count, lb_error *err);
/* Makes the outputs of a node that is placed: each result in its type, lists taken apart. */
bool trace_outputs(struct trace *t, struct node *n, const lb_traced *results, int count, lb_error *err);
/* Records it as PyTorch does where that is not under its own name; *done says whether that was so. */
bool trace_special(struct trace *t, const struct op_row *row, const lb_traced *args, int count,
                   const lb_traced *results, bool *done, lb_error *err);
#endif
