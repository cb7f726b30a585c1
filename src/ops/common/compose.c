/* Operators made of operators; see compose.h. */
#include "ops/common/compose.h"
#include "ops/dispatch.h"
#include "types/type.h"
#include <stdarg.h>
#include <string.h>

enum { MOST_ARGS = 24, MOST_RESULTS = 8 };

static const struct op_row *find_row(const char *text) {
    const char *dot = strchr(text, '.');
    int count;
    const struct op_row *row = ops_find(text, dot ? (size_t)(dot - text) : strlen(text), &count);
    for (int i = 0; i < count; i++)
        if (strcmp(op_overload(&row[i]), dot ? dot + 1 : "") == 0) return &row[i];
    return NULL;
}

static void keep(struct compose *k, lb_value v) {
    if (v.tag == VALUE_NONE) k->failed = true;
    if (k->count < COMPOSE_VALUES)
        k->owned[k->count++] = v;
    else {
        value_release(v);
        k->failed = true;
        refuse(k->c, "too many intermediate values");
    }
}

static lb_value int_list(struct compose *k, int count, const int64_t *ints) {
    lb_value list = value_none();
    struct op_call holder = {.results = &list, .cx = k->c->cx, .err = k->c->err};
    give_ints(&holder, 0, ints, count);
    keep(k, list);
    return list;
}

static lb_value tensor_list(struct compose *k, int count, struct tensor **tensors) {
    lb_value list = value_none();
    struct op_call holder = {.results = &list, .cx = k->c->cx, .err = k->c->err};
    for (int i = 0; i < count; i++) tensor_retain(tensors[i]);
    give_list(&holder, 0, tensors, count);
    keep(k, list);
    return list;
}

static lb_value text_value(struct compose *k, const char *text) {
    lb_value v = value_none();
    value_new_string(&v, text, (int64_t)strlen(text), k->c->err);
    keep(k, v);
    return v;
}

static lb_value read_arg(struct compose *k, char letter, va_list *list) {
    int count;
    struct tensor *t;
    switch (letter) {
    case 't': t = va_arg(*list, struct tensor *); return t ? value_tensor(t) : value_none();
    case 'd': return value_int(va_arg(*list, int));
    case 'i': return value_int(va_arg(*list, int64_t));
    case 'f': return value_float(va_arg(*list, double));
    case 'b': return value_bool(va_arg(*list, int));
    case 'v': return va_arg(*list, lb_value);
    case 's': return text_value(k, va_arg(*list, const char *));
    case 'L': count = va_arg(*list, int); return int_list(k, count, va_arg(*list, const int64_t *));
    case 'T': count = va_arg(*list, int); return tensor_list(k, count, va_arg(*list, struct tensor **));
    default: return value_none();
    }
}

/* How many arguments and results the row's schema has: commas outside brackets. */
static int count_items(const char *at, const char *end) {
    int depth = 0, count = 0;
    bool any = false;
    for (; at < end; at++) {
        depth += (*at == '(' || *at == '[') - (*at == ')' || *at == ']');
        if (*at == ',' && depth == 0) {
            if (strncmp(at + 1, " *,", 3) != 0) count++;
        }
        any |= *at != ' ';
    }
    return count + any;
}

static void count_row(const struct op_row *row, int *args, int *results) {
    const char *schema = op_schema(row), *open = strchr(schema, '('), *arrow = strstr(schema, ") -> ");
    const char *begin = open + 1;
    if (strncmp(begin, "*, ", 3) == 0) begin += 3;
    *args = count_items(begin, arrow);
    const char *out = arrow + 5;
    bool tuple = *out == '(' && out[1] != 'a';
    *results = tuple ? count_items(out + 1, out + strlen(out) - 1) : 1;
}

/* What the operators inside draw their numbers from: the generator that was given to this one, if any. */
static struct run_context *context_of(const struct op_call *c, struct run_context *own) {
    for (int i = 0; i < c->arg_count; i++) {
        if (c->args[i].tag != VALUE_GENERATOR) continue;
        *own = *c->cx;
        own->generator = c->args[i].generator->generator;
        return own;
    }
    return c->cx;
}

static bool run_row(struct compose *k, const struct op_row *row, lb_value *args, int arg_count,
                    int result_count) {
    lb_value results[MOST_RESULTS] = {{0}};
    struct run_context own;
    struct op_call inner = {.args = args,
                            .arg_count = arg_count,
                            .results = results,
                            .result_count = result_count,
                            .row = row,
                            .cx = context_of(k->c, &own),
                            .err = k->c->err};
    if (!op_run(row)) return refuse(k->c, "%s has no kernel yet", op_schema(row));
    bool good = op_dispatch(&inner, op_run(row));
    k->last = k->count;
    k->last_count = result_count;
    for (int i = 0; i < result_count; i++) {
        if (good || results[i].tag != VALUE_NONE) {
            bool failed = k->failed;
            keep(k, results[i]);
            if (results[i].tag == VALUE_NONE) k->failed = failed; /* an optional result */
        }
    }
    return good;
}

struct tensor *compose_run(struct compose *k, const char *text, const char *format, ...) {
    lb_value args[MOST_ARGS] = {{0}};
    int arg_count, result_count;
    if (k->c->err && k->c->err->code) k->failed = true; /* a helper of the kernel's refused */
    if (k->failed) return NULL;
    const struct op_row *row = find_row(text);
    if (!row) {
        k->failed = !refuse(k->c, "there is no operator %s", text);
        return NULL;
    }
    count_row(row, &arg_count, &result_count);
    va_list list;
    va_start(list, format);
    for (int i = 0; format[i] && i < MOST_ARGS; i++) args[i] = read_arg(k, format[i], &list);
    va_end(list);
    k->failed = k->failed || !run_row(k, row, args, arg_count, result_count);
    return k->failed ? NULL : compose_result(k, 0);
}

lb_value compose_value(const struct compose *k) {
    return k->failed || k->last_count == 0 ? value_none() : k->owned[k->last];
}

struct tensor *compose_result(const struct compose *k, int i) {
    if (k->failed || i >= k->last_count) return NULL;
    lb_value v = k->owned[k->last + i];
    return v.tag == VALUE_TENSOR ? v.tensor : NULL;
}

struct tensor *compose_own(struct compose *k, struct tensor *t) {
    if (k->failed) {
        tensor_release(t);
        return NULL;
    }
    keep(k, t ? value_tensor(t) : value_none());
    return k->failed ? NULL : t;
}

bool compose_end(struct compose *k) {
    for (int i = 0; i < k->count; i++) value_release(k->owned[i]);
    k->count = 0;
    return !k->failed;
}

bool compose_give_some(struct compose *k, int count, struct tensor *const *tensors) {
    for (int i = 0; i < count && !k->failed; i++)
        k->c->results[i] = tensors[i] ? value_tensor(tensor_retain(tensors[i])) : value_none();
    return compose_end(k);
}

bool compose_give(struct compose *k, struct tensor *t) {
    if (!t) k->failed = true;
    return compose_give_some(k, 1, &t);
}
