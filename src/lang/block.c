/* The extent of a definition; see block.h. A logical line ends at a newline outside of brackets, strings and
 * comments; a body is the lines that are indented more than its header. */
#include "lang/block.h"
#include <stdbool.h>
#include <string.h>

struct scan {
    const char *at, *end;
};

static char peek(const struct scan *s, size_t ahead) {
    return (size_t)(s->end - s->at) > ahead ? s->at[ahead] : 0;
}

static void skip_to_newline(struct scan *s) {
    const char *newline = memchr(s->at, '\n', (size_t)(s->end - s->at));
    s->at = newline ? newline : s->end;
}

/* Past a string whose quotes stand here; to the end of the line where it does not end. */
static void skip_string(struct scan *s) {
    char quote = *s->at;
    bool triple = peek(s, 1) == quote && peek(s, 2) == quote;
    for (s->at += triple ? 3 : 1; s->at < s->end; s->at++) {
        if (*s->at == '\\') {
            if (++s->at == s->end) return;
        } else if (!triple && *s->at == '\n') {
            return;
        } else if (*s->at == quote && (!triple || (peek(s, 1) == quote && peek(s, 2) == quote))) {
            s->at += triple ? 3 : 1;
            return;
        }
    }
}

/* To the newline that ends the logical line. */
static void skip_logical_line(struct scan *s) {
    for (int depth = 0; s->at < s->end;) {
        char c = *s->at;
        if (c == '"' || c == '\'') {
            skip_string(s);
            continue;
        }
        if (c == '#') {
            skip_to_newline(s);
            continue;
        }
        if (c == '\n' && !depth) return;
        if (c == '\\' && s->at + 1 < s->end) s->at++;
        if (c == '(' || c == '[' || c == '{') depth++;
        if ((c == ')' || c == ']' || c == '}') && depth) depth--;
        s->at++;
    }
}

/* The column of the first sign of the line, to which the scan moves. */
static size_t indentation(struct scan *s) {
    size_t column = 0;
    for (; s->at < s->end; s->at++) {
        if (*s->at == ' ')
            column++;
        else if (*s->at == '\t')
            column = (column / 8 + 1) * 8;
        else if (*s->at != '\f' && *s->at != '\r')
            break;
    }
    return column;
}

size_t block_length(const char *text, size_t length) {
    struct scan s = {text, text + length};
    const char *last = text;
    bool header = false, body = false;
    for (size_t base = 0, inside = 0; s.at < s.end;) {
        size_t column = indentation(&s);
        char c = peek(&s, 0);
        if (c == '#') {
            skip_to_newline(&s);
            if (body && column >= inside) last = s.at;
        } else if (c && c != '\n') {
            if (header && column <= base) break;
            if (header && !body) inside = column;
            body = header;
            if (!header) base = column;
            header |= c != '@';
            skip_logical_line(&s);
            last = s.at;
        }
        if (s.at < s.end) s.at++;
    }
    return (size_t)(last - text) + (last < text + length);
}
