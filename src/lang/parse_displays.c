/* What stands in brackets: tuples, lists, dicts, sets and comprehensions of each. A comprehension of one
 * clause without conditions is a node of its own, since TorchScript has it; all others are one general node.
 */
#include "lang/parse.h"

/* `a, b` of a clause: one target, or a tuple of them. */
static struct tree *parse_clause_target(struct parser *p) {
    struct source_range range = parser_range(p);
    struct tree_list targets = {0};
    bool several = false;
    do {
        if (several && parser_kind(p) == TOKEN_IN) break;
        if (!tree_list_add(p, &targets, parse_target(p))) return NULL;
        several |= parser_kind(p) == TOKEN_COMMA;
    } while (parser_accept(p, TOKEN_COMMA));
    return several ? parser_node_of(p, TREE_TUPLE, range, &targets) : targets.items[0];
}

/* for TARGET in ITERABLE [if CONDITION ...] */
static struct tree *parse_clause(struct parser *p) {
    struct source_range at = parser_range(p);
    struct tree_list conditions = {0};
    p->at++;
    struct tree *target = parse_clause_target(p);
    if (!target || !parser_expect(p, TOKEN_IN)) return NULL;
    struct tree *iterable = parse_expression_above(p, 0);
    while (iterable && parser_kind(p) == TOKEN_IF) {
        if (!parser_python(p, at, "Comprehension ifs are not supported yet")) return NULL;
        p->at++;
        struct tree *condition = parse_expression_above(p, 0);
        if (condition && parser_kind(p) == TOKEN_WALRUS) {
            p->at++;
            condition =
                parser_node(p, TREE_NAMED_EXPRESSION, condition->range, 2, condition, parse_expression(p));
        }
        if (!tree_list_add(p, &conditions, condition)) return NULL;
    }
    return parser_node(p, TREE_CLAUSE, at, 3, target, iterable, parser_list(p, at, &conditions));
}

static struct tree *parse_clauses(struct parser *p, struct tree_list *clauses) {
    struct source_range at = parser_range(p);
    while (parser_kind(p) == TOKEN_FOR) {
        if (clauses->count && !parser_python(p, at, "Only a single generator is currently supported"))
            return NULL;
        if (!tree_list_add(p, clauses, parse_clause(p))) return NULL;
    }
    return parser_list(p, at, clauses);
}

/* The parser stands at the `for` behind the element (and value, of a dict). */
static struct tree *parse_comprehension(struct parser *p, enum comprehension_kind kind, struct tree *element,
                                        struct tree *value, struct source_range range) {
    struct tree_list clauses = {0};
    struct tree *list = parse_clauses(p, &clauses);
    if (!list) return NULL;
    struct tree *first = clauses.items[0];
    bool simple = clauses.count == 1 && !first->items[2]->count;
    if (simple && kind == COMPREHENSION_DICT)
        return parser_node(p, TREE_DICT_COMPREHENSION, range, 4, element, value, first->items[0],
                           first->items[1]);
    if (simple && kind != COMPREHENSION_SET)
        return parser_node(p, TREE_LIST_COMPREHENSION, range, 3, element, first->items[0], first->items[1]);
    struct tree *items[3] = {element, value, list};
    struct tree *t = parser_loose_node(p, TREE_COMPREHENSION, range, 3, items);
    if (t) t->op = (uint8_t)kind;
    return t;
}

struct tree *parse_element(struct parser *p, struct source_range range) {
    struct tree *element = parse_expression(p);
    if (!element || parser_kind(p) != TOKEN_FOR) return element;
    return parse_comprehension(p, COMPREHENSION_GENERATOR, element, NULL, p->python ? range : element->range);
}

struct tree *parse_parentheses(struct parser *p) {
    struct source_range open = parser_range(p);
    p->at++;
    struct tree_list none = {0};
    if (parser_accept(p, TOKEN_CLOSE))
        return parser_node_of(p, TREE_TUPLE, p->python ? open : parser_range(p), &none);
    struct tree *t = parse_expressions(p);
    if (t && parser_kind(p) == TOKEN_FOR) t = parse_comprehension(p, COMPREHENSION_GENERATOR, t, NULL, open);
    if (!t || !parser_expect(p, TOKEN_CLOSE)) return NULL;
    if (p->python && t->kind == TREE_TUPLE) t->range = source_range_join(t->range, open);
    t->parenthesized = p->python;
    return t;
}

struct tree *parse_list_literal(struct parser *p) {
    struct source_range open = parser_range(p);
    struct tree_list list = {0};
    p->at++;
    while (parser_kind(p) != TOKEN_CLOSE_SQUARE) {
        struct tree *item = parse_expression(p);
        if (item && !list.count && parser_kind(p) == TOKEN_FOR) {
            item = parse_comprehension(p, COMPREHENSION_LIST, item, NULL, p->python ? open : item->range);
            return item && parser_expect(p, TOKEN_CLOSE_SQUARE) ? item : NULL;
        }
        if (!tree_list_add(p, &list, item)) return NULL;
        if (!parser_accept(p, TOKEN_COMMA)) break;
    }
    if (!parser_expect(p, TOKEN_CLOSE_SQUARE)) return NULL;
    return parser_node_of(p, TREE_LIST_LITERAL, open, &list);
}

/* ---- braces ---- */

static struct tree *close_brace(struct parser *p, struct tree *t) {
    return t && parser_expect(p, TOKEN_CLOSE_BRACE) ? t : NULL;
}

/* {a, b} or {a for ...}, behind its first item. */
static struct tree *parse_set(struct parser *p, struct source_range open, struct tree *first) {
    struct tree_list list = {0};
    if (!parser_python(p, open, "Set aren't supported")) return NULL;
    if (parser_kind(p) == TOKEN_FOR)
        return close_brace(p, parse_comprehension(p, COMPREHENSION_SET, first, NULL, open));
    if (!tree_list_add(p, &list, first)) return NULL;
    while (parser_accept(p, TOKEN_COMMA) && parser_kind(p) != TOKEN_CLOSE_BRACE)
        if (!tree_list_add(p, &list, parse_expression(p))) return NULL;
    return close_brace(p, parser_node_of(p, TREE_SET, open, &list));
}

struct dict_parts {
    struct tree_list keys, values;
    bool expands;
};

/* `**value`: an ELLIPSIS stands for its key. */
static bool add_expansion(struct parser *p, struct dict_parts *d) {
    struct source_range at = parser_range(p);
    if (!parser_python(p, at, "Dict expansion (e.g. `{**dict}`) is not supported")) return false;
    p->at++;
    d->expands = true;
    return tree_list_add(p, &d->keys, parser_node(p, TREE_ELLIPSIS, at, 0)) &&
           tree_list_add(p, &d->values, parse_expression(p));
}

/* A dict's items from the one at hand on; `key` is read already where there is one. */
static struct tree *parse_dict_items(struct parser *p, struct source_range open, struct source_range range,
                                     struct tree *key) {
    struct dict_parts d = {0};
    while (key || parser_kind(p) != TOKEN_CLOSE_BRACE) {
        if (!key && parser_kind(p) == TOKEN_POWER) {
            if (!add_expansion(p, &d)) return NULL;
        } else {
            if (!key) key = parse_expression(p);
            if (!key || !parser_expect(p, TOKEN_COLON)) return NULL;
            struct tree *value = parse_expression(p);
            if (value && !d.keys.count && parser_kind(p) == TOKEN_FOR)
                return close_brace(p, parse_comprehension(p, COMPREHENSION_DICT, key, value, range));
            if (!tree_list_add(p, &d.keys, key) || !tree_list_add(p, &d.values, value)) return NULL;
        }
        key = NULL;
        if (!parser_accept(p, TOKEN_COMMA)) break;
    }
    if (!parser_expect(p, TOKEN_CLOSE_BRACE)) return NULL;
    return parser_node(p, d.expands ? TREE_DICT_MERGE : TREE_DICT, d.expands ? open : range, 2,
                       parser_list(p, range, &d.keys), parser_list(p, range, &d.values));
}

struct tree *parse_dict(struct parser *p) {
    struct source_range open = parser_range(p);
    p->at++;
    struct source_range range = p->python ? open : parser_range(p);
    enum token_kind kind = parser_kind(p);
    if (kind == TOKEN_CLOSE_BRACE || kind == TOKEN_POWER) return parse_dict_items(p, open, range, NULL);
    struct tree *first = parse_expression(p);
    if (!first) return NULL;
    return parser_kind(p) == TOKEN_COLON ? parse_dict_items(p, open, range, first)
                                         : parse_set(p, open, first);
}
