/* What is left of a frozen module: attributes that its graphs still read or that were asked for, and the
 * methods that were. */
#include "base/mem.h"
#include "ir/views.h"
#include "module/freezing.h"

struct remains {
    struct freezing *f;
    ARRAY_OF(struct object *) modules; /* that graphs may reach */
    struct table classes;              /* const struct type * -> struct kept_class * */
    struct arena memory;
};

struct kept_class {
    bool whole;
    unsigned char *slots; /* a byte for each attribute: it stays */
    ARRAY_OF(struct object *) objects;
};

/* ---- what is read ---- */

static bool note_read(struct remains *r, const struct node *n) {
    const struct type *t = node_input(n, 0)->type;
    for (int i = 0; i < r->modules.count; i++) {
        struct object *o = r->modules.items[i];
        const lb_value *slot = o->type == t ? freezing_slot(o, freezing_name(n)) : NULL;
        if (!slot) continue;
        bool known = freezing_is_kept(r->f, slot);
        if (!freezing_keep(r->f, slot)) return false;
        if (!known && value_is_module(*slot) && !array_push(&r->modules, slot->object))
            return error_memory(r->f->err);
    }
    return true;
}

static bool note_reads(struct remains *r, const struct block *b) {
    for (const struct node *n = block_first(b); n != b->result; n = n->next) {
        if (node_is(n, KIND_GET_ATTR) && n->inputs.count && !note_read(r, n)) return false;
        for (int i = 0; i < n->blocks.count; i++)
            if (!note_reads(r, n->blocks.items[i])) return false;
        const struct attribute *a = node_attribute(n, "Subgraph");
        if (a && a->kind == ATTRIBUTE_GRAPH && !note_reads(r, a->graph->top)) return false;
    }
    return true;
}

/* ---- what stays ---- */

static bool escapes(const struct remains *r, const struct object *o) {
    if (table_has(&r->f->whole, o)) return true;
    for (int i = 0; i < r->f->methods.count; i++) {
        const struct node *result = r->f->methods.items[i]->graph->top->result;
        for (int k = 0; k < result->inputs.count; k++)
            if (type_is_subtype(&r->f->unit->types, o->type, node_input(result, k)->type)) return true;
    }
    return false;
}

static struct kept_class *class_of(struct remains *r, const struct type *t) {
    struct kept_class *c = table_get(&r->classes, t);
    if (c) return c;
    c = arena_new(&r->memory, struct kept_class);
    if (!c || !(c->slots = arena_array(&r->memory, unsigned char, t->definition->attributes.count + 1)))
        return NULL;
    return table_set(&r->classes, t, c) ? c : NULL;
}

static bool sort_out(struct remains *r, struct object *o) {
    struct kept_class *c = class_of(r, o->type);
    if (!c) return false;
    if (escapes(r, o)) {
        c->whole = true;
        return true;
    }
    if (!array_push_in(&r->memory, &c->objects, o)) return false;
    for (int i = 0; i < o->count; i++) {
        if (!freezing_is_kept(r->f, &o->slots[i])) continue;
        c->slots[i] = 1;
        if (value_is_module(o->slots[i]) && !sort_out(r, o->slots[i].object)) return false;
    }
    return true;
}

/* ---- what goes ---- */

static void drop_slots(const struct kept_class *c, struct object *o) {
    int left = 0;
    for (int i = 0; i < o->count; i++) {
        if (c->slots[i])
            o->slots[left++] = o->slots[i];
        else
            value_release(o->slots[i]);
    }
    o->count = left;
}

static void drop_attributes(const struct kept_class *c, struct class_definition *class) {
    int left = 0;
    for (int i = 0; i < class->attributes.count; i++)
        if (c->slots[i]) class->attributes.items[left++] = class->attributes.items[i];
    class->attributes.count = left;
}

static bool method_stays(const struct freezing *f, const struct function *method) {
    for (int i = 0; i < f->methods.count; i++)
        if (f->methods.items[i] == method) return true;
    return false;
}

static void drop_methods(const struct freezing *f, struct class_definition *class) {
    int left = 0;
    for (int i = 0; i < class->methods.count; i++)
        if (method_stays(f, class->methods.items[i])) class->methods.items[left++] = class->methods.items[i];
    class->methods.count = left;
}

/* An object may be met twice: its slots are dropped once. */
static void drop_class(const struct freezing *f, const struct type *t, const struct kept_class *c) {
    int count = t->definition->attributes.count;
    if (c->whole) return;
    bool any = memchr(c->slots, 0, (size_t)count) != NULL;
    for (int i = 0; i < c->objects.count && any; i++)
        if (c->objects.items[i]->count == count) drop_slots(c, c->objects.items[i]);
    drop_attributes(c, t->definition);
    drop_methods(f, t->definition);
}

/* Waiting for what is no future any more. */
static bool remove_waits(struct block *b) {
    for (struct node *n = block_first(b), *next; n != b->result; n = next) {
        next = n->next;
        for (int i = 0; i < n->blocks.count; i++)
            if (!remove_waits(n->blocks.items[i])) return false;
        if (!node_is(n, KIND_ATEN_WAIT) || node_input(n, 0)->type->kind == TYPE_FUTURE) continue;
        if (!value_replace_uses(node_output(n, 0), node_input(n, 0))) return false;
        node_destroy(n);
    }
    return true;
}

static bool find_remains(struct remains *r) {
    struct freezing *f = r->f;
    if (!array_push(&r->modules, f->root)) return error_memory(f->err);
    for (int i = 0; i < f->methods.count; i++)
        if (!note_reads(r, f->methods.items[i]->graph->top)) return false;
    for (int i = 0; i < f->asked_for.count; i++)
        if (!freezing_keep(f, f->asked_for.items[i])) return false;
    return sort_out(r, f->root) || error_memory(f->err);
}

bool freezing_clean_up(struct freezing *f) {
    struct remains r = {.f = f};
    if (!f->methods.count) return true; /* nobody says what is needed */
    bool good = find_remains(&r);
    for (int i = 0; i < f->methods.count && good; i++)
        good = remove_waits(f->methods.items[i]->graph->top) || error_memory(f->err);
    for (uint32_t i = 0; good && r.classes.slots && i <= r.classes.mask; i++)
        if (r.classes.slots[i].value) drop_class(f, r.classes.slots[i].key, r.classes.slots[i].value);
    mem_free(r.modules.items);
    table_free(&r.classes);
    arena_free(&r.memory);
    return good;
}
