/* Random generators as values, and seeds: torch.manual_seed, torch.Generator.
 *
 * The engine is tensor/random.h's. Seeds are taken modulo 2^64, as PyTorch takes them. */
#include <time.h>

#include "base/mem.h"
#include "ops/common/give.h"
#include "tensor/random.h"

static void release(struct generator *g) {
    mem_free(g);
}

static struct generator *generator_of(const struct op_call *c) {
    return c->args[0].generator->generator;
}

bool op_generator(struct op_call *c);
bool op_generator(struct op_call *c) {
    if (!arg_none(c, 0) && c->args[0].device.type != DEVICE_CPU)
        return refuse(c, "generators of other devices than the CPU are not there");
    struct generator *g = mem_alloc(sizeof *g);
    if (!g) return error_memory(c->err);
    generator_seed(g, arg_none(c, 1) ? GENERATOR_DEFAULT_SEED : (uint64_t)arg_int(c, 1));
    if (value_new_generator(&c->results[0], g, release, c->err)) return true;
    mem_free(g);
    return false;
}

/* Of the run itself. */
bool op_manual_seed(struct op_call *c);
bool op_manual_seed(struct op_call *c) {
    if (!c->cx->generator) return refuse(c, "this run has no random generator");
    generator_seed(c->cx->generator, (uint64_t)arg_int(c, 0));
    return true;
}

bool op_manual_seed_generator(struct op_call *c);
bool op_manual_seed_generator(struct op_call *c) {
    generator_seed(generator_of(c), (uint64_t)arg_int(c, 1));
    return give_copy(c, c->args[0]);
}

bool op_initial_seed(struct op_call *c);
bool op_initial_seed(struct op_call *c) {
    return give_int(c, (int64_t)generator_of(c)->seed);
}

/* A seed that nobody chose. */
bool op_seed(struct op_call *c);
bool op_seed(struct op_call *c) {
    struct timespec now = {0};
    timespec_get(&now, TIME_UTC);
    uint64_t mixed =
        ((uint64_t)now.tv_sec << 30 ^ (uint64_t)now.tv_nsec ^ (uintptr_t)c->results) * 0x9e3779b97f4a7c15u;
    generator_seed(generator_of(c), mixed >> 11);
    return give_int(c, (int64_t)(mixed >> 11));
}
