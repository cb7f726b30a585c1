/* Types that a host makes: classes and modules member by member, interfaces, NamedTuples, Enums. Names are
 * made unique as PyTorch does (torch/csrc/jit/python/script_init.cpp, concrete_module_type.cpp). */
#include "lang/emitter.h"
#include "lang/host.h"
#include "lang/report.h"
#include <string.h>

static const struct name *unique_name(struct host *host, const char *qualified, lb_error *err) {
    struct unit *u = host->unit;
    const struct name *name = name_of(&u->names, qualified);
    if (name && type_find_named(&u->types, name)) name = unit_mangle(u, name);
    if (!name) error_memory(err);
    return name;
}

static enum module_container container_of(lb_class_kind kind) {
    switch (kind) {
    case LB_MODULE_LIST: return CONTAINER_LIST;
    case LB_MODULE_DICT: return CONTAINER_DICT;
    case LB_PARAMETER_LIST: return CONTAINER_PARAMETER_LIST;
    case LB_PARAMETER_DICT: return CONTAINER_PARAMETER_DICT;
    default: return CONTAINER_NONE;
    }
}

const struct type *host_class(struct host *host, const char *qualified, lb_class_kind kind, void *scope,
                              lb_error *err) {
    const struct name *name = unique_name(host, qualified, err);
    if (!name) return NULL;
    struct type_store *types = &host->unit->types;
    bool interface = kind == LB_INTERFACE || kind == LB_MODULE_INTERFACE;
    struct class_definition *c = interface ? type_interface(types, name, kind == LB_MODULE_INTERFACE)
                                           : type_class(types, name, kind != LB_CLASS);
    if (!c) return error_memory(err), NULL;
    c->container = (uint8_t)container_of(kind);
    c->host = scope;
    return c->type;
}

/* An interface's method is its declaration alone. */
static bool interface_method(const struct type *class, struct function *f, lb_error *err) {
    const struct tree *def = f->definition;
    if (!def->items[1])
        return lang_report(err, def->range, "interface declarations must have a return type annotated.");
    const struct host *host = host_of(lang_resolver_of(f));
    f->schema = schema_from_def(host->unit, lang_resolver_of(f), def, class, err);
    f->state = f->schema ? FUNCTION_READY : FUNCTION_FAILED;
    return f->schema != NULL;
}

bool host_class_method(const struct type *class, struct function *f, lb_error *err) {
    const struct tree *def = f->definition;
    if (class_find_method(class->definition, f->name))
        return lang_report(err, def->range, "Can't redefine method: %s on class: %s", f->name->text,
                           class->name->text);
    if (class->definition->is_interface && !interface_method(class, f, err)) return false;
    return class_add_method(class->definition, f) || error_memory(err);
}

static struct function *same_hook(const struct class_definition *c, const struct name *name) {
    for (int i = 0; i < c->forward_hooks.count; i++)
        if (c->forward_hooks.items[i]->name == name) return c->forward_hooks.items[i];
    for (int i = 0; i < c->forward_pre_hooks.count; i++)
        if (c->forward_pre_hooks.items[i]->name == name) return c->forward_pre_hooks.items[i];
    return NULL;
}

bool host_class_hook(struct host *host, const struct type *class, lb_source source, bool before,
                     lb_error *err) {
    struct class_definition *c = class->definition;
    struct function *f = host_declare(host, NULL, class, &source, err);
    struct function *known = f ? same_hook(c, f->name) : NULL;
    if (!f) return false;
    if (known) f = known;
    bool good = before ? array_push(&c->forward_pre_hooks, f) : array_push(&c->forward_hooks, f);
    return good ? lang_ensure(f, err) : error_memory(err);
}

/* ---- Enums ---- */

static bool add_members(struct host *host, const struct type *type, int count, const char *const *names,
                        const lb_value *values, lb_error *err) {
    for (int i = 0; i < count; i++) {
        const struct name *name = name_of(&host->unit->names, names[i]);
        if (!name || !enum_add_member(type, name, value_copy(values[i]))) return error_memory(err);
    }
    return true;
}

const struct type *host_enum(struct host *host, const char *qualified, int count, const char *const *names,
                             const lb_value *values, lb_error *err) {
    struct type_store *types = &host->unit->types;
    const struct type *value_type = NULL;
    for (int i = 0; i < count; i++) {
        const struct type *own = type_of_value(types, values[i]);
        value_type = value_type && own ? type_unify(types, value_type, own, false, NULL) : own;
        if (value_type) continue;
        lang_report_bare(err, &(struct explanation){.code = ERROR_CLASS_BODY},
                         "the values of Enum %s have no type in common", qualified);
        return NULL;
    }
    if (!value_type) {
        lang_report_bare(err, &(struct explanation){.code = ERROR_CLASS_BODY},
                         "No enum values defined for %s", qualified);
        return NULL;
    }
    const struct name *name = unique_name(host, qualified, err);
    const struct type *type = name ? type_enum(types, name, value_type) : NULL;
    if (name && !type) error_memory(err);
    return type && add_members(host, type, count, names, values, err) ? type : NULL;
}

/* ---- NamedTuples ---- */

const struct type *host_named_tuple(struct host *host, const char *qualified, int count,
                                    const char *const *names, const struct type *const *types,
                                    int default_count, const lb_value *defaults, lb_error *err) {
    struct unit *u = host->unit;
    const struct name *name = name_of(&u->names, qualified);
    const struct name **fields = arena_array(&u->memory, const struct name *, count + 1);
    bool good = name && fields;
    for (int i = 0; good && i < count; i++) good = (fields[i] = name_of(&u->names, names[i])) != NULL;
    struct tuple_fields described = {.names = fields, .defaults = defaults, .default_count = default_count};
    const struct type *type = good ? type_named_tuple(&u->types, name, count, types, &described) : NULL;
    if (good && !type && type_find_named(&u->types, name)) { /* another of that name */
        name = unit_mangle(u, name);
        type = name ? type_named_tuple(&u->types, name, count, types, &described) : NULL;
    }
    if (!type) error_memory(err);
    return type;
}

/* ---- texts of types ---- */

const struct type *host_type(struct host *host, const char *text, void *scope, lb_error *err) {
    struct unit *u = host->unit;
    struct resolver *r = scope ? host_scope_resolver(host, scope, err) : &host->qualified;
    struct source *source = r ? source_new(&u->memory, text, strlen(text), NULL, 1) : NULL;
    if (!source) return error_memory(err), NULL;
    struct tree *t = lang_parse_expression(&u->memory, &u->names, source, PARSE_PYTHON, err);
    return t ? annotation_type(u, r, t, err) : NULL;
}
