/* What the two halves of the parser share: parse_statements.c (statements, definitions, recovery after
 * errors) and parse_expressions.c (expressions, literals). */
#ifndef LINKBOY_LANG_PARSE_H
#define LINKBOY_LANG_PARSE_H
#include "lang/lexer.h"
#include "lang/tree.h"

enum { PARSE_DEPTH = 1000, TREE_DEPTH = 1000 };

struct parser {
    struct arena *a;
    struct name_pool *names;
    const struct source *source;
    bool python;
    const struct token *tokens;
    int at;
    int depth; /* of the parser's own recursion */
    bool out_of_memory;
    bool failed; /* the statement at hand has an error */
    int error_count;
    struct text errors; /* of all statements so far */
};

/* A growing list of children. */
struct tree_list {
    struct tree **items;
    int count, capacity;
};

static inline enum token_kind parser_kind(const struct parser *p) {
    return (enum token_kind)p->tokens[p->at].kind;
}
struct source_range parser_range(const struct parser *p); /* of the token at hand */
bool parser_is_identifier(const struct parser *p, const char *text);
/* Moves past a token of this kind; false (nothing moved) when it is another. */
bool parser_accept(struct parser *p, enum token_kind kind);
bool parser_expect(struct parser *p, enum token_kind kind);
/* Always NULL: so that `return parser_error(...)` reads well. Only the first error of a statement is kept. */
void *parser_error(struct parser *p, struct source_range range, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
const struct name *parser_name(struct parser *p);                             /* expects an identifier */
bool tree_list_add(struct parser *p, struct tree_list *list, struct tree *t); /* false when t is NULL */
struct tree *parser_list(struct parser *p, struct source_range range, const struct tree_list *list);
/* tree_new with the checks: NULL children that must be there, depth. Variadic over `count` trees. */
struct tree *parser_node(struct parser *p, enum tree_kind kind, struct source_range range, int count, ...);
bool parser_enter(struct parser *p); /* one level deeper; false with an error when it is too deep */

struct tree *parse_expression(struct parser *p); /* one */
struct tree *parse_expression_above(struct parser *p, int power);
struct tree *parse_expressions(struct parser *p); /* one, or a tuple without parentheses */
struct tree *parse_target(struct parser *p);      /* of for and del */
struct tree *parse_string_literals(struct parser *p);
struct tree *parse_number(struct parser *p);
#endif
