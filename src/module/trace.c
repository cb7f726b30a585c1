/* The recorder's state: which value stands for which of the host's tensors, which modules are being called,
 * and the inputs. See trace.h. */
#include "module/trace.h"
#include "base/mem.h"
#include "ir/views.h"
#include "tensor/device.h"
#include <string.h>

enum { DEEPEST_CALL = 500, DEEPEST_VALUE = 100 };

/* ---- nodes ---- */

struct node *trace_node(struct trace *t, const char *kind, struct ir_value *const *inputs, int count,
                        int outputs) {
    struct node *n = graph_new_node(t->graph, name_of(&t->unit->names, kind), outputs);
    for (int i = 0; n && i < count; i++)
        if (!node_add_input(n, inputs[i])) return NULL;
    if (n && t->scopes.count) n->scope = t->scopes.items[t->scopes.count - 1];
    return graph_insert(t->graph, n);
}

struct ir_value *trace_typed(struct trace *t, const char *kind, struct ir_value *const *inputs, int count,
                             const struct type *type) {
    struct node *n = type ? trace_node(t, kind, inputs, count, 1) : NULL;
    if (!n) return NULL;
    node_output(n, 0)->type = type;
    return node_output(n, 0);
}

struct ir_value *trace_constant(struct trace *t, lb_value v, lb_error *err) {
    struct ir_value *c = graph_insert_constant(t->graph, v, NULL, t->at);
    if (!c) {
        error_set(err, LB_ERROR_ARGUMENT, "a %s cannot be a constant of a graph",
                  value_tag_name((enum value_tag)v.tag));
        return NULL;
    }
    if (t->scopes.count) c->node->scope = t->scopes.items[t->scopes.count - 1];
    return c;
}

struct ir_value *trace_none(struct trace *t) {
    return trace_typed(t, "prim::Constant", NULL, 0, simple_type(t->graph, TYPE_NONE));
}

/* ---- types ---- */

static const struct type *tensor_type(struct trace *t, const lb_traced *v) {
    struct device device = {DEVICE_CPU, -1};
    lb_error ignored = {0};
    if (v->device && !device_parse(v->device, &device, &ignored)) device.type = DEVICE_OTHER;
    error_clear(&ignored);
    struct tensor_facts facts = {
        .dtype = v->dtype,
        .ndim = v->sizes || !v->ndim ? v->ndim : -1,
        .sizes = (int64_t *)(uintptr_t)v->sizes,
        .strides = v->ndim ? (int64_t *)(uintptr_t)v->strides : NULL,
        .requires_grad = v->requires_grad,
        .has_device = true,
        .device = device,
    };
    return type_tensor_of(&t->unit->types, &facts);
}

static const struct type *deep_type(struct trace *t, const lb_traced *v, bool plain, int depth);

static const struct type *tuple_type(struct trace *t, const lb_traced *v, bool plain, int depth) {
    const struct type **items = mem_zeroed((size_t)v->count + 1, sizeof *items);
    bool good = items != NULL;
    for (int i = 0; good && i < v->count; i++)
        good = (items[i] = deep_type(t, &v->items[i], plain, depth + 1)) != NULL;
    const struct type *type = good ? type_tuple(&t->unit->types, v->count, items) : NULL;
    mem_free(items);
    return type;
}

/* What the items from `first` on, `step` apart, have in common. */
static const struct type *common_type(struct trace *t, const lb_traced *v, int first, int step, int depth) {
    const struct type *common = NULL;
    for (int i = first; i < v->count; i += step) {
        const struct type *one = deep_type(t, &v->items[i], true, depth + 1);
        common = common && one ? type_unify(&t->unit->types, common, one, false, NULL) : one;
        if (!common) return NULL;
    }
    return common ? common : t->unit->types.tensor;
}

static const struct type *deep_type(struct trace *t, const lb_traced *v, bool plain, int depth) {
    struct type_store *types = &t->unit->types;
    if (depth > DEEPEST_VALUE) return NULL;
    switch (v->kind) {
    case LB_TRACED_TENSOR: return plain ? types->tensor : tensor_type(t, v);
    case LB_TRACED_TUPLE: return tuple_type(t, v, plain, depth);
    case LB_TRACED_LIST: {
        const struct type *element = common_type(t, v, 0, 1, depth);
        return element ? type_list(types, element) : NULL;
    }
    case LB_TRACED_DICT: {
        const struct type *key = common_type(t, v, 0, 2, depth), *value = common_type(t, v, 1, 2, depth);
        return key && value ? type_dict(types, key, value) : NULL;
    }
    case LB_TRACED_CONSTANT: return v->value ? type_of_value(types, *v->value) : NULL;
    default: return NULL;
    }
}

const struct type *trace_type(struct trace *t, const lb_traced *v) {
    return deep_type(t, v, false, 0);
}

/* ---- which value stands for which tensor ---- */

bool trace_know(struct trace *t, const void *key, struct ir_value *v) {
    return table_set(&t->values, key, v);
}

static bool name_value(struct trace *t, const void *key, struct ir_value *v) {
    if (value_has_name(v) || !t->host.name) return true;
    const char *name = t->host.name(t->host.user, key);
    return !name || !*name || value_set_name(v, name);
}

static struct ir_value *embed(struct trace *t, const lb_traced *tensor, lb_error *err) {
    lb_value *v = t->host.tensor ? t->host.tensor(t->host.user, tensor->key, err) : NULL;
    if (!v) {
        error_set(err, LB_ERROR_ARGUMENT, "a tensor that was not made in the trace cannot be had");
        return NULL;
    }
    struct ir_value *c = trace_constant(t, *v, err);
    value_release(*v);
    mem_free(v);
    if (!c || trace_know(t, tensor->key, c)) return c;
    error_memory(err);
    return NULL;
}

struct ir_value *trace_tensor(struct trace *t, const lb_traced *tensor, lb_error *err) {
    struct ir_value *v = table_get(&t->values, tensor->key);
    if (!v) return embed(t, tensor, err);
    if (name_value(t, tensor->key, v)) return v;
    error_memory(err);
    return NULL;
}

/* ---- beginning ---- */

/* One prim::TracedAttr for each attribute, depth first: what an attribute becomes where it is used is settled
 * at the end (gatherParametersAndBuffers). */
static bool add_attributes(struct trace *t, lb_value module, const char *path, int depth) {
    const struct class_definition *class = module.object->type->definition;
    if (depth > DEEPEST_CALL) return false;
    for (int i = 0; i < class->attributes.count; i++) {
        const struct class_attribute *a = &class->attributes.items[i];
        const char *whole = arena_printf(&t->graph->memory, "%s.%s", path, a->name->text);
        struct ir_value *v = whole ? trace_typed(t, "prim::TracedAttr", NULL, 0, a->type) : NULL;
        if (!v || !node_set_string(v->node, "scope", whole, (int64_t)strlen(whole))) return false;
        lb_value child = i < module.object->count ? module.object->slots[i] : value_none();
        bool is_module = child.tag == VALUE_OBJECT && child.object->type->definition->is_module;
        if (is_module && !add_attributes(t, child, whole, depth + 1)) return false;
    }
    return true;
}

static bool begin(struct trace *t) {
    t->graph = graph_new(t->unit);
    if (!t->graph || t->module.tag != VALUE_OBJECT) return t->graph != NULL;
    struct ir_value *self = block_add_input(t->graph->top);
    if (!self || !value_set_name(self, "self")) return false;
    self->type = t->module.object->type;
    return add_attributes(t, t->module, "__module", 0);
}

struct trace *trace_new(struct unit *unit, lb_value module, const lb_trace_host *host, lb_error *err) {
    if (module.tag != VALUE_NONE &&
        (module.tag != VALUE_OBJECT || !module.object->type->definition->is_module)) {
        error_set(err, LB_ERROR_ARGUMENT, "what is traced is a module or a function");
        return NULL;
    }
    struct trace *t = mem_zeroed(1, sizeof *t);
    if (t) {
        t->unit = unit_retain(unit);
        t->module = value_copy(module);
        t->host = *host;
    }
    if (t && begin(t)) return t;
    trace_free(t);
    error_memory(err);
    return NULL;
}

void trace_free(struct trace *t) {
    if (!t) return;
    graph_free(t->graph);
    table_free(&t->values);
    mem_free(t->scopes.items);
    value_release(t->module);
    unit_free(t->unit);
    mem_free(t);
}

/* The TracedAttr of a path below the module, which has no leading "__module.". */
static struct node *attribute_node(const struct trace *t, const char *path) {
    const struct block *top = t->graph->top;
    for (struct node *n = block_first(top); n != top->result && node_is(n, KIND_TRACED_ATTR); n = n->next)
        if (!strcmp(node_attribute(n, "scope")->value.string->bytes + strlen("__module."), path)) return n;
    return NULL;
}

/* A tensor at a second path: PyTorch's tracer looks at it by a view, which dies, but decides where in the
 * graph the first path is read. */
static bool look_at(struct trace *t, const lb_traced *tensor, lb_error *err) {
    lb_value size = value_int(-1);
    lb_traced item = {.kind = LB_TRACED_CONSTANT, .value = &size};
    lb_traced args[2] = {*tensor, {.kind = LB_TRACED_LIST, .items = &item, .count = 1}};
    lb_traced view = {.kind = LB_TRACED_TENSOR, .key = &item, .dtype = tensor->dtype};
    bool good = trace_record(t, ops_find_overload("aten::view", ""), args, 2, &view, 1, err);
    table_remove(&t->values, &item);
    return good;
}

bool trace_attribute(struct trace *t, const char *path, const lb_traced *tensor, lb_error *err) {
    struct node *n = attribute_node(t, path);
    if (!n) return error_set(err, LB_ERROR_ARGUMENT, "the module has no attribute '%s'", path);
    const struct type *type = trace_type(t, tensor);
    if (!type) return error_memory(err);
    node_output(n, 0)->type = type;
    if (table_has(&t->values, tensor->key)) return look_at(t, tensor, err);
    return trace_know(t, tensor->key, node_output(n, 0)) || error_memory(err);
}

/* ---- inputs ---- */

static bool take(struct trace *t, const lb_traced *input, struct ir_value *v, lb_error *err);

static bool take_apart(struct trace *t, const lb_traced *input, struct ir_value *v, lb_error *err) {
    const char *kind = input->kind == LB_TRACED_TUPLE ? "prim::TupleUnpack" : "prim::ListUnpack";
    struct node *unpack = trace_node(t, kind, &v, 1, input->count);
    if (!unpack) return error_memory(err);
    for (int i = 0; i < input->count; i++)
        if (!take(t, &input->items[i], node_output(unpack, i), err)) return false;
    return true;
}

static bool take_entries(struct trace *t, const lb_traced *input, struct ir_value *v, lb_error *err) {
    for (int i = 0; i + 1 < input->count; i += 2) {
        const lb_traced *key = &input->items[i], *item = &input->items[i + 1];
        if (key->kind != LB_TRACED_CONSTANT) return error_set(err, LB_ERROR_ARGUMENT, "a key is a constant");
        struct source_range at = t->at;
        t->at = (struct source_range){0};
        struct ir_value *pair[2] = {v, trace_constant(t, *key->value, err)};
        t->at = at;
        if (!pair[1]) return false;
        struct ir_value *found = trace_typed(t, "aten::__getitem__", pair, 2, t->unit->types.tensor);
        if (!found) return error_memory(err);
        if (!take(t, item, found, err)) return false;
    }
    return true;
}

/* What an input's parts are in the graph (addInput). */
static bool take(struct trace *t, const lb_traced *input, struct ir_value *v, lb_error *err) {
    v->type = trace_type(t, input);
    if (!v->type)
        return error_set_kind(err, LB_ERROR_ARGUMENT, "RuntimeError",
                              "Only tensors and (possibly nested) lists, dicts and tuples of tensors can be "
                              "inputs of traced functions");
    switch (input->kind) {
    case LB_TRACED_TENSOR: return trace_know(t, input->key, v) || error_memory(err);
    case LB_TRACED_DICT: return take_entries(t, input, v, err);
    default: return take_apart(t, input, v, err);
    }
}

bool trace_input(struct trace *t, const char *name, const lb_traced *input, lb_error *err) {
    struct ir_value *v = block_add_input(t->graph->top);
    if (!v || (name && !value_set_name(v, name))) return error_memory(err);
    return take(t, input, v, err);
}

/* ---- where it happens ---- */

bool trace_at(struct trace *t, const char *stack, size_t length, const char *file, int line, lb_error *err) {
    const struct source *s = t->at.source;
    bool same = s && s->length == length && s->first_line == line && !memcmp(s->text, stack, length);
    if (same) return true;
    s = source_new(&t->unit->memory, stack, length, file, line);
    if (!s) return error_memory(err);
    t->at = (struct source_range){s, 0, (uint32_t)length};
    return true;
}

static const char *inner_scope(const struct trace *t, const char *path) {
    struct text text = {0};
    if (t->scopes.count) text_printf(&text, "%s/", t->scopes.items[t->scopes.count - 1]);
    text_printf(&text, "__module.%s", path);
    const struct name *name = text.failed ? NULL : name_of(&t->unit->names, text_get(&text));
    text_free(&text);
    return name ? name->text : NULL;
}

bool trace_enter(struct trace *t, const char *path, lb_error *err) {
    struct node *attribute = t->module.tag == VALUE_OBJECT ? attribute_node(t, path) : NULL;
    if (!attribute || node_output(attribute, 0)->type->kind != TYPE_CLASS)
        return error_set(err, LB_ERROR_ARGUMENT, "there is no submodule '%s'", path);
    if (t->scopes.count == DEEPEST_CALL)
        return error_set(err, LB_ERROR_LIMIT, "modules call each other more than %d deep", DEEPEST_CALL);
    const char *scope = inner_scope(t, path);
    const lb_value whole = node_attribute(attribute, "scope")->value;
    struct node *n = scope ? trace_node(t, "prim::TracedModuleForward", NULL, 0, 0) : NULL;
    struct block *body = n && node_set_value(n, "scope", whole) ? node_add_block(n) : NULL;
    if (!body || !array_push(&t->scopes, scope)) return error_memory(err);
    t->graph->insert_before = body->result;
    return true;
}

bool trace_leave(struct trace *t, lb_error *err) {
    struct node *call = t->graph->insert_before->block->owner;
    if (!t->scopes.count || !call) return error_set(err, LB_ERROR_ARGUMENT, "no module is being called");
    t->scopes.count--;
    t->graph->insert_before = call->next;
    return true;
}
