/* Schema matching: which overload a call takes, and the values it gets. Two rounds over all candidates, the
 * first without conversions; the first that fits is taken. What a failed candidate has put into the graph
 * stays there (it dies later, but its values have taken numbers)
 * (torch/csrc/jit/frontend/schema_matching.cpp). */
#include "base/mem.h"
#include "lang/explain.h"
#include "lang/lower.h"
#include "lang/match_types.h"
#include "ops/schemas.h"
#include <string.h>

static const struct type *unwrap_optional(const struct type *t) {
    return t->kind == TYPE_OPTIONAL ? t->items[0] : t;
}

bool match_tuple_to_list(struct emitter *e, const struct type *tuple, const struct type *list) {
    if (list->kind != TYPE_LIST) return false;
    if (is_subtype(e, tuple, list)) return true;
    if (tuple->kind != TYPE_TUPLE) return false;
    for (int i = 0; i < tuple->count; i++)
        if (!is_subtype(e, tuple->items[i], list->items[0])) return false;
    return true;
}

/* ---- conversions (tryConvertToType) ---- */

static struct ir_value *convert_tuple(struct emitter *e, struct source_range at, const struct type *want,
                                      struct ir_value *v, bool allow) {
    struct ir_value *const *items = emit_unpack(e, v);
    struct ir_value **converted = arena_array(&e->memory, struct ir_value *, want->count + 1);
    if (!items || !converted) return emit_out_of_memory(e);
    for (int i = 0; i < want->count; i++)
        if (!(converted[i] = match_convert(e, at, want->items[i], items[i], allow))) return NULL;
    return emit_tuple(e, converted, want->count, NULL);
}

/* Tuples of one type become lists; tuples become tuples item by item. */
static struct ir_value *convert_from_tuple(struct emitter *e, struct source_range at, const struct type *want,
                                           struct ir_value *v, bool allow) {
    const struct type *tuple = v->type, *list = unwrap_optional(want);
    if (match_tuple_to_list(e, tuple, list)) {
        struct ir_value *const *items = emit_unpack(e, v);
        return items ? emit_list(e, list->items[0], items, tuple->count) : NULL;
    }
    if (want->kind == TYPE_TUPLE && !is_subtype(e, tuple, want) && want->count == tuple->count)
        return convert_tuple(e, at, want, v, allow);
    return v;
}

/* Which operator turns a value of this type into the wanted scalar; NULL: none. */
static const char *scalar_conversion(struct emitter *e, const struct type *from, const struct type *want) {
    bool tensor = is_tensor(e, from), number = from->kind == TYPE_NUMBER, boolean = from->kind == TYPE_BOOL;
    if (!tensor && !number && !boolean) return NULL;
    switch (want->kind) {
    case TYPE_FLOAT: return tensor ? "aten::FloatImplicit" : "aten::Float";
    case TYPE_COMPLEX: return tensor ? "aten::ComplexImplicit" : number ? "aten::Complex" : NULL;
    case TYPE_INT: return tensor ? "aten::IntImplicit" : "aten::Int";
    case TYPE_NUMBER: return tensor ? "aten::ScalarImplicit" : boolean ? "aten::Int" : NULL;
    default: return NULL;
    }
}

static struct ir_value *convert_scalar(struct emitter *e, struct source_range at, const struct type *want,
                                       struct ir_value *v) {
    if (e->wide && v->type->kind == TYPE_INT && want->kind == TYPE_FLOAT) /* as everywhere in Python */
        return emit_operator(e, "aten::Float", at, &v, 1);
    const char *op = scalar_conversion(e, v->type, want);
    if (op && !(v = emit_operator(e, op, at, &v, 1))) return NULL;
    if (v->type->kind == TYPE_STRING && want->kind == TYPE_DEVICE)
        return emit_operator(e, "aten::device", at, &v, 1);
    return v;
}

struct ir_value *match_convert(struct emitter *e, struct source_range at, const struct type *want,
                               struct ir_value *v, bool allow) {
    bool optional =
        want->kind == TYPE_OPTIONAL && v->type->kind != TYPE_OPTIONAL && v->type->kind != TYPE_NONE;
    if (optional) return match_convert(e, at, want->items[0], v, allow);
    if (node_is(v->node, KIND_EMPTY_LIST_LITERAL) && want->kind == TYPE_LIST)
        v = emit_list(e, want->items[0], NULL, 0);
    if (v && v->type->kind == TYPE_TUPLE) v = convert_from_tuple(e, at, want, v, allow);
    if (v && allow && e->wide) v = lower_member_as(e, v, want);
    return v && allow ? convert_scalar(e, at, want, v) : v;
}

/* ---- one candidate ---- */

struct attempt {
    struct emitter *e;
    const struct schema *schema;
    struct source_range at;
    struct actuals actuals;
    const struct actual *self;
    struct text *messages; /* NULL: not wanted */
    struct faults *faults; /* with the messages */
    bool allow;            /* conversions */
    struct type_bindings bindings;
    struct ir_value **inputs;
    int input_count;
    int used; /* positional actuals */
    bool *used_keywords;
};

/* Begins a message about this candidate; NULL when messages are not wanted. */
static struct text *message(struct attempt *m) {
    if (!m->messages) return NULL;
    text_put_char(m->messages, '\n');
    schema_put(m->messages, m->schema);
    text_put(m->messages, ":\n");
    return m->messages;
}

static bool fail(struct attempt *m, const char *format, ...) __attribute__((format(printf, 2, 3)));
static bool fail(struct attempt *m, const char *format, ...) {
    struct text *out = message(m);
    if (!out) return false;
    char buffer[1000];
    va_list args;
    va_start(args, format);
    vsnprintf(buffer, sizeof buffer, format, args);
    va_end(args);
    text_put(out, buffer);
    return false;
}

/* An int or float for int[N], float[N]: as often as it says. */
static struct ir_value *repeat_scalar(struct emitter *e, struct ir_value *v, const struct argument *a) {
    const struct type *list = unwrap_optional(a->type);
    bool scalar = v->type->kind == TYPE_INT || v->type->kind == TYPE_FLOAT;
    if (!scalar || list->kind != TYPE_LIST || list->items[0] != v->type || a->fixed_length <= 0) return v;
    struct ir_value **items = arena_array(&e->memory, struct ir_value *, a->fixed_length);
    if (!items) return emit_out_of_memory(e);
    for (int i = 0; i < a->fixed_length; i++) items[i] = v;
    return emit_list(e, v->type, items, a->fixed_length);
}

/* ---- why it does not fit, in our own words ---- */

static int find_keyword(const struct attempt *m, const struct name *name, bool aten) {
    bool self = aten && name && !strcmp(name->text, "self");
    for (int i = 0; i < m->actuals.keyword_count; i++) {
        const struct name *given = m->actuals.keywords[i].name;
        if (given == name || (self && given && !strcmp(given->text, "input"))) return i;
    }
    return -1;
}

/* Variants with `out=` are meant by those alone who write it. */
static bool wants_out(const struct attempt *m) {
    int count = m->schema->argument_count;
    const struct argument *last = count ? &m->schema->arguments[count - 1] : NULL;
    return last && last->keyword_only && !last->has_default && find_keyword(m, last->name, false) < 0;
}

static void note(struct attempt *m, enum error_code code, struct source_range at, const char *help,
                 const char *what) {
    if (!m->faults || !what) return;
    int reached = wants_out(m) ? -1 : m->input_count;
    size_t start = m->messages ? m->messages->length : 0;
    faults_add(m->faults, (struct fault){code, at, m->schema, what, help, reached, start, 0});
}

static void note_type(struct attempt *m, const struct argument *a, const struct actual *actual,
                      const struct type *found) {
    if (!m->faults) return;
    struct emitter *e = m->e;
    const char *name = a->name ? a->name->text : "", *given = explain_type(e, found);
    const struct type *bound = types_substitute(e, a->type, &m->bindings), *want = bound ? bound : a->type;
    bool none = found->kind == TYPE_OPTIONAL && is_subtype(e, found->items[0], want);
    const char *what =
        none ? arena_printf(&e->memory, "this may be None (it is %s), but the argument `%s` of %s is %s",
                            given, name, explain_callee(e, m->schema), explain_type(e, want))
             : arena_printf(&e->memory, "the argument `%s` of %s is %s, but %s is given", name,
                            explain_callee(e, m->schema), explain_type(e, want), given);
    const char *help =
        a->inferred_type
            ? arena_printf(&e->memory, "Annotate the parameter `%s`: without annotation it is a Tensor.",
                           name)
            : explain_cure(e, want, found, actual->range);
    note(m, none ? ERROR_MAY_BE_NONE : ERROR_ARGUMENT_TYPE, actual->range, help, what);
}

static void note_surplus(struct attempt *m) {
    if (!m->faults) return;
    note(m, ERROR_TOO_MANY_ARGUMENTS, m->actuals.items[m->used].range, NULL,
         arena_printf(&m->e->memory, "%s takes at most %d arguments by position, but %d are given",
                      explain_callee(m->e, m->schema), m->used, m->actuals.count));
}

static void note_keyword(struct attempt *m, const struct actual *k, bool known) {
    enum { MOST = 64 };
    if (!m->faults) return;
    struct arena *a = &m->e->memory;
    const char *names[MOST];
    int count = 0;
    for (int i = 0; i < m->schema->argument_count && count < MOST; i++)
        if (m->schema->arguments[i].name) names[count++] = m->schema->arguments[i].name->text;
    const char *near = explain_nearest(k->name->text, names, count);
    note(m, known ? ERROR_ARGUMENT_TWICE : ERROR_UNKNOWN_KEYWORD, k->range,
         near && !known ? arena_printf(a, "Did you mean `%s=`?", near) : NULL,
         arena_printf(a, known ? "the argument `%s` of %s is given twice" : "there is no argument `%s` of %s",
                      k->name->text, explain_callee(m->e, m->schema)));
}

/* A parameter has nothing; perhaps a keyword names none, or one that has a value already. */
static void note_missing(struct attempt *m, const struct argument *a) {
    if (!m->faults) return;
    struct emitter *e = m->e;
    const char *missing = a->name ? a->name->text : "";
    for (int i = 0; i < m->actuals.keyword_count; i++) {
        const struct actual *k = &m->actuals.keywords[i];
        int at = k->name ? schema_find_argument(m->schema, k->name) : -1;
        if (at < 0 && k->name) {
            note_keyword(m, k, false);
            return;
        }
        if (at < 0 || m->used_keywords[i] || &m->schema->arguments[at] >= a) continue;
        note(m, ERROR_ARGUMENT_TWICE, k->range, arena_printf(&e->memory, "Did you mean `%s=...`?", missing),
             arena_printf(&e->memory, "the argument `%s` of %s is given twice, by position and by keyword",
                          k->name->text, explain_callee(e, m->schema)));
        return;
    }
    note(m, ERROR_ARGUMENT_MISSING, m->at, arena_printf(&e->memory, "Give `%s=...`.", missing),
         arena_printf(&e->memory, "the argument `%s` of %s is missing: it has no default", missing,
                      explain_callee(e, m->schema)));
}

static bool fail_type(struct attempt *m, const struct argument *a, const struct actual *actual,
                      const struct type *found) {
    if (!m->messages) return false;
    struct emitter *e = m->e;
    note_type(m, a, actual, found);
    const char *name = a->name ? a->name->text : "";
    fail(m, "Expected a value of type '%s%s' for argument '%s' but instead found type '%s'.\n",
         emit_type_words(e, a->type), a->inferred_type ? " (inferred)" : "", name, emit_type_words(e, found));
    if (a->inferred_type)
        text_printf(m->messages,
                    "Inferred '%s' to be of type 'Tensor' because it was not annotated with an explicit "
                    "type.\n",
                    name);
    if (found->kind == TYPE_LIST && is_tensor(e, found->items[0]))
        text_put(m->messages,
                 "Empty lists default to List[Tensor]. Add a variable annotation to the assignment to create "
                 "an empty list of another type (torch.jit.annotate(List[T, []]) where T is the type of "
                 "elements in the list for Python 2)\n");
    return false;
}

/* The actual as a value for this argument; false when it does not fit. */
static bool match_argument(struct attempt *m, const struct argument *a, const struct actual *actual,
                           struct ir_value **out) {
    struct emitter *e = m->e;
    struct ir_value *v = emit_actual(e, actual);
    if (v) v = repeat_scalar(e, v, a);
    if (!v) return false;
    const char *why = NULL;
    if (!types_bind(e, a->type, v->type, &m->bindings, &why)) {
        note_type(m, a, actual, v->type);
        return fail(m, "Could not match type %s to %s in argument '%s': %s.\n", emit_type_words(e, v->type),
                    emit_type_words(e, a->type), a->name ? a->name->text : "", why ? why : "");
    }
    const struct type *want = types_substitute(e, a->type, &m->bindings);
    if (!want)
        return fail(m, "Type variables in type %s could not be inferred from actual type %s",
                    emit_type_words(e, a->type), emit_type_words(e, v->type));
    v = match_convert(e, m->at, want, v, m->allow);
    if (!v) return false;
    *out = v;
    return is_subtype(e, v->type, want) || fail_type(m, a, actual, v->type);
}

static bool add_input(struct attempt *m, struct ir_value *v) {
    m->inputs[m->input_count++] = v;
    return true;
}

/* Whether all positional actuals that are left may become this list: zeros(1, 2) for zeros(int[]). */
static bool takes_rest_as_list(const struct attempt *m, int index) {
    const struct argument *a = &m->schema->arguments[index];
    bool last = index + 1 == m->schema->argument_count || m->schema->arguments[index + 1].keyword_only;
    return last && a->type->kind == TYPE_LIST && a->fixed_length <= 0 && a->type->items[0]->kind != TYPE_VAR;
}

static bool match_rest_as_list(struct attempt *m, const struct argument *a) {
    struct emitter *e = m->e;
    struct argument element = {.name = emit_name(e, "<varargs>"), .type = a->type->items[0]};
    int count = m->actuals.count - m->used;
    struct ir_value **items = arena_array(&e->memory, struct ir_value *, count + 1);
    if (!items) return error_memory(e->err);
    for (int i = 0; i < count; i++)
        if (!match_argument(m, &element, &m->actuals.items[m->used + i], &items[i])) return false;
    m->used = m->actuals.count;
    struct ir_value *list = emit_list(e, element.type, items, count);
    return list && add_input(m, list);
}

/* What a call is given that leaves it out; of a default that is repeated the number, as Python has it. */
static const lb_value *default_of(const struct argument *a) {
    return a->repeats_default ? &a->default_value.list->items[0] : &a->default_value;
}

/* What is given for the argument: self, the next positional, a keyword, the default. NULL: nothing. */
static const struct actual *actual_for(struct attempt *m, const struct argument *a, bool aten,
                                       struct actual *standing) {
    if (m->self && a->name && !strcmp(a->name->text, "self")) {
        const struct actual *self = m->self;
        m->self = NULL;
        return self;
    }
    if (!a->keyword_only && m->used < m->actuals.count) return &m->actuals.items[m->used++];
    int keyword = find_keyword(m, a->name, aten);
    if (keyword >= 0) {
        bool twice = m->used_keywords[keyword];
        m->used_keywords[keyword] = true;
        if (twice) fail(m, "Argument %s specified twice in schema, submit a bug report!\n", a->name->text);
        return twice ? NULL : &m->actuals.keywords[keyword];
    }
    if (!a->has_default) {
        note_missing(m, a);
        fail(m, "Argument %s not provided.\n", a->name ? a->name->text : "");
        return NULL;
    }
    *standing = (struct actual){.constant = default_of(a)};
    return standing;
}

static bool match_one(struct attempt *m, int index, bool aten) {
    const struct argument *a = &m->schema->arguments[index];
    bool is_self = m->self && a->name && !strcmp(a->name->text, "self");
    if (!is_self && !a->keyword_only && m->used < m->actuals.count && m->allow &&
        takes_rest_as_list(m, index)) {
        struct ir_value *first = emit_actual(m->e, &m->actuals.items[m->used]);
        if (!first) return false;
        if (first->type->kind != TYPE_LIST && !match_tuple_to_list(m->e, first->type, a->type))
            return match_rest_as_list(m, a);
    }
    struct actual standing;
    const struct actual *actual = actual_for(m, a, aten, &standing);
    struct ir_value *v;
    return actual && match_argument(m, a, actual, &v) && add_input(m, v);
}

/* Nothing may be left over. */
static bool check_all_used(struct attempt *m) {
    if (m->self) return fail(m, "Provided self argument not used in schema.\n");
    for (; m->schema->is_vararg && m->used < m->actuals.count; m->used++) {
        struct ir_value *v = emit_actual(m->e, &m->actuals.items[m->used]);
        if (!v || !add_input(m, v)) return false;
    }
    if (m->used < m->actuals.count) note_surplus(m);
    if (m->used < m->actuals.count)
        return fail(m, "Expected at most %d arguments but found %d positional arguments.\n", m->used,
                    m->actuals.count);
    for (int i = 0; i < m->actuals.keyword_count; i++) {
        const struct name *name = m->actuals.keywords[i].name;
        if (m->used_keywords[i]) continue;
        bool known = schema_find_argument(m->schema, name) >= 0;
        note_keyword(m, &m->actuals.keywords[i], known);
        return fail(m, "Keyword argument %s %s.\n", name->text, known ? "specified twice" : "unknown");
    }
    return true;
}

static bool result_types(struct attempt *m, struct match *out) {
    const struct schema *s = m->schema;
    out->returns = arena_array(&m->e->memory, const struct type *, s->return_count + 1);
    if (!out->returns) return error_memory(m->e->err);
    for (int i = 0; i < s->return_count; i++)
        if (!(out->returns[i] = types_substitute(m->e, s->returns[i].type, &m->bindings)))
            return emit_error(m->e, m->at, "the type of a result cannot be inferred") != NULL;
    return true;
}

/* Overloads that TorchScript never takes (isBlockListedSchema). */
static bool is_blocked(const struct schema *s) {
    static const char *const blocked[][2] = {
        {"aten::view", "dtype"}, {"aten::max", "unary_out"}, {"aten::min", "unary_out"}};
    for (size_t i = 0; i < sizeof blocked / sizeof *blocked; i++)
        if (!strcmp(s->name->text, blocked[i][0]) && !strcmp(s->overload, blocked[i][1])) return true;
    return false;
}

static bool try_schema(struct emitter *e, const struct schema *schema, struct source_range at,
                       struct actuals actuals, const struct actual *self, struct text *messages,
                       struct faults *faults, bool allow, struct match *out) {
    if (is_blocked(schema)) return false;
    struct attempt m = {.e = e,
                        .schema = schema,
                        .at = at,
                        .actuals = actuals,
                        .self = self,
                        .messages = messages,
                        .faults = faults,
                        .allow = allow};
    m.inputs = arena_array(&e->memory, struct ir_value *, schema->argument_count + actuals.count + 1);
    m.used_keywords = arena_array(&e->memory, bool, actuals.keyword_count + 1);
    if (!m.inputs || !m.used_keywords) return error_memory(e->err);
    bool aten = !strncmp(schema->name->text, "aten::", 6);
    for (int i = 0; i < schema->argument_count; i++)
        if (!match_one(&m, i, aten)) return false;
    if (!check_all_used(&m)) return false;
    out->inputs = m.inputs;
    out->input_count = m.input_count;
    out->schema = schema;
    return result_types(&m, out);
}

/* ---- all candidates ---- */

static bool try_schemas(struct emitter *e, const struct schema *const *schemas, int count,
                        struct source_range at, struct actuals actuals, const struct actual *self,
                        struct text *messages, struct faults *faults, struct match *out) {
    for (int allow = count == 1; allow < 2; allow++) {
        if (messages) text_cut(messages, 0);
        if (faults) faults->count = 0;
        for (int i = 0; i < count; i++) {
            out->which = i;
            if (try_schema(e, schemas[i], at, actuals, self, messages, faults, allow, out)) return true;
            if (e->err->code) return false;
            if (messages && faults) faults_end(faults, schemas[i], messages->length);
        }
    }
    return false;
}

static void put_indented(struct text *out, const char *text) {
    for (bool begin = true; *text; text++) {
        if (begin) text_put(out, "  ");
        text_put_char(out, *text);
        begin = *text == '\n';
    }
}

/* PyTorch's words about all candidates; in what people write, of the nearest alone. */
static void put_variants(struct text *out, const struct text *all, const struct faults *f, int count,
                         bool written) {
    if (!written || count <= FAULTS_KEPT || !f->count) {
        put_indented(out, text_get(all));
        return;
    }
    for (int i = 0; i < f->count; i++) {
        struct text one = {0};
        text_put_bytes(&one, text_get(all) + f->items[i].start, f->items[i].length);
        put_indented(out, text_get(&one));
        text_free(&one);
    }
    text_printf(out, "  \n  (%d further variants are not shown)\n", count - f->count);
}

bool match_schemas(struct emitter *e, const struct schema *const *schemas, int count, struct source_range at,
                   struct actuals actuals, const struct actual *self, struct match *out) {
    if (try_schemas(e, schemas, count, at, actuals, self, NULL, NULL, out)) return true;
    if (e->err->code) return false;
    struct text messages = {0}, whole = {0}; /* once more, for what to say */
    struct faults faults = {.count = 0};
    try_schemas(e, schemas, count, at, actuals, self, &messages, &faults, out);
    if (count == 1) {
        emit_error(e, at, "%s", text_get(&messages));
    } else {
        put_variants(&whole, &messages, &faults, count, e->resolver->python);
        emit_error(
            e, at,
            "Arguments for call are not valid.\nThe following variants are available:\n%s\nThe original call "
            "is",
            text_get(&whole));
    }
    explain_call(e, &faults, at, actuals, self, count);
    text_free(&messages);
    text_free(&whole);
    return false;
}

bool match_has_method(struct emitter *e, const struct name *op, const struct type *self) {
    int count;
    const struct op_row *rows = ops_find(op->text, op->length, &count);
    for (int i = 0; i < count; i++) {
        const struct schema *s = ops_schema(e->unit, &rows[i]);
        int at = s ? schema_find_argument(s, emit_name(e, "self")) : -1;
        if (at < 0) continue;
        struct type_bindings bindings = {0};
        const char *why;
        if (!types_bind(e, s->arguments[at].type, self, &bindings, &why)) continue;
        const struct type *want = types_substitute(e, s->arguments[at].type, &bindings);
        if (want && is_subtype(e, self, want)) return true;
    }
    return false;
}
