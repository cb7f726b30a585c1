/* Contexts: what one thread needs to run programs. */
#include "api/handle.h"
#include "kernels/kernels.h"
#include "ops/profile.h"
#include <string.h>

enum { DEFAULT_DEPTH = 1000 };

static const struct kernels *choose_kernels(const char *name, lb_error *err) {
    if (!name) return kernels_best();
    const struct kernels *k = kernels_by_name(name);
    if (!k)
        error_set(err, LB_ERROR_ARGUMENT, "instruction set '%s' is not known or not on this machine", name);
    return k;
}

static bool set_up(lb_context *c, const lb_context_options *o, lb_error *err) {
    c->cx.kernels = choose_kernels(o->instruction_set, err);
    if (!c->cx.kernels) return false;
    if (o->threads > 1 && !(c->cx.pool = pool_new(o->threads))) return error_memory(err);
    if (o->max_bytes && !(c->cx.budget = memory_budget_new(o->max_bytes))) return error_memory(err);
    c->max_steps = o->max_steps;
    c->cx.max_depth = o->max_depth > 0 ? o->max_depth : DEFAULT_DEPTH;
    c->cx.allow_system = o->allow_system;
    c->cx.print = o->print;
    c->cx.warn = o->warn;
    c->cx.print_context = o->user;
    c->cx.cancelled = &c->cancelled;
    c->cx.generator = &c->generator;
    generator_seed(&c->generator, GENERATOR_DEFAULT_SEED);
    if (o->profile && !(c->cx.profile = profile_new())) return error_memory(err);
    return true;
}

lb_context *lb_context_new(const lb_context_options *options, lb_error *err) {
    lb_context *c = mem_zeroed(1, sizeof *c);
    if (!c) {
        error_memory(err);
        return NULL;
    }
    lb_context_options o = {0};
    if (options) memcpy(&o, options, options->size && options->size < sizeof o ? options->size : sizeof o);
    if (set_up(c, &o, err)) return c;
    lb_context_free(c);
    return NULL;
}

void lb_context_free(lb_context *context) {
    if (!context) return;
    pool_free(context->cx.pool);
    if (context->cx.budget) memory_budget_release(context->cx.budget);
    profile_free(context->cx.profile);
    unit_free(context->operators);
    mem_free(context);
}

void context_start(lb_context *context) {
    context->cancelled = false;
    context->steps_left = context->max_steps;
    context->cx.steps_left = context->max_steps > 0 ? &context->steps_left : NULL;
}

bool lb_context_set_threads(lb_context *context, int threads, lb_error *err) {
    if (threads < 1)
        return error_set(err, LB_ERROR_ARGUMENT, "a context has 1 thread or more, not %d", threads);
    struct pool *pool = threads > 1 ? pool_new(threads) : NULL;
    if (threads > 1 && !pool) return error_memory(err);
    pool_free(context->cx.pool);
    context->cx.pool = pool;
    return true;
}

void lb_context_seed(lb_context *context, uint64_t seed) {
    generator_seed(&context->generator, seed);
}

void lb_context_cancel(lb_context *context) {
    context->cancelled = true;
}

char *lb_context_profile_json(const lb_context *context, lb_error *err) {
    struct text out = {0};
    profile_put_json(&out, context->cx.profile);
    char *text = text_take(&out);
    if (!text) error_memory(err);
    return text;
}
