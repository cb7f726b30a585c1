/* The debug file of a code file: which stretch of which original source each stretch of the code stems from
 * (torch/csrc/jit/serialization/source_range_serialization.cpp). debug_info.h reads it. */
#ifndef LINKBOY_ARCHIVE_DEBUG_WRITE_H
#define LINKBOY_ARCHIVE_DEBUG_WRITE_H
#include "base/error.h"
#include "base/source.h"
#include "base/text.h"

/* Puts the pickle of `count` entries; tags[i] is the number of entry i's range in the whole archive. */
bool debug_info_put(struct text *out, const struct source_origin *entries, const int64_t *tags, int count,
                    lb_error *err);
#endif
