/* Strings, byte by byte: what kind of bytes they are, and upper and lower case.
 *
 * Strings are bytes, and only ASCII has a kind or a case, as C's functions have it in the locales that
 * PyTorch runs in. Rules: torch/csrc/jit/runtime/register_prim_ops.cpp. */
#include "ops/common/give.h"

typedef bool byte_test(char b);
typedef char byte_map(char b);

static bool is_digit(char b) {
    return b >= '0' && b <= '9';
}
static bool is_upper(char b) {
    return b >= 'A' && b <= 'Z';
}
static bool is_lower(char b) {
    return b >= 'a' && b <= 'z';
}
static bool is_alpha(char b) {
    return is_upper(b) || is_lower(b);
}
static bool is_alnum(char b) {
    return is_alpha(b) || is_digit(b);
}
static bool is_space(char b) {
    return b == ' ' || (b >= '\t' && b <= '\r');
}
static bool is_printable(char b) {
    return b >= ' ' && b <= '~';
}
static bool is_ascii_digit_first(const struct string *s) {
    return s->length > 0 && is_digit(s->bytes[0]);
}
static char upper(char b) {
    return is_lower(b) ? (char)(b - 'a' + 'A') : b;
}
static char lower(char b) {
    return is_upper(b) ? (char)(b - 'A' + 'a') : b;
}
static char swapped(char b) {
    return is_upper(b) ? lower(b) : upper(b);
}

/* --- questions --- */

static bool every(const struct string *s, byte_test *test) {
    for (int64_t i = 0; i < s->length; i++)
        if (!test(s->bytes[i])) return false;
    return true;
}

/* X(kernel, test of every byte, what an empty string gives) */
#define QUESTIONS(X)            \
    X(isdigit, is_digit, false) \
    X(isspace, is_space, false) \
    X(isalnum, is_alnum, false) \
    X(isalpha, is_alpha, false) \
    X(isprintable, is_printable, true)

#define X(name, test, of_empty)                                     \
    bool op_##name(struct op_call *c);                              \
    bool op_##name(struct op_call *c) {                             \
        const struct string *s = arg_string(c, 0);                  \
        return give_bool(c, s->length ? every(s, test) : of_empty); \
    }
QUESTIONS(X)
#undef X

/* Letters there are, and none of the other case. */
static bool has_case(struct op_call *c, byte_test *wanted) {
    const struct string *s = arg_string(c, 0);
    bool found = false;
    for (int64_t i = 0; i < s->length; i++) {
        if (!is_alpha(s->bytes[i])) continue;
        if (!wanted(s->bytes[i])) return give_bool(c, false);
        found = true;
    }
    return give_bool(c, found);
}
bool op_isupper(struct op_call *c);
bool op_isupper(struct op_call *c) {
    return has_case(c, is_upper);
}
bool op_islower(struct op_call *c);
bool op_islower(struct op_call *c) {
    return has_case(c, is_lower);
}

/* Python 2's rule without the underscore, as PyTorch has it. */
bool op_isidentifier(struct op_call *c);
bool op_isidentifier(struct op_call *c) {
    const struct string *s = arg_string(c, 0);
    return give_bool(c, s->length > 0 && !is_ascii_digit_first(s) && every(s, is_alnum));
}

bool op_istitle(struct op_call *c);
bool op_istitle(struct op_call *c) {
    const struct string *s = arg_string(c, 0);
    bool inside = false, found = false;
    for (int64_t i = 0; i < s->length; i++) {
        char b = s->bytes[i];
        if (inside ? is_upper(b) : is_lower(b)) return give_bool(c, false);
        found = found || is_alpha(b);
        inside = is_alpha(b);
    }
    return give_bool(c, found);
}

/* --- changes --- */

static bool map(struct op_call *c, byte_map *first, byte_map *rest) {
    const struct string *s = arg_string(c, 0);
    struct text t = {0};
    for (int64_t i = 0; i < s->length; i++)
        text_put_char(&t, i == 0 ? first(s->bytes[i]) : rest(s->bytes[i]));
    return give_text(c, &t);
}

bool op_upper(struct op_call *c);
bool op_upper(struct op_call *c) {
    return map(c, upper, upper);
}
bool op_lower(struct op_call *c);
bool op_lower(struct op_call *c) {
    return map(c, lower, lower);
}
bool op_swapcase(struct op_call *c);
bool op_swapcase(struct op_call *c) {
    return map(c, swapped, swapped);
}
bool op_capitalize(struct op_call *c);
bool op_capitalize(struct op_call *c) {
    return map(c, upper, lower);
}

bool op_title(struct op_call *c);
bool op_title(struct op_call *c) {
    const struct string *s = arg_string(c, 0);
    struct text t = {0};
    bool inside = false;
    for (int64_t i = 0; i < s->length; i++) {
        text_put_char(&t, inside ? lower(s->bytes[i]) : upper(s->bytes[i]));
        inside = is_alpha(s->bytes[i]);
    }
    return give_text(c, &t);
}

/* Columns are counted over the whole string: a newline does not start them anew. */
bool op_expandtabs(struct op_call *c);
bool op_expandtabs(struct op_call *c) {
    const struct string *s = arg_string(c, 0);
    int64_t width = arg_int(c, 1), tabs = 0;
    for (int64_t i = 0; i < s->length; i++) tabs += s->bytes[i] == '\t';
    int64_t largest = width > 0 ? width : 0;
    struct text t = {0};
    if (tabs && (largest > (1 << 30) || tabs > (1 << 30) / (largest + 1)))
        return error_set(c->err, LB_ERROR_MEMORY, "expandtabs: the result would be too large");
    for (int64_t i = 0; i < s->length; i++) {
        if (s->bytes[i] != '\t')
            text_put_char(&t, s->bytes[i]);
        else if (width > 0)
            text_put_repeat(&t, ' ', (int)(width - (int64_t)t.length % width));
    }
    return give_text(c, &t);
}
