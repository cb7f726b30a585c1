/* Files of modules that are imported: those that the library carries (the layers and functions of nn, the
 * very files of the Python package, python/linkboy/nn), and those that the caller has. A file is evaluated
 * when a name of it is first needed. */
#ifndef LINKBOY_CONSTRUCT_EMBEDDED_H
#define LINKBOY_CONSTRUCT_EMBEDDED_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct evaluator;
struct file;

/* A row of the table that generate/embed.c makes. */
struct embedded_source {
    const char *module; /* "torch.nn.modules.linear" */
    const char *file;   /* "linkboy/nn/modules/linear.py" */
    bool is_package;    /* an __init__.py */
    uint32_t deflated, length;
    const unsigned char *bytes; /* zlib's form */
};
extern const struct embedded_source embedded_sources[];
extern const int embedded_count;

/* Whether the library carries a file for a module of this dotted name, or for one below it. */
bool embedded_has(const char *module);
/* The module's file, evaluated: one that the library carries, or one of the caller's. NULL without an error:
 * there is none. */
struct file *module_file(struct evaluator *v, const char *module);
#endif
