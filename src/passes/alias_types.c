/* Maps types to their mutable form. Types are nested no deeper than their makers allow, so recursion is
 * bounded. */
#include "passes/alias_types.h"
#include "base/arena.h"
#include "passes/alias.h"

typedef const struct type *type_maker(struct type_store *types, int count, const struct type *const *items);

/* The mutable members of a tuple or union, put together by `make`; NULL when there are none. */
static const struct type *of_members(struct type_store *types, const struct type *t, type_maker *make,
                                     bool *failed) {
    struct arena memory = {0};
    const struct type **members = arena_array(&memory, const struct type *, t->count > 0 ? t->count : 1);
    const struct type *result = NULL;
    int count = 0;
    for (int i = 0; members && i < t->count; i++) {
        const struct type *member = alias_type(types, t->items[i], failed);
        if (member) members[count++] = member;
    }
    if (!members) {
        *failed = true;
    } else if (count > 0) {
        result = make(types, count, members);
        *failed |= !result;
    }
    arena_free(&memory);
    return result;
}

static const struct type *make_union(struct type_store *types, int count, const struct type *const *items) {
    return count == 1 ? items[0] : type_union(types, count, items);
}

const struct type *alias_type(struct type_store *types, const struct type *t, bool *failed) {
    const struct type *inner;
    switch (t->kind) {
    case TYPE_LIST:
    case TYPE_DICT:
    case TYPE_CLASS:
    case TYPE_TENSOR:
        inner = type_unshaped(types, t);
        *failed |= !inner;
        return inner;
    case TYPE_ANY: return t;
    case TYPE_OPTIONAL: return alias_type(types, t->items[0], failed);
    case TYPE_UNION: return of_members(types, t, make_union, failed);
    case TYPE_TUPLE: return of_members(types, t, type_tuple, failed);
    case TYPE_FUTURE:
        inner = alias_type(types, t->items[0], failed);
        if (!inner) return NULL;
        inner = type_future(types, inner);
        *failed |= !inner;
        return inner;
    default: return NULL;
    }
}

bool alias_type_is_mutable(struct type_store *types, const struct type *t) {
    bool failed = false;
    return alias_type(types, t, &failed) != NULL || failed;
}
