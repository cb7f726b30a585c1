/* See zip_write.h. A record is: local header, name, padding field "FB", data, data descriptor. */
#include "archive/zip_write.h"
#include "base/mem.h"
#include <string.h>
#include <zlib.h>

enum {
    ALIGNMENT = 64,
    LOCAL_SIZE = 30,
    DEFLATE_VERSION = 20,
    WIDE_VERSION = 45,
    UTF8_NAMES = 0x0800,
    SIZES_FOLLOW = 0x0008,
};

/* A record's facts for the directory. */
struct entry {
    const char *name;
    uint64_t header, size, compressed;
    uint32_t crc;
    bool deflated, large, far; /* sizes, the offset take 64 bits */
};

static void put_number(struct text *out, uint64_t v, int bytes) {
    for (int i = 0; i < bytes; i++, v >>= 8) text_put_char(out, (char)v);
}

static bool write_bytes(struct zip_writer *w, const void *data, size_t length) {
    w->offset += length;
    if (!w->to_memory) return out_file_write(&w->file, data, length);
    text_put_bytes(&w->bytes, data, length);
    return !w->bytes.failed || error_memory(w->err);
}

static bool write_text(struct zip_writer *w, struct text *t) {
    bool good = t->failed ? error_memory(w->err) : write_bytes(w, t->data, t->length);
    text_free(t);
    return good;
}

bool zip_writer_open(struct zip_writer *w, const char *path, lb_error *err) {
    const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path, *dot = strrchr(base, '.');
    *w = (struct zip_writer){.folder = base, .err = err};
    w->folder_length = (int)(dot && dot > base ? (size_t)(dot - base) : strlen(base));
    return out_file_open(&w->file, path, err);
}

void zip_writer_open_memory(struct zip_writer *w, lb_error *err) {
    static const char folder[] = "archive";
    *w = (struct zip_writer){
        .to_memory = true, .folder = folder, .folder_length = sizeof folder - 1, .err = err};
}

static void put_name(struct text *out, const struct zip_writer *w, const char *name) {
    text_printf(out, "%.*s/%s", w->folder_length, w->folder, name);
}
static size_t name_length(const struct zip_writer *w, const char *name) {
    return (size_t)w->folder_length + 1 + strlen(name);
}

static uint32_t flags_of(const struct entry *e) {
    return UTF8_NAMES | (e->size ? SIZES_FOLLOW : 0);
}

/* The zip64 field: what does not fit into 32 bits. */
static size_t wide_length(const struct entry *e) {
    return e->large || e->far ? 4u + (e->large ? 16 : 0) + (e->far ? 8 : 0) : 0;
}

static void put_wide(struct text *out, const struct entry *e) {
    if (!wide_length(e)) return;
    put_number(out, 1, 2);
    put_number(out, wide_length(e) - 4, 2);
    if (e->large) put_number(out, e->size, 8);
    if (e->large) put_number(out, e->compressed, 8);
    if (e->far) put_number(out, e->header, 8);
}

static int version_of(const struct entry *e) {
    return wide_length(e) ? WIDE_VERSION : e->deflated ? DEFLATE_VERSION : 0;
}

static bool write_local(struct zip_writer *w, const struct entry *e) {
    struct text head = {0};
    size_t full = name_length(w, e->name), wide = wide_length(e);
    size_t before = w->offset + LOCAL_SIZE + full + wide + 4;
    size_t padding = (ALIGNMENT - before % ALIGNMENT) % ALIGNMENT;
    put_number(&head, 0x04034b50, 4);
    put_number(&head, (uint64_t)version_of(e), 2);
    put_number(&head, flags_of(e), 2);
    put_number(&head, e->deflated ? Z_DEFLATED : 0, 2);
    put_number(&head, 0, 4);  /* time and date */
    put_number(&head, 0, 12); /* CRC and sizes: behind the data */
    put_number(&head, full, 2);
    put_number(&head, wide + padding + 4, 2);
    put_name(&head, w, e->name);
    put_wide(&head, e);
    text_put(&head, "FB");
    put_number(&head, padding, 2);
    text_put_repeat(&head, 'Z', (int)padding);
    return write_text(w, &head);
}

static bool write_descriptor(struct zip_writer *w, const struct entry *e) {
    struct text descriptor = {0};
    if (!e->size) return true;
    put_number(&descriptor, 0x08074b50, 4);
    put_number(&descriptor, e->crc, 4);
    put_number(&descriptor, e->compressed, wide_length(e) ? 8 : 4);
    put_number(&descriptor, e->size, wide_length(e) ? 8 : 4);
    return write_text(w, &descriptor);
}

static void put_central(struct zip_writer *w, const struct entry *e) {
    struct text *d = &w->directory;
    put_number(d, 0x02014b50, 4);
    put_number(d, 0, 2);
    put_number(d, (uint64_t)version_of(e), 2);
    put_number(d, flags_of(e), 2);
    put_number(d, e->deflated ? Z_DEFLATED : 0, 2);
    put_number(d, 0, 4);
    put_number(d, e->crc, 4);
    put_number(d, e->large ? UINT32_MAX : e->compressed, 4);
    put_number(d, e->large ? UINT32_MAX : e->size, 4);
    put_number(d, name_length(w, e->name), 2);
    put_number(d, wide_length(e), 2);
    put_number(d, 0, 10); /* comment, disk, attributes */
    put_number(d, e->far ? UINT32_MAX : e->header, 4);
    put_name(d, w, e->name);
    put_wide(d, e);
}

static uint32_t crc_of(const void *data, size_t length) {
    uLong crc = crc32(0, NULL, 0);
    for (size_t at = 0; at < length;) {
        uInt part = (uInt)(length - at > 1u << 30 ? 1u << 30 : length - at);
        crc = crc32(crc, (const Bytef *)data + at, part);
        at += part;
    }
    return (uint32_t)crc;
}

/* The deflated bytes in `out`, without a zlib header. */
static bool deflate_to(struct text *out, const void *data, size_t length, lb_error *err) {
    enum { MEMORY_LEVEL = 9, CHUNK = 1 << 14 };
    z_stream z = {0};
    unsigned char chunk[CHUNK];
    if (length > UINT32_MAX / 2 || deflateInit2(&z, Z_BEST_COMPRESSION, Z_DEFLATED, -MAX_WBITS, MEMORY_LEVEL,
                                                Z_DEFAULT_STRATEGY) != Z_OK)
        return error_memory(err);
    z.next_in = (Bytef *)(uintptr_t)data;
    z.avail_in = (uInt)length;
    int status = Z_OK;
    while (status == Z_OK) {
        z.next_out = chunk;
        z.avail_out = CHUNK;
        status = deflate(&z, Z_FINISH);
        text_put_bytes(out, (const char *)chunk, CHUNK - z.avail_out);
    }
    deflateEnd(&z);
    return (status == Z_STREAM_END && !out->failed) || error_memory(err);
}

static bool note_record(struct zip_writer *w, const struct entry *e) {
    struct record_facts facts = {arena_text(&w->memory, e->name, strlen(e->name)), e->crc, e->size};
    return (facts.name && array_push(&w->records, facts)) || error_memory(w->err);
}

bool zip_writer_add(struct zip_writer *w, const char *name, const void *data, size_t length,
                    enum zip_method method) {
    struct text deflated = {0};
    struct entry e = {.name = name, .header = w->offset, .size = length, .compressed = length};
    e.crc = crc_of(data, length);
    e.large = length >= UINT32_MAX;
    e.far = w->offset >= UINT32_MAX;
    e.deflated = method == ZIP_DEFLATED && length > 0;
    bool good = !e.deflated || deflate_to(&deflated, data, length, w->err);
    if (e.deflated) e.compressed = deflated.length;
    good = good && write_local(w, &e) &&
           (e.deflated ? write_text(w, &deflated) : write_bytes(w, data, length)) &&
           write_descriptor(w, &e) && note_record(w, &e);
    text_free(&deflated);
    if (good) put_central(w, &e);
    return good;
}

static bool write_end(struct zip_writer *w) {
    uint64_t start = w->offset, size = w->directory.length, at = start + size;
    uint64_t count = (uint64_t)w->records.count, shown = count < 0xffff ? count : 0xffff;
    struct text end = {0};
    if (!write_text(w, &w->directory)) return false;
    put_number(&end, 0x06064b50, 4);
    put_number(&end, 44, 8);
    put_number(&end, 0x2d031e, 4);
    put_number(&end, 0, 8);
    put_number(&end, count, 8);
    put_number(&end, count, 8);
    put_number(&end, size, 8);
    put_number(&end, start, 8);
    put_number(&end, 0x07064b50, 4);
    put_number(&end, 0, 4);
    put_number(&end, at, 8);
    put_number(&end, 1, 4);
    put_number(&end, 0x06054b50, 4);
    put_number(&end, 0, 4);
    put_number(&end, shown | shown << 16, 4);
    put_number(&end, size < UINT32_MAX ? size : UINT32_MAX, 4);
    put_number(&end, start < UINT32_MAX ? start : UINT32_MAX, 4);
    put_number(&end, 0, 2);
    return write_text(w, &end);
}

static bool finish(struct zip_writer *w) {
    char id[SERIALIZATION_ID_LENGTH + 1];
    return serialization_id(w->records.items, w->records.count, id, w->err) &&
           zip_writer_add(w, ".data/serialization_id", id, SERIALIZATION_ID_LENGTH, ZIP_STORED) &&
           write_end(w);
}

static void drop(struct zip_writer *w) {
    text_free(&w->bytes);
    text_free(&w->directory);
    mem_free(w->records.items);
    arena_free(&w->memory);
}

bool zip_writer_close(struct zip_writer *w, bool good) {
    good = out_file_close(&w->file, good && finish(w));
    drop(w);
    return good;
}

bool zip_writer_close_memory(struct zip_writer *w, bool good, void **bytes, size_t *length) {
    good = good && finish(w);
    *length = good ? w->bytes.length : 0;
    *bytes = good ? text_take(&w->bytes) : NULL;
    if (good && !*bytes) good = error_memory(w->err);
    drop(w);
    return good;
}
