/* What kernels of small operators have in common: results of every plain kind, refusals, conversions of
 * numbers.
 *
 * PyTorch's operators cast floats to integers as its CPU does; in C that is undefined outside the range, so
 * every such cast of the scalar families goes through the functions here. */
#ifndef LINKBOY_OPS_COMMON_GIVE_H
#define LINKBOY_OPS_COMMON_GIVE_H
#include "base/text.h"
#include "ops/common/args.h"

static inline bool give_int(struct op_call *c, int64_t i) {
    return give(c, value_int(i));
}
static inline bool give_float(struct op_call *c, double f) {
    return give(c, value_float(f));
}
static inline bool give_bool(struct op_call *c, bool b) {
    return give(c, value_bool(b));
}
static inline bool give_complex(struct op_call *c, double re, double im) {
    return value_new_complex(&c->results[0], re, im, c->err);
}
static inline bool give_string(struct op_call *c, const char *bytes, int64_t length) {
    return value_new_string(&c->results[0], bytes, length, c->err);
}
/* A new reference to an argument, or to something inside one. */
static inline bool give_copy(struct op_call *c, lb_value v) {
    return give(c, value_copy(v));
}
/* Takes the text over, whatever happens. */
static inline bool give_text(struct op_call *c, struct text *t) {
    bool good = t->failed ? error_memory(c->err) : give_string(c, text_get(t), (int64_t)t->length);
    text_free(t);
    return good;
}

static inline const struct string *arg_string(const struct op_call *c, int i) {
    return c->args[i].string;
}
static inline struct dict *arg_dict(const struct op_call *c, int i) {
    return c->args[i].dict;
}

/* As x86 converts: what does not fit, and NaN, is the smallest integer. */
static inline int64_t int_of_float(double f) {
    return f >= -0x1p63 && f < 0x1p63 ? (int64_t)f : INT64_MIN;
}
static inline int32_t int32_of_float(double f) {
    return f > -0x1p31 - 1 && f < 0x1p31 ? (int32_t)f : INT32_MIN;
}
/* An int, float or bool as a double. */
static inline double number_as_float(lb_value v) {
    return v.tag == VALUE_FLOAT ? v.f : (double)v.i;
}

/* What operators wrap instead of overflowing. */
static inline int64_t wrap_add(int64_t a, int64_t b) {
    return (int64_t)((uint64_t)a + (uint64_t)b);
}
static inline int64_t wrap_subtract(int64_t a, int64_t b) {
    return (int64_t)((uint64_t)a - (uint64_t)b);
}
static inline int64_t wrap_multiply(int64_t a, int64_t b) {
    return (int64_t)((uint64_t)a * (uint64_t)b);
}
static inline int64_t wrap_negate(int64_t a) {
    return (int64_t)(0 - (uint64_t)a);
}

#endif
