/* Conversions between numbers, bools and strings, and the hash of a value.
 *
 * Numbers go in and come out as PyTorch casts them (C's `int` and `float` in the places where its source says
 * so); strings are read as std::stoll and std::stod read them. Rules:
 * torch/csrc/jit/runtime/register_prim_ops.cpp. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "ops/common/give.h"
#include "types/type.h"

bool op_bool_of_number(struct op_call *c);
bool op_bool_of_number(struct op_call *c) {
    return give_bool(c, number_as_float(c->args[0]) != 0);
}

bool op_int_of_bool(struct op_call *c);
bool op_int_of_bool(struct op_call *c) {
    return give_int(c, arg_bool(c, 0));
}

bool op_int_of_float(struct op_call *c);
bool op_int_of_float(struct op_call *c) {
    return give_int(c, int_of_float(trunc(arg_float(c, 0))));
}

/* Through at::Scalar::toInt, C's int. */
bool op_int_of_scalar(struct op_call *c);
bool op_int_of_scalar(struct op_call *c) {
    lb_value v = c->args[0];
    if (v.tag == VALUE_INT || v.tag == VALUE_BOOL) return give_int(c, v.i);
    if (v.tag == VALUE_COMPLEX && v.complex->im != 0)
        return refuse(c, "value cannot be converted to type int without overflow");
    double f = v.tag == VALUE_COMPLEX ? v.complex->re : v.f;
    if (!(f > -0x1p31 - 1 && f < 0x1p31))
        return refuse(c, "value cannot be converted to type int without overflow");
    return give_int(c, int32_of_float(f));
}

bool op_float_of_scalar(struct op_call *c);
bool op_float_of_scalar(struct op_call *c) {
    lb_value v = c->args[0];
    return give_float(c, v.tag == VALUE_COMPLEX ? v.complex->re : number_as_float(v));
}

bool op_complex_of_scalar(struct op_call *c);
bool op_complex_of_scalar(struct op_call *c) {
    lb_value v = c->args[0];
    return v.tag == VALUE_COMPLEX ? give_copy(c, v) : give_complex(c, number_as_float(v), 0);
}

/* Ints are C's int here. */
static double part(lb_value v) {
    return v.tag == VALUE_FLOAT ? v.f : (double)(int32_t)v.i;
}
bool op_complex_of_parts(struct op_call *c);
bool op_complex_of_parts(struct op_call *c) {
    return give_complex(c, part(c->args[0]), part(c->args[1]));
}

/* --- out of strings --- */

bool op_int_of_str(struct op_call *c);
bool op_int_of_str(struct op_call *c) {
    const struct string *s = arg_string(c, 0);
    char *end;
    errno = 0;
    long long value = strtoll(s->bytes, &end, 10);
    if (end == s->bytes || errno == ERANGE) return refuse(c, "stoll");
    if (end != s->bytes + s->length)
        return refuse(c, "invalid literal for int() with base 10: '%s'", s->bytes);
    return give_int(c, value);
}

bool op_float_of_str(struct op_call *c);
bool op_float_of_str(struct op_call *c) {
    const struct string *s = arg_string(c, 0);
    char *end;
    errno = 0;
    double value = strtod(s->bytes, &end);
    if (end == s->bytes || errno == ERANGE) return refuse(c, "stod");
    if (end != s->bytes + s->length) return refuse(c, "could not convert string to float: '%s'", s->bytes);
    return give_float(c, value);
}

bool op_ord(struct op_call *c);
bool op_ord(struct op_call *c) {
    const struct string *s = arg_string(c, 0);
    if (s->length != 1)
        return refuse(c, "String for ord() must be 1 character, found %lld", (long long)s->length);
    return give_int(c, (unsigned char)s->bytes[0]);
}

/* --- into strings --- */

/* One byte, whatever the number: strings are bytes. */
bool op_chr(struct op_call *c);
bool op_chr(struct op_call *c) {
    int64_t i = arg_int(c, 0);
    if (i < 0 || i >= 1114111) return refuse(c, "chr() arg not in range(0x110000), found %lld", (long long)i);
    char byte = (char)(unsigned char)i;
    return give_string(c, &byte, 1);
}

static bool in_base(struct op_call *c, const char *prefix, unsigned bits) {
    int64_t i = arg_int(c, 0);
    uint64_t rest = i < 0 ? 0 - (uint64_t)i : (uint64_t)i;
    char digits[64];
    size_t first = sizeof digits;
    do {
        digits[--first] = "0123456789abcdef"[rest & ((1u << bits) - 1)];
        rest >>= bits;
    } while (rest);
    struct text t = {0};
    text_put(&t, i < 0 ? "-" : "");
    text_put(&t, prefix);
    text_put_bytes(&t, digits + first, sizeof digits - first);
    return give_text(c, &t);
}

bool op_hex(struct op_call *c);
bool op_hex(struct op_call *c) {
    return in_base(c, "0x", 4);
}
bool op_oct(struct op_call *c);
bool op_oct(struct op_call *c) {
    return in_base(c, "0o", 3);
}
bool op_bin(struct op_call *c);
bool op_bin(struct op_call *c) {
    return in_base(c, "0b", 1);
}

/* --- hash(): what a program prints must be what PyTorch prints, so its own hash functions --- */

/* libstdc++'s hash of bytes on 64 bits (MurmurHash64A's mixing, libstdc++-v3/libsupc++/hash_bytes.cc). */
static uint64_t hash_of_bytes(const void *data, size_t length) {
    const uint64_t multiplier = 0xc6a4a7935bd1e995u;
    const unsigned char *bytes = data;
    uint64_t hash = 0xc70f6907u ^ (length * multiplier);
    for (; length >= 8; bytes += 8, length -= 8) {
        uint64_t word;
        memcpy(&word, bytes, 8);
        word *= multiplier;
        hash = (hash ^ ((word ^ word >> 47) * multiplier)) * multiplier;
    }
    uint64_t tail = 0;
    memcpy(&tail, bytes, length);
    if (length) hash = (hash ^ tail) * multiplier;
    hash = (hash ^ hash >> 47) * multiplier;
    return hash ^ hash >> 47;
}

enum { HASH_DEPTH = 200 };

/* IValue::hash in aten/src/ATen/core/ivalue.cpp; false where the type has none. */
static bool hash_of_value(lb_value v, int depth, uint64_t *hash) {
    switch (v.tag) {
    case VALUE_NONE: *hash = 0; return true;
    case VALUE_BOOL:
    case VALUE_INT: *hash = (uint64_t)v.i; return true;
    case VALUE_FLOAT: *hash = v.f == 0 ? 0 : hash_of_bytes(&v.f, sizeof v.f); return true;
    case VALUE_STRING: *hash = hash_of_bytes(v.string->bytes, (size_t)v.string->length); return true;
    case VALUE_DEVICE: *hash = (uint64_t)(uint8_t)v.device.type << 16 | (uint8_t)v.device.index; return true;
    case VALUE_TENSOR: *hash = (uintptr_t)v.tensor; return true;
    case VALUE_TUPLE: break;
    default: return false;
    }
    uint64_t sum = 0;
    for (int32_t i = 0; i < v.tuple->count; i++) {
        uint64_t item;
        if (depth >= HASH_DEPTH || !hash_of_value(v.tuple->items[i], depth + 1, &item)) return false;
        sum ^= item + 0x9e3779b9u + (sum << 6) + (sum >> 2);
    }
    *hash = sum;
    return true;
}

bool op_hash(struct op_call *c);
bool op_hash(struct op_call *c) {
    uint64_t hash;
    if (hash_of_value(c->args[0], 0, &hash)) return give_int(c, (int64_t)hash);
    struct text t = {0};
    const struct type *type = c->cx->types ? type_of_value(c->cx->types, c->args[0]) : NULL;
    if (type) type_put_annotation(&t, type);
    refuse(c, "unhashable type: '%s'", text_get(&t));
    text_free(&t);
    return false;
}
