/* What the tests of src/kernels/ share: a count of checks, random numbers, and the walk over the instruction
 * sets that this machine runs. Results are held against plain loops in double. */
#ifndef TESTS_KERNELS_TEST_H
#define TESTS_KERNELS_TEST_H

#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernels/kernels.h"

static int passed, failed;

__attribute__((format(printf, 2, 3), unused)) static void check(bool good, const char *format, ...) {
    va_list list;
    if (good) {
        passed++;
        return;
    }
    if (failed++ < 40) {
        va_start(list, format);
        printf("FAILED ");
        vprintf(format, list);
        printf("\n");
        va_end(list);
    }
}

static inline uint32_t random_bits(uint64_t *state) {
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    uint64_t x = *state ^ (*state >> 29);
    return (uint32_t)((x * 0xbf58476d1ce4e5b9u) >> 32);
}

/* Uniform in [-1, 1). */
static inline double random_unit(uint64_t *state) {
    return random_bits(state) / 2147483648.0 - 1.0;
}

/* 64-byte aligned memory that the test ends with, filled with NaN so that what nobody wrote shows. */
static inline void *room(size_t bytes) {
    void *p = aligned_alloc(64, (bytes + 127) / 64 * 64);
    if (!p) exit(2);
    memset(p, 0xff, (bytes + 127) / 64 * 64);
    return p;
}

static inline float *random_floats(size_t count, uint64_t *state) {
    float *p = room(count * sizeof *p);
    for (size_t i = 0; i < count; i++) p[i] = (float)random_unit(state);
    return p;
}

static inline int report(void) {
    printf("%d passed, %d failed\n", passed, failed);
    return failed != 0;
}

#endif
