/* Variables. A first-class value is stored by a prim::Store and loaded by a prim::Load where it is used; each
 * load takes a value number, and so does the load that looks up an outer variable before it is assigned in an
 * inner scope. Other values (modules, functions, types) are kept in the frame (struct Environment in
 * torch/csrc/jit/frontend/ir_emitter.cpp). */
#include "lang/explain.h"
#include "lang/lower.h"
#include "lang/recover.h"
#include <string.h>

struct frame *frame_push(struct emitter *e, struct block *b) {
    struct frame *f = arena_new(&e->memory, struct frame);
    if (!f) return emit_out_of_memory(e);
    f->outer = e->frame;
    f->allocated_before = e->frames;
    f->block = b;
    e->frames = f;
    e->frame = f;
    return f;
}

struct frame *frame_pop(struct emitter *e) {
    struct frame *f = e->frame;
    e->frame = f->outer;
    return f;
}

void frames_free(struct emitter *e) {
    for (struct frame *f = e->frames; f; f = f->allocated_before) {
        table_free(&f->types);
        table_free(&f->sugared);
        table_free(&f->paths);
        table_free(&f->known);
        table_free(&f->unset);
    }
}

/* Names that hold no meaning ("_3", what the code printer makes up) are not given to values. */
bool meaningful_name(const struct name *name) {
    if (!name->length || name->text[0] == '$') return false;
    if (name->text[0] != '_') return true;
    for (uint32_t i = 1; i < name->length; i++)
        if (name->text[i] < '0' || name->text[i] > '9') return true;
    return false;
}

static struct sugared *insert_load(struct emitter *e, const struct name *name, const struct type *type) {
    struct ir_value *v = emit_typed(e, KIND_LOAD, type, NULL, 0);
    if (!v || !emit_set_name(e, v->node, name)) return NULL;
    if (meaningful_name(name) && !value_set_name(v, name->text)) return emit_out_of_memory(e);
    return sugared_simple(e, v);
}

struct sugared *variable_find(struct emitter *e, struct frame *f, const struct name *name) {
    for (; f; f = f->outer) {
        struct sugared *s = table_get(&f->sugared, name);
        if (s) return s;
        const struct type *type = table_get(&f->types, name);
        if (type) return insert_load(e, name, type);
    }
    return NULL;
}

static bool set_type(struct emitter *e, struct frame *f, const struct name *name, const struct type *type) {
    bool known = table_has(&f->types, name);
    if (!known && !array_push_in(&e->memory, &f->defined, name)) return error_memory(e->err);
    return table_set(&f->types, name, (void *)(uintptr_t)type) || error_memory(e->err);
}

/* Where a variable was set first, for messages. */
static bool note_place(struct emitter *e, const struct name *name, struct source_range at) {
    if (!e->resolver->python || !at.source || table_has(&e->places, name)) return true;
    struct source_range *kept = arena_copy(&e->memory, &at, sizeof at);
    return (kept && table_set(&e->places, name, kept)) || error_memory(e->err);
}

static bool insert_store(struct emitter *e, const struct name *name, struct source_range at,
                         struct ir_value *v, const struct type *type) {
    struct node *n = emit_node(e, KIND_STORE, 0, &v, 1);
    if (!n || !emit_set_name(e, n, name)) return false;
    n->range = at;
    if (e->wide) lower_forget_paths(e, name, NULL);
    if (e->wide && (!lower_note_assignment(e, name, n, v) || !wide_note_constant(e, name, v) ||
                    !wide_note_store(e, name, type) || !wide_mark_set(e, name, at)))
        return false;
    return note_place(e, name, at) && set_type(e, e->frame, name, type);
}

static bool type_error(struct emitter *e, struct source_range at, const struct name *name,
                       const struct type *before, const struct type *now) {
    bool lists = before->kind == TYPE_LIST && now->kind == TYPE_LIST;
    emit_error(e, at,
               "Variable '%s' previously had type %s but is now being assigned to a value of type %s%s\n",
               name->text, emit_type_words(e, before), emit_type_words(e, now),
               lists ? "\nEmpty lists default to List[Tensor]. Add a variable annotation to the assignment "
                       "to create an "
                       "empty list of another type (torch.jit.annotate(List[T, []]) where T is the type of "
                       "elements in "
                       "the list for Python 2)"
                     : "");
    return explain_changed_type(e, name, table_get(&e->places, name), before, now, at) != NULL;
}

/* A variable of an outer scope keeps its type: the new value is converted to it. */
static bool check_outer(struct emitter *e, struct source_range at, const struct name *name,
                        struct sugared *outer, struct sugared *value, const struct type *annotated,
                        struct ir_value **v) {
    if (annotated)
        return emit_error(e, at,
                          "Attempting to declare and annotate the type of variable '%s' but it is already "
                          "defined in an "
                          "outer block",
                          name->text) != NULL;
    struct ir_value *before = sugared_as_simple(outer);
    if (!*v || !before)
        return emit_error(
                   e, at,
                   "Cannot re-assign '%s' %s %s %s %s is not a first-class value.  Only reassignments to "
                   "first-class values are allowed",
                   name->text, *v ? "because it has type" : "to a value of type", sugared_words(e, value),
                   *v ? "and" : "because", name->text) != NULL;
    const struct type *type = type_unshaped(e->types, before->type);
    if (!type) return error_memory(e->err);
    *v = match_convert(e, at, type, *v, true);
    if (!*v) return false;
    if (e->wide && !is_subtype(e, (*v)->type, type)) wide_learn(e, *v, type);
    if (e->wide && type->kind == TYPE_NONE && (*v)->type->kind != TYPE_NONE)
        wide_learn_optional(e, name, (*v)->type);
    return is_subtype(e, (*v)->type, type) || type_error(e, at, name, before->type, (*v)->type);
}

/* Gives the value the variable's name if it has none and was made in this very block. */
static bool name_value(struct emitter *e, struct ir_value *v, const struct name *name) {
    if (!v || value_has_name(v) || !meaningful_name(name) || v->node->block != e->frame->block) return true;
    return value_set_name(v, name->text) || error_memory(e->err);
}

bool variable_set(struct emitter *e, struct source_range at, const struct name *name, struct sugared *value,
                  const struct type *annotated) {
    if (!value || (e->wide && !recovery_known(e, name))) return false;
    struct ir_value *v = sugared_as_simple(value);
    bool none = v && e->wide && v->type->kind == TYPE_NONE && table_has(&e->wide->optional, name);
    if (none && !(v = emit_none(e, table_get(&e->wide->optional, name)))) return false;
    if (!name_value(e, v, name)) return false;
    struct sugared *outer = e->frame->outer ? variable_find(e, e->frame->outer, name) : NULL;
    if (e->err->code) return false;
    bool hidden = outer && e->wide && e->wide->hides && !sugared_as_simple(outer);
    if (outer && !hidden && !check_outer(e, at, name, outer, value, annotated, &v)) return false;
    if (!v) return table_set(&e->frame->sugared, name, value) || error_memory(e->err);
    if (e->wide && annotated && !(v = match_convert(e, at, annotated, v, true))) return false;
    if (annotated && !is_subtype(e, v->type, annotated))
        return emit_error(
                   e, at,
                   "Variable '%s' is annotated with type %s but is being assigned to a value of type %s",
                   name->text, emit_type_words(e, annotated), emit_type_words(e, v->type)) != NULL;
    return insert_store(e, name, at, v, annotated ? annotated : v->type);
}

bool variable_set_type(struct emitter *e, const struct name *name, const struct type *type) {
    return set_type(e, e->frame, name, type);
}

static struct frame *outermost(struct emitter *e) {
    struct frame *f = e->frame;
    while (f && f->outer) f = f->outer;
    return f;
}

bool variable_unset(struct emitter *e, const struct name *name, const struct unset *why) {
    struct table *all = &outermost(e)->unset;
    const struct unset *before = table_get(all, name);
    struct unset *kept = arena_copy(&e->memory, why, sizeof *why);
    if (!kept || !(kept->text = arena_text(&e->memory, why->text, strlen(why->text))) ||
        !table_set(all, name, kept))
        return error_memory(e->err);
    kept->frame = e->frame;
    kept->count = before ? before->count + 1 : 1;
    kept->exits = e->exit_count;
    return true;
}

/* Whether the way on which the variable has no value surely leads here: one if alone is to blame, and neither
 * a test, nor a loop, nor a way out stands between it and the place at hand. */
static bool surely_unset(struct emitter *e, const struct unset *why) {
    if (!why || !why->written || why->count > 1 || why->types[0] || why->exits != e->exit_count) return false;
    for (const struct frame *f = why->frame; f; f = f->outer) {
        if (f == e->frame) return true;
        if (f->block->owner && node_is(f->block->owner, KIND_LOOP)) return false;
    }
    return false;
}

static void *not_found(struct emitter *e, const struct name *name, struct source_range at) {
    const struct unset *why = table_get(&outermost(e)->unset, name);
    if (e->wide && !surely_unset(e, why) && !(why && why->types[0])) wide_learn_loose(e, name);
    if (why) {
        emit_error(e, at, "%sand was used here", why->text);
        return explain_unset(e, name, why, at);
    }
    emit_error(e, at, "undefined value %s", name->text);
    return explain_undefined(e, name, at);
}

bool variable_remove(struct emitter *e, const struct name *name, struct source_range at) {
    bool removed = false;
    for (struct frame *f = e->frame; f; f = f->outer) {
        removed = table_get(&f->types, name) || table_get(&f->sugared, name);
        if (table_get(&f->types, name)) table_set(&f->types, name, NULL);
        if (table_get(&f->sugared, name)) table_set(&f->sugared, name, NULL);
    }
    return removed || not_found(e, name, at) != NULL;
}

/* ---- the names that every program knows ---- */

enum global_kind { GLOBAL_BUILTIN, GLOBAL_MAGIC, GLOBAL_CAST, GLOBAL_FORM, GLOBAL_PRINT, GLOBAL_EXCEPTION };
static const struct global {
    const char *name, *magic, *op;
    uint8_t kind, detail; /* detail: type of a cast, form */
} globals[] = {
    {"print", NULL, NULL, GLOBAL_PRINT, 0},
    {"tuple", NULL, NULL, GLOBAL_FORM, FORM_TUPLE},
    {"float", "__float__", "aten::Float", GLOBAL_CAST, TYPE_FLOAT},
    {"complex", "__complex__", "aten::Complex", GLOBAL_CAST, TYPE_COMPLEX},
    {"int", "__int__", "aten::Int", GLOBAL_CAST, TYPE_INT},
    {"bool", "__bool__", "aten::Bool", GLOBAL_CAST, TYPE_BOOL},
    {"str", "__str__", "aten::str", GLOBAL_CAST, TYPE_STRING},
    {"getattr", NULL, NULL, GLOBAL_FORM, FORM_GETATTR},
    {"hasattr", NULL, NULL, GLOBAL_FORM, FORM_HASATTR},
    {"isinstance", NULL, NULL, GLOBAL_FORM, FORM_ISINSTANCE},
    {"_to_tensor", NULL, "prim::NumToTensor", GLOBAL_CAST, TYPE_TENSOR},
    {"len", "__len__", "aten::len", GLOBAL_MAGIC, 0},
    {"hex", "__hex__", "aten::hex", GLOBAL_MAGIC, 0},
    {"oct", "__oct__", "aten::oct", GLOBAL_MAGIC, 0},
    {"round", "__round__", "aten::round", GLOBAL_MAGIC, 0},
    {"hash", NULL, "aten::hash", GLOBAL_BUILTIN, 0},
    {"id", NULL, "prim::id", GLOBAL_BUILTIN, 0},
    {"min", NULL, "prim::min", GLOBAL_BUILTIN, 0},
    {"max", NULL, "prim::max", GLOBAL_BUILTIN, 0},
    {"abs", NULL, "prim::abs", GLOBAL_BUILTIN, 0},
    {"all", NULL, "aten::all", GLOBAL_BUILTIN, 0},
    {"any", NULL, "aten::any", GLOBAL_BUILTIN, 0},
    {"divmod", NULL, "aten::divmod", GLOBAL_BUILTIN, 0},
    {"sum", NULL, "aten::sum", GLOBAL_BUILTIN, 0},
    {"list", NULL, NULL, GLOBAL_FORM, FORM_LIST},
    {"dict", NULL, NULL, GLOBAL_FORM, FORM_DICT},
    {"ord", NULL, "aten::ord", GLOBAL_BUILTIN, 0},
    {"chr", NULL, "aten::chr", GLOBAL_BUILTIN, 0},
    {"bin", NULL, "aten::bin", GLOBAL_BUILTIN, 0},
    {"pow", NULL, "aten::pow", GLOBAL_BUILTIN, 0},
    {"range", NULL, NULL, GLOBAL_FORM, FORM_RANGE},
    {"zip", NULL, NULL, GLOBAL_FORM, FORM_ZIP},
    {"enumerate", NULL, NULL, GLOBAL_FORM, FORM_ENUMERATE},
    {"rangelist", NULL, "prim::rangelist", GLOBAL_BUILTIN, 0},
    {"sorted", NULL, "aten::sorted", GLOBAL_BUILTIN, 0},
    {"AssertionError", NULL, NULL, GLOBAL_EXCEPTION, 0},
};

static struct sugared *make_global(struct emitter *e, const struct global *g) {
    const struct type *type = g->detail == TYPE_TENSOR ? e->types->tensor : e->types->simple[g->detail];
    struct sugared *base;
    switch ((enum global_kind)g->kind) {
    case GLOBAL_PRINT: return sugared_print(e);
    case GLOBAL_FORM: return sugared_form(e, (enum special_form)g->detail);
    case GLOBAL_EXCEPTION: return sugared_exception(e, emit_name(e, g->name));
    case GLOBAL_CAST: base = sugared_cast(e, type, g->op); break;
    default: base = sugared_builtin(e, g->op);
    }
    return g->magic ? sugared_magic(e, g->magic, base) : base;
}

static struct sugared *find_global(struct emitter *e, const struct name *name) {
    for (size_t i = 0; i < sizeof globals / sizeof *globals; i++)
        if (!strcmp(globals[i].name, name->text)) return make_global(e, &globals[i]);
    return NULL;
}

/* Local variables, then the language's own names, then what the resolver knows: NamedTuples, values, classes.
 */
struct sugared *variable_get(struct emitter *e, const struct name *name, struct source_range at) {
    struct sugared *s = variable_find(e, e->frame, name);
    if (!s && !e->err->code) s = find_global(e, name);
    if (s || e->err->code) return s;
    lb_error refused = {0}; /* a type's refusal is told by the value, which knows the place */
    const struct type *type =
        e->resolver->find_type ? e->resolver->find_type(e->resolver, name, &refused) : NULL;
    if (refused.code && refused.code != LB_ERROR_COMPILE) error_move(e->err, &refused);
    if (type && type->kind == TYPE_TUPLE && !e->err->code) return sugared_named_tuple(e, type);
    if (!e->err->code && e->resolver->find_value) s = e->resolver->find_value(e->resolver, e, name, at);
    if (!s) error_move(e->err, &refused);
    error_clear(&refused);
    if (s || e->err->code) return s;
    if (type && type->kind == TYPE_CLASS) return sugared_class(e, type);
    return not_found(e, name, at);
}

struct ir_value *variable_value(struct emitter *e, struct frame *f, const struct name *name,
                                struct source_range at) {
    struct sugared *s;
    struct frame *current = e->frame;
    e->frame = f;
    s = variable_get(e, name, at);
    e->frame = current;
    return s ? sugared_value(e, s, at) : NULL;
}
