/* Binary operators and comparisons: numbers, texts, containers as Python has them; tensors through the table
 * of operators; instances through their methods. */
#include "construct/evaluator.h"
#include <complex.h>
#undef complex /* a member of lb_value's has this name */
#include <math.h>
#include <string.h>

struct operands {
    struct thing *a, *b;
    struct source_range at;
    enum tree_operator op;
};

static struct thing *too_large(struct evaluator *v, const struct operands *o) {
    return raise_refusal(v, o->at, "keep integers within 64 bits",
                         "an integer beyond 64 bits is made by '%s' where a module is constructed",
                         tree_operators[o->op].text);
}

static struct thing *divided_by_zero(struct evaluator *v, const struct operands *o) {
    return raise_error(v, o->at, "ZeroDivisionError", "division by zero");
}

/* ---- whole numbers ---- */

static struct thing *whole_power(struct evaluator *v, const struct operands *o, int64_t base,
                                 int64_t exponent) {
    if (exponent < 0) {
        if (!base) return divided_by_zero(v, o);
        return thing_float(v, pow((double)base, (double)exponent));
    }
    int64_t result = 1;
    for (; exponent; exponent >>= 1) {
        if ((exponent & 1) && __builtin_mul_overflow(result, base, &result)) return too_large(v, o);
        if (exponent > 1 && __builtin_mul_overflow(base, base, &base)) return too_large(v, o);
    }
    return thing_int(v, result);
}

/* Rounds down, as Python does. */
static struct thing *whole_division(struct evaluator *v, const struct operands *o, int64_t a, int64_t b) {
    if (!b) return divided_by_zero(v, o);
    if (a == INT64_MIN && b == -1) return o->op == OPERATOR_REMAINDER ? thing_int(v, 0) : too_large(v, o);
    int64_t quotient = a / b, rest = a % b;
    if (rest && (rest < 0) != (b < 0)) {
        quotient--;
        rest += b;
    }
    return thing_int(v, o->op == OPERATOR_REMAINDER ? rest : quotient);
}

static struct thing *shifted(struct evaluator *v, const struct operands *o, int64_t a, int64_t by) {
    if (by < 0) return raise_error(v, o->at, "ValueError", "negative shift count");
    if (o->op == OPERATOR_SHIFT_RIGHT) return thing_int(v, by > 63 ? -(a < 0) : a >> by);
    int64_t result;
    if (!a) return thing_int(v, 0);
    if (by > 62 || __builtin_mul_overflow(a, (int64_t)1 << by, &result)) return too_large(v, o);
    return thing_int(v, result);
}

static struct thing *whole_numbers(struct evaluator *v, const struct operands *o) {
    int64_t a = o->a->value.i, b = o->b->value.i, result;
    bool flags = thing_is(o->a, VALUE_BOOL) && thing_is(o->b, VALUE_BOOL);
    switch (o->op) {
    case OPERATOR_ADD: return __builtin_add_overflow(a, b, &result) ? too_large(v, o) : thing_int(v, result);
    case OPERATOR_SUBTRACT:
        return __builtin_sub_overflow(a, b, &result) ? too_large(v, o) : thing_int(v, result);
    case OPERATOR_MULTIPLY:
        return __builtin_mul_overflow(a, b, &result) ? too_large(v, o) : thing_int(v, result);
    case OPERATOR_DIVIDE: return b ? thing_float(v, (double)a / (double)b) : divided_by_zero(v, o);
    case OPERATOR_FLOOR_DIVIDE:
    case OPERATOR_REMAINDER: return whole_division(v, o, a, b);
    case OPERATOR_POWER: return whole_power(v, o, a, b);
    case OPERATOR_SHIFT_LEFT:
    case OPERATOR_SHIFT_RIGHT: return shifted(v, o, a, b);
    case OPERATOR_BIT_AND: return flags ? thing_bool(v, a & b) : thing_int(v, a & b);
    case OPERATOR_BIT_OR: return flags ? thing_bool(v, a | b) : thing_int(v, a | b);
    case OPERATOR_BIT_XOR: return flags ? thing_bool(v, a ^ b) : thing_int(v, a ^ b);
    default: return NULL;
    }
}

/* ---- floats ---- */

static struct thing *float_division(struct evaluator *v, const struct operands *o, double a, double b) {
    if (b == 0) return divided_by_zero(v, o);
    double rest = fmod(a, b), quotient = (a - rest) / b;
    if (rest != 0 && (b < 0) != (rest < 0)) {
        rest += b;
        quotient -= 1;
    } else if (rest == 0) {
        rest = copysign(0.0, b);
    }
    if (o->op == OPERATOR_REMAINDER) return thing_float(v, rest);
    double down = floor(quotient);
    return thing_float(v, quotient - down > 0.5 ? down + 1 : down);
}

static struct thing *floats(struct evaluator *v, const struct operands *o, double a, double b) {
    switch (o->op) {
    case OPERATOR_ADD: return thing_float(v, a + b);
    case OPERATOR_SUBTRACT: return thing_float(v, a - b);
    case OPERATOR_MULTIPLY: return thing_float(v, a * b);
    case OPERATOR_DIVIDE: return b != 0 ? thing_float(v, a / b) : divided_by_zero(v, o);
    case OPERATOR_FLOOR_DIVIDE:
    case OPERATOR_REMAINDER: return float_division(v, o, a, b);
    case OPERATOR_POWER:
        if (a == 0 && b < 0) return divided_by_zero(v, o);
        if (a < 0 && b != floor(b))
            return raise_refusal(v, o->at, "compute it outside and pass it as an argument",
                                 "a power that is a complex number");
        return thing_float(v, pow(a, b));
    default: return NULL;
    }
}

static bool is_number(const struct thing *t) {
    return thing_is_int(t) || thing_is(t, VALUE_FLOAT);
}
static double as_double(const struct thing *t) {
    return thing_is(t, VALUE_FLOAT) ? t->value.f : (double)t->value.i;
}

/* ---- complex numbers ---- */

static bool as_complex(const struct thing *t, double _Complex *out) {
    bool is = thing_is(t, VALUE_COMPLEX);
    if (!is && !is_number(t)) return false;
    double parts[2] = {is ? t->value.complex->re : as_double(t), is ? t->value.complex->im : 0};
    memcpy(out, parts, sizeof *out); /* clang's headers may lack CMPLX */
    return true;
}

static struct thing *complex_numbers(struct evaluator *v, const struct operands *o) {
    double _Complex a, b, result;
    lb_value value;
    if (!as_complex(o->a, &a) || !as_complex(o->b, &b)) return NULL;
    switch (o->op) {
    case OPERATOR_ADD: result = a + b; break;
    case OPERATOR_SUBTRACT: result = a - b; break;
    case OPERATOR_MULTIPLY: result = a * b; break;
    case OPERATOR_POWER: result = cpow(a, b); break;
    case OPERATOR_DIVIDE:
        if (b == 0) return divided_by_zero(v, o);
        result = a / b;
        break;
    default: return NULL;
    }
    return value_new_complex(&value, creal(result), cimag(result), v->err) ? thing_of(v, value) : NULL;
}

/* ---- texts, lists, tuples ---- */

static struct thing *joined_texts(struct evaluator *v, const struct string *a, const struct string *b) {
    struct text out = {0};
    text_put_bytes(&out, a->bytes, (size_t)a->length);
    text_put_bytes(&out, b->bytes, (size_t)b->length);
    struct thing *result = out.failed ? raise_memory(v) : thing_text(v, text_get(&out), out.length);
    text_free(&out);
    return result;
}

static bool is_row(const struct thing *t) {
    return t->kind == THING_LIST || t->kind == THING_TUPLE;
}

static struct thing *joined_rows(struct evaluator *v, const struct thing *a, const struct thing *b) {
    struct thing *result = thing_list(v, a->items, a->count);
    for (int i = 0; result && i < b->count; i++)
        if (!thing_append(v, result, b->items[i])) return NULL;
    if (result) result->kind = a->kind;
    return result;
}

static struct thing *repeated(struct evaluator *v, const struct operands *o, const struct thing *t,
                              int64_t times) {
    bool text = thing_is_text(t);
    int64_t length = text ? t->value.string->length : t->count, total;
    if (times < 0) times = 0;
    if (__builtin_mul_overflow(length, times, &total) || total > INT32_MAX) return too_large(v, o);
    if (!evaluator_has_room(v, (size_t)total * (text ? 1 : sizeof *t->items))) return NULL;
    struct text out = {0};
    struct thing *result = text ? NULL : thing_list(v, NULL, 0);
    for (int64_t k = 0; length && k < times; k++) {
        if (text) text_put_bytes(&out, t->value.string->bytes, (size_t)length);
        for (int i = 0; !text && i < t->count; i++)
            if (!result || !thing_append(v, result, t->items[i])) return NULL;
    }
    if (text) result = out.failed ? raise_memory(v) : thing_text(v, text_get(&out), out.length);
    if (result && !text) result->kind = t->kind;
    text_free(&out);
    return result;
}

static struct thing *sequences(struct evaluator *v, const struct operands *o) {
    const struct thing *a = o->a, *b = o->b;
    if (o->op == OPERATOR_ADD && thing_is_text(a) && thing_is_text(b))
        return joined_texts(v, a->value.string, b->value.string);
    if (o->op == OPERATOR_ADD && is_row(a) && a->kind == b->kind) return joined_rows(v, a, b);
    if (o->op == OPERATOR_REMAINDER && thing_is_text(a)) return text_percent(v, o->a, o->b, o->at);
    if (o->op != OPERATOR_MULTIPLY) return NULL;
    if ((is_row(a) || thing_is_text(a)) && thing_is_int(b)) return repeated(v, o, a, b->value.i);
    if ((is_row(b) || thing_is_text(b)) && thing_is_int(a)) return repeated(v, o, b, a->value.i);
    return NULL;
}

/* ---- sets and dicts ---- */

static bool put_where(struct evaluator *v, struct thing *out, struct thing *from, struct thing *other,
                      bool inside) {
    int position = 0;
    for (struct thing_entry *e; (e = thing_dict_step(from, &position));) {
        bool found = thing_dict_find(v, other, e->key) != NULL;
        if (v->err->code) return false;
        if (found == inside && !thing_dict_put(v, out, e->key, e->value)) return false;
    }
    return true;
}

static struct thing *set_operation(struct evaluator *v, const struct operands *o) {
    bool sets = o->a->kind == THING_SET && o->b->kind == THING_SET;
    bool dicts = o->a->kind == THING_DICT && o->b->kind == THING_DICT && o->op == OPERATOR_BIT_OR;
    if (!sets && !dicts) return NULL;
    struct thing *out = thing_new(v, o->a->kind), *empty = thing_new(v, THING_SET);
    bool good = out && empty;
    switch (o->op) {
    case OPERATOR_BIT_OR:
        good = good && put_where(v, out, o->a, empty, false) && put_where(v, out, o->b, empty, false);
        break;
    case OPERATOR_BIT_AND: good = good && put_where(v, out, o->a, o->b, true); break;
    case OPERATOR_SUBTRACT: good = good && put_where(v, out, o->a, o->b, false); break;
    case OPERATOR_BIT_XOR:
        good = good && put_where(v, out, o->a, o->b, false) && put_where(v, out, o->b, o->a, false);
        break;
    default: return NULL;
    }
    return good ? out : NULL;
}

/* ---- tensors and instances ---- */

/* 3 - x, 2 / x, 2 ** x: the tensor is on the right. */
static struct thing *reversed_tensor(struct evaluator *v, const struct operands *o) {
    struct thing *swapped[2] = {o->b, o->a}, *plain[2] = {o->a, o->b};
    switch (o->op) {
    case OPERATOR_SUBTRACT: return thing_operate(v, "aten::rsub", o->at, swapped, 2);
    case OPERATOR_DIVIDE: {
        struct thing *inverse = thing_operate(v, "aten::reciprocal", o->at, &swapped[0], 1);
        return inverse ? thing_operate(v, "aten::mul", o->at, (struct thing *[]){inverse, o->a}, 2) : NULL;
    }
    case OPERATOR_LESS: return thing_operate(v, "aten::gt", o->at, swapped, 2);
    case OPERATOR_LESS_EQUAL: return thing_operate(v, "aten::ge", o->at, swapped, 2);
    case OPERATOR_GREATER: return thing_operate(v, "aten::lt", o->at, swapped, 2);
    case OPERATOR_GREATER_EQUAL: return thing_operate(v, "aten::le", o->at, swapped, 2);
    case OPERATOR_POWER:
    case OPERATOR_REMAINDER: return thing_operate(v, tree_operators[o->op].op, o->at, plain, 2);
    case OPERATOR_FLOOR_DIVIDE: return thing_operate(v, "aten::floor_divide", o->at, plain, 2);
    default: return thing_operate(v, tree_operators[o->op].op, o->at, swapped, 2);
    }
}

static struct thing *tensors(struct evaluator *v, const struct operands *o) {
    if (!thing_is_tensor(o->a)) return reversed_tensor(v, o);
    struct thing *args[2] = {o->a, o->b};
    return thing_operate(v, o->op == OPERATOR_FLOOR_DIVIDE ? "aten::floor_divide" : tree_operators[o->op].op,
                         o->at, args, 2);
}

static bool is_not_implemented(const struct thing *t) {
    return t && t->kind == THING_LIBRARY && !strcmp(t->path, "NotImplemented");
}

/* __add__ of the left one, else __radd__ of the right one. NULL without an error: neither has it. */
static struct thing *by_method(struct evaluator *v, const struct operands *o) {
    const char *magic = tree_operators[o->op].magic;
    if (!magic) magic = o->op == OPERATOR_FLOOR_DIVIDE ? "__floordiv__" : "__matmul__";
    struct thing *result = call_special(v, o->a, magic, o->at, (struct thing *[]){o->b}, 1);
    if (v->err->code || (result && !is_not_implemented(result))) return result;
    char reversed[32] = "__r";
    strcpy(reversed + 3, magic + 2);
    result = call_special(v, o->b, reversed, o->at, (struct thing *[]){o->a}, 1);
    return is_not_implemented(result) ? NULL : result;
}

static struct thing *arithmetic(struct evaluator *v, const struct operands *o) {
    if (thing_is_tensor(o->a) || thing_is_tensor(o->b)) return tensors(v, o);
    if (thing_is_int(o->a) && thing_is_int(o->b)) return whole_numbers(v, o);
    if (is_number(o->a) && is_number(o->b)) return floats(v, o, as_double(o->a), as_double(o->b));
    struct thing *result = complex_numbers(v, o);
    if (!result && !v->err->code) result = sequences(v, o);
    if (!result && !v->err->code) result = set_operation(v, o);
    return result || v->err->code ? result : by_method(v, o);
}

/* ---- comparisons ---- */

static int contains_text(struct evaluator *v, const struct operands *o) {
    if (!thing_is_text(o->a)) {
        raise_error(v, o->at, "TypeError", "'in <string>' requires string as left operand, not %s",
                    thing_type_name(o->a));
        return -1;
    }
    const struct string *part = o->a->value.string, *whole = o->b->value.string;
    for (int64_t i = 0; i + part->length <= whole->length; i++)
        if (!memcmp(whole->bytes + i, part->bytes, (size_t)part->length)) return 1;
    return 0;
}

static int contains_item(struct evaluator *v, const struct operands *o) {
    struct thing *items = thing_items(v, o->b, o->at);
    for (int i = 0; items && i < items->count; i++) {
        int equal = thing_same(items->items[i], o->a) ? 1 : thing_equal(v, items->items[i], o->a);
        if (equal) return equal;
    }
    return items ? 0 : -1;
}

static int contains(struct evaluator *v, const struct operands *o) {
    if (thing_is_text(o->b)) return contains_text(v, o);
    if (o->b->kind == THING_DICT || o->b->kind == THING_SET) {
        bool found = thing_dict_find(v, o->b, o->a) != NULL;
        return v->err->code ? -1 : found;
    }
    struct thing *given = call_special(v, o->b, "__contains__", o->at, (struct thing *[]){o->a}, 1);
    if (given) return thing_true(v, given);
    return v->err->code ? -1 : contains_item(v, o);
}

static int ordered(struct evaluator *v, const struct operands *o) {
    int order;
    if (!thing_order(v, o->a, o->b, &order)) return -1;
    switch (o->op) {
    case OPERATOR_LESS: return order < 0;
    case OPERATOR_LESS_EQUAL: return order < 1;
    case OPERATOR_GREATER: return order == 1;
    default: return order == 0 || order == 1;
    }
}

/* Subsets. */
static int order_sets(struct evaluator *v, const struct operands *o) {
    bool above = o->op == OPERATOR_GREATER || o->op == OPERATOR_GREATER_EQUAL;
    bool strict = o->op == OPERATOR_GREATER || o->op == OPERATOR_LESS;
    struct thing *part = above ? o->b : o->a, *whole = above ? o->a : o->b;
    if (strict && part->dict.count == whole->dict.count) return 0;
    int position = 0;
    for (struct thing_entry *e; (e = thing_dict_step(part, &position));)
        if (!thing_dict_find(v, whole, e->key)) return v->err->code ? -1 : 0;
    return 1;
}

/* __le__ and its like of an instance. */
static int ordered_by_method(struct evaluator *v, const struct operands *o) {
    struct thing *given = by_method(v, o);
    if (given) return thing_true(v, given);
    return v->err->code ? -1 : ordered(v, o);
}

static int truth_of(struct evaluator *v, const struct operands *o) {
    switch (o->op) {
    case OPERATOR_IS: return thing_same(o->a, o->b);
    case OPERATOR_IS_NOT: return !thing_same(o->a, o->b);
    case OPERATOR_IN: return contains(v, o);
    case OPERATOR_EQUAL: return thing_equal(v, o->a, o->b);
    case OPERATOR_NOT_EQUAL: {
        int equal = thing_equal(v, o->a, o->b);
        return equal < 0 ? -1 : !equal;
    }
    default: break;
    }
    if (o->a->kind == THING_INSTANCE) return ordered_by_method(v, o);
    return o->a->kind == THING_SET && o->b->kind == THING_SET ? order_sets(v, o) : ordered(v, o);
}

static bool is_comparison(enum tree_operator op) {
    return op >= OPERATOR_EQUAL && op <= OPERATOR_IN;
}

struct thing *evaluate_binary(struct evaluator *v, enum tree_operator op, struct thing *a, struct thing *b,
                              struct source_range at) {
    struct operands o = {a, b, at, op};
    if (!a || !b) return NULL;
    bool elementwise = (thing_is_tensor(a) || thing_is_tensor(b)) && op < OPERATOR_IS;
    bool none = op <= OPERATOR_NOT_EQUAL && op >= OPERATOR_EQUAL && (thing_is_none(a) || thing_is_none(b));
    if (is_comparison(op) && (!elementwise || none)) {
        int yes = truth_of(v, &o);
        return yes < 0 ? raise_at(v, at) : thing_bool(v, yes);
    }
    struct thing *result = is_comparison(op) ? tensors(v, &o) : arithmetic(v, &o);
    if (result || v->err->code) return result ? result : raise_at(v, at);
    return raise_error(v, at, "TypeError", "unsupported operand type(s) for %s: '%s' and '%s'",
                       tree_operators[op].text, thing_type_name(a), thing_type_name(b));
}
