/* Making things, and the two tables they are kept in: bindings (by name) and dicts (by key). */
#include "construct/evaluator.h"
#include <string.h>

enum { SMALL = 8, DEFAULT_BYTES = 1 << 30 };

bool evaluator_has_room(struct evaluator *v, size_t bytes) {
    int64_t limit = v->limits.max_bytes > 0 ? v->limits.max_bytes : DEFAULT_BYTES;
    if (v->memory.total + v->bytes + bytes <= (size_t)limit) return true;
    return error_set(v->err, LB_ERROR_LIMIT, "the program made more than %lld bytes while it was constructed",
                     (long long)limit);
}

/* Memory for what the program makes, under the evaluator's limit. */
static void *room_for(struct evaluator *v, size_t bytes) {
    if (!evaluator_has_room(v, bytes)) return NULL;
    void *memory = arena_alloc(&v->memory, bytes);
    return memory ? memory : raise_memory(v);
}

struct thing *thing_new(struct evaluator *v, enum thing_kind kind) {
    struct thing *t = room_for(v, sizeof *t);
    if (t) t->kind = kind;
    return t;
}

struct thing *thing_of(struct evaluator *v, lb_value take) {
    struct thing *t = thing_new(v, THING_VALUE);
    if (!t) {
        value_release(take);
        return NULL;
    }
    t->value = take;
    if (!value_is_counted(take)) return t;
    t->next_owned = v->owned;
    v->owned = t;
    return t;
}

struct thing *thing_int(struct evaluator *v, int64_t i) {
    return thing_of(v, value_int(i));
}
struct thing *thing_float(struct evaluator *v, double f) {
    return thing_of(v, value_float(f));
}
struct thing *thing_bool(struct evaluator *v, bool b) {
    return b ? v->yes : v->no;
}
struct thing *thing_none(struct evaluator *v) {
    return v->none;
}

struct thing *thing_text(struct evaluator *v, const char *bytes, size_t length) {
    lb_value text;
    v->bytes += length;
    if (!room_for(v, 0) || !value_new_string(&text, bytes, (int64_t)length, v->err)) return NULL;
    return thing_of(v, text);
}
struct thing *thing_text_of(struct evaluator *v, const char *text) {
    return thing_text(v, text, strlen(text));
}
struct thing *thing_name(struct evaluator *v, const struct name *name) {
    return thing_text(v, name->text, name->length);
}

/* An array of `count` elements with room for more, filled from `items`. */
static bool take_items(struct evaluator *v, struct thing *t, struct thing *const *items, int count) {
    t->items = room_for(v, sizeof *items * ((size_t)count + 1));
    if (!t->items) return false;
    if (count) memcpy(t->items, items, sizeof *items * (size_t)count);
    t->count = count;
    t->capacity = count + 1;
    return true;
}

struct thing *thing_tuple(struct evaluator *v, struct thing *const *items, int count) {
    struct thing *t = thing_new(v, THING_TUPLE);
    return t && take_items(v, t, items, count) ? t : NULL;
}
struct thing *thing_list(struct evaluator *v, struct thing *const *items, int count) {
    struct thing *t = thing_new(v, THING_LIST);
    return t && take_items(v, t, items, count) ? t : NULL;
}
struct thing *thing_pair(struct evaluator *v, struct thing *a, struct thing *b) {
    return thing_tuple(v, (struct thing *[]){a, b}, 2);
}

struct thing *thing_library(struct evaluator *v, const char *path) {
    struct thing *t = thing_new(v, THING_LIBRARY);
    if (!t) return NULL;
    t->path = arena_text(&v->memory, path, strlen(path));
    return t->path ? t : raise_memory(v);
}

struct thing *thing_native_of(struct evaluator *v, const char *name, thing_native run, struct thing *self) {
    struct thing *t = thing_new(v, THING_NATIVE);
    if (!t) return NULL;
    t->native.name = name;
    t->native.run = run;
    t->native.self = self;
    return t;
}

/* Twice the room, the old contents first. */
static void *larger(struct evaluator *v, const void *old, int count, int capacity, size_t size) {
    void *items = room_for(v, size * (size_t)capacity);
    if (items && count) memcpy(items, old, size * (size_t)count);
    return items;
}

bool thing_append(struct evaluator *v, struct thing *list, struct thing *item) {
    if (!item) return false;
    if (list->count == list->capacity) {
        int capacity = list->capacity < SMALL ? SMALL : list->capacity * 2;
        struct thing **items = larger(v, list->items, list->count, capacity, sizeof *items);
        if (!items) return false;
        list->items = items;
        list->capacity = capacity;
    }
    list->items[list->count++] = item;
    return true;
}

/* ---- bindings ---- */

static uint64_t name_slot(const struct name *name) {
    return ((uint64_t)(uintptr_t)name >> 4) * 0x9e3779b97f4a7c15u >> 20;
}

static void index_put(int32_t *index, int size, uint64_t hash, int32_t at) {
    uint64_t slot = hash & (uint64_t)(size - 1);
    while (index[slot] >= 0) slot = (slot + 1) & (uint64_t)(size - 1);
    index[slot] = at;
}

/* An empty index at least twice as large as what is to be found in it; NULL after an error. */
static int32_t *new_index(struct evaluator *v, int capacity, int *size) {
    *size = SMALL;
    while (*size < capacity * 2) *size *= 2;
    int32_t *index = room_for(v, sizeof *index * (size_t)*size);
    if (index) memset(index, 0xff, sizeof *index * (size_t)*size);
    return index;
}

static struct binding *find_binding(const struct bindings *b, const struct name *name) {
    if (!b->index) {
        for (int i = 0; i < b->count; i++)
            if (b->items[i].name == name) return &b->items[i];
        return NULL;
    }
    uint64_t mask = (uint64_t)(b->index_size - 1);
    for (uint64_t slot = name_slot(name) & mask; b->index[slot] >= 0; slot = (slot + 1) & mask)
        if (b->items[b->index[slot]].name == name) return &b->items[b->index[slot]];
    return NULL;
}

struct thing *bindings_get(const struct bindings *b, const struct name *name) {
    struct binding *found = find_binding(b, name);
    return found ? found->thing : NULL;
}

static bool grow_bindings(struct evaluator *v, struct bindings *b) {
    int capacity = b->capacity < SMALL ? SMALL : b->capacity * 2;
    struct binding *items = larger(v, b->items, b->count, capacity, sizeof *items);
    if (!items) return false;
    b->items = items;
    b->capacity = capacity;
    if (capacity <= SMALL) return true;
    if (!(b->index = new_index(v, capacity, &b->index_size))) return false;
    for (int i = 0; i < b->count; i++) index_put(b->index, b->index_size, name_slot(items[i].name), i);
    return true;
}

bool bindings_set(struct evaluator *v, struct bindings *b, const struct name *name, struct thing *thing) {
    struct binding *found = find_binding(b, name);
    if (found) {
        found->thing = thing;
        return true;
    }
    if (b->count == b->capacity && !grow_bindings(v, b)) return false;
    if (b->index) index_put(b->index, b->index_size, name_slot(name), b->count);
    b->items[b->count++] = (struct binding){name, thing};
    return true;
}

/* The names behind it keep their order; a name that is set again comes last, as in Python's dicts. */
bool bindings_remove(struct bindings *b, const struct name *name) {
    struct binding *found = find_binding(b, name);
    if (!found || !found->thing) return false;
    memmove(found, found + 1, sizeof *found * (size_t)(&b->items[b->count] - found - 1));
    b->count--;
    if (!b->index) return true;
    memset(b->index, 0xff, sizeof *b->index * (size_t)b->index_size);
    for (int i = 0; i < b->count; i++) index_put(b->index, b->index_size, name_slot(b->items[i].name), i);
    return true;
}

/* ---- dicts ---- */

/* The entry of a key; NULL: none, or an error that comparing raised. */
static struct thing_entry *find_entry(struct evaluator *v, const struct thing *dict, struct thing *key,
                                      uint64_t hash) {
    const struct thing_dict *d = &dict->dict;
    if (!d->index) return NULL;
    uint64_t mask = (uint64_t)(d->index_size - 1);
    for (uint64_t slot = hash & mask; d->index[slot] >= 0; slot = (slot + 1) & mask) {
        struct thing_entry *e = &d->entries[d->index[slot]];
        if (!e->key || e->hash != hash) continue;
        int equal = thing_same(e->key, key) ? 1 : thing_equal(v, e->key, key);
        if (equal) return equal < 0 ? NULL : e;
    }
    return NULL;
}

struct thing *thing_dict_find(struct evaluator *v, const struct thing *dict, struct thing *key) {
    uint64_t hash;
    if (!thing_hash(v, key, &hash)) return NULL;
    struct thing_entry *e = find_entry(v, dict, key, hash);
    return e ? e->value : NULL;
}

/* More room; what was removed is left out. */
static bool grow_dict(struct evaluator *v, struct thing_dict *d) {
    int capacity = d->count * 2 < SMALL ? SMALL : d->count * 2, used = 0;
    struct thing_entry *entries = room_for(v, sizeof *entries * (size_t)capacity);
    int size;
    int32_t *index = entries ? new_index(v, capacity, &size) : NULL;
    if (!index) return false;
    for (int i = 0; i < d->used; i++) {
        if (!d->entries[i].key) continue;
        index_put(index, size, d->entries[i].hash, used);
        entries[used++] = d->entries[i];
    }
    *d = (struct thing_dict){entries, used, d->count, capacity, index, size};
    return true;
}

bool thing_dict_put(struct evaluator *v, struct thing *dict, struct thing *key, struct thing *value) {
    struct thing_dict *d = &dict->dict;
    uint64_t hash;
    if (!value || !thing_hash(v, key, &hash)) return false;
    struct thing_entry *e = find_entry(v, dict, key, hash);
    if (e) {
        e->value = value;
        return true;
    }
    if (v->err->code || (d->used == d->capacity && !grow_dict(v, d))) return false;
    index_put(d->index, d->index_size, hash, d->used);
    d->entries[d->used++] = (struct thing_entry){key, value, hash};
    d->count++;
    return true;
}

struct thing *thing_dict_take(struct evaluator *v, struct thing *dict, struct thing *key) {
    uint64_t hash;
    if (!thing_hash(v, key, &hash)) return NULL;
    struct thing_entry *e = find_entry(v, dict, key, hash);
    if (!e) return NULL;
    e->key = NULL;
    dict->dict.count--;
    return e->value;
}

struct thing_entry *thing_dict_step(const struct thing *dict, int *position) {
    while (*position < dict->dict.used) {
        struct thing_entry *e = &dict->dict.entries[(*position)++];
        if (e->key) return e;
    }
    return NULL;
}

static uint64_t text_hash(const char *bytes, size_t length) {
    return hash_bytes(bytes, length);
}

struct thing *thing_dict_find_name(const struct thing *dict, const struct name *name) {
    const struct thing_dict *d = &dict->dict;
    if (!d->index) return NULL;
    uint64_t hash = text_hash(name->text, name->length), mask = (uint64_t)(d->index_size - 1);
    for (uint64_t slot = hash & mask; d->index[slot] >= 0; slot = (slot + 1) & mask) {
        struct thing_entry *e = &d->entries[d->index[slot]];
        if (!e->key || e->hash != hash || !thing_is_text(e->key)) continue;
        const struct string *s = e->key->value.string;
        if (s->length == name->length && !memcmp(s->bytes, name->text, name->length)) return e->value;
    }
    return NULL;
}

bool thing_dict_put_name(struct evaluator *v, struct thing *dict, const struct name *name,
                         struct thing *value) {
    struct thing *key = thing_name(v, name);
    return key && thing_dict_put(v, dict, key, value);
}
