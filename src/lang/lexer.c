/* The lexer; see lexer.h. Follows the rules of torch/csrc/jit/frontend/lexer.h (no newline counts inside
 * brackets, indentation is compared by column) widened to the tokens of Python. */
#include "lang/lexer.h"
#include "lang/report.h"
#include <string.h>

struct lexer {
    struct arena *a;
    const char *text;
    uint32_t at, length;
    bool python;
    int nesting;        /* open brackets */
    bool in_parameters; /* of a definition */
    ARRAY_OF(uint32_t) indents;
    struct tokens *out;
};

static const struct token_text {
    const char *text;
    uint8_t length, kind;
} token_texts[] = {
#define X(suffix, text) {text, sizeof text - 1, TOKEN_##suffix},
    TOKEN_TEXTS(X)
#undef X
};

const char *token_word(enum token_kind kind) {
    static const char *const words[] = {"eof",   "newline", "indent",         "dedent",
                                        "ident", "number",  "string_literal", "type comment"};
    if ((size_t)kind < sizeof words / sizeof *words) return words[kind];
    return token_texts[kind - TOKEN_TYPE_COMMENT - 1].text;
}

static bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (unsigned char)c >= 0x80;
}
static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}
static char peek(const struct lexer *l, uint32_t ahead) {
    return l->length - l->at > ahead ? l->text[l->at + ahead] : 0;
}

static bool put(struct lexer *l, enum token_kind kind, uint32_t start, uint32_t end) {
    struct token t = {start, end, (uint8_t)kind, false};
    return array_push_in(l->a, &l->out->list, t);
}

static enum token_kind last_kind(const struct lexer *l, int back) {
    int at = l->out->list.count - 1 - back;
    return at >= 0 ? (enum token_kind)l->out->list.items[at].kind : TOKEN_NEWLINE;
}

static void skip_line(struct lexer *l) {
    while (l->at < l->length && l->text[l->at] != '\n') l->at++;
}

/* "# type: (" right after a function's colon, on that line or the next; "# type: T" behind a parameter. */
static bool at_type_comment(const struct lexer *l) {
    static const char mark[] = "# type:", ignore[] = "ignore";
    if (l->length - l->at < sizeof mark || memcmp(l->text + l->at, mark, sizeof mark - 1)) return false;
    uint32_t at = l->at + sizeof mark - 1;
    while (at < l->length && l->text[at] == ' ') at++;
    bool ignored = l->length - at >= sizeof ignore - 1 && !memcmp(l->text + at, ignore, sizeof ignore - 1);
    if (l->in_parameters && l->nesting == 1) return !ignored && at < l->length;
    if (at >= l->length || l->text[at] != '(') return false;
    int back = 0;
    if (last_kind(l, back) == TOKEN_INDENT) back++;
    if (l->out->list.count > back && last_kind(l, back) == TOKEN_NEWLINE) back++;
    return last_kind(l, back) == TOKEN_COLON;
}

/* Blanks, comments and joined lines; stops at a newline that counts. */
static void skip_blanks(struct lexer *l) {
    for (;;) {
        char c = peek(l, 0);
        if (c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\v' || (c == '\n' && l->nesting))
            l->at++;
        else if (c == '\\' && peek(l, 1) == '\n')
            l->at += 2;
        else if (c == '\\' && peek(l, 1) == '\r' && peek(l, 2) == '\n')
            l->at += 3;
        else if (c == '#' && !at_type_comment(l))
            skip_line(l);
        else
            return;
    }
}

/* The column at which the next line with something on it begins; the position moves there. */
static uint32_t measure_indent(struct lexer *l) {
    for (;;) {
        uint32_t column = 0;
        for (; l->at < l->length; l->at++) {
            char c = l->text[l->at];
            if (c == ' ')
                column++;
            else if (c == '\t')
                column = (column / 8 + 1) * 8;
            else if (c != '\r' && c != '\f')
                break;
        }
        if (peek(l, 0) == '#' && !at_type_comment(l)) skip_line(l);
        if (l->at >= l->length) return 0;
        if (l->text[l->at] != '\n') return column;
        l->at++;
    }
}

static bool begin_line(struct lexer *l) {
    uint32_t column = measure_indent(l);
    if (!l->indents.count && !array_push_in(l->a, &l->indents, column)) return false;
    if (column > l->indents.items[l->indents.count - 1])
        return array_push_in(l->a, &l->indents, column) && put(l, TOKEN_INDENT, l->at, l->at);
    while (l->indents.count > 1 && column < l->indents.items[l->indents.count - 1]) {
        l->indents.count--;
        if (!put(l, TOKEN_DEDENT, l->at, l->at)) return false;
        if (column > l->indents.items[l->indents.count - 1])
            l->out->list.items[l->out->list.count - 1].odd_indent = true;
    }
    return true;
}

/* How many bytes of string prefix (r, b, f, u and pairs) stand here before a quote; -1: no string. */
static int string_prefix(const struct lexer *l) {
    for (int n = 0; n <= 2; n++) {
        char c = peek(l, (uint32_t)n);
        if (c == '"' || c == '\'') return n;
        if (!c || !strchr("rRbBfFuU", c)) return -1;
    }
    return -1;
}

static uint32_t quote_length(const struct lexer *l, uint32_t at, char quote) {
    return l->length - at >= 3 && l->text[at + 1] == quote && l->text[at + 2] == quote ? 3 : 1;
}

/* Moves past a string that starts here (after its prefix); false when it does not end. */
static bool skip_string(struct lexer *l) {
    char quote = l->text[l->at];
    uint32_t quotes = quote_length(l, l->at, quote);
    for (l->at += quotes; l->at < l->length; l->at++) {
        char c = l->text[l->at];
        if (c == '\\') {
            l->at++;
        } else if (c == '\n' && quotes == 1) {
            return false;
        } else if (c == quote && (quotes == 1 || quote_length(l, l->at, quote) == 3)) {
            l->at += quotes;
            return true;
        }
    }
    return false;
}

/* Digits (of a radix with letters, or decimal with point and exponent), underscores, a final j. */
static void skip_number(struct lexer *l) {
    if (peek(l, 0) == '0' && peek(l, 1) && strchr("xXbBoO", peek(l, 1))) {
        l->at += 2;
        while (is_digit(peek(l, 0)) || is_letter(peek(l, 0))) l->at++;
        return;
    }
    while (is_digit(peek(l, 0)) || (peek(l, 0) == '_' && is_digit(peek(l, 1)))) l->at++;
    if (peek(l, 0) == '.') l->at++;
    while (is_digit(peek(l, 0)) || (peek(l, 0) == '_' && is_digit(peek(l, 1)))) l->at++;
    char sign = peek(l, 1);
    bool signed_exponent = (sign == '+' || sign == '-') && is_digit(peek(l, 2));
    if ((peek(l, 0) == 'e' || peek(l, 0) == 'E') && (is_digit(sign) || signed_exponent)) {
        l->at += signed_exponent ? 3 : 2;
        while (is_digit(peek(l, 0))) l->at++;
    }
    if (peek(l, 0) == 'j' || peek(l, 0) == 'J') l->at++;
}

static enum token_kind word_kind(const struct lexer *l, uint32_t start) {
    size_t length = l->at - start;
    for (size_t i = 0; i < sizeof token_texts / sizeof *token_texts; i++) {
        const struct token_text *t = &token_texts[i];
        if (t->length != length || !is_letter(t->text[0]) || memcmp(t->text, l->text + start, length))
            continue;
        return t->kind < TOKEN_FROM || l->python ? (enum token_kind)t->kind : TOKEN_IDENTIFIER;
    }
    return TOKEN_IDENTIFIER;
}

static enum token_kind sign_kind(struct lexer *l) {
    for (size_t i = 0; i < sizeof token_texts / sizeof *token_texts; i++) {
        const struct token_text *t = &token_texts[i];
        if (l->length - l->at < t->length || memcmp(t->text, l->text + l->at, t->length)) continue;
        l->at += t->length;
        return (enum token_kind)t->kind;
    }
    return TOKEN_END;
}

static void count_nesting(struct lexer *l, enum token_kind kind) {
    if (!l->nesting)
        l->in_parameters = l->python && kind == TOKEN_OPEN && l->out->list.count > 1 &&
                           last_kind(l, 0) == TOKEN_IDENTIFIER && last_kind(l, 1) == TOKEN_DEF;
    if (kind == TOKEN_OPEN || kind == TOKEN_OPEN_SQUARE || kind == TOKEN_OPEN_BRACE) l->nesting++;
    if ((kind == TOKEN_CLOSE || kind == TOKEN_CLOSE_SQUARE || kind == TOKEN_CLOSE_BRACE) && l->nesting)
        l->nesting--;
}

static bool lex_error(struct lexer *l, const struct source *source, uint32_t at, const char *what,
                      lb_error *err) {
    struct text t = {0};
    struct source_range place = {source, at, at + 1};
    lang_put_excerpt(&t, place);
    lang_put_own(&t, &(struct explanation){.code = ERROR_SYNTAX, .at = place, .what = what});
    error_set(err, LB_ERROR_COMPILE, "\n%s:\n%s", what, text_get(&t));
    text_free(&t);
    l->at = l->length;
    return false;
}

static bool lex_token(struct lexer *l, const struct source *source, lb_error *err) {
    uint32_t start = l->at;
    char c = peek(l, 0);
    enum token_kind kind;
    int prefix = string_prefix(l);
    if (c == '\n') {
        l->at++;
        return (put(l, TOKEN_NEWLINE, start, l->at) && begin_line(l)) || error_memory(err);
    }
    if (prefix >= 0) {
        l->at += (uint32_t)prefix;
        if (!skip_string(l)) return lex_error(l, source, start, "unterminated string literal", err);
        kind = TOKEN_STRING;
    } else if (is_digit(c) || (c == '.' && is_digit(peek(l, 1)))) {
        skip_number(l);
        kind = TOKEN_NUMBER;
    } else if (is_letter(c)) {
        while (is_letter(peek(l, 0)) || is_digit(peek(l, 0))) l->at++;
        kind = word_kind(l, start);
    } else if (at_type_comment(l)) {
        l->at += sizeof "# type:" - 1;
        kind = TOKEN_TYPE_COMMENT;
    } else {
        kind = sign_kind(l);
        if (kind == TOKEN_END) return lex_error(l, source, start, "expected a valid token", err);
        count_nesting(l, kind);
    }
    return put(l, kind, start, l->at) || error_memory(err);
}

static bool finish(struct lexer *l) {
    if (last_kind(l, 0) != TOKEN_NEWLINE && last_kind(l, 0) != TOKEN_DEDENT &&
        !put(l, TOKEN_NEWLINE, l->length, l->length))
        return false;
    for (; l->indents.count > 1; l->indents.count--)
        if (!put(l, TOKEN_DEDENT, l->length, l->length)) return false;
    return put(l, TOKEN_END, l->length, l->length);
}

static bool lex_all(struct lexer *l, const struct source *source, lb_error *err) {
    for (;;) {
        skip_blanks(l);
        if (l->at >= l->length) break;
        if (!lex_token(l, source, err)) return false;
    }
    return finish(l) || error_memory(err);
}

bool lang_lex(struct arena *a, const struct source *source, bool python, struct tokens *out, lb_error *err) {
    struct lexer l = {.a = a, .text = source->text, .length = source->length, .python = python, .out = out};
    *out = (struct tokens){0};
    if (!begin_line(&l)) return error_memory(err);
    return lex_all(&l, source, err);
}

bool lang_lex_part(struct arena *a, struct source_range part, struct tokens *out, lb_error *err) {
    struct lexer l = {.a = a,
                      .text = part.source->text,
                      .at = part.start,
                      .length = part.end,
                      .python = true,
                      .nesting = 1,
                      .out = out};
    *out = (struct tokens){0};
    return lex_all(&l, part.source, err);
}
