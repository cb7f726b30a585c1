/* A small JSON reader by recursive descent. It reads what the library wrote: nesting beyond 64 is refused. */
#include "json.h"
#include <stdlib.h>
#include <string.h>

enum { DEPTH = 64 };

static const char *spaces(const char *at) {
    return at + strspn(at, " \t\r\n");
}

static int put_utf8(char *to, unsigned code) {
    if (code < 0x80) {
        to[0] = (char)code;
        return 1;
    }
    int tail = code < 0x800 ? 1 : 2;
    to[0] = (char)((tail == 1 ? 0xC0 : 0xE0) | (code >> (6 * tail)));
    for (int i = 1; i <= tail; i++) to[i] = (char)(0x80 | ((code >> (6 * (tail - i))) & 0x3F));
    return tail + 1;
}

static const char *read_escape(const char *at, char **to) {
    static const char from[] = "\"\\/bfnrt", into[] = "\"\\/\b\f\n\r\t";
    const char *known = *at ? strchr(from, *at) : NULL;
    if (known) {
        *(*to)++ = into[known - from];
        return at + 1;
    }
    if (*at != 'u' || strspn(at + 1, "0123456789abcdefABCDEF") < 4) return NULL;
    char digits[5] = {at[1], at[2], at[3], at[4], 0};
    *to += put_utf8(*to, (unsigned)strtoul(digits, NULL, 16));
    return at + 5;
}

static const char *read_string(const char *at, char **text) {
    const char *end = at;
    while (*end && *end != '"') end += end[0] == '\\' && end[1] ? 2 : 1;
    char *to = *text = tool_alloc((size_t)(end - at) + 1);
    while (at && at < end) {
        if (*at == '\\')
            at = read_escape(at + 1, &to);
        else
            *to++ = *at++;
    }
    return at && *at == '"' ? at + 1 : NULL;
}

static const char *read_value(const char *at, json *to, int depth);

static const char *read_pair(const char *at, json *to, char **key, json *item, int depth) {
    if (to->kind == JSON_OBJECT) {
        if (*at != '"' || !(at = read_string(at + 1, key))) return NULL;
        at = spaces(at);
        if (*at != ':') return NULL;
        at = spaces(at + 1);
    }
    return read_value(at, item, depth + 1);
}

static const char *read_items(const char *at, json *to, int depth) {
    char close = to->kind == JSON_OBJECT ? '}' : ']';
    at = spaces(at);
    while (*at != close) {
        char *key = NULL;
        json item = {0};
        at = read_pair(at, to, &key, &item, depth);
        to->items = tool_grow(to->items, to->count, sizeof *to->items);
        to->keys = tool_grow(to->keys, to->count, sizeof *to->keys);
        to->items[to->count] = item;
        to->keys[to->count++] = key;
        if (!at) return NULL;
        at = spaces(at);
        if (*at == ',')
            at = spaces(at + 1);
        else if (*at != close)
            return NULL;
    }
    return at + 1;
}

static const char *read_word(const char *at, json *to) {
    static const struct {
        const char *word;
        json_kind kind;
    } known[] = {{"null", JSON_NULL}, {"false", JSON_FALSE}, {"true", JSON_TRUE}};
    for (int i = 0; i < 3; i++)
        if (strncmp(at, known[i].word, strlen(known[i].word)) == 0) {
            to->kind = known[i].kind;
            return at + strlen(known[i].word);
        }
    size_t length = strspn(at, "+-.0123456789eE");
    if (length == 0) return NULL;
    to->kind = JSON_NUMBER;
    to->text = tool_format("%.*s", (int)length, at);
    return at + length;
}

static const char *read_value(const char *at, json *to, int depth) {
    if (depth > DEPTH) return NULL;
    switch (*at) {
    case '"': to->kind = JSON_STRING; return read_string(at + 1, &to->text);
    case '[': to->kind = JSON_ARRAY; return read_items(at + 1, to, depth);
    case '{': to->kind = JSON_OBJECT; return read_items(at + 1, to, depth);
    default: return read_word(at, to);
    }
}

bool json_read(const char *text, json *to) {
    *to = (json){0};
    const char *end = read_value(spaces(text), to, 0);
    return end && !*spaces(end);
}

void json_free(json *value) {
    for (int i = 0; i < value->count; i++) {
        json_free(&value->items[i]);
        free(value->keys[i]);
    }
    free(value->items);
    free(value->keys);
    free(value->text);
}

const json *json_get(const json *object, const char *key) {
    for (int i = 0; object && i < object->count; i++)
        if (object->keys[i] && strcmp(object->keys[i], key) == 0) return &object->items[i];
    return NULL;
}

const char *json_text_of(const json *value) {
    return value && value->text ? value->text : "";
}
