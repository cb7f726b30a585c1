/* Numbers and strings: from their spelling to their value; adjacent strings become one, f-strings become
 * format calls (as torch/jit/frontend.py does). Escapes are Python's; those that the code printer writes are
 * a part of them. */
#include "base/mem.h"
#include "lang/parse.h"
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The token's text without underscores, in a small buffer; false when it is too long. */
static bool spelled(const struct parser *p, const struct token *t, char *buffer, size_t size) {
    size_t length = 0;
    for (uint32_t i = t->start; i < t->end; i++) {
        char c = p->source->text[i];
        if (c == '_') continue;
        if (length + 1 >= size) return false;
        buffer[length++] = c;
    }
    buffer[length] = 0;
    return length > 0;
}

/* The double of a decimal text, whatever the process' locale says of points. */
static bool read_double(const char *text, double *value) {
    char *end;
    *value = strtod(text, &end);
    if (!*end) return true;
    char copy[512];
    size_t length = strlen(text);
    char *point = length < sizeof copy ? memcpy(copy, text, length + 1) : NULL;
    if (point) point = strchr(copy, '.');
    if (!point) return false;
    *point = ',';
    *value = strtod(copy, &end);
    return !*end;
}

static bool read_integer(const char *text, int64_t *value) {
    int radix = 10;
    if (text[0] == '0' && text[1]) {
        char c = (char)(text[1] | 0x20);
        radix = c == 'x' ? 16 : c == 'b' ? 2 : c == 'o' ? 8 : 10;
        if (radix != 10) text += 2;
    }
    char *end;
    errno = 0;
    *value = strtoll(text, &end, radix);
    return !errno && !*end && end != text;
}

struct tree *parse_number(struct parser *p) {
    const struct token *t = &p->tokens[p->at];
    struct source_range range = parser_range(p);
    char text[500];
    if (!spelled(p, t, text, sizeof text)) return parser_error(p, range, "number is too long");
    p->at++;
    size_t length = strlen(text);
    bool radix = text[0] == '0' && text[1] && strchr("xXbBoO", text[1]);
    bool imaginary = !radix && (text[length - 1] == 'j' || text[length - 1] == 'J');
    if (imaginary) text[length - 1] = 0;
    bool real = imaginary || (!radix && strpbrk(text, ".eE"));
    struct tree *tree = parser_node(p, imaginary ? TREE_COMPLEX : real ? TREE_FLOAT : TREE_INT, range, 0);
    if (!tree) return NULL;
    if (real ? read_double(text, &tree->number) : read_integer(text, &tree->integer)) return tree;
    static const char too_large[] = "Integral constant out of range (must fit in a signed 64 bit integer)";
    if (!p->python || real) return parser_error(p, range, "%s", real ? "ill formed number" : too_large);
    tree->kind = TREE_UNSUPPORTED; /* Python has larger integers */
    tree->text = too_large;
    return tree;
}

static int digit_of(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f') return (c | 0x20) - 'a' + 10;
    return 99;
}

/* Up to `count` digits of a radix; how many there were. */
static int read_digits(const char *s, const char *end, int count, int radix, uint32_t *value) {
    int n = 0;
    *value = 0;
    for (; n < count && s + n < end && digit_of(s[n]) < radix; n++)
        *value = *value * (uint32_t)radix + (uint32_t)digit_of(s[n]);
    return n;
}

static void put_code_point(struct text *out, uint32_t c) {
    if (c < 0x80) {
        text_put_char(out, (char)c);
    } else if (c < 0x800) {
        text_put_char(out, (char)(0xc0 | c >> 6));
        text_put_char(out, (char)(0x80 | (c & 0x3f)));
    } else {
        if (c < 0x10000) {
            text_put_char(out, (char)(0xe0 | c >> 12));
        } else {
            text_put_char(out, (char)(0xf0 | c >> 18));
            text_put_char(out, (char)(0x80 | (c >> 12 & 0x3f)));
        }
        text_put_char(out, (char)(0x80 | (c >> 6 & 0x3f)));
        text_put_char(out, (char)(0x80 | (c & 0x3f)));
    }
}

/* One escape; `s` stands after the backslash. NULL when it is none that exists. */
static const char *put_escape(struct text *out, const char *s, const char *end, bool python) {
    static const char letters[] = "abfnrtv\\'\"", values[] = "\a\b\f\n\r\t\v\\'\"";
    const char *found = s < end && *s ? strchr(letters, *s) : NULL;
    uint32_t code;
    if (found) {
        text_put_char(out, values[found - letters]);
        return s + 1;
    }
    if (s < end && *s == '\n') return s + 1;
    int octal = read_digits(s, end, 3, 8, &code);
    if (octal == 3 || (octal && python)) {
        if (python)
            put_code_point(out, code);
        else
            text_put_char(out, (char)code); /* the printer writes bytes */
        return s + octal;
    }
    int width = s >= end ? 0 : *s == 'x' ? 2 : *s == 'u' ? 4 : *s == 'U' ? 8 : 0;
    if (width && read_digits(s + 1, end, width, 16, &code) == width && code <= 0x10ffff) {
        put_code_point(out, code);
        return s + 1 + width;
    }
    return NULL;
}

static bool put_unescaped(struct parser *p, struct text *out, const char *s, const char *end, bool raw,
                          struct source_range range) {
    while (s < end) {
        if (*s != '\\' || raw) {
            text_put_char(out, *s++);
            continue;
        }
        const char *next = put_escape(out, s + 1, end, p->python);
        if (!next && p->python) { /* Python keeps the backslash */
            text_put_char(out, *s++);
            continue;
        }
        if (!next) {
            parser_error(p, range, " ill formed octal specifier");
            return false;
        }
        s = next;
    }
    return true;
}

struct string_token {
    const char *start, *end; /* between the quotes */
    bool raw, format, bytes;
};

static struct string_token open_string(const struct parser *p, const struct token *t) {
    struct string_token s = {0};
    const char *at = p->source->text + t->start;
    for (; *at != '"' && *at != '\''; at++) {
        s.raw |= (*at | 0x20) == 'r';
        s.format |= (*at | 0x20) == 'f';
        s.bytes |= (*at | 0x20) == 'b';
    }
    int quotes = t->end - (uint32_t)(at - p->source->text) >= 6 && at[1] == *at && at[2] == *at ? 3 : 1;
    s.start = at + quotes;
    s.end = p->source->text + t->end - quotes;
    return s;
}

/* The range that torch/jit/frontend.py gives a string: as long as its text and one quote. */
static struct source_range python_range(const struct parser *p, struct source_range range,
                                        const struct text *text) {
    uint32_t length = 1;
    for (size_t i = 0; i < text->length; i++) length += ((unsigned char)text->data[i] & 0xc0) != 0x80;
    if (length <= p->source->length - range.start) range.end = range.start + length;
    return range;
}

/* A string tree that takes over what `text` holds. */
static struct tree *string_tree(struct parser *p, struct source_range range, struct text *text) {
    if (p->python && !text->failed) range = python_range(p, range, text);
    char *copy = text->failed ? NULL : arena_text(p->a, text_get(text), text->length);
    int64_t length = (int64_t)text->length;
    text_free(text);
    struct tree *t = copy ? tree_string(p->a, range, copy, length) : NULL;
    if (!t) p->out_of_memory = true;
    return t;
}

/* Parses the expression between the braces of an f-string with a parser of its own. */
static struct tree *parse_replacement(struct parser *p, const char *start, const char *end,
                                      struct source_range range) {
    const char *text = p->source->text;
    struct source_range part = {p->source, (uint32_t)(start - text), (uint32_t)(end - text)};
    struct tokens tokens;
    if (!lang_lex_part(p->a, part, &tokens, NULL))
        return parser_error(p, range, "invalid expression in f-string");
    struct parser inner = *p;
    inner.tokens = tokens.list.items;
    inner.at = 0;
    struct tree *tree = parser_enter(&inner) ? parse_expressions(&inner) : NULL;
    if (tree && parser_kind(&inner) != TOKEN_NEWLINE)
        tree = parser_error(&inner, range, "invalid expression in f-string");
    p->failed = inner.failed;
    p->errors = inner.errors;
    p->error_count = inner.error_count;
    p->out_of_memory |= inner.out_of_memory;
    return tree;
}

/* The end of a replacement field's expression: its "}" on the same level; NULL when formatting is asked for.
 */
static const char *replacement_end(const char *s, const char *end) {
    int nesting = 0;
    for (; s < end; s++) {
        if (strchr("([{", *s)) nesting++;
        if (*s == '}' && !nesting) return s;
        if (strchr(")]}", *s)) nesting--;
        if (!nesting && *s == '=' && s + 1 < end && s[1] == '}') return NULL;
        if (!nesting && (*s == ':' || (*s == '!' && s + 1 < end && s[1] != '='))) return NULL;
    }
    return NULL;
}

/* f"a{x}b" adds "a{}b" to the format and x to the arguments. */
static bool add_format(struct parser *p, struct string_token s, struct text *format,
                       struct tree_list *arguments, struct source_range range, const char **unsupported) {
    while (s.start < s.end) {
        const char *brace = s.start;
        while (brace < s.end && *brace != '{' && *brace != '}') brace++;
        if (!put_unescaped(p, format, s.start, brace, s.raw, range)) return false;
        if (brace == s.end) return true;
        if (brace + 1 < s.end && brace[1] == *brace) {
            text_put_bytes(format, brace, 1);
            s.start = brace + 2;
            continue;
        }
        const char *close = *brace == '{' ? replacement_end(brace + 1, s.end) : NULL;
        if (!close) {
            *unsupported = "Don't support formatting in JoinedStr";
            return true;
        }
        text_put(format, "{}");
        if (!tree_list_add(p, arguments, parse_replacement(p, brace + 1, close, range))) return false;
        s.start = close + 1;
    }
    return true;
}

static struct tree *format_call(struct parser *p, struct source_range range, struct tree *format,
                                struct tree_list *arguments) {
    struct tree *callee = parser_node(p, TREE_ATTRIBUTE, range, 1, format);
    if (callee) callee->name = name_of(p->names, "format");
    struct tree_list none = {0};
    return parser_node(p, TREE_CALL, range, 3, callee, parser_list(p, range, arguments),
                       parser_list(p, range, &none));
}

struct tree *parse_string_literals(struct parser *p) {
    struct source_range range = parser_range(p);
    struct text text = {0};
    struct tree_list arguments = {0};
    bool format = false, good = true;
    const char *unsupported = NULL;
    for (; good && parser_kind(p) == TOKEN_STRING; p->at++) {
        struct string_token s = open_string(p, &p->tokens[p->at]);
        if (s.bytes) unsupported = "bytes literals aren't supported";
        format |= s.format;
        if (unsupported) continue;
        good = s.format ? add_format(p, s, &text, &arguments, range, &unsupported)
                        : put_unescaped(p, &text, s.start, s.end, s.raw, range);
    }
    if (!good) {
        text_free(&text);
        return NULL;
    }
    struct tree *string = string_tree(p, range, &text);
    if (unsupported && string) {
        string = parser_node(p, TREE_UNSUPPORTED, range, 1, string);
        if (string) string->text = unsupported;
        return string;
    }
    return format && string ? format_call(p, range, string, &arguments) : string;
}
