/* Classes of modules by what modules have: infer_concrete_type_builder in torch/jit/_recursive.py and
 * torch/csrc/jit/frontend/concrete_module_type.cpp. Modules of one Python class whose attributes' types,
 * constants, submodules, functions and hooks are equal share a class. */
#include "base/mem.h"
#include "construct/script.h"
#include "lang/python_names.h"
#include "lang/report.h"
#include <stdlib.h>
#include <string.h>

/* ---- annotations of the class ---- */

/* The nearest class in the order of bases that has annotations hides those of the others; nn.Module's own
 * stand behind all: `_is_full_backward_hook: Optional[bool]`, `training: bool`. */
static const struct thing_class *annotated_class(const struct thing_class *c) {
    for (int i = 0; i < c->order_count; i++)
        if (c->order[i]->annotation_count) return c->order[i];
    return NULL;
}

static const struct tree *annotation_of(const struct thing_class *c, const struct name *name) {
    for (int i = 0; c && i < c->annotation_count; i++)
        if (c->annotations[i].name == name) return c->annotations[i].type;
    return NULL;
}

static bool is_final(struct script *s, const struct tree *t, struct scope *scope) {
    bool subscript = t->kind == TREE_SUBSCRIPT;
    const struct tree *head = subscript ? t->items[0] : t;
    if (head->kind != TREE_NAME && head->kind != TREE_ATTRIBUTE) return false;
    struct thing *found = evaluate(s->v, scope, head);
    if (!found) error_clear(s->err);
    return found && found->kind == THING_LIBRARY && !strcmp(found->path, "typing.Final");
}

/* ---- types of attributes ---- */

static const struct type *module_annotation(struct script *s, const struct name *name) {
    struct type_store *types = &s->unit->types;
    if (!strcmp(name->text, "training")) return types->simple[TYPE_BOOL];
    if (strcmp(name->text, "_is_full_backward_hook")) return NULL;
    return type_optional(types, types->simple[TYPE_BOOL]);
}

static bool contains_any(const struct type *t) {
    if (t->kind == TYPE_ANY) return true;
    for (int i = 0; i < t->count; i++)
        if (contains_any(t->items[i])) return true;
    return false;
}

/* A NamedTuple's type, where PyTorch lets an attribute have it. */
static const struct type *attribute_tuple(struct script *s, struct thing_class *c) {
    const struct type *type = script_class_type(s, c);
    return type && !contains_any(type) ? type : NULL;
}

/* By the class's annotation, torch.jit.Attribute, or the value itself; last by what __init__ says where it
 * assigns it. NULL without an error: it shows none. */
static const struct type *attribute_type(struct script *s, struct thing *module, const struct name *name,
                                         struct thing *value) {
    const struct thing_class *c = annotated_class(module->class);
    const struct tree *t = annotation_of(c, name);
    if (t) return script_annotation(s, t, c->scope);
    const struct type *own = c ? NULL : module_annotation(s, name);
    if (own) return own;
    if (value->kind == THING_TYPED) return script_thing_type(s, value->typed.type);
    bool named = s->whole && value->kind == THING_TUPLE && value->class;
    if (named) return attribute_tuple(s, value->class);
    lb_value shown;
    const struct type *type = NULL;
    if (script_value(s, value, &shown)) type = type_infer(&s->unit->types, shown);
    value_release(shown);
    struct thing *said = type ? NULL : bindings_get(&module->instance->annotations, name);
    if (said && !s->err->code) return script_annotation(s, said->annotation.tree, said->annotation.scope);
    return type;
}

/* ---- gathering ---- */

struct gathering {
    struct script *s;
    struct concrete *c;
    struct thing *module;
};

static bool is_added(const struct concrete *c, const struct name *name) {
    for (int i = 0; i < c->attributes.count; i++)
        if (c->attributes.items[i].name == name) return true;
    for (int i = 0; i < c->modules.count; i++)
        if (c->modules.items[i].name == name) return true;
    for (int i = 0; i < c->constants.count; i++)
        if (c->constants.items[i].name == name) return true;
    return false;
}

static bool add_attribute(struct gathering *g, const struct name *name, const struct type *type, int flags) {
    struct concrete_attribute a = {name, type, flags};
    return type && (array_push_in(&g->s->v->memory, &g->c->attributes, a) || error_memory(g->s->err));
}

static const struct name *key_name(struct gathering *g, const struct thing_entry *e) {
    return thing_as_name(g->s->v, e->key, (struct source_range){0});
}

/* Parameters or buffers: Tensors, or None. */
static bool gather_tensors(struct gathering *g, const struct thing *dict, int flags) {
    int position = 0;
    for (struct thing_entry *e; (e = thing_dict_step(dict, &position));) {
        const struct name *name = key_name(g, e);
        if (!name || !add_attribute(g, name, attribute_type(g->s, g->module, name, e->value), flags))
            return false;
    }
    return true;
}

static bool gather_module(struct gathering *g, const struct name *name, struct thing *value) {
    struct script *s = g->s;
    if (thing_is_none(value)) return add_attribute(g, name, s->unit->types.simple[TYPE_NONE], 0);
    const struct thing_class *c = annotated_class(g->module->class);
    const struct tree *t = annotation_of(c, name);
    const struct type *declared = t ? script_annotation(s, t, c->scope) : NULL;
    if (declared && declared->kind != TYPE_INTERFACE) declared = NULL;
    if (t && !declared) error_clear(s->err); /* `fc: nn.Linear` says nothing to a program */
    struct concrete_module m = {.name = name, .interface = declared};
    if (!declared && !(m.concrete = script_concrete(s, value))) return false;
    return array_push_in(&s->v->memory, &g->c->modules, m) || error_memory(s->err);
}

static bool gather_modules(struct gathering *g) {
    int position = 0;
    for (struct thing_entry *e; (e = thing_dict_step(g->module->instance->modules, &position));) {
        const struct name *name = key_name(g, e);
        if (!name || !gather_module(g, name, e->value)) return false;
    }
    return true;
}

/* ---- constants ---- */

static bool is_constant(const struct thing *t) {
    if (t->kind == THING_TUPLE || t->kind == THING_LIST) {
        for (int i = 0; i < t->count; i++)
            if (!is_constant(t->items[i])) return false;
        return true;
    }
    if (t->kind == THING_LIBRARY) return library_is_dtype(t->path);
    return t->kind == THING_VALUE && !thing_is_tensor(t);
}

/* Lists become tuples. */
static struct thing *as_constant(struct script *s, struct thing *t) {
    if (t->kind != THING_LIST && t->kind != THING_TUPLE) return t;
    struct thing *tuple = thing_tuple(s->v, t->items, t->count);
    for (int i = 0; tuple && i < t->count; i++)
        if (!(tuple->items[i] = as_constant(s, t->items[i]))) return NULL;
    return tuple;
}

static bool gather_constant(struct gathering *g, const struct name *name) {
    struct script *s = g->s;
    if (is_added(g->c, name)) return true;
    struct thing *value = thing_find_attribute(s->v, g->module, name, (struct source_range){0});
    if (!value) return !s->err->code;
    if (!is_constant(value))
        return lang_report_bare(
            s->err, &(struct explanation){.code = ERROR_CONSTANT, .kind = "TypeError"},
            "'%s' object in attribute '%s.%s' is not a valid constant. Constants are bools, ints, "
            "floats, texts, None, devices, dtypes, and tuples and lists of these",
            thing_type_name(value), g->module->class->name->text, name->text);
    struct concrete_constant c = {name, as_constant(s, value)};
    return c.value && (array_push_in(&s->v->memory, &g->c->constants, c) || error_memory(s->err));
}

/* Those of __constants__, then those annotated Final. */
static bool gather_constants(struct gathering *g) {
    struct script *s = g->s;
    const struct name *key = name_of(&s->unit->names, "__constants__");
    struct thing *listed = key ? class_member(g->module->class, NULL, key, NULL) : NULL;
    struct thing *names = listed ? thing_items(s->v, listed, (struct source_range){0}) : NULL;
    for (int i = 0; names && i < names->count; i++) {
        const struct name *name = thing_as_name(s->v, names->items[i], (struct source_range){0});
        if (!name || !gather_constant(g, name)) return false;
    }
    const struct thing_class *c = annotated_class(g->module->class);
    for (int i = 0; c && !s->err->code && i < c->annotation_count; i++)
        if (is_final(s, c->annotations[i].type, c->scope) && !gather_constant(g, c->annotations[i].name))
            return false;
    return key ? !s->err->code : error_memory(s->err);
}

/* ---- the other attributes ---- */

static bool add_other(struct gathering *g, const struct name *name, struct thing *thing, const char *failed) {
    struct concrete_other o = {name, thing, failed};
    return array_push_in(&g->s->v->memory, &g->c->others, o) || error_memory(g->s->err);
}

/* A function is compiled at once; one that does not compile is told when it is used. */
static bool gather_function(struct gathering *g, const struct name *name, struct thing *t) {
    struct script *s = g->s;
    int count = 0;
    struct function **f = script_functions(s, t->function, &count);
    for (int i = 0; f && i < count && !s->err->code; i++) lang_ensure(f[i], s->err);
    bool compiled = !s->err->code;
    if (!compiled && s->err->code != LB_ERROR_COMPILE) return false;
    if (s->whole) error_clear(s->err); /* it may compile for a call of it */
    if (compiled || s->whole) return add_other(g, name, t, NULL);
    const char *why =
        arena_printf(&s->v->memory,
                     "(This function exists as an attribute on the Python module, but we failed to "
                     "compile it to a TorchScript function. \nThe error stack is reproduced here:\n%s)",
                     error_message(s->err));
    error_clear(s->err);
    return why ? add_other(g, name, NULL, why) : error_memory(s->err);
}

static bool gather_value(struct gathering *g, const struct name *name, struct thing *value) {
    struct script *s = g->s;
    const struct type *type = attribute_type(s, g->module, name, value);
    if (type) return add_attribute(g, name, type, 0);
    if (s->whole && (!s->err->code || s->err->code == LB_ERROR_COMPILE)) {
        error_clear(s->err);
        return add_other(g, name, value, NULL);
    }
    if (s->err->code) return false;
    const char *why =
        arena_printf(&s->v->memory,
                     "(This attribute exists on the Python module, but we failed to convert Python type: "
                     "'%s' to a TorchScript type. Its type was inferred; try adding a type annotation for "
                     "the attribute.)",
                     thing_type_name(value));
    return why ? add_other(g, name, NULL, why) : error_memory(s->err);
}

static bool is_operator(struct script *s, const struct thing *t) {
    const struct python_name *n = python_name_find(t->path);
    return (n && n->op) || python_operator(&s->v->memory, t->path);
}

static bool gather_other(struct gathering *g, const struct name *name, struct thing *value) {
    struct thing *resolved = library_resolve(g->s->v, value, (struct source_range){0});
    if (!resolved) return false;
    if (resolved->kind == THING_FUNCTION) return gather_function(g, name, resolved);
    if (resolved->kind == THING_LIBRARY && is_operator(g->s, resolved))
        return add_other(g, name, resolved, NULL);
    return gather_value(g, name, value);
}

static bool gather_others(struct gathering *g) {
    const struct bindings *b = &g->module->instance->attributes;
    for (int i = 0; i < b->count; i++) {
        const struct name *name = b->items[i].name;
        if (!strncmp(name->text, "__", 2) || is_added(g->c, name)) continue;
        if (!gather_other(g, name, b->items[i].thing)) return false;
    }
    return true;
}

/* ---- kinds of containers ---- */

static bool derives_from(struct script *s, const struct thing_class *c, const char *path) {
    struct thing library = {.kind = THING_LIBRARY, .path = path};
    struct thing *found = library_resolve(s->v, &library, (struct source_range){0});
    return found && found->kind == THING_CLASS && class_derives(c, found->as_class);
}

static lb_class_kind kind_of(struct script *s, const struct thing_class *c) {
    static const struct {
        const char *path;
        lb_class_kind kind;
    } kinds[] = {{"torch.nn.modules.container.ModuleDict", LB_MODULE_DICT},
                 {"torch.nn.modules.container.ModuleList", LB_MODULE_LIST},
                 {"torch.nn.modules.container.Sequential", LB_MODULE_LIST},
                 {"torch.nn.modules.container.ParameterList", LB_PARAMETER_LIST},
                 {"torch.nn.modules.container.ParameterDict", LB_PARAMETER_DICT}};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (derives_from(s, c, kinds[i].path)) return kinds[i].kind;
    return LB_MODULE;
}

/* ---- equality ---- */

static bool same_attributes(const struct concrete *a, const struct concrete *b) {
    if (a->attributes.count != b->attributes.count) return false;
    for (int i = 0; i < a->attributes.count; i++) {
        const struct concrete_attribute *x = &a->attributes.items[i], *y = &b->attributes.items[i];
        if (x->name != y->name || x->flags != y->flags || !type_equal(x->type, y->type)) return false;
    }
    return true;
}

static bool same_modules(const struct concrete *a, const struct concrete *b) {
    if (a->modules.count != b->modules.count) return false;
    for (int i = 0; i < a->modules.count; i++) {
        const struct concrete_module *x = &a->modules.items[i];
        bool found = false;
        for (int k = 0; k < b->modules.count && !found; k++) {
            const struct concrete_module *y = &b->modules.items[k];
            found = x->name == y->name && x->concrete == y->concrete && x->interface == y->interface;
        }
        if (!found) return false;
    }
    return true;
}

static bool same_constants(struct script *s, const struct concrete *a, const struct concrete *b) {
    if (a->constants.count != b->constants.count) return false;
    for (int i = 0; i < a->constants.count; i++) {
        struct thing *x = a->constants.items[i].value, *y = b->constants.items[i].value;
        bool same_type = x->kind == y->kind && (x->kind != THING_VALUE || x->value.tag == y->value.tag);
        if (a->constants.items[i].name != b->constants.items[i].name || !same_type ||
            thing_equal(s->v, x, y) != 1)
            return false;
    }
    return true;
}

static bool same_other(struct script *s, struct thing *a, struct thing *b) {
    bool functions = a->kind == THING_FUNCTION || a->kind == THING_LIBRARY;
    return functions || !s->whole ? thing_same(a, b) : thing_equal(s->v, a, b) == 1;
}

static bool same_others(struct script *s, const struct concrete *a, const struct concrete *b) {
    if (a->others.count != b->others.count) return false;
    for (int i = 0; i < a->others.count; i++) {
        const struct concrete_other *x = &a->others.items[i], *y = &b->others.items[i];
        bool things = x->thing && y->thing ? same_other(s, x->thing, y->thing) : x->thing == y->thing;
        if (x->name != y->name || !things) return false;
    }
    return true;
}

static bool same_hooks(const struct thing *a, const struct thing *b) {
    bool same = a->count == b->count;
    for (int i = 0; same && i < a->count; i++) same = a->items[i] == b->items[i];
    return same;
}

static bool is_equal(struct script *s, const struct concrete *a, const struct concrete *b) {
    const struct thing_instance *x = a->example->instance, *y = b->example->instance;
    return a->class == b->class && a->kind == b->kind && same_attributes(a, b) && same_modules(a, b) &&
           same_constants(s, a, b) && same_others(s, a, b) && same_hooks(x->hooks, y->hooks) &&
           same_hooks(x->pre_hooks, y->pre_hooks);
}

/* ---- making the class ---- */

static bool add_slot(struct script *s, struct concrete *c, const struct name *name, const struct type *type,
                     int flags) {
    struct class_attribute a = {.name = name,
                                .type = type_unshaped(&s->unit->types, type),
                                .is_parameter = flags & LB_PARAMETER,
                                .is_buffer = flags & LB_BUFFER};
    return (a.type && class_add_attribute(c->type->definition, a) >= 0) || error_memory(s->err);
}

static bool add_constant(struct script *s, struct concrete *c, const struct concrete_constant *k) {
    lb_value value;
    struct class_constant made = {.name = k->name};
    if (!script_value(s, k->value, &value)) return false;
    made.type = type_infer(&s->unit->types, value);
    bool good = made.type && script_convert(s, k->value, made.type, &made.value);
    value_release(value);
    if (good && class_add_constant(c->type->definition, made)) return true;
    value_release(made.value);
    return lang_report_bare(s->err, &(struct explanation){.code = ERROR_CONSTANT},
                            "the constant '%s' does not show its type", k->name->text);
}

static bool make_class(struct script *s, struct concrete *c) {
    static const char bare[] = "__torch__.torch.nn.modules.module.Module"; /* nn.Module itself is built in */
    const char *qualified = c->class->file ? script_qualified(s, c->class->file, c->class->name) : bare;
    struct script_scope *names = script_scope_new(s, NAMES_OF_MODULE, c);
    if (!qualified || !names) return false;
    c->type = host_class(s->host, qualified, c->kind, names, s->err);
    for (int i = 0; c->type && i < c->attributes.count; i++) {
        const struct concrete_attribute *a = &c->attributes.items[i];
        if (!add_slot(s, c, a->name, a->type, a->flags)) return false;
    }
    for (int i = 0; c->type && i < c->modules.count; i++) {
        const struct concrete_module *m = &c->modules.items[i];
        if (!add_slot(s, c, m->name, m->interface ? m->interface : m->concrete->type, 0)) return false;
    }
    for (int i = 0; c->type && i < c->constants.count; i++)
        if (!add_constant(s, c, &c->constants.items[i])) return false;
    return c->type != NULL;
}

static bool is_begun(struct script *s, const struct thing *module) {
    if (module->instance->begun) return true;
    return lang_report_bare(s->err, &(struct explanation){.code = ERROR_NOT_INITIALIZED},
                            "'%s' has not been initialized, did you forget to call 'super()'?",
                            module->class->name->text);
}

struct concrete *script_concrete(struct script *s, struct thing *module) {
    struct concrete *c = arena_new(&s->v->memory, struct concrete);
    struct gathering g = {s, c, module};
    if (!c) return error_memory(s->err), NULL;
    c->class = module->class;
    c->example = module;
    c->kind = kind_of(s, module->class);
    if (!is_begun(s, module) || !evaluator_enter(s->v, (struct source_range){0})) return NULL;
    bool good = gather_tensors(&g, module->instance->parameters, LB_PARAMETER) &&
                gather_tensors(&g, module->instance->buffers, LB_BUFFER) && gather_modules(&g) &&
                gather_constants(&g) && gather_others(&g);
    evaluator_leave(s->v);
    for (struct concrete *known = s->concretes; good && known; known = known->next)
        if (is_equal(s, known, c)) return known;
    if (!good || !make_class(s, c)) return NULL;
    c->next = s->concretes;
    s->concretes = c;
    return c;
}
