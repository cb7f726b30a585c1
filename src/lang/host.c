/* Asking the host, and what its answers are to a program (toSugaredValue in
 * torch/csrc/jit/python/python_sugared_value.cpp). See host.h. */
#include "lang/host.h"
#include "lang/emitter.h"
#include "lang/explain.h"
#include "lang/library.h"
#include "lang/lower.h"
#include "lang/python_file.h"
#include "types/exceptions.h"
#include <string.h>

/* ---- the host and its unit ---- */

static const struct type *find_qualified(struct resolver *r, const struct name *name, lb_error *err) {
    const struct host *host = (const struct host *)((const char *)r - offsetof(struct host, qualified));
    (void)err;
    return type_find_named(&host->unit->types, name);
}

static void release_empties(void *thing) {
    table_free(&((struct host *)thing)->empties);
}

struct host *host_of_unit(struct unit *unit, const lb_host *answers,
                          bool (*finish)(struct function *f, lb_error *err)) {
    if (unit->host) return unit->host;
    struct host *host = arena_new(&unit->memory, struct host);
    if (!host) return NULL;
    *host = (struct host){.unit = unit, .finish = finish};
    if (answers) host->answers = *answers;
    if (!unit_keep(unit, host, release_empties)) return NULL;
    host->qualified = (struct resolver){.find_type = find_qualified, .operator_version = -1};
    return unit->host = host;
}

/* While the host answers, other threads may enter the unit: the host may wait for one that does. */
bool host_ask(struct host *host, void *scope, const char *name, struct lb_answer *answer, lb_error *err) {
    answer->host = host;
    if (!host->answers.find) return true;
    lb_error own = {0};
    int depth = unit_pause(host->unit);
    bool good = host->answers.find(host->answers.user, scope, name, answer, &own);
    unit_resume(host->unit, depth);
    if (!good && !own.code) error_set(&own, LB_ERROR_COMPILE, "the host has no answer for '%s'", name);
    error_move(err, &own);
    return good;
}

void answer_release(struct lb_answer *answer) {
    value_release(answer->value);
    answer->value = value_none();
    for (int i = 0; answer->items && i < answer->count; i++) answer_release(&answer->items[i]);
}

static const char *ask_words(struct host *host, void *scope, const char *question, const char *name,
                             struct arena *memory) {
    const char *whole = scope ? arena_printf(memory, "%s %s", question, name) : NULL;
    struct lb_answer answer = {.memory = memory};
    lb_error ignored = {0};
    bool told = whole && host_ask(host, scope, whole, &answer, &ignored) && answer.kind == ANSWER_OBJECT;
    error_clear(&ignored);
    answer_release(&answer);
    return told ? answer.text : NULL;
}

/* The scope of the class behind a type: what it was made with, or what the host has for its name. */
static void *scope_of_type(struct resolver *r, const struct type *type, struct arena *memory, lb_error *err) {
    if (type->kind == TYPE_CLASS && type->definition->host) return type->definition->host;
    bool made =
        type->kind == TYPE_CLASS || type->kind == TYPE_ENUM || (type->kind == TYPE_TUPLE && type->name);
    if (!made) return NULL;
    struct lb_answer answer = {.memory = memory};
    bool good = host_ask(host_of(r), NULL, type->name->text, &answer, err);
    answer_release(&answer);
    return good && answer.kind == ANSWER_SCOPE ? answer.scope : NULL;
}

const char *host_advise(struct resolver *r, const struct type *class, enum advice about, const char *name,
                        struct arena *memory) {
    lb_error ignored = {0};
    void *scope = class ? scope_of_type(r, class, memory, &ignored) : host_scope_of(r);
    error_clear(&ignored);
    return ask_words(host_of(r), scope, about == ADVICE_NEAR ? "?near" : "?set", name, memory);
}

/* ---- types ---- */

/* Asks for "a.b.C" a name at a time; what it means in the end is in *answer. False with err, or where the
 * way ends before. */
static bool ask_dotted(struct host *host, void *scope, const struct name *name, struct lb_answer *answer,
                       lb_error *err) {
    const char *at = name->text;
    for (;;) {
        size_t length = strcspn(at, ".");
        const char *part = at[length] ? arena_text(answer->memory, at, length) : at;
        if (!part) return error_memory(err);
        if (!host_ask(host, scope, part, answer, err)) return false;
        if (!at[length]) return true;
        if (answer->kind != ANSWER_SCOPE) return false;
        scope = answer->scope;
        answer->kind = ANSWER_NOTHING;
        at += length + 1;
    }
}

const struct type *host_find_type(struct resolver *r, const struct name *name, lb_error *err) {
    struct lb_answer answer = {.memory = &host_of(r)->unit->memory};
    const struct lb_answer *told = &answer;
    bool good = ask_dotted(host_of(r), host_scope_of(r), name, &answer, err);
    if (good && answer.kind == ANSWER_REFUSAL) error_set(err, LB_ERROR_COMPILE, "%s", answer.text);
    if (answer.kind == ANSWER_EITHER) told = &answer.items[0];
    const struct type *type = good ? told->type : NULL;
    answer_release(&answer);
    return type;
}

const struct name *host_library_name(struct resolver *r, const struct name *name, lb_error *err) {
    struct unit *u = host_of(r)->unit;
    struct lb_answer answer = {.memory = &u->memory};
    bool good = ask_dotted(host_of(r), host_scope_of(r), name, &answer, err);
    const struct lb_answer *told = &answer;
    for (int i = 0; answer.kind == ANSWER_EITHER && i < 2; i++)
        if (told->kind != ANSWER_NAME) told = &answer.items[i];
    const struct name *known = good && told->kind == ANSWER_NAME ? name_of(&u->names, told->text) : NULL;
    answer_release(&answer);
    return known;
}

/* What a class of the host's has besides its members: static methods, constants, methods of Enums. */
struct sugared *host_find_member(struct resolver *r, struct emitter *e, const struct type *type,
                                 const struct name *name, struct source_range at) {
    void *scope = scope_of_type(r, type, &e->memory, e->err);
    struct lb_answer answer = {.memory = &e->memory};
    struct sugared *s = NULL;
    if (scope && host_ask(host_of(r), scope, name->text, &answer, e->err)) s = host_sugared(e, &answer, at);
    const struct lb_answer *told = host_told(e, &answer);
    if (s && told->kind == ANSWER_MEMBER && told->position == LB_CLASS_METHOD)
        s = sugared_bound(e, s, sugared_of_type(e, type));
    lang_place(e->err, at);
    answer_release(&answer);
    return s;
}

const struct name *host_class_around(struct resolver *r, lb_error *err) {
    return host_library_name(r, name_of(&host_of(r)->unit->names, "super()"), err);
}

/* ---- things that are no values ---- */

static void describe(const struct sugared *s, struct text *out) {
    text_put(out, s->name->text);
}

static struct ir_value *no_value(struct emitter *e, struct sugared *s, struct source_range at) {
    return emit_error(
        e, at,
        "%s cannot be used as a value. Perhaps it is a closed over global variable? If so, please consider "
        "passing it in as an argument or use a local variable instead.",
        s->name->text);
}

static struct sugared *scope_attribute(struct emitter *e, struct sugared *s, struct source_range at,
                                       const struct name *name) {
    struct lb_answer answer = {.memory = &e->memory};
    struct sugared *found = NULL;
    if (host_ask(host_of(e->resolver), s->context, name->text, &answer, e->err))
        found = host_sugared(e, &answer, at);
    answer_release(&answer);
    if (found || e->err->code) return found;
    emit_error(e, at, "%s has no attribute '%s'", s->name->text, name->text);
    const char *near = ask_words(host_of(e->resolver), s->context, "?near", name->text, &e->memory);
    bool library = !strncmp(s->name->text, "module 'torch", 13);
    return explain(e, library ? ERROR_UNKNOWN_OPERATOR : ERROR_NO_ATTRIBUTE, at,
                   near ? arena_printf(&e->memory, "Did you mean `%s`?", near) : "Check the spelling.",
                   "there is no `%s` in %s", name->text, s->name->text);
}

static bool scope_has_attribute(struct emitter *e, struct sugared *s, struct source_range at,
                                const struct name *name) {
    (void)at;
    struct lb_answer answer = {.memory = &e->memory};
    bool good = host_ask(host_of(e->resolver), s->context, name->text, &answer, e->err);
    answer_release(&answer);
    return good && answer.kind != ANSWER_NOTHING;
}

static const struct sugared_kind kind_scope = {.describe = describe,
                                               .value = no_value,
                                               .attribute = scope_attribute,
                                               .has_attribute = scope_has_attribute};
static const struct sugared_kind kind_object = {.describe = describe, .value = no_value};

static struct sugared *named(struct emitter *e, const struct sugared_kind *kind, const char *words) {
    struct sugared *s = sugared_new(e, kind);
    return s && (s->name = emit_name(e, words)) ? s : NULL;
}

/* ---- constants ---- */

struct ir_value *host_constant(struct emitter *e, lb_value v, struct source_range at) {
    if (v.tag == VALUE_DEVICE) at = (struct source_range){0};
    if (v.tag != VALUE_TUPLE || v.tuple->type) return emit_constant(e, v, at);
    struct ir_value **items = arena_array(&e->memory, struct ir_value *, v.tuple->count + 1);
    if (!items) return emit_out_of_memory(e);
    for (int i = 0; i < v.tuple->count; i++)
        if (!(items[i] = host_constant(e, v.tuple->items[i], at))) return NULL;
    return emit_tuple(e, items, v.tuple->count, NULL);
}

/* ---- functions ---- */

static struct sugared *functions_of(struct emitter *e, const struct lb_answer *a) {
    struct sugared *s = sugared_new(e, &sugared_kind_function);
    if (!s) return NULL;
    s->functions = arena_copy(&e->memory, a->functions, sizeof *a->functions * (size_t)a->count);
    s->count = a->count;
    return s->functions ? s : emit_out_of_memory(e);
}

/* Compiled as soon as they are named, as PyTorch does: names are given in that order. In all of Python a call
 * may compile them for its arguments, so they are compiled when they are called. */
static struct sugared *functions_value(struct emitter *e, const struct lb_answer *a, struct source_range at) {
    for (int i = 0; i < a->count && !e->wide; i++)
        if (!emit_ensure(e, a->functions[i], at, a->functions[i]->owner ? "method" : "function")) return NULL;
    return functions_of(e, a);
}

/* A call that only raises: the function is none of the program's. */
static struct sugared *raise_instead(struct emitter *e, const struct schema *schema, struct source_range at) {
    static const char words[] = "This Python function is annotated to be ignored and cannot be run";
    struct ir_value *message = emit_text(e, words, sizeof words - 1, (struct source_range){0});
    struct actual a = {.value = message};
    if (!message) return NULL;
    emit_builtin(e, emit_name(e, "prim::RaiseException"), at, actuals_of(&a, 1), NULL);
    if (e->err->code) return NULL;
    return sugared_simple(e, emit_uninitialized(e, schema->returns[0].type));
}

static struct sugared *call_outside(struct emitter *e, struct sugared *s, struct source_range at,
                                    struct actuals actuals, int binders) {
    const struct type *self = s->value ? s->value->type : NULL;
    const struct schema *schema = host_outside_schema(e, s->functions[0], self, binders);
    struct actual *with_self = arena_array(&e->memory, struct actual, actuals.count + 1);
    struct match m;
    if (!schema || !with_self) return schema ? emit_out_of_memory(e) : NULL;
    if (s->value) {
        with_self[0] = (struct actual){.value = s->value};
        if (actuals.count) memcpy(with_self + 1, actuals.items, sizeof *with_self * (size_t)actuals.count);
        actuals.items = with_self;
        actuals.count++;
    }
    if (!match_schemas(e, &schema, 1, at, actuals, NULL, &m)) return NULL;
    if (s->number) return raise_instead(e, schema, at);
    return emit_error(
        e, at,
        "'%s' stays outside of the program (torch.jit.ignore), and programs cannot call outside "
        "functions yet. Mark it torch.jit.unused if it is never reached",
        s->functions[0]->name->text);
}
static const struct sugared_kind kind_outside = {.word = "python function", .call = call_outside};

static struct sugared *outside_value(struct emitter *e, const struct lb_answer *a) {
    struct sugared *s = sugared_function(e, a->functions[0]);
    if (!s) return NULL;
    s->kind = &kind_outside;
    s->number = a->flag;
    return s;
}

/* ---- one of two functions, by a constant argument ---- */

static const struct actual *chosen_by(const struct sugared *s, struct actuals actuals) {
    if (s->number < actuals.count) return &actuals.items[s->number];
    for (int i = 0; i < actuals.keyword_count; i++)
        if (actuals.keywords[i].name == s->name) return &actuals.keywords[i];
    return NULL;
}

static struct sugared *call_choice(struct emitter *e, struct sugared *s, struct source_range at,
                                   struct actuals actuals, int binders) {
    const struct actual *given = chosen_by(s, actuals);
    struct ir_value *v = given ? emit_actual(e, given) : NULL;
    lb_value c = value_bool(s->only_end);
    if (given && !v) return NULL;
    if (v && (!emit_is_constant(v, &c) || c.tag != VALUE_BOOL))
        return emit_error(e, at, "the argument '%s' decides which function is called: it must be a constant",
                          s->name->text);
    return sugared_call(e, s->items[c.b ? 0 : 1], at, actuals, binders);
}
static const struct sugared_kind kind_choice = {.word = "function", .call = call_choice};

static struct sugared *items_value(struct emitter *e, const struct lb_answer *a, struct source_range at) {
    struct sugared **items = arena_array(&e->memory, struct sugared *, a->count + 1);
    if (!items) return emit_out_of_memory(e);
    for (int i = 0; i < a->count; i++)
        if (!(items[i] = host_sugared(e, &a->items[i], at))) return NULL;
    return sugared_tuple_of(e, items, a->count);
}

/* A dict of things by their names. */
static struct sugared *named_value(struct emitter *e, const struct lb_answer *a, struct source_range at) {
    struct sugared *items = items_value(e, a, at);
    const struct name **names = arena_array(&e->memory, const struct name *, a->count + 1);
    if (!items || !names) return items ? emit_out_of_memory(e) : NULL;
    for (int i = 0; i < a->count; i++)
        if (!(names[i] = emit_name(e, a->names[i]))) return NULL;
    return sugared_keywords(e, names, items->items, a->count);
}

/* A set is made anew where it is named: programs cannot hold it otherwise. */
static struct sugared *set_value(struct emitter *e, const struct lb_answer *a, struct source_range at) {
    struct ir_value *items = e->wide ? lower_constant(e, a->value, at) : NULL;
    if (!e->wide) return named(e, &kind_object, "python value of type 'set'");
    return items ? library_call(e, "builtin_set", at, &items, 1) : NULL;
}

static struct sugared *bound_value(struct emitter *e, const struct lb_answer *a, struct source_range at) {
    struct sugared *items = items_value(e, a, at);
    return items ? sugared_bound(e, items->items[0], items->items[1]) : NULL;
}

/* Of the two functions only the one that is chosen is compiled. */
static struct sugared *choice_value(struct emitter *e, const struct lb_answer *a, struct source_range at) {
    struct sugared *both[2];
    for (int i = 0; i < 2; i++) {
        bool functions = a->items[i].kind == ANSWER_FUNCTIONS;
        both[i] = functions ? functions_of(e, &a->items[i]) : host_sugared(e, &a->items[i], at);
        if (!both[i]) return NULL;
    }
    struct sugared *s = sugared_tuple_of(e, both, 2);
    if (!s || !(s->name = emit_name(e, a->text))) return NULL;
    s->kind = &kind_choice;
    s->number = a->position;
    s->only_end = a->flag;
    return s;
}

/* ---- answers ---- */

/* "own.Error builtins.ValueError ...": what it comes from is noted for whoever catches it. */
static struct sugared *exception_value(struct emitter *e, const struct lb_answer *a) {
    size_t length = strcspn(a->text, " ");
    const struct name *name = name_intern(&e->unit->names, a->text, length);
    if (!name || (a->text[length] && !exception_declare(e->unit, name, a->text + length + 1)))
        return emit_out_of_memory(e);
    return named(e, &sugared_kind_python_exception, name->text);
}

static struct sugared *library_value(struct emitter *e, const struct lb_answer *a, struct source_range at) {
    if (strstr(a->text, "::")) return sugared_builtin(e, a->text);
    struct sugared *s = python_library_value(e, a->text, at);
    return s || e->err->code ? s : named(e, &kind_object, a->text);
}

static struct sugared *type_value(struct emitter *e, const struct lb_answer *a) {
    struct sugared *s = sugared_of_type(e, a->type);
    return s || e->err->code ? s : named(e, &kind_object, emit_type_words(e, a->type));
}

/* A definition in a class's body, compiled for the calls of it; PyTorch knows none but its compiled methods.
 */
static struct sugared *member_value(struct emitter *e, const struct lb_answer *a) {
    if (!e->wide) return named(e, &kind_object, "python value of type 'method'");
    const struct function *f = a->functions[0];
    struct sugared *s = sugared_lambda_in(e, f->definition, lang_resolver_of(f));
    if (s && a->position == LB_PROPERTY) s->only_end = true;
    return s && a->position == LB_AUTOGRAD_FORWARD ? sugared_bound(e, s, sugared_quiet(e)) : s;
}

const struct lb_answer *host_told(const struct emitter *e, const struct lb_answer *a) {
    return a->kind == ANSWER_EITHER ? &a->items[e->wide ? 1 : 0] : a;
}

/* A library's name that is not known here either is what PyTorch takes it for. */
static struct sugared *either_value(struct emitter *e, const struct lb_answer *a, struct source_range at) {
    const struct lb_answer *told = host_told(e, a);
    bool library = told->kind == ANSWER_NAME && !strstr(told->text, "::");
    struct sugared *s = library ? python_library_value(e, told->text, at) : host_sugared(e, told, at);
    return s || e->err->code || !e->wide ? s : host_sugared(e, &a->items[0], at);
}

struct sugared *host_sugared(struct emitter *e, const struct lb_answer *a, struct source_range at) {
    struct sugared *s;
    switch (a->kind) {
    case ANSWER_VALUE:
        return sugared_simple(e, e->wide ? lower_constant(e, a->value, at) : host_constant(e, a->value, at));
    case ANSWER_NAME: return library_value(e, a, at);
    case ANSWER_TYPE: return type_value(e, a);
    case ANSWER_FUNCTIONS: return functions_value(e, a, at);
    case ANSWER_OUTSIDE: return outside_value(e, a);
    case ANSWER_ITEMS: return items_value(e, a, at);
    case ANSWER_CHOICE: return choice_value(e, a, at);
    case ANSWER_EXCEPTION: return exception_value(e, a);
    case ANSWER_OBJECT: return named(e, &kind_object, a->text);
    case ANSWER_REFUSAL: return emit_error(e, at, "%s", a->text);
    case ANSWER_MEMBER: return member_value(e, a);
    case ANSWER_NAMED: return named_value(e, a, at);
    case ANSWER_SET: return set_value(e, a, at);
    case ANSWER_EITHER: return either_value(e, a, at);
    case ANSWER_BOUND: return bound_value(e, a, at);
    case ANSWER_SCOPE:
        if ((s = named(e, &kind_scope, a->text))) s->context = a->scope;
        return s;
    default: return NULL;
    }
}
