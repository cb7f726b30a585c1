/* Functions: making them of definitions, and calling: arguments to parameters, a scope, the body. */
#include "construct/natives.h"
#include <string.h>

/* ---- making ---- */

static bool has_yield(const struct tree *t) {
    if (t->kind == TREE_YIELD) return true;
    if (t->kind == TREE_DEF || t->kind == TREE_LAMBDA || t->kind == TREE_CLASS) return false;
    for (int i = 0; i < t->count; i++)
        if (t->items[i] && has_yield(t->items[i])) return true;
    return false;
}

static bool body_has_yield(const struct tree *def) {
    for (int i = 0; i < def->items[2]->count; i++)
        if (has_yield(def->items[2]->items[i])) return true;
    return false;
}

static bool evaluate_defaults(struct evaluator *v, struct scope *s, struct thing_function *f) {
    const struct tree *parameters = f->def->items[0];
    f->defaults = arena_array(&v->memory, struct thing *, parameters->count + 1);
    if (!f->defaults) return raise_memory(v), false;
    for (int i = 0; i < parameters->count; i++) {
        const struct tree *value = parameters->items[i]->items[1];
        if (value && !(f->defaults[i] = evaluate(v, s, value))) return false;
    }
    return true;
}

/* "Outer.<locals>.f", as __qualname__. */
const struct name *scope_qualified(struct evaluator *v, const struct scope *s, const struct name *name) {
    const struct name *outer = NULL;
    const char *locals = "";
    for (; s && !outer; s = s->outer) {
        if (s->class_body) outer = s->class_body->qualified;
        if (!outer && s->function) {
            outer = s->function->qualified;
            locals = ".<locals>";
        }
    }
    if (!outer) return name;
    char *text = arena_printf(&v->memory, "%s%s.%s", outer->text, locals, name->text);
    return text ? evaluator_name(v, text) : raise_memory(v);
}

static struct thing *new_function(struct evaluator *v, struct scope *s, const struct tree *def) {
    struct thing *t = thing_new(v, THING_FUNCTION);
    struct thing_function *f = t ? arena_new(&v->memory, struct thing_function) : NULL;
    if (!f) return t ? raise_memory(v) : NULL;
    t->function = f;
    f->def = def;
    f->scope = s;
    f->name = def->kind == TREE_LAMBDA ? evaluator_name(v, "<lambda>") : def->name;
    f->qualified = f->name ? scope_qualified(v, s, f->name) : NULL;
    if (!f->qualified || !evaluate_defaults(v, s, f)) return NULL;
    f->generator = def->kind == TREE_DEF && body_has_yield(def);
    while (s && !s->class_body) s = s->function ? NULL : s->outer;
    f->owner = s ? s->class_body : NULL;
    return t;
}

struct thing *function_of_tree(struct evaluator *v, struct scope *s, const struct tree *def) {
    struct thing *made = new_function(v, s, def);
    if (!made || def->kind == TREE_LAMBDA) return made;
    return decorate_definition(v, s, def->items[3], made);
}

/* ---- arguments ---- */

struct binding_of_call {
    struct evaluator *v;
    const struct thing_function *f;
    const struct call *call;
    struct scope *scope;
    int next; /* positional argument */
};

static void *wrong_call(struct binding_of_call *b, const char *format, const struct name *name) {
    struct text message = {0};
    text_printf(&message, format, name->text);
    raise_error(b->v, b->call->at, "TypeError", "%s() %s", b->f->qualified->text, text_get(&message));
    text_free(&message);
    return NULL;
}

static int find_named(const struct call *call, const struct name *name) {
    for (int i = 0; i < call->named_count; i++)
        if (call->names[i] == name) return i;
    return -1;
}

/* *args: what is left of the positional ones. */
static struct thing *rest_of_args(struct binding_of_call *b) {
    int from = b->next < b->call->count ? b->next : b->call->count;
    b->next = b->call->count;
    return thing_tuple(b->v, b->call->args + from, b->call->count - from);
}

static bool takes_name(const struct tree *parameters, const struct name *name) {
    for (int i = 0; i < parameters->count; i++) {
        const struct tree *p = parameters->items[i];
        if (p->name == name && (p->op == PARAMETER_PLAIN)) return true;
    }
    return false;
}

/* **kwargs: the named ones that no parameter takes. */
static struct thing *rest_of_named(struct binding_of_call *b) {
    struct thing *dict = thing_new(b->v, THING_DICT);
    for (int i = 0; dict && i < b->call->named_count; i++)
        if (!takes_name(b->f->def->items[0], b->call->names[i]) &&
            !thing_dict_put_name(b->v, dict, b->call->names[i], b->call->named[i]))
            return NULL;
    return dict;
}

static struct thing *plain_argument(struct binding_of_call *b, int index, const struct tree *p) {
    int named = p->op == PARAMETER_POSITIONAL_ONLY ? -1 : find_named(b->call, p->name);
    if (!p->keyword_only && b->next < b->call->count) {
        if (named >= 0) return wrong_call(b, "got multiple values for argument '%s'", p->name);
        return b->call->args[b->next++];
    }
    if (named >= 0) return b->call->named[named];
    if (b->f->defaults[index]) return b->f->defaults[index];
    return wrong_call(b, "missing 1 required argument: '%s'", p->name);
}

static struct thing *argument_for(struct binding_of_call *b, int index) {
    const struct tree *p = b->f->def->items[0]->items[index];
    if (p->op == PARAMETER_STAR) return rest_of_args(b);
    return p->op == PARAMETER_DOUBLE_STAR ? rest_of_named(b) : plain_argument(b, index, p);
}

static bool takes_rest_of_named(const struct tree *parameters) {
    for (int i = 0; i < parameters->count; i++)
        if (parameters->items[i]->op == PARAMETER_DOUBLE_STAR) return true;
    return false;
}

static bool nothing_left(struct binding_of_call *b) {
    const struct tree *parameters = b->f->def->items[0];
    if (b->next < b->call->count) {
        raise_error(b->v, b->call->at, "TypeError", "%s() takes %d positional arguments but %d were given",
                    b->f->qualified->text, b->next, b->call->count);
        return false;
    }
    for (int i = 0; !takes_rest_of_named(parameters) && i < b->call->named_count; i++)
        if (!takes_name(parameters, b->call->names[i]))
            return wrong_call(b, "got an unexpected keyword argument '%s'", b->call->names[i]), false;
    return true;
}

static bool bind_arguments(struct binding_of_call *b) {
    const struct tree *parameters = b->f->def->items[0];
    for (int i = 0; i < parameters->count; i++) {
        struct thing *value = argument_for(b, i);
        if (!value || !bindings_set(b->v, &b->scope->names, parameters->items[i]->name, value)) return false;
        if (!i) b->scope->self = value;
    }
    return nothing_left(b);
}

/* ---- running ---- */

static struct thing *run_body(struct evaluator *v, struct scope *s, const struct thing_function *f) {
    if (f->def->kind == TREE_LAMBDA) return evaluate(v, s, f->def->items[1]);
    if (f->generator && !(s->yielded = thing_list(v, NULL, 0))) return NULL;
    enum flow flow = run_block(v, s, f->def->items[2]);
    if (flow == FLOW_FAILED) return NULL;
    if (f->generator) s->yielded->kind = THING_ITERATOR;
    if (f->generator) return s->yielded;
    return flow == FLOW_RETURN ? v->returned : v->none;
}

static struct thing *call_function(struct evaluator *v, struct thing_function *f, const struct call *call) {
    struct scope *s = scope_new(v, f->scope);
    if (!s) return NULL;
    s->function = f;
    struct binding_of_call b = {v, f, call, s, 0};
    if (!bind_arguments(&b)) return NULL;
    struct call_frame frame = {v->frames, f->qualified->text, call->at};
    struct file *running = v->running;
    v->frames = &frame;
    v->running = s->file;
    struct thing *result = run_body(v, s, f);
    v->frames = frame.outer;
    v->running = running;
    return result;
}

/* The same call with one more argument before the others. */
static bool with_self(struct evaluator *v, const struct call *call, struct thing *self, struct call *out) {
    struct thing **args = arena_array(&v->memory, struct thing *, call->count + 1);
    if (!args) return raise_memory(v), false;
    args[0] = self;
    if (call->count) memcpy(args + 1, call->args, sizeof *args * (size_t)call->count);
    *out = *call;
    out->args = args;
    out->count++;
    return true;
}

/* functools.partial: what was given first, then what is given now. */
static struct thing *call_partial(struct evaluator *v, struct thing *t, const struct call *call) {
    const struct call *given = t->partial.given;
    struct thing *args = thing_list(v, given->args, given->count);
    struct bindings named = {0};
    for (int i = 0; args && i < call->count; i++)
        if (!thing_append(v, args, call->args[i])) return NULL;
    for (int i = 0; args && i < given->named_count; i++)
        if (!bindings_set(v, &named, given->names[i], given->named[i])) return NULL;
    for (int i = 0; args && i < call->named_count; i++)
        if (!bindings_set(v, &named, call->names[i], call->named[i])) return NULL;
    struct call both = {.at = call->at};
    if (!args || !call_take_named(v, &both, &named)) return NULL;
    both.args = args->items;
    both.count = args->count;
    return call_thing(v, t->partial.function, &both);
}

/* boolean_dispatch: the first function where the flag is true, else the second. */
static struct thing *call_dispatch(struct evaluator *v, struct thing *t, const struct call *call) {
    const struct call *kept = t->partial.given;
    struct thing *name = call_argument(kept, 0, "arg_name"), *index = call_argument(kept, 1, "arg_index");
    if (!name || !thing_is_text(name) || !index || !thing_is_int(index)) return NULL;
    struct thing *flag = call_argument(call, (int)index->value.i, name->value.string->bytes);
    if (!flag) flag = call_argument(kept, 2, "default");
    int yes = flag ? thing_true(v, flag) : 0;
    struct thing *chosen = call_argument(kept, yes > 0 ? 3 : 4, yes > 0 ? "if_true" : "if_false");
    return yes >= 0 && chosen ? call_thing(v, chosen, call) : NULL;
}

static struct thing *call_instance(struct evaluator *v, struct thing *t, const struct call *call) {
    const struct name *name = evaluator_name(v, thing_is_module(t) ? "forward" : "__call__");
    struct thing *method = name ? thing_find_attribute(v, t, name, call->at) : NULL;
    if (method) return call_thing(v, method, call);
    if (v->err->code) return NULL;
    return raise_error(v, call->at, "TypeError", "'%s' object is not callable", t->class->name->text);
}

static struct thing *call_kind(struct evaluator *v, struct thing *t, const struct call *call) {
    struct call inner;
    switch (t->kind) {
    case THING_FUNCTION: return call_function(v, t->function, call);
    case THING_METHOD:
        return with_self(v, call, t->bound.self, &inner) ? call_thing(v, t->bound.function, &inner) : NULL;
    case THING_NATIVE: return t->native.run(v, t->native.self, call);
    case THING_CLASS: return class_instantiate(v, t->as_class, call);
    case THING_INSTANCE: return call_instance(v, t, call);
    case THING_STATIC: return call_thing(v, t->wrapped, call);
    case THING_PARTIAL: return call_partial(v, t, call);
    case THING_DISPATCH: return call_dispatch(v, t, call);
    case THING_LIBRARY: return call_library(v, t, call);
    default: return raise_error(v, call->at, "TypeError", "'%s' object is not callable", thing_type_name(t));
    }
}

struct thing *call_thing(struct evaluator *v, struct thing *callee, const struct call *call) {
    if (!evaluator_enter(v, call->at)) return NULL;
    struct thing *result = call_kind(v, callee, call);
    evaluator_leave(v);
    return result ? result : raise_at(v, call->at);
}

struct thing *call_thing_with(struct evaluator *v, struct thing *callee, struct source_range at,
                              struct thing **args, int count) {
    struct call call = {.args = args, .count = count, .at = at};
    return call_thing(v, callee, &call);
}

struct thing *call_special(struct evaluator *v, struct thing *self, const char *name, struct source_range at,
                           struct thing **args, int count) {
    if (self->kind != THING_INSTANCE) return NULL;
    const struct name *wanted = evaluator_name(v, name);
    struct thing *method = wanted ? class_member(self->class, NULL, wanted, NULL) : NULL;
    struct thing *bound = method ? class_bind_member(v, method, self, self->class) : NULL;
    return bound ? call_thing_with(v, bound, at, args, count) : NULL;
}
