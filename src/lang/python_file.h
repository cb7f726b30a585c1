/* A plain Python file as a program: its functions, classes, NamedTuples and enums are compiled when they are
 * first used; imports of torch, math and typing mean what they mean to TorchScript. Nothing of the file is
 * run (torch/jit/frontend.py, torch/csrc/jit/python/python_sugared_value.cpp). */
#ifndef LINKBOY_LANG_PYTHON_FILE_H
#define LINKBOY_LANG_PYTHON_FILE_H
#include "lang/define.h"
#include "lang/sugared.h"

struct python_file {
    struct resolver resolver; /* first: set resolver.finish before the first find */
    struct unit *unit;
    const char *prefix;    /* of qualified names: "__torch__.module" */
    struct table bindings; /* name -> struct python_binding * */
};

/* Reads the file's top level; `unit` and `prefix` (which must outlive it) are set by the caller. */
bool python_file_open(struct python_file *file, const struct source *source, lb_error *err);
/* Further definitions, as if they stood in the same file. */
bool python_file_add(struct python_file *file, const struct source *source, lb_error *err);
void python_file_close(struct python_file *file);
/* A function of the file, compiled; NULL without an error when there is none of this name. */
struct function *python_file_function(struct python_file *file, const char *name, lb_error *err);
/* What a dotted name of Python's libraries is ("torch.jit.fork", "math.pi"); NULL without an error: nothing
 * that is known here. */
struct sugared *python_library_value(struct emitter *e, const char *path, struct source_range at);
/* A builtin exception; NULL without an error: none of this name. */
struct sugared *python_exception_value(struct emitter *e, const struct name *name);
#endif
