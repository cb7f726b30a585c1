/* Functions made for one call: a definition is compiled with the types of what it is given where it declares
 * none, and with what is no value of a graph (functions, modules, types, tuples of arguments) known by name.
 * So functions take functions, *args and **kwargs, type variables and unannotated numbers, and inner
 * functions and lambdas see the variables around them. */
#ifndef LINKBOY_LANG_SPECIALIZE_H
#define LINKBOY_LANG_SPECIALIZE_H
#include "lang/emitter.h"

/* An argument of a call before it has to be a value. */
struct sugared_actual {
    struct sugared *value;
    const struct name *name; /* of a keyword argument */
    struct source_range range;
};
struct sugared_actuals {
    ARRAY_OF(struct sugared_actual) items;
};

/* A sugared value on its way into another function: its values become parameters there. */
struct lifted {
    const struct sugared *template;
    struct lifted *children; /* of its items */
    int parameters[4];       /* index of the parameter that stands for value, start, stop, step; -1: none */
};
struct lifted_name {
    const struct name *name;
    struct lifted what;
};
struct lifted_names {
    const struct lifted_name *items;
    int count;
    const struct tree *own, *made; /* an inner function's definition, by which it calls itself, and what was
                                      compiled in its place */
};

/* Sets a specialized function's names; the parameters are those of its block. An inner function sees itself:
 * what it sees around it are its parameters. */
bool specialize_bind(struct emitter *e, const struct lifted_names *names, struct block *block);

/* What is called: a definition with the resolver of its names, and the variables around it that it sees. */
struct specialized_callee {
    const struct tree *def; /* DEF or LAMBDA */
    struct resolver *resolver;
    const char *qualified; /* the name to begin with */
    const struct name *const *captured_names;
    struct sugared *const *captured;
    int captured_count;
    struct sugared *const *defaults; /* of its parameters, NULL: none, or those in its tree */
    const struct tree *own;          /* what its own name means in it; NULL: what the resolver says */
    bool once;                       /* there is another way: not again where it failed before */
};
/* Whether a call gives a function, which the callee was made of, other types than it declares. A method's
 * object is not among the arguments. */
bool specialize_differs(struct emitter *e, const struct specialized_callee *callee, bool is_method,
                        struct source_range at, const struct sugared_actuals *actuals);
/* "__torch__.module.name" of a function made beside this one. */
const char *specialized_name(struct emitter *e, const struct name *beside, const char *name);
struct sugared *specialize_call(struct emitter *e, const struct specialized_callee *callee,
                                struct source_range at, const struct sugared_actuals *actuals);

/* ---- functions that make functions (inline.c) ---- */

struct inline_names {
    const struct name **names;
    struct sugared **values; /* NULL: the default */
    const struct tree **defaults;
    int count;
};
/* Whether a definition gives a lambda or a function of its own. */
bool inline_makes_function(const struct tree *def);
struct sugared *inline_call(struct emitter *e, const struct tree *def, struct resolver *resolver,
                            const struct inline_names *names);

/* ---- closures (closure.c) ---- */

/* A lambda or inner function as a value; it sees the variables around it as they are when it is called. */
struct sugared *sugared_lambda(struct emitter *e, const struct tree *def);
/* A definition that sees no variables around it, with the resolver of its names. */
struct sugared *sugared_lambda_in(struct emitter *e, const struct tree *def, struct resolver *r);
extern const struct sugared_kind sugared_kind_lambda;
struct sugared *lambda_call(struct emitter *e, struct sugared *s, struct source_range at,
                            const struct sugared_actuals *actuals);
/* The same with the variables that it sees as its items, so that it can go into another function. */
struct sugared *sugared_frozen(struct emitter *e, struct sugared *lambda);
/* What makes a call with it another one than a call with another of its kind; NULL: nothing. */
const void *sugared_identity(const struct sugared *s);

/* ---- **kwargs (keywords.c) ---- */

/* Values by names that are known while compiling. */
struct sugared *sugared_keywords(struct emitter *e, const struct name *const *names,
                                 struct sugared *const *items, int count);
extern const struct sugared_kind sugared_kind_keywords;
void keywords_put_names(struct text *out, const struct sugared *s);
struct sugared *keywords_contain(struct emitter *e, struct sugared *s, struct ir_value *name,
                                 struct source_range at);
/* Adds what `**s` gives to a call. */
bool keywords_expand(struct emitter *e, struct sugared *s, struct source_range at,
                     struct sugared_actuals *out);
#endif
