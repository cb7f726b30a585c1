/* What Python makes of classes by rule: decorators and properties, enums, named tuples, data classes. */
#include "construct/natives.h"
#include <string.h>

/* ---- decorators ---- */

struct marking {
    const char *path;
    unsigned mark;
};
/* Decorators that only tell the compiler something. */
static const struct marking markings[] = {
    {"torch.jit.export", MARK_EXPORT},
    {"torch.jit.ignore", MARK_IGNORE},
    {"torch.jit.unused", MARK_UNUSED},
    {"torch.jit.script", MARK_SCRIPT},
    {"torch.jit.interface", MARK_INTERFACE},
    {"torch.jit.script_method", MARK_SCRIPT_METHOD},
    {"torch.jit.script_if_tracing", MARK_SCRIPT_IF_TRACING},
    {"contextlib.contextmanager", MARK_CONTEXT_MANAGER},
    {"torch.jit._overload", MARK_OVERLOAD},
    {"torch.jit._overload_method", MARK_OVERLOAD},
    {"torch._jit_internal._overload", MARK_OVERLOAD},
    {"torch._jit_internal._overload_method", MARK_OVERLOAD},
    {"torch._jit_internal._copy_to_script_wrapper", MARK_IGNORE},
};

static unsigned mark_of(const struct thing *t) {
    for (size_t i = 0; t->kind == THING_LIBRARY && i < sizeof markings / sizeof *markings; i++)
        if (!strcmp(markings[i].path, t->path)) return markings[i].mark;
    return 0;
}

struct thing *library_mark(struct thing *t, const char *path) {
    struct thing library = {.kind = THING_LIBRARY, .path = path};
    if (t->kind == THING_FUNCTION) t->function->marks |= mark_of(&library);
    if (t->kind == THING_CLASS) t->as_class->marks |= mark_of(&library);
    return t;
}

bool library_is_mark(const char *path) {
    struct thing library = {.kind = THING_LIBRARY, .path = path};
    return mark_of(&library) != 0;
}

/* @x.setter: a property with the function as its setter. */
static struct thing *property_with_setter(struct evaluator *v, struct thing *property, struct thing *setter) {
    struct thing *t = thing_new(v, THING_PROPERTY);
    if (!t) return NULL;
    t->property.getter = property->property.getter;
    t->property.setter = setter;
    return t;
}

NATIVE(run_setter) {
    if (!call_takes(v, call, "setter", 1, 1, "")) return NULL;
    return property_with_setter(v, self, call->args[0]);
}

struct thing *property_attribute(struct evaluator *v, struct thing *t, const struct name *name) {
    if (!strcmp(name->text, "setter")) return thing_native_of(v, "setter", run_setter, t);
    if (!strcmp(name->text, "fget")) return t->property.getter;
    return !strcmp(name->text, "fset") && t->property.setter ? t->property.setter : NULL;
}

/* Definitions of the same name that were marked as overloads stay reachable from the last one. */
static void keep_overloads(struct scope *s, struct thing *made) {
    if (made->kind != THING_FUNCTION) return;
    struct thing *old = bindings_get(&s->names, made->function->name);
    if (old && old->kind == THING_FUNCTION && (old->function->marks & MARK_OVERLOAD))
        made->function->bodies = old->function;
}

struct thing *decorate_definition(struct evaluator *v, struct scope *s, const struct tree *list,
                                  struct thing *made) {
    keep_overloads(s, made);
    for (int i = list ? list->count - 1 : -1; made && i >= 0; i--) {
        const struct tree *t = list->items[i];
        struct thing *decorator = evaluate(v, s, t);
        made = decorator ? call_thing_with(v, decorator, t->range, &made, 1) : NULL;
    }
    return made;
}

/* ---- enums ---- */

static bool is_member_name(const struct name *name) {
    return name->text[0] != '_';
}

static bool is_member_value(const struct thing *t) {
    return t->kind != THING_FUNCTION && t->kind != THING_PROPERTY && t->kind != THING_STATIC &&
           t->kind != THING_CLASS_METHOD;
}

/* auto(): one more than the last. */
static struct thing *enum_value(struct evaluator *v, struct thing *value, int64_t *last) {
    if (value->kind == THING_LIBRARY && !strcmp(value->path, "enum.auto()")) value = thing_int(v, *last + 1);
    if (value && thing_is_int(value)) *last = value->value.i;
    return value;
}

struct thing *enum_members(struct evaluator *v, struct thing_class *c) {
    int64_t last = 0;
    for (int i = 0; i < c->members.count; i++) {
        struct binding *b = &c->members.items[i];
        if (!is_member_name(b->name) || !is_member_value(b->thing)) continue;
        struct thing *value = enum_value(v, b->thing, &last),
                     *member = value ? thing_new(v, THING_MEMBER) : NULL;
        if (!member) return NULL;
        member->class = c;
        member->member.name = b->name;
        member->member.value = value;
        b->thing = member;
    }
    return c->thing;
}

struct thing *enum_list(struct evaluator *v, const struct thing_class *c) {
    struct thing *list = thing_list(v, NULL, 0);
    for (int i = 0; list && i < c->members.count; i++)
        if (c->members.items[i].thing->kind == THING_MEMBER &&
            !thing_append(v, list, c->members.items[i].thing))
            return NULL;
    return list;
}

struct thing *enum_table(struct evaluator *v, const struct thing_class *c) {
    struct thing *members = enum_list(v, c), *dict = members ? thing_new(v, THING_DICT) : NULL;
    for (int i = 0; dict && i < members->count; i++)
        if (!thing_dict_put_name(v, dict, members->items[i]->member.name, members->items[i])) return NULL;
    return dict;
}

struct thing *enum_by_value(struct evaluator *v, struct thing_class *c, const struct call *call) {
    if (!call_takes(v, call, c->name->text, 1, 1, "")) return NULL;
    struct thing *members = enum_list(v, c);
    for (int i = 0; members && i < members->count; i++) {
        if (members->items[i] == call->args[0]) return call->args[0];
        int equal = thing_equal(v, members->items[i]->member.value, call->args[0]);
        if (equal) return equal < 0 ? NULL : members->items[i];
    }
    return members ? raise_error(v, call->at, "ValueError", "not a valid %s", c->name->text) : NULL;
}

struct thing *enum_by_name(struct evaluator *v, struct thing_class *c, struct thing *name,
                           struct source_range at) {
    const struct name *key = thing_as_name(v, name, at);
    struct thing *member = key ? bindings_get(&c->members, key) : NULL;
    if (member && member->kind == THING_MEMBER) return member;
    return key ? raise_error(v, at, "KeyError", "'%s'", key->text) : NULL;
}

/* ---- fields: named tuples and data classes ---- */

/* All annotated names, those of bases first; a list of names (texts). */
static bool each_field(struct evaluator *v, const struct thing_class *c, struct bindings *fields) {
    for (int i = c->order_count - 1; i >= 0; i--)
        for (int k = 0; k < c->order[i]->annotation_count; k++)
            if (!bindings_set(v, fields, c->order[i]->annotations[k].name, v->none)) return false;
    return true;
}

static struct thing *no_such_field(struct evaluator *v, const struct thing_class *c, const struct call *call,
                                   const struct name *name) {
    return raise_error(v, call->at, "TypeError", "%s() got an unexpected keyword argument '%s'",
                       c->name->text, name->text);
}

/* field(default=.., default_factory=..), or a value as it is. */
static struct thing *default_of(struct evaluator *v, struct thing *t, struct source_range at) {
    if (!t || t->kind != THING_PARTIAL || !t->partial.is_field) return t;
    struct call empty = {.at = at};
    struct thing *value = call_argument(t->partial.given, -1, "default");
    struct thing *factory = call_argument(t->partial.given, -1, "default_factory");
    return value ? value : factory ? call_thing(v, factory, &empty) : NULL;
}

static struct thing *field_value(struct evaluator *v, const struct thing_class *c, const struct call *call,
                                 int index, const struct name *name) {
    struct thing *value = call_argument(call, index, name->text);
    if (!value) value = default_of(v, class_member(c, NULL, name, NULL), call->at);
    if (value || v->err->code) return value;
    return raise_error(v, call->at, "TypeError", "%s() missing 1 required argument: '%s'", c->name->text,
                       name->text);
}

static bool fields_take(struct evaluator *v, const struct thing_class *c, const struct call *call,
                        const struct bindings *fields) {
    if (call->count > fields->count) {
        raise_error(v, call->at, "TypeError", "%s() takes %d arguments but %d were given", c->name->text,
                    fields->count, call->count);
        return false;
    }
    for (int i = 0; i < call->named_count; i++)
        if (!bindings_get(fields, call->names[i])) return no_such_field(v, c, call, call->names[i]), false;
    return true;
}

struct thing *named_tuple_of(struct evaluator *v, struct thing_class *c, const struct call *call) {
    struct bindings fields = {0};
    struct thing *t = thing_list(v, NULL, 0);
    if (!t || !each_field(v, c, &fields) || !fields_take(v, c, call, &fields)) return NULL;
    for (int i = 0; i < fields.count; i++)
        if (!thing_append(v, t, field_value(v, c, call, i, fields.items[i].name))) return NULL;
    t->kind = THING_TUPLE;
    t->class = c;
    return t;
}

static struct thing_class *new_named_tuple(struct evaluator *v, const struct name *name, int fields) {
    struct thing_class **base = arena_array(&v->memory, struct thing_class *, 1);
    if (!base) return raise_memory(v);
    base[0] = builtin_class_named(v, "typing.NamedTuple");
    struct thing_class *c = class_new(v, name, base, 1);
    if (!c) return NULL;
    c->file = v->running;
    c->annotations = arena_array(&v->memory, struct class_annotation, fields + 1);
    return c->annotations ? c : raise_memory(v);
}

/* collections.namedtuple: fields without types of their own; `defaults` are those of the last. */
struct thing *named_tuple_class(struct evaluator *v, const struct name *name, struct thing *fields,
                                const struct call *call) {
    struct thing *values = call_argument(call, -1, "defaults");
    struct thing *defaults = values ? thing_items(v, values, call->at) : thing_list(v, NULL, 0);
    struct thing_class *c = defaults ? new_named_tuple(v, name, fields->count) : NULL;
    for (int i = 0; c && i < fields->count; i++) {
        const struct name *field = thing_as_name(v, fields->items[i], call->at);
        int with = i - (fields->count - defaults->count);
        if (!field || (with >= 0 && !bindings_set(v, &c->members, field, defaults->items[with]))) return NULL;
        c->annotations[c->annotation_count++] = (struct class_annotation){.name = field};
    }
    return c ? c->thing : NULL;
}

/* typing.NamedTuple("Pair", [("a", int), ("b", int)]) */
struct thing *make_named_tuple(struct evaluator *v, struct thing_class *base, const struct call *call) {
    (void)base;
    if (!call_takes(v, call, "NamedTuple", 2, 2, "")) return NULL;
    const struct name *name = thing_as_name(v, call->args[0], call->at);
    struct thing *fields = name ? thing_items(v, call->args[1], call->at) : NULL;
    struct thing_class *c = fields ? new_named_tuple(v, name, fields->count) : NULL;
    for (int i = 0; c && i < fields->count; i++) {
        struct thing *pair = thing_items(v, fields->items[i], call->at);
        const struct name *field =
            pair && pair->count == 2 ? thing_as_name(v, pair->items[0], call->at) : NULL;
        if (!field) return raise_error(v, call->at, "TypeError", "a field is a name and a type");
        c->annotations[c->annotation_count++] =
            (struct class_annotation){.name = field, .said = pair->items[1]};
    }
    return c ? c->thing : NULL;
}

/* A copy with some fields changed. */
NATIVE(run_replace) {
    struct bindings fields = {0};
    struct thing *t = thing_tuple(v, self->items, self->count);
    if (!t || !call_takes(v, call, "_replace", 0, 0, NULL) || !each_field(v, self->class, &fields))
        return NULL;
    t->class = self->class;
    for (int i = 0; i < fields.count; i++) {
        struct thing *value = call_argument(call, -1, fields.items[i].name->text);
        if (value) t->items[i] = value;
    }
    return t;
}

NATIVE(run_as_dict) {
    struct bindings fields = {0};
    struct thing *dict = call_takes(v, call, "_asdict", 0, 0, "") ? thing_new(v, THING_DICT) : NULL;
    if (!dict || !each_field(v, self->class, &fields)) return NULL;
    for (int i = 0; i < fields.count; i++)
        if (!thing_dict_put_name(v, dict, fields.items[i].name, self->items[i])) return NULL;
    return dict;
}

struct thing *named_tuple_field(struct evaluator *v, struct thing *t, const struct name *name) {
    struct bindings fields = {0};
    if (!each_field(v, t->class, &fields)) return NULL;
    for (int i = 0; i < fields.count; i++)
        if (fields.items[i].name == name) return t->items[i];
    if (!strcmp(name->text, "_replace")) return thing_native_of(v, "_replace", run_replace, t);
    if (!strcmp(name->text, "_asdict")) return thing_native_of(v, "_asdict", run_as_dict, t);
    struct thing *member = class_member(t->class, NULL, name, NULL);
    return member ? class_bind_member(v, member, t, t->class) : NULL;
}

/* The __init__ that @dataclass makes. */
NATIVE(dataclass_init) {
    struct bindings fields = {0};
    const struct thing_class *c = self->class;
    if (!each_field(v, c, &fields) || !fields_take(v, c, call, &fields)) return NULL;
    for (int i = 0; i < fields.count; i++) {
        struct thing *value = field_value(v, c, call, i, fields.items[i].name);
        if (!value || !bindings_set(v, &self->instance->attributes, fields.items[i].name, value)) return NULL;
    }
    struct thing *after = call_special(v, self, "__post_init__", call->at, NULL, 0);
    self->instance->finished = true;
    return after || !v->err->code ? v->none : NULL;
}

NATIVE(dataclass_equal) {
    if (!call_takes(v, call, "__eq__", 1, 1, "")) return NULL;
    struct thing *other = call->args[0];
    struct bindings fields = {0};
    if (other->kind != THING_INSTANCE || other->class != self->class) return v->no;
    if (!each_field(v, self->class, &fields)) return NULL;
    for (int i = 0; i < fields.count; i++) {
        struct thing *own = bindings_get(&self->instance->attributes, fields.items[i].name);
        struct thing *theirs = bindings_get(&other->instance->attributes, fields.items[i].name);
        int equal = own && theirs ? thing_equal(v, own, theirs) : 0;
        if (equal != 1) return equal < 0 ? NULL : v->no;
    }
    return v->yes;
}

NATIVE(dataclass_repr) {
    struct text out = {0};
    struct bindings fields = {0};
    bool good = call_takes(v, call, "__repr__", 0, 0, "") && each_field(v, self->class, &fields);
    text_printf(&out, "%s(", self->class->qualified->text);
    for (int i = 0; good && i < fields.count; i++) {
        struct thing *value = bindings_get(&self->instance->attributes, fields.items[i].name);
        text_printf(&out, "%s%s=", i ? ", " : "", fields.items[i].name->text);
        good = value && thing_put_repr(v, &out, value);
    }
    text_put(&out, ")");
    struct thing *made = good ? thing_text(v, text_get(&out), out.length) : NULL;
    text_free(&out);
    return made;
}

/* @dataclass, @dataclass(frozen=True) */
struct thing *make_dataclass(struct evaluator *v, struct thing *t, const struct call *options) {
    static const struct native_function methods[] = {{"__init__", dataclass_init},
                                                     {"__eq__", dataclass_equal},
                                                     {"__repr__", dataclass_repr},
                                                     {NULL, NULL}};
    struct thing_class *c = t->as_class;
    for (const struct native_function *m = methods; m->name; m++) {
        const struct name *name = evaluator_name(v, m->name);
        struct thing *method = name ? thing_native_of(v, m->name, m->run, NULL) : NULL;
        if (!method) return NULL;
        if (!bindings_get(&c->members, name) && !bindings_set(v, &c->members, name, method)) return NULL;
    }
    c->marks |= MARK_DATACLASS;
    struct thing *frozen = call_argument(options, -1, "frozen");
    int yes = frozen ? thing_true(v, frozen) : 0;
    if (yes > 0) c->marks |= MARK_FROZEN;
    return yes < 0 ? NULL : t;
}
