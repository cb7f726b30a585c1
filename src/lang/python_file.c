/* The resolver of plain Python files: what stands at a file's top level; see python_file.h. */
#include "lang/dotted.h"
#include "lang/import_line.h"
#include "lang/own_source.h"
#include "lang/python_internal.h"
#include <string.h>

static bool bind(struct python_file *f, const char *name, size_t length, struct python_binding b,
                 lb_error *err) {
    const struct name *key = name_intern(&f->unit->names, name, length);
    struct python_binding *copy = arena_copy(&f->unit->memory, &b, sizeof b);
    return (key && copy && table_set(&f->bindings, key, copy)) || error_memory(err);
}

/* ---- imports ---- */

/* One item of an import: `name [as other]`. */
static bool bind_import(struct python_file *f, struct import_word from, struct import_item item,
                        lb_error *err) {
    if (import_word_is(item.name, "*")) return true;
    struct import_word as = item.as.length ? item.as : item.name;
    if (!item.as.length && !from.length) { /* import a.b binds a */
        const char *dot = memchr(item.name.text, '.', item.name.length);
        if (dot) item.name.length = as.length = (size_t)(dot - item.name.text);
    }
    char *full = arena_printf(&f->unit->memory, "%.*s%s%.*s", (int)from.length, from.length ? from.text : "",
                              from.length ? "." : "", (int)item.name.length, item.name.text);
    if (!full) return error_memory(err);
    return bind(f, as.text, as.length, (struct python_binding){.imported = full}, err);
}

static bool read_import(struct python_file *f, const struct tree *t, lb_error *err) {
    struct import_line line;
    struct import_item item;
    import_line_open(&line, t->text, (size_t)t->length);
    while (import_line_next(&line, &item))
        if (!bind_import(f, line.from, item, err)) return false;
    return true;
}

/* The declarations of overloads before a definition go with it; a later definition stands for an earlier one.
 */
static bool read_function(struct python_file *f, const struct tree *t, lb_error *err) {
    struct python_binding b = {.tree = t}, *before = python_binding_of(f, t->name);
    bool declares = dotted_decorates(f->unit, &f->resolver, t, "torch.jit._overload");
    if (before && before->tree && before->overloads.count) b.overloads = before->overloads;
    if (declares && !array_push_in(&f->unit->memory, &b.overloads, (struct tree *)(uintptr_t)t))
        return error_memory(err);
    return bind(f, t->name->text, t->name->length, b, err);
}

static bool read_statement(struct python_file *f, const struct tree *t, lb_error *err) {
    struct python_binding b = {.tree = t};
    if (t->kind == TREE_IMPORT) return read_import(f, t, err);
    if (t->kind == TREE_DEF) return read_function(f, t, err);
    if (t->kind == TREE_CLASS) return bind(f, t->name->text, t->name->length, b, err);
    if (t->kind != TREE_ASSIGN || t->items[0]->items[0]->kind != TREE_NAME) return true;
    const struct name *name = t->items[0]->items[0]->name;
    return bind(f, name->text, name->length, b, err);
}

/* ---- definitions ---- */

const struct name *python_qualified(struct python_file *f, const struct name *name) {
    char *text = arena_printf(&f->unit->memory, "%s.%s", f->prefix, name->text);
    return text ? name_of(&f->unit->names, text) : NULL;
}

struct python_binding *python_binding_of(struct python_file *f, const struct name *name) {
    return table_get(&f->bindings, name);
}

/* The implementation with an overload's parameters (those that it does not mention stay) and result. */
static const struct tree *overload(struct python_file *f, const struct tree *declared,
                                   const struct tree *def) {
    struct arena *a = &f->unit->memory;
    const struct tree *own = def->items[0], *other = declared->items[0];
    struct tree *list = tree_new(a, TREE_LIST, own->range, own->count, own->items);
    struct tree *parts[4] = {list, declared->items[1], def->items[2], def->items[3]};
    for (int i = 0; list && i < own->count && i < other->count; i++) list->items[i] = other->items[i];
    struct tree *t = list ? tree_new(a, TREE_DEF, def->range, 4, parts) : NULL;
    if (t) t->name = def->name;
    return t;
}

static struct function *declare(struct python_file *f, const struct tree *def, lb_error *err) {
    const struct name *qualified = def ? python_qualified(f, def->name) : NULL;
    if (qualified && table_has(&f->unit->functions, qualified)) qualified = unit_mangle(f->unit, qualified);
    struct function *new = qualified ? lang_declare(f->unit, def, qualified, NULL, &f->resolver, err) : NULL;
    if (!new || !table_set(&f->unit->functions, qualified, new)) error_memory(err);
    return new;
}

struct function **python_functions(struct python_file *f, struct python_binding *b, int *count,
                                   lb_error *err) {
    *count = b->overloads.count ? b->overloads.count : 1;
    if (b->functions) return b->functions;
    struct function **list = arena_array(&f->unit->memory, struct function *, *count);
    if (!list) return error_memory(err), NULL;
    for (int i = 0; i < *count; i++) {
        const struct tree *def = b->overloads.count ? overload(f, b->overloads.items[i], b->tree) : b->tree;
        if (!(list[i] = declare(f, def, err))) return NULL;
    }
    return b->functions = list;
}

const struct type *python_class_type(struct python_file *f, struct python_binding *b, lb_error *err) {
    if (b->type) return b->type;
    const struct name *qualified = python_qualified(f, b->tree->name);
    if (!qualified) return error_memory(err), NULL;
    /* While its methods are compiled the class is there already. */
    b->type = type_find_named(&f->unit->types, qualified);
    if (!b->type) b->type = lang_define_python_class(f->unit, b->tree, qualified, &f->resolver, err);
    return b->type;
}

/* NamedTuple("P", [("a", int)]) and namedtuple("P", "a b"); NULL without an error for other calls. */
static const struct type *functional_tuple(struct python_file *f, struct python_binding *b, lb_error *err) {
    const struct tree *call = b->tree->items[1];
    const struct name *callee = dotted_full(f->unit, &f->resolver, call->items[0], err);
    bool typed = callee && !strcmp(callee->text, "typing.NamedTuple");
    bool plain = callee && !strcmp(callee->text, "collections.namedtuple");
    if ((!typed && !plain) || !call->items[1]->count || call->items[1]->items[0]->kind != TREE_STRING)
        return NULL;
    const struct tree *first = call->items[1]->items[0];
    const struct name *name = name_intern(&f->unit->names, first->text, (size_t)first->length);
    const struct name *qualified = name ? python_qualified(f, name) : NULL;
    if (!qualified) return error_memory(err), NULL;
    return lang_define_functional_tuple(f->unit, call, qualified, &f->resolver, err);
}

/* `Pair = Tuple[int, int]` names a type. */
static const struct type *alias_type(struct python_file *f, struct python_binding *b, lb_error *err) {
    const struct tree *value = b->tree->items[1];
    if (b->type) return b->type;
    if (value && value->kind == TREE_CALL && !b->resolving) return b->type = functional_tuple(f, b, err);
    bool type =
        value && (value->kind == TREE_SUBSCRIPT || value->kind == TREE_NAME || value->kind == TREE_ATTRIBUTE);
    if (!type || b->resolving) return NULL;
    lb_error ignored = {0}; /* an assignment need not be one of a type */
    b->resolving = true;
    const struct type *found = annotation_type(f->unit, &f->resolver, value, &ignored);
    b->resolving = false;
    if (ignored.code == LB_ERROR_MEMORY) error_memory(err);
    error_clear(&ignored);
    return found;
}

static const struct type *find_type(struct resolver *r, const struct name *name, lb_error *err) {
    struct python_file *f = (struct python_file *)r;
    struct python_binding *b = python_binding_of(f, name);
    if (!b || !b->tree || b->tree->kind == TREE_DEF || python_is_autograd(f, b->tree)) return NULL;
    return b->tree->kind == TREE_CLASS ? python_class_type(f, b, err) : alias_type(f, b, err);
}

/* ---- the file ---- */

/* "typing.List" for `t.List` after `import typing as t`: what the first name was imported as, and the rest.
 */
static const struct name *library_name(struct resolver *r, const struct name *name, lb_error *err) {
    struct python_file *f = (struct python_file *)r;
    size_t length = strcspn(name->text, ".");
    const struct name *first = name_intern(&f->unit->names, name->text, length);
    struct python_binding *b = first ? python_binding_of(f, first) : NULL;
    if (!b || !b->imported) return first ? NULL : (error_memory(err), NULL);
    char *full = arena_printf(&f->unit->memory, "%s%s", b->imported, name->text + length);
    const struct name *found = full ? name_of(&f->unit->names, full) : NULL;
    if (!found) error_memory(err);
    return found;
}

bool python_file_add(struct python_file *f, const struct source *source, lb_error *err) {
    struct tree *t = lang_parse(&f->unit->memory, &f->unit->names, source, PARSE_PYTHON, err);
    for (int i = 0; t && i < t->count; i++) {
        const struct tree *statement = t->items[i];
        int32_t stop = i + 1 < t->count ? statement_first_line(t->items[i + 1]) : source->line_count;
        bool definition = statement->kind == TREE_DEF || statement->kind == TREE_CLASS;
        if (definition && !(statement = own_source(&f->unit->memory, &f->unit->names, statement, stop, err)))
            return false;
        if (!read_statement(f, statement, err)) return false;
    }
    return t != NULL;
}

bool python_file_open(struct python_file *f, const struct source *source, lb_error *err) {
    f->resolver.find_value = python_find_value;
    f->resolver.find_member = python_find_member;
    f->resolver.library_name = library_name;
    f->resolver.find_base = python_find_class_tree;
    f->resolver.find_type = find_type;
    f->resolver.python = true;
    f->resolver.operator_version = -1;
    f->bindings = (struct table){0};
    return python_file_add(f, source, err);
}

void python_file_close(struct python_file *f) {
    table_free(&f->bindings);
}

/* ---- variables that are functions ---- */

/* The inner function that a function gives back. */
static const struct tree *inner_function(const struct tree *def) {
    const struct tree *body = def->items[2], *last = body->count ? body->items[body->count - 1] : NULL;
    const struct tree *result = last && last->kind == TREE_RETURN ? last->items[0] : NULL;
    if (!result || result->kind == TREE_LAMBDA) return result;
    for (int i = 0; result->kind == TREE_NAME && i < body->count; i++)
        if (body->items[i]->kind == TREE_DEF && body->items[i]->name == result->name) return body->items[i];
    return NULL;
}

/* For `f = make(3)` and `f = lambda x: ...`: def f(x): return make(3)(x). NULL without an error: no function.
 */
static struct tree *wrapper(struct python_file *f, struct python_binding *b, const struct name *name) {
    struct arena *a = &f->unit->memory;
    struct tree *value = b->tree->items[1];
    const struct tree *inner = value && value->kind == TREE_LAMBDA ? value : NULL;
    bool call = value && value->kind == TREE_CALL && value->items[0]->kind == TREE_NAME;
    struct python_binding *maker = call ? python_binding_of(f, value->items[0]->name) : NULL;
    if (maker && maker->tree && maker->tree->kind == TREE_DEF) inner = inner_function(maker->tree);
    if (!inner) return NULL;
    const struct tree *parameters = inner->items[0];
    struct tree **names = arena_array(a, struct tree *, parameters->count + 1);
    for (int i = 0; names && i < parameters->count; i++)
        names[i] = tree_name(a, parameters->items[i]->range, parameters->items[i]->name);
    struct tree *list = names ? tree_new(a, TREE_LIST, value->range, parameters->count, names) : NULL;
    struct tree *parts[3] = {value, list, tree_new(a, TREE_LIST, value->range, 0, NULL)};
    struct tree *all = list && parts[2] ? tree_new(a, TREE_CALL, value->range, 3, parts) : NULL;
    struct tree *result = all ? tree_new(a, TREE_RETURN, value->range, 1, &all) : NULL;
    struct tree *body = result ? tree_new(a, TREE_LIST, value->range, 1, &result) : NULL;
    struct tree *whole[4] = {inner->items[0], inner->kind == TREE_DEF ? inner->items[1] : NULL, body, NULL};
    struct tree *def = body ? tree_new(a, TREE_DEF, value->range, 4, whole) : NULL;
    if (def) def->name = name;
    return def;
}

struct function *python_file_function(struct python_file *f, const char *name, lb_error *err) {
    const struct name *key = name_of(&f->unit->names, name);
    struct python_binding *b = key ? python_binding_of(f, key) : NULL;
    if (b && b->tree && b->tree->kind == TREE_ASSIGN) {
        struct tree *def = wrapper(f, b, key);
        struct python_binding *made = def ? arena_copy(&f->unit->memory, b, sizeof *b) : NULL;
        if ((b = made)) made->tree = def;
    }
    if (!b || !b->tree || b->tree->kind != TREE_DEF) return NULL;
    int count;
    struct function **functions = python_functions(f, b, &count, err);
    return functions && lang_ensure(functions[0], err) ? functions[0] : NULL;
}
