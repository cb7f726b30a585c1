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
