/* Text of values; see print.h. Nesting deeper than MAX_DEPTH is cut to "...", so that a cycle ends. */
#include "value/print.h"
#include <math.h>
#include <string.h>

enum { MAX_DEPTH = 200, DIGITS = 17 };

struct printer {
    struct text *out;
    const struct value_words *words;
    bool constant; /* the second form */
    bool failed;   /* constants: something has no text */
    int depth;
};

/* Whether the number is a whole one that fits int64: such floats are printed as "3." */
static bool is_whole(double f) {
    return isfinite(f) && f >= -0x1p63 && f < 0x1p63 && f == (double)(int64_t)f;
}

void value_put_float(struct text *out, double f) {
    if (is_whole(f))
        text_printf(out, "%lld.", (long long)f);
    else
        text_put_float(out, f, DIGITS);
}

void value_put_float_constant(struct text *out, double f) {
    bool whole = is_whole(f) && fabs(f) < 1e10;
    if (whole)
        text_printf(out, "%s%lld.", f == 0 && signbit(f) ? "-" : "", (long long)f);
    else
        text_put_float(out, f, DIGITS);
}

/* c10/core/DeviceType.h; the place is the number. */
static const char *const device_names[] = {
    "cpu",   "cuda", "mkldnn", "opengl", "opencl", "ideep", "hip",  "fpga", "maia", "xla",           "vulkan",
    "metal", "xpu",  "mps",    "meta",   "hpu",    "ve",    "lazy", "ipu",  "mtia", "privateuseone",
};

void value_put_device(struct text *out, struct device device) {
    size_t known = sizeof device_names / sizeof *device_names;
    if (device.type == DEVICE_META)
        text_put(out, "meta");
    else
        text_put(out, device.type >= 0 && (size_t)device.type < known ? device_names[device.type] : "other");
    if (device.index >= 0) text_printf(out, ":%d", device.index);
}

/* Bytes over 0x7f are negative here, as C++'s char: the digits come out odd, which is PyTorch's text all the
 * same. */
static void put_octal(struct text *out, int c) {
    text_put_char(out, '\\');
    text_put_char(out, (char)(c / 64 + '0'));
    text_put_char(out, (char)(c / 8 % 8 + '0'));
    text_put_char(out, (char)(c % 8 + '0'));
}

void value_put_quoted(struct text *out, const char *bytes, int64_t length) {
    static const char specials[] = "\\\'\"\a\b\f\n\r\t\v", letters[] = "\\\'\"abfnrtv";
    text_put_char(out, '"');
    for (int64_t i = 0; i < length; i++) {
        signed char c = (signed char)bytes[i];
        const char *special = c ? strchr(specials, c) : NULL;
        if (special) {
            text_put_char(out, '\\');
            text_put_char(out, letters[special - specials]);
        } else if (c >= 32 && c < 127) {
            text_put_char(out, (char)c);
        } else {
            put_octal(out, c);
        }
    }
    text_put_char(out, '"');
}

static void put_value(struct printer *p, lb_value v);

static void put_type(struct printer *p, const struct type *type) {
    if (p->words && p->words->put_type && type)
        p->words->put_type(p->out, type);
    else
        text_put(p->out, "?");
}

static void put_items(struct printer *p, const lb_value *items, int64_t count) {
    for (int64_t i = 0; i < count; i++) {
        if (i) text_put(p->out, ", ");
        put_value(p, items[i]);
    }
}

static void put_tuple(struct printer *p, const struct tuple *t) {
    text_put_char(p->out, '(');
    put_items(p, t->items, t->count);
    text_put(p->out, t->count == 1 ? ",)" : ")");
}

/* A constant's empty or ambiguous container names its type. */
static bool needs_type(const struct printer *p, int64_t count, const struct type *member) {
    if (!p->constant) return false;
    return !count || (p->words && p->words->type_shows && !p->words->type_shows(member));
}

static void put_list(struct printer *p, const struct list *l) {
    bool annotate = needs_type(p, l->count, l->element);
    if (annotate) {
        text_put(p->out, "annotate(List[");
        put_type(p, l->element);
        text_put(p->out, "], ");
    }
    text_put_char(p->out, '[');
    put_items(p, l->items, l->count);
    text_put(p->out, annotate ? "])" : "]");
}

static void put_entries(struct printer *p, const struct dict *d) {
    int64_t position = 0;
    const char *between = "";
    for (struct dict_entry *e; (e = dict_next(d, &position)); between = ", ") {
        text_put(p->out, between);
        put_value(p, e->key);
        text_put(p->out, ": ");
        put_value(p, e->value);
    }
}

static void put_dict(struct printer *p, const struct dict *d) {
    bool annotate = needs_type(p, d->count, d->value_type);
    if (annotate) {
        text_put(p->out, "annotate(Dict[");
        put_type(p, d->key_type);
        text_put(p->out, ", ");
        put_type(p, d->value_type);
        text_put(p->out, "],"); /* no blank: printMaybeAnnotatedDict */
    }
    text_put_char(p->out, '{');
    put_entries(p, d);
    text_put(p->out, annotate ? "})" : "}");
}

static void put_string(struct printer *p, const struct string *s) {
    if (p->constant)
        value_put_quoted(p->out, s->bytes, s->length);
    else
        text_put_bytes(p->out, s->bytes, (size_t)s->length);
}

static void put_float(struct printer *p, double f) {
    if (p->constant)
        value_put_float_constant(p->out, f);
    else
        value_put_float(p->out, f);
}

static void put_complex(struct printer *p, const struct complex_value *c) {
    value_put_float(p->out, c->re);
    text_put_char(p->out, c->im >= 0 ? '+' : '-');
    value_put_float(p->out, fabs(c->im));
    text_put_char(p->out, 'j');
}

static void put_device(struct printer *p, struct device device) {
    if (p->constant) text_put(p->out, "torch.device(\"");
    value_put_device(p->out, device);
    if (p->constant) text_put(p->out, "\")");
}

/* "__torch__.Col.R" as a constant, "Enum<Col.R>" in print: the class's last name only. */
static void put_enum(struct printer *p, const struct enum_value *e) {
    struct text name = {0};
    struct printer sub = {.out = &name, .words = p->words};
    put_type(&sub, e->type);
    const char *last = strrchr(text_get(&name), '.');
    const char *shown = p->constant || !last ? text_get(&name) : last + 1;
    text_printf(p->out, p->constant ? "%s.%s" : "Enum<%s.%s>", shown,
                e->name.tag == VALUE_STRING ? e->name.string->bytes : "?");
    text_free(&name);
}

static void put_object(struct printer *p, const struct object *o) {
    text_put_char(p->out, '<');
    put_type(p, o->type);
    text_printf(p->out, " object at %p>", (const void *)o);
}

static void put_tensor(struct printer *p, const struct tensor *t) {
    if (p->words && p->words->put_tensor)
        p->words->put_tensor(p->out, t);
    else
        text_put(p->out, "<Tensor>");
}

static void put_container(struct printer *p, lb_value v) {
    if (p->depth >= MAX_DEPTH) {
        text_put(p->out, "...");
        p->failed = true;
        return;
    }
    p->depth++;
    if (v.tag == VALUE_LIST)
        put_list(p, v.list);
    else if (v.tag == VALUE_DICT)
        put_dict(p, v.dict);
    else
        put_tuple(p, v.tuple);
    p->depth--;
}

/* What has no constant form. */
static void put_other(struct printer *p, lb_value v) {
    p->failed = true;
    if (p->constant) return;
    if (v.tag == VALUE_TENSOR)
        put_tensor(p, v.tensor);
    else if (v.tag == VALUE_OBJECT)
        put_object(p, v.object);
    else
        text_put(p->out, value_tag_name((enum value_tag)v.tag));
}

static void put_value(struct printer *p, lb_value v) {
    if (p->constant && p->words && p->words->custom && p->words->custom(p->words->context, p->out, v)) return;
    switch (v.tag) {
    case VALUE_NONE: text_put(p->out, "None"); break;
    case VALUE_BOOL: text_put(p->out, v.b ? "True" : "False"); break;
    case VALUE_INT: text_put_int(p->out, v.i); break;
    case VALUE_FLOAT: put_float(p, v.f); break;
    case VALUE_COMPLEX: put_complex(p, v.complex); break;
    case VALUE_STRING: put_string(p, v.string); break;
    case VALUE_DEVICE: put_device(p, v.device); break;
    case VALUE_ENUM: put_enum(p, v.enumeration); break;
    case VALUE_LIST:
    case VALUE_DICT:
    case VALUE_TUPLE: put_container(p, v); break;
    default: put_other(p, v);
    }
}

void value_put(struct text *out, lb_value v, const struct value_words *words) {
    struct printer p = {.out = out, .words = words};
    put_value(&p, v);
}

bool value_put_constant(struct text *out, lb_value v, const struct value_words *words) {
    struct printer p = {.out = out, .words = words, .constant = true};
    put_value(&p, v);
    return !p.failed;
}
