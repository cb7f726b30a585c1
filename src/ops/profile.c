/* Times by operator; see profile.h. */
#include "ops/profile.h"
#include "base/array.h"
#include "base/mem.h"
#include "base/table.h"
#include "ops/ops.h"
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct profile_entry {
    const struct op_row *row;
    int64_t calls, nanoseconds;
};
struct profile {
    struct table index; /* row -> position in entries + 1 */
    ARRAY_OF(struct profile_entry) entries;
};

struct profile *profile_new(void) {
    return mem_zeroed(1, sizeof(struct profile));
}

void profile_free(struct profile *p) {
    if (!p) return;
    table_free(&p->index);
    mem_free(p->entries.items);
    mem_free(p);
}

int64_t profile_now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

void profile_add(struct profile *p, const struct op_row *row, int64_t nanoseconds) {
    uintptr_t at = (uintptr_t)table_get(&p->index, row);
    if (!at) {
        if (!array_push(&p->entries, ((struct profile_entry){row, 0, 0}))) return;
        at = (uintptr_t)p->entries.count;
        if (!table_set(&p->index, row, (void *)at)) return;
    }
    p->entries.items[at - 1].calls++;
    p->entries.items[at - 1].nanoseconds += nanoseconds;
}

static int most_time_first(const void *a, const void *b) {
    const struct profile_entry *x = a, *y = b;
    return (x->nanoseconds < y->nanoseconds) - (x->nanoseconds > y->nanoseconds);
}

void profile_put_json(struct text *out, const struct profile *p) {
    int count = p ? p->entries.count : 0;
    struct profile_entry *sorted = mem_alloc(sizeof *sorted * (size_t)(count + 1));
    if (!sorted) {
        out->failed = true;
        return;
    }
    if (count) memcpy(sorted, p->entries.items, sizeof *sorted * (size_t)count);
    qsort(sorted, (size_t)count, sizeof *sorted, most_time_first);
    text_put(out, "[");
    for (int i = 0; i < count; i++) {
        const struct op_row *row = sorted[i].row;
        text_printf(out, "%s{\"op\": \"%s%s%s\", \"calls\": %lld, \"ms\": %.6f}", i ? ", " : "", op_name(row),
                    *op_overload(row) ? "." : "", op_overload(row), (long long)sorted[i].calls,
                    (double)sorted[i].nanoseconds / 1e6);
    }
    text_put(out, "]");
    mem_free(sorted);
}
