/* First-class values as sugared ones: attributes of tensors, objects, NamedTuples, enums; methods by
 * operators' names; iteration and subscripts (struct SimpleValue in
 * torch/csrc/jit/frontend/sugared_value.cpp). */
#include "lang/explain.h"
#include "lang/lower.h"
#include <string.h>

/* Attributes that are operators: "prim::dtype" for x.dtype. */
static const struct property {
    enum type_kind kind;
    const char *field, *op;
} properties[] = {
    {TYPE_OPTIONAL, "unchecked_unwrap_optional", "prim::unchecked_unwrap_optional"},
    {TYPE_TENSOR, "dtype", "prim::dtype"},
    {TYPE_TENSOR, "device", "prim::device"},
    {TYPE_TENSOR, "grad", "prim::grad"},
    {TYPE_TENSOR, "data", "prim::data"},
    {TYPE_TENSOR, "shape", "prim::shape"},
    {TYPE_TENSOR, "is_cuda", "prim::is_cuda"},
    {TYPE_TENSOR, "is_cpu", "prim::is_cpu"},
    {TYPE_TENSOR, "is_xla", "prim::is_xla"},
    {TYPE_TENSOR, "is_xpu", "prim::is_xpu"},
    {TYPE_TENSOR, "is_sparse", "prim::is_sparse"},
    {TYPE_TENSOR, "is_sparse_csr", "prim::is_sparse_csr"},
    {TYPE_TENSOR, "is_mkldnn", "prim::is_mkldnn"},
    {TYPE_TENSOR, "is_mps", "prim::is_mps"},
    {TYPE_TENSOR, "is_mtia", "prim::is_mtia"},
    {TYPE_TENSOR, "is_quantized", "prim::is_quantized"},
    {TYPE_TENSOR, "is_vulkan", "prim::is_vulkan"},
    {TYPE_TENSOR, "is_ipu", "prim::is_ipu"},
    {TYPE_TENSOR, "is_meta", "prim::is_meta"},
    {TYPE_TENSOR, "is_leaf", "aten::is_leaf"},
    {TYPE_TENSOR, "is_nested", "prim::is_nested"},
    {TYPE_TENSOR, "requires_grad", "prim::requires_grad"},
    {TYPE_TENSOR, "layout", "prim::layout"},
    {TYPE_TENSOR, "T", "prim::T"},
    {TYPE_TENSOR, "H", "prim::H"},
    {TYPE_TENSOR, "mT", "aten::mT"},
    {TYPE_TENSOR, "mH", "aten::mH"},
    {TYPE_TENSOR, "is_maia", "prim::is_maia"},
    {TYPE_TENSOR, "itemsize", "prim::itemsize"},
    {TYPE_TENSOR, "nbytes", "prim::nbytes"},
    {TYPE_TENSOR, "ndim", "prim::ndim"},
    {TYPE_TENSOR, "name", "prim::name"},
    {TYPE_TENSOR, "real", "aten::real"},
    {TYPE_TENSOR, "imag", "aten::imag"},
    {TYPE_TENSOR, "retains_grad", "aten::retains_grad"},
    {TYPE_DEVICE, "type", "prim::type"},
    {TYPE_DEVICE, "index", "prim::index"},
};

/* x.float() and the like: the number of the dtype. */
static const struct cast_method {
    const char *field;
    int dtype;
} cast_methods[] = {{"byte", 0}, {"char", 1},  {"short", 2},  {"int", 3},    {"long", 4},
                    {"half", 5}, {"float", 6}, {"double", 7}, {"cfloat", 9}, {"cdouble", 10}};

static void describe_simple(const struct sugared *s, struct text *out) {
    text_put(out, "value of type '");
    type_put_annotation(out, s->value->type);
    text_put_char(out, '\'');
}

static struct ir_value *simple_value(struct emitter *e, struct sugared *s, struct source_range at) {
    (void)e;
    (void)at;
    return s->value;
}

static int field_index(const struct type *tuple, const struct name *name) {
    for (int i = 0; tuple->fields && i < tuple->count; i++)
        if (tuple->fields->names[i] == name) return i;
    return -1;
}

static bool simple_has_attribute(struct emitter *e, struct sugared *s, struct source_range at,
                                 const struct name *name) {
    const struct type *t = s->value->type;
    if (t->kind == TYPE_CLASS)
        return class_find_method(t->definition, name) || class_find_attribute(t->definition, name) >= 0 ||
               class_find_constant(t->definition, name);
    if (t->kind == TYPE_TUPLE && t->fields) return field_index(t, name) >= 0;
    if (t->kind == TYPE_TUPLE)
        return emit_error(
                   e, at,
                   "hasattr's first argument must be an object or NamedTuple, but got a normal Tuple %s "
                   "instead",
                   emit_type_words(e, t)) != NULL;
    return emit_error(e, at, "hasattr's first argument must be an object or NamedTuple, got %s instead",
                      emit_type_words(e, t)) != NULL;
}

static struct sugared *call_tensor_cast(struct emitter *e, struct sugared *s, struct source_range at,
                                        struct actuals actuals, int binders) {
    (void)binders;
    if (actuals.count || actuals.keyword_count) return emit_error(e, at, "a cast method takes no arguments");
    struct ir_value *dtype = emit_int(e, s->number, at);
    struct actual keywords[2] = {{.value = s->value, .name = emit_name(e, "self"), .range = s->range},
                                 {.value = dtype, .name = emit_name(e, "dtype"), .range = at}};
    struct actuals both = {NULL, 0, keywords, 2};
    return dtype ? sugared_simple(e, emit_builtin(e, emit_name(e, "aten::to"), at, both, NULL)) : NULL;
}
static const struct sugared_kind kind_tensor_cast = {.word = "Cast", .call = call_tensor_cast};

static struct sugared *tensor_cast(struct emitter *e, struct ir_value *v, struct source_range at,
                                   const char *field) {
    for (size_t i = 0; i < sizeof cast_methods / sizeof *cast_methods; i++) {
        if (strcmp(cast_methods[i].field, field)) continue;
        struct sugared *s = sugared_new(e, &kind_tensor_cast);
        if (!s) return NULL;
        s->value = v;
        s->number = cast_methods[i].dtype;
        s->range = at;
        return s;
    }
    return NULL;
}

static const char *property_operator(const struct type *t, const char *field) {
    for (size_t i = 0; i < sizeof properties / sizeof *properties; i++)
        if (properties[i].kind == t->kind && !strcmp(properties[i].field, field)) return properties[i].op;
    return NULL;
}

static const struct class_property *find_property(const struct class_definition *c, const struct name *name) {
    for (int i = 0; i < c->properties.count; i++)
        if (c->properties.items[i].name == name) return &c->properties.items[i];
    return NULL;
}

/* prim::GetAttr, named after the attribute ("_0" for "0"). */
static struct sugared *get_attribute(struct emitter *e, struct ir_value *object, const struct name *name,
                                     int slot) {
    const struct type *type = object->type->definition->attributes.items[slot].type;
    struct ir_value *v = emit_typed(e, KIND_GET_ATTR, type, &object, 1);
    if (!v || !emit_set_name(e, v->node, name)) return NULL;
    bool number = name->length && strspn(name->text, "0123456789") == name->length;
    const char *text = number ? arena_printf(&e->memory, "_%s", name->text) : name->text;
    return text && value_set_name(v, text) ? sugared_simple(e, v) : emit_out_of_memory(e);
}

/* Attributes by the value's own type; NULL without an error: none. */
static struct sugared *class_member(struct emitter *e, struct ir_value *v, struct source_range at,
                                    const struct name *name) {
    const struct class_definition *c = v->type->definition;
    if (class_find_method(c, name)) return sugared_method(e, v, name);
    if (c->is_interface) return NULL;
    int slot = class_find_attribute(c, name);
    if (slot >= 0) return get_attribute(e, v, name, slot);
    const struct class_property *p = find_property(c, name);
    return p ? sugared_call(e, sugared_method(e, v, p->getter->name), at, actuals_of(NULL, 0), 1) : NULL;
}

static struct sugared *tuple_member(struct emitter *e, struct ir_value *v, const struct name *name) {
    int i = field_index(v->type, name);
    if (i < 0) return NULL;
    struct ir_value *index = emit_int(e, i, (struct source_range){0});
    return index ? sugared_simple(e, emit_tuple_item(e, v, index, v->type->items[i])) : NULL;
}

static struct sugared *enum_member(struct emitter *e, struct ir_value *v, const struct name *name) {
    if (!strcmp(name->text, "name"))
        return sugared_simple(e, emit_typed(e, KIND_ENUM_NAME, simple_type(e, TYPE_STRING), &v, 1));
    if (!strcmp(name->text, "value"))
        return sugared_simple(e, emit_typed(e, KIND_ENUM_VALUE, v->type->members->value_type, &v, 1));
    return NULL;
}

static struct sugared *typed_member(struct emitter *e, struct ir_value *v, struct source_range at,
                                    const struct name *name) {
    switch (v->type->kind) {
    case TYPE_TUPLE: return tuple_member(e, v, name);
    case TYPE_AWAIT: {
        struct ir_value *waited = emit_operator(e, "prim::awaitable_wait", at, &v, 1);
        return sugared_attribute(e, sugared_simple(e, waited), at, name);
    }
    case TYPE_CLASS:
    case TYPE_INTERFACE: return class_member(e, v, at, name);
    case TYPE_ENUM: return enum_member(e, v, name);
    default: return NULL;
    }
}

/* x.relu: the operator with x as its self. */
static struct sugared *operator_method(struct emitter *e, struct ir_value *v, struct source_range at,
                                       const char *field) {
    const char *text = arena_printf(&e->memory, "aten::%s", field);
    const struct name *op = text ? emit_name(e, text) : NULL;
    if (!op || !match_has_method(e, op, v->type)) return NULL;
    struct sugared *s = sugared_builtin_named(e, op);
    if (!s) return NULL;
    s->value = v;
    s->range = at;
    return s;
}

static struct sugared *no_attribute(struct emitter *e, const struct type *t, struct source_range at,
                                    const char *field) {
    const char *hint =
        t->kind == TYPE_CLASS ? " Did you forget to initialize an attribute in __init__()?" : "";
    emit_error(e, at, "'%s' object has no attribute or method '%s'.%s", emit_type_words(e, t), field, hint);
    return explain_no_attribute(e, t, field, at);
}

static struct sugared *simple_attribute(struct emitter *e, struct sugared *s, struct source_range at,
                                        const struct name *name) {
    struct ir_value *v = s->value;
    bool tensor = is_tensor(e, v->type);
    struct sugared *found = tensor ? tensor_cast(e, v, at, name->text) : NULL;
    if (found || e->err->code) return found;
    const char *op = property_operator(v->type, name->text);
    if (op) return sugared_simple(e, emit_operator(e, op, (struct source_range){0}, &v, 1));
    found = typed_member(e, v, at, name);
    if (!found && !e->err->code && !strcmp(name->text, "type")) found = operator_method(e, v, at, "to");
    if (!found && !e->err->code) found = operator_method(e, v, at, name->text);
    if (found || e->err->code) return found;
    if (tensor && !strcmp(name->text, "tolist")) return sugared_form(e, FORM_TOLIST);
    if (tensor && !strcmp(name->text, "__getitem__")) return sugared_form(e, FORM_INDEX);
    return no_attribute(e, v->type, at, name->text);
}

/* ---- assignment of attributes ---- */

static bool contains_type(struct emitter *e, const struct type *c, const struct type *t) {
    if (is_subtype(e, t, c)) return true;
    for (int i = 0; i < t->count; i++)
        if (contains_type(e, c, t->items[i])) return true;
    return false;
}

/* An empty list or dict literal, or None. */
static bool is_empty(const struct ir_value *v) {
    bool literal = node_is(v->node, KIND_EMPTY_LIST_LITERAL) || node_is(v->node, KIND_LIST_CONSTRUCT) ||
                   node_is(v->node, KIND_DICT_CONSTRUCT);
    return (literal && !v->node->inputs.count) || v->type->kind == TYPE_NONE ||
           (v->type->kind == TYPE_OPTIONAL && node_is(v->node, KIND_CONSTANT));
}

/* In __init__ an attribute's first assignment adds it to the class. */
static bool add_attribute(struct emitter *e, const struct type *c, struct source_range at,
                          const struct name *name, const struct ir_value *value) {
    const struct type *type = value->type;
    if (!e->wide && contains_type(e, c, type))
        return emit_error(
                   e, at,
                   "Assignment to attribute '%s' cannot be of a type that contains class '%s'.\nClasses that "
                   "recursively contain instances of themselves are not yet supported",
                   name->text, emit_type_words(e, c)) != NULL;
    c->definition->holds_itself |= class_is_in(c, type);
    struct class_attribute a = {.name = name, .type = type, .open = e->resolver->python && is_empty(value)};
    if (class_add_attribute(c->definition, a) < 0) return error_memory(e->err);
    if (e->graph->insert_before->block == e->graph->top) return true;
    return emit_error(
               e, at,
               "First assignment cannot be in a control-flow block. Initialize the field at the top level "
               "first") != NULL;
}

static bool set_property(struct emitter *e, struct ir_value *object, const struct class_property *p,
                         struct source_range at, const struct name *name, struct ir_value *value) {
    if (!p)
        return emit_error(e, at,
                          "Tried to set nonexistent attribute: %s. Did you forget to initialize it in "
                          "__init__()?",
                          name->text) != NULL;
    if (!p->setter) return emit_error(e, at, "Tried to set read-only attribute: %s", name->text) != NULL;
    struct actual a = {.value = value};
    return sugared_call(e, sugared_method(e, object, p->setter->name), at, actuals_of(&a, 1), 1) != NULL;
}

static bool initializes(struct emitter *e, const struct type *c) {
    const struct node *param = e->graph->top->param;
    const char *name = e->function->name->text, *init = strstr(name, "__init__");
    /* that of a base class is called something like __super_Base___init__ */
    bool makes = init && !init[8] && (init == name || !strncmp(name, "__super_", 8));
    makes |= e->wide && !strcmp(name, "__post_init__");
    return makes && param->outputs.count && param->outputs.items[0]->type == c;
}

static bool simple_set_attribute(struct emitter *e, struct sugared *s, struct source_range at,
                                 const struct name *name, struct ir_value *value) {
    const struct type *c = s->value->type;
    if (c->kind != TYPE_CLASS)
        return emit_error(e, at, "Tried to set an attribute: %s on a non-class: %s", name->text,
                          emit_type_words(e, c)) != NULL;
    if (!initializes(e, c) && lower_is_frozen(e, c))
        return emit_error(e, at, "cannot assign to field '%s': '%s' is a frozen dataclass", name->text,
                          emit_type_words(e, c)) != NULL;
    int slot = class_find_attribute(c->definition, name);
    if (slot < 0) {
        if (!initializes(e, c))
            return set_property(e, s->value, find_property(c->definition, name), at, name, value);
        if (!add_attribute(e, c, at, name, value)) return false;
        slot = class_find_attribute(c->definition, name);
    }
    const struct type *want = c->definition->attributes.items[slot].type;
    if (e->wide && !(value = match_convert(e, at, want, value, true))) return false;
    if (e->wide && !is_subtype(e, value->type, want) && !wide_learn(e, value, want))
        wide_learn_attribute(e, c, name, value->type);
    if (!is_subtype(e, value->type, want)) {
        emit_error(e, at, "Wrong type for attribute assignment. Expected %s but got %s",
                   emit_type_words(e, want), emit_type_words(e, value->type));
        return explain_attribute_type(e, c, name, want, value, at) != NULL;
    }
    struct node *n = emit_node(e, KIND_SET_ATTR, 0, (struct ir_value *[]){s->value, value}, 2);
    return n && emit_set_name(e, n, name);
}

/* ---- tuples, calls, iteration ---- */

static bool give_values(struct emitter *e, struct ir_value *const *values, int count,
                        struct sugared_list *out) {
    out->items = values ? arena_array(&e->memory, struct sugared *, count + 1) : NULL;
    out->count = count;
    if (!out->items) return error_memory(e->err);
    for (int i = 0; i < count; i++)
        if (!(out->items[i] = sugared_simple(e, values[i]))) return false;
    return true;
}

static bool unpack_list(struct emitter *e, struct ir_value *list, int count, struct sugared_list *out) {
    struct node *n = emit_node(e, KIND_LIST_UNPACK, count, &list, 1);
    if (!n) return false;
    for (int i = 0; i < count; i++) n->outputs.items[i]->type = list->type->items[0];
    return give_values(e, n->outputs.items, count, out);
}

static bool simple_tuple(struct emitter *e, struct sugared *s, struct source_range at, int size_hint,
                         struct sugared_list *out) {
    const struct type *t = s->value->type;
    if (lower_refuse_caught(e, t, at)) return false;
    if (t->kind == TYPE_TUPLE) return give_values(e, emit_unpack(e, s->value), t->count, out);
    if (t->kind == TYPE_LIST && size_hint >= 0) return unpack_list(e, s->value, size_hint, out);
    if (t->kind == TYPE_LIST)
        return emit_error(e, at, "cannot statically infer the expected size of a list in this context") !=
               NULL;
    if (t->kind == TYPE_ANY_TUPLE)
        return emit_error(
                   e, at,
                   "Provided tuple is not fully defined/refined including its element types, please provide "
                   "a value of type like Tuple[int, int]") != NULL;
    emit_error(e, at, "%s cannot be used as a tuple", emit_type_words(e, t));
    return explain_misuse(e, t, ERROR_UNPACK_COUNT, at) != NULL;
}

static struct sugared *simple_call(struct emitter *e, struct sugared *s, struct source_range at,
                                   struct actuals actuals, int binders) {
    if (s->value->type->kind != TYPE_CLASS) {
        emit_error(e, at, "cannot call a %s", sugared_words(e, s));
        return explain_misuse(e, s->value->type, ERROR_NOT_CALLABLE, at);
    }
    return sugared_call(e, lower_wanted_special(e, s->value, "__call__", at), at, actuals, binders);
}

static struct sugared *simple_iterate(struct emitter *e, struct sugared *s, struct source_range at) {
    const struct type *t = s->value->type;
    if (e->wide && lower_is_marked(t)) {
        struct sugared *items = lower_by_library(e, "iter", at, &s->value, 1);
        if (items || e->err->code) return items;
    }
    if (t->kind == TYPE_LIST || t->kind == TYPE_STRING || t->kind == TYPE_TENSOR)
        return sugared_simple(e, s->value);
    if (t->kind == TYPE_DICT) return sugared_simple(e, emit_operator(e, "aten::keys", at, &s->value, 1));
    struct sugared_list items;
    if (t->kind == TYPE_TUPLE)
        return simple_tuple(e, s, at, -1, &items) ? sugared_tuple_of(e, items.items, items.count) : NULL;
    emit_error(e, at, "'%s' object is not iterable", emit_type_words(e, t));
    return explain_misuse(e, t, ERROR_NOT_ITERABLE, at);
}

static struct ir_value *simple_length(struct emitter *e, struct sugared *s, struct source_range at) {
    const struct type *t = s->value->type;
    if (t->kind == TYPE_LIST || t->kind == TYPE_STRING || is_tensor(e, t))
        return emit_operator(e, "aten::len", at, &s->value, 1);
    emit_error(e, at, "'%s' object is not iterable", emit_type_words(e, t));
    return explain_misuse(e, t, ERROR_NOT_ITERABLE, at);
}

/* aten::select(v, 0, index), the 0 being a constant made at each try. */
static struct sugared *select_row(struct emitter *e, struct ir_value *v, struct source_range at,
                                  struct ir_value *index) {
    static const lb_value zero = {.tag = VALUE_INT};
    struct actual actuals[3] = {
        {.value = v, .range = at}, {.constant = &zero}, {.value = index, .range = at}};
    return sugared_simple(e, emit_builtin(e, emit_name(e, "aten::select"), at, actuals_of(actuals, 3), NULL));
}

static struct sugared *object_item(struct emitter *e, struct sugared *s, struct source_range at,
                                   struct ir_value *index, const struct type *hint) {
    struct ir_value *inputs[2] = {s->value, index};
    if (s->value->type->definition->is_module && hint) {
        struct ir_value *v = emit_operator(e, "prim::ModuleContainerIndex", at, inputs, 2);
        if (v) v->type = hint;
        return sugared_simple(e, v);
    }
    struct actual a = {.value = index, .range = at};
    return sugared_call(e, lower_wanted_special(e, s->value, "__getitem__", at), at, actuals_of(&a, 1), 1);
}

static struct sugared *simple_item(struct emitter *e, struct sugared *s, struct source_range at,
                                   struct ir_value *index, const struct type *hint) {
    const struct type *t = s->value->type;
    struct ir_value *inputs[2] = {s->value, index};
    if (t->kind == TYPE_LIST || t->kind == TYPE_STRING || t->kind == TYPE_DICT)
        return sugared_simple(e, emit_operator(e, "aten::__getitem__", at, inputs, 2));
    if (is_tensor(e, t)) return select_row(e, s->value, at, index);
    if (t->kind == TYPE_CLASS) return object_item(e, s, at, index, hint);
    emit_error(e, at, "'%s' object is not subscriptable", emit_type_words(e, t));
    return explain_misuse(e, t, ERROR_NOT_SUBSCRIPTABLE, at);
}

const struct sugared_kind sugared_kind_simple = {
    .describe = describe_simple,
    .value = simple_value,
    .attribute = simple_attribute,
    .has_attribute = simple_has_attribute,
    .set_attribute = simple_set_attribute,
    .tuple = simple_tuple,
    .call = simple_call,
    .iterate = simple_iterate,
    .length = simple_length,
    .item = simple_item,
};

struct sugared *sugared_simple(struct emitter *e, struct ir_value *v) {
    struct sugared *s = v ? sugared_new(e, &sugared_kind_simple) : NULL;
    if (s) s->value = v;
    return s;
}
