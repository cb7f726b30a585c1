/* Computes a node's outputs from constant inputs: the kinds of the language here, operators by their kernels.
 * Results that could be no constants are the caller's matter. */
#include "passes/fold_node.h"
#include "ir/views.h"
#include "ops/dispatch.h"
#include "ops/schemas.h"

struct fold {
    struct node *node;
    struct run_context *cx;
    const lb_value *args; /* one for each input */
    lb_value *results;
    lb_error err;
};

static bool fold_tuple_construct(struct fold *f) {
    const struct type *type = node_output(f->node, 0)->type;
    if (!value_new_tuple(&f->results[0], type->name ? type : NULL, f->node->inputs.count, &f->err))
        return false;
    for (int i = 0; i < f->node->inputs.count; i++) f->results[0].tuple->items[i] = value_copy(f->args[i]);
    return true;
}

static bool fold_tuple_unpack(struct fold *f) {
    if (f->args[0].tag != VALUE_TUPLE || f->args[0].tuple->count != f->node->outputs.count) return false;
    for (int i = 0; i < f->node->outputs.count; i++) f->results[i] = value_copy(f->args[0].tuple->items[i]);
    return true;
}

static bool fold_tuple_index(struct fold *f) {
    if (f->args[0].tag != VALUE_TUPLE || f->args[1].tag != VALUE_INT) return false;
    int64_t at = f->args[1].i < 0 ? f->args[1].i + f->args[0].tuple->count : f->args[1].i;
    if (at < 0 || at >= f->args[0].tuple->count) return false;
    f->results[0] = value_copy(f->args[0].tuple->items[at]);
    return true;
}

static bool fold_list_construct(struct fold *f) {
    const struct type *type = node_output(f->node, 0)->type;
    if (type->kind != TYPE_LIST) return false;
    if (!value_new_list(&f->results[0], type->items[0], f->node->inputs.count, &f->err)) return false;
    for (int i = 0; i < f->node->inputs.count; i++)
        if (!list_append(f->results[0].list, value_copy(f->args[i]), &f->err)) return false;
    return true;
}

static bool fold_dict_construct(struct fold *f) {
    const struct type *type = node_output(f->node, 0)->type;
    if (type->kind != TYPE_DICT || f->node->inputs.count % 2) return false;
    if (!value_new_dict(&f->results[0], type->items[0], type->items[1], &f->err)) return false;
    for (int i = 0; i < f->node->inputs.count; i += 2)
        if (!dict_set(f->results[0].dict, value_copy(f->args[i]), value_copy(f->args[i + 1]), &f->err))
            return false;
    return true;
}

static bool fold_get_attr(struct fold *f) {
    const struct attribute *a = node_attribute(f->node, "name");
    if (f->args[0].tag != VALUE_OBJECT || !a || a->kind != ATTRIBUTE_STRING) return false;
    const struct string *text = a->value.string;
    const struct object *o = f->args[0].object;
    const struct name *name = name_find(&f->node->graph->unit->names, text->bytes, (size_t)text->length);
    int slot = name ? class_find_attribute(o->type->definition, name) : -1;
    if (slot < 0 || slot >= o->count) return false;
    f->results[0] = value_copy(o->slots[slot]);
    return true;
}

static bool fold_list_unpack(struct fold *f) {
    if (f->args[0].tag != VALUE_LIST || f->args[0].list->count != f->node->outputs.count) return false;
    for (int i = 0; i < f->node->outputs.count; i++) f->results[i] = value_copy(f->args[0].list->items[i]);
    return true;
}

static bool fold_isinstance(struct fold *f) {
    const struct attribute *a = node_attribute(f->node, "types");
    struct type_store *types = &f->node->graph->unit->types;
    const struct type *actual = type_of_value(types, f->args[0]);
    if (!a || a->kind != ATTRIBUTE_TYPES || !actual) return false;
    const struct type *const *wanted = a->list.items;
    bool is = false;
    for (int i = 0; i < a->list.count && !is; i++) is = type_is_subtype(types, actual, wanted[i]);
    f->results[0] = value_bool(is);
    return true;
}

static bool fold_same(struct fold *f) {
    f->results[0] = value_copy(f->args[0]);
    return true;
}

static bool fold_enum_name(struct fold *f) {
    if (f->args[0].tag != VALUE_ENUM) return false;
    f->results[0] = value_copy(f->args[0].enumeration->name);
    return true;
}

static bool fold_enum_value(struct fold *f) {
    if (f->args[0].tag != VALUE_ENUM) return false;
    f->results[0] = value_copy(f->args[0].enumeration->value);
    return true;
}

/* Identity of what two constants are (aten::__is__): one object, equal numbers, both None. */
static bool fold_is(struct fold *f) {
    f->results[0] = value_bool(value_same(f->args[0], f->args[1]) == node_is(f->node, KIND_ATEN_IS));
    return true;
}

static const struct {
    enum kind kind;
    int inputs; /* -1: any number */
    bool (*fold)(struct fold *f);
} language_kinds[] = {
    {KIND_TUPLE_CONSTRUCT, -1, fold_tuple_construct},
    {KIND_TUPLE_UNPACK, 1, fold_tuple_unpack},
    {KIND_TUPLE_INDEX, 2, fold_tuple_index},
    {KIND_LIST_CONSTRUCT, -1, fold_list_construct},
    {KIND_LIST_UNPACK, 1, fold_list_unpack},
    {KIND_DICT_CONSTRUCT, -1, fold_dict_construct},
    {KIND_GET_ATTR, 1, fold_get_attr},
    {KIND_ISINSTANCE, 1, fold_isinstance},
    {KIND_UNCHECKED_CAST, 1, fold_same},
    {KIND_ENUM_NAME, 1, fold_enum_name},
    {KIND_ENUM_VALUE, 1, fold_enum_value},
    {KIND_ATEN_IS, 2, fold_is},
    {KIND_ATEN_ISNOT, 2, fold_is},
};

static bool fold_operator(struct fold *f) {
    const struct op_row *row = node_operator(f->node);
    op_kernel kernel = row ? op_run(row) : NULL;
    if (!kernel || (row->traits & (OP_VARIADIC | OP_SYSTEM))) return false;
    struct op_call call = {.args = f->args,
                           .arg_count = f->node->inputs.count,
                           .results = f->results,
                           .result_count = f->node->outputs.count,
                           .row = row,
                           .result_type = f->node->outputs.count > 0 ? node_output(f->node, 0)->type : NULL,
                           .cx = f->cx,
                           .err = &f->err};
    return op_dispatch(&call, kernel);
}

static bool run(struct fold *f) {
    for (size_t i = 0; i < sizeof language_kinds / sizeof *language_kinds; i++) {
        if (!node_is(f->node, language_kinds[i].kind)) continue;
        int inputs = language_kinds[i].inputs;
        return (inputs < 0 || inputs == f->node->inputs.count) && language_kinds[i].fold(f);
    }
    return fold_operator(f);
}

bool fold_node(struct node *n, struct run_context *cx, lb_value *results) {
    struct arena memory = {0};
    lb_value *args = arena_array(&memory, lb_value, n->inputs.count + 1);
    bool constant = args != NULL;
    for (int i = 0; i < n->inputs.count && constant; i++)
        constant = node_constant(node_input(n, i)->node, &args[i]);
    struct fold f = {.node = n, .cx = cx, .args = args, .results = results};
    for (int i = 0; i < n->outputs.count; i++) results[i] = value_none();
    bool ok = constant && run(&f);
    for (int i = 0; i < n->outputs.count && !ok; i++) {
        value_release(results[i]);
        results[i] = value_none();
    }
    error_clear(&f.err);
    arena_free(&memory);
    return ok;
}
