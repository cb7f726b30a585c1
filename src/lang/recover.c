/* See recover.h. */
#include "lang/recover.h"
#include <string.h>

bool recovery_failed(const struct emitter *e) {
    return e->wide && e->wide->faults.code;
}

/* ---- what stays unknown ---- */

static bool forget_target(struct emitter *e, const struct tree *t) {
    if (t->kind == TREE_NAME) return table_set(&e->wide->unknown, t->name, e->frame) || error_memory(e->err);
    bool inside = t->kind == TREE_TUPLE || t->kind == TREE_LIST_LITERAL || t->kind == TREE_STARRED ||
                  t->kind == TREE_LIST;
    for (int i = 0; inside && i < t->count; i++)
        if (!forget_target(e, t->items[i])) return false;
    return true;
}

static const struct tree *target_of(const struct tree *t) {
    switch ((enum tree_kind)t->kind) {
    case TREE_ASSIGN:
    case TREE_AUGMENTED:
    case TREE_FOR:
    case TREE_NAMED_EXPRESSION: return t->items[0];
    case TREE_WITH_ITEM: return t->items[1];
    default: return NULL;
    }
}

static bool forget_targets(struct emitter *e, const struct tree *t) {
    const struct tree *target = target_of(t);
    if (target && !forget_target(e, target)) return false;
    if (t->kind == TREE_DEF) return table_set(&e->wide->unknown, t->name, e->frame) || error_memory(e->err);
    for (int i = 0; i < t->count; i++)
        if (t->items[i] && !forget_targets(e, t->items[i])) return false;
    return true;
}

bool recovery_unknown(struct emitter *e, const struct name *name) {
    if (!table_get(&e->wide->unknown, name)) return false;
    lang_report_follow_up(e->err, name->text);
    return true;
}

bool recovery_known(struct emitter *e, const struct name *name) {
    bool here = table_get(&e->wide->unknown, name) == e->frame;
    return !here || table_set(&e->wide->unknown, name, NULL) || error_memory(e->err);
}

/* ---- going on ---- */

/* Statements that lowerings made set variables of theirs; what follows them cannot do without these. */
static bool is_made(const struct tree *t) {
    if (t->kind == TREE_NAME && t->name->text[0] == '$') return true;
    for (int i = 0; i < t->count; i++)
        if (t->items[i] && is_made(t->items[i])) return true;
    return false;
}

static void note(struct emitter *e) {
    e->wide->follows |= lang_is_follow_up(e->err);
    if (lang_is_follow_up(e->err) && recovery_failed(e))
        error_clear(e->err);
    else
        lang_report_more(&e->wide->faults, e->err);
}

bool recovery_go_on(struct emitter *e, const struct emitter_place *before, const struct tree *t) {
    if (!e->wide || e->wide->again || e->unit->awaited || e->err != e->own_err ||
        e->err->code != LB_ERROR_COMPILE)
        return false;
    if (is_made(t)) return false;
    note(e);
    emitter_return(e, before);
    e->wide->hides = false;
    return forget_targets(e, t);
}

/* ---- signatures ---- */

/* Whether this annotation names a type; if not, that is noted. */
static bool is_good(struct emitter *e, const struct tree *annotation) {
    if (annotation_type(e->unit, e->resolver, annotation, e->err)) return true;
    if (e->err->code == LB_ERROR_COMPILE) note(e);
    return false;
}

const struct tree *recovery_signature(struct emitter *e, const struct tree *def, bool method) {
    struct tree *copy = tree_copy(&e->memory, def), *list = tree_copy(&e->memory, def->items[0]);
    if (!copy || !list) return emit_out_of_memory(e);
    copy->items[0] = list;
    if (def->items[1] && !is_good(e, def->items[1])) copy->items[1] = NULL;
    for (int i = method; i < list->count && !e->err->code; i++) {
        struct tree *p = tree_copy(&e->memory, list->items[i]);
        if (!p) return emit_out_of_memory(e);
        if (!p->items[0] || is_good(e, p->items[0])) continue;
        p->items[0] = p->items[1] = NULL;
        list->items[i] = p;
        if (!table_set(&e->wide->unknown, p->name, e->wide)) return emit_out_of_memory(e);
    }
    return e->err->code || !recovery_failed(e) ? NULL : copy;
}
