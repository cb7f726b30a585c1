/* match: a chain of ifs. The subject gets a name; a pattern becomes a test of the subject's parts and
 * assignments of what it captures; a guard sees the captures as the parts that they are. */
#include "lang/lower.h"
#include <string.h>

struct capture {
    const struct name *name;
    struct tree *part;
};

struct matcher {
    struct emitter *e;
    struct source_range at;
    struct tree *test; /* NULL: always */
    ARRAY_OF(struct capture) captures;
};

static bool add_test(struct matcher *m, struct tree *test) {
    struct tree *both[2] = {m->test, test};
    if (!test) return false;
    m->test = m->test ? lower_tree(m->e, TREE_AND, m->at, 2, both) : test;
    return m->test != NULL;
}

static bool add_capture(struct matcher *m, const struct name *name, struct tree *part) {
    struct capture c = {name, part};
    return !name || array_push_in(&m->e->memory, &m->captures, c) || error_memory(m->e->err);
}

static struct tree *subscript(struct matcher *m, struct tree *of, struct tree *index) {
    struct tree *inside = index ? lower_tree(m->e, TREE_LIST, m->at, 1, &index) : NULL,
                *both[2] = {of, inside};
    return inside ? lower_tree(m->e, TREE_SUBSCRIPT, m->at, 2, both) : NULL;
}

static struct tree *length_of(struct matcher *m, struct tree *subject) {
    return lower_call(m->e, m->at, lower_name(m->e, m->at, "len"), 1, &subject);
}

static bool match(struct matcher *m, struct tree *subject, const struct tree *p);

static bool match_value(struct matcher *m, struct tree *subject, struct tree *value) {
    bool none = value->kind == TREE_NONE;
    return add_test(m, lower_binary(m->e, value->range, none ? OPERATOR_IS : OPERATOR_EQUAL, subject, value));
}

/* Alternatives bind nothing here. */
static bool match_or(struct matcher *m, struct tree *subject, const struct tree *p) {
    struct tree *any = NULL;
    for (int i = 0; i < p->count; i++) {
        struct matcher one = {.e = m->e, .at = m->at};
        if (!match(&one, subject, p->items[i])) return false;
        if (one.captures.count)
            return emit_error(m->e, p->range, "alternative patterns that capture names are not supported") !=
                   NULL;
        if (!one.test) return true;
        struct tree *both[2] = {any, one.test};
        any = any ? lower_tree(m->e, TREE_OR, m->at, 2, both) : one.test;
        if (!any) return false;
    }
    return add_test(m, any);
}

static int star_of(const struct tree *p) {
    for (int i = 0; i < p->count; i++)
        if (p->items[i]->op == PATTERN_STAR) return i;
    return -1;
}

static struct tree *rest_of(struct matcher *m, struct tree *subject, int star, int after) {
    struct tree *bounds[3] = {lower_int(m->e, m->at, star), after ? lower_int(m->e, m->at, -after) : NULL,
                              NULL};
    struct tree *slice = bounds[0] ? lower_tree(m->e, TREE_SLICE, m->at, 3, bounds) : NULL;
    return slice ? subscript(m, subject, slice) : NULL;
}

static bool match_sequence(struct matcher *m, struct tree *subject, const struct tree *p) {
    int star = star_of(p), fixed = p->count - (star >= 0);
    struct tree *wanted = lower_int(m->e, m->at, fixed), *length = length_of(m, subject);
    enum tree_operator op = star >= 0 ? OPERATOR_GREATER_EQUAL : OPERATOR_EQUAL;
    if (!wanted || !length || !add_test(m, lower_binary(m->e, m->at, op, length, wanted))) return false;
    for (int i = 0; i < p->count; i++) {
        if (i == star) {
            if (!add_capture(m, p->items[i]->name, rest_of(m, subject, star, p->count - 1 - star)))
                return false;
            continue;
        }
        struct tree *index = lower_int(m->e, m->at, star >= 0 && i > star ? i - p->count : i);
        struct tree *part = index ? subscript(m, subject, index) : NULL;
        if (!part || !match(m, part, p->items[i])) return false;
    }
    return true;
}

/* {k: v for k, v in SUBJECT.items() if k != KEY ...}: what **rest holds. */
static struct tree *rest_of_mapping(struct matcher *m, struct tree *subject, const struct tree *keys) {
    struct emitter *e = m->e;
    struct tree *pair[2] = {lower_temporary(e, m->at), lower_temporary(e, m->at)};
    struct tree *member = lower_member(e, m->at, subject, "items");
    struct tree_list conditions = {0};
    if (!pair[0] || !pair[1] || !member) return NULL;
    for (int i = 0; i < keys->count; i++) {
        struct tree *other = lower_binary(e, m->at, OPERATOR_NOT_EQUAL, pair[0], keys->items[i]);
        if (!other || !array_push_in(&e->memory, &conditions, other)) return emit_out_of_memory(e);
    }
    struct tree *parts[3] = {lower_tree(e, TREE_TUPLE, m->at, 2, pair), lower_call(e, m->at, member, 0, NULL),
                             lower_tree(e, TREE_LIST, m->at, conditions.count, conditions.items)};
    bool good = parts[0] && parts[1] && parts[2];
    struct tree *clause = good ? lower_tree(e, TREE_CLAUSE, m->at, 3, parts) : NULL;
    struct tree *whole[3] = {pair[0], pair[1], clause ? lower_tree(e, TREE_LIST, m->at, 1, &clause) : NULL};
    struct tree *rest = whole[2] ? lower_tree(e, TREE_COMPREHENSION, m->at, 3, whole) : NULL;
    if (rest) rest->op = COMPREHENSION_DICT;
    return rest;
}

static bool match_mapping(struct matcher *m, struct tree *subject, const struct tree *p) {
    const struct tree *keys = p->items[0], *values = p->items[1];
    for (int i = 0; i < keys->count; i++) {
        if (!add_test(m, lower_binary(m->e, m->at, OPERATOR_IN, keys->items[i], subject))) return false;
        struct tree *part = subscript(m, subject, keys->items[i]);
        if (!part || !match(m, part, values->items[i])) return false;
    }
    return !p->name || add_capture(m, p->name, rest_of_mapping(m, subject, keys));
}

/* The name of the field that a class pattern's position stands for. */
static const char *field_at(struct matcher *m, const struct tree *class, int index) {
    struct sugared *s = emit_sugared(m->e, class, 1, NULL);
    const struct type *t = s ? s->type : NULL;
    if (t && t->kind == TYPE_TUPLE && t->fields && index < t->count) return t->fields->names[index]->text;
    const struct name *init = emit_name(m->e, "__init__");
    struct function *f = t && init && t->kind == TYPE_CLASS ? class_find_method(t->definition, init) : NULL;
    if (f && f->schema && index + 1 < f->schema->argument_count)
        return f->schema->arguments[index + 1].name->text;
    return emit_error(m->e, class->range, "a class pattern by position wants a dataclass or NamedTuple");
}

static bool is_plain_type(const struct tree *class) {
    static const char *const names[] = {"int", "float", "str", "bool", "list", "dict", "tuple"};
    for (size_t i = 0; class->kind == TREE_NAME && i < sizeof names / sizeof *names; i++)
        if (!strcmp(names[i], class->name->text)) return true;
    return false;
}

static bool match_class(struct matcher *m, struct tree *subject, const struct tree *p) {
    struct tree *class = p->items[0], *both[2] = {subject, class};
    struct tree *call = lower_call(m->e, m->at, lower_name(m->e, m->at, "isinstance"), 2, both);
    if (!call || !add_test(m, call)) return false;
    if (is_plain_type(class)) return p->items[1]->count ? match(m, subject, p->items[1]->items[0]) : true;
    for (int i = 0; i < p->items[1]->count; i++) {
        const char *field = field_at(m, class, i);
        struct tree *part = field ? lower_member(m->e, m->at, subject, field) : NULL;
        if (!part || !match(m, part, p->items[1]->items[i])) return false;
    }
    for (int i = 0; i < p->items[2]->count; i++) {
        const struct tree *k = p->items[2]->items[i];
        struct tree *part = lower_member(m->e, m->at, subject, k->name->text);
        if (!part || !match(m, part, k->items[0])) return false;
    }
    return true;
}

static bool match(struct matcher *m, struct tree *subject, const struct tree *p) {
    switch ((enum pattern_kind)p->op) {
    case PATTERN_VALUE: return match_value(m, subject, p->items[0]);
    case PATTERN_CAPTURE: return add_capture(m, p->name, subject);
    case PATTERN_OR: return match_or(m, subject, p);
    case PATTERN_AS: return match(m, subject, p->items[0]) && add_capture(m, p->name, subject);
    case PATTERN_SEQUENCE: return match_sequence(m, subject, p);
    case PATTERN_MAPPING: return match_mapping(m, subject, p);
    case PATTERN_CLASS: return match_class(m, subject, p);
    default: return emit_error(m->e, p->range, "this pattern is not supported") != NULL;
    }
}

/* The guard with the captured names replaced by what they capture. */
static struct tree *with_captures(struct matcher *m, struct tree *t) {
    for (int i = 0; t->kind == TREE_NAME && i < m->captures.count; i++)
        if (m->captures.items[i].name == t->name) return m->captures.items[i].part;
    struct tree *copy = tree_copy(&m->e->memory, t);
    for (int i = 0; copy && i < t->count; i++)
        if (t->items[i] && !(copy->items[i] = with_captures(m, t->items[i]))) return NULL;
    return copy ? copy : emit_out_of_memory(m->e);
}

static struct tree *body_of(struct matcher *m, const struct tree *block) {
    struct tree_list list = {0};
    for (int i = 0; i < m->captures.count; i++) {
        struct tree *target = tree_name(&m->e->memory, m->at, m->captures.items[i].name);
        struct tree *t = target ? lower_assign(m->e, m->at, target, m->captures.items[i].part) : NULL;
        if (!t || !array_push_in(&m->e->memory, &list, t)) return emit_out_of_memory(m->e);
    }
    for (int i = 0; i < block->count; i++)
        if (!array_push_in(&m->e->memory, &list, block->items[i])) return emit_out_of_memory(m->e);
    return lower_tree(m->e, TREE_LIST, block->range, list.count, list.items);
}

/* The cases from number `at` on as statements. */
static struct tree *chain(struct emitter *e, struct tree *subject, const struct tree *cases, int at) {
    if (at == cases->count) return lower_tree(e, TREE_LIST, cases->range, 0, NULL);
    const struct tree *c = cases->items[at];
    struct matcher m = {.e = e, .at = c->range};
    if (!match(&m, subject, c->items[0])) return NULL;
    struct tree *guard = c->items[1] ? with_captures(&m, c->items[1]) : NULL;
    if (c->items[1] && (!guard || !add_test(&m, guard))) return NULL;
    struct tree *body = body_of(&m, c->items[2]);
    if (!m.test || !body) return body;
    struct tree *parts[3] = {m.test, body, chain(e, subject, cases, at + 1)};
    struct tree *t = parts[2] ? lower_tree(e, TREE_IF, c->range, 3, parts) : NULL;
    return t ? lower_tree(e, TREE_LIST, c->range, 1, &t) : NULL;
}

bool lower_match(struct emitter *e, const struct tree *t) {
    struct sugared *s = emit_sugared(e, t->items[0], 1, NULL);
    struct tree *subject = s && t->items[0]->kind == TREE_NAME ? t->items[0] : lower_keep(e, t->range, s);
    struct tree *statements = subject ? chain(e, subject, t->items[1], 0) : NULL;
    return statements && emit_statements(e, statements);
}
