/* Words of the command line to the arguments of a call. What each word may be is said by `linkboy run
 * --help`. */
#include "inputs.h"
#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void *input_refused(const char *format, ...) {
    va_list args;
    va_start(args, format);
    char *text = tool_vformat(format, args);
    va_end(args);
    output_error("%s", text);
    free(text);
    return NULL;
}

static void add_positional(inputs *to, lb_value *take) {
    to->args = tool_grow(to->args, to->count, sizeof *to->args);
    to->args[to->count++] = take;
}

static void add_named(inputs *to, const char *name, size_t length, lb_value *take) {
    to->named = tool_grow(to->named, to->named_count, sizeof *to->named);
    to->names = tool_grow(to->names, to->named_count, sizeof *to->names);
    to->names[to->named_count] = tool_format("%.*s", (int)length, name);
    to->named[to->named_count++] = take;
}

void inputs_free(inputs *to) {
    for (int i = 0; i < to->count; i++) lb_value_free(to->args[i]);
    for (int i = 0; i < to->named_count; i++) {
        lb_value_free(to->named[i]);
        free(to->names[i]);
    }
    free(to->args);
    free(to->named);
    free(to->names);
}

/* ---- Random tensors: splitmix64 (Steele, Lea, Flood 2014), Box-Muller ---- */

static uint64_t next_random(uint64_t *state) {
    uint64_t z = *state += 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

static double next_uniform(uint64_t *state) {
    return ((double)(next_random(state) >> 11) + 0.5) * 0x1p-53;
}

static double next_normal(uint64_t *state) {
    return sqrt(-2 * log(next_uniform(state))) * cos(2 * M_PI * next_uniform(state));
}

static bool dtype_named(const char *name, lb_dtype *dtype) {
    for (int i = LB_UINT8; i <= LB_BFLOAT16; i++)
        if (lb_dtype_name((lb_dtype)i) && strcmp(lb_dtype_name((lb_dtype)i), name) == 0) {
            *dtype = (lb_dtype)i;
            return true;
        }
    return false;
}

static bool read_sizes(const char *text, int64_t *sizes, int *ndim, int64_t *count, lb_dtype *dtype) {
    *ndim = 0;
    *count = 1;
    while (isdigit((unsigned char)*text) && *ndim < 16) {
        char *end;
        sizes[*ndim] = strtoll(text, &end, 10);
        if (__builtin_mul_overflow(*count, sizes[*ndim], count) || *count > (int64_t)1 << 32) return false;
        ++*ndim;
        text = *end == ',' || *end == 'x' ? end + 1 : end;
    }
    if (*text == ':') return dtype_named(text + 1, dtype);
    return *text == 0;
}

lb_value *random_tensor(const char *shape, uint64_t *state, lb_error *err) {
    int64_t sizes[16], count;
    int ndim;
    lb_dtype dtype = LB_FLOAT32;
    if (!read_sizes(shape, sizes, &ndim, &count, &dtype))
        return input_refused("--random %s: no shape (1,3,8,8 or 2,5:int64)", shape);
    bool whole = dtype <= LB_INT64 || dtype == LB_BOOL8;
    double *data = tool_alloc((size_t)count * sizeof *data);
    for (int64_t i = 0; i < count; i++)
        data[i] = whole ? floor(next_uniform(state) * 10) : next_normal(state);
    lb_value *wide = lb_tensor_from(LB_FLOAT64, ndim, sizes, data, err);
    lb_value *made = wide ? lb_tensor_to(wide, dtype, err) : NULL;
    lb_value_free(wide);
    free(data);
    return made;
}

/* ---- Files ---- */

static bool visit_array(void *user, const char *name, lb_value *take) {
    inputs *to = user;
    if (strncmp(name, "arr_", 4) == 0)
        add_positional(to, take);
    else
        add_named(to, name, strlen(name), take);
    return true;
}

static bool read_npz(inputs *to, const char *path, lb_error *err) {
    size_t length;
    char *bytes = tool_read_file(path, &length);
    bool ok = bytes && npz_read(bytes, length, visit_array, to, err);
    free(bytes);
    return ok;
}

static lb_value *read_npy(const char *path, lb_error *err) {
    size_t length;
    char *bytes = tool_read_file(path, &length);
    lb_value *made = bytes ? npy_read(bytes, length, err) : input_refused("%s: can't be read", path);
    free(bytes);
    return made;
}

/* ---- Words ---- */

static bool is_name(const char *word, const char *equals) {
    if (!equals || equals == word || isdigit((unsigned char)word[0])) return false;
    for (const char *at = word; at < equals; at++)
        if (!isalnum((unsigned char)*at) && *at != '_') return false;
    return true;
}

static lb_value *read_word(const char *word, lb_error *err) {
    if (tool_has_suffix(word, ".npy")) return read_npy(word, err);
    if (access(word, R_OK) == 0) return lb_read_value(word, err);
    if (strchr(word, '/') || tool_has_suffix(word, ".pt")) return input_refused("%s: no such file", word);
    return literal_read(word, err);
}

/* Whether the method's first parameter takes such a value whole: "forward(__torch__.M self, (int, int) p) ->
 * ...". */
static bool first_parameter_is(const lb_module *module, const char *method, lb_kind kind) {
    char *schema = lb_text(module, LB_TEXT_SCHEMA, method, NULL);
    const char *first = schema ? strstr(schema, " self, ") : NULL;
    bool tuple = first && first[7] == '(', dict = first && strncmp(first + 7, "Dict(", 5) == 0;
    lb_text_free(schema);
    return kind == LB_TUPLE ? tuple : dict;
}

static bool spread(inputs *to, lb_value *value, lb_error *err) {
    bool dict = lb_value_kind(value) == LB_DICT;
    for (int64_t i = 0; i < lb_count(value); i++) {
        lb_value *item = lb_item(value, i, err), *key = dict ? lb_dict_key(value, i, err) : NULL;
        const char *name = key ? lb_string_get(key, NULL) : NULL;
        if (item && name)
            add_named(to, name, strlen(name), item);
        else if (item && !dict)
            add_positional(to, item);
        else
            return input_refused("a dict of arguments has strings as keys") != NULL;
        lb_value_free(key);
    }
    return true;
}

/* A single file that holds a tuple or a dict is all arguments, unless the method wants just such a thing. */
static bool add_single_file(inputs *to, const lb_module *module, const char *method, lb_value *take,
                            lb_error *err) {
    lb_kind kind = lb_value_kind(take);
    if ((kind != LB_TUPLE && kind != LB_DICT) || first_parameter_is(module, method, kind)) {
        add_positional(to, take);
        return true;
    }
    bool ok = spread(to, take, err);
    lb_value_free(take);
    return ok;
}

bool inputs_read(inputs *to, const lb_module *module, const char *method, const words *given, int from,
                 int64_t seed, lb_error *err, int *status) {
    uint64_t state = (uint64_t)seed;
    for (int i = from; i < given->count; i++) {
        const char *word = given->items[i], *equals = strchr(word, '=');
        bool named = is_name(word, equals), ok = true;
        if (tool_has_suffix(word, ".npz")) {
            ok = read_npz(to, word, err);
        } else {
            bool random = strcmp(word, INPUTS_RANDOM) == 0;
            lb_value *value = random ? random_tensor(given->items[++i], &state, err)
                                     : read_word(named ? equals + 1 : word, err);
            if (!value)
                ok = false;
            else if (named)
                add_named(to, word, (size_t)(equals - word), value);
            else if (given->count == from + 1 && access(word, R_OK) == 0)
                ok = add_single_file(to, module, method, value, err);
            else
                add_positional(to, value);
        }
        if (ok) continue;
        *status = lb_error_code(err) != LB_OK ? output_library_error(word, err) : TOOL_USAGE;
        return false;
    }
    return true;
}
