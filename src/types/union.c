/* Unions and optionals: flattened, simplified and sorted as PyTorch does (aten/src/ATen/core/union_type.cpp).
 *
 * A union of members goes in; an Optional, a Union, or the one type that is left comes out. */
#include "base/mem.h"
#include "types/relations.h"
#include <string.h>

typedef ARRAY_OF(const struct type *) type_array;

/* The order of C10_FORALL_TYPES (aten/src/ATen/core/type_base.h), by which members are sorted. */
static const uint8_t kind_order[] = {
    [TYPE_ANY] = 0,          [TYPE_ENUM] = 1,           [TYPE_ANY_ENUM] = 2,
    [TYPE_TENSOR] = 3,       [TYPE_STORAGE] = 4,        [TYPE_TUPLE] = 5,
    [TYPE_LIST] = 6,         [TYPE_DICT] = 7,           [TYPE_NUMBER] = 8,
    [TYPE_FLOAT] = 9,        [TYPE_COMPLEX] = 10,       [TYPE_FUTURE] = 11,
    [TYPE_AWAIT] = 12,       [TYPE_RREF] = 13,          [TYPE_INT] = 14,
    [TYPE_NONE] = 15,        [TYPE_STRING] = 16,        [TYPE_GENERATOR] = 17,
    [TYPE_QUANTIZER] = 18,   [TYPE_BOOL] = 19,          [TYPE_OPTIONAL] = 20,
    [TYPE_VAR] = 21,         [TYPE_DEVICE] = 22,        [TYPE_STREAM] = 23,
    [TYPE_FUNCTION] = 24,    [TYPE_CLASS] = 25,         [TYPE_PY_OBJECT] = 26,
    [TYPE_CAPSULE] = 27,     [TYPE_INTERFACE] = 28,     [TYPE_QSCHEME] = 29,
    [TYPE_SCALAR_TYPE] = 30, [TYPE_LAYOUT] = 31,        [TYPE_DIMNAME] = 32,
    [TYPE_ANY_LIST] = 33,    [TYPE_ANY_TUPLE] = 34,     [TYPE_ANY_CLASS] = 35,
    [TYPE_SYM_INT] = 36,     [TYPE_SYM_FLOAT] = 37,     [TYPE_SYM_BOOL] = 38,
    [TYPE_UNION] = 39,       [TYPE_MEMORY_FORMAT] = 32,
};

int type_kind_order(enum type_kind kind) {
    return kind_order[kind];
}

bool union_holds_number(const struct type *t) {
    bool has_int = false, has_float = false, has_complex = false;
    for (int i = 0; i < t->count; i++) {
        enum type_kind kind = t->items[i]->kind;
        bool any = kind == TYPE_ANY || kind == TYPE_NUMBER;
        has_int |= any || kind == TYPE_INT;
        has_float |= any || kind == TYPE_FLOAT;
        has_complex |= any || kind == TYPE_COMPLEX;
    }
    return has_int && has_float && has_complex;
}

bool union_can_hold(struct type_store *s, const struct type *t, const struct type *member) {
    if (member->kind == TYPE_NUMBER) return union_holds_number(t);
    for (int i = 0; i < t->count; i++)
        if (type_is_subtype(s, member, t->items[i])) return true;
    return false;
}

/* Nested unions and optionals opened, number split into its three. */
static bool flatten(struct type_store *s, const struct type *t, type_array *out) {
    if (t->kind == TYPE_NUMBER)
        return array_push(out, s->simple[TYPE_INT]) && array_push(out, s->simple[TYPE_FLOAT]) &&
               array_push(out, s->simple[TYPE_COMPLEX]);
    if (t->kind != TYPE_UNION && t->kind != TYPE_OPTIONAL) return array_push(out, t);
    for (int i = 0; i < t->count; i++)
        if (!flatten(s, t->items[i], out)) return false;
    return t->kind == TYPE_UNION || array_push(out, s->simple[TYPE_NONE]);
}

static const struct type *common_parent(struct type_store *s, const struct type *a, const struct type *b) {
    if ((a->kind == TYPE_NONE) != (b->kind == TYPE_NONE)) return NULL;
    return type_unify(s, a, b, false, NULL);
}

/* One pass from the right, as filterDuplicateSubtypes: a member that unifies with one before it is taken out,
 * and the last member takes its place. */
static void merge_members(struct type_store *s, type_array *members) {
    int end = members->count - 1;
    const struct type **items = members->items;
    for (int i = end; i > 0; i--) {
        for (int j = i - 1 < end ? i - 1 : end; j >= 0; j--) {
            const struct type *parent = common_parent(s, items[i], items[j]);
            if (!parent) continue;
            items[j] = parent;
            items[i] = items[end--];
            break;
        }
    }
    members->count = end + 1;
}

static int compare_texts(const struct type *a, const struct type *b) {
    struct text ta = {0}, tb = {0};
    type_put_schema(&ta, a);
    type_put_schema(&tb, b);
    int order = strcmp(text_get(&ta), text_get(&tb));
    text_free(&ta);
    text_free(&tb);
    return order;
}

static bool comes_before(const struct type *a, const struct type *b) {
    if (a->kind != b->kind) return kind_order[a->kind] < kind_order[b->kind];
    return compare_texts(a, b) < 0;
}

static void sort_members(type_array *members) {
    for (int i = 1; i < members->count; i++) {
        const struct type *t = members->items[i];
        int j = i;
        for (; j > 0 && comes_before(t, members->items[j - 1]); j--)
            members->items[j] = members->items[j - 1];
        members->items[j] = t;
    }
}

static bool standardize(struct type_store *s, int count, const struct type *const *items, type_array *out) {
    for (int i = 0; i < count; i++)
        if (!items[i] || !flatten(s, items[i], out)) return false;
    merge_members(s, out);
    sort_members(out);
    return out->count > 0;
}

/* Interns a Union of members that are in order already. */
static const struct type *make_union(struct type_store *s, const type_array *members) {
    if (members->count == 1) return members->items[0];
    return type_intern_items(s, TYPE_UNION, members->count, members->items);
}

static bool drop_none(type_array *members) {
    int kept = 0;
    for (int i = 0; i < members->count; i++)
        if (members->items[i]->kind != TYPE_NONE) members->items[kept++] = members->items[i];
    bool dropped = kept < members->count;
    members->count = kept;
    return dropped;
}

static bool is_number(const type_array *members) {
    const struct type t = {.kind = TYPE_UNION, .count = members->count, .items = members->items};
    return members->count == 3 && union_holds_number(&t);
}

/* Optional around standard members without None. */
static const struct type *make_optional(struct type_store *s, const type_array *members) {
    const struct type *inner = is_number(members) ? s->simple[TYPE_NUMBER] : make_union(s, members);
    return type_wrap(s, TYPE_OPTIONAL, inner);
}

const struct type *type_optional(struct type_store *s, const struct type *inner) {
    type_array members = {0};
    const struct type *result = NULL;
    if (inner && standardize(s, 1, &inner, &members)) {
        drop_none(&members);
        result = members.count ? make_optional(s, &members) : s->simple[TYPE_NONE];
    }
    mem_free(members.items);
    return result;
}

const struct type *type_union(struct type_store *s, int count, const struct type *const *items) {
    type_array members = {0};
    const struct type *result = NULL;
    if (standardize(s, count, items, &members)) {
        result = make_union(s, &members);
        bool had_none = drop_none(&members);
        if (had_none && (members.count == 1 || is_number(&members))) result = make_optional(s, &members);
    }
    mem_free(members.items);
    return result;
}

const struct type *type_subtract(struct type_store *s, const struct type *t, const struct type *removed) {
    if (t->kind != TYPE_UNION && t->kind != TYPE_OPTIONAL) return type_is_subtype(s, t, removed) ? NULL : t;
    type_array kept = {0};
    const struct type *result = NULL, *none = s->simple[TYPE_NONE];
    bool good = true;
    for (int i = 0; i < t->count && good; i++)
        if (!type_is_subtype(s, t->items[i], removed)) good = array_push(&kept, t->items[i]);
    if (good && t->kind == TYPE_OPTIONAL && !type_is_subtype(s, none, removed))
        good = array_push(&kept, none);
    if (good && kept.count) result = kept.count == 1 ? kept.items[0] : type_union(s, kept.count, kept.items);
    mem_free(kept.items);
    return result;
}

const struct type *type_without_none(struct type_store *s, const struct type *t) {
    const struct type *rest = type_accepts_none(t) ? type_subtract(s, t, s->simple[TYPE_NONE]) : t;
    return rest ? rest : t;
}
