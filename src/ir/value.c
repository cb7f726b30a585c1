/* Values: numbers, debug names, uses; the inputs and outputs of nodes.
 *
 * The order of uses and the renaming of name holders follow torch/csrc/jit/ir/ir.cpp, since PyTorch's texts
 * depend on both. */
#include "ir/graph.h"
#include <string.h>

static struct ir_value *new_value(struct node *n, int offset) {
    struct graph *g = n->graph;
    struct ir_value *v = arena_new(&g->memory, struct ir_value);
    if (!v) return NULL;
    v->node = n;
    v->offset = offset;
    v->unique = g->next_unique++;
    v->type = g->unit->types.tensor;
    return v;
}

struct ir_value *node_add_output(struct node *n) {
    struct ir_value *v = new_value(n, n->outputs.count);
    return v && array_push_in(&n->graph->memory, &n->outputs, v) ? v : NULL;
}

struct ir_value *node_insert_output(struct node *n, int at) {
    struct ir_value *v = node_add_output(n);
    if (!v) return NULL;
    for (int i = n->outputs.count - 1; i > at; i--) {
        n->outputs.items[i] = n->outputs.items[i - 1];
        n->outputs.items[i]->offset = i;
    }
    n->outputs.items[at] = v;
    v->offset = at;
    return v;
}

static struct use *find_use(struct node *n, int input) {
    struct ir_value *v = n->inputs.items[input];
    for (int i = 0; i < v->uses.count; i++)
        if (v->uses.items[i].user == n && v->uses.items[i].offset == input) return &v->uses.items[i];
    return NULL;
}

static void drop_use(struct node *n, int input) {
    struct use *use = find_use(n, input);
    struct ir_value *v = n->inputs.items[input];
    if (!use) return;
    size_t after = (size_t)(v->uses.items + v->uses.count - use - 1);
    memmove(use, use + 1, after * sizeof *use);
    v->uses.count--;
}

static bool add_use(struct ir_value *v, struct node *user, int offset) {
    struct use use = {user, offset};
    return array_push_in(&v->node->graph->memory, &v->uses, use);
}

struct ir_value *node_add_input(struct node *n, struct ir_value *v) {
    if (!v || !array_push_in(&n->graph->memory, &n->inputs, v)) return NULL;
    if (add_use(v, n, n->inputs.count - 1)) return v;
    n->inputs.count--;
    return NULL;
}

/* Tells the uses of the inputs from `at` on that these have moved by `by`. */
static void shift_uses(struct node *n, int at, int by) {
    for (int i = by > 0 ? n->inputs.count - 1 : at; i >= at && i<n->inputs.count; i += by> 0 ? -1 : 1) {
        struct use *use = find_use(n, i);
        if (use) use->offset += by;
    }
}

struct ir_value *node_insert_input(struct node *n, int at, struct ir_value *v) {
    int last = n->inputs.count;
    if (!v || !array_push_in(&n->graph->memory, &n->inputs, v)) return NULL;
    n->inputs.count = last;
    shift_uses(n, at, 1);
    n->inputs.count = last + 1;
    memmove(n->inputs.items + at + 1, n->inputs.items + at, (size_t)(last - at) * sizeof v);
    n->inputs.items[at] = v;
    return add_use(v, n, at) ? v : NULL;
}

void node_remove_input(struct node *n, int at) {
    drop_use(n, at);
    shift_uses(n, at + 1, -1);
    size_t after = (size_t)(n->inputs.count - at - 1);
    memmove(n->inputs.items + at, n->inputs.items + at + 1, after * sizeof *n->inputs.items);
    n->inputs.count--;
}

void node_remove_all_inputs(struct node *n) {
    for (int i = 0; i < n->inputs.count; i++) drop_use(n, i);
    n->inputs.count = 0;
}

void node_replace_input(struct node *n, int at, struct ir_value *v) {
    if (!add_use(v, n, at)) return; /* out of memory: the old input stands */
    drop_use(n, at);                /* the first that fits is the old one, even if it is the same value */
    n->inputs.items[at] = v;
}

void node_erase_output(struct node *n, int at) {
    struct ir_value *v = n->outputs.items[at];
    value_set_name(v, "");
    for (int i = at; i + 1 < n->outputs.count; i++) {
        n->outputs.items[i] = n->outputs.items[i + 1];
        n->outputs.items[i]->offset = i;
    }
    n->outputs.count--;
}

bool value_replace_uses(struct ir_value *from, struct ir_value *to) {
    if (from == to) return true;
    int moved = 0;
    while (moved < from->uses.count) {
        struct use use = from->uses.items[moved];
        if (!add_use(to, use.user, use.offset)) break;
        use.user->inputs.items[use.offset] = to;
        moved++;
    }
    bool all = moved == from->uses.count;
    for (int i = moved; i < from->uses.count; i++) from->uses.items[i - moved] = from->uses.items[i];
    from->uses.count -= moved;
    return all;
}

static bool all_digits(const char *text) {
    return text[strspn(text, "0123456789")] == 0;
}

/* The length of a name without a numeric suffix; *suffix is that number, else 1. */
static size_t base_length(const char *text, uint64_t *suffix) {
    const char *dot = strrchr(text, '.');
    *suffix = 1;
    if (!dot || !dot[1] || !all_digits(dot + 1) || strlen(dot + 1) > 18) return strlen(text);
    *suffix = 0;
    for (const char *digit = dot + 1; *digit; digit++) *suffix = *suffix * 10 + (uint64_t)(*digit - '0');
    return (size_t)(dot - text);
}

/* The next free name of the family, by the rule of Value::setDebugName: one further than the last, and then
 * on. */
static const struct name *next_name(struct graph *g, const struct name *taken) {
    uint64_t suffix;
    size_t length = base_length(taken->text, &suffix);
    const struct name *base = name_intern(&g->unit->names, taken->text, length), *name;
    if (!base) return NULL;
    uint64_t last = (uint64_t)(uintptr_t)table_get(&g->name_suffixes, base);
    if (last && last + 1 > suffix) suffix = last + 1;
    struct text text = {0};
    do {
        text_cut(&text, 0);
        text_printf(&text, "%s.%llu", base->text, (unsigned long long)suffix++);
        name = text.failed ? NULL : name_intern(&g->unit->names, text_get(&text), text.length);
    } while (name && table_has(&g->by_name, name));
    text_free(&text);
    return name && table_set(&g->name_suffixes, base, (void *)(uintptr_t)suffix) ? name : NULL;
}

static bool take_name(struct ir_value *v, const struct name *name) {
    v->debug_name = name;
    return table_set(&v->node->graph->by_name, name, v);
}

bool value_set_name(struct ir_value *v, const char *text) {
    struct graph *g = v->node->graph;
    if (v->debug_name) table_remove(&g->by_name, v->debug_name);
    v->debug_name = NULL;
    if (all_digits(text)) return true; /* nothing, or what reads as a number: no name */
    const struct name *name = name_of(&g->unit->names, text);
    if (!name) return false;
    struct ir_value *holder = table_get(&g->by_name, name);
    if (holder) {
        const struct name *other = next_name(g, name);
        if (!other || !take_name(holder, other)) return false;
    }
    return take_name(v, name);
}

bool value_has_name(const struct ir_value *v) {
    return v->debug_name != NULL;
}

bool value_copy_metadata(struct ir_value *to, const struct ir_value *from) {
    to->type = from->type;
    return !from->debug_name || value_set_name(to, from->debug_name->text);
}
