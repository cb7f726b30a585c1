/* Attributes of everything: instances with their classes, modules, classes, functions, values with methods,
 * names of libraries, files. */
#include "construct/natives.h"
#include <string.h>

static bool is(const struct name *name, const char *text) {
    return !strcmp(name->text, text);
}

struct thing *class_bind_member(struct evaluator *v, struct thing *member, struct thing *self,
                                struct thing_class *owner) {
    switch (member->kind) {
    case THING_FUNCTION:
    case THING_NATIVE:
        if (!self) return member;
        break;
    case THING_STATIC: return member->wrapped;
    case THING_CLASS_METHOD:
        self = owner->thing;
        member = member->wrapped;
        break;
    case THING_PROPERTY:
        return self ? call_thing_with(v, member->property.getter, (struct source_range){0}, &self, 1)
                    : member;
    default: return member;
    }
    if (member->kind == THING_NATIVE)
        return thing_native_of(v, member->native.name, member->native.run, self);
    struct thing *method = thing_new(v, THING_METHOD);
    if (!method) return NULL;
    method->bound.function = member;
    method->bound.self = self;
    return method;
}

/* ---- classes ---- */

static struct thing *class_name(struct evaluator *v, const struct thing_class *c, const struct name *name) {
    if (is(name, "__name__")) return thing_name(v, c->name);
    if (is(name, "__qualname__")) return thing_name(v, c->qualified);
    if (is(name, "__module__")) return thing_text_of(v, c->file ? c->file->name : "builtins");
    return is(name, "__doc__") ? v->none : NULL;
}

/* __mro__ and __bases__. */
static struct thing *class_rows(struct evaluator *v, const struct thing_class *c, const struct name *name) {
    bool order = is(name, "__mro__");
    if (!order && !is(name, "__bases__")) return NULL;
    struct thing *row = thing_list(v, NULL, 0);
    for (int i = 0; row && i < (order ? c->order_count : c->base_count); i++)
        if (!thing_append(v, row, (order ? c->order[i] : c->bases[i])->thing)) return NULL;
    if (row) row->kind = THING_TUPLE;
    return row;
}

static struct thing *class_annotations(struct evaluator *v, const struct thing_class *c) {
    struct thing *dict = thing_new(v, THING_DICT);
    for (int i = 0; dict && i < c->annotation_count; i++) {
        struct thing *type = thing_new(v, THING_ANNOTATION);
        if (!type) return NULL;
        type->annotation.tree = c->annotations[i].type;
        type->annotation.scope = c->scope;
        if (!thing_dict_put_name(v, dict, c->annotations[i].name, type)) return NULL;
    }
    return dict;
}

static struct thing *class_attribute(struct evaluator *v, struct thing *t, const struct name *name) {
    struct thing_class *c = t->as_class;
    struct thing *member = class_member(c, NULL, name, NULL);
    if (member) return class_bind_member(v, member, NULL, c);
    struct thing *found = class_name(v, c, name);
    if (!found && !v->err->code) found = class_rows(v, c, name);
    if (!found && is(name, "__annotations__")) found = class_annotations(v, c);
    if (!found && is(name, "__members__") && c->nature == CLASS_ENUM) found = enum_table(v, c);
    if (!found && c->builtin) found = builtin_class_member(v, c, name);
    return found;
}

/* ---- instances ---- */

static struct thing *instance_dict(struct evaluator *v, const struct thing *t) {
    struct thing *dict = thing_new(v, THING_DICT);
    const struct bindings *b = &t->instance->attributes;
    for (int i = 0; dict && i < b->count; i++)
        if (b->items[i].thing && !thing_dict_put_name(v, dict, b->items[i].name, b->items[i].thing))
            return NULL;
    return dict;
}

static struct thing *fallback(struct evaluator *v, struct thing *t, const struct name *name,
                              struct source_range at) {
    struct thing *text = thing_name(v, name);
    return text ? call_special(v, t, "__getattr__", at, &text, 1) : NULL;
}

static struct thing *instance_attribute(struct evaluator *v, struct thing *t, const struct name *name,
                                        struct source_range at) {
    struct thing *member = class_member(t->class, NULL, name, NULL);
    if (member && member->kind == THING_PROPERTY) return class_bind_member(v, member, t, t->class);
    struct thing *found = bindings_get(&t->instance->attributes, name);
    if (!found && thing_is_module(t)) found = module_member(t, name);
    if (found || v->err->code) return found;
    if (member) return class_bind_member(v, member, t, t->class);
    if (is(name, "__class__")) return t->class->thing;
    if (is(name, "__dict__")) return instance_dict(v, t);
    return fallback(v, t, name, at);
}

static bool set_plainly(struct evaluator *v, struct thing *t, const struct name *name, struct thing *value,
                        struct source_range at) {
    if (thing_is_module(t)) return module_set(v, t, name, value, at);
    return bindings_set(v, &t->instance->attributes, name, value);
}

/* super().__setattr__(name, value) in a class with a __setattr__ of its own. */
NATIVE(run_set_attribute) {
    if (!call_takes(v, call, "__setattr__", 2, 2, "")) return NULL;
    const struct name *name = thing_as_name(v, call->args[0], call->at);
    return name && set_plainly(v, self, name, call->args[1], call->at) ? v->none : NULL;
}

static struct thing *super_attribute(struct evaluator *v, struct thing *t, const struct name *name) {
    struct thing *self = t->super.self;
    bool class_side = self->kind == THING_CLASS;
    struct thing_class *of = class_side ? self->as_class : self->class;
    struct thing *member = of ? class_member(of, t->super.after, name, NULL) : NULL;
    if (member) return class_bind_member(v, member, class_side ? NULL : self, of);
    if (is(name, "__setattr__")) return thing_native_of(v, "__setattr__", run_set_attribute, self);
    return is(name, "__init__") ? thing_native_of(v, "__init__", native_nothing, NULL) : NULL; /* object's */
}

/* ---- other things ---- */

static struct thing *function_attribute(struct evaluator *v, struct thing *t, const struct name *name) {
    struct thing_function *f = t->function;
    struct thing *found = bindings_get(&f->attributes, name);
    if (found) return found;
    if (is(name, "__name__")) return thing_name(v, f->name);
    if (is(name, "__qualname__")) return thing_name(v, f->qualified);
    if (is(name, "__module__")) return thing_text_of(v, f->scope->file->name);
    return is(name, "__doc__") ? v->none : NULL;
}

static struct thing *method_attribute(struct evaluator *v, struct thing *t, const struct name *name,
                                      struct source_range at) {
    if (is(name, "__func__")) return t->bound.function;
    if (is(name, "__self__")) return t->bound.self;
    return thing_find_attribute(v, t->bound.function, name, at);
}

static struct thing *method_of(struct evaluator *v, const struct native_function *table, struct thing *t,
                               const struct name *name) {
    const struct native_function *f = native_find(table, name->text);
    return f ? thing_native_of(v, f->name, f->run, t) : NULL;
}

static struct thing *complex_attribute(struct evaluator *v, const struct thing *t, const struct name *name) {
    if (is(name, "real")) return thing_float(v, t->value.complex->re);
    return is(name, "imag") ? thing_float(v, t->value.complex->im) : NULL;
}

static struct thing *value_attribute(struct evaluator *v, struct thing *t, const struct name *name) {
    switch (t->value.tag) {
    case VALUE_STRING: return method_of(v, text_methods, t, name);
    case VALUE_TENSOR: return tensor_attribute(v, t, name);
    case VALUE_COMPLEX: return complex_attribute(v, t, name);
    case VALUE_INT:
    case VALUE_BOOL:
    case VALUE_FLOAT: return method_of(v, number_methods, t, name);
    case VALUE_DEVICE: return is(name, "type") ? device_type_text(v, t) : is(name, "index") ? v->none : NULL;
    default: return NULL;
    }
}

static struct thing *tuple_attribute(struct evaluator *v, struct thing *t, const struct name *name) {
    struct thing *field = t->class ? named_tuple_field(v, t, name) : NULL;
    return field || v->err->code ? field : method_of(v, tuple_methods, t, name);
}

static struct thing *member_attribute(struct evaluator *v, struct thing *t, const struct name *name) {
    if (is(name, "name")) return thing_name(v, t->member.name);
    if (is(name, "value")) return t->member.value;
    struct thing *member = class_member(t->class, NULL, name, NULL);
    return member ? class_bind_member(v, member, t, t->class) : NULL;
}

static struct thing *find_by_kind(struct evaluator *v, struct thing *t, const struct name *name,
                                  struct source_range at) {
    switch (t->kind) {
    case THING_VALUE: return value_attribute(v, t, name);
    case THING_LIST: return method_of(v, list_methods, t, name);
    case THING_TUPLE: return tuple_attribute(v, t, name);
    case THING_DICT: return method_of(v, dict_methods, t, name);
    case THING_SET: return method_of(v, set_methods, t, name);
    case THING_FUNCTION: return function_attribute(v, t, name);
    case THING_METHOD: return method_attribute(v, t, name, at);
    case THING_CLASS: return class_attribute(v, t, name);
    case THING_INSTANCE: return instance_attribute(v, t, name, at);
    case THING_MEMBER: return member_attribute(v, t, name);
    case THING_LIBRARY: return library_attribute(v, t, name, at);
    case THING_FILE: return bindings_get(&t->file->scope->names, name);
    case THING_SUPER: return super_attribute(v, t, name);
    case THING_PROPERTY: return property_attribute(v, t, name);
    case THING_PARTIAL: return is(name, "func") ? t->partial.function : NULL;
    default: return NULL;
    }
}

struct thing *thing_find_attribute(struct evaluator *v, struct thing *t, const struct name *name,
                                   struct source_range at) {
    struct thing *found = find_by_kind(v, t, name, at);
    if (found || v->err->code || !is(name, "__class__")) return found;
    struct thing_class *c = thing_class_of(v, t);
    return c ? c->thing : NULL;
}

struct thing *thing_attribute(struct evaluator *v, struct thing *t, const struct name *name,
                              struct source_range at) {
    struct thing *found = thing_find_attribute(v, t, name, at);
    if (found) return found;
    if (v->err->code) return raise_at(v, at);
    if (t->kind == THING_LIBRARY) return library_missing(v, t, name, at);
    if (t->kind == THING_CLASS)
        return raise_error(v, at, "AttributeError", "type object '%s' has no attribute '%s'",
                           t->as_class->name->text, name->text);
    return raise_error(v, at, "AttributeError", "'%s' object has no attribute '%s'", thing_type_name(t),
                       name->text);
}

/* ---- setting ---- */

/* What __name__ and __qualname__ are set to is what messages and compiled code call it. */
bool function_set_attribute(struct evaluator *v, struct thing_function *f, const struct name *name,
                            struct thing *value) {
    bool own = is(name, "__name__"), qualified = is(name, "__qualname__");
    const struct name *text = own || qualified ? thing_as_name(v, value, (struct source_range){0}) : NULL;
    if (!own && !qualified) return bindings_set(v, &f->attributes, name, value);
    if (own)
        f->name = text;
    else
        f->qualified = text;
    return text != NULL;
}

static bool set_on_instance(struct evaluator *v, struct thing *t, const struct name *name,
                            struct thing *value, struct source_range at) {
    struct thing *member = class_member(t->class, NULL, name, NULL);
    if (member && member->kind == THING_PROPERTY) {
        if (!member->property.setter)
            return raise_error(v, at, "AttributeError", "can't set attribute '%s'", name->text), false;
        return call_thing_with(v, member->property.setter, at, (struct thing *[]){t, value}, 2) != NULL;
    }
    if ((t->class->marks & MARK_FROZEN) && t->instance->finished)
        return raise_error(v, at, "FrozenInstanceError", "cannot assign to field '%s'", name->text), false;
    struct thing *args[2] = {thing_name(v, name), value};
    if (!args[0]) return false;
    if (!t->instance->setting) { /* a __setattr__ of the class's own, not from within itself */
        t->instance->setting = true;
        struct thing *done = call_special(v, t, "__setattr__", at, args, 2);
        t->instance->setting = false;
        if (done || v->err->code) return done != NULL;
    }
    return set_plainly(v, t, name, value, at);
}

bool thing_set_attribute(struct evaluator *v, struct thing *t, const struct name *name, struct thing *value,
                         struct source_range at) {
    if (!value) return false;
    switch (t->kind) {
    case THING_INSTANCE: return set_on_instance(v, t, name, value, at);
    case THING_CLASS: return bindings_set(v, &t->as_class->members, name, value);
    case THING_FUNCTION: return function_set_attribute(v, t->function, name, value);
    case THING_FILE: return bindings_set(v, &t->file->scope->names, name, value);
    case THING_VALUE:
        if (thing_is_tensor(t)) return tensor_set_attribute(v, t, name, value, at);
        break;
    case THING_LIBRARY:
        raise_refusal(v, at, "leave libraries as they are", "setting '%s' of '%s'", name->text, t->path);
        return false;
    default: break;
    }
    raise_error(v, at, "AttributeError", "'%s' object has no attribute '%s'", thing_type_name(t), name->text);
    return false;
}

bool thing_delete_attribute(struct evaluator *v, struct thing *t, const struct name *name,
                            struct source_range at) {
    bool gone = false;
    if (t->kind == THING_INSTANCE) gone = bindings_remove(&t->instance->attributes, name);
    if (!gone && t->kind == THING_INSTANCE && thing_is_module(t)) gone = module_delete(v, t, name);
    if (!gone && t->kind == THING_CLASS) gone = bindings_remove(&t->as_class->members, name);
    if (!gone)
        raise_error(v, at, "AttributeError", "'%s' object has no attribute '%s'", thing_type_name(t),
                    name->text);
    return gone;
}
