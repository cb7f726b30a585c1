/* What the generated tables look like: shared by the generator, which writes them, and lookup.c, which reads
 * them.
 *
 * An operator's name hashes to a bucket; the bucket's seed, mixed into the hash, gives a slot of its own
 * ("hash and displace"). Neither side keeps a second copy of the hash function. */
#ifndef LINKBOY_OPS_TABLE_H
#define LINKBOY_OPS_TABLE_H

#include "ops/ops.h"

struct op_name_slot {
    uint32_t name; /* offset into the text pool */
    uint16_t first_row;
    uint16_t row_count; /* 0: an empty slot */
};

/* A row whose operator also takes tensors of other layouts than strided, or quantized ones in another way;
 * sorted by row. */
enum { OP_LAYOUTS = 3 };
struct op_layout_row {
    uint16_t row;
    uint16_t kernels[OP_LAYOUTS]; /* for sparse, nested, quantized tensors; 0: none */
};

extern const struct op_layout_row ops_layout_rows[];
extern const uint32_t ops_layout_row_count;

extern const char ops_text[];
extern const struct op_row ops_rows[];
extern const uint32_t ops_row_count;
extern const op_kernel ops_kernels[];
extern const struct op_name_slot ops_slots[];
extern const uint32_t ops_slot_mask; /* slots - 1, slots being a power of two */
extern const uint16_t ops_seeds[];
extern const uint32_t ops_seed_mask;

/* The dtypes that the first tensor may have, a bit each (1 << number as in lb_dtype); 0 where nothing is
 * known. */
extern const uint16_t ops_dtypes[];

#define OPS_DTYPE_WORDS                                                                             \
    {"bool", 1u << 11}, {"int", 0x1f}, {"half", 1u << 5 | 1u << 15}, {"float", 1u << 6 | 1u << 7},  \
        {"complex", 1u << 9 | 1u << 10}, {"uint8", 1u << 0}, {"int8", 1u << 1}, {"int16", 1u << 2}, \
        {"int32", 1u << 3}, {"int64", 1u << 4}, {"float16", 1u << 5}, {"bfloat16", 1u << 15},       \
        {"float32", 1u << 6}, {"float64", 1u << 7}, {"complex64", 1u << 9}, {                       \
        "complex128", 1u << 10                                                                      \
    }

static inline uint64_t ops_hash(const char *name, size_t length) {
    uint64_t hash = 0xcbf29ce484222325u; /* FNV-1a */
    for (size_t i = 0; i < length; i++) hash = (hash ^ (unsigned char)name[i]) * 0x100000001b3u;
    return hash;
}

static inline uint32_t ops_slot_of(uint64_t hash, uint32_t seed, uint32_t mask) {
    uint64_t mixed = (hash ^ seed * 0x9e3779b97f4a7c15u) * 0xbf58476d1ce4e5b9u; /* splitmix64's multiplier */
    return (uint32_t)(mixed >> 40) & mask;
}

#endif
