/* What the files of the parser share: parse_statements.c (statements, definitions, recovery after errors),
 * parse_blocks.c (try and match), parse_expressions.c, parse_displays.c (what stands in brackets) and
 * parse_literals.c (numbers and strings). */
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
    uint32_t indent; /* what all lines begin with: strings lose it, too */
    const struct token *tokens;
    int at;
    int depth; /* of the parser's own recursion */
    bool out_of_memory;
    bool failed; /* the statement at hand has an error */
    int error_count;
    struct text errors; /* of all statements so far */
    struct text own;    /* our lines about them */
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
/* Whether what stands here may stand in this dialect: good Python that the printed one has not is an error
 * there. */
bool parser_python(struct parser *p, struct source_range range, const char *what);
const struct name *parser_name(struct parser *p);                             /* expects an identifier */
bool tree_list_add(struct parser *p, struct tree_list *list, struct tree *t); /* false when t is NULL */
struct tree *parser_list(struct parser *p, struct source_range range, const struct tree_list *list);
/* tree_new with the checks: NULL children that must be there, depth. Variadic over `count` trees. */
struct tree *parser_node(struct parser *p, enum tree_kind kind, struct source_range range, int count, ...);
/* As parser_node; children may be left out. NULL only after an error. */
struct tree *parser_loose_node(struct parser *p, enum tree_kind kind, struct source_range range, int count,
                               struct tree *const *items);
/* A node whose children are a list's. */
struct tree *parser_node_of(struct parser *p, enum tree_kind kind, struct source_range range,
                            const struct tree_list *list);
bool parser_enter(struct parser *p); /* one level deeper; false with an error when it is too deep */

struct tree *parse_expression(struct parser *p); /* one */
struct tree *parse_expression_above(struct parser *p, int power);
struct tree *parse_expressions(struct parser *p); /* one, or a tuple without parentheses */
struct tree *parse_target(struct parser *p);      /* of for and del */
struct tree *parse_string_literals(struct parser *p);
struct tree *parse_number(struct parser *p);
/* `parse`d items with commas between up to `end`, which is read. */
struct tree *parse_separated(struct parser *p, enum token_kind end, struct tree *(*parse)(struct parser *));

/* ---- in brackets (parse_displays.c) ---- */
struct tree *parse_parentheses(struct parser *p);
struct tree *parse_list_literal(struct parser *p);
struct tree *parse_dict(struct parser *p); /* or a set */
/* An expression, or a comprehension that stands for a generator or a list. */
struct tree *parse_element(struct parser *p, struct source_range range);

/* ---- statements ---- */
struct tree *parse_block(struct parser *p);                                 /* what follows a colon */
struct tree *parse_parameters_until(struct parser *p, enum token_kind end); /* `end` is left */
struct tree *parse_try(struct parser *p);
bool parser_at_match(const struct parser *p);
struct tree *parse_match(struct parser *p);
#endif
