/* A file that appears under its name when it is whole, or not at all: it is written beside its place, without
 * a name where the system can do that, brought to the disk, and then put in the place of the old one. A
 * process that is killed, or a disk that is full, leaves the old file as it was. What is no regular file
 * (a pipe, a device) is written as it comes. */
#ifndef LINKBOY_ARCHIVE_OUT_FILE_H
#define LINKBOY_ARCHIVE_OUT_FILE_H
#include "base/error.h"
#include <stdio.h>

struct out_file {
    FILE *stream;
    const char *path; /* for errors; borrowed */
    char *target;     /* the path with symbolic links followed */
    char *temporary;  /* the name until it is in place; not made yet while `unnamed` */
    bool unnamed, in_place;
    lb_error *err;
};

/* False, with the error: nothing is left behind. `path` is borrowed until the end. */
bool out_file_open(struct out_file *f, const char *path, lb_error *err);
bool out_file_write(struct out_file *f, const void *data, size_t length);
/* Puts the file in place when `good`, else removes what was written; the result is whether it is in place. */
bool out_file_close(struct out_file *f, bool good);
#endif
