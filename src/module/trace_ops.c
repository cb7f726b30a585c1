/* Operators of a trace: their arguments become values of the graph as the tracer's addInputs does it for each
 * type of argument, their results what later arguments are looked up by. No constant is shared: each
 * argument has its own, made right before the operator. */
#include "base/mem.h"
#include "ir/views.h"
#include "module/trace.h"
#include "ops/schemas.h"
#include "tensor/convert.h"
#include <string.h>

/* ---- numbers that were tensors ---- */

/* The conversions of one call, made before anything else and used up in order (ArgumentStash). */
struct stash {
    ARRAY_OF(struct ir_value *) values;
    int used;
};

/* Stands right behind what makes the tensor, not at the call. */
static struct ir_value *convert_number(struct trace *t, const lb_traced *number, const struct type *wanted,
                                       lb_error *err) {
    struct ir_value *tensor = trace_tensor(t, number, err);
    if (!tensor) return NULL;
    struct block *b = tensor->node->block;
    struct node *behind = tensor->node == b->param ? block_first(b) : tensor->node->next;
    struct node *old = insertion_set(t->graph, behind);
    bool scalar = wanted->kind == TYPE_NUMBER, real = wanted->kind == TYPE_FLOAT;
    const char *kind = scalar ? "aten::ScalarImplicit" : real ? "aten::Float" : "aten::Int";
    const struct type *type = simple_type(t->graph, scalar ? TYPE_NUMBER : real ? TYPE_FLOAT : TYPE_INT);
    struct ir_value *v = trace_typed(t, kind, &tensor, 1, type);
    t->graph->insert_before = old;
    if (!v) error_memory(err);
    return v;
}

static const struct type *inner_type(const struct type *type) {
    while (type->kind == TYPE_OPTIONAL) type = type->items[0];
    return type;
}

static bool stash_numbers(struct trace *t, struct stash *stash, const struct type *type, const lb_traced *a,
                          lb_error *err) {
    type = inner_type(type);
    if (a->kind == LB_TRACED_NUMBER && type->kind != TYPE_TENSOR) {
        struct ir_value *v = convert_number(t, a, type, err);
        return v && (array_push(&stash->values, v) || error_memory(err));
    }
    if (a->kind != LB_TRACED_LIST || type->kind != TYPE_LIST) return true;
    for (int i = 0; i < a->count; i++)
        if (!stash_numbers(t, stash, type->items[0], &a->items[i], err)) return false;
    return true;
}

/* ---- arguments ---- */

static struct tensor *complex_tensor(const struct complex_value *v, lb_error *err) {
    struct tensor *t = tensor_new(DTYPE_COMPLEX128, 0, NULL, NULL, err);
    if (t) memcpy(t->storage->data, (double[2]){v->re, v->im}, 2 * sizeof(double));
    return t;
}

/* A number where a tensor is wanted is a 0-dim tensor of the number's own dtype. */
static struct ir_value *number_tensor(struct trace *t, lb_value v, lb_error *err) {
    enum dtype whole = v.tag == VALUE_BOOL ? DTYPE_BOOL : DTYPE_INT64;
    struct tensor *tensor = v.tag == VALUE_COMPLEX ? complex_tensor(v.complex, err)
                            : v.tag == VALUE_FLOAT ? tensor_of_float(v.f, DTYPE_FLOAT64, err)
                                                   : tensor_of_int(v.i, whole, err);
    if (!tensor) return NULL;
    struct ir_value *c = trace_constant(t, value_tensor(tensor), err);
    tensor_release(tensor);
    return c;
}

static struct ir_value *list_of(struct trace *t, const struct type *element, struct ir_value *const *items,
                                int count, lb_error *err) {
    struct ir_value *v =
        trace_typed(t, "prim::ListConstruct", items, count, type_list(&t->unit->types, element));
    if (!v) error_memory(err);
    return v;
}

static struct ir_value *argument(struct trace *t, struct stash *stash, const struct type *type,
                                 const lb_traced *a, lb_error *err);

static struct ir_value *list_argument(struct trace *t, struct stash *stash, const struct type *element,
                                      const lb_traced *a, lb_error *err) {
    struct ir_value **items = mem_zeroed((size_t)a->count + 1, sizeof *items);
    bool good = items || error_memory(err);
    for (int i = 0; good && i < a->count; i++)
        good = (items[i] = argument(t, stash, element, &a->items[i], err)) != NULL;
    struct ir_value *v = good ? list_of(t, element, items, a->count, err) : NULL;
    mem_free(items);
    return v;
}

/* A list's items are constants of their own. */
static struct ir_value *constant_list(struct trace *t, struct stash *stash, const struct type *element,
                                      const struct list *list, lb_error *err) {
    lb_traced *items = mem_zeroed((size_t)list->count + 1, sizeof *items);
    if (!items) {
        error_memory(err);
        return NULL;
    }
    for (int64_t i = 0; i < list->count; i++)
        items[i] = (lb_traced){.kind = LB_TRACED_CONSTANT, .value = &list->items[i]};
    lb_traced a = {.kind = LB_TRACED_LIST, .items = items, .count = (int)list->count};
    struct ir_value *v = list_argument(t, stash, element, &a, err);
    mem_free(items);
    return v;
}

static struct ir_value *constant_argument(struct trace *t, struct stash *stash, const struct type *type,
                                          lb_value v, lb_error *err) {
    bool number = v.tag == VALUE_INT || v.tag == VALUE_FLOAT || v.tag == VALUE_BOOL || v.tag == VALUE_COMPLEX;
    type = inner_type(type);
    if (v.tag == VALUE_NONE) {
        struct ir_value *none = trace_none(t);
        if (!none) error_memory(err);
        return none;
    }
    if (type->kind == TYPE_TENSOR && number) return number_tensor(t, v, err);
    if (type->kind == TYPE_FLOAT && v.tag == VALUE_INT) v = value_float((double)v.i);
    if (v.tag == VALUE_LIST)
        return constant_list(t, stash, type->kind == TYPE_LIST ? type->items[0] : v.list->element, v.list,
                             err);
    return trace_constant(t, v, err);
}

static struct ir_value *argument(struct trace *t, struct stash *stash, const struct type *type,
                                 const lb_traced *a, lb_error *err) {
    const struct type *inner = inner_type(type);
    switch (a->kind) {
    case LB_TRACED_TENSOR: return trace_tensor(t, a, err);
    case LB_TRACED_NUMBER:
        if (inner->kind == TYPE_TENSOR) return trace_tensor(t, a, err);
        return stash->values.items[stash->used++];
    case LB_TRACED_CONSTANT: return constant_argument(t, stash, type, *a->value, err);
    case LB_TRACED_LIST:
    case LB_TRACED_TUPLE:
        if (inner->kind == TYPE_LIST) return list_argument(t, stash, inner->items[0], a, err);
        return trace_value(t, a, err);
    default: error_set(err, LB_ERROR_ARGUMENT, "an argument of an operator cannot be traced"); return NULL;
    }
}

/* A default of `int[2] stride=1` stands for two. */
static struct ir_value *default_argument(struct trace *t, struct stash *stash, const struct argument *a,
                                         lb_error *err) {
    const struct type *type = inner_type(a->type);
    lb_value v = a->default_value;
    if (type->kind != TYPE_LIST || v.tag == VALUE_LIST || v.tag == VALUE_NONE)
        return constant_argument(t, stash, a->type, v, err);
    lb_traced one = {.kind = LB_TRACED_CONSTANT, .value = &v}, items[8];
    int count = a->fixed_length > 0 && a->fixed_length <= 8 ? a->fixed_length : 1;
    for (int i = 0; i < count; i++) items[i] = one;
    lb_traced list = {.kind = LB_TRACED_LIST, .items = items, .count = count};
    return list_argument(t, stash, type->items[0], &list, err);
}

static struct ir_value *given_argument(struct trace *t, struct stash *stash, const struct schema *s, int i,
                                       const lb_traced *args, int count, lb_error *err) {
    const struct argument *a = &s->arguments[i];
    if (i < count && args[i].kind != LB_TRACED_DEFAULT) return argument(t, stash, a->type, &args[i], err);
    if (a->has_default) return default_argument(t, stash, a, err);
    error_set(err, LB_ERROR_ARGUMENT, "%s is called without its argument '%s'", s->name->text, a->name->text);
    return NULL;
}

/* ---- results ---- */

static bool list_result(struct trace *t, struct ir_value *v, const lb_traced *list) {
    v->type = type_list(&t->unit->types, t->unit->types.tensor);
    struct node *unpack = v->type ? trace_node(t, "prim::ListUnpack", &v, 1, list->count) : NULL;
    if (!unpack) return false;
    for (int i = 0; i < list->count; i++) {
        struct ir_value *item = node_output(unpack, i);
        item->type = trace_type(t, &list->items[i]);
        if (!item->type || !trace_know(t, list->items[i].key, item)) return false;
    }
    return true;
}

static bool one_result(struct trace *t, struct ir_value *v, const lb_traced *result) {
    if (result->kind == LB_TRACED_LIST) return list_result(t, v, result);
    if (result->kind != LB_TRACED_TENSOR) return true; /* an undefined tensor */
    v->type = trace_type(t, result);
    return v->type && trace_know(t, result->key, v);
}

bool trace_outputs(struct trace *t, struct node *n, const lb_traced *results, int count, lb_error *err) {
    for (int i = 0; i < count; i++) {
        struct ir_value *v = node_add_output(n);
        if (!v || !one_result(t, v, &results[i])) return error_memory(err);
    }
    return true;
}

/* ---- operators ---- */

static struct node *fill_operator(struct trace *t, struct node *n, struct stash *stash,
                                  const struct op_row *row, const lb_traced *args, int count, lb_error *err) {
    const struct schema *s = ops_schema(t->unit, row);
    if (!s) {
        error_memory(err);
        return NULL;
    }
    for (int i = 0; i < s->argument_count && i < count; i++)
        if (!stash_numbers(t, stash, s->arguments[i].type, &args[i], err)) return NULL;
    for (int i = 0; i < s->argument_count; i++) {
        struct ir_value *v = given_argument(t, stash, s, i, args, count, err);
        if (!v) return NULL;
        if (!node_add_input(n, v)) return error_memory(err), NULL;
    }
    return graph_insert(t->graph, n);
}

bool trace_record(struct trace *t, const struct op_row *row, const lb_traced *args, int count,
                  const lb_traced *results, int result_count, lb_error *err) {
    struct node *n = graph_new_node(t->graph, name_of(&t->unit->names, op_name(row)), 0);
    if (!n) return error_memory(err);
    n->range = t->at;
    n->row = row;
    if (t->scopes.count) n->scope = t->scopes.items[t->scopes.count - 1];
    struct stash stash = {0};
    bool good =
        fill_operator(t, n, &stash, row, args, count, err) && trace_outputs(t, n, results, result_count, err);
    mem_free(stash.values.items);
    return good;
}

/* "aten::add.Tensor", "aten::relu". */
static const struct op_row *find_row(const char *op, lb_error *err) {
    char name[200];
    const char *dot = strrchr(op, '.');
    size_t length = dot ? (size_t)(dot - op) : strlen(op);
    const struct op_row *row = NULL;
    if (length < sizeof name) {
        memcpy(name, op, length);
        name[length] = 0;
        row = ops_find_overload(name, dot ? dot + 1 : "");
    }
    if (!row) error_set(err, LB_ERROR_UNSUPPORTED, "there is no operator '%s'", op);
    return row;
}

bool trace_op(struct trace *t, const char *op, const lb_traced *args, int count, const lb_traced *results,
              int result_count, lb_error *err) {
    const struct op_row *row = find_row(op, err);
    bool done = false;
    if (!row || !trace_special(t, row, args, count, results, &done, err)) return false;
    return done || trace_record(t, row, args, count, results, result_count, err);
}

/* ---- sizes ---- */

static const struct type *number_tensor_type(struct trace *t) {
    static const struct tensor_facts facts = {
        .dtype = DTYPE_INT64, .requires_grad = -1, .has_device = true, .device = {DEVICE_CPU, -1}};
    return type_tensor_of(&t->unit->types, &facts);
}

/* aten::size or aten::numel, then the 0-dim tensor that the host has of it. */
static bool know_number(struct trace *t, const char *op, struct ir_value *const *inputs, int count,
                        const void *key, lb_error *err) {
    struct ir_value *size = trace_typed(t, op, inputs, count, simple_type(t->graph, TYPE_INT));
    if (!size) return error_memory(err);
    size->node->range = t->at;
    struct ir_value *number = trace_typed(t, "prim::NumToTensor", &size, 1, number_tensor_type(t));
    return (number && trace_know(t, key, number)) || error_memory(err);
}

bool trace_size(struct trace *t, const lb_traced *tensor, int64_t dim, const void *key, lb_error *err) {
    struct ir_value *inputs[2] = {trace_tensor(t, tensor, err)};
    if (inputs[0]) inputs[1] = trace_constant(t, value_int(dim), err);
    return inputs[0] && inputs[1] && know_number(t, "aten::size", inputs, 2, key, err);
}

bool trace_numel(struct trace *t, const lb_traced *tensor, const void *key, lb_error *err) {
    struct ir_value *input = trace_tensor(t, tensor, err);
    return input && know_number(t, "aten::numel", &input, 1, key, err);
}
