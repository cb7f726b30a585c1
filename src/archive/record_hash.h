/* The order in which libstdc++ walks a hash set of strings, and the number that PyTorch makes of an archive's
 * records with it (caffe2/serialize/inline_container.cc: writeSerializationId). */
#ifndef LINKBOY_ARCHIVE_RECORD_HASH_H
#define LINKBOY_ARCHIVE_RECORD_HASH_H
#include "base/error.h"
#include <stdint.h>

/* A record as it was written. */
struct record_facts {
    const char *name; /* without the archive's folder */
    uint32_t crc;
    uint64_t size;
};

/* Sets order[i] to the index of the name that comes i-th when `names`, all different, were inserted in their
 * order. */
bool hashed_order(const char *const *names, int count, int *order, lb_error *err);

enum { SERIALIZATION_ID_LENGTH = 40 };
/* 40 digits and a NUL: 20 of the names, 20 of the contents. */
bool serialization_id(const struct record_facts *records, int count, char id[SERIALIZATION_ID_LENGTH + 1],
                      lb_error *err);
#endif
