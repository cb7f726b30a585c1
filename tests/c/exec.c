/* Bytecode: the programs of tests/exec (graph text, then calls with what PyTorch answered), their code
 * verified; limits, threads that make and run one function at once, and allocations that fail. */
#include <dirent.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "exec/run.h"
#include "ir/parse.h"
#include "ops/schemas.h"
#include "ops/text/words.h"

static int failures;

static void check(bool good, const char *what, const char *text) {
    if (good) return;
    failures++;
    printf("failed: %s: %s\n", what, text);
}

struct program {
    struct pool *pool; /* may be NULL */
    struct unit *unit;
    struct function *function;
};

static bool load(struct program *p, const char *text, size_t length, lb_error *err) {
    p->unit = unit_new(kind_texts, KIND_COUNT, err);
    struct graph *g = p->unit ? graph_parse(p->unit, text, length, err) : NULL;
    const struct name *name = g ? name_of(&p->unit->names, "forward") : NULL;
    p->function = name ? unit_new_function(p->unit, name, name) : NULL;
    if (p->function) p->function->graph = g;
    return p->function;
}

/* "i:5", "f:0.5", "b:1", "s:text", "n:", "li:1,2" */
static lb_value argument(const char *s, struct unit *u) {
    lb_value v = value_none();
    char *end = strchr(s, 0);
    if (s[0] == 'i') return value_int(strtoll(s + 2, NULL, 10));
    if (s[0] == 'f') return value_float(strtod(s + 2, NULL));
    if (s[0] == 'b') return value_bool(s[2] == '1');
    if (s[0] == 's') value_new_string(&v, s + 2, end - s - 2, NULL);
    if (s[0] != 'l') return v;
    value_new_list(&v, u->types.simple[TYPE_INT], 0, NULL);
    for (const char *at = s + 2; at < end && *++at; at = strchr(at, ',') ? strchr(at, ',') : end)
        list_append(v.list, value_int(strtoll(at, NULL, 10)), NULL);
    return v;
}

static void check_call(const struct program *p, char *line, const char *expected) {
    lb_value args[8], result = value_none();
    lb_error err = {0};
    struct run_context cx = {.pool = p->pool};
    struct text out = {0};
    int count = 0;
    for (char *word = strtok(line, " "); word; word = strtok(NULL, " "))
        args[count++] = argument(word, p->unit);
    if (exec_call(p->unit, p->function, args, count, &cx, &result, &err))
        value_put(&out, result, &op_words);
    else
        text_printf(&out, "ERROR %s", error_message(&err));
    if (strcmp(text_get(&out), expected)) {
        failures++;
        printf("failed: gave '%s', expected '%s'\n", text_get(&out), expected);
    }
    for (int i = 0; i < count; i++) value_release(args[i]);
    value_release(result);
    text_free(&out);
    error_clear(&err);
}

static void check_program(const char *path, char *text, struct pool *pool) {
    struct program p = {.pool = pool};
    lb_error err = {0};
    char *line = strstr(text, "\ncall ");
    if (!line || !load(&p, text, (size_t)(line - text) + 1, &err)) {
        check(false, path, error_message(&err));
    } else {
        const struct code *code = code_of(p.unit, p.function, &err);
        check(code && code_verify(code, &err), path, error_message(&err));
        int before = failures;
        while (line) {
            char *call = line + 6, *answer = strchr(call, '\n');
            *answer++ = 0;
            line = strstr(answer, "\ncall ");
            answer[strcspn(answer, "\n")] = 0;
            if (code) check_call(&p, call, answer);
        }
        if (failures > before) printf("   in %s\n", path);
    }
    error_clear(&err);
    unit_free(p.unit);
}

static char *read_file(const char *path) {
    FILE *f = fopen(path, "rb");
    char *text = calloc(1, 1 << 20);
    if (f && text) text[fread(text, 1, (1 << 20) - 1, f)] = 0;
    if (f) fclose(f);
    return text;
}

static void check_all(const char *directory, struct pool *pool) {
    DIR *dir = opendir(directory);
    check(dir != NULL, "no such directory", directory);
    int programs = 0;
    for (struct dirent *e; dir && (e = readdir(dir));) {
        char path[600];
        if (!strstr(e->d_name, ".txt")) continue;
        snprintf(path, sizeof path, "%s/%s", directory, e->d_name);
        char *text = read_file(path);
        check_program(path, text, pool);
        free(text);
        programs++;
    }
    if (dir) closedir(dir);
    check(programs > 10, "too few programs", directory);
}

static const char endless[] = "graph(%n : int):\n"
                              "  %t : bool = prim::Constant[value=1]()\n"
                              "  %m : int = prim::Constant[value=9223372036854775807]()\n"
                              "  %one : int = prim::Constant[value=1]()\n"
                              "  %r : int = prim::Loop(%m, %t, %n)\n"
                              "    block0(%i : int, %x : int):\n"
                              "      %y : int = aten::add(%x, %one)\n"
                              "      -> (%t, %y)\n"
                              "  return (%r)\n";

static void check_limits(void) {
    struct program p = {0};
    lb_error err = {0};
    lb_value arg = value_int(0), result;
    _Atomic int64_t steps = 100000;
    const _Atomic bool cancelled = true;
    struct run_context limited = {.steps_left = &steps}, stopped = {.cancelled = &cancelled};
    if (load(&p, endless, strlen(endless), &err)) {
        exec_call(p.unit, p.function, &arg, 1, &limited, &result, &err);
        check(err.code == LB_ERROR_LIMIT && steps == 0, "the limit of steps", error_message(&err));
        error_clear(&err);
        exec_call(p.unit, p.function, &arg, 1, &stopped, &result, &err);
        check(err.code == LB_ERROR_CANCELLED, "cancelling", error_message(&err));
    }
    error_clear(&err);
    unit_free(p.unit);
}

static void *run_often(void *context) {
    const struct program *p = context;
    for (int i = 0; i < 200; i++) {
        lb_error err = {0};
        struct run_context cx = {0};
        lb_value arg = value_int(27), result = value_none();
        bool good = exec_call(p->unit, p->function, &arg, 1, &cx, &result, &err);
        check(good && result.i == 111, "a thread's result", error_message(&err));
        error_clear(&err);
    }
    return NULL;
}

static void check_threads(void) {
    struct program p = {0};
    lb_error err = {0};
    pthread_t threads[4];
    char *text = read_file("tests/exec/collatz.txt");
    if (load(&p, text, (size_t)(strstr(text, "\ncall") - text) + 1, &err)) {
        for (int i = 0; i < 4; i++) pthread_create(&threads[i], NULL, run_often, &p);
        for (int i = 0; i < 4; i++) pthread_join(threads[i], NULL);
    }
    check(!err.code, "load", error_message(&err));
    error_clear(&err);
    unit_free(p.unit);
    free(text);
}

int main(void) {
    struct pool *pool = pool_new(3);
    check_all("tests/exec", NULL);
    check_all("tests/exec", pool);
    pool_free(pool);
    check_limits();
    check_threads();
    return failures != 0;
}
