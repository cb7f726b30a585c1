/* What the files of this room share: the evaluator, its scopes, calls and errors. */
#ifndef LINKBOY_CONSTRUCT_EVALUATOR_H
#define LINKBOY_CONSTRUCT_EVALUATOR_H
#include "construct/construct.h"
#include "construct/thing.h"
#include "ops/call.h"
#include "types/unit.h"

/* A Python file whose top level has been run (or is running). */
struct file {
    const char *name;    /* "__main__"-like: the dotted name of the module, "torch.nn.modules.linear" */
    const char *package; /* what relative imports start from */
    const struct source *source;
    struct scope *scope;
    bool embedded; /* one that the library carries */
    struct file *next;
};

/* Where names live: a file, a function's call, a class body, a comprehension. */
struct scope {
    struct bindings names;
    struct scope *outer; /* NULL: a file's */
    struct file *file;
    struct thing_class *class_body; /* whose members `names` will be */
    struct thing_function *function;
    struct thing *self;           /* the first argument of the call, for super() */
    struct thing *yielded;        /* a generator's values so far */
    struct thing *handled;        /* the exception whose handler runs */
    struct foreign_name *foreign; /* names that `global` and `nonlocal` send elsewhere */
};

struct foreign_name {
    const struct name *name;
    struct scope *home;
    struct foreign_name *next;
};

/* A call that is being made, for messages. */
struct call_frame {
    struct call_frame *outer;
    const char *name;
    struct source_range at;
};

struct call {
    struct thing **args;
    int count;
    const struct name **names;
    struct thing **named;
    int named_count;
    struct source_range at;
};

/* How a statement ends. */
enum flow { FLOW_NEXT, FLOW_BREAK, FLOW_CONTINUE, FLOW_RETURN, FLOW_FAILED };

struct evaluator {
    struct unit *unit;
    struct arena memory;
    lb_error *err;
    struct run_context *cx;
    struct construct_limits limits;
    struct module_files imports;
    int64_t steps;
    size_t bytes; /* of texts */
    int depth;
    int trying; /* try blocks under way */
    struct call_frame *frames;
    struct thing *owned;
    struct thing *none, *yes, *no;
    struct thing_class *object; /* the base of all classes */
    struct thing *returned;     /* of the return statement under way */
    struct thing *raised;       /* the exception under way, an INSTANCE; NULL: an error from below */
    struct file *files;
    struct file *running;          /* whose code runs */
    struct bindings builtins;      /* names of Python's own */
    struct bindings library_names; /* classes of libraries that are native here, by path */
};

/* ---- names known to this room ---- */

const struct name *evaluator_name(struct evaluator *v, const char *text); /* NULL with an error */
/* The name that a text is; NULL with a TypeError for anything else. */
const struct name *thing_as_name(struct evaluator *v, const struct thing *t, struct source_range at);

/* ---- errors: all give NULL or false, so that `return raise_error(...)` reads well ---- */

/* What Python would raise: `kind` is the exception's class. */
void *raise_error(struct evaluator *v, struct source_range at, const char *kind, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* What this room does not do: the construct's name, and the way round it. */
void *raise_refusal(struct evaluator *v, struct source_range at, const char *way_round, const char *format,
                    ...) __attribute__((format(printf, 4, 5)));
void *raise_memory(struct evaluator *v);
/* Puts place and calls to an error from an operator. */
void *raise_at(struct evaluator *v, struct source_range at);

/* ---- evaluation ---- */

struct thing *evaluate(struct evaluator *v, struct scope *s, const struct tree *t);
/* A file without contents; and running its text in it. */
struct file *evaluator_new_file(struct evaluator *v, const char *name, const char *package);
bool evaluator_run_text(struct evaluator *v, struct file *f, const struct source *source);
enum flow run_block(struct evaluator *v, struct scope *s, const struct tree *list);
enum flow run_match(struct evaluator *v, struct scope *s, const struct tree *t);
enum flow run_statement(struct evaluator *v, struct scope *s, const struct tree *t);
bool run_import(struct evaluator *v, struct scope *s, const struct tree *t);
/* The index of x[...] from its list; several make a tuple. */
struct thing *evaluate_index(struct evaluator *v, struct scope *s, const struct tree *list);
bool assign_target(struct evaluator *v, struct scope *s, const struct tree *target, struct thing *value);
bool bind_name(struct evaluator *v, struct scope *s, const struct name *name, struct thing *value);
struct thing *look_up_name(struct evaluator *v, struct scope *s, const struct name *name,
                           struct source_range at);
struct scope *scope_new(struct evaluator *v, struct scope *outer);
/* Whether so many bytes more may be made; false with an error. */
bool evaluator_has_room(struct evaluator *v, size_t bytes);
/* One more level of the C stack, one more step; false with an error when there are too many. */
bool evaluator_enter(struct evaluator *v, struct source_range at);
static inline void evaluator_leave(struct evaluator *v) {
    v->depth--;
}

struct thing *call_thing(struct evaluator *v, struct thing *callee, const struct call *call);
struct thing *call_thing_with(struct evaluator *v, struct thing *callee, struct source_range at,
                              struct thing **args, int count);
/* A method of a thing, by name; NULL without an error when it has none. */
struct thing *call_special(struct evaluator *v, struct thing *self, const char *name, struct source_range at,
                           struct thing **args, int count);
struct thing *function_of_tree(struct evaluator *v, struct scope *s, const struct tree *def);
struct thing *class_of_tree(struct evaluator *v, struct scope *s, const struct tree *tree);
/* An operator of TorchScript's table by its name ("aten::relu"), on things. */
struct thing *thing_operate_call(struct evaluator *v, const char *op, const struct call *call);
bool operator_exists(const char *op);
struct thing *thing_operate(struct evaluator *v, const char *op, struct source_range at, struct thing **args,
                            int count);
struct thing *evaluate_binary(struct evaluator *v, enum tree_operator op, struct thing *a, struct thing *b,
                              struct source_range at);

struct thing *thing_attribute(struct evaluator *v, struct thing *t, const struct name *name,
                              struct source_range at);
/* NULL without an error when there is no such attribute. */
struct thing *thing_find_attribute(struct evaluator *v, struct thing *t, const struct name *name,
                                   struct source_range at);
/* "a %d" % b, and "{}".format(...). */
struct thing *text_percent(struct evaluator *v, struct thing *format, struct thing *given,
                           struct source_range at);
/* format(value, spec); `spec` may be NULL. */
bool text_format_one(struct evaluator *v, struct text *out, struct thing *value, struct thing *spec,
                     struct source_range at);
bool thing_set_attribute(struct evaluator *v, struct thing *t, const struct name *name, struct thing *value,
                         struct source_range at);
bool thing_delete_attribute(struct evaluator *v, struct thing *t, const struct name *name,
                            struct source_range at);
struct thing *thing_subscript(struct evaluator *v, struct thing *t, struct thing *index,
                              struct source_range at);
bool thing_set_subscript(struct evaluator *v, struct thing *t, struct thing *index, struct thing *value,
                         struct source_range at);
bool thing_delete_subscript(struct evaluator *v, struct thing *t, struct thing *index,
                            struct source_range at);
/* All that iterating gives, as a LIST (a new one, or the thing itself when it is a list or tuple). */
struct thing *thing_items(struct evaluator *v, struct thing *t, struct source_range at);
/* len(t); -1 after an error. */
int64_t thing_length(struct evaluator *v, struct thing *t, struct source_range at);

/* The class's `self` (or the class, for class methods) goes with it; properties are read. `self` NULL: asked
 * of the class itself. */
struct thing *class_bind_member(struct evaluator *v, struct thing *member, struct thing *self,
                                struct thing_class *owner);
bool call_take_named(struct evaluator *v, struct call *call, const struct bindings *named);
/* __qualname__ of something defined in this scope. */
const struct name *scope_qualified(struct evaluator *v, const struct scope *s, const struct name *name);

/* ---- classes ---- */

struct thing_class *class_new(struct evaluator *v, const struct name *name, struct thing_class **bases,
                              int count);
struct thing *instance_new(struct evaluator *v, struct thing_class *c);

bool class_derives(const struct thing_class *c, const struct thing_class *base);
/* In the class's order, from the one behind `after` on (NULL: from the start); *owner may be NULL. */
struct thing *class_member(const struct thing_class *c, const struct thing_class *after,
                           const struct name *name, struct thing_class **owner);
struct thing_class *thing_class_of(struct evaluator *v, struct thing *t); /* type(t) */
/* An instance of one of Python's exception classes; of Exception when there is none of this name. */
struct thing *make_exception(struct evaluator *v, const char *kind, const char *message);
struct thing *class_instantiate(struct evaluator *v, struct thing_class *c, const struct call *call);
bool thing_is_instance(struct evaluator *v, struct thing *t, struct thing *of, struct source_range at,
                       bool *yes);

#endif
