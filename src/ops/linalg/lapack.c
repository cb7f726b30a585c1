/* LAPACK: loading it once, and its routines; see lapack.h.
 *
 * A Fortran compiler adds the length of every character argument at the end of the list; they are given. No
 * call can have an illegal argument (LAPACK would end the process): sizes are checked where matrices are made
 * (matrices.h), and letters are constants. */
#include "ops/linalg/lapack.h"

#include "base/mem.h"
#include <float.h>
#include <math.h>

/* X(constant, the real types' name, the complex ones'; NULL: not needed) */
#define LAPACK_ROUTINES(X)     \
    X(POTRF, "potrf", "potrf") \
    X(POTRI, "potri", "potri") \
    X(POTRS, "potrs", "potrs") \
    X(GETRF, "getrf", "getrf") \
    X(GETRS, "getrs", "getrs") \
    X(TRSM, "trsm", "trsm")    \
    X(GEQRF, "geqrf", "geqrf") \
    X(ORGQR, "orgqr", "ungqr") \
    X(ORMQR, "ormqr", "unmqr") \
    X(SYEVD, "syevd", "heevd") \
    X(SYTRD, "sytrd", "hetrd") \
    X(ORMTR, "ormtr", "unmtr") \
    X(GEEV, "geev", "geev")    \
    X(GEBAL, "gebal", NULL)    \
    X(GEHRD, "gehrd", NULL)    \
    X(ORGHR, "orghr", NULL)    \
    X(HSEQR, "hseqr", NULL)    \
    X(TREVC, "trevc3", NULL)   \
    X(GEBAK, "gebak", NULL)    \
    X(GESDD, "gesdd", "gesdd") \
    X(GEBRD, "gebrd", NULL)    \
    X(BDSDC, "bdsdc", NULL)    \
    X(ORMBR, "ormbr", NULL)    \
    X(SYTRF, "sytrf", "sytrf") \
    X(SYTRS, "sytrs", "sytrs") \
    X(HETRF, "sytrf", "hetrf") \
    X(HETRS, "sytrs", "hetrs") \
    X(GELS, "gels", "gels")    \
    X(GELSY, "gelsy", "gelsy") \
    X(GELSD, "gelsd", "gelsd") \
    X(GELSS, "gelss", "gelss")

enum routine {
#define X(constant, real, complex_) ROUTINE_##constant,
    LAPACK_ROUTINES(X)
#undef X
        ROUTINE_COUNT
};
enum { LAPACK_TYPES = 4 };

/* --- the library --- */

#ifdef LINKBOY_LAPACK_LIBRARY
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>

/* Written once, by the first operator that needs it, and constant from then on. */
static pthread_once_t load_once = PTHREAD_ONCE_INIT;
static void *routines[LAPACK_TYPES][ROUTINE_COUNT];
static char load_problem[256];

static void find_routines(void *library) {
    static const char *const names[2][ROUTINE_COUNT] = {
#define X(constant, real, complex_) [ROUTINE_##constant] = real,
        {LAPACK_ROUTINES(X)},
#undef X
#define X(constant, real, complex_) [ROUTINE_##constant] = complex_,
        {LAPACK_ROUTINES(X)}
#undef X
    };
    for (int type = 0; type < LAPACK_TYPES; type++)
        for (int i = 0; i < ROUTINE_COUNT; i++) {
            char symbol[16];
            if (!names[type >= 2][i]) continue;
            snprintf(symbol, sizeof symbol, "%c%s_", "sdcz"[type], names[type >= 2][i]);
            routines[type][i] = dlsym(library, symbol);
            if (!routines[type][i] && !load_problem[0])
                snprintf(load_problem, sizeof load_problem, "%s has no %s", LINKBOY_LAPACK_LIBRARY, symbol);
        }
}

static void load(void) {
    void *library = dlopen(LINKBOY_LAPACK_LIBRARY, RTLD_NOW | RTLD_LOCAL);
    if (!library) {
        const char *why = dlerror();
        snprintf(load_problem, sizeof load_problem, "%s",
                 why ? why : LINKBOY_LAPACK_LIBRARY " cannot be loaded");
        return;
    }
    void *symbol = dlsym(library, "openblas_set_num_threads");
    void (*set_threads)(int) = NULL;
    memcpy(&set_threads, &symbol, sizeof symbol);
    if (set_threads) set_threads(1);
    find_routines(library);
}

static bool load_library(struct op_call *c, const char *op, int type, void *const **found) {
    pthread_once(&load_once, load);
    *found = routines[type];
    return !load_problem[0] ||
           refuse(c, "aten::%s needs LAPACK, which cannot be loaded: %s", op, load_problem);
}
#else
static bool load_library(struct op_call *c, const char *op, int type, void *const **found) {
    (void)type, (void)found;
    return refuse(
        c,
        "aten::%s needs LAPACK, which this build is without: configure with -DLINKBOY_LAPACK=ON and "
        "liblapack-dev installed",
        op);
}
#endif

/* --- contexts --- */

bool lapack_open(struct op_call *c, const char *op, const char *kernel, enum dtype d, struct lapack *l) {
    static const int types[DTYPE_COUNT] = {
        [DTYPE_FLOAT32] = 1, [DTYPE_FLOAT64] = 2, [DTYPE_COMPLEX64] = 3, [DTYPE_COMPLEX128] = 4};
    memset(l, 0, sizeof *l);
    l->err = c->err;
    l->type = types[d] - 1;
    if (l->type < 0) return refuse(c, "\"%s\" not implemented for '%s'", kernel, dtype_table[d].graph_name);
    l->is_complex = l->type >= 2;
    l->item = dtype_size(d);
    l->real = dtype_size(dtype_real(d));
    return load_library(c, op, l->type, &l->routines);
}

void lapack_close(struct lapack *l) {
    for (int i = 0; i < LAPACK_SPACES; i++) mem_free_aligned(l->space[i].data);
}

enum space { SPACE_WORK, SPACE_REAL, SPACE_INT };

static void *space_of(struct lapack *l, enum space which, int64_t count) {
    size_t items[] = {l->item, l->real, sizeof(int)}, bytes;
    if (!size_multiply(count > 0 ? (size_t)count : 1, items[which], &bytes)) return NULL;
    if (bytes <= l->space[which].bytes) return l->space[which].data;
    mem_free_aligned(l->space[which].data);
    l->space[which].data = mem_alloc_aligned(bytes);
    l->space[which].bytes = l->space[which].data ? bytes : 0;
    return l->space[which].data;
}

/* What a query left in the first element: rounded up, since a float cannot hold every count. */
static double answered(const struct lapack *l, const void *element) {
    double count =
        l->real == sizeof(float) ? (double)*(const float *)element * (1 + 0x1p-23) : *(const double *)element;
    return count > 1 ? count : 1;
}

/* The element workspace that a query asked for; false for memory, or more than an int can count. */
static bool work_for(struct lapack *l, const void *query, void **work, int *count) {
    double wanted = answered(l, query);
    *count = wanted < INT32_MAX ? (int)wanted : INT32_MAX;
    *work = space_of(l, SPACE_WORK, *count);
    return *work || error_memory(l->err);
}

union element {
    float f[2];
    double d[2];
};

/* The routine as a function of these parameters. */
#define ROUTINE(l, constant, ...) ((void (*)(__VA_ARGS__))(l)->routines[ROUTINE_##constant])
#define TEXT                      const char *
#define INT                       const int *

static int at_least_1(int n) {
    return n > 1 ? n : 1;
}

/* Where matrices are scaled, LAPACK ends the process over what is not a number (dlascl.f by xerbla.f), so
 * such matrices never get there. Complex elements whose size is beyond the type's range count as infinite. */
enum contents { ALL_FINITE, SOME_INFINITE, SOME_NAN };

static double real_at(const struct lapack *l, const void *a, int64_t i) {
    return l->real == sizeof(float) ? (double)((const float *)a)[i] : ((const double *)a)[i];
}

static void set_real(const struct lapack *l, void *a, int64_t i, double value) {
    if (l->real == sizeof(float))
        ((float *)a)[i] = (float)value;
    else
        ((double *)a)[i] = value;
}

static enum contents contents_of(const struct lapack *l, const void *a, int64_t count) {
    double most = (l->real == sizeof(float) ? (double)FLT_MAX : DBL_MAX) / (l->is_complex ? 2 : 1);
    enum contents found = ALL_FINITE;
    for (int64_t i = 0, reals = l->is_complex ? 2 * count : count; i < reals; i++) {
        double x = fabs(real_at(l, a, i));
        if (x != x) return SOME_NAN;
        if (x > most) found = SOME_INFINITE;
    }
    return found;
}

/* What the library of PyTorch's wheels leaves then: values that are no numbers, and vectors that say nothing.
 */
static void fill_unknown(const struct lapack *l, void *values, int64_t count, void *vectors, int64_t rows,
                         int64_t columns) {
    for (int64_t i = 0; i < count; i++) set_real(l, values, i, (double)NAN);
    if (!vectors) return;
    memset(vectors, 0, (size_t)rows * (size_t)columns * l->item);
    for (int64_t i = 0; i < rows && i < columns; i++)
        set_real(l, vectors, (i * rows + i) * (l->is_complex ? 2 : 1), 1);
}

/* --- Cholesky, LU, triangles --- */

bool lapack_potrf(struct lapack *l, char uplo, int n, void *a, int *info) {
    int lda = at_least_1(n);
    ROUTINE(l, POTRF, TEXT, INT, void *, INT, int *, size_t)(&uplo, &n, a, &lda, info, 1);
    return true;
}

bool lapack_potri(struct lapack *l, char uplo, int n, void *a, int *info) {
    int lda = at_least_1(n);
    ROUTINE(l, POTRI, TEXT, INT, void *, INT, int *, size_t)(&uplo, &n, a, &lda, info, 1);
    return true;
}

bool lapack_potrs(struct lapack *l, char uplo, int n, int columns, void *a, void *b, int *info) {
    int lda = at_least_1(n);
    ROUTINE(l, POTRS, TEXT, INT, INT, void *, INT, void *, INT, int *, size_t)
    (&uplo, &n, &columns, a, &lda, b, &lda, info, 1);
    return true;
}

bool lapack_getrf(struct lapack *l, int m, int n, void *a, int *pivots, int *info) {
    int lda = at_least_1(m);
    ROUTINE(l, GETRF, INT, INT, void *, INT, int *, int *)(&m, &n, a, &lda, pivots, info);
    return true;
}

bool lapack_getrs(struct lapack *l, char trans, int n, int columns, void *a, int *pivots, void *b,
                  int *info) {
    int lda = at_least_1(n);
    ROUTINE(l, GETRS, TEXT, INT, INT, void *, INT, int *, void *, INT, int *, size_t)
    (&trans, &n, &columns, a, &lda, pivots, b, &lda, info, 1);
    return true;
}

bool lapack_trsm(struct lapack *l, char side, char uplo, char trans, char diag, int m, int n, void *a,
                 void *b) {
    int lda = at_least_1(side == 'L' ? m : n), ldb = at_least_1(m);
    static const float one_float[2] = {1, 0};
    static const double one_double[2] = {1, 0};
    const void *one = l->real == sizeof(float) ? (const void *)one_float : one_double;
    ROUTINE(l, TRSM, TEXT, TEXT, TEXT, TEXT, INT, INT, const void *, void *, INT, void *, INT, size_t, size_t,
            size_t, size_t)
    (&side, &uplo, &trans, &diag, &m, &n, one, a, &lda, b, &ldb, 1, 1, 1, 1);
    return true;
}

/* --- QR --- */

bool lapack_geqrf(struct lapack *l, int m, int n, void *a, void *tau, int *info) {
    int lda = at_least_1(m), count = -1;
    union element query;
    void *work = &query;
    for (int pass = 0; pass < 2; pass++) {
        ROUTINE(l, GEQRF, INT, INT, void *, INT, void *, void *, INT, int *)
        (&m, &n, a, &lda, tau, work, &count, info);
        if (pass == 0 && !work_for(l, &query, &work, &count)) return false;
    }
    return true;
}

bool lapack_orgqr(struct lapack *l, int m, int n, int k, void *a, void *tau, int *info) {
    int lda = at_least_1(m), count = -1;
    union element query;
    void *work = &query;
    for (int pass = 0; pass < 2; pass++) {
        ROUTINE(l, ORGQR, INT, INT, INT, void *, INT, void *, void *, INT, int *)
        (&m, &n, &k, a, &lda, tau, work, &count, info);
        if (pass == 0 && !work_for(l, &query, &work, &count)) return false;
    }
    return true;
}

bool lapack_ormqr(struct lapack *l, char side, char trans, int m, int n, int k, void *a, int rows, void *tau,
                  void *b, int *info) {
    int lda = at_least_1(rows), ldb = at_least_1(m), count = -1;
    char letter = trans == 'T' && l->is_complex ? 'C' : trans;
    union element query;
    void *work = &query;
    for (int pass = 0; pass < 2; pass++) {
        ROUTINE(l, ORMQR, TEXT, TEXT, INT, INT, INT, void *, INT, void *, void *, INT, void *, INT, int *,
                size_t, size_t)
        (&side, &letter, &m, &n, &k, a, &lda, tau, b, &ldb, work, &count, info, 1, 1);
        if (pass == 0 && !work_for(l, &query, &work, &count)) return false;
    }
    return true;
}

/* --- eigenvalues --- */

static void call_syevd(struct lapack *l, const char *job, char uplo, int n, void *a, void *values, void *work,
                       int count, void *reals, int real_count, int *ints, int int_count, int *info) {
    int lda = at_least_1(n);
    if (l->is_complex)
        ROUTINE(l, SYEVD, TEXT, TEXT, INT, void *, INT, void *, void *, INT, void *, INT, int *, INT, int *,
                size_t, size_t)
    (job, &uplo, &n, a, &lda, values, work, &count, reals, &real_count, ints, &int_count, info, 1, 1);
    else ROUTINE(l, SYEVD, TEXT, TEXT, INT, void *, INT, void *, void *, INT, int *, INT, int *, size_t,
                 size_t)(job, &uplo, &n, a, &lda, values, work, &count, ints, &int_count, info, 1, 1);
}

bool lapack_syevd(struct lapack *l, bool vectors, char uplo, int n, void *a, void *values, int *info) {
    const char *job = vectors ? "V" : "N";
    union element query, real_query;
    void *work, *reals = NULL;
    enum contents contents = contents_of(l, a, (int64_t)n * n);
    if (n > 1 && (contents == SOME_INFINITE || (contents == SOME_NAN && n > 25 && vectors))) {
        fill_unknown(l, values, n, vectors ? a : NULL, n, n);
        *info = 0;
        return true;
    }
    int count, real_count = 0, int_count, *ints;
    call_syevd(l, job, uplo, n, a, values, &query, -1, &real_query, -1, &int_count, -1, info);
    if (!work_for(l, &query, &work, &count)) return false;
    if (l->is_complex) {
        double wanted = answered(l, &real_query);
        real_count = wanted < INT32_MAX ? (int)wanted : INT32_MAX;
        reals = space_of(l, SPACE_REAL, real_count);
    }
    ints = space_of(l, SPACE_INT, int_count);
    if (!ints || (l->is_complex && !reals)) return error_memory(l->err);
    call_syevd(l, job, uplo, n, a, values, work, count, reals, real_count, ints, int_count, info);
    return true;
}

bool lapack_sytrd(struct lapack *l, char uplo, int n, void *a, void *d, void *e, void *tau, int *info) {
    int lda = at_least_1(n), count = -1;
    union element query;
    void *work = &query;
    for (int pass = 0; pass < 2; pass++) {
        ROUTINE(l, SYTRD, TEXT, INT, void *, INT, void *, void *, void *, void *, INT, int *, size_t)
        (&uplo, &n, a, &lda, d, e, tau, work, &count, info, 1);
        if (pass == 0 && !work_for(l, &query, &work, &count)) return false;
    }
    return true;
}

bool lapack_ormtr(struct lapack *l, char uplo, int n, void *a, void *tau, void *b, int *info) {
    int lda = at_least_1(n), count = -1;
    union element query;
    void *work = &query;
    for (int pass = 0; pass < 2; pass++) {
        ROUTINE(l, ORMTR, TEXT, TEXT, TEXT, INT, INT, void *, INT, void *, void *, INT, void *, INT, int *,
                size_t, size_t, size_t)
        ("L", &uplo, "N", &n, &n, a, &lda, tau, b, &lda, work, &count, info, 1, 1, 1);
        if (pass == 0 && !work_for(l, &query, &work, &count)) return false;
    }
    return true;
}

static void call_geev(struct lapack *l, int n, void *a, void *values, void *vectors, void *work, int count,
                      void *reals, int *info) {
    int lda = at_least_1(n), one = 1;
    const char *job = vectors ? "V" : "N";
    void *imaginary = (char *)values + (size_t)n * l->real;
    if (l->is_complex)
        ROUTINE(l, GEEV, TEXT, TEXT, INT, void *, INT, void *, void *, INT, void *, INT, void *, INT, void *,
                int *, size_t, size_t)
    ("N", job, &n, a, &lda, values, NULL, &one, vectors, &lda, work, &count, reals, info, 1, 1);
    else ROUTINE(l, GEEV, TEXT, TEXT, INT, void *, INT, void *, void *, void *, INT, void *, INT, void *, INT,
                 int *, size_t, size_t)("N", job, &n, a, &lda, values, imaginary, NULL, &one, vectors, &lda,
                                        work, &count, info, 1, 1);
}

bool lapack_geev(struct lapack *l, int n, void *a, void *values, void *vectors, int *info) {
    union element query;
    void *work, *reals = space_of(l, SPACE_REAL, 2 * (int64_t)n);
    int count;
    if (!reals) return error_memory(l->err);
    call_geev(l, n, a, values, vectors, &query, -1, reals, info);
    if (!work_for(l, &query, &work, &count)) return false;
    call_geev(l, n, a, values, vectors, work, count, reals, info);
    return true;
}

/* The steps of geev, in its order; `rows` and `columns` are the part that balancing left to work on. */
struct geev_steps {
    int n, lda, first, last;
    void *a, *values, *vectors, *scale, *tau;
};

static void call_hessenberg(struct lapack *l, const struct geev_steps *g, bool product, void *work, int count,
                            int *info) {
    if (product) ROUTINE(l, ORGHR, INT, INT, INT, void *, INT, void *, void *, INT, int *)
    (&g->n, &g->first, &g->last, g->vectors, &g->lda, g->tau, work, &count, info);
    else ROUTINE(l, GEHRD, INT, INT, INT, void *, INT, void *, void *, INT,
                 int *)(&g->n, &g->first, &g->last, g->a, &g->lda, g->tau, work, &count, info);
}

static bool to_hessenberg(struct lapack *l, const struct geev_steps *g, int *info) {
    for (int product = 0; product < 2; product++) {
        union element query;
        void *work;
        int count;
        call_hessenberg(l, g, product, &query, -1, info);
        if (!work_for(l, &query, &work, &count)) return false;
        if (product) memcpy(g->vectors, g->a, (size_t)g->n * (size_t)g->n * l->item);
        call_hessenberg(l, g, product, work, count, info);
    }
    return true;
}

/* Schur form with its vectors, and the eigenvectors of that. */
static bool from_hessenberg(struct lapack *l, const struct geev_steps *g, int *info) {
    union element query;
    void *work = &query, *imaginary = (char *)g->values + (size_t)g->n * l->real;
    int count = -1, made;
    for (int pass = 0; pass < 2; pass++) {
        ROUTINE(l, HSEQR, TEXT, TEXT, INT, INT, INT, void *, INT, void *, void *, void *, INT, void *, INT,
                int *, size_t, size_t)
        ("S", "V", &g->n, &g->first, &g->last, g->a, &g->lda, g->values, imaginary, g->vectors, &g->lda, work,
         &count, info, 1, 1);
        if (pass == 0 && !work_for(l, &query, &work, &count)) return false;
    }
    if (*info != 0) return true;
    work = &query, count = -1;
    for (int pass = 0; pass < 2; pass++) {
        ROUTINE(l, TREVC, TEXT, TEXT, INT, INT, void *, INT, void *, INT, void *, INT, INT, int *, void *,
                INT, int *, size_t, size_t)
        ("R", "B", NULL, &g->n, g->a, &g->lda, NULL, &g->lda, g->vectors, &g->lda, &g->n, &made, work, &count,
         info, 1, 1);
        if (pass == 0 && !work_for(l, &query, &work, &count)) return false;
    }
    ROUTINE(l, GEBAK, TEXT, TEXT, INT, INT, INT, void *, INT, void *, INT, int *, size_t, size_t)
    ("B", "R", &g->n, &g->first, &g->last, g->scale, &g->n, g->vectors, &g->lda, info, 1, 1);
    return true;
}

bool lapack_geev_steps(struct lapack *l, int n, void *a, void *values, void *vectors, int *info) {
    struct geev_steps g = {.n = n, .lda = at_least_1(n), .a = a, .values = values, .vectors = vectors};
    g.scale = space_of(l, SPACE_REAL, 2 * (int64_t)n);
    if (!g.scale) return error_memory(l->err);
    g.tau = (char *)g.scale + (size_t)n * l->real;
    ROUTINE(l, GEBAL, TEXT, INT, void *, INT, int *, int *, void *, int *, size_t)
    ("B", &n, a, &g.lda, &g.first, &g.last, g.scale, info, 1);
    return to_hessenberg(l, &g, info) && from_hessenberg(l, &g, info);
}

/* --- singular values --- */

static void call_gesdd(struct lapack *l, char job, int m, int n, void *a, void *s, void *u, void *vh,
                       void *work, int count, void *reals, int *ints, int *info) {
    int least = m < n ? m : n, lda = at_least_1(m), ldvh = at_least_1(job == 'A' ? n : least);
    if (l->is_complex)
        ROUTINE(l, GESDD, TEXT, INT, INT, void *, INT, void *, void *, INT, void *, INT, void *, INT, void *,
                int *, int *, size_t)
    (&job, &m, &n, a, &lda, s, u, &lda, vh, &ldvh, work, &count, reals, ints, info, 1);
    else ROUTINE(l, GESDD, TEXT, INT, INT, void *, INT, void *, void *, INT, void *, INT, void *, INT, int *,
                 int *, size_t)(&job, &m, &n, a, &lda, s, u, &lda, vh, &ldvh, work, &count, ints, info, 1);
}

/* The real workspace of a complex gesdd, as its documentation asks. */
static int64_t gesdd_reals(char job, int64_t m, int64_t n) {
    int64_t least = m < n ? m : n, most = m < n ? n : m;
    if (job == 'N') return 7 * least;
    int64_t square = 5 * least * least + 7 * least, oblong = 2 * most * least + 2 * least * least + least;
    return square > oblong ? square : oblong;
}

bool lapack_gesdd(struct lapack *l, char job, int m, int n, void *a, void *s, void *u, void *vh, int *info) {
    union element query;
    int64_t least = m < n ? m : n;
    enum contents contents = contents_of(l, a, (int64_t)m * n);
    *info = contents == SOME_NAN ? -4 : 0;
    if (contents == SOME_INFINITE) {
        fill_unknown(l, s, least, u, m, job == 'A' ? m : least);
        fill_unknown(l, s, least, vh, job == 'A' ? n : least, n);
    }
    if (contents != ALL_FINITE) return true;
    void *work, *reals = space_of(l, SPACE_REAL, l->is_complex ? gesdd_reals(job, m, n) : 1);
    int count, *ints = space_of(l, SPACE_INT, 8 * least);
    if (!reals || !ints) return error_memory(l->err);
    call_gesdd(l, job, m, n, a, s, u, vh, &query, -1, reals, ints, info);
    if (!work_for(l, &query, &work, &count)) return false;
    call_gesdd(l, job, m, n, a, s, u, vh, work, count, reals, ints, info);
    return true;
}

static bool to_bidiagonal(struct lapack *l, int m, int n, void *a, void *d, void *e, void *tau, int *info) {
    int lda = at_least_1(m), count = -1;
    union element query;
    void *work = &query, *taup = (char *)tau + (size_t)(m < n ? m : n) * l->item;
    for (int pass = 0; pass < 2; pass++) {
        ROUTINE(l, GEBRD, INT, INT, void *, INT, void *, void *, void *, void *, void *, INT, int *)
        (&m, &n, a, &lda, d, e, tau, taup, work, &count, info);
        if (pass == 0 && !work_for(l, &query, &work, &count)) return false;
    }
    return true;
}

/* b := Q b, or b P^T, where Q and P took `a` (of m by n) to bidiagonal form. */
static bool apply_bidiagonal(struct lapack *l, bool right, int m, int n, void *a, void *tau, int rows,
                             int columns, void *b, int *info) {
    int lda = at_least_1(m), ldb = at_least_1(rows), count = -1;
    union element query;
    void *work = &query;
    for (int pass = 0; pass < 2; pass++) {
        ROUTINE(l, ORMBR, TEXT, TEXT, TEXT, INT, INT, INT, void *, INT, void *, void *, INT, void *, INT,
                int *, size_t, size_t, size_t)
        (right ? "P" : "Q", right ? "R" : "L", right ? "T" : "N", &rows, &columns, right ? &m : &n, a, &lda,
         tau, b, &ldb, work, &count, info, 1, 1, 1);
        if (pass == 0 && !work_for(l, &query, &work, &count)) return false;
    }
    return true;
}

bool lapack_wide_svd(struct lapack *l, int m, int n, int right_rows, void *a, void *s, void *u, void *vh,
                     int *info) {
    int *ints = space_of(l, SPACE_INT, 8 * (int64_t)m), ld = at_least_1(m), ldvh = at_least_1(right_rows);
    int64_t off = 3 * (int64_t)m, square = (int64_t)m * m; /* behind e and both taus: bdsdc's own */
    char *reals = space_of(l, SPACE_REAL, off + 3 * square + 4 * (int64_t)m);
    if (!ints || !reals) return error_memory(l->err);
    void *tau = reals + (size_t)m * l->real;
    if (!to_bidiagonal(l, m, n, a, s, reals, tau, info)) return false;
    ROUTINE(l, BDSDC, TEXT, TEXT, INT, void *, void *, void *, INT, void *, INT, void *, int *, void *, int *,
            int *, size_t, size_t)
    ("L", "I", &m, s, reals, u, &ld, vh, &ldvh, NULL, NULL, reals + (size_t)off * l->real, ints, info, 1, 1);
    if (*info != 0) return true;
    return apply_bidiagonal(l, false, m, n, a, tau, m, m, u, info) &&
           apply_bidiagonal(l, true, m, n, a, (char *)tau + (size_t)m * l->real, right_rows, n, vh, info);
}

/* --- symmetric indefinite --- */

bool lapack_sytrf(struct lapack *l, bool hermitian, int n, void *a, int *pivots, int *info) {
    int lda = at_least_1(n), count = -1;
    union element query;
    void *work = &query, *routine = l->routines[hermitian ? ROUTINE_HETRF : ROUTINE_SYTRF];
    for (int pass = 0; pass < 2; pass++) {
        ((void (*)(TEXT, INT, void *, INT, int *, void *, INT, int *, size_t))routine)(
            "L", &n, a, &lda, pivots, work, &count, info, 1);
        if (pass == 0 && !work_for(l, &query, &work, &count)) return false;
    }
    return true;
}

bool lapack_sytrs(struct lapack *l, bool hermitian, int n, int columns, void *a, int *pivots, void *b,
                  int *info) {
    int lda = at_least_1(n);
    void *routine = l->routines[hermitian ? ROUTINE_HETRS : ROUTINE_SYTRS];
    ((void (*)(TEXT, INT, INT, void *, INT, int *, void *, INT, int *, size_t))routine)(
        "L", &n, &columns, a, &lda, pivots, b, &lda, info, 1);
    return true;
}

/* --- least squares --- */

/* Everything that the four drivers are given besides the matrices. */
struct lstsq_call {
    const struct least_squares *ls;
    int rows, *rank, *ints, *info;
    void *a, *b, *s, *work, *reals;
    int count;
    union element rcond;
};

static void call_gels(struct lapack *l, struct lstsq_call *k) {
    const struct least_squares *ls = k->ls;
    int lda = at_least_1(ls->m), ldb = at_least_1(k->rows);
    ROUTINE(l, GELS, TEXT, INT, INT, INT, void *, INT, void *, INT, void *, INT, int *, size_t)
    ("N", &ls->m, &ls->n, &ls->columns, k->a, &lda, k->b, &ldb, k->work, &k->count, k->info, 1);
}

/* gelsy has the columns' order where the others have singular values; gelsd has integers behind its reals. */
static void call_with_rank(struct lapack *l, struct lstsq_call *k) {
    const struct least_squares *ls = k->ls;
    int lda = at_least_1(ls->m), ldb = at_least_1(k->rows);
    bool ordered = ls->driver == 'y', divided = ls->driver == 'd';
    void *routine = l->routines[ordered ? ROUTINE_GELSY : divided ? ROUTINE_GELSD : ROUTINE_GELSS];
    void *third = ordered ? (void *)k->ints : k->s, *tail[3];
    int count = 0;
    if (l->is_complex) tail[count++] = k->reals;
    if (divided) tail[count++] = k->ints;
    for (tail[count++] = k->info; count < 3;) tail[count++] = NULL;
    ((void (*)(INT, INT, INT, void *, INT, void *, INT, void *, void *, int *, void *, INT, void *, void *,
               void *))routine)(&ls->m, &ls->n, &ls->columns, k->a, &lda, k->b, &ldb, third, &k->rcond,
                                k->rank, k->work, &k->count, tail[0], tail[1], tail[2]);
}

/* What gelsd's documentation asks for, with its smallest block (SMLSIZ) at 25 and its levels at most 32. */
static int64_t gelsd_ints(int64_t least) {
    return 3 * least * 32 + 11 * least;
}
static int64_t lstsq_reals(const struct least_squares *ls) {
    int64_t least = ls->m < ls->n ? ls->m : ls->n, most = ls->m < ls->n ? ls->n : ls->m,
            columns = ls->columns;
    if (ls->driver != 'd') return 5 * most + 2;
    return 10 * most + 2 * most * 25 + 8 * most * 32 + 3 * 25 * columns + 26 * 26 + least * (1 + columns) +
           2 * columns;
}

bool lapack_lstsq(struct lapack *l, const struct least_squares *ls, void *a, void *b, void *s, int *rank,
                  int *info) {
    union element query;
    int64_t least = ls->m < ls->n ? ls->m : ls->n;
    struct lstsq_call k = {.ls = ls,
                           .rows = ls->m > ls->n ? ls->m : ls->n,
                           .rank = rank,
                           .info = info,
                           .a = a,
                           .b = b,
                           .s = s,
                           .work = &query,
                           .count = -1};
    *info = contents_of(l, a, (int64_t)ls->m * ls->n) != ALL_FINITE        ? -4
            : contents_of(l, b, (int64_t)k.rows * ls->columns) == SOME_NAN ? -6
                                                                           : 0;
    if (*info != 0) return true;
    k.reals = space_of(l, SPACE_REAL, lstsq_reals(ls));
    k.ints = space_of(l, SPACE_INT, ls->driver == 'd' ? gelsd_ints(least) : ls->n);
    if (!k.reals || !k.ints) return error_memory(l->err);
    if (ls->driver == 'y') memset(k.ints, 0, sizeof(int) * (size_t)ls->n); /* every column may be moved */
    if (l->real == sizeof(float))
        k.rcond.f[0] = (float)ls->rcond;
    else
        k.rcond.d[0] = ls->rcond;
    for (int pass = 0; pass < 2; pass++) {
        (ls->driver == 'q' ? call_gels : call_with_rank)(l, &k);
        if (pass == 0 && !work_for(l, &query, &k.work, &k.count)) return false;
    }
    return true;
}
