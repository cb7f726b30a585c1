/* What programs do with modules whose class a host made: attributes (members, then what the host knows of the
 * class), calls with hooks, and containers, over which loops are unrolled (struct ModuleValue in
 * torch/csrc/jit/python/python_sugared_value.cpp). All attributes of a container are read before the first
 * round of a loop; a parameter or buffer is read twice there, as PyTorch does. */
#include "lang/choice.h"
#include "lang/emitter.h"
#include "lang/explain.h"
#include "lang/host.h"
#include "lang/wide.h"
#include <string.h>

static const struct sugared_kind kind_module, kind_iterator;

static struct class_definition *class_of(const struct sugared *s) {
    return s->value->type->definition;
}

static bool is_module_type(const struct type *t) {
    return (t->kind == TYPE_CLASS || t->kind == TYPE_INTERFACE) && t->definition->is_module;
}

struct sugared *host_module(struct emitter *e, struct ir_value *self) {
    struct sugared *s = self ? sugared_new(e, &kind_module) : NULL;
    if (s) s->value = self;
    return s;
}

struct sugared *host_make_self(struct resolver *r, struct emitter *e, struct ir_value *self) {
    (void)r;
    return host_module(e, self);
}

static struct ir_value *module_value(struct emitter *e, struct sugared *s, struct source_range at) {
    (void)e;
    (void)at;
    return s->value;
}

/* ---- members ---- */

static struct sugared *get_member(struct emitter *e, const struct sugared *s, struct source_range at,
                                  const struct name *name) {
    struct sugared *v = sugared_attribute(e, sugared_simple(e, s->value), at, name);
    struct ir_value *simple = sugared_as_simple(v);
    return simple && is_module_type(simple->type) ? host_module(e, simple) : v;
}

/* ---- containers: keys and values as two tuples ---- */

struct members {
    struct sugared **keys, **values;
    int count, room;
};

enum member_kind { MEMBER_MODULE, MEMBER_PARAMETER, MEMBER_BUFFER };

static bool is_member(const struct class_attribute *a, enum member_kind kind) {
    if (kind == MEMBER_PARAMETER) return a->is_parameter;
    return kind == MEMBER_BUFFER ? a->is_buffer : is_module_type(a->type);
}

static bool make_room(struct emitter *e, struct members *m, int room) {
    if (room <= m->room) return true;
    struct sugared **keys = arena_array(&e->memory, struct sugared *, 2 * room);
    struct sugared **values = arena_array(&e->memory, struct sugared *, 2 * room);
    if (!keys || !values) return error_memory(e->err);
    if (m->count) {
        memcpy(keys, m->keys, sizeof *keys * (size_t)m->count);
        memcpy(values, m->values, sizeof *values * (size_t)m->count);
    }
    *m = (struct members){keys, values, m->count, 2 * room};
    return true;
}

static struct sugared *key_constant(struct emitter *e, const char *text, size_t length) {
    return sugared_simple(e, emit_text(e, text, (int64_t)length, (struct source_range){0}));
}

static bool add_member(struct emitter *e, struct sugared *s, struct source_range at, const struct name *name,
                       enum member_kind kind, struct members *m) {
    struct sugared *key = key_constant(e, name->text, name->length);
    if (kind != MEMBER_MODULE && !get_member(e, s, at, name)) return false;
    struct sugared *value = key ? get_member(e, s, at, name) : NULL;
    if (!value || !make_room(e, m, m->count + 1)) return false;
    m->keys[m->count] = key;
    m->values[m->count++] = value;
    return true;
}

static bool read_members(struct emitter *e, struct sugared *s, struct source_range at, enum member_kind kind,
                         struct members *m) {
    const struct class_definition *c = class_of(s);
    *m = (struct members){0};
    if (!make_room(e, m, 1)) return false;
    for (int i = 0; i < c->attributes.count; i++) {
        const struct class_attribute *a = &c->attributes.items[i];
        if (is_member(a, kind) && !add_member(e, s, at, a->name, kind, m)) return false;
    }
    return true;
}

static enum member_kind held_kind(const struct sugared *s) {
    uint8_t container = class_of(s)->container;
    bool parameters = container == CONTAINER_PARAMETER_LIST || container == CONTAINER_PARAMETER_DICT;
    return parameters ? MEMBER_PARAMETER : MEMBER_MODULE;
}

static bool is_dict(const struct sugared *s) {
    uint8_t container = class_of(s)->container;
    return container == CONTAINER_DICT || container == CONTAINER_PARAMETER_DICT;
}

/* ---- items(), named_children() and the like: calls that give what is iterated over ---- */

static struct sugared *call_iterator(struct emitter *e, struct sugared *s, struct source_range at,
                                     struct actuals actuals, int binders) {
    (void)binders;
    if (!actuals.count && !actuals.keyword_count) return s->base;
    return emit_error(e, at, "%s doesn't accept any arguments", s->name->text);
}
static const struct sugared_kind kind_iterator = {.word = "ModuleDictMethod", .call = call_iterator};

static struct sugared *iterator(struct emitter *e, const struct name *name, struct sugared *over) {
    struct sugared *s = over ? sugared_new(e, &kind_iterator) : NULL;
    if (!s) return NULL;
    s->name = name;
    s->base = over;
    return s;
}

static struct sugared *pairs(struct emitter *e, struct source_range at, const struct members *m) {
    struct sugared *both[2] = {sugared_tuple_of(e, m->keys, m->count),
                               sugared_tuple_of(e, m->values, m->count)};
    return both[0] && both[1] ? sugared_zip(e, at, both, 2) : NULL;
}

/* The module itself and all below it, with dotted names. */
static bool read_tree(struct emitter *e, struct sugared *s, struct source_range at, const char *path,
                      struct members *m) {
    struct members own;
    struct sugared *key = key_constant(e, path, strlen(path));
    if (!key || !make_room(e, m, m->count + 1)) return false;
    m->keys[m->count] = key;
    m->values[m->count++] = s;
    if (class_of(s)->is_interface)
        return emit_error(e, at, "the submodules of an interface are not known") != NULL;
    if (!read_members(e, s, at, MEMBER_MODULE, &own)) return false;
    for (int i = 0; i < own.count; i++) {
        lb_value name;
        if (!emit_is_constant(sugared_as_simple(own.keys[i]), &name)) return false;
        const char *below = arena_printf(&e->memory, "%s%s%s", path, *path ? "." : "", name.string->bytes);
        if (!below) return error_memory(e->err);
        if (!read_tree(e, own.values[i], at, below, m)) return false;
    }
    return true;
}

/* Parameters or buffers of the module and of all below it. */
static bool read_below(struct emitter *e, struct sugared *s, struct source_range at, enum member_kind kind,
                       struct members *m) {
    struct members modules = {0};
    if (!read_tree(e, s, at, "", &modules) || !make_room(e, m, 1)) return false;
    for (int i = 0; i < modules.count; i++) {
        lb_value path, name;
        struct members own;
        if (!read_members(e, modules.values[i], at, kind, &own) || !make_room(e, m, m->count + own.count))
            return false;
        if (!emit_is_constant(sugared_as_simple(modules.keys[i]), &path)) return false;
        for (int k = 0; k < own.count; k++) {
            if (!emit_is_constant(sugared_as_simple(own.keys[k]), &name)) return false;
            const char *whole = arena_printf(&e->memory, "%s%s%s", path.string->bytes,
                                             path.string->length ? "." : "", name.string->bytes);
            if (!whole) return error_memory(e->err);
            if (!(m->keys[m->count] = key_constant(e, whole, strlen(whole)))) return false;
            m->values[m->count++] = own.values[k];
        }
    }
    return true;
}

enum wanted { WANT_KEYS = 1, WANT_VALUES = 2, WANT_PAIRS = 3 };
enum reach { OF_DICT, OF_CHILDREN, OF_TREE, OF_BUFFERS, OF_ALL_BUFFERS, OF_ALL_PARAMETERS };
static const struct iterator_row {
    const char *name;
    uint8_t wanted, reach;
    bool wide; /* PyTorch knows it not */
} iterators[] = {
    {"keys", WANT_KEYS, OF_DICT, false},
    {"values", WANT_VALUES, OF_DICT, false},
    {"items", WANT_PAIRS, OF_DICT, false},
    {"children", WANT_VALUES, OF_CHILDREN, false},
    {"named_children", WANT_PAIRS, OF_CHILDREN, false},
    {"modules", WANT_VALUES, OF_TREE, false},
    {"named_modules", WANT_PAIRS, OF_TREE, false},
    {"named_buffers", WANT_PAIRS, OF_ALL_BUFFERS, true},
    {"named_buffers", WANT_PAIRS, OF_BUFFERS, false},
    {"buffers", WANT_VALUES, OF_ALL_BUFFERS, true},
    {"parameters", WANT_VALUES, OF_ALL_PARAMETERS, true},
    {"named_parameters", WANT_PAIRS, OF_ALL_PARAMETERS, true},
};

static bool read_reach(struct emitter *e, struct sugared *s, struct source_range at, enum reach reach,
                       struct members *m) {
    switch (reach) {
    case OF_DICT: return read_members(e, s, at, held_kind(s), m);
    case OF_TREE: return read_tree(e, s, at, "", m);
    case OF_BUFFERS: return read_members(e, s, at, MEMBER_BUFFER, m);
    case OF_ALL_BUFFERS: return read_below(e, s, at, MEMBER_BUFFER, m);
    case OF_ALL_PARAMETERS: return read_below(e, s, at, MEMBER_PARAMETER, m);
    default: return read_members(e, s, at, MEMBER_MODULE, m);
    }
}

static struct sugared *find_iterator(struct emitter *e, struct sugared *s, struct source_range at,
                                     const struct name *name) {
    for (size_t i = 0; i < sizeof iterators / sizeof *iterators; i++) {
        const struct iterator_row *row = &iterators[i];
        if (strcmp(row->name, name->text) || (row->reach == OF_DICT && !is_dict(s)) ||
            (row->wide && !e->wide))
            continue;
        struct members m = {0};
        if (!read_reach(e, s, at, (enum reach)row->reach, &m)) return NULL;
        if (row->wanted == WANT_PAIRS) return iterator(e, name, pairs(e, at, &m));
        bool keys = row->wanted == WANT_KEYS;
        return iterator(e, name, sugared_tuple_of(e, keys ? m.keys : m.values, m.count));
    }
    return NULL;
}

/* ---- overloads of a method ---- */

static struct sugared *call_overloads(struct emitter *e, struct sugared *s, struct source_range at,
                                      struct actuals actuals, int binders) {
    (void)binders;
    const struct schema **schemas = arena_array(&e->memory, const struct schema *, s->count);
    struct actual *with_self = arena_array(&e->memory, struct actual, actuals.count + 1);
    struct match m;
    if (!schemas || !with_self) return emit_out_of_memory(e);
    for (int i = 0; i < s->count; i++) {
        if (!emit_ensure(e, s->functions[i], at, "method")) return NULL;
        schemas[i] = s->functions[i]->schema;
    }
    with_self[0] = (struct actual){.value = s->value};
    if (actuals.count) memcpy(with_self + 1, actuals.items, sizeof *with_self * (size_t)actuals.count);
    actuals.items = with_self;
    actuals.count++;
    if (!match_schemas(e, schemas, s->count, at, actuals, NULL, &m)) return NULL;
    const struct function *f = s->functions[m.which];
    struct ir_value *v = emit_typed(e, KIND_CALL_METHOD, m.returns[0], m.inputs, m.input_count);
    if (!v || !emit_set_name(e, v->node, f->name)) return NULL;
    v->node->range = at;
    v->node->function = f;
    return sugared_simple(e, v);
}
static const struct sugared_kind kind_overloads = {.word = "method", .call = call_overloads};

/* ---- what the host knows ---- */

/* A method that the host has declared while it was asked is compiled here; in all of Python when it is
 * called. */
static struct sugared *declared_method(struct emitter *e, const struct sugared *s, struct source_range at,
                                       const struct name *name) {
    struct function *f = class_find_method(class_of(s), name);
    if (!f || (!e->wide && !emit_ensure(e, f, at, "method"))) return NULL;
    return sugared_method(e, s->value, name);
}

/* ---- attributes that are empty lists and dicts: what they hold is learnt from what programs do ---- */

static const struct name *empty_key(struct emitter *e, const struct sugared *s, const struct name *name) {
    const char *text = arena_printf(&e->memory, "%s.%s", class_of(s)->type->name->text, name->text);
    return text ? emit_name(e, text) : emit_out_of_memory(e);
}

static const struct type *empty_type(struct emitter *e, const struct tree *literal) {
    const struct type *learnt = wide_literal_type(e, literal), *tensor = e->types->tensor;
    if (learnt) return learnt;
    return literal->kind == TREE_DICT ? type_dict(e->types, simple_type(e, TYPE_STRING), tensor)
                                      : type_list(e->types, tensor);
}

/* The attribute with the type that is known by now. */
static struct sugared *get_empty(struct emitter *e, const struct sugared *s, struct source_range at,
                                 const struct name *name, const struct tree *literal) {
    struct class_definition *c = class_of(s);
    struct class_attribute a = {.name = name, .type = empty_type(e, literal)};
    int slot = class_find_attribute(c, name);
    if (!a.type || (slot < 0 && (slot = class_add_attribute(c, a)) < 0)) return emit_out_of_memory(e);
    if (wide_literal_type(e, literal)) c->attributes.items[slot].type = a.type;
    struct sugared *found = get_member(e, s, at, name);
    struct ir_value *v = sugared_as_simple(found);
    return v && wide_note_literal(e, literal, v) ? found : NULL;
}

static struct sugared *empty_attribute(struct emitter *e, const struct sugared *s, struct source_range at,
                                       const struct name *name, bool dict) {
    const struct name *key = empty_key(e, s, name);
    struct arena *a = &e->unit->memory;
    struct tree *items = tree_new(a, TREE_LIST, at, 0, NULL), *both[2] = {items, items};
    struct tree *literal =
        items ? tree_new(a, dict ? TREE_DICT : TREE_LIST_LITERAL, at, dict ? 2 : 0, both) : NULL;
    if (!key || !literal || !table_set(&host_of(e->resolver)->empties, key, literal))
        return emit_out_of_memory(e);
    return get_empty(e, s, at, name, literal);
}

/* The literal's tree of an attribute that was answered so before; NULL: another one. */
static const struct tree *known_empty(struct emitter *e, const struct sugared *s, const struct name *name) {
    const struct table *empties = &host_of(e->resolver)->empties;
    const struct name *key = e->wide && empties->count ? empty_key(e, s, name) : NULL;
    return key ? table_get(empties, key) : NULL;
}

static struct sugared *answered(struct emitter *e, const struct sugared *s, struct source_range at,
                                const struct lb_answer *answer, const struct name *name) {
    if (answer->kind == ANSWER_NOTHING) return declared_method(e, s, at, name);
    answer = host_told(e, answer);
    if (answer->kind == ANSWER_EMPTY) return e->wide ? empty_attribute(e, s, at, name, answer->flag) : NULL;
    struct sugared *found = host_sugared(e, answer, at);
    if (!found) return NULL;
    bool method = found->kind == &sugared_kind_function && found->functions[0]->owner == s->value->type;
    if (method) found->kind = &kind_overloads;
    if (method || (answer->kind == ANSWER_OUTSIDE && answer->position)) found->value = s->value;
    return found;
}

/* NULL without an error: the host knows nothing. A refusal is given only where `wanted`. */
static struct sugared *ask_host(struct emitter *e, const struct sugared *s, struct source_range at,
                                const struct name *name, bool wanted) {
    if (!class_of(s)->host) return NULL;
    struct lb_answer answer = {.memory = &e->memory};
    bool good = host_ask(host_of(e->resolver), class_of(s)->host, name->text, &answer, e->err);
    bool refused = host_told(e, &answer)->kind == ANSWER_REFUSAL && !wanted;
    struct sugared *found = good && !refused ? answered(e, s, at, &answer, name) : NULL;
    if (good && wanted && answer.kind == ANSWER_REFUSAL)
        explain_refused_attribute(e, class_of(s)->type, name->text, answer.text, at);
    answer_release(&answer);
    return found;
}

/* ---- attributes ---- */

static bool has_property(const struct class_definition *c, const struct name *name) {
    for (int i = 0; i < c->properties.count; i++)
        if (c->properties.items[i].name == name) return true;
    return false;
}

/* NULL without an error: there is none (ModuleValue::tryGetAttr). */
static struct sugared *find_attribute(struct emitter *e, struct sugared *s, struct source_range at,
                                      const struct name *name, bool wanted) {
    const struct class_definition *c = class_of(s);
    const struct tree *literal = known_empty(e, s, name);
    if (literal) return get_empty(e, s, at, name, literal);
    const struct function *method = class_find_method(c, name);
    bool failed = e->wide && method && method->state == FUNCTION_FAILED; /* Module.parameters */
    struct sugared *found = failed ? find_iterator(e, s, at, name) : NULL;
    if (found || e->err->code) return found;
    if (c->is_interface || class_find_attribute(c, name) >= 0 || method) return get_member(e, s, at, name);
    const struct class_constant *constant = class_find_constant(c, name);
    if (constant) return sugared_simple(e, host_constant(e, constant->value, at));
    found = find_iterator(e, s, at, name);
    return found || e->err->code ? found : ask_host(e, s, at, name, wanted && !has_property(c, name));
}

static struct sugared *module_attribute(struct emitter *e, struct sugared *s, struct source_range at,
                                        const struct name *name) {
    struct sugared *found = find_attribute(e, s, at, name, true);
    if (found || e->err->code) return found;
    if (has_property(class_of(s), name)) return get_member(e, s, at, name);
    const char *dot = strrchr(class_of(s)->type->name->text, '.');
    emit_error(e, at, "Module '%s' has no attribute '%s' ", dot ? dot + 1 : "?", name->text);
    return explain_no_attribute(e, class_of(s)->type, name->text, at);
}

static bool module_has_attribute(struct emitter *e, struct sugared *s, struct source_range at,
                                 const struct name *name) {
    return find_attribute(e, s, at, name, false) != NULL;
}

static bool module_set_attribute(struct emitter *e, struct sugared *s, struct source_range at,
                                 const struct name *name, struct ir_value *value) {
    return sugared_set_attribute(e, sugared_simple(e, s->value), at, name, value);
}

/* ---- calls ---- */

static struct ir_value *call_hook(struct emitter *e, struct function *hook, struct source_range at,
                                  struct ir_value *const *values, int count, struct actuals given,
                                  int binders) {
    struct actual actuals[3];
    for (int i = 0; i < count; i++) actuals[i] = (struct actual){.value = values[i]};
    struct actuals all = {actuals, count, given.keywords, given.keyword_count};
    return sugared_value(e, sugared_call(e, sugared_function(e, hook), at, all, binders), at);
}

/* Pre-hooks see the arguments as a tuple and may give others; false with an error. */
static bool call_pre_hooks(struct emitter *e, struct sugared *s, struct source_range at, int binders,
                           struct actuals *actuals, struct ir_value **input) {
    const struct class_definition *c = class_of(s);
    for (int i = 0; i < c->forward_pre_hooks.count; i++) {
        struct ir_value *both[2] = {s->value, *input};
        struct ir_value *v = call_hook(e, c->forward_pre_hooks.items[i], at, both, 2, *actuals, binders);
        if (!v) return false;
        if (v->type->kind == TYPE_NONE) continue;
        if (v->type->kind != TYPE_TUPLE && !(v = emit_tuple(e, &v, 1, NULL))) return false;
        *input = v;
    }
    if (!c->forward_pre_hooks.count) return true;
    struct ir_value *const *items = emit_unpack_node(e, *input);
    int count = (*input)->type->count;
    struct actual *list = items ? arena_array(&e->memory, struct actual, count + 1) : NULL;
    if (!list) return error_memory(e->err);
    for (int i = 0; i < count; i++) list[i] = (struct actual){.value = items[i]};
    if (!actuals->count) return true;
    actuals->items = list;
    actuals->count = count;
    return true;
}

static struct ir_value *arguments_tuple(struct emitter *e, struct actuals actuals) {
    struct ir_value **values = arena_array(&e->memory, struct ir_value *, actuals.count + 1);
    if (!values) return emit_out_of_memory(e);
    for (int i = 0; i < actuals.count; i++)
        if (!(values[i] = emit_actual(e, &actuals.items[i]))) return NULL;
    return emit_tuple(e, values, actuals.count, NULL);
}

struct sugared *host_as_module(struct emitter *e, struct sugared *s) {
    struct ir_value *v = sugared_as_simple(s);
    return v && is_module_type(v->type) && e->resolver->make_self ? host_module(e, v) : s;
}

struct sugared *host_module_forward(struct emitter *e, struct sugared *s, struct source_range at) {
    if (s->kind != &kind_module || class_of(s)->forward_pre_hooks.count || class_of(s)->forward_hooks.count)
        return NULL;
    return module_attribute(e, s, at, emit_name(e, "forward"));
}

static struct sugared *call_module(struct emitter *e, struct sugared *s, struct source_range at,
                                   struct actuals actuals, int binders) {
    const struct class_definition *c = class_of(s);
    bool hooks = c->forward_pre_hooks.count || c->forward_hooks.count;
    struct ir_value *input = NULL;
    if (hooks && !(input = arguments_tuple(e, actuals))) return NULL;
    if (!call_pre_hooks(e, s, at, binders, &actuals, &input)) return NULL;
    struct sugared *forward = module_attribute(e, s, at, emit_name(e, "forward"));
    struct ir_value *output = sugared_value(e, sugared_call(e, forward, at, actuals, binders), at);
    for (int i = 0; output && i < c->forward_hooks.count; i++) {
        struct ir_value *three[3] = {s->value, input, output};
        struct ir_value *v = call_hook(e, c->forward_hooks.items[i], at, three, 3, actuals, binders);
        if (!v) return NULL;
        if (v->type->kind != TYPE_NONE) output = v;
    }
    return sugared_simple(e, output);
}

/* ---- iteration and subscripts ---- */

static struct sugared *iterate_module(struct emitter *e, struct sugared *s, struct source_range at) {
    struct members m;
    if (class_of(s)->container == CONTAINER_NONE)
        return emit_error(
            e, at,
            "Only constant Sequential, ModuleList, ModuleDict, or ParameterList can be used as an iterable");
    if (!read_members(e, s, at, held_kind(s), &m)) return NULL;
    return sugared_tuple_of(e, is_dict(s) ? m.keys : m.values, m.count);
}

static bool module_tuple(struct emitter *e, struct sugared *s, struct source_range at, int size_hint,
                         struct sugared_list *out) {
    (void)size_hint;
    struct members m;
    if (class_of(s)->container != CONTAINER_LIST)
        return emit_error(e, at, "Only ModuleList or Sequential modules can be used as tuple") != NULL;
    if (!read_members(e, s, at, MEMBER_MODULE, &m)) return false;
    *out = (struct sugared_list){m.values, m.count};
    return true;
}

/* A container indexed by a value: all that it holds must be of the wanted interface. */
static struct sugared *indexed_by_value(struct emitter *e, struct sugared *s, struct source_range at,
                                        struct ir_value *index, const struct type *hint) {
    const struct class_definition *c = class_of(s);
    for (int i = 0; i < c->attributes.count; i++) {
        const struct class_attribute *a = &c->attributes.items[i];
        if (is_module_type(a->type) && !is_subtype(e, a->type, hint))
            return emit_error(e, at, "Attribute %s is not of annotated type %s", a->name->text,
                              emit_type_words(e, hint));
    }
    struct ir_value *inputs[2] = {s->value, index};
    struct node *n = emit_node_named(e, emit_name(e, "prim::ModuleContainerIndex"), 1, inputs, 2);
    if (!n) return NULL;
    n->outputs.items[0]->type = hint;
    return sugared_simple(e, n->outputs.items[0]);
}

/* In all of Python any key may be asked for. */
static struct sugared *chosen_by_key(struct emitter *e, struct sugared *s, struct source_range at,
                                     struct ir_value *key) {
    struct members m;
    if (!read_members(e, s, at, held_kind(s), &m)) return NULL;
    const struct name **names = arena_array(&e->memory, const struct name *, m.count + 1);
    if (!names) return emit_out_of_memory(e);
    for (int i = 0; i < m.count; i++) {
        lb_value own;
        if (!emit_is_constant(sugared_as_simple(m.keys[i]), &own)) return NULL;
        if (!(names[i] = emit_name(e, own.string->bytes))) return NULL;
    }
    return choice_by_key(e, names, m.values, m.count, key, at);
}

static struct sugared *dict_item(struct emitter *e, struct sugared *s, struct source_range at,
                                 struct ir_value *index, const struct type *hint) {
    lb_value key, own;
    struct members m;
    if (!emit_is_constant(index, &key)) {
        if (hint) return indexed_by_value(e, s, at, index, hint);
        if (e->wide) return chosen_by_key(e, s, at, index);
        return emit_error(
            e, at,
            "Unable to extract string literal index. ModuleDict indexing is only supported with "
            "string literals. Enumeration of ModuleDict is supported, e.g. 'for k, v in "
            "self.items(): ...'");
    }
    if (key.tag != VALUE_STRING) return emit_error(e, at, "a ModuleDict is indexed by strings");
    if (!read_members(e, s, at, held_kind(s), &m)) return NULL;
    for (int i = 0; i < m.count; i++)
        if (emit_is_constant(sugared_as_simple(m.keys[i]), &own) && value_equal(own, key, NULL))
            return m.values[i];
    return emit_error(e, at, "Key Error, %s", key.string->bytes);
}

static struct sugared *module_item(struct emitter *e, struct sugared *s, struct source_range at,
                                   struct ir_value *index, const struct type *hint) {
    struct members m;
    switch (class_of(s)->container) {
    case CONTAINER_LIST:
        if (hint) return indexed_by_value(e, s, at, index, hint);
        break;
    case CONTAINER_PARAMETER_LIST: break;
    case CONTAINER_DICT:
    case CONTAINER_PARAMETER_DICT: return dict_item(e, s, at, index, hint);
    default:
        return emit_error(e, at,
                          "Only ModuleList, Sequential, ModuleDict, ParameterList, and ParameterDict modules "
                          "are subscriptable");
    }
    if (!read_members(e, s, at, held_kind(s), &m)) return NULL;
    return sugared_item(e, sugared_tuple_of(e, m.values, m.count), at, index, NULL);
}

static const struct sugared_kind kind_module = {
    .word = "module",
    .value = module_value,
    .attribute = module_attribute,
    .has_attribute = module_has_attribute,
    .set_attribute = module_set_attribute,
    .tuple = module_tuple,
    .call = call_module,
    .iterate = iterate_module,
    .item = module_item,
    .sliced_as_tuple = true,
};
