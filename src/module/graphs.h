/* Functions and methods that are made of graphs, and graphs put in the place of others. Each takes a copy of
 * the graph, which must be of the unit, valid (graph_verify) and give one value. */
#ifndef LINKBOY_MODULE_GRAPHS_H
#define LINKBOY_MODULE_GRAPHS_H
#include "ir/graph.h"
#include "types/unit.h"

/* A free function of the graph's unit; the name is mangled when it is taken. Its schema is made of the
 * graph's inputs and outputs (defaultSchemaFor in torch/csrc/jit/api/function_impl.h). */
struct function *function_from_graph(struct graph *g, const char *qualified, lb_error *err);
/* A method of a class, whose type the graph's first input has. */
struct function *method_from_graph(struct graph *g, const struct type *class, const char *name,
                                   lb_error *err);
/* A module whose `forward` is the function, as PyTorch saves functions: of the class PlaceholderModule, with
 * an attribute `training`; defaults are lost (addFunctionToModule in torch/csrc/jit/api/module_save.cpp). */
bool module_of_function(struct function *f, lb_value *root, lb_error *err);
/* Puts the graph in the place of the function's own; it must take and give what the schema says. All code of
 * the unit is made anew at the next call; what a call may still run stays until the unit goes. */
bool function_set_graph(struct function *f, struct graph *g, lb_error *err);
#endif
