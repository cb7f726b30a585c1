/* How far two names are from each other: the insertions, removals and changes of letters that turn one into
 * the other. */
#ifndef LINKBOY_BASE_EDIT_DISTANCE_H
#define LINKBOY_BASE_EDIT_DISTANCE_H

/* Anything over `farthest` is farthest + 1. */
int edit_distance(const char *a, const char *b, int farthest);
#endif
