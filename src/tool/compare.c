/* Whether a computed value is the recorded one. Numbers by torch.testing.assert_close's rule, |found -
 * expected| <= atol + rtol * |expected|, with its default tolerances by dtype; NaN equals NaN; integers,
 * flags and strings are equal. */
#include "verify.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

static tolerance tolerance_of(lb_dtype dtype, const tolerance *given) {
    static const tolerance table[] = {
        [LB_FLOAT16] = {1e-3, 1e-5, false},    [LB_BFLOAT16] = {1.6e-2, 1e-5, false},
        [LB_FLOAT32] = {1.3e-6, 1e-5, false},  [LB_FLOAT64] = {1e-7, 1e-7, false},
        [LB_COMPLEX32] = {1e-3, 1e-5, false},  [LB_COMPLEX64] = {1.3e-6, 1e-5, false},
        [LB_COMPLEX128] = {1e-7, 1e-7, false}, [LB_QUINT8] = {1.3e-6, 1e-5, false},
        [LB_QINT8] = {1.3e-6, 1e-5, false},    [LB_QINT32] = {1.3e-6, 1e-5, false},
    };
    if (given && given->given) return *given;
    return (size_t)dtype < sizeof table / sizeof table[0] ? table[dtype] : (tolerance){0};
}

static bool close_numbers(double expected, double found, tolerance t) {
    if (isnan(expected) || isnan(found)) return isnan(expected) && isnan(found);
    if (expected == found) return true;
    return isfinite(expected) && isfinite(found) &&
           fabs(found - expected) <= t.atol + t.rtol * fabs(expected);
}

static bool close_complex(const double *expected, const double *found, tolerance t) {
    if (isfinite(expected[0]) && isfinite(expected[1]) && isfinite(found[0]) && isfinite(found[1]))
        return hypot(found[0] - expected[0], found[1] - expected[1]) <=
               t.atol + t.rtol * hypot(expected[0], expected[1]);
    return close_numbers(expected[0], found[0], t) && close_numbers(expected[1], found[1], t);
}

/* ---- Tensors ---- */

static char *shape_text(const lb_value *tensor) {
    char *text = tool_format("[");
    for (int d = 0; d < lb_tensor_ndim(tensor); d++) {
        char *longer = tool_format("%s%s%lld", text, d ? ", " : "", (long long)lb_tensor_sizes(tensor)[d]);
        free(text);
        text = longer;
    }
    char *closed = tool_format("%s %s]", lb_dtype_name(lb_tensor_dtype(tensor)), text);
    free(text);
    return closed;
}

static bool same_form(const lb_value *a, const lb_value *b) {
    int ndim = lb_tensor_ndim(a);
    return lb_tensor_dtype(a) == lb_tensor_dtype(b) && lb_tensor_layout(a) == lb_tensor_layout(b) &&
           ndim == lb_tensor_ndim(b) &&
           (ndim == 0 || memcmp(lb_tensor_sizes(a), lb_tensor_sizes(b), (size_t)ndim * sizeof(int64_t)) == 0);
}

static lb_dtype wide_dtype(lb_dtype dtype) {
    if (dtype == LB_COMPLEX32 || dtype == LB_COMPLEX64 || dtype == LB_COMPLEX128) return LB_COMPLEX128;
    return dtype <= LB_INT64 || dtype == LB_BOOL8 ? LB_INT64 : LB_FLOAT64;
}

typedef struct pair {
    const void *expected, *found;
    lb_dtype wide;
    tolerance within;
} pair;

static bool same_element(const pair *p, int64_t i) {
    if (p->wide == LB_INT64) return ((const int64_t *)p->expected)[i] == ((const int64_t *)p->found)[i];
    const double *e = p->expected, *f = p->found;
    return p->wide == LB_COMPLEX128 ? close_complex(e + 2 * i, f + 2 * i, p->within)
                                    : close_numbers(e[i], f[i], p->within);
}

static char *first_difference(const pair *p, int64_t numel) {
    int64_t wrong = 0, first = -1;
    for (int64_t i = 0; i < numel; i++) {
        if (same_element(p, i)) continue;
        if (first < 0) first = i;
        wrong++;
    }
    if (wrong == 0) return NULL;
    bool whole = p->wide == LB_INT64;
    int64_t at = p->wide == LB_COMPLEX128 ? 2 * first : first;
    double e = whole ? (double)((const int64_t *)p->expected)[at] : ((const double *)p->expected)[at];
    double f = whole ? (double)((const int64_t *)p->found)[at] : ((const double *)p->found)[at];
    return tool_format("%lld of %lld elements differ, first at %lld: expected %.9g, found %.9g",
                       (long long)wrong, (long long)numel, (long long)first, e, f);
}

static char *compare_tensors(const lb_value *expected, const lb_value *found, const tolerance *within);

/* Sparse and nested tensors are the same when their parts are. */
static char *compare_parts(const lb_value *expected, const lb_value *found, const tolerance *within) {
    char *why = NULL;
    bool more = true;
    for (int i = 0; more && !why; i++) {
        lb_value *e = lb_tensor_part(expected, i, NULL), *f = lb_tensor_part(found, i, NULL);
        more = e && f;
        if (more) why = compare_tensors(e, f, within);
        if (why) {
            char *longer = tool_format("part %d: %s", i, why);
            free(why);
            why = longer;
        }
        lb_value_free(e);
        lb_value_free(f);
    }
    return why;
}

static char *compare_tensors(const lb_value *expected, const lb_value *found, const tolerance *within) {
    if (!same_form(expected, found)) {
        char *e = shape_text(expected), *f = shape_text(found);
        char *why = tool_format("expected %s, found %s", e, f);
        free(e);
        free(f);
        return why;
    }
    if (lb_tensor_layout(expected) != LB_STRIDED) return compare_parts(expected, found, within);
    lb_dtype dtype = lb_tensor_dtype(expected), wide = wide_dtype(dtype);
    lb_value *e = lb_tensor_to(expected, wide, NULL), *f = lb_tensor_to(found, wide, NULL);
    char *why = NULL;
    if (!e || !f)
        why = tool_format("a tensor can't be read");
    else {
        pair both = {lb_tensor_data(e), lb_tensor_data(f), wide, tolerance_of(dtype, within)};
        why = first_difference(&both, lb_tensor_numel(e));
    }
    lb_value_free(e);
    lb_value_free(f);
    return why;
}

/* ---- Everything else ---- */

static char *put_before(const char *where, int64_t index, char *take_why) {
    if (!take_why) return NULL;
    char *text = tool_format("%s %lld: %s", where, (long long)index, take_why);
    free(take_why);
    return text;
}

static char *compare_items(const lb_value *expected, const lb_value *found, const tolerance *within) {
    int64_t count = lb_count(expected);
    bool dict = lb_value_kind(expected) == LB_DICT;
    if (count != lb_count(found))
        return tool_format("expected %lld items, found %lld", (long long)count, (long long)lb_count(found));
    char *why = NULL;
    for (int64_t i = 0; i < count && !why; i++) {
        lb_value *e = lb_item(expected, i, NULL), *f = lb_item(found, i, NULL);
        if (dict) {
            lb_value *ek = lb_dict_key(expected, i, NULL), *fk = lb_dict_key(found, i, NULL);
            why = put_before("key", i, compare_values(ek, fk, within));
            lb_value_free(ek);
            lb_value_free(fk);
        }
        if (!why) why = put_before("item", i, compare_values(e, f, within));
        lb_value_free(e);
        lb_value_free(f);
    }
    return why;
}

static char *compare_scalars(const lb_value *expected, const lb_value *found, bool same) {
    if (same) return NULL;
    char *e = lb_value_text(expected, NULL), *f = lb_value_text(found, NULL);
    char *why = tool_format("expected %s, found %s", e ? e : "?", f ? f : "?");
    lb_text_free(e);
    lb_text_free(f);
    return why;
}

static bool same_strings(const lb_value *a, const lb_value *b) {
    size_t n = 0, m = 0;
    const char *x = lb_string_get(a, &n), *y = lb_string_get(b, &m);
    return x && y && n == m && memcmp(x, y, n) == 0;
}

static bool same_complexes(const lb_value *a, const lb_value *b, const tolerance *within) {
    double x[2], y[2];
    lb_complex_get(a, &x[0], &x[1]);
    lb_complex_get(b, &y[0], &y[1]);
    return close_complex(x, y, tolerance_of(LB_COMPLEX128, within));
}

static bool is_sequence(lb_kind kind) {
    return kind == LB_LIST || kind == LB_TUPLE || kind == LB_DICT;
}

char *compare_values(const lb_value *expected, const lb_value *found, const tolerance *within) {
    if (!expected || !found) return tool_format("a value can't be read");
    lb_kind kind = lb_value_kind(expected);
    if (kind != lb_value_kind(found)) return compare_scalars(expected, found, false);
    if (is_sequence(kind)) return compare_items(expected, found, within);
    switch (kind) {
    case LB_TENSOR: return compare_tensors(expected, found, within);
    case LB_NONE: return NULL;
    case LB_BOOL: return compare_scalars(expected, found, lb_bool_get(expected) == lb_bool_get(found));
    case LB_INT: return compare_scalars(expected, found, lb_int_get(expected) == lb_int_get(found));
    case LB_FLOAT:
        return compare_scalars(
            expected, found,
            close_numbers(lb_float_get(expected), lb_float_get(found), tolerance_of(LB_FLOAT64, within)));
    case LB_COMPLEX: return compare_scalars(expected, found, same_complexes(expected, found, within));
    case LB_STRING: return compare_scalars(expected, found, same_strings(expected, found));
    default: return tool_format("a recorded value of no known kind");
    }
}

/* ---- The recorded form of a value ---- */

static lb_value *plain_dict(const lb_value *value, lb_error *err) {
    lb_value *made = lb_dict_new(err);
    bool ok = made != NULL;
    for (int64_t i = 0; ok && i < lb_count(value); i++) {
        lb_value *key = lb_dict_key(value, i, err), *item = lb_item(value, i, err);
        lb_value *plain_key = key ? plain_value(key, err) : NULL,
                 *plain_item = item ? plain_value(item, err) : NULL;
        ok = plain_key && plain_item && lb_dict_set(made, plain_key, plain_item, err);
        lb_value_free(plain_key);
        lb_value_free(plain_item);
        lb_value_free(key);
        lb_value_free(item);
    }
    if (ok) return made;
    lb_value_free(made);
    return NULL;
}

static lb_value *plain_items(const lb_value *value, lb_error *err) {
    int64_t count = lb_count(value), done = 0;
    lb_value **items = tool_alloc((size_t)count * sizeof *items), *made = NULL;
    for (; done < count; done++) {
        lb_value *item = lb_item(value, done, err);
        items[done] = item ? plain_value(item, err) : NULL;
        lb_value_free(item);
        if (!items[done]) break;
    }
    if (done == count)
        made = lb_value_kind(value) == LB_LIST ? lb_list_new(items, count, err)
                                               : lb_tuple_new(items, count, err);
    for (int64_t i = 0; i < done; i++) lb_value_free(items[i]);
    free(items);
    return made;
}

lb_value *plain_value(const lb_value *value, lb_error *err) {
    switch (lb_value_kind(value)) {
    case LB_DICT: return plain_dict(value, err);
    case LB_LIST:
    case LB_TUPLE: return plain_items(value, err);
    case LB_DEVICE: {
        char *text = lb_value_text(value, err);
        lb_value *made = text ? lb_string_new(text, strlen(text), err) : NULL;
        lb_text_free(text);
        return made;
    }
    case LB_OBJECT:
    case LB_ENUM:
    case LB_OTHER: return lb_none_new(err);
    default: return lb_value_copy(value, err);
    }
}
