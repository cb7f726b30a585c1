/* All of Python: where a module does not compile as PyTorch takes it, it is compiled once more with what
 * PyTorch makes nothing of. Plain lists, tuples and dicts of modules become ModuleLists and ModuleDicts;
 * attributes that no type holds (objects with settings, sets, dicts of different things) are constants of the
 * program, and modules with different ones have classes of their own. */
#include "construct/script.h"
#include <string.h>

/* ---- modules in plain containers ---- */

static bool holds_modules(const struct thing *t);

static bool is_module_or_holds(const struct thing *t) {
    return thing_is_module(t) || holds_modules(t);
}

/* A list, tuple or dict of modules or of such containers; not an empty one. */
static bool holds_modules(const struct thing *t) {
    int position = 0, count = 0;
    if (t->kind == THING_LIST || t->kind == THING_TUPLE)
        for (; count < t->count; count++)
            if (!is_module_or_holds(t->items[count])) return false;
    if (t->kind == THING_DICT)
        for (struct thing_entry *e; (e = thing_dict_step(t, &position)); count++)
            if (!thing_is_text(e->key) || !is_module_or_holds(e->value)) return false;
    return count > 0;
}

static struct thing *as_module(struct script *s, struct thing *t);

static struct thing *call_container(struct script *s, const char *path, struct thing *held) {
    struct thing *class = held ? thing_library(s->v, path) : NULL;
    return class ? call_thing_with(s->v, class, (struct source_range){0}, &held, 1) : NULL;
}

static struct thing *list_of_modules(struct script *s, const struct thing *t) {
    struct thing *list = thing_list(s->v, t->items, t->count);
    for (int i = 0; list && i < t->count; i++)
        if (!(list->items[i] = as_module(s, t->items[i]))) return NULL;
    return call_container(s, "torch.nn.ModuleList", list);
}

static struct thing *dict_of_modules(struct script *s, const struct thing *t) {
    struct thing *dict = thing_new(s->v, THING_DICT);
    int position = 0;
    for (struct thing_entry *e; dict && (e = thing_dict_step(t, &position));) {
        struct thing *module = as_module(s, e->value);
        if (!module || !thing_dict_put(s->v, dict, e->key, module)) return NULL;
    }
    return call_container(s, "torch.nn.ModuleDict", dict);
}

static struct thing *as_module(struct script *s, struct thing *t) {
    if (thing_is_module(t)) return t;
    if (!evaluator_enter(s->v, (struct source_range){0})) return NULL;
    struct thing *made = t->kind == THING_DICT ? dict_of_modules(s, t) : list_of_modules(s, t);
    evaluator_leave(s->v);
    return made;
}

/* The attributes of this module that hold modules are registered as submodules; then those below it. */
static bool adopt(struct script *s, struct thing *module) {
    struct thing_instance *m = module->instance;
    if (!m->begun || !evaluator_enter(s->v, (struct source_range){0})) return !s->err->code;
    bool good = true;
    for (int i = 0; good && i < m->attributes.count; i++) {
        const struct binding b = m->attributes.items[i];
        if (!b.thing || !holds_modules(b.thing)) continue;
        struct thing *made = as_module(s, b.thing);
        good = made && bindings_remove(&m->attributes, b.name) &&
               thing_set_attribute(s->v, module, b.name, made, (struct source_range){0});
        i = -1; /* the list has changed */
    }
    int position = 0;
    for (struct thing_entry *e; good && (e = thing_dict_step(m->modules, &position));)
        good = thing_is_none(e->value) || adopt(s, e->value);
    evaluator_leave(s->v);
    return good;
}

/* A method with *args or **kwargs is compiled for the calls of it. */
bool script_is_open(const struct thing *member) {
    if (member->kind != THING_FUNCTION) return false;
    const struct tree *parameters = member->function->def->items[0];
    for (int i = 0; i < parameters->count; i++)
        if (parameters->items[i]->op == PARAMETER_STAR || parameters->items[i]->op == PARAMETER_DOUBLE_STAR)
            return true;
    return false;
}

bool script_begin_whole(struct script *s, struct thing *module) {
    s->whole = true;
    s->root = module;
    s->concretes = NULL;
    lang_retry_failed(s->unit);
    return adopt(s, module);
}

/* ---- attributes that are constants ---- */

static bool begin_items(struct script *s, lb_answer *a, int count, enum answer_kind kind) {
    a->items = arena_array(a->memory, struct lb_answer, count + 1);
    a->names = arena_array(a->memory, const char *, count + 1);
    if (!a->items || !a->names) return error_memory(s->err);
    for (int i = 0; i < count; i++) a->items[i] = (struct lb_answer){.host = a->host, .memory = a->memory};
    a->count = count;
    a->kind = kind;
    return true;
}

static bool answer_row(struct script *s, const struct thing *t, lb_answer *a) {
    if (!begin_items(s, a, t->count, ANSWER_ITEMS)) return false;
    for (int i = 0; i < t->count; i++)
        if (!script_answer_whole(s, t->items[i], &a->items[i])) return false;
    return true;
}

/* Where all items are values of one type. */
static bool answer_typed(struct script *s, struct thing *t, lb_answer *a) {
    if (script_value(s, t, &a->value) && type_infer(&s->unit->types, a->value)) {
        a->kind = ANSWER_VALUE;
        return true;
    }
    value_release(a->value);
    a->value = value_none();
    return false;
}

static bool has_text_keys(const struct thing *t) {
    int position = 0;
    for (struct thing_entry *e; (e = thing_dict_step(t, &position));)
        if (!thing_is_text(e->key)) return false;
    return true;
}

static bool answer_dict(struct script *s, const struct thing *t, lb_answer *a) {
    int position = 0, i = 0;
    if (!begin_items(s, a, t->dict.count, ANSWER_NAMED)) return false;
    for (struct thing_entry *e; (e = thing_dict_step(t, &position)); i++) {
        a->names[i] = e->key->value.string->bytes;
        if (!script_answer_whole(s, e->value, &a->items[i])) return false;
    }
    return true;
}

/* Of the items of a set a list. */
static bool answer_set(struct script *s, struct thing *t, lb_answer *a) {
    struct thing *items = thing_items(s->v, t, (struct source_range){0});
    if (!items || !items->count || !script_value(s, items, &a->value)) return false;
    const struct type *type = type_infer(&s->unit->types, a->value);
    value_release(a->value);
    a->value = value_none();
    if (!type || !script_convert(s, items, type, &a->value)) return false;
    a->kind = ANSWER_SET;
    return true;
}

static bool answer_fields(struct script *s, struct thing *t, lb_answer *a) {
    a->scope = script_scope_new(s, NAMES_OF_THING, t);
    a->text = arena_printf(a->memory, "value of type '%s'", thing_type_name(t));
    a->kind = ANSWER_SCOPE;
    return (a->scope && a->text) || error_memory(s->err);
}

static const char *refused_words(const struct thing *t) {
    return t->kind == THING_SET ? "the set that stands here holds nothing, or values of different types"
                                : "the dict that stands here has keys that are no names";
}

bool script_answer_whole(struct script *s, struct thing *t, lb_answer *a) {
    bool named_tuple = t->kind == THING_TUPLE && t->class;
    if (t->kind == THING_INSTANCE && !thing_is_module(t)) return answer_fields(s, t, a);
    if (named_tuple) return answer_fields(s, t, a);
    bool row = t->kind == THING_LIST || t->kind == THING_TUPLE;
    if (row && answer_typed(s, t, a)) return true;
    if (row) return !s->err->code && answer_row(s, t, a);
    if (t->kind == THING_DICT && has_text_keys(t)) return answer_dict(s, t, a);
    if (t->kind == THING_SET && answer_set(s, t, a)) return true;
    bool known = t->kind != THING_DICT && t->kind != THING_SET; /* those would come here again */
    return !s->err->code && (known ? script_answer(s, t, a) : script_refuse(s, a, "%s", refused_words(t)));
}
