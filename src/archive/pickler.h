/* What the files of the pickler share: pickle_values.c writes values, pickle_tensors.c tensors. */
#ifndef LINKBOY_ARCHIVE_PICKLER_H
#define LINKBOY_ARCHIVE_PICKLER_H
#include "archive/pickle_values.h"
#include "archive/pickle_write.h"

struct pickler {
    struct pickle_writer writer;
    const struct pickle_program *program; /* NULL: the form of torch.save */
    ARRAY_OF(struct storage *) storages;  /* in order of first meeting; retained */
    ARRAY_OF(lb_value) kept;              /* what was memoized: its address must stay its own */
    int depth;
    lb_error *err;
};

bool pickler_put_tensor(struct pickler *p, const struct tensor *t);
/* torch.device's global and name. */
void pickler_put_device_name(struct pickler *p, struct device device);
#endif
