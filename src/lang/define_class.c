/* Class definitions as archives print them (importNamedType and what it calls in
 * torch/csrc/jit/serialization/import_source.cpp). First the attributes' types, then constants, then the type
 * is known by its name, then methods and hooks are declared, then all are compiled. */
#include "base/mem.h"
#include "lang/define.h"
#include "lang/emitter.h"
#include "lang/python_class.h"
#include <stdio.h>
#include <string.h>

typedef ARRAY_OF(const struct name *) name_array;

struct class_maker {
    struct unit *unit;
    struct resolver *resolver;
    const struct tree *tree;
    const struct name *qualified;
    lb_error *err;
    bool python;
    struct python_class plan; /* of a Python class */
    struct class_definition *c;
    name_array parameters, buffers, hooks, pre_hooks;
};

static bool has_name(const name_array *names, const struct name *name) {
    for (int i = 0; i < names->count; i++)
        if (names->items[i] == name) return true;
    return false;
}

static const struct name *string_name(struct class_maker *m, const struct tree *t) {
    const struct name *n = name_intern(&m->unit->names, t->text, (size_t)t->length);
    if (!n) error_memory(m->err);
    return n;
}

static bool malformed(struct class_maker *m, const struct tree *t) {
    return lang_report(m->err, t->range, "Unexpected statement in class body");
}

/* __parameters__ = ["a", "b", ] and its like; NULL: another name. */
static name_array *list_of(struct class_maker *m, const char *name) {
    if (!strcmp(name, "__parameters__")) return &m->parameters;
    if (!strcmp(name, "__buffers__")) return &m->buffers;
    if (!strcmp(name, "__forward_hooks__")) return &m->hooks;
    return strcmp(name, "__forward_pre_hooks__") ? NULL : &m->pre_hooks;
}

static bool read_names(struct class_maker *m, const struct tree *t, name_array *out) {
    const struct tree *value = t->items[1];
    if (!value || value->kind != TREE_LIST_LITERAL || !m->c->is_module) return malformed(m, t);
    for (int i = 0; i < value->count; i++) {
        if (value->items[i]->kind != TREE_STRING) return malformed(m, value->items[i]);
        const struct name *n = string_name(m, value->items[i]);
        if (!n || !array_push_in(&m->unit->memory, out, n)) return error_memory(m->err);
    }
    return true;
}

/* The attribute that `name: T` or `__annotations__["name"] = T` declares; NULL: the statement declares none.
 */
static const struct name *attribute_name(struct class_maker *m, const struct tree *t) {
    const struct tree *target = t->items[0]->items[0];
    if (target->kind == TREE_NAME) return target->name;
    bool subscript = target->kind == TREE_SUBSCRIPT && target->items[1]->count == 1 &&
                     target->items[1]->items[0]->kind == TREE_STRING;
    return subscript ? string_name(m, target->items[1]->items[0]) : NULL;
}

/* Code of before packed parameters were objects says Tensor where their classes stand now. */
static const struct {
    const char *class_name, *type;
} packed_attributes[] = {
    {"__torch__.torch.ao.nn.quantized.modules.linear.LinearPackedParams", "Linear"},
    {"__torch__.torch.ao.nn.quantized.modules.linear.Linear", "Linear"},
    {"__torch__.torch.ao.nn.quantized.dynamic.modules.linear.Linear", "Linear"},
    {"__torch__.torch.ao.nn.quantized.modules.conv.Conv2d", "Conv2d"},
    {"__torch__.torch.nn.intrinsic.quantized.modules.conv_relu.ConvReLU2d", "Conv2d"},
    {"__torch__.torch.ao.nn.quantized.modules.conv.Conv3d", "Conv3d"},
    {"__torch__.torch.nn.intrinsic.quantized.modules.conv_relu.ConvReLU3d", "Conv3d"},
    {"__torch__.torch.nn.quantized.modules.linear.LinearPackedParams", "Linear"},
    {"__torch__.torch.nn.quantized.modules.linear.Linear", "Linear"},
    {"__torch__.torch.nn.quantized.modules.conv.Conv2d", "Conv2d"},
    {"__torch__.torch.nn.quantized.modules.conv.Conv3d", "Conv3d"},
    {"__torch__.torch.nn.quantized.dynamic.modules.linear.Linear", "Linear"},
};

/* Whether `a` is `b` but for mangled atoms (".___torch_mangle_3"). */
static bool same_but_mangling(const char *a, const char *b) {
    static const char mark[] = ".___torch_mangle_";
    while (*a) {
        if (!strncmp(a, mark, sizeof mark - 1)) {
            a += sizeof mark - 1;
            while (*a >= '0' && *a <= '9') a++;
            continue;
        }
        if (*a++ != *b++) return false;
    }
    return !*b;
}

static const struct type *packed_type(struct class_maker *m, const struct name *name,
                                      const struct tree *type) {
    if (strcmp(name->text, "_packed_params") || !type || type->kind != TREE_NAME ||
        strcmp(type->name->text, "Tensor"))
        return NULL;
    for (size_t i = 0; i < sizeof packed_attributes / sizeof *packed_attributes; i++) {
        if (!same_but_mangling(m->qualified->text, packed_attributes[i].class_name)) continue;
        char text[100];
        snprintf(text, sizeof text, "__torch__.torch.classes.quantized.%sPackedParamsBase",
                 packed_attributes[i].type);
        const struct name *n = name_of(&m->unit->names, text);
        return n ? m->resolver->find_type(m->resolver, n, m->err) : NULL;
    }
    return NULL;
}

static bool add_attribute(struct class_maker *m, const struct tree *t, const struct name *name) {
    const struct tree *type = t->items[2] ? t->items[2] : t->items[1];
    if (!type) return malformed(m, t);
    const struct type *packed = packed_type(m, name, type);
    struct class_attribute a = {.name = name,
                                .is_parameter = has_name(&m->parameters, name),
                                .is_buffer = has_name(&m->buffers, name)};
    if (m->err->code) return false;
    a.type = packed ? packed : annotation_type(m->unit, m->resolver, type, m->err);
    if (!a.type) return false;
    if (class_find_attribute(m->c, name) >= 0)
        return lang_report(m->err, t->range, "attempting to add '%s' as an attribute but it already exists",
                           name->text);
    return class_add_attribute(m->c, a) >= 0 || error_memory(m->err);
}

/* NAME : Final[T] = VALUE */
static bool add_constant(struct class_maker *m, const struct tree *t, const struct name *name) {
    const struct tree *final = t->items[2];
    if (!final) return lang_report(m->err, t->range, "Expected a type to present for class constant");
    bool is_final = final->kind == TREE_SUBSCRIPT && final->items[0]->kind == TREE_NAME &&
                    !strcmp(final->items[0]->name->text, "Final") && final->items[1]->count == 1;
    if (!is_final) return lang_report(m->err, final->range, "Base type must be Final for class constant");
    struct class_constant c = {.name = name};
    c.type = annotation_type(m->unit, m->resolver, final->items[1]->items[0], m->err);
    if (!c.type || !constant_evaluate(m->unit, m->resolver, t->items[1], c.type, &c.value, m->err))
        return false;
    if (array_push(&m->c->constants, c)) return true;
    value_release(c.value);
    return error_memory(m->err);
}

/* What a statement of the body is. */
enum member { MEMBER_LIST, MEMBER_ATTRIBUTE, MEMBER_CONSTANT, MEMBER_METHOD, MEMBER_NOTHING };

static enum member member_kind(struct class_maker *m, const struct tree *t) {
    if (t->kind == TREE_DEF) return MEMBER_METHOD;
    if (t->kind != TREE_ASSIGN) return MEMBER_NOTHING;
    const struct tree *target = t->items[0]->items[0];
    if (target->kind == TREE_SUBSCRIPT) return MEMBER_ATTRIBUTE;
    if (target->kind != TREE_NAME || !strcmp(target->name->text, "__annotations__")) return MEMBER_NOTHING;
    if (list_of(m, target->name->text)) return MEMBER_LIST;
    return t->items[1] ? MEMBER_CONSTANT : MEMBER_ATTRIBUTE;
}

static bool check_body(struct class_maker *m) {
    const struct tree *body = m->tree->items[1];
    for (int i = 0; i < body->count; i++) {
        enum tree_kind kind = (enum tree_kind)body->items[i]->kind;
        bool docstring = kind == TREE_EXPRESSION && body->items[i]->items[0]->kind == TREE_STRING;
        if (kind != TREE_ASSIGN && kind != TREE_DEF && kind != TREE_PASS && !docstring)
            return malformed(m, body->items[i]);
    }
    return true;
}

/* Walks the body for members of one kind. */
static bool each_member(struct class_maker *m, enum member kind,
                        bool (*add)(struct class_maker *, const struct tree *)) {
    const struct tree *body = m->tree->items[1];
    for (int i = 0; i < body->count; i++)
        if (member_kind(m, body->items[i]) == kind && !add(m, body->items[i])) return false;
    return true;
}

static bool read_list(struct class_maker *m, const struct tree *t) {
    return read_names(m, t, list_of(m, t->items[0]->items[0]->name->text));
}
static bool read_attribute(struct class_maker *m, const struct tree *t) {
    const struct name *name = attribute_name(m, t);
    return name ? add_attribute(m, t, name) : m->err->code ? false : malformed(m, t);
}
static bool read_constant(struct class_maker *m, const struct tree *t) {
    return add_constant(m, t, t->items[0]->items[0]->name);
}

static struct function *declare_member(struct class_maker *m, const struct tree *def) {
    char *text = arena_printf(&m->unit->memory, "%s.%s", m->qualified->text, def->name->text);
    const struct name *qualified = text ? name_of(&m->unit->names, text) : NULL;
    if (!qualified) {
        error_memory(m->err);
        return NULL;
    }
    return lang_declare(m->unit, def, qualified, m->c->type, m->resolver, m->err);
}

static bool read_method(struct class_maker *m, const struct tree *t) {
    if (has_name(&m->hooks, t->name) || has_name(&m->pre_hooks, t->name)) return true;
    if (class_find_method(m->c, t->name))
        return lang_report(m->err, t->range, "Can't redefine method: %s on class: %s", t->name->text,
                           m->qualified->text);
    struct function *f = declare_member(m, t);
    return f && (array_push(&m->c->methods, f) || error_memory(m->err));
}

static struct function *find_hook(const struct class_definition *c, const struct name *name) {
    for (int i = 0; i < c->forward_hooks.count; i++)
        if (c->forward_hooks.items[i]->name == name) return c->forward_hooks.items[i];
    for (int i = 0; i < c->forward_pre_hooks.count; i++)
        if (c->forward_pre_hooks.items[i]->name == name) return c->forward_pre_hooks.items[i];
    return NULL;
}

static const struct tree *find_def(const struct class_maker *m, const struct name *name) {
    const struct tree *body = m->tree->items[1];
    for (int i = 0; i < body->count; i++)
        if (body->items[i]->kind == TREE_DEF && body->items[i]->name == name) return body->items[i];
    return NULL;
}

/* In the order of calls; a hook that is listed twice is one function. */
static bool add_hooks(struct class_maker *m, const name_array *names, bool before) {
    for (int i = 0; i < names->count; i++) {
        struct function *f = find_hook(m->c, names->items[i]);
        const struct tree *def = find_def(m, names->items[i]);
        if (!f && !def)
            return lang_report(m->err, m->tree->range, "hook %s is not defined", names->items[i]->text);
        if (!f && !(f = declare_member(m, def))) return false;
        bool good = before ? array_push(&m->c->forward_pre_hooks, f) : array_push(&m->c->forward_hooks, f);
        if (!good) return error_memory(m->err);
        if (!lang_ensure(f, m->err)) return false;
    }
    return true;
}

/* Compiles one method; what it says goes behind what others have said. */
static bool compile_method(struct class_maker *m, struct function *f) {
    lb_error own = {0};
    if (f->state == FUNCTION_FAILED || lang_ensure(f, &own)) return f->state != FUNCTION_FAILED;
    if (m->python && own.code == LB_ERROR_COMPILE) {
        lang_report_more(m->err, &own);
    } else if (m->err->code == LB_ERROR_COMPILE && own.code == LB_ERROR_COMPILE) {
        char *first = m->err->message;
        m->err->message = NULL;
        m->err->code = LB_OK;
        error_set(m->err, LB_ERROR_COMPILE, "%s\n%s", first ? first : "", error_message(&own));
        mem_free(first);
    } else if (own.code == LB_ERROR_MEMORY) {
        error_clear(m->err);
        error_memory(m->err);
    }
    error_move(m->err, &own);
    return false;
}

/* __init__ first, since it makes the attributes; all others even after an error, so that every fault is told.
 */
static bool compile_methods_once(struct class_maker *m) {
    for (int i = 0; i < m->c->methods.count; i++)
        if (!strcmp(m->c->methods.items[i]->name->text, "__init__") &&
            !compile_method(m, m->c->methods.items[i]))
            return false;
    bool good = true;
    for (int i = 0; i < m->c->methods.count && m->err->code != LB_ERROR_MEMORY; i++)
        good &= compile_method(m, m->c->methods.items[i]);
    return good;
}

/* Uses of attributes may tell types that __init__ did not: then all is compiled again with these. */
static bool compile_methods(struct class_maker *m) {
    enum { MOST = 20 };
    int attributes = m->c->attributes.count;
    for (int i = 0;; i++) {
        int learnt = m->unit->attributes_learnt;
        if (compile_methods_once(m)) return true;
        if (m->unit->attributes_learnt == learnt || m->err->code != LB_ERROR_COMPILE || i == MOST)
            return false;
        error_clear(m->err);
        m->c->attributes.count = attributes;
        for (int k = 0; k < m->c->methods.count; k++) lang_forget(m->c->methods.items[k]);
    }
}

static bool read_declarations(struct class_maker *m) {
    return each_member(m, MEMBER_LIST, read_list) && each_member(m, MEMBER_ATTRIBUTE, read_attribute) &&
           each_member(m, MEMBER_CONSTANT, read_constant);
}

static bool add_properties(struct class_maker *m) {
    for (int i = 0; i < m->plan.properties.count; i++) {
        const struct python_property *p = &m->plan.properties.items[i];
        struct class_property new = {.name = p->name};
        if (p->getter) new.getter = class_find_method(m->c, p->getter);
        if (p->setter) new.setter = class_find_method(m->c, p->setter);
        if (!array_push(&m->c->properties, new)) return error_memory(m->err);
    }
    return true;
}

/* Why a type could not be made: its name is taken, or memory is out. */
static const struct type *not_made(struct class_maker *m) {
    if (type_find_named(&m->unit->types, m->qualified))
        lang_report(m->err, m->tree->range, "class '%s' is defined already", m->qualified->text);
    else
        error_memory(m->err);
    return NULL;
}

/* The type is entered under its name before its attributes are known; a class whose attributes fail is of no
 * use, but the load fails with it. */
static const struct type *define_class(struct class_maker *m, bool is_module) {
    if (m->python) {
        if (!python_class_prepare(m->unit, m->resolver, m->tree, &m->plan, m->err)) return NULL;
        m->tree = m->plan.tree;
    }
    m->c = type_class(&m->unit->types, m->qualified, is_module);
    if (!m->c) return not_made(m);
    bool good = check_body(m) && (m->python || read_declarations(m)) &&
                each_member(m, MEMBER_METHOD, read_method) && add_properties(m) && compile_methods(m) &&
                add_hooks(m, &m->hooks, false) && add_hooks(m, &m->pre_hooks, true);
    return good ? m->c->type : NULL;
}

/* ---- NamedTuple ---- */

static bool check_field(struct class_maker *m, const struct tree *t) {
    bool good = t->kind == TREE_ASSIGN && t->items[2] && t->items[0]->items[0]->kind == TREE_NAME;
    return good || lang_report(m->err, t->range,
                               "Unexpected statement in NamedTuple body: only attribute annotations are "
                               "currently supported.");
}

/* Methods and docstrings of a NamedTuple or enum that people write. */
static bool is_no_member(const struct class_maker *m, const struct tree *t) {
    return m->python && (t->kind == TREE_DEF || t->kind == TREE_EXPRESSION || t->kind == TREE_PASS);
}

static const struct type *define_named_tuple(struct class_maker *m) {
    const struct tree *body = m->tree->items[1];
    struct arena *a = &m->unit->memory;
    const struct type **types = arena_array(a, const struct type *, body->count + 1);
    const struct name **names = arena_array(a, const struct name *, body->count + 1);
    lb_value *defaults = arena_array(a, lb_value, body->count + 1);
    struct tuple_fields fields = {.names = names, .defaults = defaults};
    int count = 0;
    if (!types || !names || !defaults) return error_memory(m->err), NULL;
    bool good = true;
    for (int i = 0; good && i < body->count; i++) {
        const struct tree *t = body->items[i];
        if (t->kind == TREE_PASS || is_no_member(m, t)) continue;
        good =
            check_field(m, t) && (types[count] = annotation_type(m->unit, m->resolver, t->items[2], m->err));
        if (good && t->items[1])
            good = constant_evaluate(m->unit, m->resolver, t->items[1], types[count],
                                     &defaults[fields.default_count++], m->err);
        if (good) names[count++] = t->items[0]->items[0]->name;
    }
    const struct type *type =
        good ? type_named_tuple(&m->unit->types, m->qualified, count, types, &fields) : NULL;
    for (int i = 0; i < fields.default_count; i++) value_release(defaults[i]);
    return good && !type ? not_made(m) : type;
}

/* ---- Enum ---- */

static const struct type *member_type(struct class_maker *m, const struct tree *t) {
    const struct tree *value = t->kind == TREE_ASSIGN ? t->items[1] : NULL;
    if (!value || t->items[0]->items[0]->kind != TREE_NAME) {
        lang_report(m->err, t->range,
                    "Unexpected statement in Enum class body: only enum attribute definitions are currently "
                    "supported.");
        return NULL;
    }
    const struct type *const *simple = m->unit->types.simple;
    enum tree_kind kind = (enum tree_kind)(value->kind == TREE_NEGATE ? value->items[0]->kind : value->kind);
    if (kind == TREE_STRING) return simple[TYPE_STRING];
    if (kind == TREE_INT) return simple[TYPE_INT];
    if (kind == TREE_FLOAT) return simple[TYPE_FLOAT];
    lang_report(m->err, value->range,
                "Unsupported enum value type: %s. Only Integers, Floats and Strings are supported.",
                tree_kind_words[value->kind]);
    return NULL;
}

static const struct type *define_enum(struct class_maker *m) {
    const struct tree *body = m->tree->items[1];
    const struct type *type = NULL;
    for (int i = 0; i < body->count; i++) {
        const struct tree *t = body->items[i];
        if (is_no_member(m, t)) continue;
        const struct type *value_type = member_type(m, t);
        if (!value_type) return NULL;
        if (!type && !(type = type_enum(&m->unit->types, m->qualified, value_type))) return not_made(m);
        if (type->members->value_type != value_type) {
            lang_report(m->err, t->range, "Enum class with varying value types are not supported.");
            return NULL;
        }
        struct enum_member member = {.name = t->items[0]->items[0]->name};
        if (!constant_evaluate(m->unit, m->resolver, t->items[1], value_type, &member.value, m->err))
            return NULL;
        if (array_push(&type->members->list, member)) continue;
        value_release(member.value);
        return error_memory(m->err), NULL;
    }
    if (!type) lang_report(m->err, m->tree->range, "No enum values defined for %s", m->qualified->text);
    return type;
}

/* ---- interfaces ---- */

static bool add_interface_method(struct class_maker *m, const struct tree *t) {
    if (t->kind != TREE_DEF)
        return lang_report(m->err, t->range, "interface declarations can only contain method definitions");
    if (!t->items[1])
        return lang_report(m->err, t->range, "interface declarations must have a return type annotated.");
    const struct tree *body = t->items[2];
    for (int i = 0; i < body->count; i++) {
        const struct tree *s = body->items[i];
        if (s->kind == TREE_PASS) break;
        bool docstring = s->kind == TREE_EXPRESSION && s->items[0]->kind == TREE_STRING;
        if (!docstring)
            return lang_report(m->err, t->range,
                               "interfaces declarations should only contain a single 'pass' statement.");
        if (i == body->count - 1)
            return lang_report(m->err, t->range, "interfaces declarations should contain 'pass' statement.");
    }
    struct function *f = declare_member(m, t);
    if (!f) return false;
    f->schema = schema_from_def(m->unit, m->resolver, t, m->c->type, m->err);
    f->state = FUNCTION_READY;
    return f->schema && (array_push(&m->c->methods, f) || error_memory(m->err));
}

static const struct type *define_interface(struct class_maker *m, bool is_module) {
    m->c = type_interface(&m->unit->types, m->qualified, is_module);
    if (!m->c) return not_made(m);
    const struct tree *body = m->tree->items[1];
    for (int i = 0; i < body->count; i++)
        if (!add_interface_method(m, body->items[i])) return NULL;
    return m->c->type;
}

/* Whether all base classes are classes of the program or say nothing. */
static bool has_only_classes(struct class_maker *m) {
    static const char *const nothing[] = {"object", "ABC", "Generic", "Protocol"};
    const struct tree *bases = m->tree->items[3];
    for (int i = 0; bases && i < bases->count; i++) {
        const struct tree *b =
            bases->items[i]->kind == TREE_SUBSCRIPT ? bases->items[i]->items[0] : bases->items[i];
        bool known = m->resolver->find_base && m->resolver->find_base(m->resolver, b);
        bool named = b->kind == TREE_NAME || b->kind == TREE_ATTRIBUTE;
        for (size_t k = 0; named && k < sizeof nothing / sizeof *nothing; k++)
            known |= !strcmp(b->name->text, nothing[k]);
        if (!known) return false;
    }
    return bases != NULL;
}

/* What a class is by its base: those of the program may be NamedTuples and enums themselves. */
static const struct type *define(struct class_maker *m) {
    const struct tree *base = m->tree->items[0];
    const char *name = !base                                                     ? ""
                       : base->kind == TREE_NAME || base->kind == TREE_ATTRIBUTE ? base->name->text
                                                                                 : "?";
    if (!*name) return define_class(m, false);
    if (m->python && has_only_classes(m)) return define_class(m, false);
    if (!m->python && !strcmp(name, "Module")) return define_class(m, true);
    if (!strcmp(name, "NamedTuple")) return define_named_tuple(m);
    if (!strcmp(name, "Interface")) return define_interface(m, false);
    if (!strcmp(name, "ModuleInterface")) return define_interface(m, true);
    if (!strcmp(name, "Enum")) return define_enum(m);
    lang_report(m->err, m->tree->range, "Torchscript does not support class inheritance.");
    return NULL;
}

static const struct type *define_with(struct class_maker m, lb_error *err) {
    lb_error own = {0};
    m.err = &own;
    const struct type *type = define(&m);
    if (!type && !own.code) error_memory(&own);
    error_move(err, &own);
    return type;
}

const struct type *lang_define_class(struct unit *unit, const struct tree *class_tree,
                                     const struct name *qualified, struct resolver *resolver, lb_error *err) {
    return define_with(
        (struct class_maker){.unit = unit, .resolver = resolver, .tree = class_tree, .qualified = qualified},
        err);
}

const struct type *lang_define_python_class(struct unit *unit, const struct tree *class_tree,
                                            const struct name *qualified, struct resolver *resolver,
                                            lb_error *err) {
    return define_with(
        (struct class_maker){
            .unit = unit, .resolver = resolver, .tree = class_tree, .qualified = qualified, .python = true},
        err);
}
