/* What a class of a plain Python file has beside its compiled members: static methods, class methods,
 * constants of the class, methods and properties of enums and NamedTuples, and `apply` of an autograd
 * function. Base classes are looked into as well. */
#include "lang/dotted.h"
#include "lang/lower.h"
#include "lang/python_class.h"
#include "lang/python_internal.h"
#include <string.h>

static struct python_binding *binding_of_type(struct python_file *f, const struct type *type) {
    const char *name = type->name ? strrchr(type->name->text, '.') : NULL;
    const struct name *key = name ? name_of(&f->unit->names, name + 1) : NULL;
    struct python_binding *b = key ? python_binding_of(f, key) : NULL;
    if (!b || !b->tree || b->tree->kind != TREE_CLASS) return NULL;
    return python_qualified(f, key) == type->name ? b : NULL;
}

/* A static method is a function of the file under its own name, as PyTorch names it. */
static struct sugared *static_method(struct python_file *f, struct emitter *e, const struct tree *def) {
    const struct name *qualified = python_qualified(f, def->name);
    if (!qualified) return emit_out_of_memory(e);
    struct function *known = table_get(&f->unit->functions, qualified);
    if (known && known->definition == def) return sugared_function(e, known);
    if (known && !(qualified = unit_mangle(f->unit, qualified))) return emit_out_of_memory(e);
    struct function *new = lang_declare(f->unit, def, qualified, NULL, &f->resolver, e->err);
    if (!new || !table_set(&f->unit->functions, qualified, new)) return emit_out_of_memory(e);
    return sugared_function(e, new);
}

/* NAME = VALUE in a class's body. */
static const struct tree *constant_of(const struct tree *class_tree, const struct name *name) {
    const struct tree *body = class_tree->items[1];
    for (int i = 0; i < body->count; i++) {
        const struct tree *t = body->items[i];
        if (t->kind == TREE_ASSIGN && t->items[1] && t->items[0]->items[0]->kind == TREE_NAME &&
            t->items[0]->items[0]->name == name)
            return t;
    }
    return NULL;
}

static struct sugared *constant_value(struct python_file *f, struct emitter *e, const struct tree *t) {
    struct resolver *own = e->resolver;
    const struct type *type = NULL;
    lb_error ignored = {0};
    if (t->items[2]) type = annotation_type(e->unit, &f->resolver, t->items[2], &ignored);
    error_clear(&ignored);
    e->resolver = &f->resolver;
    struct sugared *s = emit_sugared(e, t->items[1], 1, type);
    e->resolver = own;
    return s;
}

/* A definition as what CLASS.name is; a plain method wants its object as the first argument. */
static struct sugared *method_value(struct python_file *f, struct emitter *e, const struct tree *def,
                                    struct sugared *class) {
    struct resolver *r = &f->resolver;
    if (dotted_decorates(e->unit, r, def, "staticmethod")) return static_method(f, e, def);
    if (!e->wide) return NULL;
    struct sugared *s = sugared_lambda_in(e, def, r);
    if (s && dotted_decorates(e->unit, r, def, "classmethod")) return sugared_bound(e, s, class);
    bool property = dotted_decorates(e->unit, r, def, "property") ||
                    dotted_decorates(e->unit, r, def, "functools.cached_property");
    if (s && property) s->only_end = true;
    return s;
}

static struct sugared *member_in(struct python_file *f, struct emitter *e, const struct tree *class_tree,
                                 struct sugared *class, const struct name *name) {
    const struct tree *def = python_class_find_def(class_tree, name, NULL);
    if (def) return method_value(f, e, def, class);
    const struct tree *constant = e->wide ? constant_of(class_tree, name) : NULL;
    if (constant) return constant_value(f, e, constant);
    const struct tree *bases = class_tree->count > 3 ? class_tree->items[3] : NULL;
    for (int i = 0; bases && i < bases->count; i++) {
        const struct tree *base = python_find_class_tree(&f->resolver, bases->items[i]);
        struct sugared *s = base ? member_in(f, e, base, class, name) : NULL;
        if (s || e->err->code) return s;
    }
    return NULL;
}

enum { MOST_BASES = 32 }; /* of one class, those of its base classes included */

/* The base classes that are of this file, and theirs. */
static int add_bases(struct python_file *f, struct emitter *e, const struct tree *class_tree,
                     struct sugared **out, int count) {
    const struct tree *bases = class_tree->count > 3 ? class_tree->items[3] : NULL;
    for (int i = 0; bases && i < bases->count && count < MOST_BASES; i++) {
        const struct tree *t = bases->items[i];
        struct python_binding *b = t->kind == TREE_NAME ? python_binding_of(f, t->name) : NULL;
        struct sugared *s = b && b->tree && b->type ? sugared_of_type(e, b->type) : NULL;
        if (!s) continue;
        out[count++] = s;
        count = add_bases(f, e, b->tree, out, count);
    }
    return count;
}

static struct sugared *bases_of(struct python_file *f, struct emitter *e, const struct tree *class_tree) {
    struct sugared **all = arena_array(&e->memory, struct sugared *, MOST_BASES);
    return all ? sugared_tuple_of(e, all, add_bases(f, e, class_tree, all, 0)) : emit_out_of_memory(e);
}

struct sugared *python_find_member(struct resolver *r, struct emitter *e, const struct type *type,
                                   const struct name *name, struct source_range at) {
    struct python_file *f = (struct python_file *)r;
    struct python_binding *b = binding_of_type(f, type);
    (void)at;
    if (b && !strcmp(name->text, "bases()")) return bases_of(f, e, b->tree);
    return b ? member_in(f, e, b->tree, sugared_of_type(e, type), name) : NULL;
}

const struct tree *python_find_class_tree(struct resolver *r, const struct tree *base) {
    struct python_file *f = (struct python_file *)r;
    struct python_binding *b = base->kind == TREE_NAME ? python_binding_of(f, base->name) : NULL;
    return b && b->tree && b->tree->kind == TREE_CLASS ? b->tree : NULL;
}

/* ---- torch.autograd.Function ---- */

/* CLASS.apply(...) runs its forward; what that says to its context is for gradients alone. */
static struct sugared *autograd_attribute(struct emitter *e, struct sugared *s, struct source_range at,
                                          const struct name *name) {
    const struct tree *class_tree = s->context;
    const struct name *forward = emit_name(e, "forward");
    const struct tree *def = forward ? python_class_find_def(class_tree, forward, NULL) : NULL;
    if (strcmp(name->text, "apply") || !def)
        return emit_error(e, at, "an autograd function has `apply`, found '%s'", name->text);
    struct sugared *lambda = sugared_lambda_in(e, def, (struct resolver *)s->base);
    return sugared_bound(e, lambda, sugared_quiet(e));
}
static const struct sugared_kind kind_autograd = {.word = "autograd function",
                                                  .attribute = autograd_attribute};

bool python_is_autograd(struct python_file *f, const struct tree *class_tree) {
    lb_error ignored = {0};
    const struct tree *base = class_tree->kind == TREE_CLASS ? class_tree->items[0] : NULL;
    const struct name *full = base ? dotted_full(f->unit, &f->resolver, base, &ignored) : NULL;
    error_clear(&ignored);
    return full && !strcmp(full->text, "torch.autograd.Function");
}

struct sugared *python_autograd_function(struct python_file *f, struct emitter *e,
                                         const struct tree *class_tree) {
    if (!python_is_autograd(f, class_tree)) return NULL;
    struct sugared *s = sugared_new(e, &kind_autograd);
    if (!s) return NULL;
    s->context = (void *)(uintptr_t)class_tree;
    s->base = (struct sugared *)&f->resolver;
    return s;
}
