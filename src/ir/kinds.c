/* The texts of the kinds that are known when the library is built, in the order of enum kind. */
#include "ir/kinds.h"

const char *const kind_texts[KIND_COUNT] = {
#define X(suffix, text) text,
    KINDS(X)
#undef X
};
