/* Products are done together: a sum of at least four products of its own is one product of what is laid side
 * by side (prim::MMTreeReduce), at least eight products that share a factor are one with the others side by
 * side (prim::MMBatchSide). Rules: torch/csrc/jit/passes/batch_mm.cpp, which looks at no `alpha` of a sum;
 * here it must be 1, as the sum would be another one. */
#include "base/array.h"
#include "base/mem.h"
#include "ir/views.h"
#include "ops/schemas.h"
#include "passes/alias.h"
#include "passes/insert_call.h"
#include "passes/passes.h"

enum { LEAST_OF_A_SUM = 4, LEAST_OF_A_SIDE = 8 };

/* A sum of products: how many, and whether it stands by itself, being no part of a larger one. */
struct sum {
    int products;
    bool whole;
    struct node *root;
};

typedef ARRAY_OF(struct node *) node_list;

struct batching {
    struct graph *g;
    struct alias_db *aliases;
    struct arena memory;
    struct table sums;    /* node -> struct sum */
    struct table factors; /* values whose products have been looked for */
};

static bool is_product(struct node *n) {
    return node_kind_is(n, "aten::mm") && n->inputs.count == 2;
}

static bool is_transposition(struct node *n) {
    return node_kind_is(n, "aten::t") && n->inputs.count == 1;
}

static bool is_sum(struct node *n) {
    const struct op_row *row = node_kind_is(n, "aten::add") && n->inputs.count == 3 ? node_operator(n) : NULL;
    int64_t alpha;
    return row && strcmp(op_overload(row), "Tensor") == 0 && constant_int(node_input(n, 2), &alpha) &&
           alpha == 1;
}

static bool note_sum(struct batching *b, struct node *n, int products) {
    struct sum *s = arena_new(&b->memory, struct sum);
    if (!s) return false;
    *s = (struct sum){products, true, n};
    return table_set(&b->sums, n, s);
}

/* The sum that an input is, used here alone; NULL. */
static struct sum *part(struct batching *b, const struct ir_value *v) {
    struct sum *s = v->uses.count == 1 ? table_get(&b->sums, v->node) : NULL;
    return s && s->whole ? s : NULL;
}

/* Notes what sum of products a node is, if it is one. False: memory. */
static bool note(struct batching *b, struct node *n) {
    if (is_product(n)) return note_sum(b, n, 1);
    struct sum *first = n->inputs.count ? table_get(&b->sums, node_input(n, 0)->node) : NULL;
    if (is_transposition(n) && first && is_product(first->root)) {
        first->whole = false;
        return note_sum(b, n, 1);
    }
    if (!is_sum(n)) return true;
    struct sum *left = part(b, node_input(n, 0)), *right = part(b, node_input(n, 1));
    if (!left || !right || left == right) return true;
    left->whole = right->whole = false;
    return note_sum(b, n, left->products + right->products);
}

/* A product that is transposed, as the product of the transposed factors; NULL: memory. */
static struct node *transposed(struct graph *g, struct node *product) {
    struct node *old = insertion_set(g, product);
    struct ir_value *factors[2];
    factors[1] = insert_call(g, "aten::t", &(struct ir_value *){node_input(product, 0)}, 1);
    factors[0] =
        factors[1] ? insert_call(g, "aten::t", &(struct ir_value *){node_input(product, 1)}, 1) : NULL;
    struct ir_value *made = factors[0] ? insert_call(g, "aten::mm", factors, 2) : NULL;
    insertion_set(g, old);
    return made ? made->node : NULL;
}

/* The products under a node of a sum, the last summand first. */
static bool gather(struct graph *g, struct node *root, node_list *found) {
    node_list waiting = {0};
    bool good = array_push(&waiting, root);
    while (good && waiting.count) {
        struct node *n = waiting.items[--waiting.count];
        if (is_transposition(n)) n = transposed(g, node_input(n, 0)->node);
        if (!n)
            good = false;
        else if (is_product(n))
            good = array_push(found, n);
        else
            good =
                array_push(&waiting, node_input(n, 0)->node) && array_push(&waiting, node_input(n, 1)->node);
    }
    mem_free(waiting.items);
    return good;
}

static bool reduce(struct batching *b, const struct sum *s) {
    node_list products = {0};
    bool good = gather(b->g, s->root, &products);
    struct node *n = good ? graph_new_node(b->g, name_of(&b->g->unit->names, "prim::MMTreeReduce"), 1) : NULL;
    good = n && node_insert_before(n, s->root);
    for (int side = 0; side < 2; side++)
        for (int i = 0; good && i < products.count; i++)
            good = node_add_input(n, node_input(products.items[i], side)) != NULL;
    good = good && value_replace_uses(node_output(s->root, 0), node_output(n, 0));
    mem_free(products.items);
    return good;
}

/* Sums in a block and in the blocks within. */
static bool reduce_sums(struct batching *b, struct block *block) {
    for (struct node *n = block_first(block); n != block->result; n = n->next) {
        if (!note(b, n)) return false;
        for (int i = 0; i < n->blocks.count; i++)
            if (!reduce_sums(b, n->blocks.items[i])) return false;
    }
    for (struct node *n = block_first(block); n != block->result; n = n->next) {
        const struct sum *s = table_get(&b->sums, n);
        if (s && s->whole && s->products >= LEAST_OF_A_SUM && !reduce(b, s)) return false;
    }
    return true;
}

static bool takes_from(const struct node *n, const struct table *makers) {
    for (int i = 0; i < n->inputs.count; i++)
        if (table_has(makers, node_input(n, i)->node)) return true;
    for (int i = 0; i < n->blocks.count; i++) {
        const struct block *b = n->blocks.items[i];
        for (struct node *in = block_first(b);; in = in->next) {
            if (takes_from(in, makers)) return true;
            if (in == b->result) break;
        }
    }
    return false;
}

/* Leaves out the products behind `at` that need what it gives. */
static bool drop_followers(node_list *products, int at) {
    struct node *first = products->items[at];
    struct table followers = {0};
    bool good = table_set(&followers, first, first);
    for (struct node *n = first->next; good && n != first->block->result; n = n->next)
        if (takes_from(n, &followers)) good = table_set(&followers, n, n);
    int count = at + 1;
    for (int i = count; i < products->count; i++)
        if (!table_has(&followers, products->items[i])) products->items[count++] = products->items[i];
    products->count = count;
    table_free(&followers);
    return good;
}

/* The products of v's block that have v on this side alone, from first to last, none of which needs another.
 */
static bool products_with(const struct ir_value *v, int side, node_list *found) {
    const struct block *block = v->node->block;
    for (struct node *n = block_first(block); n != block->result; n = n->next)
        if (is_product(n) && node_input(n, side) == v && node_input(n, 1 - side) != v &&
            !array_push(found, n))
            return false;
    for (int i = 0; i < found->count; i++)
        if (!drop_followers(found, i)) return false;
    return true;
}

/* Moves the products together; false where something in between has an effect. */
static bool bring_together(struct batching *b, const node_list *products) {
    for (int i = products->count - 2; i >= 0; i--)
        if (!alias_move_before(b->aliases, products->items[i], products->items[i + 1])) return false;
    return true;
}

static bool batch(struct batching *b, const node_list *products, struct ir_value *shared, int side) {
    struct node *n = graph_new_node(b->g, name_of(&b->g->unit->names, "prim::MMBatchSide"), products->count);
    bool good = n && node_insert_before(n, products->items[0]) && node_set_int(n, "side", side) &&
                node_add_input(n, shared);
    for (int i = 0; good && i < products->count; i++)
        good = node_add_input(n, node_input(products->items[i], 1 - side)) &&
               value_replace_uses(node_output(products->items[i], 0), node_output(n, i));
    return good;
}

static bool batch_side(struct batching *b, struct ir_value *shared, int side) {
    node_list products = {0};
    bool good = products_with(shared, side, &products);
    if (good && products.count >= LEAST_OF_A_SIDE && bring_together(b, &products))
        good = batch(b, &products, shared, side);
    mem_free(products.items);
    return good;
}

static bool batch_sides(struct batching *b, struct block *block) {
    for (struct node *n = block_first(block); n != block->result; n = n->next) {
        for (int i = 0; is_product(n) && i < 2; i++) {
            struct ir_value *v = node_input(n, i);
            if (table_has(&b->factors, v)) continue;
            if (!table_set(&b->factors, v, v) || !batch_side(b, v, 0) || !batch_side(b, v, 1)) return false;
        }
        for (int i = 0; i < n->blocks.count; i++)
            if (!batch_sides(b, n->blocks.items[i])) return false;
    }
    return true;
}

static bool writes(struct node *n) {
    const struct schema *schema = strncmp(n->kind->text, "aten::", 6) == 0 ? node_schema(n) : NULL;
    for (int i = 0; schema && i < schema->argument_count; i++)
        if (schema->arguments[i].alias.is_write) return true;
    return false;
}

static bool any_node(struct block *b, bool (*is)(struct node *n)) {
    for (struct node *n = block_first(b); n != b->result; n = n->next) {
        if (is(n)) return true;
        for (int i = 0; i < n->blocks.count; i++)
            if (any_node(n->blocks.items[i], is)) return true;
    }
    return false;
}

bool pass_batch_mm(struct graph *g, lb_error *err) {
    if (!any_node(g->top, is_product) || any_node(g->top, writes)) return true;
    struct batching b = {.g = g};
    bool good = reduce_sums(&b, g->top) && (b.aliases = alias_analyze(g, err)) && batch_sides(&b, g->top);
    if (b.aliases) alias_free(b.aliases);
    table_free(&b.sums);
    table_free(&b.factors);
    arena_free(&b.memory);
    return good ? pass_dead_code(g, err) && pass_peephole_without_shapes(g, err) : error_memory(err);
}

bool node_is_batch_side(const struct node *n) {
    const struct attribute *side = node_kind_is(n, "prim::MMBatchSide") ? node_attribute(n, "side") : NULL;
    return side && side->kind == ATTRIBUTE_INT && (side->i == 0 || side->i == 1) &&
           n->outputs.count == n->inputs.count - 1;
}

bool batch_mm_undo(struct node *n) {
    int64_t side = node_attribute(n, "side")->i;
    struct graph *g = n->graph;
    struct node *old = insertion_set(g, n);
    bool good = true;
    for (int i = 1; good && i < n->inputs.count; i++) {
        struct ir_value *factors[2];
        factors[side] = node_input(n, 0);
        factors[1 - side] = node_input(n, i);
        struct ir_value *product = insert_call(g, "aten::mm", factors, 2);
        good = product && value_replace_uses(node_output(n, i - 1), product);
    }
    insertion_set(g, old);
    if (good) node_destroy(n);
    return good;
}
