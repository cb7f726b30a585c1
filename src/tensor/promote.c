/* Type promotion over operands; see promote.h. */
#include "tensor/promote.h"

static enum dtype join(uint8_t a, enum dtype b) {
    return a == DTYPE_NONE ? b : dtype_promote((enum dtype)a, b);
}

void promotion_add(struct promotion *p, const struct tensor *t) {
    enum dtype d = (enum dtype)t->dtype;
    if (t->flags & TENSOR_WRAPPED_NUMBER) {
        /* A number counts as the default dtype of its category. */
        if (dtype_is_complex(d)) d = DTYPE_COMPLEX64;
        if (dtype_is_floating(d)) d = DTYPE_FLOAT32;
        p->wrapped = (uint8_t)join(p->wrapped, d);
    } else if (t->ndim == 0) {
        p->zero = (uint8_t)join(p->zero, d);
    } else {
        p->dims = (uint8_t)join(p->dims, d);
    }
}

static enum dtype combine(enum dtype higher, enum dtype lower) {
    if (higher == DTYPE_NONE) return lower;
    if (lower == DTYPE_NONE) return higher;
    if (dtype_is_complex(higher)) return higher;
    if (dtype_is_floating(higher)) /* the complex type of the higher operand's width */
        return dtype_is_complex(lower) ? dtype_complex(higher) : higher;
    if (higher == DTYPE_BOOL || dtype_is_floating(lower) || dtype_is_complex(lower))
        return dtype_promote(higher, lower);
    return higher;
}

enum dtype promotion_result(const struct promotion *p) {
    return combine((enum dtype)p->dims, combine((enum dtype)p->zero, (enum dtype)p->wrapped));
}

enum dtype promote_tensors(int count, struct tensor *const *tensors) {
    struct promotion p = promotion_start();
    for (int i = 0; i < count; i++)
        if (tensors[i]) promotion_add(&p, tensors[i]);
    return promotion_result(&p);
}

bool promote_can_cast(enum dtype from, enum dtype to) {
    if (dtype_is_complex(from) && !dtype_is_complex(to)) return false;
    if (dtype_is_floating(from) && dtype_is_integral(to, true)) return false;
    return from == DTYPE_BOOL || to != DTYPE_BOOL;
}
