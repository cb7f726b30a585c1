/* The operators on numbers, strings, lists and dicts against what PyTorch gave: tests/ops/scalar.txt,
 * recorded by scripts/record_scalar_ops.py, which says what a line looks like. Another table may be named as
 * argument. */
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "ops/call.h"
#include "ops/ops.h"
#include "ops/text/words.h"
#include "types/schema.h"

enum { MAX_ARGS = 8, MAX_LINE = 1 << 16, SHOWN = 60 };

static struct type_store types;
static int failures;

/* --- reading values --- */

static void skip_spaces(const char **at) {
    while (**at == ' ') ++*at;
}

static bool take(const char **at, const char *word) {
    skip_spaces(at);
    if (strncmp(*at, word, strlen(word)) != 0) return false;
    *at += strlen(word);
    return true;
}

static lb_value read_string(const char **at) {
    static char bytes[MAX_LINE];
    int64_t length = 0;
    lb_value v;
    for (; **at != '"'; length++) {
        unsigned byte;
        if (!strncmp(*at, "\\x", 2) && sscanf(*at + 2, "%2x", &byte) == 1) {
            bytes[length] = (char)(unsigned char)byte;
            *at += 4;
        } else {
            bytes[length] = *(*at)++;
        }
    }
    ++*at;
    value_new_string(&v, bytes, length, NULL);
    return v;
}

/* The type before a list's or dict's colon, up to one of the ends. */
static const struct type *read_type(const char **at, const char *ends) {
    int depth = 0;
    const char *begin = *at;
    for (; depth > 0 || !strchr(ends, **at); ++*at) depth += **at == '(' ? 1 : **at == ')' ? -1 : 0;
    const struct type *t = type_parse_graph(&types, begin, (size_t)(*at - begin), NULL);
    ++*at;
    return t;
}

static lb_value read_value(const char **at);

static lb_value read_list(const char **at) {
    lb_value v;
    value_new_list(&v, read_type(at, ":"), 0, NULL);
    while (!take(at, "]")) {
        list_append(v.list, read_value(at), NULL);
        take(at, ",");
    }
    return v;
}

static lb_value read_dict(const char **at) {
    lb_value v;
    const struct type *key = read_type(at, ",");
    value_new_dict(&v, key, read_type(at, ":"), NULL);
    while (!take(at, "}")) {
        lb_value k = read_value(at);
        take(at, ":");
        dict_set(v.dict, k, read_value(at), NULL);
        take(at, ",");
    }
    return v;
}

static lb_value read_tuple(const char **at) {
    lb_value items[MAX_ARGS], v;
    int count = 0;
    while (!take(at, ")")) {
        items[count++] = read_value(at);
        take(at, ",");
    }
    value_new_tuple(&v, NULL, count, NULL);
    memcpy(v.tuple->items, items, (size_t)count * sizeof *items);
    return v;
}

static double read_float(const char **at) {
    char *end;
    double f = strtod(*at, &end);
    *at = end;
    return f;
}

static lb_value read_device(const char **at) {
    lb_value text, result;
    lb_error err = {0};
    size_t length = strcspn(*at, " ,);");
    value_new_string(&text, *at, (int64_t)length, NULL);
    struct op_call call = {.args = &text, .arg_count = 1, .results = &result, .result_count = 1, .err = &err};
    op_run(ops_find_overload("aten::device", ""))(&call);
    value_release(text);
    *at += length;
    return result;
}

static lb_value read_complex(const char **at) {
    lb_value v;
    double re = read_float(at);
    take(at, ":");
    value_new_complex(&v, re, read_float(at), NULL);
    return v;
}

static lb_value read_value(const char **at) {
    if (take(at, "\"")) return read_string(at);
    if (take(at, "[")) return read_list(at);
    if (take(at, "{")) return read_dict(at);
    if (take(at, "(")) return read_tuple(at);
    if (take(at, "f:")) return value_float(read_float(at));
    if (take(at, "c:")) return read_complex(at);
    if (take(at, "d:")) return read_device(at);
    if (take(at, "true")) return value_bool(true);
    if (take(at, "false")) return value_bool(false);
    if (take(at, "none")) return value_none();
    char *end;
    lb_value v = value_int((int64_t)strtoll(*at, &end, 10));
    *at = end;
    return v;
}

/* --- comparing --- */

static bool same_float(double a, double b) {
    if (isnan(a) || isnan(b)) return isnan(a) && isnan(b);
    return a == b && signbit(a) == signbit(b);
}

static bool same(lb_value a, lb_value b);

static bool same_items(const lb_value *a, const lb_value *b, int64_t count) {
    for (int64_t i = 0; i < count; i++)
        if (!same(a[i], b[i])) return false;
    return true;
}

static bool same_dict(const struct dict *a, const struct dict *b) {
    int64_t at_a = 0, at_b = 0;
    if (a->count != b->count || a->key_type != b->key_type || a->value_type != b->value_type) return false;
    for (struct dict_entry *x, *y; (x = dict_next(a, &at_a)) && (y = dict_next(b, &at_b));)
        if (!same(x->key, y->key) || !same(x->value, y->value)) return false;
    return true;
}

/* More exact than equality: signs of zero, NaN, order of entries, types of elements. */
static bool same(lb_value a, lb_value b) {
    if (a.tag != b.tag) return false;
    if (a.tag == VALUE_FLOAT) return same_float(a.f, b.f);
    if (a.tag == VALUE_COMPLEX)
        return same_float(a.complex->re, b.complex->re) && same_float(a.complex->im, b.complex->im);
    if (a.tag == VALUE_LIST)
        return a.list->count == b.list->count && a.list->element == b.list->element &&
               same_items(a.list->items, b.list->items, a.list->count);
    if (a.tag == VALUE_TUPLE)
        return a.tuple->count == b.tuple->count && same_items(a.tuple->items, b.tuple->items, a.tuple->count);
    if (a.tag == VALUE_DICT) return same_dict(a.dict, b.dict);
    return value_equal(a, b, NULL);
}

/* --- one line --- */

struct test_case {
    char name[128], overload[64];
    lb_value args[MAX_ARGS], results[MAX_ARGS];
    const struct op_row *row;
    struct schema *schema;
    int arg_count;
    const char *line, *expected;
};

static void report(const struct test_case *t, const char *what, const char *got) {
    if (failures++ < SHOWN) printf("%s: %s\n    %s\n", what, got, t->line);
}

static bool read_case(struct test_case *t, const char *line) {
    const char *open = strchr(line, '('), *dot = memchr(line, '.', (size_t)(open - line));
    const char *name_end = dot ? dot : open;
    memset(t, 0, sizeof *t);
    t->line = line;
    memcpy(t->name, line, (size_t)(name_end - line));
    if (dot) memcpy(t->overload, dot + 1, (size_t)(open - dot - 1));
    const char *at = open + 1;
    while (!take(&at, ")")) {
        t->args[t->arg_count++] = read_value(&at);
        take(&at, ",");
    }
    skip_spaces(&at);
    t->expected = at;
    t->row = ops_find_overload(t->name, t->overload);
    return t->row != NULL;
}

static void expect_value(struct test_case *t, const char **at, lb_value got, const char *what) {
    lb_value wanted = read_value(at);
    if (!same(got, wanted)) {
        struct text text = {0};
        value_put(&text, got, &op_words);
        report(t, what, text_get(&text));
        text_free(&text);
    }
    value_release(wanted);
}

static void expect_results(struct test_case *t) {
    const char *at = t->expected + 2;
    skip_spaces(&at);
    for (int i = 0; *at && *at != '&'; i++) {
        expect_value(t, &at, t->results[i], "result");
        take(&at, ";");
        skip_spaces(&at);
    }
    if (!take(&at, "&")) return;
    for (int i = 0; i < t->schema->argument_count; i++) {
        if (!t->schema->arguments[i].alias.is_write) continue;
        expect_value(t, &at, t->args[i], "argument after");
        take(&at, ";");
    }
}

/* Newlines of messages stand as \n in the table. */
static void expect_error(struct test_case *t, const char *message) {
    static char escaped[MAX_LINE];
    size_t length = 0;
    for (; *message && length + 3 < sizeof escaped; message++) {
        if (*message == '\n' || *message == '\r') {
            escaped[length++] = '\\';
            escaped[length++] = *message == '\n' ? 'n' : 'r';
        } else {
            escaped[length++] = *message;
        }
    }
    escaped[length] = '\0';
    bool any_will_do = t->expected[1] == '\0' || strstr(t->expected, "INTERNAL ASSERT");
    if (!any_will_do && strcmp(t->expected + 2, escaped) != 0) report(t, "message", escaped);
}

static void run_case(struct test_case *t) {
    lb_error err = {0};
    struct run_context cx = {.types = &types, .grad_enabled = true};
    const struct type *result = t->schema->return_count ? t->schema->returns[0].type : NULL;
    /* Variables are not bound here: the graph would know the pairs' type. */
    if (result && result->has_variables && t->expected[0] == '-') {
        const char *at = t->expected + 2;
        lb_value wanted = (skip_spaces(&at), *at) ? read_value(&at) : value_none();
        result = wanted.tag == VALUE_LIST ? type_list(&types, wanted.list->element) : NULL;
        value_release(wanted);
    }
    struct op_call call = {.args = t->args,
                           .arg_count = t->arg_count,
                           .results = t->results,
                           .result_count = t->schema->return_count,
                           .row = t->row,
                           .result_type = result,
                           .cx = &cx,
                           .err = &err};
    bool good = op_run(t->row)(&call);
    if (good != (err.code == LB_OK)) report(t, "result and error disagree", error_message(&err));
    if (good && t->expected[0] == '!')
        report(t, "should fail", "it did not");
    else if (!good && t->expected[0] != '!')
        report(t, "failed", error_message(&err));
    else if (good)
        expect_results(t);
    else
        expect_error(t, error_message(&err));
    error_clear(&err);
}

static bool test_line(const char *line) {
    struct test_case t;
    lb_error err = {0};
    if (!read_case(&t, line)) {
        report(&t, "no such operator", t.name);
    } else if (op_run(t.row)) {
        t.schema = schema_parse(&types, op_schema(t.row), &err);
        run_case(&t);
    }
    if (t.schema) schema_release_defaults(t.schema);
    for (int i = 0; i < MAX_ARGS; i++) {
        value_release(t.args[i]);
        value_release(t.results[i]);
    }
    return t.row && op_run(t.row);
}

int main(int argc, char **argv) {
    static char line[MAX_LINE];
    struct arena arena = {0};
    struct name_pool names;
    int tested = 0;
    if (!name_pool_init(&names, NULL, 0) || !type_store_init(&types, &arena, &names)) return 1;
    FILE *table = fopen(argc > 1 ? argv[1] : "tests/ops/scalar.txt", "r");
    if (!table) {
        printf("the table cannot be read\n");
        return 1;
    }
    while (fgets(line, sizeof line, table)) {
        line[strcspn(line, "\n")] = '\0';
        if (line[0] && line[0] != '#') tested += test_line(line);
    }
    fclose(table);
    printf("%d calls, %d failures\n", tested, failures);
    type_store_free(&types);
    name_pool_free(&names);
    arena_free(&arena);
    return failures || tested < 1000;
}
