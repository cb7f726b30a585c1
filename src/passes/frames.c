/* Frames of variables for the passes that make and remove loads and stores. PyTorch sorts the names of a
 * frame bytewise before it makes values for them, and value numbers show that order. */
#include "passes/frames.h"
#include <stdlib.h>
#include <string.h>

void *frame_find(const struct frame *f, const struct name *variable) {
    for (; f; f = f->up) {
        void *found = table_get(&f->variables, variable);
        if (found) return found;
    }
    return NULL;
}

static int compare_names(const void *a, const void *b) {
    return strcmp((*(const struct name *const *)a)->text, (*(const struct name *const *)b)->text);
}

const struct name **frame_sorted(const struct frame *f, struct arena *memory, int *count) {
    *count = 0;
    if (f->variables.count == 0) return NULL;
    const struct name **names = arena_array(memory, const struct name *, f->variables.count);
    if (!names) return NULL;
    for (uint32_t i = 0; i <= f->variables.mask; i++)
        if (f->variables.slots[i].key && f->variables.slots[i].value)
            names[(*count)++] = f->variables.slots[i].key;
    qsort(names, (size_t)*count, sizeof *names, compare_names);
    return names;
}

const struct name *node_variable(const struct node *n) {
    const struct attribute *a = node_attribute(n, "name");
    if (!a || a->kind != ATTRIBUTE_STRING) return NULL;
    return name_intern(&n->graph->unit->names, a->value.string->bytes, (size_t)a->value.string->length);
}
