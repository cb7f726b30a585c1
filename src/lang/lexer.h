/* Tokens: a source becomes one array of them, with INDENT, DEDENT and NEWLINE made from the layout of its
 * lines as Python does. Comments vanish, but for type comments of functions. */
#ifndef LINKBOY_LANG_LEXER_H
#define LINKBOY_LANG_LEXER_H
#include "base/array.h"
#include "base/error.h"
#include "base/source.h"

/* X(suffix, text); those with a letter first are keywords. Longer signs come before their beginnings. */
/* clang-format off */
#define TOKEN_TEXTS(X)                                                                                      \
    X(POWER_EQ, "**=") X(SHIFT_LEFT_EQ, "<<=") X(SHIFT_RIGHT_EQ, ">>=") X(FLOOR_DIVIDE_EQ, "//=")           \
    X(ELLIPSIS, "...")                                                                                      \
    X(PLUS_EQ, "+=") X(MINUS_EQ, "-=") X(TIMES_EQ, "*=") X(DIVIDE_EQ, "/=") X(REMAINDER_EQ, "%=")           \
    X(OR_EQ, "|=") X(AND_EQ, "&=") X(XOR_EQ, "^=") X(MATRIX_MULTIPLY_EQ, "@=")                              \
    X(WALRUS, ":=") X(ARROW, "->") X(NOT_EQUAL, "!=") X(EQUAL, "==") X(LESS_EQUAL, "<=")                    \
    X(GREATER_EQUAL, ">=")                                                                                  \
    X(FLOOR_DIVIDE, "//") X(POWER, "**") X(SHIFT_LEFT, "<<") X(SHIFT_RIGHT, ">>")                           \
    X(PLUS, "+") X(MINUS, "-") X(TIMES, "*") X(DIVIDE, "/") X(REMAINDER, "%") X(AT, "@")                    \
    X(LESS, "<") X(GREATER, ">") X(BIT_OR, "|") X(BIT_AND, "&") X(BIT_XOR, "^") X(TILDE, "~")               \
    X(OPEN, "(") X(CLOSE, ")") X(OPEN_SQUARE, "[") X(CLOSE_SQUARE, "]") X(OPEN_BRACE, "{")                  \
    X(CLOSE_BRACE, "}")                                                                                     \
    X(COMMA, ",") X(COLON, ":") X(DOT, ".") X(ASSIGN, "=") X(SEMICOLON, ";")                                \
    X(DEF, "def") X(CLASS, "class") X(IF, "if") X(ELIF, "elif") X(ELSE, "else") X(WHILE, "while")           \
    X(FOR, "for") X(IN, "in") X(NOT, "not") X(AND, "and") X(OR, "or") X(IS, "is") X(RETURN, "return")       \
    X(RAISE, "raise") X(ASSERT, "assert") X(BREAK, "break") X(CONTINUE, "continue") X(PASS, "pass")         \
    X(DEL, "del") X(WITH, "with") X(AS, "as") X(IMPORT, "import") X(GLOBAL, "global")                       \
    X(TRUE, "True") X(FALSE, "False") X(NONE, "None")                                                       \
    X(FROM, "from") X(LAMBDA, "lambda") X(YIELD, "yield") X(TRY, "try") X(EXCEPT, "except")                 \
    X(FINALLY, "finally") X(NONLOCAL, "nonlocal") X(ASYNC, "async") X(AWAIT, "await")
/* clang-format on */

enum token_kind {
    TOKEN_END,
    TOKEN_NEWLINE,
    TOKEN_INDENT,
    TOKEN_DEDENT,
    TOKEN_IDENTIFIER,
    TOKEN_NUMBER,
    TOKEN_STRING,
    TOKEN_TYPE_COMMENT, /* "# type:" of a function's first line; what follows are ordinary tokens */
#define X(suffix, text) TOKEN_##suffix,
    TOKEN_TEXTS(X)
#undef X
        TOKEN_KIND_COUNT
};

struct token {
    uint32_t start, end; /* bytes of the source */
    uint8_t kind;
    bool odd_indent; /* DEDENT to a column that no open block has */
};

struct tokens {
    ARRAY_OF(struct token) list; /* ends with TOKEN_END; in the arena */
};

/* `python`: keywords that the printed dialect uses as names ("from", "try", ...) are keywords.
 * False with an error for memory, or a character that begins no token. */
bool lang_lex(struct arena *a, const struct source *source, bool python, struct tokens *out, lb_error *err);
/* The tokens of a stretch of a source, as inside brackets: the expression in an f-string. */
bool lang_lex_part(struct arena *a, struct source_range part, struct tokens *out, lb_error *err);
/* What a token is called in messages. */
const char *token_word(enum token_kind kind);
#endif
