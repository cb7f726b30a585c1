/* verify --dtypes: which dtypes an operator takes. X.io says under "dtypes", by method, which dtypes PyTorch
 * took in the method's first recorded call that gave an output, every tensor of the first tensor's dtype cast
 * to another one. Here the same casts are made, and the call must be answered or refused as it was. */
#include "verify.h"
#include <stdlib.h>
#include <string.h>

static const lb_dtype tried[] = {LB_BOOL8,   LB_UINT8,    LB_INT8,      LB_INT16,
                                 LB_INT32,   LB_INT64,    LB_FLOAT16,   LB_FLOAT32,
                                 LB_FLOAT64, LB_BFLOAT16, LB_COMPLEX64, LB_COMPLEX128};
enum { TRIED = sizeof tried / sizeof tried[0] };

static bool is_plain(const lb_value *value) {
    return lb_value_kind(value) == LB_TENSOR && lb_tensor_layout(value) == LB_STRIDED;
}

/* The dtype of the first tensor in a value, or -1. */
static int first_dtype(const lb_value *value) {
    lb_kind kind = lb_value_kind(value);
    if (kind == LB_TENSOR) return is_plain(value) ? (int)lb_tensor_dtype(value) : -1;
    int found = -1;
    for (int64_t i = 0; (kind == LB_LIST || kind == LB_TUPLE) && found < 0 && i < lb_count(value); i++) {
        lb_value *item = lb_item(value, i, NULL);
        if (item) found = first_dtype(item);
        lb_value_free(item);
    }
    return found;
}

static lb_value *cast(const lb_value *value, int from, lb_dtype to);

static lb_value *cast_items(const lb_value *value, int from, lb_dtype to) {
    int count = (int)lb_count(value);
    lb_value **items = tool_alloc((size_t)(count + 1) * sizeof *items);
    for (int i = 0; i < count; i++) {
        lb_value *item = lb_item(value, i, NULL);
        items[i] = item ? cast(item, from, to) : NULL;
        lb_value_free(item);
    }
    lb_value *made =
        lb_value_kind(value) == LB_LIST ? lb_list_new(items, count, NULL) : lb_tuple_new(items, count, NULL);
    for (int i = 0; i < count; i++) lb_value_free(items[i]);
    free(items);
    return made;
}

static lb_value *cast(const lb_value *value, int from, lb_dtype to) {
    lb_kind kind = lb_value_kind(value);
    if (kind == LB_TENSOR && is_plain(value) && (int)lb_tensor_dtype(value) == from)
        return lb_tensor_to(value, to, NULL);
    if (kind == LB_LIST && first_dtype(value) >= 0) return cast_items(value, from, to);
    return lb_value_copy(value, NULL);
}

/* Whether the library answers: 1, refuses: 0, or cannot say: -1, with the reason. */
static int answers(const lb_module *module, const char *method, const lb_value *args, int64_t seed,
                   char **why) {
    int count = (int)lb_count(args), says = 1;
    lb_value **items = tool_alloc((size_t)(count + 1) * sizeof *items);
    for (int i = 0; i < count; i++) items[i] = lb_item(args, i, NULL);
    lb_error *err = lb_error_new();
    lb_context *context = lb_context_new(NULL, err);
    if (context) lb_context_seed(context, (uint64_t)seed);
    lb_value *out = context ? lb_call(module, method, context, items, count, err) : NULL;
    if (!out) says = error_is_answer(err) ? 0 : -1;
    if (says < 0) *why = tool_format("%s", lb_error_message(err));
    lb_value_free(out);
    lb_context_free(context);
    lb_error_free(err);
    for (int i = 0; i < count; i++) lb_value_free(items[i]);
    free(items);
    return says;
}

static bool holds_word(const char *taken, const char *word) {
    size_t length = strlen(word);
    for (const char *at = taken; (at = strstr(at, word)) != NULL; at += length)
        if ((at == taken || at[-1] == ' ') && (at[length] == 0 || at[length] == ' ')) return true;
    return false;
}

/* NULL, or what differs. */
static char *differing(const lb_module *module, const char *method, const lb_value *args, int64_t seed,
                       const char *taken) {
    int from = first_dtype(args);
    for (int i = 0; from >= 0 && i < TRIED; i++) {
        lb_value *cast_args = cast_items(args, from, tried[i]);
        char *why = NULL;
        int says = cast_args ? answers(module, method, cast_args, seed, &why) : 0;
        const char *name = lb_dtype_name(tried[i]);
        lb_value_free(cast_args);
        if (says < 0 || (says == 1) != holds_word(taken, name)) {
            char *text =
                says < 0
                    ? why
                    : tool_format(says ? "takes %s, PyTorch does not" : "refuses %s, PyTorch takes it", name);
            return text;
        }
    }
    return NULL;
}

static lb_value *first_answered(const lb_value *calls, const char *method) {
    for (int64_t i = 0; i < lb_count(calls); i++) {
        lb_value *recorded = lb_item(calls, i, NULL);
        lb_value *name = recorded ? lb_dict_find(recorded, "method") : NULL;
        lb_value *output = recorded ? lb_dict_find(recorded, "output") : NULL;
        const char *text = name ? lb_string_get(name, NULL) : NULL;
        bool found = output && text && strcmp(text, method) == 0;
        lb_value_free(name);
        lb_value_free(output);
        if (found) return recorded;
        lb_value_free(recorded);
    }
    return NULL;
}

static void check_method(const lb_module *module, const lb_value *calls, const char *method,
                         const char *taken, const verify_options *given, case_result *to) {
    lb_value *recorded = first_answered(calls, method);
    lb_value *args = recorded ? lb_dict_find(recorded, "args") : NULL;
    lb_value *seed = recorded ? lb_dict_find(recorded, "seed") : NULL;
    method_begins(to, method, given->live);
    char *why = args ? differing(module, method, args, seed ? lb_int_get(seed) : 0, taken)
                     : tool_format("no call is recorded");
    method_ends(to, why, given->live);
    if (why) case_failed(to, CHECK_RUN, "%s: %s", method, why);
    free(why);
    lb_value_free(seed);
    lb_value_free(args);
    lb_value_free(recorded);
}

void check_dtypes(const lb_module *module, const lb_value *io, const verify_options *given, case_result *to) {
    lb_value *calls = lb_dict_find(io, "calls"), *taken = lb_dict_find(io, "dtypes");
    for (int64_t i = given->methods_done; calls && taken && i < lb_count(taken); i++) {
        lb_value *key = lb_dict_key(taken, i, NULL), *listed = lb_item(taken, i, NULL);
        const char *method = key ? lb_string_get(key, NULL) : NULL,
                   *text = listed ? lb_string_get(listed, NULL) : NULL;
        if (method && text) check_method(module, calls, method, text, given, to);
        lb_value_free(key);
        lb_value_free(listed);
    }
    lb_value_free(calls);
    lb_value_free(taken);
}
