/* Statements other than assignments and loops: if, return, raise, assert, with, del, closures
 * (emitStatements, emitIfElseBlocks in torch/csrc/jit/frontend/ir_emitter.cpp). */
#include "lang/define.h"
#include "lang/emitter.h"
#include "lang/explain.h"
#include "lang/lower.h"
#include "lang/recover.h"
#include "lang/refusals.h"
#include <stdlib.h>
#include <string.h>

static bool block_exits(struct emitter *e, const struct block *b) {
    return table_has(&e->exits, b);
}

static bool mark_exit(struct emitter *e, struct block *b) {
    e->exit_count++;
    return table_set(&e->exits, b, b) || error_memory(e->err);
}

/* ---- if ---- */

static struct frame *emit_branch(struct emitter *e, struct block *b, const struct if_arms *arms, int which,
                                 struct refinements r) {
    struct insertion old = emit_into(e, b);
    struct frame *f = frame_push(e, b);
    bool good = f && emit_refinements(e, arms->at[which], r) && arms->emit(e, which, arms->context);
    emit_back(e, old);
    return good ? frame_pop(e) : NULL;
}

/* One arm of an if after both are emitted. */
struct branch {
    struct block *block;
    struct frame *frame;
    bool exits;
};

struct if_statement {
    struct source_range at;
    const struct tree *statement; /* NULL: none that people wrote */
    struct branch arms[2];        /* true, false */
    const struct name **names;    /* variables that either arm sets and both know */
    int count;
};

/* Notes why a variable has no value behind the if; the text is PyTorch's. */
static bool note_unset(struct emitter *e, const struct if_statement *s, const struct name *name,
                       struct unset *why, struct text *text) {
    lang_put_excerpt(text, s->at);
    why->text = text_get(text);
    why->at = s->at;
    why->written = s->statement != NULL;
    if (s->statement) why->test = s->statement->items[0]->range;
    bool good = variable_unset(e, name, why);
    text_free(text);
    return good;
}

/* Variables of arm `from` that the other arm knows; for the rest it is noted why they are not defined. */
static bool collect_variables(struct emitter *e, struct if_statement *s, int from) {
    struct branch *mine = &s->arms[from], *other = &s->arms[!from];
    for (int i = 0; i < mine->frame->defined.count; i++) {
        const struct name *name = mine->frame->defined.items[i];
        if (!table_get(&mine->frame->types, name)) continue;
        struct insertion old = emit_into(e, other->block);
        bool known = variable_find(e, other->frame, name) != NULL || other->exits;
        emit_back(e, old);
        if (e->err->code) return false;
        if (known) {
            s->names[s->count++] = name;
            continue;
        }
        struct text text = {0};
        text_printf(&text, "\n%s is not defined in the %s branch:\n", name->text, from ? "true" : "false");
        struct unset why = {.setter = from};
        if (!note_unset(e, s, name, &why, &text)) return false;
    }
    return true;
}

static int compare_names(const void *a, const void *b) {
    const struct name *const *x = a, *const *y = b;
    return strcmp((*x)->text, (*y)->text);
}

/* In the order of the alphabet, each once. */
static void sort_names(struct if_statement *s) {
    if (s->count) qsort(s->names, (size_t)s->count, sizeof *s->names, compare_names);
    int kept = 0;
    for (int i = 0; i < s->count; i++)
        if (!kept || s->names[kept - 1] != s->names[i]) s->names[kept++] = s->names[i];
    s->count = kept;
}

static bool load_in_arm(struct emitter *e, struct if_statement *s, int which, const struct name *name,
                        struct ir_value **v) {
    struct branch *arm = &s->arms[which];
    *v = NULL;
    if (arm->exits) return true;
    struct insertion old = emit_into(e, arm->block);
    *v = variable_value(e, arm->frame, name, s->at);
    emit_back(e, old);
    return *v != NULL;
}

/* An arm that exits stores an uninitialized value, so that the other arm's variables are defined afterwards.
 */
static struct ir_value *store_uninitialized(struct emitter *e, struct branch *arm, const struct name *name,
                                            const struct type *type) {
    struct insertion old = emit_into(e, arm->block);
    struct ir_value *v = emit_uninitialized(e, type);
    struct node *store = v ? emit_node(e, KIND_STORE, 0, &v, 1) : NULL;
    emit_back(e, old);
    return store && emit_set_name(e, store, name) ? v : NULL;
}

static bool types_differ(struct emitter *e, struct if_statement *s, const struct name *name,
                         struct ir_value *const *v) {
    struct text text = {0};
    text_printf(&text,
                "Type mismatch: %s is set to type %s in the true branch and type %s in the false branch",
                name->text, emit_type_words(e, v[0]->type), emit_type_words(e, v[1]->type));
    bool outer = variable_find(e, s->arms[0].frame->outer, name) != NULL;
    if (outer) emit_error(e, s->at, "%s", text_get(&text));
    struct text whole = {0};
    text_printf(&whole, "\n%s:\n", text_get(&text));
    text_free(&text);
    struct unset why = {.types = {v[0]->type, v[1]->type}};
    return (outer || note_unset(e, s, name, &why, &whole)) && !outer;
}

/* An int beside a float becomes one, in all of Python. */
static bool widen_variable(struct emitter *e, struct if_statement *s, const struct name *name,
                           struct ir_value **v) {
    for (int i = 0; i < 2; i++) {
        if (v[i]->type->kind != TYPE_INT || v[!i]->type->kind != TYPE_FLOAT || s->arms[i].exits) continue;
        struct insertion old = emit_into(e, s->arms[i].block);
        v[i] = emit_operator(e, "aten::Float", s->at, &v[i], 1);
        struct node *store = v[i] ? emit_node(e, KIND_STORE, 0, &v[i], 1) : NULL;
        emit_back(e, old);
        if (!store || !emit_set_name(e, store, name)) return false;
    }
    return true;
}

/* Brings one variable out of the arms: its type is what both have in common. */
static bool merge_variable(struct emitter *e, struct if_statement *s, const struct name *name) {
    struct ir_value *v[2];
    if (e->wide && table_get(&e->wide->unknown, name)) return true;
    if (!load_in_arm(e, s, 0, name, &v[0]) || !load_in_arm(e, s, 1, name, &v[1])) return false;
    if (!v[0] && !v[1]) return true;
    for (int i = 0; i < 2; i++)
        if (!v[i] && !(v[i] = store_uninitialized(e, &s->arms[i], name, v[!i]->type)))
            return error_memory(e->err);
    if (e->wide && !widen_variable(e, s, name, v)) return false;
    struct sugared *before = variable_find(e, e->frame, name);
    if (e->err->code) return false;
    const struct type *full = sugared_as_simple(before) ? sugared_as_simple(before)->type : NULL;
    bool to_union =
        full && (full->kind == TYPE_UNION || full->kind == TYPE_OPTIONAL || full->kind == TYPE_NUMBER);
    const struct type *both = type_unify(e->types, v[0]->type, v[1]->type, to_union, NULL);
    return both ? variable_set_type(e, name, both) : types_differ(e, s, name, v);
}

static bool merge_variables(struct emitter *e, struct if_statement *s) {
    int most = s->arms[0].frame->defined.count + s->arms[1].frame->defined.count;
    s->names = arena_array(&e->memory, const struct name *, most + 1);
    if (!s->names) return error_memory(e->err);
    if (!collect_variables(e, s, 0) || !collect_variables(e, s, 1)) return false;
    sort_names(s);
    for (int i = 0; i < s->count; i++)
        if (!merge_variable(e, s, s->names[i])) return false;
    return true;
}

bool emit_if_arms(struct emitter *e, struct source_range at, const struct condition *c,
                  const struct if_arms *arms) {
    if (c->known >= 0)
        return emit_refinements(e, at, c->known ? c->when_true : c->when_false) &&
               arms->emit(e, c->known ? 0 : 1, arms->context);
    struct node *n = emit_node(e, KIND_IF, 0, &c->value, 1);
    if (!n) return false;
    n->range = at;
    struct if_statement s = {.at = at, .statement = arms->statement};
    for (int i = 0; i < 2; i++)
        if (!(s.arms[i].block = node_add_block(n))) return error_memory(e->err);
    for (int i = 0; i < 2; i++) {
        s.arms[i].frame = emit_branch(e, s.arms[i].block, arms, i, i ? c->when_false : c->when_true);
        if (!s.arms[i].frame) return false;
    }
    for (int i = 0; i < 2; i++) s.arms[i].exits = block_exits(e, s.arms[i].block);
    if (e->wide && s.arms[0].exits != s.arms[1].exits &&
        !lower_keep_paths(e, s.arms[s.arms[0].exits ? 1 : 0].frame))
        return false;
    if (s.arms[0].exits && s.arms[1].exits && !mark_exit(e, n->block)) return false;
    return merge_variables(e, &s);
}

static bool emit_arm_statements(struct emitter *e, int which, void *context) {
    const struct tree *const *both = context;
    return emit_statements(e, both[which]);
}

bool emit_if_else(struct emitter *e, struct source_range at, const struct condition *c,
                  const struct tree *yes, const struct tree *no) {
    const struct tree *both[2] = {yes, no};
    struct if_arms arms = {emit_arm_statements, both, {yes->range, no->range}, NULL};
    return emit_if_arms(e, at, c, &arms);
}

/* What lowerings make of other statements has a test that stands where they do. */
bool emit_if(struct emitter *e, const struct tree *t) {
    const struct tree *both[2] = {t->items[1], t->items[2]};
    bool written = t->items[0]->range.start > t->range.start;
    struct if_arms arms = {emit_arm_statements, both, {both[0]->range, both[1]->range}, written ? t : NULL};
    struct condition c;
    return emit_condition(e, t->items[0], &c) && emit_if_arms(e, t->range, &c, &arms);
}

/* ---- return ---- */

static bool convert_result(struct emitter *e, struct source_range at, const struct type *declared,
                           struct ir_value **v) {
    /* Nothing is made of a None that a function without return gives (None is no subtype of Tensor here). */
    *v = match_convert(e, at, declared, *v, true);
    if (!*v) return false;
    if (e->wide && !is_subtype(e, (*v)->type, declared)) wide_learn(e, *v, declared);
    if (is_subtype(e, (*v)->type, declared)) return true;
    emit_error(e, at, "Return value was annotated as having type %s but is actually of type %s",
               emit_type_words(e, declared), emit_type_words(e, (*v)->type));
    return explain(e, ERROR_RETURN_TYPE, at, explain_cure(e, declared, (*v)->type, at),
                   "this returns %s, but `%s` is declared to return %s", explain_type(e, (*v)->type),
                   e->function->name->text, explain_type(e, declared)) != NULL;
}

static bool merge_result(struct emitter *e, struct source_range at, const struct type *now,
                         const struct type **out) {
    const struct type *before = e->definition.merged ? e->definition.merged : now;
    *out = type_unify(e->types, before, now, false, NULL);
    if (*out) return true;
    emit_error(e, at,
               "Previous return statement returned a value of type %s but this return statement "
               "returns a value of type %s",
               emit_type_words(e, before), emit_type_words(e, now));
    return explain(e, ERROR_RETURNS_DIFFER, at, explain_cure(e, before, now, at),
                   "this returns %s, but the return in line %d gives %s", explain_type(e, now),
                   lang_line(e->definition.returned), explain_type(e, before)) != NULL;
}

static bool emit_return_value(struct emitter *e, struct source_range at, const struct tree *value) {
    const struct type *declared = e->definition.declared;
    struct ir_value *v = emit_expression(e, value, declared);
    if (!v) return false;
    if (declared ? !convert_result(e, at, declared, &v) : !merge_result(e, at, v->type, &declared))
        return false;
    e->definition.merged = declared;
    if (!e->definition.returned.source) e->definition.returned = at;
    if (e->wide) lang_note_result(e->function, declared);
    if (declared->kind == TYPE_ANY && v->type->kind != TYPE_ANY && !(v = emit_cast(e, v, declared)))
        return false;
    return emit_node(e, KIND_RETURN_STMT, 0, &v, 1) && mark_exit(e, e->frame->block);
}

/* ---- raise, assert ---- */

bool emit_raise_of(struct emitter *e, struct source_range at, struct sugared *s) {
    static const lb_value none = {.tag = VALUE_NONE};
    struct ir_value *message, *class_name = NULL;
    if (!s) return false;
    if (s->kind == &sugared_kind_exception_message) {
        message = s->value;
        class_name = s->start;
    } else if (s->kind == &sugared_kind_exception || s->kind == &sugared_kind_python_exception) {
        message = emit_text(e, "", 0, at);
        if (e->wide && s->name) class_name = emit_text(e, s->name->text, s->name->length, at);
    } else {
        return emit_error(e, at, "exceptions must derive from BaseException") != NULL;
    }
    if (message && message->type->kind != TYPE_STRING && e->wide)
        message = lower_text(e, message, false, at);
    else if (message && message->type->kind != TYPE_STRING)
        message = emit_operator(e, "aten::str", (struct source_range){0}, &message, 1);
    if (!message) return false;
    struct actual a[2] = {{.value = message}, {.value = class_name, .constant = &none}};
    return emit_builtin(e, emit_name(e, "prim::RaiseException"), at, actuals_of(a, 2), NULL) &&
           mark_exit(e, e->frame->block);
}

/* assert c, m is "if c: pass else: raise AssertionError(m)". */
static bool emit_assert(struct emitter *e, const struct tree *t) {
    struct condition c;
    struct arena *a = &e->memory;
    if (!emit_condition(e, t->items[0], &c)) return false;
    const struct name *class_name = emit_name(e, "AssertionError");
    struct tree *message = t->items[1] ? t->items[1] : tree_string(a, t->range, "", 0);
    struct tree *list = message ? tree_new(a, TREE_LIST, t->range, 1, &message) : NULL;
    struct tree *none = tree_new(a, TREE_LIST, t->range, 0, NULL);
    struct tree *callee = class_name ? tree_name(a, t->range, class_name) : NULL;
    struct tree *parts[3] = {callee, list, none};
    struct tree *call = callee && list && none ? tree_new(a, TREE_CALL, t->range, 3, parts) : NULL;
    struct tree *raise = call ? tree_new(a, TREE_RAISE, t->range, 1, &call) : NULL;
    struct tree *body = raise ? tree_new(a, TREE_LIST, t->range, 1, &raise) : NULL;
    return body ? emit_if_else(e, t->range, &c, none, body) : error_memory(e->err);
}

/* ---- with ---- */

static bool check_context(struct emitter *e, struct source_range at, const struct type *t,
                          const struct type **entered) {
    if (t->kind != TYPE_CLASS) {
        emit_error(e, at, "With item expression must return an object");
        return explain(e, ERROR_CONTEXT_MANAGER, at, NULL,
                       "%s is no context manager: it has no `__enter__` and `__exit__`",
                       explain_type(e, t)) != NULL;
    }
    struct function *enter = class_find_method(t->definition, emit_name(e, "__enter__"));
    struct function *leave = class_find_method(t->definition, emit_name(e, "__exit__"));
    if (!enter || !leave)
        return emit_error(e, at,
                          "Object returned by with item expression does not define __enter__ and __exit__ "
                          "methods") != NULL;
    if (!emit_ensure(e, enter, at, "method") || !emit_ensure(e, leave, at, "method")) return false;
    if (enter->schema->argument_count != 1)
        return emit_error(e, at, "__enter__ must have only one argument and one return value") != NULL;
    if (leave->schema->argument_count != 4)
        return emit_error(e, at, "__exit__ must have four arguments") != NULL;
    for (int i = 1; i < 4; i++)
        if (leave->schema->arguments[i].type->kind != TYPE_ANY)
            return emit_error(
                       e, at,
                       "argument %d of __exit__ must have Any type; TorchScript does not currently support "
                       "passing exception type, value, or traceback to the __exit__ function.",
                       i) != NULL;
    *entered = enter->schema->returns[0].type;
    return true;
}

static bool emit_enter(struct emitter *e, const struct tree *item, struct ir_value **object) {
    *object = emit_expression(e, item->items[0], NULL);
    struct node *n = *object ? emit_node(e, KIND_ENTER, 1, object, 1) : NULL;
    if (!n || !check_context(e, item->items[0]->range, (*object)->type, &n->outputs.items[0]->type))
        return false;
    const struct tree *as = item->items[1];
    return !as || variable_set(e, as->range, as->name, sugared_simple(e, n->outputs.items[0]), NULL);
}

bool emit_with_plain(struct emitter *e, const struct tree *t) {
    const struct tree *items = t->items[0];
    struct ir_value **entered = arena_array(&e->memory, struct ir_value *, items->count + 1);
    if (!entered) return error_memory(e->err);
    for (int i = 0; i < items->count; i++)
        if (!emit_enter(e, items->items[i], &entered[i])) return false;
    if (!emit_statements(e, t->items[1])) return false;
    for (int i = items->count - 1; i >= 0; i--)
        if (!emit_node(e, KIND_EXIT, 1, &entered[i], 1)) return false;
    return true;
}

/* ---- del ---- */

static bool delete_item(struct emitter *e, const struct tree *t, struct source_range statement) {
    const struct tree *index_tree = t->items[1]->items[0];
    if (index_tree->kind == TREE_SLICE)
        return emit_error(e, t->range,
                          "del statements only support deletion at a single index, slicing is not supported "
                          "(see https://github.com/pytorch/pytorch/issues/31430)") != NULL;
    struct sugared *s = emit_sugared(e, t->items[0], 1, NULL);
    struct ir_value *index = s ? emit_expression(e, index_tree, NULL) : NULL;
    struct ir_value *v = index ? sugared_value(e, s, t->items[0]->range) : NULL;
    if (!v) return false;
    if (v->type->kind != TYPE_CLASS) {
        struct node *n =
            emit_node_named(e, emit_name(e, "aten::Delete"), 0, (struct ir_value *[]){v, index}, 2);
        if (n) n->range = t->range;
        return n != NULL;
    }
    struct sugared *method = lower_special(e, v, "__delitem__", statement);
    if (!method) return emit_error(e, t->range, "Class does not define __delitem__") != NULL;
    struct actual a = {.value = index};
    return sugared_call(e, method, statement, actuals_of(&a, 1), 0) != NULL;
}

bool emit_delete(struct emitter *e, const struct tree *t) {
    for (int i = 0; i < t->count; i++) {
        const struct tree *target = t->items[i];
        bool good;
        if (target->kind == TREE_SUBSCRIPT)
            good = delete_item(e, target, t->range);
        else if (target->kind == TREE_NAME)
            good = variable_remove(e, target->name, target->range);
        else
            good = emit_error(e, target->range,
                              "del statements are only supported for deleting list and dict items and "
                              "variables") != NULL;
        if (!good) return false;
    }
    return true;
}

/* ---- break, continue, closures ---- */

static bool emit_jump(struct emitter *e, const struct tree *t) {
    bool is_break = t->kind == TREE_BREAK;
    if (e->loop_status == LOOP_NONE)
        return emit_error(e, t->range, "SyntaxError: '%s' outside loop", is_break ? "break" : "continue") !=
               NULL;
    if (e->loop_status == LOOP_UNROLLED)
        return emit_error(e, t->range,
                          "Because we emit iteration over modulelists or tuples as unrolled loops, we do not "
                          "support break or continue inside the body of these loops") != NULL;
    e->exit_count++;
    struct node *n = emit_node(e, is_break ? KIND_BREAK_STMT : KIND_CONTINUE_STMT, 0, NULL, 0);
    if (n) n->range = t->range;
    return n != NULL;
}

struct ir_value *emit_closure(struct emitter *e,
                              bool (*body)(struct emitter *e, struct block *b, void *context),
                              void *context) {
    struct ir_value *v = emit_typed(e, KIND_CLOSURE, simple_type(e, TYPE_NONE), NULL, 0);
    struct block *b = v ? node_add_block(v->node) : NULL;
    if (!b || !frame_push(e, b)) return emit_out_of_memory(e);
    enum loop_status status = e->loop_status;
    struct definition definition = e->definition;
    struct tried *tried = e->tried;
    struct insertion old = emit_into(e, b);
    e->loop_status = LOOP_NONE;
    e->tried = NULL;
    e->definition = (struct definition){0};
    bool good = body(e, b, context);
    e->loop_status = status;
    e->definition = definition;
    e->tried = tried;
    emit_back(e, old);
    if (!good) return NULL;
    frame_pop(e);
    return v;
}

static bool def_body(struct emitter *e, struct block *b, void *context) {
    return emit_definition(e, context, NULL, b, NULL);
}

static bool emit_inner_def(struct emitter *e, const struct tree *t) {
    struct sugared *closure = sugared_closure(e, emit_closure(e, def_body, (void *)(uintptr_t)t));
    return variable_set(e, t->range, t->name, closure, NULL);
}

static bool emit_raise(struct emitter *e, const struct tree *t) {
    return emit_raise_of(e, t->range, emit_sugared(e, t->items[0], 1, NULL));
}

/* Of several values that one is chosen of, each that compiles says what the function returns. */
static bool emit_sought_return(struct emitter *e, const struct tree *value) {
    bool chosen = value->kind == TREE_AND || value->kind == TREE_OR || value->kind == TREE_IF_EXPRESSION;
    if (!chosen) return emit_return_value(e, value->range, value);
    for (int i = value->kind == TREE_IF_EXPRESSION; i < value->count; i++) {
        struct attempt_error own;
        attempt_begin(e, &own);
        emit_sought_return(e, value->items[i]);
        if (attempt_failed(e, &own)) attempt_drop(&own);
    }
    return !e->err->code;
}

static bool emit_return(struct emitter *e, const struct tree *t) {
    if (e->wide && e->wide->seeks_result) return emit_sought_return(e, t->items[0]);
    return emit_return_value(e, t->range, t->items[0]);
}

static bool emit_nothing(struct emitter *e, const struct tree *t) {
    (void)e;
    (void)t;
    return true;
}

static bool emit_value_statement(struct emitter *e, const struct tree *t) {
    return emit_sugared(e, t->items[0], 0, NULL) != NULL;
}

static bool (*const statements[TREE_KIND_COUNT])(struct emitter *e, const struct tree *t) = {
    [TREE_IF] = emit_if,         [TREE_WHILE] = emit_while,         [TREE_FOR] = emit_for,
    [TREE_ASSIGN] = emit_assign, [TREE_AUGMENTED] = emit_augmented, [TREE_EXPRESSION] = emit_value_statement,
    [TREE_RAISE] = emit_raise,   [TREE_ASSERT] = emit_assert,       [TREE_RETURN] = emit_return,
    [TREE_BREAK] = emit_jump,    [TREE_CONTINUE] = emit_jump,       [TREE_PASS] = emit_nothing,
    [TREE_DEF] = emit_inner_def, [TREE_DELETE] = emit_delete,       [TREE_WITH] = emit_with_plain,
};

static bool emit_statement(struct emitter *e, const struct tree *t) {
    bool good;
    e->pending = t->range;
    if (e->wide && wide_statement(e, t, &good)) return good;
    if (statements[t->kind]) return statements[t->kind](e, t);
    const char *refused = e->wide ? refusal_words(t) : NULL;
    if (refused) return emit_error(e, t->range, "%s", refused) != NULL;
    return emit_error(e, t->range, "Unrecognized statement kind %s", tree_kind_words[t->kind]) != NULL;
}

/* What does not compile is left out. */
static bool try_statement(struct emitter *e, const struct tree *t) {
    struct attempt_error own;
    attempt_begin(e, &own);
    bool good = emit_statement(e, t);
    if (!attempt_failed(e, &own)) return good;
    attempt_drop(&own);
    return !e->err->code;
}

/* What does not compile is noted, and the next statement is looked at (recover.h). */
static bool noted_statement(struct emitter *e, const struct tree *t) {
    struct emitter_place before = emitter_here(e);
    if (emit_statement(e, t)) return true;
    bool leaves = t->kind == TREE_RETURN || t->kind == TREE_RAISE;
    return recovery_go_on(e, &before, t) && (!leaves || mark_exit(e, e->frame->block));
}

/* What follows a return or raise in the same block is not compiled. */
bool emit_statements(struct emitter *e, const struct tree *list) {
    for (int i = 0; i < list->count; i++) {
        bool tries = e->wide && e->wide->seeks_result;
        if (!(tries ? try_statement : noted_statement)(e, list->items[i])) return false;
        if (block_exits(e, e->frame->block)) return true;
    }
    return true;
}

/* Falling off the end returns None, unless every way has returned or raised already. */
static bool finish_result(struct emitter *e, const struct tree *def, struct block *block) {
    const struct type *declared = e->definition.declared, *none = simple_type(e, TYPE_NONE);
    if (block_exits(e, block)) {
        if (!e->definition.merged) e->definition.merged = declared ? declared : none;
        return true;
    }
    if (declared && declared != none)
        return emit_error(e, def->range,
                          "Function was not annotated as having type None, but does not return along all "
                          "paths") != NULL;
    struct tree *value = tree_new(&e->memory, TREE_NONE, def->range, 0, NULL);
    struct insertion old = emit_into(e, block);
    bool good = value && emit_return_value(e, def->range, value);
    emit_back(e, old);
    return good;
}

static struct sugared *emit_self(struct emitter *e, struct ir_value *v) {
    return e->resolver->make_self ? e->resolver->make_self(e->resolver, e, v) : sugared_simple(e, v);
}

static bool emit_parameters(struct emitter *e, const struct tree *def, const struct type *self_type,
                            struct schema *schema, struct block *block) {
    const struct tree *parameters = def->items[0];
    for (int i = 0; i < parameters->count; i++) {
        const struct tree *p = parameters->items[i];
        struct ir_value *v = block_add_input(block);
        if (!v || (meaningful_name(p->name) && !value_set_name(v, p->name->text)))
            return error_memory(e->err);
        v->type = schema->arguments[i].type;
        struct sugared *s = i || !self_type ? sugared_simple(e, v) : emit_self(e, v);
        if (!s || !variable_set(e, p->range, p->name, s, NULL)) return false;
    }
    return true;
}

static bool emit_body(struct emitter *e, const struct tree *def, const struct type *self_type,
                      struct schema *schema, struct block *block) {
    e->definition.declared = schema->return_count ? schema->returns[0].type : NULL;
    if (!emit_parameters(e, def, self_type, schema, block)) return false;
    if (block == e->graph->top && !specialize_bind(e, e->known, block)) return false;
    if (e->wide && block == e->graph->top && !wide_begin_loose(e)) return false;
    if (!emit_statements(e, def->items[2])) return false;
    if (block == e->graph->top && recovery_failed(e)) return false;
    if (!finish_result(e, def, block)) return false;
    struct ir_value *placeholder = emit_uninitialized(e, e->definition.merged);
    if (!placeholder || block_add_output(block, placeholder) < 0) return error_memory(e->err);
    schema->returns[0] = (struct argument){.type = e->definition.merged, .declared = e->definition.merged};
    schema->return_count = 1;
    return true;
}

/* Of a definition whose annotations are wrong, *def becomes one without them. */
static struct schema *declared_schema(struct emitter *e, const struct tree **def,
                                      const struct type *self_type) {
    struct schema *schema = schema_from_def(e->unit, e->resolver, *def, self_type, e->err);
    bool goes_on = !schema && e->wide && !e->wide->again && e->err->code == LB_ERROR_COMPILE;
    if (!goes_on) return schema;
    lb_error own = {0};
    error_move(&own, e->err);
    const struct tree *rest = recovery_signature(e, *def, self_type != NULL);
    if (rest) schema = schema_from_def(e->unit, e->resolver, *def = rest, self_type, e->err);
    if (!schema && !e->err->code && !recovery_failed(e)) error_move(e->err, &own);
    error_clear(&own);
    return schema;
}

/* "size: int = None": whoever leaves it out gives None, so that it is an Optional. PyTorch refuses that, or
 * takes an undefined tensor that is never None. */
static bool admit_none(struct emitter *e, const struct tree *def, struct schema *schema) {
    struct resolver *r = e->resolver;
    for (int i = 0; i < schema->argument_count; i++) {
        struct argument *a = &schema->arguments[i];
        const lb_value *given = r->find_default ? r->find_default(r, a->name) : NULL;
        bool wants = def->items[0]->items[i]->items[0] && given && given->tag == VALUE_NONE;
        if (!wants || is_subtype(e, simple_type(e, TYPE_NONE), a->type)) continue;
        const struct type *type = type_optional(e->types, a->type);
        if (!type) return error_memory(e->err);
        a->type = a->declared = type;
    }
    return true;
}

bool emit_definition(struct emitter *e, const struct tree *def, const struct type *self_type,
                     struct block *block, struct schema **out) {
    if (self_type && !def->items[0]->count)
        return emit_error(e, def->items[0]->range, "methods must have a self argument") != NULL;
    struct schema *schema = declared_schema(e, &def, self_type);
    if (!schema) return false;
    bool good = !e->wide || block != e->graph->top || admit_none(e, def, schema);
    good = good && emit_body(e, def, self_type, schema, block);
    if (good && out)
        *out = schema;
    else
        schema_release_defaults(schema);
    return good;
}
