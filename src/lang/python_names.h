/* What names of Python's libraries mean to a program: `math.sqrt` is an operator, `torch.float32` a number,
 * `torch.jit.fork` a special form (torch/jit/_builtins.py). */
#ifndef LINKBOY_LANG_PYTHON_NAMES_H
#define LINKBOY_LANG_PYTHON_NAMES_H
#include "base/arena.h"
#include <stdbool.h>
#include <stdint.h>

struct python_name {
    const char *path; /* "math.pi" */
    const char *op;   /* an operator */
    uint8_t form;     /* enum special_form; 0: none */
    bool is_float;
    double number; /* when there is neither operator nor form */
};

const struct python_name *python_name_find(const char *path);
/* The operator that a function of torch or one of its modules stands for, in the arena; NULL: none. */
const char *python_operator(struct arena *a, const char *path);
bool python_is_module(const char *path);
#endif
