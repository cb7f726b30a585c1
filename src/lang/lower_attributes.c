/* Attributes of classes whose types only their uses tell: `self.items = []` in __init__,
 * `self.items.append(x)` in another method. What was learnt is kept in the unit, and the class's methods are
 * compiled again with it (define_class.c). */
#include "lang/lower.h"
#include <string.h>

static const struct name *key_of(struct unit *unit, const struct type *class, const struct name *name) {
    const char *text = arena_printf(&unit->memory, "%s.%s", class->name->text, name->text);
    return text ? name_of(&unit->names, text) : NULL;
}

const struct type *wide_attribute_type(struct unit *unit, const struct type *class, const struct name *name) {
    const struct name *key = class->kind == TYPE_CLASS && class->name ? key_of(unit, class, name) : NULL;
    return key ? table_get(&unit->attribute_types, key) : NULL;
}

bool wide_knows_attributes(struct unit *unit, const struct type *class) {
    size_t length = class->name->length;
    for (uint32_t i = 0; unit->attribute_types.slots && i <= unit->attribute_types.mask; i++) {
        const struct name *key = unit->attribute_types.slots[i].key;
        if (key && key->length > length && key->text[length] == '.' &&
            !memcmp(key->text, class->name->text, length))
            return true;
    }
    return false;
}

/* None at first and something later may be either. */
static const struct type *wanted(struct emitter *e, const struct type *now, const struct type *want) {
    bool none = now->kind == TYPE_NONE || now->kind == TYPE_OPTIONAL;
    if (!none) return want->kind == now->kind ? want : NULL;
    return want->kind == TYPE_NONE ? NULL : type_optional(e->types, want);
}

bool wide_attribute_is_open(struct emitter *e, const struct type *class, const struct name *name) {
    int slot = class->kind == TYPE_CLASS && name ? class_find_attribute(class->definition, name) : -1;
    return slot >= 0 && class->definition->attributes.items[slot].open &&
           !wide_attribute_type(e->unit, class, name);
}

bool wide_learn_attribute(struct emitter *e, const struct type *class, const struct name *name,
                          const struct type *want) {
    if (class->kind != TYPE_CLASS || !name) return false;
    int slot = class_find_attribute(class->definition, name);
    const struct class_attribute *a = slot >= 0 ? &class->definition->attributes.items[slot] : NULL;
    const struct name *key = a && a->open ? key_of(e->unit, class, name) : NULL;
    const struct type *type = key ? wanted(e, a->type, want) : NULL;
    if (!type || type == a->type || table_get(&e->unit->attribute_types, key) == type) return false;
    e->unit->attributes_learnt++;
    return table_set(&e->unit->attribute_types, key, (void *)(uintptr_t)type) || error_memory(e->err);
}
