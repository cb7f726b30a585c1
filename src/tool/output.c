/* What the tool writes: colours, errors, the progress bar, JSON.
 * Colour and progress only go to a terminal; results go to standard output, everything else to standard
 * error. */
#include "tool.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const escapes[] = {
    [COLOUR_BOLD] = "\033[1m",   [COLOUR_DIM] = "\033[2m",     [COLOUR_RED] = "\033[31m",
    [COLOUR_GREEN] = "\033[32m", [COLOUR_YELLOW] = "\033[33m", [COLOUR_NONE] = "\033[0m",
};

const char *output_colour(FILE *to, colour which) {
    const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");
    bool plain = (no_color && *no_color) || (term && strcmp(term, "dumb") == 0) || !isatty(fileno(to));
    return plain ? "" : escapes[which];
}

void output_error(const char *format, ...) {
    output_progress(0, 0, NULL);
    fprintf(stderr, "%slinkboy:%s ", output_colour(stderr, COLOUR_RED), output_colour(stderr, COLOUR_NONE));
    va_list args;
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
}

static int status_of(lb_code code) {
    switch (code) {
    case LB_ERROR_IO:
    case LB_ERROR_FORMAT:
    case LB_ERROR_COMPILE:
    case LB_ERROR_LIMIT: return TOOL_UNREADABLE;
    case LB_ERROR_UNSUPPORTED: return TOOL_UNSUPPORTED;
    default: return TOOL_FAILED;
    }
}

int output_library_error(const char *about, const lb_error *err) {
    const char *text = lb_error_text(err);
    bool told = !about || strncmp(text, about, strlen(about)) == 0;
    output_error("%s%s%s", told ? "" : about, told ? "" : ": ", text);
    return status_of(lb_error_code(err));
}

void output_progress(int64_t done, int64_t total, const char *what) {
    enum { WIDTH = 30 };
    static bool shown; /* the tool's own terminal line: one per process */
    if (!isatty(fileno(stderr)) || (total == 0 && !shown)) return;
    shown = total != 0;
    fputs("\r\033[K", stderr);
    if (total != 0) {
        int filled = (int)(WIDTH * done / total);
        fprintf(stderr, "[%.*s%*s] %lld of %lld %s", filled, "##############################", WIDTH - filled,
                "", (long long)done, (long long)total, what);
    }
    fflush(stderr);
}

/* ---- JSON ---- */

void output_json_string(FILE *to, const char *text, size_t length) {
    fputc('"', to);
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c == '"' || c == '\\')
            fprintf(to, "\\%c", c);
        else if (c == '\n')
            fputs("\\n", to);
        else if (c < 0x20)
            fprintf(to, "\\u%04x", c);
        else
            fputc(c, to);
    }
    fputc('"', to);
}

/* JSON has no infinities and no NaN: strings stand for them, as in many tools. */
static void json_number(FILE *to, double x) {
    if (isnan(x))
        fputs("\"nan\"", to);
    else if (isinf(x))
        fputs(x > 0 ? "\"inf\"" : "\"-inf\"", to);
    else
        fprintf(to, "%.17g", x);
}

static void json_complex(FILE *to, double re, double im) {
    fputc('[', to);
    json_number(to, re);
    fputc(',', to);
    json_number(to, im);
    fputc(']', to);
}

static void json_element(FILE *to, const lb_value *flat, int64_t i) {
    const void *data = lb_tensor_data(flat);
    switch (lb_tensor_dtype(flat)) {
    case LB_INT64: fprintf(to, "%lld", (long long)((const int64_t *)data)[i]); break;
    case LB_COMPLEX128:
        json_complex(to, ((const double *)data)[2 * i], ((const double *)data)[2 * i + 1]);
        break;
    default: json_number(to, ((const double *)data)[i]); break;
    }
}

static bool dtype_is_complex(lb_dtype dtype) {
    return dtype == LB_COMPLEX32 || dtype == LB_COMPLEX64 || dtype == LB_COMPLEX128;
}

static bool dtype_is_integer(lb_dtype dtype) {
    return dtype <= LB_INT64 || dtype == LB_BOOL8;
}

static bool json_tensor(FILE *to, const lb_value *tensor, lb_error *err);

/* {"dtype", "shape", "layout", "parts": [tensor, ...]} of a sparse or nested tensor. */
static bool json_parts(FILE *to, const lb_value *tensor, lb_error *err) {
    fprintf(to, "{\"dtype\":\"%s\",\"shape\":[", lb_dtype_name(lb_tensor_dtype(tensor)));
    for (int d = 0; d < lb_tensor_ndim(tensor); d++)
        fprintf(to, "%s%lld", d ? "," : "", (long long)lb_tensor_sizes(tensor)[d]);
    fprintf(to, "],\"layout\":%d,\"parts\":[", (int)lb_tensor_layout(tensor));
    bool ok = true;
    lb_value *part;
    for (int i = 0; ok && (part = lb_tensor_part(tensor, i, err)); i++) {
        if (i) fputc(',', to);
        ok = json_tensor(to, part, err);
        lb_value_free(part);
    }
    fputs("]}", to);
    return ok;
}

static bool json_tensor(FILE *to, const lb_value *tensor, lb_error *err) {
    if (lb_tensor_layout(tensor) != LB_STRIDED) return json_parts(to, tensor, err);
    lb_dtype dtype = lb_tensor_dtype(tensor);
    lb_dtype wide = dtype_is_complex(dtype) ? LB_COMPLEX128 : dtype_is_integer(dtype) ? LB_INT64 : LB_FLOAT64;
    lb_value *flat = lb_tensor_to(tensor, wide, err);
    if (!flat) return false;
    fprintf(to, "{\"dtype\":\"%s\",\"shape\":[", lb_dtype_name(dtype));
    for (int d = 0; d < lb_tensor_ndim(tensor); d++)
        fprintf(to, "%s%lld", d ? "," : "", (long long)lb_tensor_sizes(tensor)[d]);
    fputs("],\"data\":[", to);
    for (int64_t i = 0; i < lb_tensor_numel(flat); i++) {
        if (i) fputc(',', to);
        json_element(to, flat, i);
    }
    fputs("]}", to);
    lb_value_free(flat);
    return true;
}

static bool json_items(FILE *to, const lb_value *value, lb_error *err) {
    bool dict = lb_value_kind(value) == LB_DICT, ok = true;
    fputs(dict ? "{" : "[", to);
    for (int64_t i = 0; ok && i < lb_count(value); i++) {
        if (i) fputc(',', to);
        if (dict) {
            lb_value *key = lb_dict_key(value, i, err);
            char *text = key ? lb_value_text(key, err) : NULL;
            if (text) output_json_string(to, text, strlen(text));
            lb_text_free(text);
            lb_value_free(key);
            fputc(':', to);
        }
        lb_value *item = lb_item(value, i, err);
        ok = item && output_json_value(to, item, err);
        lb_value_free(item);
    }
    fputs(dict ? "}" : "]", to);
    return ok;
}

static bool json_text(FILE *to, const lb_value *value, lb_error *err) {
    char *text = lb_value_text(value, err);
    if (!text) return false;
    output_json_string(to, text, strlen(text));
    lb_text_free(text);
    return true;
}

bool output_json_value(FILE *to, const lb_value *value, lb_error *err) {
    double re, im;
    size_t length;
    const char *bytes;
    switch (lb_value_kind(value)) {
    case LB_NONE: fputs("null", to); return true;
    case LB_BOOL: fputs(lb_bool_get(value) ? "true" : "false", to); return true;
    case LB_INT: fprintf(to, "%lld", (long long)lb_int_get(value)); return true;
    case LB_FLOAT: json_number(to, lb_float_get(value)); return true;
    case LB_COMPLEX:
        lb_complex_get(value, &re, &im);
        json_complex(to, re, im);
        return true;
    case LB_STRING:
        bytes = lb_string_get(value, &length);
        output_json_string(to, bytes, length);
        return true;
    case LB_TENSOR: return json_tensor(to, value, err);
    case LB_LIST:
    case LB_TUPLE:
    case LB_DICT: return json_items(to, value, err);
    default: return json_text(to, value, err);
    }
}
