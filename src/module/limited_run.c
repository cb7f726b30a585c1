/* See limited_run.h. */
#include "module/limited_run.h"
#include "exec/run.h"
#include "kernels/kernels.h"
#include "tensor/random.h"

enum { DEFAULT_STEPS = 10000000 };
static const int64_t DEFAULT_BYTES = (int64_t)16 << 30;

bool limited_run(struct unit *unit, struct function *f, const lb_value *args, int count, int64_t max_steps,
                 int64_t max_bytes, lb_value *result, lb_error *err) {
    _Atomic int64_t steps = max_steps ? max_steps : DEFAULT_STEPS;
    struct generator generator;
    generator_seed(&generator, GENERATOR_DEFAULT_SEED);
    struct memory_budget *budget = memory_budget_new(max_bytes ? max_bytes : DEFAULT_BYTES);
    *result = value_none();
    if (!budget) return error_memory(err);
    struct run_context cx = {.kernels = kernels_best(),
                             .generator = &generator,
                             .budget = budget,
                             .types = &unit->types,
                             .steps_left = &steps};
    bool good = exec_call(unit, f, args, count, &cx, result, err);
    memory_budget_release(budget);
    return good;
}
