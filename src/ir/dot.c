/* Graphs as pictures; see dot.h. Every node that is drawn has a number; an If or a Loop is a head where it
 * takes its inputs, a box with its blocks, and a tail from which its outputs go on. */
#include "ir/dot.h"
#include "ir/print.h"
#include <string.h>

struct picture {
    struct text *out;
    struct text edges; /* come last: an edge inside a box would pull both its ends into it */
    const struct schema *(*schema_of)(struct node *n);
    struct table ids; /* node -> its number */
    uintptr_t count;
    int level;
};

/* A list counts for more than an attribute, so that lists of lists of one value cannot take for ever. */
enum { LONGEST_TEXT = 48, DEEPEST_FOLD = 16, LIST_DEPTH = 4, LONGEST_LIST = 16 };

static void put_line(struct picture *p, const char *line) {
    text_put_repeat(p->out, ' ', 2 * p->level);
    text_printf(p->out, "%s\n", line);
}

static int id_of(struct picture *p, const struct node *n) {
    uintptr_t id = (uintptr_t)table_get(&p->ids, n);
    if (!id) {
        id = ++p->count;
        if (!table_set(&p->ids, n, (void *)id)) p->out->failed = true;
    }
    return (int)id;
}

/* As part of a label in double quotes; '|' ends a line. */
static void put_escaped(struct text *out, const char *text, size_t length) {
    for (size_t i = 0; i < length; i++) {
        if (text[i] == '"' || text[i] == '\\') text_put_char(out, '\\');
        if (text[i] == '\n')
            text_put(out, "\\l");
        else
            text_put_char(out, text[i]);
    }
}

static void put_escaped_text(struct text *out, struct text *text) {
    size_t length = text->length;
    bool cut = length > LONGEST_TEXT;
    if (cut) length = LONGEST_TEXT - 3;
    while (cut && length && ((unsigned char)text->data[length] & 0xc0) == 0x80) length--;
    put_escaped(out, text_get(text), length);
    if (cut) text_put(out, "...");
    text_free(text);
}

static bool is_module(const struct type *t) {
    return t->kind == TYPE_CLASS || t->kind == TYPE_INTERFACE;
}

/* Values that are written into their users: constants, lists of them, and what hangs on a module. */
static bool is_folded(const struct ir_value *v, int depth) {
    const struct node *n = v->node;
    if (depth >= DEEPEST_FOLD) return false;
    if (node_is(n, KIND_CONSTANT)) return true;
    if (node_is(n, KIND_PARAM)) return !n->block->owner && is_module(v->type);
    if (node_is(n, KIND_GET_ATTR)) return is_folded(n->inputs.items[0], depth + 1);
    if (!node_is(n, KIND_LIST_CONSTRUCT) && !node_is(n, KIND_TUPLE_CONSTRUCT)) return false;
    if (n->inputs.count > LONGEST_LIST || v->uses.count > 1) return false; /* a list may be filled later */
    for (int i = 0; i < n->inputs.count; i++)
        if (!is_folded(n->inputs.items[i], depth + LIST_DEPTH)) return false;
    return true;
}

static void put_constant(struct text *out, const struct node *n) {
    const struct attribute *value = node_attribute(n, "value"), *name = node_attribute(n, "name");
    bool is_bool = n->outputs.items[0]->type->kind == TYPE_BOOL;
    if (value && is_bool)
        text_put(out, value->i ? "True" : "False");
    else if (value && value->kind == ATTRIBUTE_TENSOR && value->value.tensor->numel != 1)
        type_put_graph(out, n->outputs.items[0]->type);
    else if (value)
        attribute_put(out, value);
    else
        text_put(out, name && name->kind == ATTRIBUTE_STRING ? name->value.string->bytes : "None");
}

static void put_folded(struct text *out, const struct ir_value *v) {
    const struct node *n = v->node;
    const struct attribute *name = node_attribute(n, "name");
    if (node_is(n, KIND_CONSTANT)) {
        put_constant(out, n);
    } else if (node_is(n, KIND_PARAM)) {
        text_put(out, "self");
    } else if (node_is(n, KIND_GET_ATTR)) {
        const struct ir_value *object = n->inputs.items[0];
        if (!node_is(object->node, KIND_PARAM)) {
            put_folded(out, object);
            text_put_char(out, '.');
        }
        text_put(out, name && name->kind == ATTRIBUTE_STRING ? name->value.string->bytes : "?");
    } else {
        text_put_char(out, '[');
        for (int i = 0; i < n->inputs.count; i++) {
            if (i) text_put(out, ", ");
            put_folded(out, n->inputs.items[i]);
        }
        text_put_char(out, ']');
    }
}

static bool is_hidden(const struct node *n) {
    return n->outputs.count == 1 && is_folded(n->outputs.items[0], 0);
}

/* "2 x 3 float32", or the type where no shape is known; nothing for a plain Tensor. */
static void put_shape(struct text *out, const struct type *t) {
    const struct tensor_facts *f = t->kind == TYPE_TENSOR ? t->facts : NULL;
    if (t->kind != TYPE_TENSOR) type_put_annotation(out, t);
    if (!f) return;
    for (int i = 0; i < f->ndim; i++) {
        if (i) text_put(out, " x ");
        if (f->sizes && f->sizes[i] >= 0)
            text_put_int(out, f->sizes[i]);
        else
            text_put_char(out, '*');
    }
    if (f->dtype >= 0) text_printf(out, "%s%s", f->ndim > 0 ? " " : "", dtype_table[f->dtype].python_name);
}

/* The number of the node that shows this value, with an "e" for the tail of an If or Loop. */
static void put_source(struct picture *p, const struct ir_value *v) {
    const struct node *n = v->node;
    if (node_is(n, KIND_PARAM) && !n->block->owner)
        text_printf(&p->edges, "in%d", v->unique);
    else if (node_is(n, KIND_PARAM))
        text_printf(&p->edges, "n%d", id_of(p, n->block->owner));
    else
        text_printf(&p->edges, "n%d%s", id_of(p, n), n->blocks.count ? "e" : "");
}

static void put_edges(struct picture *p, const struct node *n, const char *tail) {
    for (int i = 0; i < n->inputs.count; i++) {
        const struct ir_value *v = n->inputs.items[i];
        struct text shape = {0};
        if (is_folded(v, 0)) continue;
        text_put(&p->edges, "  ");
        put_source(p, v);
        put_shape(&shape, v->type);
        text_printf(&p->edges, " -> %s", tail);
        if (shape.length) {
            text_put(&p->edges, " [label=\"");
            put_escaped_text(&p->edges, &shape);
            text_put(&p->edges, "\"]");
        }
        text_free(&shape);
        text_put(&p->edges, ";\n");
    }
}

static bool is_default(const struct schema *schema, int i, const struct ir_value *v) {
    lb_value value;
    const struct argument *a = &schema->arguments[i];
    if (!node_constant(v->node, &value)) return false;
    if (value.tag == VALUE_NONE) return true;
    lb_error ignored = {0};
    bool same = a->has_default && value_equal(value, a->default_value, &ignored);
    error_clear(&ignored);
    return same;
}

/* The folded inputs from `first` on, one a line: "stride=[2, 2]". Defaults and None are not worth a line. */
static void put_arguments(struct picture *p, struct node *n, int first) {
    const struct schema *schema = p->schema_of && !first ? p->schema_of(n) : NULL;
    for (int i = first; i < n->inputs.count; i++) {
        const struct ir_value *v = n->inputs.items[i];
        bool named = schema && i < schema->argument_count && schema->arguments[i].name;
        struct text text = {0};
        lb_value none;
        bool is_none = node_constant(v->node, &none) && none.tag == VALUE_NONE;
        if (!is_folded(v, 0) || is_none || (named && is_default(schema, i, v))) continue;
        if (named) text_printf(&text, "%s=", schema->arguments[i].name->text);
        put_folded(&text, v);
        text_put(p->out, "\\n");
        put_escaped_text(p->out, &text);
    }
}

static const char *short_kind(const struct node *n) {
    const char *text = n->kind->text;
    bool common = strncmp(text, "aten::", 6) == 0 || strncmp(text, "prim::", 6) == 0;
    return common ? text + 6 : text;
}

/* A call shows what is called instead of its kind. */
static void put_title(struct picture *p, const struct node *n) {
    const struct attribute *name = node_attribute(n, "name");
    struct text title = {0};
    if (node_is(n, KIND_CALL_METHOD) && n->inputs.count && is_folded(n->inputs.items[0], 0)) {
        put_folded(&title, n->inputs.items[0]);
        if (name && name->kind == ATTRIBUTE_STRING && strcmp(name->value.string->bytes, "forward") != 0)
            text_printf(&title, ".%s", name->value.string->bytes);
    } else if (node_is(n, KIND_CALL_FUNCTION) && n->inputs.count && is_folded(n->inputs.items[0], 0)) {
        put_folded(&title, n->inputs.items[0]);
    } else {
        text_put(&title, short_kind(n));
        if (name && name->kind == ATTRIBUTE_STRING) text_printf(&title, " %s", name->value.string->bytes);
    }
    put_escaped_text(p->out, &title);
}

static bool is_call(const struct node *n) {
    return node_is(n, KIND_CALL_METHOD) || node_is(n, KIND_CALL_FUNCTION);
}

static void put_class(struct picture *p, const struct node *n) {
    if (!node_is(n, KIND_CALL_METHOD) || !n->inputs.count || !n->inputs.items[0]->type->name) return;
    const char *name = n->inputs.items[0]->type->name->text, *dot = strrchr(name, '.');
    text_printf(p->out, "\\n(%s)", dot ? dot + 1 : name);
}

static void put_plain_node(struct picture *p, struct node *n) {
    struct text tail = {0};
    text_put_repeat(p->out, ' ', 2 * p->level);
    text_printf(p->out, "n%d [label=\"", id_of(p, n));
    put_title(p, n);
    if (is_call(n)) put_class(p, n);
    put_arguments(p, n, is_call(n) ? 1 : 0);
    text_printf(p->out, "\"%s];\n", is_call(n) ? " style=\"filled,rounded\" fillcolor=\"#dcecf8\"" : "");
    text_printf(&tail, "n%d", id_of(p, n));
    put_edges(p, n, text_get(&tail));
    text_free(&tail);
}

static void put_nodes(struct picture *p, struct block *b);

/* A node that stands for an If's or Loop's beginning ("n5") or end ("n5e"). */
static void put_mark(struct picture *p, const struct node *n, const char *suffix, const char *label,
                     const char *shape) {
    text_put_repeat(p->out, ' ', 2 * p->level);
    text_printf(p->out, "n%d%s [label=\"%s\" shape=%s fillcolor=\"#f5e6c8\"];\n", id_of(p, n), suffix, label,
                shape);
}

static bool is_empty(const struct block *b) {
    for (const struct node *n = block_first(b); n != b->result; n = n->next)
        if (!is_hidden(n)) return false;
    return true;
}

/* A box with the block's nodes, and an If's line to it; what the block gives goes to the owner's tail. */
static void put_block(struct picture *p, struct node *owner, int index, const char *label) {
    struct block *b = owner->blocks.items[index];
    struct text tail = {0};
    int id = id_of(p, owner);
    text_printf(&tail, "n%de", id);
    if (owner->outputs.count) put_edges(p, b->result, text_get(&tail));
    text_free(&tail);
    if (is_empty(b)) return;
    text_put_repeat(p->out, ' ', 2 * p->level);
    text_printf(p->out, "subgraph cluster_n%d_%d {\n", id, index);
    p->level++;
    text_put_repeat(p->out, ' ', 2 * p->level);
    text_printf(p->out, "label=\"%s\" labeljust=l color=\"#b0a080\" style=rounded;\n", label);
    text_put_repeat(p->out, ' ', 2 * p->level);
    text_printf(p->out, "n%d_%d [shape=point style=invis];\n", id, index);
    put_nodes(p, b);
    p->level--;
    put_line(p, "}");
    if (!node_is(owner, KIND_LOOP)) /* a Loop shows as the source of what its body takes */
        text_printf(&p->edges, "  n%d -> n%d_%d [style=dashed arrowhead=none];\n", id, id, index);
}

static const char *block_label(const struct node *n, int index) {
    if (node_is(n, KIND_IF)) return index ? "else" : "then";
    return node_is(n, KIND_LOOP) ? "body" : "block";
}

static void put_structured(struct picture *p, struct node *n) {
    struct text head = {0};
    text_printf(&head, "n%d", id_of(p, n));
    put_mark(p, n, "",
             node_is(n, KIND_IF)     ? "if"
             : node_is(n, KIND_LOOP) ? "loop"
                                     : short_kind(n),
             node_is(n, KIND_IF) ? "diamond" : "invtrapezium");
    put_edges(p, n, text_get(&head));
    for (int i = 0; i < n->blocks.count; i++) put_block(p, n, i, block_label(n, i));
    if (n->outputs.count)
        put_mark(p, n, "e", "", node_is(n, KIND_IF) ? "circle width=0.2" : "trapezium width=0.4 height=0.2");
    if (node_is(n, KIND_LOOP) && n->outputs.count)
        text_printf(&p->edges, "  %se -> %s [style=dotted constraint=false];\n", text_get(&head),
                    text_get(&head));
    text_free(&head);
}

static void put_nodes(struct picture *p, struct block *b) {
    for (struct node *n = block_first(b); n != b->result; n = n->next) {
        if (is_hidden(n)) continue;
        if (n->blocks.count)
            put_structured(p, n);
        else
            put_plain_node(p, n);
    }
}

static void put_inputs(struct picture *p, const struct block *b) {
    for (int i = 0; i < b->param->outputs.count; i++) {
        const struct ir_value *v = b->param->outputs.items[i];
        struct text label = {0};
        if (is_folded(v, 0)) continue;
        value_put_name(&label, v);
        text_put_char(&label, '\n');
        put_shape(&label, v->type);
        text_printf(p->out, "  in%d [label=\"", v->unique);
        put_escaped_text(p->out, &label);
        text_put(p->out, "\" shape=ellipse fillcolor=\"#dff0dc\"];\n");
    }
}

static void put_outputs(struct picture *p, const struct block *b) {
    for (int i = 0; i < b->result->inputs.count; i++) {
        const struct ir_value *v = b->result->inputs.items[i];
        if (!is_folded(v, 0)) continue;
        struct text label = {0};
        put_folded(&label, v);
        text_printf(p->out, "  const%d [label=\"", v->unique);
        put_escaped_text(p->out, &label);
        text_put(p->out, "\"];\n");
        text_printf(&p->edges, "  const%d -> out;\n", v->unique);
    }
    text_put(p->out, "  out [label=\"return\" shape=ellipse fillcolor=\"#dff0dc\"];\n");
    put_edges(p, b->result, "out");
}

void graph_put_dot(struct text *out, struct graph *g, const char *title,
                   const struct schema *(*schema_of)(struct node *n)) {
    struct picture p = {.out = out, .schema_of = schema_of, .level = 1};
    text_put(out, "digraph \"");
    put_escaped(out, title, strlen(title));
    text_put(out, "\" {\n");
    put_line(&p, "node [shape=box style=filled fillcolor=\"#f4f4f4\" fontname=\"Helvetica\" fontsize=11];");
    put_line(&p, "edge [fontname=\"Helvetica\" fontsize=9 color=\"#606060\"];");
    put_inputs(&p, g->top);
    put_nodes(&p, g->top);
    put_outputs(&p, g->top);
    text_put_bytes(out, text_get(&p.edges), p.edges.length);
    text_put(out, "}\n");
    out->failed |= p.edges.failed;
    text_free(&p.edges);
    table_free(&p.ids);
}
