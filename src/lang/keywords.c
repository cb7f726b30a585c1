/* What a function gets as **kwargs: names that are known while compiling, each with a value of a type of its
 * own. It is no value of the graph; it is looked into, iterated (unrolled) and passed on. */
#include "lang/choice.h"
#include "lang/wide.h"
#include <string.h>

static const struct name *const *names_of(const struct sugared *s) {
    return s->context;
}

static int index_of(const struct sugared *s, const char *name, size_t length) {
    for (int i = 0; i < s->count; i++)
        if (names_of(s)[i]->length == length && !memcmp(names_of(s)[i]->text, name, length)) return i;
    return -1;
}

static struct sugared *key(struct emitter *e, const struct sugared *s, int i, struct source_range at) {
    return sugared_simple(e, emit_text(e, names_of(s)[i]->text, names_of(s)[i]->length, at));
}

/* The keys, the values or pairs of both as a tuple. */
static struct sugared *listed(struct emitter *e, const struct sugared *s, struct source_range at, bool keys,
                              bool values) {
    struct sugared **items = arena_array(&e->memory, struct sugared *, s->count + 1);
    if (!items) return emit_out_of_memory(e);
    for (int i = 0; i < s->count; i++) {
        struct sugared *both[2] = {keys ? key(e, s, i, at) : NULL, s->items[i]};
        if (keys && !both[0]) return NULL;
        items[i] = keys && values ? sugared_tuple_of(e, both, 2) : keys ? both[0] : both[1];
        if (!items[i]) return NULL;
    }
    return sugared_tuple_of(e, items, s->count);
}

/* kwargs.items(), .keys(), .values(), .get("name", default) */
static struct sugared *call_method(struct emitter *e, struct sugared *s, struct source_range at,
                                   struct actuals actuals, int binders) {
    const char *word = s->name->text;
    const struct sugared *table = s->base;
    lb_value name;
    (void)binders;
    if (!strcmp(word, "items")) return listed(e, table, at, true, true);
    if (!strcmp(word, "keys")) return listed(e, table, at, true, false);
    if (!strcmp(word, "values")) return listed(e, table, at, false, true);
    struct ir_value *v = actuals.count ? emit_actual(e, &actuals.items[0]) : NULL;
    if (strcmp(word, "get") && strcmp(word, "pop"))
        return emit_error(e, at, "keyword arguments have no method '%s'", word);
    if (!v || !wide_constant(e, v, &name) || name.tag != VALUE_STRING)
        return emit_error(e, at, "the name of a keyword argument must be a constant string");
    int i = index_of(table, name.string->bytes, (size_t)name.string->length);
    if (i >= 0) return table->items[i];
    if (actuals.count > 1) return sugared_simple(e, emit_actual(e, &actuals.items[1]));
    return sugared_simple(e, emit_none(e, NULL));
}
static const struct sugared_kind kind_method = {.word = "method of keyword arguments", .call = call_method};

static struct sugared *attribute(struct emitter *e, struct sugared *s, struct source_range at,
                                 const struct name *name) {
    (void)at;
    struct sugared *method = sugared_new(e, &kind_method);
    if (!method) return NULL;
    method->base = s;
    method->name = name;
    return method;
}

static struct sugared *item(struct emitter *e, struct sugared *s, struct source_range at,
                            struct ir_value *index, const struct type *hint) {
    lb_value name;
    (void)hint;
    if (!wide_constant(e, index, &name)) return choice_by_key(e, names_of(s), s->items, s->count, index, at);
    if (name.tag != VALUE_STRING) return emit_error(e, at, "the name of a keyword argument must be a str");
    int i = index_of(s, name.string->bytes, (size_t)name.string->length);
    return i >= 0 ? s->items[i] : emit_error(e, at, "there is no keyword argument '%s'", name.string->bytes);
}

static struct sugared *iterate(struct emitter *e, struct sugared *s, struct source_range at) {
    return listed(e, s, at, true, false);
}

static struct ir_value *length(struct emitter *e, struct sugared *s, struct source_range at) {
    return emit_int(e, s->count, at);
}
const struct sugared_kind sugared_kind_keywords = {
    .word = "keyword arguments", .attribute = attribute, .item = item, .iterate = iterate, .length = length};

struct sugared *sugared_keywords(struct emitter *e, const struct name *const *names,
                                 struct sugared *const *items, int count) {
    struct sugared *s = sugared_new(e, &sugared_kind_keywords);
    if (!s) return NULL;
    s->context = arena_copy(&e->memory, names, sizeof *names * (size_t)(count + 1));
    s->items = arena_copy(&e->memory, items, sizeof *items * (size_t)(count + 1));
    s->count = count;
    return s->context && s->items ? s : emit_out_of_memory(e);
}

bool keywords_expand(struct emitter *e, struct sugared *s, struct source_range at,
                     struct sugared_actuals *out) {
    for (int i = 0; i < s->count; i++) {
        struct sugared_actual a = {s->items[i], names_of(s)[i], at};
        if (!array_push_in(&e->memory, &out->items, a)) return error_memory(e->err);
    }
    return true;
}

void keywords_put_names(struct text *out, const struct sugared *s) {
    for (int i = 0; i < s->count; i++) text_printf(out, " %s", names_of(s)[i]->text);
}

struct sugared *keywords_contain(struct emitter *e, struct sugared *s, struct ir_value *name,
                                 struct source_range at) {
    lb_value c;
    if (!wide_constant(e, name, &c) || c.tag != VALUE_STRING)
        return emit_error(e, at, "the name of a keyword argument must be a constant string");
    bool found = index_of(s, c.string->bytes, (size_t)c.string->length) >= 0;
    return sugared_simple(e, emit_bool(e, found, at));
}
