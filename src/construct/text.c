/* Things as text, as Python's repr() and str() give it. */
#include "construct/evaluator.h"
#include "ops/text/words.h"
#include "value/print.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct source_range nowhere;

const char *thing_type_name(const struct thing *t) {
    static const char *const names[THING_KIND_COUNT] = {
        [THING_LIST] = "list",
        [THING_TUPLE] = "tuple",
        [THING_ITERATOR] = "iterator",
        [THING_DICT] = "dict",
        [THING_SET] = "set",
        [THING_RANGE] = "range",
        [THING_SLICE] = "slice",
        [THING_FUNCTION] = "function",
        [THING_METHOD] = "method",
        [THING_NATIVE] = "builtin_function_or_method",
        [THING_CLASS] = "type",
        [THING_LIBRARY] = "module",
        [THING_FILE] = "module",
        [THING_ANNOTATION] = "type",
        [THING_PROPERTY] = "property",
        [THING_STATIC] = "staticmethod",
        [THING_CLASS_METHOD] = "classmethod",
        [THING_SUPER] = "super",
        [THING_PARTIAL] = "functools.partial",
        [THING_MISSING] = "missing",
    };
    static const char *const values[VALUE_TAG_COUNT] = {
        [VALUE_NONE] = "NoneType", [VALUE_BOOL] = "bool",       [VALUE_INT] = "int",
        [VALUE_FLOAT] = "float",   [VALUE_DEVICE] = "device",   [VALUE_TENSOR] = "Tensor",
        [VALUE_STRING] = "str",    [VALUE_COMPLEX] = "complex",
    };
    if (t->is_parameter) return "Parameter";
    if (t->class) return t->class->name->text;
    const char *name = t->kind == THING_VALUE ? values[t->value.tag] : names[t->kind];
    return name ? name : "object";
}

/* The fewest digits that read back as the same number. */
static void put_float(struct text *out, double f) {
    char digits[40];
    if (!isfinite(f) || (f == floor(f) && fabs(f) < 1e16)) {
        if (isfinite(f))
            text_printf(out, "%s%lld.0", f == 0 && signbit(f) ? "-" : "", (long long)f);
        else
            text_put(out, isnan(f) ? "nan" : f < 0 ? "-inf" : "inf");
        return;
    }
    int precision = 1;
    for (; precision < 17; precision++) {
        snprintf(digits, sizeof digits, "%.*g", precision, f);
        if (strtod(digits, NULL) == f) break;
    }
    text_put_float(out, f, precision);
}

static void put_quoted(struct text *out, const struct string *s) {
    bool single = memchr(s->bytes, '\'', (size_t)s->length), both = memchr(s->bytes, '"', (size_t)s->length);
    char quote = single && !both ? '"' : '\'';
    text_put_char(out, quote);
    for (int64_t i = 0; i < s->length; i++) {
        char c = s->bytes[i];
        if (c == '\n' || c == '\t' || c == '\r')
            text_put(out, c == '\n' ? "\\n" : c == '\t' ? "\\t" : "\\r");
        else if ((unsigned char)c < 0x20 || c == 0x7f)
            text_printf(out, "\\x%02x", c);
        else if (c == quote || c == '\\')
            text_printf(out, "\\%c", c);
        else
            text_put_char(out, c);
    }
    text_put_char(out, quote);
}

/* Parts that are whole numbers have no ".0" here. */
static void put_part(struct text *out, double f) {
    struct text part = {0};
    put_float(&part, f);
    size_t length = part.length;
    if (length > 2 && !strcmp(text_get(&part) + length - 2, ".0")) text_cut(&part, length - 2);
    text_put(out, text_get(&part));
    text_free(&part);
}

static void put_complex(struct text *out, const struct complex_value *c) {
    bool bare = c->re == 0 && !signbit(c->re);
    if (!bare) {
        text_put(out, "(");
        put_part(out, c->re);
        if (!signbit(c->im)) text_put(out, "+");
    }
    put_part(out, c->im);
    text_put(out, bare ? "j" : "j)");
}

static void put_value(struct text *out, const struct thing *t) {
    switch (t->value.tag) {
    case VALUE_NONE: text_put(out, "None"); break;
    case VALUE_BOOL: text_put(out, t->value.i ? "True" : "False"); break;
    case VALUE_INT: text_put_int(out, t->value.i); break;
    case VALUE_FLOAT: put_float(out, t->value.f); break;
    case VALUE_COMPLEX: put_complex(out, t->value.complex); break;
    case VALUE_STRING: put_quoted(out, t->value.string); break;
    default: value_put(out, t->value, &op_words);
    }
}

static bool put_items(struct evaluator *v, struct text *out, const struct thing *t, const char *open,
                      const char *close) {
    text_put(out, open);
    for (int i = 0; i < t->count; i++) {
        text_put(out, i ? ", " : "");
        if (!thing_put_repr(v, out, t->items[i])) return false;
    }
    text_put(out, t->kind == THING_TUPLE && t->count == 1 ? "," : "");
    text_put(out, close);
    return true;
}

static bool put_dict(struct evaluator *v, struct text *out, const struct thing *t) {
    int position = 0;
    bool set = t->kind == THING_SET;
    if (set && !t->dict.count) return text_put(out, "set()"), true;
    text_put(out, "{");
    for (struct thing_entry *e, *first = NULL; (e = thing_dict_step(t, &position));) {
        text_put(out, first ? ", " : "");
        first = e;
        if (!thing_put_repr(v, out, e->key)) return false;
        text_put(out, set ? "" : ": ");
        if (!set && !thing_put_repr(v, out, e->value)) return false;
    }
    text_put(out, "}");
    return true;
}

/* What a method of the instance says; else <Net object>. */
static bool put_instance(struct evaluator *v, struct text *out, struct thing *t, const char *method) {
    struct thing *given = call_special(v, t, method, nowhere, NULL, 0);
    if (!given && !v->err->code && !strcmp(method, "__str__"))
        given = call_special(v, t, "__repr__", nowhere, NULL, 0);
    if (given && thing_is_text(given))
        text_put_bytes(out, given->value.string->bytes, (size_t)given->value.string->length);
    else if (!v->err->code)
        text_printf(out, "<%s object>", t->class->name->text);
    return !v->err->code;
}

static bool put_repr(struct evaluator *v, struct text *out, struct thing *t) {
    switch (t->kind) {
    case THING_VALUE: put_value(out, t); return true;
    case THING_LIST: return put_items(v, out, t, "[", "]");
    case THING_TUPLE: return put_items(v, out, t, "(", ")");
    case THING_DICT:
    case THING_SET: return put_dict(v, out, t);
    case THING_RANGE:
        text_printf(out, "range(%lld, %lld", (long long)t->range.start, (long long)t->range.stop);
        if (t->range.step != 1) text_printf(out, ", %lld", (long long)t->range.step);
        text_put(out, ")");
        return true;
    case THING_CLASS: text_printf(out, "<class '%s'>", t->as_class->name->text); return true;
    case THING_FUNCTION: text_printf(out, "<function %s>", t->function->name->text); return true;
    case THING_LIBRARY: text_put(out, t->path); return true;
    case THING_MEMBER: text_printf(out, "<%s.%s>", t->class->name->text, t->member.name->text); return true;
    case THING_INSTANCE: return put_instance(v, out, t, "__repr__");
    default: text_printf(out, "<%s>", thing_type_name(t)); return true;
    }
}

bool thing_put_repr(struct evaluator *v, struct text *out, struct thing *t) {
    if (!evaluator_enter(v, nowhere)) return false;
    bool good = put_repr(v, out, t);
    evaluator_leave(v);
    return good;
}

bool thing_put_str(struct evaluator *v, struct text *out, struct thing *t) {
    if (thing_is_text(t)) {
        text_put_bytes(out, t->value.string->bytes, (size_t)t->value.string->length);
        return true;
    }
    if (t->kind == THING_INSTANCE) return put_instance(v, out, t, "__str__");
    if (t->kind == THING_MEMBER)
        return text_printf(out, "%s.%s", t->class->name->text, t->member.name->text), true;
    return thing_put_repr(v, out, t);
}
