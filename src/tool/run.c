/* run: calls a method with inputs from the command line and shows or writes its result. */
#include "commands.h"
#include "inputs.h"
#include <stdlib.h>
#include <string.h>

typedef struct run_options {
    const char *method, *output;
    int64_t seed, threads;
    bool json;
} run_options;

static void print_to(void *user, const char *text, size_t length) {
    fwrite(text, 1, length, user);
}

static lb_context *make_context(const run_options *given, lb_error *err) {
    lb_context_options options = {.size = sizeof options,
                                  .threads = (int)given->threads,
                                  .print = print_to,
                                  .warn = NULL,
                                  .user = stdout};
    lb_context *context = lb_context_new(&options, err);
    if (context) lb_context_seed(context, (uint64_t)given->seed);
    return context;
}

static bool show(const lb_value *result, const run_options *given, lb_error *err) {
    if (given->output)
        return tool_has_suffix(given->output, ".npy") && lb_value_kind(result) == LB_TENSOR
                   ? npy_write(given->output, result, err)
                   : lb_write_value(given->output, result, err);
    if (given->json) {
        bool ok = output_json_value(stdout, result, err);
        fputc('\n', stdout);
        return ok;
    }
    char *text = lb_value_text(result, err);
    if (text) puts(text);
    lb_text_free(text);
    return text != NULL;
}

static int call_method(const lb_module *module, const run_options *given, const inputs *in, lb_error *err) {
    lb_context *context = make_context(given, err);
    lb_value *result = context
                           ? lb_call_named(module, given->method, context, in->args, in->count,
                                           (const char *const *)in->names, in->named, in->named_count, err)
                           : NULL;
    fflush(stdout);
    bool ok = result && show(result, given, err);
    int status = ok ? TOOL_OK : lb_error_code(err) == LB_OK ? TOOL_FAILED : output_library_error(NULL, err);
    lb_value_free(result);
    lb_context_free(context);
    return status;
}

int command_run(const tool_command *self, int argc, char **argv) {
    run_options given = {.method = "forward", .threads = 1};
    const option table[] = {
        {OPTION_TEXT, 'm', "method", &given.method, "METHOD", "call this method (forward)"},
        {OPTION_TEXT, 'o', "output", &given.output, "FILE", "write the result there"},
        {OPTION_REST, 0, "random", (void *)INPUTS_RANDOM, "SHAPE", "an input of random numbers"},
        {OPTION_INTEGER, 0, "seed", &given.seed, "N", "seed of --random and of the program (0)"},
        {OPTION_INTEGER, 't', "threads", &given.threads, "N", "threads inside operators and for fork (1)"},
        {OPTION_FLAG, 0, "json", &given.json, NULL, "print the result as JSON"},
        {.kind = OPTION_END},
    };
    words rest = {0};
    int status;
    if (!options_read(self, table, argc, argv, &rest, &status)) return status;
    if (rest.count < 1) return words_refused(self, &rest, "an archive is wanted");
    lb_error *err = lb_error_new();
    lb_module *module = tool_load(rest.items[0], err, &status);
    inputs in = {0};
    if (module && inputs_read(&in, module, given.method, &rest, 1, given.seed, err, &status))
        status = call_method(module, &given, &in, err);
    inputs_free(&in);
    lb_module_free(module);
    lb_error_free(err);
    free(rest.items);
    return status;
}
