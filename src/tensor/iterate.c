/* Walking several tensors together; see iterate.h for the rule. */
#include "tensor/iterate.h"
#include <stdio.h>
#include <string.h>

bool sizes_broadcast(int *ndim, int64_t *sizes, int other_ndim, const int64_t *other, lb_error *err) {
    int count = *ndim > other_ndim ? *ndim : other_ndim;
    int64_t joined[TENSOR_MAX_DIMS];
    for (int i = 1; i <= count; i++) {
        int64_t a = i <= *ndim ? sizes[*ndim - i] : 1, b = i <= other_ndim ? other[other_ndim - i] : 1;
        if (a != b && a != 1 && b != 1)
            return error_set(
                err, LB_ERROR_RUNTIME,
                "The size of tensor a (%lld) must match the size of tensor b (%lld) at non-singleton "
                "dimension %d",
                (long long)a, (long long)b, count - i);
        joined[count - i] = a == 1 ? b : a;
    }
    memcpy(sizes, joined, sizeof *sizes * (size_t)count);
    *ndim = count;
    return true;
}

static bool same_sizes(const struct tensor *t, int ndim, const int64_t *sizes) {
    return t->ndim == ndim && memcmp(t->sizes, sizes, sizeof *sizes * (size_t)ndim) == 0;
}

/* Where in `it` dimension 0 is still the outermost, as in tensors. */
static bool broadcast_all(struct iterate *it, lb_error *err) {
    bool first = true;
    it->ndim = 0;
    for (int k = it->resize ? it->outputs : 0; k < it->operands; k++) {
        const struct tensor *t = it->tensors[k];
        if (!t || (!first && same_sizes(t, it->ndim, it->sizes))) continue;
        if (first) {
            it->ndim = t->ndim;
            memcpy(it->sizes, t->sizes, sizeof *t->sizes * t->ndim);
            first = false;
        } else if (!sizes_broadcast(&it->ndim, it->sizes, t->ndim, t->sizes, err)) {
            return false;
        }
    }
    return sizes_product(it->ndim, it->sizes, &it->numel) ||
           error_set(err, LB_ERROR_RUNTIME, "sizes overflow");
}

const char *sizes_text(int ndim, const int64_t *sizes, char *buffer, size_t capacity) {
    size_t at = 0;
    buffer[0] = '\0';
    for (int i = 0; i < ndim && at + 24 < capacity; i++)
        at += (size_t)snprintf(buffer + at, capacity - at, "%s%lld", i ? ", " : "[", (long long)sizes[i]);
    snprintf(buffer + at, capacity - at, ndim ? "]" : "[]");
    return buffer;
}

/* Byte strides of an operand in the broadcast shape, still outermost first. */
static void operand_strides(struct iterate *it, int k) {
    const struct tensor *t = it->tensors[k];
    int64_t size = (int64_t)dtype_size((enum dtype)t->dtype);
    int missing = it->ndim - t->ndim;
    for (int i = 0; i < it->ndim; i++) {
        bool broadcast = i < missing || (t->sizes[i - missing] == 1 && it->sizes[i] != 1);
        it->strides[k][i] = broadcast ? 0 : t->strides[i - missing] * size;
    }
}

static bool accept_output(struct iterate *it, int k, lb_error *err) {
    struct tensor *t = it->tensors[k];
    if (same_sizes(t, it->ndim, it->sizes)) return true;
    if (it->resize) return tensor_resize(t, it->ndim, it->sizes, err);
    char a[512], b[512];
    return error_set(err, LB_ERROR_RUNTIME, "output with shape %s doesn't match the broadcast shape %s",
                     sizes_text(t->ndim, t->sizes, a, sizeof a),
                     sizes_text(it->ndim, it->sizes, b, sizeof b));
}

/* TensorIteratorBase::reorder_dimensions' should_swap: 1 when dim a should come after (outside) b, -1 when
 * the order is right, 0 when no operand says anything. */
static int compare_dims(const struct iterate *it, int a, int b) {
    for (int k = 0; k < it->operands; k++) {
        if (!it->tensors[k]) continue;
        int64_t sa = it->strides[k][a], sb = it->strides[k][b];
        if (sa == 0 || sb == 0) continue;
        if (sa < sb) return -1;
        if (sa > sb) return 1;
        if (it->sizes[a] > it->sizes[b]) return 1;
    }
    return 0;
}

/* order[0] is the dimension that becomes the innermost. */
static void sort_dims(const struct iterate *it, int *order) {
    for (int i = 0; i < it->ndim; i++) order[i] = it->ndim - 1 - i;
    for (int i = 1; i < it->ndim; i++) {
        int mover = i;
        for (int other = i - 1; other >= 0; other--) {
            int compared = compare_dims(it, order[other], order[mover]);
            if (compared < 0) break;
            if (compared == 0) continue;
            int swap = order[other];
            order[other] = order[mover];
            order[mover] = swap;
            mover = other;
        }
    }
}

static bool make_output(struct iterate *it, int k, const int *order, lb_error *err) {
    int64_t strides[TENSOR_MAX_DIMS], step = 1;
    for (int i = 0; i < it->ndim; i++) {
        strides[order[i]] = step;
        if (it->sizes[order[i]] > 1) step *= it->sizes[order[i]];
    }
    it->tensors[k] = tensor_new_strided(it->out_dtype, it->ndim, it->sizes, strides, it->budget, err);
    it->made[k] = it->tensors[k] != NULL;
    if (it->made[k]) operand_strides(it, k);
    return it->made[k];
}

static void permute(struct iterate *it, const int *order) {
    int64_t old[TENSOR_MAX_DIMS];
    size_t bytes = sizeof old[0] * (size_t)it->ndim;
    memcpy(old, it->sizes, bytes);
    for (int i = 0; i < it->ndim; i++) it->sizes[i] = old[order[i]];
    for (int k = 0; k < it->operands; k++) {
        memcpy(old, it->strides[k], bytes);
        for (int i = 0; i < it->ndim; i++) it->strides[k][i] = old[order[i]];
    }
}

static bool can_join(const struct iterate *it, int inner, int outer) {
    if (it->sizes[inner] == 1 || it->sizes[outer] == 1) return true;
    for (int k = 0; k < it->operands; k++)
        if (it->strides[k][inner] * it->sizes[inner] != it->strides[k][outer]) return false;
    return true;
}

static void coalesce(struct iterate *it) {
    int last = 0;
    if (it->ndim <= 1) return;
    for (int i = 1; i < it->ndim; i++) {
        if (can_join(it, last, i)) {
            if (it->sizes[last] == 1)
                for (int k = 0; k < it->operands; k++) it->strides[k][last] = it->strides[k][i];
            it->sizes[last] *= it->sizes[i];
            continue;
        }
        last++;
        it->sizes[last] = it->sizes[i];
        for (int k = 0; k < it->operands; k++) it->strides[k][last] = it->strides[k][i];
    }
    it->ndim = last + 1;
}

/* All operands have one shape and are contiguous: one run. */
static bool plain(const struct iterate *it) {
    for (int k = 0; k < it->operands; k++) {
        const struct tensor *t = it->tensors[k];
        if (!t && k < it->outputs) continue;
        if (!same_sizes(t, it->ndim, it->sizes) || !tensor_is_contiguous(t)) return false;
    }
    return true;
}

static bool begin_plain(struct iterate *it, lb_error *err) {
    for (int k = 0; k < it->outputs; k++) {
        if (it->tensors[k]) continue;
        it->tensors[k] = tensor_new(it->out_dtype, it->ndim, it->sizes, it->budget, err);
        it->made[k] = it->tensors[k] != NULL;
        if (!it->made[k]) return false;
    }
    it->ndim = 1;
    it->sizes[0] = it->numel;
    for (int k = 0; k < it->operands; k++)
        it->strides[k][0] = (int64_t)dtype_size((enum dtype)it->tensors[k]->dtype);
    return true;
}

/* TensorIterator's fast setup: operands of one shape and the same dense strides give outputs of these
 * strides. */
static bool dense_alike(const struct iterate *it) {
    const struct tensor *first = NULL;
    for (int k = 0; k < it->operands; k++) {
        const struct tensor *t = it->tensors[k];
        if (!t) continue;
        if (!same_sizes(t, it->ndim, it->sizes)) return false;
        if (first && memcmp(first->strides, t->strides, sizeof *t->strides * t->ndim) != 0) return false;
        if (!first && !tensor_is_dense(t)) return false;
        first = first ? first : t;
    }
    return first != NULL;
}

static bool make_alike(struct iterate *it, lb_error *err) {
    const struct tensor *like = it->tensors[it->operands - 1];
    for (int k = 0; k < it->outputs; k++) {
        if (it->tensors[k]) continue;
        it->tensors[k] =
            tensor_new_strided(it->out_dtype, it->ndim, it->sizes, like->strides, it->budget, err);
        it->made[k] = it->tensors[k] != NULL;
        if (!it->made[k]) return false;
    }
    return true;
}

static bool begin_general(struct iterate *it, lb_error *err) {
    int order[TENSOR_MAX_DIMS];
    if (dense_alike(it) && !make_alike(it, err)) return false;
    for (int k = 0; k < it->operands; k++)
        if (it->tensors[k]) operand_strides(it, k);
    sort_dims(it, order);
    for (int k = 0; k < it->outputs; k++)
        if (!it->tensors[k] && !make_output(it, k, order, err)) return false;
    permute(it, order);
    coalesce(it);
    if (it->ndim == 0) {
        it->ndim = 1;
        it->sizes[0] = 1;
        for (int k = 0; k < it->operands; k++) it->strides[k][0] = 0;
    }
    return true;
}

bool iterate_begin(struct iterate *it, lb_error *err) {
    memset(it->made, 0, sizeof it->made);
    bool good = broadcast_all(it, err);
    for (int k = 0; good && k < it->outputs; k++) good = !it->tensors[k] || accept_output(it, k, err);
    good = good && (plain(it) ? begin_plain(it, err) : begin_general(it, err));
    if (!good) {
        iterate_drop(it);
        return false;
    }
    for (int k = 0; k < it->operands; k++) it->data[k] = tensor_data(it->tensors[k]);
    return true;
}

void iterate_drop(struct iterate *it) {
    for (int k = 0; k < it->outputs; k++)
        if (it->made[k]) {
            tensor_release(it->tensors[k]);
            it->tensors[k] = NULL;
            it->made[k] = false;
        }
}

void iterate_run(const struct iterate *it, iterate_loop *loop, void *context) {
    int64_t index[TENSOR_MAX_DIMS] = {0}, strides[ITERATE_OPERANDS];
    char *data[ITERATE_OPERANDS];
    if (it->numel == 0) return;
    for (int k = 0; k < it->operands; k++) {
        data[k] = it->data[k];
        strides[k] = it->strides[k][0];
    }
    for (;;) {
        loop(context, data, strides, it->sizes[0]);
        int d = 1;
        for (; d < it->ndim; d++) {
            index[d]++;
            for (int k = 0; k < it->operands; k++) data[k] += it->strides[k][d];
            if (index[d] < it->sizes[d]) break;
            for (int k = 0; k < it->operands; k++) data[k] -= it->strides[k][d] * it->sizes[d];
            index[d] = 0;
        }
        if (d >= it->ndim) return;
    }
}
