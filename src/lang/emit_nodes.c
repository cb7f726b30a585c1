/* The emitter's smallest steps: errors, constants, and the nodes that several constructs make. Each makes
 * exactly the values that its counterpart in torch/csrc/jit/ir/ir.cpp makes, in that order, since every value
 * takes a number. */
#include "base/mem.h"
#include "lang/emitter.h"
#include <stdio.h>
#include <string.h>

void *emit_error(struct emitter *e, struct source_range at, const char *format, ...) {
    va_list args;
    va_start(args, format);
    lang_report_list(e->err, at, format, args);
    va_end(args);
    return NULL;
}

void *emit_out_of_memory(struct emitter *e) {
    error_memory(e->err);
    return NULL;
}

const char *emit_type_words(struct emitter *e, const struct type *t) {
    struct text out = {0};
    type_put_annotation(&out, t);
    const char *words = arena_text(&e->memory, text_get(&out), out.length);
    text_free(&out);
    return words ? words : "?";
}

const struct name *emit_name(struct emitter *e, const char *text) {
    const struct name *n = name_of(&e->unit->names, text);
    if (!n) emit_out_of_memory(e);
    return n;
}

bool is_subtype(struct emitter *e, const struct type *a, const struct type *b) {
    return type_is_subtype(e->types, a, b);
}

/* Loops that are unrolled within each other multiply. What the text has words for is never too much. */
static bool is_too_large(struct emitter *e) {
    enum { MOST_REPEATED = 100000 };
    const struct source *source = e->pending.source;
    if (e->graph->next_unique <= MOST_REPEATED + (source ? (int64_t)source->length : 0)) return false;
    error_set(
        e->err, LB_ERROR_LIMIT,
        "'%s' becomes a graph of more than %d values: loops over modules and tuples are repeated for each "
        "item, and nested ones multiply",
        e->function->name->text, MOST_REPEATED);
    return true;
}

static struct node *place(struct emitter *e, struct node *n, struct ir_value *const *inputs, int count) {
    if (is_too_large(e)) return NULL;
    if (!n) return emit_out_of_memory(e);
    for (int i = 0; i < count; i++)
        if (!node_add_input(n, inputs[i])) return emit_out_of_memory(e);
    return graph_insert(e->graph, n);
}

struct node *emit_node(struct emitter *e, enum kind kind, int outputs, struct ir_value *const *inputs,
                       int count) {
    return place(e, graph_new_known(e->graph, kind, outputs), inputs, count);
}

struct node *emit_node_named(struct emitter *e, const struct name *kind, int outputs,
                             struct ir_value *const *inputs, int count) {
    return kind ? place(e, graph_new_node(e->graph, kind, outputs), inputs, count) : NULL;
}

struct ir_value *emit_typed(struct emitter *e, enum kind kind, const struct type *type,
                            struct ir_value *const *inputs, int count) {
    if (!type) return emit_out_of_memory(e);
    struct node *n = emit_node(e, kind, 1, inputs, count);
    if (!n) return NULL;
    n->outputs.items[0]->type = type;
    return n->outputs.items[0];
}

bool emit_set_name(struct emitter *e, struct node *n, const struct name *name) {
    return (n && node_set_string(n, "name", name->text, name->length)) || error_memory(e->err);
}

struct ir_value *emit_constant(struct emitter *e, lb_value v, struct source_range at) {
    if (is_too_large(e)) return NULL;
    struct ir_value *c = graph_insert_constant(e->graph, v, NULL, at);
    if (c) return c;
    bool plain =
        v.tag <= VALUE_DEVICE || v.tag == VALUE_COMPLEX || v.tag == VALUE_TENSOR || v.tag == VALUE_STRING;
    if (plain) return emit_out_of_memory(e);
    return emit_error(e, at, "value of this kind cannot be a constant of a graph");
}

struct ir_value *emit_int(struct emitter *e, int64_t i, struct source_range at) {
    return emit_constant(e, value_int(i), at);
}

struct ir_value *emit_bool(struct emitter *e, bool b, struct source_range at) {
    return emit_constant(e, value_bool(b), at);
}

struct ir_value *emit_text(struct emitter *e, const char *text, int64_t length, struct source_range at) {
    lb_value v;
    if (!value_new_string(&v, text, length, e->err)) return NULL;
    struct ir_value *c = emit_constant(e, v, at);
    value_release(v);
    return c;
}

struct ir_value *emit_none(struct emitter *e, const struct type *type) {
    return emit_typed(e, KIND_CONSTANT, type ? type : simple_type(e, TYPE_NONE), NULL, 0);
}

struct ir_value *emit_list(struct emitter *e, const struct type *element, struct ir_value *const *items,
                           int count) {
    return emit_typed(e, KIND_LIST_CONSTRUCT, type_list(e->types, element), items, count);
}

static const struct type *tuple_type_of(struct emitter *e, struct ir_value *const *items, int count) {
    const struct type **types = arena_array(&e->memory, const struct type *, count + 1);
    if (!types) return emit_out_of_memory(e);
    for (int i = 0; i < count; i++) types[i] = items[i]->type;
    return type_tuple(e->types, count, types);
}

struct ir_value *emit_tuple(struct emitter *e, struct ir_value *const *items, int count,
                            const struct type *type) {
    return emit_typed(e, KIND_TUPLE_CONSTRUCT, type ? type : tuple_type_of(e, items, count), items, count);
}

struct ir_value *emit_cast(struct emitter *e, struct ir_value *v, const struct type *type) {
    return emit_typed(e, KIND_UNCHECKED_CAST, type, &v, 1);
}

struct ir_value *emit_uninitialized(struct emitter *e, const struct type *type) {
    return emit_typed(e, KIND_UNINITIALIZED, type, NULL, 0);
}

struct ir_value *emit_tuple_item(struct emitter *e, struct ir_value *tuple, struct ir_value *index,
                                 const struct type *type) {
    return emit_typed(e, KIND_TUPLE_INDEX, type, (struct ir_value *[]){tuple, index}, 2);
}

struct ir_value *const *emit_unpack(struct emitter *e, struct ir_value *tuple) {
    static struct ir_value *const none[1];
    if (!tuple->type->count) return none;
    if (node_is(tuple->node, KIND_TUPLE_CONSTRUCT)) return tuple->node->inputs.items;
    return emit_unpack_node(e, tuple);
}

struct ir_value *const *emit_unpack_node(struct emitter *e, struct ir_value *tuple) {
    struct node *n = emit_node(e, KIND_TUPLE_UNPACK, tuple->type->count, &tuple, 1);
    if (!n) return NULL;
    for (int i = 0; i < tuple->type->count; i++) n->outputs.items[i]->type = tuple->type->items[i];
    return n->outputs.items;
}

struct ir_value *emit_actual(struct emitter *e, const struct actual *a) {
    return a->value ? a->value : emit_constant(e, *a->constant, (struct source_range){0});
}

/* A name that equal numbers share: of ints, floats and complex numbers apart. */
static const struct name *literal_key(struct emitter *e, lb_value number) {
    double d = number.tag == VALUE_COMPLEX ? number.complex->im : number.f;
    uint64_t bits = (uint64_t)number.i;
    if (d == 0) d = 0; /* a map of doubles takes -0.0 and 0.0 for one key */
    if (number.tag != VALUE_INT) memcpy(&bits, &d, sizeof bits);
    char text[40];
    snprintf(text, sizeof text, "literal %u %llx", number.tag, (unsigned long long)bits);
    return emit_name(e, text);
}

struct ir_value *emit_literal(struct emitter *e, lb_value number, struct source_range at) {
    const struct name *key = literal_key(e, number);
    struct ir_value *v = key ? table_get(&e->literals, key) : NULL;
    if (v || !key) return v;
    struct insertion old = emit_at(e, block_first(e->graph->top));
    v = emit_constant(e, number, at);
    emit_back(e, old);
    if (v && !table_set(&e->literals, key, v)) return emit_out_of_memory(e);
    return v;
}

bool emit_is_constant(const struct ir_value *v, lb_value *out) {
    return node_is(v->node, KIND_CONSTANT) && node_constant(v->node, out);
}
