/* verify: what its files share. verify.c finds cases and counts, replay.c checks one case, methods.c keeps
 * the calls of different methods apart, compare.c compares values, junit.c writes. */
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
    bool by_method;   /* a result for each method that the recorded calls name */
    bool dtypes;      /* by_method: not the calls but which dtypes they take */
    int methods_done; /* by_method: so many of them are known already */
    FILE *live;       /* by_method: where a child tells its results as they come */
    const char *outputs, *junit;
    int64_t jobs, seconds;
} verify_options;

typedef enum outcome { OUTCOME_NONE, OUTCOME_PASSED, OUTCOME_FAILED } outcome;

/* What the consecutive calls of one method came to. OUTCOME_NONE: they have begun. */
typedef struct method_result {
    char *name, *why;
    outcome how;
} method_result;

typedef struct case_result {
    outcome outcomes[CHECKS];
    char *why[CHECKS]; /* of those that failed */
    char *load_error;
    int calls, calls_passed;
    method_result *methods; /* by_method */
    int method_count;
} case_result;

/* Makes every wanted check that the files beside STEM.pt hold. */
void replay_case(const char *stem, const verify_options *given, case_result *to);
void case_failed(case_result *to, check which, const char *format, ...) __attribute__((format(printf, 3, 4)));
void case_passed(case_result *to, check which);

void case_free(case_result *result);

/* methods.c. `live` may be NULL. */
void method_begins(case_result *to, const char *name, FILE *live);
/* why: NULL where the calls answered as recorded. */
void method_ends(case_result *to, const char *why, FILE *live);
/* Takes a line that the two above wrote; false where it is none of theirs. */
bool method_heard(case_result *to, const char *line);
void methods_print(const char *stem, const case_result *result, bool verbose);

/* Whether an error is the program's own answer, and not that linkboy lacks something or gave up. */
bool error_is_answer(const lb_error *err);
/* dtypes.c: a result for each method that the "dtypes" of X.io name. */
void check_dtypes(const lb_module *module, const lb_value *io, const verify_options *given, case_result *to);

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
