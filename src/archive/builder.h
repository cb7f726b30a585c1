/* What the two files of the unpickler share: unpickle.c builds values, unpickle_tensors.c tensors. */
#ifndef LINKBOY_ARCHIVE_BUILDER_H
#define LINKBOY_ARCHIVE_BUILDER_H
#include "archive/unpickle.h"

struct builder {
    struct archive *archive;
    const char *record, *storages;
    const struct unpickle_program *program;
    struct arena *memory;
    ARRAY_OF(struct pickle_node *) built; /* nodes that hold a reference to their value */
    int depth;
    lb_error *err;
};

/* A node's value, built once. */
bool builder_build(struct builder *b, struct pickle_node *n, lb_value *out);
/* A refusal with the record and the place in it; always false. */
bool builder_refuse(struct builder *b, const struct pickle_node *n, const char *what);
/* The items of a tuple node with at least `least` items, else NULL. */
struct pickle_node **builder_tuple(struct builder *b, const struct pickle_node *n, int least,
                                   const char *what);

/* A call of a global: torch._utils._rebuild_tensor_v2 and its like. */
typedef bool call_builder(struct builder *b, struct pickle_node *n, struct pickle_node *argument,
                          lb_value *out);
call_builder builder_tensor, builder_tensor_v3, builder_quantized, builder_sparse, builder_nested,
    builder_meta, builder_parameter;
#endif
