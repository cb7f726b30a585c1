/* Definitions; see define.h. A function is declared first and compiled when it is needed, so that functions
 * and classes may use each other in any order. */
#include "lang/define.h"
#include "ir/verify.h"
#include "lang/emitter.h"
#include "lang/lower.h"
#include <string.h>

/* What a declared function needs to be compiled: kept in the unit. */
struct declaration {
    struct unit *unit;
    struct resolver *resolver;
    const struct type *self_type;
    const struct lifted_names *known; /* of a specialized function */
    const struct type *result;        /* what its returns are known to give */
    const struct type *promised;      /* what was told to those that call it while it is compiled */
};

/* A block under `with` that is left early: PyTorch's passes may make no proper graph of it. */
static bool leaves_with(const struct tree *t) {
    if (t->kind == TREE_WITH && lower_leaves(t->items[1])) return true;
    for (int i = 0; i < t->count; i++)
        if (t->items[i] && leaves_with(t->items[i])) return true;
    return false;
}

static bool proper_exits(const struct function *f, const struct emit_request *r, lb_error *err) {
    lb_error own = {0};
    if (!r->resolver->python || !leaves_with(r->def) || graph_verify(f->graph, NULL, &own)) return true;
    error_clear(&own);
    return lang_report(err, r->def->range,
                       "a block under `with` is left early in a way that makes no proper graph");
}

static void forget_schema(struct function *f) {
    if (f->schema) schema_release_defaults(f->schema);
    f->schema = NULL;
}

/* ---- recursion: functions that are called while they are compiled ---- */

void lang_note_result(struct function *f, const struct type *result) {
    if (f->ensure == lang_ensure) ((struct declaration *)f->ensure_context)->result = result;
}

const struct type *lang_known_result(const struct function *f) {
    return f->ensure == lang_ensure ? ((const struct declaration *)f->ensure_context)->result : NULL;
}

static bool await_result(struct function *f, lb_error *err) {
    struct declaration *d = f->ensure_context;
    d->unit->awaited = f;
    return lang_report(
        err, ((const struct tree *)f->definition)->range,
        "'%s' calls itself before it is known what it returns: declare that (def %s(...) -> int)",
        f->name->text, f->name->text);
}

bool lang_ensure_unfinished(struct function *f, lb_error *err) {
    struct declaration *d = f->ensure_context;
    f->recursive = true;
    if (f->schema) return true;
    struct schema *s = schema_from_def(d->unit, d->resolver, f->definition, d->self_type, err);
    if (!s) return false;
    if (!s->return_count && !d->result) {
        schema_release_defaults(s);
        return await_result(f, err);
    }
    if (!s->return_count) s->returns[0] = (struct argument){.type = d->result, .declared = d->result};
    s->return_count = 1;
    s->name = f->name;
    d->promised = s->returns[0].type;
    f->schema = s;
    return d->known || !d->resolver->emitted || d->resolver->emitted(d->resolver, f, err);
}

/* What was told while it was compiled must hold in the end. */
static bool keeps_promise(struct function *f, const struct emit_request *r, lb_error *err) {
    struct declaration *d = f->ensure_context;
    const struct type *result = f->schema->returns[0].type;
    if (!d->promised || d->promised == result) return true;
    if (r->wide) r->wide->again = true;
    d->result = result;
    return lang_report(err, r->def->range,
                       "'%s' calls itself and its returns differ: declare what it returns", f->name->text);
}

/* One way of compiling it, with the passes behind it. */
static bool compile_once(struct function *f, const struct emit_request *r, lb_error *err) {
    ((struct declaration *)f->ensure_context)->promised = NULL;
    if (!lang_emit_function(r, f, err)) {
        forget_schema(f);
        return false;
    }
    /* A function made for one call has no defaults. */
    bool good = keeps_promise(f, r, err);
    good = good && (!r->resolver->emitted || r->known || r->resolver->emitted(r->resolver, f, err));
    good = good && (!r->resolver->finish || r->resolver->finish(f, err));
    if (good && (r->wide || proper_exits(f, r, err))) return true;
    graph_free(f->graph);
    f->graph = NULL;
    forget_schema(f);
    return false;
}

/* Attributes that a failed attempt at an __init__ has added go again. */
static void forget_attributes(const struct function *f, int count) {
    if (f->owner && !strcmp(f->name->text, "__init__")) f->owner->definition->attributes.count = count;
}

/* Where it calls itself before its returns say what it gives, an attempt looks for the types of these alone.
 */
static void seek_result(struct function *f, struct wide *wide, bool *good) {
    struct declaration *d = f->ensure_context;
    bool awaited = !*good && d->unit->awaited == f;
    if (wide->seeks_result) {
        if (*good) {
            graph_free(f->graph);
            f->graph = NULL;
            forget_schema(f);
        }
        *good = false;
        wide->again = d->result != NULL;
    } else if (awaited && !d->result) {
        wide->again = true;
    }
    wide->seeks_result = awaited && !wide->seeks_result && !d->result;
    if (awaited) d->unit->awaited = NULL;
}

/* What PyTorch refuses of Python is compiled with all of its constructs, again and again while an attempt
 * learns something that its beginning did not know. */
static bool compile_wide(struct function *f, struct emit_request *r, bool *follows, lb_error *err) {
    struct wide wide;
    int attributes = f->owner ? f->owner->definition->attributes.count : 0;
    bool good = wide_begin(&wide, r, err);
    r->wide = &wide;
    for (int i = 0; good && i < WIDE_ATTEMPTS; i++) {
        lb_error own = {0};
        wide_again(&wide);
        good = compile_once(f, r, &own);
        seek_result(f, &wide, &good);
        if (good || !wide.again || i + 1 == WIDE_ATTEMPTS) {
            error_move(err, &own);
            *follows = wide.follows;
            break;
        }
        good = true;
        forget_attributes(f, attributes);
        error_clear(&own);
    }
    wide_end(&wide);
    return good;
}

static bool compile(struct function *f, lb_error *err) {
    const struct declaration *d = f->ensure_context;
    struct emit_request r = {d->unit, f->definition, d->self_type, d->resolver, d->known, NULL};
    int attributes = f->owner ? f->owner->definition->attributes.count : 0;
    int annotations = d->unit->refused_annotations;
    lb_error strict = {0}, own = {0};
    f->state = FUNCTION_COMPILING;
    bool wide = d->resolver->python && d->self_type && d->self_type->kind == TYPE_CLASS &&
                wide_knows_attributes(d->unit, d->self_type);
    bool good = !wide && compile_once(f, &r, &strict);
    bool whole = wide || (!good && strict.code == LB_ERROR_COMPILE && d->resolver->python);
    if (whole) {
        forget_attributes(f, attributes);
        bool follows = false;
        good = compile_wide(f, &r, &follows, &own);
        if (!good && follows && lang_is_of_callee(&strict))
            lang_report_more(&strict, &own);
        else if (!good)
            wide_choose_error(&strict, &own);
    }
    if (!good) error_move(err, &strict);
    f->whole = whole || d->unit->refused_annotations > annotations;
    error_clear(&strict);
    error_clear(&own);
    bool later = d->unit->awaited && d->unit->awaited != f;
    f->state = good ? FUNCTION_READY : later ? FUNCTION_DECLARED : FUNCTION_FAILED;
    if (d->unit->awaited == f) d->unit->awaited = NULL;
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
    *d = (struct declaration){.unit = unit, .resolver = resolver, .self_type = self_type};
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

void lang_declare_known(struct function *f, const struct lifted_names *known) {
    ((struct declaration *)f->ensure_context)->known = known;
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
    if (f->state == FUNCTION_FAILED) return lang_report_follow_up(err, f->qualified->text);
    if (!f->definition || compile(f, err)) return true;
    lang_place(err, ((const struct tree *)f->definition)->range);
    return false;
}

void lang_forget(struct function *f) {
    graph_free(f->graph);
    f->graph = NULL;
    forget_schema(f);
    f->state = FUNCTION_DECLARED;
}

void lang_retry_failed(struct unit *unit) {
    for (int i = 0; i < unit->function_list.count; i++) {
        struct function *f = unit->function_list.items[i];
        if (f->state == FUNCTION_FAILED && f->definition) f->state = FUNCTION_DECLARED;
    }
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
