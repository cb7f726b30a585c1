/* Schemas: what an operator, function or method takes and gives. Text form as PyTorch prints it, e.g.
 * "aten::add.Tensor(Tensor self, Tensor other, *, Scalar alpha=1) -> Tensor". */
#ifndef LINKBOY_TYPES_SCHEMA_H
#define LINKBOY_TYPES_SCHEMA_H
#include "types/type.h"

/* What an annotation like (a!), (a -> *) or (*) says of memory. */
struct alias_info {
    bool present;
    bool is_write; /* ! */
    bool before_wildcard, after_wildcard;
    char before[8], after[8]; /* set letters, e.g. "a" or "ab" */
};

struct argument {
    const struct name *name; /* NULL: a return without a name */
    const struct type
        *type; /* real type: int for ScalarType, Layout, MemoryFormat and SymInt, as in the JIT */
    const struct type *declared; /* as the schema text says ("ScalarType?") */
    int fixed_length;            /* 2 for int[2]; 0: none */
    bool keyword_only;
    bool has_default;
    bool inferred_type;   /* "Tensor (inferred)": no annotation was given */
    bool repeats_default; /* in Python it is one number; a call that leaves it out repeats that number */
    lb_value default_value;
    struct alias_info alias; /* of the value itself; a list whose items are written counts as written */
    struct alias_info element_alias; /* of a list's items: "Tensor(a!)[]" */
};

struct schema {
    const struct name *name; /* "aten::add", "forward" */
    const char *overload;    /* "" or "Tensor" */
    int argument_count, return_count;
    struct argument *arguments, *returns;
    bool is_vararg, is_varret;
};

/* Parses the text; types and names go to the store. Values of defaults are owned by the arena's holder:
 * strings and lists in defaults are released by schema_release_defaults(). */
struct schema *schema_parse(struct type_store *s, const char *text, lb_error *err);
void schema_release_defaults(struct schema *schema);
void schema_put(struct text *out, const struct schema *schema);
/* A type from its graph text ("int[]?", "Dict(str, Tensor)", "__torch__.M"), as the IR and schema parsers
 * read it. */
const struct type *type_parse_graph(struct type_store *s, const char *text, size_t length, lb_error *err);
/* The same, where a name that nobody has defined is an error. */
const struct type *type_parse_known(struct type_store *s, const char *text, size_t length, lb_error *err);
int schema_find_argument(const struct schema *schema, const struct name *name);
#endif
