/* Finding an operator by its name in the generated tables.
 *
 * A name goes in, its overloads in PyTorch's order come out: one hash, one comparison, nothing allocated.
 * Which overload a call takes is decided by schema matching, not here. */
#include "ops/ops.h"

#include <string.h>

#include "ops/table.h"

const char *op_schema(const struct op_row *row) {
    return row ? ops_text + row->schema : "";
}
const char *op_name(const struct op_row *row) {
    return row ? ops_text + row->name : "";
}
const char *op_overload(const struct op_row *row) {
    return row ? ops_text + row->overload : "";
}
uint16_t op_dtypes(const struct op_row *row) {
    return ops_dtypes[row - ops_rows];
}
op_kernel op_run(const struct op_row *row) {
    return ops_kernels[row->kernel];
}
const char *op_source(const struct op_row *row) {
    return row->source ? ops_text + row->source : NULL;
}

static const struct op_name_slot *slot_of(const char *name, size_t length) {
    uint64_t hash = ops_hash(name, length);
    uint32_t seed = ops_seeds[(uint32_t)hash & ops_seed_mask];
    const struct op_name_slot *slot = &ops_slots[ops_slot_of(hash, seed, ops_slot_mask)];
    const char *text = ops_text + slot->name;
    bool same = slot->row_count > 0 && strncmp(text, name, length) == 0 && text[length] == '\0';
    return same ? slot : NULL;
}

const struct op_row *ops_find(const char *name, size_t length, int *count) {
    const struct op_name_slot *slot = slot_of(name, length);
    *count = slot ? slot->row_count : 0;
    return slot ? &ops_rows[slot->first_row] : NULL;
}

const struct op_row *ops_find_overload(const char *name, const char *overload) {
    int count;
    const struct op_row *row = ops_find(name, strlen(name), &count);
    for (int i = 0; i < count; i++)
        if (strcmp(op_overload(&row[i]), overload) == 0) return &row[i];
    return NULL;
}

int ops_count(void) {
    return (int)ops_row_count;
}
const struct op_row *ops_at(int index) {
    return &ops_rows[index];
}
int ops_index(const struct op_row *row) {
    return (int)(row - ops_rows);
}
