/* What a free name means. The emitter asks this small interface whenever a name is no local variable and no
 * builtin of the language; an archive's importer, a plain .py file and a Python package each implement it
 * (torch/csrc/jit/frontend/resolver.h). */
#ifndef LINKBOY_LANG_RESOLVER_H
#define LINKBOY_LANG_RESOLVER_H
#include "base/source.h"
#include "types/unit.h"

struct sugared;
struct ir_value;
struct emitter;
struct tree;

/* What messages ask: the known name (of a class, or NULL: that programs see here) that is likest to this one;
 * where an attribute of a class is set ("net.py, line 7"). */
enum advice { ADVICE_NEAR, ADVICE_SET };

struct resolver {
    /* The value of a name; NULL without an error in `err` when it is unknown. Nodes that the value needs are
     * put at the emitter's insertion point. */
    struct sugared *(*find_value)(struct resolver *r, struct emitter *e, const struct name *name,
                                  struct source_range at);
    /* The type of a (qualified) name; NULL without an error when it is unknown. */
    const struct type *(*find_type)(struct resolver *r, const struct name *name, lb_error *err);
    /* The value of TABLE.FIELD where no program runs (a default that reads CONSTANTS.c0); borrowed. NULL
     * (also as the function): none. */
    const lb_value *(*find_constant)(struct resolver *r, const struct name *table, const struct name *field);
    /* Has its say on a function of this resolver when its graph and schema are there. NULL: nothing. */
    bool (*emitted)(struct resolver *r, struct function *f, lb_error *err);
    /* A parameter's default where the tree does not show it; borrowed. NULL (also as the function): none. */
    const lb_value *(*find_default)(struct resolver *r, const struct name *parameter);
    /* The compiler's own passes, run on every function right after it is emitted (the passes live on a higher
     * floor). NULL: the graph stays as emitted. */
    bool (*finish)(struct function *f, lb_error *err);
    /* What `self` is in a method; NULL: an ordinary variable, as in archives. */
    struct sugared *(*make_self)(struct resolver *r, struct emitter *e, struct ir_value *self);
    /* What a (dotted) name means that is known by a name of the library's own: "typing.List" for t.List after
     * `import typing as t`. NULL without an error (also as the function): the name says it itself. */
    const struct name *(*library_name)(struct resolver *r, const struct name *name, lb_error *err);
    /* A member of a class, NamedTuple or enum that its type does not hold: a static method, a constant of the
     * class. NULL without an error (also as the function): there is none. */
    struct sugared *(*find_member)(struct resolver *r, struct emitter *e, const struct type *type,
                                   const struct name *name, struct source_range at);
    /* The name of the class in whose body the function stands, for super(); NULL without an error (also as
     * the function): in none, or its base classes are known by find_base. */
    const struct name *(*class_around)(struct resolver *r, lb_error *err);
    /* The tree of a class that stands as a base class, where it is the host's own; NULL (also as the
     * function): it is none. */
    const struct tree *(*find_base)(struct resolver *r, const struct tree *base);
    /* Words for messages, in `memory`; NULL (also as the function): none. */
    const char *(*advise)(struct resolver *r, const struct type *class, enum advice about, const char *name,
                          struct arena *memory);
    /* The program is Python that people write, not code that was printed. */
    bool python;
    /* The operators' version of the archive that is read; -1: today's. */
    int64_t operator_version;
};
#endif
