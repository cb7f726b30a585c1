/* Reading zip containers; see zip.h. Field offsets are those of PKWARE's APPNOTE, sections 4.3 and 4.5. */
#include "archive/zip.h"
#include "base/mem.h"
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum { LOCAL_SIZE = 30, CENTRAL_SIZE = 46, END_SIZE = 22, LOCATOR_SIZE = 20, END64_SIZE = 56 };
enum { LOCAL_MAGIC = 0x04034b50, CENTRAL_MAGIC = 0x02014b50, END_MAGIC = 0x06054b50 };
enum { LOCATOR_MAGIC = 0x07064b50, END64_MAGIC = 0x06064b50, FLAG_ENCRYPTED = 1, MAX_NAME = 4096 };

static uint16_t get16(const uint8_t *p) {
    return (uint16_t)(p[0] | p[1] << 8);
}
static uint32_t get32(const uint8_t *p) {
    return get16(p) | (uint32_t)get16(p + 2) << 16;
}
static uint64_t get64(const uint8_t *p) {
    return get32(p) | (uint64_t)get32(p + 4) << 32;
}

struct directory {
    uint64_t offset, size, count;
    uint64_t end; /* where the directory must stop */
};

static bool damaged(lb_error *err, const char *what, uint64_t offset) {
    return error_set(err, LB_ERROR_FORMAT, "zip: %s at offset %llu", what, (unsigned long long)offset);
}

/* The end record lies within the last 64 KiB, behind it only its own comment. */
static bool find_end(const struct zip *z, uint64_t *at, lb_error *err) {
    if (z->length < END_SIZE)
        return error_set(err, LB_ERROR_FORMAT, "zip: the file has only %llu bytes, too few for an archive",
                         (unsigned long long)z->length);
    uint64_t lowest = z->length > END_SIZE + 65535 ? z->length - END_SIZE - 65535 : 0;
    for (uint64_t i = z->length - END_SIZE + 1; i-- > lowest;)
        if (get32(z->bytes + i) == END_MAGIC && i + END_SIZE + get16(z->bytes + i + 20) == z->length) {
            *at = i;
            return true;
        }
    return error_set(err, LB_ERROR_FORMAT,
                     "zip: no end-of-central-directory record: not a zip file, or cut short");
}

static bool read_end64(const struct zip *z, uint64_t locator, struct directory *d, lb_error *err) {
    uint64_t at = get64(z->bytes + locator + 8);
    if (locator < END64_SIZE || at > locator - END64_SIZE || get32(z->bytes + at) != END64_MAGIC)
        return damaged(err, "the zip64 locator points at no zip64 end record", locator);
    d->count = get64(z->bytes + at + 32);
    d->size = get64(z->bytes + at + 40);
    d->offset = get64(z->bytes + at + 48);
    d->end = at;
    return true;
}

static bool find_directory(const struct zip *z, struct directory *d, lb_error *err) {
    uint64_t end = 0;
    if (!find_end(z, &end, err)) return false;
    const uint8_t *p = z->bytes + end;
    *d = (struct directory){
        .offset = get32(p + 16), .size = get32(p + 12), .count = get16(p + 10), .end = end};
    bool located = end >= LOCATOR_SIZE && get32(p - LOCATOR_SIZE) == LOCATOR_MAGIC;
    if (located && !read_end64(z, end - LOCATOR_SIZE, d, err)) return false;
    if (!located && (d->count == 0xffff || d->size == 0xffffffff || d->offset == 0xffffffff))
        return damaged(err, "the end record asks for zip64, but there is no zip64 locator", end);
    if (d->offset > d->end || d->size != d->end - d->offset)
        return damaged(err, "the central directory does not end where the end record begins", d->offset);
    if (d->count > d->size / CENTRAL_SIZE)
        return damaged(err, "more records than the directory has room for", d->offset);
    if (d->count == 0) return damaged(err, "the archive has no records", d->offset);
    return true;
}

/* Zip64 sizes stand in the extra field with id 1, only those whose 32-bit field is all ones, in this order.
 */
static bool read_zip64_extra(struct zip_record *r, const uint8_t *extra, unsigned length) {
    uint64_t *wanted[3] = {r->size == 0xffffffff ? &r->size : NULL,
                           r->compressed == 0xffffffff ? &r->compressed : NULL,
                           r->header == 0xffffffff ? &r->header : NULL};
    if (!wanted[0] && !wanted[1] && !wanted[2]) return true;
    for (unsigned at = 0; at + 4 <= length;) {
        unsigned id = get16(extra + at), size = get16(extra + at + 2);
        if (size > length - at - 4) return false;
        if (id == 1) {
            unsigned used = 0;
            for (int i = 0; i < 3; i++) {
                if (!wanted[i]) continue;
                if (used + 8 > size) return false;
                *wanted[i] = get64(extra + at + 4 + used);
                used += 8;
            }
            return true;
        }
        at += 4 + size;
    }
    return false;
}

static bool name_is_safe(const char *name, unsigned length) {
    if (length == 0 || length > MAX_NAME || name[0] == '/' || memchr(name, 0, length) ||
        memchr(name, '\\', length))
        return false;
    for (unsigned i = 0; i + 1 < length; i++)
        if (name[i] == '.' && name[i + 1] == '.' && (i == 0 || name[i - 1] == '/') &&
            (i + 2 == length || name[i + 2] == '/'))
            return false;
    return true;
}

/* All records lie under the folder of the first one. */
static bool set_name(struct zip *z, struct zip_record *r, const char *name, unsigned length, lb_error *err) {
    const char *slash = memchr(name, '/', length);
    if (!name_is_safe(name, length) || !slash)
        return error_set(
            err, LB_ERROR_FORMAT,
            "zip: record %d has a name that is not allowed (no folder, \"..\", '\\', NUL or absolute)",
            (int)(r - z->records));
    size_t folder = (size_t)(slash - name);
    if (!z->folder && !(z->folder = arena_text(&z->memory, name, folder))) return error_memory(err);
    if (strlen(z->folder) != folder || memcmp(z->folder, name, folder))
        return error_set(err, LB_ERROR_FORMAT,
                         "zip: record %d ('%.*s') lies outside of the archive's folder '%s'",
                         (int)(r - z->records), (int)length, name, z->folder);
    r->name = name_intern(&z->names, slash + 1, length - folder - 1);
    if (!r->name) return error_memory(err);
    if (table_has(&z->by_name, r->name))
        return error_set(err, LB_ERROR_FORMAT, "zip: two records are named '%s'", r->name->text);
    return table_set(&z->by_name, r->name, r) || error_memory(err);
}

static bool read_central(struct zip *z, struct zip_record *r, const struct directory *d, uint64_t *at,
                         lb_error *err) {
    if (d->end - *at < CENTRAL_SIZE || get32(z->bytes + *at) != CENTRAL_MAGIC)
        return damaged(err, "a central directory entry is missing or damaged", *at);
    const uint8_t *p = z->bytes + *at;
    unsigned name = get16(p + 28), extra = get16(p + 30), comment = get16(p + 32);
    if (d->end - *at - CENTRAL_SIZE < (uint64_t)name + extra + comment)
        return damaged(err, "a central directory entry reaches past the directory", *at);
    *r = (struct zip_record){.method = get16(p + 10),
                             .crc = get32(p + 16),
                             .compressed = get32(p + 20),
                             .size = get32(p + 24),
                             .header = get32(p + 42)};
    if (!set_name(z, r, (const char *)p + CENTRAL_SIZE, name, err)) return false;
    if (get16(p + 8) & FLAG_ENCRYPTED)
        return error_set(err, LB_ERROR_FORMAT, "zip: record '%s' is encrypted (offset %llu)", r->name->text,
                         (unsigned long long)*at);
    if (r->method != 0 && r->method != 8)
        return error_set(
            err, LB_ERROR_FORMAT,
            "zip: record '%s' uses compression method %d; only 0 (stored) and 8 (deflated) are read",
            r->name->text, r->method);
    if (!read_zip64_extra(r, p + CENTRAL_SIZE + name, extra))
        return error_set(err, LB_ERROR_FORMAT,
                         "zip: record '%s' is marked as zip64 but its zip64 field is missing", r->name->text);
    *at += CENTRAL_SIZE + name + extra + comment;
    return true;
}

static int by_header(const void *a, const void *b) {
    const struct zip_record *x = *(struct zip_record *const *)a, *y = *(struct zip_record *const *)b;
    return (x->header > y->header) - (x->header < y->header);
}

/* Each record's bytes end before the next one's local header; so no two overlap. */
static bool find_limits(struct zip *z, const struct directory *d, lb_error *err) {
    struct zip_record **order = arena_array(&z->memory, struct zip_record *, z->count);
    if (!order) return error_memory(err);
    for (int i = 0; i < z->count; i++) order[i] = &z->records[i];
    qsort(order, (size_t)z->count, sizeof *order, by_header);
    for (int i = 0; i < z->count; i++) {
        struct zip_record *r = order[i];
        r->limit = i + 1 < z->count ? order[i + 1]->header : d->offset;
        if (r->header > d->offset || r->limit - r->header < LOCAL_SIZE ||
            r->compressed > r->limit - r->header - LOCAL_SIZE)
            return error_set(err, LB_ERROR_FORMAT,
                             "zip: record '%s' (local header at %llu, %llu bytes) overlaps another record or "
                             "reaches past offset %llu",
                             r->name->text, (unsigned long long)r->header, (unsigned long long)r->compressed,
                             (unsigned long long)r->limit);
    }
    return true;
}

bool zip_open(struct zip *z, const void *bytes, uint64_t length, uint64_t inflate_limit, bool check_crc,
              lb_error *err) {
    *z = (struct zip){
        .bytes = bytes, .length = length, .inflate_limit = inflate_limit, .check_crc = check_crc};
    struct directory d;
    if (!find_directory(z, &d, err)) return false;
    if (!name_pool_init(&z->names, NULL, 0)) return error_memory(err);
    z->records = arena_array(&z->memory, struct zip_record, d.count);
    if (!z->records) return error_memory(err);
    uint64_t at = d.offset;
    for (; (uint64_t)z->count < d.count; z->count++)
        if (!read_central(z, &z->records[z->count], &d, &at, err)) return false;
    return find_limits(z, &d, err);
}

void zip_close(struct zip *z) {
    table_free(&z->by_name);
    name_pool_free(&z->names);
    arena_free(&z->memory);
}

struct zip_record *zip_find(const struct zip *z, const char *name) {
    const struct name *n = name_find(&z->names, name, strlen(name));
    return n ? table_get(&z->by_name, n) : NULL;
}

/* A size of the local header: the directory's, or left to what follows the data (flag bit 3) or to zip64. */
static bool same_size(const uint8_t *header, unsigned at, uint64_t size) {
    enum { SIZES_FOLLOW = 8 };
    uint32_t local = get32(header + at);
    return local == size || local == UINT32_MAX || (local == 0 && get16(header + 6) & SIZES_FOLLOW);
}

/* Where the data begin; the local header must tell the same story as the directory. */
static const uint8_t *locate(const struct zip *z, const struct zip_record *r, lb_error *err) {
    const uint8_t *p = z->bytes + r->header;
    unsigned name = get16(p + 26), extra = get16(p + 28);
    size_t folder = strlen(z->folder) + 1;
    if (get32(p) != LOCAL_MAGIC || get16(p + 8) != r->method || name != folder + r->name->length ||
        !same_size(p, 18, r->compressed) || !same_size(p, 22, r->size) ||
        r->limit - r->header - LOCAL_SIZE - r->compressed < (uint64_t)name + extra ||
        memcmp(p + LOCAL_SIZE + folder, r->name->text, r->name->length) != 0) {
        error_set(err, LB_ERROR_FORMAT,
                  "zip: the local header of record '%s' at offset %llu disagrees with the central directory",
                  r->name->text, (unsigned long long)r->header);
        return NULL;
    }
    return p + LOCAL_SIZE + name + extra;
}

static bool inflate_all(const struct zip_record *r, const uint8_t *from, uint8_t *to) {
    z_stream s = {.next_in = (Bytef *)(uintptr_t)from,
                  .avail_in = (uInt)r->compressed,
                  .next_out = to,
                  .avail_out = (uInt)r->size};
    if (inflateInit2(&s, -MAX_WBITS) != Z_OK) return false;
    int status = inflate(&s, Z_FINISH);
    bool whole = status == Z_STREAM_END && s.total_out == r->size;
    inflateEnd(&s);
    return whole;
}

static const uint8_t *inflate_record(struct zip *z, struct zip_record *r, const uint8_t *from,
                                     lb_error *err) {
    if (r->size > z->inflate_limit - z->inflated || r->size > UINT32_MAX || r->compressed > UINT32_MAX) {
        error_set(
            err, LB_ERROR_LIMIT,
            "zip: record '%s' would inflate to %llu bytes, over the limit of %llu for all deflated records",
            r->name->text, (unsigned long long)r->size, (unsigned long long)z->inflate_limit);
        return NULL;
    }
    uint8_t *to = arena_alloc(&z->memory, r->size + 1);
    if (!to) {
        error_memory(err);
        return NULL;
    }
    if (!inflate_all(r, from, to)) {
        error_set(err, LB_ERROR_FORMAT, "zip: the deflated data of record '%s' at offset %llu are damaged",
                  r->name->text, (unsigned long long)r->header);
        return NULL;
    }
    z->inflated += r->size;
    return to;
}

static bool crc_agrees(const struct zip_record *r, const uint8_t *data) {
    uLong crc = crc32(0, NULL, 0);
    for (uint64_t at = 0; at < r->size;) {
        uInt part = (uInt)(r->size - at > 1u << 30 ? 1u << 30 : r->size - at);
        crc = crc32(crc, data + at, part);
        at += part;
    }
    return crc == r->crc;
}

const uint8_t *zip_read(struct zip *z, struct zip_record *r, lb_error *err) {
    if (r->inflated) return r->inflated;
    const uint8_t *data = locate(z, r, err);
    if (!data) return NULL;
    if (r->method == 0 && r->compressed != r->size) {
        error_set(err, LB_ERROR_FORMAT, "zip: record '%s' is stored, but its two sizes differ",
                  r->name->text);
        return NULL;
    }
    if (r->method == 8 && !(data = r->inflated = inflate_record(z, r, data, err))) return NULL;
    if (z->check_crc && !crc_agrees(r, data)) {
        error_set(err, LB_ERROR_FORMAT,
                  "zip: record '%s' at offset %llu does not have its checksum (CRC-32): the file was damaged",
                  r->name->text, (unsigned long long)r->header);
        return NULL;
    }
    return data;
}
