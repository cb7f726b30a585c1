/* The right-hand side of a node: constants, the kinds of the language by a table, operators by their schemas
 * with trailing defaults left out (python_print.cpp, printRHS; CalculateNecessaryArgs in
 * torch/csrc/jit/frontend/schema_matching.h). */
#include "base/mem.h"
#include "lang/code_printer_internal.h"
#include "ops/schemas.h"
#include "tensor/equal.h"
#include "value/print.h"

static void put(struct code_printer *p, struct tagged *out, const char *literal) {
    tagged_put(out, p->range, literal);
}

void code_depend_on(struct code_printer *p, struct code_dependency what) {
    if (!code_dependencies_add(p->dependencies, what)) p->failed = true;
}

struct type_stack {
    ARRAY_OF(const struct type *) types;
};

/* A named type and all that it contains, attributes of classes too, outermost first. */
void code_depend_on_type(struct code_printer *p, const struct type *t) {
    if (t->kind < TYPE_SIMPLE_COUNT || t->kind == TYPE_TENSOR) return;
    struct type_stack stack = {0};
    bool ok = array_push(&stack.types, t);
    while (stack.types.count > 0 && ok) {
        const struct type *top = stack.types.items[--stack.types.count];
        bool named = top->kind == TYPE_CLASS || top->kind == TYPE_INTERFACE || top->kind == TYPE_ENUM ||
                     (top->kind == TYPE_TUPLE && top->name);
        if (named) {
            code_depend_on(p, (struct code_dependency){.type = top});
            if (table_has(&p->walked_types, top)) continue;
            ok = table_set(&p->walked_types, top, p);
        }
        const struct class_definition *c = top->kind == TYPE_CLASS ? top->definition : NULL;
        for (int i = c ? c->attributes.count - 1 : -1; i >= 0 && ok; i--)
            ok = array_push(&stack.types, c->attributes.items[i].type);
        for (int i = c ? -1 : top->count - 1; i >= 0 && ok; i--) ok = array_push(&stack.types, top->items[i]);
    }
    if (!ok) p->failed = true;
    mem_free(stack.types.items);
}

static void put_annotation_text(struct code_printer *p, struct text *out, const struct type *t);

static const struct {
    enum type_kind kind;
    const char *open;
} wrapped_types[] = {
    {TYPE_LIST, "List["},     {TYPE_OPTIONAL, "Optional["}, {TYPE_DICT, "Dict["},   {TYPE_UNION, "Union["},
    {TYPE_FUTURE, "Future["}, {TYPE_RREF, "RRef["},         {TYPE_AWAIT, "Await["}, {TYPE_TUPLE, "Tuple["},
};

/* Types around named ones, when names may be replaced. */
static bool put_wrapped(struct code_printer *p, struct text *out, const struct type *t) {
    for (size_t k = 0; k < sizeof wrapped_types / sizeof *wrapped_types; k++) {
        if (t->kind != wrapped_types[k].kind || t->count == 0) continue;
        text_put(out, wrapped_types[k].open);
        for (int i = 0; i < t->count; i++) {
            if (i > 0) text_put(out, ", ");
            put_annotation_text(p, out, t->items[i]);
        }
        text_put_char(out, ']');
        return true;
    }
    return false;
}

static void put_annotation_text(struct code_printer *p, struct text *out, const struct type *t) {
    if (p->options.put_name) {
        bool marked = t->kind == TYPE_LIST || t->kind == TYPE_DICT; /* such a name is ours (type_marked) */
        bool named = t->name && !marked;
        if (named && p->options.put_name(p->options.context, out, (struct code_dependency){.type = t}))
            return;
        if (!named && put_wrapped(p, out, t)) return;
    }
    type_put_annotation(out, t);
}

void code_put_annotation(struct code_printer *p, struct tagged *out, const struct type *t) {
    struct text text = {0};
    put_annotation_text(p, &text, t);
    if (text.failed) p->failed = true;
    tagged_put_name(out, p->range, text_get(&text), text.length);
    text_free(&text);
}

static bool has_non_ascii(lb_value v) {
    if (v.tag == VALUE_STRING) {
        for (int64_t i = 0; i < v.string->length; i++)
            if (v.string->bytes[i] & 0x80) return true;
    } else if (v.tag == VALUE_TUPLE || v.tag == VALUE_LIST) {
        int64_t count = v.tag == VALUE_TUPLE ? v.tuple->count : v.list->count;
        const lb_value *items = v.tag == VALUE_TUPLE ? v.tuple->items : v.list->items;
        for (int64_t i = 0; i < count; i++)
            if (has_non_ascii(items[i])) return true;
    } else if (v.tag == VALUE_DICT) {
        int64_t at = 0;
        for (const struct dict_entry *e; (e = dict_next(v.dict, &at));)
            if (has_non_ascii(e->key) || has_non_ascii(e->value)) return true;
    }
    return false;
}

/* The number of a constant in the table; equal tensors share one, everything else gets its own. */
static int table_number(struct code_printer *p, lb_value v) {
    struct code_constants *table = p->constants;
    for (int i = 0; v.tag == VALUE_TENSOR && i < table->values.count; i++)
        if (table->values.items[i].tag == VALUE_TENSOR &&
            tensor_equal_values(table->values.items[i].tensor, v.tensor))
            return i;
    if (!array_push(&table->values, v)) {
        p->failed = true;
        return 0;
    }
    value_copy(v);
    return table->values.count - 1;
}

static bool put_special_constant(void *context, struct text *out, lb_value v) {
    struct code_printer *p = context;
    if (v.tag == VALUE_TENSOR || v.tag == VALUE_OBJECT || v.tag == VALUE_CAPSULE || has_non_ascii(v)) {
        text_printf(out, "CONSTANTS.c%d", table_number(p, v));
        return true;
    }
    if (v.tag == VALUE_TUPLE && v.tuple->type && v.tuple->type->name)
        put_annotation_text(p, out, v.tuple->type);
    return false;
}

void code_put_constant(struct code_printer *p, struct tagged *out, lb_value v) {
    struct value_words words = {.put_type = type_put_annotation,
                                .type_shows = type_shows_in_members,
                                .custom = put_special_constant,
                                .context = p};
    struct text text = {0};
    if (!value_put_constant(&text, v, &words))
        code_fail(p, LB_ERROR_UNSUPPORTED, "code cannot hold a constant of type %s", value_tag_name(v.tag));
    if (text.failed) p->failed = true;
    tagged_put_name(out, p->range, text_get(&text), text.length);
    text_free(&text);
}

void code_put_values(struct code_printer *p, struct tagged *out, struct ir_value *const *values, int count,
                     const char *open, const char *close) {
    put(p, out, open);
    for (int i = 0; i < count; i++) {
        put(p, out, i > 0 ? ", " : "");
        code_put_use(p, out, values[i]);
    }
    put(p, out, close);
}

static void put_inputs(struct code_printer *p, struct tagged *out, struct node *n, const char *open,
                       const char *close) {
    code_put_values(p, out, n->inputs.items, n->inputs.count, open, close);
}

/* "annotate(T, " with the node's own type. */
static void put_annotate(struct code_printer *p, struct tagged *out, const struct type *t) {
    put(p, out, "annotate(");
    code_put_annotation(p, out, t);
    put(p, out, ", ");
}

static void put_function_name(struct code_printer *p, struct tagged *out, const struct function *f) {
    struct code_dependency what = {.function = f};
    struct text name = {0};
    code_depend_on(p, what);
    if (!p->options.put_name || !p->options.put_name(p->options.context, &name, what))
        text_put(&name, f->qualified->text);
    if (name.failed) p->failed = true;
    tagged_put_name(out, p->range, text_get(&name), name.length);
    text_free(&name);
}

static void put_constant_node(struct code_printer *p, struct tagged *out, struct node *n) {
    lb_value v;
    if (node_output(n, 0)->type->kind == TYPE_FUNCTION && n->function) {
        put_function_name(p, out, n->function);
    } else if (node_must_be_none(n)) {
        put(p, out, "None");
    } else if (node_constant(n, &v)) {
        code_put_constant(p, out, v);
    } else {
        code_fail(p, LB_ERROR_INTERNAL, "%s has no value", "a constant");
    }
}

static void put_uninitialized(struct code_printer *p, struct tagged *out, struct node *n) {
    put(p, out, "uninitialized(");
    code_put_annotation(p, out, node_output(n, 0)->type);
    put(p, out, ")");
}

static void put_implicit(struct code_printer *p, struct tagged *out, struct node *n) {
    put_annotate(p, out, node_output(n, 0)->type);
    code_put_use(p, out, node_input(n, 0));
    put(p, out, ")");
}

static void put_int(struct code_printer *p, struct tagged *out, struct node *n) {
    put_inputs(p, out, n, "int(", ")");
}
static void put_float(struct code_printer *p, struct tagged *out, struct node *n) {
    put_inputs(p, out, n, "float(", ")");
}
static void put_bool(struct code_printer *p, struct tagged *out, struct node *n) {
    put_inputs(p, out, n, "bool(", ")");
}
static void put_str(struct code_printer *p, struct tagged *out, struct node *n) {
    put_inputs(p, out, n, "str(", ")");
}
static void put_print(struct code_printer *p, struct tagged *out, struct node *n) {
    put_inputs(p, out, n, "print(", ")");
}
static void put_sorted(struct code_printer *p, struct tagged *out, struct node *n) {
    put_inputs(p, out, n, "sorted(", ")");
}

static void put_subscript(struct code_printer *p, struct tagged *out, struct node *n) {
    struct tagged container = {0};
    code_put_use(p, &container, node_input(n, 0));
    bool plain = code_is_identifier(text_get(&container.text), container.text.length);
    if (!plain) put(p, out, "(");
    tagged_put_name(out, p->range, text_get(&container.text), container.text.length);
    if (!plain) put(p, out, ")");
    put(p, out, "[");
    code_put_use(p, out, node_input(n, 1));
    put(p, out, "]");
    code_drop(p, &container);
}

static void put_tuple(struct code_printer *p, struct tagged *out, struct node *n) {
    const struct type *t = node_output(n, 0)->type;
    if (t->name) code_put_annotation(p, out, t);
    put_inputs(p, out, n, "(", n->inputs.count == 1 ? ",)" : ")");
}

static void put_tuple_index(struct code_printer *p, struct tagged *out, struct node *n) {
    put(p, out, "(");
    code_put_use(p, out, node_input(n, 0));
    put(p, out, ")[");
    code_put_use(p, out, node_input(n, 1));
    put(p, out, "]");
}

static void put_number(struct code_printer *p, struct tagged *out, int64_t i) {
    tagged_mark(out, out->text.length, p->range);
    text_put_int(&out->text, i);
}

static void put_tuple_slice(struct code_printer *p, struct tagged *out, struct node *n) {
    const struct attribute *from = node_attribute(n, "beg"), *to = node_attribute(n, "end");
    put(p, out, "(");
    code_put_use(p, out, node_input(n, 0));
    put(p, out, ")[");
    put_number(p, out, from ? from->i : 0);
    put(p, out, ":");
    put_number(p, out, to ? to->i : 0);
    put(p, out, "]");
}

static void put_list(struct code_printer *p, struct tagged *out, struct node *n) {
    const struct type *t = node_output(n, 0)->type;
    if (n->inputs.count == 0) {
        put(p, out, "annotate(");
        code_put_annotation(p, out, t);
        put(p, out, ", [])");
    } else if (t->kind == TYPE_LIST && !type_shows_in_members(t->items[0])) {
        put_annotate(p, out, t);
        put_inputs(p, out, n, "[", "]");
        put(p, out, ")");
    } else {
        put_inputs(p, out, n, "[", "]");
    }
}

static void put_dict_items(struct code_printer *p, struct tagged *out, struct node *n) {
    put(p, out, "{");
    for (int i = 0; i + 1 < n->inputs.count; i += 2) {
        put(p, out, i > 0 ? ", " : "");
        code_put_use(p, out, node_input(n, i));
        put(p, out, ": ");
        code_put_use(p, out, node_input(n, i + 1));
    }
    put(p, out, "}");
}

static void put_dict(struct code_printer *p, struct tagged *out, struct node *n) {
    const struct type *t = node_output(n, 0)->type;
    bool shows = t->kind == TYPE_DICT && n->inputs.count > 0 && type_shows_in_members(t->items[0]) &&
                 type_shows_in_members(t->items[1]);
    if (!shows) put_annotate(p, out, t);
    put_dict_items(p, out, n);
    if (!shows) put(p, out, ")");
}

static void put_create_object(struct code_printer *p, struct tagged *out, struct node *n) {
    code_put_annotation(p, out, node_output(n, 0)->type);
    put(p, out, ".__new__(");
    code_put_annotation(p, out, node_output(n, 0)->type);
    put(p, out, ")");
}

static const struct string *string_attribute(struct code_printer *p, const struct node *n, const char *name) {
    const struct attribute *a = node_attribute(n, name);
    if (a && a->kind == ATTRIBUTE_STRING) return a->value.string;
    code_fail(p, LB_ERROR_INTERNAL, "a node without its attribute %s", name);
    return NULL;
}

static void put_get_attr(struct code_printer *p, struct tagged *out, struct node *n) {
    const struct string *field = string_attribute(p, n, "name");
    if (!field) return;
    if (code_is_identifier(field->bytes, (size_t)field->length)) {
        code_put_use(p, out, node_input(n, 0));
        put(p, out, ".");
        tagged_put_name(out, p->range, field->bytes, (size_t)field->length);
        return;
    }
    put(p, out, "getattr(");
    code_put_use(p, out, node_input(n, 0));
    put(p, out, ", ");
    tagged_mark(out, out->text.length, p->range);
    value_put_quoted(&out->text, field->bytes, field->length);
    put(p, out, ")");
}

static void put_call_arguments(struct code_printer *p, struct tagged *out, struct node *n) {
    for (int i = 1; i < n->inputs.count; i++) {
        code_put_use(p, out, node_input(n, i));
        put(p, out, ", ");
    }
    put(p, out, ")");
}

static void put_call_function(struct code_printer *p, struct tagged *out, struct node *n) {
    code_put_use(p, out, node_input(n, 0));
    put(p, out, "(");
    put_call_arguments(p, out, n);
}

static void put_call_method(struct code_printer *p, struct tagged *out, struct node *n) {
    const struct string *method = string_attribute(p, n, "name");
    if (!method) return;
    put(p, out, "(");
    code_put_use(p, out, node_input(n, 0));
    put(p, out, ")");
    put(p, out, ".");
    tagged_put_name(out, p->range, method->bytes, (size_t)method->length);
    put(p, out, "(");
    put_call_arguments(p, out, n);
    code_depend_on(p, (struct code_dependency){.type = node_input(n, 0)->type});
}

static void put_operator_name(struct code_printer *p, struct tagged *out, const struct name *kind) {
    const char *colons = strstr(kind->text, "::");
    if (!colons) {
        code_fail(p, LB_ERROR_INTERNAL, "%s is no operator", kind->text);
        return;
    }
    size_t length = (size_t)(colons - kind->text);
    if (strcmp(kind->text, "aten::backward") == 0 || strcmp(kind->text, "aten::grad") == 0) {
        put(p, out, "torch.autograd.");
    } else if (strcmp(kind->text, "aten::") == 0 || strncmp(kind->text, "aten::", 6) == 0) {
        put(p, out, "torch.");
    } else {
        put(p, out, "ops.");
        tagged_put_name(out, p->range, kind->text, length);
        put(p, out, ".");
    }
    put(p, out, colons + 2);
}

/* A literal None has no type that _unwrap_optional could be matched by. */
static void put_unwrap(struct code_printer *p, struct tagged *out, struct node *n) {
    const struct ir_value *in = node_input(n, 0);
    bool none = in->type->kind == TYPE_NONE || node_must_be_none(in->node);
    put_operator_name(p, out, n->kind);
    put(p, out, "(");
    if (none) {
        const struct type *t = type_optional(&p->unit->types, node_output(n, 0)->type);
        if (t) put_annotate(p, out, t);
    }
    code_put_use(p, out, in);
    put(p, out, none ? "))" : ")");
}

static void put_unchecked_cast(struct code_printer *p, struct tagged *out, struct node *n) {
    put(p, out, "unchecked_cast(");
    code_put_annotation(p, out, node_output(n, 0)->type);
    put(p, out, ", ");
    code_put_use(p, out, node_input(n, 0));
    put(p, out, ")");
}

static void put_isinstance(struct code_printer *p, struct tagged *out, struct node *n) {
    const struct attribute *a = node_attribute(n, "types");
    int count = a && a->kind == ATTRIBUTE_TYPES ? a->list.count : 0;
    put(p, out, "isinstance(");
    code_put_use(p, out, node_input(n, 0));
    put(p, out, ", ");
    if (count != 1) put(p, out, "(");
    for (int i = 0; i < count; i++) {
        if (i > 0) put(p, out, ", ");
        code_put_annotation(p, out, ((const struct type *const *)a->list.items)[i]);
    }
    if (count != 1) put(p, out, ")");
    put(p, out, ")");
}

static void put_tolist(struct code_printer *p, struct tagged *out, struct node *n) {
    put_annotate(p, out, node_output(n, 0)->type);
    code_put_use(p, out, node_input(n, 0));
    put(p, out, ".tolist()");
    put(p, out, ")");
}

static void put_enum_part(struct code_printer *p, struct tagged *out, struct node *n) {
    put(p, out, "(");
    code_put_use(p, out, node_input(n, 0));
    put(p, out, node_is(n, KIND_ENUM_VALUE) ? ").value" : ").name");
}

static bool is_out(const struct argument *a) {
    return a->keyword_only && a->alias.present && a->alias.is_write;
}

static bool is_default(const struct argument *a, const struct ir_value *v) {
    lb_value actual;
    if (!a->has_default || !node_constant(v->node, &actual)) return false;
    lb_error err = {0};
    bool equal = actual.tag == a->default_value.tag && value_equal(actual, a->default_value, &err);
    error_clear(&err);
    return equal;
}

/* How many arguments must be written: trailing ones that equal their defaults need not. *outs: how many of
 * the schema's last arguments are out arguments. */
static int needed_arguments(const struct schema *schema, const struct node *n, int *outs) {
    int last = schema->argument_count - 1;
    while (last >= 0 && is_out(&schema->arguments[last])) last--;
    *outs = schema->argument_count - last - 1;
    if (schema->argument_count < n->inputs.count) return n->inputs.count;
    while (last >= 0 && is_default(&schema->arguments[last], node_input(n, last))) last--;
    return last + 1;
}

static void put_operator(struct code_printer *p, struct tagged *out, struct node *n) {
    put_operator_name(p, out, n->kind);
    const struct schema *schema = node_schema(n);
    if (!schema) {
        code_fail(p, LB_ERROR_INTERNAL, "no operator of %s takes what it is given", n->kind->text);
        return;
    }
    put(p, out, "(");
    int outs = 0, needed = schema->argument_count > 0 ? needed_arguments(schema, n, &outs) : 0;
    for (int i = 0; i < needed; i++) {
        if (i > 0) put(p, out, ", ");
        if (i < schema->argument_count && schema->arguments[i].keyword_only) {
            const struct name *name = schema->arguments[i].name;
            tagged_put_name(out, p->range, name->text, name->length);
            put(p, out, "=");
        }
        code_put_use(p, out, node_input(n, i));
    }
    for (int i = schema->argument_count > 0 ? schema->argument_count - outs : 0; i < schema->argument_count;
         i++) {
        const struct name *name = schema->arguments[i].name;
        put(p, out, ", ");
        int input = n->inputs.count - (schema->argument_count - i);
        if (input < 0) continue;
        tagged_put_name(out, p->range, name->text, name->length);
        put(p, out, "=");
        code_put_use(p, out, node_input(n, input));
    }
    put(p, out, ")");
}

static const struct {
    const char *kind;
    void (*put)(struct code_printer *p, struct tagged *out, struct node *n);
} language_kinds[] = {
    {"prim::Constant", put_constant_node},
    {"prim::Uninitialized", put_uninitialized},
    {"aten::ScalarImplicit", put_implicit},
    {"aten::FloatImplicit", put_implicit},
    {"aten::IntImplicit", put_implicit},
    {"aten::ComplexImplicit", put_implicit},
    {"aten::Int", put_int},
    {"aten::Float", put_float},
    {"aten::Bool", put_bool},
    {"aten::str", put_str},
    {"aten::__getitem__", put_subscript},
    {"prim::Print", put_print},
    {"aten::sorted", put_sorted},
    {"prim::TupleConstruct", put_tuple},
    {"prim::TupleIndex", put_tuple_index},
    {"prim::TupleSlice", put_tuple_slice},
    {"prim::ListConstruct", put_list},
    {"prim::DictConstruct", put_dict},
    {"prim::CreateObject", put_create_object},
    {"prim::GetAttr", put_get_attr},
    {"prim::CallFunction", put_call_function},
    {"prim::CallMethod", put_call_method},
    {"aten::_unwrap_optional", put_unwrap},
    {"prim::unchecked_unwrap_optional", put_unchecked_cast},
    {"prim::unchecked_cast", put_unchecked_cast},
    {"prim::isinstance", put_isinstance},
    {"prim::tolist", put_tolist},
    {"prim::EnumValue", put_enum_part},
    {"prim::EnumName", put_enum_part},
};

void code_put_expression(struct code_printer *p, struct tagged *out, struct node *n) {
    for (size_t i = 0; i < sizeof language_kinds / sizeof *language_kinds; i++) {
        if (!node_kind_is(n, language_kinds[i].kind)) continue;
        language_kinds[i].put(p, out, n);
        return;
    }
    put_operator(p, out, n);
}
