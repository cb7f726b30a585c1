/* Text of values, in PyTorch's two forms: as print() and str() show them, and as constants in code and graphs
 * (IValue::operator<< and IValue::repr in aten/src/ATen/core/ivalue.cpp). The two write floats differently:
 * constants have a dot only below 1e10 and keep the sign of zero. */
#ifndef LINKBOY_VALUE_PRINT_H
#define LINKBOY_VALUE_PRINT_H
#include "value/value.h"

/* What the text of a value needs from the floors above and from tensors. Any of them may be NULL. */
struct value_words {
    void (*put_type)(struct text *out, const struct type *type); /* type_put_annotation */
    /* Whether a list's element type shows in its members: not for Optional, Union, number, Any, interfaces.
     */
    bool (*type_shows)(const struct type *type);
    void (*put_tensor)(struct text *out, const struct tensor *t);
    /* Constants only: true when it has put the value's text itself (CONSTANTS.c0). */
    bool (*custom)(void *context, struct text *out, lb_value v);
    void *context;
};

void value_put(struct text *out, lb_value v, const struct value_words *words);
/* False (something may have been put) for what has no constant text: tensors, objects, futures, ... */
bool value_put_constant(struct text *out, lb_value v, const struct value_words *words);

void value_put_float(struct text *out, double f);
void value_put_float_constant(struct text *out, double f);
void value_put_device(struct text *out, struct device device);
/* In double quotes, escaped as c10::printQuotedString. */
void value_put_quoted(struct text *out, const char *bytes, int64_t length);
#endif
