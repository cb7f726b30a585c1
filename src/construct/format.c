/* Values as text by a format: f-strings, str.format(), format(), "%d" % x. */
#include "construct/natives.h"
#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { WIDEST = 10000 };

/* [[fill]align][sign][#][0][width][,][.precision][type] */
struct spec {
    char fill[5];
    char align, sign, separator, type;
    bool alternate, zero;
    int width, precision; /* precision -1: none */
};

static int character_length(const char *s) {
    unsigned char c = (unsigned char)*s;
    return c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
}

static int read_count(const char **at) {
    int n = 0;
    while (isdigit((unsigned char)**at) && n <= WIDEST) n = n * 10 + *(*at)++ - '0';
    return n > WIDEST ? WIDEST : n;
}

static bool read_spec(const char *at, struct spec *s) {
    *s = (struct spec){.fill = " ", .precision = -1};
    int first = *at ? character_length(at) : 0;
    if (*at && strlen(at) > (size_t)first && strchr("<>^=", at[first])) {
        memcpy(s->fill, at, (size_t)first);
        s->fill[first] = 0;
        s->align = at[first];
        at += first + 1;
    } else if (*at && strchr("<>^=", *at)) {
        s->align = *at++;
    }
    if (*at && strchr("+- ", *at)) s->sign = *at++;
    if (*at == '#') s->alternate = at++ != NULL;
    if (*at == '0') s->zero = at++ != NULL;
    s->width = read_count(&at);
    if (*at && strchr(",_", *at)) s->separator = *at++;
    if (*at == '.') {
        at++;
        s->precision = read_count(&at);
    }
    if (*at) s->type = *at++;
    if (s->zero && !s->align) {
        s->align = '=';
        strcpy(s->fill, "0");
    }
    return !*at;
}

static int count_characters(const char *s, size_t length) {
    int count = 0;
    for (size_t i = 0; i < length; i++) count += ((unsigned char)s[i] & 0xc0) != 0x80;
    return count;
}

static void pad(struct text *out, const struct spec *s, int count) {
    for (int i = 0; i < count; i++) text_put(out, s->fill);
}

/* `prefix` is what "=" leaves before the filling: a sign. */
static void put_padded(struct text *out, const struct spec *s, const char *prefix, const char *body,
                       size_t length, char align) {
    int missing = s->width - count_characters(body, length) - (int)strlen(prefix);
    int before = align == '>' ? missing : align == '^' ? missing / 2 : 0;
    if (align != '=') pad(out, s, before);
    text_put(out, prefix);
    if (align == '=') pad(out, s, missing);
    text_put_bytes(out, body, length);
    if (align != '=' && missing > before) pad(out, s, missing - (before > 0 ? before : 0));
}

/* ---- numbers ---- */

/* Thousands, within the digits before the point. */
static void put_separated(struct text *out, const char *digits, char separator) {
    size_t whole = strspn(digits, "0123456789abcdefABCDEF");
    int group = separator == '_' ? 3 : 3;
    for (size_t i = 0; i < whole; i++) {
        if (i && separator && (whole - i) % (size_t)group == 0) text_put_char(out, separator);
        text_put_char(out, digits[i]);
    }
    text_put(out, digits + whole);
}

static const char *sign_of(const struct spec *s, bool negative) {
    return negative ? "-" : s->sign == '+' ? "+" : s->sign == ' ' ? " " : "";
}

static void put_binary(struct text *out, uint64_t n) {
    int bit = 63;
    while (bit > 0 && !(n >> bit & 1)) bit--;
    for (; bit >= 0; bit--) text_put_char(out, n >> bit & 1 ? '1' : '0');
}

static void put_whole(struct text *out, const struct spec *s, int64_t i) {
    uint64_t n = i < 0 ? 0 - (uint64_t)i : (uint64_t)i;
    struct text digits = {0}, body = {0};
    const char *base = s->type == 'x' ? "0x" : s->type == 'X' ? "0X" : s->type == 'o' ? "0o" : "0b";
    bool other = s->type && strchr("xXob", s->type);
    if (s->type == 'b')
        put_binary(&digits, n);
    else
        text_printf(&digits,
                    s->type == 'x'   ? "%llx"
                    : s->type == 'X' ? "%llX"
                    : s->type == 'o' ? "%llo"
                                     : "%llu",
                    (unsigned long long)n);
    put_separated(&body, text_get(&digits), s->separator);
    char prefix[8];
    strcpy(prefix, sign_of(s, i < 0));
    if (other && s->alternate) strcat(prefix, base);
    put_padded(out, s, prefix, text_get(&body), body.length, s->align ? s->align : '>');
    text_free(&digits);
    text_free(&body);
}

/* The format of printf for a type letter; the text of the number has no sign. */
static void put_digits(struct text *out, const struct spec *s, double f) {
    int precision = s->precision < 0 ? 6 : s->precision;
    switch (s->type) {
    case 'e': text_printf(out, "%.*e", precision, f); break;
    case 'E': text_printf(out, "%.*E", precision, f); break;
    case 'g': text_printf(out, "%.*g", precision, f); break;
    case 'G': text_printf(out, "%.*G", precision, f); break;
    case '%': text_printf(out, "%.*f%%", precision, f * 100); break;
    default: text_printf(out, "%.*f", precision, f);
    }
}

static void put_real(struct evaluator *v, struct text *out, const struct spec *s, double f) {
    struct text digits = {0}, body = {0};
    struct thing shown = {.kind = THING_VALUE, .value = value_float(fabs(f))};
    if (!isfinite(f))
        text_put(&digits, isnan(f) ? "nan" : "inf");
    else if (s->type)
        put_digits(&digits, s, fabs(f));
    else if (s->precision >= 0)
        text_printf(&digits, "%.*g", s->precision ? s->precision : 1, fabs(f));
    else
        thing_put_repr(v, &digits, &shown);
    put_separated(&body, text_get(&digits), s->separator);
    put_padded(out, s, sign_of(s, signbit(f) && !isnan(f)), text_get(&body), body.length,
               s->align ? s->align : '>');
    text_free(&digits);
    text_free(&body);
}

/* ---- one value ---- */

static bool put_words(struct evaluator *v, struct text *out, const struct spec *s, struct thing *value) {
    struct text body = {0};
    bool good = thing_put_str(v, &body, value);
    size_t length = body.length;
    if (s->precision >= 0) {
        const char *text = text_get(&body);
        size_t end = 0;
        for (int i = 0; i < s->precision && end < length; i++) end += (size_t)character_length(text + end);
        if (end < length) length = end;
    }
    put_padded(out, s, "", text_get(&body), length, s->align ? s->align : '<');
    text_free(&body);
    return good;
}

bool text_format_one(struct evaluator *v, struct text *out, struct thing *value, struct thing *format,
                     struct source_range at) {
    struct spec s;
    if (!format || (thing_is_text(format) && !format->value.string->length))
        return thing_put_str(v, out, value);
    if (!thing_is_text(format) || !read_spec(format->value.string->bytes, &s))
        return raise_error(v, at, "ValueError", "Invalid format specifier"), false;
    bool whole = thing_is_int(value) && (!s.type || strchr("dxXobn", s.type));
    bool real =
        (thing_is(value, VALUE_FLOAT) || thing_is_int(value)) && (!s.type || strchr("eEfFgG%n", s.type));
    if (whole && !(thing_is(value, VALUE_BOOL) && !s.type))
        put_whole(out, &s, value->value.i);
    else if (real)
        put_real(v, out, &s, thing_is_int(value) ? (double)value->value.i : value->value.f);
    else if (!s.type || s.type == 's')
        return put_words(v, out, &s, value);
    else
        return raise_error(v, at, "ValueError", "Unknown format code '%c' for object of type '%s'", s.type,
                           thing_type_name(value)),
               false;
    return true;
}

/* ---- str.format ---- */

struct formatting {
    struct evaluator *v;
    const struct call *call;
    int next; /* {} counts up */
};

/* What "0", "name", "a.b" or "" names. */
static struct thing *field(struct formatting *f, const char *name, size_t length) {
    size_t head = 0;
    while (head < length && name[head] != '.' && name[head] != '[') head++;
    struct thing *t = NULL;
    if (!head)
        t = call_argument(f->call, f->next++, NULL);
    else if (isdigit((unsigned char)*name))
        t = call_argument(f->call, atoi(name), NULL);
    else
        for (int i = 0; i < f->call->named_count; i++)
            if (f->call->names[i]->length == head && !memcmp(f->call->names[i]->text, name, head))
                t = f->call->named[i];
    if (!t)
        return raise_error(f->v, f->call->at, "IndexError", "no argument for the field '%.*s'", (int)head,
                           name);
    while (head < length && name[head] == '.') {
        size_t from = ++head;
        while (head < length && name[head] != '.' && name[head] != '[') head++;
        const struct name *attribute = name_intern(&f->v->unit->names, name + from, head - from);
        t = attribute ? thing_attribute(f->v, t, attribute, f->call->at) : raise_memory(f->v);
        if (!t) return NULL;
    }
    if (head == length) return t;
    return raise_refusal(f->v, f->call->at, "write the item as an argument",
                         "an index inside a format's braces");
}

static bool put_field(struct formatting *f, struct text *out, const char *at, const char *end) {
    const char *colon = memchr(at, ':', (size_t)(end - at)), *name_end = colon ? colon : end;
    const char *bang = memchr(at, '!', (size_t)(name_end - at));
    struct thing *value = field(f, at, (size_t)((bang ? bang : name_end) - at)), *spec = NULL;
    if (value && bang && bang[1] == 'r') {
        struct text shown = {0};
        value = thing_put_repr(f->v, &shown, value) ? thing_text(f->v, text_get(&shown), shown.length) : NULL;
        text_free(&shown);
    }
    if (value && colon && !(spec = thing_text(f->v, colon + 1, (size_t)(end - colon - 1)))) return false;
    return value && text_format_one(f->v, out, value, spec, f->call->at);
}

struct thing *text_format_method(struct evaluator *v, struct thing *self, const struct call *call) {
    struct formatting f = {v, call, 0};
    struct text out = {0};
    const char *at = self->value.string->bytes, *end = at + self->value.string->length;
    bool good = true;
    while (good && at < end) {
        const char *brace = at;
        while (brace < end && *brace != '{' && *brace != '}') brace++;
        text_put_bytes(&out, at, (size_t)(brace - at));
        if (brace == end) break;
        if (brace + 1 < end && brace[1] == *brace) {
            text_put_char(&out, *brace);
            at = brace + 2;
            continue;
        }
        const char *close = *brace == '{' ? memchr(brace, '}', (size_t)(end - brace)) : NULL;
        if (!close)
            good = raise_error(v, call->at, "ValueError", "Single '%c' encountered in format string", *brace);
        else
            good = put_field(&f, &out, brace + 1, close);
        at = close ? close + 1 : end;
    }
    struct thing *made = good ? thing_text(v, text_get(&out), out.length) : NULL;
    text_free(&out);
    return made;
}

/* ---- "%d" % x ---- */

static bool put_percent(struct evaluator *v, struct text *out, const char **at, struct thing *value,
                        struct source_range range) {
    char spec[60];
    size_t flags = strspn(*at, "-+ #0"), digits = strspn(*at + flags, "0123456789."), length = flags + digits;
    if (length > 40) return raise_error(v, range, "ValueError", "unsupported format"), false;
    bool left = memchr(*at, '-', flags) != NULL;
    char type = (*at)[length];
    bool words = type == 's' || type == 'r';
    size_t used = 0;
    spec[used++] = left ? '<' : '>';
    if (memchr(*at, '+', flags)) spec[used++] = '+';
    if (memchr(*at, '0', flags) && !left && !words) spec[0] = '0', spec[used++] = '0';
    if (spec[0] == '0') memmove(spec, spec + 1, --used);
    memcpy(spec + used, *at + flags, digits);
    used += digits;
    if (!words) spec[used++] = type == 'i' ? 'd' : type;
    *at += length + 1;
    if (!type || !strchr("srdifFeEgGxXoc", type))
        return raise_error(v, range, "ValueError", "unsupported format character '%c'", type), false;
    if (strchr("dixXo", type) && thing_is(value, VALUE_FLOAT)) value = thing_int(v, (int64_t)value->value.f);
    struct text shown = {0};
    if (type == 'r') {
        value = thing_put_repr(v, &shown, value) ? thing_text(v, text_get(&shown), shown.length) : NULL;
        text_free(&shown);
    }
    struct thing *format = value ? thing_text(v, spec, used) : NULL;
    return format && text_format_one(v, out, value, format, range);
}

struct thing *text_percent(struct evaluator *v, struct thing *format, struct thing *given_values,
                           struct source_range range) {
    bool several = given_values->kind == THING_TUPLE;
    int count = several ? given_values->count : 1, next = 0;
    struct text out = {0};
    const char *at = format->value.string->bytes, *end = at + format->value.string->length;
    bool good = true;
    while (good && at < end) {
        const char *sign = memchr(at, '%', (size_t)(end - at));
        text_put_bytes(&out, at, (size_t)((sign ? sign : end) - at));
        if (!sign) break;
        at = sign + 1;
        if (*at == '%') {
            text_put_char(&out, *at++);
        } else if (next >= count) {
            good = raise_error(v, range, "TypeError", "not enough arguments for format string");
        } else {
            good = put_percent(v, &out, &at, several ? given_values->items[next] : given_values, range);
            next++;
        }
    }
    if (good && next < count && given_values->kind != THING_DICT)
        good = raise_error(v, range, "TypeError", "not all arguments converted during string formatting");
    struct thing *made = good ? thing_text(v, text_get(&out), out.length) : NULL;
    text_free(&out);
    return made;
}
