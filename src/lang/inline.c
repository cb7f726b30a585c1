/* Functions that make functions. What they give is no value of a graph, so they are run while compiling:
 * their parameters and variables are names in a scope of their own, their inner functions see these; a
 * condition must be known. */
#include "lang/lower.h"
#include <string.h>

static bool names_inner(const struct tree *list, const struct name *name) {
    for (int i = 0; i < list->count; i++) {
        const struct tree *t = list->items[i];
        if (t->kind == TREE_DEF && t->name == name) return true;
        if (t->kind == TREE_IF && (names_inner(t->items[1], name) || names_inner(t->items[2], name)))
            return true;
    }
    return false;
}

static const struct tree *last_return(const struct tree *list) {
    const struct tree *last = list->count ? list->items[list->count - 1] : NULL;
    return last && last->kind == TREE_RETURN ? last->items[0] : NULL;
}

bool inline_makes_function(const struct tree *def) {
    if (def->kind == TREE_LAMBDA) return def->items[1]->kind == TREE_LAMBDA;
    const struct tree *result = last_return(def->items[2]);
    if (!result) return false;
    return result->kind == TREE_LAMBDA ||
           (result->kind == TREE_NAME && names_inner(def->items[2], result->name));
}

static bool name_it(struct emitter *e, const struct name *name, struct sugared *s) {
    return s && (table_set(&e->frame->sugared, name, s) || error_memory(e->err));
}

/* Runs statements up to a return; *result stays NULL when there was none. */
static bool run(struct emitter *e, const struct tree *list, struct sugared **result) {
    for (int i = 0; i < list->count && !*result; i++) {
        const struct tree *t = list->items[i];
        const struct tree *target = t->kind == TREE_ASSIGN ? t->items[0]->items[0] : NULL;
        struct condition c;
        bool good = true;
        if (t->kind == TREE_DEF)
            good = name_it(e, t->name, sugared_lambda(e, t));
        else if (target && target->kind == TREE_NAME && t->items[0]->count == 1 && t->items[1])
            good = name_it(e, target->name, emit_sugared(e, t->items[1], 1, NULL));
        else if (t->kind == TREE_RETURN)
            good = (*result = emit_sugared(e, t->items[0], 1, NULL)) != NULL;
        else if (t->kind == TREE_IF)
            good = emit_condition(e, t->items[0], &c) &&
                   (c.known >= 0 || emit_error(e, t->range,
                                               "a function that makes functions is run while compiling: this "
                                               "condition is not known then")) &&
                   run(e, t->items[c.known ? 1 : 2], result);
        else if (t->kind != TREE_EXPRESSION && t->kind != TREE_PASS && t->kind != TREE_NONLOCAL)
            good = emit_error(e, t->range,
                              "a function that makes functions is run while compiling: it cannot hold this "
                              "statement") != NULL;
        if (!good) return false;
    }
    return true;
}

struct sugared *inline_call(struct emitter *e, const struct tree *def, struct resolver *resolver,
                            const struct inline_names *names) {
    struct frame *frame = e->frame;
    struct resolver *own = e->resolver;
    struct sugared *result = NULL;
    if (!frame_push(e, frame->block)) return NULL;
    e->frame->outer = NULL; /* it does not see the caller's variables */
    e->resolver = resolver;
    bool good = true;
    for (int i = 0; good && i < names->count; i++) {
        struct sugared *s = names->values[i];
        if (!s) s = emit_sugared(e, names->defaults[i], 1, NULL);
        good = name_it(e, names->names[i], s);
    }
    if (good && def->kind == TREE_LAMBDA)
        result = emit_sugared(e, def->items[1], 1, NULL);
    else if (good)
        run(e, def->items[2], &result);
    e->frame = frame;
    e->resolver = own;
    return result;
}
