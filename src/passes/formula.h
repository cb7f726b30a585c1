/* Computing with values at compile time, by a few lines of a graph's text: what passes fold into weights is
 * written as the operators that it stands for. */
#ifndef LINKBOY_PASSES_FORMULA_H
#define LINKBOY_PASSES_FORMULA_H
#include "types/unit.h"

/* The text is a graph without blocks whose inputs are `inputs`. Its results come out in `results`, the
 * caller's; all None when it fails: an input can be no constant, an operator
 * refuses, or memory is out. */
bool formula_compute(struct unit *unit, const char *text, const lb_value *inputs, lb_value *results);
#endif
