/* Edit distances to the operators' names; see suggest.h (findSimilarOperators in
 * torch/csrc/jit/runtime/operator.cpp). */
#include "lang/suggest.h"
#include "ops/ops.h"
#include <string.h>

enum { FARTHEST = 2, LONGEST = 100 };

/* Insertions, removals and changes of letters that turn `a` into `b`; more than FARTHEST: far. */
static int edit_distance(const char *a, const char *b) {
    size_t n = strlen(a), m = strlen(b);
    int row[LONGEST + 1];
    size_t apart = n > m ? n - m : m - n;
    if (n > LONGEST || m > LONGEST || apart > FARTHEST) return FARTHEST + 1;
    for (size_t j = 0; j <= m; j++) row[j] = (int)j;
    for (size_t i = 1; i <= n; i++) {
        int diagonal = row[0];
        row[0] = (int)i;
        for (size_t j = 1; j <= m; j++) {
            int change = diagonal + (a[i - 1] != b[j - 1]);
            int best = row[j] < row[j - 1] ? row[j] + 1 : row[j - 1] + 1;
            diagonal = row[j];
            row[j] = change < best ? change : best;
        }
    }
    return row[m];
}

bool suggest_operators(struct text *out, const char *name) {
    bool any = false;
    for (int distance = 1; distance <= FARTHEST; distance++) {
        const char *last = "";
        for (int i = 0; i < ops_count(); i++) {
            const char *op = op_name(ops_at(i));
            if (!strcmp(op, last) || edit_distance(name, op) != distance)
                continue; /* overloads stand together */
            text_printf(out, "\t%s\n", op);
            last = op;
            any = true;
        }
    }
    return any;
}
