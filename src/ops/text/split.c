/* Strings into parts and parts into strings: split and its kin, partition, join, list.
 *
 * Rules: torch/csrc/jit/runtime/register_prim_ops.cpp. An empty separator that would never be passed is
 * refused. */
#include <string.h>

#include "ops/common/give.h"
#include "ops/text/search.h"
#include "types/type.h"

static bool new_strings(struct op_call *c) {
    return value_new_list(&c->results[0], c->cx->types->simple[TYPE_STRING], 0, c->err);
}

static bool put_part(struct op_call *c, const char *bytes, int64_t length, int64_t at) {
    lb_value part;
    return value_new_string(&part, bytes, length, c->err) &&
           list_insert(c->results[0].list, at, part, c->err);
}

static bool add_part(struct op_call *c, const char *bytes, int64_t length) {
    return put_part(c, bytes, length, c->results[0].list->count);
}

static bool is_among(const char *set, char b) {
    return b && strchr(set, b);
}

/* Runs of white space; the bytes of U+2028 and U+2029 are taken one by one, as PyTorch takes them. */
static bool split_at_space(struct op_call *c) {
    static const char space[] = " \t\n\r\v\f\x1c\x1d\x1e\x85\xe2\x80\xa8\xa9";
    const struct string *s = arg_string(c, 0);
    int64_t begin = 0;
    for (int64_t i = 0; i < s->length; i++) {
        if (!is_among(space, s->bytes[i])) continue;
        if (i > begin && !add_part(c, s->bytes + begin, i - begin)) return false;
        begin = i + 1;
    }
    return begin == s->length || add_part(c, s->bytes + begin, s->length - begin);
}

bool op_split(struct op_call *c);
bool op_split(struct op_call *c) {
    if (!new_strings(c)) return false;
    if (arg_none(c, 1)) return split_at_space(c);
    struct view text = view_of(arg_string(c, 0)), separator = view_of(arg_string(c, 1));
    int64_t most = arg_int(c, 2), begin = 0;
    if (separator.length == 0) return refuse(c, "ValueError: empty separator");
    for (int64_t at, done = 0; (at = view_find(text, separator, begin)) >= 0 && (most < 0 || done < most);
         done++) {
        if (!add_part(c, text.bytes + begin, at - begin)) return false;
        begin = at + separator.length;
    }
    return add_part(c, text.bytes + begin, text.length - begin);
}

/* From the right; unlike split, an empty separator is taken (and found at the end, again and again). */
bool op_rsplit(struct op_call *c);
bool op_rsplit(struct op_call *c) {
    if (!new_strings(c)) return false;
    struct view text = view_of(arg_string(c, 0)), separator = view_of(arg_string(c, 1));
    int64_t most = arg_int(c, 2), end = text.length;
    if (separator.length == 0 && (most < 0 || most > 1 << 20))
        return refuse(c, "ValueError: empty separator");
    for (int64_t at, done = 0; (at = view_find_last(text, separator, end)) >= 0 && (most < 0 || done < most);
         done++) {
        if (!add_part(c, text.bytes + at + separator.length, end - at - separator.length)) return false;
        end = at;
    }
    if (!add_part(c, text.bytes, end)) return false;
    struct list *parts = c->results[0].list;
    for (int64_t i = 0, j = parts->count - 1; i < j; i++, j--) {
        lb_value kept = parts->items[i];
        parts->items[i] = parts->items[j];
        parts->items[j] = kept;
    }
    return true;
}

/* With keepends the line break is a part of its own. */
bool op_splitlines(struct op_call *c);
bool op_splitlines(struct op_call *c) {
    static const char breaks[] = "\n\r\v\f\x1c\x1d\x1e\x85\xe2\x80\xa8\xa9";
    const struct string *s = arg_string(c, 0);
    bool keep = arg_bool(c, 1);
    int64_t begin = 0;
    if (!new_strings(c)) return false;
    for (int64_t i = 0; i < s->length; i++) {
        if (!is_among(breaks, s->bytes[i])) continue;
        if (!add_part(c, s->bytes + begin, i - begin)) return false;
        if (keep && !add_part(c, s->bytes + i, 1)) return false;
        begin = i + 1;
    }
    return begin == s->length || add_part(c, s->bytes + begin, s->length - begin);
}

bool op_list_of_str(struct op_call *c);
bool op_list_of_str(struct op_call *c) {
    const struct string *s = arg_string(c, 0);
    if (!new_strings(c)) return false;
    for (int64_t i = 0; i < s->length; i++)
        if (!add_part(c, s->bytes + i, 1)) return false;
    return true;
}

/* Three results: what is before, the separator, what is after. */
static bool give_parts(struct op_call *c, struct view text, int64_t at, struct view separator) {
    int64_t after = at + separator.length;
    return value_new_string(&c->results[0], text.bytes, at, c->err) &&
           value_new_string(&c->results[1], separator.bytes, separator.length, c->err) &&
           value_new_string(&c->results[2], text.bytes + after, text.length - after, c->err);
}

bool op_partition(struct op_call *c);
bool op_partition(struct op_call *c) {
    struct view text = view_of(arg_string(c, 0)), separator = view_of(arg_string(c, 1)), none = {"", 0};
    int64_t at = view_find(text, separator, 0);
    return at < 0 ? give_parts(c, text, text.length, none) : give_parts(c, text, at, separator);
}

bool op_rpartition(struct op_call *c);
bool op_rpartition(struct op_call *c) {
    struct view text = view_of(arg_string(c, 0)), separator = view_of(arg_string(c, 1)), none = {"", 0};
    int64_t at = view_find_last(text, separator, text.length);
    return at < 0 ? give_parts(c, text, 0, none) : give_parts(c, text, at, separator);
}

bool op_join(struct op_call *c);
bool op_join(struct op_call *c) {
    const struct string *between = arg_string(c, 0);
    const struct list *parts = arg_list(c, 1);
    struct text t = {0};
    for (int64_t i = 0; i < parts->count; i++) {
        if (i) text_put_bytes(&t, between->bytes, (size_t)between->length);
        text_put_bytes(&t, parts->items[i].string->bytes, (size_t)parts->items[i].string->length);
    }
    return give_text(c, &t);
}

bool op_add_str(struct op_call *c);
bool op_add_str(struct op_call *c) {
    const struct string *a = arg_string(c, 0), *b = arg_string(c, 1);
    struct text t = {0};
    text_put_bytes(&t, a->bytes, (size_t)a->length);
    text_put_bytes(&t, b->bytes, (size_t)b->length);
    return give_text(c, &t);
}
