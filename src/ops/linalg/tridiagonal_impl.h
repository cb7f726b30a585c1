/* The method of tridiagonal.c for one type of number: REAL, with its EPSILON (of rounding) and SMALLEST
 * normal number. Included once for each; NAME puts the type into a function's name. */

/* One block is worked on from `from` towards `to` in steps of `step`; QL is upwards, QR downwards. Element k
 * of the diagonals counts from `from` in that direction. */
struct NAME(block) {
    REAL *d, *e, *z;
    int n, from, to, step;
};

static REAL *NAME(diagonal)(const struct NAME(block) * b, int k) {
    return b->d + b->from + k * b->step;
}

static REAL *NAME(beside)(const struct NAME(block) * b, int k) {
    return b->e + (b->step > 0 ? b->from + k : b->from - k - 1);
}

static void NAME(rotation)(REAL f, REAL g, REAL *c, REAL *s, REAL *r) {
    if (g == 0) {
        *c = 1, *s = 0, *r = f;
        return;
    }
    *r = f == 0 ? g : hypot(f, g);
    if (fabs(f) > fabs(g) && f < 0) *r = -*r;
    *c = f / *r, *s = g / *r;
}

/* Columns p and q of z become c p - s q and s p + c q. */
static void NAME(rotate)(const struct NAME(block) * b, int p, int q, REAL c, REAL s) {
    REAL *x = b->z + (long)p * b->n, *y = b->z + (long)q * b->n;
    for (int i = 0; i < b->n; i++) {
        REAL kept = x[i];
        x[i] = c * kept - s * y[i];
        y[i] = s * kept + c * y[i];
    }
}

/* The rotation that makes [a b; b c] diagonal, larger value first (laev2). */
static void NAME(pair)(REAL a, REAL b, REAL c, REAL *large, REAL *small, REAL *cs, REAL *sn) {
    REAL sum = a + c, difference = a - c, root = hypot(difference, b + b), most = a, least = c;
    if (fabs(a) <= fabs(c)) most = c, least = a;
    bool negative = sum < 0;
    *large = (sum + (negative ? -root : root)) / 2;
    *small = sum == 0 ? -*large : most / *large * least - b / *large * b;
    bool down = difference < 0;
    REAL part = difference + (down ? -root : root);
    if (fabs(part) > fabs(b + b)) {
        REAL ratio = -(b + b) / part;
        *sn = 1 / sqrt(1 + ratio * ratio);
        *cs = ratio * *sn;
    } else if (b == 0) {
        *cs = 1, *sn = 0;
    } else {
        REAL ratio = -part / (b + b);
        *cs = 1 / sqrt(1 + ratio * ratio);
        *sn = ratio * *cs;
    }
    if (negative == down) {
        REAL kept = *cs;
        *cs = -*sn;
        *sn = kept;
    }
}

static void NAME(solve_pair)(const struct NAME(block) * b) {
    int low = b->step > 0 ? b->from : b->from - 1;
    REAL large, small, c, s;
    NAME(pair)(b->d[low], b->e[low], b->d[low + 1], &large, &small, &c, &s);
    NAME(rotate)(b, low, low + 1, c, -s);
    b->d[low] = large, b->d[low + 1] = small, b->e[low] = 0;
}

/* One sweep over elements 0 to m, with Wilkinson's shift. */
static void NAME(sweep)(const struct NAME(block) * b, int m) {
    REAL p = *NAME(diagonal)(b, 0), first = *NAME(beside)(b, 0), c = 1, s = 1, r;
    REAL g = (*NAME(diagonal)(b, 1) - p) / (2 * first);
    g = *NAME(diagonal)(b, m) - p + first / (g + copysign(hypot(g, (REAL)1), g));
    p = 0;
    for (int i = m - 1; i >= 0; i--) {
        REAL f = s * *NAME(beside)(b, i), h = c * *NAME(beside)(b, i);
        NAME(rotation)(g, f, &c, &s, &r);
        if (i != m - 1) *NAME(beside)(b, i + 1) = r;
        g = *NAME(diagonal)(b, i + 1) - p;
        r = (*NAME(diagonal)(b, i) - g) * s + 2 * c * h;
        p = s * r;
        *NAME(diagonal)(b, i + 1) = g + p;
        g = c * r - h;
        NAME(rotate)(b, b->from + i * b->step, b->from + (i + 1) * b->step, c, s);
    }
    *NAME(diagonal)(b, 0) -= p;
    *NAME(beside)(b, 0) = g;
}

/* How far the part at the front goes that is not cut off by a negligible element. */
static int NAME(front)(const struct NAME(block) * b, int last) {
    for (int m = 0; m < last; m++) {
        REAL e = fabs(*NAME(beside)(b, m));
        REAL bound = EPSILON * EPSILON * fabs(*NAME(diagonal)(b, m)) * fabs(*NAME(diagonal)(b, m + 1));
        if (e * e > bound + SMALLEST || e != e) continue;
        *NAME(beside)(b, m) = 0;
        return m;
    }
    return last;
}

static bool NAME(solve_block)(struct NAME(block) * b, int *sweeps) {
    while (b->step > 0 ? b->from <= b->to : b->from >= b->to) {
        int m = NAME(front)(b, (b->to - b->from) * b->step);
        if (m == 0) {
            b->from += b->step;
        } else if (m == 1) {
            NAME(solve_pair)(b);
            b->from += 2 * b->step;
        } else {
            if (--*sweeps < 0) return false;
            NAME(sweep)(b, m);
        }
    }
    return true;
}

/* A block whose elements' squares would be lost is worked on at another scale. */
static REAL NAME(scale_of)(const REAL *d, const REAL *e, int low, int high) {
    REAL most = fabs(d[high]), least_good = sqrt(SMALLEST) / (EPSILON * EPSILON);
    REAL most_good = 1 / sqrt(SMALLEST) / 3;
    for (int i = low; i < high; i++) {
        if (fabs(d[i]) > most) most = fabs(d[i]);
        if (fabs(e[i]) > most) most = fabs(e[i]);
    }
    if (most == 0) return 1;
    return most > most_good ? most_good / most : most < least_good ? least_good / most : 1;
}

static void NAME(scale)(REAL *d, REAL *e, int low, int high, REAL factor) {
    for (int i = low; i <= high; i++) d[i] *= factor;
    for (int i = low; i < high; i++) e[i] *= factor;
}

/* Where the block that begins at `low` ends. */
static int NAME(block_end)(int n, const REAL *d, REAL *e, int low) {
    int m = low;
    for (; m < n - 1; m++) {
        REAL size = fabs(e[m]);
        if (size == 0) break;
        if (size <= sqrt(fabs(d[m])) * sqrt(fabs(d[m + 1])) * EPSILON) {
            e[m] = 0;
            break;
        }
    }
    return m;
}

static void NAME(sort)(int n, REAL *d, REAL *z) {
    for (int i = 0; i + 1 < n; i++) {
        int least = i;
        for (int j = i + 1; j < n; j++)
            if (d[j] < d[least]) least = j;
        if (least == i) continue;
        REAL kept = d[i];
        d[i] = d[least], d[least] = kept;
        for (int j = 0; j < n; j++) {
            REAL *x = z + (long)i * n + j, *y = z + (long)least * n + j;
            kept = *x, *x = *y, *y = kept;
        }
    }
}

int NAME(tridiagonal)(int n, REAL *d, REAL *e, REAL *z) {
    int sweeps = 30 * n, left = 0;
    for (int low = 0, high; low < n; low = high + 1) {
        high = NAME(block_end)(n, d, e, low);
        if (high == low) continue;
        REAL factor = NAME(scale_of)(d, e, low, high);
        if (factor != 1) NAME(scale)(d, e, low, high, factor);
        bool down = fabs(d[high]) < fabs(d[low]);
        struct NAME(block) b = {d, e, z, n, down ? high : low, down ? low : high, down ? -1 : 1};
        bool good = NAME(solve_block)(&b, &sweeps);
        if (factor != 1) NAME(scale)(d, e, low, high, 1 / factor);
        if (good) continue;
        for (int i = 0; i + 1 < n; i++) left += e[i] != 0;
        return left;
    }
    NAME(sort)(n, d, z);
    return 0;
}
