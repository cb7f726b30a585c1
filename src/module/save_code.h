/* The code of what is saved: classes and functions, each in the file that its name says, in the order in
 * which they were first needed (torch/csrc/jit/serialization/export_module.cpp). */
#ifndef LINKBOY_MODULE_SAVE_CODE_H
#define LINKBOY_MODULE_SAVE_CODE_H
#include "archive/zip_write.h"
#include "module/unique_names.h"

struct code_file {
    const struct name *qualifier; /* "__torch__.a.b": code/__torch__/a/b.py */
    struct code_printer *printer;
};

struct code_writer {
    struct unit *unit;
    struct unique_names names;
    struct code_constants constants;       /* CONSTANTS.cN of all files */
    struct code_dependencies dependencies; /* what printed code asks for; grows while it is walked */
    struct table printed;                  /* types and functions */
    ARRAY_OF(struct code_file) files;
    lb_error *err;
};

/* code_writer_free() either way. */
bool code_writer_open(struct code_writer *w, struct unit *unit, lb_error *err);
void code_writer_free(struct code_writer *w);
/* Prints a type or function, if that has not been done. */
bool code_writer_add(struct code_writer *w, struct code_dependency what);
/* Prints a type and whatever everything that was printed asks for. */
bool code_writer_add_all(struct code_writer *w, const struct type *root);
/* The files and their debug files as records. */
bool code_writer_write(struct code_writer *w, struct zip_writer *to);
/* The smallest archive version that can hold the code. */
int64_t code_writer_version(const struct code_writer *w);
#endif
