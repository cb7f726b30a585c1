/* From pickle nodes to values: lists and dicts with their types, tensors over the archive's storages,
 * instances of the program's classes. What a class or type text means is asked of the caller. Nothing is
 * executed here; where a class has __setstate__ the caller is asked to run it. */
#ifndef LINKBOY_ARCHIVE_UNPICKLE_H
#define LINKBOY_ARCHIVE_UNPICKLE_H
#include "archive/archive.h"
#include "archive/pickle.h"
#include "types/type.h"

struct unpickle_program {
    void *context;
    struct type_store *types;
    /* The class, enum or named tuple of this qualified name ("__torch__.M"); NULL with err set. NULL
     * function: a torch.save file, in which classes are refused. */
    const struct type *(*find_class)(void *context, const char *qualified, size_t length, lb_error *err);
    /* The type of an annotation text ("Dict[str, List[int]]"). */
    const struct type *(*parse_type)(void *context, const char *text, size_t length, lb_error *err);
    /* A class with __setstate__: fill `object`, whose slots are uninitialised, from `state`. Return false
     * with err unset when the class has none. */
    bool (*set_state)(void *context, lb_value object, lb_value state, bool *done, lb_error *err);
};

/* Builds the value of a record like "data.pkl", whose storages are "data/N" (`storages` is "data"). */
bool unpickle_record(struct archive *a, const char *record, const char *storages,
                     const struct unpickle_program *program, lb_value *out, lb_error *err);
#endif
