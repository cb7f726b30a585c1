/* Statements: blocks, branches, loops, assignments, definitions, raise and with. */
#include "construct/evaluator.h"
#include <string.h>

/* ---- targets ---- */

/* The values that several targets take; `count` are wanted, -1 any number. */
static struct thing *unpacked(struct evaluator *v, struct thing *value, int count, int before, int after,
                              struct source_range at) {
    struct thing *items = thing_items(v, value, at);
    if (!items || items->count == count) return items;
    bool starred = count < 0;
    if (starred && items->count >= before + after) return items;
    if (items->count > count && !starred)
        return raise_error(v, at, "ValueError", "too many values to unpack (expected %d)", count);
    return raise_error(v, at, "ValueError", "not enough values to unpack (expected %s%d, got %d)",
                       starred ? "at least " : "", starred ? before + after : count, items->count);
}

static int starred_at(struct tree *const *targets, int count) {
    for (int i = 0; i < count; i++)
        if (targets[i]->kind == TREE_STARRED) return i;
    return -1;
}

static bool assign_several(struct evaluator *v, struct scope *s, struct tree *const *targets, int count,
                           struct thing *value, struct source_range at) {
    int star = starred_at(targets, count), after = star < 0 ? 0 : count - star - 1;
    struct thing *items = unpacked(v, value, star < 0 ? count : -1, star, after, at);
    for (int i = 0; items && i < count; i++) {
        int from = star >= 0 && i > star ? items->count - (count - i) : i;
        struct thing *item =
            i == star ? thing_list(v, items->items + i, items->count - star - after) : items->items[from];
        const struct tree *target = i == star ? targets[i]->items[0] : targets[i];
        if (!item || !assign_target(v, s, target, item)) return false;
    }
    return items != NULL;
}

static bool assign_subscript(struct evaluator *v, struct scope *s, const struct tree *t,
                             struct thing *value) {
    struct thing *of = evaluate(v, s, t->items[0]);
    struct thing *index = of ? evaluate_index(v, s, t->items[1]) : NULL;
    return index && thing_set_subscript(v, of, index, value, t->range);
}

static bool assign_attribute(struct evaluator *v, struct scope *s, const struct tree *t,
                             struct thing *value) {
    struct thing *of = evaluate(v, s, t->items[0]);
    return of && thing_set_attribute(v, of, t->name, value, t->range);
}

bool assign_target(struct evaluator *v, struct scope *s, const struct tree *target, struct thing *value) {
    if (!value || !evaluator_enter(v, target->range)) return false;
    bool good;
    switch ((enum tree_kind)target->kind) {
    case TREE_NAME: good = bind_name(v, s, target->name, value); break;
    case TREE_ATTRIBUTE: good = assign_attribute(v, s, target, value); break;
    case TREE_SUBSCRIPT: good = assign_subscript(v, s, target, value); break;
    case TREE_TUPLE:
    case TREE_LIST_LITERAL:
        good = assign_several(v, s, target->items, target->count, value, target->range);
        break;
    default:
        good = false;
        raise_refusal(v, target->range, "assign to a name, an attribute or an item",
                      "this target of an assignment");
    }
    evaluator_leave(v);
    return good || (raise_at(v, target->range), false);
}

/* ---- assignments ---- */

/* `x: int` in a class body says a type, elsewhere nothing. */
static bool note_annotation(struct evaluator *v, struct scope *s, const struct tree *t) {
    const struct tree *target = t->items[0]->items[0];
    struct thing_class *c = s->class_body;
    if (!c || !t->items[2] || target->kind != TREE_NAME) return true;
    struct class_annotation *all = arena_array(&v->memory, struct class_annotation, c->annotation_count + 1);
    if (!all) return raise_memory(v), false;
    if (c->annotation_count) memcpy(all, c->annotations, sizeof *all * (size_t)c->annotation_count);
    all[c->annotation_count++] = (struct class_annotation){.name = target->name, .type = t->items[2]};
    c->annotations = all;
    return true;
}

/* An attribute that __init__ annotates (self.x: int = 3). */
static bool note_attribute_annotation(struct evaluator *v, struct scope *s, const struct tree *t) {
    const struct tree *target = t->items[0]->items[0];
    if (!t->items[2] || target->kind != TREE_ATTRIBUTE) return true;
    struct thing *of = evaluate(v, s, target->items[0]);
    if (!of) return false;
    if (of->kind != THING_INSTANCE) return true;
    struct thing *annotation = thing_new(v, THING_ANNOTATION);
    if (!annotation) return false;
    annotation->annotation.tree = t->items[2];
    annotation->annotation.scope = s;
    return bindings_set(v, &of->instance->annotations, target->name, annotation);
}

static bool run_assign(struct evaluator *v, struct scope *s, const struct tree *t) {
    if (!note_annotation(v, s, t) || !note_attribute_annotation(v, s, t)) return false;
    if (!t->items[1]) return true;
    struct thing *value = evaluate(v, s, t->items[1]);
    const struct tree *targets = t->items[0];
    for (int i = 0; value && i < targets->count; i++)
        if (!assign_target(v, s, targets->items[i], value)) return false;
    return value != NULL;
}

/* __iadd__ and its like of an instance; NULL without an error: it has none. */
static struct thing *augmented_by_method(struct evaluator *v, const struct tree *t, struct thing *old,
                                         struct thing *value) {
    const char *magic = tree_operators[t->op].magic;
    char name[32] = "__i";
    if (!magic || old->kind != THING_INSTANCE) return NULL;
    strcpy(name + 3, magic + 2);
    return call_special(v, old, name, t->range, &value, 1);
}

/* Lists, sets and dicts change in place; everything else is made anew. */
static struct thing *augmented(struct evaluator *v, const struct tree *t, struct thing *old,
                               struct thing *value) {
    enum tree_operator op = (enum tree_operator)t->op;
    if (old->kind == THING_LIST && op == OPERATOR_ADD) {
        struct thing *items = thing_items(v, value, t->range);
        for (int i = 0, count = items ? items->count : 0; i < count; i++)
            if (!thing_append(v, old, items->items[i])) return NULL;
        return items ? old : NULL;
    }
    const char *in_place = NULL;
    if (thing_is_tensor(old) && op == OPERATOR_ADD) in_place = "aten::add_";
    if (thing_is_tensor(old) && op == OPERATOR_SUBTRACT) in_place = "aten::sub_";
    if (thing_is_tensor(old) && op == OPERATOR_MULTIPLY) in_place = "aten::mul_";
    if (thing_is_tensor(old) && op == OPERATOR_DIVIDE) in_place = "aten::div_";
    struct thing *own = in_place ? NULL : augmented_by_method(v, t, old, value);
    if (own || v->err->code) return own;
    if (!in_place) return evaluate_binary(v, op, old, value, t->range);
    return thing_operate(v, in_place, t->range, (struct thing *[]){old, value}, 2) ? old : NULL;
}

static bool run_augmented(struct evaluator *v, struct scope *s, const struct tree *t) {
    struct thing *old = evaluate(v, s, t->items[0]);
    struct thing *value = old ? evaluate(v, s, t->items[1]) : NULL;
    struct thing *result = value ? augmented(v, t, old, value) : NULL;
    return result && assign_target(v, s, t->items[0], result);
}

static bool run_delete(struct evaluator *v, struct scope *s, const struct tree *t) {
    for (int i = 0; i < t->count; i++) {
        const struct tree *target = t->items[i];
        struct thing *of = target->kind == TREE_NAME ? v->none : evaluate(v, s, target->items[0]);
        bool good = of != NULL;
        if (good && target->kind == TREE_NAME) {
            good = bindings_remove(&s->names, target->name);
            if (!good)
                raise_error(v, target->range, "NameError", "name '%s' is not defined", target->name->text);
        } else if (good && target->kind == TREE_ATTRIBUTE) {
            good = thing_delete_attribute(v, of, target->name, target->range);
        } else if (good) {
            struct thing *index = evaluate_index(v, s, target->items[1]);
            good = index && thing_delete_subscript(v, of, index, target->range);
        }
        if (!good) return false;
    }
    return true;
}

/* ---- branches and loops ---- */

static enum flow run_if(struct evaluator *v, struct scope *s, const struct tree *t) {
    struct thing *condition = evaluate(v, s, t->items[0]);
    int yes = condition ? thing_true(v, condition) : -1;
    if (yes < 0) return raise_at(v, t->items[0]->range), FLOW_FAILED;
    return run_block(v, s, t->items[yes ? 1 : 2]);
}

/* FLOW_BREAK: the loop was left by a break, so that its else does not run. */
static enum flow run_while(struct evaluator *v, struct scope *s, const struct tree *t) {
    for (;;) {
        struct thing *condition = evaluate(v, s, t->items[0]);
        int yes = condition ? thing_true(v, condition) : -1;
        if (yes < 0) return raise_at(v, t->items[0]->range), FLOW_FAILED;
        if (!yes) return FLOW_NEXT;
        enum flow flow = run_block(v, s, t->items[1]);
        if (flow != FLOW_NEXT && flow != FLOW_CONTINUE) return flow;
    }
}

static bool assign_loop_target(struct evaluator *v, struct scope *s, const struct tree *targets,
                               struct thing *value) {
    if (targets->count == 1) return assign_target(v, s, targets->items[0], value);
    return assign_several(v, s, targets->items, targets->count, value, targets->range);
}

static enum flow run_for(struct evaluator *v, struct scope *s, const struct tree *t) {
    struct thing *over = evaluate(v, s, t->items[1]->items[0]);
    struct thing *items = over ? thing_items(v, over, t->items[1]->range) : NULL;
    for (int i = 0; items && i < items->count; i++) {
        if (!assign_loop_target(v, s, t->items[0], items->items[i])) return FLOW_FAILED;
        enum flow flow = run_block(v, s, t->items[2]);
        if (flow != FLOW_NEXT && flow != FLOW_CONTINUE) return flow;
    }
    return items ? FLOW_NEXT : FLOW_FAILED;
}

/* ---- raise, assert, return, with ---- */

/* `raise` alone: the exception that is being handled once more. */
static enum flow raise_again(struct evaluator *v, struct scope *s, const struct tree *t) {
    while (s && !s->handled) s = s->outer;
    if (!s) return raise_error(v, t->range, "RuntimeError", "No active exception to reraise"), FLOW_FAILED;
    v->raised = s->handled;
    struct text message = {0};
    if (thing_put_str(v, &message, s->handled))
        raise_error(v, t->range, s->handled->class->name->text, "%s", text_get(&message));
    text_free(&message);
    return FLOW_FAILED;
}

static enum flow run_raise(struct evaluator *v, struct scope *s, const struct tree *t) {
    if (!t->count) return raise_again(v, s, t);
    struct thing *what = evaluate(v, s, t->items[0]);
    if (what && what->kind == THING_CLASS) what = call_thing_with(v, what, t->range, NULL, 0);
    if (!what) return FLOW_FAILED;
    struct text message = {0};
    if (what->kind != THING_INSTANCE || what->class->nature != CLASS_EXCEPTION)
        raise_error(v, t->range, "TypeError", "exceptions must derive from BaseException");
    else if (thing_put_str(v, &message, what))
        raise_error(v, t->range, what->class->name->text, "%s", text_get(&message));
    text_free(&message);
    v->raised = what;
    return FLOW_FAILED;
}

static enum flow run_assert(struct evaluator *v, struct scope *s, const struct tree *t) {
    struct thing *condition = evaluate(v, s, t->items[0]);
    int yes = condition ? thing_true(v, condition) : -1;
    if (yes > 0) return FLOW_NEXT;
    if (yes < 0) return FLOW_FAILED;
    struct thing *message = t->items[1] ? evaluate(v, s, t->items[1]) : thing_text_of(v, "");
    struct text out = {0};
    if (message && thing_put_str(v, &out, message))
        raise_error(v, t->range, "AssertionError", "%s", text_get(&out));
    text_free(&out);
    return FLOW_FAILED;
}

static enum flow run_return(struct evaluator *v, struct scope *s, const struct tree *t) {
    v->returned = evaluate(v, s, t->items[0]);
    return v->returned ? FLOW_RETURN : FLOW_FAILED;
}

/* no_grad() and its like change nothing here; a context of the program's own is entered and left. */
static enum flow run_with(struct evaluator *v, struct scope *s, const struct tree *t) {
    struct thing *none[3] = {v->none, v->none, v->none};
    const struct tree *items = t->items[0];
    struct thing *contexts = thing_list(v, NULL, 0);
    for (int i = 0; contexts && i < items->count; i++) {
        const struct tree *item = items->items[i];
        struct thing *context = evaluate(v, s, item->items[0]);
        struct thing *entered = context ? call_special(v, context, "__enter__", item->range, NULL, 0) : NULL;
        if (!entered && !v->err->code) entered = context;
        if (!entered || !thing_append(v, contexts, context)) return FLOW_FAILED;
        if (item->items[1] && !assign_target(v, s, item->items[1], entered)) return FLOW_FAILED;
    }
    enum flow flow = contexts ? run_block(v, s, t->items[1]) : FLOW_FAILED;
    struct thing *returned = v->returned;
    for (int i = contexts ? contexts->count - 1 : -1; flow != FLOW_FAILED && i >= 0; i--)
        if (!call_special(v, contexts->items[i], "__exit__", t->range, none, 3) && v->err->code)
            return FLOW_FAILED;
    v->returned = returned;
    return flow;
}

/* ---- try ---- */

/* The exception under way as a thing: the one that was raised, or one made of an error from below. */
static struct thing *caught(struct evaluator *v) {
    lb_error held = *v->err;
    if (held.code != LB_ERROR_RAISED && held.code != LB_ERROR_RUNTIME && held.code != LB_ERROR_ARGUMENT)
        return NULL; /* what is refused here, limits and memory are no exceptions of Python's */
    *v->err = (lb_error){0};
    struct thing *e = v->raised;
    v->raised = NULL;
    if (!e) e = make_exception(v, held.kind ? held.kind : "RuntimeError", error_message(&held));
    if (e) return error_clear(&held), e;
    error_clear(v->err);
    *v->err = held;
    return NULL;
}

static bool handles(struct evaluator *v, struct scope *s, const struct tree *handler, struct thing *e,
                    bool *yes) {
    *yes = true;
    if (!handler->items[0]) return true;
    struct thing *wanted = evaluate(v, s, handler->items[0]);
    return wanted && thing_is_instance(v, e, wanted, handler->range, yes);
}

static enum flow handle(struct evaluator *v, struct scope *s, const struct tree *handlers, struct thing *e) {
    for (int i = 0; i < handlers->count; i++) {
        const struct tree *h = handlers->items[i];
        bool yes;
        if (!handles(v, s, h, e, &yes)) return FLOW_FAILED;
        if (!yes) continue;
        struct thing *outer = s->handled;
        s->handled = e;
        bool good = !h->name || bind_name(v, s, h->name, e);
        enum flow flow = good ? run_block(v, s, h->items[1]) : FLOW_FAILED;
        s->handled = outer;
        return flow;
    }
    struct text message = {0};
    if (thing_put_str(v, &message, e))
        raise_error(v, handlers->range, e->class->name->text, "%s", text_get(&message));
    text_free(&message);
    v->raised = e;
    return FLOW_FAILED;
}

/* The `finally` block, whatever happened; what it decides itself goes before. */
static enum flow run_finally(struct evaluator *v, struct scope *s, const struct tree *block, enum flow flow) {
    if (!block->count) return flow;
    lb_error held = *v->err;
    struct thing *raised = v->raised, *returned = v->returned;
    *v->err = (lb_error){0};
    enum flow own = run_block(v, s, block);
    if (own != FLOW_NEXT) return error_clear(&held), own;
    *v->err = held;
    v->raised = raised;
    v->returned = returned;
    return flow;
}

static enum flow run_try(struct evaluator *v, struct scope *s, const struct tree *t) {
    v->trying++;
    enum flow flow = run_block(v, s, t->items[0]);
    v->trying--;
    struct thing *e = flow == FLOW_FAILED ? caught(v) : NULL;
    if (e)
        flow = handle(v, s, t->items[1], e);
    else if (flow == FLOW_NEXT)
        flow = run_block(v, s, t->items[2]);
    return run_finally(v, s, t->items[3], flow);
}

/* ---- names of outer scopes ---- */

/* `global a` and `nonlocal a`: assignments to a go there. */
static bool send_names(struct evaluator *v, struct scope *s, const struct tree *t) {
    for (int i = 0; i < t->count; i++) {
        struct scope *home = s->file->scope;
        if (t->kind == TREE_NONLOCAL)
            for (home = s->outer; home && !bindings_get(&home->names, t->items[i]->name);) home = home->outer;
        if (!home)
            return raise_error(v, t->range, "SyntaxError", "no binding for nonlocal '%s' found",
                               t->items[i]->name->text),
                   false;
        struct foreign_name *f = arena_new(&v->memory, struct foreign_name);
        if (!f) return raise_memory(v), false;
        *f = (struct foreign_name){t->items[i]->name, home, s->foreign};
        s->foreign = f;
    }
    return true;
}

/* ---- definitions ---- */

static bool run_definition(struct evaluator *v, struct scope *s, const struct tree *t) {
    struct thing *made = t->kind == TREE_DEF ? function_of_tree(v, s, t) : class_of_tree(v, s, t);
    return made && bind_name(v, s, t->name, made);
}

/* ---- the whole ---- */

static enum flow plain(bool good) {
    return good ? FLOW_NEXT : FLOW_FAILED;
}

static enum flow run_loop(struct evaluator *v, struct scope *s, const struct tree *t) {
    const struct tree *loop = t->kind == TREE_LOOP_ELSE ? t->items[0] : t;
    enum flow flow = loop->kind == TREE_FOR ? run_for(v, s, loop) : run_while(v, s, loop);
    if (flow == FLOW_BREAK) return FLOW_NEXT;
    return flow == FLOW_NEXT && loop != t ? run_block(v, s, t->items[1]) : flow;
}

static enum flow run_kind(struct evaluator *v, struct scope *s, const struct tree *t) {
    switch ((enum tree_kind)t->kind) {
    case TREE_EXPRESSION: return plain(evaluate(v, s, t->items[0]) != NULL);
    case TREE_ASSIGN: return plain(run_assign(v, s, t));
    case TREE_AUGMENTED: return plain(run_augmented(v, s, t));
    case TREE_DELETE: return plain(run_delete(v, s, t));
    case TREE_RETURN: return run_return(v, s, t);
    case TREE_IF: return run_if(v, s, t);
    case TREE_WHILE:
    case TREE_FOR:
    case TREE_LOOP_ELSE: return run_loop(v, s, t);
    case TREE_TRY: return run_try(v, s, t);
    case TREE_MATCH: return run_match(v, s, t);
    case TREE_GLOBAL:
    case TREE_NONLOCAL: return plain(send_names(v, s, t));
    case TREE_BREAK: return FLOW_BREAK;
    case TREE_CONTINUE: return FLOW_CONTINUE;
    case TREE_PASS: return FLOW_NEXT;
    case TREE_ASSERT: return run_assert(v, s, t);
    case TREE_RAISE: return run_raise(v, s, t);
    case TREE_WITH: return run_with(v, s, t);
    case TREE_DEF:
    case TREE_CLASS: return plain(run_definition(v, s, t));
    case TREE_IMPORT: return plain(run_import(v, s, t));
    default:
        raise_refusal(v, t->range,
                      "write it in a plainer way, or compute it outside and pass it as an argument",
                      "%s where a module is constructed",
                      t->kind == TREE_UNSUPPORTED ? t->text : tree_kind_words[t->kind]);
        return FLOW_FAILED;
    }
}

enum flow run_statement(struct evaluator *v, struct scope *s, const struct tree *t) {
    if (!evaluator_enter(v, t->range)) return FLOW_FAILED;
    enum flow flow = run_kind(v, s, t);
    evaluator_leave(v);
    if (flow == FLOW_FAILED) raise_at(v, t->range);
    return flow;
}

enum flow run_block(struct evaluator *v, struct scope *s, const struct tree *list) {
    for (int i = 0; i < list->count; i++) {
        enum flow flow = run_statement(v, s, list->items[i]);
        if (flow != FLOW_NEXT) return flow;
    }
    return FLOW_NEXT;
}
