/* What a trace may hold beside operators: calls of compiled functions and methods
 * (torch/csrc/jit/python/pybind_utils.h: runAndInsertCall), and guards. */
#include "base/mem.h"
#include "ir/views.h"
#include "module/trace.h"
#include <string.h>

enum { DEEPEST_VALUE = 100 };

/* ---- arguments ---- */

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

/* The i-th argument of a function, its default where none was given. */
static struct ir_value *argument_of(struct trace *t, const struct function *f, int i, const lb_traced *args,
                                    int count, lb_error *err) {
    const struct argument *a = &f->schema->arguments[i];
    if (i < count && args[i].kind != LB_TRACED_DEFAULT) return call_argument(t, &args[i], err);
    if (a->has_default) {
        lb_traced given = {.kind = LB_TRACED_CONSTANT, .value = &a->default_value};
        return call_argument(t, &given, err);
    }
    error_set(err, LB_ERROR_ARGUMENT, "%s is called without its argument '%s'", f->name->text, a->name->text);
    return NULL;
}

/* ---- results ---- */

static bool know_result(struct trace *t, const lb_traced *result, struct ir_value *v, int depth,
                        lb_error *err);

/* A dict's values, in its order. */
static bool know_entries(struct trace *t, const lb_traced *dict, struct ir_value *v, int depth,
                         lb_error *err) {
    if (v->type->kind != TYPE_DICT) return error_set(err, LB_ERROR_ARGUMENT, "a result is no dict");
    const struct type *type = v->type->items[1];
    v = trace_typed(t, "aten::values", &v, 1, type_list(&t->unit->types, type));
    struct node *n = v ? trace_node(t, "prim::ListUnpack", &v, 1, dict->count / 2) : NULL;
    if (!n) return error_memory(err);
    for (int i = 0; i < dict->count / 2; i++) {
        node_output(n, i)->type = type;
        if (!know_result(t, &dict->items[2 * i + 1], node_output(n, i), depth + 1, err)) return false;
    }
    return true;
}

static bool know_items(struct trace *t, const lb_traced *items, struct ir_value *v, int depth,
                       lb_error *err) {
    bool list = items->kind == LB_TRACED_LIST;
    if (v->type->kind != (list ? TYPE_LIST : TYPE_TUPLE) || (!list && v->type->count != items->count))
        return error_set(err, LB_ERROR_ARGUMENT, "a result is not of its function's type");
    struct node *n = trace_node(t, list ? "prim::ListUnpack" : "prim::TupleUnpack", &v, 1, items->count);
    if (!n) return error_memory(err);
    for (int i = 0; i < items->count; i++) {
        node_output(n, i)->type = v->type->items[list ? 0 : i];
        if (!know_result(t, &items->items[i], node_output(n, i), depth + 1, err)) return false;
    }
    return true;
}

/* What the host's value is in the graph from now on (setValue in torch/csrc/jit/frontend/tracer.cpp). */
static bool know_result(struct trace *t, const lb_traced *result, struct ir_value *v, int depth,
                        lb_error *err) {
    switch (depth < DEEPEST_VALUE ? result->kind : LB_TRACED_DEFAULT) {
    case LB_TRACED_TENSOR:
        v->type = trace_type(t, result);
        return (v->type && trace_know(t, result->key, v)) || error_memory(err);
    case LB_TRACED_LIST:
    case LB_TRACED_TUPLE: return know_items(t, result, v, depth, err);
    case LB_TRACED_DICT: return know_entries(t, result, v, depth, err);
    default:
        return error_set_kind(err, LB_ERROR_ARGUMENT, "RuntimeError",
                              "Tracer cannot set value trace for type %s. Supported types are tensor, tensor "
                              "list, and tuple of tensors.",
                              result->value ? value_tag_name((enum value_tag)result->value->tag) : "None");
    }
}

/* ---- calls ---- */

static struct ir_value *function_value(struct trace *t, struct function *f) {
    struct ir_value *v = trace_typed(t, "prim::Constant", NULL, 0, simple_type(t->graph, TYPE_FUNCTION));
    if (!v || !node_set_string(v->node, "name", f->name->text, f->name->length)) return NULL;
    v->node->function = f;
    return v;
}

bool trace_call(struct trace *t, struct function *f, const lb_traced *args, int count,
                const lb_traced *result, lb_error *err) {
    if (!f->schema || f->schema->return_count != 1)
        return error_set(err, LB_ERROR_ARGUMENT, "%s cannot be called in a trace", f->name->text);
    int skip = f->owner ? 0 : 1, all = f->schema->argument_count;
    struct ir_value **inputs = mem_zeroed((size_t)all + 1, sizeof *inputs);
    bool good = inputs || error_memory(err);
    for (int i = 0; good && i < all; i++)
        good = (inputs[i + skip] = argument_of(t, f, i, args, count, err)) != NULL;
    if (good && skip) good = (inputs[0] = function_value(t, f)) || error_memory(err);
    const char *kind = f->owner ? "prim::CallMethod" : "prim::CallFunction";
    struct ir_value *v = good ? trace_typed(t, kind, inputs, all + skip, f->schema->returns[0].type) : NULL;
    mem_free(inputs);
    if (!good) return false;
    if (!v || (f->owner && !node_set_string(v->node, "name", f->name->text, f->name->length)))
        return error_memory(err);
    return know_result(t, result, v, 0, err);
}

bool trace_call_method(struct trace *t, lb_value object, const char *method, const lb_traced *args, int count,
                       const lb_traced *result, lb_error *err) {
    const struct name *name = name_of(&t->unit->names, method);
    bool is_object = object.tag == VALUE_OBJECT;
    struct function *f = name && is_object ? class_find_method(object.object->type->definition, name) : NULL;
    if (!f) return error_set(err, LB_ERROR_ARGUMENT, "there is no method '%s' to be called", method);
    lb_traced *all = mem_zeroed((size_t)count + 1, sizeof *all);
    if (!all) return error_memory(err);
    all[0] = (lb_traced){.kind = LB_TRACED_CONSTANT, .value = &object};
    if (count) memcpy(all + 1, args, sizeof *all * (size_t)count);
    bool good = trace_call(t, f, all, count + 1, result, err);
    mem_free(all);
    return good;
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
