/* nn.Module: where assigned values go, registering, walking the tree of modules, conversions
 * (torch/nn/modules/module.py). Parameters, buffers and submodules are three dicts of an instance; everything
 * else is an ordinary attribute. */
#include "construct/natives.h"
#include <string.h>

/* What __new__ gives: `training` and its like come with __init__. */
bool module_begin(struct evaluator *v, struct thing *t) {
    struct thing_instance *m = t->instance;
    m->parameters = thing_new(v, THING_DICT);
    m->buffers = thing_new(v, THING_DICT);
    m->modules = thing_new(v, THING_DICT);
    m->transient = thing_new(v, THING_SET);
    m->hooks = thing_list(v, NULL, 0);
    m->pre_hooks = thing_list(v, NULL, 0);
    return m->hooks && m->pre_hooks && m->parameters && m->buffers && m->modules && m->transient;
}

NATIVE(run_init) {
    const struct name *training = evaluator_name(v, "training"),
                      *hook = evaluator_name(v, "_is_full_backward_hook");
    if (!training || !hook) return NULL;
    struct bindings *b = &self->instance->attributes;
    self->instance->begun = true;
    return bindings_set(v, b, training, v->yes) && bindings_set(v, b, hook, v->none) ? v->none : NULL;
}

struct thing *module_member(const struct thing *t, const struct name *name) {
    const struct thing_instance *m = t->instance;
    struct thing *found = thing_dict_find_name(m->parameters, name);
    if (!found) found = thing_dict_find_name(m->buffers, name);
    if (!found) found = thing_dict_find_name(m->modules, name);
    if (found) return found;
    if (!strcmp(name->text, "_parameters")) return m->parameters;
    if (!strcmp(name->text, "_buffers")) return m->buffers;
    if (!strcmp(name->text, "_modules")) return m->modules;
    return strcmp(name->text, "_non_persistent_buffers_set") ? NULL : m->transient;
}

/* ---- setting ---- */

static bool drop(struct evaluator *v, struct thing *dict, const struct name *name) {
    if (!thing_dict_find_name(dict, name)) return false;
    struct thing *key = thing_name(v, name);
    return key && thing_dict_take(v, dict, key);
}

static bool not_begun(struct evaluator *v, const struct thing *t, const char *what, struct source_range at) {
    if (t->instance->begun) return false;
    raise_error(v, at, "AttributeError", "cannot assign %s before Module.__init__() call", what);
    return true;
}

static bool wrong_kind(struct evaluator *v, const struct thing *value, const struct name *name,
                       const char *what, struct source_range at) {
    raise_error(v, at, "TypeError", "cannot assign '%s' as %s '%s' (%s or None expected)",
                thing_type_name(value), what, name->text, what);
    return false;
}

static void drop_others(struct evaluator *v, struct thing_instance *m, const struct name *name,
                        const struct thing *but) {
    bindings_remove(&m->attributes, name);
    if (m->parameters != but) drop(v, m->parameters, name);
    if (m->buffers != but) drop(v, m->buffers, name);
    if (m->modules != but) drop(v, m->modules, name);
}

bool module_set(struct evaluator *v, struct thing *t, const struct name *name, struct thing *value,
                struct source_range at) {
    struct thing_instance *m = t->instance;
    bool none = thing_is_none(value);
    if (value->is_parameter) {
        if (not_begun(v, t, "parameters", at)) return false;
        drop_others(v, m, name, m->parameters);
        return thing_dict_put_name(v, m->parameters, name, value);
    }
    if (thing_dict_find_name(m->parameters, name))
        return none ? thing_dict_put_name(v, m->parameters, name, value)
                    : wrong_kind(v, value, name, "parameter", at);
    if (thing_is_module(value)) {
        if (not_begun(v, t, "module", at)) return false;
        drop_others(v, m, name, m->modules);
        return thing_dict_put_name(v, m->modules, name, value);
    }
    if (thing_dict_find_name(m->modules, name))
        return none ? thing_dict_put_name(v, m->modules, name, value)
                    : wrong_kind(v, value, name, "child module", at);
    if (thing_dict_find_name(m->buffers, name))
        return none || thing_is_tensor(value) ? thing_dict_put_name(v, m->buffers, name, value)
                                              : wrong_kind(v, value, name, "buffer", at);
    return bindings_set(v, &m->attributes, name, value);
}

bool module_delete(struct evaluator *v, struct thing *t, const struct name *name) {
    struct thing_instance *m = t->instance;
    return drop(v, m->parameters, name) || drop(v, m->buffers, name) || drop(v, m->modules, name);
}

/* ---- registering ---- */

/* The name to register under: not there yet, without a dot. */
static const struct name *new_name(struct evaluator *v, struct thing *self, const struct call *call,
                                   const char *what) {
    struct thing *text = call_argument(call, 0, "name");
    const struct name *name = text ? thing_as_name(v, text, call->at) : NULL;
    if (!name) return raise_error(v, call->at, "TypeError", "%s name should be a string", what);
    if (strchr(name->text, '.'))
        return raise_error(v, call->at, "KeyError", "\"%s name can't contain '.'\"", what);
    if (!name->length)
        return raise_error(v, call->at, "KeyError", "\"%s name can't be empty string ''\"", what);
    bool there =
        bindings_get(&self->instance->attributes, name) || class_member(self->class, NULL, name, NULL);
    if (there) return raise_error(v, call->at, "KeyError", "\"attribute '%s' already exists\"", name->text);
    return not_begun(v, self, what, call->at) ? NULL : name;
}

NATIVE(run_register_buffer) {
    if (!call_takes(v, call, "register_buffer", 2, 3, "name tensor persistent")) return NULL;
    const struct name *name = new_name(v, self, call, "buffer");
    struct thing *value = call_argument(call, 1, "tensor"),
                 *persistent = call_argument(call, 2, "persistent");
    int keep = persistent ? thing_true(v, persistent) : 1;
    if (!name || keep < 0) return NULL;
    if (!value || !(thing_is_tensor(value) || thing_is_none(value)))
        return raise_error(v, call->at, "TypeError",
                           "cannot assign '%s' object to buffer '%s' (torch Tensor or None required)",
                           value ? thing_type_name(value) : "NoneType", name->text);
    if (!thing_dict_put_name(v, self->instance->buffers, name, value)) return NULL;
    return keep || thing_dict_put_name(v, self->instance->transient, name, v->none) ? v->none : NULL;
}

NATIVE(run_register_parameter) {
    if (!call_takes(v, call, "register_parameter", 2, 2, "name param")) return NULL;
    const struct name *name = new_name(v, self, call, "parameter");
    struct thing *value = call_argument(call, 1, "param");
    if (!name) return NULL;
    if (!value || !(value->is_parameter || thing_is_none(value)))
        return raise_error(
            v, call->at, "TypeError",
            "cannot assign '%s' object to parameter '%s' (torch.nn.Parameter or None required)",
            value ? thing_type_name(value) : "NoneType", name->text);
    return thing_dict_put_name(v, self->instance->parameters, name, value) ? v->none : NULL;
}

NATIVE(run_add_module) {
    if (!call_takes(v, call, "add_module", 2, 2, "name module")) return NULL;
    struct thing *value = call_argument(call, 1, "module"), *text = call_argument(call, 0, "name");
    const struct name *key = text ? thing_as_name(v, text, call->at) : NULL;
    bool again = key && thing_dict_find_name(self->instance->modules, key);
    const struct name *name = again ? key : new_name(v, self, call, "module");
    if (!name) return NULL;
    if (!value || !(thing_is_module(value) || thing_is_none(value)))
        return raise_error(v, call->at, "TypeError", "%s is not a Module subclass",
                           value ? thing_type_name(value) : "None");
    return thing_dict_put_name(v, self->instance->modules, name, value) ? v->none : NULL;
}

static struct thing *add_hook(struct evaluator *v, struct thing *list, const struct call *call) {
    if (call->named_count)
        return raise_refusal(v, call->at, "register a hook without options", "hooks with options");
    if (call->count != 1) return raise_error(v, call->at, "TypeError", "a hook is wanted");
    return thing_append(v, list, call->args[0]) ? thing_library(v, "torch.utils.hooks.RemovableHandle()")
                                                : NULL;
}
NATIVE(run_forward_hook) {
    return add_hook(v, self->instance->hooks, call);
}
NATIVE(run_forward_pre_hook) {
    return add_hook(v, self->instance->pre_hooks, call);
}

/* ---- walking the tree ---- */

/* What a walk gathers: pairs of a dotted name and a thing, each thing once. */
struct walk {
    struct evaluator *v;
    struct thing *pairs, *seen; /* a list and a set */
    enum { WALK_MODULES, WALK_PARAMETERS, WALK_BUFFERS } what;
    bool recurse;
};

static struct thing *dotted(struct evaluator *v, const char *prefix, const struct thing *name) {
    const struct string *s = name->value.string;
    char *text = arena_printf(&v->memory, "%s%s%.*s", prefix, *prefix ? "." : "", (int)s->length, s->bytes);
    return text ? thing_text_of(v, text) : raise_memory(v);
}

static bool gather(struct walk *w, struct thing *name, struct thing *value) {
    struct thing *id = thing_int(w->v, (int64_t)(intptr_t)value);
    if (!id || !name) return false;
    if (thing_dict_find(w->v, w->seen, id)) return true;
    return thing_dict_put(w->v, w->seen, id, w->v->none) &&
           thing_append(w->v, w->pairs, thing_pair(w->v, name, value));
}

static bool walk_own(struct walk *w, const struct thing *t, const char *prefix) {
    const struct thing *dict = w->what == WALK_PARAMETERS ? t->instance->parameters : t->instance->buffers;
    int position = 0;
    for (struct thing_entry *e; (e = thing_dict_step(dict, &position));)
        if (!thing_is_none(e->value) && !gather(w, dotted(w->v, prefix, e->key), e->value)) return false;
    return true;
}

static bool walk_module(struct walk *w, struct thing *t, const char *prefix) {
    int position = 0;
    if (!evaluator_enter(w->v, (struct source_range){0})) return false;
    int before = w->pairs->count;
    bool good = w->what == WALK_MODULES ? gather(w, thing_text_of(w->v, prefix), t) : walk_own(w, t, prefix);
    bool known = w->what == WALK_MODULES && good && w->pairs->count == before;
    for (struct thing_entry *e;
         good && !known && w->recurse && (e = thing_dict_step(t->instance->modules, &position));) {
        if (thing_is_none(e->value)) continue;
        struct thing *name = dotted(w->v, prefix, e->key);
        good = name && walk_module(w, e->value, name->value.string->bytes);
    }
    evaluator_leave(w->v);
    return good;
}

static struct thing *walked(struct evaluator *v, struct thing *self, const struct call *call, int what) {
    struct thing *prefix = call_argument(call, 0, "prefix"), *recurse = call_argument(call, 1, "recurse");
    struct walk w = {v, thing_list(v, NULL, 0), thing_new(v, THING_SET), what, true};
    int deep = recurse && what != WALK_MODULES ? thing_true(v, recurse) : 1;
    w.recurse = deep;
    bool named = prefix && thing_is_text(prefix);
    return w.pairs && w.seen && deep >= 0 && walk_module(&w, self, named ? prefix->value.string->bytes : "")
               ? w.pairs
               : NULL;
}

/* The second of each pair. */
static struct thing *values_of(struct evaluator *v, struct thing *pairs) {
    struct thing *list = pairs ? thing_list(v, NULL, 0) : NULL;
    for (int i = 0; list && i < pairs->count; i++)
        if (!thing_append(v, list, pairs->items[i]->items[1])) return NULL;
    if (list) list->kind = THING_ITERATOR;
    return list;
}
static struct thing *as_iterator(struct thing *pairs) {
    if (pairs) pairs->kind = THING_ITERATOR;
    return pairs;
}

/* parameters(recurse=True): its first argument is the second of named_parameters. */
static struct thing *plain_walk(struct evaluator *v, struct thing *self, const struct call *call, int what) {
    struct thing *recurse = call_argument(call, 0, "recurse"),
                 *args[2] = {v->none, recurse ? recurse : v->yes};
    struct call inner = {.args = args, .count = 2, .at = call->at};
    return values_of(v, walked(v, self, &inner, what));
}

NATIVE(run_parameters) {
    return plain_walk(v, self, call, WALK_PARAMETERS);
}
NATIVE(run_named_parameters) {
    return as_iterator(walked(v, self, call, WALK_PARAMETERS));
}
NATIVE(run_buffers) {
    return plain_walk(v, self, call, WALK_BUFFERS);
}
NATIVE(run_named_buffers) {
    return as_iterator(walked(v, self, call, WALK_BUFFERS));
}
NATIVE(run_modules) {
    struct call none = {.at = call->at};
    return call_takes(v, call, "modules", 0, 0, "") ? values_of(v, walked(v, self, &none, WALK_MODULES))
                                                    : NULL;
}
NATIVE(run_named_modules) {
    struct thing *prefix = call_argument(call, 1, "prefix");
    struct call inner = {.args = &prefix, .count = prefix != NULL, .at = call->at};
    return as_iterator(walked(v, self, &inner, WALK_MODULES));
}

/* Children, each once. */
static struct thing *children(struct evaluator *v, struct thing *self) {
    struct walk w = {v, thing_list(v, NULL, 0), thing_new(v, THING_SET), WALK_MODULES, false};
    int position = 0;
    for (struct thing_entry *e;
         w.pairs && w.seen && (e = thing_dict_step(self->instance->modules, &position));)
        if (!thing_is_none(e->value) && !gather(&w, e->key, e->value)) return NULL;
    return w.pairs;
}
NATIVE(run_children) {
    return call_takes(v, call, "children", 0, 0, "") ? values_of(v, children(v, self)) : NULL;
}
NATIVE(run_named_children) {
    return call_takes(v, call, "named_children", 0, 0, "") ? as_iterator(children(v, self)) : NULL;
}

NATIVE(run_get_submodule) {
    if (!call_takes(v, call, "get_submodule", 1, 1, "target")) return NULL;
    struct thing *path = call_argument(call, 0, "target"), *t = self;
    if (!thing_is_text(path)) return raise_error(v, call->at, "TypeError", "a path is a str");
    for (const char *at = path->value.string->bytes; *at && t;) {
        size_t length = strcspn(at, ".");
        const struct name *name = name_intern(&v->unit->names, at, length);
        t = name ? thing_attribute(v, t, name, call->at) : raise_memory(v);
        at += length + (at[length] == '.');
    }
    return t;
}

/* ---- changing all of it ---- */

/* Calls `change` for the module and all below it, each once. */
static bool each_module(struct evaluator *v, struct thing *self,
                        bool (*change)(struct evaluator *, struct thing *, const void *), const void *with) {
    struct call none = {.at = {0}};
    struct thing *pairs = walked(v, self, &none, WALK_MODULES);
    for (int i = 0; pairs && i < pairs->count; i++)
        if (!change(v, pairs->items[i]->items[1], with)) return false;
    return pairs != NULL;
}

static bool set_training(struct evaluator *v, struct thing *t, const void *mode) {
    const struct name *training = evaluator_name(v, "training");
    return training &&
           bindings_set(v, &t->instance->attributes, training, thing_bool(v, *(const bool *)mode));
}

NATIVE(run_train) {
    struct thing *mode = call_argument(call, 0, "mode");
    int yes = mode ? thing_true(v, mode) : 1;
    bool training = yes > 0;
    return yes >= 0 && call_takes(v, call, "train", 0, 1, "mode") &&
                   each_module(v, self, set_training, &training)
               ? self
               : NULL;
}
NATIVE(run_eval) {
    bool training = false;
    return call_takes(v, call, "eval", 0, 0, "") && each_module(v, self, set_training, &training) ? self
                                                                                                  : NULL;
}

static bool set_grad(struct evaluator *v, struct thing *t, const void *yes) {
    (void)v;
    int position = 0;
    for (struct thing_entry *e; (e = thing_dict_step(t->instance->parameters, &position));)
        if (thing_is_tensor(e->value)) tensor_set_requires_grad(e->value->value.tensor, *(const bool *)yes);
    return true;
}
NATIVE(run_requires_grad) {
    struct thing *mode = call_argument(call, 0, "requires_grad");
    int yes = mode ? thing_true(v, mode) : 1;
    bool grad = yes > 0;
    return yes >= 0 && each_module(v, self, set_grad, &grad) ? self : NULL;
}

/* apply(f): the children first. */
static bool apply(struct evaluator *v, struct thing *t, struct thing *function, struct source_range at) {
    if (!evaluator_enter(v, at)) return false;
    int position = 0;
    bool good = true;
    for (struct thing_entry *e; good && (e = thing_dict_step(t->instance->modules, &position));)
        if (!thing_is_none(e->value)) good = apply(v, e->value, function, at);
    good = good && call_thing_with(v, function, at, &t, 1);
    evaluator_leave(v);
    return good;
}
NATIVE(run_apply) {
    return call_takes(v, call, "apply", 1, 1, "fn") && apply(v, self, call_argument(call, 0, "fn"), call->at)
               ? self
               : NULL;
}

/* The same parameter object gets another tensor, so that what is tied stays tied. */
static bool convert_tensor(struct evaluator *v, struct thing *t, struct thing *dtype) {
    struct tensor *old = t->value.tensor;
    if (!dtype_is_floating((enum dtype)old->dtype)) return true;
    struct thing *made =
        thing_operate(v, "aten::to", (struct source_range){0}, (struct thing *[]){t, dtype}, 2);
    if (!made) return false;
    struct tensor *tensor = tensor_retain(made->value.tensor);
    tensor_set_requires_grad(tensor, (old->flags & TENSOR_REQUIRES_GRAD) != 0);
    tensor_release(old);
    t->value.tensor = tensor;
    return true;
}

static bool convert(struct evaluator *v, struct thing *t, const void *dtype) {
    for (int which = 0; which < 2; which++) {
        int position = 0;
        const struct thing *dict = which ? t->instance->buffers : t->instance->parameters;
        for (struct thing_entry *e; (e = thing_dict_step(dict, &position));)
            if (thing_is_tensor(e->value) && !convert_tensor(v, e->value, (struct thing *)(uintptr_t)dtype))
                return false;
    }
    return true;
}

static struct thing *converted(struct evaluator *v, struct thing *self, const char *dtype) {
    struct thing *t = thing_library(v, dtype);
    return t && each_module(v, self, convert, t) ? self : NULL;
}
NATIVE(run_float) {
    return call_takes(v, call, "float", 0, 0, "") ? converted(v, self, "torch.float32") : NULL;
}
NATIVE(run_double) {
    return call_takes(v, call, "double", 0, 0, "") ? converted(v, self, "torch.float64") : NULL;
}
NATIVE(run_half) {
    return call_takes(v, call, "half", 0, 0, "") ? converted(v, self, "torch.float16") : NULL;
}
NATIVE(run_bfloat16) {
    return call_takes(v, call, "bfloat16", 0, 0, "") ? converted(v, self, "torch.bfloat16") : NULL;
}

/* to(dtype), to("cpu"): nothing but the dtype changes. */
NATIVE(run_to) {
    struct thing *dtype = call_argument(call, -1, "dtype");
    for (int i = 0; i < call->count; i++)
        if (call->args[i]->kind == THING_LIBRARY && library_is_dtype(call->args[i]->path))
            dtype = call->args[i];
    if (!dtype || thing_is_none(dtype)) return self;
    return each_module(v, self, convert, dtype) ? self : NULL;
}
NATIVE(run_itself) {
    return self;
}

NATIVE(run_get_name) {
    return call_takes(v, call, "_get_name", 0, 0, "") ? thing_name(v, self->class->name) : NULL;
}
NATIVE(run_extra_repr) {
    return call_takes(v, call, "extra_repr", 0, 0, "") ? thing_text_of(v, "") : NULL;
}
const struct native_function module_methods[] = {
    {"__init__", run_init},
    {"register_buffer", run_register_buffer},
    {"register_parameter", run_register_parameter},
    {"register_module", run_add_module},
    {"add_module", run_add_module},
    {"register_forward_hook", run_forward_hook},
    {"register_forward_pre_hook", run_forward_pre_hook},
    {"parameters", run_parameters},
    {"named_parameters", run_named_parameters},
    {"buffers", run_buffers},
    {"named_buffers", run_named_buffers},
    {"modules", run_modules},
    {"named_modules", run_named_modules},
    {"children", run_children},
    {"named_children", run_named_children},
    {"get_submodule", run_get_submodule},
    {"get_parameter", run_get_submodule},
    {"get_buffer", run_get_submodule},
    {"train", run_train},
    {"eval", run_eval},
    {"requires_grad_", run_requires_grad},
    {"apply", run_apply},
    {"float", run_float},
    {"double", run_double},
    {"half", run_half},
    {"bfloat16", run_bfloat16},
    {"to", run_to},
    {"cpu", run_itself},
    {"share_memory", run_itself},
    {"_get_name", run_get_name},
    {"extra_repr", run_extra_repr},
    {NULL, NULL},
};
