/* Values in texts: str(), "{}".format, "%d" % and print.
 *
 * Rules: torch/csrc/jit/runtime/vararg_functions.cpp. A `{}` is all that format knows; `%` knows d i e E f F
 * c s, and writes its floats through C's float. */
#include <string.h>

#include "ops/common/give.h"
#include "ops/text/search.h"
#include "ops/text/words.h"
#include "tensor/print.h"
#include "types/type.h"

enum { STREAM_DIGITS = 6 }; /* of a C++ stream that nobody has told otherwise */

static void put_tensor(struct text *out, const struct tensor *t) {
    tensor_print(out, t, STREAM_DIGITS);
}

const struct value_words op_words = {
    .put_type = type_put_annotation, .type_shows = type_shows_in_members, .put_tensor = put_tensor};

bool op_str(struct op_call *c);
bool op_str(struct op_call *c) {
    struct text t = {0};
    value_put(&t, c->args[0], &op_words);
    return give_text(c, &t);
}

bool op_format(struct op_call *c);
bool op_format(struct op_call *c) {
    struct view format = view_of(arg_string(c, 0)), braces = {"{}", 2};
    struct text t = {0};
    int64_t begin = 0;
    int used = 1;
    for (int64_t at; (at = view_find(format, braces, begin)) >= 0; begin = at + braces.length, used++) {
        if (used >= c->arg_count) {
            text_free(&t);
            return refuse(c, "Too few arguments for format string: %s", format.bytes);
        }
        text_put_bytes(&t, format.bytes + begin, (size_t)(at - begin));
        value_put(&t, c->args[used], &op_words);
    }
    text_put_bytes(&t, format.bytes + begin, (size_t)(format.length - begin));
    return give_text(c, &t);
}

/* --- percent --- */

static bool is_number(lb_value v) {
    return v.tag == VALUE_INT || v.tag == VALUE_FLOAT || v.tag == VALUE_BOOL || v.tag == VALUE_COMPLEX;
}

static bool put_number(struct op_call *c, struct text *t, char key, lb_value v) {
    if (!is_number(v))
        return refuse(c, "%%%c requires a number for formatting, but got %s", key,
                      value_tag_name((enum value_tag)v.tag));
    if (v.tag != VALUE_INT && v.tag != VALUE_FLOAT) return refuse(c, "expected double");
    double through_float = (double)(float)number_as_float(v);
    if (key == 'd' || key == 'i')
        text_put_int(t, v.tag == VALUE_INT ? v.i : int32_of_float(v.f));
    else if (key == 'e')
        text_printf(t, "%e", through_float);
    else if (key == 'E')
        text_printf(t, "%E", through_float);
    else
        text_printf(t, "%f", through_float);
    return true;
}

static bool put_character(struct op_call *c, struct text *t, lb_value v) {
    if (v.tag == VALUE_INT) {
        text_put_char(t, (char)(unsigned char)v.i);
        return true;
    }
    if (v.tag == VALUE_STRING && v.string->length == 1) {
        text_put_char(t, v.string->bytes[0]);
        return true;
    }
    return refuse(c, "%%c requires an int or char for formatting, but got %s",
                  value_tag_name((enum value_tag)v.tag));
}

static bool put_formatted(struct op_call *c, struct text *t, char key, lb_value v) {
    if (key && strchr("dieEfF", key)) return put_number(c, t, key, v);
    if (key == 'c') return put_character(c, t, v);
    if (key != 's')
        return refuse(c, "The specifier %%%c is not supported in TorchScript format strings", key);
    value_put(t, v, &op_words);
    return true;
}

/* The arguments are one tuple, or one value that is none. */
struct percent_arguments {
    const lb_value *values;
    int count, used;
};

static bool put_specifier(struct op_call *c, struct text *t, char key, struct percent_arguments *arguments) {
    if (key == '%') {
        text_put_char(t, '%');
        return true;
    }
    if (arguments->used >= arguments->count) return refuse(c, "Too few arguments for format string");
    return put_formatted(c, t, key, arguments->values[arguments->used++]);
}

static bool put_percent_format(struct op_call *c, struct text *t, struct percent_arguments *arguments) {
    struct view format = view_of(arg_string(c, 0)), percent = {"%", 1};
    int64_t begin = 0;
    for (int64_t at; (at = view_find(format, percent, begin)) >= 0; begin = at + 2) {
        if (at + 1 >= format.length) return refuse(c, "Incomplete format specifier");
        text_put_bytes(t, format.bytes + begin, (size_t)(at - begin));
        if (!put_specifier(c, t, format.bytes[at + 1], arguments)) return false;
    }
    text_put_bytes(t, format.bytes + begin, (size_t)(format.length - begin));
    if (arguments->used != arguments->count) return refuse(c, "Too many arguments for format string");
    return true;
}

bool op_percent_format(struct op_call *c);
bool op_percent_format(struct op_call *c) {
    struct percent_arguments arguments = {c->args + 1, 1, 0};
    if (c->args[1].tag == VALUE_TUPLE)
        arguments = (struct percent_arguments){c->args[1].tuple->items, c->args[1].tuple->count, 0};
    struct text t = {0};
    if (put_percent_format(c, &t, &arguments)) return give_text(c, &t);
    text_free(&t);
    return false;
}

/* --- print, warn --- */

static void send(struct op_call *c, struct text *t, void (*sink)(void *, const char *, size_t)) {
    if (sink) sink(c->cx->print_context, text_get(t), t->length);
    text_free(t);
}

bool op_print(struct op_call *c);
bool op_print(struct op_call *c) {
    struct text t = {0};
    for (int i = 0; i < c->arg_count; i++) {
        text_put(&t, i ? " " : "");
        value_put(&t, c->args[i], &op_words);
    }
    text_put_char(&t, '\n');
    if (t.failed) {
        text_free(&t);
        return error_memory(c->err);
    }
    send(c, &t, c->cx->print);
    return true;
}
