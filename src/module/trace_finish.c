/* A trace's end: what the program gave back becomes the graph's result, calls of modules become methods of
 * their classes. Also what else a trace may hold beside operators: calls of compiled functions and guards. */
#include "base/mem.h"
#include "ir/views.h"
#include "module/graphs.h"
#include "module/trace.h"
#include "ops/text/words.h"
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

/* ---- calls of compiled functions ---- */

/* The submodule that a constant object is. */
static struct ir_value *module_value(struct trace *t, const lb_value *object, lb_error *err) {
    const struct block *top = t->graph->top;
    for (struct node *n = block_first(top); n != top->result && node_is(n, KIND_TRACED_ATTR); n = n->next) {
        const char *path = node_attribute(n, "scope")->value.string->bytes;
        lb_value at = t->module;
        while ((path = strchr(path, '.')) && at.tag == VALUE_OBJECT) {
            size_t length = strcspn(++path, ".");
            const struct name *name = name_find(&t->unit->names, path, length);
            int slot = name ? class_find_attribute(at.object->type->definition, name) : -1;
            if (slot < 0 || slot >= at.object->count) break;
            at = at.object->slots[slot];
        }
        if (!path && at.tag == VALUE_OBJECT && at.object == object->object) return node_output(n, 0);
    }
    if (t->module.tag == VALUE_OBJECT && t->module.object == object->object) return block_input(top, 0);
    error_set_kind(
        err, LB_ERROR_ARGUMENT, "RuntimeError",
        "Tried to trace a module of type %s but it is not part of the active trace. Modules that are "
        "called during a trace must be registered as submodules of the thing being traced.",
        object->object->type->name->text);
    return NULL;
}

static struct ir_value *call_argument(struct trace *t, const lb_traced *a, lb_error *err) {
    if (a->kind == LB_TRACED_CONSTANT && a->value->tag == VALUE_OBJECT) return module_value(t, a->value, err);
    return trace_value(t, a, err);
}

static struct ir_value *function_value(struct trace *t, struct function *f) {
    struct ir_value *v = trace_typed(t, "prim::Constant", NULL, 0, simple_type(t->graph, TYPE_FUNCTION));
    if (!v || !node_set_string(v->node, "name", f->name->text, f->name->length)) return NULL;
    v->node->function = f;
    return v;
}

/* What the host's value is in the graph from now on (setValue). */
static bool know_result(struct trace *t, const lb_traced *result, struct ir_value *v, int depth,
                        lb_error *err) {
    if (result->kind == LB_TRACED_TENSOR) return trace_know(t, result->key, v) || error_memory(err);
    if ((result->kind != LB_TRACED_LIST && result->kind != LB_TRACED_TUPLE) || depth > DEEPEST_VALUE)
        return true;
    bool list = result->kind == LB_TRACED_LIST;
    struct node *n = trace_node(t, list ? "prim::ListUnpack" : "prim::TupleUnpack", &v, 1, result->count);
    if (!n) return error_memory(err);
    for (int i = 0; i < result->count; i++) {
        node_output(n, i)->type = list ? v->type->items[0] : v->type->items[i];
        if (!know_result(t, &result->items[i], node_output(n, i), depth + 1, err)) return false;
    }
    return true;
}

bool trace_call(struct trace *t, struct function *f, const lb_traced *args, int count,
                const lb_traced *result, lb_error *err) {
    if (!f->schema || f->schema->argument_count != count || f->schema->return_count != 1)
        return error_set(err, LB_ERROR_ARGUMENT, "%s is called with %d arguments", f->name->text, count);
    int skip = f->owner ? 0 : 1;
    struct ir_value **inputs = mem_zeroed((size_t)count + 1, sizeof *inputs);
    bool good = inputs || error_memory(err);
    if (good && skip) good = (inputs[0] = function_value(t, f)) || error_memory(err);
    for (int i = 0; good && i < count; i++)
        good = (inputs[i + skip] = call_argument(t, &args[i], err)) != NULL;
    const char *kind = f->owner ? "prim::CallMethod" : "prim::CallFunction";
    struct ir_value *v = good ? trace_typed(t, kind, inputs, count + skip, f->schema->returns[0].type) : NULL;
    mem_free(inputs);
    if (!good) return false;
    if (!v || (f->owner && !node_set_string(v->node, "name", f->name->text, f->name->length)))
        return error_memory(err);
    v->node->range = t->at;
    return know_result(t, result, v, 0, err);
}

/* ---- guards ---- */

/* The tensor as the number it became, and whether that is the one of the trace, at the insertion point. */
static struct ir_value *guard_condition(struct trace *t, const void *key, lb_value value, lb_error *err) {
    lb_traced tensor = {.kind = LB_TRACED_TENSOR, .key = key};
    struct ir_value *v = trace_tensor(t, &tensor, err);
    if (!v) return NULL;
    bool flag = value.tag == VALUE_BOOL, real = value.tag == VALUE_FLOAT;
    const char *kind = flag ? "aten::Bool" : real ? "aten::Float" : "aten::Int";
    v = trace_typed(t, kind, &v, 1, simple_type(t->graph, flag ? TYPE_BOOL : real ? TYPE_FLOAT : TYPE_INT));
    if (!v || flag) return v;
    struct ir_value *both[2] = {v, trace_constant(t, value, err)};
    return both[1] ? trace_typed(t, "aten::eq", both, 2, simple_type(t->graph, TYPE_BOOL)) : NULL;
}

static bool put_raise(struct trace *t, struct block *b, const char *message, lb_error *err) {
    lb_value text;
    if (!value_new_string(&text, message, (int64_t)strlen(message), err)) return false;
    struct node *old = insertion_set(t->graph, b->result);
    struct ir_value *inputs[2] = {trace_constant(t, text, err)};
    inputs[1] = inputs[0] ? trace_none(t) : NULL;
    struct node *raise = inputs[1] ? trace_node(t, "prim::RaiseException", inputs, 2, 0) : NULL;
    if (raise) raise->range = t->at;
    t->graph->insert_before = old;
    value_release(text);
    return raise || error_memory(err);
}

bool trace_guard(struct trace *t, const void *key, const lb_value *value, const char *message,
                 lb_error *err) {
    if (value->tag != VALUE_BOOL && value->tag != VALUE_INT && value->tag != VALUE_FLOAT)
        return error_set(err, LB_ERROR_ARGUMENT, "a guard holds a bool, an int or a float");
    struct ir_value *holds = guard_condition(t, key, *value, err);
    if (!holds) return error_memory(err);
    struct node *branch = trace_node(t, "prim::If", &holds, 1, 0);
    struct block *good = branch ? node_add_block(branch) : NULL, *bad = good ? node_add_block(branch) : NULL;
    if (!bad) return error_memory(err);
    branch->range = t->at;
    bool expected = value->tag != VALUE_BOOL || value->i;
    return put_raise(t, expected ? bad : good, message, err);
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
    if (!passes_after_trace(t->graph, err)) return NULL;
    return method ? method_from_graph(t->graph, t->module.object->type, name, err)
                  : function_from_graph(t->graph, name, err);
}
