/* See pickle_write.h. */
#include "archive/pickle_write.h"
#include "base/mem.h"
#include <string.h>

static void put_number(struct pickle_writer *w, uint64_t v, int bytes) {
    for (int i = 0; i < bytes; i++) text_put_char(&w->out, (char)(v >> 8 * i));
}

bool pickle_writer_open(struct pickle_writer *w, lb_error *err) {
    *w = (struct pickle_writer){0};
    text_put(&w->out, "\x80\x02");
    return name_pool_init(&w->names, NULL, 0) || error_memory(err);
}

void pickle_writer_free(struct pickle_writer *w) {
    text_free(&w->out);
    name_pool_free(&w->names);
    table_free(&w->strings);
    table_free(&w->globals);
    table_free(&w->identities);
}

bool pickle_writer_good(const struct pickle_writer *w, lb_error *err) {
    return !w->failed && !w->out.failed ? true : error_memory(err);
}

void pickle_put(struct pickle_writer *w, const char *opcodes) {
    text_put(&w->out, opcodes);
}

void pickle_put_bool(struct pickle_writer *w, bool value) {
    text_put_char(&w->out, value ? '\x88' : '\x89');
}

void pickle_put_int(struct pickle_writer *w, int64_t v) {
    int bytes = v >= 0 && v <= UINT8_MAX ? 1 : v >= 0 && v <= UINT16_MAX ? 2 : 4;
    if (v < INT32_MIN || v > INT32_MAX) bytes = 8;
    static const char *const opcodes[] = {[1] = "K", [2] = "M", [4] = "J", [8] = "\x8a\x08"};
    text_put(&w->out, opcodes[bytes]);
    put_number(w, (uint64_t)v, bytes);
}

void pickle_put_float(struct pickle_writer *w, double value) {
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    text_put_char(&w->out, 'G');
    for (int i = 7; i >= 0; i--) text_put_char(&w->out, (char)(bits >> 8 * i));
}

/* ---- memo ---- */

static void put_memo(struct pickle_writer *w, char narrow, char wide, uint32_t number) {
    bool small = number <= UINT8_MAX;
    text_put_char(&w->out, small ? narrow : wide);
    put_number(w, number, small ? 1 : 4);
}

static bool get_known(struct pickle_writer *w, const struct table *known, const void *key) {
    uintptr_t number = (uintptr_t)table_get(known, key);
    if (number) put_memo(w, 'h', 'j', (uint32_t)(number - 1));
    return number != 0;
}

static void memoize(struct pickle_writer *w, struct table *known, const void *key) {
    put_memo(w, 'q', 'r', w->memo++);
    if (key && !table_set(known, key, (void *)(uintptr_t)w->memo)) w->failed = true;
}

bool pickle_put_known(struct pickle_writer *w, const void *identity) {
    return get_known(w, &w->identities, identity);
}

void pickle_memoize(struct pickle_writer *w, const void *identity) {
    memoize(w, &w->identities, identity);
}

void pickle_put_string(struct pickle_writer *w, const char *bytes, size_t length) {
    const struct name *name = length <= UINT32_MAX ? name_intern(&w->names, bytes, length) : NULL;
    if (!name) w->failed = true;
    if (!name || get_known(w, &w->strings, name)) return;
    text_put_char(&w->out, 'X');
    put_number(w, length, 4);
    text_put_bytes(&w->out, bytes, length);
    memoize(w, &w->strings, name);
}

void pickle_put_text(struct pickle_writer *w, const char *text) {
    pickle_put_string(w, text, strlen(text));
}

void pickle_put_global(struct pickle_writer *w, const char *qualified) {
    const struct name *name = name_intern(&w->names, qualified, strlen(qualified));
    if (!name) w->failed = true;
    if (!name || get_known(w, &w->globals, name)) return;
    const char *dot = strrchr(qualified, '.'), *last = dot ? dot + 1 : qualified;
    text_put_char(&w->out, 'c');
    text_put_bytes(&w->out, qualified, dot ? (size_t)(dot - qualified) : 0);
    text_put_char(&w->out, '\n');
    text_put(&w->out, last);
    text_put_char(&w->out, '\n');
    memoize(w, &w->globals, name);
}

/* ---- tuples ---- */

void pickle_put_ints(struct pickle_writer *w, const int64_t *ints, int count) {
    text_put_char(&w->out, '(');
    for (int i = 0; i < count; i++) pickle_put_int(w, ints[i]);
    text_put_char(&w->out, 't');
}

void pickle_open_tuple(struct pickle_writer *w, int64_t count) {
    if (count > 3) text_put_char(&w->out, '(');
}

void pickle_close_tuple(struct pickle_writer *w, int64_t count) {
    static const char opcodes[] = {')', '\x85', '\x86', '\x87'};
    text_put_char(&w->out, count > 3 ? 't' : opcodes[count]);
}
