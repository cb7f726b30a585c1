/* Which values may share memory, and which nodes write to what (AliasDb, MemoryDAG in
 * torch/csrc/jit/ir/alias_analysis.cpp and torch/csrc/jit/passes/utils/memory_dag.cpp). Every value of a
 * mutable type has an element; an element may point to others (then its memory is theirs) and contain others.
 * What enters a container, leaves one, or comes from outside is a "wildcard": it may share memory with every
 * other wildcard of its type. Mutation and sharing are read from the schemas' annotations. The database
 * describes the graph as it was when it was made: values made later are unknown to it. */
#ifndef LINKBOY_PASSES_ALIAS_H
#define LINKBOY_PASSES_ALIAS_H
#include "ir/graph.h"

struct alias_db;

/* NULL: memory. */
struct alias_db *alias_analyze(struct graph *g, lb_error *err);
void alias_free(struct alias_db *db);

/* Tensors, lists, dicts, objects, and what holds them. */
bool alias_type_is_mutable(struct type_store *types, const struct type *t);
/* Somebody writes to what v may be. */
bool alias_has_writers(const struct alias_db *db, const struct ir_value *v);
/* The node itself (not its blocks) writes to a wildcard. */
bool alias_writes_to_wildcard(const struct alias_db *db, const struct node *n);
/* One use of two values in place of each other changes nothing that a write or the outside could see
 * (safeToChangeAliasingRelationship). */
bool alias_may_merge(struct alias_db *db, const struct ir_value *a, const struct ir_value *b);

/* What v is or holds may be, or be held by, a result of the graph. */
bool alias_reaches_outputs(struct alias_db *db, const struct ir_value *v);

/* A set of memory locations that grows: those of live values. One byte for each location; free with mem_free.
 */
unsigned char *alias_new_set(const struct alias_db *db);
void alias_add_to_set(const struct alias_db *db, unsigned char *set, const struct ir_value *v);
/* The node or one in its blocks writes to a location of the set. */
bool alias_writes_to_set(const struct alias_db *db, const struct node *n, const unsigned char *set);
#endif
