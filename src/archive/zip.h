/* The zip container, as torch writes it and as zip writers in general do: stored and deflated records, zip64.
 * The bytes stand in memory (usually a mapping) and are never changed. Everything is checked against the
 * bytes that are really there: names (no "..", no two top folders, no duplicate), sizes, offsets, overlaps;
 * the central directory against the local header when a record is first read. Nothing is ever unpacked to
 * disk. */
#ifndef LINKBOY_ARCHIVE_ZIP_H
#define LINKBOY_ARCHIVE_ZIP_H
#include "base/arena.h"
#include "base/error.h"
#include "base/name.h"
#include "base/table.h"
#include <stdint.h>

struct zip_record {
    const struct name *name;   /* without the archive's folder: "data.pkl" */
    uint64_t header;           /* offset of the local header */
    uint64_t limit;            /* offset of whatever follows: no byte of this record lies at or past it */
    uint64_t compressed, size; /* bytes */
    uint32_t crc;
    uint16_t method;         /* 0 stored, 8 deflated */
    const uint8_t *inflated; /* once read, of a deflated record; in the zip's arena */
};

struct zip {
    const uint8_t *bytes;
    uint64_t length;
    struct arena memory;
    struct name_pool names;
    struct table by_name; /* name -> record */
    struct zip_record *records;
    int count;
    const char *folder;     /* the archive's own folder, without slash */
    uint64_t inflate_limit; /* bytes of all deflated records together */
    uint64_t inflated;
    bool check_crc;
};

/* Reads the directory. On failure the error says what is wrong and at which offset; zip_close() either way.
 */
bool zip_open(struct zip *z, const void *bytes, uint64_t length, uint64_t inflate_limit, bool check_crc,
              lb_error *err);
void zip_close(struct zip *z);
/* NULL (no error) when there is no such record. */
struct zip_record *zip_find(const struct zip *z, const char *name);
/* The record's bytes, `r->size` of them: in place when stored, else inflated once and kept. NULL: damaged. */
const uint8_t *zip_read(struct zip *z, struct zip_record *r, lb_error *err);
#endif
