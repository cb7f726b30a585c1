/* Statements, definitions and whole files. An error spoils the statement it is in, not the file: the parser
 * notes it and goes on behind the statement's line (and its block), so that one run tells of every faulty
 * place. */
#include "base/mem.h"
#include "base/table.h"
#include "lang/parse.h"
#include "lang/report.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { ERRORS_SHOWN = 20 };

static struct tree *parse_statement(struct parser *p);

struct source_range parser_range(const struct parser *p) {
    return (struct source_range){p->source, p->tokens[p->at].start, p->tokens[p->at].end};
}

bool parser_is_identifier(const struct parser *p, const char *text) {
    const struct token *t = &p->tokens[p->at];
    size_t length = strlen(text);
    return t->kind == TOKEN_IDENTIFIER && t->end - t->start == length &&
           !memcmp(p->source->text + t->start, text, length);
}

bool parser_accept(struct parser *p, enum token_kind kind) {
    if (parser_kind(p) != kind) return false;
    p->at++;
    return true;
}

bool parser_expect(struct parser *p, enum token_kind kind) {
    if (parser_accept(p, kind)) return true;
    parser_error(p, parser_range(p), "expected %s but found '%s' here", token_word(kind),
                 token_word(parser_kind(p)));
    return false;
}

void *parser_error(struct parser *p, struct source_range range, const char *format, ...) {
    if (p->failed) return NULL;
    p->failed = true;
    if (p->error_count++ >= ERRORS_SHOWN) return NULL;
    va_list args;
    va_start(args, format);
    char *message = NULL;
    va_list again;
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, format, args);
    if (length >= 0) message = mem_alloc((size_t)length + 1);
    if (message) vsnprintf(message, (size_t)length + 1, format, again);
    va_end(again);
    va_end(args);
    text_printf(&p->errors, "\n%s:\n", message ? message : format);
    lang_put_excerpt(&p->errors, range);
    struct explanation own = {.code = ERROR_SYNTAX, .at = range, .what = message};
    lang_put_own(&p->own, &own);
    mem_free(message);
    return NULL;
}

const struct name *parser_name(struct parser *p) {
    const struct token *t = &p->tokens[p->at];
    if (!parser_expect(p, TOKEN_IDENTIFIER)) return NULL;
    const struct name *name = name_intern(p->names, p->source->text + t->start, t->end - t->start);
    if (!name) p->out_of_memory = true;
    return name;
}

bool tree_list_add(struct parser *p, struct tree_list *list, struct tree *t) {
    if (!t) return false;
    if (array_push_in(p->a, list, t)) return true;
    p->out_of_memory = true;
    return false;
}

static struct tree *check_node(struct parser *p, struct tree *t) {
    if (!t) p->out_of_memory = true;
    if (t && t->depth > TREE_DEPTH) return parser_error(p, t->range, "the program is nested too deeply");
    return t;
}

struct tree *parser_list(struct parser *p, struct source_range range, const struct tree_list *list) {
    return check_node(p, tree_new(p->a, TREE_LIST, range, list->count, list->items));
}

struct tree *parser_node(struct parser *p, enum tree_kind kind, struct source_range range, int count, ...) {
    struct tree *items[4];
    va_list args;
    va_start(args, count);
    bool whole = true;
    for (int i = 0; i < count; i++) whole &= (items[i] = va_arg(args, struct tree *)) != NULL;
    va_end(args);
    return whole ? check_node(p, tree_new(p->a, kind, range, count, items)) : NULL;
}

struct tree *parser_loose_node(struct parser *p, enum tree_kind kind, struct source_range range, int count,
                               struct tree *const *items) {
    return p->failed || p->out_of_memory ? NULL : check_node(p, tree_new(p->a, kind, range, count, items));
}

struct tree *parser_node_of(struct parser *p, enum tree_kind kind, struct source_range range,
                            const struct tree_list *list) {
    struct tree *t = parser_list(p, range, list);
    if (t) t->kind = (uint8_t)kind;
    return t;
}

bool parser_python(struct parser *p, struct source_range range, const char *what) {
    if (!p->python) parser_error(p, range, "%s", what);
    return p->python;
}

bool parser_enter(struct parser *p) {
    if (p->depth++ < PARSE_DEPTH) return true;
    parser_error(p, parser_range(p), "the program is nested too deeply");
    return false;
}

static bool end_of_statement(struct parser *p) {
    if (parser_accept(p, TOKEN_SEMICOLON)) {
        parser_accept(p, TOKEN_NEWLINE);
        return true;
    }
    return parser_expect(p, TOKEN_NEWLINE);
}

/* A statement that is a keyword and perhaps something after it. */
static struct tree *simple_statement(struct parser *p, enum tree_kind kind) {
    struct source_range at = parser_range(p);
    p->at++;
    return end_of_statement(p) ? parser_node(p, kind, at, 0) : NULL;
}

static struct tree *parse_return(struct parser *p) {
    struct source_range at = parser_range(p);
    p->at++;
    bool bare = parser_kind(p) == TOKEN_NEWLINE || parser_kind(p) == TOKEN_SEMICOLON;
    struct tree *value = bare ? parser_node(p, TREE_NONE, at, 0) : parse_expressions(p);
    return value && end_of_statement(p) ? parser_node(p, TREE_RETURN, at, 1, value) : NULL;
}

static struct tree *parse_raise(struct parser *p) {
    struct source_range at = parser_range(p);
    p->at++;
    struct tree *value = NULL;
    bool bare = p->python && (parser_kind(p) == TOKEN_NEWLINE || parser_kind(p) == TOKEN_SEMICOLON);
    if (!bare && !(value = parse_expression(p))) return NULL;
    if (value && parser_accept(p, TOKEN_FROM) && !parse_expression(p)) return NULL;
    return end_of_statement(p) ? parser_loose_node(p, TREE_RAISE, at, bare ? 0 : 1, &value) : NULL;
}

static struct tree *parse_assert(struct parser *p) {
    struct source_range at = parser_range(p);
    p->at++;
    struct tree *items[2] = {parse_expression(p)};
    if (!items[0]) return NULL;
    if (parser_accept(p, TOKEN_COMMA)) items[1] = parse_expression(p);
    return !p->failed && end_of_statement(p) ? parser_loose_node(p, TREE_ASSERT, at, 2, items) : NULL;
}

static struct tree *parse_delete(struct parser *p) {
    struct source_range at = parser_range(p);
    struct tree_list targets = {0};
    do {
        p->at++;
        if (!tree_list_add(p, &targets, parse_target(p))) return NULL;
    } while (parser_kind(p) == TOKEN_COMMA);
    struct tree *t = end_of_statement(p) ? parser_list(p, at, &targets) : NULL;
    if (t) t->kind = TREE_DELETE;
    return t;
}

/* Statements that are read over: their whole line is the text. */
static struct tree *parse_line(struct parser *p, enum tree_kind kind) {
    struct source_range at = parser_range(p);
    while (parser_kind(p) != TOKEN_NEWLINE && parser_kind(p) != TOKEN_END) p->at++;
    struct tree *t = parser_node(p, kind, at, 0);
    if (!t) return NULL;
    t->text = p->source->text + at.start;
    t->length = p->tokens[p->at].start - at.start;
    return end_of_statement(p) ? t : NULL;
}

static struct tree *parse_if(struct parser *p) {
    struct source_range at = parser_range(p);
    if (!parser_enter(p)) return NULL;
    bool elif = parser_kind(p) == TOKEN_ELIF;
    p->at++;
    if (elif && !p->python) at = parser_range(p);
    struct tree *condition = parse_expression(p);
    if (!condition || !parser_expect(p, TOKEN_COLON)) return NULL;
    struct tree *yes = parse_block(p), *no = NULL;
    struct source_range else_at = parser_range(p);
    struct tree_list none = {0};
    if (yes && parser_kind(p) == TOKEN_ELIF) {
        struct tree *inner = parse_if(p);
        no = parser_node(p, TREE_LIST, else_at, 1, inner);
    } else if (yes && parser_accept(p, TOKEN_ELSE)) {
        no = parser_expect(p, TOKEN_COLON) ? parse_block(p) : NULL;
    } else if (yes) {
        no = parser_list(p, yes->range, &none);
    }
    p->depth--;
    return parser_node(p, TREE_IF, at, 3, condition, yes, no);
}

/* The loop itself, or the loop with its else branch. */
static struct tree *maybe_else(struct parser *p, struct tree *loop, const char *what) {
    struct source_range at = parser_range(p);
    if (!loop || parser_kind(p) != TOKEN_ELSE) return loop;
    if (!parser_python(p, at, what)) return NULL;
    p->at++;
    return parser_expect(p, TOKEN_COLON) ? parser_node(p, TREE_LOOP_ELSE, at, 2, loop, parse_block(p)) : NULL;
}

static struct tree *parse_while(struct parser *p) {
    struct source_range at = parser_range(p);
    p->at++;
    struct tree *condition = parse_expression(p);
    struct tree *body = condition && parser_expect(p, TOKEN_COLON) ? parse_block(p) : NULL;
    struct tree *loop = body ? parser_node(p, TREE_WHILE, at, 2, condition, body) : NULL;
    return maybe_else(p, loop, "else branches of while loops aren't supported");
}

/* "a, b" up to `end`, each read by `parse`. */
struct tree *parse_separated(struct parser *p, enum token_kind end, struct tree *(*parse)(struct parser *)) {
    struct source_range at = parser_range(p);
    struct tree_list list = {0};
    while (parser_kind(p) != end) {
        if (!tree_list_add(p, &list, parse(p))) return NULL;
        if (!parser_accept(p, TOKEN_COMMA)) break;
    }
    return parser_expect(p, end) ? parser_list(p, at, &list) : NULL;
}

/* `for x in 1, 2` goes over one tuple in Python. */
static struct tree *for_iterables(struct parser *p) {
    if (!p->python) return parse_separated(p, TOKEN_COLON, parse_expression);
    struct tree_list list = {0};
    struct source_range at = parser_range(p);
    if (!tree_list_add(p, &list, parse_expressions(p)) || !parser_expect(p, TOKEN_COLON)) return NULL;
    return parser_list(p, at, &list);
}

static struct tree *parse_for(struct parser *p) {
    struct source_range at = parser_range(p);
    p->at++;
    struct tree *targets = parse_separated(p, TOKEN_IN, parse_target);
    struct tree *iterables = targets ? for_iterables(p) : NULL;
    struct tree *body = iterables ? parse_block(p) : NULL;
    struct tree *loop = body ? parser_node(p, TREE_FOR, at, 3, targets, iterables, body) : NULL;
    return maybe_else(p, loop, "else branches of for loops aren't supported");
}

static struct tree *parse_with_item(struct parser *p) {
    struct source_range at = parser_range(p);
    struct tree *items[2] = {parse_expression(p)};
    if (items[0] && parser_accept(p, TOKEN_AS)) items[1] = parse_target(p);
    if (items[1] && items[1]->kind != TREE_NAME && !p->python)
        return parser_error(p, items[1]->range, "expected a name after 'as'");
    return parser_loose_node(p, TREE_WITH_ITEM, at, 2, items);
}

/* Whether `with (` opens a list of items in parentheses: what follows its end is the colon. */
static bool at_with_parentheses(const struct parser *p) {
    int nesting = 0, at = p->at;
    bool several = false;
    if (!p->python || parser_kind(p) != TOKEN_OPEN) return false;
    for (; p->tokens[at].kind != TOKEN_END; at++) {
        enum token_kind kind = (enum token_kind)p->tokens[at].kind;
        nesting += kind == TOKEN_OPEN || kind == TOKEN_OPEN_SQUARE || kind == TOKEN_OPEN_BRACE;
        nesting -= kind == TOKEN_CLOSE || kind == TOKEN_CLOSE_SQUARE || kind == TOKEN_CLOSE_BRACE;
        several |= nesting == 1 && (kind == TOKEN_AS || kind == TOKEN_COMMA);
        if (!nesting) return several && p->tokens[at + 1].kind == TOKEN_COLON;
    }
    return false;
}

static struct tree *parse_with(struct parser *p) {
    struct source_range at = parser_range(p);
    p->at++;
    bool parentheses = at_with_parentheses(p);
    if (parentheses) p->at++;
    struct tree *items = parse_separated(p, parentheses ? TOKEN_CLOSE : TOKEN_COLON, parse_with_item);
    if (items && parentheses && !parser_expect(p, TOKEN_COLON)) return NULL;
    return parser_node(p, TREE_WITH, at, 2, items, items ? parse_block(p) : NULL);
}

/* `annotated`: a definition's, whose parameters may have types; those of a lambda end at its colon. */
static struct tree *parse_parameter(struct parser *p, bool annotated) {
    enum token_kind star = parser_kind(p);
    if (star == TOKEN_TIMES || star == TOKEN_POWER) p->at++;
    struct source_range at = parser_range(p);
    const struct name *name = parser_name(p);
    struct tree *items[2] = {NULL, NULL};
    if (name && annotated && parser_accept(p, TOKEN_COLON)) items[0] = parse_expression(p);
    if (!p->failed && parser_accept(p, TOKEN_ASSIGN)) items[1] = parse_expression(p);
    struct tree *t = parser_loose_node(p, TREE_PARAMETER, at, 2, items);
    if (!t) return NULL;
    t->name = name;
    t->op = star == TOKEN_TIMES   ? PARAMETER_STAR
            : star == TOKEN_POWER ? PARAMETER_DOUBLE_STAR
                                  : PARAMETER_PLAIN;
    return t;
}

/* `/`: all parameters before it are given by position alone. */
static void mark_positional(struct tree_list *list) {
    for (int i = 0; i < list->count; i++) list->items[i]->op = PARAMETER_POSITIONAL_ONLY;
}

/* "# type: T" behind a parameter and its comma. */
static bool parse_own_type(struct parser *p, struct tree *parameter) {
    if (!parser_accept(p, TOKEN_TYPE_COMMENT)) return true;
    return (parameter->items[0] = parse_expression(p)) != NULL;
}

/* Code that was printed repeats no name. */
static bool check_names(struct parser *p, const struct tree_list *list) {
    struct table seen = {0};
    bool good = true;
    for (int i = 0; i < list->count && good && p->python; i++) {
        const struct tree *t = list->items[i];
        if (t->name && table_has(&seen, t->name))
            good = parser_error(p, t->range, "duplicate argument '%s' in function definition",
                                t->name->text) != NULL;
        else if (t->name && !table_set(&seen, t->name, p))
            good = !(p->out_of_memory = true);
    }
    table_free(&seen);
    return good;
}

struct tree *parse_parameters_until(struct parser *p, enum token_kind end) {
    struct source_range at = parser_range(p);
    struct tree_list list = {0};
    bool keyword_only = false;
    while (parser_kind(p) != end) {
        enum token_kind next = (enum token_kind)p->tokens[p->at + 1].kind;
        if (parser_kind(p) == TOKEN_TIMES && next == TOKEN_COMMA) {
            keyword_only = true;
            p->at++;
        } else if (parser_accept(p, TOKEN_DIVIDE)) {
            mark_positional(&list);
        } else {
            struct tree *t = parse_parameter(p, end == TOKEN_CLOSE);
            if (!tree_list_add(p, &list, t)) return NULL;
            t->keyword_only = keyword_only;
            keyword_only |= t->op == PARAMETER_STAR;
        }
        bool more = parser_accept(p, TOKEN_COMMA);
        if (list.count && !parse_own_type(p, list.items[list.count - 1])) return NULL;
        if (!more) break;
    }
    return check_names(p, &list) ? parser_list(p, at, &list) : NULL;
}

static struct tree *parse_parameters(struct parser *p) {
    struct source_range at = parser_range(p);
    if (!parser_expect(p, TOKEN_OPEN)) return NULL;
    struct tree *list = parse_parameters_until(p, TOKEN_CLOSE);
    if (!list || !parser_expect(p, TOKEN_CLOSE)) return NULL;
    list->range = list->count ? source_range_join(list->range, at) : at;
    return list;
}

/* "# type: (int, Tensor) -> Tensor": types for the parameters from the right on, and a result type. */
static bool parse_type_comment(struct parser *p, struct tree *parameters, struct tree **result) {
    if (!parser_expect(p, TOKEN_OPEN)) return false;
    struct tree *types = parse_separated(p, TOKEN_CLOSE, parse_expression);
    if (!types) return false;
    bool above =
        types->count == 1 && types->items[0]->kind == TREE_ELLIPSIS; /* each stands at its parameter */
    if (above) types->count = 0;
    int skipped = above ? 0 : parameters->count - types->count;
    if (skipped < 0 || skipped > 1) {
        parser_error(p, types->range,
                     "Number of type annotations (%d) did not match the number of function parameters (%d)",
                     types->count, parameters->count);
        return false;
    }
    for (int i = 0; i < types->count; i++) parameters->items[i + skipped]->items[0] = types->items[i];
    if (parser_accept(p, TOKEN_ARROW)) *result = parse_expression(p);
    return !p->failed;
}

/* A type comment where one may stand; without parameters (not a function) it is read over. */
static bool maybe_type_comment(struct parser *p, struct tree *parameters, struct tree **result) {
    if (!parser_accept(p, TOKEN_TYPE_COMMENT)) return true;
    if (!parameters)
        while (parser_kind(p) != TOKEN_NEWLINE && parser_kind(p) != TOKEN_END) p->at++;
    return !parameters || parse_type_comment(p, parameters, result);
}

/* Goes on behind a faulty statement: its line, and the block that hangs on it. */
static void skip_statement(struct parser *p, int start) {
    if (p->at == start) p->at++;
    if (p->tokens[p->at - 1].kind != TOKEN_NEWLINE)
        while (parser_kind(p) != TOKEN_NEWLINE && parser_kind(p) != TOKEN_END) p->at++;
    parser_accept(p, TOKEN_NEWLINE);
    int nesting = 0;
    while (parser_kind(p) != TOKEN_END && (nesting || parser_kind(p) == TOKEN_INDENT)) {
        nesting += parser_kind(p) == TOKEN_INDENT;
        nesting -= parser_kind(p) == TOKEN_DEDENT;
        p->at++;
    }
}

/* Statements up to a token; faulty ones are noted and left out. */
static bool parse_statements_until(struct parser *p, enum token_kind end, struct tree_list *list) {
    while (parser_kind(p) != end && parser_kind(p) != TOKEN_END) {
        int start = p->at, depth = p->depth;
        struct tree *t = parse_statement(p);
        if (p->out_of_memory) return false;
        if (t && !p->failed) {
            if (!tree_list_add(p, list, t)) return false;
            continue;
        }
        parser_error(p, parser_range(p), "invalid syntax"); /* unless there is an error already */
        p->failed = false;
        p->depth = depth;
        skip_statement(p, start);
    }
    return true;
}

/* What follows a colon: a line's statements, or a block. */
static struct tree *parse_suite(struct parser *p, struct tree *parameters, struct tree **result) {
    struct source_range at = parser_range(p);
    struct tree_list list = {0};
    if (!maybe_type_comment(p, parameters, result)) return NULL;
    if (!parser_accept(p, TOKEN_NEWLINE)) {
        do {
            if (!tree_list_add(p, &list, parse_statement(p))) return NULL;
        } while (p->tokens[p->at - 1].kind == TOKEN_SEMICOLON);
        return parser_list(p, at, &list);
    }
    at = parser_range(p);
    if (!parser_expect(p, TOKEN_INDENT) || !maybe_type_comment(p, parameters, result)) return NULL;
    if (p->tokens[p->at - 1].kind != TOKEN_INDENT) parser_accept(p, TOKEN_NEWLINE);
    if (!parse_statements_until(p, TOKEN_DEDENT, &list)) return NULL;
    if (p->tokens[p->at].odd_indent)
        parser_error(p, parser_range(p), "unindent does not match any outer level");
    parser_accept(p, TOKEN_DEDENT);
    return parser_list(p, at, &list);
}

struct tree *parse_block(struct parser *p) {
    return parse_suite(p, NULL, NULL);
}

static struct tree *parse_function(struct parser *p, struct tree *decorators) {
    p->at++;
    struct source_range at = parser_range(p);
    const struct name *name = parser_name(p);
    struct tree *items[4] = {name ? parse_parameters(p) : NULL, NULL, NULL, decorators};
    if (!items[0]) return NULL;
    if (parser_accept(p, TOKEN_ARROW)) items[1] = parse_expression(p);
    if (p->failed || !parser_expect(p, TOKEN_COLON)) return NULL;
    items[2] = parse_suite(p, items[0], &items[1]);
    struct tree *t = items[2] ? parser_loose_node(p, TREE_DEF, at, 4, items) : NULL;
    if (t) t->name = name;
    return t;
}

/* The base classes; keywords are read over. */
static struct tree *parse_bases(struct parser *p) {
    struct source_range at = parser_range(p);
    struct tree_list bases = {0};
    while (parser_kind(p) != TOKEN_CLOSE && !p->failed) {
        bool keyword = parser_kind(p) == TOKEN_IDENTIFIER && p->tokens[p->at + 1].kind == TOKEN_ASSIGN;
        if (keyword) p->at += 2;
        struct tree *base = parse_expression(p);
        if (!base || (!keyword && !tree_list_add(p, &bases, base))) return NULL;
        if (!parser_accept(p, TOKEN_COMMA)) break;
    }
    return parser_expect(p, TOKEN_CLOSE) ? parser_list(p, at, &bases) : NULL;
}

static struct tree *parse_class(struct parser *p, struct tree *decorators) {
    p->at++;
    struct source_range at = parser_range(p);
    const struct name *name = parser_name(p);
    struct tree *items[4] = {NULL, NULL, decorators, NULL};
    if (name && parser_accept(p, TOKEN_OPEN)) items[3] = parse_bases(p);
    if (p->failed || !parser_expect(p, TOKEN_COLON)) return NULL;
    if (items[3] && items[3]->count) items[0] = items[3]->items[0];
    items[1] = parse_block(p);
    struct tree *t = items[1] ? parser_loose_node(p, TREE_CLASS, at, 4, items) : NULL;
    if (t) t->name = name;
    return t;
}

static struct tree *parse_decorated(struct parser *p) {
    struct source_range at = parser_range(p);
    struct tree_list list = {0};
    while (parser_accept(p, TOKEN_AT))
        if (!tree_list_add(p, &list, parse_expression(p)) || !parser_expect(p, TOKEN_NEWLINE)) return NULL;
    struct tree *decorators = parser_list(p, at, &list);
    if (!decorators) return NULL;
    if (parser_kind(p) == TOKEN_CLASS) return parse_class(p, decorators);
    if (parser_kind(p) == TOKEN_DEF) return parse_function(p, decorators);
    return parser_error(p, parser_range(p), "expected a function or class after its decorator");
}

static const struct {
    uint8_t token, op;
} augmented_tokens[] = {
    {TOKEN_PLUS_EQ, OPERATOR_ADD},
    {TOKEN_MINUS_EQ, OPERATOR_SUBTRACT},
    {TOKEN_TIMES_EQ, OPERATOR_MULTIPLY},
    {TOKEN_DIVIDE_EQ, OPERATOR_DIVIDE},
    {TOKEN_REMAINDER_EQ, OPERATOR_REMAINDER},
    {TOKEN_OR_EQ, OPERATOR_BIT_OR},
    {TOKEN_AND_EQ, OPERATOR_BIT_AND},
    {TOKEN_XOR_EQ, OPERATOR_BIT_XOR},
    {TOKEN_SHIFT_LEFT_EQ, OPERATOR_SHIFT_LEFT},
    {TOKEN_SHIFT_RIGHT_EQ, OPERATOR_SHIFT_RIGHT},
    {TOKEN_POWER_EQ, OPERATOR_POWER},
    {TOKEN_FLOOR_DIVIDE_EQ, OPERATOR_FLOOR_DIVIDE},
    {TOKEN_MATRIX_MULTIPLY_EQ, OPERATOR_MATRIX_MULTIPLY},
};

static int augmented_operator(enum token_kind kind) {
    for (size_t i = 0; i < sizeof augmented_tokens / sizeof *augmented_tokens; i++)
        if (augmented_tokens[i].token == kind) return augmented_tokens[i].op;
    return -1;
}

static struct tree *parse_augmented(struct parser *p, struct tree *target, enum tree_operator op) {
    p->at++;
    struct tree *value = parse_expressions(p);
    if (!value || !end_of_statement(p)) return NULL;
    if (target->kind == TREE_TUPLE)
        return parser_error(p, target->range, " augmented assignment can only have one LHS expression");
    if (op == OPERATOR_FLOOR_DIVIDE &&
        !parser_python(p, target->range, "unsupported kind of augmented assignment: FloorDiv"))
        return NULL;
    if (op == OPERATOR_MATRIX_MULTIPLY &&
        !parser_python(p, target->range, "unsupported kind of augmented assignment: MatMult"))
        return NULL;
    struct tree *t = parser_node(p, TREE_AUGMENTED, target->range, 2, target, value);
    if (t) t->op = (uint8_t)op;
    return t;
}

/* a = b = value, a: T = value, a: T */
static struct tree *parse_assignment(struct parser *p, struct tree *first) {
    struct tree_list targets = {0};
    struct tree *type = NULL, *value = NULL;
    if (!tree_list_add(p, &targets, first)) return NULL;
    if (parser_accept(p, TOKEN_COLON) && !(type = parse_expression(p))) return NULL;
    while (parser_accept(p, TOKEN_ASSIGN)) {
        if (value && !tree_list_add(p, &targets, value)) return NULL;
        if (!(value = parse_expressions(p))) return NULL;
    }
    if (!end_of_statement(p)) return NULL;
    if (type && targets.count > 1)
        return parser_error(p, type->range, "Annotated multiple assignment is not supported in python");
    struct tree *items[3] = {parser_list(p, first->range, &targets), value, type};
    return parser_loose_node(p, TREE_ASSIGN, first->range, 3, items);
}

static struct tree *parse_simple(struct parser *p) {
    if (parser_at_match(p)) return parse_match(p);
    if (p->python ? false : parser_is_identifier(p, "from")) return parse_line(p, TREE_IMPORT);
    struct tree *first = parse_expressions(p);
    if (!first) return NULL;
    int op = augmented_operator(parser_kind(p));
    if (op >= 0) return parse_augmented(p, first, (enum tree_operator)op);
    if (parser_kind(p) == TOKEN_COLON || parser_kind(p) == TOKEN_ASSIGN) return parse_assignment(p, first);
    return end_of_statement(p) ? parser_node(p, TREE_EXPRESSION, first->range, 1, first) : NULL;
}

static struct tree *parse_async(struct parser *p) {
    struct source_range at = parser_range(p);
    p->at++;
    struct tree *t = parser_node(p, TREE_UNSUPPORTED, at, 1, parse_statement(p));
    if (t) t->text = "async functions aren't supported";
    return t;
}

/* global a, b */
static struct tree *parse_scope_names(struct parser *p, enum tree_kind kind) {
    struct source_range at = parser_range(p);
    struct tree_list names = {0};
    if (!parser_python(p, at, "global variables aren't supported")) return NULL;
    do {
        p->at++;
        struct source_range range = parser_range(p);
        const struct name *name = parser_name(p);
        if (!name || !tree_list_add(p, &names, tree_name(p->a, range, name))) return NULL;
    } while (parser_kind(p) == TOKEN_COMMA);
    return end_of_statement(p) ? parser_node_of(p, kind, at, &names) : NULL;
}

static struct tree *parse_statement(struct parser *p) {
    switch (parser_kind(p)) {
    case TOKEN_IF: return parse_if(p);
    case TOKEN_WHILE: return parse_while(p);
    case TOKEN_FOR: return parse_for(p);
    case TOKEN_WITH: return parse_with(p);
    case TOKEN_RETURN: return parse_return(p);
    case TOKEN_RAISE: return parse_raise(p);
    case TOKEN_ASSERT: return parse_assert(p);
    case TOKEN_BREAK: return simple_statement(p, TREE_BREAK);
    case TOKEN_CONTINUE: return simple_statement(p, TREE_CONTINUE);
    case TOKEN_PASS: return simple_statement(p, TREE_PASS);
    case TOKEN_DEL: return parse_delete(p);
    case TOKEN_DEF: return parse_function(p, NULL);
    case TOKEN_CLASS: return parse_class(p, NULL);
    case TOKEN_AT: return parse_decorated(p);
    case TOKEN_TRY: return parse_try(p);
    case TOKEN_ASYNC: return parse_async(p);
    case TOKEN_IMPORT:
    case TOKEN_FROM: return parse_line(p, TREE_IMPORT);
    case TOKEN_GLOBAL: return parse_scope_names(p, TREE_GLOBAL);
    case TOKEN_NONLOCAL: return parse_scope_names(p, TREE_NONLOCAL);
    case TOKEN_INDENT: return parser_error(p, parser_range(p), "unexpected indent");
    default: return parse_simple(p);
    }
}

/* What all lines of a source are indented by, as textwrap.dedent() sees it. */
static uint32_t common_indent(const struct source *s) {
    uint32_t common = s->length, length, i;
    for (int32_t line = 0; line < s->line_count && common; line++) {
        const char *text = source_line(s, line, &length);
        for (i = 0; i < length && text[i] == ' ';) i++;
        if (i < length && text[i] != '\r' && i < common) common = i;
    }
    return common;
}

/* Reads the source with `read`; the tree, or NULL with all errors. */
static struct tree *parse_whole(struct arena *a, struct name_pool *names, const struct source *source,
                                int dialect, struct tree *(*read)(struct parser *), lb_error *err) {
    struct tokens tokens;
    struct parser p = {.a = a, .names = names, .source = source, .python = dialect == PARSE_PYTHON};
    if (!lang_lex(a, source, p.python, &tokens, err)) return NULL;
    p.tokens = tokens.list.items;
    if (p.python) p.indent = common_indent(source);
    struct tree *t = read(&p);
    if (!t && !p.error_count && !p.out_of_memory) parser_error(&p, parser_range(&p), "invalid syntax");
    if (p.error_count > ERRORS_SHOWN)
        text_printf(&p.errors, "\n%d more errors are not shown\n", p.error_count - ERRORS_SHOWN);
    if (p.out_of_memory || p.errors.failed || p.own.failed) error_memory(err);
    if (p.error_count) error_set(err, LB_ERROR_COMPILE, "%s%s", text_get(&p.errors), text_get(&p.own));
    bool good = !p.error_count && !p.out_of_memory;
    text_free(&p.errors);
    text_free(&p.own);
    return good ? t : NULL;
}

static struct tree *read_file(struct parser *p) {
    struct source_range at = parser_range(p);
    struct tree_list list = {0};
    return parse_statements_until(p, TOKEN_END, &list) ? parser_list(p, at, &list) : NULL;
}

static struct tree *read_expression(struct parser *p) {
    struct tree *t = parse_expressions(p);
    return t && (parser_kind(p) == TOKEN_END || parser_expect(p, TOKEN_NEWLINE)) ? t : NULL;
}

struct tree *lang_parse(struct arena *a, struct name_pool *names, const struct source *source, int dialect,
                        lb_error *err) {
    return parse_whole(a, names, source, dialect, read_file, err);
}

struct tree *lang_parse_expression(struct arena *a, struct name_pool *names, const struct source *source,
                                   int dialect, lb_error *err) {
    return parse_whole(a, names, source, dialect, read_expression, err);
}
