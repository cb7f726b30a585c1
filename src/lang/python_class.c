/* Classes as people write them; see python_class.h. */
#include "lang/python_class.h"
#include "lang/dotted.h"
#include "lang/own_source.h"
#include "lang/report.h"
#include <stdlib.h>
#include <string.h>

struct preparation {
    struct unit *unit;
    struct resolver *resolver;
    const struct tree *class_tree;
    struct python_class *out;
    struct tree_list properties, methods;
    lb_error *err;
};

/* What a definition of the body is by its decorators. */
enum member_kind { MEMBER_METHOD, MEMBER_GETTER, MEMBER_SETTER, MEMBER_DROPPED };

static bool decorated(struct preparation *p, const struct tree *def, const char *full) {
    return dotted_decorates(p->unit, p->resolver, def, full);
}

static const struct tree *setter_of(const struct tree *def) {
    const struct tree *decorators = def->items[3];
    for (int i = 0; decorators && i < decorators->count; i++) {
        const struct tree *d = decorators->items[i];
        if (d->kind == TREE_ATTRIBUTE && !strcmp(d->name->text, "setter")) return d->items[0];
    }
    return NULL;
}

static enum member_kind kind_of(struct preparation *p, const struct tree *def) {
    static const char *const dropped[] = {"staticmethod", "classmethod", "torch.jit.unused",
                                          "torch.jit.ignore"};
    for (size_t i = 0; i < sizeof dropped / sizeof *dropped; i++)
        if (decorated(p, def, dropped[i])) return MEMBER_DROPPED;
    if (decorated(p, def, "property")) return MEMBER_GETTER;
    return setter_of(def) ? MEMBER_SETTER : MEMBER_METHOD;
}

const struct tree *python_class_find_def(const struct tree *class_tree, const struct name *name,
                                         const char *decorator) {
    const struct tree *body = class_tree->items[1], *found = NULL;
    for (int i = 0; i < body->count; i++) {
        const struct tree *t = body->items[i];
        if (t->kind != TREE_DEF || t->name != name) continue;
        bool wanted = !decorator;
        for (int k = 0; decorator && t->items[3] && k < t->items[3]->count; k++) {
            const struct tree *d = t->items[3]->items[k];
            wanted |= d->kind == TREE_NAME && !strcmp(d->name->text, decorator);
        }
        if (wanted) found = t;
    }
    return found;
}

static bool add(struct preparation *p, struct tree_list *list, struct tree *t) {
    return t && (array_push_in(&p->unit->memory, list, t) || error_memory(p->err));
}

/* The definition under another name. */
static struct tree *renamed(struct preparation *p, struct tree *def, const char *format,
                            const struct name **name) {
    char *text = arena_printf(&p->unit->memory, format, def->name->text);
    *name = text ? name_of(&p->unit->names, text) : NULL;
    struct tree *copy = *name ? arena_copy(&p->unit->memory, def, sizeof *def) : NULL;
    if (!copy) error_memory(p->err);
    if (copy) copy->name = *name;
    return copy;
}

static struct python_property *property_of(struct preparation *p, const struct name *name) {
    for (int i = 0; i < p->out->properties.count; i++)
        if (p->out->properties.items[i].name == name) return &p->out->properties.items[i];
    struct python_property new = {.name = name};
    if (array_push_in(&p->unit->memory, &p->out->properties, new))
        return &p->out->properties.items[p->out->properties.count - 1];
    error_memory(p->err);
    return NULL;
}

static bool add_property(struct preparation *p, struct tree *def, bool setter) {
    struct python_property *property = property_of(p, def->name);
    if (!property) return false;
    struct tree *t = setter ? renamed(p, def, "__%s_setter", &property->setter)
                            : renamed(p, def, "__%s_getter", &property->getter);
    return add(p, &p->properties, t);
}

/* A later definition of a name stands for the earlier ones. */
static bool is_replaced(const struct tree *body, int at) {
    for (int i = at + 1; i < body->count; i++)
        if (body->items[i]->kind == TREE_DEF && body->items[i]->name == body->items[at]->name &&
            !setter_of(body->items[i]))
            return true;
    return false;
}

/* The definition at a place of a class's body, from a source of its own. */
static struct tree *own_member(struct preparation *p, const struct tree *class_tree, int at) {
    const struct tree *body = class_tree->items[1], *t = body->items[at];
    const struct source *source = t->range.source;
    int32_t stop = at + 1 < body->count ? statement_first_line(body->items[at + 1]) : source->line_count;
    return own_source(&p->unit->memory, &p->unit->names, t, stop, p->err);
}

/* ---- base classes ---- */

static const struct tree *base_at(struct preparation *p, const struct tree *class_tree, int i) {
    struct resolver *r = p->resolver;
    return r->find_base ? r->find_base(r, class_tree->items[3]->items[i]) : NULL;
}

static int base_count(const struct tree *class_tree) {
    return class_tree->count > 3 && class_tree->items[3] ? class_tree->items[3]->count : 0;
}

/* Whether the bases come to an end, within the limit on how many are walked through. */
static bool bases_end(struct preparation *p, const struct tree *class_tree, int *left) {
    for (int i = 0; i < base_count(class_tree); i++) {
        const struct tree *base = base_at(p, class_tree, i);
        if (base && (--*left < 0 || !bases_end(p, base, left))) return false;
    }
    return true;
}

static bool check_bases(struct preparation *p, const struct tree *class_tree) {
    enum { MOST = 200 };
    int left = MOST;
    return bases_end(p, class_tree, &left) ||
           lang_report(p->err, class_tree->range,
                       "the base classes of %s lead back to one of them, or are more than %d: give "
                       "classes that come from each other names of their own",
                       class_tree->name->text, MOST);
}

/* The class among these and their bases whose body has the definition, and where. */
static const struct tree *find_in_bases(struct preparation *p, const struct tree *class_tree,
                                        const struct name *name, int *at) {
    for (int i = 0; i < base_count(class_tree); i++) {
        const struct tree *base = base_at(p, class_tree, i);
        if (!base) continue;
        for (int k = base->items[1]->count - 1; k >= 0; k--)
            if (base->items[1]->items[k]->kind == TREE_DEF && base->items[1]->items[k]->name == name)
                return *at = k, base;
        const struct tree *found = find_in_bases(p, base, name, at);
        if (found) return found;
    }
    return NULL;
}

static bool has_method(const struct preparation *p, const struct name *name) {
    for (int i = 0; i < p->methods.count; i++)
        if (p->methods.items[i]->name == name) return true;
    return false;
}

static struct tree *resolve_super(struct preparation *p, const struct tree *class_tree, struct tree *t,
                                  const struct name *self);

/* The method of a base class under a name of its own: "__super_Base_area". */
static const struct name *include_super(struct preparation *p, const struct tree *class_tree,
                                        const struct name *name) {
    int at;
    const struct tree *base = find_in_bases(p, class_tree, name, &at);
    char *text = base ? arena_printf(&p->unit->memory, "__super_%s_%s", base->name->text, name->text) : NULL;
    const struct name *own = text ? name_of(&p->unit->names, text) : NULL;
    if (!own || has_method(p, own)) return own;
    struct tree *def = own_member(p, base, at), *copy = def ? tree_copy(&p->unit->memory, def) : NULL;
    if (!copy) return NULL;
    copy->name = own;
    copy->items[3] = NULL;
    if (!add(p, &p->methods, copy)) return NULL;
    struct tree *body =
        resolve_super(p, base, copy->items[2], copy->items[0]->count ? copy->items[0]->items[0]->name : NULL);
    if (body) copy->items[2] = body;
    return body ? own : NULL;
}

static bool is_super_call(const struct tree *t) {
    return t->kind == TREE_CALL && t->items[0]->kind == TREE_NAME &&
           !strcmp(t->items[0]->name->text, "super");
}

/* super().name(...) -> self.__super_Base_name(...); what `object` has is nothing. */
static struct tree *super_member(struct preparation *p, const struct tree *class_tree, struct tree *t,
                                 const struct name *self) {
    const struct name *name = include_super(p, class_tree, t->name);
    if (p->err->code) return NULL;
    struct tree *object = tree_name(&p->unit->memory, t->items[0]->range, self);
    struct tree *member = object ? tree_new(&p->unit->memory, TREE_ATTRIBUTE, t->range, 1, &object) : NULL;
    if (member) member->name = name;
    return name ? member : NULL;
}

static struct tree *resolve_super(struct preparation *p, const struct tree *class_tree, struct tree *t,
                                  const struct name *self) {
    struct arena *a = &p->unit->memory;
    bool call =
        t->kind == TREE_CALL && t->items[0]->kind == TREE_ATTRIBUTE && is_super_call(t->items[0]->items[0]);
    struct tree *copy = tree_copy(a, t);
    if (!copy || !self) return copy;
    for (int i = 0; i < t->count; i++) {
        if (call && i == 0) {
            copy->items[0] = super_member(p, class_tree, t->items[0], self);
            if (!copy->items[0]) return p->err->code ? NULL : tree_new(a, TREE_NONE, t->range, 0, NULL);
        } else if (t->items[i] && !(copy->items[i] = resolve_super(p, class_tree, t->items[i], self))) {
            return NULL;
        }
    }
    return copy;
}

static bool mentions_super(const struct tree *t) {
    if (is_super_call(t)) return true;
    for (int i = 0; i < t->count; i++)
        if (t->items[i] && mentions_super(t->items[i])) return true;
    return false;
}

/* ---- members ---- */

static bool add_member(struct preparation *p, const struct tree *class_tree, int at) {
    const struct tree *t = class_tree->items[1]->items[at];
    enum member_kind kind = kind_of(p, t);
    if (kind == MEMBER_DROPPED || is_replaced(class_tree->items[1], at)) return true;
    struct tree *def = own_member(p, class_tree, at);
    if (!def) return false;
    if (mentions_super(def)) {
        const struct name *self = def->items[0]->count ? def->items[0]->items[0]->name : NULL;
        def->items[2] = resolve_super(p, class_tree, def->items[2], self);
        if (!def->items[2]) return p->err->code ? false : error_memory(p->err);
    }
    return kind == MEMBER_METHOD ? add(p, &p->methods, def) : add_property(p, def, kind == MEMBER_SETTER);
}

static bool has_member(const struct preparation *p, const struct tree *t) {
    if (has_method(p, t->name)) return true;
    for (int i = 0; i < p->out->properties.count; i++)
        if (p->out->properties.items[i].name == t->name && !setter_of(t)) return true;
    return false;
}

/* The class's own members, then those of its bases that it has not itself. */
static bool add_members(struct preparation *p, const struct tree *class_tree) {
    const struct tree *body = class_tree->items[1];
    bool own = class_tree == p->class_tree;
    for (int i = 0; i < body->count; i++) {
        if (body->items[i]->kind != TREE_DEF || (!own && has_member(p, body->items[i]))) continue;
        if (!add_member(p, class_tree, i)) return false;
    }
    for (int i = 0; i < base_count(class_tree); i++) {
        const struct tree *base = base_at(p, class_tree, i);
        if (base && !add_members(p, base)) return false;
    }
    return true;
}

static int compare_names(const void *a, const void *b) {
    const struct tree *const *x = a, *const *y = b;
    return strcmp((*x)->name->text, (*y)->name->text);
}

static struct tree *whole_class(struct preparation *p) {
    struct arena *a = &p->unit->memory;
    const struct tree *t = p->class_tree;
    for (int i = 0; i < p->methods.count; i++)
        if (!add(p, &p->properties, p->methods.items[i])) return NULL;
    struct tree *body = tree_new(a, TREE_LIST, t->range, p->properties.count, p->properties.items);
    struct tree *copy = body ? arena_copy(a, t, sizeof *t) : NULL;
    struct tree **items = copy ? arena_copy(a, t->items, sizeof *t->items * (size_t)t->count) : NULL;
    if (!items) return error_memory(p->err), NULL;
    items[1] = body;
    copy->items = items;
    if (copy->depth <= body->depth) copy->depth = body->depth + 1;
    return copy;
}

bool python_class_prepare(struct unit *unit, struct resolver *resolver, const struct tree *class_tree,
                          struct python_class *out, lb_error *err) {
    struct preparation p = {
        .unit = unit, .resolver = resolver, .class_tree = class_tree, .out = out, .err = err};
    *out = (struct python_class){0};
    if (!check_bases(&p, class_tree) || !add_members(&p, class_tree)) return false;
    if (python_is_dataclass(unit, resolver, class_tree) &&
        !python_dataclass_methods(unit, resolver, class_tree, &p.methods, err))
        return false;
    if (p.methods.count)
        qsort(p.methods.items, (size_t)p.methods.count, sizeof *p.methods.items, compare_names);
    if (p.properties.count)
        qsort(p.properties.items, (size_t)p.properties.count, sizeof *p.properties.items, compare_names);
    out->tree = whole_class(&p);
    return out->tree != NULL;
}
