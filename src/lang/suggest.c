/* Edit distances to the operators' names; see suggest.h (findSimilarOperators in
 * torch/csrc/jit/runtime/operator.cpp). */
#include "lang/suggest.h"
#include "base/edit_distance.h"
#include "ops/ops.h"
#include <string.h>

enum { FARTHEST = 2 };

bool suggest_operators(struct text *out, const char *name) {
    bool any = false;
    for (int distance = 1; distance <= FARTHEST; distance++) {
        const char *last = "";
        for (int i = 0; i < ops_count(); i++) {
            const char *op = op_name(ops_at(i));
            if (!strcmp(op, last) || edit_distance(name, op, FARTHEST) != distance)
                continue; /* overloads stand together */
            text_printf(out, "\t%s\n", op);
            last = op;
            any = true;
        }
    }
    return any;
}
