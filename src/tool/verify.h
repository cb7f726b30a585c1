/* verify: what its files share. verify.c finds cases and counts, replay.c checks one case, compare.c compares
 * values, report.c writes. */
#ifndef LINKBOY_TOOL_VERIFY_H
#define LINKBOY_TOOL_VERIFY_H

#include "tool.h"

typedef enum check {
    CHECK_LOAD,
    CHECK_RUN,
    CHECK_CODE,
    CHECK_GRAPH,
    CHECK_CANONICAL,
    CHECK_INLINED,
    CHECK_REPR,
    CHECK_SCHEMA,
    CHECKS,
} check;

extern const char *const check_names[CHECKS];

typedef struct verify_options {
    bool wanted[CHECKS];
    bool messages; /* errors must have PyTorch's class and message */
    bool verbose, in_process;
    const char *outputs, *junit;
    int64_t jobs, seconds;
} verify_options;

typedef enum outcome { OUTCOME_NONE, OUTCOME_PASSED, OUTCOME_FAILED } outcome;

typedef struct case_result {
    outcome outcomes[CHECKS];
    char *why[CHECKS]; /* of those that failed */
    char *load_error;
    int calls, calls_passed;
} case_result;

/* Makes every wanted check that the files beside STEM.pt hold. */
void replay_case(const char *stem, const verify_options *given, case_result *to);
void case_failed(case_result *to, check which, const char *format, ...) __attribute__((format(printf, 3, 4)));
void case_passed(case_result *to, check which);

typedef struct tolerance {
    double rtol, atol;
    bool given; /* otherwise by dtype, as torch.testing.assert_close */
} tolerance;

/* NULL when `found` is what was recorded, otherwise why not (to be freed). */
char *compare_values(const lb_value *expected, const lb_value *found, const tolerance *within);
/* The recorded form: tuples for named tuples, strings for devices, nothing for objects. */
lb_value *plain_value(const lb_value *value, lb_error *err);

bool junit_write(const char *path, char *const *stems, const case_result *results, int count);

#endif
