/* Types, classes and objects that a host makes, as handles. Each function takes the unit for itself while it
 * works: programs of the unit may run meanwhile. */
#include "api/compile.h"
#include "module/attributes.h"
#include "types/adapt.h"
#include <stdio.h>
#include <string.h>

/* One step of a host's: the unit is held from begin() to end(). */
struct step {
    struct host *host;
    lb_error err;
};

static struct host *begin(struct step *s, lb_unit *unit) {
    *s = (struct step){.host = api_host(unit)};
    if (s->host)
        unit_enter(s->host->unit);
    else
        error_memory(&s->err);
    return s->host;
}

/* Whether it went well; without `good` and without an error memory is out. */
static bool end(struct step *s, bool good, lb_error *err) {
    if (s->host) unit_leave(s->host->unit);
    if (!good) error_memory(&s->err);
    handle_error(err, &s->err);
    return good;
}

static const lb_type *end_type(struct step *s, const struct type *type, lb_error *err) {
    end(s, type != NULL, err);
    return (const lb_type *)type;
}

static const struct type *inside(const lb_type *type) {
    return (const struct type *)type;
}

static bool is_class(struct step *s, const struct type *t) {
    if (t->kind == TYPE_CLASS || t->kind == TYPE_INTERFACE) return true;
    struct text words = {0};
    type_put_annotation(&words, t);
    error_set(&s->err, LB_ERROR_ARGUMENT, "%s is no class", text_get(&words));
    text_free(&words);
    return false;
}

const lb_type *lb_type_parse(lb_unit *unit, const char *text, void *scope, lb_error *err) {
    struct step s;
    struct host *host = begin(&s, unit);
    return end_type(&s, host ? host_type(host, text, scope, &s.err) : NULL, err);
}

const lb_type *lb_type_infer(lb_unit *unit, const lb_value *value, lb_error *err) {
    struct step s;
    struct host *host = begin(&s, unit);
    const struct type *type = host ? type_infer(&host->unit->types, *value) : NULL;
    if (host && !type)
        error_set(&s.err, LB_ERROR_ARGUMENT,
                  "a value of kind %s does not show its type: it is empty, or its "
                  "items have no type in common",
                  value_tag_name((enum value_tag)value->tag));
    return end_type(&s, type, err);
}

/* Why the value does not fit. */
static bool refuse_value(struct step *s, const char *what, const struct type *want, lb_value v) {
    struct text wanted = {0}, found = {0};
    const struct type *type = type_infer(&s->host->unit->types, v);
    type_put_annotation(&wanted, want);
    if (type) type_put_annotation(&found, type);
    error_set(&s->err, LB_ERROR_ARGUMENT, "%s is of type %s and cannot be %s%s", what, text_get(&wanted),
              type ? "of type " : "this value", text_get(&found));
    text_free(&wanted);
    text_free(&found);
    return false;
}

static bool convert_value(struct step *s, const char *what, const struct type *type, lb_value v,
                          lb_value *out) {
    if (type_convert_argument(&s->host->unit->types, type, v, out, &s->err)) return true;
    return s->err.code ? false : refuse_value(s, what, type, v);
}

lb_value *lb_value_convert(lb_unit *unit, const lb_value *value, const lb_type *type, lb_error *err) {
    struct step s;
    lb_value converted;
    bool good = begin(&s, unit) && convert_value(&s, "the value", inside(type), *value, &converted);
    lb_value *handle = good ? handle_new(converted, &s.err) : NULL;
    end(&s, handle != NULL, err);
    return handle;
}

/* ---- classes ---- */

const lb_type *lb_class_new(lb_unit *unit, const char *qualified, lb_class_kind kind, void *scope,
                            lb_error *err) {
    struct step s;
    struct host *host = begin(&s, unit);
    return end_type(&s, host ? host_class(host, qualified, kind, scope, &s.err) : NULL, err);
}

lb_function *lb_declare_method(lb_unit *unit, const lb_type *class_type, const lb_source *source,
                               lb_error *err) {
    struct step s;
    struct host *host = begin(&s, unit);
    struct function *f =
        host && is_class(&s, inside(class_type)) ? api_declare(host, NULL, class_type, source, &s.err) : NULL;
    bool good = f && host_class_method(inside(class_type), f, &s.err);
    return end(&s, good, err) ? (lb_function *)f : NULL;
}

static bool add_attribute(struct step *s, const struct type *class, const char *text, const struct type *type,
                          int flags) {
    struct unit *u = s->host->unit;
    const struct name *name = name_of(&u->names, text);
    if (!name) return error_memory(&s->err);
    if (class_find_attribute(class->definition, name) >= 0)
        return error_set(&s->err, LB_ERROR_ARGUMENT,
                         "attempting to add '%s' as an attribute but it already exists", text);
    struct class_attribute a = {.name = name,
                                .type = type_unshaped(&u->types, type),
                                .is_parameter = flags & LB_PARAMETER,
                                .is_buffer = flags & LB_BUFFER};
    return a.type && class_add_attribute(class->definition, a) >= 0;
}

bool lb_class_attribute(lb_unit *unit, const lb_type *class_type, const char *name, const lb_type *type,
                        int flags, lb_error *err) {
    struct step s;
    bool good = begin(&s, unit) && is_class(&s, inside(class_type)) &&
                add_attribute(&s, inside(class_type), name, inside(type), flags);
    return end(&s, good, err);
}

static bool add_constant(struct step *s, const struct type *class, const char *name, lb_value v) {
    struct unit *u = s->host->unit;
    struct class_constant c = {.name = name_of(&u->names, name), .type = type_infer(&u->types, v)};
    if (!c.name) return false;
    if (!c.type)
        return error_set(&s->err, LB_ERROR_ARGUMENT, "the constant '%s' does not show its type", name);
    if (!type_convert_argument(&u->types, c.type, v, &c.value, &s->err)) return false;
    if (class_add_constant(class->definition, c)) return true;
    value_release(c.value);
    return false;
}

bool lb_class_constant(lb_unit *unit, const lb_type *class_type, const char *name, const lb_value *value,
                       lb_error *err) {
    struct step s;
    bool good = begin(&s, unit) && is_class(&s, inside(class_type)) &&
                add_constant(&s, inside(class_type), name, *value);
    return end(&s, good, err);
}

static bool add_property(struct step *s, const struct type *class, const char *name, lb_function *getter,
                         lb_function *setter) {
    struct class_property p = {.name = name_of(&s->host->unit->names, name),
                               .getter = (struct function *)getter,
                               .setter = (struct function *)setter};
    return p.name && array_push(&class->definition->properties, p);
}

bool lb_class_property(lb_unit *unit, const lb_type *class_type, const char *name, lb_function *getter,
                       lb_function *setter, lb_error *err) {
    struct step s;
    bool good = begin(&s, unit) && is_class(&s, inside(class_type)) &&
                add_property(&s, inside(class_type), name, getter, setter);
    return end(&s, good, err);
}

void lb_class_settle(lb_unit *unit, const lb_type *class_type) {
    struct unit *u = (struct unit *)unit;
    unit_enter(u);
    class_drop_uncompiled(inside(class_type)->definition);
    unit_leave(u);
}

bool lb_class_hook(lb_unit *unit, const lb_type *class_type, const lb_source *source, bool before,
                   lb_error *err) {
    struct step s;
    struct host *host = begin(&s, unit);
    bool good = host && is_class(&s, inside(class_type)) &&
                host_class_hook(host, inside(class_type), api_whole(source), before, &s.err);
    return end(&s, good, err);
}

/* ---- Enums and NamedTuples ---- */

static lb_value *values_of(lb_value *const *handles, int count) {
    lb_value *values = mem_alloc(sizeof *values * (size_t)(count + 1));
    for (int i = 0; values && i < count; i++) values[i] = *handles[i];
    return values;
}

const lb_type *lb_type_enum(lb_unit *unit, const char *qualified, int count, const char *const *names,
                            lb_value *const *values, lb_error *err) {
    struct step s;
    struct host *host = begin(&s, unit);
    lb_value *items = values_of(values, count);
    const struct type *type = host && items ? host_enum(host, qualified, count, names, items, &s.err) : NULL;
    mem_free(items);
    return end_type(&s, type, err);
}

const lb_type *lb_type_named_tuple(lb_unit *unit, const char *qualified, int count, const char *const *names,
                                   const lb_type *const *types, int default_count, lb_value *const *defaults,
                                   lb_error *err) {
    struct step s;
    struct host *host = begin(&s, unit);
    lb_value *items = values_of(defaults, default_count);
    const struct type *type =
        host && items ? host_named_tuple(host, qualified, count, names, (const struct type *const *)types,
                                         default_count, items, &s.err)
                      : NULL;
    mem_free(items);
    return end_type(&s, type, err);
}

/* ---- objects ---- */

lb_value *lb_object_new(lb_unit *unit, const lb_type *class_type, lb_error *err) {
    struct step s;
    lb_value v = value_none();
    const struct type *t = inside(class_type);
    bool good = begin(&s, unit) && is_class(&s, t) &&
                value_new_object(&v, t, t->definition->attributes.count, &s.err);
    for (int i = 0; good && i < v.object->count; i++) v.object->slots[i].tag = VALUE_UNINITIALIZED;
    lb_value *handle = good ? handle_new(v, &s.err) : NULL;
    end(&s, handle != NULL, err);
    return handle;
}

bool lb_object_set(lb_unit *unit, lb_value *object, const char *name, const lb_value *value, lb_error *err) {
    struct step s;
    bool good = begin(&s, unit) != NULL;
    if (good && object->tag != VALUE_OBJECT)
        good = error_set(&s.err, LB_ERROR_ARGUMENT, "a %s has no attributes",
                         value_tag_name((enum value_tag)object->tag));
    return end(&s, good && attribute_set(s.host->unit, object->object, name, *value, &s.err), err);
}

static bool is_complete(struct step *s, lb_value v) {
    if (v.tag != VALUE_OBJECT)
        return error_set(&s->err, LB_ERROR_ARGUMENT, "a %s is no object of a class",
                         value_tag_name((enum value_tag)v.tag));
    for (int i = 0; i < v.object->count; i++)
        if (v.object->slots[i].tag == VALUE_UNINITIALIZED)
            return error_set(&s->err, LB_ERROR_ARGUMENT, "the attribute '%s' of %s is not set",
                             v.object->type->definition->attributes.items[i].name->text,
                             v.object->type->name->text);
    return true;
}

lb_module *lb_module_new(lb_unit *unit, const lb_value *object, lb_error *err) {
    struct step s;
    struct host *host = begin(&s, unit);
    lb_module *m = host && is_complete(&s, *object) ? mem_zeroed(1, sizeof *m) : NULL;
    if (m && !(m->program = program_around(host->unit, NULL, *object, &s.err))) {
        mem_free(m);
        m = NULL;
    }
    end(&s, m != NULL, err);
    return m;
}
