/* Lists: 16-byte items in one growing array; see value.h. */
#include "base/mem.h"
#include "value/value.h"
#include <string.h>

static bool list_reserve(struct list *l, int64_t capacity, lb_error *err) {
    size_t bytes;
    if (capacity < 0 || !size_multiply((size_t)capacity, sizeof *l->items, &bytes)) return error_memory(err);
    lb_value *items = mem_resize(l->items, bytes);
    if (!items) return error_memory(err);
    l->items = items;
    l->capacity = capacity;
    return true;
}

bool value_new_list(lb_value *out, const struct type *element, int64_t capacity, lb_error *err) {
    *out = value_none();
    struct list *l = mem_zeroed(1, sizeof *l);
    if (!l) return error_memory(err);
    counted_init(&l->counted);
    l->element = element;
    if (capacity && !list_reserve(l, capacity, err)) {
        mem_free(l);
        return false;
    }
    *out = value_counted(VALUE_LIST, l);
    return true;
}

static bool list_grow(struct list *l, lb_error *err) {
    if (l->count < l->capacity) return true;
    return list_reserve(l, l->capacity < 4 ? 4 : l->capacity + l->capacity / 2, err);
}

bool list_append(struct list *l, lb_value item, lb_error *err) {
    if (!list_grow(l, err)) {
        value_release(item);
        return false;
    }
    l->items[l->count++] = item;
    return true;
}

bool list_insert(struct list *l, int64_t at, lb_value item, lb_error *err) {
    if (!list_grow(l, err)) {
        value_release(item);
        return false;
    }
    memmove(l->items + at + 1, l->items + at, (size_t)(l->count - at) * sizeof *l->items);
    l->items[at] = item;
    l->count++;
    return true;
}

lb_value list_remove_at(struct list *l, int64_t at) {
    lb_value item = l->items[at];
    l->count--;
    memmove(l->items + at, l->items + at + 1, (size_t)(l->count - at) * sizeof *l->items);
    return item;
}
