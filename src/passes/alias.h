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
/* The same where nobody trains, and each attribute of a module is a thing of its own. */
struct alias_db *alias_analyze_frozen(struct graph *g, lb_error *err);
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
/* What a node and those in its blocks read (with all that it contains), and write. */
void alias_add_reads(struct alias_db *db, unsigned char *set, const struct node *n);
void alias_add_writes(struct alias_db *db, unsigned char *set, const struct node *n);
bool alias_sets_meet(const struct alias_db *db, const unsigned char *a, const unsigned char *b);
/* v may be an input of the node, or be held by one. */
bool alias_in_inputs(struct alias_db *db, const struct node *n, const struct ir_value *v);

/* The database follows a change of the graph, instead of being made anew: the node's writes are gone (or the
 * node is), and `by` has the memory of v, which is somebody else's from then on. False when memory is out. */
bool alias_forget_writes(struct alias_db *db, const struct node *n);
bool alias_replace_value(struct alias_db *db, const struct ir_value *v, const struct ir_value *by);

/* Moves a node to just before `place` in the same block, with what depends on it going behind `place`;
 * nothing is moved and the answer is false where that would change what the program does, or memory is out
 * (AliasDb::moveBeforeTopologicallyValid). */
bool alias_move_before(struct alias_db *db, struct node *n, struct node *place);
#endif
