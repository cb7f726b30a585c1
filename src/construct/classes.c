/* Classes: the body, the order of bases, decorators, instances, isinstance(). */
#include "construct/evaluator.h"
#include "construct/natives.h"
#include <string.h>

/* ---- the order in which members are looked for (C3, as Python's) ---- */

bool class_derives(const struct thing_class *c, const struct thing_class *base) {
    for (int i = 0; i < c->order_count; i++)
        if (c->order[i] == base) return true;
    return false;
}

struct thing *class_member(const struct thing_class *c, const struct thing_class *after,
                           const struct name *name, struct thing_class **owner) {
    int i = 0;
    while (after && i < c->order_count && c->order[i++] != after) continue;
    for (; i < c->order_count; i++) {
        struct thing *found = bindings_get(&c->order[i]->members, name);
        if (found && owner) *owner = c->order[i];
        if (found) return found;
    }
    return NULL;
}

/* Whether it stands in the rest (not at the head) of a base's order, all before `from` being taken already.
 */
static bool in_a_tail(const struct thing_class *c, const struct thing_class *candidate, const int *from) {
    for (int b = 0; b < c->base_count; b++)
        for (int i = from[b] + 1; i < c->bases[b]->order_count; i++)
            if (c->bases[b]->order[i] == candidate) return true;
    return false;
}

static struct thing_class *next_in_order(const struct thing_class *c, const int *from) {
    for (int b = 0; b < c->base_count; b++) {
        struct thing_class *head = from[b] < c->bases[b]->order_count ? c->bases[b]->order[from[b]] : NULL;
        if (head && !in_a_tail(c, head, from)) return head;
    }
    return NULL;
}

static bool make_order(struct evaluator *v, struct thing_class *c) {
    int room = 1;
    for (int b = 0; b < c->base_count; b++) room += c->bases[b]->order_count;
    c->order = arena_array(&v->memory, struct thing_class *, room);
    int *from = arena_array(&v->memory, int, c->base_count + 1);
    if (!c->order || !from) return raise_memory(v), false;
    c->order[c->order_count++] = c;
    for (struct thing_class *next; (next = next_in_order(c, from));) {
        c->order[c->order_count++] = next;
        for (int b = 0; b < c->base_count; b++)
            if (from[b] < c->bases[b]->order_count && c->bases[b]->order[from[b]] == next) from[b]++;
    }
    return true;
}

/* ---- native classes ---- */

struct thing_class *class_new(struct evaluator *v, const struct name *name, struct thing_class **bases,
                              int count) {
    struct thing *t = thing_new(v, THING_CLASS);
    struct thing_class *c = t ? arena_new(&v->memory, struct thing_class) : NULL;
    if (!c) return t ? raise_memory(v) : NULL;
    t->as_class = c;
    c->thing = t;
    c->name = c->qualified = name;
    c->bases = count ? bases : &v->object;
    c->base_count = count ? count : v->object != NULL;
    for (int i = 0; i < c->base_count; i++)
        if (c->bases[i]->nature > c->nature) c->nature = c->bases[i]->nature;
    return make_order(v, c) ? c : NULL;
}

/* ---- making one of its tree ---- */

/* Bases that say nothing of what instances are. */
static bool is_no_base(const struct thing *t) {
    static const char *const names[] = {"typing.Generic", "typing.Protocol", "abc.ABC",
                                        "torch.jit.ScriptModule"};
    for (size_t i = 0; t->kind == THING_LIBRARY && i < sizeof names / sizeof *names - 1; i++)
        if (!strcmp(t->path, names[i])) return true;
    return t->kind == THING_ANNOTATION; /* Generic[T] */
}

static struct thing_class *base_class(struct evaluator *v, struct thing *base, struct source_range at) {
    base = library_resolve(v, base, at);
    if (!base) return NULL;
    if (base->kind == THING_CLASS && base->as_class->nature != CLASS_BUILTIN) return base->as_class;
    if (base->kind == THING_CLASS)
        return raise_refusal(v, at, "hold the value in an attribute of a plain class",
                             "a class based on '%s' where a module is constructed",
                             base->as_class->name->text);
    return raise_refusal(v, at, "base it on a class of this file or on one of torch.nn",
                         "the base class '%s' is not known without Python",
                         base->kind == THING_LIBRARY ? base->path : thing_type_name(base));
}

static bool evaluate_bases(struct evaluator *v, struct scope *s, const struct tree *tree,
                           struct thing_class ***out, int *count) {
    const struct tree *list = tree->items[3];
    *out = arena_array(&v->memory, struct thing_class *, (list ? list->count : 0) + 1);
    *count = 0;
    if (!*out) return raise_memory(v), false;
    for (int i = 0; list && i < list->count; i++) {
        const struct tree *t = list->items[i];
        if (t->kind == TREE_KEYWORD) continue; /* metaclass=ABCMeta */
        struct thing *base = evaluate(v, s, t);
        if (!base) return false;
        if (is_no_base(base)) continue;
        if (!((*out)[*count] = base_class(v, base, t->range))) return false;
        ++*count;
    }
    return true;
}

static struct thing *finish_class(struct evaluator *v, struct thing_class *c) {
    if (c->nature == CLASS_ENUM) return enum_members(v, c);
    return c->thing;
}

struct thing *class_of_tree(struct evaluator *v, struct scope *s, const struct tree *tree) {
    struct thing_class **bases;
    int count;
    struct scope *body = scope_new(v, s);
    if (!body || !evaluate_bases(v, s, tree, &bases, &count)) return NULL;
    struct thing_class *c = class_new(v, tree->name, bases, count);
    if (!c) return NULL;
    c->tree = tree;
    c->scope = s;
    c->file = s->file;
    c->qualified = scope_qualified(v, s, tree->name);
    body->class_body = c;
    if (!c->qualified || run_block(v, body, tree->items[1]) == FLOW_FAILED) return NULL;
    c->members = body->names;
    struct thing *made = finish_class(v, c);
    return made ? decorate_definition(v, s, tree->items[2], made) : NULL;
}

/* ---- types of things ---- */

struct thing_class *thing_class_of(struct evaluator *v, struct thing *t) {
    if (t->class) return t->class;
    struct thing_class *c = builtin_class_of(v, t);
    return c;
}

static bool is_instance_of_library(struct thing *t, const char *path, bool *yes) {
    const struct library_class *known = library_class_find(path);
    if (!known) return false;
    *yes = known->holds(t);
    return true;
}

static bool is_instance_of_any(struct evaluator *v, struct thing *t, struct thing *of, struct source_range at,
                               bool *yes) {
    *yes = false;
    for (int i = 0; !*yes && i < of->count; i++)
        if (!thing_is_instance(v, t, of->items[i], at, yes)) return false;
    return true;
}

bool thing_is_instance(struct evaluator *v, struct thing *t, struct thing *of, struct source_range at,
                       bool *yes) {
    if (of->kind == THING_TUPLE) return is_instance_of_any(v, t, of, at, yes);
    if (of->kind == THING_LIBRARY && is_instance_of_library(t, of->path, yes)) return true;
    of = library_resolve(v, of, at);
    if (!of) return false;
    if (of->kind != THING_CLASS) {
        raise_refusal(v, at, "name a class", "isinstance() with '%s' where a module is constructed",
                      of->kind == THING_LIBRARY ? of->path : thing_type_name(of));
        return false;
    }
    const struct thing_class *c = of->as_class;
    if (c->builtin && c->builtin->holds) return *yes = c->builtin->holds(t), true;
    return *yes = t->class && class_derives(t->class, c), true;
}

/* ---- instances ---- */

struct thing *instance_new(struct evaluator *v, struct thing_class *c) {
    struct thing *t = thing_new(v, THING_INSTANCE);
    if (!t) return NULL;
    t->class = c;
    t->instance = arena_new(&v->memory, struct thing_instance);
    return t->instance ? t : raise_memory(v);
}

static struct thing *call_init(struct evaluator *v, struct thing *t, const struct call *call) {
    const struct name *name = evaluator_name(v, "__init__");
    struct thing *init = name ? class_member(t->class, NULL, name, NULL) : NULL;
    if (!name) return NULL;
    if (init) {
        struct thing *bound = class_bind_member(v, init, t, t->class);
        return bound && call_thing(v, bound, call) ? t : NULL;
    }
    if (!call->count && !call->named_count) return t;
    return raise_error(v, call->at, "TypeError", "%s() takes no arguments", t->class->name->text);
}

struct thing *class_instantiate(struct evaluator *v, struct thing_class *c, const struct call *call) {
    if (c->builtin) return c->builtin->make(v, c, call);
    if (c->nature == CLASS_ENUM) return enum_by_value(v, c, call);
    if (c->nature == CLASS_NAMED_TUPLE) return named_tuple_of(v, c, call);
    struct thing *t = instance_new(v, c);
    if (t && c->nature == CLASS_MODULE && !module_begin(v, t)) return NULL;
    return t ? call_init(v, t, call) : NULL;
}
