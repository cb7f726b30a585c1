/* A hash table from pointers (often interned names) to pointers. Keys are compared by address; NULL is no
 * key. */
#ifndef LINKBOY_BASE_TABLE_H
#define LINKBOY_BASE_TABLE_H
#include <stdbool.h>
#include <stdint.h>

struct table_slot {
    const void *key;
    void *value;
};

struct table {
    struct table_slot *slots;
    uint32_t count, mask; /* count includes removed slots */
};

/* NULL when the key is not there (or its value is NULL). */
void *table_get(const struct table *t, const void *key);
bool table_has(const struct table *t, const void *key);
/* Adds or replaces; false when memory is out. */
bool table_set(struct table *t, const void *key, void *value);
void table_remove(struct table *t, const void *key);
void table_free(struct table *t);
#endif
