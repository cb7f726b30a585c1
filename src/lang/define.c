/* Definitions; see define.h. A function is declared first and compiled when it is needed, so that functions
 * and classes may use each other in any order. */
#include "lang/define.h"
#include "lang/emitter.h"
#include <string.h>

/* What a declared function needs to be compiled: kept in the unit. */
struct declaration {
    struct unit *unit;
    struct resolver *resolver;
    const struct type *self_type;
};

static bool compile(struct function *f, lb_error *err) {
    const struct declaration *d = f->ensure_context;
    f->state = FUNCTION_COMPILING;
    bool good = lang_emit_function(d->unit, f->definition, d->self_type, d->resolver, f, err);
    if (good && d->resolver->emitted) good = d->resolver->emitted(d->resolver, f, err);
    if (good && d->resolver->finish) good = d->resolver->finish(f, err);
    f->state = good ? FUNCTION_READY : FUNCTION_FAILED;
    return good;
}

struct function *lang_declare(struct unit *unit, const struct tree *def, const struct name *qualified,
                              const struct type *self_type, struct resolver *resolver, lb_error *err) {
    struct function *f = unit_new_function(unit, qualified, def->name);
    struct declaration *d = arena_new(&unit->memory, struct declaration);
    if (!f || !d) {
        error_memory(err);
        return NULL;
    }
    *d = (struct declaration){unit, resolver, self_type};
    f->definition = def;
    f->owner = self_type;
    f->ensure_context = d;
    f->ensure = lang_ensure;
    f->state = FUNCTION_DECLARED;
    return f;
}

struct resolver *lang_resolver_of(const struct function *f) {
    return ((const struct declaration *)f->ensure_context)->resolver;
}

bool lang_ensure(struct function *f, lb_error *err) {
    if (f->state == FUNCTION_READY) return true;
    if (f->state == FUNCTION_COMPILING) {
        if (f->schema) return true; /* its passes run: its type is known */
        const struct tree *def = f->definition;
        return lang_report(err, def->range,
                           "function '%s' is called recursively. Recursive calls are not supported",
                           f->name->text);
    }
    if (f->state == FUNCTION_FAILED)
        return error_set(err, LB_ERROR_COMPILE, "'%s' did not compile before", f->qualified->text);
    return !f->definition || compile(f, err);
}

struct function *lang_define_function(struct unit *unit, const struct tree *def, const struct name *qualified,
                                      struct resolver *resolver, lb_error *err) {
    struct function *f = lang_declare(unit, def, qualified, NULL, resolver, err);
    if (!f) return NULL;
    if (!table_set(&unit->functions, qualified, f)) {
        error_memory(err);
        return NULL;
    }
    return lang_ensure(f, err) ? f : NULL;
}
