/* How operators show values inside texts: str(), format, print, error messages. */
#ifndef LINKBOY_OPS_TEXT_WORDS_H
#define LINKBOY_OPS_TEXT_WORDS_H
#include "value/print.h"

extern const struct value_words op_words;

#endif
