/* See extras.h. */
#include "module/extras.h"
#include <string.h>

static const char folder[] = "extra/";
enum { FOLDER_LENGTH = sizeof folder - 1 };

static struct zip_record *next_extra(const struct program *p, int *at) {
    for (; p->whole && *at < p->archive->zip.count; ++*at) {
        struct zip_record *r = &p->archive->zip.records[*at];
        bool directory = r->name->text[r->name->length - 1] == '/'; /* other zip writers make such */
        if (!strncmp(r->name->text, folder, FOLDER_LENGTH) && !directory) return r;
    }
    return NULL;
}

void program_inflate_extras(struct program *p) {
    struct zip_record *r;
    for (int at = 0; (r = next_extra(p, &at)); at++) {
        lb_error ignored = {0};
        if (r->method) zip_read(&p->archive->zip, r, &ignored);
        error_clear(&ignored);
    }
}

const char *program_extra_name(const struct program *p, int index) {
    struct zip_record *r;
    for (int at = 0; (r = next_extra(p, &at)); at++)
        if (index-- == 0) return r->name->text + FOLDER_LENGTH;
    return NULL;
}

bool program_extra(const struct program *p, const char *name, struct extra_file *out, lb_error *err) {
    struct zip_record *r;
    for (int at = 0; (r = next_extra(p, &at)); at++) {
        const char *own = r->name->text + FOLDER_LENGTH;
        if (strcmp(own, name)) continue;
        if (r->method && !r->inflated)
            return error_set(err, LB_ERROR_FORMAT, "the extra file '%s' is damaged or too large", name);
        *out = (struct extra_file){own, zip_read(&p->archive->zip, r, err), (size_t)r->size};
        return out->bytes != NULL;
    }
    return error_set(err, LB_ERROR_ARGUMENT, "there is no extra file '%s'", name);
}
