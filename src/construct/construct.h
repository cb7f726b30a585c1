/* Running Python once, as far as constructing modules needs it: a file's top level, constructors, what they
 * call. The way in for the floors above; what is made is looked at with thing.h. */
#ifndef LINKBOY_CONSTRUCT_CONSTRUCT_H
#define LINKBOY_CONSTRUCT_CONSTRUCT_H
#include "base/error.h"
#include "base/source.h"
#include "ops/call.h"
#include "types/unit.h"

/* Members that are 0 mean the default. */
struct construct_limits {
    int64_t max_steps; /* expressions and statements evaluated; 20 million */
    int64_t max_bytes; /* of things and texts, tensors not counted; 1 GiB */
    int max_depth;     /* of expressions and calls in each other; 1,000 */
};

/* The caller's Python files: see import_module of lb_script_options. */
struct module_files {
    const char *(*read)(void *user, const char *module, lb_script_file *file); /* NULL: there are none */
    void *user;
};

struct evaluator;
struct file;
struct thing;

/* `unit` gives names and the memory of trees; `cx` runs operators. Both outlive the evaluator. */
struct evaluator *evaluator_new(struct unit *unit, struct run_context *cx,
                                const struct construct_limits *limits, const struct module_files *imports,
                                lb_error *err);
void evaluator_free(struct evaluator *v);
/* Runs a file's top level. `name` is the Python module that it stands for; "__main__" gives compiled names no
 * module, but __name__ never says so: what a file does when it is run as a program is not done here. What
 * fails is told when it is used. */
struct file *evaluator_run_file(struct evaluator *v, const struct source *source, const char *name,
                                lb_error *err);
/* What an expression gives in a file: "Net(3, hidden=16)". */
struct thing *evaluator_expression(struct evaluator *v, struct file *file, const char *text, lb_error *err);
/* The same as repr() shows it; to be freed with mem_free(). */
char *evaluator_repr(struct evaluator *v, struct file *file, const char *text, lb_error *err);
#endif
