/* Good Python that TorchScript has not: where it stands in a definition, and what PyTorch says of it
 * (torch/jit/frontend.py). */
#ifndef LINKBOY_LANG_REFUSALS_H
#define LINKBOY_LANG_REFUSALS_H
#include "lang/tree.h"

/* The first such thing in a definition, reached or not, and PyTorch's words for it; NULL: there is none.
 * Printed code
 * (`python` false) may hold inner functions. */
/* PyTorch's words for one construct; NULL: TorchScript has it. */
const char *refusal_words(const struct tree *t);
const struct tree *refusal_find(const struct tree *def, bool python, const char **words);
#endif
