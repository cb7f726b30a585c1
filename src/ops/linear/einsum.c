/* einsum: every operand is brought into one order of all labels, then pairs are multiplied and summed from
 * the left.
 *
 * Labels are letters and the dimensions of an ellipsis. A pair is contracted by a batched matrix product:
 * labels in both and in what follows are batch, labels in both alone are summed, the others are rows and
 * columns. */
#include "base/text.h"
#include "ops/common/compose.h"
#include "ops/view/geometry.h"
#include <ctype.h>
#include <string.h>

enum { LETTERS = 52, MOST_LABELS = 63, MOST_OPERANDS = 26 };

struct equation {
    int operands;
    int labels[MOST_OPERANDS][TENSOR_MAX_DIMS],
        counts[MOST_OPERANDS]; /* a letter 0..51, or LETTERS + i of the ellipsis */
    int ellipsis;              /* its largest number of dimensions */
    int out[MOST_LABELS], out_count;
    int uses[LETTERS];
};

static int letter_index(char x) {
    return islower((unsigned char)x) ? x - 'a' + 26 : x - 'A';
}
static char letter_of(int index) {
    return (char)(index < 26 ? 'A' + index : 'a' + index - 26);
}

/* Labels of one operand or of the output; `dims` is the tensor's, -1 for the output. Returns where it
 * stopped. */
static const char *read_labels(struct op_call *c, const char *at, int dims, int *labels, int *count,
                               int *ellipsis) {
    int before = 0;
    const char *start = at;
    for (const char *p = at; *p && *p != ',' && *p != '-'; p++) before += isalpha((unsigned char)*p) != 0;
    for (*count = 0; *at && *at != ',' && *at != '-'; at++) {
        if (*at == ' ') continue;
        if (*at == '.') {
            if (strncmp(at, "...", 3) != 0) {
                refuse(c, "einsum(): found '.' for operand that is not part of any ellipsis");
                return NULL;
            }
            int own = dims < 0 ? *ellipsis : dims - before;
            if (own > *ellipsis) *ellipsis = own;
            for (int i = 0; i < own && *count < MOST_LABELS; i++) labels[(*count)++] = -(own - i);
            at += 2;
            continue;
        }
        if (!isalpha((unsigned char)*at)) {
            refuse(c,
                   "einsum(): invalid subscript given at index %d in the equation string, subscripts must be "
                   "in [a-zA-Z]",
                   (int)(at - start));
            return NULL;
        }
        if (*count < MOST_LABELS) labels[(*count)++] = letter_index(*at);
    }
    return at;
}

/* Ellipsis labels were noted as -1 (last), -2, ...: number them from the left. */
static void number_ellipsis(int *labels, int count, int ellipsis) {
    for (int i = 0; i < count; i++)
        if (labels[i] < 0) labels[i] = LETTERS + ellipsis + labels[i];
}

static void implicit_output(struct equation *e) {
    e->out_count = 0;
    for (int i = 0; i < e->ellipsis; i++) e->out[e->out_count++] = LETTERS + i;
    for (int i = 0; i < LETTERS; i++)
        if (e->uses[i] == 1) e->out[e->out_count++] = i;
}

static bool read_equation(struct op_call *c, const char *text, int operands, struct tensor **tensors,
                          struct equation *e) {
    memset(e, 0, sizeof *e);
    e->operands = operands;
    for (int i = 0; i < operands; i++) {
        text = read_labels(c, text, tensors[i]->ndim, e->labels[i], &e->counts[i], &e->ellipsis);
        if (!text) return false;
        if (e->counts[i] != tensors[i]->ndim)
            return refuse(c,
                          "einsum(): the number of subscripts in the equation (%d) does not match the number "
                          "of dimensions (%d) "
                          "for operand %d and no ellipsis was given",
                          e->counts[i], tensors[i]->ndim, i);
        if (i + 1 < operands && *text != ',')
            return refuse(c, "einsum(): more operands were provided than specified in the equation");
        if (*text == ',') text++;
    }
    for (int i = 0; i < operands; i++) {
        number_ellipsis(e->labels[i], e->counts[i], e->ellipsis);
        for (int k = 0; k < e->counts[i]; k++)
            if (e->labels[i][k] < LETTERS) e->uses[e->labels[i][k]]++;
    }
    if (*text == '-' && text[1] == '>') {
        if (!read_labels(c, text + 2, -1, e->out, &e->out_count, &e->ellipsis)) return false;
        number_ellipsis(e->out, e->out_count, e->ellipsis);
    } else if (*text == '\0') {
        implicit_output(e);
    } else {
        return refuse(c, "einsum(): fewer operands were provided than specified in the equation");
    }
    return true;
}

/* All labels in one order: the output's first, then the summed ones. */
static int order_labels(const struct equation *e, int *place) {
    int count = 0;
    for (int i = 0; i < LETTERS + MOST_LABELS; i++) place[i] = -1;
    for (int i = 0; i < e->out_count; i++) place[e->out[i]] = count++;
    for (int i = 0; i < e->ellipsis; i++)
        if (place[LETTERS + i] < 0) place[LETTERS + i] = count++;
    for (int i = 0; i < LETTERS; i++)
        if (e->uses[i] > 0 && place[i] < 0) place[i] = count++;
    return count;
}

/* A view with a dimension for every label: a label used twice is a diagonal, one not there has size 1. */
static struct tensor *spread(struct op_call *c, struct tensor *t, const int *labels, int count,
                             const int *place, int total) {
    struct geometry g = {.ndim = total, .offset = t->offset};
    for (int i = 0; i < total; i++) g.sizes[i] = 1;
    for (int i = 0; i < count; i++) {
        int at = place[labels[i]];
        if (g.strides[at] != 0 && g.sizes[at] != t->sizes[i] && g.sizes[at] != 1) {
            refuse(c,
                   "einsum(): subscript %c is repeated for operand but the sizes don't match, %lld != %lld",
                   '?', (long long)t->sizes[i], (long long)g.sizes[at]);
            return NULL;
        }
        g.sizes[at] = t->sizes[i];
        g.strides[at] += t->strides[i];
    }
    return geometry_view(c, t, &g);
}

/* Permutes to [batch, left, right] groups, each joined into one dimension. */
static struct tensor *group(struct compose *k, struct tensor *t, const int *order, int total,
                            const int *ends) {
    int64_t dims[MOST_LABELS], sizes[3] = {1, 1, 1};
    for (int i = 0; i < total; i++) dims[i] = order[i];
    struct tensor *moved = compose_run(k, "aten::permute", "tL", t, total, dims);
    for (int i = 0, part = 0; moved && i < total; i++) {
        while (i >= ends[part]) part++;
        sizes[part] *= moved->sizes[i];
    }
    return compose_run(k, "aten::reshape", "tL", moved, 3, sizes);
}

static struct tensor *sum_where(struct compose *k, struct tensor *t, const bool *chosen, int total) {
    int64_t dims[MOST_LABELS];
    int count = 0;
    for (int i = 0; i < total; i++)
        if (chosen[i]) dims[count++] = i;
    return count == 0 || !t
               ? t
               : compose_run(k, "aten::sum.dim_IntList", "tLbv", t, count, dims, true, value_int(t->dtype));
}

/* a and b have `total` dimensions each; those in `gone` are summed. The result keeps them with size 1. */
static struct tensor *contract(struct compose *k, struct tensor *a, struct tensor *b, const bool *gone,
                               int total) {
    bool only_a[MOST_LABELS], only_b[MOST_LABELS];
    int left[MOST_LABELS], right[MOST_LABELS], back[MOST_LABELS], kinds[MOST_LABELS], n = 0, m = 0;
    int left_ends[3], right_ends[3];
    int64_t sizes[MOST_LABELS], undo[MOST_LABELS];
    for (int i = 0; i < total; i++) {
        bool in_a = a->sizes[i] != 1, in_b = b->sizes[i] != 1;
        only_a[i] = gone[i] && in_a && !in_b;
        only_b[i] = gone[i] && in_b && !in_a;
    }
    a = sum_where(k, a, only_a, total);
    b = sum_where(k, b, only_b, total);
    if (!a || !b) return NULL;
    for (int i = 0; i < total; i++) /* 0 batch, 1 rows, 2 columns, 3 summed */
        kinds[i] = gone[i] ? 3 : a->sizes[i] != 1 && b->sizes[i] != 1 ? 0 : a->sizes[i] != 1 ? 1 : 2;
    for (int kind = 0; kind < 3; kind++) {
        static const int left_order[] = {0, 1, 3}, right_order[] = {0, 3, 2};
        for (int i = 0; i < total; i++) {
            if (kinds[i] == left_order[kind] || (kind == 1 && kinds[i] == 2)) left[n++] = i;
            if (kinds[i] == right_order[kind] || (kind == 2 && kinds[i] == 1)) right[m++] = i;
        }
        left_ends[kind] = n;
        right_ends[kind] = m;
    }
    struct tensor *x = group(k, a, left, total, left_ends), *y = group(k, b, right, total, right_ends);
    struct tensor *product = compose_run(k, "aten::bmm", "tt", x, y);
    n = 0;
    for (int kind = 0; kind < 4; kind++)
        for (int i = 0; i < total; i++)
            if (kinds[i] == kind) {
                sizes[n] = kind == 3 ? 1 : kind == 2 ? b->sizes[i] : a->sizes[i];
                back[n++] = i;
            }
    struct tensor *shaped = compose_run(k, "aten::reshape", "tL", product, total, sizes);
    for (int i = 0; i < total; i++) undo[back[i]] = i;
    return compose_run(k, "aten::permute", "tL", shaped, total, undo);
}

/* What stands at dimension d of the product: a subscript's letter, or a dimension that the ellipsis covers.
 */
static bool refuse_sizes(struct op_call *c, const int *place, int d, int operand, int64_t size,
                         int64_t seen) {
    int label = 0;
    while (place[label] != d) label++;
    if (label >= LETTERS)
        return refuse(c,
                      "einsum(): dimension %d covered by ellipsis in operand %dhas size %lld which does not "
                      "broadcast with previously seen ellipsis with size %lld for the respective dimension",
                      label - LETTERS, operand, (long long)size, (long long)seen);
    return refuse(
        c,
        "einsum(): subscript %c has size %lld for operand %d which does not broadcast with previously "
        "seen size %lld",
        letter_of(label), (long long)size, operand, (long long)seen);
}

static bool check_sizes(struct op_call *c, struct tensor **views, int operands, int total, const int *place) {
    for (int d = 0; d < total; d++) {
        int64_t size = 1;
        for (int i = 0; i < operands; i++) {
            if (views[i]->sizes[d] == 1) continue;
            if (size != 1 && views[i]->sizes[d] != size)
                return refuse_sizes(c, place, d, i, views[i]->sizes[d], size);
            size = views[i]->sizes[d];
        }
    }
    return true;
}

bool linear_einsum(struct op_call *c) {
    struct tensor *tensors[MOST_OPERANDS], *views[MOST_OPERANDS];
    struct equation e;
    int place[LETTERS + MOST_LABELS], operands = args_tensors(c, 1, tensors, MOST_OPERANDS);
    if (operands < 0) return false;
    if (operands == 0) return refuse(c, "einsum(): must provide at least one operand");
    if (!read_equation(c, c->args[0].string->bytes, operands, tensors, &e)) return false;
    for (int i = 0; i < e.out_count; i++)
        if (e.out[i] < LETTERS && e.uses[e.out[i]] == 0)
            return refuse(
                c, "einsum(): output subscript %c does not appear in the equation for any input operand",
                "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"[e.out[i]]);
    int total = order_labels(&e, place);
    struct compose k = compose_start(c);
    for (int i = 0; i < operands; i++)
        views[i] = compose_own(&k, spread(c, tensors[i], e.labels[i], e.counts[i], place, total));
    if (!k.failed && !check_sizes(c, views, operands, total, place)) k.failed = true;
    struct tensor *result = k.failed ? NULL : views[0];
    for (int i = 1; result && i < operands; i++) {
        bool gone[MOST_LABELS] = {false};
        for (int d = e.out_count; d < total; d++) {
            gone[d] = true;
            for (int j = i + 1; j < operands; j++) gone[d] = gone[d] && views[j]->sizes[d] == 1;
        }
        result = contract(&k, result, views[i], gone, total);
    }
    bool rest[MOST_LABELS] = {false};
    for (int d = e.out_count; d < total; d++) rest[d] = result && result->sizes[d] != 1;
    result = result ? sum_where(&k, result, rest, total) : NULL;
    if (!result) return compose_give(&k, NULL);
    struct geometry g;
    geometry_of(result, &g);
    g.ndim = e.out_count;
    return compose_give(&k, compose_own(&k, geometry_view(c, result, &g)));
}

/* --- einsum of tensors with a list of labels behind each, and maybe one of the output's --- */

static bool put_labels(struct op_call *c, struct text *equation, int argument) {
    int64_t labels[TENSOR_MAX_DIMS];
    int count = args_ints(c, argument, labels, TENSOR_MAX_DIMS);
    for (int i = 0; i < count; i++) {
        if (labels[i] < 0 || labels[i] >= LETTERS)
            return refuse(
                c,
                "einsum(): expected subscript %d in argument %d to be within the range [0, %d), but "
                "got %lld",
                i, argument, LETTERS, (long long)labels[i]);
        text_put_char(equation, letter_of((int)labels[i]));
    }
    return count >= 0;
}

/* Returns the number of operands, or -1. */
static int read_sublists(struct op_call *c, struct text *equation, struct tensor **tensors) {
    int operands = 0, i = 0;
    for (; i + 1 < c->arg_count; i += 2, operands++) {
        if (c->args[i].tag != VALUE_TENSOR || c->args[i + 1].tag != VALUE_LIST || operands == MOST_OPERANDS)
            break;
        if (operands > 0) text_put_char(equation, ',');
        if (!put_labels(c, equation, i + 1)) return -1;
        tensors[operands] = arg_tensor(c, i);
    }
    if (i < c->arg_count && c->args[i].tag == VALUE_LIST && operands > 0) {
        text_put(equation, "->");
        if (!put_labels(c, equation, i++)) return -1;
    }
    if (operands > 0 && i == c->arg_count) return operands;
    refuse(c, "einsum(): must specify the equation string and at least one operand, or at least one operand "
              "and its "
              "subscripts list");
    return -1;
}

bool linear_einsum_sublist(struct op_call *c) {
    struct tensor *tensors[MOST_OPERANDS];
    struct text equation = {0};
    struct compose k = compose_start(c);
    int operands = read_sublists(c, &equation, tensors);
    if (equation.failed) operands = -1, error_memory(c->err);
    if (operands < 0) k.failed = true;
    struct tensor *out = compose_run(&k, "aten::einsum", "sT", text_get(&equation), operands, tensors);
    text_free(&equation);
    return compose_give(&k, out);
}
