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

/* PyTorch dedents a method's source before it parses it (torch/_sources.py), the lines of its strings, too:
 * where the line at `s` goes on after that. */
static const char *past_indent(const struct parser *p, const char *s, const char *end) {
    for (uint32_t i = 0; i < p->indent && s < end && *s == ' '; i++) s++;
    return s;
}

static bool put_unescaped(struct parser *p, struct text *out, const char *s, const char *end, bool raw,
                          struct source_range range) {
    const char *start = s;
    while (s < end) {
        if (s > start && s[-1] == '\n' && (s = past_indent(p, s, end)) == end) break;
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

/* Parses the expression between the braces of an f-string from tokens of its own. */
static struct tree *parse_replacement(struct parser *p, const char *start, const char *end,
                                      struct source_range range) {
    const char *text = p->source->text;
    struct source_range part = {p->source, (uint32_t)(start - text), (uint32_t)(end - text)};
    struct tokens tokens;
    if (!lang_lex_part(p->a, part, &tokens, NULL))
        return parser_error(p, range, "invalid expression in f-string");
    const struct token *outside = p->tokens;
    int at = p->at, depth = p->depth;
    p->tokens = tokens.list.items;
    p->at = 0;
    struct tree *tree = parser_enter(p) ? parse_expressions(p) : NULL;
    if (tree && parser_kind(p) != TOKEN_NEWLINE)
        tree = parser_error(p, range, "invalid expression in f-string");
    p->tokens = outside;
    p->at = at;
    p->depth = depth;
    return tree;
}

/* ---- f-strings ---- */

/* What an f-string is read into: its parts, and the text since the last replacement field. */
struct format_parts {
    struct tree_list list;
    struct text text;
    struct source_range range; /* of the whole literal */
    const char *special;       /* what TorchScript has to say of a field that is more than an expression */
};

/* The text so far as a part of its own. */
static bool end_text(struct parser *p, struct format_parts *f) {
    if (!f->text.length) return true;
    struct tree *t = string_tree(p, f->range, &f->text);
    f->text = (struct text){0};
    return tree_list_add(p, &f->list, t);
}

/* Where a replacement field's expression ends: at its "}", ":", "!" or "=" on the same level. */
static const char *expression_end(const char *s, const char *end) {
    int nesting = 0;
    char quote = 0;
    for (; s < end; s++) {
        if (quote) {
            quote = *s == quote ? 0 : quote;
            continue;
        }
        if (*s == '"' || *s == '\'') quote = *s;
        if (strchr("([{", *s)) nesting++;
        if (!nesting && (*s == '}' || *s == ':')) return s;
        if (strchr(")]}", *s)) nesting--;
        bool pair = s + 1 < end && s[1] == '=';
        if (!nesting && *s == '!' && !pair) return s;
        bool compared = pair || strchr("=!<>", s[-1]);
        if (!nesting && *s == '=' && !compared) return s;
    }
    return NULL;
}

static bool add_parts(struct parser *p, struct string_token s, struct format_parts *f, const char **stop);

/* What follows the ":" of a field, which may hold fields itself; *s moves to the closing brace. */
static struct tree *parse_format_spec(struct parser *p, struct string_token s, const char **at,
                                      struct source_range range) {
    struct format_parts inner = {.range = range};
    s.start = *at + 1;
    if (!parser_enter(p) || !add_parts(p, s, &inner, at) || !end_text(p, &inner)) {
        text_free(&inner.text);
        return NULL;
    }
    p->depth--;
    return parser_node_of(p, TREE_FORMATTED_STRING, range, &inner.list);
}

/* {EXPRESSION [=] [!c] [:SPEC]}; `at` stands at the brace and moves behind the field. */
static bool add_field(struct parser *p, struct string_token s, struct format_parts *f, const char **at) {
    const char *start = *at + 1, *stop = expression_end(start, s.end);
    struct tree *items[2] = {stop ? parse_replacement(p, start, stop, f->range) : NULL, NULL};
    uint8_t conversion = 0;
    if (!stop) parser_error(p, f->range, "f-string: expecting '}'");
    if (!items[0]) return false;
    if (*stop == '=') { /* {x=} shows its own text */
        const char *rest = stop + 1 + strspn(stop + 1, " ");
        text_put_bytes(&f->text, start, (size_t)(rest - start));
        conversion = *rest == '}' ? 'r' : 0;
        stop = rest;
    }
    if (*stop == '!' && stop + 1 < s.end) conversion = (uint8_t)stop[1], stop += 2;
    if (conversion) f->special = "Don't support conversion in JoinedStr";
    if (*stop == ':') {
        if (!f->special) f->special = "Don't support formatting in JoinedStr";
        if (!(items[1] = parse_format_spec(p, s, &stop, f->range))) return false;
    }
    if (stop >= s.end || *stop != '}') return parser_error(p, f->range, "f-string: expecting '}'") != NULL;
    struct tree *field = parser_loose_node(p, TREE_FORMATTED, items[0]->range, 2, items);
    if (!field || !end_text(p, f)) return false;
    field->op = conversion;
    *at = stop + 1;
    return tree_list_add(p, &f->list, field);
}

/* Text and fields up to the end, or up to a closing brace where `stop` asks for it. */
static bool add_parts(struct parser *p, struct string_token s, struct format_parts *f, const char **stop) {
    while (s.start < s.end) {
        const char *brace = s.start;
        while (brace < s.end && *brace != '{' && *brace != '}') brace++;
        if (!put_unescaped(p, &f->text, s.start, brace, s.raw, f->range)) return false;
        s.start = brace;
        if (brace == s.end) break;
        if (*brace == '}' && stop) break;
        if (brace + 1 < s.end && brace[1] == *brace) {
            text_put_bytes(&f->text, brace, 1);
            s.start = brace + 2;
        } else if (*brace == '}') {
            return parser_error(p, f->range, "f-string: single '}' is not allowed") != NULL;
        } else if (!add_field(p, s, f, &s.start)) {
            return false;
        }
    }
    if (stop) *stop = s.start;
    return true;
}

/* f"a{x}b" is "a{}b".format(x), where every field is an expression alone. */
static struct tree *format_call(struct parser *p, struct format_parts *f) {
    struct text format = {0};
    struct tree_list arguments = {0}, none = {0};
    for (int i = 0; i < f->list.count; i++) {
        const struct tree *part = f->list.items[i];
        if (part->kind == TREE_STRING)
            text_put_bytes(&format, part->text, (size_t)part->length);
        else if (text_put(&format, "{}"), !tree_list_add(p, &arguments, part->items[0]))
            break;
    }
    struct tree *string = string_tree(p, f->range, &format);
    struct tree *callee = parser_node(p, TREE_ATTRIBUTE, f->range, 1, string);
    if (callee) callee->name = name_of(p->names, "format");
    return parser_node(p, TREE_CALL, f->range, 3, callee, parser_list(p, f->range, &arguments),
                       parser_list(p, f->range, &none));
}

static struct tree *format_tree(struct parser *p, struct format_parts *f) {
    if (!end_text(p, f)) return NULL;
    if (!f->special) return format_call(p, f);
    return parser_python(p, f->range, f->special)
               ? parser_node_of(p, TREE_FORMATTED_STRING, f->range, &f->list)
               : NULL;
}

static struct tree *bytes_tree(struct parser *p, struct format_parts *f) {
    if (!parser_python(p, f->range, "bytes literals aren't supported")) return NULL;
    struct tree *t = string_tree(p, f->range, &f->text);
    if (t) t->kind = TREE_BYTES;
    return t;
}

struct tree *parse_string_literals(struct parser *p) {
    struct format_parts f = {.range = parser_range(p)};
    bool format = false, bytes = false, good = true;
    for (; good && parser_kind(p) == TOKEN_STRING; p->at++) {
        struct string_token s = open_string(p, &p->tokens[p->at]);
        bytes |= s.bytes;
        format |= s.format;
        good =
            s.format ? add_parts(p, s, &f, NULL) : put_unescaped(p, &f.text, s.start, s.end, s.raw, f.range);
    }
    struct tree *t = NULL;
    if (good) t = bytes ? bytes_tree(p, &f) : format ? format_tree(p, &f) : string_tree(p, f.range, &f.text);
    if (!t) text_free(&f.text);
    return t;
}
