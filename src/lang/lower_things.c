/* Sequences of things that are no values, and expressions that give such things: slices of module lists,
 * reversed(layers), list(layers), getattr() with a name that is made, `a if flag else b` of two modules. */
#include "lang/choice.h"
#include "lang/lower.h"
#include <string.h>

/* The items of a sequence that is known while compiling and holds what is no value. False: it is none. */
static bool known_items(struct emitter *e, struct sugared *s, struct source_range at,
                        struct sugared_list *out) {
    if (sugared_as_simple(s) || !s->kind->iterate) return false;
    struct sugared *all = sugared_iterate(e, s, at);
    if (!all || sugared_static_length(all) < 0) return false;
    int count = (int)sugared_static_length(all);
    out->items = arena_array(&e->memory, struct sugared *, count + 1);
    out->count = count;
    if (!out->items) return error_memory(e->err);
    for (int i = 0; i < count; i++) {
        struct ir_value *index = emit_literal(e, value_int(i), at);
        if (!index || !(out->items[i] = sugared_item(e, all, at, index, NULL))) return false;
    }
    return true;
}

/* ---- slices ---- */

/* The bounds where all are constants. */
static bool known_bounds(struct emitter *e, const struct sugared *slice, int64_t count, int64_t *start,
                         int64_t *stop, int64_t *step) {
    struct ir_value *const given[3] = {slice->start, slice->stop, slice->step};
    int64_t *const out[3] = {start, stop, step};
    bool set[3];
    for (int i = 0; i < 3; i++) {
        lb_value v = value_none();
        if (given[i] && !wide_constant(e, given[i], &v)) return false;
        set[i] = v.tag == VALUE_INT;
        *out[i] = set[i] ? v.i : 1;
    }
    int64_t low = *step < 0 ? -1 : 0, high = *step < 0 ? count - 1 : count;
    for (int i = 0; i < 2; i++) {
        int64_t *v = out[i];
        if (!set[i]) *v = (i == 0) == (*step > 0) ? low : high;
        if (set[i] && *v < 0) *v = *v + count < low ? low : *v + count;
        if (*v > high) *v = high;
    }
    return *step != 0;
}

static struct sugared *sliced_now(struct emitter *e, const struct sugared_list *list, int64_t start,
                                  int64_t stop, int64_t step) {
    struct sugared **items = arena_array(&e->memory, struct sugared *, list->count + 1);
    int count = 0;
    if (!items) return emit_out_of_memory(e);
    for (int64_t i = start; step > 0 ? i < stop : i > stop; i += step) items[count++] = list->items[i];
    return sugared_tuple_of(e, items, count);
}

/* Bounds that show while the program runs: those numbers of items that a slice of all numbers has. */
static struct sugared *sliced_later(struct emitter *e, const struct sugared_list *list,
                                    const struct tree *t) {
    struct tree_list numbers = {0};
    for (int i = 0; i < list->count; i++) {
        struct tree *number = lower_int(e, t->range, i);
        if (!number || !array_push_in(&e->memory, &numbers, number)) return emit_out_of_memory(e);
    }
    struct tree *parts[2] = {lower_tree(e, TREE_LIST_LITERAL, t->range, numbers.count, numbers.items),
                             t->items[1]};
    struct tree *slice = parts[0] ? lower_tree(e, TREE_SUBSCRIPT, t->range, 2, parts) : NULL;
    struct ir_value *indices = slice ? emit_expression(e, slice, NULL) : NULL;
    return indices ? choice_sequence(e, list->items, list->count, indices) : NULL;
}

/* A bound as a value; NULL without an error: it is not written. */
static struct ir_value *bound_of(struct emitter *e, const struct tree *t) {
    return t ? emit_expression(e, t, NULL) : NULL;
}

struct sugared *lower_slice_of_things(struct emitter *e, struct sugared *s, const struct tree *t) {
    struct sugared_list list;
    const struct tree *slice = t->items[1]->items[0];
    int64_t start, stop, step;
    if (!known_items(e, s, t->range, &list)) return NULL;
    const struct sugared bounds = {.start = bound_of(e, slice->items[0]),
                                   .stop = bound_of(e, slice->items[1]),
                                   .step = bound_of(e, slice->items[2])};
    if (e->err->code) return NULL;
    return known_bounds(e, &bounds, list.count, &start, &stop, &step)
               ? sliced_now(e, &list, start, stop, step)
               : sliced_later(e, &list, t);
}

/* ---- calls of reversed, list and tuple ---- */

static bool are_values(const struct sugared_list *list) {
    for (int i = 0; i < list->count; i++)
        if (!sugared_as_simple(list->items[i])) return false;
    return true;
}

struct sugared *lower_sequence_call(struct emitter *e, const struct tree *call) {
    const struct tree *callee = call->items[0], *arguments = call->items[1];
    bool one = callee->kind == TREE_NAME && arguments->count == 1 && !call->items[2]->count;
    bool back = one && !strcmp(callee->name->text, "reversed");
    if (!one || (!back && strcmp(callee->name->text, "list") && strcmp(callee->name->text, "tuple")))
        return NULL;
    if (arguments->items[0]->kind == TREE_STARRED || variable_find(e, e->frame, callee->name)) return NULL;
    struct attempt_error own;
    struct sugared_list list;
    attempt_begin(e, &own);
    struct sugared *s = emit_sugared(e, arguments->items[0], 1, NULL);
    bool known = s && known_items(e, s, call->range, &list);
    if (attempt_failed(e, &own) || !known) {
        attempt_drop(&own);
        return NULL;
    }
    if (back) return sliced_now(e, &list, list.count - 1, -1, -1);
    return are_values(&list) ? NULL : sugared_tuple_of(e, list.items, list.count);
}

/* ---- one thing or another ---- */

/* Not evaluated where it is not chosen: a name or a chain of attributes alone can stand for a thing. */
static bool is_path(const struct tree *t) {
    while (t->kind == TREE_ATTRIBUTE) t = t->items[0];
    return t->kind == TREE_NAME || t->kind == TREE_LAMBDA;
}

static struct sugared *choose_thing(struct emitter *e, const struct tree *t) {
    struct condition c;
    struct sugared *both[2];
    if (!emit_condition(e, t->items[0], &c)) return NULL;
    if (!(both[0] = emit_sugared(e, t->items[2], 1, NULL)) ||
        !(both[1] = emit_sugared(e, t->items[1], 1, NULL)))
        return NULL;
    return choice_new(e, both, 2, emit_operator(e, "aten::Int", t->range, &c.value, 1));
}

struct sugared *lower_conditional(struct emitter *e, const struct tree *t, int binders,
                                  const struct type *hint) {
    struct attempt_error plain;
    (void)binders;
    attempt_begin(e, &plain);
    struct sugared *s = sugared_simple(e, emit_conditional(e, t, hint));
    if (!attempt_failed(e, &plain)) return s;
    if (e->err->code || !is_path(t->items[1]) || !is_path(t->items[2])) return attempt_fail(e, &plain);
    attempt_drop(&plain);
    return choose_thing(e, t);
}

/* ---- getattr() with a name that is made ---- */

struct span {
    const char *text;
    size_t length;
};

static struct span span_of(const struct tree *t) {
    bool known = t->kind == TREE_STRING;
    return (struct span){known ? t->text : "", known ? (size_t)t->length : 0};
}

/* The template of "a{}b".format(x), which is what f"a{x}b" is read as, and of "a%db" % x; NULL: another form.
 */
static const struct tree *template_of(const struct tree *t) {
    const struct tree *callee = t->kind == TREE_CALL ? t->items[0] : NULL;
    bool format = callee && callee->kind == TREE_ATTRIBUTE && !strcmp(callee->name->text, "format");
    const struct tree *template = format ? callee->items[0] : NULL;
    if (t->kind == TREE_BINARY && t->op == OPERATOR_REMAINDER) template = t->items[0];
    return template && template->kind == TREE_STRING ? template : NULL;
}

/* What the text surely begins and ends with. */
static void edges(const struct tree *t, struct span *first, struct span *last) {
    const struct tree *template = template_of(t);
    *first = *last = (struct span){"", 0};
    if (template) {
        const char *field = t->kind == TREE_CALL ? strchr(template->text, '{') : strchr(template->text, '%');
        const char *end = t->kind == TREE_CALL ? strrchr(template->text, '}') : NULL;
        *first = span_of(template);
        if (field) first->length = (size_t)(field - template->text);
        if (end) *last = (struct span){end + 1, strlen(end + 1)};
    } else if (t->kind == TREE_BINARY && t->op == OPERATOR_ADD) {
        *first = span_of(t->items[0]);
        *last = span_of(t->items[1]);
    } else if (t->kind == TREE_FORMATTED_STRING && t->count) {
        *first = span_of(t->items[0]);
        *last = span_of(t->items[t->count - 1]);
    }
}

static bool may_be(const struct tree *made, const struct name *name) {
    struct span first, last;
    edges(made, &first, &last);
    return first.length + last.length <= name->length && !memcmp(name->text, first.text, first.length) &&
           !memcmp(name->text + name->length - last.length, last.text, last.length);
}

static bool is_module_type(const struct type *t) {
    return (t->kind == TYPE_CLASS || t->kind == TYPE_INTERFACE) && t->definition->is_module;
}

/* The submodules of which one may be meant. */
struct sugared *lower_getattr(struct emitter *e, const struct tree *call) {
    const struct tree *arguments = call->items[1];
    if (arguments->count != 2 || arguments->items[1]->kind == TREE_STRING) return NULL;
    struct sugared *s = emit_sugared(e, arguments->items[0], 1, NULL);
    struct ir_value *object = s && s->kind->value ? s->value : NULL;
    if (!object || object->type->kind != TYPE_CLASS) return NULL;
    struct ir_value *key = emit_expression(e, arguments->items[1], NULL);
    const struct class_definition *c = object->type->definition;
    const struct name **names = arena_array(&e->memory, const struct name *, c->attributes.count + 1);
    struct sugared **items = arena_array(&e->memory, struct sugared *, c->attributes.count + 1);
    int count = 0;
    if (!key || !names || !items) return key ? emit_out_of_memory(e) : NULL;
    for (int i = 0; i < c->attributes.count; i++) {
        const struct class_attribute *a = &c->attributes.items[i];
        if (!is_module_type(a->type) || !may_be(arguments->items[1], a->name)) continue;
        names[count] = a->name;
        if (!(items[count++] = sugared_attribute(e, s, call->range, a->name))) return NULL;
    }
    if (!count) return emit_error(e, call->range, "there is no submodule that getattr() may mean here");
    return choice_by_key(e, names, items, count, key, call->range);
}
