/* Methods of str, and of numbers. */
#include "construct/natives.h"
#include <ctype.h>
#include <math.h>
#include <string.h>

static const struct string *bytes_of(const struct thing *t) {
    return t->value.string;
}

/* A text argument; NULL with a TypeError. */
static const struct string *text_argument(struct evaluator *v, const struct call *call, int index) {
    struct thing *t = call_argument(call, index, NULL);
    if (t && thing_is_text(t)) return t->value.string;
    return raise_error(v, call->at, "TypeError", "a str is wanted as argument %d", index + 1);
}

static struct thing *taken(struct evaluator *v, struct text *out) {
    struct thing *made = out->failed ? raise_memory(v) : thing_text(v, text_get(out), out->length);
    text_free(out);
    return made;
}

/* Where `part` is first in `s` from `from` on; -1: nowhere. */
static int64_t find_part(const struct string *s, const struct string *part, int64_t from) {
    for (int64_t i = from; i + part->length <= s->length; i++)
        if (!memcmp(s->bytes + i, part->bytes, (size_t)part->length)) return i;
    return -1;
}

static struct thing *mapped(struct evaluator *v, const struct thing *self, const struct call *call,
                            int (*change)(int)) {
    struct text out = {0};
    if (!call_takes(v, call, "str method", 0, 0, "")) return NULL;
    for (int64_t i = 0; i < bytes_of(self)->length; i++) {
        unsigned char c = (unsigned char)bytes_of(self)->bytes[i];
        text_put_char(&out, (char)(c < 0x80 ? change(c) : c));
    }
    return taken(v, &out);
}
NATIVE(run_lower) {
    return mapped(v, self, call, tolower);
}
NATIVE(run_upper) {
    return mapped(v, self, call, toupper);
}

/* First letters of words large, the others small; `all` words or the first alone. */
static struct thing *titled(struct evaluator *v, const struct thing *self, bool all) {
    struct text out = {0};
    bool start = true;
    for (int64_t i = 0; i < bytes_of(self)->length; i++) {
        unsigned char c = (unsigned char)bytes_of(self)->bytes[i];
        text_put_char(&out, (char)(c >= 0x80 ? c : start ? toupper(c) : tolower(c)));
        start = all && !isalpha(c) && c < 0x80;
    }
    return taken(v, &out);
}
NATIVE(run_title) {
    return call_takes(v, call, "title", 0, 0, "") ? titled(v, self, true) : NULL;
}
NATIVE(run_capitalize) {
    return call_takes(v, call, "capitalize", 0, 0, "") ? titled(v, self, false) : NULL;
}

static struct thing *stripped(struct evaluator *v, const struct thing *self, const struct call *call,
                              bool left, bool right) {
    const char *set = " \t\n\r\v\f";
    if (!call_takes(v, call, "strip", 0, 1, "")) return NULL;
    if (call->count && !thing_is_none(call->args[0])) {
        const struct string *own = text_argument(v, call, 0);
        if (!own) return NULL;
        set = own->bytes;
    }
    int64_t from = 0, to = bytes_of(self)->length;
    const char *b = bytes_of(self)->bytes;
    while (left && from < to && b[from] && strchr(set, b[from])) from++;
    while (right && to > from && b[to - 1] && strchr(set, b[to - 1])) to--;
    return thing_text(v, b + from, (size_t)(to - from));
}
NATIVE(run_strip) {
    return stripped(v, self, call, true, true);
}
NATIVE(run_lstrip) {
    return stripped(v, self, call, true, false);
}
NATIVE(run_rstrip) {
    return stripped(v, self, call, false, true);
}

/* By blanks, as split() without arguments does. */
static struct thing *words(struct evaluator *v, const struct thing *self) {
    struct thing *list = thing_list(v, NULL, 0);
    const char *at = bytes_of(self)->bytes, *end = at + bytes_of(self)->length;
    while (list && at < end) {
        while (at < end && isspace((unsigned char)*at)) at++;
        const char *from = at;
        while (at < end && !isspace((unsigned char)*at)) at++;
        if (at > from && !thing_append(v, list, thing_text(v, from, (size_t)(at - from)))) return NULL;
    }
    return list;
}

NATIVE(run_split) {
    struct thing *separator = call_argument(call, 0, "sep"), *most = call_argument(call, 1, "maxsplit");
    int64_t limit = -1, from = 0;
    if (!call_takes(v, call, "split", 0, 2, "sep maxsplit")) return NULL;
    if (most && !thing_as_int(v, most, call->at, &limit)) return NULL;
    if (!separator || thing_is_none(separator)) return words(v, self);
    if (!thing_is_text(separator) || !bytes_of(separator)->length)
        return raise_error(v, call->at, "ValueError", "empty separator");
    struct thing *list = thing_list(v, NULL, 0);
    const struct string *s = bytes_of(self);
    for (int64_t at; list && limit != 0 && (at = find_part(s, bytes_of(separator), from)) >= 0; limit--) {
        if (!thing_append(v, list, thing_text(v, s->bytes + from, (size_t)(at - from)))) return NULL;
        from = at + bytes_of(separator)->length;
    }
    return list && thing_append(v, list, thing_text(v, s->bytes + from, (size_t)(s->length - from))) ? list
                                                                                                     : NULL;
}

NATIVE(run_splitlines) {
    struct thing *list = call_takes(v, call, "splitlines", 0, 0, "") ? thing_list(v, NULL, 0) : NULL;
    const char *at = bytes_of(self)->bytes, *end = at + bytes_of(self)->length;
    while (list && at < end) {
        const char *line = memchr(at, '\n', (size_t)(end - at));
        if (!line) line = end;
        if (!thing_append(v, list, thing_text(v, at, (size_t)(line - at)))) return NULL;
        at = line + 1;
    }
    return list;
}

NATIVE(run_join) {
    struct thing *items =
        call_takes(v, call, "join", 1, 1, "") ? thing_items(v, call->args[0], call->at) : NULL;
    struct text out = {0};
    for (int i = 0; items && i < items->count; i++) {
        if (!thing_is_text(items->items[i])) {
            text_free(&out);
            return raise_error(v, call->at, "TypeError", "sequence item %d: expected str instance, %s found",
                               i, thing_type_name(items->items[i]));
        }
        if (i) text_put_bytes(&out, bytes_of(self)->bytes, (size_t)bytes_of(self)->length);
        text_put_bytes(&out, bytes_of(items->items[i])->bytes, (size_t)bytes_of(items->items[i])->length);
    }
    return items ? taken(v, &out) : NULL;
}

NATIVE(run_replace) {
    const struct string *s = bytes_of(self), *old = text_argument(v, call, 0);
    const struct string *new = old ? text_argument(v, call, 1) : NULL;
    struct thing *most = call_argument(call, 2, "count");
    int64_t limit = -1, from = 0;
    if (!new || (most && !thing_as_int(v, most, call->at, &limit))) return NULL;
    if (!old->length)
        return raise_refusal(v, call->at, "name the text to replace", "str.replace() of an empty text");
    struct text out = {0};
    for (int64_t at; limit != 0 && (at = find_part(s, old, from)) >= 0; limit--) {
        text_put_bytes(&out, s->bytes + from, (size_t)(at - from));
        text_put_bytes(&out, new->bytes, (size_t) new->length);
        from = at + old->length;
    }
    text_put_bytes(&out, s->bytes + from, (size_t)(s->length - from));
    return taken(v, &out);
}

static bool at_end(const struct string *s, const struct string *part, bool start) {
    const char *from = s->bytes + (start ? 0 : s->length - part->length);
    return part->length <= s->length && !memcmp(from, part->bytes, (size_t)part->length);
}

/* One text, or a tuple of them. */
static struct thing *ends(struct evaluator *v, struct thing *self, const struct call *call, bool start) {
    if (!call_takes(v, call, "startswith", 1, 1, "")) return NULL;
    struct thing *t = call->args[0];
    if (t->kind != THING_TUPLE) {
        const struct string *part = text_argument(v, call, 0);
        return part ? thing_bool(v, at_end(bytes_of(self), part, start)) : NULL;
    }
    bool yes = false;
    for (int i = 0; i < t->count; i++)
        yes |= thing_is_text(t->items[i]) && at_end(bytes_of(self), bytes_of(t->items[i]), start);
    return thing_bool(v, yes);
}
NATIVE(run_startswith) {
    return ends(v, self, call, true);
}
NATIVE(run_endswith) {
    return ends(v, self, call, false);
}

NATIVE(run_removeprefix) {
    const struct string *part = text_argument(v, call, 0), *s = bytes_of(self);
    if (!part) return NULL;
    int64_t from = at_end(s, part, true) ? part->length : 0;
    return thing_text(v, s->bytes + from, (size_t)(s->length - from));
}
NATIVE(run_removesuffix) {
    const struct string *part = text_argument(v, call, 0), *s = bytes_of(self);
    return part ? thing_text(v, s->bytes, (size_t)(s->length - (at_end(s, part, false) ? part->length : 0)))
                : NULL;
}

NATIVE(run_find) {
    const struct string *part = text_argument(v, call, 0);
    return part ? thing_int(v, find_part(bytes_of(self), part, 0)) : NULL;
}

static int64_t find_last(const struct string *s, const struct string *part) {
    for (int64_t i = s->length - part->length; i >= 0; i--)
        if (!memcmp(s->bytes + i, part->bytes, (size_t)part->length)) return i;
    return -1;
}
NATIVE(run_rfind) {
    const struct string *part = text_argument(v, call, 0);
    return part ? thing_int(v, find_last(bytes_of(self), part)) : NULL;
}

NATIVE(run_index) {
    const struct string *part = text_argument(v, call, 0);
    int64_t at = part ? find_part(bytes_of(self), part, 0) : 0;
    if (at < 0) return raise_error(v, call->at, "ValueError", "substring not found");
    return part ? thing_int(v, at) : NULL;
}

NATIVE(run_count) {
    const struct string *part = text_argument(v, call, 0);
    int64_t count = 0, from = 0;
    if (!part) return NULL;
    for (int64_t at; part->length && (at = find_part(bytes_of(self), part, from)) >= 0; count++)
        from = at + part->length;
    return thing_int(v, count);
}

/* (before, separator, after) at the first or last place of the separator. */
static struct thing *parted(struct evaluator *v, struct thing *self, const struct call *call, bool last) {
    const struct string *s = bytes_of(self), *part = text_argument(v, call, 0);
    if (!part) return NULL;
    int64_t at = last ? find_last(s, part) : find_part(s, part, 0), after = at + part->length;
    struct thing *empty = thing_text_of(v, ""), *three[3] = {self, empty, empty};
    if (at < 0 && last) three[0] = empty, three[2] = self;
    if (at >= 0) {
        three[0] = thing_text(v, s->bytes, (size_t)at);
        three[1] = call->args[0];
        three[2] = thing_text(v, s->bytes + after, (size_t)(s->length - after));
    }
    return three[0] && three[1] && three[2] ? thing_tuple(v, three, 3) : NULL;
}
NATIVE(run_partition) {
    return parted(v, self, call, false);
}
NATIVE(run_rpartition) {
    return parted(v, self, call, true);
}

NATIVE(run_rsplit) {
    struct thing *most = call_argument(call, 1, "maxsplit");
    if (most && call->count && thing_is_int(most) && most->value.i == 1 && thing_is_text(call->args[0])) {
        struct thing *three = parted(v, self, call, true);
        if (!three) return NULL;
        bool found = bytes_of(three->items[1])->length > 0;
        return thing_list(v, (struct thing *[]){three->items[found ? 0 : 2], three->items[2]}, found ? 2 : 1);
    }
    if (!most) return run_split(v, self, call);
    return raise_refusal(v, call->at, "use rpartition()", "rsplit() with a limit other than 1");
}

static struct thing *every(struct evaluator *v, const struct thing *self, int (*test)(int)) {
    bool yes = bytes_of(self)->length > 0;
    for (int64_t i = 0; i < bytes_of(self)->length; i++)
        yes &= test((unsigned char)bytes_of(self)->bytes[i]) != 0;
    return thing_bool(v, yes);
}
NATIVE(run_isdigit) {
    return call_takes(v, call, "isdigit", 0, 0, "") ? every(v, self, isdigit) : NULL;
}
NATIVE(run_isalpha) {
    return call_takes(v, call, "isalpha", 0, 0, "") ? every(v, self, isalpha) : NULL;
}
NATIVE(run_isalnum) {
    return call_takes(v, call, "isalnum", 0, 0, "") ? every(v, self, isalnum) : NULL;
}
static int is_word(int c) {
    return isalnum(c) || c == '_' || c >= 0x80;
}
NATIVE(run_isidentifier) {
    bool digit = isdigit((unsigned char)*bytes_of(self)->bytes);
    if (!call_takes(v, call, "isidentifier", 0, 0, "")) return NULL;
    return digit ? v->no : every(v, self, is_word);
}

/* Filled up to a width at one side or both. */
static struct thing *filled(struct evaluator *v, struct thing *self, const struct call *call,
                            const char *align) {
    struct text spec = {0};
    int64_t width;
    if (!call_takes(v, call, "ljust", 1, 2, "") || !thing_as_int(v, call->args[0], call->at, &width))
        return NULL;
    struct thing *with = call_argument(call, 1, NULL);
    text_printf(&spec, "%s%s%lld", with && thing_is_text(with) ? bytes_of(with)->bytes : " ", align,
                (long long)(width < 0 ? 0 : width));
    struct thing *format = taken(v, &spec);
    struct text out = {0};
    bool good = format && text_format_one(v, &out, self, format, call->at);
    if (good) return taken(v, &out);
    text_free(&out);
    return NULL;
}
NATIVE(run_ljust) {
    return filled(v, self, call, "<");
}
NATIVE(run_rjust) {
    return filled(v, self, call, ">");
}
NATIVE(run_center) {
    return filled(v, self, call, "^");
}
NATIVE(run_zfill) {
    int64_t width;
    if (!call_takes(v, call, "zfill", 1, 1, "") || !thing_as_int(v, call->args[0], call->at, &width))
        return NULL;
    const struct string *s = bytes_of(self);
    int64_t sign = s->length && strchr("+-", *s->bytes) ? 1 : 0;
    struct text out = {0};
    text_put_bytes(&out, s->bytes, (size_t)sign);
    if (width > s->length && width < 100000) text_put_repeat(&out, '0', (int)(width - s->length));
    text_put_bytes(&out, s->bytes + sign, (size_t)(s->length - sign));
    return taken(v, &out);
}

const struct native_function text_methods[] = {
    {"lower", run_lower},
    {"upper", run_upper},
    {"title", run_title},
    {"capitalize", run_capitalize},
    {"strip", run_strip},
    {"lstrip", run_lstrip},
    {"rstrip", run_rstrip},
    {"split", run_split},
    {"rsplit", run_rsplit},
    {"splitlines", run_splitlines},
    {"join", run_join},
    {"replace", run_replace},
    {"startswith", run_startswith},
    {"endswith", run_endswith},
    {"removeprefix", run_removeprefix},
    {"removesuffix", run_removesuffix},
    {"find", run_find},
    {"rfind", run_rfind},
    {"index", run_index},
    {"count", run_count},
    {"partition", run_partition},
    {"rpartition", run_rpartition},
    {"isdigit", run_isdigit},
    {"isalpha", run_isalpha},
    {"isalnum", run_isalnum},
    {"isidentifier", run_isidentifier},
    {"ljust", run_ljust},
    {"rjust", run_rjust},
    {"center", run_center},
    {"zfill", run_zfill},
    {"format", text_format_method},
    {NULL, NULL},
};

/* ---- numbers ---- */

NATIVE(run_is_integer) {
    if (!call_takes(v, call, "is_integer", 0, 0, "")) return NULL;
    return thing_bool(v, thing_is_int(self) || self->value.f == floor(self->value.f));
}
NATIVE(run_bit_length) {
    if (!call_takes(v, call, "bit_length", 0, 0, "") || !thing_is_int(self)) return NULL;
    uint64_t n = self->value.i < 0 ? 0 - (uint64_t)self->value.i : (uint64_t)self->value.i;
    return thing_int(v, n ? 64 - __builtin_clzll(n) : 0);
}

const struct native_function number_methods[] = {
    {"is_integer", run_is_integer},
    {"bit_length", run_bit_length},
    {NULL, NULL},
};
