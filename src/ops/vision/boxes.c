/* Boxes against boxes: non-maximum suppression, and the overlap of rotated boxes
 * (torchvision/csrc/ops/cpu/nms_kernel.cpp, box_iou_rotated_kernel.cpp). A box is [x1, y1, x2, y2], a rotated
 * one [centre x, centre y, width, height, degrees]. */
#include "base/mem.h"
#include "ops/view/geometry.h"
#include "ops/vision/vision.h"
#include <math.h>

/* --- nms --- */

struct suppression {
    enum dtype d;
    const struct tensor *boxes;
    const int64_t *order; /* by falling score */
    int64_t count;
    double threshold;
    double *areas;
    bool *suppressed;
};

static double box_side(const struct suppression *s, int64_t i, int axis) {
    return vision_round(s->d, vision_at(s->boxes, 4 * i + 2 + axis) - vision_at(s->boxes, 4 * i + axis));
}
static double box_area(const struct suppression *s, int64_t i) {
    return vision_round(s->d, box_side(s, i, 0) * box_side(s, i, 1));
}
static double shared_side(const struct suppression *s, int64_t i, int64_t j, int axis) {
    double a = vision_at(s->boxes, 4 * i + axis), b = vision_at(s->boxes, 4 * j + axis);
    double e = vision_at(s->boxes, 4 * i + 2 + axis), f = vision_at(s->boxes, 4 * j + 2 + axis);
    double length =
        vision_round(s->d, (f < e ? f : e) - (a < b ? b : a)); /* std::min and max: NaN as there */
    return length > 0 ? length : 0;
}

static bool overlaps(const struct suppression *s, int64_t i, int64_t j) {
    double shared = vision_round(s->d, shared_side(s, i, j, 0) * shared_side(s, i, j, 1));
    double both = vision_round(s->d, vision_round(s->d, s->areas[i] + s->areas[j]) - shared);
    return vision_round(s->d, shared / both) > s->threshold;
}

static int64_t keep_best(struct suppression *s, int64_t *keep) {
    int64_t kept = 0;
    for (int64_t i = 0; i < s->count; i++) {
        s->areas[i] = box_area(s, i);
        s->suppressed[i] = false;
    }
    for (int64_t a = 0; a < s->count; a++) {
        int64_t i = s->order[a];
        if (s->suppressed[i]) continue;
        keep[kept++] = i;
        for (int64_t b = a + 1; b < s->count; b++)
            if (!s->suppressed[s->order[b]] && overlaps(s, i, s->order[b])) s->suppressed[s->order[b]] = true;
    }
    return kept;
}

static bool check_nms(struct op_call *c, const struct tensor *boxes, const struct tensor *scores) {
    if (boxes->ndim != 2) return refuse(c, "boxes should be a 2d tensor, got %dD", boxes->ndim);
    if (boxes->sizes[1] != 4)
        return refuse(c, "boxes should have 4 elements in dimension 1, got %lld", (long long)boxes->sizes[1]);
    if (scores->ndim != 1) return refuse(c, "scores should be a 1d tensor, got %dD", scores->ndim);
    if (boxes->sizes[0] != scores->sizes[0])
        return refuse(
            c, "boxes and scores should have same number of elements in dimension 0, got %lld and %lld",
            (long long)boxes->sizes[0], (long long)scores->sizes[0]);
    if (!check_dtype(c, boxes, SET_FLOATS, "nms_kernel")) return false;
    return boxes->dtype == scores->dtype || refuse(c, "dets should have the same type as scores");
}

/* nms(dets, scores, iou_threshold): indices of the boxes that stay, best first. */
bool vision_nms(struct op_call *c) {
    struct tensor *boxes = arg_tensor(c, 0), *scores = arg_tensor(c, 1);
    if (!check_nms(c, boxes, scores)) return false;
    struct compose k = compose_start(c);
    int64_t count = boxes->sizes[0], sizes[1] = {count};
    struct suppression s = {.d = tensor_dtype(boxes), .count = count, .threshold = arg_float(c, 2)};
    s.boxes = compose_own(&k, tensor_contiguous(boxes, c->cx->budget, c->err));
    struct tensor *order = compose_run(&k, "aten::argsort.stable", "tbdb", scores, true, 0, true);
    struct tensor *keep = compose_own(&k, call_new(c, DTYPE_INT64, 1, sizes));
    s.areas = call_scratch(c, (size_t)count + 1, sizeof *s.areas + sizeof *s.suppressed);
    if (!k.failed && s.areas) {
        s.suppressed = (bool *)(s.areas + count + 1);
        s.order = tensor_data(order);
        keep = compose_own(&k, tensor_narrow(c, keep, 0, 0, keep_best(&s, tensor_data(keep))));
    } else {
        keep = NULL;
    }
    mem_free(s.areas);
    return compose_give(&k, keep);
}

/* --- rotated boxes: the area of the intersection is that of the convex hull of all crossings and inner
 * corners --- */

struct point {
    double x, y;
};
enum { CORNERS = 4, CROSSINGS = 24 /* 16 of sides, 4 corners of each */ };

static struct point minus(struct point a, struct point b) {
    return (struct point){a.x - b.x, a.y - b.y};
}
static double dot(struct point a, struct point b) {
    return a.x * b.x + a.y * b.y;
}
static double cross(struct point a, struct point b) {
    return a.x * b.y - b.x * a.y;
}

static void corners_of(const double *box, struct point *p) {
    double theta = box[4] * 0.01745329251; /* torchvision's own digits of pi / 180 */
    double c = cos(theta) * 0.5, s = sin(theta) * 0.5, w = box[2], h = box[3];
    p[0] = (struct point){box[0] + s * h + c * w, box[1] + c * h - s * w};
    p[1] = (struct point){box[0] - s * h + c * w, box[1] - c * h - s * w};
    p[2] = (struct point){2 * box[0] - p[0].x, 2 * box[1] - p[0].y};
    p[3] = (struct point){2 * box[0] - p[1].x, 2 * box[1] - p[1].y};
}

/* Missing a crossing costs area, a doubled one nothing: so comparisons are generous by this much. */
static const double SLACK = 1e-5;

static int add_crossings(const struct point *a, const struct point *b, struct point *out, int count) {
    for (int i = 0; i < CORNERS; i++)
        for (int j = 0; j < CORNERS; j++) {
            struct point u = minus(a[(i + 1) % CORNERS], a[i]), v = minus(b[(j + 1) % CORNERS], b[j]);
            double det = cross(v, u);
            if (fabs(det) <= 1e-14) continue; /* parallel */
            struct point between = minus(b[j], a[i]);
            double s = cross(v, between) / det, t = cross(u, between) / det;
            if (s > -SLACK && s < 1 + SLACK && t > -SLACK && t < 1 + SLACK)
                out[count++] = (struct point){a[i].x + u.x * s, a[i].y + u.y * s};
        }
    return count;
}

/* The corners of `inner` that lie in `outer`: their projections lie within both sides. */
static int add_inside(const struct point *inner, const struct point *outer, struct point *out, int count) {
    struct point ab = minus(outer[1], outer[0]), da = minus(outer[0], outer[3]);
    for (int i = 0; i < CORNERS; i++) {
        struct point ap = minus(inner[i], outer[0]);
        double along = dot(ap, ab), across = -dot(ap, da);
        if (along > -SLACK && across > -SLACK && along < dot(ab, ab) + SLACK && across < dot(da, da) + SLACK)
            out[count++] = inner[i];
    }
    return count;
}

/* Around the first point by angle, the nearer first where angles are equal. */
static void sort_by_angle(struct point *p, int count) {
    for (int i = 1; i < count - 1; i++)
        for (int j = i + 1; j < count; j++) {
            double turn = cross(p[i], p[j]);
            if (turn < -1e-6 || (fabs(turn) < 1e-6 && dot(p[i], p[i]) > dot(p[j], p[j]))) {
                struct point held = p[i];
                p[i] = p[j];
                p[j] = held;
            }
        }
}

/* Graham's scan; the hull is left in p, around p[0] as the origin. */
static int convex_hull(struct point *p, int count) {
    int low = 0, second = 1, size = 2;
    for (int i = 1; i < count; i++)
        if (p[i].y < p[low].y || (p[i].y == p[low].y && p[i].x < p[low].x)) low = i;
    struct point start = p[low];
    for (int i = 0; i < count; i++) p[i] = minus(p[i], start);
    p[low] = p[0];
    p[0] = (struct point){0, 0};
    sort_by_angle(p, count);
    while (second < count && dot(p[second], p[second]) <= 1e-8) second++;
    if (second == count) return 1;
    p[1] = p[second];
    for (int i = second + 1; i < count; i++) {
        for (; size > 1; size--) {
            struct point a = minus(p[i], p[size - 2]), b = minus(p[size - 1], p[size - 2]);
            if (a.x * b.y < b.x * a.y) break;
        }
        p[size++] = p[i];
    }
    return size;
}

static double shared_area(const double *a, const double *b) {
    struct point pa[CORNERS], pb[CORNERS], p[CROSSINGS];
    corners_of(a, pa);
    corners_of(b, pb);
    int count = add_crossings(pa, pb, p, 0);
    count = add_inside(pa, pb, p, count);
    count = add_inside(pb, pa, p, count);
    if (count <= 2) return 0;
    int size = convex_hull(p, count);
    double area = 0;
    for (int i = 1; i < size - 1; i++) area += fabs(cross(minus(p[i], p[0]), minus(p[i + 1], p[0])));
    return area / 2;
}

static double rotated_iou(const struct tensor *first, int64_t i, const struct tensor *second, int64_t j) {
    double a[5], b[5];
    for (int k = 0; k < 5; k++) {
        a[k] = vision_at(first, 5 * i + k);
        b[k] = vision_at(second, 5 * j + k);
    }
    for (int k = 0; k < 2; k++) { /* to the middle between both centres, for precision */
        double middle = (a[k] + b[k]) / 2;
        a[k] -= middle;
        b[k] -= middle;
    }
    double area_a = a[2] * a[3], area_b = b[2] * b[3];
    if (area_a < 1e-14 || area_b < 1e-14) return 0;
    double shared = shared_area(a, b), all = area_a + area_b - shared;
    return shared / all;
}

/* box_iou_rotated(boxes1, boxes2): [N, M], always float32. */
bool vision_box_iou_rotated(struct op_call *c) {
    struct tensor *boxes[2] = {arg_tensor(c, 0), arg_tensor(c, 1)};
    char text[256];
    for (int i = 0; i < 2; i++)
        if (boxes[i]->ndim != 2 || boxes[i]->sizes[1] != 5)
            return refuse(c, "boxes%d should have shape (%s, 5), got %s", i + 1, i ? "M" : "N",
                          sizes_text(boxes[i]->ndim, boxes[i]->sizes, text, sizeof text));
    if (boxes[0]->dtype != boxes[1]->dtype) return refuse(c, "boxes1 and boxes2 must have the same dtype");
    int64_t sizes[2] = {boxes[0]->sizes[0], boxes[1]->sizes[0]};
    if (sizes[0] && sizes[1] && !check_dtype(c, boxes[0], SET_FLOATS, "box_iou_rotated_cpu")) return false;
    struct compose k = compose_start(c);
    struct tensor *out = compose_own(&k, call_new(c, DTYPE_FLOAT32, 2, sizes));
    if (!out || out->numel == 0) return compose_give(&k, out);
    struct tensor *a = vision_wide(&k, boxes[0]), *b = vision_wide(&k, boxes[1]);
    for (int64_t i = 0; !k.failed && i < out->numel; i++)
        ((float *)tensor_data(out))[i] = (float)rotated_iou(a, i / sizes[1], b, i % sizes[1]);
    return compose_give(&k, out);
}

/* torchvision's CPU build: no CUDA. */
bool vision_cuda_version(struct op_call *c) {
    return give(c, value_int(-1));
}
