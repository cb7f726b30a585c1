/* The pickle machine: opcodes in, a tree of nodes out. It builds nothing but nodes in an arena (a few times
 * the record's size at most), calls nothing, and knows a closed list of globals; what the nodes mean is
 * decided afterwards, by unpickle.h. So a damaged record has no effect at all. Opcodes: those that
 * TorchScript's own pickler and Python's protocol 2 write (torch/csrc/jit/serialization/ pickler.cpp,
 * CPython's pickletools). */
#ifndef LINKBOY_ARCHIVE_PICKLE_H
#define LINKBOY_ARCHIVE_PICKLE_H
#include "base/arena.h"
#include "base/array.h"
#include "base/error.h"
#include "value/value.h"

enum pickle_kind {
    PICKLE_NONE,
    PICKLE_BOOL,
    PICKLE_INT,
    PICKLE_FLOAT,
    PICKLE_STRING,
    PICKLE_TUPLE,
    PICKLE_LIST,
    PICKLE_DICT,       /* items: key, value, key, value, ... */
    PICKLE_GLOBAL,     /* text: "module name" joined by a dot */
    PICKLE_CALL,       /* callee(argument): items[0] is the global, items[1] the argument */
    PICKLE_OBJECT,     /* a new instance: items[0] is the class's global; state once BUILD was met */
    PICKLE_PERSISTENT, /* items[0]: the persistent id, a tuple */
    PICKLE_MARK,
};

/* Globals other than classes of the program; the machine refuses every name that is not here or below
 * __torch__. */
enum pickle_global {
    GLOBAL_CLASS = 0, /* "__torch__. ..." */
    GLOBAL_BUILD_INTLIST,
    GLOBAL_BUILD_DOUBLELIST,
    GLOBAL_BUILD_BOOLLIST,
    GLOBAL_BUILD_TENSORLIST,
    GLOBAL_BUILD_TENSOR_FROM_ID,
    GLOBAL_RESTORE_TYPE_TAG,
    GLOBAL_REBUILD_TENSOR_V2,
    GLOBAL_REBUILD_TENSOR_V3,
    GLOBAL_REBUILD_META,
    GLOBAL_REBUILD_NESTED,
    GLOBAL_GET_LAYOUT,
    GLOBAL_REBUILD_QTENSOR,
    GLOBAL_REBUILD_SPARSE_TENSOR,
    GLOBAL_REBUILD_PARAMETER,
    GLOBAL_ORDERED_DICT,
    GLOBAL_COMPLEX,
    GLOBAL_DEVICE,
    GLOBAL_SIZE,
    GLOBAL_STORAGE, /* torch.FloatStorage and its like */
    GLOBAL_DTYPE,   /* torch.float32 and its like */
    GLOBAL_QSCHEME_TENSOR,
    GLOBAL_QSCHEME_CHANNEL,
    GLOBAL_QSCHEME_CHANNEL_FLOAT, /* zero points are floats */
};

struct pickle_node {
    uint8_t kind;
    uint8_t global;         /* enum pickle_global, of a PICKLE_GLOBAL */
    uint8_t state_of_build; /* 0 not built, 1 being built, 2 built: for unpickle.h */
    int16_t dtype;          /* of a GLOBAL_STORAGE (-1: untyped) or GLOBAL_DTYPE */
    uint32_t offset;        /* in the record, for errors */
    union {
        int64_t i;
        double f;
        struct {
            const char *text; /* not NUL-terminated when it stands in the record; use length */
            uint32_t length;
        };
        ARRAY_OF(struct pickle_node *) items;
    };
    struct pickle_node *state; /* BUILD's argument */
    uint64_t weight;           /* nodes when written out as a tree: for unpickle.h */
    lb_value built;
};

/* `record` names the bytes in errors. The nodes point into `bytes`, which must outlive them. NULL: damaged.
 */
struct pickle_node *pickle_parse(struct arena *memory, const char *record, const uint8_t *bytes,
                                 size_t length, lb_error *err);
/* Whether a node is this text. */
bool pickle_is_text(const struct pickle_node *n, const char *text);
#endif
