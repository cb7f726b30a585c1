/* The order of things in freezing a module, and what was asked by name to stay; see freeze.h. */
#include "module/freeze.h"
#include "base/mem.h"
#include "ir/views.h"
#include "module/clone.h"
#include "module/freezing.h"
#include "module/unsavable.h"
#include "passes/passes.h"
#include <string.h>

/* ---- names ---- */

static bool unknown_name(struct freezing *f, const char *name) {
    return error_set(f->err, LB_ERROR_ARGUMENT, "Unknown name: %s", name);
}

static bool keep_method(struct freezing *f, struct function *method) {
    for (int i = 0; i < f->methods.count; i++)
        if (f->methods.items[i] == method) return true;
    return array_push(&f->methods, method) || error_memory(f->err);
}

static bool keep_attribute(struct freezing *f, const lb_value *slot) {
    if (value_is_module(*slot) && !table_set(&f->whole, slot->object, f)) return error_memory(f->err);
    return freezing_keep(f, slot);
}

/* Modules on the way are noted, to be kept when it is over: until then they may be looked through. */
static bool keep_by_name(struct freezing *f, const char *dotted) {
    struct name_pool *names = &f->unit->names;
    struct object *o = f->root;
    int asked = f->asked_for.count;
    for (const char *at = dotted, *dot; (dot = strchr(at, '.')); at = dot + 1) {
        const lb_value *slot = freezing_slot(o, name_find(names, at, (size_t)(dot - at)));
        if (!slot || !value_is_module(*slot)) {
            f->asked_for.count = asked;
            return unknown_name(f, dotted);
        }
        if (!array_push(&f->asked_for, slot)) return error_memory(f->err);
        o = slot->object;
    }
    const char *dot = strrchr(dotted, '.'), *last = dot ? dot + 1 : dotted;
    const struct name *name = name_find(names, last, strlen(last));
    const lb_value *slot = freezing_slot(o, name);
    struct function *method = name ? class_find_method(o->type->definition, name) : NULL;
    if (slot) return keep_attribute(f, slot);
    return method ? keep_method(f, method) : unknown_name(f, dotted);
}

static bool choose(struct freezing *f, const struct freeze_options *options) {
    const struct name *forward = name_find(&f->unit->names, "forward", strlen("forward"));
    struct function *method = forward ? class_find_method(f->root->type->definition, forward) : NULL;
    if (method && !keep_method(f, method)) return false;
    for (int i = 0; i < options->preserved_count; i++)
        if (!keep_by_name(f, options->preserved[i])) return false;
    return true;
}

/* ---- the graphs ---- */

/* Runs passes on a graph and on what is forked in it. */
static bool with_subgraphs(struct graph *g, bool (*passes)(struct graph *g, lb_error *err), lb_error *err);

static bool subgraphs_of_block(struct block *b, bool (*passes)(struct graph *g, lb_error *err),
                               lb_error *err) {
    for (struct node *n = block_first(b); n != b->result; n = n->next) {
        for (int i = 0; i < n->blocks.count; i++)
            if (!subgraphs_of_block(n->blocks.items[i], passes, err)) return false;
        const struct attribute *a = node_is(n, KIND_FORK) ? node_attribute(n, "Subgraph") : NULL;
        if (a && a->kind == ATTRIBUTE_GRAPH && !with_subgraphs(a->graph, passes, err)) return false;
    }
    return true;
}

static bool with_subgraphs(struct graph *g, bool (*passes)(struct graph *g, lb_error *err), lb_error *err) {
    return passes(g, err) && subgraphs_of_block(g->top, passes, err);
}

static bool inline_all(struct graph *g, lb_error *err) {
    return pass_inline(g, err) && pass_erase_shape_information(g, err);
}

static bool optimize(struct graph *g, lb_error *err) {
    return passes_optimize(g, err) && pass_eliminate_no_ops(g, err) && pass_simple_tuples(g, err);
}

static bool each_graph(struct freezing *f, bool (*step)(struct freezing *f, struct graph *g)) {
    for (int i = 0; i < f->methods.count; i++)
        if (!step(f, f->methods.items[i]->graph)) return false;
    return true;
}

static bool inline_step(struct freezing *f, struct graph *g) {
    return with_subgraphs(g, inline_all, f->err);
}

static bool constants_step(struct freezing *f, struct graph *g) {
    return freezing_make_constants(f, g) && with_subgraphs(g, optimize, f->err);
}

static bool can_be_frozen(struct freezing *f) {
    for (int i = 0; i < f->methods.count; i++)
        if (!function_can_be(f->methods.items[i], "frozen", f->err)) return false;
    return true;
}

static bool freeze(struct freezing *f) {
    return each_graph(f, inline_step) && can_be_frozen(f) && each_graph(f, freezing_inline_interfaces) &&
           each_graph(f, freezing_record_writes) && freezing_check_overlaps(f) &&
           each_graph(f, constants_step) && freezing_clean_up(f);
}

/* torch.jit.run_frozen_optimizations: the top module's own methods. */
static bool fold_numerics(struct freezing *f, bool numerics) {
    for (int i = 0; i < f->methods.count; i++) {
        struct function *method = f->methods.items[i];
        if (method->owner != f->root->type) continue;
        bool good = numerics ? pass_optimize_frozen_graph(method->graph, f->err)
                             : pass_remove_dropout(method->graph, f->err);
        if (!good) return false;
    }
    return true;
}

/* ---- the module ---- */

static bool is_training(const struct program *p) {
    lb_value v;
    lb_error none = {0};
    bool found = program_find(p, "training", strlen("training"), &v, &none);
    error_clear(&none);
    return found && v.tag == VALUE_BOOL && v.i;
}

static bool returns_itself(const struct program *p) {
    const struct name *forward = name_find(&p->unit->names, "forward", strlen("forward"));
    const struct function *f = forward ? class_find_method(program_class(p), forward) : NULL;
    for (int i = 0; f && f->graph && i < block_output_count(f->graph->top); i++)
        if (block_output(f->graph->top, i)->type == p->root.object->type) return true;
    return false;
}

static bool check(const struct program *p, const struct freeze_options *options, lb_error *err) {
    if (!options->as_eval && is_training(p))
        return error_set(
            err, LB_ERROR_ARGUMENT,
            "Freezing is currently only implemented for modules in eval mode. Please call .eval() "
            "on your module before freezing.");
    if (returns_itself(p))
        return error_set(err, LB_ERROR_ARGUMENT, "attempted to freeze a module that returns itself");
    return true;
}

/* As deep as the clone was, which was looked at then. */
static void set_eval(struct object *o) {
    for (int i = 0; i < o->count; i++) {
        const struct class_attribute *a = &o->type->definition->attributes.items[i];
        if (!strcmp(a->name->text, "training") && o->slots[i].tag == VALUE_BOOL) o->slots[i].i = false;
        if (value_is_module(o->slots[i])) set_eval(o->slots[i].object);
    }
}

static void release(struct freezing *f) {
    mem_free(f->methods.items);
    mem_free(f->used.items);
    mem_free(f->asked_for.items);
    mem_free(f->path.items);
    table_free(&f->kept_things);
    table_free(&f->kept_inside);
    table_free(&f->kept_slots);
    table_free(&f->whole);
    table_free(&f->used_things);
}

bool module_freeze(const struct program *p, const struct freeze_options *options, lb_value *frozen,
                   lb_error *err) {
    *frozen = value_none();
    if (!check(p, options, err) || !module_clone(p->unit, p->root, frozen, err)) return false;
    struct freezing f = {.unit = p->unit, .err = err, .root = frozen->object, .base = frozen->object};
    if (options->as_eval) set_eval(f.root);
    bool good = choose(&f, options) && freeze(&f) && fold_numerics(&f, options->optimize_numerics);
    release(&f);
    if (good) return true;
    value_release(*frozen);
    *frozen = value_none();
    return false;
}
