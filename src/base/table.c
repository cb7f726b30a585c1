/* Open addressing by pointer; a removed slot keeps a mark until the next growth. */
#include "base/table.h"
#include "base/mem.h"
#include <stddef.h>

static const char removed;

static uint32_t first_slot(const struct table *t, const void *key) {
    uint64_t h = (uint64_t)(uintptr_t)key * 0x9e3779b97f4a7c15u;
    return (uint32_t)(h >> 32) & t->mask;
}

static struct table_slot *find(const struct table *t, const void *key) {
    if (!t->slots) return NULL;
    for (uint32_t at = first_slot(t, key);; at = (at + 1) & t->mask) {
        if (t->slots[at].key == key) return &t->slots[at];
        if (!t->slots[at].key) return NULL;
    }
}

void *table_get(const struct table *t, const void *key) {
    struct table_slot *slot = find(t, key);
    return slot ? slot->value : NULL;
}

bool table_has(const struct table *t, const void *key) {
    return find(t, key) != NULL;
}

static void put(struct table *t, const void *key, void *value) {
    uint32_t at = first_slot(t, key);
    while (t->slots[at].key) at = (at + 1) & t->mask;
    t->slots[at] = (struct table_slot){key, value};
    t->count++;
}

static bool grow(struct table *t) {
    struct table old = *t;
    uint32_t size = old.slots ? (old.mask + 1) * 2 : 16;
    struct table_slot *slots = mem_zeroed(size, sizeof *slots);
    if (!slots) return false;
    *t = (struct table){slots, 0, size - 1};
    for (uint32_t i = 0; old.slots && i <= old.mask; i++)
        if (old.slots[i].key && old.slots[i].key != &removed) put(t, old.slots[i].key, old.slots[i].value);
    mem_free(old.slots);
    return true;
}

bool table_set(struct table *t, const void *key, void *value) {
    struct table_slot *slot = find(t, key);
    if (slot) {
        slot->value = value;
        return true;
    }
    if ((!t->slots || t->count * 2 > t->mask) && !grow(t)) return false;
    put(t, key, value);
    return true;
}

void table_remove(struct table *t, const void *key) {
    struct table_slot *slot = find(t, key);
    if (slot) *slot = (struct table_slot){&removed, NULL};
}

void table_free(struct table *t) {
    mem_free(t->slots);
    *t = (struct table){0};
}
