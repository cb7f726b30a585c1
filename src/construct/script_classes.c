/* Classes of a file as types of the unit, each made when it is first named. */
#include "construct/script.h"
#include "lang/block.h"
#include "lang/own_source.h"
#include "lang/report.h"
#include <string.h>

bool script_is_module_class(const struct thing_class *c) {
    return c->nature == CLASS_MODULE;
}

const struct type *script_annotation(struct script *s, const struct tree *t, struct scope *scope) {
    struct script_scope *names = script_scope_new(s, NAMES_AROUND, scope);
    struct resolver *r = names ? host_scope_resolver(s->host, names, s->err) : NULL;
    return r ? annotation_type(s->unit, r, t, s->err) : NULL;
}

const struct type *script_thing_type(struct script *s, struct thing *t) {
    const struct name *name = NULL;
    if (t->kind == THING_ANNOTATION) return script_annotation(s, t->annotation.tree, t->annotation.scope);
    if (t->kind == THING_CLASS && !t->as_class->builtin) return script_class_type(s, t->as_class);
    if (t->kind == THING_CLASS) name = t->as_class->name;
    if (t->kind == THING_LIBRARY) name = name_of(&s->unit->names, t->path);
    struct tree *tree = name ? tree_name(&s->unit->memory, (struct source_range){0}, name) : NULL;
    return tree ? annotation_type(s->unit, &s->host->qualified, tree, s->err) : NULL;
}

/* ---- enums and named tuples ---- */

struct named_values {
    const char **names;
    lb_value *values;
    int count;
};

static bool named_values_room(struct script *s, struct named_values *n, int room) {
    n->names = arena_array(&s->v->memory, const char *, room + 1);
    n->values = arena_array(&s->unit->memory, lb_value, room + 1);
    return (n->names && n->values) || error_memory(s->err);
}

/* Adds a value that lives as long as the evaluator does. */
static bool named_values_add(struct script *s, struct named_values *n, const struct name *name,
                             lb_value take) {
    struct thing *kept = thing_of(s->v, take);
    if (!kept) return false;
    n->names[n->count] = name->text;
    n->values[n->count++] = take;
    return true;
}

static const struct type *enum_type(struct script *s, struct thing_class *c, const char *qualified) {
    struct thing *members = enum_list(s->v, c);
    struct named_values n = {0};
    if (!members || !named_values_room(s, &n, members->count)) return NULL;
    for (int i = 0; i < members->count; i++) {
        lb_value value;
        const struct thing *m = members->items[i];
        if (!script_value(s, m->member.value, &value)) {
            lang_report(s->err, c->tree->range, "the value of %s.%s is no value of a program", c->name->text,
                        m->member.name->text);
            return NULL;
        }
        if (!named_values_add(s, &n, m->member.name, value)) return NULL;
    }
    return host_enum(s->host, qualified, n.count, n.names, n.values, s->err);
}

/* The defaults of the last fields; they belong to the unit from now on. */
static bool field_defaults(struct script *s, const struct thing_class *c, struct named_values *defaults) {
    if (!named_values_room(s, defaults, c->annotation_count)) return false;
    for (int i = 0; i < c->annotation_count; i++) {
        lb_value value;
        struct thing *t = class_member(c, NULL, c->annotations[i].name, NULL);
        if (!t) continue;
        if (!script_value(s, t, &value))
            return lang_report_bare(s->err, &(struct explanation){.code = ERROR_DEFAULT_VALUE},
                                    "the default of '%s' in %s is no value of a program",
                                    c->annotations[i].name->text, c->name->text);
        if (!named_values_add(s, defaults, c->annotations[i].name, value)) return false;
    }
    return true;
}

/* Fields of namedtuple() are tensors. */
static const struct type *field_type(struct script *s, const struct thing_class *c,
                                     const struct class_annotation *field) {
    if (field->type) return script_annotation(s, field->type, c->scope);
    return field->said ? script_thing_type(s, field->said) : s->unit->types.tensor;
}

/* The class among its bases that declares the fields. */
static const struct thing_class *with_fields(const struct thing_class *c) {
    for (int i = 0; i < c->order_count; i++)
        if (c->order[i]->annotation_count) return c->order[i];
    return c;
}

static const struct type *named_tuple_type(struct script *s, struct thing_class *made,
                                           const char *qualified) {
    struct named_values defaults = {0};
    const struct thing_class *c = with_fields(made);
    const char **names = arena_array(&s->v->memory, const char *, c->annotation_count + 1);
    const struct type **types = arena_array(&s->v->memory, const struct type *, c->annotation_count + 1);
    made->type_name = name_of(&s->unit->names, qualified);
    if (!names || !types || !made->type_name) return error_memory(s->err), NULL;
    for (int i = 0; i < c->annotation_count; i++) {
        names[i] = c->annotations[i].name->text;
        types[i] = field_type(s, c, &c->annotations[i]);
        if (!types[i]) return NULL;
    }
    if (!field_defaults(s, c, &defaults)) return NULL;
    return host_named_tuple(s->host, qualified, c->annotation_count, names, types, defaults.count,
                            defaults.values, s->err);
}

/* ---- interfaces and script classes ---- */

static const struct type *interface_type(struct script *s, struct thing_class *c, const char *qualified) {
    lb_class_kind kind = script_is_module_class(c) ? LB_MODULE_INTERFACE : LB_INTERFACE;
    const struct type *type = host_class(s->host, qualified, kind, NULL, s->err);
    c->type = type;
    for (int i = 0; type && i < c->members.count; i++) {
        const struct thing *m = c->members.items[i].thing;
        if (m->kind == THING_FUNCTION && !script_method(s, type, m->function, NULL, NULL)) return NULL;
    }
    return type;
}

/* The class's tree again, from a source that holds its lines alone, as the compiler takes it; made once. */
static const struct tree *class_alone(struct script *s, const struct tree *t) {
    const struct tree *known = table_get(&s->alone, t);
    if (known) return known;
    const struct source *whole = t->range.source;
    int32_t first = statement_first_line(t);
    const char *start = whole->text + whole->line_starts[first];
    size_t length = block_length(start, (size_t)(whole->text + whole->length - start));
    struct source *own = source_new(&s->unit->memory, start, length, whole->file, whole->first_line + first);
    if (!own) return error_memory(s->err), NULL;
    struct tree *list = lang_parse(&s->unit->memory, &s->unit->names, own, PARSE_PYTHON, s->err);
    if (!list || !list->count) return NULL;
    bool kept = table_set(&s->alone, t, list->items[0]) || error_memory(s->err);
    return kept ? list->items[0] : NULL;
}

/* A base class that is a class of the file. */
static const struct tree *find_base(struct resolver *r, const struct tree *base) {
    struct script *s = host_of(r)->answers.user;
    struct script_scope *names = host_scope_of(r);
    struct thing *t = base->kind == TREE_NAME ? script_lexical(s, names->scope, base->name) : NULL;
    const struct tree *tree = t && t->kind == THING_CLASS ? t->as_class->tree : NULL;
    return tree ? class_alone(s, tree) : NULL;
}

/* Its methods see what stands around the class, and what it has besides them by its own name. */
static const struct type *class_with_methods(struct script *s, struct thing_class *c, const char *qualified) {
    struct script_scope *names = script_scope_new(s, NAMES_AROUND, c->scope);
    struct resolver *r = names ? host_scope_resolver(s->host, names, s->err) : NULL;
    const struct name *name = name_of(&s->unit->names, qualified);
    if (name && type_find_named(&s->unit->types, name)) name = unit_mangle(s->unit, name);
    if (!name || !r) return error_memory(s->err), NULL;
    const struct tree *alone = class_alone(s, c->tree);
    r->find_base = find_base;
    c->type_name = name;
    if (!table_set(&s->classes, name, c)) return error_memory(s->err), NULL;
    return alone ? lang_define_python_class(s->unit, alone, name, r, s->err) : NULL;
}

/* A class whose type is being made: its methods may name it, a NamedTuple's fields may not. */
static const struct type *type_in_making(struct script *s, const struct thing_class *c) {
    const struct type *type = type_find_named(&s->unit->types, c->type_name);
    if (!type)
        error_set(
            s->err, LB_ERROR_COMPILE,
            "a field of the NamedTuple %s holds a %s again: make it a class with __init__, or keep what "
            "is nested in a list beside it",
            c->name->text, c->name->text);
    return type;
}

/* Whoever names the class again is told the same; what waits for a function that is being compiled may yet
 * compile. */
static void keep_refusal(struct script *s, struct thing_class *c) {
    if (s->err->code != LB_ERROR_COMPILE || s->unit->awaited) return;
    const char *message = error_message(s->err);
    c->refused = arena_text(&s->v->memory, message, strlen(message));
}

const struct type *script_class_type(struct script *s, struct thing_class *c) {
    if (c->type) return c->type;
    if (c->refused) return lang_report_again(s->err, c->refused), NULL;
    if (c->type_name) return type_in_making(s, c);
    bool none = c->builtin || c->nature == CLASS_EXCEPTION || !(c->tree || c->nature == CLASS_NAMED_TUPLE);
    bool interface = c->marks & MARK_INTERFACE;
    if (none || (script_is_module_class(c) && !interface)) return NULL;
    const char *qualified = c->file ? script_qualified(s, c->file, c->name)
                                    : arena_printf(&s->v->memory, "__torch__.%s", c->name->text);
    if (!qualified) return error_memory(s->err), NULL;
    if (c->nature == CLASS_ENUM)
        c->type = enum_type(s, c, qualified);
    else if (c->nature == CLASS_NAMED_TUPLE)
        c->type = named_tuple_type(s, c, qualified);
    else
        c->type = interface ? interface_type(s, c, qualified) : class_with_methods(s, c, qualified);
    if (!c->type) keep_refusal(s, c);
    if (c->type && !table_set(&s->classes, c->type->name, c)) return error_memory(s->err), NULL;
    return c->type;
}
