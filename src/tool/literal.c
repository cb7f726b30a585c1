/* Python literals as values: numbers, strings, True, False, None, [..], (..), {..: ..}.
 * A reader by recursive descent, at most 64 levels deep; anything else is refused with its place. */
#include "inputs.h"
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { DEPTH = 64 };

typedef struct reader {
    const char *text, *at;
    int depth;
    lb_error *err;
} reader;

typedef struct value_list {
    lb_value **items;
    int count;
} value_list;

static lb_value *read_any(reader *r);

static void skip_spaces(reader *r) {
    while (isspace((unsigned char)*r->at)) r->at++;
}

static bool eat(reader *r, char c) {
    skip_spaces(r);
    if (*r->at != c) return false;
    r->at++;
    return true;
}

static bool eat_word(reader *r, const char *word) {
    size_t n = strlen(word);
    if (strncmp(r->at, word, n) != 0 || isalnum((unsigned char)r->at[n])) return false;
    r->at += n;
    return true;
}

static void free_values(value_list *list) {
    for (int i = 0; i < list->count; i++) lb_value_free(list->items[i]);
    free(list->items);
}

static bool add_value(value_list *list, lb_value *take) {
    if (!take) return false;
    list->items = tool_grow(list->items, list->count, sizeof *list->items);
    list->items[list->count++] = take;
    return true;
}

/* Items up to `close`; *comma tells whether one stood behind the last, which makes (1,) a tuple. */
static bool read_items(reader *r, char close, value_list *to, bool *comma) {
    *comma = false;
    while (!eat(r, close)) {
        if (to->count > 0 && !*comma) return false;
        if (!add_value(to, read_any(r))) return false;
        *comma = eat(r, ',');
    }
    return true;
}

static lb_value *read_list(reader *r) {
    value_list list = {0};
    bool comma;
    lb_value *made = read_items(r, ']', &list, &comma) ? lb_list_new(list.items, list.count, r->err) : NULL;
    free_values(&list);
    return made;
}

static lb_value *read_tuple(reader *r) {
    value_list list = {0};
    bool comma;
    lb_value *made = NULL;
    if (read_items(r, ')', &list, &comma)) {
        bool single = list.count == 1 && !comma;
        made = single ? lb_value_copy(list.items[0], r->err) : lb_tuple_new(list.items, list.count, r->err);
    }
    free_values(&list);
    return made;
}

static lb_value *read_dict(reader *r) {
    lb_value *dict = lb_dict_new(r->err);
    bool ok = dict != NULL, comma = true;
    while (ok && !eat(r, '}')) {
        lb_value *key = comma ? read_any(r) : NULL;
        lb_value *value = key && eat(r, ':') ? read_any(r) : NULL;
        ok = value && lb_dict_set(dict, key, value, r->err);
        comma = ok && eat(r, ',');
        lb_value_free(key);
        lb_value_free(value);
    }
    if (ok) return dict;
    lb_value_free(dict);
    return NULL;
}

static lb_value *read_string(reader *r, char quote) {
    static const char from[] = "ntr0\\'\"", into[] = "\n\t\r\0\\'\"";
    char *bytes = tool_alloc(strlen(r->at) + 1);
    size_t length = 0;
    while (*r->at && *r->at != quote) {
        const char *escape = *r->at == '\\' && r->at[1] ? strchr(from, r->at[1]) : NULL;
        bytes[length++] = escape ? into[escape - from] : *r->at;
        r->at += escape ? 2 : 1;
    }
    lb_value *made = *r->at == quote ? lb_string_new(bytes, length, r->err) : NULL;
    if (made) r->at++;
    free(bytes);
    return made;
}

static lb_value *read_number(reader *r) {
    char *int_end, *end;
    errno = 0;
    long long whole = strtoll(r->at, &int_end, 10);
    bool fits = errno == 0;
    double x = strtod(r->at, &end);
    if (end == r->at) return NULL;
    const char *after = end;
    if (*after == 'j') {
        r->at = after + 1;
        return lb_complex_new(0, x, r->err);
    }
    if (*after == '+' || *after == '-') {
        double im = strtod(after, &end);
        if (*end == 'j') {
            r->at = end + 1;
            return lb_complex_new(x, im, r->err);
        }
    }
    r->at = after;
    return int_end == after && fits ? lb_int_new(whole, r->err) : lb_float_new(x, r->err);
}

static lb_value *read_one(reader *r) {
    if (eat_word(r, "True")) return lb_bool_new(true, r->err);
    if (eat_word(r, "False")) return lb_bool_new(false, r->err);
    if (eat_word(r, "None")) return lb_none_new(r->err);
    if (eat(r, '[')) return read_list(r);
    if (eat(r, '(')) return read_tuple(r);
    if (eat(r, '{')) return read_dict(r);
    if (*r->at == '\'' || *r->at == '"') {
        r->at++;
        return read_string(r, r->at[-1]);
    }
    return read_number(r);
}

static lb_value *read_any(reader *r) {
    skip_spaces(r);
    if (r->depth == DEPTH) return NULL;
    r->depth++;
    lb_value *made = read_one(r);
    r->depth--;
    return made;
}

lb_value *literal_read(const char *text, lb_error *err) {
    reader r = {.text = text, .at = text, .err = err};
    lb_value *made = read_any(&r);
    skip_spaces(&r);
    if (made && !*r.at) return made;
    lb_value_free(made);
    return input_refused("neither a file nor a literal: %s (at character %d)", text,
                         (int)(r.at - r.text) + 1);
}
