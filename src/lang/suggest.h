/* Operators whose names are like one that does not exist. */
#ifndef LINKBOY_LANG_SUGGEST_H
#define LINKBOY_LANG_SUGGEST_H
#include "base/text.h"

/* Puts "\tNAME\n" for each operator at most two letters away, the nearest first; false when there is none. */
bool suggest_operators(struct text *out, const char *name);
#endif
