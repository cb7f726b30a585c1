/* The way into the emitter: one definition to one graph; see emit.h. */
#include "lang/emit.h"
#include "base/mem.h"
#include "lang/emitter.h"
#include "lang/lower.h"
#include "lang/recover.h"
#include "lang/refusals.h"
#include "lang/upgraders.h"
#include <string.h>

static void release(struct emitter *e) {
    frames_free(e);
    table_free(&e->exits);
    table_free(&e->places);
    table_free(&e->literals);
    table_free(&e->old_operators);
    arena_free(&e->memory);
}

struct emitter_place emitter_here(const struct emitter *e) {
    return (struct emitter_place){
        e->frame, e->graph->insert_before, e->definition, e->loop_status, e->tried, e->handled, e->left,
        e->depth};
}

void emitter_return(struct emitter *e, const struct emitter_place *to) {
    e->frame = to->frame;
    e->graph->insert_before = to->before;
    e->definition = to->definition;
    e->loop_status = to->loop_status;
    e->tried = to->tried;
    e->handled = to->handled;
    e->left = to->left;
    e->depth = to->depth;
}

static bool emit_all(struct emitter *e, const struct tree *def) {
    struct schema *schema = NULL;
    if (!frame_push(e, e->graph->top)) return false;
    e->graph->insert_before = e->graph->top->result;
    if (!emit_definition(e, def, e->self_type, e->graph->top, &schema)) return false;
    if (!upgraders_apply(e) || !lower_check_plain(e)) {
        schema_release_defaults(schema);
        return false;
    }
    schema->name = e->function->name;
    if (e->function->schema) schema_release_defaults(e->function->schema); /* told while it was compiled */
    e->function->schema = schema;
    return true;
}

static bool check_supported(const struct tree *def, bool python, lb_error *err) {
    const char *words;
    const struct tree *t = refusal_find(def, python, &words);
    return !t || lang_report(err, t->range, "%s", words);
}

bool lang_emit_function(const struct emit_request *r, struct function *out, lb_error *err) {
    if (!r->wide && !check_supported(r->def, r->resolver->python, err)) return false;
    lb_error own = {0};
    struct emitter e = {.unit = r->unit,
                        .types = &r->unit->types,
                        .function = out,
                        .resolver = r->resolver,
                        .self_type = r->self_type,
                        .wide = r->wide,
                        .known = r->known,
                        .err = &own,
                        .own_err = &own,
                        /* Free functions are compiled with today's operators whatever the archive's version,
                           as in PyTorch. */
                        .operator_version = r->self_type ? r->resolver->operator_version : -1};
    e.graph = graph_new(r->unit);
    bool good = e.graph ? emit_all(&e, r->def) : error_memory(&own);
    if (recovery_failed(&e) && (good || !own.code || own.code == LB_ERROR_COMPILE)) {
        good = false;
        error_clear(&own);
        error_move(&own, &r->wide->faults);
    }
    if (!good && !own.code) error_memory(&own);
    if (good)
        out->graph = e.graph;
    else if (e.graph)
        graph_free(e.graph);
    release(&e);
    error_move(err, &own);
    return good;
}
