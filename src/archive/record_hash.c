/* See record_hash.h. The hash set is libstdc++'s _Hashtable with cached hashes: one list of nodes, in which
 * those of a bucket stand together. */
#include "archive/record_hash.h"
#include "base/mem.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* std::hash of a string: the 64-bit murmur hash of libstdc++'s hash_bytes.cc. */
static uint64_t hash_text(const char *text) {
    const uint64_t multiplier = 0xc6a4a7935bd1e995u;
    size_t length = strlen(text);
    uint64_t h = 0xc70f6907u ^ length * multiplier, part;
    for (; length >= 8; text += 8, length -= 8) {
        memcpy(&part, text, 8);
        part *= multiplier;
        part = (part ^ part >> 47) * multiplier;
        h = (h ^ part) * multiplier;
    }
    part = 0;
    for (size_t i = 0; i < length; i++) part |= (uint64_t)(unsigned char)text[i] << 8 * i;
    if (length) h = (h ^ part) * multiplier;
    h = (h ^ h >> 47) * multiplier;
    return h ^ h >> 47;
}

struct hash_set {
    uint64_t *hashes;
    int *next;     /* of each node; -1: the last */
    int *buckets;  /* the node before a bucket's first; -1: before the whole list; EMPTY */
    int first;     /* -1: none */
    uint64_t size; /* of buckets */
};
enum { EMPTY = -2, BEFORE_ALL = -1 };

static uint64_t bucket_of(const struct hash_set *s, int node) {
    return s->hashes[node] % s->size;
}

/* Before the bucket's first node, or to the front of all. */
static void insert(struct hash_set *s, int node) {
    int *bucket = &s->buckets[bucket_of(s, node)];
    if (*bucket != EMPTY) {
        int *link = *bucket == BEFORE_ALL ? &s->first : &s->next[*bucket];
        s->next[node] = *link;
        *link = node;
        return;
    }
    s->next[node] = s->first;
    if (s->first >= 0) s->buckets[bucket_of(s, s->first)] = node;
    s->first = node;
    *bucket = BEFORE_ALL;
}

static bool is_prime(uint64_t n) {
    for (uint64_t d = 3; d * d <= n; d += 2)
        if (n % d == 0) return false;
    return true;
}

/* The numbers of buckets that a set goes through as it grows one by one (__prime_list has more). */
static uint64_t next_size(uint64_t least) {
    static const uint32_t sizes[] = {13,    29,    59,    127,   257,    541,    1109,   2357,   5087,
                                     10273, 20753, 42043, 85229, 172933, 351061, 712697, 1447153};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        if (sizes[i] >= least) return sizes[i];
    for (least |= 1; !is_prime(least); least += 2) {}
    return least;
}

static bool grow(struct hash_set *s, uint64_t size, lb_error *err) {
    int *buckets = mem_alloc(sizeof *buckets * size);
    if (!buckets) return error_memory(err);
    for (uint64_t i = 0; i < size; i++) buckets[i] = EMPTY;
    mem_free(s->buckets);
    s->buckets = buckets;
    s->size = size;
    int node = s->first;
    s->first = -1;
    while (node >= 0) {
        int next = s->next[node];
        insert(s, node);
        node = next;
    }
    return true;
}

bool hashed_order(const char *const *names, int count, int *order, lb_error *err) {
    size_t room = (size_t)count + 1;
    struct hash_set s = {.hashes = mem_alloc(sizeof *s.hashes * room),
                         .next = mem_alloc(sizeof *s.next * room),
                         .first = -1,
                         .size = 1};
    bool good = (s.hashes && s.next) || error_memory(err);
    for (int i = 0; i < count && good; i++) {
        s.hashes[i] = hash_text(names[i]);
        if (i == 0)
            good = grow(&s, next_size(12), err);
        else if ((uint64_t)i + 1 > s.size)
            good = grow(&s, next_size(2 * s.size), err);
        if (good) insert(&s, i);
    }
    for (int node = s.first, i = 0; good && node >= 0; node = s.next[node]) order[i++] = node;
    mem_free(s.hashes);
    mem_free(s.next);
    mem_free(s.buckets);
    return good;
}

/* ---- the number of an archive ---- */

static uint64_t combine(uint64_t seed, uint64_t value) {
    return seed ^ (value + 0x9e3779b9u + (seed << 6) + (seed >> 2));
}

static bool hash_names(const struct record_facts *records, int count, uint64_t *hash, lb_error *err) {
    const char **names = mem_alloc(sizeof *names * ((size_t)count + 1));
    int *order = mem_alloc(sizeof *order * ((size_t)count + 1));
    bool good = (names && order) || error_memory(err);
    for (int i = 0; i < count && good; i++) names[i] = records[i].name;
    good = good && hashed_order(names, count, order, err);
    *hash = 0;
    for (int i = 0; i < count && good; i++) *hash = combine(*hash, hash_text(names[order[i]]));
    mem_free(names);
    mem_free(order);
    return good;
}

bool serialization_id(const struct record_facts *records, int count, char id[SERIALIZATION_ID_LENGTH + 1],
                      lb_error *err) {
    uint64_t names, contents = 0;
    if (!hash_names(records, count, &names, err)) return false;
    for (int i = 0; i < count; i++)
        if (records[i].size) contents = combine(contents, records[i].crc);
    snprintf(id, SERIALIZATION_ID_LENGTH + 1, "%020" PRIu64 "%020" PRIu64, names, contents);
    return true;
}
