/* Every heap allocation of the library goes through here, so that a test can make the Nth one fail.
 * All functions may return NULL; callers pass the failure up. Build with LINKBOY_TEST_ALLOC to get
 * mem_fail_at(); without it this is malloc and nothing more. */
#ifndef LINKBOY_BASE_MEM_H
#define LINKBOY_BASE_MEM_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

void *mem_alloc(size_t bytes);
void *mem_zeroed(size_t count, size_t item_size);
void *mem_resize(void *memory, size_t bytes);
void mem_free(void *memory);
/* Aligned to 64 bytes; free with mem_free_aligned(). */
void *mem_alloc_aligned(size_t bytes);
void mem_free_aligned(void *memory);
/* A NUL-terminated copy of `length` bytes. */
char *mem_copy_text(const char *text, size_t length);

/* Products and sums of sizes from files; false when they overflow. */
static inline bool size_multiply(size_t a, size_t b, size_t *product) {
    return !__builtin_mul_overflow(a, b, product);
}
static inline bool size_add(size_t a, size_t b, size_t *sum) {
    return !__builtin_add_overflow(a, b, sum);
}

#ifdef LINKBOY_TEST_ALLOC
/* The Nth allocation from now fails (and all after it when `sticky`); 0 switches it off. */
void mem_fail_at(int64_t nth, bool sticky);
/* Whether one has failed since. */
bool mem_failed(void);
/* Allocations that are not freed yet. */
int64_t mem_live(void);
#endif
#endif
