/* Writing pickles, opcode by opcode, as TorchScript's pickler does: protocol 2, one counter of memo numbers,
 * strings and globals memoized by what they say (torch/csrc/jit/serialization/pickler.cpp). What is memoized
 * by identity (storages, shared values) is told by its address, which must stay its own until the end. That
 * memory ran out is noted and told once, by pickle_writer_good(). */
#ifndef LINKBOY_ARCHIVE_PICKLE_WRITE_H
#define LINKBOY_ARCHIVE_PICKLE_WRITE_H
#include "base/error.h"
#include "base/name.h"
#include "base/table.h"
#include "base/text.h"

struct pickle_writer {
    struct text out;
    struct name_pool names;
    struct table strings, globals; /* name -> memo number + 1 */
    struct table identities;       /* address -> memo number + 1 */
    uint32_t memo;                 /* the next number */
    bool failed;
};

/* Puts the beginning. pickle_writer_free() either way. */
bool pickle_writer_open(struct pickle_writer *w, lb_error *err);
void pickle_writer_free(struct pickle_writer *w);
/* Whether everything was written; the error is of memory. */
bool pickle_writer_good(const struct pickle_writer *w, lb_error *err);

/* Opcodes without arguments, as they stand. */
void pickle_put(struct pickle_writer *w, const char *opcodes);
void pickle_put_bool(struct pickle_writer *w, bool value);
void pickle_put_int(struct pickle_writer *w, int64_t value);
void pickle_put_float(struct pickle_writer *w, double value);
void pickle_put_string(struct pickle_writer *w, const char *bytes, size_t length);
void pickle_put_text(struct pickle_writer *w, const char *text);
/* "a.b.C": module a.b, name C. */
void pickle_put_global(struct pickle_writer *w, const char *qualified);
/* A tuple of ints, always between MARK and TUPLE. */
void pickle_put_ints(struct pickle_writer *w, const int64_t *ints, int count);

/* A tuple's items stand between these: MARK where there are more than three, and the opcode at the end. */
void pickle_open_tuple(struct pickle_writer *w, int64_t count);
void pickle_close_tuple(struct pickle_writer *w, int64_t count);

/* True, and written, when this was memoized before. */
bool pickle_put_known(struct pickle_writer *w, const void *identity);
/* Memoizes what was just written; NULL: takes a number that nothing will ask for. */
void pickle_memoize(struct pickle_writer *w, const void *identity);
#endif
