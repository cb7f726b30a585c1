/* The results of verify as JUnit XML, which CI services show: a test suite, a test case per check. */
#include "verify.h"
#include <string.h>

static void write_escaped(FILE *to, const char *text) {
    for (; *text; text++) {
        switch (*text) {
        case '&': fputs("&amp;", to); break;
        case '<': fputs("&lt;", to); break;
        case '>': fputs("&gt;", to); break;
        case '"': fputs("&quot;", to); break;
        default: fputc((unsigned char)*text < 0x20 ? ' ' : *text, to);
        }
    }
}

static void write_check(FILE *to, const char *stem, check which, const case_result *result) {
    fputs("  <testcase classname=\"", to);
    write_escaped(to, stem);
    fprintf(to, "\" name=\"%s\"", check_names[which]);
    if (result->outcomes[which] == OUTCOME_PASSED) {
        fputs("/>\n", to);
        return;
    }
    fputs("><failure>", to);
    write_escaped(to, result->why[which]);
    fputs("</failure></testcase>\n", to);
}

static int count_of(const case_result *results, int count, outcome which) {
    int sum = 0;
    for (int i = 0; i < count; i++)
        for (int c = 0; c < CHECKS; c++) sum += results[i].outcomes[c] == which;
    return sum;
}

bool junit_write(const char *path, char *const *stems, const case_result *results, int count) {
    FILE *to = fopen(path, "w");
    if (!to) return false;
    int failed = count_of(results, count, OUTCOME_FAILED);
    fprintf(to,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"linkboy verify\" tests=\"%d\" "
            "failures=\"%d\">\n",
            count_of(results, count, OUTCOME_PASSED) + failed, failed);
    for (int i = 0; i < count; i++)
        for (int c = 0; c < CHECKS; c++)
            if (results[i].outcomes[c] != OUTCOME_NONE) write_check(to, stems[i], (check)c, &results[i]);
    fputs("</testsuite>\n", to);
    return fclose(to) == 0;
}
