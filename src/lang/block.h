/* How far a definition reaches in a Python file, found by its lines alone (inspect.getblock). */
#ifndef LINKBOY_LANG_BLOCK_H
#define LINKBOY_LANG_BLOCK_H
#include <stddef.h>

/* The length of the definition that begins at `text`, its decorators counted in: up to the last line of its
 * body, comments that are indented like the body included. */
size_t block_length(const char *text, size_t length);
#endif
