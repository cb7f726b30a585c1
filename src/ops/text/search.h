/* Parts of strings, borrowed, and where they are: what the string families share. */
#ifndef LINKBOY_OPS_TEXT_SEARCH_H
#define LINKBOY_OPS_TEXT_SEARCH_H
#include "value/value.h"

struct view {
    const char *bytes;
    int64_t length;
};

struct view view_of(const struct string *s);
/* The first occurrence at or after `from`; -1: none. */
int64_t view_find(struct view text, struct view part, int64_t from);
/* The last occurrence that ends at or before `end`; -1: none. */
int64_t view_find_last(struct view text, struct view part, int64_t end);

#endif
