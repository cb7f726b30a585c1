/* Files as programs: what was constructed becomes classes, modules and functions of a unit. A plain Python
 * file is one more host of the interface of lang/host.h, so that modules are compiled by the same code as
 * those of a Python interpreter. script_names.c answers what names mean, script_functions.c and
 * script_classes.c declare what a program names, script_types.c makes classes of modules
 * (torch/jit/_recursive.py), script_modules.c the modules themselves, script.c is the way in. */
#ifndef LINKBOY_CONSTRUCT_SCRIPT_H
#define LINKBOY_CONSTRUCT_SCRIPT_H
#include "construct/natives.h"
#include "lang/emitter.h"
#include "lang/host.h"
#include "lang/report.h"
#include "types/adapt.h"

/* One file that is being compiled. */
struct script {
    struct evaluator *v;
    struct unit *unit;
    struct host *host;
    lb_error *err;
    struct concrete *concretes;   /* classes of modules so far */
    struct thing *root;           /* the module that is being made, when `whole` */
    bool whole;                   /* compiled once more, with all of Python; see script_whole.c */
    lb_error faults;              /* then: of what did not compile so far */
    const struct script_way *way; /* to the submodule at hand */
    struct table alone;           /* a class's tree -> the same from its own lines */
    struct table classes;         /* name of a type -> the struct thing_class behind it */
};

/* A submodule's name, behind those of the modules around it. */
struct script_way {
    const struct script_way *outer;
    const struct name *name;
};

/* What a scope of the host's interface points to. */
struct script_scope {
    enum { NAMES_AROUND, NAMES_OF_THING, NAMES_OF_CLASS, NAMES_OF_AUTOGRAD, NAMES_OF_MODULE } kind;
    union {
        struct scope *scope;       /* NAMES_AROUND: what a function sees */
        struct thing *thing;       /* NAMES_OF_THING: its attributes */
        struct thing_class *class; /* NAMES_OF_CLASS: what a class has besides compiled members */
        struct concrete *concrete; /* NAMES_OF_MODULE: what a module's class has besides members */
    };
};

/* ---- script_names.c ---- */

/* The host's find: `user` is the script. */
bool script_find(void *user, void *scope, const char *name, lb_answer *answer, lb_error *err);
struct script_scope *script_scope_new(struct script *s, int kind, void *of);
/* What a thing means to a program that names it. False with s->err. */
bool script_answer(struct script *s, struct thing *t, lb_answer *answer);
bool script_refuse(struct script *s, lb_answer *answer, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Where the __init__ of a module's class assigns an attribute; without source: nowhere. */
struct source_range script_place_set(struct script *s, const struct concrete *of, const char *attribute);
/* What a name is in a scope; NULL: nothing. */
struct thing *script_lexical(struct script *s, struct scope *scope, const struct name *name);
/* A method that stays out of the program. */
bool script_answer_method_outside(struct script *s, struct concrete *c, struct thing_function *f,
                                  lb_answer *a);
/* The value that a program has of a thing, to be released. False without an error: it has none. */
bool script_value(struct script *s, struct thing *t, lb_value *out);

/* The value of this type: as an argument is converted. False without an error: it does not fit. */
bool script_convert(struct script *s, struct thing *t, const struct type *want, lb_value *out);

/* ---- script_functions.c ---- */

/* "__torch__.model.f": of a function's or class's own name in the Python module of its file. */
const char *script_qualified(struct script *s, const struct file *file, const struct name *name);
/* The source of a function for the compiler; `name` NULL: its own. Lists live as long as the evaluator. */
bool script_source(struct script *s, const struct thing_function *f, void *scope, const char *name,
                   lb_source *out);
/* The functions of the unit for one of the file: one, or its overloads; declared once. NULL with s->err. */
struct function **script_functions(struct script *s, struct thing_function *f, int *count);
/* A method of a class from a function of the file. */
struct function *script_method(struct script *s, const struct type *class, const struct thing_function *f,
                               void *scope, const char *name);

/* ---- script_classes.c ---- */

/* The type of a class: a script class, an enum, a NamedTuple, an interface; made once. NULL without an error:
 * it can be none (a module, an exception). */
const struct type *script_class_type(struct script *s, struct thing_class *c);
/* A type from an annotation's tree and the scope it stands in. NULL with s->err. */
const struct type *script_annotation(struct script *s, const struct tree *t, struct scope *scope);
/* The type that a thing names: a class, a name of a library. NULL without an error: it names none. */
const struct type *script_thing_type(struct script *s, struct thing *t);
bool script_is_module_class(const struct thing_class *c);

/* ---- script_types.c ---- */

/* The class of a module, shared by modules of equal types: attributes, constants, submodules, functions. */
struct concrete {
    struct concrete *next;
    struct thing_class *class;
    struct thing *example; /* the first module of it */
    const struct type *type;
    lb_class_kind kind;
    ARRAY_OF(struct concrete_attribute {
        const struct name *name;
        const struct type *type;
        int flags;
    })
    attributes;
    ARRAY_OF(struct concrete_module {
        const struct name *name;
        struct concrete *concrete; /* NULL: behind an interface */
        const struct type *interface;
    })
    modules;
    ARRAY_OF(struct concrete_constant {
        const struct name *name;
        struct thing *value;
    })
    constants;
    ARRAY_OF(struct concrete_other {
        const struct name *name;
        struct thing *thing; /* a function, a name of a library, a constant; NULL: `failed` says why not */
        const char *failed;
    })
    others;
    ARRAY_OF(struct concrete_overload {
        const struct name *name;
        struct function *functions[8];
        int count;
    })
    overloads;
    bool compiled;
};
struct concrete *script_concrete(struct script *s, struct thing *module);
/* Declares a method that is named now; false without an error: there is none of this name. */
bool script_concrete_method(struct script *s, struct concrete *c, const struct name *name, lb_answer *answer);

/* ---- script_whole.c ---- */

/* Prepares for compiling the module with all of Python. False with s->err. */
bool script_begin_whole(struct script *s, struct thing *module);
bool script_is_open(const struct thing *member);
/* What an attribute that no type holds means to a program. */
bool script_answer_whole(struct script *s, struct thing *t, lb_answer *answer);

/* ---- script_modules.c ---- */

/* The module as an object of the unit, with all methods compiled. False with s->err. */
bool script_module(struct script *s, struct thing *module, lb_value *out);

#endif
