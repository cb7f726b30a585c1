/* A compilation unit's beginning and end, its functions, and the mangling of names that are taken. */
#include "types/unit.h"
#include "base/mem.h"
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct unit *unit_new(const char *const *known_names, int known_count, lb_error *err) {
    struct unit *u = mem_zeroed(1, sizeof *u);
    if (u) counted_init(&u->counted);
    if (u && name_pool_init(&u->names, known_names, known_count) &&
        type_store_init(&u->types, &u->memory, &u->names))
        return u;
    if (u) unit_free(u);
    error_memory(err);
    return NULL;
}

static void free_function(struct unit *u, struct function *f) {
    struct code *code = atomic_load(&f->code);
    if (code && u->release_code) u->release_code(code);
    if (f->graph && u->release_graph) u->release_graph(f->graph);
    if (f->schema) schema_release_defaults(f->schema);
}

static void free_schemas(struct table *schemas) {
    for (uint32_t i = 0; schemas->slots && i <= schemas->mask; i++)
        if (schemas->slots[i].value) schema_release_defaults(schemas->slots[i].value);
    table_free(schemas);
}

/* Functions first: their constants may be objects whose types live in the arena. */
void unit_free(struct unit *u) {
    if (!u || !counted_release(&u->counted)) return;
    for (int i = u->kept.count - 1; i >= 0; i--) u->kept.items[i].release(u->kept.items[i].thing);
    mem_free(u->kept.items);
    for (int i = 0; i < u->function_list.count; i++) free_function(u, u->function_list.items[i]);
    mem_free(u->function_list.items);
    table_free(&u->functions);
    free_schemas(&u->operator_schemas);
    table_free(&u->specialized);
    table_free(&u->unspecializable);
    table_free(&u->attribute_types);
    table_free(&u->decompositions);
    table_free(&u->exceptions);
    type_store_free(&u->types);
    name_pool_free(&u->names);
    arena_free(&u->memory);
    mem_free(u);
}

void unit_enter(struct unit *u) {
    uintptr_t self = (uintptr_t)pthread_self(), nobody = 0;
    while (atomic_load(&u->holder) != self && !atomic_compare_exchange_weak(&u->holder, &nobody, self)) {
        nobody = 0;
        sched_yield();
    }
    u->entered++;
}

void unit_leave(struct unit *u) {
    if (--u->entered == 0) atomic_store(&u->holder, 0);
}

int unit_pause(struct unit *u) {
    int entered = u->entered;
    u->entered = 0;
    if (entered) atomic_store(&u->holder, 0);
    return entered;
}

void unit_resume(struct unit *u, int entered) {
    if (!entered) return;
    unit_enter(u);
    u->entered = entered;
}

bool unit_keep(struct unit *u, void *thing, void (*release)(void *thing)) {
    struct unit_kept kept = {thing, release};
    return array_push(&u->kept, kept);
}

struct function *unit_new_function(struct unit *u, const struct name *qualified, const struct name *name) {
    struct function *f = arena_new(&u->memory, struct function);
    if (!f || !array_push(&u->function_list, f)) return NULL;
    f->qualified = qualified;
    f->name = name;
    return f;
}

static const char prefix[] = "___torch_mangle_";

/* "a.___torch_mangle_3.C" becomes "a.___torch_mangle_N.C"; false when no atom is mangled yet. */
static bool renumber(struct text *out, const char *qualified, int64_t *counter) {
    const char *found = strstr(qualified, prefix);
    if (!found) return false;
    const char *digits = found + strlen(prefix), *end = digits + strspn(digits, "0123456789");
    /* what stands between the number and the next dot goes away, as the atom is written anew */
    const char *rest = end + strcspn(end, ".");
    long long number = strtoll(digits, NULL, 10);
    if (number < INT32_MAX && *counter < number + 1) *counter = number + 1;
    text_put_bytes(out, qualified, (size_t)(digits - qualified));
    text_put_int(out, (*counter)++);
    text_put(out, rest);
    return true;
}

static void add_number(struct text *out, const char *qualified, int64_t *counter) {
    const char *dot = strrchr(qualified, '.'), *last = dot ? dot + 1 : qualified;
    text_put_bytes(out, qualified, (size_t)(last - qualified));
    text_printf(out, "%s%lld.%s", prefix, (long long)(*counter)++, last);
}

void mangled_name_put(struct text *out, const char *qualified, int64_t *counter) {
    if (!renumber(out, qualified, counter)) add_number(out, qualified, counter);
}

const struct name *unit_mangle(struct unit *u, const struct name *qualified) {
    struct text out = {0};
    const struct name *name = NULL;
    do {
        text_cut(&out, 0);
        mangled_name_put(&out, qualified->text, &u->mangle_counter);
        name = out.failed ? NULL : name_intern(&u->names, text_get(&out), out.length);
    } while (name && (type_find_named(&u->types, name) || table_has(&u->functions, name)));
    text_free(&out);
    return name;
}
