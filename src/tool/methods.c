/* verify --by-method: one archive holds many operators, a method each, and one that fails or even ends the
 * process must not hide the others. So a child tells what it begins and what came of it as it goes, a line
 * each; behind a crash the next child goes on with the next method. */
#include "verify.h"
#include <stdlib.h>
#include <string.h>

static const char begins_mark[] = "begins ", ends_mark[] = "ends ";

static void tell(FILE *live, const char *mark, const char *text) {
    if (!live) return;
    fputs(mark, live);
    for (int i = 0; text[i] && i < 600; i++) fputc(text[i] == '\n' ? ' ' : text[i], live);
    fputc('\n', live);
    fflush(live);
}

void method_begins(case_result *to, const char *name, FILE *live) {
    to->methods = tool_grow(to->methods, to->method_count, sizeof *to->methods);
    to->methods[to->method_count++] = (method_result){.name = tool_format("%s", name)};
    tell(live, begins_mark, name);
}

void method_ends(case_result *to, const char *why, FILE *live) {
    method_result *last = to->method_count ? &to->methods[to->method_count - 1] : NULL;
    if (!last || last->how != OUTCOME_NONE) return;
    last->how = why ? OUTCOME_FAILED : OUTCOME_PASSED;
    last->why = why ? tool_format("%s", why) : NULL;
    tell(live, ends_mark, why ? why : "");
}

bool method_heard(case_result *to, const char *line) {
    size_t begins = sizeof begins_mark - 1, ends = sizeof ends_mark - 1;
    if (strncmp(line, begins_mark, begins) == 0) {
        method_begins(to, line + begins, NULL);
        return true;
    }
    if (strncmp(line, ends_mark, ends) != 0) return false;
    method_ends(to, line[ends] ? line + ends : NULL, NULL);
    return true;
}

void methods_print(const char *stem, const case_result *result, bool verbose) {
    const char *red = output_colour(stdout, COLOUR_RED), *none = output_colour(stdout, COLOUR_NONE);
    for (int i = 0; i < result->method_count; i++) {
        const method_result *m = &result->methods[i];
        if (m->how == OUTCOME_FAILED)
            printf("%sFAIL%s %s: %s: %s\n", red, none, stem, m->name, m->why);
        else if (verbose)
            printf("ok %s: %s\n", stem, m->name);
    }
}
