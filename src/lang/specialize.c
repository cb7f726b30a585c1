/* Functions made for one call; see specialize.h. The call's arguments are bound to the parameters as Python
 * does; values become parameters of a new function with the types that they have, the rest is lifted into it
 * by name; a default that is not given is assigned at the beginning of the body. Equal calls share one
 * function. */
#include "lang/specialize.h"
#include "lang/define.h"
#include "lang/explain.h"
#include "lang/lower.h"
#include <stdio.h>
#include <string.h>

enum { MOST_NESTED = 64 };

struct specialization {
    struct emitter *e;
    const struct specialized_callee *callee;
    struct source_range at;
    struct sugared **bound;      /* by parameter; NULL: its default */
    struct source_range *places; /* by parameter: the argument's; none of what stars gather */
    struct tree_list parameters, prefix;
    ARRAY_OF(struct ir_value *) values; /* what the new function is called with */
    ARRAY_OF(struct lifted_name) names;
    struct text key;
    int depth; /* of lift() */
};

static const struct tree *parameters_of(const struct tree *def) {
    return def->items[0];
}

static const char *callee_name(const struct specialized_callee *c) {
    return c->def->kind == TREE_LAMBDA ? "lambda_" : c->def->name->text;
}

static bool is_library(const struct specialized_callee *c) {
    return c->def->range.source && c->def->range.source->library;
}

/* What errors call it: of the library what is written at the call. */
static const char *spoken_name(const struct specialization *s) {
    const char *written = is_library(s->callee) ? emit_written(s->e, s->at) : NULL;
    return written ? written : callee_name(s->callee);
}

/* ---- binding arguments to parameters ---- */

static int find_parameter(const struct tree *list, const struct name *name) {
    for (int i = 0; i < list->count; i++)
        if (list->items[i]->name == name &&
            (list->items[i]->op == PARAMETER_PLAIN)) /* neither starred nor by position alone */
            return i;
    return -1;
}

static int find_kind(const struct tree *list, enum parameter_kind kind) {
    for (int i = 0; i < list->count; i++)
        if (list->items[i]->op == kind) return i;
    return -1;
}

static bool takes_position(const struct tree *p) {
    return !p->keyword_only && (p->op == PARAMETER_PLAIN || p->op == PARAMETER_POSITIONAL_ONLY);
}

static bool bind_positions(struct specialization *s, const struct sugared_actuals *actuals) {
    const struct tree *list = parameters_of(s->callee->def);
    struct sugared **rest = arena_array(&s->e->memory, struct sugared *, actuals->items.count + 1);
    int count = 0, next = 0, star = find_kind(list, PARAMETER_STAR);
    if (!rest) return error_memory(s->e->err);
    for (int i = 0; i < actuals->items.count; i++) {
        const struct sugared_actual *a = &actuals->items.items[i];
        if (a->name) continue;
        while (next < list->count && !takes_position(list->items[next])) next++;
        if (next < list->count) {
            s->places[next] = a->range;
            s->bound[next++] = a->value;
        } else if (star >= 0) {
            rest[count++] = a->value;
        } else {
            return emit_error(s->e, a->range, "%s() takes fewer arguments than the %d that are given",
                              spoken_name(s), actuals->items.count) != NULL;
        }
    }
    if (star >= 0) s->bound[star] = sugared_tuple_of(s->e, rest, count);
    return star < 0 || s->bound[star];
}

static bool bind_keywords(struct specialization *s, const struct sugared_actuals *actuals) {
    const struct tree *list = parameters_of(s->callee->def);
    int rest = find_kind(list, PARAMETER_DOUBLE_STAR), count = 0;
    struct sugared **items = arena_array(&s->e->memory, struct sugared *, actuals->items.count + 1);
    const struct name **names = arena_array(&s->e->memory, const struct name *, actuals->items.count + 1);
    if (!items || !names) return error_memory(s->e->err);
    for (int i = 0; i < actuals->items.count; i++) {
        const struct sugared_actual *a = &actuals->items.items[i];
        int at = a->name ? find_parameter(list, a->name) : -1;
        if (!a->name) continue;
        if (at >= 0 && s->bound[at])
            return emit_error(s->e, a->range, "%s() got multiple values for argument '%s'", spoken_name(s),
                              a->name->text) != NULL;
        if (at < 0 && rest < 0)
            return emit_error(s->e, a->range, "%s() got an unexpected keyword argument '%s'", spoken_name(s),
                              a->name->text) != NULL;
        if (at >= 0) {
            s->places[at] = a->range;
            s->bound[at] = a->value;
        } else {
            names[count] = a->name;
            items[count++] = a->value;
        }
    }
    if (rest >= 0) s->bound[rest] = sugared_keywords(s->e, names, items, count);
    return rest < 0 || s->bound[rest];
}

/* A default that only the resolver knows. */
static bool bind_default(struct specialization *s, int i) {
    struct resolver *r = s->callee->resolver;
    const struct name *name = parameters_of(s->callee->def)->items[i]->name;
    const lb_value *v = r->find_default ? r->find_default(r, name) : NULL;
    return !v || (s->bound[i] = sugared_simple(s->e, lower_constant(s->e, *v, s->at)));
}

static bool bind_arguments(struct specialization *s, const struct sugared_actuals *actuals) {
    const struct tree *list = parameters_of(s->callee->def);
    s->bound = arena_array(&s->e->memory, struct sugared *, list->count + 1);
    s->places = arena_array(&s->e->memory, struct source_range, list->count + 1);
    if (!s->bound || !s->places) return error_memory(s->e->err);
    if (!bind_positions(s, actuals) || !bind_keywords(s, actuals)) return false;
    for (int i = 0; i < list->count; i++) {
        if (!s->bound[i] && s->callee->defaults) s->bound[i] = s->callee->defaults[i];
        if (!s->bound[i] && !bind_default(s, i)) return false;
        if (!s->bound[i] && !list->items[i]->items[1])
            return emit_error(s->e, s->at, "%s() missing the argument '%s'", spoken_name(s),
                              list->items[i]->name->text) != NULL;
    }
    return true;
}

/* ---- values become parameters, the rest is lifted ---- */

static int add_value(struct specialization *s, struct ir_value *v, const struct name *name) {
    struct emitter *e = s->e;
    char *made = name ? NULL : arena_printf(&e->unit->memory, "given%d", s->values.count);
    if (!name) name = made ? emit_name(e, made) : NULL;
    struct tree *type = tree_new(&e->unit->memory, TREE_TYPE, s->at, 0, NULL);
    struct tree *parts[2] = {type, NULL};
    struct tree *p = type && name ? tree_new(&e->unit->memory, TREE_PARAMETER, s->at, 2, parts) : NULL;
    const struct type *plain = type_unshaped(e->types, v->type);
    if (!p || !plain || !array_push_in(&e->unit->memory, &s->parameters, p) ||
        !array_push_in(&e->memory, &s->values, v))
        return error_memory(e->err), -1;
    type->type = plain;
    p->name = name;
    text_put(&s->key, ", ");
    type_put_annotation(&s->key, plain);
    return s->values.count - 1;
}

static bool lift(struct specialization *s, struct sugared *from, struct lifted *out);

enum { DEEPEST = 100 }; /* nesting of what is passed */

static bool lift_items(struct specialization *s, const struct sugared *from, struct lifted *out) {
    out->children = arena_array(&s->e->memory, struct lifted, from->count + 1);
    if (!out->children) return error_memory(s->e->err);
    if (s->depth >= DEEPEST)
        return emit_error(s->e, s->at,
                          "what is passed here holds itself, or is nested more than %d deep: a lambda that "
                          "calls itself must be a function with a name",
                          DEEPEST) != NULL;
    s->depth++;
    for (int i = 0; i < from->count; i++)
        if (!lift(s, from->items[i], &out->children[i])) return false;
    s->depth--;
    return true;
}

static void put_identity(struct text *key, const struct sugared *from) {
    text_printf(key, ", <%p %p %p %d %p", (const void *)from->kind, (const void *)from->name,
                (const void *)from->type, (int)from->form,
                from->functions ? (const void *)from->functions[0] : NULL);
    if (from->kind == &sugared_kind_keywords)
        keywords_put_names(key, from);
    else
        text_printf(key, " %p", sugared_identity(from));
    text_printf(key, " %d>", from->count);
}

static bool lift(struct specialization *s, struct sugared *from, struct lifted *out) {
    struct ir_value *const values[4] = {from->value, from->start, from->stop, from->step};
    if (from->kind == &sugared_kind_lambda && !(from = sugared_frozen(s->e, from))) return false;
    *out = (struct lifted){.template = from};
    if (from->kind != &sugared_kind_simple) put_identity(&s->key, from);
    for (int i = 0; i < 4; i++) {
        out->parameters[i] = -1;
        if (values[i] && (out->parameters[i] = add_value(s, values[i], NULL)) < 0) return false;
    }
    return !from->items || lift_items(s, from, out);
}

static bool lift_under(struct specialization *s, struct sugared *from, const struct name *name) {
    struct lifted_name n = {.name = name};
    text_printf(&s->key, "; %s", name->text);
    return lift(s, from, &n.what) && (array_push_in(&s->e->memory, &s->names, n) || error_memory(s->e->err));
}

/* The type that a parameter declares; NULL without an error when it declares none that is one here. */
static const struct type *declared_type(struct specialization *s, const struct tree *annotation) {
    lb_error ignored = {0};
    const struct type *t =
        annotation ? annotation_type(s->e->unit, s->callee->resolver, annotation, &ignored) : NULL;
    if (ignored.code == LB_ERROR_MEMORY) error_memory(s->e->err);
    error_clear(&ignored);
    return t;
}

static bool is_open(const struct type *t) {
    return t->kind == TYPE_ANY || t->kind == TYPE_UNION || t->kind == TYPE_OPTIONAL ||
           t->kind == TYPE_NUMBER || t->kind == TYPE_ANY_LIST || t->kind == TYPE_ANY_TUPLE;
}

/* A value for a parameter that declares a type: converted to it; of an open type (Union, Optional, Any) it
 * keeps its own. */
static bool add_declared(struct specialization *s, const struct tree *p, const struct type *want,
                         struct sugared *given) {
    struct emitter *e = s->e;
    struct ir_value *v = sugared_value(e, given, s->at);
    if (!v) return false;
    if (!is_open(want) || !is_subtype(e, v->type, want)) {
        v = match_convert(e, s->at, want, v, true);
        if (!v) return false;
        if (!is_subtype(e, v->type, want)) wide_learn(e, v, want);
        if (!is_subtype(e, v->type, want))
            return emit_error(e, s->at,
                              "Expected a value of type '%s' for argument '%s' but instead found type '%s'.",
                              emit_type_words(e, want), p->name->text, emit_type_words(e, v->type)) != NULL;
    }
    return add_value(s, v, p->name) >= 0;
}

/* NAME = DEFAULT at the beginning of the body. */
static bool add_default(struct specialization *s, const struct tree *p) {
    struct arena *a = &s->e->unit->memory;
    struct tree *name = tree_name(a, p->range, p->name);
    struct tree *targets = name ? tree_new(a, TREE_LIST, p->range, 1, &name) : NULL;
    lb_error ignored = {0};
    bool typed = p->items[0] && annotation_type(s->e->unit, s->callee->resolver, p->items[0], &ignored);
    error_clear(&ignored);
    struct tree *parts[3] = {targets, p->items[1], typed ? p->items[0] : NULL};
    struct tree *t = targets ? tree_new(a, TREE_ASSIGN, p->range, 3, parts) : NULL;
    text_printf(&s->key, "; %s=", p->name->text);
    return t && array_push_in(a, &s->prefix, t) ? true : error_memory(s->e->err);
}

/* A None is no parameter: PyTorch runs functions wrongly that have one of type NoneType. */
static bool add_none(struct specialization *s, const struct tree *p) {
    struct arena *a = &s->e->unit->memory;
    struct tree *parts[3] = {NULL, tree_new(a, TREE_NONE, p->range, 0, NULL), NULL};
    struct tree *name = tree_name(a, p->range, p->name);
    parts[0] = name ? tree_new(a, TREE_LIST, p->range, 1, &name) : NULL;
    struct tree *t = parts[0] && parts[1] ? tree_new(a, TREE_ASSIGN, p->range, 3, parts) : NULL;
    text_printf(&s->key, "; %s None", p->name->text);
    return (t && array_push_in(a, &s->prefix, t)) || error_memory(s->e->err);
}

static bool add_parameter(struct specialization *s, const struct tree *p, struct sugared *given) {
    if (!given) return add_default(s, p);
    if (sugared_as_simple(given) && sugared_as_simple(given)->type->kind == TYPE_NONE) return add_none(s, p);
    bool starred = p->op == PARAMETER_STAR || p->op == PARAMETER_DOUBLE_STAR;
    const struct type *want = starred ? NULL : declared_type(s, p->items[0]);
    if (s->e->err->code) return false;
    struct ir_value *v = sugared_as_simple(given);
    bool no_value = want && want->kind == TYPE_ANY && !v; /* "ctx: Any" */
    if (want && !no_value) return add_declared(s, p, want, given);
    return v ? add_value(s, v, p->name) >= 0 : lift_under(s, given, p->name);
}

/* ---- the new function ---- */

/* The body with the defaults before it; a lambda's is a return. */
static struct tree *whole_body(struct specialization *s) {
    struct arena *a = &s->e->unit->memory;
    const struct tree *def = s->callee->def;
    struct tree_list list = s->prefix;
    if (def->kind == TREE_LAMBDA) {
        struct tree *result = tree_new(a, TREE_RETURN, def->items[1]->range, 1, &def->items[1]);
        if (!result || !array_push_in(a, &list, result)) return NULL;
    } else {
        for (int i = 0; i < def->items[2]->count; i++)
            if (!array_push_in(a, &list, def->items[2]->items[i])) return NULL;
    }
    return tree_new(a, TREE_LIST, def->range, list.count, list.items);
}

/* A result type that is none here (a type variable) is left out. */
static struct tree *result_annotation(struct specialization *s) {
    const struct tree *def = s->callee->def;
    struct tree *result = def->kind == TREE_DEF ? def->items[1] : NULL;
    return result && declared_type(s, result) ? result : NULL;
}

static struct tree *new_definition(struct specialization *s) {
    struct arena *a = &s->e->unit->memory;
    struct source_range at = s->callee->def->range;
    struct tree *parts[4] = {tree_new(a, TREE_LIST, at, s->parameters.count, s->parameters.items),
                             result_annotation(s), whole_body(s), NULL};
    struct tree *t = parts[0] && parts[2] ? tree_new(a, TREE_DEF, at, 4, parts) : NULL;
    if (!t) return emit_out_of_memory(s->e);
    t->name = emit_name(s->e, callee_name(s->callee));
    return t->name ? t : NULL;
}

/* What is made of a method is a function beside its class: a class's name is no file's in an archive. */
static const struct name *beside_class(struct emitter *e, const char *qualified) {
    const char *last = strrchr(qualified, '.');
    const struct name *outer = name_intern(&e->unit->names, qualified, last ? (size_t)(last - qualified) : 0);
    const char *dot = outer && type_find_named(&e->unit->types, outer) ? strrchr(outer->text, '.') : NULL;
    if (dot) qualified = arena_printf(&e->memory, "%.*s%s", (int)(dot - outer->text), outer->text, last);
    return qualified ? emit_name(e, qualified) : emit_out_of_memory(e);
}

static struct function *declare(struct specialization *s, const struct name *key) {
    struct emitter *e = s->e;
    struct tree *def = new_definition(s);
    const struct name *qualified = def ? beside_class(e, s->callee->qualified) : NULL;
    if (qualified && table_has(&e->unit->functions, qualified)) qualified = unit_mangle(e->unit, qualified);
    struct function *f =
        qualified ? lang_declare(e->unit, def, qualified, NULL, s->callee->resolver, e->err) : NULL;
    struct lifted_names *names = arena_new(&e->memory, struct lifted_names);
    if (!f || !names || !table_set(&e->unit->functions, qualified, f) ||
        !table_set(&e->unit->specialized, key, f))
        return emit_out_of_memory(e);
    *names = (struct lifted_names){s->names.items, s->names.count, s->callee->own, s->callee->def};
    lang_declare_known(f, names);
    return f;
}

/* What fails since something else is not known yet may be good later. */
static bool forget(struct specialization *s, const struct name *key, struct function *f) {
    struct unit *unit = s->e->unit;
    table_remove(&unit->specialized, key);
    return unit->awaited || table_set(&unit->unspecializable, key, f) || error_memory(s->e->err);
}

static struct function *find_or_make(struct specialization *s) {
    struct emitter *e = s->e;
    const struct name *key = s->key.failed ? NULL : emit_name(e, text_get(&s->key));
    if (!key) return emit_out_of_memory(e);
    const struct function *failed = s->callee->once ? table_get(&e->unit->unspecializable, key) : NULL;
    if (failed) {
        lang_report_follow_up(e->err, failed->qualified->text);
        return NULL;
    }
    struct function *f = table_get(&e->unit->specialized, key);
    if (!f && !(f = declare(s, key))) return NULL;
    if (e->unit->specializing >= MOST_NESTED)
        return emit_error(e, s->at,
                          "'%s' is compiled for the types of a call in the function that calls it, and so on "
                          "%d times: does it call itself with another type each time?",
                          callee_name(s->callee), MOST_NESTED);
    e->unit->specializing++;
    bool good = emit_ensure(e, f, s->at, "function");
    e->unit->specializing--;
    if (good) return f;
    if (f->state != FUNCTION_COMPILING) forget(s, key, f);
    return NULL;
}

static struct sugared *call(struct specialization *s, struct function *f) {
    struct actual *items = arena_array(&s->e->memory, struct actual, s->values.count + 1);
    if (!items) return emit_out_of_memory(s->e);
    for (int i = 0; i < s->values.count; i++)
        items[i] = (struct actual){.value = s->values.items[i], .range = s->at};
    return sugared_call(s->e, sugared_function(s->e, f), s->at, actuals_of(items, s->values.count), 1);
}

static bool add_all(struct specialization *s) {
    const struct tree *list = parameters_of(s->callee->def);
    text_printf(&s->key, "%p %s", (const void *)s->callee->def, s->callee->qualified);
    for (int i = 0; i < list->count; i++)
        if (!add_parameter(s, list->items[i], s->bound[i])) return false;
    for (int i = 0; i < s->callee->captured_count; i++) {
        const struct name *name = s->callee->captured_names[i];
        struct sugared *captured = s->callee->captured[i];
        struct ir_value *v = sugared_as_simple(captured);
        if (v ? add_value(s, v, name) < 0 : !lift_under(s, captured, name)) return false;
    }
    return true;
}

/* A function that makes functions is run while compiling. */
static struct sugared *run_inline(struct specialization *s) {
    const struct tree *list = parameters_of(s->callee->def);
    int most = list->count + s->callee->captured_count;
    struct inline_names n = {arena_array(&s->e->memory, const struct name *, most + 1),
                             arena_array(&s->e->memory, struct sugared *, most + 1),
                             arena_array(&s->e->memory, const struct tree *, most + 1), 0};
    if (!n.names || !n.values || !n.defaults) return emit_out_of_memory(s->e);
    for (int i = 0; i < s->callee->captured_count; i++) {
        n.names[n.count] = s->callee->captured_names[i];
        n.values[n.count++] = s->callee->captured[i];
    }
    for (int i = 0; i < list->count; i++) {
        n.names[n.count] = list->items[i]->name;
        n.values[n.count] = s->bound[i];
        n.defaults[n.count++] = list->items[i]->items[1];
    }
    return inline_call(s->e, s->callee->def, s->callee->resolver, &n);
}

/* A class's text and a module of the same name cannot both be: methods' functions stand beside the class. */
const char *specialized_name(struct emitter *e, const struct name *beside, const char *name) {
    const char *text = beside->text, *dot = strrchr(text, '.');
    size_t length = dot ? (size_t)(dot - text) : 0;
    const struct name *outer = name_intern(&e->unit->names, text, length);
    if (outer && type_find_named(&e->unit->types, outer) && (dot = strrchr(outer->text, '.')))
        length = (size_t)(dot - outer->text);
    return arena_printf(&e->memory, "%.*s.%s", (int)length, text, name);
}

/* ---- errors inside the library ---- */

/* The whole call, of whose callee `at` is the place. */
static struct source_range whole_call(const struct emitter *e, struct source_range at) {
    struct source_range p = e->pending;
    bool around = p.source == at.source && p.start <= at.start && at.end <= p.end;
    return around ? p : at;
}

/* Whoever calls a function of the library is told of his call. */
static struct sugared *tell_caller(struct specialization *s) {
    const struct tree *list = parameters_of(s->callee->def);
    struct emitter *e = s->e;
    if (!is_library(s->callee) || e->err->code != LB_ERROR_COMPILE || !s->at.source) return NULL;
    struct moved_argument *arguments = arena_array(&e->memory, struct moved_argument, list->count + 1);
    if (!arguments) return NULL;
    for (int i = 0; i < list->count; i++) {
        const struct ir_value *v = s->bound[i] ? sugared_as_simple(s->bound[i]) : NULL;
        arguments[i] = (struct moved_argument){list->items[i]->name->text, s->places[i],
                                               v ? explain_type(e, v->type) : NULL};
    }
    const struct report_move m = {spoken_name(s), whole_call(e, s->at), arguments, list->count};
    lang_report_move(e->err, &m);
    return NULL;
}

struct sugared *specialize_call(struct emitter *e, const struct specialized_callee *callee,
                                struct source_range at, const struct sugared_actuals *actuals) {
    struct specialization s = {.e = e, .callee = callee, .at = at};
    if (!bind_arguments(&s, actuals)) return NULL;
    if (inline_makes_function(callee->def)) {
        struct sugared *made = run_inline(&s);
        return made ? made : tell_caller(&s);
    }
    struct function *f = add_all(&s) ? find_or_make(&s) : NULL;
    text_free(&s.key);
    return f ? call(&s, f) : tell_caller(&s);
}

/* A type that takes one alone: what is given is converted to it. */
static bool gives_other(struct specialization *s, const struct tree *p, struct sugared *given) {
    if (!given) return false; /* the default */
    bool starred = p->op == PARAMETER_STAR || p->op == PARAMETER_DOUBLE_STAR;
    const struct type *want = starred ? NULL : declared_type(s, p->items[0]);
    const struct ir_value *v = sugared_as_simple(given);
    if (want && !is_open(want)) return false;
    if (!want && v) return v->type->kind != TYPE_TENSOR;
    return !v || type_unshaped(s->e->types, v->type) != want;
}

bool specialize_differs(struct emitter *e, const struct specialized_callee *callee, bool is_method,
                        struct source_range at, const struct sugared_actuals *actuals) {
    struct specialization s = {.e = e, .callee = callee, .at = at};
    const struct tree *list = parameters_of(callee->def);
    struct sugared_actuals all = {0};
    struct sugared_actual self = {.value = is_method ? sugared_new(e, &sugared_kind_simple) : NULL};
    if (is_method && !array_push_in(&e->memory, &all.items, self)) return error_memory(e->err);
    for (int i = 0; i < actuals->items.count; i++)
        if (!array_push_in(&e->memory, &all.items, actuals->items.items[i])) return error_memory(e->err);
    if (!bind_arguments(&s, &all)) return false;
    for (int i = is_method ? 1 : 0; i < list->count; i++)
        if (gives_other(&s, list->items[i], s.bound[i])) return true;
    return false;
}

/* ---- inside the new function ---- */

static struct sugared *restore(struct emitter *e, const struct lifted *l, struct block *block) {
    struct sugared *s = arena_copy(&e->memory, l->template, sizeof *l->template);
    if (!s) return emit_out_of_memory(e);
    struct ir_value **const values[4] = {&s->value, &s->start, &s->stop, &s->step};
    for (int i = 0; i < 4; i++)
        if (l->parameters[i] >= 0) *values[i] = block->param->outputs.items[l->parameters[i]];
    if (!l->children) return s;
    struct sugared **items = arena_array(&e->memory, struct sugared *, s->count + 1);
    if (!items) return emit_out_of_memory(e);
    for (int i = 0; i < s->count; i++)
        if (!(items[i] = restore(e, &l->children[i], block))) return NULL;
    s->items = items;
    return s;
}

static bool bind_itself(struct emitter *e, const struct lifted_names *names) {
    struct sugared *s = sugared_lambda(e, names->own);
    if (!s || !table_set(&e->frame->sugared, names->own->name, s)) return error_memory(e->err);
    return !e->wide || names->own == names->made ||
           table_set(&e->wide->literals, names->own->items, (void *)(uintptr_t)names->made) ||
           error_memory(e->err);
}

bool specialize_bind(struct emitter *e, const struct lifted_names *names, struct block *block) {
    for (int i = 0; names && i < names->count; i++) {
        struct sugared *s = restore(e, &names->items[i].what, block);
        if (!s || !table_set(&e->frame->sugared, names->items[i].name, s)) return error_memory(e->err);
    }
    return !names || !names->own || bind_itself(e, names);
}
