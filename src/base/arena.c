/* Arenas: chunks that double up to 1 MiB; a request larger than a chunk gets one of its own. */
#include "base/arena.h"
#include "base/mem.h"
#include <stdint.h>
#include <stdio.h>
#include <string.h>

struct arena_chunk {
    struct arena_chunk *next;
    size_t size;
};
enum { HEAD = 16, FIRST_CHUNK = 4096, LARGEST_CHUNK = 1 << 20 };

static bool add_chunk(struct arena *a, size_t bytes) {
    size_t size = a->size ? a->size * 2 : FIRST_CHUNK;
    if (size > LARGEST_CHUNK) size = LARGEST_CHUNK;
    if (size < bytes) size = bytes;
    if (size > SIZE_MAX / 2) return false;
    struct arena_chunk *chunk = mem_zeroed(1, HEAD + size);
    if (!chunk) return false;
    chunk->next = a->chunks;
    chunk->size = size;
    a->chunks = chunk;
    a->size = size;
    a->used = 0;
    a->total += size;
    return true;
}

void *arena_alloc(struct arena *a, size_t bytes) {
    if (bytes > SIZE_MAX / 4) return NULL;
    bytes = (bytes + 15) & ~(size_t)15;
    if (a->size - a->used < bytes && !add_chunk(a, bytes)) return NULL;
    void *memory = (char *)a->chunks + HEAD + a->used;
    a->used += bytes;
    return memory;
}

void *arena_copy(struct arena *a, const void *data, size_t bytes) {
    void *memory = arena_alloc(a, bytes);
    if (memory && bytes) memcpy(memory, data, bytes);
    return memory;
}

char *arena_text(struct arena *a, const char *text, size_t length) {
    char *copy = arena_alloc(a, length + 1);
    if (copy && length) memcpy(copy, text, length);
    return copy;
}

char *arena_printf(struct arena *a, const char *format, ...) {
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    char *text = length < 0 ? NULL : arena_alloc(a, (size_t)length + 1);
    if (text) vsnprintf(text, (size_t)length + 1, format, again);
    va_end(again);
    return text;
}

void arena_free(struct arena *a) {
    while (a->chunks) {
        struct arena_chunk *next = a->chunks->next;
        mem_free(a->chunks);
        a->chunks = next;
    }
    *a = (struct arena){0};
}
