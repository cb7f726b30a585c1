/* try, except, else, finally, raise. The block under `try` becomes a closure that a prim::Try runs: it gives
 * what the block assigns, which handler takes what it raised (-1: it raised nothing), and that. Handlers are
 * arms of an if behind it. What a block assigns before it raises must be seen afterwards: each variable from
 * around it lives in a list of one item meanwhile, which the block writes. `return`, `break` and `continue`
 * in the block are noted and taken behind it (lower_exits.c). No archive can hold a prim::Try. */
#include "lang/library.h"
#include "lang/lower.h"
#include "types/exceptions.h"
#include <string.h>

/* ---- what a block assigns ---- */

struct assignment {
    const struct name *name;
    struct node *store;
    struct ir_value *value;
};

/* A block under `try` while it is emitted. */
struct tried {
    struct tried *outer;
    struct frame *around; /* the frame that the try statement stands in */
    ARRAY_OF(struct assignment) assignments;
    ARRAY_OF(const struct name *) new; /* variables that only the block has, at its end */
    bool ends;                         /* its end is reached on some way */
};

/* The type of a first-class variable that is set in this frame or one around it; NULL: none is. */
static const struct type *known_type(const struct frame *f, const struct name *name) {
    for (; f; f = f->outer) {
        if (table_get(&f->sugared, name)) return NULL;
        const struct type *t = table_get(&f->types, name);
        if (t) return t;
    }
    return NULL;
}

/* A test that says more of a variable's type stores the very value. */
static bool is_refinement(const struct name *name, const struct ir_value *v) {
    if (!node_is(v->node, KIND_UNCHECKED_CAST) || !node_is(v->node->inputs.items[0]->node, KIND_LOAD))
        return false;
    const struct attribute *a = node_attribute(v->node->inputs.items[0]->node, "name");
    return a && !strcmp(a->value.string->bytes, name->text);
}

bool lower_note_assignment(struct emitter *e, const struct name *name, struct node *store,
                           struct ir_value *v) {
    struct assignment a = {name, store, v};
    if (is_refinement(name, v)) return true;
    for (struct tried *t = e->tried; t; t = t->outer)
        if (known_type(t->around, name) && !array_push_in(&e->memory, &t->assignments, a))
            return error_memory(e->err);
    return true;
}

/* The variables that the block has at its end and nothing around it. */
static bool gather_new(struct emitter *e, struct tried *t) {
    const struct frame *f = e->frame;
    for (int i = 0; i < f->defined.count; i++) {
        const struct name *name = f->defined.items[i];
        bool outer = known_type(t->around, name), again = false;
        for (int k = 0; k < t->new.count; k++) again |= t->new.items[k] == name;
        bool own = name->text[0] == '$' && strncmp(name->text, "$_dropped", 9);
        if (outer || again || own || !table_get(&f->types, name)) continue;
        if (!array_push_in(&e->memory, &t->new, name)) return error_memory(e->err);
    }
    return true;
}

static struct ir_value *tuple_of_new(struct emitter *e, const struct tried *t, struct source_range at) {
    struct ir_value **items = arena_array(&e->memory, struct ir_value *, t->new.count + 1);
    if (!items) return emit_out_of_memory(e);
    for (int i = 0; i < t->new.count; i++)
        if (!(items[i] = variable_value(e, e->frame, t->new.items[i], at))) return NULL;
    return emit_tuple(e, items, t->new.count, NULL);
}

/* ---- the block as a closure ---- */

struct body {
    struct tree *statements;
    struct tried *tried;
    const struct type *result;
};

static bool emit_body(struct emitter *e, struct block *b, void *context) {
    struct body *body = context;
    struct tried *t = body->tried;
    e->tried = t;
    if (!emit_statements(e, body->statements)) return false;
    e->tried = NULL;
    t->ends = !table_has(&e->exits, b);
    if (t->ends && !gather_new(e, t)) return false;
    struct ir_value *v = t->new.count ? tuple_of_new(e, t, body->statements->range) : emit_none(e, NULL);
    if (!v) return false;
    body->result = v->type;
    return block_add_output(b, v) >= 0 || error_memory(e->err);
}

/* ---- lists of one item for what the block assigns ---- */

struct cell {
    const struct name *name;
    struct ir_value *list;
};
typedef ARRAY_OF(struct cell) cell_list;

static struct ir_value *find_cell(const cell_list *cells, const struct name *name) {
    for (int i = 0; i < cells->count; i++)
        if (cells->items[i].name == name) return cells->items[i].list;
    return NULL;
}

static bool emit_set(struct emitter *e, struct ir_value *list, struct ir_value *v, struct source_range at) {
    struct ir_value *inputs[3] = {list, emit_int(e, 0, at), v};
    struct node *n = inputs[1] ? emit_node_named(e, emit_name(e, "aten::_set_item"), 1, inputs, 3) : NULL;
    if (!n) return false;
    n->range = at;
    n->outputs.items[0]->type = list->type;
    return true;
}

/* Before the closure, with the variables' values; then each assignment writes to its list. */
static bool make_cells(struct emitter *e, const struct tried *t, struct node *closure, cell_list *cells) {
    struct insertion old = emit_at(e, closure);
    bool good = true;
    for (int i = 0; good && i < t->assignments.count; i++) {
        const struct assignment *a = &t->assignments.items[i];
        if (find_cell(cells, a->name)) continue;
        struct ir_value *now = variable_value(e, t->around, a->name, a->store->range);
        struct cell c = {a->name, now ? emit_list(e, now->type, &now, 1) : NULL};
        good = c.list && node_set_int(c.list->node, "cell", 1) &&
               (array_push_in(&e->memory, cells, c) || error_memory(e->err));
    }
    for (int i = 0; good && i < t->assignments.count; i++) {
        const struct assignment *a = &t->assignments.items[i];
        emit_at(e, a->store->next);
        good = emit_set(e, find_cell(cells, a->name), a->value, a->store->range);
    }
    emit_back(e, old);
    return good;
}

/* Behind the block the variables have what is in the lists. */
static bool read_cells(struct emitter *e, const cell_list *cells, struct source_range at) {
    for (int i = 0; i < cells->count; i++) {
        struct ir_value *both[2] = {cells->items[i].list, emit_int(e, 0, at)};
        struct ir_value *v = both[1] ? emit_operator(e, "aten::__getitem__", at, both, 2) : NULL;
        if (!v || !variable_set(e, at, cells->items[i].name, sugared_simple(e, v), NULL)) return false;
    }
    return true;
}

/* ---- prim::Try ---- */

struct guarded {
    struct tried tried;
    struct ir_value *result, *handler, *caught;
};

static bool emit_guarded(struct emitter *e, struct tree *body, const char *catches, struct source_range at,
                         struct guarded *out) {
    struct body b = {body, &out->tried, NULL};
    cell_list cells = {0};
    out->tried.around = e->frame;
    out->tried.outer = e->tried;
    const struct type *caught = library_class(e, "Caught");
    struct node *n = caught ? emit_node(e, KIND_TRY_CLOSURE, 3, NULL, 0) : NULL;
    if (!n) return false;
    n->range = at;
    struct insertion old = emit_at(e, n);
    struct ir_value *closure = emit_closure(e, emit_body, &b);
    emit_back(e, old);
    if (!closure || !node_add_input(n, closure)) return closure ? error_memory(e->err) : false;
    if (!node_set_string(n, "catches", catches, (int64_t)strlen(catches))) return error_memory(e->err);
    out->result = n->outputs.items[0];
    out->handler = n->outputs.items[1];
    out->caught = n->outputs.items[2];
    out->result->type = b.result;
    out->handler->type = simple_type(e, TYPE_INT);
    out->caught->type = caught;
    return make_cells(e, &out->tried, closure->node, &cells) && read_cells(e, &cells, at);
}

/* The variables that only the block has, where it came to its end. */
static bool set_new(struct emitter *e, const struct guarded *g, struct source_range at) {
    struct ir_value *const *items = g->tried.new.count ? emit_unpack(e, g->result) : NULL;
    for (int i = 0; i < g->tried.new.count; i++)
        if (!items || !variable_set(e, at, g->tried.new.items[i], sugared_simple(e, items[i]), NULL))
            return false;
    return true;
}

static bool compare_handler(struct emitter *e, const struct guarded *g, const char *op, int64_t with,
                            struct source_range at, struct condition *out) {
    struct ir_value *both[2] = {g->handler, emit_int(e, with, at)};
    *out = (struct condition){.known = -1};
    return both[1] && (out->value = emit_operator(e, op, at, both, 2));
}

/* ---- classes of exceptions ---- */

/* The full name of the class that a value is; NULL: it is none. */
static const char *class_name(const struct sugared *s) {
    bool is = s->kind == &sugared_kind_exception || s->kind == &sugared_kind_python_exception;
    return is ? s->name->text : NULL;
}

static bool put_class(struct emitter *e, struct sugared *s, struct source_range at, struct text *out) {
    const char *name = class_name(s);
    if (!name && s->kind->tuple && s->count) {
        for (int i = 0; i < s->count; i++)
            if (!put_class(e, s->items[i], at, out)) return false;
        return true;
    }
    if (!name) return emit_error(e, at, "except wants a class of exceptions or a tuple of such") != NULL;
    text_printf(out, "%s%s", out->length && out->data[out->length - 1] != ';' ? " " : "", name);
    return true;
}

/* The classes of a handler; one without any takes all. */
static bool put_handler(struct emitter *e, const struct tree *type, struct text *out) {
    if (!type) {
        text_put(out, "BaseException");
        return true;
    }
    if (type->kind == TREE_TUPLE) {
        for (int i = 0; i < type->count; i++)
            if (!put_handler(e, type->items[i], out)) return false;
        return true;
    }
    struct sugared *s = emit_sugared(e, type, 1, NULL);
    return s && put_class(e, s, type->range, out);
}

static const char *catches_of(struct emitter *e, const struct tree *handlers) {
    struct text out = {0};
    bool good = true;
    for (int i = 0; good && i < handlers->count; i++) {
        good = put_handler(e, handlers->items[i]->items[0], &out);
        text_put_char(&out, ';');
    }
    const char *text = good ? arena_text(&e->memory, text_get(&out), out.length) : NULL;
    text_free(&out);
    return text || e->err->code ? text : emit_out_of_memory(e);
}

static bool mark_end(struct emitter *e) {
    e->exit_count++;
    return table_set(&e->exits, e->frame->block, e->frame->block) || error_memory(e->err);
}

bool lower_never(struct emitter *e, struct source_range at) {
    struct actual a = {.value = emit_text(e, "", 0, at)};
    return a.value && emit_builtin(e, emit_name(e, "prim::RaiseException"), at, actuals_of(&a, 1), NULL) &&
           mark_end(e);
}

/* ---- handlers ---- */

struct handling {
    const struct tree *handlers, *otherwise; /* otherwise: behind a block that came to its end */
    const struct guarded *guarded;
    int at;
};

static bool emit_handler(struct emitter *e, const struct tree *h, const struct guarded *g) {
    struct ir_value *before = e->handled;
    if (h->name && !variable_set(e, h->range, h->name, sugared_simple(e, g->caught), NULL)) return false;
    e->handled = g->caught;
    bool good = emit_statements(e, h->items[1]);
    e->handled = before;
    return good;
}

static bool emit_handlers(struct emitter *e, struct handling *h);

static bool emit_handler_arm(struct emitter *e, int which, void *context) {
    struct handling *h = context, rest = *h;
    if (!which) return emit_handler(e, h->handlers->items[h->at], h->guarded);
    rest.at++;
    return emit_handlers(e, &rest);
}

/* The handlers from number `at` on: one of them it is. */
static bool emit_handlers(struct emitter *e, struct handling *h) {
    const struct tree *t = h->handlers->items[h->at];
    struct condition c;
    if (h->at + 1 == h->handlers->count) return emit_handler(e, t, h->guarded);
    if (!compare_handler(e, h->guarded, "aten::eq", h->at, t->range, &c)) return false;
    struct if_arms arms = {.emit = emit_handler_arm, .context = h, .at = {t->range, t->range}};
    return emit_if_arms(e, t->range, &c, &arms);
}

/* if nothing has left the block: LIST */
static const struct tree *unless_left(struct emitter *e, const struct tree *list) {
    struct tree *flag = (struct tree *)(uintptr_t)e->left, *zero = lower_int(e, list->range, 0);
    struct tree *parts[3] = {zero ? lower_binary(e, list->range, OPERATOR_EQUAL, flag, zero) : NULL,
                             (struct tree *)(uintptr_t)list, lower_tree(e, TREE_LIST, list->range, 0, NULL)};
    struct tree *t = parts[0] ? lower_tree(e, TREE_IF, list->range, 3, parts) : NULL;
    return t ? lower_tree(e, TREE_LIST, list->range, 1, &t) : NULL;
}

static bool emit_outcome(struct emitter *e, int which, void *context) {
    struct handling *h = context;
    if (which) return emit_handlers(e, h);
    const struct tree *otherwise = h->otherwise;
    if (!h->guarded->tried.ends) return lower_never(e, h->otherwise->range);
    if (e->left && otherwise->count && !(otherwise = unless_left(e, otherwise))) return false;
    return set_new(e, h->guarded, h->otherwise->range) && emit_statements(e, otherwise);
}

/* try: BODY, except ...: ..., else: ... */
static bool emit_try_except(struct emitter *e, struct tree *body, void *context) {
    struct handling *h = context;
    struct guarded g = {0};
    struct source_range at = body->range;
    struct condition c;
    const char *catches = catches_of(e, h->handlers);
    if (!catches || !emit_guarded(e, body, catches, at, &g)) return false;
    h->guarded = &g;
    struct if_arms arms = {.emit = emit_outcome, .context = h, .at = {at, h->handlers->items[0]->range}};
    return compare_handler(e, &g, "aten::lt", 0, at, &c) && emit_if_arms(e, at, &c, &arms);
}

/* ---- finally ---- */

static bool emit_reraise(struct emitter *e, struct ir_value *caught, struct source_range at) {
    struct node *n = emit_node(e, KIND_RERAISE, 0, &caught, 1);
    if (!n) return false;
    n->range = at;
    return mark_end(e);
}

static bool emit_after_finally(struct emitter *e, int which, void *context) {
    const struct guarded *g = context;
    struct source_range at = g->handler->node->range;
    return which ? emit_reraise(e, g->caught, at) : set_new(e, g, at);
}

/* try: BODY, finally: LAST. What was raised is raised again behind it. */
static bool emit_try_finally(struct emitter *e, struct tree *body, void *context) {
    const struct tree *last = context;
    struct guarded g = {0};
    struct condition c;
    struct source_range at = body->range;
    if (!emit_guarded(e, body, "BaseException", at, &g) || !emit_statements(e, last)) return false;
    if (table_has(&e->exits, e->frame->block)) return true;
    struct if_arms arms = {.emit = emit_after_finally, .context = &g, .at = {at, last->range}};
    return compare_handler(e, &g, "aten::lt", 0, last->range, &c) && emit_if_arms(e, at, &c, &arms);
}

/* ---- statements ---- */

static bool guard(struct emitter *e, const struct tree *whole, struct tree *body,
                  bool (*emit)(struct emitter *e, struct tree *body, void *context), void *context) {
    struct tree *list =
        lower_tree(e, TREE_LIST, whole->range, 1, (struct tree *[]){(struct tree *)(uintptr_t)whole});
    if (!list) return false;
    if (lower_leaves(body)) return lower_exits(e, body, lower_always_returns(list), emit, context);
    const struct tree *left = e->left;
    e->left = NULL;
    bool good = emit(e, body, context);
    e->left = left;
    return good;
}

static bool emit_handled(struct emitter *e, const struct tree *t) {
    struct handling h = {.handlers = t->items[1], .otherwise = t->items[2]};
    return guard(e, t, t->items[0], emit_try_except, &h);
}

bool lower_try(struct emitter *e, const struct tree *t) {
    const struct tree *handlers = t->items[1], *last = t->items[3];
    if (!last->count) return emit_handled(e, t);
    if (!handlers->count) return guard(e, t, t->items[0], emit_try_finally, (void *)(uintptr_t)last);
    struct tree *inner = tree_copy(&e->memory, t), *nothing = lower_tree(e, TREE_LIST, t->range, 0, NULL);
    if (!inner || !nothing) return error_memory(e->err);
    inner->items[3] = nothing;
    struct tree *body = lower_tree(e, TREE_LIST, t->range, 1, &inner);
    return body && guard(e, t, body, emit_try_finally, (void *)(uintptr_t)last);
}

/* What an expression statement gives counts as used: it may be there to raise. */
bool lower_expression_statement(struct emitter *e, const struct tree *t) {
    struct sugared *s = emit_sugared(e, t->items[0], 0, NULL);
    struct ir_value *v = s && e->tried ? sugared_as_simple(s) : NULL;
    if (!v || v->type->kind == TYPE_NONE) return s != NULL;
    const char *text = arena_printf(&e->memory, "$_dropped%d", e->temporaries++);
    const struct name *name = text ? emit_name(e, text) : emit_out_of_memory(e);
    return name && variable_set(e, t->range, name, s, NULL);
}

/* raise, raise e */
bool lower_raise(struct emitter *e, const struct tree *t) {
    if (!t->count) {
        if (!e->handled)
            return emit_error(e, t->range, "raise without an exception stands in an except block alone") !=
                   NULL;
        return emit_reraise(e, e->handled, t->range);
    }
    struct sugared *s = emit_sugared(e, t->items[0], 1, NULL);
    struct ir_value *v = s ? sugared_as_simple(s) : NULL;
    if (v && lower_is_caught(v->type)) return emit_reraise(e, v, t->range);
    return s && emit_raise_of(e, t->range, s);
}

/* type(e).__name__ */
struct sugared *lower_caught_name(struct emitter *e, const struct tree *t) {
    const struct tree *call = t->items[0];
    bool type = call->kind == TREE_CALL && call->items[0]->kind == TREE_NAME && call->items[1]->count == 1 &&
                !strcmp(t->name->text, "__name__") && !strcmp(call->items[0]->name->text, "type");
    struct sugared *s = type ? emit_sugared(e, call->items[1]->items[0], 1, NULL) : NULL;
    struct ir_value *v = s ? sugared_as_simple(s) : NULL;
    return v && lower_is_caught(v->type) ? library_call(e, "caught_name", t->range, &v, 1) : NULL;
}

/* isinstance(e, CLASSES): by the names of all that are of these classes. */
bool lower_caught_isinstance(struct emitter *e, struct ir_value *caught, const struct tree *classes,
                             struct condition *out) {
    struct text wanted = {0}, names = {0};
    bool good = put_handler(e, classes, &wanted) && exception_put_kinds(e->unit, text_get(&wanted), &names);
    struct ir_value *both[2] = {
        caught, good ? emit_text(e, text_get(&names), (int64_t)names.length, classes->range) : NULL};
    text_free(&wanted);
    text_free(&names);
    *out = (struct condition){.known = -1};
    if (both[1])
        out->value = sugared_value(e, library_call(e, "caught_is", classes->range, both, 2), classes->range);
    return out->value != NULL;
}

bool lower_is_caught(const struct type *t) {
    return t->kind == TYPE_TUPLE && t->name && !strcmp(t->name->text, "__torch__.linkboy.Caught");
}

bool lower_refuse_caught(struct emitter *e, const struct type *t, struct source_range at) {
    if (!e->wide || !lower_is_caught(t) || library_speaks(e)) return false;
    emit_error(e, at,
               "Of an exception that was caught programs know its text (str(e), repr(e), e.args), its class "
               "(isinstance(e, ...), type(e).__name__), and how to raise it again");
    return true;
}
