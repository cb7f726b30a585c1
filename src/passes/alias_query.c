/* What an alias database is asked. */
#include "base/mem.h"
#include "ir/views.h"
#include "passes/alias_internal.h"

void alias_mark(unsigned char *set, const struct int_set *locations, const struct element *elements) {
    for (int i = 0; i < locations->count; i++) {
        const struct element *e = &elements[locations->items[i]];
        set[locations->items[i]] = 1;
        for (int k = 0; k < e->wildcards.count; k++) set[e->wildcards.items[k]] = 1;
    }
}

/* Whether an element may be one of the marked locations. */
static bool meets(const struct alias_db *db, int element, const unsigned char *set) {
    const struct element *elements = db->memory.elements.items;
    const struct int_set *locations = &elements[element].locations;
    for (int i = 0; i < locations->count; i++) {
        const struct element *e = &elements[locations->items[i]];
        if (set[locations->items[i]]) return true;
        for (int k = 0; k < e->wildcards.count; k++)
            if (set[e->wildcards.items[k]]) return true;
    }
    return false;
}

bool alias_has_writers(const struct alias_db *db, const struct ir_value *v) {
    int element = element_of(db, v);
    if (element < 0 || v->type->kind == TYPE_NONE || node_must_be_none(v->node)) return false;
    return meets(db, element, db->written);
}

bool alias_writes_to_wildcard(const struct alias_db *db, const struct node *n) {
    const struct int_set *set = table_get(&db->writes_of, n);
    if (!set) return false;
    for (uint32_t i = 0; db->wildcards.slots && i <= db->wildcards.mask; i++) {
        const void *wildcard = db->wildcards.slots[i].value;
        for (int k = 0; wildcard && k < set->count; k++)
            if (set->items[k] == pointer_index(wildcard)) return true;
    }
    return false;
}

/* What the values contain, all together; kept in *set. */
static const unsigned char *contained_in(struct alias_db *db, unsigned char **set,
                                         const struct ir_value *const *values, int count) {
    if (*set) return *set;
    *set = mem_zeroed((size_t)db->memory.elements.count + 1, 1);
    for (int i = 0; *set && i < count; i++) {
        int element = element_of(db, values[i]);
        if (element >= 0) memory_mark_contained(&db->memory, element, *set);
    }
    return *set;
}

static bool contains_any_of(struct alias_db *db, const struct ir_value *v, const unsigned char *set) {
    int element = element_of(db, v);
    if (element < 0) return false;
    unsigned char *own = NULL;
    bool found = !set || !contained_in(db, &own, &v, 1); /* out of memory: the careful answer */
    for (int i = 0; own && set && i < db->memory.elements.count && !found; i++) found = own[i] && set[i];
    mem_free(own);
    return found;
}

static bool may_be_wildcard(struct alias_db *db, const struct ir_value *v) {
    const struct type *form = alias_form(db, v->type);
    int wildcard = form ? pointer_index(table_get(&db->wildcards, form)) : -1;
    int element = element_of(db, v);
    if (wildcard < 0 || element < 0) return false;
    const struct element *elements = db->memory.elements.items;
    for (int i = 0; i < elements[element].locations.count; i++) {
        int location = elements[element].locations.items[i];
        if (location == wildcard) return true;
        for (int k = 0; k < elements[location].wildcards.count; k++)
            if (elements[location].wildcards.items[k] == wildcard) return true;
    }
    return false;
}

bool alias_reaches_outputs(struct alias_db *db, const struct ir_value *v) {
    const struct node *result = db->graph->top->result;
    const struct ir_value *const *outputs = (const struct ir_value *const *)result->inputs.items;
    return contains_any_of(db, v, contained_in(db, &db->to_outputs, outputs, result->inputs.count));
}

static bool escapes(struct alias_db *db, const struct ir_value *v) {
    const struct node *param = db->graph->top->param;
    const struct ir_value *const *inputs = (const struct ir_value *const *)param->outputs.items;
    return contains_any_of(db, v, contained_in(db, &db->from_inputs, inputs, param->outputs.count)) ||
           alias_reaches_outputs(db, v) || may_be_wildcard(db, v);
}

bool alias_may_merge(struct alias_db *db, const struct ir_value *a, const struct ir_value *b) {
    if (alias_has_writers(db, a) || alias_has_writers(db, b)) return false;
    return !(escapes(db, a) && escapes(db, b));
}

unsigned char *alias_new_set(const struct alias_db *db) {
    return mem_zeroed((size_t)db->memory.elements.count + 1, 1);
}

void alias_add_to_set(const struct alias_db *db, unsigned char *set, const struct ir_value *v) {
    int element = element_of(db, v);
    if (element >= 0)
        alias_mark(set, &db->memory.elements.items[element].locations, db->memory.elements.items);
}

bool alias_writes_to_set(const struct alias_db *db, const struct node *n, const unsigned char *set) {
    const struct int_set *written = table_get(&db->writes_of, n);
    for (int i = 0; written && i < written->count; i++)
        if (set[written->items[i]]) return true;
    for (int i = 0; i < n->blocks.count; i++) {
        const struct block *b = n->blocks.items[i];
        for (const struct node *inner = block_first(b); inner != b->result; inner = inner->next)
            if (alias_writes_to_set(db, inner, set)) return true;
    }
    return false;
}

static void mark_contained(struct alias_db *db, const struct ir_value *v, unsigned char *set) {
    int element = element_of(db, v);
    if (element >= 0) memory_mark_contained(&db->memory, element, set);
}

/* Runs `mark` for a node and all inside its blocks. */
static void for_all_inside(struct alias_db *db, const struct node *n, unsigned char *set,
                           void (*mark)(struct alias_db *db, const struct node *n, unsigned char *set)) {
    mark(db, n, set);
    for (int i = 0; i < n->blocks.count; i++) {
        const struct block *b = n->blocks.items[i];
        for (const struct node *inner = block_first(b); inner != b->result; inner = inner->next)
            for_all_inside(db, inner, set, mark);
    }
}

static void mark_reads(struct alias_db *db, const struct node *n, unsigned char *set) {
    for (int i = 0; i < n->inputs.count; i++) mark_contained(db, node_input(n, i), set);
}

static void mark_writes(struct alias_db *db, const struct node *n, unsigned char *set) {
    const struct int_set *written = table_get(&db->writes_of, n);
    for (int i = 0; written && i < written->count; i++) set[written->items[i]] = 1;
}

void alias_add_reads(struct alias_db *db, unsigned char *set, const struct node *n) {
    for_all_inside(db, n, set, mark_reads);
}

void alias_add_writes(struct alias_db *db, unsigned char *set, const struct node *n) {
    for_all_inside(db, n, set, mark_writes);
}

bool alias_sets_meet(const struct alias_db *db, const unsigned char *a, const unsigned char *b) {
    for (int i = 0; i < db->memory.elements.count; i++)
        if (a[i] && b[i]) return true;
    return false;
}

bool alias_in_inputs(struct alias_db *db, const struct node *n, const struct ir_value *v) {
    unsigned char *inputs = alias_new_set(db);
    int element = element_of(db, v);
    if (inputs) mark_reads(db, n, inputs);
    bool shared =
        !inputs || (element >= 0 && meets(db, element, inputs)); /* out of memory: the careful answer */
    mem_free(inputs);
    return shared;
}

/* ---- following the graph ---- */

bool alias_forget_writes(struct alias_db *db, const struct node *n) {
    if (!table_has(&db->writes_of, n)) return true;
    table_remove(&db->writes_of, n);
    unsigned char *written = alias_new_set(db);
    if (!written) return false;
    for (uint32_t i = 0; db->writes_of.slots && i <= db->writes_of.mask; i++) {
        const struct int_set *set = db->writes_of.slots[i].value;
        for (int k = 0; set && k < set->count; k++) written[set->items[k]] = 1;
    }
    mem_free(db->written);
    db->written = written;
    return true;
}

/* What the graph's ends contain is asked for anew when it is needed. */
bool alias_replace_value(struct alias_db *db, const struct ir_value *v, const struct ir_value *by) {
    int element = element_of(db, v), fresh = element < 0 ? -1 : memory_new_element(&db->memory);
    if (element < 0) return true;
    if (fresh < 0) return false;
    struct element *e = &db->memory.elements.items[fresh];
    e->located = true;
    unsigned char *written = mem_resize(db->written, (size_t)db->memory.elements.count + 1);
    if (!written || !int_set_add(&db->memory.memory, &e->locations, fresh)) return false;
    written[fresh] = 0;
    db->written = written;
    mem_free(db->from_inputs);
    mem_free(db->to_outputs);
    db->from_inputs = db->to_outputs = NULL;
    return table_set(&db->elements, by, index_pointer(element)) &&
           table_set(&db->elements, v, index_pointer(fresh));
}
