/* From values to pickles, in the two forms there are: TorchScript's (containers with their types, objects of
 * a program's classes) and that of torch.save (plain Python values). What is a program's own, the names of
 * its classes and their __getstate__, is asked of the caller. What values share is written once. A value that
 * holds itself, or is nested too deep, is refused. */
#ifndef LINKBOY_ARCHIVE_PICKLE_VALUES_H
#define LINKBOY_ARCHIVE_PICKLE_VALUES_H
#include "base/array.h"
#include "base/text.h"
#include "types/type.h"
#include "value/value.h"

struct pickle_program {
    void *context;
    /* Puts the qualified name under which a class or enum is saved; told of each object, in order. */
    bool (*put_class)(void *context, struct text *out, const struct type *type, lb_error *err);
    /* What stands for an object whose class has __getstate__ and __setstate__, and for every object of a C++
     * class; *has false: its attributes do. */
    bool (*get_state)(void *context, lb_value object, bool *has, lb_value *state, lb_error *err);
};

struct pickled {
    struct text bytes;
    ARRAY_OF(struct storage *) storages; /* number N is the record "data/N"; retained */
};

/* The form of torch.save where `program` is NULL. pickled_free() either way. */
bool pickle_value(struct pickled *out, lb_value v, const struct pickle_program *program, lb_error *err);
void pickled_free(struct pickled *p);
#endif
