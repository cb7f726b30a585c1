/* Writing zip containers as torch does: records whose data begin at multiples of 64, a zip64 end, a number
 * over all of it (caffe2/serialize/inline_container.cc). To a file, which appears under its name only when it
 * is whole, or to memory. */
#ifndef LINKBOY_ARCHIVE_ZIP_WRITE_H
#define LINKBOY_ARCHIVE_ZIP_WRITE_H
#include "archive/out_file.h"
#include "archive/record_hash.h"
#include "base/array.h"
#include "base/text.h"

struct zip_writer {
    struct out_file file;
    struct text bytes; /* without a file: the whole */
    bool to_memory;
    const char *folder; /* all records lie below it */
    int folder_length;
    uint64_t offset;
    struct text directory;
    struct arena memory; /* names */
    ARRAY_OF(struct record_facts) records;
    lb_error *err;
};

enum zip_method { ZIP_STORED, ZIP_DEFLATED };

/* `path` is borrowed until zip_writer_close(); the folder is its name without directories and last extension.
 */
bool zip_writer_open(struct zip_writer *w, const char *path, lb_error *err);
/* The same to memory, in a folder "archive". */
void zip_writer_open_memory(struct zip_writer *w, lb_error *err);
bool zip_writer_add(struct zip_writer *w, const char *name, const void *data, size_t length,
                    enum zip_method method);
/* Adds .data/serialization_id and finishes when `good`; else the file is as it was before. What was written
 * to memory is moved to *bytes (mem_free), which a file does not need. */
bool zip_writer_close(struct zip_writer *w, bool good);
bool zip_writer_close_memory(struct zip_writer *w, bool good, void **bytes, size_t *length);
#endif
