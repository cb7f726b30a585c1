/* Expressions: precedence climbing, as torch/csrc/jit/frontend/parser.cpp, with Python's own precedences.
 * Ranges start where PyTorch's do, since the comments of graphs show them: a printed tuple starts at its
 * first item, a tuple of Python source at its parenthesis. */
#include "lang/parse.h"
#include <string.h>

static struct tree *parse_unary(struct parser *p);

enum { POWER_OR = 1, POWER_AND = 2, POWER_NOT = 2, POWER_COMPARISON = 3, POWER_UNARY = 9 };

/* Binary operator at hand: its kind of node and operator, and how tightly it binds; 0 when it is none. */
struct binary {
    enum tree_kind kind;
    enum tree_operator op;
    int power, tokens;
};

static const struct {
    uint8_t token, op;
} operator_tokens[] = {
    {TOKEN_PLUS, OPERATOR_ADD},
    {TOKEN_MINUS, OPERATOR_SUBTRACT},
    {TOKEN_TIMES, OPERATOR_MULTIPLY},
    {TOKEN_DIVIDE, OPERATOR_DIVIDE},
    {TOKEN_FLOOR_DIVIDE, OPERATOR_FLOOR_DIVIDE},
    {TOKEN_REMAINDER, OPERATOR_REMAINDER},
    {TOKEN_AT, OPERATOR_MATRIX_MULTIPLY},
    {TOKEN_POWER, OPERATOR_POWER},
    {TOKEN_EQUAL, OPERATOR_EQUAL},
    {TOKEN_NOT_EQUAL, OPERATOR_NOT_EQUAL},
    {TOKEN_LESS, OPERATOR_LESS},
    {TOKEN_LESS_EQUAL, OPERATOR_LESS_EQUAL},
    {TOKEN_GREATER, OPERATOR_GREATER},
    {TOKEN_GREATER_EQUAL, OPERATOR_GREATER_EQUAL},
    {TOKEN_IN, OPERATOR_IN},
    {TOKEN_IS, OPERATOR_IS},
    {TOKEN_BIT_OR, OPERATOR_BIT_OR},
    {TOKEN_BIT_XOR, OPERATOR_BIT_XOR},
    {TOKEN_BIT_AND, OPERATOR_BIT_AND},
    {TOKEN_SHIFT_LEFT, OPERATOR_SHIFT_LEFT},
    {TOKEN_SHIFT_RIGHT, OPERATOR_SHIFT_RIGHT},
};

static struct binary binary_at(const struct parser *p) {
    enum token_kind kind = parser_kind(p),
                    next = kind == TOKEN_END ? kind : (enum token_kind)p->tokens[p->at + 1].kind;
    if (kind == TOKEN_OR) return (struct binary){TREE_OR, 0, POWER_OR, 1};
    if (kind == TOKEN_AND) return (struct binary){TREE_AND, 0, POWER_AND, 1};
    if (kind == TOKEN_NOT && next == TOKEN_IN)
        return (struct binary){TREE_NOT, OPERATOR_IN, POWER_COMPARISON, 2};
    if (kind == TOKEN_IS && next == TOKEN_NOT)
        return (struct binary){TREE_BINARY, OPERATOR_IS_NOT, POWER_COMPARISON, 2};
    for (size_t i = 0; i < sizeof operator_tokens / sizeof *operator_tokens; i++) {
        enum tree_operator op = (enum tree_operator)operator_tokens[i].op;
        if (operator_tokens[i].token == kind)
            return (struct binary){TREE_BINARY, op, tree_operators[op].power, 1};
    }
    return (struct binary){0};
}

static struct tree *binary_node(struct parser *p, struct binary b, struct source_range at, struct tree *left,
                                struct tree *right) {
    enum tree_kind kind = b.kind == TREE_NOT ? TREE_BINARY : b.kind;
    struct tree *t = parser_node(p, kind, at, 2, left, right);
    if (t) t->op = (uint8_t)b.op;
    return t && b.kind == TREE_NOT ? parser_node(p, TREE_NOT, at, 1, t) : t;
}

/* All operators that bind more tightly than `power`. */
struct tree *parse_expression_above(struct parser *p, int power) {
    if (!parser_enter(p)) return NULL;
    struct tree *left = parse_unary(p), *compared = NULL;
    for (struct binary b; left && (b = binary_at(p)).power > power;) {
        struct source_range at = parser_range(p);
        p->at += b.tokens;
        struct tree *right = parse_expression_above(
            p, b.op == OPERATOR_POWER && b.kind == TREE_BINARY ? b.power - 1 : b.power);
        bool comparison = b.power == POWER_COMPARISON && p->python;
        if (comparison && compared) { /* a < b < c is (a < b) and (b < c) */
            struct tree *second = binary_node(p, b, at, compared, right);
            left = parser_node(p, TREE_AND, at, 2, left, second);
        } else {
            left = binary_node(p, b, at, left, right);
        }
        compared = comparison ? right : NULL;
    }
    p->depth--;
    return left;
}

/* "-1" is one number in the printed dialect; its range is that of the digits. */
static struct tree *negative_number(const struct parser *p, struct tree *operand) {
    if (p->python || !operand) return NULL;
    if (operand->kind == TREE_INT) {
        operand->integer = (int64_t)(0 - (uint64_t)operand->integer);
        return operand;
    }
    if (operand->kind != TREE_FLOAT && operand->kind != TREE_COMPLEX) return NULL;
    operand->number = -operand->number;
    return operand;
}

static struct tree *parse_atom(struct parser *p);
static struct tree *parse_trailers(struct parser *p, struct tree *t);

static struct tree *parse_negation(struct parser *p, struct source_range at) {
    /* The smallest integer has no positive counterpart. */
    const struct token *t = &p->tokens[p->at];
    static const char smallest[] = "9223372036854775808";
    if (t->kind == TOKEN_NUMBER && t->end - t->start == sizeof smallest - 1 &&
        !memcmp(p->source->text + t->start, smallest, sizeof smallest - 1) && !p->python) {
        struct tree *number = parser_node(p, TREE_INT, parser_range(p), 0);
        p->at++;
        if (number) number->integer = INT64_MIN;
        return number;
    }
    struct tree *operand = parse_expression_above(p, POWER_UNARY);
    struct tree *number = negative_number(p, operand);
    return number ? number : parser_node(p, TREE_NEGATE, at, 1, operand);
}

static struct tree *parse_unary(struct parser *p) {
    struct source_range at = parser_range(p);
    if (parser_accept(p, TOKEN_NOT))
        return parser_node(p, TREE_NOT, at, 1, parse_expression_above(p, POWER_NOT));
    if (parser_accept(p, TOKEN_MINUS)) return parse_negation(p, at);
    if (parser_accept(p, TOKEN_TILDE))
        return parser_node(p, TREE_INVERT, at, 1, parse_expression_above(p, POWER_UNARY));
    if (parser_accept(p, TOKEN_TIMES))
        return parser_node(p, TREE_STARRED, at, 1, parse_expression_above(p, POWER_COMPARISON));
    if (p->python && parser_accept(p, TOKEN_PLUS))
        return parser_node(p, TREE_POSITIVE, at, 1, parse_expression_above(p, POWER_UNARY));
    return parse_trailers(p, parse_atom(p));
}

static struct tree *parse_conditional(struct parser *p, struct tree *when_true) {
    struct source_range at = parser_range(p);
    if (!when_true || !parser_accept(p, TOKEN_IF)) return when_true;
    struct tree *condition = parse_expression_above(p, 0);
    if (!condition || !parser_expect(p, TOKEN_ELSE)) return NULL;
    return parser_node(p, TREE_IF_EXPRESSION, at, 3, condition, when_true, parse_expression(p));
}

static struct tree *unsupported(struct parser *p, struct source_range at, const char *what,
                                struct tree *inner) {
    struct tree *t = parser_node(p, TREE_UNSUPPORTED, at, 1, inner);
    if (t) t->text = what;
    return t;
}

static struct tree *parse_lambda(struct parser *p) {
    struct source_range at = parser_range(p);
    if (!parser_python(p, at, "Lambda aren't supported")) return NULL;
    p->at++;
    struct tree *parameters = parse_parameters_until(p, TOKEN_COLON);
    if (!parameters || !parser_expect(p, TOKEN_COLON)) return NULL;
    return parser_node(p, TREE_LAMBDA, at, 2, parameters, parse_expression(p));
}

static struct tree *parse_yield(struct parser *p) {
    struct source_range at = parser_range(p);
    if (!parser_python(p, at, "Yield aren't supported")) return NULL;
    p->at++;
    if (parser_accept(p, TOKEN_FROM)) {
        struct tree *t = parser_node(p, TREE_YIELD, at, 1, parse_expression(p));
        if (t) t->op = true;
        return t;
    }
    enum token_kind kind = parser_kind(p);
    struct tree *value = NULL;
    if (kind != TOKEN_NEWLINE && kind != TOKEN_CLOSE && !(value = parse_expressions(p))) return NULL;
    return parser_loose_node(p, TREE_YIELD, at, 1, &value);
}

static struct tree *parse_expression_plain(struct parser *p) {
    if (parser_kind(p) == TOKEN_LAMBDA) return parse_lambda(p);
    if (parser_kind(p) == TOKEN_YIELD) return parse_yield(p);
    struct source_range at = parser_range(p);
    struct tree *t = parse_conditional(p, parse_expression_above(p, 0));
    if (!t || parser_kind(p) != TOKEN_WALRUS) return t;
    if (!parser_python(p, at, "NamedExpr aren't supported")) return NULL;
    p->at++;
    return parser_node(p, TREE_NAMED_EXPRESSION, at, 2, t, parse_expression(p));
}

struct tree *parse_expression(struct parser *p) {
    if (!parser_enter(p)) return NULL;
    struct tree *t = parse_expression_plain(p);
    p->depth--;
    return t;
}

struct tree *parse_target(struct parser *p) {
    return parse_expression_above(p, POWER_COMPARISON);
}

/* Whether a tuple without parentheses ends here, after its comma. */
static bool ends_tuple(enum token_kind kind) {
    return kind == TOKEN_NEWLINE || kind == TOKEN_CLOSE || kind == TOKEN_ASSIGN || kind == TOKEN_END ||
           kind == TOKEN_COLON || kind == TOKEN_SEMICOLON ||
           (kind >= TOKEN_POWER_EQ && kind <= TOKEN_FLOOR_DIVIDE_EQ) ||
           (kind >= TOKEN_PLUS_EQ && kind <= TOKEN_MATRIX_MULTIPLY_EQ);
}

struct tree *parse_expressions(struct parser *p) {
    struct tree *first = parse_expression(p);
    if (!first || parser_kind(p) != TOKEN_COMMA) return first;
    struct tree_list list = {0};
    if (!tree_list_add(p, &list, first)) return NULL;
    while (parser_accept(p, TOKEN_COMMA) && !ends_tuple(parser_kind(p)))
        if (!tree_list_add(p, &list, parse_expression(p))) return NULL;
    return parser_node_of(p, TREE_TUPLE, first->range, &list);
}

static struct tree *parse_word(struct parser *p) {
    static const struct {
        uint8_t token, kind;
    } words[] = {{TOKEN_TRUE, TREE_TRUE},
                 {TOKEN_FALSE, TREE_FALSE},
                 {TOKEN_NONE, TREE_NONE},
                 {TOKEN_ELLIPSIS, TREE_ELLIPSIS}};
    struct source_range at = parser_range(p);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (parser_accept(p, (enum token_kind)words[i].token))
            return parser_node(p, (enum tree_kind)words[i].kind, at, 0);
    bool ellipsis = parser_is_identifier(p, "Ellipsis"), none_type = parser_is_identifier(p, "NoneType");
    const struct name *name = parser_name(p);
    if (!name) return NULL;
    if (ellipsis || none_type) return parser_node(p, ellipsis ? TREE_ELLIPSIS : TREE_NONE_TYPE, at, 0);
    struct tree *t = parser_node(p, TREE_NAME, at, 0);
    if (t) t->name = name;
    return t;
}

static struct tree *parse_atom(struct parser *p) {
    switch (parser_kind(p)) {
    case TOKEN_NUMBER: return parse_number(p);
    case TOKEN_STRING: return parse_string_literals(p);
    case TOKEN_OPEN: return parse_parentheses(p);
    case TOKEN_OPEN_SQUARE: return parse_list_literal(p);
    case TOKEN_OPEN_BRACE: return parse_dict(p);
    case TOKEN_LAMBDA: return parse_lambda(p);
    case TOKEN_YIELD: return parse_yield(p);
    case TOKEN_AWAIT:
        p->at++;
        return unsupported(p, parser_range(p), "Await aren't supported", parse_expression(p));
    default: return parse_word(p);
    }
}

/* name=value */
static struct tree *parse_keyword(struct parser *p) {
    struct source_range at = parser_range(p);
    const struct name *name = parser_name(p);
    p->at++;
    struct tree *t = parser_node(p, TREE_KEYWORD, at, 1, parse_expression(p));
    if (t) t->name = name;
    return t;
}

/* **value */
static struct tree *parse_keyword_expansion(struct parser *p) {
    struct source_range at = parser_range(p);
    p->at++;
    return parser_node(p, TREE_KEYWORD, at, 1, parse_expression(p));
}

static bool at_keyword(const struct parser *p) {
    return parser_kind(p) == TOKEN_IDENTIFIER && p->tokens[p->at + 1].kind == TOKEN_ASSIGN;
}

static struct tree *parse_call(struct parser *p, struct tree *callee) {
    struct source_range open = parser_range(p);
    struct tree_list arguments = {0}, keywords = {0};
    p->at++;
    while (parser_kind(p) != TOKEN_CLOSE) {
        struct source_range at = parser_range(p);
        bool expansion = parser_kind(p) == TOKEN_POWER, keyword = expansion || at_keyword(p);
        if (expansion && !parser_python(p, at, "keyword-arg expansion is not supported")) return NULL;
        struct tree *value = expansion ? parse_keyword_expansion(p)
                             : keyword ? parse_keyword(p)
                                       : parse_element(p, open);
        if (!tree_list_add(p, keyword ? &keywords : &arguments, value)) return NULL;
        if (!parser_accept(p, TOKEN_COMMA)) break;
    }
    if (!parser_expect(p, TOKEN_CLOSE)) return NULL;
    return parser_node(p, TREE_CALL, open, 3, callee, parser_list(p, open, &arguments),
                       parser_list(p, open, &keywords));
}

/* The next part of a slice; NULL without an error when it is left out. */
static struct tree *slice_part(struct parser *p) {
    enum token_kind kind = parser_kind(p);
    return kind == TOKEN_COLON || kind == TOKEN_COMMA || kind == TOKEN_CLOSE_SQUARE ? NULL
                                                                                    : parse_expression(p);
}

static struct tree *parse_subscript_item(struct parser *p) {
    struct source_range at = parser_range(p);
    struct tree *parts[3] = {slice_part(p)};
    if (parser_kind(p) != TOKEN_COLON) return parts[0];
    for (int i = 1; i < 3 && parser_accept(p, TOKEN_COLON); i++) parts[i] = slice_part(p);
    if (p->failed || p->out_of_memory) return NULL;
    struct tree *t = tree_new(p->a, TREE_SLICE, at, 3, parts);
    if (!t) p->out_of_memory = true;
    return t;
}

static struct tree *parse_subscript(struct parser *p, struct tree *value) {
    struct source_range open = parser_range(p);
    struct tree_list list = {0};
    p->at++;
    while (parser_kind(p) != TOKEN_CLOSE_SQUARE) {
        if (!tree_list_add(p, &list, parse_subscript_item(p))) return NULL;
        if (!parser_accept(p, TOKEN_COMMA)) break;
    }
    struct source_range close = parser_range(p);
    if (!parser_expect(p, TOKEN_CLOSE_SQUARE)) return NULL;
    if (!list.count) return parser_error(p, open, "expected an expression in the subscript");
    struct tree *items = parser_list(p, open, &list);
    bool pair =
        p->python && items && list.count == 1 && list.items[0]->kind == TREE_TUPLE && list.items[0]->count;
    if (pair) { /* x[(a, b)] is x[a, b] */
        *items = *list.items[0];
        items->kind = TREE_LIST;
    }
    struct tree *t = parser_node(p, TREE_SUBSCRIPT, open, 2, value, items);
    if (t) t->range = source_range_join(t->range, close);
    return t;
}

static struct tree *parse_attribute(struct parser *p, struct tree *value) {
    p->at++;
    struct source_range at = parser_range(p);
    const struct name *name = parser_name(p);
    struct tree *t = name ? parser_node(p, TREE_ATTRIBUTE, at, 1, value) : NULL;
    if (t) t->name = name;
    return t;
}

static struct tree *parse_trailers(struct parser *p, struct tree *t) {
    while (t) {
        enum token_kind kind = parser_kind(p);
        if (kind == TOKEN_DOT)
            t = parse_attribute(p, t);
        else if (kind == TOKEN_OPEN)
            t = parse_call(p, t);
        else if (kind == TOKEN_OPEN_SQUARE)
            t = parse_subscript(p, t);
        else
            break;
    }
    return t;
}
