/* verify: finds the recorded cases, has each checked by a child process of its own (so that one that crashes
 * or hangs is one failure and not the end), counts, and prints a line per failure. What is checked of a case
 * is in replay.c. */
#include "verify.h"
#include "commands.h"
#include <dirent.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

typedef struct cases {
    char **stems;
    case_result *results;
    bool *done;
    int count, finished, printed;
} cases;

typedef struct tally {
    int passed[CHECKS], failed[CHECKS], calls, calls_passed, methods, methods_passed;
} tally;

/* ---- Finding ---- */

static void add_stem(cases *to, const char *archive) {
    to->stems = tool_grow(to->stems, to->count, sizeof *to->stems);
    to->stems[to->count++] = tool_format("%.*s", (int)(strlen(archive) - 3), archive);
}

static int by_name(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool add_path(cases *to, const char *path, int depth) {
    enum { DEEPEST = 8 };
    struct stat what;
    if (stat(path, &what) != 0) return false;
    if (!S_ISDIR(what.st_mode)) {
        bool archive = tool_has_suffix(path, ".pt");
        if (archive) add_stem(to, path);
        return archive || depth > 0;
    }
    DIR *folder = depth < DEEPEST ? opendir(path) : NULL;
    for (struct dirent *entry; folder && (entry = readdir(folder));) {
        if (entry->d_name[0] == '.') continue;
        char *inner = tool_format("%s%s%s", path, tool_has_suffix(path, "/") ? "" : "/", entry->d_name);
        add_path(to, inner, depth + 1);
        free(inner);
    }
    return folder && closedir(folder) == 0;
}

/* ---- A child's answer: a line per check, `CHECK OUTCOME why`, and one of calls. In a file, since nobody
 * reads before the child is at its end ---- */

static void send_result(FILE *to, const case_result *result) {
    for (int c = 0; c < CHECKS; c++) {
        if (result->outcomes[c] == OUTCOME_NONE) continue;
        const char *why = result->why[c] ? result->why[c] : "";
        fprintf(to, "%d %d ", c, (int)result->outcomes[c]);
        for (int i = 0; why[i] && i < 600; i++) fputc(why[i] == '\n' ? ' ' : why[i], to);
        fputc('\n', to);
    }
    fprintf(to, "calls %d %d\n", result->calls, result->calls_passed);
}

/* False where the child did not come to its end. */
static bool receive_result(FILE *from, case_result *to) {
    char line[800];
    bool whole = false;
    while (fgets(line, sizeof line, from)) {
        int which, how, at = 0;
        line[strcspn(line, "\n")] = 0;
        int calls, calls_passed;
        if (method_heard(to, line)) continue;
        if (sscanf(line, "calls %d %d", &calls, &calls_passed) == 2) {
            to->calls += calls;
            to->calls_passed += calls_passed;
            whole = true;
        } else if (sscanf(line, "%d %d %n", &which, &how, &at) == 2 && which >= 0 && which < CHECKS) {
            if (how == OUTCOME_FAILED)
                case_failed(to, (check)which, "%s", at ? line + at : "");
            else
                case_passed(to, (check)which);
        }
    }
    return whole;
}

static void child_work(const char *stem, const verify_options *given, FILE *to) {
    case_result result = {0};
    verify_options here = *given;
    here.live = given->by_method ? to : NULL;
    if (given->seconds > 0) alarm((unsigned)given->seconds);
    replay_case(stem, &here, &result);
    send_result(to, &result);
    fflush(to);
    case_free(&result);
}

/* ---- Children ---- */

typedef struct child {
    pid_t pid;
    FILE *answer;
    int index;
} child;

static bool start_child(const cases *all, int index, const verify_options *given, child *to) {
    fflush(stdout);
    FILE *answer = tmpfile();
    pid_t pid = answer ? fork() : -1;
    if (pid == 0) {
        child_work(all->stems[index], given, answer);
        _exit(0);
    }
    *to = (child){pid, answer, index};
    if (pid < 0 && answer) fclose(answer);
    return pid > 0;
}

static check first_wanted(const verify_options *given) {
    for (int c = CHECK_RUN; c < CHECKS; c++)
        if (given->wanted[c]) return (check)c;
    return CHECK_LOAD;
}

static int wanted_checks(const verify_options *given) {
    int count = 0;
    for (int c = 0; c < CHECKS; c++) count += given->wanted[c];
    return count;
}

static void end_child(cases *all, child *of, int how, const verify_options *given);

/* After a crash: every check alone, so that the one that crashes takes no other with it. */
static void check_one_by_one(cases *all, int index, const verify_options *given) {
    for (int c = 0; c < CHECKS; c++) {
        if (!given->wanted[c]) continue;
        verify_options alone = *given;
        memset(alone.wanted, 0, sizeof alone.wanted);
        alone.wanted[c] = true;
        child only;
        int how = 0;
        if (start_child(all, index, &alone, &only) && waitpid(only.pid, &how, 0) == only.pid)
            end_child(all, &only, how, &alone);
    }
}

static void how_it_died(char *text, size_t size, int how, const verify_options *given) {
    if (WIFSIGNALED(how) && WTERMSIG(how) == SIGALRM)
        snprintf(text, size, "no end after %lld s", (long long)given->seconds);
    else if (WIFSIGNALED(how))
        snprintf(text, size, "crash: signal %d", WTERMSIG(how));
    else
        snprintf(text, size, "exit status %d", WEXITSTATUS(how));
}

/* After a crash: the method that was running has failed, and the next child goes on behind it. */
static void go_on_behind(cases *all, int index, const verify_options *given, const char *died) {
    case_result *to = &all->results[index];
    verify_options rest = *given;
    child next;
    int how = 0;
    method_ends(to, died, NULL);
    case_failed(to, CHECK_RUN, "%s", died);
    rest.methods_done = to->method_count;
    if (start_child(all, index, &rest, &next) && waitpid(next.pid, &how, 0) == next.pid)
        end_child(all, &next, how, &rest);
}

/* Puts what the child sent, or how it died, into its case's result. */
static void end_child(cases *all, child *of, int how, const verify_options *given) {
    case_result *to = &all->results[of->index];
    rewind(of->answer);
    bool whole = receive_result(of->answer, to);
    fclose(of->answer);
    of->pid = 0;
    if (whole && WIFEXITED(how) && WEXITSTATUS(how) == 0) return;
    char died[64];
    how_it_died(died, sizeof died, how, given);
    if (given->by_method && to->method_count > given->methods_done)
        go_on_behind(all, of->index, given, died);
    else if (wanted_checks(given) > 1)
        check_one_by_one(all, of->index, given);
    else
        case_failed(to, first_wanted(given), "%s", died);
}

static void wait_for_one(cases *all, child *running, const verify_options *given) {
    int how = 0;
    pid_t pid = wait(&how);
    for (int i = 0; i < given->jobs; i++)
        if (running[i].pid == pid && pid > 0) {
            end_child(all, &running[i], how, given);
            all->done[running[i].index] = true;
            all->finished++;
        }
}

static child *free_slot(child *running, int64_t jobs) {
    for (int64_t i = 0; i < jobs; i++)
        if (running[i].pid == 0) return &running[i];
    return NULL;
}

/* ---- Telling ---- */

static void print_case(const char *stem, const case_result *result, bool verbose) {
    const char *red = output_colour(stdout, COLOUR_RED), *none = output_colour(stdout, COLOUR_NONE);
    methods_print(stem, result, verbose);
    for (int c = 0; c < CHECKS; c++) {
        if (c == CHECK_RUN && result->method_count) continue;
        if (result->outcomes[c] == OUTCOME_FAILED)
            printf("%sFAIL%s %s: %s: %s\n", red, none, stem, check_names[c], result->why[c]);
        else if (verbose && result->outcomes[c] == OUTCOME_PASSED)
            printf("ok %s: %s\n", stem, check_names[c]);
    }
}

/* Cases are printed in their order, as far as they are finished. */
static void print_finished(cases *all, const verify_options *given) {
    for (; all->printed < all->count && all->done[all->printed]; all->printed++) {
        const case_result *result = &all->results[all->printed];
        bool failed = false;
        for (int c = 0; c < CHECKS; c++) failed |= result->outcomes[c] == OUTCOME_FAILED;
        if (failed) output_progress(0, 0, NULL);
        print_case(all->stems[all->printed], result, given->verbose);
    }
    output_progress(all->finished, all->count, "archives");
}

static tally count_up(const cases *all) {
    tally sum = {0};
    for (int i = 0; i < all->count; i++) {
        for (int c = 0; c < CHECKS; c++) {
            sum.passed[c] += all->results[i].outcomes[c] == OUTCOME_PASSED;
            sum.failed[c] += all->results[i].outcomes[c] == OUTCOME_FAILED;
        }
        for (int m = 0; m < all->results[i].method_count; m++)
            sum.methods_passed += all->results[i].methods[m].how == OUTCOME_PASSED;
        sum.methods += all->results[i].method_count;
        sum.calls += all->results[i].calls;
        sum.calls_passed += all->results[i].calls_passed;
    }
    return sum;
}

static int print_tally(const cases *all) {
    tally sum = count_up(all);
    int passed = 0, failed = 0;
    for (int c = 0; c < CHECKS; c++) {
        int of = sum.passed[c] + sum.failed[c];
        passed += sum.passed[c];
        failed += sum.failed[c];
        if (of == 0) continue;
        printf("%-10s %5d of %5d archives  %5.1f%%", check_names[c], sum.passed[c], of,
               100.0 * sum.passed[c] / of);
        if (c == CHECK_RUN) printf("   (%d of %d calls)", sum.calls_passed, sum.calls);
        putchar('\n');
    }
    if (sum.methods)
        printf("methods    %5d of %5d           %5.1f%%\n", sum.methods_passed, sum.methods,
               100.0 * sum.methods_passed / sum.methods);
    printf("%d passed, %d failed\n", passed, failed);
    return failed > 0 || passed == 0 ? TOOL_FAILED : TOOL_OK;
}

/* ---- The command ---- */

static void run_children(cases *all, const verify_options *given) {
    child *running = tool_alloc((size_t)given->jobs * sizeof *running);
    int next = 0;
    while (all->finished < all->count) {
        child *slot = next < all->count ? free_slot(running, given->jobs) : NULL;
        if (!slot) {
            wait_for_one(all, running, given);
        } else if (!start_child(all, next++, given, slot)) {
            case_failed(&all->results[next - 1], CHECK_LOAD, "no process could be started");
            all->done[next - 1] = true;
            all->finished++;
        }
        print_finished(all, given);
    }
    output_progress(0, 0, NULL);
    free(running);
}

static void run_here(cases *all, const verify_options *given) {
    for (; all->finished < all->count; all->finished++) {
        replay_case(all->stems[all->finished], given, &all->results[all->finished]);
        all->done[all->finished] = true;
        print_finished(all, given);
    }
    output_progress(0, 0, NULL);
}

static void free_cases(cases *all) {
    for (int i = 0; i < all->count; i++) {
        if (all->results) case_free(&all->results[i]);
        free(all->stems[i]);
    }
    free(all->stems);
    free(all->results);
    free(all->done);
}

static int verify_paths(const tool_command *self, const words *paths, const verify_options *given) {
    cases all = {0};
    int status = TOOL_OK;
    for (int i = 0; i < paths->count && status == TOOL_OK; i++)
        if (!add_path(&all, paths->items[i], 0)) {
            output_error("%s: can't be read", paths->items[i]);
            status = TOOL_UNREADABLE;
        }
    if (status == TOOL_OK && all.count == 0) status = tool_usage(self, "no archives there");
    if (status == TOOL_OK) {
        qsort(all.stems, (size_t)all.count, sizeof *all.stems, by_name);
        all.results = tool_alloc((size_t)all.count * sizeof *all.results);
        all.done = tool_alloc((size_t)all.count * sizeof *all.done);
        if (given->outputs) mkdir(given->outputs, 0777);
        if (given->in_process)
            run_here(&all, given);
        else
            run_children(&all, given);
        status = print_tally(&all);
        if (given->junit && !junit_write(given->junit, all.stems, all.results, all.count)) {
            output_error("%s: can't be written", given->junit);
            status = TOOL_FAILED;
        }
    }
    free_cases(&all);
    return status;
}

static void all_where_none_is_named(bool *wanted) {
    bool named = false;
    for (int c = 0; c < CHECKS; c++) named |= wanted[c];
    for (int c = 0; c < CHECKS; c++) wanted[c] |= !named;
}

int command_verify(const tool_command *self, int argc, char **argv) {
    verify_options given = {.jobs = 1, .seconds = 120};
    bool *w = given.wanted;
    const option table[] = {
        {OPTION_FLAG, 0, "run", &w[CHECK_RUN], NULL, "the recorded calls"},
        {OPTION_FLAG, 0, "code", &w[CHECK_CODE], NULL, "the .code sections"},
        {OPTION_FLAG, 0, "graph", &w[CHECK_GRAPH], NULL, "the graphs with PyTorch's value numbers"},
        {OPTION_FLAG, 0, "canonical", &w[CHECK_CANONICAL], NULL, "the canonical graphs"},
        {OPTION_FLAG, 0, "inlined", &w[CHECK_INLINED], NULL, "the inlined graphs"},
        {OPTION_FLAG, 0, "repr", &w[CHECK_REPR], NULL, "the trees of modules"},
        {OPTION_FLAG, 0, "schema", &w[CHECK_SCHEMA], NULL, "the signatures"},
        {OPTION_FLAG, 0, "load", &w[CHECK_LOAD], NULL, "that the archives load"},
        {OPTION_FLAG, 0, "by-method", &given.by_method, NULL, "a result for each method that the calls name"},
        {OPTION_FLAG, 0, "dtypes", &given.dtypes, NULL, "by method, which dtypes the first call takes"},
        {OPTION_FLAG, 0, "messages", &given.messages, NULL, "errors must have PyTorch's class and message"},
        {OPTION_TEXT, 0, "outputs", &given.outputs, "DIR", "write what each call returned to DIR/X.out"},
        {OPTION_TEXT, 0, "junit", &given.junit, "FILE", "write the results as JUnit XML, too"},
        {OPTION_INTEGER, 'j', "jobs", &given.jobs, "N", "archives at once (1)"},
        {OPTION_INTEGER, 0, "seconds", &given.seconds, "N", "limit for one archive (120)"},
        {OPTION_FLAG, 0, "in-process", &given.in_process, NULL, "no child processes (for debuggers)"},
        {OPTION_FLAG, 'v', "verbose", &given.verbose, NULL, "a line for each check that passes, too"},
        {.kind = OPTION_END},
    };
    words rest = {0};
    int status;
    if (!options_read(self, table, argc, argv, &rest, &status)) return status;
    if (rest.count == 0) return words_refused(self, &rest, "archives or folders are wanted");
    if (given.jobs < 1 || given.jobs > 256) return words_refused(self, &rest, "--jobs from 1 to 256");
    given.by_method |= given.dtypes;
    all_where_none_is_named(w);
    status = verify_paths(self, &rest, &given);
    free(rest.items);
    return status;
}
