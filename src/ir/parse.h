/* Graphs from their text: what graph_put() writes, and the same written by hand
 * (torch/csrc/jit/ir/irparser.cpp).
 *
 * Numbers are not kept, names are (PyTorch keeps those of inputs alone): values are numbered as they are
 * read, outputs of a node before its blocks. Comments are dropped. Classes, enums and NamedTuples that the
 * unit does not know are declared, and the graph is verified. A tensor constant that does not show its
 * elements gets its sizes and dtype with zeros. */
#ifndef LINKBOY_IR_PARSE_H
#define LINKBOY_IR_PARSE_H
#include "ir/graph.h"

/* NULL with an error that names line and column. */
struct graph *graph_parse(struct unit *unit, const char *text, size_t length, lb_error *err);
#endif
