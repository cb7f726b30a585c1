/* What a name means to a program: the host's side of lang/host.h for things of a file. */
#include "construct/embedded.h"
#include "construct/script.h"
#include "lang/explain.h"
#include "lang/python_names.h"
#include "types/adapt.h"
#include <stdio.h>
#include <string.h>

struct script_scope *script_scope_new(struct script *s, int kind, void *of) {
    struct script_scope *scope = arena_new(&s->unit->memory, struct script_scope);
    if (!scope) return error_memory(s->err), NULL;
    scope->kind = kind;
    scope->scope = of; /* one of the pointers of the union */
    return scope;
}

/* ---- answers ---- */

static bool answer_text(struct script *s, lb_answer *a, enum answer_kind kind, const char *text) {
    a->text = arena_text(a->memory, text, strlen(text));
    a->kind = kind;
    return a->text || error_memory(s->err);
}

bool script_refuse(struct script *s, lb_answer *a, const char *format, ...) {
    char message[1000];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    return answer_text(s, a, ANSWER_REFUSAL, message);
}

static bool answer_scope(struct script *s, lb_answer *a, struct thing *t, const char *words) {
    a->scope = script_scope_new(s, NAMES_OF_THING, t);
    return a->scope && answer_text(s, a, ANSWER_SCOPE, words);
}

static bool answer_object(struct script *s, lb_answer *a, const struct thing *t) {
    char words[200];
    snprintf(words, sizeof words, "python value of type '%s'", thing_type_name(t));
    return answer_text(s, a, ANSWER_OBJECT, words);
}

static bool answer_type(struct script *s, lb_answer *a, const struct type *type) {
    (void)s;
    a->type = type;
    a->kind = ANSWER_TYPE;
    return true;
}

/* Two answers: PyTorch's, and the one in all of Python. */
static lb_answer *begin_either(struct script *s, lb_answer *a) {
    a->items = arena_array(a->memory, struct lb_answer, 2);
    if (!a->items) return error_memory(s->err), NULL;
    for (int i = 0; i < 2; i++) a->items[i] = (struct lb_answer){.host = a->host, .memory = a->memory};
    a->count = 2;
    a->kind = ANSWER_EITHER;
    return a->items;
}

/* ---- functions ---- */

/* A function that stays out of the program. */
static bool answer_outside(struct script *s, lb_answer *a, const struct type *class,
                           struct thing_function *f) {
    lb_source source;
    struct function **one = arena_new(a->memory, struct function *);
    if (!one) return error_memory(s->err);
    if (!script_source(s, f, NULL, NULL, &source)) return false;
    *one = host_declare(s->host, NULL, class, &source, s->err);
    a->functions = one;
    a->count = 1;
    a->flag = f->marks & MARK_UNUSED;
    a->position = class != NULL;
    a->kind = ANSWER_OUTSIDE;
    return *one != NULL;
}

bool script_answer_method_outside(struct script *s, struct concrete *c, struct thing_function *f,
                                  lb_answer *a) {
    return answer_outside(s, a, c->type, f);
}

/* Functions of embedded files may be known to the library by name: "torch.nn.init._no_grad_fill_". */
static const char *library_path(struct script *s, const struct thing_function *f) {
    const struct file *file = f->scope->file;
    if (!file->embedded) return NULL;
    const char *path = arena_printf(&s->v->memory, "%s.%s", file->name, f->name->text);
    const struct python_name *n = path ? python_name_find(path) : NULL;
    return n && (n->op || n->form) ? path : NULL;
}

/* PyTorch compiles no lambda that stands elsewhere. */
static bool answer_lambda(struct script *s, lb_answer *a, struct thing_function *f) {
    lb_answer *strict = begin_either(s, a), *wide = strict ? strict + 1 : NULL;
    struct script_scope *names = script_scope_new(s, NAMES_AROUND, f->scope);
    struct resolver *r = strict && names ? host_scope_resolver(s->host, names, s->err) : NULL;
    const struct name *own = name_of(&s->unit->names, "lambda_");
    struct function **one = arena_new(a->memory, struct function *);
    if (!r || !own || !one) return error_memory(s->err);
    if (!script_refuse(s, strict, "write it as a function with a name: lambdas are not compiled"))
        return false;
    *one = lang_declare(s->unit, f->def, own, NULL, r, s->err);
    wide->functions = one;
    wide->count = 1;
    wide->kind = ANSWER_MEMBER;
    wide->position = LB_METHOD;
    return *one != NULL;
}

static bool answer_function(struct script *s, lb_answer *a, struct thing *t) {
    const char *known = library_path(s, t->function);
    if (known) return answer_text(s, a, ANSWER_NAME, known);
    if (t->function->def->kind == TREE_LAMBDA) return answer_lambda(s, a, t->function);
    if (t->function->marks & (MARK_IGNORE | MARK_UNUSED)) return answer_outside(s, a, NULL, t->function);
    a->functions = script_functions(s, t->function, &a->count);
    a->kind = ANSWER_FUNCTIONS;
    return a->functions != NULL;
}

/* One of two functions by a flag (boolean_dispatch): `given` is that call. */
static bool answer_choice(struct script *s, lb_answer *a, const struct call *call) {
    struct thing *name = call_argument(call, 0, "arg_name"), *index = call_argument(call, 1, "arg_index");
    struct thing *by_default = call_argument(call, 2, "default");
    struct thing *both[2] = {call_argument(call, 3, "if_true"), call_argument(call, 4, "if_false")};
    if (!name || !thing_is_text(name) || !index || !both[0] || !both[1])
        return script_refuse(s, a,
                             "boolean_dispatch() wants arg_name, arg_index, default, if_true and if_false");
    a->items = arena_array(a->memory, struct lb_answer, 2);
    if (!a->items) return error_memory(s->err);
    a->count = 2;
    a->position = (int)index->value.i;
    a->flag = by_default && thing_true(s->v, by_default) > 0;
    for (int i = 0; i < 2; i++) {
        a->items[i] = (struct lb_answer){.host = a->host, .memory = a->memory};
        if (!script_answer(s, both[i], &a->items[i])) return false;
    }
    return answer_text(s, a, ANSWER_CHOICE, name->value.string->bytes);
}

/* ---- libraries ---- */

static bool is_package(struct script *s, const char *path) {
    return !strcmp(path, "torch") || python_is_module(path) || embedded_has(path) ||
           !strcmp(path, "torch.ops") || module_file(s->v, path);
}

/* Python that runs enters a no_grad that does nothing, programs the class that PyTorch compiles. */
static struct thing *as_compiled(struct script *s, struct thing *t) {
    bool no_grad = !strcmp(t->path, "torch.no_grad") || !strcmp(t->path, "torch.autograd.no_grad");
    return no_grad ? thing_library(s->v, "torch.autograd.grad_mode.no_grad") : t;
}

static bool answer_library(struct script *s, lb_answer *a, struct thing *t) {
    if (!(t = as_compiled(s, t))) return false;
    const struct python_name *n = python_name_find(t->path);
    if (n && (n->op || n->form)) return answer_text(s, a, ANSWER_NAME, t->path);
    struct thing *found = library_resolve(s->v, t, (struct source_range){0});
    if (!found) return false;
    if (found->kind == THING_CLASS && found->as_class->builtin)
        return answer_text(s, a, ANSWER_NAME, t->path); /* torch.Tensor, torch.device */
    if (found != t) return script_answer(s, found, a);
    if (is_package(s, t->path)) {
        char words[200];
        snprintf(words, sizeof words, "module '%s'", t->path);
        return answer_scope(s, a, t, words);
    }
    return answer_text(s, a, ANSWER_NAME, t->path);
}

/* ---- classes and values ---- */

static bool is_autograd(const struct thing_class *c) {
    for (int i = 0; i < c->order_count; i++)
        if (!strcmp(c->order[i]->name->text, "Function") && !c->order[i]->tree) return true;
    return false;
}

/* PyTorch knows no torch.autograd.Function; in all of Python it has `apply`. */
static bool answer_autograd(struct script *s, lb_answer *a, struct thing_class *c) {
    lb_answer *strict = begin_either(s, a), *wide = strict ? strict + 1 : NULL;
    if (!strict || !answer_object(s, strict, c->thing)) return false;
    wide->scope = script_scope_new(s, NAMES_OF_AUTOGRAD, c);
    return wide->scope && answer_text(s, wide, ANSWER_SCOPE, "autograd function");
}

/* Its full name and those of all that it comes from. */
static bool answer_exception(struct script *s, lb_answer *a, const struct thing_class *c) {
    struct text names = {0};
    for (int i = 0; i < c->order_count; i++) {
        const struct thing_class *base = c->order[i];
        if (base->nature != CLASS_EXCEPTION) continue;
        const char *own = base->file ? script_qualified(s, base->file, base->name) : NULL;
        text_printf(&names, "%s%s%s", names.length ? " " : "", own ? "" : "builtins.",
                    own ? own + strlen("__torch__.") : base->name->text);
    }
    bool good = !names.failed && answer_text(s, a, ANSWER_EXCEPTION, text_get(&names));
    text_free(&names);
    return good || error_memory(s->err);
}

static bool answer_class(struct script *s, lb_answer *a, struct thing_class *c) {
    if (c->builtin && c->nature != CLASS_EXCEPTION) {
        a->kind = ANSWER_NOTHING; /* int, list: the language's own */
        return true;
    }
    if (c->nature == CLASS_EXCEPTION) return answer_exception(s, a, c);
    if (is_autograd(c)) return answer_autograd(s, a, c);
    const struct type *type = script_class_type(s, c);
    if (type) return answer_type(s, a, type);
    return s->err->code ? false : answer_object(s, a, c->thing);
}

static bool answer_items(struct script *s, lb_answer *a, struct thing *t) {
    a->items = arena_array(a->memory, struct lb_answer, t->count + 1);
    if (!a->items) return error_memory(s->err);
    for (int i = 0; i < t->count; i++) {
        a->items[i] = (struct lb_answer){.host = a->host, .memory = a->memory};
        a->count = i + 1;
        if (!script_answer(s, t->items[i], &a->items[i])) return false;
    }
    a->kind = ANSWER_ITEMS;
    return true;
}

static bool answer_value(struct script *s, lb_answer *a, struct thing *t) {
    if (script_value(s, t, &a->value)) {
        a->kind = ANSWER_VALUE;
        return true;
    }
    if (s->err->code) return false;
    return t->kind == THING_TUPLE ? answer_items(s, a, t) : answer_object(s, a, t);
}

/* Lists, dicts, sets and objects outside of functions are no values to PyTorch. */
static bool answer_container(struct script *s, lb_answer *a, struct thing *t) {
    lb_answer *strict = begin_either(s, a), *wide = strict ? strict + 1 : NULL;
    if (!strict || !answer_object(s, strict, t)) return false;
    bool row = t->kind == THING_LIST || t->kind == THING_DICT;
    if (row && script_value(s, t, &wide->value) && type_infer(&s->unit->types, wide->value)) {
        wide->kind = ANSWER_VALUE;
        return true;
    }
    value_release(wide->value);
    wide->value = value_none();
    return !s->err->code && script_answer_whole(s, t, wide);
}

/* Objects of compiled classes are values. */
static bool answer_instance(struct script *s, lb_answer *a, struct thing *t) {
    if (!thing_is_module(t) && script_value(s, t, &a->value)) {
        a->kind = ANSWER_VALUE;
        return true;
    }
    if (s->err->code) return false;
    return thing_is_module(t) ? answer_object(s, a, t) : answer_container(s, a, t);
}

static bool answer_annotation(struct script *s, lb_answer *a, const struct thing *t) {
    const struct type *type = script_annotation(s, t->annotation.tree, t->annotation.scope);
    return type && answer_type(s, a, type);
}

bool script_answer(struct script *s, struct thing *t, lb_answer *a) {
    switch (t->kind) {
    case THING_LIBRARY: return answer_library(s, a, t);
    case THING_FUNCTION: return answer_function(s, a, t);
    case THING_STATIC: return script_answer(s, t->wrapped, a);
    case THING_CLASS: return answer_class(s, a, t->as_class);
    case THING_ANNOTATION: return answer_annotation(s, a, t);
    case THING_FILE: return answer_scope(s, a, t, "module");
    case THING_DISPATCH: return answer_choice(s, a, t->partial.given);
    case THING_MISSING: return script_refuse(s, a, "it could not be evaluated: %s", t->missing);
    case THING_NATIVE: a->kind = ANSWER_NOTHING; return true; /* len, isinstance: the language's own */
    case THING_VALUE:
    case THING_TUPLE:
    case THING_MEMBER: return answer_value(s, a, t);
    case THING_LIST:
    case THING_DICT:
    case THING_SET: return answer_container(s, a, t);
    case THING_INSTANCE: return answer_instance(s, a, t);
    default: return answer_object(s, a, t);
    }
}

/* ---- values ---- */

static bool member_value(struct script *s, const struct thing *t, lb_value *out) {
    const struct type *type = script_class_type(s, t->class);
    lb_value name;
    if (!type) return false;
    for (int i = 0; i < type->members->list.count; i++) {
        const struct enum_member *m = &type->members->list.items[i];
        if (m->name != t->member.name) continue;
        if (!value_new_string(&name, m->name->text, m->name->length, s->err)) return false;
        bool good = value_new_enum(out, type, i, name, m->value, s->err);
        value_release(name);
        return good;
    }
    return false;
}

static bool row_value(struct script *s, const struct thing *t, lb_value *out) {
    bool tuple = t->kind == THING_TUPLE;
    if (tuple ? !value_new_tuple(out, NULL, t->count, s->err) : !value_new_list(out, NULL, t->count, s->err))
        return false;
    for (int i = 0; i < t->count; i++) {
        lb_value item;
        if (!script_value(s, t->items[i], &item)) return false;
        if (tuple)
            out->tuple->items[i] = item;
        else if (!list_append(out->list, item, s->err))
            return false;
    }
    return true;
}

static bool dict_value(struct script *s, const struct thing *t, lb_value *out) {
    int position = 0;
    if (!value_new_dict(out, NULL, NULL, s->err)) return false;
    for (struct thing_entry *e; (e = thing_dict_step(t, &position));) {
        lb_value key, value;
        if (!script_value(s, e->key, &key)) return false;
        if (!script_value(s, e->value, &value)) {
            value_release(key);
            return false;
        }
        if (!dict_set(out->dict, key, value, s->err)) return false;
    }
    return true;
}

/* An object of a class that has been compiled, with the attributes that the class has. */
static bool object_value(struct script *s, const struct thing *t, lb_value *out) {
    bool scripted = (t->class->marks & MARK_SCRIPT) && !t->class->type_name;
    const struct type *type = scripted ? script_class_type(s, t->class) : t->class->type;
    if (!type || thing_is_module(t) || type->kind != TYPE_CLASS) return false;
    const struct class_definition *c = type->definition;
    if (!value_new_object(out, type, c->attributes.count, s->err)) return false;
    for (int i = 0; i < c->attributes.count; i++) {
        struct thing *own = bindings_get(&t->instance->attributes, c->attributes.items[i].name);
        if (!own || !script_convert(s, own, c->attributes.items[i].type, &out->object->slots[i]))
            return false;
    }
    return true;
}

static bool value_by_kind(struct script *s, struct thing *t, lb_value *out) {
    switch (t->kind) {
    case THING_VALUE: *out = value_copy(t->value); return true;
    case THING_LIST:
    case THING_TUPLE: return row_value(s, t, out);
    case THING_DICT: return dict_value(s, t, out);
    case THING_MEMBER: return member_value(s, t, out);
    case THING_INSTANCE: return object_value(s, t, out);
    case THING_TYPED: return script_value(s, t->typed.value, out);
    case THING_LIBRARY: return library_number(t->path, out);
    default: return false;
    }
}

bool script_value(struct script *s, struct thing *t, lb_value *out) {
    *out = value_none();
    if (!evaluator_enter(s->v, (struct source_range){0})) return false;
    bool good = value_by_kind(s, t, out);
    evaluator_leave(s->v);
    if (good) return true;
    value_release(*out);
    *out = value_none();
    return false;
}

bool script_convert(struct script *s, struct thing *t, const struct type *want, lb_value *out) {
    lb_value value;
    *out = value_none();
    if (!script_value(s, t, &value)) return false;
    bool good = type_convert_argument(&s->unit->types, want, value, out, s->err);
    value_release(value);
    return good;
}

/* ---- finding ---- */

/* What a function sees, from the inside out, then what every file does. */
struct thing *script_lexical(struct script *s, struct scope *scope, const struct name *name) {
    struct thing *found = NULL;
    for (; scope && !found; scope = scope->outer)
        if (!scope->class_body) found = bindings_get(&scope->names, name);
    return found ? found : bindings_get(&s->v->builtins, name);
}

static bool answer_member(struct script *s, lb_answer *a, struct thing_function *f, lb_member_kind kind) {
    if (!answer_outside(s, a, NULL, f)) return false;
    a->kind = ANSWER_MEMBER;
    a->position = kind;
    return true;
}

/* The types of the classes that a class comes from, as far as they have been made. */
static bool answer_bases(struct script *s, const struct thing_class *c, lb_answer *a) {
    a->items = arena_array(a->memory, struct lb_answer, c->order_count + 1);
    if (!a->items) return error_memory(s->err);
    for (int i = 1; i < c->order_count; i++) {
        if (!c->order[i]->type) continue;
        a->items[a->count] = (struct lb_answer){.host = a->host, .memory = a->memory};
        answer_type(s, &a->items[a->count++], c->order[i]->type);
    }
    a->kind = ANSWER_ITEMS;
    return true;
}

/* What a class has besides its compiled members: static methods, constants, methods of Enums. */
static bool find_in_class(struct script *s, struct thing_class *c, const struct name *name, lb_answer *a) {
    if (!strcmp(name->text, "bases()")) return answer_bases(s, c, a);
    struct thing *member = class_member(c, NULL, name, NULL);
    if (!member) return true;
    struct thing *inner = member->kind == THING_PROPERTY       ? member->property.getter
                          : member->kind == THING_CLASS_METHOD ? member->wrapped
                                                               : member;
    lb_member_kind kind = member->kind == THING_PROPERTY       ? LB_PROPERTY
                          : member->kind == THING_CLASS_METHOD ? LB_CLASS_METHOD
                                                               : LB_METHOD;
    bool function = inner && inner->kind == THING_FUNCTION;
    return function ? answer_member(s, a, inner->function, kind) : script_answer(s, member, a);
}

static bool find_in_autograd(struct script *s, struct thing_class *c, const struct name *name, lb_answer *a) {
    struct thing *forward = class_member(c, NULL, evaluator_name(s->v, "forward"), NULL);
    if (forward && forward->kind == THING_STATIC) forward = forward->wrapped;
    bool known = forward && forward->kind == THING_FUNCTION && !strcmp(name->text, "apply");
    return !known || answer_member(s, a, forward->function, LB_AUTOGRAD_FORWARD);
}

static bool find_class(struct script *s, const struct name *type_name, lb_answer *a) {
    struct thing_class *c = table_get(&s->classes, type_name);
    if (!c) return true;
    a->scope = script_scope_new(s, NAMES_OF_CLASS, c);
    return a->scope && answer_text(s, a, ANSWER_SCOPE, c->name->text);
}

/* What only the compiler's own library may have: torch.FloatTensor. */
static bool answer_own_library(struct script *s, lb_answer *a, const struct thing *t,
                               const struct name *name) {
    const char *path = arena_printf(&s->v->memory, "%s.%s", t->path, name->text);
    lb_answer *strict = path ? begin_either(s, a) : NULL;
    if (!path) error_memory(s->err);
    return strict && answer_text(s, strict + 1, ANSWER_NAME, path);
}

static bool find_attribute(struct script *s, struct thing *t, const struct name *name, lb_answer *a) {
    struct thing *found = thing_find_attribute(s->v, t, name, (struct source_range){0});
    if (found) return script_answer(s, found, a);
    return !s->err->code && (t->kind != THING_LIBRARY || answer_own_library(s, a, t, name));
}

/* The class of which super() speaks in a module's method; those of script classes find their bases by their
 * trees. */
static bool answer_class_around(struct script *s, const struct scope *scope, lb_answer *a) {
    const struct thing_class *c = scope->class_body;
    return !c || !script_is_module_class(c) || answer_text(s, a, ANSWER_NAME, c->name->text);
}

static bool find_name(struct script *s, const struct script_scope *scope, const struct name *name,
                      lb_answer *a) {
    struct thing *found;
    switch (scope->kind) {
    case NAMES_OF_THING: return find_attribute(s, scope->thing, name, a);
    case NAMES_OF_CLASS: return find_in_class(s, scope->class, name, a);
    case NAMES_OF_AUTOGRAD: return find_in_autograd(s, scope->class, name, a);
    case NAMES_OF_MODULE: return script_concrete_method(s, scope->concrete, name, a);
    default:
        if (!strcmp(name->text, "super()")) return answer_class_around(s, scope->scope, a);
        found = script_lexical(s, scope->scope, name);
    }
    return !found || script_answer(s, found, a);
}

/* ---- words for messages ---- */

enum { NAMES_LOOKED_AT = 1000 };

static int add_names(const struct bindings *b, const char **names, int count) {
    for (int i = 0; i < b->count && count < NAMES_LOOKED_AT; i++)
        if (b->items[i].thing) names[count++] = b->items[i].name->text;
    return count;
}

static const char *nearest_name(const struct script_scope *scope, const char *name) {
    const char *names[NAMES_LOOKED_AT];
    int count = 0;
    if (scope->kind == NAMES_AROUND)
        for (const struct scope *s = scope->scope; s; s = s->outer)
            count = add_names(&s->names, names, count);
    if (scope->kind != NAMES_OF_MODULE) return explain_nearest(name, names, count);
    const struct concrete *c = scope->concrete;
    count = add_names(&c->example->instance->attributes, names, count);
    for (int i = 0; i < c->class->order_count; i++)
        count = add_names(&c->class->order[i]->members, names, count);
    return explain_nearest(name, names, count);
}

/* Where this block assigns the attribute `name`; NULL: nowhere. */
static const struct tree *assignment_of(const struct tree *t, const char *name) {
    const struct tree *target = t->kind == TREE_ASSIGN && t->items[0]->count ? t->items[0]->items[0] : NULL;
    if (target && target->kind == TREE_ATTRIBUTE && !strcmp(target->name->text, name)) return t;
    for (int i = 0; i < t->count; i++) {
        const struct tree *found = t->items[i] ? assignment_of(t->items[i], name) : NULL;
        if (found) return found;
    }
    return NULL;
}

/* Where an __init__ of the class or its bases assigns it; of a data class, where it is declared. */
static struct source_range place_in_class(struct script *s, const struct thing_class *c,
                                          const char *attribute) {
    const struct name *init = name_of(&s->unit->names, "__init__");
    for (int i = 0; init && i < c->order_count; i++) {
        const struct thing *member = bindings_get(&c->order[i]->members, init);
        const struct tree *found = member && member->kind == THING_FUNCTION
                                       ? assignment_of(member->function->def->items[2], attribute)
                                       : NULL;
        if (found) return found->range;
    }
    for (int i = 0; i < c->order_count; i++)
        for (int k = 0; k < c->order[i]->annotation_count; k++) {
            const struct class_annotation *a = &c->order[i]->annotations[k];
            if (a->type && !strcmp(a->name->text, attribute)) return a->type->range;
        }
    return (struct source_range){0};
}

struct source_range script_place_set(struct script *s, const struct concrete *of, const char *attribute) {
    return place_in_class(s, of->class, attribute);
}

static const char *place_set(struct script *s, const struct script_scope *scope, const char *name) {
    const struct thing_class *c = scope->kind == NAMES_OF_MODULE  ? scope->concrete->class
                                  : scope->kind == NAMES_OF_CLASS ? scope->class
                                                                  : NULL;
    struct source_range at = c ? place_in_class(s, c, name) : (struct source_range){0};
    bool known = at.source && at.source->file;
    return known ? arena_printf(&s->unit->memory, "%s, line %d", at.source->file, lang_line(at)) : NULL;
}

/* "?near NAME", "?set NAME" */
static bool advise(struct script *s, const struct script_scope *scope, const char *question, lb_answer *a) {
    const char *name = strchr(question, ' ');
    if (!name) return true;
    const char *words =
        !strncmp(question, "?near", 5) ? nearest_name(scope, name + 1) : place_set(s, scope, name + 1);
    return !words || answer_text(s, a, ANSWER_OBJECT, words);
}

bool script_find(void *user, void *scope, const char *name, lb_answer *answer, lb_error *err) {
    struct script *s = user;
    lb_error *outer = s->err;
    s->err = s->v->err = err;
    const struct name *key = name_of(&s->unit->names, name);
    bool good = !key                    ? error_memory(err)
                : scope && *name == '?' ? advise(s, scope, name, answer)
                : scope                 ? find_name(s, scope, key, answer)
                                        : find_class(s, key, answer);
    s->err = s->v->err = outer;
    return good && !err->code;
}
