/* What the fuzz targets share. A target takes any bytes and drives the library with them through the public
 * header: archive   the bytes are a file pickle    the bytes are data.pkl of an otherwise honest archive code
 * the bytes are code/__torch__.py of one; script   the bytes
 * are a Python file. libFuzzer calls a target through target_main.c; mutate.c calls all
 * of them with mutations of its own. */
#ifndef LINKBOY_FUZZ_H
#define LINKBOY_FUZZ_H

#include <stddef.h>
#include <stdint.h>

void fuzz_archive(const uint8_t *bytes, size_t length);
void fuzz_pickle(const uint8_t *bytes, size_t length);
void fuzz_code(const uint8_t *bytes, size_t length);
void fuzz_script(const uint8_t *bytes, size_t length);

/* Loads an archive under limits, asks for every text, calls what takes no argument or one tensor, saves it
 * and loads that. */
void drive(const uint8_t *archive, size_t length);
/* How many archives loaded and how many calls returned: a fuzzer that gets nowhere finds nothing. */
extern long drive_loaded, drive_called;

typedef struct record {
    const char *name;
    const void *bytes;
    size_t length;
} record;

/* A zip of stored records; to be freed. NULL: no memory. */
uint8_t *wrap_records(const record *records, int count, size_t *length);

#endif
