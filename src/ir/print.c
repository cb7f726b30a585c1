/* Graphs to text; see print.h. */
#include "ir/print.h"
#include "base/mem.h"
#include "tensor/convert.h"
#include "tensor/print.h"
#include "value/print.h"
#include <string.h>

/* Nodes whose subgraph is printed after the graph; NULL where a node is printed alone. */
typedef ARRAY_OF(const struct node *) group_array;

struct graph_printer {
    struct text *out;
    group_array *groups;
};

void value_put_name(struct text *out, const struct ir_value *v) {
    if (v->debug_name)
        text_put(out, v->debug_name->text);
    else
        text_put_int(out, v->unique);
}

static void put_reference(struct text *out, const struct ir_value *v) {
    text_put_char(out, '%');
    value_put_name(out, v);
}

static void put_references(struct text *out, struct ir_value *const *values, int count) {
    for (int i = 0; i < count; i++) {
        if (i) text_put(out, ", ");
        put_reference(out, values[i]);
    }
}

static void put_typed(struct text *out, struct ir_value *const *values, int count, const char *between) {
    for (int i = 0; i < count; i++) {
        if (i) text_put(out, between);
        put_reference(out, values[i]);
        text_put(out, " : ");
        type_put_graph(out, values[i]->type);
    }
}

enum { MOST_SHOWN = 10 }; /* elements of a tensor constant: max_tensor_display_size */

/* (real,imaginary) */
static void put_complex(struct text *out, const struct tensor *t) {
    struct complex128 c;
    convert_elements(DTYPE_COMPLEX128, &c, 1, (enum dtype)t->dtype, tensor_data(t), 1, 1);
    text_put_char(out, '(');
    text_put_float(out, c.re, 6);
    text_put_char(out, ',');
    text_put_float(out, c.im, 6);
    text_put_char(out, ')');
}

/* One element in braces, as a C++ stream shows a number. */
static void put_single(struct text *out, const struct tensor *t) {
    text_put_char(out, '{');
    if (t->quantizer)
        tensor_print(out, t, 6);
    else if (dtype_is_complex((enum dtype)t->dtype))
        put_complex(out, t);
    else if (dtype_is_floating((enum dtype)t->dtype))
        text_put_float(out, tensor_get_float(t, 0), 6);
    else
        text_put_int(out, tensor_get_int(t, 0));
    text_put_char(out, '}');
}

static void put_lines_as_blanks(struct text *out, const struct tensor *t) {
    struct text lines = {0};
    tensor_print(&lines, t, 6);
    for (size_t i = 0; i < lines.length; i++) text_put_char(out, lines.data[i] == '\n' ? ' ' : lines.data[i]);
    out->failed |= lines.failed;
    text_free(&lines);
}

static void put_tensor(struct text *out, const struct tensor *t) {
    if (t->layout != LAYOUT_STRIDED || t->numel > MOST_SHOWN)
        text_put(out, "<Tensor>");
    else if (t->numel == 1)
        put_single(out, t);
    else
        put_lines_as_blanks(out, t);
}

/* What a graph shows in its own way: tensors, lists of them, objects (which have no text but their address).
 */
static bool put_special(void *context, struct text *out, lb_value v) {
    (void)context;
    if (v.tag == VALUE_TENSOR)
        put_tensor(out, v.tensor);
    else if (v.tag == VALUE_LIST && v.list->element && v.list->element->kind == TYPE_TENSOR)
        text_put(out, "[<Tensors>]");
    else if (v.tag == VALUE_OBJECT || v.tag == VALUE_CAPSULE)
        text_printf(out, "object(%p)", (void *)v.counted);
    else
        return false;
    return true;
}

static void put_value(struct text *out, lb_value v) {
    const struct value_words words = {
        .put_type = type_put_annotation, .type_shows = type_shows_in_members, .custom = put_special};
    value_put_constant(out, v, &words);
}

static void put_member(struct text *out, const struct attribute *a, int i) {
    switch (a->kind) {
    case ATTRIBUTE_INTS: text_put_int(out, ((const int64_t *)a->list.items)[i]); break;
    case ATTRIBUTE_FLOATS: value_put_float_constant(out, ((const double *)a->list.items)[i]); break;
    case ATTRIBUTE_STRINGS: put_value(out, ((const lb_value *)a->list.items)[i]); break;
    case ATTRIBUTE_TYPES: type_put_graph(out, ((const struct type *const *)a->list.items)[i]); break;
    default: break;
    }
}

static void put_list(struct text *out, const struct attribute *a) {
    if (a->kind == ATTRIBUTE_TENSORS || a->kind == ATTRIBUTE_GRAPHS) {
        text_put(out, a->kind == ATTRIBUTE_TENSORS ? "[<Tensors>]" : "[<Graphs>]");
        return;
    }
    text_put_char(out, '[');
    for (int i = 0; i < a->list.count; i++) {
        if (i) text_put(out, ", ");
        put_member(out, a, i);
    }
    text_put_char(out, ']');
}

void attribute_put(struct text *out, const struct attribute *a) {
    switch (a->kind) {
    case ATTRIBUTE_INT: text_put_int(out, a->i); break;
    case ATTRIBUTE_FLOAT: value_put_float_constant(out, a->f); break;
    case ATTRIBUTE_TYPE: type_put_graph(out, a->type); break;
    case ATTRIBUTE_GRAPH: text_put(out, "<Graph>"); break;
    case ATTRIBUTE_COMPLEX:
    case ATTRIBUTE_STRING:
    case ATTRIBUTE_TENSOR:
    case ATTRIBUTE_VALUE: put_value(out, a->value); break;
    default: put_list(out, a); break;
    }
}

static bool is_subgraph(const struct attribute *a) {
    return a->kind == ATTRIBUTE_GRAPH && strcmp(a->name->text, "Subgraph") == 0;
}

static void put_attributes(struct text *out, const struct node *n, bool with_subgraph) {
    bool first = true;
    text_put_char(out, '[');
    for (int i = 0; i < n->attributes.count; i++) {
        const struct attribute *a = &n->attributes.items[i];
        if (!with_subgraph && is_subgraph(a)) continue;
        text_printf(out, "%s%s=", first ? "" : ", ", a->name->text);
        attribute_put(out, a);
        first = false;
    }
    text_put_char(out, ']');
}

static const struct attribute *subgraph_of(const struct node *n) {
    const struct attribute *a = node_attribute(n, "Subgraph");
    return a && is_subgraph(a) ? a : NULL;
}

/* "aten::add", "prim::DifferentiableGraph_0" with its graph to come later, "^PythonFunction". */
static void put_kind(struct graph_printer *p, const struct node *n) {
    const struct attribute *name = node_is(n, KIND_PYTHON_OP) ? node_attribute(n, "name") : NULL;
    if (name && name->kind == ATTRIBUTE_STRING) {
        text_printf(p->out, "^%s", name->value.string->bytes);
    } else if (p->groups && subgraph_of(n)) {
        text_printf(p->out, "%s_%d", n->kind->text, p->groups->count);
        if (n->attributes.count > 1 && !node_is(n, KIND_DIFFERENTIABLE_GRAPH))
            put_attributes(p->out, n, false);
        if (!array_push(p->groups, n)) p->out->failed = true;
    } else {
        text_put(p->out, n->kind->text);
        if (n->attributes.count) put_attributes(p->out, n, true);
    }
}

static void put_range(struct text *out, struct source_range range) {
    struct source_range origin = source_origin_of(range);
    size_t before = out->length;
    text_put(out, " # ");
    if (!source_put_location(out, origin.source ? origin : range)) text_cut(out, before);
}

static void put_node(struct graph_printer *p, const struct node *n, int level, bool ranges);

static void put_block(struct graph_printer *p, const struct block *b, int index, int level) {
    text_put_repeat(p->out, ' ', 2 * (level + 1));
    text_printf(p->out, "block%d(", index);
    put_typed(p->out, b->param->outputs.items, b->param->outputs.count, ", ");
    text_put(p->out, "):\n");
    for (const struct node *n = block_first(b); n != b->result; n = n->next) put_node(p, n, level + 2, true);
    text_put_repeat(p->out, ' ', 2 * (level + 2));
    text_put(p->out, "-> (");
    put_references(p->out, b->result->inputs.items, b->result->inputs.count);
    text_put(p->out, ")\n");
}

static void put_node(struct graph_printer *p, const struct node *n, int level, bool ranges) {
    text_put_repeat(p->out, ' ', 2 * level);
    put_typed(p->out, n->outputs.items, n->outputs.count, ", ");
    text_put(p->out, " = ");
    put_kind(p, n);
    text_put_char(p->out, '(');
    put_references(p->out, n->inputs.items, n->inputs.count);
    text_put_char(p->out, ')');
    if (n->scope && *n->scope) text_printf(p->out, ", scope: %s", n->scope);
    if (ranges) put_range(p->out, n->range);
    text_put_char(p->out, '\n');
    for (int i = 0; i < n->blocks.count; i++) put_block(p, n->blocks.items[i], i, level);
}

void node_put(struct text *out, const struct node *n) {
    struct graph_printer p = {.out = out};
    put_node(&p, n, 0, true);
}

static void put_groups(struct text *out, const group_array *groups) {
    for (int i = 0; i < groups->count; i++) {
        text_printf(out, "with %s_%d = ", groups->items[i]->kind->text, i);
        graph_put(out, subgraph_of(groups->items[i])->graph, true);
    }
}

void graph_put(struct text *out, const struct graph *g, bool ranges) {
    group_array groups = {0};
    struct graph_printer p = {out, &groups};
    const struct block *b = g->top;
    text_put(out, "graph(");
    put_typed(out, b->param->outputs.items, b->param->outputs.count, ",\n      ");
    text_put(out, "):\n");
    for (const struct node *n = block_first(b); n != b->result; n = n->next) put_node(&p, n, 1, ranges);
    text_put(out, "  return (");
    put_references(out, b->result->inputs.items, b->result->inputs.count);
    text_put(out, ")\n");
    put_groups(out, &groups);
    mem_free(groups.items);
}
