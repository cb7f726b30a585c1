/* Matching and replacing; see rewrite.h. All matches are found first, then the replacements are put in, then
 * the old values' uses are moved over and the old nodes go, as in PyTorch, whose numbers depend on it. */
#include "passes/rewrite.h"
#include "base/mem.h"
#include "ir/parse.h"
#include "ir/views.h"
#include "passes/inline.h"

enum { MAX_PATTERN = 200 }; /* nodes; matching goes as deep as the pattern */

/* ---- matching ---- */

struct matcher {
    struct match match;
    const struct node *anchor;
    bool failed;
};

static bool match_node(struct matcher *m, const struct node *want, struct node *n);

static bool is_result(const struct ir_value *v) {
    for (int i = 0; i < v->uses.count; i++)
        if (node_is(v->uses.items[i].user, KIND_RETURN)) return true;
    return false;
}

static bool match_pair(struct matcher *m, const struct ir_value *want, struct ir_value *v) {
    const struct ir_value *known = table_get(&m->match.values, want);
    if (known) return known == v;
    if (want->uses.count != v->uses.count && !is_result(want) && !node_is(want->node, KIND_PARAM))
        return false;
    if (!table_set(&m->match.values, want, v)) {
        m->failed = true;
        return false;
    }
    return match_node(m, want->node, v->node);
}

static bool same_attribute(const struct attribute *a, const struct attribute *b) {
    if (!b || a->kind != b->kind) return false;
    lb_error ignored = {0};
    bool same;
    switch (a->kind) {
    case ATTRIBUTE_INT: return a->i == b->i;
    case ATTRIBUTE_FLOAT: return a->f == b->f;
    case ATTRIBUTE_COMPLEX:
    case ATTRIBUTE_STRING: same = value_equal(a->value, b->value, &ignored); break;
    default: return false; /* what PyTorch does not compare either */
    }
    error_clear(&ignored);
    return same;
}

static bool same_attributes(const struct node *want, const struct node *n) {
    if (want->attributes.count != n->attributes.count) return false;
    for (int i = 0; i < want->attributes.count; i++) {
        const struct attribute *a = &want->attributes.items[i];
        if (!same_attribute(a, node_attribute(n, a->name->text))) return false;
    }
    return true;
}

/* match::module[name="Linear"]: a module that is got, whose class's name ends so. */
static bool is_module(const struct node *want, const struct node *n) {
    const struct attribute *name = node_attribute(want, "name");
    if (!node_is(n, KIND_GET_ATTR)) return true; /* as PyTorch: only GetAttr nodes are looked at */
    const struct type *t = node_output(n, 0)->type;
    if (!name || name->kind != ATTRIBUTE_STRING || t->kind != TYPE_CLASS) return false;
    size_t length = (size_t)name->value.string->length;
    return t->name->length >= length &&
           !memcmp(t->name->text + t->name->length - length, name->value.string->bytes, length);
}

static bool same_kind(const struct node *want, const struct node *n) {
    if (node_kind_is(want, "match::module")) return is_module(want, n);
    return want->kind == n->kind && want->outputs.count == n->outputs.count &&
           want->inputs.count == n->inputs.count && same_attributes(want, n);
}

static bool match_node(struct matcher *m, const struct node *want, struct node *n) {
    const struct node *known = table_get(&m->match.nodes, want);
    if (known) return known == n;
    if (node_is(want, KIND_PARAM)) return true;
    if (n->block != m->anchor->block || !same_kind(want, n)) return false;
    if (!table_set(&m->match.nodes, want, n)) {
        m->failed = true;
        return false;
    }
    for (int i = 0; i < want->outputs.count && i < n->outputs.count; i++)
        if (!match_pair(m, node_output(want, i), node_output(n, i))) return false;
    for (int i = 0; i < want->inputs.count && i < n->inputs.count; i++)
        if (!match_pair(m, node_input(want, i), node_input(n, i))) return false;
    return true;
}

struct ir_value *match_value(const struct match *m, const char *name) {
    const struct name *interned = name_find(&m->pattern->unit->names, name, strlen(name));
    const struct ir_value *v = interned ? table_get(&m->pattern->by_name, interned) : NULL;
    return v ? table_get(&m->values, v) : NULL;
}

static void match_free(struct match *m) {
    table_free(&m->nodes);
    table_free(&m->values);
}

/* ---- rewriting ---- */

struct rewriter {
    struct graph *graph, *pattern, *replacement;
    const struct rewrite *rule;
    ARRAY_OF(struct match) matches;
    ARRAY_OF(struct ir_value *) from, to;
    struct node **heirs; /* of the rule's origins, in the replacement */
    struct table doomed;
    ARRAY_OF(struct node *) doomed_list;
    lb_error *err;
};

static bool find_matches(struct rewriter *r, struct block *b) {
    const struct node *last = block_output(r->pattern->top, 0)->node;
    for (struct node *n = block_first(b); n != b->result; n = n->next) {
        struct matcher m = {.match = {.pattern = r->pattern}, .anchor = n};
        bool found = match_node(&m, last, n);
        for (int i = 0; found && i < block_output_count(r->pattern->top); i++)
            found = table_has(&m.match.values, block_output(r->pattern->top, i));
        if (found && array_push(&r->matches, m.match)) continue;
        m.failed |= found;
        match_free(&m.match);
        if (m.failed) return error_memory(r->err);
    }
    /* blocks are visited as from a stack: the last one first */
    for (struct node *n = block_last(b); n != b->result; n = n->previous)
        for (int i = n->blocks.count - 1; i >= 0; i--)
            if (!find_matches(r, n->blocks.items[i])) return false;
    return true;
}

static bool overlaps(const struct rewriter *r, const struct match *m) {
    for (const struct node *n = block_first(r->pattern->top); n != r->pattern->top->result; n = n->next)
        if (table_has(&r->doomed, table_get(&m->nodes, n))) return true;
    return false;
}

/* The last of the nodes that make what goes in; NULL when a use of what comes out stands before it. */
static struct node *place_of(const struct rewriter *r, const struct match *m, struct ir_value **inputs) {
    struct node *place = NULL;
    const struct block *top = r->pattern->top;
    for (int i = 0; i < top->param->outputs.count; i++) {
        inputs[i] = table_get(&m->values, block_input(top, i));
        if (!inputs[i]) return NULL;
        if (!place || node_is_before(place, inputs[i]->node)) place = inputs[i]->node;
    }
    for (int i = 0; i < block_output_count(top); i++) {
        const struct ir_value *out = table_get(&m->values, block_output(top, i));
        for (int k = 0; out && place && k < out->uses.count; k++)
            if (node_is_before(out->uses.items[k].user, place)) return NULL;
    }
    return place;
}

/* New nodes come from where the old ones came. */
static void set_ranges(const struct rewriter *r, const struct match *m) {
    for (int i = 0; i < r->rule->origin_count; i++) {
        const struct ir_value *old = match_value(m, r->rule->origins[i].pattern);
        if (r->heirs[i] && old) r->heirs[i]->range = old->node->range;
    }
}

/* Which nodes of the replacement the rule's origins name; then the names go, since they do not come along. */
static bool read_names(struct rewriter *r) {
    struct graph *g = r->replacement;
    r->heirs = arena_array(&g->memory, struct node *, r->rule->origin_count + 1);
    for (int i = 0; r->heirs && i < r->rule->origin_count; i++) {
        const char *text = r->rule->origins[i].replacement;
        const struct name *name = name_find(&g->unit->names, text, strlen(text));
        const struct ir_value *v = name ? table_get(&g->by_name, name) : NULL;
        r->heirs[i] = v ? v->node : NULL;
    }
    for (struct node *n = block_first(g->top); r->heirs && n != g->top->result; n = n->next)
        for (int i = 0; i < n->outputs.count; i++) value_set_name(node_output(n, i), "");
    return r->heirs || error_memory(r->err);
}

static bool plan(struct rewriter *r, const struct match *m, struct node *place,
                 struct ir_value *const *inputs) {
    const struct block *top = r->pattern->top;
    struct ir_value **outputs =
        arena_array(&r->replacement->memory, struct ir_value *, block_output_count(top) + 1);
    struct node *next = node_is(place, KIND_PARAM) ? block_first(place->block) : place->next;
    if (!outputs || !insert_graph(next, r->replacement, inputs, outputs)) return error_memory(r->err);
    for (int i = 0; i < block_output_count(top); i++) {
        struct ir_value *old = table_get(&m->values, block_output(top, i));
        outputs[i]->type = old->type;
        if (!array_push(&r->from, old) || !array_push(&r->to, outputs[i])) return error_memory(r->err);
    }
    for (const struct node *n = block_first(top); n != top->result; n = n->next) {
        struct node *old = table_get(&m->nodes, n);
        if (!old || table_has(&r->doomed, old)) continue;
        if (!table_set(&r->doomed, old, old) || !array_push(&r->doomed_list, old))
            return error_memory(r->err);
    }
    return true;
}

static bool plan_all(struct rewriter *r) {
    struct ir_value **inputs =
        arena_array(&r->replacement->memory, struct ir_value *, r->pattern->top->param->outputs.count + 1);
    if (!inputs) return error_memory(r->err);
    for (int i = 0; i < r->matches.count; i++) {
        const struct match *m = &r->matches.items[i];
        if ((r->rule->accept && !r->rule->accept(m)) || overlaps(r, m)) continue;
        struct node *place = place_of(r, m, inputs);
        if (!place) continue;
        set_ranges(r, m);
        if (!plan(r, m, place, inputs)) return false;
    }
    return true;
}

static bool carry_out(struct rewriter *r) {
    for (int i = 0; i < r->from.count; i++)
        if (!value_replace_uses(r->from.items[i], r->to.items[i])) return error_memory(r->err);
    for (int i = 0; i < r->doomed_list.count; i++) node_remove_all_inputs(r->doomed_list.items[i]);
    for (int i = 0; i < r->doomed_list.count; i++) node_destroy(r->doomed_list.items[i]);
    return true;
}

static bool is_pattern(const struct graph *g, lb_error *err) {
    int count = 0;
    for (const struct node *n = block_first(g->top); n != g->top->result; n = n->next, count++)
        if (n->blocks.count) return error_set(err, LB_ERROR_ARGUMENT, "a pattern has one block");
    if (count == 0 || count > MAX_PATTERN || !block_output_count(g->top) || !g->top->param->outputs.count)
        return error_set(err, LB_ERROR_ARGUMENT,
                         "a pattern has inputs, outputs and between 1 and %d nodes, not %d", MAX_PATTERN,
                         count);
    return true;
}

static bool fit(const struct rewriter *r) {
    return (r->pattern->top->param->outputs.count == r->replacement->top->param->outputs.count &&
            block_output_count(r->pattern->top) == block_output_count(r->replacement->top)) ||
           error_set(r->err, LB_ERROR_ARGUMENT, "pattern and replacement take and give different things");
}

bool rewrite_graph(struct graph *g, const struct rewrite *rule, lb_error *err) {
    struct rewriter r = {.graph = g, .rule = rule, .err = err};
    r.pattern = graph_parse(g->unit, rule->pattern, strlen(rule->pattern), err);
    if (r.pattern) r.replacement = graph_parse(g->unit, rule->replacement, strlen(rule->replacement), err);
    bool good =
        r.replacement && is_pattern(r.pattern, err) && fit(&r) && read_names(&r) && find_matches(&r, g->top);
    good = good && plan_all(&r) && carry_out(&r);
    for (int i = 0; i < r.matches.count; i++) match_free(&r.matches.items[i]);
    mem_free(r.matches.items);
    mem_free(r.from.items);
    mem_free(r.to.items);
    table_free(&r.doomed);
    mem_free(r.doomed_list.items);
    graph_free(r.pattern);
    graph_free(r.replacement);
    return good;
}
