/* kernels.c: chooses an instruction set by what the processor (and the system, which must save the wide
 * registers) supports. Compiled once, without the flags of any set. The build defines KERNELS_HAVE_AVX2 and
 * so on for the sets it made. */
#include "kernels/kernels.h"

#include <string.h>

extern const struct kernels kernels_base, kernels_avx2, kernels_avx512, kernels_neon;

struct choice {
    const struct kernels *table;
    bool (*runs)(void);
};

static bool always(void) {
    return true;
}

#if defined(KERNELS_HAVE_AVX2)
static bool has_avx2(void) {
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}
#endif

#if defined(KERNELS_HAVE_AVX512)
static bool has_avx512(void) {
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
           __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("fma");
}
#endif

/* Slowest first. */
static const struct choice choices[] = {
#if defined(KERNELS_HAVE_NEON)
    {&kernels_neon, always},
#else
    {&kernels_base, always},
#endif
#if defined(KERNELS_HAVE_AVX2)
    {&kernels_avx2, has_avx2},
#endif
#if defined(KERNELS_HAVE_AVX512)
    {&kernels_avx512, has_avx512},
#endif
};

enum { CHOICES = sizeof choices / sizeof choices[0] };

const struct kernels *kernels_at(int i) {
    for (int c = 0; c < (int)CHOICES; c++)
        if (choices[c].runs() && i-- == 0) return choices[c].table;
    return NULL;
}

const struct kernels *kernels_best(void) {
    int c = CHOICES - 1;
    while (c > 0 && !choices[c].runs()) c--;
    return choices[c].table;
}

const struct kernels *kernels_by_name(const char *name) {
    for (int c = 0; c < (int)CHOICES; c++)
        if (strcmp(choices[c].table->name, name) == 0) return choices[c].runs() ? choices[c].table : NULL;
    return NULL;
}
