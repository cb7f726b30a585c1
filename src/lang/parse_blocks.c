/* The statements that TorchScript has not and Python has: try, and match with its patterns. */
#include "lang/parse.h"

/* ---- try ---- */

/* except TYPE as NAME: ... */
static struct tree *parse_handler(struct parser *p) {
    struct source_range at = parser_range(p);
    struct tree *items[2] = {NULL, NULL};
    const struct name *name = NULL;
    p->at++;
    if (parser_kind(p) != TOKEN_COLON && !(items[0] = parse_expressions(p))) return NULL;
    if (parser_accept(p, TOKEN_AS) && !(name = parser_name(p))) return NULL;
    if (!parser_expect(p, TOKEN_COLON) || !(items[1] = parse_block(p))) return NULL;
    struct tree *t = parser_loose_node(p, TREE_HANDLER, at, 2, items);
    if (t) t->name = name;
    return t;
}

/* `else: ...` or `finally: ...`; an empty list when it does not stand here. */
static struct tree *parse_part(struct parser *p, enum token_kind word) {
    struct source_range at = parser_range(p);
    struct tree_list none = {0};
    if (!parser_accept(p, word)) return parser_list(p, at, &none);
    return parser_expect(p, TOKEN_COLON) ? parse_block(p) : NULL;
}

struct tree *parse_try(struct parser *p) {
    struct source_range at = parser_range(p);
    struct tree_list handlers = {0};
    if (!parser_python(p, at, "try blocks aren't supported")) return NULL;
    p->at++;
    if (!parser_expect(p, TOKEN_COLON)) return NULL;
    struct tree *body = parse_block(p);
    while (body && parser_kind(p) == TOKEN_EXCEPT)
        if (!tree_list_add(p, &handlers, parse_handler(p))) return NULL;
    struct tree *otherwise = body ? parse_part(p, TOKEN_ELSE) : NULL;
    struct tree *finally = otherwise ? parse_part(p, TOKEN_FINALLY) : NULL;
    if (finally && !handlers.count && (otherwise->count || !finally->count))
        return parser_error(p, at, "expected 'except' or 'finally' block");
    return parser_node(p, TREE_TRY, at, 4, body, parser_list(p, at, &handlers), otherwise, finally);
}

/* ---- match ---- */

static struct tree *parse_pattern(struct parser *p);

static struct tree *pattern_of(struct parser *p, enum pattern_kind kind, struct source_range at,
                               const struct name *name, const struct tree_list *parts) {
    struct tree *t = parser_node_of(p, TREE_PATTERN, at, parts);
    if (!t) return NULL;
    t->op = (uint8_t)kind;
    t->name = name;
    return t;
}

/* The name of a capture; `_` captures nothing. */
static bool capture_name(struct parser *p, const struct name **name) {
    bool nothing = parser_is_identifier(p, "_");
    *name = parser_name(p);
    if (!*name) return false;
    if (nothing) *name = NULL;
    return true;
}

static struct tree *parse_star_pattern(struct parser *p) {
    struct source_range at = parser_range(p);
    struct tree_list none = {0};
    const struct name *name;
    p->at++;
    return capture_name(p, &name) ? pattern_of(p, PATTERN_STAR, at, name, &none) : NULL;
}

/* Items up to `end`; a single one in parentheses is no sequence. */
static struct tree *parse_sequence_pattern(struct parser *p, enum token_kind end, bool group) {
    struct source_range at = parser_range(p);
    struct tree_list parts = {0};
    bool comma = false;
    while (parser_kind(p) != end) {
        struct tree *part = parser_kind(p) == TOKEN_TIMES ? parse_star_pattern(p) : parse_pattern(p);
        if (!tree_list_add(p, &parts, part)) return NULL;
        if (!parser_accept(p, TOKEN_COMMA)) break;
        comma = true;
    }
    if (group && parts.count == 1 && !comma && parts.items[0]->op != PATTERN_STAR) return parts.items[0];
    return pattern_of(p, PATTERN_SEQUENCE, at, NULL, &parts);
}

static struct tree *parse_bracketed_pattern(struct parser *p, enum token_kind end, bool group) {
    p->at++;
    struct tree *t = parse_sequence_pattern(p, end, group);
    return t && parser_expect(p, end) ? t : NULL;
}

static struct tree *parse_mapping_pattern(struct parser *p) {
    struct source_range at = parser_range(p);
    struct tree_list keys = {0}, values = {0}, both = {0};
    const struct name *rest = NULL;
    p->at++;
    while (parser_kind(p) != TOKEN_CLOSE_BRACE) {
        if (parser_accept(p, TOKEN_POWER)) {
            if (!(rest = parser_name(p))) return NULL;
        } else {
            if (!tree_list_add(p, &keys, parse_expression_above(p, 4)) || !parser_expect(p, TOKEN_COLON))
                return NULL;
            if (!tree_list_add(p, &values, parse_pattern(p))) return NULL;
        }
        if (!parser_accept(p, TOKEN_COMMA)) break;
    }
    if (!parser_expect(p, TOKEN_CLOSE_BRACE)) return NULL;
    if (!tree_list_add(p, &both, parser_list(p, at, &keys)) ||
        !tree_list_add(p, &both, parser_list(p, at, &values)))
        return NULL;
    return pattern_of(p, PATTERN_MAPPING, at, rest, &both);
}

/* name=PATTERN */
static struct tree *parse_pattern_keyword(struct parser *p) {
    struct source_range at = parser_range(p);
    const struct name *name = parser_name(p);
    p->at++;
    struct tree *t = parser_node(p, TREE_KEYWORD, at, 1, parse_pattern(p));
    if (t) t->name = name;
    return t;
}

/* CLASS(PATTERN, name=PATTERN), behind the class. */
static struct tree *parse_class_pattern(struct parser *p, struct tree *class) {
    struct source_range at = class->range;
    struct tree_list parts = {0}, keywords = {0}, all = {0};
    p->at++;
    while (parser_kind(p) != TOKEN_CLOSE) {
        bool keyword = parser_kind(p) == TOKEN_IDENTIFIER && p->tokens[p->at + 1].kind == TOKEN_ASSIGN;
        struct tree *part = keyword ? parse_pattern_keyword(p) : parse_pattern(p);
        if (!tree_list_add(p, keyword ? &keywords : &parts, part)) return NULL;
        if (!parser_accept(p, TOKEN_COMMA)) break;
    }
    if (!parser_expect(p, TOKEN_CLOSE) || !tree_list_add(p, &all, class)) return NULL;
    if (!tree_list_add(p, &all, parser_list(p, at, &parts))) return NULL;
    if (!tree_list_add(p, &all, parser_list(p, at, &keywords))) return NULL;
    return pattern_of(p, PATTERN_CLASS, at, NULL, &all);
}

/* A literal, a dotted name, a class pattern or a capture. */
static struct tree *parse_value_pattern(struct parser *p) {
    struct source_range at = parser_range(p);
    struct tree_list parts = {0};
    enum token_kind next = (enum token_kind)p->tokens[p->at + 1].kind;
    const struct name *name;
    if (parser_kind(p) == TOKEN_IDENTIFIER && next != TOKEN_DOT && next != TOKEN_OPEN)
        return capture_name(p, &name) ? pattern_of(p, PATTERN_CAPTURE, at, name, &parts) : NULL;
    struct tree *value = NULL;
    if (parser_kind(p) == TOKEN_IDENTIFIER) {
        if (!(value = tree_name(p->a, at, parser_name(p)))) return NULL;
        while (parser_accept(p, TOKEN_DOT)) {
            struct source_range member = parser_range(p);
            const struct name *field = parser_name(p);
            value = field ? parser_node(p, TREE_ATTRIBUTE, member, 1, value) : NULL;
            if (!value) return NULL;
            value->name = field;
        }
        if (parser_kind(p) == TOKEN_OPEN) return parse_class_pattern(p, value);
    } else {
        value = parse_expression_above(p, 4); /* numbers with signs, complex ones; no `|` */
    }
    return tree_list_add(p, &parts, value) ? pattern_of(p, PATTERN_VALUE, at, NULL, &parts) : NULL;
}

static struct tree *parse_closed_pattern(struct parser *p) {
    switch (parser_kind(p)) {
    case TOKEN_OPEN: return parse_bracketed_pattern(p, TOKEN_CLOSE, true);
    case TOKEN_OPEN_SQUARE: return parse_bracketed_pattern(p, TOKEN_CLOSE_SQUARE, false);
    case TOKEN_OPEN_BRACE: return parse_mapping_pattern(p);
    default: return parse_value_pattern(p);
    }
}

/* ALTERNATIVE | ALTERNATIVE as NAME */
static struct tree *parse_pattern_plain(struct parser *p) {
    struct source_range at = parser_range(p);
    struct tree_list parts = {0};
    do {
        if (!tree_list_add(p, &parts, parse_closed_pattern(p))) return NULL;
    } while (parser_accept(p, TOKEN_BIT_OR));
    struct tree *t = parts.count == 1 ? parts.items[0] : pattern_of(p, PATTERN_OR, at, NULL, &parts);
    if (!t || !parser_accept(p, TOKEN_AS)) return t;
    struct tree_list inner = {0};
    const struct name *name = parser_name(p);
    return name && tree_list_add(p, &inner, t) ? pattern_of(p, PATTERN_AS, at, name, &inner) : NULL;
}

static struct tree *parse_pattern(struct parser *p) {
    if (!parser_enter(p)) return NULL;
    struct tree *t = parse_pattern_plain(p);
    p->depth--;
    return t;
}

/* A case's pattern; several without brackets are a sequence. */
static struct tree *parse_open_pattern(struct parser *p) {
    struct source_range at = parser_range(p);
    struct tree_list parts = {0};
    do {
        enum token_kind kind = parser_kind(p);
        if (parts.count && (kind == TOKEN_COLON || kind == TOKEN_IF)) break;
        if (!tree_list_add(p, &parts, kind == TOKEN_TIMES ? parse_star_pattern(p) : parse_pattern(p)))
            return NULL;
    } while (parser_accept(p, TOKEN_COMMA));
    bool single = parts.count == 1 && p->tokens[p->at - 1].kind != TOKEN_COMMA;
    return single ? parts.items[0] : pattern_of(p, PATTERN_SEQUENCE, at, NULL, &parts);
}

static struct tree *parse_case(struct parser *p) {
    struct source_range at = parser_range(p);
    if (!parser_is_identifier(p, "case")) return parser_error(p, at, "expected 'case' here");
    p->at++;
    struct tree *items[3] = {parse_open_pattern(p)};
    if (!items[0]) return NULL;
    if (parser_accept(p, TOKEN_IF) && !(items[1] = parse_expression(p))) return NULL;
    if (!parser_expect(p, TOKEN_COLON) || !(items[2] = parse_block(p))) return NULL;
    return parser_loose_node(p, TREE_CASE, at, 3, items);
}

/* `match x:` with a block of cases; `match` is an ordinary name elsewhere. */
bool parser_at_match(const struct parser *p) {
    int at = p->at;
    if (!p->python || !parser_is_identifier(p, "match")) return false;
    while (p->tokens[at].kind != TOKEN_NEWLINE && p->tokens[at].kind != TOKEN_END) at++;
    return at > p->at + 1 && p->tokens[at - 1].kind == TOKEN_COLON && p->tokens[at].kind == TOKEN_NEWLINE &&
           p->tokens[at + 1].kind == TOKEN_INDENT;
}

struct tree *parse_match(struct parser *p) {
    struct source_range at = parser_range(p);
    struct tree_list cases = {0};
    p->at++;
    struct tree *subject = parse_expressions(p);
    if (!subject || !parser_expect(p, TOKEN_COLON) || !parser_expect(p, TOKEN_NEWLINE)) return NULL;
    if (!parser_expect(p, TOKEN_INDENT)) return NULL;
    while (parser_kind(p) != TOKEN_DEDENT && parser_kind(p) != TOKEN_END)
        if (!tree_list_add(p, &cases, parse_case(p))) return NULL;
    parser_accept(p, TOKEN_DEDENT);
    return parser_node(p, TREE_MATCH, at, 2, subject, parser_list(p, at, &cases));
}
