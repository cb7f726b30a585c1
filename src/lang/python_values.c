/* What the names of a plain Python file mean to a program: its functions and classes, what it imports,
 * exceptions; see python_file.h. */
#include "lang/dotted.h"
#include "lang/library.h"
#include "lang/lower.h"
#include "lang/python_class.h"
#include "lang/python_internal.h"
#include "lang/python_names.h"
#include "types/exceptions.h"
#include <string.h>

static struct sugared *imported_attribute(struct emitter *e, struct sugared *s, struct source_range at,
                                          const struct name *name) {
    char *path = arena_printf(&e->memory, "%s.%s", s->name->text, name->text);
    struct sugared *found = path ? python_library_value(e, path, at) : emit_out_of_memory(e);
    if (found || e->err->code) return found;
    return emit_error(e, at, "module '%s' has no attribute '%s'", s->name->text, name->text);
}
static const struct sugared_kind kind_python_module = {.word = "Python module",
                                                       .attribute = imported_attribute};

static struct sugared *number_value(struct emitter *e, const struct python_name *n, struct source_range at) {
    return sugared_simple(
        e, emit_constant(e, n->is_float ? value_float(n->number) : value_int((int64_t)n->number), at));
}

/* What a dotted name of a library is: a table's entry, an operator of torch, or a module. NULL without an
 * error: none. */
struct sugared *python_library_value(struct emitter *e, const char *path, struct source_range at) {
    struct sugared *own = e->wide ? lower_library_object(e, path) : NULL;
    if (!own && e->wide && !e->err->code) own = library_find_path(e, path);
    if (own || e->err->code) return own;
    const struct python_name *n = python_name_find(path);
    if (n && n->form) return sugared_form(e, (enum special_form)n->form);
    if (n && n->op) return sugared_builtin(e, n->op);
    if (n) return number_value(e, n, at);
    const char *op = python_operator(&e->memory, path);
    if (op) return sugared_builtin(e, op);
    if (!python_is_module(path) && !(e->wide && (lower_is_library(path) || library_is_module(e, path))))
        return NULL;
    struct sugared *s = sugared_new(e, &kind_python_module);
    return s && (s->name = emit_name(e, path)) ? s : NULL;
}

/* raise X("...", ...): the arguments' message, then the exception's full name. */
static struct sugared *call_python_exception(struct emitter *e, struct sugared *s, struct source_range at,
                                             struct actuals actuals, int binders) {
    (void)binders;
    struct sugared *result = sugared_new(e, &sugared_kind_exception_message);
    struct ir_value **values = arena_array(&e->memory, struct ir_value *, actuals.count + 1);
    if (!result || !values) return emit_out_of_memory(e);
    for (int i = 0; i < actuals.count; i++)
        if (!(values[i] = emit_actual(e, &actuals.items[i]))) return NULL;
    if (!actuals.count)
        result->value = emit_text(e, "", 0, at);
    else
        result->value = actuals.count == 1 ? values[0] : emit_tuple(e, values, actuals.count, NULL);
    if (result->value) result->start = emit_text(e, s->name->text, s->name->length, at);
    return result->start ? result : NULL;
}
const struct sugared_kind sugared_kind_python_exception = {.word = "exception",
                                                           .call = call_python_exception};

struct sugared *python_exception_value(struct emitter *e, const struct name *name) {
    if (!exception_is_builtin(name->text)) return NULL;
    struct sugared *s = sugared_new(e, &sugared_kind_python_exception);
    const char *full = arena_printf(&e->memory, "builtins.%s", name->text);
    return s && full && (s->name = emit_name(e, full)) ? s : NULL;
}

/* A number or text of the file's top level is no value of a program, as PyTorch says it. */
static struct sugared *global_value(struct emitter *e, const struct tree *t, struct source_range at) {
    static const struct {
        uint8_t kind;
        const char *word;
    } words[] = {{TREE_INT, "int"},           {TREE_FLOAT, "float"}, {TREE_STRING, "str"},
                 {TREE_LIST_LITERAL, "list"}, {TREE_DICT, "dict"},   {TREE_TUPLE, "tuple"},
                 {TREE_TRUE, "bool"},         {TREE_FALSE, "bool"},  {TREE_NONE, "NoneType"}};
    const char *word = "object";
    for (size_t i = 0; t->items[1] && i < sizeof words / sizeof *words; i++)
        if (words[i].kind == t->items[1]->kind) word = words[i].word;
    return emit_error(
        e, at,
        "python value of type '%s' cannot be used as a value. Perhaps it is a closed over global "
        "variable? If so, please consider passing it in as an argument or use a local variable instead.",
        word);
}

/* What `first = second` or `relu = torch.relu` stands for. */
static struct sugared *alias_value(struct python_file *f, struct emitter *e, const struct tree *t,
                                   struct source_range at) {
    if (t->kind == TREE_NAME) return python_find_value(&f->resolver, e, t->name, at);
    struct sugared *of = t->kind == TREE_ATTRIBUTE ? alias_value(f, e, t->items[0], at) : NULL;
    return of ? sugared_attribute(e, of, at, t->name) : NULL;
}

/* In all of Python a variable of the file's top level is what its expression gives, made where it is used. */
static struct sugared *wide_global(struct python_file *f, struct emitter *e, struct python_binding *b,
                                   struct source_range at) {
    const struct tree *value = b->tree->items[1];
    if (!value || b->resolving) return global_value(e, b->tree, at);
    const struct type *type = NULL;
    lb_error ignored = {0};
    if (b->tree->items[2]) type = annotation_type(e->unit, &f->resolver, b->tree->items[2], &ignored);
    error_clear(&ignored);
    b->resolving = true;
    struct resolver *own = e->resolver;
    e->resolver = &f->resolver;
    struct sugared *s = emit_sugared(e, value, 1, type);
    e->resolver = own;
    b->resolving = false;
    return s;
}

static struct sugared *assigned_value(struct python_file *f, struct emitter *e, struct python_binding *b,
                                      struct source_range at) {
    struct sugared *s = NULL;
    if (b->tree->items[1] && !b->resolving) {
        b->resolving = true;
        s = alias_value(f, e, b->tree->items[1], at);
        b->resolving = false;
    }
    if (s || e->err->code) return s;
    return e->wide ? wide_global(f, e, b, at) : global_value(e, b->tree, at);
}

/* ---- functions ---- */

/* A call of what @torch.jit.unused marks is a raise; it gives a value of the declared type that is never
 * there. */
static struct sugared *call_unused(struct emitter *e, struct sugared *s, struct source_range at,
                                   struct actuals actuals, int binders) {
    static const char words[] = "This Python function is annotated to be ignored and cannot be run";
    (void)binders;
    const struct schema *schema =
        schema_from_def(e->unit, e->resolver, s->functions[0]->definition, NULL, e->err);
    struct match m;
    if (!schema || !match_schemas(e, &schema, 1, at, actuals, NULL, &m)) return NULL;
    struct ir_value *message = emit_text(e, words, sizeof words - 1, (struct source_range){0});
    struct actual a = {.value = message};
    if (!message) return NULL;
    emit_builtin(e, emit_name(e, "prim::RaiseException"), at, actuals_of(&a, 1), NULL);
    const struct type *result = schema->return_count ? schema->returns[0].type : e->types->tensor;
    return e->err->code ? NULL : sugared_simple(e, emit_uninitialized(e, result));
}
static const struct sugared_kind kind_unused = {.word = "python function", .call = call_unused};

static struct sugared *call_ignored(struct emitter *e, struct sugared *s, struct source_range at,
                                    struct actuals actuals, int binders) {
    (void)actuals;
    (void)binders;
    return emit_error(e, at,
                      "'%s' is marked @torch.jit.ignore: it stays in Python, and a program cannot call it",
                      s->functions[0]->name->text);
}
static const struct sugared_kind kind_ignored = {.word = "python function", .call = call_ignored};

struct sugared *python_function_value(struct python_file *f, struct emitter *e, struct python_binding *b) {
    int count;
    struct function **functions = python_functions(f, b, &count, e->err);
    struct sugared *s = functions ? sugared_function(e, functions[0]) : NULL;
    if (!s) return NULL;
    s->functions = functions;
    s->count = count;
    if (dotted_decorates(e->unit, &f->resolver, b->tree, "torch.jit.unused")) s->kind = &kind_unused;
    if (dotted_decorates(e->unit, &f->resolver, b->tree, "torch.jit.ignore")) s->kind = &kind_ignored;
    return s;
}

/* ---- classes of exceptions ---- */

enum { MOST_BASES = 30 };

/* The full names of the class and of those that it comes from; false: it is no exception. */
static bool put_exception(struct python_file *f, const struct tree *class_tree, int depth, struct text *out) {
    const struct tree *bases = class_tree->count > 3 ? class_tree->items[3] : NULL;
    const struct name *own = python_qualified(f, class_tree->name);
    bool is = false;
    text_printf(out, "%s ", own ? own->text + strlen("__torch__.") : "");
    for (int i = 0; bases && depth < MOST_BASES && i < bases->count; i++) {
        const struct tree *base = python_find_class_tree(&f->resolver, bases->items[i]);
        bool builtin =
            !base && bases->items[i]->kind == TREE_NAME && exception_is_builtin(bases->items[i]->name->text);
        if (builtin) text_printf(out, "builtins.%s ", bases->items[i]->name->text);
        is |= builtin || (base && put_exception(f, base, depth + 1, out));
    }
    return is;
}

/* NULL without an error: the class is no exception. */
static struct sugared *own_exception(struct python_file *f, struct emitter *e,
                                     const struct tree *class_tree) {
    struct text names = {0};
    bool is = class_tree->kind == TREE_CLASS && put_exception(f, class_tree, 0, &names);
    const char *text = is ? arena_text(&e->memory, text_get(&names), names.length) : NULL;
    text_free(&names);
    if (!is) return NULL;
    const struct name *name = text ? name_intern(&e->unit->names, text, strcspn(text, " ")) : NULL;
    if (!name || !exception_declare(e->unit, name, text + name->length + 1)) return emit_out_of_memory(e);
    struct sugared *s = sugared_new(e, &sugared_kind_python_exception);
    if (s) s->name = name;
    return s;
}

static struct sugared *bound_value(struct python_file *f, struct emitter *e, struct python_binding *b,
                                   struct source_range at) {
    if (!b->tree) return python_library_value(e, b->imported, at);
    if (b->tree->kind == TREE_DEF) return python_function_value(f, e, b);
    if (b->tree->kind == TREE_ASSIGN) return assigned_value(f, e, b, at);
    struct sugared *autograd = e->wide ? python_autograd_function(f, e, b->tree) : NULL;
    if (autograd || e->err->code) return autograd;
    struct sugared *exception = own_exception(f, e, b->tree);
    if (exception || e->err->code) return exception;
    const struct type *type = python_class_type(f, b, e->err);
    return type ? sugared_of_type(e, type) : NULL;
}

struct sugared *python_find_value(struct resolver *r, struct emitter *e, const struct name *name,
                                  struct source_range at) {
    struct python_file *f = (struct python_file *)r;
    struct python_binding *b = python_binding_of(f, name);
    if (b) return bound_value(f, e, b, at);
    if (e->wide && !strcmp(name->text, "__name__")) {
        const char *module = f->prefix + (strlen(f->prefix) > 10 ? 10 : 0); /* without "__torch__." */
        return sugared_simple(e, emit_text(e, module, (int64_t)strlen(module), at));
    }
    return python_exception_value(e, name);
}
