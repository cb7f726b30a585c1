/* The extra files of a loaded program: records "extra/NAME", which PyTorch's _extra_files names. Any thread
 * may ask for them: those that are deflated are inflated while the program is loaded. */
#ifndef LINKBOY_MODULE_EXTRAS_H
#define LINKBOY_MODULE_EXTRAS_H
#include "module/program.h"
#include "module/save.h"

/* For program_load(): damaged ones are told of when they are asked for. */
void program_inflate_extras(struct program *p);
/* The name of the file at this index, without "extra/", in the archive's order; NULL past the end. */
const char *program_extra_name(const struct program *p, int index);
/* A file by name; it lives as long as the program. False, with the error: there is none, or it is damaged. */
bool program_extra(const struct program *p, const char *name, struct extra_file *out, lb_error *err);
#endif
