/* Relations between types: equality, subtyping, unification, subtraction.
 *
 * The rules are those of aten/src/ATen/core/type.cpp, union_type.cpp, tensor_type.cpp and class_type.cpp:
 * containers of mutable things are invariant, tuples and futures covariant, classes are subtypes of the
 * interfaces whose methods they have. Unions are put together in union.c. */
#include "types/relations.h"
#include "base/mem.h"
#include "types/function.h"
#include "types/method_fit.h"
#include <string.h>

static const char *last_atom(const struct name *qualified) {
    if (!qualified) return "";
    const char *dot = strrchr(qualified->text, '.');
    return dot ? dot + 1 : qualified->text;
}

static bool equal_items(const struct type *a, const struct type *b) {
    for (int i = 0; i < a->count; i++)
        if (!type_equal(a->items[i], b->items[i])) return false;
    return true;
}

static bool same_field_names(const struct type *a, const struct type *b) {
    for (int i = 0; i < a->count; i++)
        if (a->fields->names[i] != b->fields->names[i]) return false;
    return true;
}

static bool equal_tuples(const struct type *a, const struct type *b) {
    if (!a->fields != !b->fields || !equal_items(a, b)) return false;
    return !a->fields || (!strcmp(last_atom(a->name), last_atom(b->name)) && same_field_names(a, b));
}

static bool is_number_union(const struct type *t) {
    return t->kind == TYPE_UNION && t->count == 3 && union_holds_number(t);
}

bool type_equal(const struct type *a, const struct type *b) {
    if (a == b) return true;
    if (a->kind != b->kind)
        return (a->kind == TYPE_NUMBER && is_number_union(b)) ||
               (b->kind == TYPE_NUMBER && is_number_union(a));
    if (a->count != b->count || !a->count) return false;
    return a->kind == TYPE_TUPLE ? equal_tuples(a, b) : equal_items(a, b);
}

/* What b knows, a knows too and agrees (TensorType::isSubtypeOfExt: merge(a, b) == b). */
static bool dims_cover(const int64_t *a, const int64_t *b, int ndim) {
    if (!b) return true;
    for (int i = 0; i < ndim; i++)
        if (b[i] != -1 && (!a || a[i] != b[i])) return false;
    return true;
}

static bool tensor_covers(const struct tensor_facts *a, const struct tensor_facts *b) {
    if (!b) return !a || !a->undefined;
    if (!a) return false;
    if (a->undefined != b->undefined || (b->dtype != -1 && a->dtype != b->dtype)) return false;
    if (b->requires_grad != -1 && a->requires_grad != b->requires_grad) return false;
    if (b->has_device && (!a->has_device || memcmp(&a->device, &b->device, sizeof a->device) != 0))
        return false;
    if (b->ndim == -1) return true;
    return a->ndim == b->ndim && dims_cover(a->sizes, b->sizes, b->ndim) &&
           dims_cover(a->strides, b->strides, b->ndim);
}

/* Schemas as FunctionSchema::isSubtypeOf with as_method: arguments contravariant, results covariant. */
static bool arguments_fit(struct type_store *s, const struct argument *child, const struct argument *parent,
                          int count) {
    for (int i = 0; i < count; i++)
        if (child[i].name != parent[i].name || !type_is_subtype(s, child[i].type, parent[i].type))
            return false;
    return true;
}

bool type_method_fits(struct type_store *s, struct function *method, const struct function *wanted) {
    lb_error ignored = {0};
    if (!method->schema && method->ensure && !method->ensure(method, &ignored)) error_clear(&ignored);
    const struct schema *a = method->schema, *b = wanted->schema;
    if (!a || !b || a->argument_count != b->argument_count || a->return_count != b->return_count)
        return false;
    int self = a->argument_count > 0;
    return arguments_fit(s, b->arguments + self, a->arguments + self, a->argument_count - self) &&
           arguments_fit(s, a->returns, b->returns, a->return_count);
}

static bool has_methods(struct type_store *s, const struct class_definition *c,
                        const struct class_definition *interface) {
    if (interface->is_module && !c->is_module) return false;
    for (int i = 0; i < interface->methods.count; i++) {
        const struct function *wanted = interface->methods.items[i];
        struct function *method = class_find_method(c, wanted->name);
        if (!method || !type_method_fits(s, method, wanted)) return false;
    }
    return true;
}

static bool covariant(struct type_store *s, const struct type *a, const struct type *b) {
    if (a->kind != b->kind || a->count != b->count) return false;
    for (int i = 0; i < a->count; i++)
        if (!type_is_subtype(s, a->items[i], b->items[i])) return false;
    return true;
}

static bool tuple_fits(struct type_store *s, const struct type *a, const struct type *b) {
    if (b->kind != TYPE_TUPLE || a->count != b->count) return false;
    if (b->fields && (!a->fields || !same_field_names(a, b))) return false;
    return covariant(s, a, b);
}

static bool optional_fits(struct type_store *s, const struct type *a, const struct type *b) {
    if (b->kind == TYPE_OPTIONAL) return type_is_subtype(s, a->items[0], b->items[0]);
    return b->kind == TYPE_UNION && union_can_hold(s, b, s->simple[TYPE_NONE]) &&
           union_can_hold(s, b, a->items[0]);
}

static bool fits_any_of(struct type_store *s, const struct type *a, const struct type *const *items,
                        int count) {
    for (int i = 0; i < count; i++)
        if (type_is_subtype(s, a, items[i])) return true;
    return false;
}

/* The members of what a union is compared with: a Union's own, T and None of an Optional, the three of
 * number. */
static int members_of(struct type_store *s, const struct type *t, const struct type *members[4]) {
    int count = 0;
    const struct type *inner = t->kind == TYPE_OPTIONAL ? t->items[0] : t;
    if (t->kind == TYPE_OPTIONAL) members[count++] = s->simple[TYPE_NONE];
    if (inner->kind != TYPE_NUMBER) {
        members[count++] = inner;
        return count;
    }
    members[count++] = s->simple[TYPE_INT];
    members[count++] = s->simple[TYPE_FLOAT];
    members[count++] = s->simple[TYPE_COMPLEX];
    return count;
}

static bool union_fits(struct type_store *s, const struct type *a, const struct type *b) {
    const struct type *few[4];
    int count = b->kind == TYPE_UNION ? b->count : members_of(s, b, few);
    const struct type *const *members = b->kind == TYPE_UNION ? b->items : few;
    for (int i = 0; i < a->count; i++)
        if (!fits_any_of(s, a->items[i], members, count)) return false;
    return true;
}

/* What holds for types of every kind (Type::isSubtypeOfExt). */
static bool fits_in_general(struct type_store *s, const struct type *a, const struct type *b) {
    if (b->kind == TYPE_OPTIONAL) return type_is_subtype(s, a, b->items[0]);
    return b->kind == TYPE_UNION && fits_any_of(s, a, b->items, b->count);
}

static bool fits_by_kind(struct type_store *s, const struct type *a, const struct type *b) {
    switch (a->kind) {
    case TYPE_NONE: return b->kind == TYPE_OPTIONAL;
    case TYPE_INT:
    case TYPE_FLOAT:
    case TYPE_COMPLEX: return b->kind == TYPE_NUMBER;
    case TYPE_NUMBER: return b->kind == TYPE_UNION && union_holds_number(b);
    case TYPE_TENSOR: return b->kind == TYPE_TENSOR && tensor_covers(a->facts, b->facts);
    case TYPE_LIST: return b->kind == TYPE_ANY_LIST;
    case TYPE_TUPLE: return b->kind == TYPE_ANY_TUPLE || tuple_fits(s, a, b);
    case TYPE_OPTIONAL: return optional_fits(s, a, b);
    case TYPE_UNION: return union_fits(s, a, b);
    case TYPE_FUTURE:
    case TYPE_AWAIT: return covariant(s, a, b);
    case TYPE_ENUM: return b->kind == TYPE_ANY_ENUM;
    case TYPE_CLASS:
        return b->kind == TYPE_ANY_CLASS ||
               (b->kind == TYPE_INTERFACE && has_methods(s, a->definition, b->definition));
    case TYPE_INTERFACE: return b->kind == TYPE_INTERFACE && has_methods(s, a->definition, b->definition);
    default: return false;
    }
}

bool type_is_subtype(struct type_store *s, const struct type *a, const struct type *b) {
    if (b->kind == TYPE_ANY || type_equal(a, b) || fits_by_kind(s, a, b)) return true;
    return a->kind != TYPE_OPTIONAL && a->kind != TYPE_UNION && fits_in_general(s, a, b);
}

bool type_accepts_none(const struct type *t) {
    if (t->kind == TYPE_UNION)
        for (int i = 0; i < t->count; i++)
            if (t->items[i]->kind == TYPE_NONE) return true;
    return t->kind == TYPE_NONE || t->kind == TYPE_OPTIONAL;
}

static int merge_int(int a, int b) {
    return a == b ? a : -1;
}

static int64_t *merge_dims(int64_t *dims, const int64_t *a, const int64_t *b, int ndim) {
    for (int i = 0; a && b && i < ndim; i++) dims[i] = a[i] == b[i] ? a[i] : -1;
    return a && b ? dims : NULL;
}

/* TensorType::merge: what both know and agree on. */
static const struct type *merge_tensors(struct type_store *s, const struct type *ta, const struct type *tb) {
    const struct tensor_facts *a = ta->facts, *b = tb->facts;
    int64_t sizes[TENSOR_MAX_DIMS], strides[TENSOR_MAX_DIMS];
    if (!a || !b || a->ndim > TENSOR_MAX_DIMS) return s->tensor;
    struct tensor_facts m = {.dtype = merge_int(a->dtype, b->dtype), .ndim = merge_int(a->ndim, b->ndim)};
    m.requires_grad = (int8_t)merge_int(a->requires_grad, b->requires_grad);
    m.has_device = a->has_device && b->has_device && !memcmp(&a->device, &b->device, sizeof a->device);
    if (m.has_device) m.device = a->device;
    if (m.ndim >= 0) {
        m.sizes = merge_dims(sizes, a->sizes, b->sizes, m.ndim);
        m.strides = merge_dims(strides, a->strides, b->strides, m.ndim);
    }
    return type_tensor_of(s, &m);
}

static const struct type *map_items(struct type_store *s, const struct type *t,
                                    const struct type *(*map)(struct type_store *s,
                                                              const struct type *item)) {
    const struct type **items = mem_zeroed((size_t)t->count, sizeof *items);
    bool good = items != NULL;
    for (int i = 0; good && i < t->count; i++) good = (items[i] = map(s, t->items[i])) != NULL;
    const struct type *mapped = good ? type_with_items(s, t, items) : NULL;
    mem_free(items);
    return mapped;
}

const struct type *type_unshaped(struct type_store *s, const struct type *t) {
    if (t->kind == TYPE_TENSOR) return s->tensor;
    return t->count ? map_items(s, t, type_unshaped) : t;
}

static const struct type *unify_tuples(struct type_store *s, const struct type *a, const struct type *b,
                                       bool default_to_union) {
    if (a->count != b->count) return NULL;
    const struct type **items = mem_zeroed((size_t)a->count + 1, sizeof *items);
    bool good = items != NULL;
    for (int i = 0; good && i < a->count; i++)
        good = (items[i] = type_unify(s, a->items[i], b->items[i], default_to_union, NULL)) != NULL;
    const struct type *unified = good ? type_tuple(s, a->count, items) : NULL;
    mem_free(items);
    return unified;
}

/* unify(Optional[A], B) = Optional[unify(A, B)], whichever side is the optional. */
static const struct type *unify_optional(struct type_store *s, const struct type *a, const struct type *b) {
    if (a->kind != TYPE_OPTIONAL && b->kind != TYPE_OPTIONAL) return NULL;
    const struct type *optional = a->kind == TYPE_OPTIONAL ? a : b, *other = optional == a ? b : a;
    const struct type *inner = type_unify(s, optional->items[0], other, false, NULL);
    return inner ? type_optional(s, inner) : NULL;
}

static const struct type *wider(struct type_store *s, const struct type *a, const struct type *b) {
    if (type_is_subtype(s, a, b)) return b;
    return type_is_subtype(s, b, a) ? a : NULL;
}

static const struct type *unify_containers(struct type_store *s, const struct type *a, const struct type *b,
                                           bool default_to_union) {
    const struct type *inner = unify_optional(s, a, b);
    if (inner) return inner;
    if (a->kind == TYPE_TUPLE && b->kind == TYPE_TUPLE) return unify_tuples(s, a, b, default_to_union);
    if (a->kind == TYPE_FUTURE && b->kind == TYPE_FUTURE) {
        inner = type_unify(s, a->items[0], b->items[0], false, NULL);
        if (inner) return type_future(s, inner);
    }
    const struct type *plain_a = type_unshaped(s, a), *plain_b = type_unshaped(s, b);
    return plain_a && plain_b ? wider(s, plain_a, plain_b) : NULL;
}

static const struct type *unify(struct type_store *s, const struct type *a, const struct type *b,
                                bool default_to_union, const struct type *hint) {
    const struct type *wide = wider(s, a, b);
    if (wide) return wide;
    if (a->kind == TYPE_TENSOR && b->kind == TYPE_TENSOR) return merge_tensors(s, a, b);
    if (a->kind == TYPE_NONE) return type_optional(s, b);
    if (b->kind == TYPE_NONE) return type_optional(s, a);
    wide = unify_containers(s, a, b, default_to_union);
    if (wide || (a->kind == TYPE_TUPLE && b->kind == TYPE_TUPLE)) return wide;
    return hint && type_is_subtype(s, a, hint) && type_is_subtype(s, b, hint) ? hint : NULL;
}

const struct type *type_unify(struct type_store *s, const struct type *a, const struct type *b,
                              bool default_to_union, const struct type *hint) {
    const struct type *unified = unify(s, a, b, default_to_union, hint);
    if (unified || !default_to_union) return unified;
    return type_union(s, 2, (const struct type *const[]){a, b});
}
