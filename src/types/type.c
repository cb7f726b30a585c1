/* The store of types: makes every type once and finds it again by its content.
 *
 * Structural types (lists, tuples, refined tensors, ...) are kept in a table by content; types with a
 * qualified name in a table by name. What is inside a type is never changed; classes and enums grow behind
 * their pointer. Relations between types are in relations.c and union.c, their texts in type_text.c. */
#include "base/mem.h"
#include "types/relations.h"
#include <sched.h>
#include <string.h>

/* Types from files may nest; these limits keep every recursion over a type, and its text, small. */
enum { DEEPEST = 200, LARGEST = 100000 };

static uint64_t mix(uint64_t h, uint64_t value) {
    h = (h ^ value) * 0x9e3779b97f4a7c15u;
    return h ^ h >> 29;
}

static uint64_t hash_dims(uint64_t h, const int64_t *dims, int ndim) {
    for (int i = 0; dims && i < ndim; i++) h = mix(h, (uint64_t)dims[i]);
    return h;
}

static uint64_t hash_facts(uint64_t h, const struct tensor_facts *f) {
    h = mix(h, (uint64_t)f->dtype << 8 ^ (uint64_t)f->ndim);
    h = hash_dims(h, f->sizes, f->ndim);
    h = hash_dims(h, f->strides, f->ndim);
    return mix(h, (uint64_t)(f->requires_grad + 1) + 4u * f->has_device);
}

static uint64_t hash_type(const struct type *t) {
    uint64_t h = mix((uint64_t)t->kind, (uint64_t)t->count);
    for (int i = 0; i < t->count; i++) h = mix(h, (uint64_t)(uintptr_t)t->items[i]);
    h = mix(h, (uint64_t)(uintptr_t)t->name);
    return t->kind == TYPE_TENSOR && t->facts ? hash_facts(h, t->facts) : h;
}

static bool same_dims(const int64_t *a, const int64_t *b, int ndim) {
    if (!a || !b || ndim <= 0) return (a == NULL) == (b == NULL) || ndim <= 0;
    return memcmp(a, b, (size_t)ndim * sizeof *a) == 0;
}

static bool same_facts(const struct tensor_facts *a, const struct tensor_facts *b) {
    if (!a || !b) return a == b;
    bool same_device =
        a->has_device == b->has_device &&
        (!a->has_device || (a->device.type == b->device.type && a->device.index == b->device.index));
    return a->dtype == b->dtype && a->ndim == b->ndim && same_dims(a->sizes, b->sizes, a->ndim) &&
           same_dims(a->strides, b->strides, a->ndim) && a->requires_grad == b->requires_grad &&
           same_device && a->undefined == b->undefined;
}

static bool same_content(const struct type *a, const struct type *b) {
    if (a->kind != b->kind || a->count != b->count || a->name != b->name) return false;
    for (int i = 0; i < a->count; i++)
        if (a->items[i] != b->items[i]) return false;
    return a->kind != TYPE_TENSOR || same_facts(a->facts, b->facts);
}

static uint32_t find_slot(const struct type_store *s, const struct type *t) {
    uint32_t at = (uint32_t)hash_type(t) & s->mask;
    while (s->slots[at] && !same_content(s->slots[at], t)) at = (at + 1) & s->mask;
    return at;
}

static bool grow(struct type_store *s) {
    struct type **old = s->slots;
    uint32_t old_size = old ? s->mask + 1 : 0, size = old ? old_size * 2 : 128;
    struct type **slots = mem_zeroed(size, sizeof *slots);
    if (!slots) return false;
    s->slots = slots;
    s->mask = size - 1;
    for (uint32_t i = 0; i < old_size; i++)
        if (old[i]) slots[find_slot(s, old[i])] = old[i];
    mem_free(old);
    return true;
}

/* Depth, size, variables and marks follow from the items; false when the type is too deep or too large. */
static bool measure(struct type *t) {
    uint64_t size = 1;
    int depth = 0;
    t->has_marks = t->name && (t->kind == TYPE_LIST || t->kind == TYPE_DICT);
    for (int i = 0; i < t->count; i++) {
        if (!t->items[i]) return false;
        size += t->items[i]->size;
        depth = t->items[i]->depth > depth ? t->items[i]->depth : depth;
        t->has_variables |= t->items[i]->has_variables;
        t->has_marks |= t->items[i]->has_marks;
    }
    t->size = (uint32_t)(size > LARGEST ? LARGEST : size);
    t->depth = (uint16_t)(depth + 1);
    return size < LARGEST && depth < DEEPEST;
}

static struct type *keep(struct arena *memory, const struct type *wanted) {
    struct type *t = arena_copy(memory, wanted, sizeof *t);
    if (!t) return NULL;
    if (t->count) {
        t->items = arena_copy(memory, wanted->items, (size_t)t->count * sizeof *t->items);
        if (!t->items) return NULL;
    }
    return t;
}

static int64_t *keep_dims(struct arena *memory, const int64_t *dims, int ndim) {
    return arena_copy(memory, dims, (size_t)(ndim > 0 ? ndim : 0) * sizeof *dims);
}

static struct type *keep_tensor(struct arena *memory, const struct type *wanted) {
    struct type *t = keep(memory, wanted);
    const struct tensor_facts *facts = wanted->facts;
    struct tensor_facts *copy = t && facts ? arena_copy(memory, facts, sizeof *copy) : NULL;
    if (!t || !facts) return t;
    if (!copy) return NULL;
    if (facts->sizes && !(copy->sizes = keep_dims(memory, facts->sizes, facts->ndim))) return NULL;
    if (facts->strides && !(copy->strides = keep_dims(memory, facts->strides, facts->ndim))) return NULL;
    t->facts = copy;
    return t;
}

static const struct type *find_or_add(struct type_store *s, const struct type *wanted) {
    if ((!s->slots || s->count * 2 > s->mask) && !grow(s)) return NULL;
    uint32_t at = find_slot(s, wanted);
    if (s->slots[at]) return s->slots[at];
    struct type *t = wanted->kind == TYPE_TENSOR ? keep_tensor(&s->own, wanted) : keep(&s->own, wanted);
    if (!t) return NULL;
    s->slots[at] = t;
    s->count++;
    return t;
}

/* The stored type of this content. */
static const struct type *intern(struct type_store *s, struct type wanted) {
    if (!measure(&wanted)) return NULL;
    while (atomic_flag_test_and_set_explicit(&s->busy, memory_order_acquire)) sched_yield();
    const struct type *t = find_or_add(s, &wanted);
    atomic_flag_clear_explicit(&s->busy, memory_order_release);
    return t;
}

bool type_store_init(struct type_store *store, struct arena *memory, struct name_pool *names) {
    *store = (struct type_store){.memory = memory, .names = names};
    atomic_flag_clear(&store->busy);
    for (int kind = 0; kind < TYPE_SIMPLE_COUNT; kind++) {
        store->simple[kind] = intern(store, (struct type){.kind = (enum type_kind)kind});
        if (!store->simple[kind]) return false;
    }
    store->tensor = intern(store, (struct type){.kind = TYPE_TENSOR});
    return store->tensor != NULL;
}

static void free_class(struct class_definition *c) {
    for (int i = 0; i < c->constants.count; i++) value_release(c->constants.items[i].value);
    mem_free(c->attributes.items);
    mem_free(c->constants.items);
    mem_free(c->methods.items);
    mem_free(c->properties.items);
    mem_free(c->forward_hooks.items);
    mem_free(c->forward_pre_hooks.items);
}

static void free_definition(struct type *t) {
    if (t->kind == TYPE_ENUM) {
        for (int i = 0; i < t->members->list.count; i++) value_release(t->members->list.items[i].value);
        mem_free(t->members->list.items);
    } else if (t->kind == TYPE_TUPLE) {
        for (int i = 0; i < t->fields->default_count; i++) value_release(t->fields->defaults[i]);
    } else {
        free_class(t->definition);
    }
}

void type_store_free(struct type_store *store) {
    for (int i = 0; i < store->definitions.count; i++) free_definition(store->definitions.items[i]);
    mem_free(store->definitions.items);
    mem_free(store->slots);
    table_free(&store->named);
    arena_free(&store->own);
    *store = (struct type_store){0};
}

const struct type *type_wrap(struct type_store *s, enum type_kind kind, const struct type *inner) {
    return inner ? intern(s, (struct type){.kind = kind, .count = 1, .items = &inner}) : NULL;
}

const struct type *type_intern_items(struct type_store *s, enum type_kind kind, int count,
                                     const struct type *const *items) {
    return intern(s, (struct type){.kind = kind, .count = count, .items = items});
}

const struct type *type_list(struct type_store *s, const struct type *element) {
    return type_wrap(s, TYPE_LIST, element);
}

const struct type *type_future(struct type_store *s, const struct type *inner) {
    return type_wrap(s, TYPE_FUTURE, inner);
}

const struct type *type_dict(struct type_store *s, const struct type *key, const struct type *value) {
    const struct type *items[] = {key, value};
    return key && value ? intern(s, (struct type){.kind = TYPE_DICT, .count = 2, .items = items}) : NULL;
}

const struct type *type_marked(struct type_store *s, const struct type *t, const struct name *mark) {
    return intern(s, (struct type){.kind = t->kind, .count = t->count, .items = t->items, .name = mark});
}

const struct type *type_tuple(struct type_store *s, int count, const struct type *const *items) {
    return intern(s, (struct type){.kind = TYPE_TUPLE, .count = count, .items = items});
}

const struct type *type_variable(struct type_store *s, const struct name *letter) {
    return letter ? intern(s, (struct type){.kind = TYPE_VAR, .name = letter, .has_variables = true}) : NULL;
}

const struct type *type_tensor_of(struct type_store *s, const struct tensor_facts *facts) {
    return facts ? intern(s, (struct type){.kind = TYPE_TENSOR, .facts = facts}) : s->tensor;
}

/* Enters a type under its qualified name; NULL when the name is taken. */
static struct type *add_named(struct type_store *s, const struct type *wanted) {
    struct type *t = table_has(&s->named, wanted->name) ? NULL : keep(s->memory, wanted);
    if (!t || !measure(t) || !array_push(&s->definitions, t)) return NULL;
    if (table_set(&s->named, t->name, t)) return t;
    s->definitions.count--;
    return NULL;
}

static struct tuple_fields *keep_fields(struct type_store *s, int count, const struct tuple_fields *fields) {
    struct tuple_fields *copy = arena_copy(s->memory, fields, sizeof *copy);
    if (!copy) return NULL;
    copy->names = arena_copy(s->memory, fields->names, (size_t)count * sizeof *copy->names);
    lb_value *defaults = arena_array(s->memory, lb_value, fields->default_count);
    if (!copy->names || !defaults) return NULL;
    for (int i = 0; i < fields->default_count; i++) defaults[i] = value_copy(fields->defaults[i]);
    copy->defaults = defaults;
    return copy;
}

static bool same_fields(const struct type *t, int count, const struct type *const *items,
                        const struct tuple_fields *fields) {
    if (t->kind != TYPE_TUPLE || !t->fields || t->count != count) return false;
    for (int i = 0; i < count; i++)
        if (t->items[i] != items[i] || t->fields->names[i] != fields->names[i]) return false;
    return true;
}

static const struct type *unnamed_fields(struct type_store *s, int count, const struct type *const *items,
                                         const struct tuple_fields *fields) {
    for (int i = 0; i < s->results.count; i++)
        if (same_fields(s->results.items[i], count, items, fields)) return s->results.items[i];
    struct tuple_fields *copy = keep_fields(s, count, fields);
    struct type *t =
        copy ? keep(s->memory,
                    &(const struct type){.kind = TYPE_TUPLE, .count = count, .items = items, .fields = copy})
             : NULL;
    return t && measure(t) && array_push_in(s->memory, &s->results, t) ? t : NULL;
}

const struct type *type_named_tuple(struct type_store *s, const struct name *qualified, int count,
                                    const struct type *const *items, const struct tuple_fields *fields) {
    if (!qualified) return unnamed_fields(s, count, items, fields);
    const struct type *known = type_find_named(s, qualified);
    if (known) return same_fields(known, count, items, fields) ? known : NULL;
    struct tuple_fields *copy = keep_fields(s, count, fields);
    const struct type wanted = {
        .kind = TYPE_TUPLE, .count = count, .items = items, .name = qualified, .fields = copy};
    const struct type *t = copy ? add_named(s, &wanted) : NULL;
    for (int i = 0; copy && !t && i < copy->default_count; i++) value_release(copy->defaults[i]);
    return t;
}

const struct type *type_enum(struct type_store *s, const struct name *qualified,
                             const struct type *value_type) {
    const struct type *known = type_find_named(s, qualified);
    if (known) return known->kind == TYPE_ENUM && known->members->value_type == value_type ? known : NULL;
    struct enum_members *members = arena_new(s->memory, struct enum_members);
    if (!members) return NULL;
    members->value_type = value_type;
    return add_named(s, &(const struct type){.kind = TYPE_ENUM, .name = qualified, .members = members});
}

static struct class_definition *add_class(struct type_store *s, const struct name *qualified,
                                          enum type_kind kind, bool is_module) {
    struct class_definition *c = arena_new(s->memory, struct class_definition);
    if (!c) return NULL;
    c->is_module = is_module;
    c->is_interface = kind == TYPE_INTERFACE;
    c->type = add_named(s, &(const struct type){.kind = kind, .name = qualified, .definition = c});
    return c->type ? c : NULL;
}

struct class_definition *type_class(struct type_store *s, const struct name *qualified, bool is_module) {
    return add_class(s, qualified, TYPE_CLASS, is_module);
}

struct class_definition *type_interface(struct type_store *s, const struct name *qualified, bool is_module) {
    return add_class(s, qualified, TYPE_INTERFACE, is_module);
}

const struct type *type_find_named(const struct type_store *s, const struct name *qualified) {
    return table_get(&s->named, qualified);
}

const struct type *type_with_items(struct type_store *s, const struct type *t,
                                   const struct type *const *items) {
    if (!t->count || memcmp(t->items, items, (size_t)t->count * sizeof *items) == 0) return t;
    if (t->kind == TYPE_UNION) return type_union(s, t->count, items);
    if (t->kind == TYPE_OPTIONAL) return type_optional(s, items[0]);
    struct type wanted = {.kind = t->kind, .count = t->count, .items = items};
    if (t->kind == TYPE_LIST || t->kind == TYPE_DICT) wanted.name = t->name;
    if (t->kind == TYPE_TUPLE &&
        t->fields) { /* a variant of a NamedTuple: the name stays with the original */
        wanted.name = t->name;
        wanted.fields = t->fields;
    }
    return intern(s, wanted);
}
