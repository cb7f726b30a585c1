/* A trace's end: what the program gave back becomes the graph's result, calls of modules become methods of
 * their classes. */
#include "base/mem.h"
#include "ir/views.h"
#include "module/graphs.h"
#include "module/trace.h"
#include "ops/text/words.h"
#include "passes/passes.h"
#include "passes/trace_blocks.h"
#include "value/print.h"
#include <stdio.h>
#include <string.h>

enum { DEEPEST_VALUE = 100 };

/* ---- values that are put together ---- */

typedef struct ir_value *(*leaf)(struct trace *t, const lb_traced *v, lb_error *err);

static struct ir_value *put_together(struct trace *t, const lb_traced *v, leaf tensor, int depth,
                                     lb_error *err);

static struct ir_value *construct(struct trace *t, const lb_traced *v, struct ir_value *const *items) {
    struct type_store *types = &t->unit->types;
    int count = v->count;
    if (v->kind == LB_TRACED_LIST)
        return trace_typed(t, "prim::ListConstruct", items, count,
                           type_list(types, count ? type_unshaped(types, items[0]->type) : types->tensor));
    if (v->kind == LB_TRACED_DICT)
        return trace_typed(t, "prim::DictConstruct", items, count,
                           count ? type_dict(types, items[0]->type, type_unshaped(types, items[1]->type))
                                 : type_dict(types, types->simple[TYPE_STRING], types->tensor));
    const struct type **item_types = mem_zeroed((size_t)count + 1, sizeof *item_types);
    for (int i = 0; item_types && i < count; i++) item_types[i] = items[i]->type;
    struct ir_value *tuple = item_types ? trace_typed(t, "prim::TupleConstruct", items, count,
                                                      type_tuple(types, count, item_types))
                                        : NULL;
    mem_free(item_types);
    return tuple;
}

static struct ir_value *put_items(struct trace *t, const lb_traced *v, leaf tensor, int depth,
                                  lb_error *err) {
    struct ir_value **items = mem_zeroed((size_t)v->count + 1, sizeof *items);
    bool good = items || error_memory(err);
    for (int i = 0; good && i < v->count; i++)
        good = (items[i] = put_together(t, &v->items[i], tensor, depth + 1, err)) != NULL;
    struct ir_value *whole = good ? construct(t, v, items) : NULL;
    mem_free(items);
    if (!whole) error_memory(err);
    return whole;
}

static struct ir_value *put_together(struct trace *t, const lb_traced *v, leaf tensor, int depth,
                                     lb_error *err) {
    bool whole = v->kind == LB_TRACED_LIST || v->kind == LB_TRACED_TUPLE || v->kind == LB_TRACED_DICT;
    if (whole && depth < DEEPEST_VALUE) return put_items(t, v, tensor, depth, err);
    if (v->kind == LB_TRACED_TENSOR) return tensor(t, v, err);
    if (v->kind == LB_TRACED_CONSTANT && v->value->tag == VALUE_NONE) return trace_none(t);
    if (v->kind == LB_TRACED_CONSTANT) return trace_constant(t, *v->value, err);
    error_set(err, LB_ERROR_ARGUMENT, "a value cannot be traced");
    return NULL;
}

struct ir_value *trace_value(struct trace *t, const lb_traced *v, lb_error *err) {
    return put_together(t, v, trace_tensor, 0, err);
}

/* ---- results ---- */

static const char advice[] =
    " might cause the trace to be incorrect, this is only valid if the container structure does not change "
    "based on the module's inputs. Consider using a constant container instead (e.g. for `list`, use a "
    "`tuple` "
    "instead. for `dict`, use a `NamedTuple` instead). If you absolutely need this and know the side "
    "effects, "
    "pass strict=False to trace() to allow this behavior.";

static bool refuse_unknown(struct trace *t, const lb_traced *v, lb_error *err) {
    struct text shown = {0};
    lb_value *tensor = t->host.tensor ? t->host.tensor(t->host.user, v->key, err) : NULL;
    if (tensor) value_put(&shown, *tensor, &op_words);
    error_set_kind(
        err, LB_ERROR_ARGUMENT, "RuntimeError",
        "output 1 (%s) of traced region did not have observable data dependence with trace inputs; "
        "this probably indicates your program cannot be understood by the tracer.",
        text_get(&shown));
    text_free(&shown);
    if (tensor) value_release(*tensor);
    mem_free(tensor);
    return false;
}

/* getOutput: a tensor that was given back must be known, and is not named anew. */
static struct ir_value *known_tensor(struct trace *t, const lb_traced *v, lb_error *err) {
    struct ir_value *known = table_get(&t->values, v->key);
    if (!known) refuse_unknown(t, v, err);
    return known;
}

static bool may_give(struct trace *t, const lb_traced *v, int depth, lb_error *err) {
    bool list = v->kind == LB_TRACED_LIST, dict = v->kind == LB_TRACED_DICT;
    char text[sizeof advice + 80];
    snprintf(text, sizeof text, "Encountering a %s at the output of the tracer%s", dict ? "dict" : "list",
             advice);
    if (dict && !t->host.lenient) return error_set_kind(err, LB_ERROR_ARGUMENT, "RuntimeError", "%s", text);
    if (list && !t->host.lenient && t->host.warn) t->host.warn(t->host.user, text);
    bool tuple = v->kind == LB_TRACED_TUPLE;
    if (v->kind != LB_TRACED_TENSOR && (!(list || dict || tuple) || depth > DEEPEST_VALUE))
        return error_set_kind(
            err, LB_ERROR_ARGUMENT, "RuntimeError",
            "Only tensors, lists, tuples of tensors, or dictionary of tensors can be output "
            "from traced functions");
    for (int i = dict ? 1 : 0; (list || dict || tuple) && i < v->count; i += dict ? 2 : 1)
        if (!may_give(t, &v->items[i], depth + 1, err)) return false;
    return true;
}

static bool give(struct trace *t, const lb_traced *output, lb_error *err) {
    if (t->scopes.count) return error_set(err, LB_ERROR_ARGUMENT, "a module is still being called");
    if (!may_give(t, output, 0, err)) return false;
    struct ir_value *v = put_together(t, output, known_tensor, 0, err);
    return v && (block_add_output(t->graph->top, v) >= 0 || error_memory(err));
}

/* ---- methods ---- */

/* forward, forward1, forward2, ...: the first that is free (mangleMethodName). */
static const struct name *free_method(struct unit *u, const struct class_definition *class) {
    char text[40] = "forward";
    for (int i = 1;; i++) {
        const struct name *name = name_of(&u->names, text);
        if (!name || !class_find_method(class, name)) return name;
        snprintf(text, sizeof text, "forward%d", i);
    }
}

static bool make_methods(struct graph *g, lb_error *err);

/* The node becomes a call of a new method of its module's class. */
static bool make_method(struct node *n, lb_error *err) {
    struct graph *body = node_attribute(n, "Subgraph")->graph;
    const struct type *class = node_input(n, 0)->type;
    if (!make_methods(body, err)) return false;
    const struct name *name = free_method(n->graph->unit, class->definition);
    struct function *f =
        name && passes_after_trace(body, err) ? method_from_graph(body, class, name->text, err) : NULL;
    if (!f) return error_memory(err);
    struct node *call = graph_new_known(n->graph, KIND_CALL_METHOD, 0);
    if (!call || !node_set_string(call, "name", name->text, name->length)) return error_memory(err);
    for (int i = 0; i < n->inputs.count; i++)
        if (!node_add_input(call, node_input(n, i))) return error_memory(err);
    struct ir_value *out = node_add_output(call);
    if (!out || !value_replace_uses(node_output(n, 0), out)) return error_memory(err);
    out->type = f->schema->returns[0].type;
    node_insert_before(call, n);
    node_destroy(n);
    return true;
}

static bool make_methods(struct graph *g, lb_error *err) {
    for (struct node *n = block_first(g->top), *next; n != g->top->result; n = next) {
        next = n->next;
        if (node_is(n, KIND_TRACED_MODULE) && !make_method(n, err)) return false;
    }
    return true;
}

struct function *trace_finish(struct trace *t, const char *name, const lb_traced *output, lb_error *err) {
    bool method = t->module.tag == VALUE_OBJECT;
    if (t->finished) error_set(err, LB_ERROR_ARGUMENT, "the trace has ended already");
    if (t->finished || !give(t, output, err)) return NULL;
    t->finished = true;
    if (method && !(passes_close_trace_blocks(t->graph, err) && make_methods(t->graph, err))) return NULL;
    /* The methods that were just made keep other names of operators, as in PyTorch. */
    if (!pass_normalize_ops(t->graph, err) || !passes_after_trace(t->graph, err)) return NULL;
    return method ? method_from_graph(t->graph, t->module.object->type, name, err)
                  : function_from_graph(t->graph, name, err);
}
