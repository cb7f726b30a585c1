/* Writing values as torch.save does, so that torch.load(weights_only=True) reads them. */
#ifndef LINKBOY_ARCHIVE_SAVE_H
#define LINKBOY_ARCHIVE_SAVE_H
#include "base/error.h"
#include "value/value.h"

/* None, numbers, strings, tensors and lists, tuples, dicts of these; an object or a device is written as None
 * or its text, as nothing else can be read back without a program. */
bool save_value(const char *path, lb_value value, lb_error *err);
#endif
