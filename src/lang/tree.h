/* The syntax tree of a program: what the parser makes and the emitter walks. One node type with a kind, a
 * range and children; the layout of each kind's children is written beside it below. Nodes live in the unit's
 * arena and are not changed once made. As in torch/csrc/jit/frontend/tree.h a node's range covers the ranges
 * of all its children, so that a node's range starts where its leftmost part starts. */
#ifndef LINKBOY_LANG_TREE_H
#define LINKBOY_LANG_TREE_H
#include "base/array.h"
#include "base/error.h"
#include "base/name.h"
#include "base/source.h"

/* X(suffix, word for messages). The comment gives the children; "?" may be NULL. */
#define TREE_KINDS(X)                                                                                        \
    X(LIST, "list")             /* any number: arguments, statements, ... */                                 \
    X(NAME, "variable")         /* name */                                                                   \
    X(ATTRIBUTE, ".")           /* name; [value] */                                                          \
    X(CALL, "apply")            /* [callee, LIST of arguments, LIST of KEYWORD] */                           \
    X(KEYWORD, "attribute")     /* name, NULL: **value; [value] */                                           \
    X(SUBSCRIPT, "subscript")   /* [value, LIST of expressions and SLICE] */                                 \
    X(SLICE, "slice expr")      /* [start?, end?, step?] */                                                  \
    X(INT, "const")             /* integer */                                                                \
    X(FLOAT, "const")           /* number */                                                                 \
    X(COMPLEX, "const")         /* number: the imaginary part */                                             \
    X(STRING, "string_literal") /* text */                                                                   \
    X(TRUE, "True")                                                                                          \
    X(FALSE, "False")                                                                                        \
    X(NONE, "None")                                                                                          \
    X(NONE_TYPE, "NoneType")                                                                                 \
    X(ELLIPSIS, "dots")                                                                                      \
    X(BINARY, "binary") /* op; [left, right] */                                                              \
    X(AND, "and")       /* [left, right] */                                                                  \
    X(OR, "or")                                                                                              \
    X(NOT, "not") /* [value] */                                                                              \
    X(NEGATE, "unary minus")                                                                                 \
    X(INVERT, "~")                                                                                           \
    X(STARRED, "starred")                                                                                    \
    X(IF_EXPRESSION, "if")                      /* [condition, when true, when false] */                     \
    X(TUPLE, "tuple-literal")                   /* items */                                                  \
    X(LIST_LITERAL, "list-literal")             /* items */                                                  \
    X(DICT, "dict-literal")                     /* [LIST of keys, LIST of values] */                         \
    X(LIST_COMPREHENSION, "list comprehension") /* [element, target, iterable] */                            \
    X(DICT_COMPREHENSION, "dict comprehension") /* [key, value, target, iterable] */                         \
    X(LAMBDA, "lambda")                         /* [LIST of PARAMETER, body] */                              \
    X(NAMED_EXPRESSION, ":=")                   /* [target, value] */                                        \
    X(COMPREHENSION, "comprehension") /* of any form but those two: op enum comprehension_kind;  */          \
                                      /* [element or key, value?, LIST of CLAUSE] */                         \
    X(CLAUSE, "for")                  /* [target, iterable, LIST of conditions] */                           \
    X(SET, "set")                     /* items */                                                            \
    X(DICT_MERGE, "dict expansion")   /* as DICT; the key of `**value` is an ELLIPSIS */                     \
    X(FORMATTED_STRING, "f-string")   /* parts: STRING and FORMATTED */                                      \
    X(FORMATTED, "{}")                /* op 'r', 's', 'a' or 0; [value, spec?] */                            \
    X(POSITIVE, "unary plus")         /* [value] */                                                          \
    X(BYTES, "bytes")                 /* text */                                                             \
    X(YIELD, "yield")                 /* op true: from; [value?] */                                          \
    X(TYPE, "type")                   /* type: an annotation that is known already */                        \
    X(UNSUPPORTED, "unsupported")     /* text: what is to be said of good Python that nothing here takes */  \
    X(EXPRESSION, "expression statement") /* [value] */                                                      \
    X(ASSIGN, "assign")                   /* [LIST of targets, value?, type?] */                             \
    X(AUGMENTED, "aug_assign")            /* op; [target, value] */                                          \
    X(RETURN, "return")                   /* [value] */                                                      \
    X(IF, "if")                           /* [condition, LIST, LIST] */                                      \
    X(WHILE, "while")                     /* [condition, LIST] */                                            \
    X(FOR, "for")                         /* [LIST of targets, LIST of iterables, LIST] */                   \
    X(BREAK, "break")                                                                                        \
    X(CONTINUE, "continue")                                                                                  \
    X(PASS, "pass")                                                                                          \
    X(ASSERT, "assert")      /* [condition, message?] */                                                     \
    X(RAISE, "raise")        /* [value?] */                                                                  \
    X(DELETE, "del")         /* targets */                                                                   \
    X(WITH, "with")          /* [LIST of WITH_ITEM, LIST] */                                                 \
    X(WITH_ITEM, "withitem") /* [value, target?] */                                                          \
    X(LOOP_ELSE, "else")     /* [FOR or WHILE, LIST] */                                                      \
    X(TRY, "try")            /* [LIST, LIST of HANDLER, LIST of else, LIST of finally] */                    \
    X(HANDLER, "except")     /* name, NULL: none; [type?, LIST] */                                           \
    X(MATCH, "match")        /* [subject, LIST of CASE] */                                                   \
    X(CASE, "case")          /* [pattern, guard?, LIST] */                                                   \
    X(PATTERN, "pattern")    /* op enum pattern_kind; children beside it */                                  \
    X(DEF, "def")            /* name; [LIST of PARAMETER, return type?, LIST, LIST of decorators] */         \
    X(PARAMETER, "param")    /* name; [type?, default?]; keyword_only; op enum parameter_kind */             \
    X(CLASS, "class")        /* name; [superclass?, LIST, LIST of decorators?, LIST of all superclasses?] */ \
    X(IMPORT, "import")      /* text: the whole line; resolvers of Python source may read it */              \
    X(GLOBAL, "global")      /* NAMEs */                                                                     \
    X(NONLOCAL, "nonlocal")  /* NAMEs */

enum tree_kind {
#define X(suffix, word) TREE_##suffix,
    TREE_KINDS(X)
#undef X
        TREE_KIND_COUNT
};

enum comprehension_kind {
    COMPREHENSION_LIST,
    COMPREHENSION_SET,
    COMPREHENSION_DICT,
    COMPREHENSION_GENERATOR
};

enum parameter_kind { PARAMETER_PLAIN, PARAMETER_STAR, PARAMETER_DOUBLE_STAR, PARAMETER_POSITIONAL_ONLY };

/* The patterns of `match`; a PATTERN's children and name are: */
enum pattern_kind {
    PATTERN_VALUE,    /* [expression] */
    PATTERN_CAPTURE,  /* name, NULL: `_` */
    PATTERN_OR,       /* alternatives */
    PATTERN_AS,       /* name; [pattern] */
    PATTERN_SEQUENCE, /* patterns */
    PATTERN_STAR,     /* name, NULL: `*_`; in a sequence */
    PATTERN_MAPPING,  /* [LIST of keys, LIST of patterns]; name of **rest or NULL */
    PATTERN_CLASS,    /* [class, LIST of patterns, LIST of KEYWORD with patterns] */
};

/* X(suffix, source text, operator, magic method or NULL, binding power). */
#define TREE_OPERATORS(X)                                    \
    X(ADD, "+", "aten::add", "__add__", 8)                   \
    X(SUBTRACT, "-", "aten::sub", "__sub__", 8)              \
    X(MULTIPLY, "*", "aten::mul", "__mul__", 9)              \
    X(DIVIDE, "/", "aten::div", "__truediv__", 9)            \
    X(FLOOR_DIVIDE, "//", "aten::floordiv", NULL, 9)         \
    X(REMAINDER, "%", "aten::remainder", "__mod__", 9)       \
    X(MATRIX_MULTIPLY, "@", "aten::matmul", NULL, 9)         \
    X(POWER, "**", "aten::pow", "__pow__", 11)               \
    X(EQUAL, "==", "aten::eq", "__eq__", 3)                  \
    X(NOT_EQUAL, "!=", "aten::ne", "__ne__", 3)              \
    X(LESS, "<", "aten::lt", "__lt__", 3)                    \
    X(LESS_EQUAL, "<=", "aten::le", "__le__", 3)             \
    X(GREATER, ">", "aten::gt", "__gt__", 3)                 \
    X(GREATER_EQUAL, ">=", "aten::ge", "__ge__", 3)          \
    X(IS, "is", "aten::__is__", NULL, 3)                     \
    X(IS_NOT, "is not", "aten::__isnot__", NULL, 3)          \
    X(IN, "in", "aten::__contains__", "__contains__", 3)     \
    X(BIT_OR, "|", "aten::__or__", "__or__", 4)              \
    X(BIT_XOR, "^", "aten::__xor__", "__xor__", 5)           \
    X(BIT_AND, "&", "aten::__and__", "__and__", 6)           \
    X(SHIFT_LEFT, "<<", "aten::__lshift__", "__lshift__", 7) \
    X(SHIFT_RIGHT, ">>", "aten::__rshift__", "__rshift__", 7)

enum tree_operator {
#define X(suffix, text, op, magic, power) OPERATOR_##suffix,
    TREE_OPERATORS(X)
#undef X
        TREE_OPERATOR_COUNT
};

struct tree_operator_info {
    const char *text, *op, *magic;
    int power;
};
extern const struct tree_operator_info tree_operators[TREE_OPERATOR_COUNT];
extern const char *const tree_kind_words[TREE_KIND_COUNT];

struct type;
struct tree {
    uint8_t kind; /* enum tree_kind */
    uint8_t op;   /* enum tree_operator */
    bool keyword_only;
    bool parenthesized; /* stood in parentheses; in Python source alone */
    int32_t depth;      /* levels below and with this node; bounded, so that a walk may recurse */
    int32_t count;
    struct tree **items;
    struct source_range range;
    union {
        const struct name *name;
        const struct type *type;
        struct {
            const char *text;
            int64_t length;
        };
        int64_t integer;
        double number;
    };
};

/* A growing list of children. */
struct tree_list {
    struct tree **items;
    int count, capacity;
};

/* A node with these children; its range is `range` widened over theirs. NULL when memory is out. */
struct tree *tree_new(struct arena *a, enum tree_kind kind, struct source_range range, int count,
                      struct tree *const *items);
struct tree *tree_name(struct arena *a, struct source_range range, const struct name *name);
struct tree *tree_string(struct arena *a, struct source_range range, const char *text, int64_t length);
/* A copy whose list of children may be changed without touching the original's. */
struct tree *tree_copy(struct arena *a, const struct tree *t);
struct source_range source_range_join(struct source_range a, struct source_range b);

enum {
    /* The dialect that archives hold, read as torch/csrc/jit/frontend/parser.cpp does ("-1" is one number).
     */
    PARSE_PRINTED = 0,
    /* What people write, read as torch/jit/frontend.py does. */
    PARSE_PYTHON = 1,
};

/* A LIST of the definitions, classes and statements of a file. NULL with an error that tells of every faulty
 * line. */
struct tree *lang_parse(struct arena *a, struct name_pool *names, const struct source *source, int dialect,
                        lb_error *err);
/* One expression that is the whole source. */
struct tree *lang_parse_expression(struct arena *a, struct name_pool *names, const struct source *source,
                                   int dialect, lb_error *err);
#endif
