/* Writing zip containers as torch does: stored records whose data begin at multiples of 64, a zip64 end
 * (caffe2/serialize/inline_container.cc). The file appears under its name only when it is whole. */
#ifndef LINKBOY_ARCHIVE_ZIP_WRITE_H
#define LINKBOY_ARCHIVE_ZIP_WRITE_H
#include "base/array.h"
#include "base/error.h"
#include "base/text.h"
#include <stdint.h>
#include <stdio.h>

struct zip_writer {
    FILE *file;
    const char *path;
    char *temporary;    /* the name while it is written */
    const char *folder; /* all records lie below it */
    int folder_length;
    uint64_t offset;
    struct text directory;
    int count;
    lb_error *err;
};

/* `path` is borrowed until zip_writer_close(). */
bool zip_writer_open(struct zip_writer *w, const char *path, lb_error *err);
bool zip_writer_add(struct zip_writer *w, const char *name, const void *data, size_t length);
/* Finishes the file when `good`, else removes it. */
bool zip_writer_close(struct zip_writer *w, bool good);
#endif
