/* See attributes.h. */
#include "module/attributes.h"
#include "lang/interface_fit.h"
#include "ops/text/words.h"
#include "types/adapt.h"
#include "value/print.h"
#include <string.h>

static bool refuse_value(struct unit *unit, const struct class_attribute *a, lb_value v, lb_error *err) {
    if (a->type->kind == TYPE_INTERFACE && v.tag == VALUE_OBJECT)
        return lang_check_interface(unit, v.object->type, a->type, a->name->text, (struct source_range){0},
                                    err);
    struct text want = {0}, found = {0};
    const struct type *type = type_infer(&unit->types, v);
    type_put_annotation(&want, a->type);
    if (type) type_put_annotation(&found, type);
    error_set_kind(err, LB_ERROR_ARGUMENT, "RuntimeError",
                   "Could not cast attribute '%s' to type %s: it is %s%s", a->name->text, text_get(&want),
                   type ? "of type " : "this value", text_get(&found));
    text_free(&want);
    text_free(&found);
    return false;
}

static bool refuse_constant(const struct class_constant *c, lb_error *err) {
    struct text value = {0};
    value_put(&value, c->value, &op_words);
    error_set(err, LB_ERROR_ARGUMENT, "Can't set constant '%s' which has value:%s", c->name->text,
              text_get(&value));
    text_free(&value);
    return false;
}

bool attribute_set(struct unit *unit, struct object *object, const char *name, lb_value v, lb_error *err) {
    const struct class_definition *c = object->type->definition;
    const struct name *known = name_find(&unit->names, name, strlen(name));
    int slot = known ? class_find_attribute(c, known) : -1;
    const struct class_constant *constant = known && slot < 0 ? class_find_constant(c, known) : NULL;
    if (constant) return refuse_constant(constant, err);
    if (slot < 0 || slot >= object->count)
        return error_set_kind(err, LB_ERROR_ARGUMENT, "AttributeError", "%s has no attribute '%s'",
                              object->type->name->text, name);
    lb_value converted;
    if (!type_convert_argument(&unit->types, c->attributes.items[slot].type, v, &converted, err))
        return err->code ? false : refuse_value(unit, &c->attributes.items[slot], v, err);
    value_release(object->slots[slot]);
    object->slots[slot] = converted;
    return true;
}

bool attribute_owner(const struct program *p, const char *path, struct object **owner, const char **name,
                     lb_error *err) {
    const char *dot = strrchr(path, '.');
    lb_value v;
    if (!program_find(p, path, dot ? (size_t)(dot - path) : 0, &v, err)) return false;
    if (v.tag != VALUE_OBJECT)
        return error_set_kind(err, LB_ERROR_ARGUMENT, "AttributeError", "'%.*s' has no attributes",
                              (int)(dot ? dot - path : 0), path);
    *owner = v.object;
    *name = dot ? dot + 1 : path;
    return true;
}

bool attribute_is_module(const struct class_attribute *a) {
    return (a->type->kind == TYPE_CLASS || a->type->kind == TYPE_INTERFACE) && a->type->definition->is_module;
}
