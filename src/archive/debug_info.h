/* Debug files: where each byte of a generated code file comes from. A missing, odd or damaged debug file is
 * no error; the code then has no origins. Source:
 * torch/csrc/jit/serialization/source_range_serialization.cpp. */
#ifndef LINKBOY_ARCHIVE_DEBUG_INFO_H
#define LINKBOY_ARCHIVE_DEBUG_INFO_H
#include "archive/archive.h"
#include "base/source.h"

/* Reads `record` ("code/__torch__.py.debug_pkl") and gives `s` its origins; all of it lives in `memory`. */
void debug_info_attach(struct archive *a, const char *record, struct source *s, struct arena *memory);
#endif
