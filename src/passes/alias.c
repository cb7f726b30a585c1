/* Alias analysis: walks the graph once, node by node, and says for each value what its memory may be; then
 * gathers what each node writes. Rules per kind of node: torch/csrc/jit/ir/alias_analysis.cpp, and operators'
 * schemas. */
#include "base/mem.h"
#include "ir/views.h"
#include "ops/schemas.h"
#include "passes/alias_internal.h"
#include "passes/alias_types.h"

const struct type *alias_form(struct alias_db *db, const struct type *t) {
    struct type_store *types = &db->graph->unit->types;
    const void *known = table_get(&db->mutable_form, t);
    if (known) return known == types ? NULL : known;
    const struct type *form = alias_type(types, t, &db->failed);
    const void *kept = form ? (const void *)form : (const void *)types;
    if (!table_set(&db->mutable_form, t, (void *)(uintptr_t)kept)) db->failed = true;
    return form;
}

static int new_element(struct alias_db *db, const struct type *form, bool with_contents) {
    int element = memory_new_element(&db->memory);
    struct fresh f = {element, form};
    if (element < 0 || (with_contents && !array_push(&db->fresh, f))) db->failed = true;
    return element;
}

/* The wildcard element of a mutable form, made if need be. */
static int wildcard_of(struct alias_db *db, const struct type *form) {
    int known = pointer_index(table_get(&db->wildcards, form));
    if (known >= 0) return known;
    int element = new_element(db, form, true);
    if (!table_set(&db->wildcards, form, index_pointer(element))) db->failed = true;
    return element;
}

/* A fresh element may contain anything that its type can contain; a union points to its members' wildcards.
 */
static void fill_fresh(struct alias_db *db, struct fresh f) {
    const struct type *t = f.type;
    if (t->kind == TYPE_CLASS) {
        const struct class_definition *c = t->definition;
        for (int i = 0; i < c->attributes.count; i++) {
            const struct type *form = alias_form(db, c->attributes.items[i].type);
            if (form) memory_contain(&db->memory, f.element, wildcard_of(db, form));
        }
    } else {
        for (int i = 0; i < t->count; i++) {
            const struct type *form = alias_form(db, t->items[i]);
            if (!form) continue;
            int wildcard = wildcard_of(db, form);
            if (t->kind == TYPE_UNION)
                memory_point(&db->memory, f.element, wildcard);
            else
                memory_contain(&db->memory, f.element, wildcard);
        }
    }
}

static void settle(struct alias_db *db) {
    while (db->fresh.count > 0 && !db->failed) fill_fresh(db, db->fresh.items[--db->fresh.count]);
}

static void give_fresh(struct alias_db *db, const struct ir_value *v, bool with_contents) {
    const struct type *form = alias_form(db, v->type);
    if (!form || element_of(db, v) >= 0) return;
    int element = new_element(db, form, with_contents);
    if (!table_set(&db->elements, v, index_pointer(element))) db->failed = true;
    settle(db);
}

static int get_element(struct alias_db *db, const struct ir_value *v) {
    give_fresh(db, v, true);
    return element_of(db, v);
}

/* The wildcard's element, -1 for immutable types. */
static int set_wildcard(struct alias_db *db, const struct ir_value *v) {
    const struct type *form = alias_form(db, v->type);
    if (!form) return -1;
    int wildcard = wildcard_of(db, form);
    settle(db);
    get_element(db, v);
    if (!array_push(&db->in_wildcard, v)) db->failed = true;
    return wildcard;
}

static bool never_aliases(const struct ir_value *v) {
    return v->type->kind == TYPE_NONE || node_must_be_none(v->node) || node_is(v->node, KIND_UNINITIALIZED);
}

static void point_to(struct alias_db *db, const struct ir_value *from, const struct ir_value *to) {
    if (never_aliases(from) || never_aliases(to)) {
        give_fresh(db, from, true);
        give_fresh(db, to, true);
    } else if (from != to && alias_form(db, from->type) && alias_form(db, to->type)) {
        int from_element = get_element(db, from);
        memory_point(&db->memory, from_element, get_element(db, to));
    }
}

static void register_write(struct alias_db *db, const struct node *n, const struct ir_value *v,
                           bool with_contained) {
    if (v && !alias_form(db, v->type)) return;
    struct write w = {n, v ? get_element(db, v) : -1, with_contained};
    if (!array_push(&db->writes, w)) db->failed = true;
}

static void analyze_block(struct alias_db *db, struct block *b);

static void fresh_outputs(struct alias_db *db, struct node *n) {
    for (int i = 0; i < n->outputs.count; i++) give_fresh(db, node_output(n, i), true);
}
static void wildcard_outputs(struct alias_db *db, struct node *n) {
    for (int i = 0; i < n->outputs.count; i++) set_wildcard(db, node_output(n, i));
}
static void wildcard_inputs(struct alias_db *db, struct node *n) {
    for (int i = 0; i < n->inputs.count; i++) set_wildcard(db, node_input(n, i));
}
static void point_outputs_to_inputs(struct alias_db *db, struct node *n) {
    for (int i = 0; i < n->outputs.count && i < n->inputs.count; i++)
        point_to(db, node_output(n, i), node_input(n, i));
}
static void no_effect(struct alias_db *db, struct node *n) {
    (void)db, (void)n;
}

static void analyze_if(struct alias_db *db, struct node *n) {
    analyze_block(db, then_block(n));
    analyze_block(db, else_block(n));
    for (int i = 0; i < n->outputs.count; i++) {
        point_to(db, node_output(n, i), block_output(then_block(n), i));
        point_to(db, node_output(n, i), block_output(else_block(n), i));
    }
}

static void analyze_loop(struct alias_db *db, struct node *n) {
    struct block *body = loop_body(n);
    for (int i = 2; i < n->inputs.count; i++) point_to(db, block_input(body, i - 1), node_input(n, i));
    analyze_block(db, body);
    for (int i = 0; i < n->outputs.count; i++) point_to(db, node_output(n, i), block_output(body, i + 1));
}

static void analyze_fork(struct alias_db *db, struct node *n) {
    wildcard_inputs(db, n);
    fresh_outputs(db, n);
}

/* What was forked may write to whatever it was given, and nobody knows what that was. */
static void analyze_wait(struct alias_db *db, struct node *n) {
    wildcard_outputs(db, n);
    register_write(db, n, NULL, false);
}

static void analyze_conservatively(struct alias_db *db, struct node *n) {
    for (int i = 0; i < n->inputs.count; i++) {
        if (!alias_form(db, node_input(n, i)->type)) continue;
        register_write(db, n, node_input(n, i), true);
        set_wildcard(db, node_input(n, i));
    }
    wildcard_outputs(db, n);
}

/* batch_norm and instance_norm write their running statistics (inputs 3 and 4) unless input 5 is false. */
static void analyze_norm(struct alias_db *db, struct node *n) {
    fresh_outputs(db, n);
    bool training = true;
    if (n->inputs.count < 6 || (constant_bool(node_input(n, 5), &training) && !training)) return;
    register_write(db, n, node_input(n, 3), false);
    register_write(db, n, node_input(n, 4), false);
}

/* A frozen program does not train. */
static void analyze_batch_norm(struct alias_db *db, struct node *n) {
    (db->frozen ? fresh_outputs : analyze_norm)(db, n);
}

/* Each module of a frozen program is known, and its attributes with it. */
static void analyze_get_attr(struct alias_db *db, struct node *n) {
    const struct type *t = node_input(n, 0)->type;
    bool fresh = db->frozen && t->kind == TYPE_CLASS && t->definition->is_module;
    (fresh ? fresh_outputs : wildcard_outputs)(db, n);
}

static void analyze_set_attr(struct alias_db *db, struct node *n) {
    register_write(db, n, node_input(n, 0), false);
    set_wildcard(db, node_input(n, 1));
}

/* A list that only goes into one of these does not let its items escape; nor does a list or tuple that is the
 * graph's result and nothing else. */
static bool keeps_items_private(const struct alias_db *db, const struct ir_value *container) {
    static const char *const kinds[] = {"aten::cat",    "aten::broadcast_tensors",
                                        "aten::stack",  "aten::vstack",
                                        "aten::hstack", "aten::dstack"};
    bool list = container->type->kind == TYPE_LIST;
    if (container->uses.count != 1 || (!list && container->type->kind != TYPE_TUPLE)) return false;
    const struct node *user = container->uses.items[0].user;
    for (size_t i = 0; list && i < sizeof kinds / sizeof *kinds; i++)
        if (node_kind_is(user, kinds[i])) return true;
    return user == db->graph->top->result;
}

static void analyze_container(struct alias_db *db, struct node *n) {
    struct ir_value *container = node_output(n, 0);
    if (!alias_form(db, container->type)) return;
    bool private = keeps_items_private(db, container);
    give_fresh(db, container, !private);
    for (int i = 0; i < n->inputs.count; i++) {
        struct ir_value *item = node_input(n, i);
        if (private && !alias_form(db, item->type)) continue;
        int inner = private ? get_element(db, item) : set_wildcard(db, item);
        memory_contain(&db->memory, element_of(db, container), inner);
    }
}

/* Kinds that do not go by a schema. */
static const struct {
    const char *kind;
    void (*analyze)(struct alias_db *db, struct node *n);
} special_kinds[] = {
    {"prim::Constant", fresh_outputs},
    {"prim::If", analyze_if},
    {"prim::Loop", analyze_loop},
    {"prim::fork", analyze_fork},
    {"prim::awaitable", analyze_fork},
    {"prim::rpc_async", analyze_fork},
    {"prim::rpc_sync", analyze_fork},
    {"prim::rpc_remote", analyze_fork},
    {"aten::wait", analyze_wait},
    {"prim::awaitable_wait", analyze_wait},
    {"prim::awaitable_nowait", point_outputs_to_inputs},
    {"aten::batch_norm", analyze_batch_norm},
    {"aten::instance_norm", analyze_norm},
    {"prim::AutogradZero", fresh_outputs},
    {"prim::AutogradAdd", fresh_outputs},
    {"prim::FusedConcat", fresh_outputs},
    {"prim::FusionGroup", fresh_outputs}, /* chains that write their own values alone: exec/fuse.c */
    {"prim::Closure", fresh_outputs},
    {"prim::CreateObject", fresh_outputs},
    {"prim::tolist", fresh_outputs},
    {"prim::Uninitialized", fresh_outputs},
    {"prim::EmptyListLiteral", fresh_outputs},
    {"prim::TupleConstruct", analyze_container},
    {"prim::ListConstruct", analyze_container},
    {"prim::DictConstruct", analyze_container},
    {"prim::TupleUnpack", wildcard_outputs},
    {"prim::TupleIndex", wildcard_outputs},
    {"prim::TupleSlice", wildcard_outputs},
    {"prim::ListUnpack", wildcard_outputs},
    {"prim::PythonOp", wildcard_outputs},
    {"prim::GetAttr", analyze_get_attr},
    {"prim::unchecked_cast", point_outputs_to_inputs},
    {"prim::SetAttr", analyze_set_attr},
    {"prim::CallFunction", analyze_conservatively},
    {"prim::CallMethod", analyze_conservatively},
    {"prim::Try", analyze_conservatively},
    {"prim::Enter", analyze_conservatively},
    {"prim::Exit", analyze_conservatively},
    {"prim::Print", no_effect},
    {"prim::isinstance", no_effect},
};

/* A list's own annotation, or that of its items ("Tensor(a!)[]"). */
static const struct alias_info *info_of(const struct argument *a) {
    const struct alias_info *info = &a->alias;
    if (a->element_alias.present && (!info->present || (!info->before[0] && !info->before_wildcard)))
        info = &a->element_alias;
    return info->present ? info : NULL;
}

struct binding {
    const char *set;
    const struct ir_value *actual;
};

static const struct ir_value *bound(const struct binding *bindings, int count, const char *set) {
    for (int i = 0; i < count; i++)
        if (strcmp(bindings[i].set, set) == 0) return bindings[i].actual;
    return NULL;
}

enum { MAX_BINDINGS = 16 };

static int analyze_arguments(struct alias_db *db, struct node *n, const struct schema *schema,
                             struct binding *bindings) {
    int count = 0;
    for (int i = 0; i < schema->argument_count && i < n->inputs.count; i++) {
        const struct alias_info *info = info_of(&schema->arguments[i]);
        const struct ir_value *actual = node_input(n, i);
        if (!info || !alias_form(db, actual->type) || bound(bindings, count, info->before)) continue;
        if (count < MAX_BINDINGS) bindings[count++] = (struct binding){info->before, actual};
        if (info->is_write) register_write(db, n, actual, false);
        if (info->after_wildcard) set_wildcard(db, actual);
    }
    return count;
}

/* An output is fresh, a wildcard, or shares the memory of the argument whose set letter it has. */
static void analyze_result(struct alias_db *db, struct node *n, const struct alias_info *info,
                           const struct ir_value *actual, const struct binding *bindings, int count) {
    if (!info) {
        give_fresh(db, actual, true);
        return;
    }
    if (!alias_form(db, actual->type)) return;
    if (info->before_wildcard) {
        set_wildcard(db, actual);
        return;
    }
    const struct ir_value *argument = bound(bindings, count, info->before);
    for (const char *letter = info->before; !argument && *letter; letter++) /* "a|b": any of them */
        argument = bound(bindings, count, (char[2]){*letter, '\0'});
    if (argument)
        point_to(db, actual, argument);
    else
        give_fresh(db, actual, true);
    if (info->is_write) register_write(db, n, actual, false);
}

static void analyze_by_schema(struct alias_db *db, struct node *n, const struct schema *schema) {
    struct binding bindings[MAX_BINDINGS];
    int count = analyze_arguments(db, n, schema, bindings);
    for (int i = 0; i < n->outputs.count; i++) {
        const struct alias_info *info = i < schema->return_count ? info_of(&schema->returns[i]) : NULL;
        analyze_result(db, n, info, node_output(n, i), bindings, count);
    }
}

enum { SPECIAL_KINDS = sizeof special_kinds / sizeof *special_kinds };

/* The kind's place in special_kinds, SPECIAL_KINDS when it goes by its schema; looked up once per kind. */
static int place_of_kind(struct alias_db *db, const struct node *n) {
    int place = pointer_index(table_get(&db->analyzers, n->kind));
    if (place >= 0) return place;
    for (place = 0; place < SPECIAL_KINDS && !node_kind_is(n, special_kinds[place].kind);) place++;
    if (!table_set(&db->analyzers, n->kind, index_pointer(place))) db->failed = true;
    return place;
}

static void analyze_node(struct alias_db *db, struct node *n) {
    int place = place_of_kind(db, n);
    const struct schema *schema = place == SPECIAL_KINDS ? node_schema(n) : NULL;
    if (place < SPECIAL_KINDS)
        special_kinds[place].analyze(db, n);
    else if (schema)
        analyze_by_schema(db, n, schema);
    else
        analyze_conservatively(db, n);
}

static void analyze_block(struct alias_db *db, struct block *b) {
    for (struct node *n = block_first(b); n != b->result && !db->failed; n = n->next) analyze_node(db, n);
}

/* Into `set`: what one write writes. */
static void mark_write(struct alias_db *db, const struct write *w, unsigned char *set) {
    const struct element *elements = db->memory.elements.items;
    if (w->element < 0) {
        for (uint32_t i = 0; db->wildcards.slots && i <= db->wildcards.mask; i++)
            if (db->wildcards.slots[i].value) set[pointer_index(db->wildcards.slots[i].value)] = 1;
    } else if (w->with_contained) {
        memory_mark_contained(&db->memory, w->element, set);
    } else {
        alias_mark(set, &elements[w->element].locations, elements);
    }
}

static struct int_set *locations_written_by(struct alias_db *db, const struct node *n) {
    struct int_set *set = table_get(&db->writes_of, n);
    if (set) return set;
    set = arena_new(&db->memory.memory, struct int_set);
    if (!set || !table_set(&db->writes_of, n, set)) db->failed = true;
    return db->failed ? NULL : set;
}

static void index_writes(struct alias_db *db) {
    size_t count = (size_t)db->memory.elements.count;
    unsigned char *marks = mem_zeroed(count + 1, 1);
    db->written = mem_zeroed(count + 1, 1);
    if (!marks || !db->written) db->failed = true;
    for (int i = 0; i < db->writes.count && !db->failed; i++) {
        struct int_set *set = locations_written_by(db, db->writes.items[i].node);
        if (!set) break;
        memset(marks, 0, count);
        mark_write(db, &db->writes.items[i], marks);
        for (size_t at = 0; at < count; at++) {
            if (!marks[at]) continue;
            db->written[at] = 1;
            if (!int_set_add(&db->memory.memory, set, (int)at)) db->failed = true;
        }
    }
    mem_free(marks);
}

static struct alias_db *analyze(struct graph *g, bool frozen, lb_error *err) {
    struct alias_db *db = mem_zeroed(1, sizeof *db);
    if (!db) {
        error_memory(err);
        return NULL;
    }
    db->graph = g;
    db->frozen = frozen;
    for (int i = 0; i < g->top->param->outputs.count; i++) set_wildcard(db, block_input(g->top, i));
    analyze_block(db, g->top);
    memory_locate_all(&db->memory);
    for (int i = 0; i < db->in_wildcard.count && !db->failed; i++) {
        const struct ir_value *v = db->in_wildcard.items[i];
        memory_set_wildcard(&db->memory, element_of(db, v), wildcard_of(db, alias_form(db, v->type)));
    }
    if (!db->failed) index_writes(db);
    if (!db->failed && !db->memory.failed) return db;
    alias_free(db);
    error_memory(err);
    return NULL;
}

struct alias_db *alias_analyze(struct graph *g, lb_error *err) {
    return analyze(g, false, err);
}

struct alias_db *alias_analyze_frozen(struct graph *g, lb_error *err) {
    return analyze(g, true, err);
}

void alias_free(struct alias_db *db) {
    if (!db) return;
    table_free(&db->elements);
    table_free(&db->wildcards);
    table_free(&db->mutable_form);
    table_free(&db->analyzers);
    table_free(&db->writes_of);
    mem_free(db->fresh.items);
    mem_free(db->in_wildcard.items);
    mem_free(db->writes.items);
    mem_free(db->written);
    mem_free(db->from_inputs);
    mem_free(db->to_outputs);
    memory_free(&db->memory);
    mem_free(db);
}
