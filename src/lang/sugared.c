/* Sugared values of all kinds but the first-class one (sugared_simple.c): what each can do, and the wording
 * when it cannot (torch/csrc/jit/frontend/sugared_value.cpp). */
#include "lang/choice.h"
#include "lang/define.h"
#include "lang/emitter.h"
#include "lang/explain.h"
#include "lang/lower.h"
#include <string.h>

struct sugared *sugared_new(struct emitter *e, const struct sugared_kind *kind) {
    struct sugared *s = arena_new(&e->memory, struct sugared);
    if (!s) return emit_out_of_memory(e);
    s->kind = kind;
    s->static_length = -1;
    return s;
}

const char *sugared_words(struct emitter *e, const struct sugared *s) {
    if (!s->kind->describe) return s->kind->word;
    struct text out = {0};
    s->kind->describe(s, &out);
    const char *words = arena_text(&e->memory, text_get(&out), out.length);
    text_free(&out);
    return words ? words : "?";
}

/* ---- what can be done, with the wording when it cannot ---- */

struct ir_value *sugared_value(struct emitter *e, struct sugared *s, struct source_range at) {
    if (!s) return NULL;
    if (s->kind->value) return s->kind->value(e, s, at);
    emit_error(e, at, "%s cannot be used as a value", sugared_words(e, s));
    return explain_no_value(e, sugared_words(e, s), at);
}

struct sugared *sugared_attribute(struct emitter *e, struct sugared *s, struct source_range at,
                                  const struct name *name) {
    if (!s || !name) return NULL;
    if (s->kind->attribute) return s->kind->attribute(e, s, at, name);
    return emit_error(e, at, "attribute lookup is not defined on %s", sugared_words(e, s));
}

bool sugared_has_attribute(struct emitter *e, struct sugared *s, struct source_range at,
                           const struct name *name) {
    if (e->wide) return lower_has_member(e, s, at, name);
    if (s->kind->has_attribute) return s->kind->has_attribute(e, s, at, name);
    return emit_error(e, at, "attribute lookup is not defined on %s", sugared_words(e, s)) != NULL;
}

bool sugared_set_attribute(struct emitter *e, struct sugared *s, struct source_range at,
                           const struct name *name, struct ir_value *value) {
    if (s->kind->set_attribute) return s->kind->set_attribute(e, s, at, name, value);
    return emit_error(e, at, "attribute assignment is not defined on %s", sugared_words(e, s)) != NULL;
}

bool sugared_tuple(struct emitter *e, struct sugared *s, struct source_range at, int size_hint,
                   struct sugared_list *out) {
    if (!s) return false;
    if (s->kind->tuple) return s->kind->tuple(e, s, at, size_hint, out);
    return emit_error(e, at, "%s cannot be used as a tuple", sugared_words(e, s)) != NULL;
}

struct sugared *sugared_call(struct emitter *e, struct sugared *s, struct source_range at,
                             struct actuals actuals, int binders) {
    if (!s) return NULL;
    if (s->kind->call) return s->kind->call(e, s, at, actuals, binders);
    return emit_error(e, at, "cannot call a %s", sugared_words(e, s));
}

struct sugared *sugared_iterate(struct emitter *e, struct sugared *s, struct source_range at) {
    if (!s) return NULL;
    if (s->kind->iterate) return s->kind->iterate(e, s, at);
    return emit_error(e, at, "%s cannot be used as an iterable", sugared_words(e, s));
}

struct ir_value *sugared_length(struct emitter *e, struct sugared *s, struct source_range at) {
    if (s->kind->length) return s->kind->length(e, s, at);
    return emit_error(e, at, "'%s' object is not iterable", sugared_words(e, s));
}

struct sugared *sugared_item(struct emitter *e, struct sugared *s, struct source_range at,
                             struct ir_value *index, const struct type *hint) {
    if (!index) return NULL;
    if (s->kind->item) return s->kind->item(e, s, at, index, hint);
    return emit_error(e, at, "'%s' object is not subscriptable", sugared_words(e, s));
}

int64_t sugared_static_length(const struct sugared *s) {
    return s->static_length;
}

static struct sugared *iterate_itself(struct emitter *e, struct sugared *s, struct source_range at) {
    (void)e;
    (void)at;
    return s;
}

/* ---- things without behaviour ---- */

const struct sugared_kind sugared_kind_none = {.word = "None"};
const struct sugared_kind sugared_kind_slice = {.word = "Python slice value"};
const struct sugared_kind sugared_kind_exception_message = {.word = "exception message"};

static struct ir_value *held_value(struct emitter *e, struct sugared *s, struct source_range at) {
    (void)e;
    (void)at;
    return s->value;
}
const struct sugared_kind sugared_kind_closure = {.word = "closure", .value = held_value};

struct sugared *sugared_closure(struct emitter *e, struct ir_value *closure) {
    struct sugared *s = closure ? sugared_new(e, &sugared_kind_closure) : NULL;
    if (s) s->value = closure;
    return s;
}

static void describe_form(const struct sugared *s, struct text *out) {
    static const char *const words[FORM_COUNT] = {
        "",        "fork",         "awaitable",     "annotate",       "unchecked_cast",
        "GetAttr", "HasAttr",      "Uninitialized", "TupleConstruct", "isinstance",
        "tolist",  "CreateObject", "range",         "enumerate",      "zip",
        "list",    "dict",         "index"};
    text_put(out, words[s->form]);
}
const struct sugared_kind sugared_kind_form = {.describe = describe_form};

struct sugared *sugared_form(struct emitter *e, enum special_form form) {
    struct sugared *s = sugared_new(e, &sugared_kind_form);
    if (s) s->form = form;
    return s;
}

/* ---- print ---- */

static struct sugared *call_print(struct emitter *e, struct sugared *s, struct source_range at,
                                  struct actuals actuals, int binders) {
    (void)s;
    (void)binders;
    if (actuals.keyword_count) return emit_error(e, at, "print doesn't accept any keyword arguments");
    struct ir_value **inputs = arena_array(&e->memory, struct ir_value *, actuals.count + 1);
    if (!inputs) return emit_out_of_memory(e);
    for (int i = 0; i < actuals.count; i++)
        if (!(inputs[i] = emit_actual(e, &actuals.items[i]))) return NULL;
    struct node *n = emit_node(e, KIND_PRINT, 0, inputs, actuals.count);
    if (!n) return NULL;
    n->range = at;
    return sugared_new(e, &sugared_kind_none);
}
static const struct sugared_kind kind_print = {.word = "print", .call = call_print};

struct sugared *sugared_print(struct emitter *e) {
    return sugared_new(e, &kind_print);
}

/* ---- builtins: operators, casts, magic methods ---- */

static struct sugared *call_builtin(struct emitter *e, struct sugared *s, struct source_range at,
                                    struct actuals actuals, int binders) {
    (void)binders;
    struct actual self = {.value = s->value, .range = s->range};
    return sugared_simple(e, emit_builtin(e, s->name, at, actuals, s->value ? &self : NULL));
}
const struct sugared_kind sugared_kind_builtin = {.word = "builtin", .call = call_builtin};

struct sugared *sugared_builtin_named(struct emitter *e, const struct name *op) {
    struct sugared *s = op ? sugared_new(e, &sugared_kind_builtin) : NULL;
    if (s) s->name = op;
    return s;
}

struct sugared *sugared_builtin(struct emitter *e, const char *op) {
    return sugared_builtin_named(e, emit_name(e, op));
}

static bool has_length(struct emitter *e, const struct type *t) {
    return is_subtype(e, t, simple_type(e, TYPE_ANY_LIST)) || t->kind == TYPE_STRING || t->kind == TYPE_DICT;
}

/* int(x) and the like: nothing when x is of that type; the constant 0 is made always, used or not. */
static struct sugared *call_cast(struct emitter *e, struct sugared *s, struct source_range at,
                                 struct actuals actuals, int binders) {
    if (actuals.count == 1 && !actuals.keyword_count) {
        struct ir_value *zero = emit_int(e, 0, (struct source_range){0});
        struct ir_value *v = zero ? emit_actual(e, &actuals.items[0]) : NULL;
        if (!v) return NULL;
        if (is_subtype(e, v->type, s->type)) return sugared_simple(e, v);
        if (s->type->kind == TYPE_BOOL && has_length(e, v->type)) {
            struct ir_value *length = emit_operator(e, "aten::len", at, &v, 1);
            struct ir_value *inputs[2] = {length, zero};
            return length ? sugared_simple(e, emit_operator(e, "aten::gt", at, inputs, 2)) : NULL;
        }
    }
    return call_builtin(e, s, at, actuals, binders);
}
static const struct sugared_kind kind_cast = {.word = "builtin", .call = call_cast};

struct sugared *sugared_cast(struct emitter *e, const struct type *type, const char *op) {
    struct sugared *s = sugared_builtin(e, op);
    if (!s) return NULL;
    s->kind = &kind_cast;
    s->type = type;
    return s;
}

static void describe_name(const struct sugared *s, struct text *out) {
    text_put(out, s->name->text);
}

static struct sugared *call_magic(struct emitter *e, struct sugared *s, struct source_range at,
                                  struct actuals actuals, int binders) {
    if (!actuals.count) return sugared_call(e, s->base, at, actuals, binders);
    struct ir_value *self = emit_actual(e, &actuals.items[0]);
    if (!self) return NULL;
    if (self->type->kind != TYPE_CLASS) return sugared_call(e, s->base, at, actuals, binders);
    if (e->wide && !strcmp(s->name->text, "__bool__")) return sugared_simple(e, lower_truth(e, self, at));
    struct sugared *method = lower_wanted_special(e, self, s->name->text, at);
    actuals.items++;
    actuals.count--;
    return sugared_call(e, method, at, actuals, binders);
}
static const struct sugared_kind kind_magic = {.describe = describe_name, .call = call_magic};

struct sugared *sugared_magic(struct emitter *e, const char *method, struct sugared *base) {
    struct sugared *s = base ? sugared_new(e, &kind_magic) : NULL;
    if (!s || !(s->name = emit_name(e, method))) return NULL;
    s->base = base;
    return s;
}

/* `torch`, `ops.ns`: its attributes are operators. */
static struct sugared *module_attribute(struct emitter *e, struct sugared *s, struct source_range at,
                                        const struct name *name) {
    (void)at;
    if (!strcmp(name->text, "autograd")) return sugared_builtin_module(e, emit_name(e, "aten"));
    const char *op = arena_printf(&e->memory, "%s::%s", s->name->text, name->text);
    return op ? sugared_builtin(e, op) : emit_out_of_memory(e);
}
static const struct sugared_kind kind_builtin_module = {.word = "builtin module",
                                                        .attribute = module_attribute};

struct sugared *sugared_builtin_module(struct emitter *e, const struct name *namespace_name) {
    struct sugared *s = namespace_name ? sugared_new(e, &kind_builtin_module) : NULL;
    if (s) s->name = namespace_name;
    return s;
}

/* ---- script functions and methods ---- */

/* "M.forward" of a method, "f" of a function. */
static const char *short_name(const struct function *f) {
    const char *text = f->qualified->text, *dot = strrchr(text, '.');
    if (!f->owner || !dot) return f->name->text;
    while (dot > text && dot[-1] != '.') dot--;
    return dot;
}

const char *emit_written(struct emitter *e, struct source_range at) {
    enum { LONGEST = 40 };
    int length = at.source && at.end > at.start ? (int)(at.end - at.start) : 0;
    const char *text = length ? at.source->text + at.start : NULL;
    bool short_enough = length && length <= LONGEST && !memchr(text, '\n', (size_t)length);
    return short_enough ? arena_text(&e->memory, text, (size_t)length) : NULL;
}

/* Tells of a call whose callee did not compile. Of the library, calls within it are nobody's affair, and a
 * function is called what it is called where it is used. */
static bool tell_call(struct emitter *e, const struct function *f, struct source_range at) {
    const char *name = explain_is_library(f) ? emit_written(e, at) : NULL;
    if (explain_is_library(e->function)) return false;
    return lang_report_caller(e->err, name ? name : short_name(f), short_name(e->function),
                              e->pending.source ? e->pending : at, at);
}

/* Compiles the callee now if need be, and tells of the call when that fails. */
bool emit_ensure(struct emitter *e, struct function *f, struct source_range at, const char *what) {
    if (f->state == FUNCTION_COMPILING && e->wide && lang_resolver_of(f)->python)
        return lang_ensure_unfinished(f, e->err);
    if (f->state == FUNCTION_COMPILING && !f->schema)
        return emit_error(e, at, " %s '%s' is called recursively. Recursive calls are not supported", what,
                          f->name->text) != NULL;
    return lang_ensure(f, e->err) || tell_call(e, f, at);
}

void emit_note_name(struct emitter *e, const struct name *name, struct source_range at) {
    if (!e->function) return;
    lang_report_namer(e->err, name->text, short_name(e->function), at);
}

static struct sugared *call_function(struct emitter *e, struct sugared *s, struct source_range at,
                                     struct actuals actuals, int binders) {
    (void)binders;
    const struct schema **schemas = arena_array(&e->memory, const struct schema *, s->count);
    struct match m;
    if (!schemas) return emit_out_of_memory(e);
    for (int i = 0; i < s->count; i++) {
        if (!emit_ensure(e, s->functions[i], at, "function")) return NULL;
        schemas[i] = s->functions[i]->schema;
    }
    if (!match_schemas(e, schemas, s->count, at, actuals, NULL, &m)) return NULL;
    const struct function *callee = s->functions[m.which];
    struct ir_value **inputs = arena_array(&e->memory, struct ir_value *, m.input_count + 1);
    if (!inputs) return emit_out_of_memory(e);
    inputs[0] = emit_typed(e, KIND_CONSTANT, simple_type(e, TYPE_FUNCTION), NULL, 0);
    if (!inputs[0] || !emit_set_name(e, inputs[0]->node, callee->name)) return NULL;
    inputs[0]->node->function = callee;
    for (int i = 0; i < m.input_count; i++) inputs[i + 1] = m.inputs[i];
    struct ir_value *v = emit_typed(e, KIND_CALL_FUNCTION, m.returns[0], inputs, m.input_count + 1);
    if (!v) return NULL;
    v->node->range = at;
    v->node->function = callee;
    return sugared_simple(e, v);
}
const struct sugared_kind sugared_kind_function = {.word = "function", .call = call_function};

struct sugared *sugared_function(struct emitter *e, struct function *f) {
    struct sugared *s = f ? sugared_new(e, &sugared_kind_function) : NULL;
    struct function **list = s ? arena_new(&e->memory, struct function *) : NULL;
    if (!list) return f ? emit_out_of_memory(e) : NULL;
    *list = f;
    s->functions = list;
    s->count = 1;
    return s;
}

static struct sugared *call_method(struct emitter *e, struct sugared *s, struct source_range at,
                                   struct actuals actuals, int binders) {
    (void)binders;
    const struct class_definition *c = s->value->type->definition;
    struct function *f = class_find_method(c, s->name);
    if (!f) return emit_error(e, at, "method '%s' is not defined", s->name->text);
    if (!c->is_interface && !emit_ensure(e, f, at, "method")) return NULL;
    struct actual *with_self = arena_array(&e->memory, struct actual, actuals.count + 1);
    if (!with_self) return emit_out_of_memory(e);
    with_self[0] = (struct actual){.value = s->value};
    if (actuals.count) memcpy(with_self + 1, actuals.items, sizeof *with_self * (size_t)actuals.count);
    actuals.items = with_self;
    actuals.count++;
    const struct schema *schema = f->schema;
    struct match m;
    if (!schema) return emit_error(e, at, "method '%s' has no schema", s->name->text);
    if (!match_schemas(e, &schema, 1, at, actuals, NULL, &m)) return NULL;
    struct ir_value *v = emit_typed(e, KIND_CALL_METHOD, m.returns[0], m.inputs, m.input_count);
    if (!v || !emit_set_name(e, v->node, s->name)) return NULL;
    v->node->range = at;
    if (!c->is_interface) v->node->function = f;
    return sugared_simple(e, v);
}
const struct sugared_kind sugared_kind_method = {.word = "method", .call = call_method};

struct sugared *sugared_method(struct emitter *e, struct ir_value *self, const struct name *name) {
    struct sugared *s = self && name ? sugared_new(e, &sugared_kind_method) : NULL;
    if (!s) return NULL;
    s->value = self;
    s->name = name;
    return s;
}

/* ---- classes, NamedTuples, enums ---- */

static void describe_type(const struct sugared *s, struct text *out) {
    type_put_graph(out, s->type);
}

static struct sugared *call_class(struct emitter *e, struct sugared *s, struct source_range at,
                                  struct actuals actuals, int binders) {
    struct ir_value *self = emit_typed(e, KIND_CREATE_OBJECT, s->type, NULL, 0);
    if (!self) return NULL;
    self->node->range = at;
    const struct name *init = emit_name(e, "__init__");
    if (!init || !class_find_method(s->type->definition, init))
        return emit_error(e, at, "Class %s does not have an __init__ function defined", s->type->name->text);
    if (!sugared_call(e, sugared_method(e, self, init), at, actuals, binders)) return NULL;
    return sugared_simple(e, self);
}

static struct function *find_hook(const struct class_definition *c, const struct name *name) {
    for (int i = 0; i < c->forward_hooks.count; i++)
        if (c->forward_hooks.items[i]->name == name) return c->forward_hooks.items[i];
    for (int i = 0; i < c->forward_pre_hooks.count; i++)
        if (c->forward_pre_hooks.items[i]->name == name) return c->forward_pre_hooks.items[i];
    return NULL;
}

static struct sugared *class_attribute(struct emitter *e, struct sugared *s, struct source_range at,
                                       const struct name *name) {
    struct function *hook = find_hook(s->type->definition, name);
    if (hook) return sugared_function(e, hook);
    if (!strcmp(name->text, "__new__")) return sugared_form(e, FORM_CREATE_OBJECT);
    struct sugared *member =
        e->resolver->find_member ? e->resolver->find_member(e->resolver, e, s->type, name, at) : NULL;
    if (member || e->err->code) return member;
    return emit_error(e, at, "Tried to lookup unknown attribute on class %s", emit_type_words(e, s->type));
}
const struct sugared_kind sugared_kind_class = {
    .describe = describe_type, .call = call_class, .attribute = class_attribute};

static struct sugared *sugared_typed(struct emitter *e, const struct sugared_kind *kind,
                                     const struct type *type) {
    struct sugared *s = type ? sugared_new(e, kind) : NULL;
    if (s) s->type = type;
    return s;
}

struct sugared *sugared_class(struct emitter *e, const struct type *type) {
    return sugared_typed(e, &sugared_kind_class, type);
}

/* The schema by which a NamedTuple is called: its fields. */
static struct schema *tuple_schema(struct emitter *e, const struct type *type) {
    struct schema *s = arena_new(&e->memory, struct schema);
    struct argument *a = arena_array(&e->memory, struct argument, type->count + 1);
    if (!s || !a) return emit_out_of_memory(e);
    int without = type->count - type->fields->default_count;
    for (int i = 0; i < type->count; i++) {
        a[i].name = type->fields->names[i];
        a[i].type = type->items[i];
        a[i].has_default = i >= without;
        if (i >= without) a[i].default_value = type->fields->defaults[i - without];
    }
    s->name = type->name;
    s->overload = "";
    s->arguments = a;
    s->argument_count = type->count;
    return s;
}

static struct sugared *call_named_tuple(struct emitter *e, struct sugared *s, struct source_range at,
                                        struct actuals actuals, int binders) {
    (void)binders;
    const struct schema *schema = tuple_schema(e, s->type);
    struct match m;
    if (!schema || !match_schemas(e, &schema, 1, at, actuals, NULL, &m)) return NULL;
    struct ir_value *v = emit_tuple(e, m.inputs, m.input_count, s->type);
    if (!v) return NULL;
    v->node->range = at;
    return sugared_simple(e, v);
}
static const struct sugared_kind kind_named_tuple = {.describe = describe_type, .call = call_named_tuple};

struct sugared *sugared_named_tuple(struct emitter *e, const struct type *type) {
    return sugared_typed(e, &kind_named_tuple, type);
}

static bool enum_member(struct emitter *e, const struct type *type, int index, lb_value *out) {
    const struct enum_member *m = &type->members->list.items[index];
    lb_value name;
    if (!value_new_string(&name, m->name->text, m->name->length, e->err)) return false;
    bool good = value_new_enum(out, type, index, name, m->value, e->err);
    value_release(name);
    return good;
}

static struct sugared *enum_attribute(struct emitter *e, struct sugared *s, struct source_range at,
                                      const struct name *name) {
    for (int i = 0; i < s->type->members->list.count; i++) {
        if (s->type->members->list.items[i].name != name) continue;
        lb_value v;
        if (!enum_member(e, s->type, i, &v)) return NULL;
        struct sugared *found = sugared_simple(e, emit_constant(e, v, at));
        value_release(v);
        return found;
    }
    emit_error(e, at, "%s' has no attribute '%s'", emit_type_words(e, s->type), name->text);
    return explain_no_attribute(e, s->type, name->text, at);
}

/* All members, as a constant list. */
static struct sugared *iterate_enum(struct emitter *e, struct sugared *s, struct source_range at) {
    lb_value list, member;
    bool good = value_new_list(&list, s->type, s->type->members->list.count, e->err);
    for (int i = 0; good && i < s->type->members->list.count; i++)
        good = enum_member(e, s->type, i, &member) && list_append(list.list, member, e->err);
    struct sugared *found = good ? sugared_simple(e, emit_constant(e, list, at)) : NULL;
    value_release(list);
    return found;
}
/* The host's function that finds a member by its value, "()", or by its name, "[]"; in all of Python alone.
 */
static struct sugared *enum_lookup(struct emitter *e, const struct sugared *s, struct source_range at,
                                   const char *how) {
    struct resolver *r = e->resolver;
    return e->wide && r->find_member ? r->find_member(r, e, s->type, emit_name(e, how), at) : NULL;
}

static struct sugared *call_enum(struct emitter *e, struct sugared *s, struct source_range at,
                                 struct actuals actuals, int binders) {
    struct sugared *lookup = enum_lookup(e, s, at, "()");
    if (lookup) return sugared_call(e, lookup, at, actuals, binders);
    return e->err->code ? NULL : emit_error(e, at, "cannot call a %s", sugared_words(e, s));
}

static struct sugared *enum_item(struct emitter *e, struct sugared *s, struct source_range at,
                                 struct ir_value *index, const struct type *hint) {
    struct sugared *lookup = enum_lookup(e, s, at, "[]");
    struct actual name = {.value = index};
    (void)hint;
    if (lookup) return sugared_call(e, lookup, at, actuals_of(&name, 1), 1);
    return e->err->code ? NULL : emit_error(e, at, "%s cannot be used as a value", sugared_words(e, s));
}
const struct sugared_kind sugared_kind_enum_class = {.word = "EnumClass",
                                                     .attribute = enum_attribute,
                                                     .iterate = iterate_enum,
                                                     .call = call_enum,
                                                     .item = enum_item};

struct sugared *sugared_enum_class(struct emitter *e, const struct type *type) {
    return sugared_typed(e, &sugared_kind_enum_class, type);
}

struct sugared *sugared_of_type(struct emitter *e, const struct type *type) {
    if (type->kind == TYPE_CLASS) return sugared_class(e, type);
    if (type->kind == TYPE_TUPLE && type->fields) return sugared_named_tuple(e, type);
    return type->kind == TYPE_ENUM ? sugared_enum_class(e, type) : NULL;
}

/* ---- exceptions ---- */

/* The message of a raise: "CLASS: " and the arguments as text. */
static struct sugared *call_exception(struct emitter *e, struct sugared *s, struct source_range at,
                                      struct actuals actuals, int binders) {
    (void)binders;
    const char *prefix = arena_printf(&e->memory, "%s: ", s->name->text);
    struct ir_value *message =
        prefix ? emit_text(e, prefix, (int64_t)strlen(prefix), at) : emit_out_of_memory(e);
    for (int i = 0; message && i < actuals.count; i++) {
        struct ir_value *part = emit_actual(e, &actuals.items[i]);
        if (part && part->type->kind != TYPE_STRING) part = emit_operator(e, "aten::str", at, &part, 1);
        struct ir_value *both[2] = {message, part};
        message = part ? emit_operator(e, "aten::add", at, both, 2) : NULL;
    }
    struct sugared *result = message ? sugared_new(e, &sugared_kind_exception_message) : NULL;
    if (result) result->value = message;
    return result;
}
const struct sugared_kind sugared_kind_exception = {.word = "exception", .call = call_exception};

struct sugared *sugared_exception(struct emitter *e, const struct name *class_name) {
    struct sugared *s = class_name ? sugared_new(e, &sugared_kind_exception) : NULL;
    if (s) s->name = class_name;
    return s;
}

/* ---- tuples of sugared values ---- */

static struct ir_value *tuple_value(struct emitter *e, struct sugared *s, struct source_range at) {
    struct ir_value **items = arena_array(&e->memory, struct ir_value *, s->count + 1);
    if (!items) return emit_out_of_memory(e);
    for (int i = 0; i < s->count; i++)
        if (!(items[i] = sugared_value(e, s->items[i], at))) return NULL;
    return emit_tuple(e, items, s->count, NULL);
}

static bool tuple_items(struct emitter *e, struct sugared *s, struct source_range at, int size_hint,
                        struct sugared_list *out) {
    (void)e;
    (void)at;
    (void)size_hint;
    *out = (struct sugared_list){(struct sugared **)(uintptr_t)s->items, s->count};
    return true;
}

static struct sugared *tuple_item(struct emitter *e, struct sugared *s, struct source_range at,
                                  struct ir_value *index, const struct type *hint) {
    (void)hint;
    lb_value i;
    if (e->wide) return choice_at(e, s->items, s->count, index, at);
    if (index->type->kind != TYPE_INT || !emit_is_constant(index, &i))
        return emit_error(
            e, at,
            "Expected integer literal for index but got a variable or non-integer. ModuleList/Sequential "
            "indexing is only supported with integer literals. For example, 'i = 4; self.layers[i](x)' will "
            "fail because i is not a literal. Enumeration is supported, e.g. 'for index, v in "
            "enumerate(self): out = v(inp)'");
    int64_t at_index = i.i < 0 ? i.i + s->count : i.i;
    if (at_index >= 0 && at_index < s->count) return s->items[at_index];
    return emit_error(e, at, "Index %lld out of range of length %d", (long long)i.i, s->count);
}
const struct sugared_kind sugared_kind_tuple = {.word = "Tuple",
                                                .value = tuple_value,
                                                .tuple = tuple_items,
                                                .item = tuple_item,
                                                .iterate = iterate_itself};

struct sugared *sugared_tuple_of(struct emitter *e, struct sugared *const *items, int count) {
    struct sugared *s = sugared_new(e, &sugared_kind_tuple);
    if (!s || !(s->items = arena_copy(&e->memory, items, sizeof *items * (size_t)count))) return NULL;
    s->count = count;
    s->static_length = count;
    return s;
}

/* ---- range, zip and enumerate ---- */

static struct ir_value *range_length(struct emitter *e, struct sugared *s, struct source_range at) {
    if (s->static_length >= 0) return emit_int(e, s->static_length, at);
    if (s->only_end) return s->stop;
    return emit_operator(e, "aten::__range_length", at, (struct ir_value *[]){s->start, s->stop, s->step}, 3);
}

static struct sugared *range_item(struct emitter *e, struct sugared *s, struct source_range at,
                                  struct ir_value *index, const struct type *hint) {
    (void)hint;
    if (s->only_end) return sugared_simple(e, index);
    struct ir_value *inputs[3] = {index, s->start, s->step};
    return sugared_simple(e, emit_operator(e, "aten::__derive_index", at, inputs, 3));
}
const struct sugared_kind sugared_kind_range = {
    .word = "range", .length = range_length, .item = range_item, .iterate = iterate_itself};

struct sugared *sugared_range(struct emitter *e, struct source_range at, struct ir_value *const *inputs,
                              int count, int64_t static_length) {
    for (int i = 0; i < count; i++)
        if (inputs[i]->type->kind != TYPE_INT)
            return emit_error(e, at, "all inputs of range must be ints, found %s in argument %d",
                              emit_type_words(e, inputs[i]->type), i);
    if (!count) return emit_error(e, at, "range expected at least 1 arguments, got 0");
    if (count > 3) return emit_error(e, at, "range expected at most 3 arguments, got %d", count);
    struct sugared *s = sugared_new(e, &sugared_kind_range);
    if (!s) return NULL;
    s->only_end = count == 1;
    s->start = count == 1 ? emit_int(e, 0, at) : inputs[0];
    s->stop = inputs[count == 1 ? 0 : 1];
    s->step = count == 3 ? inputs[2] : emit_int(e, 1, at);
    s->static_length = static_length;
    return s->start && s->step ? s : NULL;
}

static struct sugared *zip_item(struct emitter *e, struct sugared *s, struct source_range at,
                                struct ir_value *index, const struct type *hint) {
    (void)hint;
    struct sugared **items = arena_array(&e->memory, struct sugared *, s->count + 1);
    if (!items) return emit_out_of_memory(e);
    for (int i = 0; i < s->count; i++)
        if (!(items[i] = sugared_item(e, s->items[i], at, index, NULL))) return NULL;
    return sugared_tuple_of(e, items, s->count);
}

static struct ir_value *zip_length(struct emitter *e, struct sugared *s, struct source_range at);
const struct sugared_kind sugared_kind_zip = {
    .word = "iterabletree", .length = zip_length, .item = zip_item, .iterate = iterate_itself};

/* Lengths of all that is zipped, inner zips included. */
static bool add_lengths(struct emitter *e, struct sugared *s, struct source_range at,
                        struct ir_value **lengths, int *count, int most) {
    for (int i = 0; i < s->count; i++) {
        struct sugared *child = s->items[i];
        if (child->kind == &sugared_kind_zip) {
            if (!add_lengths(e, child, at, lengths, count, most)) return false;
        } else if (*count < most) {
            if (!(lengths[*count] = sugared_length(e, child, at))) return false;
            ++*count;
        }
    }
    return true;
}

static int leaves(const struct sugared *s) {
    int n = 0;
    for (int i = 0; i < s->count; i++) n += s->items[i]->kind == &sugared_kind_zip ? leaves(s->items[i]) : 1;
    return n;
}

static struct ir_value *zip_length(struct emitter *e, struct sugared *s, struct source_range at) {
    int most = leaves(s), count = 0;
    struct ir_value **lengths = arena_array(&e->memory, struct ir_value *, most + 1);
    if (!lengths) return emit_out_of_memory(e);
    if (!add_lengths(e, s, at, lengths, &count, most)) return NULL;
    struct ir_value *list = emit_list(e, simple_type(e, TYPE_INT), lengths, count);
    return list ? emit_operator(e, "prim::min", at, &list, 1) : NULL;
}

struct sugared *sugared_zip(struct emitter *e, struct source_range at, struct sugared *const *items,
                            int count) {
    struct sugared *s = sugared_tuple_of(e, items, count);
    if (!s) return NULL;
    s->kind = &sugared_kind_zip;
    s->static_length = count ? items[0]->static_length : -1;
    for (int i = 1; i < count; i++) {
        int64_t length = items[i]->static_length;
        if ((length < 0) != (s->static_length < 0) && e->wide) return choice_rolled(e, s);
        if ((length < 0) != (s->static_length < 0))
            return emit_error(e, at,
                              "Can not iterate over a module list or tuple with a value that does not have a "
                              "statically determinable length\n");
        if (length < s->static_length) s->static_length = length;
    }
    return s;
}
