/* The importer; see import.h. Names that it resolves: `torch`, `ops.ns`, CONSTANTS.cN, the special forms of
 * printed code, inf and nan, and the tree of `__torch__`, whose leaves are classes, NamedTuples, enums and
 * functions. */
#include "lang/import.h"
#include "lang/emitter.h"
#include "lang/native_classes.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- files ---- */

static bool add_definition(struct importer *im, const char *qualifier, struct tree *t, lb_error *err) {
    if (t->kind == TREE_IMPORT) return true;
    bool version = t->kind == TREE_ASSIGN && t->items[0]->items[0]->kind == TREE_NAME &&
                   !strcmp(t->items[0]->items[0]->name->text, "op_version_set");
    if (version) return true;
    if (t->kind != TREE_CLASS && t->kind != TREE_DEF)
        return lang_report(err, t->range, "Unexpected token in code import: %s", tree_kind_words[t->kind]);
    char *text = arena_printf(&im->unit->memory, "%s.%s", qualifier, t->name->text);
    const struct name *name = text ? name_of(&im->unit->names, text) : NULL;
    return (name && table_set(&im->pending, name, t)) || error_memory(err);
}

/* Parses the file of "__torch__.a.b" when it is asked for the first time. */
static bool load_source(struct importer *im, const char *qualifier, size_t length, lb_error *err) {
    const struct name *name = name_intern(&im->unit->names, qualifier, length);
    if (!name) return error_memory(err);
    if (!length || table_has(&im->loaded, name)) return true;
    if (!table_set(&im->loaded, name, im)) return error_memory(err);
    lb_error own = {0};
    const struct source *source = im->load(im->load_context, name->text, &own);
    struct tree *file =
        source ? lang_parse(&im->unit->memory, &im->unit->names, source, PARSE_PRINTED, &own) : NULL;
    for (int i = 0; file && !own.code && i < file->count; i++)
        add_definition(im, name->text, file->items[i], &own);
    bool good = !own.code;
    error_move(err, &own);
    return good;
}

/* The tree of a name that is still to be defined, which it then no longer is. */
static struct tree *take_pending(struct importer *im, const struct name *qualified, enum tree_kind kind,
                                 lb_error *err) {
    const char *dot = strrchr(qualified->text, '.');
    if (!load_source(im, qualified->text, dot ? (size_t)(dot - qualified->text) : 0, err)) return NULL;
    struct tree *t = table_get(&im->pending, qualified);
    if (!t || t->kind != kind) return NULL;
    table_remove(&im->pending, qualified);
    return t;
}

/* The unit's name of what the archive calls so; NULL: it is not defined yet. */
static const struct name *own_name(const struct importer *im, const struct name *qualified) {
    return im->shared ? table_get(&im->renamed, qualified) : qualified;
}

/* Chooses it for what is to be defined; NULL: memory. */
static const struct name *new_name(struct importer *im, const struct name *qualified) {
    if (!im->shared) return qualified;
    bool taken = type_find_named(&im->unit->types, qualified) || table_has(&im->unit->functions, qualified);
    const struct name *name = taken ? unit_mangle(im->unit, qualified) : qualified;
    return name && table_set(&im->renamed, qualified, (void *)(uintptr_t)name) ? name : NULL;
}

const struct type *importer_find_type(struct importer *im, const struct name *qualified, lb_error *err) {
    const struct name *own_type = own_name(im, qualified);
    const struct type *known = own_type ? type_find_named(&im->unit->types, own_type) : NULL;
    if (known || strncmp(qualified->text, "__torch__", 9)) return known;
    if (native_class_name(qualified)) return native_class_find(im->unit, qualified, err);
    lb_error own = {0};
    struct tree *t = take_pending(im, qualified, TREE_CLASS, &own);
    if (t && !(own_type = new_name(im, qualified))) error_memory(&own);
    if (t && own_type) known = lang_define_class(im->unit, t, own_type, &im->resolver, &own);
    error_move(err, &own);
    return known;
}

struct function *importer_find_function(struct importer *im, const struct name *qualified, lb_error *err) {
    const struct name *own_function = own_name(im, qualified);
    struct function *known = own_function ? table_get(&im->unit->functions, own_function) : NULL;
    if (known) return known;
    lb_error own = {0};
    struct tree *t = take_pending(im, qualified, TREE_DEF, &own);
    if (t && !(own_function = new_name(im, qualified))) error_memory(&own);
    if (t && own_function) known = lang_define_function(im->unit, t, own_function, &im->resolver, &own);
    error_move(err, &own);
    return known;
}

const struct type *importer_parse_type(struct importer *im, const char *text, size_t length, lb_error *err) {
    struct source *source = source_new(&im->unit->memory, text, length, NULL, 1);
    if (!source) {
        error_memory(err);
        return NULL;
    }
    struct tree *t = lang_parse_expression(&im->unit->memory, &im->unit->names, source, PARSE_PRINTED, err);
    return t ? annotation_type(im->unit, &im->resolver, t, err) : NULL;
}

/* ---- names in printed code ---- */

static struct importer *importer_of(const struct sugared *s) {
    return s->context;
}

static struct sugared *with_context(struct sugared *s, struct importer *im, const struct name *name) {
    if (!s) return NULL;
    s->context = im;
    s->name = name;
    return s;
}

static struct sugared *ops_attribute(struct emitter *e, struct sugared *s, struct source_range at,
                                     const struct name *name) {
    (void)s;
    (void)at;
    return sugared_builtin_module(e, name);
}
static const struct sugared_kind kind_ops = {.word = "ops", .attribute = ops_attribute};

/* CONSTANTS.cN: a constant node a use; a tensor's type says nothing of its shape. */
static struct sugared *constant_attribute(struct emitter *e, struct sugared *s, struct source_range at,
                                          const struct name *name) {
    struct importer *im = importer_of(s);
    char *end;
    long long index = strtoll(name->text + 1, &end, 10);
    if (name->length < 2 || *end) return emit_error(e, at, "invalid constant specifier: %s", name->text);
    if (index < 0 || index >= im->constant_count)
        return emit_error(e, at, "constant index %lld is out of bounds (constant table has %d entries)",
                          index, im->constant_count);
    struct ir_value *v = emit_constant(e, im->constants[index], at);
    if (!v) return NULL;
    const struct type *plain = type_unshaped(e->types, v->type);
    if (!plain) {
        error_memory(e->err);
        return NULL;
    }
    v->type = plain;
    return sugared_simple(e, v);
}
static const struct sugared_kind kind_constants = {.word = "CONSTANTS", .attribute = constant_attribute};

static struct sugared *namespace_attribute(struct emitter *e, struct sugared *s, struct source_range at,
                                           const struct name *name);
static const struct sugared_kind kind_namespace = {.word = "Class Namespace",
                                                   .attribute = namespace_attribute};

/* A type, else a function, else a longer namespace. */
static struct sugared *namespace_attribute(struct emitter *e, struct sugared *s, struct source_range at,
                                           const struct name *name) {
    (void)at;
    struct importer *im = importer_of(s);
    char *text = arena_printf(&e->memory, "%s.%s", s->name->text, name->text);
    const struct name *full = text ? emit_name(e, text) : emit_out_of_memory(e);
    const struct type *type = full ? importer_find_type(im, full, e->err) : NULL;
    if (e->err->code) return NULL;
    struct sugared *found = type ? sugared_of_type(e, type) : NULL;
    if (found) return found;
    struct function *f = importer_find_function(im, full, e->err);
    if (e->err->code) return NULL;
    return f ? sugared_function(e, f) : with_context(sugared_new(e, &kind_namespace), im, full);
}

static const struct {
    const char *name;
    uint8_t form;
} forms[] = {
    {"fork", FORM_FORK},
    {"awaitable", FORM_AWAITABLE},
    {"annotate", FORM_ANNOTATE},
    {"unchecked_cast", FORM_UNCHECKED_CAST},
    {"uninitialized", FORM_UNINITIALIZED},
};

static struct sugared *special_number(struct emitter *e, const char *name, struct source_range at) {
    bool infinite = !strncmp(name, "inf", 3), imaginary = name[3] == 'j';
    double d = infinite ? (double)INFINITY : (double)NAN;
    if (!imaginary) return sugared_simple(e, emit_constant(e, value_float(d), at));
    lb_value c;
    if (!value_new_complex(&c, 0, d, e->err)) return NULL;
    struct sugared *s = sugared_simple(e, emit_constant(e, c, at));
    value_release(c);
    return s;
}

static struct sugared *find_value(struct resolver *r, struct emitter *e, const struct name *name,
                                  struct source_range at) {
    struct importer *im = (struct importer *)r;
    const char *text = name->text;
    if (!strcmp(text, "torch")) return sugared_builtin_module(e, emit_name(e, "aten"));
    if (!strcmp(text, "ops")) return sugared_new(e, &kind_ops);
    if (!strcmp(text, "CONSTANTS")) return with_context(sugared_new(e, &kind_constants), im, name);
    if (!strcmp(text, "__torch__")) return with_context(sugared_new(e, &kind_namespace), im, name);
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
        if (!strcmp(text, forms[i].name)) return sugared_form(e, (enum special_form)forms[i].form);
    if (!strcmp(text, "inf") || !strcmp(text, "nan") || !strcmp(text, "infj") || !strcmp(text, "nanj"))
        return special_number(e, text, at);
    return NULL;
}

static const struct type *find_type(struct resolver *r, const struct name *name, lb_error *err) {
    return importer_find_type((struct importer *)r, name, err);
}

/* CONSTANTS.c3 in a default value. */
static const lb_value *find_constant(struct resolver *r, const struct name *table, const struct name *field) {
    const struct importer *im = (const struct importer *)r;
    char *end;
    if (strcmp(table->text, "CONSTANTS") || field->length < 2) return NULL;
    long long index = strtoll(field->text + 1, &end, 10);
    return !*end && index >= 0 && index < im->constant_count ? &im->constants[index] : NULL;
}

void importer_init(struct importer *im, int64_t version) {
    im->resolver.find_value = find_value;
    im->resolver.find_type = find_type;
    im->resolver.find_constant = find_constant;
    im->resolver.operator_version = version;
    im->loaded = (struct table){0};
    im->pending = (struct table){0};
}

void importer_free(struct importer *im) {
    table_free(&im->loaded);
    table_free(&im->pending);
    table_free(&im->renamed);
}
