/* Runs a plain Python file with the evaluator of constructions and shows what it printed: that room's test
 * hook.
 *
 *     construct FILE [EXPRESSION]
 *
 * Prints what the file prints, then the repr of EXPRESSION. Returns 1 and prints the error's whole text when
 * something fails. The generator is seeded with 0. */
#include "construct/construct.h"
#include "base/mem.h"
#include "construct/thing.h"
#include "ir/kinds.h"
#include "kernels/kernels.h"
#include "tensor/random.h"
#include <stdio.h>
#include <string.h>

static void print_out(void *context, const char *text, size_t length) {
    (void)context;
    fwrite(text, 1, length, stdout);
}

static char *read_file(const char *path, size_t *length) {
    FILE *in = fopen(path, "rb");
    struct text t = {0};
    char buffer[4096];
    for (size_t n; in && (n = fread(buffer, 1, sizeof buffer, in)) > 0;) text_put_bytes(&t, buffer, n);
    if (in) fclose(in);
    *length = t.length;
    return in ? text_take(&t) : NULL;
}

static bool run(struct unit *unit, struct run_context *cx, const char *path, const char *expression,
                lb_error *err) {
    size_t length;
    char *text = read_file(path, &length);
    const char *slash = strrchr(path, '/');
    struct source *source =
        text ? source_new(&unit->memory, text, length, slash ? slash + 1 : path, 1) : NULL;
    struct evaluator *v = source ? evaluator_new(unit, cx, NULL, NULL, err) : NULL;
    struct file *file = v ? evaluator_run_file(v, source, "model", err) : NULL;
    bool good = file != NULL;
    if (file && expression) {
        char *shown = evaluator_repr(v, file, expression, err);
        good = shown != NULL;
        if (shown) puts(shown);
        mem_free(shown);
    }
    evaluator_free(v);
    mem_free(text);
    return good;
}

int main(int argc, char **argv) {
    if (argc < 2) return fprintf(stderr, "usage: construct FILE [EXPRESSION]\n"), 2;
    lb_error err = {0};
    struct generator generator;
    generator_seed(&generator, 0);
    struct unit *unit = unit_new(kind_texts, KIND_COUNT, &err);
    struct run_context cx = {.kernels = kernels_best(),
                             .generator = &generator,
                             .types = unit ? &unit->types : NULL,
                             .print = print_out};
    bool good = unit && run(unit, &cx, argv[1], argc > 2 ? argv[2] : NULL, &err);
    if (!good) printf("%s\n", err.trace ? err.trace : error_message(&err));
    error_clear(&err);
    if (unit) unit_free(unit);
    return !good;
}
