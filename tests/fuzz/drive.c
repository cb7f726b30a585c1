/* What every target does with an archive: load, print, run a little, free. Errors are expected; crashes,
 * leaks and hangs are not. */
#include "fuzz.h"
#include <linkboy.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum { STEPS = 20000, BYTES = 64 << 20, METHODS = 4 };

static void ask_texts(const lb_module *module, const char *method, lb_error *err) {
    static const lb_text_kind kinds[] = {LB_TEXT_CODE,   LB_TEXT_GRAPH, LB_TEXT_CANONICAL, LB_TEXT_INLINED,
                                         LB_TEXT_SCHEMA, LB_TEXT_DOT,   LB_TEXT_BYTECODE};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        lb_text_free(lb_text(module, kinds[i], method, err));
}

static void call_method(const lb_module *module, const char *method, lb_error *err) {
    static const float ones[4] = {1, 1, 1, 1};
    static const int64_t sizes[2] = {2, 2};
    lb_context_options options = {
        .size = sizeof options, .max_steps = STEPS, .max_bytes = BYTES, .max_depth = 50};
    lb_context *context = lb_context_new(&options, err);
    lb_value *args[2] = {lb_tensor_from(LB_FLOAT32, 2, sizes, ones, err), lb_int_new(3, err)};
    for (int way = 0; context && args[0] && args[1] && way < 4; way++) { /* (), (x), (x, 3), (3) */
        lb_error_clear(err);
        lb_value *out = lb_call(module, method, context, args + way / 3, way == 3 ? 1 : way, err);
        drive_called += out != NULL;
        lb_value_free(out);
    }
    lb_value_free(args[0]);
    lb_value_free(args[1]);
    lb_context_free(context);
}

/* What could be loaded is saved, and what was saved is read. */
static void save(const lb_module *module, lb_error *err) {
    void *bytes;
    size_t length;
    lb_load_options options = {.size = sizeof options, .max_steps = STEPS, .max_bytes = BYTES};
    if (!lb_module_save_memory(module, NULL, &bytes, &length, err)) return;
    lb_module_free(lb_load_memory(bytes, length, &options, err));
    lb_bytes_free(bytes);
}

long drive_loaded, drive_called;

void drive(const uint8_t *archive, size_t length) {
    lb_error *err = lb_error_new();
    lb_load_options options = {.size = sizeof options, .max_steps = STEPS, .max_bytes = BYTES};
    lb_module *module = lb_load_memory(archive, length, &options, err);
    if (module) {
        drive_loaded++;
        for (int i = 0; i < METHODS && lb_method_name(module, i); i++) {
            ask_texts(module, lb_method_name(module, i), err);
            call_method(module, lb_method_name(module, i), err);
        }
        lb_text_free(lb_repr(module, err));
        lb_text_free(lb_info_json(module, err));
        lb_error_clear(err);
        save(module, err);
    }
    lb_module_free(module);
    lb_error_free(err);
}

/* ---- Zip ---- */

static void put(uint8_t **to, uint64_t value, int bytes) {
    for (int i = 0; i < bytes; i++) *(*to)++ = (uint8_t)(i < 8 ? value >> (8 * i) : 0);
}

static void put_header(uint8_t **to, const record *r, bool central, size_t offset) {
    size_t name = strlen(r->name);
    put(to, central ? 0x02014b50 : 0x04034b50, 4);
    if (central) put(to, 20, 2);
    put(to, 20, 2);
    put(to, 0, 8); /* flags, method, time, date */
    put(to, crc32(0, r->bytes, (uInt)r->length), 4);
    put(to, r->length, 4);
    put(to, r->length, 4);
    put(to, name, 2);
    put(to, 0, 2);
    if (central) {
        put(to, 0, 10); /* comment, disk, attributes */
        put(to, offset, 4);
    }
    memcpy(*to, r->name, name);
    *to += name;
}

uint8_t *wrap_records(const record *records, int count, size_t *length) {
    enum { MOST = 16 };
    size_t room = 22, offsets[MOST];
    for (int i = 0; i < count; i++) room += 76 + 2 * strlen(records[i].name) + records[i].length;
    uint8_t *bytes = count <= MOST ? malloc(room) : NULL, *at = bytes;
    if (!bytes) return NULL;
    for (int i = 0; i < count; i++) {
        offsets[i] = (size_t)(at - bytes);
        put_header(&at, &records[i], false, 0);
        if (records[i].length) memcpy(at, records[i].bytes, records[i].length);
        at += records[i].length;
    }
    size_t directory = (size_t)(at - bytes);
    for (int i = 0; i < count; i++) put_header(&at, &records[i], true, offsets[i]);
    size_t size = (size_t)(at - bytes) - directory;
    put(&at, 0x06054b50, 4);
    put(&at, 0, 4);
    put(&at, (uint64_t)count, 2);
    put(&at, (uint64_t)count, 2);
    put(&at, size, 4);
    put(&at, directory, 4);
    put(&at, 0, 2);
    *length = (size_t)(at - bytes);
    return bytes;
}
