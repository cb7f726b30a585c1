/* The one place that calls malloc; see mem.h. */
#include "base/mem.h"
#include <stdlib.h>
#include <string.h>

#ifdef LINKBOY_TEST_ALLOC
static _Atomic int64_t fail_in; /* allocations until one fails; 0: none will */
static _Atomic bool fail_always, has_failed;
static _Atomic int64_t live;

void mem_fail_at(int64_t nth, bool sticky) {
    fail_in = nth;
    fail_always = sticky;
    has_failed = false;
}

bool mem_failed(void) {
    return has_failed;
}

int64_t mem_live(void) {
    return live;
}

static bool allowed(void) {
    if (has_failed) return !fail_always;
    if (fail_in == 0 || --fail_in > 0) return true;
    has_failed = true;
    return false;
}
static void *counted(void *memory) {
    live += memory != NULL;
    return memory;
}
#define FREED(memory) (live -= (memory) != NULL)
#else
static bool allowed(void) {
    return true;
}
static void *counted(void *memory) {
    return memory;
}
#define FREED(memory) ((void)0)
#endif

void *mem_alloc(size_t bytes) {
    return allowed() ? counted(malloc(bytes ? bytes : 1)) : NULL;
}

void *mem_zeroed(size_t count, size_t item_size) {
    return allowed() ? counted(calloc(count ? count : 1, item_size ? item_size : 1)) : NULL;
}

void *mem_resize(void *memory, size_t bytes) {
    if (!memory) return mem_alloc(bytes);
    return allowed() ? realloc(memory, bytes ? bytes : 1) : NULL;
}

void mem_free(void *memory) {
    FREED(memory);
    free(memory);
}

void *mem_alloc_aligned(size_t bytes) {
    size_t rounded;
    if (!size_add(bytes, 64, &rounded) || !allowed()) return NULL;
    return counted(aligned_alloc(64, (rounded + 63) / 64 * 64));
}

void mem_free_aligned(void *memory) {
    mem_free(memory);
}

char *mem_copy_text(const char *text, size_t length) {
    char *copy = mem_alloc(length + 1);
    if (!copy) return NULL;
    memcpy(copy, text, length);
    copy[length] = 0;
    return copy;
}
