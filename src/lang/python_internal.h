/* What the files of the resolver of plain Python share: python_file.c (the file's top level), python_values.c
 * (what its names mean to a program). */
#ifndef LINKBOY_LANG_PYTHON_INTERNAL_H
#define LINKBOY_LANG_PYTHON_INTERNAL_H
#include "lang/emitter.h"
#include "lang/python_file.h"

/* What a name of the file's top level stands for. */
struct python_binding {
    const struct tree *tree;     /* DEF, CLASS or ASSIGN; NULL: an import */
    const char *imported;        /* "torch.nn.functional", "typing.List" */
    struct tree_list overloads;  /* of a DEF: the declarations @torch.jit._overload before it */
    struct function **functions; /* once declared: one, or one an overload */
    bool resolving;              /* an alias whose meaning is being looked up */
    const struct type *type;     /* once defined */
};

struct python_binding *python_binding_of(struct python_file *f, const struct name *name);
/* "__torch__.module.name" */
const struct name *python_qualified(struct python_file *f, const struct name *name);
/* The class, NamedTuple or enum of a CLASS, defined when it is first asked for. */
const struct type *python_class_type(struct python_file *f, struct python_binding *b, lb_error *err);
/* The functions of a DEF, declared when they are first asked for; their count. NULL after an error. */
struct function **python_functions(struct python_file *f, struct python_binding *b, int *count,
                                   lb_error *err);

/* ---- python_values.c ---- */
struct sugared *python_function_value(struct python_file *f, struct emitter *e, struct python_binding *b);
struct sugared *python_find_value(struct resolver *r, struct emitter *e, const struct name *name,
                                  struct source_range at);
struct sugared *python_autograd_function(struct python_file *f, struct emitter *e,
                                         const struct tree *class_tree);
bool python_is_autograd(struct python_file *f, const struct tree *class_tree);
/* The class that a base class's name stands for; NULL: none of the file. */
const struct tree *python_find_class_tree(struct resolver *r, const struct tree *base);
struct sugared *python_find_member(struct resolver *r, struct emitter *e, const struct type *type,
                                   const struct name *name, struct source_range at);
#endif
