/* Parts of a graph that look like a pattern, and what is put in their place. A pattern is a graph of one
 * block: its inputs stand for anything, its nodes for nodes of the same kind with the same attributes and
 * inputs, all in one block; what it does not give out may have no other uses. Rules:
 * torch/csrc/jit/ir/subgraph_matcher.cpp, torch/csrc/jit/passes/subgraph_rewrite.cpp. */
#ifndef LINKBOY_PASSES_REWRITE_H
#define LINKBOY_PASSES_REWRITE_H
#include "ir/graph.h"

struct match {
    const struct graph *pattern;
    struct table nodes;  /* of the pattern -> of the graph */
    struct table values; /* the same */
};

/* What a value of the pattern stands for, by its name there. */
struct ir_value *match_value(const struct match *m, const char *name);

/* A value of the replacement whose node comes from the node of a value of the pattern: it keeps the source
 * range. */
struct rewrite_origin {
    const char *replacement, *pattern;
};

struct rewrite {
    const char *pattern, *replacement;    /* texts of graphs with the same inputs and as many outputs */
    const struct rewrite_origin *origins; /* `origin_count` of them */
    int origin_count;
    bool (*accept)(const struct match *m); /* NULL: every match */
};

/* Replaces all matches that do not overlap with one before. False with err when a text does not parse or is
 * no pattern. */
bool rewrite_graph(struct graph *g, const struct rewrite *rule, lb_error *err);
#endif
