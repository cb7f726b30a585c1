/* Classes as people write them, made ready for define_class.c: what is left are the methods that are
 * compiled, each from a source of its own, in PyTorch's order (by name, properties first); a dataclass gets
 * the methods that Python makes for it (get_jit_class_def in torch/jit/frontend.py,
 * torch/jit/_dataclass_impls.py). */
#ifndef LINKBOY_LANG_PYTHON_CLASS_H
#define LINKBOY_LANG_PYTHON_CLASS_H
#include "lang/resolver.h"
#include "lang/tree.h"

struct python_property {
    const struct name *name, *getter, *setter; /* setter NULL: read only */
};

struct python_class {
    struct tree *tree; /* a CLASS whose body is DEFs */
    ARRAY_OF(struct python_property) properties;
};

/* All in the unit's memory. */
bool python_class_prepare(struct unit *unit, struct resolver *resolver, const struct tree *class_tree,
                          struct python_class *out, lb_error *err);
bool python_is_dataclass(struct unit *unit, struct resolver *resolver, const struct tree *class_tree);
/* The definitions that a dataclass has beside those in its body, added to `methods`. */
bool python_dataclass_methods(struct unit *unit, struct resolver *resolver, const struct tree *class_tree,
                              struct tree_list *methods, lb_error *err);
/* The definition of this name in a class's body (the last one); NULL: none. `decorator`: with this one alone.
 */
const struct tree *python_class_find_def(const struct tree *class_tree, const struct name *name,
                                         const char *decorator);
#endif
