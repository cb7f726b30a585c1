/* torch.save: one pickle and a record for each storage (torch/serialization.py). */
#include "archive/save.h"
#include <stdio.h>
#include <string.h>

static bool add_text(struct zip_writer *w, const char *name, const char *text) {
    return zip_writer_add(w, name, text, strlen(text), ZIP_STORED);
}

bool save_byteorder(struct zip_writer *w) {
    return add_text(w, "byteorder", __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? "big" : "little");
}

bool save_storages(struct zip_writer *w, const char *folder, const struct pickled *p) {
    char name[64];
    bool good = true;
    for (int i = 0; good && i < p->storages.count; i++) {
        const struct storage *s = p->storages.items[i];
        snprintf(name, sizeof name, "%s/%d", folder, i);
        good = zip_writer_add(w, name, s->data, s->bytes, ZIP_STORED);
    }
    return good;
}

bool save_value(struct zip_writer *w, lb_value value, lb_error *err) {
    struct pickled p;
    bool good = pickle_value(&p, value, NULL, err) &&
                zip_writer_add(w, "data.pkl", p.bytes.data, p.bytes.length, ZIP_STORED) &&
                add_text(w, ".format_version", "1") && add_text(w, ".storage_alignment", "64") &&
                save_byteorder(w) && save_storages(w, "data", &p) && add_text(w, "version", "3\n");
    pickled_free(&p);
    return good;
}
