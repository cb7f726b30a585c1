/* Dictionaries in order of insertion: entries in a row, and beside them an open-addressed index of their
 * places. A removed entry leaves a hole (key VALUE_UNINITIALIZED), a removed place a tombstone; both go when
 * the dictionary is built anew, which happens when the row is full. */
#include "base/mem.h"
#include "value/value.h"
#include <string.h>

enum { EMPTY = -1, TOMBSTONE = -2, FIRST_CAPACITY = 8 };

bool value_new_dict(lb_value *out, const struct type *key, const struct type *value, lb_error *err) {
    *out = value_none();
    struct dict *d = mem_zeroed(1, sizeof *d);
    if (!d) return error_memory(err);
    counted_init(&d->counted);
    d->key_type = key;
    d->value_type = value;
    *out = value_counted(VALUE_DICT, d);
    return true;
}

static bool is_hole(const struct dict_entry *e) {
    return e->key.tag == VALUE_UNINITIALIZED;
}

static bool keys_equal(lb_value a, lb_value b) {
    lb_error ignored = {0};
    bool equal = value_equal(a, b, &ignored);
    error_clear(&ignored);
    return equal;
}

/* The place in the index that leads to this key, or -1. */
static int64_t find_place(const struct dict *d, lb_value key, uint64_t hash) {
    if (!d->count) return -1;
    int64_t mask = d->index_size - 1;
    for (int64_t at = (int64_t)hash & mask;; at = (at + 1) & mask) {
        int32_t entry = d->index[at];
        if (entry == EMPTY) return -1;
        if (entry >= 0 && d->entries[entry].hash == hash && keys_equal(d->entries[entry].key, key)) return at;
    }
}

static void put_place(int32_t *index, int64_t size, uint64_t hash, int32_t entry) {
    int64_t at = (int64_t)hash & (size - 1);
    while (index[at] != EMPTY) at = (at + 1) & (size - 1);
    index[at] = entry;
}

static void move_entries(struct dict *d, struct dict_entry *entries, int32_t *index, int64_t index_size) {
    int32_t used = 0;
    memset(index, 0xff, (size_t)index_size * sizeof *index);
    for (int64_t i = 0; i < d->used; i++) {
        if (is_hole(&d->entries[i])) continue;
        put_place(index, index_size, d->entries[i].hash, used);
        entries[used++] = d->entries[i];
    }
    d->used = used;
}

/* Room for one more entry; the index has at least twice as many places as there may be entries. */
static bool make_room(struct dict *d, lb_error *err) {
    if (d->used < d->capacity) return true;
    int64_t capacity = d->count * 2 < FIRST_CAPACITY ? FIRST_CAPACITY : d->count * 2,
            index_size = 2 * FIRST_CAPACITY;
    if (capacity > INT32_MAX / 2) return error_memory(err);
    while (index_size < 2 * capacity) index_size *= 2;
    struct dict_entry *entries = mem_alloc((size_t)capacity * sizeof *entries);
    int32_t *index = mem_alloc((size_t)index_size * sizeof *index);
    if (!entries || !index) {
        mem_free(entries);
        mem_free(index);
        return error_memory(err);
    }
    move_entries(d, entries, index, index_size);
    mem_free(d->entries);
    mem_free(d->index);
    d->entries = entries;
    d->index = index;
    d->capacity = capacity;
    d->index_size = index_size;
    return true;
}

lb_value *dict_get(const struct dict *d, lb_value key) {
    int64_t at = find_place(d, key, value_hash(key));
    return at < 0 ? NULL : &d->entries[d->index[at]].value;
}

static void replace(struct dict_entry *entry, lb_value key, lb_value value) {
    lb_value old = entry->value;
    entry->value = value;
    value_release(key);
    value_release(old);
}

bool dict_set(struct dict *d, lb_value key, lb_value value, lb_error *err) {
    uint64_t hash = value_hash(key);
    int64_t at = find_place(d, key, hash);
    if (at >= 0) {
        replace(&d->entries[d->index[at]], key, value);
        return true;
    }
    if (!make_room(d, err)) {
        value_release(key);
        value_release(value);
        return false;
    }
    put_place(d->index, d->index_size, hash, (int32_t)d->used);
    d->entries[d->used++] = (struct dict_entry){key, value, hash};
    d->count++;
    return true;
}

bool dict_remove(struct dict *d, lb_value key, lb_value *removed) {
    int64_t at = find_place(d, key, value_hash(key));
    if (at < 0) return false;
    struct dict_entry *entry = &d->entries[d->index[at]];
    lb_value old_key = entry->key;
    if (removed)
        *removed = entry->value;
    else
        value_release(entry->value);
    d->index[at] = TOMBSTONE;
    d->count--;
    *entry = (struct dict_entry){.key.tag = VALUE_UNINITIALIZED};
    value_release(old_key);
    return true;
}

/* Also what no key finds again: an entry whose key is NaN. */
void dict_clear(struct dict *d) {
    struct dict_entry *entries = d->entries;
    int64_t used = d->used;
    mem_free(d->index);
    d->entries = NULL;
    d->index = NULL;
    d->count = d->used = d->capacity = d->index_size = 0;
    for (int64_t i = 0; i < used; i++) {
        if (entries[i].key.tag == VALUE_UNINITIALIZED) continue;
        value_release(entries[i].key);
        value_release(entries[i].value);
    }
    mem_free(entries);
}

struct dict_entry *dict_next(const struct dict *d, int64_t *position) {
    while (*position < d->used) {
        struct dict_entry *entry = &d->entries[(*position)++];
        if (!is_hole(entry)) return entry;
    }
    return NULL;
}
