/* The resolver of plain Python files; see python_file.h. */
#include "lang/python_file.h"
#include "lang/emitter.h"
#include "lang/python_names.h"
#include <string.h>

/* What a name of the file's top level stands for. */
struct python_binding {
    const struct tree *tree;   /* DEF, CLASS or ASSIGN; NULL: an import */
    const char *imported;      /* "torch.nn.functional", "typing.List" */
    struct function *function; /* once declared */
    bool resolving;            /* an alias whose meaning is being looked up */
    const struct type *type;   /* once defined */
};

static bool bind(struct python_file *f, const char *name, size_t length, struct python_binding b,
                 lb_error *err) {
    const struct name *key = name_intern(&f->unit->names, name, length);
    struct python_binding *copy = arena_copy(&f->unit->memory, &b, sizeof b);
    return (key && copy && table_set(&f->bindings, key, copy)) || error_memory(err);
}

/* ---- imports ---- */

struct words {
    const char *at, *end;
};

/* The next word (a name with dots, or one sign); its length, 0 at the end. */
static size_t next_word(struct words *w, const char **word) {
    while (w->at < w->end && strchr(" \t(),\\\n\r", *w->at) && *w->at != ',') w->at++;
    *word = w->at;
    if (w->at < w->end && *w->at == ',') return w->at++, 1;
    while (w->at < w->end && !strchr(" \t(),\\\n\r", *w->at)) w->at++;
    return (size_t)(w->at - *word);
}

static bool word_is(const char *word, size_t length, const char *text) {
    return strlen(text) == length && !memcmp(word, text, length);
}

/* One item of an import: `name [as other]`; `from` is the module it comes from, or NULL. */
static bool bind_import(struct python_file *f, const char *from, struct words *w, lb_error *err) {
    const char *name, *other;
    size_t length = next_word(w, &name), other_length = length;
    if (!length || *name == '*') return true;
    other = name;
    struct words ahead = *w;
    const char *as;
    if (word_is(as, next_word(&ahead, &as), "as")) {
        *w = ahead;
        other_length = next_word(w, &other);
    } else if (!from) {
        const char *dot = memchr(name, '.', length);
        if (dot) length = other_length = (size_t)(dot - name); /* import a.b binds a */
    }
    char *full = from ? arena_printf(&f->unit->memory, "%s.%.*s", from, (int)length, name)
                      : arena_text(&f->unit->memory, name, length);
    if (!full) return error_memory(err);
    return bind(f, other, other_length, (struct python_binding){.imported = full}, err);
}

static bool read_import(struct python_file *f, const struct tree *t, lb_error *err) {
    struct words w = {t->text, t->text + t->length};
    const char *word, *from = NULL;
    size_t length = next_word(&w, &word);
    if (word_is(word, length, "from")) {
        length = next_word(&w, &word);
        from = arena_text(&f->unit->memory, word, length);
        next_word(&w, &word);
        if (!from) return error_memory(err);
    }
    do {
        if (!bind_import(f, from, &w, err)) return false;
    } while (next_word(&w, &word));
    return true;
}

/* The first line of a definition, its decorators counted in. */
static int32_t first_line_of(const struct tree *t) {
    const struct tree *decorators = t->items[t->kind == TREE_DEF ? 3 : 2];
    return source_line_at(t->range.source, (decorators ? decorators : t)->range.start);
}

static bool is_blank_or_comment(const struct source *s, int32_t line) {
    uint32_t length, i = 0;
    const char *text = source_line(s, line, &length);
    while (i < length && (text[i] == ' ' || text[i] == '\t' || text[i] == '\r')) i++;
    return i == length || text[i] == '#';
}

/* A definition is a source of its own, so that excerpts show no more than it (inspect.getsource). `stop` is
 * the line of the next statement. */
static struct tree *alone(struct python_file *f, const struct tree *t, int32_t stop, lb_error *err) {
    const struct source *whole = t->range.source;
    int32_t first = first_line_of(t);
    while (stop > first + 1 && is_blank_or_comment(whole, stop - 1)) stop--;
    uint32_t begin = whole->line_starts[first];
    uint32_t end = stop < whole->line_count ? whole->line_starts[stop] : whole->length;
    struct source *part = source_new(&f->unit->memory, whole->text + begin, end - begin, whole->file,
                                     whole->first_line + first);
    struct tree *list = part ? lang_parse(&f->unit->memory, &f->unit->names, part, PARSE_PYTHON, err) : NULL;
    if (!part) error_memory(err);
    return list && list->count ? list->items[0] : NULL;
}

static int32_t line_of_statement(const struct tree *t) {
    bool definition = t->kind == TREE_DEF || t->kind == TREE_CLASS;
    return definition ? first_line_of(t) : source_line_at(t->range.source, t->range.start);
}

static bool read_statement(struct python_file *f, const struct tree *t, lb_error *err) {
    struct python_binding b = {.tree = t};
    if (t->kind == TREE_IMPORT) return read_import(f, t, err);
    if (t->kind == TREE_DEF || t->kind == TREE_CLASS) return bind(f, t->name->text, t->name->length, b, err);
    if (t->kind != TREE_ASSIGN || t->items[0]->items[0]->kind != TREE_NAME) return true;
    const struct name *name = t->items[0]->items[0]->name;
    return bind(f, name->text, name->length, b, err);
}

/* ---- definitions ---- */

static const struct name *qualified_name(struct python_file *f, const struct name *name) {
    char *text = arena_printf(&f->unit->memory, "%s.%s", f->prefix, name->text);
    return text ? name_of(&f->unit->names, text) : NULL;
}

static struct python_binding *binding_of(struct python_file *f, const struct name *name) {
    return table_get(&f->bindings, name);
}

static struct function *declared(struct python_file *f, struct python_binding *b, lb_error *err) {
    if (b->function) return b->function;
    const struct name *qualified = qualified_name(f, b->tree->name);
    if (qualified) b->function = lang_declare(f->unit, b->tree, qualified, NULL, &f->resolver, err);
    if (b->function && !table_set(&f->unit->functions, qualified, b->function)) b->function = NULL;
    if (!b->function) error_memory(err);
    return b->function;
}

static const struct type *class_type(struct python_file *f, struct python_binding *b, lb_error *err) {
    if (b->type) return b->type;
    const struct name *qualified = qualified_name(f, b->tree->name);
    if (!qualified) {
        error_memory(err);
        return NULL;
    }
    /* While its methods are compiled the class is there already. */
    b->type = type_find_named(&f->unit->types, qualified);
    if (!b->type) b->type = lang_define_python_class(f->unit, b->tree, qualified, &f->resolver, err);
    return b->type;
}

/* `Pair = Tuple[int, int]` names a type. */
static const struct type *alias_type(struct python_file *f, struct python_binding *b, lb_error *err) {
    const struct tree *value = b->tree->items[1];
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
    struct python_binding *b = binding_of(f, name);
    if (!b || !b->tree || b->tree->kind == TREE_DEF) return NULL;
    return b->tree->kind == TREE_CLASS ? class_type(f, b, err) : alias_type(f, b, err);
}

/* ---- values ---- */

static struct sugared *module_value(struct emitter *e, const char *path, struct source_range at);

static struct sugared *imported_attribute(struct emitter *e, struct sugared *s, struct source_range at,
                                          const struct name *name) {
    char *path = arena_printf(&e->memory, "%s.%s", s->name->text, name->text);
    struct sugared *found = path ? module_value(e, path, at) : emit_out_of_memory(e);
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
static struct sugared *module_value(struct emitter *e, const char *path, struct source_range at) {
    const struct python_name *n = python_name_find(path);
    if (n && n->form) return sugared_form(e, (enum special_form)n->form);
    if (n && n->op) return sugared_builtin(e, n->op);
    if (n) return number_value(e, n, at);
    const char *op = python_operator(&e->memory, path);
    if (op) return sugared_builtin(e, op);
    if (!python_is_module(path)) return NULL;
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

static struct sugared *exception_value(struct emitter *e, const char *name) {
    struct sugared *s = sugared_new(e, &sugared_kind_python_exception);
    const char *full = arena_printf(&e->memory, "builtins.%s", name);
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

static struct sugared *find_value(struct resolver *r, struct emitter *e, const struct name *name,
                                  struct source_range at);

/* What `first = second` or `relu = torch.relu` stands for. */
static struct sugared *alias_value(struct python_file *f, struct emitter *e, const struct tree *t,
                                   struct source_range at) {
    if (t->kind == TREE_NAME) return find_value(&f->resolver, e, t->name, at);
    struct sugared *of = t->kind == TREE_ATTRIBUTE ? alias_value(f, e, t->items[0], at) : NULL;
    return of ? sugared_attribute(e, of, at, t->name) : NULL;
}

static struct sugared *assigned_value(struct python_file *f, struct emitter *e, struct python_binding *b,
                                      struct source_range at) {
    struct sugared *s = NULL;
    if (b->tree->items[1] && !b->resolving) {
        b->resolving = true;
        s = alias_value(f, e, b->tree->items[1], at);
        b->resolving = false;
    }
    return s || e->err->code ? s : global_value(e, b->tree, at);
}

static struct sugared *bound_value(struct python_file *f, struct emitter *e, struct python_binding *b,
                                   struct source_range at) {
    if (!b->tree) return module_value(e, b->imported, at);
    if (b->tree->kind == TREE_DEF) return sugared_function(e, declared(f, b, e->err));
    if (b->tree->kind == TREE_ASSIGN) return assigned_value(f, e, b, at);
    const struct type *type = class_type(f, b, e->err);
    return type ? sugared_of_type(e, type) : NULL;
}

static struct sugared *find_value(struct resolver *r, struct emitter *e, const struct name *name,
                                  struct source_range at) {
    struct python_file *f = (struct python_file *)r;
    struct python_binding *b = binding_of(f, name);
    if (b) return bound_value(f, e, b, at);
    return python_is_exception(name->text) ? exception_value(e, name->text) : NULL;
}

/* ---- the file ---- */

bool python_file_open(struct python_file *f, const struct source *source, lb_error *err) {
    f->resolver.find_value = find_value;
    f->resolver.find_type = find_type;
    f->resolver.python = true;
    f->resolver.operator_version = -1;
    f->bindings = (struct table){0};
    struct tree *t = lang_parse(&f->unit->memory, &f->unit->names, source, PARSE_PYTHON, err);
    for (int i = 0; t && i < t->count; i++) {
        const struct tree *statement = t->items[i];
        int32_t stop = i + 1 < t->count ? line_of_statement(t->items[i + 1]) : source->line_count;
        bool definition = statement->kind == TREE_DEF || statement->kind == TREE_CLASS;
        if (definition && !(statement = alone(f, statement, stop, err))) return false;
        if (!read_statement(f, statement, err)) return false;
    }
    return t != NULL;
}

void python_file_close(struct python_file *f) {
    table_free(&f->bindings);
}

struct function *python_file_function(struct python_file *f, const char *name, lb_error *err) {
    const struct name *key = name_of(&f->unit->names, name);
    struct python_binding *b = key ? binding_of(f, key) : NULL;
    if (!b || !b->tree || b->tree->kind != TREE_DEF) return NULL;
    struct function *function = declared(f, b, err);
    return function && lang_ensure(function, err) ? function : NULL;
}
