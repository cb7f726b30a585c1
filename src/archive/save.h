/* Writing values as torch.save does, so that torch.load(weights_only=True) reads them, and what both kinds of
 * archives share. */
#ifndef LINKBOY_ARCHIVE_SAVE_H
#define LINKBOY_ARCHIVE_SAVE_H
#include "archive/pickle_values.h"
#include "archive/zip_write.h"

/* None, numbers, strings, devices, tensors and lists, tuples, dicts of these; an enum is written as its
 * value. Objects are refused, as nothing can read them back without a program. */
bool save_value(struct zip_writer *w, lb_value value, lb_error *err);
/* The storages of a pickle as records "FOLDER/N". */
bool save_storages(struct zip_writer *w, const char *folder, const struct pickled *p);
bool save_byteorder(struct zip_writer *w);
#endif
