/* A recorded run becomes functions; see trace_blocks.h. Numbers and names of values show the order in which
 * PyTorch's steps make and name them, so these are its steps: attributes, values used outside of the block
 * that makes them, several results, then the bodies. Blocks nest as calls of modules did, which the recorder
 * limits. */
#include "passes/trace_blocks.h"
#include "base/mem.h"
#include "ir/views.h"
#include "passes/passes.h"
#include <string.h>

struct value_list {
    ARRAY_OF(struct ir_value *) list;
};

/* ---- attributes ---- */

struct attributes {
    struct graph *graph;
    struct table by_path; /* path, interned -> struct ir_value * of its TracedAttr */
    lb_error *err;
};

/* The block in which references are being turned into reads. */
struct scope {
    struct block *block;
    const char *path; /* "__module.sub" */
    struct ir_value *self;
    struct table local;           /* TracedAttr's value -> what stands for it in this block */
    struct value_list unresolved; /* those that lie outside of the path, in the order of new block inputs */
};

static const char *path_of(const struct node *n) {
    return node_attribute(n, "scope")->value.string->bytes;
}

static const struct name *path_name(const struct attributes *a, const char *path) {
    return name_of(&a->graph->unit->names, path);
}

static bool find_attributes(struct attributes *a) {
    for (struct node *n = block_first(a->graph->top); n != a->graph->top->result; n = n->next)
        if (node_is(n, KIND_TRACED_ATTR) &&
            !table_set(&a->by_path, path_name(a, path_of(n)), node_output(n, 0)))
            return error_memory(a->err);
    return true;
}

/* Each module's block gets its module as an input, and the node, too. */
static bool add_selves(struct attributes *a, struct block *b) {
    for (struct node *n = block_first(b); n != b->result; n = n->next) {
        if (!node_is(n, KIND_TRACED_MODULE)) continue;
        struct ir_value *module = table_get(&a->by_path, path_name(a, path_of(n)));
        struct block *body = n->blocks.items[0];
        struct ir_value *self = module && node_add_input(n, module) ? block_add_input(body) : NULL;
        if (!self || !value_set_name(self, "self")) return error_memory(a->err);
        self->type = module->type;
        if (!add_selves(a, body)) return false;
    }
    return true;
}

/* What follows `path.` in `whole`, or NULL when it does not begin so. */
static const char *inside(const char *whole, const char *path) {
    size_t length = strlen(path);
    return !strncmp(whole, path, length) && whole[length] == '.' ? whole + length + 1 : NULL;
}

/* self.NAME at the insertion point, typed and named as Graph::insertGetAttr does. */
static struct ir_value *read_attribute(struct graph *g, struct ir_value *self, const char *name,
                                       size_t length) {
    const struct name *known = name_intern(&g->unit->names, name, length);
    const struct class_definition *class = self->type->definition;
    int slot = known ? class_find_attribute(class, known) : -1;
    struct node *n = slot >= 0 ? graph_new_known(g, KIND_GET_ATTR, 0) : NULL;
    if (!n || !node_add_input(n, self) || !node_set_string(n, "name", name, (int64_t)length)) return NULL;
    struct ir_value *v = node_add_output(n);
    if (!v) return NULL;
    v->type = class->attributes.items[slot].type;
    bool number = known->text[strspn(known->text, "0123456789")] == 0;
    const char *shown = number ? arena_printf(&g->memory, "_%s", known->text) : known->text;
    return shown && value_set_name(v, shown) && graph_insert(g, n) ? v : NULL;
}

static struct ir_value *read_path(struct scope *s, const char *rest) {
    struct graph *g = s->block->graph;
    struct ir_value *v = s->self;
    struct node *old = insertion_set(g, block_first(s->block));
    for (size_t length; v && *rest; rest += length + (rest[length] == '.')) {
        length = strcspn(rest, ".");
        v = read_attribute(g, v, rest, length);
    }
    g->insert_before = old;
    return v;
}

/* What stands for an attribute in this block: read here, or an input for those around to fill. */
static struct ir_value *attribute_here(struct scope *s, struct ir_value *attribute) {
    const char *rest = inside(path_of(attribute->node), s->path);
    struct ir_value *v = rest ? read_path(s, rest) : block_add_input(s->block);
    if (!v || (!rest && !value_copy_metadata(v, attribute))) return NULL;
    if (!rest && !array_push(&s->unresolved.list, attribute)) return NULL;
    return table_set(&s->local, attribute, v) ? v : NULL;
}

static bool resolve_inputs(struct attributes *a, struct scope *s, struct node *n) {
    for (int i = 0; i < n->inputs.count; i++) {
        struct ir_value *v = node_input(n, i);
        if (!node_is(v->node, KIND_TRACED_ATTR)) continue;
        struct ir_value *known = table_get(&s->local, v);
        if (!known) known = attribute_here(s, v);
        if (!known) return error_memory(a->err);
        node_replace_input(n, i, known);
    }
    return true;
}

static bool resolve_block(struct attributes *a, struct scope *s);

static bool resolve_body(struct attributes *a, struct node *n, struct block *body, const char *path,
                         struct ir_value *self) {
    struct scope inner = {.block = body, .path = path, .self = self};
    bool good = resolve_block(a, &inner);
    for (int i = 0; good && i < inner.unresolved.list.count; i++)
        good = node_add_input(n, inner.unresolved.list.items[i]) || error_memory(a->err);
    table_free(&inner.local);
    mem_free(inner.unresolved.list.items);
    return good;
}

/* PyTorch leaves out the block's results, and then fails for a module that gives an attribute back. */
static bool resolve_block(struct attributes *a, struct scope *s) {
    for (struct node *n = block_first(s->block); n != s->block->result; n = n->next) {
        bool module = node_is(n, KIND_TRACED_MODULE);
        for (int i = 0; module && i < n->blocks.count; i++) {
            struct block *body = n->blocks.items[i];
            if (!resolve_body(a, n, body, path_of(n), block_input(body, 0))) return false;
        }
        if (!resolve_inputs(a, s, n)) return false;
    }
    return resolve_inputs(a, s, s->block->result);
}

static void drop_attributes(struct graph *g) {
    for (struct node *n = block_first(g->top), *next; n != g->top->result; n = next) {
        next = n->next;
        if (node_is(n, KIND_TRACED_ATTR)) node_destroy(n);
    }
}

static bool resolve_attributes(struct graph *g, lb_error *err) {
    struct attributes a = {.graph = g, .err = err};
    struct scope top = {.block = g->top, .path = "__module", .self = block_input(g->top, 0)};
    bool good = find_attributes(&a) && add_selves(&a, g->top) && resolve_block(&a, &top);
    if (good) drop_attributes(g);
    table_free(&top.local);
    mem_free(top.unresolved.list.items);
    table_free(&a.by_path);
    return good;
}

/* ---- values used outside of the block that makes them ---- */

static int depth_of(const struct block *b) {
    int depth = 0;
    for (; b->owner; b = b->owner->block) depth++;
    return depth;
}

static struct block *common_block(struct block *a, struct block *b) {
    int x = depth_of(a), y = depth_of(b);
    for (; x > y; x--) a = a->owner->block;
    for (; y > x; y--) b = b->owner->block;
    for (; a != b; b = b->owner->block) a = a->owner->block;
    return a;
}

/* The value as it can be used in `wanted`: handed out of each block between. */
static struct ir_value *lift(struct ir_value *v, struct block *wanted) {
    for (struct block *b = v->node->block; b != wanted; b = b->owner->block) {
        struct ir_value *out = block_add_output(b, v) >= 0 ? node_add_output(b->owner) : NULL;
        if (!out) return NULL;
        out->type = v->type;
        v = out;
    }
    return v;
}

static bool lift_inputs(struct table *lifted, struct node *n, struct block *b) {
    for (int i = 0; i < n->inputs.count; i++) {
        struct ir_value *v = node_input(n, i);
        for (struct ir_value *known; (known = table_get(lifted, v)); v = known)
            node_replace_input(n, i, known);
        if (v->node->block == b) continue;
        struct ir_value *usable = lift(v, common_block(b, v->node->block));
        if (usable == v) continue; /* made in a block around this one */
        if (!usable || !table_set(lifted, v, usable)) return false;
        node_replace_input(n, i, usable);
    }
    return true;
}

static bool lift_block(struct table *lifted, struct block *b) {
    for (struct node *n = block_first(b); n != b->result; n = n->next) {
        if (!lift_inputs(lifted, n, b)) return false;
        if (node_is(n, KIND_TRACED_MODULE) && !lift_block(lifted, n->blocks.items[0])) return false;
    }
    return lift_inputs(lifted, b->result, b);
}

static bool make_definitions_dominate(struct graph *g, lb_error *err) {
    struct table lifted = {0};
    bool good = lift_block(&lifted, g->top);
    table_free(&lifted);
    return good || error_memory(err);
}

/* ---- one result each ---- */

static const struct type *tuple_of(struct graph *g, int count, struct ir_value *const *items) {
    const struct type **types = arena_array(&g->memory, const struct type *, count + 1);
    if (!types) return NULL;
    for (int i = 0; i < count; i++) types[i] = items[i]->type;
    return type_tuple(&g->unit->types, count, types);
}

static struct node *tuple_node(struct graph *g, enum kind kind, int count, struct ir_value *const *inputs,
                               int outputs) {
    struct node *n = graph_new_known(g, kind, outputs);
    for (int i = 0; n && i < count; i++)
        if (!node_add_input(n, inputs[i])) return NULL;
    return n;
}

static bool pack_results(struct block *body) {
    struct graph *g = body->graph;
    int count = block_output_count(body);
    struct ir_value *const *items = body->result->inputs.items;
    struct node *tuple = tuple_node(g, KIND_TUPLE_CONSTRUCT, count, items, 1);
    if (!tuple) return false;
    node_output(tuple, 0)->type = tuple_of(g, count, items);
    node_insert_before(tuple, body->result);
    while (block_output_count(body)) block_erase_output(body, 0);
    return node_output(tuple, 0)->type && block_add_output(body, node_output(tuple, 0)) >= 0;
}

/* The call gives the tuple, which is taken apart behind it. */
static bool unpack_call(struct node *call) {
    struct graph *g = call->graph;
    int count = call->outputs.count;
    const struct type *type = tuple_of(g, count, call->outputs.items);
    struct ir_value *tuple = type ? node_add_output(call) : NULL;
    if (!tuple) return false;
    tuple->type = type;
    struct node *unpack = tuple_node(g, KIND_TUPLE_UNPACK, 1, &tuple, count);
    if (!unpack) return false;
    node_insert_after(unpack, call);
    for (int i = count - 1; i >= 0; i--) {
        node_output(unpack, i)->type = type->items[i];
        if (!value_replace_uses(node_output(call, i), node_output(unpack, i))) return false;
        node_erase_output(call, i);
    }
    return true;
}

static bool give_none(struct node *call) {
    struct block *body = call->blocks.items[0];
    struct node *none = graph_new_known(call->graph, KIND_CONSTANT, 1);
    if (!none) return false;
    const struct type *type = simple_type(call->graph, TYPE_NONE);
    node_output(none, 0)->type = type;
    node_insert_before(none, body->result);
    struct ir_value *out = block_add_output(body, node_output(none, 0)) >= 0 ? node_add_output(call) : NULL;
    if (out) out->type = type;
    return out != NULL;
}

static bool single_results(struct block *b) {
    for (struct node *n = block_first(b); n != b->result; n = n->next) {
        if (!node_is(n, KIND_TRACED_MODULE)) continue;
        struct block *body = n->blocks.items[0];
        if (!single_results(body)) return false;
        int count = block_output_count(body);
        if (count > 1 && (!pack_results(body) || !unpack_call(n))) return false;
        if (count == 0 && !give_none(n)) return false;
    }
    return true;
}

/* ---- bodies ---- */

struct lifting {
    struct node *call;
    struct graph *graph;
    struct table inputs;
    bool failed;
};

static struct ir_value *as_input(void *context, struct ir_value *v) {
    struct lifting *l = context;
    struct ir_value *input = table_get(&l->inputs, v);
    if (input) return input;
    input = block_add_input(l->graph->top);
    if (input && value_copy_metadata(input, v) && node_add_input(l->call, v) &&
        table_set(&l->inputs, v, input))
        return input;
    l->failed = true;
    return v;
}

/* The node's block becomes its subgraph; what it uses from outside are inputs of both. */
static bool block_to_subgraph(struct node *call) {
    struct lifting l = {.call = call, .graph = graph_new(call->graph->unit)};
    bool good = l.graph && block_clone_from(l.graph->top, call->blocks.items[0], as_input, &l) && !l.failed;
    table_free(&l.inputs);
    if (!good) {
        graph_free(l.graph);
        return false;
    }
    node_erase_block(call, 0);
    return node_set_graph(call, "Subgraph", l.graph);
}

static bool blocks_to_subgraphs(struct block *b) {
    for (struct node *n = block_first(b); n != b->result; n = n->next) {
        if (!node_is(n, KIND_TRACED_MODULE)) continue;
        if (!blocks_to_subgraphs(n->blocks.items[0]) || !block_to_subgraph(n)) return false;
    }
    return true;
}

bool passes_close_trace_blocks(struct graph *g, lb_error *err) {
    g->current_range = (struct source_range){0};
    return resolve_attributes(g, err) && make_definitions_dominate(g, err) &&
           ((single_results(g->top) && blocks_to_subgraphs(g->top)) || error_memory(err));
}

bool passes_after_trace(struct graph *g, lb_error *err) {
    g->current_range = (struct source_range){0};
    return pass_simple_tuples(g, err) && pass_dead_code(g, err);
}
