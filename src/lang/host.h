/* Programs whose names a host answers: a Python interpreter, any language that holds functions and classes.
 * The host gives functions and classes as sources with a scope of its own; whatever else a program names is
 * asked of it (`find`) with that scope, and it answers with a value, an operator, functions, a type, a
 * namespace, or why there is none (torch/csrc/jit/python/python_sugared_value.cpp, script_init.cpp).
 *
 * host.c asks and turns answers into values of the emitter, host_sources.c makes functions of sources,
 * host_classes.c makes classes and their like, host_modules.c is what programs do with modules. */
#ifndef LINKBOY_LANG_HOST_H
#define LINKBOY_LANG_HOST_H
#include "lang/define.h"
#include "lang/sugared.h"

struct host {
    struct unit *unit; /* that holds this, as unit->host */
    lb_host answers;
    /* The compiler's own passes (they live on a higher floor). */
    bool (*finish)(struct function *f, lb_error *err);
    struct resolver qualified; /* of texts of types: names are qualified names of the unit */
    struct table empties;      /* "__torch__.M.history" -> a literal's tree, by which its type is learnt */
};

enum answer_kind {
    ANSWER_NOTHING,
    ANSWER_VALUE,     /* value */
    ANSWER_NAME,      /* text: "aten::relu", "torch.jit.fork", "typing.List"; may have a type as well */
    ANSWER_TYPE,      /* type */
    ANSWER_FUNCTIONS, /* functions: overloads */
    ANSWER_OUTSIDE,   /* functions[0]: one that is not compiled; flag: and never run; position 1: a method */
    ANSWER_SCOPE,     /* scope, text: what messages call it */
    ANSWER_ITEMS,     /* items */
    ANSWER_CHOICE, /* items[0] where the argument `text` (at `position`) is true, else items[1]; flag: default
                    */
    ANSWER_EXCEPTION, /* text: the qualified name, then those of the classes that it comes from */
    ANSWER_OBJECT,    /* text: what messages call it */
    ANSWER_REFUSAL,   /* text: the message */
    ANSWER_MEMBER,    /* functions[0]: one of a class's body; position: enum lb_member_kind */
    ANSWER_EITHER,    /* items[0] as PyTorch has it, items[1] in all of Python */
    ANSWER_NAMED,     /* items: a dict with names as keys */
    ANSWER_SET,       /* value: a list of what is in it */
    ANSWER_EMPTY,     /* an attribute that is an empty list, or, flag: dict */
    ANSWER_BOUND,     /* items[0] with its first argument, items[1] */
};

/* One answer while it is given; what it points to is in `memory`. */
struct lb_answer {
    struct host *host;
    struct arena *memory;
    enum answer_kind kind;
    const char *text;
    lb_value value; /* owned */
    const struct type *type;
    struct function *const *functions;
    int count; /* of functions, of items */
    void *scope;
    struct lb_answer *items;
    const char **names; /* of items */
    int position;
    bool flag;
};

/* The unit's host, made if need be; NULL: memory. */
struct host *host_of_unit(struct unit *unit, const lb_host *answers,
                          bool (*finish)(struct function *f, lb_error *err));
/* ---- host.c ---- */

/* The resolvers of sources (host_sources.c): their host and scope, and what they share. */
void *host_scope_of(const struct resolver *r);
struct host *host_of(const struct resolver *r);
struct resolver *host_scope_resolver(struct host *host, void *scope, lb_error *err);
const struct type *host_find_type(struct resolver *r, const struct name *name, lb_error *err);
const struct name *host_library_name(struct resolver *r, const struct name *name, lb_error *err);
struct sugared *host_find_member(struct resolver *r, struct emitter *e, const struct type *type,
                                 const struct name *name, struct source_range at);
/* The host's words for a message: it is asked for the name "?near NAME" or "?set NAME". */
const char *host_advise(struct resolver *r, const struct type *class, enum advice about, const char *name,
                        struct arena *memory);
/* The name of the class in whose body a source stands; NULL without an error: in none. */
const struct name *host_class_around(struct resolver *r, lb_error *err);
/* Asks the host; false with err. The answer is to be released. */
bool host_ask(struct host *host, void *scope, const char *name, struct lb_answer *answer, lb_error *err);
void answer_release(struct lb_answer *answer);
/* What an answer is to a program; NULL after an error, or without one for ANSWER_NOTHING. */
struct sugared *host_sugared(struct emitter *e, const struct lb_answer *answer, struct source_range at);
/* Of two answers (ANSWER_EITHER) the one that holds for this emitter. */
const struct lb_answer *host_told(const struct emitter *e, const struct lb_answer *answer);
/* A value as constants at the insertion point; a tuple becomes a tuple of them. */
struct ir_value *host_constant(struct emitter *e, lb_value v, struct source_range at);

/* ---- host_sources.c ---- */

/* A function of the unit from a source, not yet compiled: free under its qualified name (mangled when taken,
 * and entered into unit->functions), a method of `class` or, without both, a mere declaration (entered
 * nowhere). */
struct function *host_declare(struct host *host, const char *qualified, const struct type *class,
                              const lb_source *source, lb_error *err);
/* What the declaration alone says, for a function (or a method of `self`) that is not compiled. `results`:
 * how many values the caller wants, where nothing is declared. */
struct schema *host_outside_schema(struct emitter *e, const struct function *f, const struct type *self,
                                   int results);

/* ---- host_classes.c ---- */

const struct type *host_class(struct host *host, const char *qualified, lb_class_kind kind, void *scope,
                              lb_error *err);
bool host_class_method(const struct type *class, struct function *f, lb_error *err);
/* A hook's function is declared once, however often it is called; it is compiled at once. */
bool host_class_hook(struct host *host, const struct type *class, lb_source source, bool before,
                     lb_error *err);
const struct type *host_enum(struct host *host, const char *qualified, int count, const char *const *names,
                             const lb_value *values, lb_error *err);
const struct type *host_named_tuple(struct host *host, const char *qualified, int count,
                                    const char *const *names, const struct type *const *types,
                                    int default_count, const lb_value *defaults, lb_error *err);
/* A type from its text; names in it are asked of the scope, NULL: are qualified. */
const struct type *host_type(struct host *host, const char *text, void *scope, lb_error *err);

/* ---- host_modules.c ---- */

/* A module's value, with what its host knows of it. */
struct sugared *host_module(struct emitter *e, struct ir_value *self);
/* In programs whose modules a host made, a value of a module's type is a module. */
struct sugared *host_as_module(struct emitter *e, struct sugared *s);
/* What is called when a module without hooks is; NULL without an error: it is none, or has hooks. */
struct sugared *host_module_forward(struct emitter *e, struct sugared *s, struct source_range at);
struct sugared *host_make_self(struct resolver *r, struct emitter *e, struct ir_value *self);
#endif
