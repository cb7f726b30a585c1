/* Text with fields: f-strings with conversions and specifications, "...".format(...), "..." % (...). Each
 * field is text by its specification, which is read while compiling; width and precision may be values. */
#include "lang/library.h"
#include "lang/lower.h"
#include <string.h>

/* [[fill]align][sign][#][0][width][group][.precision][kind] */
struct specification {
    char fill, align, sign, kind, group;
    bool alternate;
    struct ir_value *width, *precision; /* NULL: none */
};

/* A specification as its characters, where a 1 stands for the next value. */
struct spelled {
    const char *at;
    struct ir_value *const *values;
};

static bool is_align(char c) {
    return c && strchr("<>=^", c) != NULL;
}

static struct ir_value *spelled_number(struct emitter *e, struct spelled *s, struct source_range at) {
    if (*s->at == 1) return s->at++, *s->values++;
    int64_t n = 0;
    if (*s->at < '0' || *s->at > '9') return NULL;
    for (; *s->at >= '0' && *s->at <= '9' && n < 100000; s->at++) n = n * 10 + (*s->at - '0');
    return emit_int(e, n, at);
}

static bool read_specification(struct emitter *e, struct spelled s, struct source_range at,
                               struct specification *out) {
    const char *whole = s.at;
    *out = (struct specification){.fill = ' ', .sign = '-'};
    if (s.at[0] && is_align(s.at[1])) {
        out->fill = s.at[0];
        out->align = s.at[1];
        s.at += 2;
    } else if (is_align(s.at[0])) {
        out->align = *s.at++;
    }
    if (*s.at && strchr("+- ", *s.at)) out->sign = *s.at++;
    if (*s.at == '#') out->alternate = true, s.at++;
    if (*s.at == '0') {
        if (!out->align) out->fill = '0', out->align = '=';
        s.at++;
    }
    out->width = spelled_number(e, &s, at);
    if (*s.at == ',' || *s.at == '_') out->group = *s.at++;
    if (*s.at == '.') {
        s.at++;
        if (!(out->precision = spelled_number(e, &s, at)))
            return emit_error(e, at, "Format specifier missing precision") != NULL;
    }
    if (*s.at) out->kind = *s.at++;
    return !*s.at || emit_error(e, at, "Invalid format specifier '%s'", whole) != NULL;
}

static struct ir_value *character(struct emitter *e, char c, struct source_range at) {
    return emit_text(e, &c, c ? 1 : 0, at);
}

static bool is_number(const struct type *t) {
    return t->kind == TYPE_INT || t->kind == TYPE_FLOAT || t->kind == TYPE_BOOL;
}

static struct ir_value *number_text(struct emitter *e, struct ir_value *v, const struct specification *s,
                                    struct source_range at) {
    bool as_float = v->type->kind == TYPE_FLOAT || (s->kind && strchr("eEfFgG%", s->kind));
    if (v->type->kind != TYPE_FLOAT && as_float) v = emit_operator(e, "aten::Float", at, &v, 1);
    if (v && v->type->kind == TYPE_BOOL) v = emit_operator(e, "aten::Int", at, &v, 1);
    struct ir_value *values[6] = {v, character(e, s->kind, at)};
    int count = 2;
    if (as_float) values[count++] = s->precision ? s->precision : emit_int(e, -1, at);
    values[count++] = character(e, s->sign, at);
    values[count++] = emit_bool(e, s->alternate, at);
    values[count++] = character(e, s->group, at);
    for (int i = 0; i < count; i++)
        if (!values[i]) return NULL;
    return sugared_value(e, library_call(e, as_float ? "float_format" : "int_format", at, values, count), at);
}

static struct ir_value *cut(struct emitter *e, struct ir_value *text, struct ir_value *length,
                            struct source_range at) {
    struct ir_value *values[4] = {text, emit_int(e, 0, at), length, emit_int(e, 1, at)};
    return text && values[1] && values[3] ? emit_operator(e, "aten::slice", at, values, 4) : NULL;
}

/* The value by its specification. */
static struct ir_value *formatted(struct emitter *e, struct ir_value *v, struct spelled spelled,
                                  struct source_range at) {
    struct specification s;
    if (!read_specification(e, spelled, at, &s)) return NULL;
    bool number = is_number(v->type) && s.kind != 's' && !(v->type->kind == TYPE_BOOL && !s.kind && !s.width);
    struct ir_value *text = number ? number_text(e, v, &s, at) : lower_text(e, v, false, at);
    if (!number && s.precision) text = cut(e, text, s.precision, at);
    if (!text || !s.width) return text;
    char align = s.align ? s.align : number ? '>' : '<';
    struct ir_value *values[4] = {text, character(e, s.fill, at), character(e, align, at), s.width};
    return values[1] && values[2] ? sugared_value(e, library_call(e, "aligned", at, values, 4), at) : NULL;
}

/* ---- f-strings ---- */

/* The parts of a specification: text, and fields that are numbers or text themselves. */
static bool spell(struct emitter *e, const struct tree *t, struct text *out, struct ir_value **values) {
    for (int i = 0, count = 0; i < t->count; i++) {
        const struct tree *part = t->items[i];
        lb_value c;
        if (part->kind == TREE_STRING) {
            text_put_bytes(out, part->text, (size_t)part->length);
            continue;
        }
        struct ir_value *v = emit_expression(e, part->items[0], NULL);
        if (!v) return false;
        if (v->type->kind == TYPE_STRING && emit_is_constant(v, &c) && c.tag == VALUE_STRING)
            text_put(out, c.string->bytes);
        else if (v->type->kind == TYPE_INT && count < 4)
            values[count++] = v, text_put_char(out, 1);
        else
            return emit_error(e, part->range,
                              "inside a format specification only widths and precisions may be values") !=
                   NULL;
    }
    return true;
}

static struct ir_value *field_value(struct emitter *e, const struct tree *t) {
    struct ir_value *class = lower_class_text(e, t);
    return class || e->err->code ? class : emit_expression(e, t, NULL);
}

static struct ir_value *field_text(struct emitter *e, const struct tree *t) {
    struct ir_value *v = field_value(e, t->items[0]), *values[4] = {NULL};
    if (v && t->op) v = lower_text(e, v, t->op != 's', t->range);
    if (!v || !t->items[1]) return v ? lower_text(e, v, false, t->range) : NULL;
    struct text spelled = {0};
    bool good = spell(e, t->items[1], &spelled, values);
    const char *text = good ? arena_text(&e->memory, text_get(&spelled), spelled.length) : NULL;
    text_free(&spelled);
    return text ? formatted(e, v, (struct spelled){text, values}, t->range) : NULL;
}

struct sugared *lower_formatted_string(struct emitter *e, const struct tree *t, int binders,
                                       const struct type *hint) {
    (void)binders;
    (void)hint;
    struct ir_value *all = emit_text(e, "", 0, t->range);
    for (int i = 0; all && i < t->count; i++) {
        const struct tree *part = t->items[i];
        struct ir_value *text = part->kind == TREE_STRING
                                    ? emit_text(e, part->text, part->length, part->range)
                                    : field_text(e, part);
        all = i ? lower_joined(e, all, text, t->range) : text;
    }
    return sugared_simple(e, all);
}

/* ---- "...".format(...) ---- */

struct format_call {
    struct emitter *e;
    const struct sugared_actuals *actuals;
    struct source_range at;
    int next;
};

static struct ir_value *argument(struct format_call *f, const char *name, size_t length) {
    int index = -1, position = 0;
    if (!length) index = f->next++;
    if (length && *name >= '0' && *name <= '9') index = *name - '0';
    for (int i = 0; i < f->actuals->items.count; i++) {
        const struct sugared_actual *a = &f->actuals->items.items[i];
        bool found = a->name ? index < 0 && a->name->length == length && !memcmp(a->name->text, name, length)
                             : position++ == index;
        if (found) return sugared_value(f->e, a->value, a->range);
    }
    return emit_error(f->e, f->at, "Replacement index %.*s out of range for positional args", (int)length,
                      name);
}

/* {name!r:spec}; *at moves behind the closing brace. */
static struct ir_value *format_field(struct format_call *f, const char **at) {
    const char *name = *at + 1;
    size_t length = strcspn(name, "!:}");
    struct ir_value *v = argument(f, name, length);
    const char *rest = name + length;
    if (*rest == '!' && rest[1]) {
        v = v ? lower_text(f->e, v, rest[1] != 's', f->at) : NULL;
        rest += 2;
    }
    size_t spec = *rest == ':' ? strcspn(rest + 1, "}") : 0;
    const char *text = *rest == ':' ? arena_text(&f->e->memory, rest + 1, spec) : NULL;
    rest += *rest == ':' ? spec + 1 : 0;
    if (*rest != '}') return emit_error(f->e, f->at, "expected '}' before end of string");
    *at = rest + 1;
    if (!v) return NULL;
    return text ? formatted(f->e, v, (struct spelled){text, NULL}, f->at) : lower_text(f->e, v, false, f->at);
}

struct sugared *lower_format_call(struct emitter *e, const struct tree *string,
                                  const struct sugared_actuals *actuals, struct source_range at) {
    struct format_call f = {e, actuals, at, 0};
    struct ir_value *all = emit_text(e, "", 0, at);
    const char *s = string->text, *end = s + string->length;
    while (all && s < end) {
        const char *brace = s;
        while (brace < end && *brace != '{' && *brace != '}') brace++;
        bool doubled = brace + 1 < end && brace[1] == *brace;
        const char *stop = doubled ? brace + 1 : brace;
        if (stop > s) all = lower_joined(e, all, emit_text(e, s, stop - s, at), at);
        s = doubled ? brace + 2 : brace;
        if (all && !doubled && s < end) all = lower_joined(e, all, format_field(&f, &s), at);
    }
    return sugared_simple(e, all);
}

/* ---- "..." % values ---- */

/* %[(key)][flags][width][.precision]kind as a specification. */
static const char *percent_specification(struct emitter *e, const char **at, const char *end, char *kind) {
    const char *s = *at;
    struct text out = {0};
    bool left = false, zero = false, plus = false;
    for (; s < end && strchr("-+ #0", *s); s++) left |= *s == '-', zero |= *s == '0', plus |= *s == '+';
    if (left) text_put_char(&out, '<');
    if (plus) text_put_char(&out, '+');
    if (zero && !left) text_put_char(&out, '0');
    const char *from = s;
    while (s < end && ((*s >= '0' && *s <= '9') || *s == '.')) s++;
    text_put_bytes(&out, from, (size_t)(s - from));
    *kind = s < end ? *s++ : 0;
    if (*kind == 'i' || *kind == 'u') *kind = 'd';
    bool text = *kind == 's' || *kind == 'r' || *kind == 'a';
    if (text && out.length && !left) { /* text stands on the right here */
        const char *spelled = arena_printf(&e->memory, ">%s", text_get(&out));
        text_free(&out);
        *at = s;
        return spelled;
    }
    if (!text) text_put_char(&out, *kind);
    const char *spelled = arena_text(&e->memory, text_get(&out), out.length);
    text_free(&out);
    *at = s;
    return spelled;
}

static struct ir_value *percent_field(struct emitter *e, struct ir_value *v, const char *spelled, char kind,
                                      struct source_range at) {
    if (kind == 's' || kind == 'r') v = lower_text(e, v, kind == 'r', at);
    if (v && kind == 'd' && v->type->kind == TYPE_FLOAT) v = emit_operator(e, "aten::Int", at, &v, 1);
    return v ? formatted(e, v, (struct spelled){spelled, NULL}, at) : NULL;
}

struct sugared *lower_percent(struct emitter *e, const struct tree *string, struct ir_value *right,
                              struct source_range at) {
    bool several = right->type->kind == TYPE_TUPLE && !lower_is_caught(right->type);
    struct ir_value *const *values = several ? emit_unpack(e, right) : &right;
    int count = several ? right->type->count : 1, next = 0;
    struct ir_value *all = values ? emit_text(e, "", 0, at) : NULL;
    const char *s = string->text, *end = s + string->length;
    while (all && s < end) {
        const char *percent = memchr(s, '%', (size_t)(end - s));
        if (!percent) percent = end;
        bool doubled = percent + 1 < end && percent[1] == '%';
        const char *stop = doubled ? percent + 1 : percent;
        if (stop > s) all = lower_joined(e, all, emit_text(e, s, stop - s, at), at);
        s = doubled ? percent + 2 : percent < end ? percent + 1 : end;
        if (!all || doubled || percent == end) continue;
        char kind;
        const char *spelled = percent_specification(e, &s, end, &kind);
        if (next == count) return emit_error(e, at, "not enough arguments for format string");
        struct ir_value *text =
            spelled ? percent_field(e, values[next++], spelled, kind, at) : emit_out_of_memory(e);
        all = lower_joined(e, all, text, at);
    }
    if (all && next < count) return emit_error(e, at, "not all arguments converted during string formatting");
    return sugared_simple(e, all);
}
