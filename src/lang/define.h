/* Definitions: functions that are compiled when first needed, and classes as archives hold them (attributes,
 * parameters, buffers, constants, hooks, methods; NamedTuple, Enum, Interface), as
 * torch/csrc/jit/serialization/import_source.cpp and CompilationUnit::define in frontend/ir_emitter.cpp do.
 */
#ifndef LINKBOY_LANG_DEFINE_H
#define LINKBOY_LANG_DEFINE_H
#include "lang/emit.h"

/* A function of the unit that is compiled at the first lang_ensure(). Not in any table: the caller puts it
 * where it belongs. `self_type` NULL: a free function. */
struct function *lang_declare(struct unit *unit, const struct tree *def, const struct name *qualified,
                              const struct type *self_type, struct resolver *resolver, lb_error *err);
/* What the names in a declared function are asked of. */
struct resolver *lang_resolver_of(const struct function *f);
/* The names that a specialized function knows beside its parameters; they live until it is compiled. */
void lang_declare_known(struct function *f, const struct lifted_names *known);
/* A function that is called while it is being compiled: its schema is made of what it declares or what its
 * returns have given so far. False: that is not known. */
bool lang_ensure_unfinished(struct function *f, lb_error *err);
/* A return of the function at hand gives this, all of them together; what is known of that; NULL: nothing. */
void lang_note_result(struct function *f, const struct type *result);
const struct type *lang_known_result(const struct function *f);
/* Compiles f (and what it calls) unless that is done; a call of a function from within itself is an error. */
bool lang_ensure(struct function *f, lb_error *err);
/* Functions that did not compile may be tried again: the world around them may have changed. */
/* The function as it was declared, to be compiled again. */
void lang_forget(struct function *f);
void lang_retry_failed(struct unit *unit);
/* Declares and compiles a free function, enters it into unit->functions. */
struct function *lang_define_function(struct unit *unit, const struct tree *def, const struct name *qualified,
                                      struct resolver *resolver, lb_error *err);
/* Makes the type `qualified` from a CLASS: class, module, NamedTuple, Enum or interface, by its superclass;
 * compiles the methods. */
const struct type *lang_define_class(struct unit *unit, const struct tree *class_tree,
                                     const struct name *qualified, struct resolver *resolver, lb_error *err);
/* The same from a class as people write it: attributes come from __init__, properties and defaults as in
 * Python. */
const struct type *lang_define_python_class(struct unit *unit, const struct tree *class_tree,
                                            const struct name *qualified, struct resolver *resolver,
                                            lb_error *err);
/* The type of NamedTuple("P", [("a", int)]) or namedtuple("P", "a b"): the CALL's tree. */
const struct type *lang_define_functional_tuple(struct unit *unit, const struct tree *call,
                                                const struct name *qualified, struct resolver *resolver,
                                                lb_error *err);
#endif
