/* Growing texts; see text.h. */
#include "base/text.h"
#include "base/mem.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

static bool reserve(struct text *t, size_t more) {
    if (t->failed) return false;
    size_t needed;
    if (!size_add(t->length, more, &needed) || !size_add(needed, 1, &needed)) {
        t->failed = true;
        return false;
    }
    if (needed <= t->capacity) return true;
    size_t larger = t->capacity ? t->capacity * 2 : 64;
    if (larger < needed) larger = needed;
    char *data = mem_resize(t->data, larger);
    if (!data) {
        t->failed = true;
        return false;
    }
    t->data = data;
    t->capacity = larger;
    return true;
}

void text_put_bytes(struct text *t, const char *s, size_t length) {
    if (!reserve(t, length)) return;
    if (length) memcpy(t->data + t->length, s, length);
    t->length += length;
    t->data[t->length] = 0;
}

void text_put(struct text *t, const char *s) {
    text_put_bytes(t, s, strlen(s));
}

void text_put_char(struct text *t, char c) {
    text_put_bytes(t, &c, 1);
}

void text_put_repeat(struct text *t, char c, int count) {
    for (int i = 0; i < count; i++) text_put_char(t, c);
}

void text_put_int(struct text *t, int64_t value) {
    text_printf(t, "%lld", (long long)value);
}

void text_printf(struct text *t, const char *format, ...) {
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (length >= 0 && reserve(t, (size_t)length)) {
        vsnprintf(t->data + t->length, (size_t)length + 1, format, again);
        t->length += (size_t)length;
    }
    va_end(again);
}

void text_put_float(struct text *t, double value, int digits) {
    if (isnan(value)) {
        text_put(t, signbit(value) ? "-nan" : "nan");
    } else {
        text_printf(t, "%.*g", digits, value);
    }
}

void text_cut(struct text *t, size_t length) {
    if (length >= t->length) return;
    t->length = length;
    t->data[length] = 0;
}

const char *text_get(const struct text *t) {
    return t->data && t->length ? t->data : "";
}

char *text_take(struct text *t) {
    char *data = NULL;
    if (!t->failed) data = t->data ? t->data : mem_copy_text("", 0);
    if (t->failed) mem_free(t->data);
    *t = (struct text){0};
    return data;
}

void text_free(struct text *t) {
    mem_free(t->data);
    *t = (struct text){0};
}
