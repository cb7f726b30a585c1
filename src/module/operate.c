/* See operate.h. Overloads are tried in PyTorch's order: those that speak of tensors first, as they are what
 * the dispatcher knows, then those that only TorchScript has (len of a list, sums of ints); of each the ones
 * that fit as the arguments are, before those for which something is converted. */
#include "module/operate.h"
#include "base/mem.h"
#include "exec/run.h"
#include "lang/decompositions.h"
#include "module/fit.h"
#include "ops/dispatch.h"
#include "ops/schemas.h"
#include "passes/passes.h"
#include <string.h>

/* ---- the overloads of a name ---- */

struct candidates {
    const struct op_row *rows;
    int count;
    const char *name; /* as it was asked for */
};

static bool unknown(const char *name, lb_error *err) {
    return error_set_kind(err, LB_ERROR_ARGUMENT, "AttributeError", "there is no operator '%s'", name);
}

/* "aten::add.Tensor" is one overload, "aten::add.default" the nameless one. */
static bool find_candidates(const char *name, struct candidates *c, lb_error *err) {
    size_t length = strlen(name);
    const char *colons = strstr(name, "::"), *dot = strchr(colons ? colons : name, '.');
    c->name = name;
    c->rows = ops_find(name, dot ? (size_t)(dot - name) : length, &c->count);
    if (!c->rows || !dot) return c->rows || unknown(name, err);
    const char *wanted = strcmp(dot + 1, "default") ? dot + 1 : "";
    for (int i = 0; i < c->count; i++) {
        if (strcmp(op_overload(&c->rows[i]), wanted)) continue;
        c->rows += i;
        c->count = 1;
        return true;
    }
    return unknown(name, err);
}

/* Names for which PyTorch takes a number where a tensor is wanted (should_allow_numbers_as_tensors in
 * torch/csrc/utils/python_arg_parser.cpp), their in-place forms too. */
static bool takes_numbers_as_tensors(const char *name) {
    static const char *const names[] = {"add",      "div",      "divide",   "mul",
                                        "multiply", "sub",      "subtract", "true_divide",
                                        "to",       "_to_copy", "copy",     "floor_divide"};
    const char *own = strstr(name, "::");
    size_t length = own ? strcspn(own + 2, ".") : 0;
    if (length && own[1 + length] == '_') length--;
    for (size_t i = 0; own && i < sizeof names / sizeof *names; i++)
        if (strlen(names[i]) == length && !strncmp(names[i], own + 2, length)) return true;
    return false;
}

static bool speaks_of_tensors(const struct op_row *row) {
    return strstr(op_schema(row), "Tensor") != NULL;
}

/* ---- choosing ---- */

struct choice {
    struct unit *unit;
    const struct candidates *all;
    const struct call_arguments *given;
    struct binding binding; /* of the row that was tried last */
};

/* The best fit of one overload; FIT_NOT too where its schema is not to be had. */
static enum fit try(struct choice *c, const struct op_row *row) {
    const struct schema *s = ops_schema(c->unit, row);
    return s ? binding_fit(&c->binding, s, c->given, takes_numbers_as_tensors(c->all->name)) : FIT_NOT;
}

/* One round: the first of its kind that fits at least so well. */
static const struct op_row *choose_among(struct choice *c, bool tensors, enum fit least) {
    for (int i = 0; i < c->all->count; i++) {
        const struct op_row *row = &c->all->rows[i];
        if (speaks_of_tensors(row) == tensors && try(c, row) >= least) return row;
    }
    return NULL;
}

static const struct op_row *choose(struct choice *c) {
    const struct op_row *row = choose_among(c, true, FIT_EXACT);
    if (!row) row = choose_among(c, true, FIT_CONVERTED);
    if (!row) row = choose_among(c, false, FIT_EXACT);
    return row ? row : choose_among(c, false, FIT_CONVERTED);
}

/* ---- saying why nothing fits ---- */

enum { MOST_SHOWN = 3 };

static void put_type_of(struct text *out, struct unit *unit, lb_value v) {
    const struct type *t = type_of_value(&unit->types, v);
    if (v.tag == VALUE_LIST && !v.list->element)
        text_put(out, "list");
    else if (v.tag == VALUE_TUPLE)
        text_put(out, "tuple");
    else if (v.tag == VALUE_DICT)
        text_put(out, "dict");
    else if (v.tag == VALUE_NONE)
        text_put(out, "None");
    else if (t)
        type_put_annotation(out, t);
    else
        text_put(out, "Enum");
}

static void put_misfit(struct text *out, struct unit *unit, const struct binding *b) {
    const struct argument *a = b->index < b->schema->argument_count ? &b->schema->arguments[b->index] : NULL;
    switch (b->misfit) {
    case MISFIT_TOO_MANY:
        text_printf(out, "takes %d positional arguments, but %d were given", b->index, b->call->count);
        break;
    case MISFIT_MISSING: text_printf(out, "argument '%s' is missing", a->name->text); break;
    case MISFIT_TWICE:
        text_printf(out, "argument '%s' is given by position and by name", a->name->text);
        break;
    case MISFIT_UNKNOWN: text_printf(out, "has no argument '%s'", b->call->names[b->index]); break;
    default:
        text_printf(out, "argument '%s' must be ", a->name->text);
        type_put_schema(out, a->declared);
        text_put(out, ", not ");
        put_type_of(out, unit, *b->given[b->index]);
    }
}

/* Whether a message may speak of a row: out= forms only where `out` was given, what only TorchScript has only
 * where there is nothing else. */
static bool is_worth_naming(const struct choice *c, const struct op_row *row) {
    bool out = false, tensors = false;
    for (int i = 0; i < c->given->named_count; i++) out |= !strcmp(c->given->names[i], "out");
    for (int i = 0; i < c->all->count; i++) tensors |= speaks_of_tensors(&c->all->rows[i]);
    if (c->all->count == 1) return true;
    if (strstr(op_schema(row), "Dimname") || (row->traits & OP_OUT && !out)) return false;
    return speaks_of_tensors(row) || !tensors;
}

/* Rows by nearness: how far each came. */
struct near {
    const struct op_row *row;
    int score;
};

static int nearest(struct choice *c, struct near *best) {
    int count = 0;
    for (int i = 0; i < c->all->count; i++) {
        const struct op_row *row = &c->all->rows[i];
        if (!is_worth_naming(c, row)) continue;
        try(c, row);
        int score = 2 * c->binding.score - (c->binding.misfit != MISFIT_TYPE);
        int at = count < MOST_SHOWN ? count++ : MOST_SHOWN;
        for (; at > 0 && best[at - 1].score < score; at--)
            if (at < MOST_SHOWN) best[at] = best[at - 1];
        if (at < MOST_SHOWN) best[at] = (struct near){row, score};
    }
    return count;
}

static void put_given(struct text *out, struct choice *c) {
    for (int i = 0; i < c->given->count; i++) {
        text_put(out, i ? ", " : "");
        put_type_of(out, c->unit, c->given->positional[i]);
    }
    for (int i = 0; i < c->given->named_count; i++) {
        text_printf(out, "%s%s=", i || c->given->count ? ", " : "", c->given->names[i]);
        put_type_of(out, c->unit, c->given->named[i]);
    }
}

static bool refuse(struct choice *c, lb_error *err) {
    struct near best[MOST_SHOWN];
    struct text out = {0};
    int count = nearest(c, best);
    const char *colons = strstr(c->all->name, "::");
    text_printf(&out, "%s()", colons ? colons + 2 : c->all->name);
    if (count == 1) {
        try(c, best[0].row);
        text_put(&out, ": ");
        put_misfit(&out, c->unit, &c->binding);
    } else {
        text_put(&out, " takes no arguments like (");
        put_given(&out, c);
        text_put(&out, "). The nearest of what it takes:");
    }
    for (int i = 0; i < count; i++) {
        try(c, best[i].row);
        text_printf(&out, "\n  %s", op_schema(best[i].row));
        if (count == 1) continue;
        text_put(&out, "\n    ");
        put_misfit(&out, c->unit, &c->binding);
    }
    error_set(err, LB_ERROR_ARGUMENT, "%s", text_get(&out));
    text_free(&out);
    return false;
}

/* ---- running ---- */

static bool finish(struct function *f, lb_error *err) {
    return passes_after_emit(f->graph, err);
}

/* What the schema says is written has changed. */
static void tell_changes(const struct schema *s, const lb_value *args) {
    for (int i = 0; i < s->argument_count; i++) {
        if (!s->arguments[i].alias.is_write && !s->arguments[i].element_alias.is_write) continue;
        if (args[i].tag == VALUE_TENSOR) tensor_changed(args[i].tensor);
        for (int64_t k = 0; args[i].tag == VALUE_LIST && k < args[i].list->count; k++)
            if (args[i].list->items[k].tag == VALUE_TENSOR) tensor_changed(args[i].list->items[k].tensor);
    }
}

/* One result is itself, several are a tuple, none is None. */
static bool pack_results(lb_value *results, int count, lb_value *out, lb_error *err) {
    if (count == 1) {
        *out = results[0];
        return true;
    }
    *out = value_none();
    bool good = count == 0 || value_new_tuple(out, NULL, count, err);
    for (int i = 0; i < count || i == 0; i++) {
        if (good && count)
            out->tuple->items[i] = results[i];
        else
            value_release(results[i]);
    }
    return good;
}

enum { MOST_RESULTS = 16 };

static bool run_kernel(const struct op_row *row, const struct schema *s, const lb_value *args,
                       struct run_context *cx, lb_value *result, lb_error *err) {
    lb_value results[MOST_RESULTS];
    int count = s->return_count;
    if (count > MOST_RESULTS || s->is_varret)
        return error_set(err, LB_ERROR_UNSUPPORTED, "%s can only be called by a program", op_schema(row));
    for (int i = 0; i < count || i == 0; i++) results[i] = value_none();
    struct op_call call = {.args = args,
                           .arg_count = s->argument_count,
                           .results = results,
                           .result_count = count,
                           .row = row,
                           .cx = cx,
                           .err = err};
    if (op_dispatch(&call, op_run(row))) return pack_results(results, count, result, err);
    for (int i = 0; i < count || i == 0; i++) value_release(results[i]);
    return error_set(err, LB_ERROR_INTERNAL, "%s refused without saying why", op_schema(row));
}

static bool run(struct unit *unit, const struct op_row *row, const struct schema *s, const lb_value *args,
                struct run_context *cx, lb_value *result, lb_error *err) {
    if ((row->traits & OP_SYSTEM) && !cx->allow_system)
        return error_set(err, LB_ERROR_RUNTIME,
                         "the operator %s reaches outside the process, which is not allowed", op_schema(row));
    if (op_run(row)) return run_kernel(row, s, args, cx, result, err);
    if (!op_source(row))
        return error_set(err, LB_ERROR_UNSUPPORTED, "the operator %s cannot be run yet", op_schema(row));
    unit_enter(unit);
    struct function *f = decomposition_of(unit, row, finish, err);
    unit_leave(unit);
    return f && exec_call(unit, f, args, s->argument_count, cx, result, err);
}

/* Results leave the unit, whose types may go before them. */
static void forget_types(lb_value v) {
    if (v.tag == VALUE_LIST) v.list->element = NULL;
    if (v.tag == VALUE_DICT) v.dict->key_type = v.dict->value_type = NULL;
    if (v.tag == VALUE_TUPLE) v.tuple->type = NULL;
    for (int i = 0; v.tag == VALUE_TUPLE && i < v.tuple->count; i++) forget_types(v.tuple->items[i]);
    for (int64_t i = 0; v.tag == VALUE_LIST && i < v.list->count; i++) forget_types(v.list->items[i]);
}

static bool call_row(struct choice *c, const struct op_row *row, struct run_context *cx, lb_value *result,
                     lb_error *err) {
    lb_value args[FIT_MOST_ARGUMENTS];
    int filled;
    const struct schema *s = c->binding.schema;
    bool good = binding_convert(&c->binding, &c->unit->types, args, &filled, err) &&
                run(c->unit, row, s, args, cx, result, err);
    if (good && row->traits & OP_MUTATES) tell_changes(s, args);
    if (good) forget_types(*result);
    for (int i = 0; i < filled; i++) value_release(args[i]);
    return good;
}

bool operate(struct unit *unit, const char *name, const struct call_arguments *given, struct run_context *cx,
             lb_value *result, const struct op_row **taken, lb_error *err) {
    struct candidates all;
    *result = value_none();
    if (!find_candidates(name, &all, err)) return false;
    struct choice c = {.unit = unit, .all = &all, .given = given};
    const struct op_row *row = choose(&c);
    if (!row) return refuse(&c, err);
    *taken = row;
    cx->types = &unit->types;
    return call_row(&c, row, cx, result, err);
}
