/* The cursor of the small parsers; see scan.h. */
#include "types/scan.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

bool scan_fail(struct scan *s, const char *message) {
    size_t line_start = 0;
    int line = 1;
    for (size_t i = 0; i < s->at && i < s->length; i++) {
        if (s->text[i] != '\n') continue;
        line++;
        line_start = i + 1;
    }
    const char *rest = s->text + s->at, *end = memchr(rest, '\n', s->length - s->at);
    size_t shown = end ? (size_t)(end - rest) : s->length - s->at;
    if (shown > 40) shown = 40;
    return error_set(s->err, LB_ERROR_COMPILE, "%s at line %d, column %zu: \"%.*s\"", message, line,
                     s->at - line_start + 1, (int)shown, rest);
}

static bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

char scan_here(const struct scan *s) {
    return s->at < s->length ? s->text[s->at] : 0;
}

void scan_skip(struct scan *s) {
    for (; s->at < s->length; s->at++) {
        char c = s->text[s->at];
        if (c == '#' && s->comments)
            while (s->at + 1 < s->length && s->text[s->at + 1] != '\n') s->at++;
        else if (c != ' ' && c != '\n' && c != '\t' && c != '\r')
            break;
    }
}

char scan_peek(struct scan *s) {
    scan_skip(s);
    return scan_here(s);
}

bool scan_next_is(struct scan *s, const char *word) {
    scan_skip(s);
    size_t length = strlen(word);
    return s->length - s->at >= length && memcmp(s->text + s->at, word, length) == 0;
}

bool scan_accept(struct scan *s, const char *word) {
    bool found = scan_next_is(s, word);
    if (found) s->at += strlen(word);
    return found;
}

bool scan_expect(struct scan *s, const char *word) {
    if (scan_accept(s, word)) return true;
    char message[64] = "expected ";
    strncat(message, word, 32);
    return scan_fail(s, message);
}

static size_t word_length(const struct scan *s, size_t at) {
    size_t length = 0;
    if (at < s->length && is_digit(s->text[at])) return 0;
    while (at + length < s->length && (is_letter(s->text[at + length]) || is_digit(s->text[at + length])))
        length++;
    return length;
}

size_t scan_peek_word(struct scan *s, const char **word) {
    scan_skip(s);
    *word = s->text + s->at;
    return word_length(s, s->at);
}

bool scan_word(struct scan *s, bool dots, const char **word, size_t *length) {
    *length = scan_peek_word(s, word);
    if (!*length) return false;
    size_t more;
    while (dots && s->at + *length < s->length && (*word)[*length] == '.' &&
           (more = word_length(s, s->at + *length + 1)) > 0)
        *length += 1 + more;
    s->at += *length;
    return true;
}

/* Copies what a number may consist of, so that strtod() never sees beyond it. */
static size_t number_text(const struct scan *s, char *copy, size_t size) {
    size_t length = 0;
    for (size_t i = s->at; i < s->length && length + 1 < size; i++) {
        char c = s->text[i], last = length ? copy[length - 1] : 0;
        bool sign = (c == '-' || c == '+') && (last == 'e' || last == 'E' || !length);
        if (!sign && !is_digit(c) && c != '.' && c != 'e' && c != 'E') break;
        copy[length++] = c;
    }
    copy[length] = 0;
    return length;
}

bool scan_int(struct scan *s, int64_t *value) {
    char copy[64], *end;
    scan_skip(s);
    number_text(s, copy, sizeof copy);
    errno = 0;
    *value = strtoll(copy, &end, 10);
    if (end == copy || errno) return scan_fail(s, "expected an int");
    s->at += (size_t)(end - copy);
    return true;
}

static bool scan_special(struct scan *s, double *f) {
    size_t start = s->at;
    bool negative = scan_accept(s, "-");
    const char *word;
    size_t length = scan_peek_word(s, &word);
    bool is_inf = length == 3 && !memcmp(word, "inf", 3), is_nan = length == 3 && !memcmp(word, "nan", 3);
    if (!is_inf && !is_nan) {
        s->at = start;
        return false;
    }
    s->at += length;
    *f = is_inf ? __builtin_inf() : __builtin_nan("");
    if (negative) *f = -*f;
    return true;
}

bool scan_number(struct scan *s, double *f, int64_t *i, bool *is_float, bool *is_imaginary) {
    char copy[400], *end;
    scan_skip(s);
    *is_imaginary = false;
    *is_float = scan_special(s, f);
    if (*is_float) return true;
    size_t length = number_text(s, copy, sizeof copy);
    *is_float = strpbrk(copy, ".eE") != NULL;
    errno = 0;
    *f = strtod(copy, &end);
    *i = *is_float ? 0 : strtoll(copy, &end, 10);
    if (!length || end == copy || (errno && !*is_float)) return scan_fail(s, "expected a number");
    s->at += (size_t)(end - copy);
    *is_imaginary = scan_here(s) == 'j';
    s->at += *is_imaginary;
    return true;
}

static bool is_octal(char c) {
    return c >= '0' && c <= '7';
}

/* The escape after a backslash. A byte over 0x7f prints as three characters that need not be digits
 * (c10/util/StringUtil, printQuotedString: '0' + the parts of a negative number); read back what was meant.
 */
static bool scan_escape(struct scan *s, struct text *out) {
    static const char letters[] = "abfnrtv\\'\"", codes[] = "\a\b\f\n\r\t\v\\'\"";
    char c = scan_here(s);
    const char *known = c ? strchr(letters, c) : NULL;
    if (known) {
        text_put_char(out, codes[known - letters]);
        s->at++;
        return true;
    }
    if (s->length - s->at < 3 || (!is_octal(c) && (c < '(' || c > '0')))
        return scan_fail(s, "unknown escape");
    const char *d = s->text + s->at;
    int value = (d[0] - '0') * 64 + (d[1] - '0') * 8 + (d[2] - '0');
    if (value < -128 || value > 255) return scan_fail(s, "unknown escape");
    text_put_char(out, (char)(unsigned char)value);
    s->at += 3;
    return true;
}

bool scan_string(struct scan *s, struct text *out) {
    char quote = scan_peek(s);
    if (quote != '"' && quote != '\'') return scan_fail(s, "expected a string");
    for (s->at++; scan_here(s) != quote;) {
        char c = scan_here(s);
        if (s->at >= s->length) return scan_fail(s, "a string that does not end");
        s->at++;
        if (c != '\\')
            text_put_char(out, c);
        else if (!scan_escape(s, out))
            return false;
    }
    s->at++;
    return true;
}

bool scan_enter(struct scan *s) {
    return ++s->depth <= SCAN_DEEPEST || scan_fail(s, "nested too deep");
}

void scan_leave(struct scan *s) {
    s->depth--;
}
