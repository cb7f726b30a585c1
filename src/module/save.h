/* Saving: a root object and the code that its classes need become the records of an archive, in PyTorch's
 * order (torch/csrc/jit/serialization/export_module.cpp). Where the object comes from, an archive or a
 * compiler, does not matter; nothing but the unit and the object is asked. */
#ifndef LINKBOY_MODULE_SAVE_H
#define LINKBOY_MODULE_SAVE_H
#include "archive/zip_write.h"
#include "types/unit.h"

struct extra_file {
    const char *name; /* without "extra/" */
    const void *bytes;
    size_t length;
};

struct save_content {
    struct unit *unit;
    lb_value root; /* a module */
    const struct extra_file *extras;
    int extra_count;
    lb_value traced_inputs; /* a dict of method names to lists; None: not traced here */
};

/* Adds all records but the last one, which zip_writer_close() makes. A class's __getstate__ is run, under the
 * limits of loading. */
bool module_save(struct zip_writer *w, const struct save_content *content, lb_error *err);
#endif
