/* Small helpers of the commands: memory that is there, formatted text, whole files, the clock.
 * Nothing here knows of a command. */
#include "tool.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

void *tool_realloc(void *old, size_t bytes) {
    void *found = realloc(old, bytes ? bytes : 1);
    if (!found) {
        output_error("out of memory");
        exit(TOOL_FAILED);
    }
    return found;
}

void *tool_alloc(size_t bytes) {
    return memset(tool_realloc(NULL, bytes), 0, bytes);
}

void *tool_grow(void *array, int count, size_t item) {
    bool full = (count & (count - 1)) == 0;
    return full ? tool_realloc(array, (size_t)(count ? 2 * count : 1) * item) : array;
}

char *tool_vformat(const char *format, va_list args) {
    va_list again;
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, format, again);
    va_end(again);
    char *text = tool_alloc((size_t)(length < 0 ? 0 : length) + 1);
    vsnprintf(text, (size_t)length + 1, format, args);
    return text;
}

char *tool_format(const char *format, ...) {
    va_list args;
    va_start(args, format);
    char *text = tool_vformat(format, args);
    va_end(args);
    return text;
}

static char *read_stream(FILE *from, size_t *length) {
    char *bytes = NULL;
    size_t used = 0, room = 0, got = 1;
    while (got > 0) {
        if (used + 1 >= room) bytes = tool_realloc(bytes, room = 2 * room + 4096);
        got = fread(bytes + used, 1, room - used - 1, from);
        used += got;
    }
    bytes[used] = 0;
    *length = used;
    return bytes;
}

char *tool_read_file(const char *path, size_t *length) {
    if (strcmp(path, "-") == 0) return read_stream(stdin, length);
    FILE *file = fopen(path, "rb");
    if (!file) return NULL;
    char *bytes = read_stream(file, length);
    bool bad = ferror(file) != 0;
    fclose(file);
    if (!bad) return bytes;
    free(bytes);
    errno = EIO;
    return NULL;
}

bool tool_has_suffix(const char *text, const char *suffix) {
    size_t n = strlen(text), m = strlen(suffix);
    return n >= m && strcmp(text + n - m, suffix) == 0;
}

int64_t tool_now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

lb_module *tool_load(const char *path, lb_error *err, int *status) {
    lb_module *module = NULL;
    if (strcmp(path, "-") == 0) {
        size_t length;
        char *bytes = tool_read_file(path, &length);
        module = lb_load_memory(bytes, length, NULL, err);
        free(bytes);
    } else {
        module = lb_load(path, NULL, err);
    }
    if (!module) *status = output_library_error(path, err);
    return module;
}
