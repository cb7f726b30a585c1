/* bench: how long a method takes, what memory the process needed, where the time went.
 * The first call is kept apart; then calls are made until --seconds are over (at least ten), or --calls of
 * them. */
#include "commands.h"
#include "inputs.h"
#include "json.h"
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

typedef struct bench_options {
    const char *method, *inputs, *instruction_set;
    int64_t seed, threads, seconds, calls;
    bool json;
} bench_options;

typedef struct bench_result {
    double *ms; /* sorted, without the first call */
    int count;
    double first, load;
    long rss_kb;
    char *profile;
} bench_result;

static int by_size(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double percentile(const bench_result *r, double share) {
    if (r->count == 0) return r->first;
    int at = (int)(share * r->count);
    return r->ms[at < r->count ? at : r->count - 1];
}

static bool one_call(const lb_module *module, lb_context *context, const bench_options *given,
                     const inputs *in, double *ms, lb_error *err) {
    int64_t start = tool_now_ns();
    lb_value *out = lb_call_named(module, given->method, context, in->args, in->count,
                                  (const char *const *)in->names, in->named, in->named_count, err);
    *ms = (double)(tool_now_ns() - start) * 1e-6;
    lb_value_free(out);
    return out != NULL;
}

static bool time_calls(const lb_module *module, lb_context *context, const bench_options *given,
                       const inputs *in, bench_result *to, lb_error *err) {
    enum { LEAST = 10 };
    if (!one_call(module, context, given, in, &to->first, err)) return false;
    int64_t start = tool_now_ns(), span = given->seconds * 1000000000;
    while (given->calls > 0 ? to->count < given->calls - 1
                            : to->count < LEAST || tool_now_ns() - start < span) {
        double ms;
        if (!one_call(module, context, given, in, &ms, err)) return false;
        to->ms = tool_grow(to->ms, to->count, sizeof *to->ms);
        to->ms[to->count++] = ms;
        output_progress(given->calls > 0 ? to->count : (tool_now_ns() - start) / 1000000,
                        given->calls > 0 ? given->calls : span / 1000000 + 1,
                        given->calls > 0 ? "calls" : "ms");
    }
    output_progress(0, 0, NULL);
    if (to->count) qsort(to->ms, (size_t)to->count, sizeof *to->ms, by_size);
    return true;
}

/* A few calls more, with the profile on: the timings above are of the plain program. */
static char *profile_calls(const lb_module *module, lb_context_options options, const bench_options *given,
                           const inputs *in, lb_error *err) {
    enum { CALLS = 3 };
    options.profile = true;
    lb_context *context = lb_context_new(&options, err);
    double ms;
    bool ok = context != NULL;
    for (int i = 0; ok && i < CALLS; i++) ok = one_call(module, context, given, in, &ms, err);
    char *profile = ok ? lb_context_profile_json(context, err) : NULL;
    lb_context_free(context);
    lb_error_clear(err);
    return profile;
}

static bool measure(const lb_module *module, const bench_options *given, const inputs *in, bench_result *to,
                    lb_error *err) {
    lb_context_options options = {
        .size = sizeof options, .threads = (int)given->threads, .instruction_set = given->instruction_set};
    lb_context *context = lb_context_new(&options, err);
    if (context) lb_context_seed(context, (uint64_t)given->seed);
    bool ok = context && time_calls(module, context, given, in, to, err);
    lb_context_free(context);
    struct rusage used;
    if (getrusage(RUSAGE_SELF, &used) == 0) to->rss_kb = used.ru_maxrss;
    if (ok) to->profile = profile_calls(module, options, given, in, err);
    return ok;
}

static void show_text(const bench_result *r) {
    printf("median %.4f ms   min %.4f   p90 %.4f   p99 %.4f   (%d calls)\n", percentile(r, 0.5),
           percentile(r, 0), percentile(r, 0.9), percentile(r, 0.99), r->count + 1);
    printf("first call %.3f ms   load %.3f ms   peak memory %ld KB\n", r->first, r->load, r->rss_kb);
    json rows = {0};
    if (r->profile && json_read(r->profile, &rows))
        for (int i = 0; i < rows.count && i < 12; i++)
            printf("  %10s ms  %8s calls  %s\n", json_text_of(json_get(&rows.items[i], "ms")),
                   json_text_of(json_get(&rows.items[i], "calls")),
                   json_text_of(json_get(&rows.items[i], "op")));
    json_free(&rows);
}

static void show_json(const bench_result *r, const bench_options *given) {
    printf("{\"median_ms\": %.6f, \"min_ms\": %.6f, \"p90_ms\": %.6f, \"p99_ms\": %.6f, \"first_ms\": %.6f, "
           "\"load_ms\": %.6f, "
           "\"calls\": %d, \"threads\": %lld, \"peak_rss_kb\": %ld",
           percentile(r, 0.5), percentile(r, 0), percentile(r, 0.9), percentile(r, 0.99), r->first, r->load,
           r->count + 1, (long long)given->threads, r->rss_kb);
    if (r->profile) printf(", \"profile\": %s", r->profile);
    puts("}");
}

static int bench_archive(const bench_options *given, const words *rest, lb_error *err) {
    bench_result result = {0};
    inputs in = {0};
    int status;
    int64_t start = tool_now_ns();
    lb_module *module = tool_load(rest->items[0], err, &status);
    result.load = (double)(tool_now_ns() - start) * 1e-6;
    if (module && inputs_read(&in, module, given->method, rest, 1, given->seed, err, &status)) {
        status =
            measure(module, given, &in, &result, err) ? TOOL_OK : output_library_error(rest->items[0], err);
        if (status == TOOL_OK && given->json)
            show_json(&result, given);
        else if (status == TOOL_OK)
            show_text(&result);
    }
    lb_text_free(result.profile);
    free(result.ms);
    inputs_free(&in);
    lb_module_free(module);
    return status;
}

int command_bench(const tool_command *self, int argc, char **argv) {
    bench_options given = {.method = "forward", .threads = 1, .seconds = 2};
    const option table[] = {
        {OPTION_TEXT, 'm', "method", &given.method, "METHOD", "call this method (forward)"},
        {OPTION_TEXT, 'i', "inputs", &given.inputs, "FILE", "the arguments, a file of torch.save"},
        {OPTION_REST, 0, "random", (void *)INPUTS_RANDOM, "SHAPE", "an input of random numbers"},
        {OPTION_INTEGER, 0, "seed", &given.seed, "N", "seed of --random and of the program (0)"},
        {OPTION_INTEGER, 't', "threads", &given.threads, "N", "threads inside operators and for fork (1)"},
        {OPTION_INTEGER, 0, "seconds", &given.seconds, "N", "measure this long (2)"},
        {OPTION_INTEGER, 'n', "calls", &given.calls, "N", "measure this many calls instead"},
        {OPTION_TEXT, 0, "instruction-set", &given.instruction_set, "NAME",
         "baseline, avx2, avx512 or neon (the best)"},
        {OPTION_FLAG, 0, "json", &given.json, NULL, "one JSON object"},
        {.kind = OPTION_END},
    };
    words rest = {0};
    int status;
    if (!options_read(self, table, argc, argv, &rest, &status)) return status;
    if (rest.count < 1) return words_refused(self, &rest, "an archive is wanted");
    if (given.inputs) {
        rest.items = tool_grow(rest.items, rest.count, sizeof *rest.items);
        rest.items[rest.count++] = given.inputs;
    }
    lb_error *err = lb_error_new();
    status = bench_archive(&given, &rest, err);
    lb_error_free(err);
    free(rest.items);
    return status;
}
