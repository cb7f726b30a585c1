/* Choices among things that are no values; see choice.h. */
#include "lang/choice.h"
#include "lang/lower.h"

/* ---- a tree of ifs ---- */

/* What one of them is made to give. */
struct chooser {
    struct sugared *const *items;
    struct ir_value *index;
    struct source_range at;
    struct ir_value *(*give)(struct emitter *e, struct sugared *item, const struct chooser *c);
    const struct sugared_actuals *actuals;
    int binders;
};

static struct ir_value *give_value(struct emitter *e, struct sugared *item, const struct chooser *c) {
    return sugared_value(e, item, c->at);
}

static struct ir_value *give_length(struct emitter *e, struct sugared *item, const struct chooser *c) {
    struct sugared *all = sugared_iterate(e, item, c->at);
    int64_t known = all ? sugared_static_length(all) : -1;
    if (known >= 0) return emit_int(e, known, c->at);
    return all ? sugared_length(e, all, c->at) : NULL;
}

static struct ir_value *give_result(struct emitter *e, struct sugared *item, const struct chooser *c) {
    struct sugared *s = lower_call_with(e, item, c->at, c->actuals, c->binders);
    if (s && s->kind == &sugared_kind_none) return emit_none(e, NULL);
    return sugared_value(e, s, c->at);
}

static struct ir_value *among(struct emitter *e, const struct chooser *c, int from, int to);

static bool arm(struct emitter *e, struct block *b, const struct chooser *c, int from, int to) {
    if (!b || !frame_push(e, b)) return error_memory(e->err);
    struct insertion old = emit_into(e, b);
    struct ir_value *v = among(e, c, from, to);
    emit_back(e, old);
    if (!v) return false;
    frame_pop(e);
    return block_add_output(b, v) >= 0 || error_memory(e->err);
}

/* The halves are told apart by index < middle, so that the tree is as deep as it must be. */
static struct ir_value *among(struct emitter *e, const struct chooser *c, int from, int to) {
    if (to - from == 1) return c->give(e, c->items[from], c);
    int middle = from + (to - from) / 2;
    struct ir_value *both[2] = {c->index, emit_int(e, middle, c->at)};
    struct ir_value *first = both[1] ? emit_operator(e, "aten::lt", c->at, both, 2) : NULL;
    struct node *n = first ? emit_node(e, KIND_IF, 0, &first, 1) : NULL;
    if (!n) return NULL;
    n->range = c->at;
    if (!arm(e, node_add_block(n), c, from, middle) || !arm(e, node_add_block(n), c, middle, to)) return NULL;
    const struct type *a = n->blocks.items[0]->result->inputs.items[0]->type;
    const struct type *b = n->blocks.items[1]->result->inputs.items[0]->type;
    const struct type *type = type_unify(e->types, a, b, false, NULL);
    if (!type)
        return emit_error(
            e, c->at,
            "which of several things this is shows while the program runs, and they give values "
            "of different types: %s and %s",
            emit_type_words(e, a), emit_type_words(e, b));
    struct ir_value *v = node_add_output(n);
    if (!v) return emit_out_of_memory(e);
    v->type = type;
    return v;
}

/* ---- choices ---- */

static struct chooser chooser_of(const struct sugared *s, struct source_range at) {
    return (struct chooser){.items = s->items, .index = s->start, .at = at};
}

static struct ir_value *choice_value(struct emitter *e, struct sugared *s, struct source_range at) {
    struct chooser c = chooser_of(s, at);
    c.give = give_value;
    return among(e, &c, 0, s->count);
}

static struct ir_value *choice_length(struct emitter *e, struct sugared *s, struct source_range at) {
    struct chooser c = chooser_of(s, at);
    c.give = give_length;
    return among(e, &c, 0, s->count);
}

struct sugared *choice_call(struct emitter *e, struct sugared *s, struct source_range at,
                            const struct sugared_actuals *actuals, int binders) {
    struct chooser c = chooser_of(s, at);
    c.give = give_result;
    c.actuals = actuals;
    c.binders = binders;
    return sugared_simple(e, among(e, &c, 0, s->count));
}

static struct sugared *call_values(struct emitter *e, struct sugared *s, struct source_range at,
                                   struct actuals actuals, int binders) {
    struct sugared_actuals all = {0};
    for (int i = 0; i < actuals.count + actuals.keyword_count; i++) {
        const struct actual *a = i < actuals.count ? &actuals.items[i] : &actuals.keywords[i - actuals.count];
        struct sugared_actual given = {sugared_simple(e, emit_actual(e, a)), a->name, a->range};
        if (!given.value || !array_push_in(&e->memory, &all.items, given)) return NULL;
    }
    return choice_call(e, s, at, &all, binders);
}

/* Of each its attribute or item, and a choice among these. */
static struct sugared *mapped(struct emitter *e, struct sugared *s, struct source_range at,
                              const struct name *attribute, struct ir_value *index) {
    struct sugared **items = arena_array(&e->memory, struct sugared *, s->count + 1);
    if (!items) return emit_out_of_memory(e);
    for (int i = 0; i < s->count; i++) {
        items[i] = attribute ? sugared_attribute(e, s->items[i], at, attribute)
                             : sugared_item(e, s->items[i], at, index, NULL);
        if (!items[i]) return NULL;
    }
    return choice_new(e, items, s->count, s->start);
}

static struct sugared *choice_attribute(struct emitter *e, struct sugared *s, struct source_range at,
                                        const struct name *name) {
    return mapped(e, s, at, name, NULL);
}

static struct sugared *choice_item(struct emitter *e, struct sugared *s, struct source_range at,
                                   struct ir_value *index, const struct type *hint) {
    (void)hint;
    return mapped(e, s, at, NULL, index);
}

static struct sugared *iterate_itself(struct emitter *e, struct sugared *s, struct source_range at) {
    (void)e;
    (void)at;
    return s;
}
const struct sugared_kind sugared_kind_choice = {.word = "choice",
                                                 .value = choice_value,
                                                 .attribute = choice_attribute,
                                                 .call = call_values,
                                                 .iterate = iterate_itself,
                                                 .length = choice_length,
                                                 .item = choice_item};

static bool all_simple(struct sugared *const *items, int count) {
    for (int i = 0; i < count; i++)
        if (!sugared_as_simple(items[i])) return false;
    return true;
}

struct sugared *choice_new(struct emitter *e, struct sugared *const *items, int count,
                           struct ir_value *index) {
    if (count == 1) return items[0];
    struct sugared *s = index ? sugared_new(e, &sugared_kind_choice) : NULL;
    if (!s) return NULL;
    s->items = arena_copy(&e->memory, items, sizeof *items * (size_t)count);
    s->count = count;
    s->start = index;
    if (!s->items) return emit_out_of_memory(e);
    return all_simple(items, count) ? sugared_simple(e, choice_value(e, s, index->node->range)) : s;
}

/* [0, 1, ..., count - 1] */
static struct ir_value *numbers(struct emitter *e, int count, struct source_range at) {
    struct ir_value **values = arena_array(&e->memory, struct ir_value *, count + 1);
    if (!values) return emit_out_of_memory(e);
    for (int i = 0; i < count; i++)
        if (!(values[i] = emit_int(e, i, at))) return NULL;
    return emit_list(e, simple_type(e, TYPE_INT), values, count);
}

struct sugared *choice_at(struct emitter *e, struct sugared *const *items, int count, struct ir_value *index,
                          struct source_range at) {
    lb_value known;
    if (index->type->kind != TYPE_INT)
        return emit_error(e, at, "an index must be an int, found %s", emit_type_words(e, index->type));
    if (emit_is_constant(index, &known)) {
        int64_t i = known.i < 0 ? known.i + count : known.i;
        if (i >= 0 && i < count) return items[i];
        return emit_error(e, at, "Index %lld out of range of length %d", (long long)known.i, count);
    }
    if (!count) return emit_error(e, at, "an item of an empty container");
    struct ir_value *both[2] = {numbers(e, count, at), index};
    return both[0] ? choice_new(e, items, count, emit_operator(e, "aten::__getitem__", at, both, 2)) : NULL;
}

struct sugared *choice_by_key(struct emitter *e, const struct name *const *keys, struct sugared *const *items,
                              int count, struct ir_value *key, struct source_range at) {
    struct ir_value **pairs = arena_array(&e->memory, struct ir_value *, 2 * count + 1);
    const struct type *type = type_dict(e->types, simple_type(e, TYPE_STRING), simple_type(e, TYPE_INT));
    if (!pairs || !type) return emit_out_of_memory(e);
    if (key->type->kind != TYPE_STRING || !count)
        return emit_error(e, at, "a key must be a str, found %s", emit_type_words(e, key->type));
    for (int i = 0; i < count; i++) {
        pairs[2 * i] = emit_text(e, keys[i]->text, keys[i]->length, at);
        pairs[2 * i + 1] = pairs[2 * i] ? emit_int(e, i, at) : NULL;
        if (!pairs[2 * i + 1]) return NULL;
    }
    struct ir_value *both[2] = {emit_typed(e, KIND_DICT_CONSTRUCT, type, pairs, 2 * count), key};
    return both[0] ? choice_new(e, items, count, emit_operator(e, "aten::__getitem__", at, both, 2)) : NULL;
}

/* ---- sequences whose items are chosen ---- */

static struct ir_value *sequence_length(struct emitter *e, struct sugared *s, struct source_range at) {
    return s->start ? emit_operator(e, "aten::len", at, &s->start, 1) : emit_int(e, s->count, at);
}

static struct sugared *sequence_item(struct emitter *e, struct sugared *s, struct source_range at,
                                     struct ir_value *index, const struct type *hint) {
    (void)hint;
    if (!s->start) return choice_at(e, s->items, s->count, index, at);
    struct ir_value *both[2] = {s->start, index};
    return choice_new(e, s->items, s->count, emit_operator(e, "aten::__getitem__", at, both, 2));
}
static const struct sugared_kind kind_sequence = {
    .word = "sequence", .iterate = iterate_itself, .length = sequence_length, .item = sequence_item};

struct sugared *choice_sequence(struct emitter *e, struct sugared *const *items, int count,
                                struct ir_value *indices) {
    struct sugared *s = sugared_new(e, &kind_sequence);
    if (!s) return NULL;
    s->items = arena_copy(&e->memory, items, sizeof *items * (size_t)count);
    s->count = count;
    s->start = indices;
    return s->items ? s : emit_out_of_memory(e);
}

struct sugared *choice_rolled(struct emitter *e, struct sugared *s) {
    if (s->kind == &sugared_kind_tuple) return choice_sequence(e, s->items, s->count, NULL);
    bool zip = s->kind == &sugared_kind_zip;
    if (!zip && s->kind != &sugared_kind_range) return s;
    struct sugared *copy = arena_copy(&e->memory, s, sizeof *s);
    struct sugared **items = zip ? arena_array(&e->memory, struct sugared *, s->count + 1) : NULL;
    if (!copy || (zip && !items)) return emit_out_of_memory(e);
    copy->static_length = -1;
    for (int i = 0; zip && i < s->count; i++)
        if (!(items[i] = choice_rolled(e, s->items[i]))) return NULL;
    if (zip) copy->items = items;
    return copy;
}
