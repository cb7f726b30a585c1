/* The graph: TorchScript's own typed SSA form. A graph has one top block; a node has a kind, attributes,
 * inputs, outputs and nested blocks; a value has a type, perhaps a debug name, and the list of its uses. A
 * block's inputs are the outputs of its param node, its results the inputs of its return node.
 *
 * Numbers and names follow torch/csrc/jit/ir/ir.cpp to the letter, since PyTorch's printed numbers depend on
 * the order in which values are made: graph_new_node() makes one output unless told otherwise, every value
 * takes the next number, no number is used twice, and value_set_name() renames the older holder of a name.
 *
 * Everything lives in the graph's arena; destroying a node only unlinks it. */
#ifndef LINKBOY_IR_GRAPH_H
#define LINKBOY_IR_GRAPH_H
#include "base/source.h"
#include "ir/kinds.h"
#include "types/unit.h"

struct graph;
struct node;
struct block;

struct use {
    struct node *user;
    int offset; /* which input */
};

struct ir_value {
    struct node *node; /* who makes it; a param node for block inputs */
    int offset;        /* which output */
    int unique;        /* PyTorch's value number */
    const struct type *type;
    const struct name *debug_name; /* NULL: prints its number */
    ARRAY_OF(struct use) uses;     /* order of creation, as PyTorch's */
};

enum attribute_kind {
    ATTRIBUTE_INT,
    ATTRIBUTE_FLOAT,
    ATTRIBUTE_COMPLEX,
    ATTRIBUTE_STRING,
    ATTRIBUTE_TENSOR,
    ATTRIBUTE_TYPE,
    ATTRIBUTE_INTS,
    ATTRIBUTE_FLOATS,
    ATTRIBUTE_STRINGS,
    ATTRIBUTE_TENSORS,
    ATTRIBUTE_TYPES,
    ATTRIBUTE_GRAPH,
    ATTRIBUTE_GRAPHS,
    ATTRIBUTE_VALUE, /* any other constant: list, dict, tuple, enum, object, device */
};

struct attribute {
    const struct name *name;
    enum attribute_kind kind;
    union {
        int64_t i;
        double f;
        lb_value value; /* STRING, TENSOR, COMPLEX, VALUE; owned by the graph */
        const struct type *type;
        struct graph *graph;
        struct {
            int count;
            void *items;
        } list; /* int64_t, double, lb_value, const struct type *, struct graph * */
    };
};

struct node {
    const struct name *kind; /* "aten::add", "prim::If"; kind->known is enum kind for those of ir/kinds.h */
    struct graph *graph;
    struct block *block;          /* that owns it; NULL: not inserted */
    struct node *previous, *next; /* in its block: a ring through the block's return node */
    int64_t position;             /* order within its block; see node_is_before() */
    ARRAY_OF(struct ir_value *) inputs;
    ARRAY_OF(struct ir_value *) outputs;
    ARRAY_OF(struct block *) blocks;
    ARRAY_OF(struct attribute) attributes; /* order of insertion */
    struct source_range range;
    const char *scope;        /* traced graphs: "__module.conv", a name of the unit's; else NULL */
    const struct op_row *row; /* the operator matched, NULL for prim kinds without a row; see ops/ops.h */
    const struct function
        *function; /* prim::CallFunction's callee constant, prim::CallMethod's method once known */
    bool destroyed;
};

struct block {
    struct graph *graph;
    struct node *owner;  /* NULL for the top block */
    struct node *param;  /* kind prim::Param: its outputs are the block's inputs */
    struct node *result; /* kind prim::Return: its inputs are the block's outputs; closes the ring of nodes */
};

struct graph {
    struct arena memory;
    struct unit *unit;
    struct block *top;
    int next_unique;
    struct table by_name;               /* debug name -> struct ir_value * */
    struct table name_suffixes;         /* base name -> last suffix used + 1 */
    struct node *insert_before;         /* insertion point: new nodes go before this one */
    struct source_range current_range;  /* given to new nodes */
    ARRAY_OF(lb_value) owned;           /* values of attributes, released with the graph */
    ARRAY_OF(struct graph *) subgraphs; /* of attributes, freed with the graph */
    bool is_tried; /* of prim::Try: what raises here is caught, so raising is an effect */
};

struct graph *graph_new(struct unit *unit);
void graph_free(struct graph *g);
/* Numbers renewed in order (inputs, then nodes depth first), debug names kept (Graph::copy). */
struct graph *graph_copy(struct graph *g);
/* A copy that prints the same and goes on counting from the same number. */
struct graph *graph_duplicate(struct graph *g);

/* Making. NULL when memory is out. A new node is not in any block yet. */
struct node *graph_new_node(struct graph *g, const struct name *kind, int outputs);
struct node *graph_new_known(struct graph *g, enum kind kind, int outputs); /* a kind of ir/kinds.h */
struct ir_value *node_add_input(struct node *n, struct ir_value *v);
struct ir_value *node_insert_input(struct node *n, int at, struct ir_value *v);
struct ir_value *node_add_output(struct node *n); /* type Tensor until set */
struct ir_value *node_insert_output(struct node *n, int at);
struct block *node_add_block(struct node *n);
struct ir_value *block_add_input(struct block *b);
struct ir_value *block_insert_input(struct block *b, int at);
int block_add_output(struct block *b, struct ir_value *v); /* its index, -1: memory */
/* Places the node at the insertion point and gives it back. */
struct node *graph_insert(struct graph *g, struct node *n);
struct node *node_insert_before(struct node *n, struct node *place);
struct node *node_insert_after(struct node *n, struct node *place);
void node_move_before(struct node *n, struct node *place);
void node_move_after(struct node *n, struct node *place);

/* Unmaking. Destroyed nodes must have no uses. Names are freed, numbers are not. */
void node_destroy(struct node *n);
void node_remove_input(struct node *n, int at);
void node_remove_all_inputs(struct node *n);
void node_replace_input(struct node *n, int at, struct ir_value *v);
void node_erase_output(struct node *n, int at); /* must have no uses */
void node_erase_block(struct node *n, int at);
void block_erase_input(struct block *b, int at);
void block_erase_output(struct block *b, int at);
bool value_replace_uses(struct ir_value *from, struct ir_value *to);

/* Value::setDebugName: renames an older holder. An empty text takes the name away. False when memory is out.
 */
bool value_set_name(struct ir_value *v, const char *text);
bool value_has_name(const struct ir_value *v);
/* Copies type and name (Value::copyMetadata). */
bool value_copy_metadata(struct ir_value *to, const struct ir_value *from);

/* Copies a node (with its blocks) into graph `g`; `map` gives the new value for an old one. The copy is not
 * inserted (Node::clone / createClone). */
struct node *graph_clone_node(struct graph *g, struct node *n,
                              struct ir_value *(*map)(void *context, struct ir_value *v), void *context,
                              bool copy_blocks);
bool block_clone_from(struct block *to, struct block *from,
                      struct ir_value *(*map)(void *context, struct ir_value *v), void *context);

/* Attributes. Setting a present name replaces it in place. Values are copied (retained). */
const struct attribute *node_attribute(const struct node *n, const char *name);
bool node_set_int(struct node *n, const char *name, int64_t value);
bool node_set_float(struct node *n, const char *name, double value);
bool node_set_string(struct node *n, const char *name, const char *text, int64_t length);
bool node_set_type(struct node *n, const char *name, const struct type *type);
bool node_set_types(struct node *n, const char *name, int count, const struct type *const *types);
bool node_set_value(struct node *n, const char *name, lb_value value); /* picks the kind by the value's tag */
bool node_set_graph(struct node *n, const char *name, struct graph *subgraph); /* takes it over */
/* INTS, FLOATS, STRINGS or TENSORS from a list whose items are such. False with nothing set when they are
 * not.
 */
bool node_set_list(struct node *n, const char *name, enum attribute_kind kind, const struct list *list);
bool node_copy_attributes(struct node *to, const struct node *from);
void node_remove_attribute(struct node *n, const char *name);
/* The attribute as a value, plural ones as a list; the caller's. False for types and graphs, or memory. */
bool attribute_value(struct type_store *types, const struct attribute *a, lb_value *out, lb_error *err);

/* Constants (torch/csrc/jit/ir/constants.cpp). Inserts prim::Constant at the insertion point; its type is the
 * value's own unless `type` says otherwise. NULL: memory, or a value that can be no constant. */
struct ir_value *graph_insert_constant(struct graph *g, lb_value value, const struct type *type,
                                       struct source_range range);
/* False when the node is no prim::Constant or is a Function; the value is borrowed from the node. */
bool node_constant(const struct node *n, lb_value *value);
static inline bool node_is(const struct node *n, enum kind kind) {
    return n->kind->known == (int32_t)kind;
}

/* Walking: for (n = block_first(b); n != b->result; n = n->next). */
static inline struct node *block_first(const struct block *b) {
    return b->result->next;
}
static inline struct node *block_last(const struct block *b) {
    return b->result->previous;
}
/* Whether `a` stands before `b` (also across nested blocks, as Node::isBefore). */
bool node_is_before(const struct node *a, const struct node *b);
#endif
