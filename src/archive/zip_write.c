/* See zip_write.h. A record is: local header, name, padding field "FB", data, data descriptor. */
#include "archive/zip_write.h"
#include "base/mem.h"
#include <errno.h>
#include <string.h>
#include <zlib.h>

enum { ALIGNMENT = 64, LOCAL_SIZE = 30, FLAGS = 0x0808 }; /* sizes follow the data; names are UTF-8 */

static void put_number(struct text *out, uint64_t v, int bytes) {
    for (int i = 0; i < bytes; i++) text_put_char(out, (char)(v >> 8 * i));
}

static bool write_bytes(struct zip_writer *w, const void *data, size_t length) {
    if (length && fwrite(data, 1, length, w->file) != length)
        return error_set(w->err, LB_ERROR_IO, "%s: cannot be written: %s", w->path, strerror(errno));
    w->offset += length;
    return true;
}

static bool write_text(struct zip_writer *w, struct text *t) {
    bool good = t->failed ? error_memory(w->err) : write_bytes(w, t->data, t->length);
    text_free(t);
    return good;
}

/* The folder is the file's name without directories and last extension. */
bool zip_writer_open(struct zip_writer *w, const char *path, lb_error *err) {
    const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path, *dot = strrchr(base, '.');
    *w = (struct zip_writer){.path = path, .folder = base, .err = err};
    w->folder_length = (int)(dot && dot > base ? (size_t)(dot - base) : strlen(base));
    struct text name = {0};
    text_printf(&name, "%s.part", path);
    w->temporary = text_take(&name);
    if (!w->temporary) return error_memory(err);
    w->file = fopen(w->temporary, "wb");
    return w->file || error_set(err, LB_ERROR_IO, "%s: cannot be made: %s", path, strerror(errno));
}

static void put_sizes(struct text *out, uint32_t crc, size_t length, int bytes) {
    put_number(out, crc, 4);
    put_number(out, length, bytes);
    put_number(out, length, bytes);
}

static bool needs_zip64(const struct zip_writer *w, size_t length) {
    return length >= UINT32_MAX || w->offset >= UINT32_MAX;
}

static bool write_local(struct zip_writer *w, const char *name, size_t length) {
    struct text head = {0};
    size_t full = (size_t)w->folder_length + 1 + strlen(name);
    size_t padding = (ALIGNMENT - (w->offset + LOCAL_SIZE + full + 4) % ALIGNMENT) % ALIGNMENT;
    put_number(&head, 0x04034b50, 4);
    put_number(&head, 0, 2);
    put_number(&head, length ? FLAGS : 0x0800, 2);
    put_number(&head, 0, 6); /* stored; time and date 0 */
    put_number(&head, 0, 12);
    put_number(&head, full, 2);
    put_number(&head, padding + 4, 2);
    text_printf(&head, "%.*s/%s", w->folder_length, w->folder, name);
    text_put(&head, "FB");
    put_number(&head, padding, 2);
    text_put_repeat(&head, 'Z', (int)padding);
    return write_text(w, &head);
}

static void put_central(struct zip_writer *w, const char *name, uint64_t header, uint32_t crc, size_t length,
                        bool wide) {
    struct text *d = &w->directory;
    put_number(d, 0x02014b50, 4);
    put_number(d, wide ? 45u << 16 : 0, 4);
    put_number(d, length ? FLAGS : 0x0800, 2);
    put_number(d, 0, 6);
    put_sizes(d, crc, wide ? UINT32_MAX : length, 4);
    put_number(d, (size_t)w->folder_length + 1 + strlen(name), 2);
    put_number(d, wide ? 28 : 0, 2);
    put_number(d, 0, 10);
    put_number(d, wide ? UINT32_MAX : header, 4);
    text_printf(d, "%.*s/%s", w->folder_length, w->folder, name);
    if (!wide) return;
    put_number(d, 1, 2);
    put_number(d, 24, 2);
    put_number(d, length, 8);
    put_number(d, length, 8);
    put_number(d, header, 8);
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

bool zip_writer_add(struct zip_writer *w, const char *name, const void *data, size_t length) {
    uint64_t header = w->offset;
    uint32_t crc = crc_of(data, length);
    bool wide = needs_zip64(w, length);
    if (!write_local(w, name, length) || !write_bytes(w, data, length)) return false;
    put_central(w, name, header, crc, length, wide);
    w->count++;
    struct text descriptor = {0};
    if (!length) return true;
    put_number(&descriptor, 0x08074b50, 4);
    put_sizes(&descriptor, crc, length, wide ? 8 : 4);
    return write_text(w, &descriptor);
}

static bool write_end(struct zip_writer *w) {
    uint64_t start = w->offset, size = w->directory.length, at = start + size;
    struct text end = {0};
    put_number(&end, 0x06064b50, 4);
    put_number(&end, 44, 8);
    put_number(&end, 0x2d031e, 4);
    put_number(&end, 0, 8);
    put_number(&end, (uint64_t)w->count, 8);
    put_number(&end, (uint64_t)w->count, 8);
    put_number(&end, size, 8);
    put_number(&end, start, 8);
    put_number(&end, 0x07064b50, 4);
    put_number(&end, 0, 4);
    put_number(&end, at, 8);
    put_number(&end, 1, 4);
    put_number(&end, 0x06054b50, 4);
    put_number(&end, 0, 4);
    uint64_t shown = w->count < 0xffff ? (uint64_t)w->count : 0xffff;
    put_number(&end, shown | shown << 16, 4);
    put_number(&end, size < UINT32_MAX ? size : UINT32_MAX, 4);
    put_number(&end, start < UINT32_MAX ? start : UINT32_MAX, 4);
    put_number(&end, 0, 2);
    return write_text(w, &w->directory) && write_text(w, &end);
}

bool zip_writer_close(struct zip_writer *w, bool good) {
    good = good && write_end(w);
    text_free(&w->directory);
    if (w->file && fclose(w->file) && good)
        good = error_set(w->err, LB_ERROR_IO, "%s: cannot be written: %s", w->path, strerror(errno));
    if (good && rename(w->temporary, w->path))
        good = error_set(w->err, LB_ERROR_IO, "%s: cannot be put in place: %s", w->path, strerror(errno));
    if (!good && w->file) remove(w->temporary);
    mem_free(w->temporary);
    return good;
}
