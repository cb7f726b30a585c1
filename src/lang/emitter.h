/* What the files of the emitter share: its state and the small steps that they all take. emit.h is the way
 * in. */
#ifndef LINKBOY_LANG_EMITTER_H
#define LINKBOY_LANG_EMITTER_H
#include "lang/emit.h"
#include "lang/report.h"
#include "lang/sugared.h"

/* A scope: function, arm of an if, body of a loop, comprehension, closure. First-class variables are
 * prim::Store and prim::Load with a type kept here; others are kept as they are. */
struct frame {
    struct frame *outer, *allocated_before;
    struct block *block;
    struct table types;                    /* const struct name * -> const struct type * */
    struct table sugared;                  /* const struct name * -> struct sugared * */
    ARRAY_OF(const struct name *) defined; /* names that `types` has or had, in order of their first store */
    struct table
        known; /* variables that hold a constant here: name -> its node's value; see wide_constant() */
    struct table paths; /* what tests say of expressions: name -> const struct type *; see lower_truth.c */
    struct table unset; /* outermost frame: name -> struct unset * */
};

/* Why a variable that something has set has no value behind an if: one arm alone sets it, or the arms give it
 * types that do not go together (those of the arms in `types`, NULL where only one sets it). */
struct unset {
    const char *text; /* PyTorch's words */
    struct source_range at, test;
    const struct frame *frame; /* in which the if stands */
    const struct type *types[2];
    bool written; /* people wrote this if: it is none of a lowering */
    int setter;   /* the arm that sets it: 0 when the test is true */
    int count;    /* ifs that left it so */
    int exits;    /* the emitter's exits when the last of them ended */
};

/* Return types of the definition at hand; definitions nest as closures do. */
struct definition {
    const struct type *declared, *merged; /* NULL: none yet */
    struct source_range returned;         /* the first return */
};

enum loop_status { LOOP_NONE, LOOP_REAL, LOOP_UNROLLED };

struct tried;

struct emitter {
    struct unit *unit;
    struct type_store *types;
    struct graph *graph;
    struct function *function;
    struct resolver *resolver;
    const struct type *self_type;
    struct arena memory; /* of the emitter alone: frames, sugared values, lists */
    struct frame *frame, *frames;
    struct definition definition;
    enum loop_status loop_status;
    struct table exits;    /* blocks that end in a return or raise */
    int exit_count;        /* returns, raises, breaks and continues so far */
    struct table literals; /* number's text -> the node that all its literals share */
    int temporaries;
    struct table places; /* variable -> the struct source_range of its first store; of Python alone */
    struct wide *wide;   /* NULL: as PyTorch compiles, and nothing else */
    const struct lifted_names *known; /* see specialize.h */
    int64_t operator_version;         /* of the code that is compiled; -1: today's */
    struct table old_operators; /* nodes that are calls of operators as they once were; see upgraders.h */
    bool has_old_operators;
    struct tried *tried;      /* the block under `try` at hand (lower_try.c) */
    struct ir_value *handled; /* what the except block at hand has caught */
    const struct tree *left;  /* says whether the block at hand is being left (lower_exits.c); NULL: never */
    struct source_range pending; /* the expression at hand: where callees are compiled from */
    lb_error *err, *own_err;     /* they differ while an attempt is made (wide.h) */
    int depth;
};

/* A condition: its value, what it says of types of variables, and its truth if that is certain. */
struct refinement {
    const struct name *name;
    const struct type *type;
};
struct refinements {
    struct refinement *items;
    int count;
};
struct condition {
    struct ir_value *value;
    struct refinements when_true, when_false;
    int known; /* -1: not known while compiling; 0, 1 */
};

/* ---- errors (always NULL / false) ---- */
void *emit_error(struct emitter *e, struct source_range at, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void *emit_out_of_memory(struct emitter *e);
const char *emit_type_words(struct emitter *e, const struct type *t); /* repr_str */

/* ---- nodes (emit_nodes.c) ---- */
const struct name *emit_name(struct emitter *e, const char *text);
struct node *emit_node(struct emitter *e, enum kind kind, int outputs, struct ir_value *const *inputs,
                       int count);
struct node *emit_node_named(struct emitter *e, const struct name *kind, int outputs,
                             struct ir_value *const *inputs, int count); /* inserted at the insertion point */
struct ir_value *emit_typed(struct emitter *e, enum kind kind, const struct type *type,
                            struct ir_value *const *inputs, int count);         /* one output of this type */
bool emit_set_name(struct emitter *e, struct node *n, const struct name *name); /* attribute "name" */
struct ir_value *emit_constant(struct emitter *e, lb_value v, struct source_range at); /* copies v */
struct ir_value *emit_int(struct emitter *e, int64_t i, struct source_range at);
struct ir_value *emit_bool(struct emitter *e, bool b, struct source_range at);
struct ir_value *emit_text(struct emitter *e, const char *text, int64_t length, struct source_range at);
struct ir_value *emit_none(struct emitter *e, const struct type *type); /* NULL: NoneType; without a range */
struct ir_value *emit_list(struct emitter *e, const struct type *element, struct ir_value *const *items,
                           int count);
struct ir_value *emit_tuple(struct emitter *e, struct ir_value *const *items, int count,
                            const struct type *type);
struct ir_value *emit_cast(struct emitter *e, struct ir_value *v,
                           const struct type *type); /* prim::unchecked_cast */
struct ir_value *emit_uninitialized(struct emitter *e, const struct type *type);
struct ir_value *emit_tuple_item(struct emitter *e, struct ir_value *tuple, struct ir_value *index,
                                 const struct type *type);
/* The items of a tuple: those it was just made of, or new outputs. Their count is the type's. */
struct ir_value *const *emit_unpack(struct emitter *e, struct ir_value *tuple);
/* The same as outputs of a node always. */
struct ir_value *const *emit_unpack_node(struct emitter *e, struct ir_value *tuple);
struct ir_value *emit_actual(struct emitter *e, const struct actual *a);
/* Numbers in the text share one node each, at the very front of the graph (materializeConstant). */
struct ir_value *emit_literal(struct emitter *e, lb_value number, struct source_range at);
bool emit_is_constant(const struct ir_value *v, lb_value *out);
bool is_subtype(struct emitter *e, const struct type *a, const struct type *b);
static inline bool is_tensor(struct emitter *e, const struct type *t) {
    return is_subtype(e, t, e->types->tensor);
}
static inline const struct type *simple_type(struct emitter *e, enum type_kind kind) {
    return e->types->simple[kind];
}
static inline struct actuals actuals_of(const struct actual *items, int count) {
    return (struct actuals){items, count, NULL, 0};
}

/* ---- insertion point ---- */
struct insertion {
    struct node *before;
};
static inline struct insertion emit_at(struct emitter *e, struct node *before) {
    struct insertion old = {e->graph->insert_before};
    e->graph->insert_before = before;
    return old;
}
static inline struct insertion emit_into(struct emitter *e, struct block *b) {
    return emit_at(e, b->result);
}
static inline void emit_back(struct emitter *e, struct insertion old) {
    e->graph->insert_before = old.before;
}

/* Where the emitter is between two statements or before an expression: what fails behind it can be given up.
 */
struct emitter_place {
    struct frame *frame;
    struct node *before;
    struct definition definition;
    enum loop_status loop_status;
    struct tried *tried;
    struct ir_value *handled;
    const struct tree *left;
    int depth;
};
struct emitter_place emitter_here(const struct emitter *e);
void emitter_return(struct emitter *e, const struct emitter_place *to);

/* ---- variables (environment.c) ---- */
struct frame *frame_push(struct emitter *e, struct block *b);
struct frame *frame_pop(struct emitter *e);
void frames_free(struct emitter *e);
struct sugared *variable_find(struct emitter *e, struct frame *f,
                              const struct name *name); /* NULL: none, or an error */
struct sugared *variable_get(struct emitter *e, const struct name *name, struct source_range at);
struct ir_value *variable_value(struct emitter *e, struct frame *f, const struct name *name,
                                struct source_range at);
bool variable_set(struct emitter *e, struct source_range at, const struct name *name, struct sugared *value,
                  const struct type *annotated);
bool variable_remove(struct emitter *e, const struct name *name, struct source_range at);
/* Notes why a variable has no value; `why` and its text are copied. */
bool variable_unset(struct emitter *e, const struct name *name, const struct unset *why);
bool variable_set_type(struct emitter *e, const struct name *name, const struct type *type);
bool meaningful_name(const struct name *name);

/* ---- schema matching (match.c) ---- */
struct match {
    struct ir_value **inputs;
    int input_count;
    const struct type **returns;
    const struct schema *schema;
    int which;
};
bool match_schemas(struct emitter *e, const struct schema *const *schemas, int count, struct source_range at,
                   struct actuals actuals, const struct actual *self, struct match *out);
struct ir_value *match_convert(struct emitter *e, struct source_range at, const struct type *want,
                               struct ir_value *v, bool allow_conversions);
bool match_tuple_to_list(struct emitter *e, const struct type *tuple, const struct type *list);
/* Whether an operator of this name takes a `self` of this type (BuiltinFunction::tryCreate). */
bool match_has_method(struct emitter *e, const struct name *op, const struct type *self);
struct ir_value *emit_builtin(struct emitter *e, const struct name *op, struct source_range at,
                              struct actuals actuals, const struct actual *self);
struct ir_value *emit_operator(struct emitter *e, const char *op, struct source_range at,
                               struct ir_value *const *inputs, int count); /* positional arguments alone */
/* A function of a source that knows `torch` alone, compiled once per unit; `key` names it there. */
struct function *builtin_compile(struct emitter *e, const char *source, const char *key);
/* A copy of a graph at the insertion point; its first result. */
struct ir_value *emit_graph_copy(struct emitter *e, struct graph *callee, struct ir_value *const *inputs,
                                 int count);

/* Compiles a callee now if need be; tells of the call when that fails. `what` is "function" or "method". */
bool emit_ensure(struct emitter *e, struct function *f, struct source_range at, const char *what);
/* A short text as it is written there; NULL: a long one. */
const char *emit_written(struct emitter *e, struct source_range at);
/* Tells of the place that named what did not compile. */
void emit_note_name(struct emitter *e, const struct name *name, struct source_range at);

/* ---- types of expressions (annotations.c) ---- */
const struct type *annotation_type(struct unit *unit, struct resolver *r, const struct tree *t,
                                   lb_error *err);
/* A set (a dict from what stands for an element to the element), and a dict whose keys TorchScript's dicts
 * cannot hold (a dict from their texts to pairs); marked types. */
const struct type *type_set_of(struct unit *unit, const struct type *element);
const struct type *type_keyed_dict(struct unit *unit, const struct type *key, const struct type *value);
bool type_may_be_key(const struct type *t);
static inline const struct type *emit_annotation(struct emitter *e, const struct tree *t) {
    return annotation_type(e->unit, e->resolver, t, e->err);
}

/* ---- expressions (emit_expressions.c and others) ---- */
struct sugared *emit_sugared(struct emitter *e, const struct tree *t, int binders, const struct type *hint);
struct ir_value *emit_expression(struct emitter *e, const struct tree *t, const struct type *hint);
bool emit_actuals(struct emitter *e, const struct tree *list, int from, bool unpack, struct actual **out,
                  int *count);
bool emit_keywords(struct emitter *e, const struct tree *list, struct actual **out, int *count);
struct sugared *emit_call(struct emitter *e, const struct tree *t, int binders, const struct type *hint);
struct sugared *emit_special_form(struct emitter *e, struct sugared *form, const struct tree *call,
                                  const struct type *hint);
struct ir_value *emit_list_literal(struct emitter *e, const struct tree *t, const struct type *hint);
struct ir_value *emit_dict_literal(struct emitter *e, const struct tree *t, const struct type *hint);
struct ir_value *emit_list_comprehension(struct emitter *e, const struct tree *t, const struct type *hint);
struct ir_value *emit_dict_comprehension(struct emitter *e, const struct tree *t, const struct type *hint);
struct sugared *emit_list_call(struct emitter *e, const struct tree *call, const struct type *hint);
struct sugared *emit_dict_call(struct emitter *e, const struct tree *call, const struct type *hint);
struct sugared *emit_subscript(struct emitter *e, const struct tree *t, const struct type *hint);
/* The tensor after its int, slice and None subscripts; tensor subscripts that are left over go to *indices.
 */
struct ir_value *emit_index_parts(struct emitter *e, struct source_range at, struct ir_value *tensor,
                                  const struct tree *subscripts, struct ir_value ***indices, int *count);
struct ir_value *emit_index(struct emitter *e, struct source_range at, struct ir_value *tensor,
                            struct ir_value *const *indices, int count);
/* An operator without what wide.h adds to it. */
struct ir_value *emit_unary_plain(struct emitter *e, const struct tree *t);
struct ir_value *emit_binary_plain(struct emitter *e, const struct tree *t);
bool emit_condition(struct emitter *e, const struct tree *t, struct condition *out);
bool emit_raise_of(struct emitter *e, struct source_range at, struct sugared *s);
bool emit_isinstance(struct emitter *e, const struct tree *object, const struct tree *classes,
                     struct condition *out);
bool emit_hasattr(struct emitter *e, const struct tree *object, const struct tree *name,
                  struct condition *out);
struct ir_value *emit_conditional(struct emitter *e, const struct tree *t, const struct type *hint);
struct ir_value *emit_to_bool(struct emitter *e, struct source_range at, struct ir_value *v);
struct ir_value *emit_to_bool_plain(struct emitter *e, struct source_range at, struct ir_value *v);
bool emit_refinements(struct emitter *e, struct source_range at, struct refinements r);
bool refinements_union(struct emitter *e, struct refinements a, struct refinements b,
                       struct refinements *out);
bool refinements_intersection(struct emitter *e, struct refinements a, struct refinements b,
                              struct refinements *out);
const struct type *unify_all(struct emitter *e, const struct type *const *types, int count, bool to_union,
                             const struct type *hint);

/* ---- statements (emit_statements.c, emit_loops.c, emit_assign.c) ---- */
bool emit_statements(struct emitter *e, const struct tree *list);
bool emit_if(struct emitter *e, const struct tree *t);
/* An if whose arms (0 when true, 1 when false) are what `emit` emits; `at`: where each begins. */
struct if_arms {
    bool (*emit)(struct emitter *e, int which, void *context);
    void *context;
    struct source_range at[2];
    const struct tree *statement; /* the if that people wrote; may be NULL */
};
bool emit_if_arms(struct emitter *e, struct source_range at, const struct condition *c,
                  const struct if_arms *arms);
bool emit_if_else(struct emitter *e, struct source_range at, const struct condition *c,
                  const struct tree *yes, const struct tree *no);
bool emit_while(struct emitter *e, const struct tree *t);
/* One `for` over one iterable; the body is whatever `body` emits. */
bool emit_for_over(struct emitter *e, const struct tree *targets, const struct tree *iterable,
                   struct source_range at, bool (*body)(struct emitter *e, void *context), void *context);
bool emit_for(struct emitter *e, const struct tree *t);
bool emit_assign(struct emitter *e, const struct tree *t);
bool emit_with_plain(struct emitter *e, const struct tree *t);
bool emit_delete(struct emitter *e, const struct tree *t);
bool emit_augmented(struct emitter *e, const struct tree *t);
bool emit_assign_all(struct emitter *e, const struct tree *targets, struct sugared *const *values, int count,
                     struct source_range at, int binders);
int targets_starred(struct emitter *e, const struct tree *targets,
                    struct source_range at); /* 0, 1; -1: error */
/* A definition's parameters and body into `block`. */
bool emit_definition(struct emitter *e, const struct tree *def, const struct type *self_type,
                     struct block *block, struct schema **schema);
struct ir_value *emit_closure(struct emitter *e,
                              bool (*body)(struct emitter *e, struct block *b, void *context), void *context);
/* The parameters and result that a definition declares, self first if it is a method; defaults evaluated. No
 * result: none is declared (there is room for one). */
struct schema *schema_from_def(struct unit *unit, struct resolver *r, const struct tree *def,
                               const struct type *self_type, lb_error *err);
/* The value of an expression made of literals; `want` gives empty containers their type, may be NULL. Owned.
 */
bool constant_evaluate(struct unit *unit, struct resolver *r, const struct tree *t, const struct type *want,
                       lb_value *out, lb_error *err);
#endif
