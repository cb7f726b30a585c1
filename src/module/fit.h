/* Whether the arguments of a call from outside fit one schema of an operator, and what becomes of them. The
 * rules are those of PyTorch's Python binding (torch/csrc/utils/python_arg_parser.cpp) and of torch.ops
 * (toIValue). */
#ifndef LINKBOY_MODULE_FIT_H
#define LINKBOY_MODULE_FIT_H
#include "module/call.h"
#include "ops/ops.h"
#include "types/schema.h"
#include "types/unit.h"

enum { FIT_MOST_ARGUMENTS = 64 };

enum fit { FIT_NOT, FIT_CONVERTED, FIT_EXACT };

/* Why a schema is not taken. */
enum misfit {
    MISFIT_NONE,
    MISFIT_TOO_MANY, /* positional arguments: `index` are taken */
    MISFIT_MISSING,  /* argument `index` */
    MISFIT_TWICE,    /* argument `index`, by position and by name */
    MISFIT_UNKNOWN,  /* named argument `index` of the call */
    MISFIT_TYPE,     /* argument `index` */
};

/* The call's arguments in the places of the schema's. */
struct binding {
    const struct schema *schema;
    const struct call_arguments *call;
    const lb_value *given[FIT_MOST_ARGUMENTS]; /* borrowed; NULL: the default */
    int rest; /* the argument that takes all positional ones from its place on, as a list; -1: none */
    bool numbers_as_tensors;
    enum misfit misfit;
    int index; /* see enum misfit */
    int score; /* how many arguments fitted before one did not */
};

/* How well the call fits; below FIT_EXACT something is converted that PyTorch converts only when nothing fits
 * as it is. */
enum fit binding_fit(struct binding *b, const struct schema *schema, const struct call_arguments *call,
                     bool numbers_as_tensors);
/* Fills `args`, one for each of the schema's arguments, to be released by the caller (also those that were
 * filled when it fails). */
bool binding_convert(const struct binding *b, struct type_store *types, lb_value *args, int *filled,
                     lb_error *err);
#endif
