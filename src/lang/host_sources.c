/* Functions and methods from the sources that a host gives: the definition is cut out of its file, parsed,
 * its name and defaults are the host's, and an overload takes its parameters from another declaration. */
#include "lang/block.h"
#include "lang/emitter.h"
#include "lang/host.h"
#include "lang/python_file.h"
#include "types/adapt.h"
#include <string.h>

/* A function's resolver: its scope, and what becomes of it after it is emitted. */
struct source_resolver {
    struct resolver resolver;
    struct host *host;
    void *scope;
    const struct name *own; /* a free function's own name means itself */
    struct function *function;
    const struct name **default_names;
    lb_value *defaults; /* held by the host's unit */
    int default_count;
    bool overload;
};

/* ---- the text ---- */

/* Where the wanted line begins. */
static const char *find_line(const lb_source *s) {
    const char *at = s->text, *end = s->text + s->length;
    int first = s->first_line ? s->first_line : 1, line = s->line ? s->line : first;
    for (; line > first && at < end; line--) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        at = newline ? newline + 1 : end;
    }
    return at;
}

/* The definition's tree; NULL with err. */
static const struct tree *parse_definition(struct host *host, const lb_source *s, lb_error *err) {
    struct unit *u = host->unit;
    const char *start = find_line(s);
    size_t length = block_length(start, (size_t)(s->text + s->length - start));
    int line = s->line ? s->line : s->first_line ? s->first_line : 1;
    struct source *source = source_new(&u->memory, start, length, s->file, line);
    if (!source) return error_memory(err), NULL;
    struct tree *list = lang_parse(&u->memory, &u->names, source, PARSE_PYTHON, err);
    if (!list) return NULL;
    if (list->count && list->items[0]->kind == TREE_DEF) return list->items[0];
    struct source_range at = {source, 0,
                              source->line_count > 1 ? source->line_starts[1] - 1 : source->length};
    lang_report(err, at, "expected the definition of a function");
    return NULL;
}

/* ---- declarations ---- */

static const struct tree *changed(struct host *host, const struct tree *t, lb_error *err) {
    struct tree *copy = arena_copy(&host->unit->memory, t, sizeof *t);
    if (copy) copy->items = arena_copy(&host->unit->memory, t->items, sizeof *t->items * (size_t)t->count);
    if (!copy || !copy->items) return error_memory(err), NULL;
    return copy;
}

/* Defaults are values of the host's: those in the text go. */
static const struct tree *without_defaults(struct host *host, const struct tree *parameters, lb_error *err) {
    struct tree *list = (struct tree *)(uintptr_t)changed(host, parameters, err);
    for (int i = 0; list && i < list->count; i++) {
        struct tree *p = (struct tree *)(uintptr_t)changed(host, list->items[i], err);
        if (!p) return NULL;
        p->items[1] = NULL;
        list->items[i] = p;
    }
    return list;
}

/* An overload's parameters, then those of the implementation that it does not mention. */
static const struct tree *merged(struct host *host, const struct tree *declared, const struct tree *own,
                                 lb_error *err) {
    int count = own->count > declared->count ? own->count : declared->count;
    struct tree **items = arena_array(&host->unit->memory, struct tree *, count + 1);
    if (!items) return error_memory(err), NULL;
    if (declared->count > own->count) {
        lang_report(err, declared->range,
                    "Overload should not have more parameters than implementation function");
        return NULL;
    }
    for (int i = 0; i < count; i++) {
        items[i] = i < declared->count ? declared->items[i] : own->items[i];
        if (items[i]->name == own->items[i]->name) continue;
        lang_report(err, declared->range,
                    "Overload parameters must have the same names. Found %s and %s on argument %d",
                    items[i]->name->text, own->items[i]->name->text, i);
        return NULL;
    }
    struct tree *list = tree_new(&host->unit->memory, TREE_LIST, declared->range, count, items);
    if (!list) error_memory(err);
    return list;
}

/* The definition as it is to be compiled. */
static const struct tree *definition(struct host *host, const lb_source *s, lb_error *err) {
    const struct tree *own = parse_definition(host, s, err), *declared = NULL;
    if (!own) return NULL;
    if (s->declaration && !(declared = parse_definition(host, s->declaration, err))) return NULL;
    const struct tree *parameters =
        declared ? merged(host, declared->items[0], own->items[0], err) : own->items[0];
    if (parameters) parameters = without_defaults(host, parameters, err);
    struct tree *def = parameters ? (struct tree *)(uintptr_t)changed(host, own, err) : NULL;
    if (!def) return NULL;
    def->items[0] = (struct tree *)(uintptr_t)parameters;
    if (declared) def->items[1] = declared->items[1];
    if (s->name && !(def->name = name_of(&host->unit->names, s->name))) return error_memory(err), NULL;
    return def;
}

/* ---- defaults ---- */

static bool is_mutable(lb_value v) {
    if (v.tag == VALUE_LIST || v.tag == VALUE_DICT) return true;
    for (int i = 0; v.tag == VALUE_TUPLE && i < v.tuple->count; i++)
        if (is_mutable(v.tuple->items[i])) return true;
    return false;
}

static bool refuse_default(struct unit *u, const struct argument *a, lb_value v, struct source_range at,
                           lb_error *err) {
    struct text want = {0};
    type_put_annotation(&want, a->type);
    lang_report(err, at, "Expected a default value of type %s%s on parameter \"%s\".%s%s%s", text_get(&want),
                a->inferred_type ? " (inferred)" : "", a->name->text, a->inferred_type ? "Because \"" : "",
                a->inferred_type ? a->name->text : "",
                a->inferred_type
                    ? "\" was not annotated with an explicit type it is assumed to be type 'Tensor'."
                    : "");
    const struct type *type = type_infer(&u->types, v);
    struct text found = {0};
    if (type) type_put_annotation(&found, type);
    struct explanation x = {.code = ERROR_DEFAULT_VALUE, .at = at};
    x.what = arena_printf(&u->memory, "the default of `%s` is of type %s, but the parameter is %s%s",
                          a->name->text, type ? text_get(&found) : value_tag_name((enum value_tag)v.tag),
                          text_get(&want), a->inferred_type ? ", as without annotation" : "");
    bool none = v.tag == VALUE_NONE;
    x.help = arena_printf(&u->memory,
                          none ? "Annotate it: `%s: Optional[%s] = None`." : "Annotate it: `%s: %s = ...`.",
                          a->name->text,
                          none   ? text_get(&want)
                          : type ? text_get(&found)
                                 : "T");
    lang_explain(err, &x);
    text_free(&found);
    text_free(&want);
    return false;
}

/* One number stands for a list of a fixed length: that many of it (toIValue in pybind_utils.cpp). */
static bool repeated(struct type_store *types, const struct argument *a, lb_value v, lb_value *out) {
    if (!value_new_list(out, a->type->items[0], a->fixed_length, NULL)) return false;
    for (int i = 0; i < a->fixed_length; i++) {
        lb_value item;
        if (!type_convert_argument(types, a->type->items[0], v, &item, NULL)) return false;
        if (!list_append(out->list, item, NULL)) return false;
    }
    return true;
}

static bool convert_default(struct type_store *types, struct argument *a, lb_value v, lb_value *out) {
    a->repeats_default =
        a->fixed_length && a->type->kind == TYPE_LIST && (v.tag == VALUE_INT || v.tag == VALUE_FLOAT);
    if (a->repeats_default) return repeated(types, a, v, out);
    return type_convert_argument(types, a->type, v, out, NULL);
}

static bool set_default(struct source_resolver *r, struct function *f, int index, lb_error *err) {
    int at = schema_find_argument(f->schema, r->default_names[index]);
    if (at < 0) return true;
    struct argument *a = &f->schema->arguments[at];
    struct source_range range = ((const struct tree *)f->definition)->range;
    lb_value v = r->defaults[index], converted = value_none();
    if (is_mutable(v) || a->type->kind == TYPE_CLASS)
        return lang_report(
            err, range,
            "Mutable default parameters are not supported because Python binds them to the function and they "
            "persist across function calls.\n As a workaround, make the default None and instantiate the "
            "default parameter within the body of the function. Found %s on parameter %s",
            value_tag_name((enum value_tag)v.tag), a->name->text);
    if (!convert_default(&r->host->unit->types, a, v, &converted)) {
        value_release(converted);
        return r->overload || refuse_default(r->host->unit, a, v, range, err);
    }
    if (a->has_default) value_release(a->default_value);
    a->has_default = true;
    a->default_value = converted;
    return true;
}

static bool set_defaults(struct resolver *resolver, struct function *f, lb_error *err) {
    struct source_resolver *r = (struct source_resolver *)resolver;
    for (int i = 0; i < r->default_count; i++)
        if (!set_default(r, f, i, err)) return false;
    return true;
}

static const lb_value *find_default(struct resolver *resolver, const struct name *parameter) {
    const struct source_resolver *r = (const struct source_resolver *)resolver;
    for (int i = 0; i < r->default_count; i++)
        if (r->default_names[i] == parameter) return &r->defaults[i];
    return NULL;
}

/* ---- resolvers ---- */

static struct sugared *find_value(struct resolver *resolver, struct emitter *e, const struct name *name,
                                  struct source_range at) {
    struct source_resolver *r = (struct source_resolver *)resolver;
    if (name == r->own) return sugared_function(e, r->function);
    struct lb_answer answer = {.memory = &e->memory};
    bool good = host_ask(r->host, r->scope, name->text, &answer, e->err);
    struct sugared *s = good ? host_sugared(e, &answer, at) : NULL;
    lang_place(e->err, at);
    answer_release(&answer);
    if (!good) emit_note_name(e, name, at);
    return s || e->err->code ? s : python_exception_value(e, name);
}

static void release_defaults(void *thing) {
    struct source_resolver *r = thing;
    for (int i = 0; i < r->default_count; i++) value_release(r->defaults[i]);
}

static bool copy_defaults(struct source_resolver *r, const lb_source *s, lb_error *err) {
    struct unit *u = r->host->unit;
    r->default_names = arena_array(&u->memory, const struct name *, s->default_count + 1);
    r->defaults = arena_array(&u->memory, lb_value, s->default_count + 1);
    if (!r->default_names || !r->defaults) return error_memory(err);
    if (s->default_count && !unit_keep(u, r, release_defaults)) return error_memory(err);
    for (int i = 0; i < s->default_count; i++) {
        if (!(r->default_names[i] = name_of(&u->names, s->default_names[i]))) return error_memory(err);
        r->defaults[r->default_count++] = value_copy(*s->defaults[i]);
    }
    return true;
}

static struct source_resolver *resolver_new(struct host *host, const struct type *class, const lb_source *s,
                                            lb_error *err) {
    struct source_resolver *r = arena_new(&host->unit->memory, struct source_resolver);
    if (!r) return error_memory(err), NULL;
    r->resolver = (struct resolver){.find_value = find_value,
                                    .find_type = host_find_type,
                                    .library_name = host_library_name,
                                    .emitted = set_defaults,
                                    .find_default = find_default,
                                    .finish = host->finish,
                                    .find_member = host_find_member,
                                    .advise = host_advise,
                                    .class_around = host_class_around,
                                    .python = true,
                                    .operator_version = -1};
    if (class && class->definition->is_module) r->resolver.make_self = host_make_self;
    r->host = host;
    r->scope = s->scope;
    r->overload = s->declaration != NULL;
    return copy_defaults(r, s, err) ? r : NULL;
}

struct resolver *host_scope_resolver(struct host *host, void *scope, lb_error *err) {
    const lb_source nothing = {.scope = scope};
    struct source_resolver *r = resolver_new(host, NULL, &nothing, err);
    return r ? &r->resolver : NULL;
}

struct host *host_of(const struct resolver *r) {
    return ((const struct source_resolver *)r)->host;
}
void *host_scope_of(const struct resolver *r) {
    return ((const struct source_resolver *)r)->scope;
}

static const struct name *free_name(struct unit *u, const struct name *qualified) {
    bool taken = table_has(&u->functions, qualified);
    return taken ? unit_mangle(u, qualified) : qualified;
}

/* "__torch__.M" and "f" */
static const struct name *method_name(struct unit *u, const struct type *class, const struct name *name) {
    char *text = arena_printf(&u->memory, "%s.%s", class->name->text, name->text);
    return text ? name_of(&u->names, text) : NULL;
}

struct function *host_declare(struct host *host, const char *qualified, const struct type *class,
                              const lb_source *source, lb_error *err) {
    struct unit *u = host->unit;
    struct source_resolver *r = resolver_new(host, class, source, err);
    const struct tree *def = r ? definition(host, source, err) : NULL;
    if (!def) return NULL;
    const struct name *name = class ? method_name(u, class, def->name) : def->name;
    if (qualified && !class && (name = name_of(&u->names, qualified))) name = free_name(u, name);
    struct function *f = name ? lang_declare(u, def, name, class, &r->resolver, err) : NULL;
    bool entered = f && (!qualified || class || table_set(&u->functions, name, f));
    if (!entered) return error_memory(err), NULL;
    r->function = f;
    if (!class) r->own = def->name;
    return f;
}

/* ---- functions that stay outside ---- */

/* Annotated nowhere: tensors go in, as many as wanted come out. */
static const struct type *undeclared_result(struct emitter *e, int results) {
    if (results == 1) return e->types->tensor;
    if (results < 1) return simple_type(e, TYPE_NONE);
    const struct type **items = arena_array(&e->memory, const struct type *, results);
    for (int i = 0; items && i < results; i++) items[i] = e->types->tensor;
    return items ? type_tuple(e->types, results, items) : NULL;
}

static bool is_annotated(const struct tree *def, int from) {
    for (int i = from; i < def->items[0]->count; i++)
        if (def->items[0]->items[i]->items[0]) return true;
    return def->items[1] != NULL;
}

struct schema *host_outside_schema(struct emitter *e, const struct function *f, const struct type *self,
                                   int results) {
    const struct tree *def = f->definition;
    struct schema *s = schema_from_def(e->unit, lang_resolver_of(f), def, self, e->err);
    if (!s || s->return_count) return s;
    const struct type *result =
        is_annotated(def, self != NULL) ? e->types->tensor : undeclared_result(e, results);
    if (!result) return emit_out_of_memory(e);
    s->returns[0] = (struct argument){.type = result, .declared = result};
    s->return_count = 1;
    return s;
}
