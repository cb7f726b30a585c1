/* What the parts of freezing share: freeze.c (the order of things, names), freeze_attributes.c (which
 * attributes can be constants, and making them so), freeze_interfaces.c (calls through interfaces),
 * freeze_clean_up.c (what is left of the module). */
#ifndef LINKBOY_MODULE_FREEZING_H
#define LINKBOY_MODULE_FREEZING_H
#include "ir/graph.h"
#include "passes/alias.h"

struct freezing {
    struct unit *unit;
    lb_error *err;
    struct object *root; /* the module that becomes frozen */
    struct object *base; /* where paths begin: the root, or the module whose method a fork runs */
    ARRAY_OF(struct function *) methods; /* that stay */

    /* Attributes that stay: those of mutable types by what they are, the others by the slot they are in. */
    struct table kept_things; /* identity of a value -> anything */
    struct table kept_inside; /* the same for what such values contain; objects are not looked into */
    struct table kept_slots;  /* address of a slot -> anything */
    struct table whole;       /* objects that stay with all that they have */
    ARRAY_OF(lb_value) used;  /* what is read, modules and objects aside; borrowed */
    struct table used_things; /* their identities */
    ARRAY_OF(const lb_value *) asked_for; /* slots of modules on the way to what is preserved by name */

    struct alias_db *aliases;           /* of the graph that is looked at */
    struct table constants;             /* address of a slot -> the value in the graph that is worked on */
    ARRAY_OF(const struct name *) path; /* of the module found last, from the base */
    bool changed;
};

/* What two values share when a write to one is seen in the other. NULL: it cannot be written to. */
static inline const void *value_identity(lb_value v) {
    if (v.tag == VALUE_TENSOR && v.tensor->storage) return v.tensor->storage;
    return value_is_counted(v) && v.tag != VALUE_STRING && v.tag != VALUE_COMPLEX ? v.counted : NULL;
}
static inline bool value_is_module(lb_value v) {
    return v.tag == VALUE_OBJECT && v.object->type->definition->is_module;
}
static inline bool type_is_module(const struct type *t) {
    return (t->kind == TYPE_CLASS || t->kind == TYPE_INTERFACE) && t->definition->is_module;
}

/* The slot of an attribute, NULL: there is none. */
lb_value *freezing_slot(struct object *o, const struct name *name);
/* The name attribute of a GetAttr, SetAttr or CallMethod node. */
const struct name *freezing_name(const struct node *n);
/* The module that a value of a graph is, by its path from the base, which is left in f->path; NULL: it is not
 * known, or a module on the way may change. */
struct object *freezing_module(struct freezing *f, const struct ir_value *v, const struct graph *g);
/* The slot of the attribute that a GetAttr or SetAttr node is about, NULL: it can be no constant. */
lb_value *freezing_find(struct freezing *f, const struct node *n, const struct graph *g);
bool freezing_is_mutable(struct freezing *f, lb_value v);
/* The attribute stays. */
bool freezing_keep(struct freezing *f, const lb_value *slot);
bool freezing_is_kept(struct freezing *f, const lb_value *slot);

/* Calls `visit` for each node, blocks within as PyTorch takes them: the last of a node first. `visit` may
 * destroy the node. */
bool freezing_walk(struct freezing *f, struct graph *g,
                   bool (*visit)(struct freezing *f, struct node *n, struct graph *g));
/* Calls `step` for the subgraph of a fork, with the module that it works on as the base. */
bool freezing_visit_fork(struct freezing *f, const struct node *n, const struct graph *g,
                         bool (*step)(struct freezing *f, struct graph *g));

/* The steps, for the graph of each method that stays. False with f->err. */
bool freezing_inline_interfaces(struct freezing *f, struct graph *g);
bool freezing_record_writes(struct freezing *f, struct graph *g);
bool freezing_make_constants(struct freezing *f, struct graph *g);
bool freezing_check_overlaps(struct freezing *f);
bool freezing_clean_up(struct freezing *f);
#endif
