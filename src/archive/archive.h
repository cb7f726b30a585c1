/* An opened archive: mapped bytes, their zip directory, and the facts that stand in small records (version,
 * byte order). Says what a file is when it is none that can be read. Storages made from it keep the mapping
 * alive. */
#ifndef LINKBOY_ARCHIVE_ARCHIVE_H
#define LINKBOY_ARCHIVE_ARCHIVE_H
#include "archive/zip.h"
#include "base/counted.h"
#include "tensor/tensor.h"
#include "value/value.h"

/* The bytes of a file, or of the caller; counted, since tensors point into it. */
struct mapping {
    struct counted counted;
    void *bytes;
    size_t length;
    bool mapped, borrowed; /* munmap / leave alone / mem_free_aligned */
};

enum archive_form { ARCHIVE_TORCHSCRIPT, ARCHIVE_TORCH_SAVE };

struct archive_options {
    bool check_crc;
    uint64_t max_inflated; /* bytes of all deflated records together; 0: 256 MiB */
    bool keep_memory;
};

struct archive {
    struct mapping *mapping;
    struct zip zip;
    const char *path; /* for errors; in zip.memory */
    enum archive_form form;
    int64_t version;
    bool swap_bytes;       /* `byteorder` is not the host's */
    struct table storages; /* zip record -> struct storage *, kept for sharing */
};

/* NULL with an error that says what the file is. */
struct archive *archive_open(const char *path, const struct archive_options *options, lb_error *err);
struct archive *archive_open_memory(const void *bytes, size_t length, const struct archive_options *options,
                                    lb_error *err);
void archive_close(struct archive *a);
/* Bytes of a record by name; false without error set when there is none (`*data` NULL). */
bool archive_read(struct archive *a, const char *record, const uint8_t **data, size_t *length, lb_error *err);
/* The storage of a record, in place where alignment and byte order allow; a new reference. `element` is the
 * size of its elements in bytes. */
struct storage *archive_storage(struct archive *a, const char *record, size_t element, lb_error *err);
#endif
