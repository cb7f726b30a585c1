/* Every allocation may fail: loads, shows, runs and saves small archives while the 1st, 2nd, 3rd, ...
 * allocation fails, until the whole goes through. Each time the library must say so (or do without), and lose
 * nothing. Needs a build with LINKBOY_TEST_ALLOC (the asan preset); without it there is nothing to test, and
 * the status is 77. */
#include "linkboy.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifndef LINKBOY_TEST_ALLOC
int main(void) {
    return 77;
}
#else
#include "base/mem.h"

static const char *const cases[] = {
    "arith_bits",
    "flow_early_return",
    "flow_raised",
    "flow_nested_loops",
    "classes_throughinterface",
    "classes_forked",
    "classes_enums",
    "classes_uses_class",
    "data_named_tuple",
    "data_union_of_three",
    "data_comprehension",
    "text_formats",
    "text_prints",
    "tensors_fancy_indexing",
    "tensors_promotion",
    "layers_conv2d",
    "layers_lstm",
    "layers_attention",
    "networks_perceptron",
    "networks_transformer_traced",
    "saves_states",
    "saves_values",
    "saves_packed",
};
enum { MOST = 200000 };

/* The first call of an .io file, on a fresh module; whatever fails, fails. */
static void first_call(lb_module *module, const char *io, lb_error *err) {
    lb_value *file = lb_read_value(io, err);
    lb_value *calls = file ? lb_dict_find(file, "calls") : NULL;
    lb_value *call = calls && lb_count(calls) ? lb_item(calls, 0, err) : NULL;
    lb_value *given = call ? lb_dict_find(call, "args") : NULL,
             *method = call ? lb_dict_find(call, "method") : NULL;
    lb_value *args[16] = {NULL};
    int count = given ? (int)lb_count(given) : 0;
    bool whole = given && method && count <= 16;
    for (int i = 0; whole && i < count; i++) whole = (args[i] = lb_item(given, i, err)) != NULL;
    lb_value *result = whole ? lb_call(module, lb_string_get(method, NULL), NULL, args, count, err) : NULL;
    for (int i = 0; i < 16; i++) lb_value_free(args[i]);
    lb_value_free(result);
    lb_value_free(method);
    lb_value_free(given);
    lb_value_free(call);
    lb_value_free(calls);
    lb_value_free(file);
}

static void show(lb_module *module, lb_error *err) {
    for (int kind = LB_TEXT_CODE; kind <= LB_TEXT_BYTECODE; kind++)
        lb_text_free(lb_text(module, (lb_text_kind)kind, "forward", err));
    lb_text_free(lb_repr(module, err));
    lb_text_free(lb_info_json(module, err));
}

/* To memory, and to a file that takes everything. */
static void save(lb_module *module, lb_error *err) {
    void *bytes = NULL;
    size_t length;
    const char *const names[] = {"extra"};
    const void *const texts[] = {"text"};
    const size_t lengths[] = {4};
    lb_save_options options = {.size = sizeof options,
                               .extra_names = names,
                               .extra_bytes = texts,
                               .extra_lengths = lengths,
                               .extra_count = 1};
    if (lb_module_save_memory(module, &options, &bytes, &length, err)) lb_bytes_free(bytes);
    lb_module_save(module, "/dev/null", NULL, err);
    lb_value *state = lb_state_dict(module, err);
    if (state && lb_write_value_memory(state, &bytes, &length, err)) {
        lb_value_free(lb_read_value_memory(bytes, length, err));
        lb_bytes_free(bytes);
    }
    if (state) lb_load_state_dict(module, state, true, err);
    lb_value_free(state);
}

static void whole_way(const char *stem) {
    char pt[512], io[512];
    snprintf(pt, sizeof pt, "%s.pt", stem);
    snprintf(io, sizeof io, "%s.io", stem);
    lb_error *err = lb_error_new();
    lb_module *module = err ? lb_load(pt, NULL, err) : NULL;
    if (module) {
        show(module, err);
        first_call(module, io, err);
        save(module, err);
    }
    lb_module_free(module);
    lb_error_free(err);
}

/* Failing one allocation alone, and all from there on. Each of the first fifty, then about every fiftieth
 * part. */
static bool survives(const char *stem, bool sticky) {
    for (int64_t nth = 1; nth < MOST; nth += 1 + nth / 50) {
        int64_t before = mem_live();
        mem_fail_at(nth, sticky);
        whole_way(stem);
        bool reached = mem_failed();
        mem_fail_at(0, false);
        if (mem_live() != before) {
            printf("%s: allocation %lld failed and %lld were lost\n", stem, (long long)nth,
                   (long long)(mem_live() - before));
            return false;
        }
        if (!reached) return nth > 100; /* fewer would mean that nothing was loaded */
    }
    return false;
}

int main(int count, char **args) {
    const char *folder = count > 1 ? args[1] : "tests/cases";
    int passed = 0, failed = 0;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char stem[400];
        snprintf(stem, sizeof stem, "%s/%s", folder, cases[i]);
        for (int sticky = 0; sticky < 2; sticky++) {
            bool good = survives(stem, sticky);
            passed += good;
            failed += !good;
        }
    }
    printf("%d passed, %d failed\n", passed, failed);
    return failed != 0;
}
#endif
