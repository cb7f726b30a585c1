/* See unique_names.h. */
#include "module/unique_names.h"
#include "types/unit.h"

bool unique_names_init(struct unique_names *u) {
    *u = (struct unique_names){0};
    return name_pool_init(&u->pool, NULL, 0);
}

void unique_names_free(struct unique_names *u) {
    table_free(&u->names);
    table_free(&u->taken);
    name_pool_free(&u->pool);
}

static const struct name *mangled(struct unique_names *u, const char *qualified) {
    struct text text = {0};
    const struct name *name;
    do {
        text_cut(&text, 0);
        mangled_name_put(&text, qualified, &u->counter);
        name = text.failed ? NULL : name_intern(&u->pool, text_get(&text), text.length);
    } while (name && table_has(&u->taken, name));
    text_free(&text);
    return name;
}

const struct name *unique_name(struct unique_names *u, struct code_dependency what) {
    const void *key = what.type ? (const void *)what.type : (const void *)what.function;
    const struct name *own = what.type ? what.type->name : what.function->qualified;
    const struct name *name = table_get(&u->names, key);
    if (name) return name;
    name = name_intern(&u->pool, own->text, own->length);
    if (name && table_has(&u->taken, name)) name = mangled(u, own->text);
    bool good = name && table_set(&u->names, key, (void *)(uintptr_t)name) && table_set(&u->taken, name, u);
    return good ? name : NULL;
}
