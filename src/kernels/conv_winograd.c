/* conv_winograd.c: Winograd's minimal filtering for 3x3 kernels of stride 1, output tiles of 4x4 or 2x2.
 *
 * Some rows of tiles at a time: the input is turned to [pixel][channel] and every patch of (m + 2)^2 pixels
 * transformed with channels in vectors; for each of the (m + 2)^2 points one packed product [tiles][in
 * channels] x [in channels][out channels]; then back, and the result is turned to planes and finished.
 * Interpolation points are 0, +-5/8, +-3/2, infinity for m = 4 (half the error of the usual 0, +-1, +-2: all
 * constants are exact and of similar size) and 0, +-1, infinity for m = 2. Weights are transformed in double.
 */
#include "kernels/conv_internal.h"
#include "kernels/transpose.h"

enum {
    POINTS_MAX = 6,
    GROUP_TILES = 56, /* tiles per product, if a row of tiles has no more */
    LANES = VF_LANES,
    PANEL = 2 * VF_LANES /* columns of the product's panels, see gemm.h */
};

/* Points squared, for m = 4. */
#define A1 0.625f
#define A2 (A1 * A1)
#define B1 1.5f
#define B2 (B1 * B1)

/* Sizes that follow from the shape. */
struct tiling {
    int m, points;           /* outputs and inputs of a tile along one side; points = m + 2 */
    int64_t across, down;    /* tiles of a plane */
    int64_t group_rows;      /* rows of tiles in a group */
    int64_t groups, parts;   /* tasks: groups x parts of the output channels */
    int64_t in_row, out_row; /* floats between tiles in the transformed planes: channels and a vector, so that
                                planes and rows do not fall on the same cache sets */
    int64_t in_plane, out_plane;
    int64_t stage_width;   /* pixels of a staged row */
    int64_t stage, turned; /* floats of the stages */
};

static int64_t round_up(int64_t x, int64_t unit) {
    return (x + unit - 1) / unit * unit;
}

static int64_t smaller(int64_t a, int64_t b) {
    return a < b ? a : b;
}

static struct tiling tiling_of(const struct conv_plan *plan) {
    const struct conv_shape *s = &plan->shape;
    struct tiling t = {.m = plan->method == CONV_WINOGRAD_4 ? 4 : 2};
    t.points = t.m + 2;
    t.across = (s->out_w + t.m - 1) / t.m;
    t.down = (s->out_h + t.m - 1) / t.m;
    t.group_rows = smaller(GROUP_TILES / t.across > 0 ? GROUP_TILES / t.across : 1, s->batch * t.down);
    if (t.group_rows < 1) t.group_rows = 1; /* an empty batch */
    t.groups = (s->batch * t.down + t.group_rows - 1) / t.group_rows;
    t.parts = t.groups > 0 ? plan->tasks / t.groups : 1;
    t.in_row = round_up(s->in_channels, LANES) + LANES;
    t.out_row = round_up(s->out_channels, LANES) + LANES;
    t.in_plane = t.group_rows * t.across * t.in_row + LANES;
    t.out_plane = t.group_rows * t.across * t.out_row + LANES;
    t.stage_width = t.across * t.m + 2;
    t.stage = t.points * t.stage_width * LANES;
    t.turned = t.m * LANES * round_up(t.across * t.m, 8);
    return t;
}

/* ---- weights ---- */

/* G of the literature: what each of a row's 3 weights counts at each point. */
static void weight_matrix(int m, double matrix[POINTS_MAX][3]) {
    static const double points4[5] = {0, 0.625, -0.625, 1.5, -1.5}, points2[3] = {0, 1, -1};
    const double *points = m == 4 ? points4 : points2;
    for (int j = 0; j <= m; j++) {
        double norm = 1;
        for (int l = 0; l <= m; l++)
            if (l != j) norm *= points[j] - points[l];
        for (int i = 0; i < 3; i++)
            matrix[j][i] = (i == 0 ? 1 : i == 1 ? points[j] : points[j] * points[j]) / norm;
    }
    for (int i = 0; i < 3; i++) matrix[m + 1][i] = i == 2;
}

/* out[lane] = sum of matrix[i] * in[i][lane]. */
ALWAYS_INLINE void weight_line(const double matrix[3], const double *in, int64_t in_step, double *out) {
    for (int lane = 0; lane < PANEL; lane++)
        out[lane] =
            matrix[0] * in[lane] + matrix[1] * in[in_step + lane] + matrix[2] * in[2 * in_step + lane];
}

/* A panel's kernels for one input channel: G g G^T, lane by lane, each point to its plane of the packed
 * weights. */
static void weight_points(int points, double matrix[POINTS_MAX][3], const double kernel[9 * PANEL],
                          int64_t plane, float *packed) {
    double rows[3 * PANEL], point[PANEL];
    for (int y = 0; y < points; y++) {
        for (int x = 0; x < 3; x++) weight_line(matrix[y], kernel + x * PANEL, 3 * PANEL, rows + x * PANEL);
        for (int x = 0; x < points; x++) {
            weight_line(matrix[x], rows, PANEL, point);
            float *to = packed + (y * points + x) * plane;
            for (int lane = 0; lane < PANEL; lane++) to[lane] = (float)point[lane];
        }
    }
}

static int64_t point_count(const struct conv_shape *s) {
    return round_up(s->out_channels, PANEL) * s->in_channels;
}

/* Straight into the product's panels [point][panel][in channel][PANEL]. */
static void winograd_pack(const struct conv_plan *plan, const float *weight, float *packed) {
    const struct conv_shape *s = &plan->shape;
    int m = plan->method == CONV_WINOGRAD_4 ? 4 : 2;
    double matrix[POINTS_MAX][3], kernel[9 * PANEL];
    weight_matrix(m, matrix);
    memset(kernel, 0, sizeof kernel);
    for (int64_t first = 0; first < s->out_channels; first += PANEL)
        for (int64_t in = 0; in < s->in_channels; in++) {
            for (int64_t lane = 0; lane < PANEL; lane++)
                for (int t = 0; t < 9; t++)
                    kernel[t * PANEL + lane] =
                        first + lane < s->out_channels
                            ? (double)weight[((first + lane) * s->in_channels + in) * 9 + t]
                            : 0;
            weight_points(m + 2, matrix, kernel, point_count(s),
                          packed + first * s->in_channels + in * PANEL);
        }
}

/* ---- input ---- */

/* Row `row` of LANES channels, of which `channels` exist, to stage[x][channel], zeros around the image. */
static void stage_row(const struct conv_shape *s, const struct tiling *t, const float *image, int64_t row,
                      int64_t channels, float *stage) {
    int64_t plane = s->in_h * s->in_w, x = 0, width = smaller(s->in_w, t->stage_width - s->pad_w);
    const float *in = image + row * s->in_w;
    float *first = stage + s->pad_w * LANES;
    if (row < 0 || row >= s->in_h) {
        memset(stage, 0, (size_t)(t->stage_width * LANES) * sizeof *stage);
        return;
    }
    memset(stage, 0, (size_t)(s->pad_w * LANES) * sizeof *stage);
    memset(first + width * LANES, 0, (size_t)((t->stage_width - s->pad_w - width) * LANES) * sizeof *stage);
    for (int64_t c = 0; c < LANES; c += TRANSPOSE_F32) {
        const float *rows[TRANSPOSE_F32];
        for (int r = 0; r < TRANSPOSE_F32; r++) rows[r] = in + smaller(c + r, channels - 1) * plane;
        for (x = 0; x + TRANSPOSE_F32 <= width; x += TRANSPOSE_F32)
            transpose_f32(rows, x, first + x * LANES + c, LANES);
        if (x < width && width >= TRANSPOSE_F32) /* the last square overlaps the one before */
            transpose_f32(rows, width - TRANSPOSE_F32, first + (width - TRANSPOSE_F32) * LANES + c, LANES);
        else
            for (; x < width; x++)
                for (int r = 0; r < TRANSPOSE_F32; r++) first[x * LANES + c + r] = rows[r][x];
    }
}

/* B^T of the literature on one line of points. */
ALWAYS_INLINE void input_line(int m, const vf *d, vf *out) {
    if (m == 2) {
        out[0] = d[2] - d[0];
        out[1] = d[2] + d[1];
        out[2] = d[2] - d[1];
        out[3] = d[3] - d[1];
        return;
    }
    vf even_a = vf_fnma(vf_set1(B2), d[2], d[4]), odd_a = A1 * vf_fnma(vf_set1(B2), d[1], d[3]);
    vf even_b = vf_fnma(vf_set1(A2), d[2], d[4]), odd_b = B1 * vf_fnma(vf_set1(A2), d[1], d[3]);
    out[0] = vf_fma(vf_set1(A2 * B2), d[0], vf_fnma(vf_set1(A2 + B2), d[2], d[4]));
    out[1] = even_a + odd_a;
    out[2] = even_a - odd_a;
    out[3] = even_b + odd_b;
    out[4] = even_b - odd_b;
    out[5] = vf_fma(vf_set1(A2 * B2), d[1], vf_fnma(vf_set1(A2 + B2), d[3], d[5]));
}

/* One patch: columns first, kept in `half`, then rows, each point to its plane. */
ALWAYS_INLINE void input_tile(int m, const float *stage, int64_t stage_row_floats, int64_t plane,
                              float *out) {
    const int points = m + 2;
    vf half[POINTS_MAX][POINTS_MAX], line[POINTS_MAX], result[POINTS_MAX];
    UNROLL
    for (int x = 0; x < points; x++) {
        UNROLL
        for (int y = 0; y < points; y++) line[y] = vf_load(stage + y * stage_row_floats + x * LANES);
        input_line(m, line, result);
        UNROLL
        for (int y = 0; y < points; y++) half[y][x] = result[y];
    }
    UNROLL
    for (int y = 0; y < points; y++) {
        input_line(m, half[y], result);
        UNROLL
        for (int x = 0; x < points; x++) vf_store(out + (y * points + x) * plane, result[x]);
    }
}

static void input_tiles_2(const struct tiling *t, const float *stage, float *out) {
    for (int64_t x = 0; x < t->across; x++)
        input_tile(2, stage + x * 2 * LANES, t->stage_width * LANES, t->in_plane, out + x * t->in_row);
}

static void input_tiles_4(const struct tiling *t, const float *stage, float *out) {
    for (int64_t x = 0; x < t->across; x++)
        input_tile(4, stage + x * 4 * LANES, t->stage_width * LANES, t->in_plane, out + x * t->in_row);
}

/* Row of tiles `row` (counted through all images), all channels. */
static void input_row(const struct conv_shape *s, const struct tiling *t, const float *in, int64_t row,
                      float *stage, float *out) {
    int64_t plane = s->in_h * s->in_w, first = row % t->down * t->m - s->pad_h;
    const float *image = in + row / t->down * s->in_channels * plane;
    for (int64_t c = 0; c < s->in_channels; c += LANES) {
        for (int y = 0; y < t->points; y++)
            stage_row(s, t, image + c * plane, first + y, smaller(LANES, s->in_channels - c),
                      stage + y * t->stage_width * LANES);
        if (t->m == 4)
            input_tiles_4(t, stage, out + c);
        else
            input_tiles_2(t, stage, out + c);
    }
}

/* ---- output ---- */

/* A^T of the literature on one line of points. */
ALWAYS_INLINE void output_line(int m, const vf *d, vf *out) {
    vf sum_a = d[1] + d[2], difference_a = d[1] - d[2];
    if (m == 2) {
        out[0] = d[0] + sum_a;
        out[1] = difference_a + d[3];
        return;
    }
    vf sum_b = d[3] + d[4], difference_b = d[3] - d[4];
    out[0] = d[0] + sum_a + sum_b;
    out[1] = vf_fma(vf_set1(A1), difference_a, B1 * difference_b);
    out[2] = vf_fma(vf_set1(A2), sum_a, B2 * sum_b);
    out[3] = vf_fma(vf_set1(A1 * A2), difference_a, vf_fma(vf_set1(B1 * B2), difference_b, d[5]));
}

ALWAYS_INLINE void output_tile(int m, const float *in, int64_t plane, int64_t stage_row_floats,
                               float *stage) {
    const int points = m + 2;
    vf half[POINTS_MAX][POINTS_MAX], line[POINTS_MAX], result[POINTS_MAX];
    UNROLL
    for (int x = 0; x < points; x++) {
        UNROLL
        for (int y = 0; y < points; y++) line[y] = vf_load(in + (y * points + x) * plane);
        output_line(m, line, result);
        UNROLL
        for (int y = 0; y < m; y++) half[y][x] = result[y];
    }
    UNROLL
    for (int y = 0; y < m; y++) {
        output_line(m, half[y], result);
        UNROLL
        for (int x = 0; x < m; x++) vf_store(stage + y * stage_row_floats + x * LANES, result[x]);
    }
}

static void output_tiles_2(const struct tiling *t, const float *in, float *stage) {
    for (int64_t x = 0; x < t->across; x++)
        output_tile(2, in + x * t->out_row, t->out_plane, t->stage_width * LANES, stage + x * 2 * LANES);
}

static void output_tiles_4(const struct tiling *t, const float *in, float *stage) {
    for (int64_t x = 0; x < t->across; x++)
        output_tile(4, in + x * t->out_row, t->out_plane, t->stage_width * LANES, stage + x * 4 * LANES);
}

/* stage[x][channel] to lines [channel][x]. */
static void turn_row(int64_t width, const float *stage, float *lines, int64_t line) {
    for (int64_t x = 0; x < width; x += TRANSPOSE_F32) {
        const float *rows[TRANSPOSE_F32];
        for (int r = 0; r < TRANSPOSE_F32; r++) rows[r] = stage + smaller(x + r, width - 1) * LANES;
        for (int64_t c = 0; c < LANES; c += TRANSPOSE_F32) transpose_f32(rows, c, lines + c * line + x, line);
    }
}

static void finish_row(const struct conv_shape *s, const struct tiling *t, const struct conv_operands *o,
                       int64_t row, int64_t channel, const float *stage, float *lines) {
    int64_t first = row % t->down * t->m, line = round_up(t->across * t->m, 8);
    int64_t channels = smaller(LANES, s->out_channels - channel), rows = smaller(t->m, s->out_h - first);
    for (int64_t y = 0; y < rows; y++) {
        turn_row(s->out_w, stage + y * t->stage_width * LANES, lines, line);
        for (int64_t c = 0; c < channels; c++) {
            int64_t plane = row / t->down * s->out_channels + channel + c;
            int64_t at = (plane * s->out_h + first + y) * s->out_w;
            conv_finish_line(s->out_w, lines + c * line, o->bias ? o->bias[channel + c] : 0,
                             o->residual ? o->residual + at : NULL, o->activation, o->out + at);
        }
    }
}

/* Output channels [begin, end) of one row of tiles. */
static void output_row(const struct conv_shape *s, const struct tiling *t, const struct conv_operands *o,
                       int64_t row, int64_t begin, int64_t end, const float *in, float *stage, float *lines) {
    for (int64_t c = begin; c < end; c += LANES) {
        if (t->m == 4)
            output_tiles_4(t, in + c, stage);
        else
            output_tiles_2(t, in + c, stage);
        finish_row(s, t, o, row, c, stage, lines);
    }
}

/* ---- tasks ---- */

static struct gemm_f32 point_product(const struct conv_shape *s, const struct tiling *t, int64_t tiles,
                                     int64_t begin, int64_t end) {
    return (struct gemm_f32){.m = tiles,
                             .n = round_up(end - begin, LANES),
                             .k = s->in_channels,
                             .batch = 1,
                             .a_row = t->in_row,
                             .a_col = 1,
                             .c_row = t->out_row,
                             .c_col = 1,
                             .alpha = 1};
}

static void winograd_plan(struct conv_plan *plan, int threads) {
    const struct conv_shape *s = &plan->shape;
    struct tiling t = tiling_of(plan);
    int64_t panels = (s->out_channels + PANEL - 1) / PANEL, wanted = threads > 1 ? threads : 1;
    int64_t parts =
        t.groups > 0 && t.groups < wanted ? smaller((wanted + t.groups - 1) / t.groups, panels) : 1;
    static const float somewhere[1];
    struct gemm_f32 g =
        point_product(s, &t, t.group_rows * t.across, 0, (panels + parts - 1) / parts * PANEL);
    g.a = g.b_packed = somewhere;
    plan->product = ISA(gemm_kernels_f32).plan(&g, 1);
    plan->tasks = t.groups * parts;
    plan->packed_count = t.points * t.points * point_count(s);
    plan->workspace =
        (size_t)(t.points * t.points * (t.in_plane + t.out_plane) + t.stage + t.turned + LANES) *
            sizeof(float) +
        plan->product.workspace;
}

static void run_points(const struct conv_plan *plan, const struct tiling *t, const float *weight,
                       int64_t tiles, int64_t begin, int64_t end, const float *in, float *out, float *work) {
    const struct conv_shape *s = &plan->shape;
    struct gemm_f32 g = point_product(s, t, tiles, begin, end);
    int64_t count = point_count(s);
    g.a = in, g.b_packed = weight;
    struct gemm_plan product = ISA(gemm_kernels_f32).plan(&g, 1);
    for (int i = 0; i < t->points * t->points; i++) {
        g.a = in + i * t->in_plane;
        g.b_packed = weight + i * count + begin * s->in_channels;
        g.c = out + i * t->out_plane + begin;
        ISA(gemm_kernels_f32).run(&g, &product, work, 0, product.tasks);
    }
}

static void winograd_run(const struct conv_plan *plan, const struct conv_operands *o, float *workspace,
                         int64_t begin, int64_t end) {
    const struct conv_shape *s = &plan->shape;
    struct tiling t = tiling_of(plan);
    float *in = workspace, *out = in + t.points * t.points * t.in_plane;
    float *stage = out + t.points * t.points * t.out_plane, *lines = stage + t.stage,
          *work = lines + t.turned;
    int64_t panels = (s->out_channels + PANEL - 1) / PANEL;
    for (int64_t task = begin; task < end; task++) {
        int64_t row = task / t.parts * t.group_rows, part = task % t.parts;
        int64_t rows = smaller(t.group_rows, s->batch * t.down - row);
        int64_t from = panels * part / t.parts * PANEL;
        int64_t to = smaller(panels * (part + 1) / t.parts * PANEL, s->out_channels);
        for (int64_t r = 0; r < rows; r++)
            input_row(s, &t, o->in, row + r, stage, in + r * t.across * t.in_row);
        run_points(plan, &t, o->weight_packed, rows * t.across, from, to, in, out, work);
        for (int64_t r = 0; r < rows; r++)
            output_row(s, &t, o, row + r, from, to, out + r * t.across * t.out_row, stage, lines);
    }
}

const struct conv_method_table ISA(conv_winograd) = {winograd_plan, winograd_pack, winograd_run};
