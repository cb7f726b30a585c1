/* An arena: memory that lives and dies together (a compilation unit, a parse, a graph). Blocks are zeroed and
 * aligned to 16. Nothing in it is freed by itself. All functions return NULL when memory is out. */
#ifndef LINKBOY_BASE_ARENA_H
#define LINKBOY_BASE_ARENA_H
#include <stdarg.h>
#include <stddef.h>

struct arena_chunk;
struct arena {
    struct arena_chunk *chunks;
    size_t used, size; /* of the newest chunk */
    size_t total;      /* bytes of all chunks */
};

void *arena_alloc(struct arena *a, size_t bytes);
void *arena_copy(struct arena *a, const void *data, size_t bytes);
/* A NUL-terminated copy. */
char *arena_text(struct arena *a, const char *text, size_t length);
char *arena_printf(struct arena *a, const char *format, ...) __attribute__((format(printf, 2, 3)));
void arena_free(struct arena *a);

#define arena_new(a, type)          ((type *)arena_alloc(a, sizeof(type)))
#define arena_array(a, type, count) ((type *)arena_alloc(a, sizeof(type) * (size_t)(count)))
#endif
