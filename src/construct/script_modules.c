/* Modules: objects with their values, and the methods that are compiled: forward, what is exported,
 * properties, hooks, and what these call (create_script_module_impl in torch/jit/_recursive.py). */
#include "construct/script.h"
#include "lang/interface_fit.h"
#include "lang/report.h"
#include <stdlib.h>
#include <string.h>

/* ---- what is looked up on a module's class ---- */

static const struct concrete_other *other_named(const struct concrete *c, const struct name *name) {
    for (int i = 0; i < c->others.count; i++)
        if (c->others.items[i].name == name) return &c->others.items[i];
    return NULL;
}

static bool answer_overloads(struct script *s, struct concrete *c, const struct thing_function *f,
                             lb_answer *a);

static bool answer_other(struct script *s, struct thing *t, lb_answer *a) {
    bool empty = (t->kind == THING_LIST && !t->count) || (t->kind == THING_DICT && !t->dict.count);
    if (!s->whole || !empty) return s->whole ? script_answer_whole(s, t, a) : script_answer(s, t, a);
    a->kind = ANSWER_EMPTY;
    a->flag = t->kind == THING_DICT;
    return true;
}

/* A member of the class; of "__super_C_m" the m that super() in C's body means. */
static struct thing *member_named(struct script *s, const struct thing_class *c, const struct name *name) {
    size_t head = strlen("__super_");
    for (int i = 0; i < c->order_count && !strncmp(name->text, "__super_", head); i++) {
        const struct name *class = c->order[i]->name;
        const char *rest = name->text + head + class->length;
        if (strncmp(name->text + head, class->text, class->length) || *rest != '_') continue;
        const struct name *own = name_of(&s->unit->names, rest + 1);
        return own ? class_member(c, c->order[i], own, NULL) : NULL;
    }
    return class_member(c, NULL, name, NULL);
}

bool script_concrete_method(struct script *s, struct concrete *c, const struct name *name, lb_answer *a) {
    const struct concrete_other *other = other_named(c, name);
    if (other && other->thing) return answer_other(s, other->thing, a);
    if (other)
        return script_refuse(s, a, "Module '%s' has no attribute '%s' %s", c->class->name->text, name->text,
                             other->failed);
    struct thing *member = member_named(s, c->class, name);
    if (!member || member->kind == THING_NATIVE || member->kind == THING_PROPERTY) return true;
    if (member->kind != THING_FUNCTION) return script_answer(s, member, a);
    struct thing_function *f = member->function;
    if (f->marks & (MARK_IGNORE | MARK_UNUSED)) return script_answer_method_outside(s, c, f, a);
    if (f->bodies) return answer_overloads(s, c, f, a);
    return script_method(s, c->type, f, NULL, name->text) != NULL;
}

/* ---- errors ---- */

static void put_way(struct text *out, const struct script_way *way) {
    if (way->outer) put_way(out, way->outer);
    text_printf(out, "%s%s", way->outer ? "." : "", way->name->text);
}

/* For which submodule the error's functions are compiled. */
static void note_way(struct script *s) {
    struct text note = {0};
    if (!s->way) return;
    text_put(&note, "note: this is compiled for the submodule `");
    put_way(&note, s->way);
    text_printf(&note, "` of `%s`\n", s->root->class->name->text);
    lang_report_note(s->err, text_get(&note));
    text_free(&note);
}

/* After a step has failed: what is wrong is noted, and the module's other methods and submodules are compiled
 * all the same, so that one compilation tells everything. False: the error ends it. PyTorch's way of
 * compiling a module stops at its first error, since the module is then compiled once more. */
static bool go_on(struct script *s) {
    if (!s->whole || s->err->code != LB_ERROR_COMPILE) return false;
    note_way(s);
    lang_report_more(&s->faults, s->err);
    return true;
}

/* ---- methods ---- */

static bool declare_named(struct script *s, struct concrete *c, const struct name *name,
                          struct function **out) {
    struct thing *member = class_member(c->class, NULL, name, NULL);
    *out = class_find_method(c->type->definition, name);
    if (*out || !member || member->kind != THING_FUNCTION || member->function->bodies) return true;
    return (*out = script_method(s, c->type, member->function, NULL, name->text)) != NULL;
}

static int compare_names(const void *a, const void *b) {
    const struct name *const *x = a, *const *y = b;
    return strcmp((*x)->text, (*y)->text);
}

typedef ARRAY_OF(const struct name *) name_list;

static bool is_wanted(const struct thing *member, unsigned marks) {
    return member->kind == THING_FUNCTION && (member->function->marks & marks);
}

/* The names of the class and its bases whose member is of some kind, in alphabetical order, as dir() has
 * them. */
static bool names_of(struct script *s, const struct thing_class *c,
                     bool (*wanted)(const struct thing *, unsigned), unsigned marks, name_list *out) {
    for (int i = 0; i < c->order_count; i++) {
        const struct bindings *b = &c->order[i]->members;
        for (int k = 0; k < b->count; k++) {
            bool first = true;
            for (int n = 0; n < out->count; n++) first &= out->items[n] != b->items[k].name;
            struct thing *member = class_member(c, NULL, b->items[k].name, NULL);
            if (!first || !member || !wanted(member, marks)) continue;
            if (!array_push_in(&s->v->memory, out, b->items[k].name)) return error_memory(s->err);
        }
    }
    if (out->count) qsort(out->items, (size_t)out->count, sizeof *out->items, compare_names);
    return true;
}

static bool is_legacy(struct script *s, const struct thing_class *c) {
    return class_derives(c, builtin_class_named(s->v, "torch.jit.ScriptModule"));
}

/* forward, then what is exported; of a torch.jit.ScriptModule what is marked script_method. */
static bool starting_points(struct script *s, struct concrete *c, name_list *out) {
    const struct name *forward = name_of(&s->unit->names, "forward");
    if (!forward) return error_memory(s->err);
    if (is_legacy(s, c->class)) return names_of(s, c->class, is_wanted, MARK_SCRIPT_METHOD, out);
    struct thing *member = class_member(c->class, NULL, forward, NULL);
    bool compiled =
        member && member->kind == THING_FUNCTION && !(member->function->marks & (MARK_IGNORE | MARK_UNUSED));
    if (s->whole && c->example != s->root && compiled) compiled = !script_is_open(member);
    name_list exported = {0};
    if (!names_of(s, c->class, is_wanted, MARK_EXPORT, &exported)) return false;
    if (compiled && !array_push_in(&s->v->memory, out, forward)) return error_memory(s->err);
    for (int i = 0; i < exported.count; i++)
        if (exported.items[i] != forward && !array_push_in(&s->v->memory, out, exported.items[i]))
            return error_memory(s->err);
    return true;
}

/* ---- overloads of methods: forward__0, forward__1, ... ---- */

static bool declare_overloads(struct script *s, struct concrete *c, const struct name *name,
                              const struct thing_function *f) {
    struct concrete_overload o = {.name = name};
    enum { MOST = sizeof o.functions / sizeof *o.functions };
    const struct thing_function *forms[MOST];
    for (const struct thing_function *b = f->bodies; b && o.count < MOST; b = b->bodies) forms[o.count++] = b;
    for (int i = 0; i < o.count; i++) {
        lb_source source, declaration;
        char *own = arena_printf(&s->v->memory, "%s__%d", name->text, i);
        if (!own) return error_memory(s->err);
        if (!script_source(s, f, NULL, own, &source) ||
            !script_source(s, forms[o.count - 1 - i], NULL, NULL, &declaration))
            return false;
        source.declaration = &declaration;
        o.functions[i] = host_declare(s->host, NULL, c->type, &source, s->err);
        if (!o.functions[i] || !host_class_method(c->type, o.functions[i], s->err)) return false;
    }
    return array_push_in(&s->v->memory, &c->overloads, o) || error_memory(s->err);
}

static bool answer_overloads(struct script *s, struct concrete *c, const struct thing_function *f,
                             lb_answer *a) {
    for (int i = 0; i < c->overloads.count; i++) {
        const struct concrete_overload *o = &c->overloads.items[i];
        if (o->name != f->name) continue;
        a->functions = arena_copy(a->memory, o->functions, sizeof *o->functions * (size_t)o->count);
        a->count = o->count;
        a->kind = ANSWER_FUNCTIONS;
        return a->functions || error_memory(s->err);
    }
    return true;
}

static bool has_overloads(const struct thing *member, unsigned marks) {
    (void)marks;
    return member->kind == THING_FUNCTION && member->function->bodies;
}

static bool all_overloads(struct script *s, struct concrete *c) {
    name_list names = {0};
    if (!names_of(s, c->class, has_overloads, 0, &names)) return false;
    for (int i = 0; i < names.count; i++) {
        struct thing *member = class_member(c->class, NULL, names.items[i], NULL);
        if (!declare_overloads(s, c, names.items[i], member->function)) return false;
    }
    return true;
}

/* ---- properties and hooks ---- */

static bool is_property(const struct thing *member, unsigned marks) {
    (void)marks;
    return member->kind == THING_PROPERTY;
}

static struct function *accessor(struct script *s, struct concrete *c, const struct thing *f,
                                 const struct name *name, const char *what) {
    char *own = arena_printf(&s->v->memory, "__%s_%s", name->text, what);
    return own ? script_method(s, c->type, f->function, NULL, own) : NULL;
}

/* Whether the class names it in __jit_unused_properties__ or __jit_ignored_attributes__. */
static bool is_listed(struct script *s, const struct concrete *c, const char *list, const struct name *name) {
    const struct name *key = name_of(&s->unit->names, list);
    struct thing *t = key ? class_member(c->class, NULL, key, NULL) : NULL;
    struct thing *items = t ? thing_items(s->v, t, (struct source_range){0}) : NULL;
    for (int i = 0; items && i < items->count; i++)
        if (thing_as_name(s->v, items->items[i], (struct source_range){0}) == name) return true;
    return false;
}

static bool declare_property(struct script *s, struct concrete *c, const struct name *name) {
    const struct thing *p = class_member(c->class, NULL, name, NULL);
    if (is_listed(s, c, "__jit_unused_properties__", name) ||
        is_listed(s, c, "__jit_ignored_attributes__", name))
        return true;
    if (p->property.getter->kind != THING_FUNCTION) return true;
    if (p->property.getter->function->marks & (MARK_UNUSED | MARK_IGNORE)) return true;
    struct class_property made = {.name = name, .getter = accessor(s, c, p->property.getter, name, "getter")};
    if (!made.getter) return false;
    if (p->property.setter && !(made.setter = accessor(s, c, p->property.setter, name, "setter")))
        return false;
    return array_push(&c->type->definition->properties, made) || error_memory(s->err);
}

static bool declare_properties(struct script *s, struct concrete *c) {
    name_list names = {0};
    if (!names_of(s, c->class, is_property, 0, &names)) return false;
    for (int i = 0; i < names.count; i++)
        if (!declare_property(s, c, names.items[i])) return false;
    return true;
}

static bool add_hooks(struct script *s, struct concrete *c, const struct thing *hooks, bool before) {
    for (int i = 0; i < hooks->count; i++) {
        const struct thing *hook = hooks->items[i];
        lb_source source;
        if (hook->kind == THING_METHOD) hook = hook->bound.function;
        if (hook->kind != THING_FUNCTION)
            return lang_report_bare(s->err, &(struct explanation){.code = ERROR_MODULES},
                                    "a hook of %s is a '%s': hooks are functions", c->class->name->text,
                                    thing_type_name(hook));
        bool good = script_source(s, hook->function, NULL, NULL, &source) &&
                    host_class_hook(s->host, c->type, source, before, s->err);
        if (!good && !go_on(s)) return false;
    }
    return true;
}

/* ---- compiling ---- */

/* All that is declared by now: properties and methods in that order, what they call as it is met. */
static bool compile_declared(struct script *s, const struct class_definition *c) {
    int count = c->methods.count;
    for (int i = 0; i < count; i++)
        if (!lang_ensure(c->methods.items[i], s->err) && !go_on(s)) return false;
    return true;
}

static bool compile_methods(struct script *s, struct concrete *c) {
    name_list names = {0};
    struct function *f;
    const struct thing_instance *m = c->example->instance;
    if (!starting_points(s, c, &names) || !declare_properties(s, c) || !all_overloads(s, c)) return false;
    for (int i = 0; i < names.count; i++)
        if (!declare_named(s, c, names.items[i], &f) && !go_on(s)) return false;
    return compile_declared(s, c->type->definition) && add_hooks(s, c, m->hooks, false) &&
           add_hooks(s, c, m->pre_hooks, true);
}

/* An interface's methods are those that the module must have. */
static bool compile_for_interface(struct script *s, struct concrete *c, const struct type *interface) {
    struct function *f;
    for (int i = 0; i < interface->definition->methods.count; i++)
        if (!declare_named(s, c, interface->definition->methods.items[i]->name, &f) && !go_on(s))
            return false;
    return compile_declared(s, c->type->definition);
}

/* ---- methods that containers get ---- */

static bool define(struct script *s, struct concrete *c, const char *name, struct text *text) {
    const struct name *key = name_of(&s->unit->names, name);
    struct function *f = NULL;
    if (key && !class_find_method(c->type->definition, key)) {
        lb_source source = {.size = sizeof source,
                            .text = text_get(text),
                            .length = text->length,
                            .first_line = 1,
                            .line = 1};
        f = host_declare(s->host, NULL, c->type, &source, s->err);
        if (f && !(host_class_method(c->type, f, s->err) && lang_ensure(f, s->err))) f = NULL;
    }
    text_free(text);
    return !s->err->code;
}

/* __len__ and __contains__ know how much there is. */
static bool container_methods(struct script *s, struct concrete *c, const struct thing *module) {
    const struct thing *modules = module->instance->modules;
    struct text text = {0};
    if (c->kind != LB_MODULE_LIST && c->kind != LB_MODULE_DICT) return true;
    text_printf(&text, "def __len__(self):\n   return %d\n", modules->dict.count);
    if (!define(s, c, "__len__", &text)) return false;
    if (c->kind != LB_MODULE_DICT) return true;
    text = (struct text){0};
    text_put(&text, "def __contains__(self, key: str):\n   return ");
    text_put(&text, modules->dict.count ? "key in [" : "False");
    int position = 0;
    for (struct thing_entry *e, *first = NULL; (e = thing_dict_step(modules, &position)); first = e) {
        text_put(&text, first ? ", " : "");
        if (!thing_put_repr(s->v, &text, e->key)) return text_free(&text), false;
    }
    text_put(&text, modules->dict.count ? "]\n" : "\n");
    return define(s, c, "__contains__", &text);
}

/* ---- compiling a module with all below it ---- */

static bool compile_module(struct script *s, struct concrete *c, struct thing *module,
                           const struct type *interface);

static bool compile_below(struct script *s, const struct concrete *c, const struct thing *module) {
    for (int i = 0; i < c->modules.count; i++) {
        const struct concrete_module *m = &c->modules.items[i];
        struct thing *value = thing_dict_find_name(module->instance->modules, m->name);
        struct concrete *own = m->concrete ? m->concrete : script_concrete(s, value);
        const struct script_way way = {s->way, m->name}, *outer = s->way;
        s->way = &way;
        bool good = (own && compile_module(s, own, value, m->interface)) || go_on(s);
        s->way = outer;
        if (!good) return false;
    }
    return true;
}

static bool compile_module(struct script *s, struct concrete *c, struct thing *module,
                           const struct type *interface) {
    if (!evaluator_enter(s->v, (struct source_range){0})) return false;
    bool good = compile_below(s, c, module) && (!interface || compile_for_interface(s, c, interface)) &&
                (c->compiled || interface || compile_methods(s, c)) && container_methods(s, c, module);
    if (!interface) c->compiled = true;
    evaluator_leave(s->v);
    return good;
}

/* ---- objects ---- */

static bool set_slot(struct script *s, const struct concrete *c, struct thing *value,
                     const struct class_attribute *a, lb_value *slot) {
    if (script_convert(s, value, a->type, slot)) return true;
    if (s->err->code) return false;
    struct text want = {0};
    type_put_annotation(&want, a->type);
    lang_report_bare(
        s->err,
        &(struct explanation){.code = ERROR_ATTRIBUTE_TYPE, .at = script_place_set(s, c, a->name->text)},
        "the attribute '%s' of %s is declared to be %s, but is a '%s'", a->name->text, c->class->name->text,
        text_get(&want), thing_type_name(value));
    text_free(&want);
    return false;
}

static bool module_object(struct script *s, struct concrete *c, struct thing *module, lb_value *out);

/* A slot holds a submodule, or a value: one of those that the module began with, or one that its methods
 * were found to need. */
static bool fill_slot(struct script *s, const struct concrete *c, struct thing *module, lb_value object,
                      int slot) {
    const struct class_attribute *a = &c->type->definition->attributes.items[slot];
    int at = slot - c->attributes.count;
    struct thing *value = thing_find_attribute(s->v, module, a->name, (struct source_range){0});
    if (!value)
        return s->err->code ? false
                            : error_set(s->err, LB_ERROR_INTERNAL, "no attribute '%s'", a->name->text);
    if (at < 0 || at >= c->modules.count) return set_slot(s, c, value, a, &object.object->slots[slot]);
    struct concrete *own = c->modules.items[at].concrete;
    if (!own) own = script_concrete(s, value);
    const struct type *interface = c->modules.items[at].interface;
    struct source_range place = interface ? script_place_set(s, c, a->name->text) : (struct source_range){0};
    if (own && interface &&
        !lang_check_interface(s->unit, own->type, interface, a->name->text, place, s->err))
        return false;
    return own && module_object(s, own, value, &object.object->slots[slot]);
}

static bool module_object(struct script *s, struct concrete *c, struct thing *module, lb_value *out) {
    if (!evaluator_enter(s->v, (struct source_range){0})) return false;
    int slots = c->type->definition->attributes.count;
    bool good = value_new_object(out, c->type, slots, s->err);
    for (int i = 0; good && i < slots; i++) good = fill_slot(s, c, module, *out, i);
    evaluator_leave(s->v);
    return good;
}

static bool make_module(struct script *s, struct thing *module, lb_value *out) {
    struct concrete *c = script_concrete(s, module);
    bool good = (c && compile_module(s, c, module, NULL)) || go_on(s);
    if (good && s->faults.code) error_move(s->err, &s->faults);
    if (s->err->code) return false;
    for (struct concrete *each = s->concretes; each && s->whole; each = each->next)
        class_drop_uncompiled(each->type->definition);
    return module_object(s, c, module, out);
}

bool script_module(struct script *s, struct thing *module, lb_value *out) {
    lb_error *err = s->err, strict = {0};
    *out = value_none();
    s->err = s->v->err = &strict;
    bool good = make_module(s, module, out);
    s->err = s->v->err = err;
    if (!good && strict.code == LB_ERROR_COMPILE) {
        value_release(*out);
        *out = value_none();
        error_clear(&strict);
        return script_begin_whole(s, module) && make_module(s, module, out);
    }
    error_move(err, &strict);
    return good;
}
