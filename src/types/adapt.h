/* Values that come without types (from old archives, torch.save files, the API's caller) take the type that
 * is declared where they stand. */
#ifndef LINKBOY_TYPES_ADAPT_H
#define LINKBOY_TYPES_ADAPT_H
#include "types/type.h"

/* Gives untyped lists and dicts and plain tuples inside `v` the element types and NamedTuple type of `want`,
 * in place; lists and dicts know then what they stand for. What is typed already is left alone. Says nothing
 * of whether it fits: type_admits() does. */
void type_tag_containers(const struct type *want, lb_value v);

/* An argument as PyTorch's toIValue makes it of a Python object for a parameter of this type: lists, dicts
 * and tuples are copied in and typed; an int may stand for a float or complex, a number for a Scalar, a
 * one-element tensor for a number, a string for a device. False with err unset when it does not fit. */
bool type_convert_argument(struct type_store *s, const struct type *want, lb_value v, lb_value *out,
                           lb_error *err);

/* The type that a value shows whose containers may be untyped, by their contents (tryToInferType in
 * torch/csrc/jit/python/pybind_utils.h); NULL where these do not say: an empty list, items that have nothing
 * in common. */
const struct type *type_infer(struct type_store *s, lb_value v);
#endif
