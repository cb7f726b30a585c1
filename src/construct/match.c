/* The match statement: patterns against a value, names captured on the way (PEP 634). */
#include "construct/natives.h"
#include <string.h>

/* 1, 0, -1 after an error. */
static int matches(struct evaluator *v, struct scope *s, const struct tree *p, struct thing *value);

static int capture(struct evaluator *v, struct scope *s, const struct name *name, struct thing *value) {
    return !name || bind_name(v, s, name, value) ? 1 : -1;
}

static int match_value(struct evaluator *v, struct scope *s, const struct tree *p, struct thing *value) {
    struct thing *wanted = evaluate(v, s, p->items[0]);
    if (!wanted) return -1;
    return thing_is_none(wanted) || thing_is(wanted, VALUE_BOOL) ? thing_same(wanted, value)
                                                                 : thing_equal(v, wanted, value);
}

static int match_or(struct evaluator *v, struct scope *s, const struct tree *p, struct thing *value) {
    int yes = 0;
    for (int i = 0; !yes && i < p->count; i++) yes = matches(v, s, p->items[i], value);
    return yes;
}

static int match_sequence(struct evaluator *v, struct scope *s, const struct tree *p, struct thing *value) {
    if (value->kind != THING_LIST && value->kind != THING_TUPLE) return 0;
    int star = -1, yes = 1;
    for (int i = 0; i < p->count; i++)
        if (p->items[i]->op == PATTERN_STAR) star = i;
    int fixed = p->count - (star >= 0);
    if (star < 0 ? value->count != fixed : value->count < fixed) return 0;
    for (int i = 0; yes > 0 && i < p->count; i++) {
        int from = star >= 0 && i > star ? value->count - (p->count - i) : i;
        if (i != star) {
            yes = matches(v, s, p->items[i], value->items[from]);
            continue;
        }
        struct thing *rest = thing_list(v, value->items + i, value->count - fixed);
        yes = rest ? capture(v, s, p->items[i]->name, rest) : -1;
    }
    return yes;
}

static int match_mapping(struct evaluator *v, struct scope *s, const struct tree *p, struct thing *value) {
    if (value->kind != THING_DICT) return 0;
    struct thing *rest = thing_new(v, THING_DICT);
    int position = 0, yes = rest ? 1 : -1;
    for (struct thing_entry *e; yes > 0 && (e = thing_dict_step(value, &position));)
        if (!thing_dict_put(v, rest, e->key, e->value)) yes = -1;
    for (int i = 0; yes > 0 && i < p->items[0]->count; i++) {
        struct thing *key = evaluate(v, s, p->items[0]->items[i]);
        struct thing *found = key ? thing_dict_find(v, value, key) : NULL;
        if (!found) return v->err->code ? -1 : 0;
        yes = matches(v, s, p->items[1]->items[i], found);
        thing_dict_take(v, rest, key);
    }
    return yes > 0 && p->name ? capture(v, s, p->name, rest) : yes;
}

/* Point(x=0), int(), int(n) */
static int match_class(struct evaluator *v, struct scope *s, const struct tree *p, struct thing *value) {
    struct thing *class = evaluate(v, s, p->items[0]);
    bool is;
    if (!class || !thing_is_instance(v, value, class, p->range, &is)) return -1;
    int yes = is;
    const struct tree *places = p->items[1], *names = p->items[2];
    if (yes > 0 && places->count) {
        if (places->count > 1 || value->kind == THING_INSTANCE) {
            raise_refusal(v, p->range, "name the attributes in the pattern", "a class pattern by position");
            return -1;
        }
        yes = matches(v, s, places->items[0], value);
    }
    for (int i = 0; yes > 0 && i < names->count; i++) {
        struct thing *found = thing_find_attribute(v, value, names->items[i]->name, p->range);
        if (!found) return v->err->code ? -1 : 0;
        yes = matches(v, s, names->items[i]->items[0], found);
    }
    return yes;
}

static int match_kind(struct evaluator *v, struct scope *s, const struct tree *p, struct thing *value) {
    switch ((enum pattern_kind)p->op) {
    case PATTERN_VALUE: return match_value(v, s, p, value);
    case PATTERN_CAPTURE: return capture(v, s, p->name, value);
    case PATTERN_OR: return match_or(v, s, p, value);
    case PATTERN_AS: {
        int yes = matches(v, s, p->items[0], value);
        return yes > 0 ? capture(v, s, p->name, value) : yes;
    }
    case PATTERN_SEQUENCE: return match_sequence(v, s, p, value);
    case PATTERN_MAPPING: return match_mapping(v, s, p, value);
    case PATTERN_CLASS: return match_class(v, s, p, value);
    default: return 0;
    }
}

static int matches(struct evaluator *v, struct scope *s, const struct tree *p, struct thing *value) {
    if (!evaluator_enter(v, p->range)) return -1;
    int yes = match_kind(v, s, p, value);
    evaluator_leave(v);
    return yes;
}

enum flow run_match(struct evaluator *v, struct scope *s, const struct tree *t) {
    struct thing *subject = evaluate(v, s, t->items[0]);
    for (int i = 0; subject && i < t->items[1]->count; i++) {
        const struct tree *c = t->items[1]->items[i];
        int yes = matches(v, s, c->items[0], subject);
        struct thing *guard = yes > 0 && c->items[1] ? evaluate(v, s, c->items[1]) : v->yes;
        if (yes > 0) yes = guard ? thing_true(v, guard) : -1;
        if (yes < 0) return FLOW_FAILED;
        if (yes) return run_block(v, s, c->items[2]);
    }
    return subject ? FLOW_NEXT : FLOW_FAILED;
}
