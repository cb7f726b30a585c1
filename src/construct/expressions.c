/* Expressions: names, literals, attributes, subscripts, calls' arguments, comprehensions. */
#include "construct/evaluator.h"
#include <string.h>

struct scope *scope_new(struct evaluator *v, struct scope *outer) {
    struct scope *s = arena_new(&v->memory, struct scope);
    if (!s) return raise_memory(v);
    s->outer = outer;
    s->file = outer ? outer->file : NULL;
    return s;
}

/* ---- names ---- */

/* Where `global` and `nonlocal` send this name, or the scope itself. */
static struct scope *home_of(struct scope *s, const struct name *name) {
    for (const struct foreign_name *f = s->foreign; f; f = f->next)
        if (f->name == name) return f->home;
    return s;
}

bool bind_name(struct evaluator *v, struct scope *s, const struct name *name, struct thing *value) {
    return value && bindings_set(v, &home_of(s, name)->names, name, value);
}

/* Builtins that reach what is not there: files, the interpreter, its compiler. */
static bool is_of_the_system(const char *name) {
    static const char *const names[] = {"exec",    "eval",   "compile", "open",       "input", "__import__",
                                        "globals", "locals", "vars",    "breakpoint", "exit",  "quit"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (!strcmp(names[i], name)) return true;
    return false;
}

struct thing *look_up_name(struct evaluator *v, struct scope *s, const struct name *name,
                           struct source_range at) {
    struct scope *from = s;
    struct thing *found = NULL;
    for (; s && !found; s = s->outer)
        if (!s->class_body || s == from) found = bindings_get(&s->names, name);
    if (!found) found = bindings_get(&v->builtins, name);
    if (!found && is_of_the_system(name->text))
        return raise_refusal(v, at, "do it outside and pass the result as an argument",
                             "'%s' is not there without Python", name->text);
    if (!found) return raise_error(v, at, "NameError", "name '%s' is not defined", name->text);
    if (found->kind != THING_MISSING) return found;
    return raise_refusal(v, at, found->missing, "'%s' could not be evaluated", name->text);
}

/* ---- literals ---- */

static struct thing *evaluate_items(struct evaluator *v, struct scope *s, const struct tree *t,
                                    enum thing_kind kind) {
    struct thing *list = thing_list(v, NULL, 0);
    for (int i = 0; list && i < t->count; i++) {
        const struct tree *item = t->items[i];
        if (item->kind != TREE_STARRED) {
            if (!thing_append(v, list, evaluate(v, s, item))) return NULL;
            continue;
        }
        struct thing *many = evaluate(v, s, item->items[0]);
        many = many ? thing_items(v, many, item->range) : NULL;
        for (int k = 0; many && k < many->count; k++)
            if (!thing_append(v, list, many->items[k])) return NULL;
        if (!many) return NULL;
    }
    if (list) list->kind = kind;
    return list;
}

static struct thing *evaluate_set(struct evaluator *v, struct scope *s, const struct tree *t) {
    struct thing *items = evaluate_items(v, s, t, THING_LIST);
    struct thing *set = items ? thing_new(v, THING_SET) : NULL;
    for (int i = 0; set && i < items->count; i++)
        if (!thing_dict_put(v, set, items->items[i], items->items[i])) return NULL;
    return set;
}

/* {**other} */
static bool merge(struct evaluator *v, struct scope *s, struct thing *dict, const struct tree *t) {
    struct thing *other = evaluate(v, s, t);
    if (!other) return false;
    if (other->kind != THING_DICT) {
        raise_error(v, t->range, "TypeError", "'%s' object is not a mapping", thing_type_name(other));
        return false;
    }
    int position = 0;
    for (struct thing_entry *e; (e = thing_dict_step(other, &position));)
        if (!thing_dict_put(v, dict, e->key, e->value)) return false;
    return true;
}

static struct thing *evaluate_dict(struct evaluator *v, struct scope *s, const struct tree *t) {
    struct thing *dict = thing_new(v, THING_DICT);
    const struct tree *keys = t->items[0], *values = t->items[1];
    for (int i = 0; dict && i < keys->count; i++) {
        bool good;
        if (t->kind == TREE_DICT_MERGE && keys->items[i]->kind == TREE_ELLIPSIS) {
            good = merge(v, s, dict, values->items[i]);
        } else {
            struct thing *key = evaluate(v, s, keys->items[i]);
            struct thing *value = key ? evaluate(v, s, values->items[i]) : NULL;
            good = value && thing_dict_put(v, dict, key, value);
        }
        if (!good) return raise_at(v, keys->items[i]->range);
    }
    return dict;
}

/* ---- f-strings ---- */

static bool put_formatted(struct evaluator *v, struct scope *s, struct text *out, const struct tree *t) {
    struct thing *value = evaluate(v, s, t->items[0]), *spec = NULL;
    if (!value || (t->items[1] && !(spec = evaluate(v, s, t->items[1])))) return false;
    if (t->op == 'r' || t->op == 'a') {
        struct text shown = {0};
        bool good = thing_put_repr(v, &shown, value);
        value = good ? thing_text(v, text_get(&shown), shown.length) : NULL;
        text_free(&shown);
    }
    return value && text_format_one(v, out, value, spec, t->range);
}

static struct thing *formatted_string(struct evaluator *v, struct scope *s, const struct tree *t) {
    struct text out = {0};
    bool good = true;
    for (int i = 0; good && i < t->count; i++) {
        const struct tree *part = t->items[i];
        if (part->kind == TREE_STRING)
            text_put_bytes(&out, part->text, (size_t)part->length);
        else
            good = put_formatted(v, s, &out, part);
    }
    struct thing *made = !good        ? NULL
                         : out.failed ? raise_memory(v)
                                      : thing_text(v, text_get(&out), out.length);
    text_free(&out);
    return made;
}

/* ---- comprehensions ---- */

/* One comprehension under way: what it makes and of what. */
struct comprehension {
    const struct tree *key, *value; /* `value` of dicts alone */
    struct thing *result;
};

static bool add_element(struct evaluator *v, struct scope *s, const struct comprehension *c) {
    struct thing *key = evaluate(v, s, c->key);
    struct thing *value = key && c->value ? evaluate(v, s, c->value) : key;
    if (!value) return false;
    if (c->result->kind == THING_LIST) return thing_append(v, c->result, key);
    return thing_dict_put(v, c->result, key, value) || (raise_at(v, c->key->range), false);
}

/* `target` over what `iterable` (already evaluated) gives. */
static bool loop_element(struct evaluator *v, struct scope *s, const struct comprehension *c,
                         const struct tree *target, struct thing *over, struct source_range at,
                         bool (*body)(struct evaluator *, struct scope *, const struct comprehension *,
                                      const void *),
                         const void *rest) {
    struct thing *items = thing_items(v, over, at);
    for (int i = 0; items && i < items->count; i++)
        if (!assign_target(v, s, target, items->items[i]) || !body(v, s, c, rest)) return false;
    return items != NULL;
}

static struct thing *empty_result(struct evaluator *v, enum comprehension_kind kind) {
    if (kind == COMPREHENSION_DICT || kind == COMPREHENSION_SET)
        return thing_new(v, kind == COMPREHENSION_DICT ? THING_DICT : THING_SET);
    return thing_list(v, NULL, 0);
}

static bool add_plain(struct evaluator *v, struct scope *s, const struct comprehension *c, const void *rest) {
    (void)rest;
    return add_element(v, s, c);
}

/* [element, target, iterable], or with a key before them: in a scope of its own. */
static struct thing *simple_comprehension(struct evaluator *v, struct scope *s, const struct tree *t) {
    bool dict = t->kind == TREE_DICT_COMPREHENSION;
    const struct tree *iterable = t->items[dict ? 3 : 2];
    struct thing *over = evaluate(v, s, iterable);
    struct scope *inner = over ? scope_new(v, s) : NULL;
    struct comprehension c = {t->items[0], dict ? t->items[1] : NULL, NULL};
    if (inner) c.result = empty_result(v, dict ? COMPREHENSION_DICT : COMPREHENSION_LIST);
    bool good = c.result &&
                loop_element(v, inner, &c, t->items[dict ? 2 : 1], over, iterable->range, add_plain, NULL);
    return good ? c.result : NULL;
}

/* The clauses that are still to be entered. */
struct clauses {
    const struct tree *list;
    int from;
};

static bool run_clauses(struct evaluator *v, struct scope *s, const struct comprehension *c,
                        const void *rest);

/* The conditions behind a clause's target, then what stands inside it. */
static bool run_conditions(struct evaluator *v, struct scope *s, const struct comprehension *c,
                           const void *rest) {
    const struct clauses *clauses = rest;
    const struct tree *conditions = clauses->list->items[clauses->from]->items[2];
    for (int i = 0; i < conditions->count; i++) {
        struct thing *condition = evaluate(v, s, conditions->items[i]);
        int yes = condition ? thing_true(v, condition) : -1;
        if (yes < 1) return yes == 0;
    }
    struct clauses next = {clauses->list, clauses->from + 1};
    return run_clauses(v, s, c, &next);
}

static bool run_clauses(struct evaluator *v, struct scope *s, const struct comprehension *c,
                        const void *rest) {
    const struct clauses *clauses = rest;
    if (clauses->from == clauses->list->count) return add_element(v, s, c);
    const struct tree *clause = clauses->list->items[clauses->from];
    if (!evaluator_enter(v, clause->range)) return false;
    struct thing *over = evaluate(v, s, clause->items[1]);
    bool good = over && loop_element(v, s, c, clause->items[0], over, clause->items[1]->range, run_conditions,
                                     clauses);
    evaluator_leave(v);
    return good;
}

static struct thing *comprehension(struct evaluator *v, struct scope *s, const struct tree *t) {
    struct scope *inner = scope_new(v, s);
    struct comprehension c = {t->items[0], t->items[1], NULL};
    if (inner) c.result = empty_result(v, (enum comprehension_kind)t->op);
    struct clauses all = {t->items[2], 0};
    if (!c.result || !run_clauses(v, inner, &c, &all)) return NULL;
    if (t->op == COMPREHENSION_GENERATOR) c.result->kind = THING_ITERATOR;
    return c.result;
}

/* ---- operators that decide what is evaluated ---- */

static struct thing *and_or(struct evaluator *v, struct scope *s, const struct tree *t) {
    struct thing *left = evaluate(v, s, t->items[0]);
    int yes = left ? thing_true(v, left) : -1;
    if (yes < 0) return raise_at(v, t->range);
    return yes == (t->kind == TREE_AND) ? evaluate(v, s, t->items[1]) : left;
}

static struct thing *conditional(struct evaluator *v, struct scope *s, const struct tree *t) {
    struct thing *condition = evaluate(v, s, t->items[0]);
    int yes = condition ? thing_true(v, condition) : -1;
    return yes < 0 ? raise_at(v, t->range) : evaluate(v, s, t->items[yes ? 1 : 2]);
}

static struct thing *negation(struct evaluator *v, struct scope *s, const struct tree *t) {
    struct thing *value = evaluate(v, s, t->items[0]);
    int yes = value ? thing_true(v, value) : -1;
    return yes < 0 ? raise_at(v, t->range) : thing_bool(v, !yes);
}

static struct thing *binary(struct evaluator *v, struct scope *s, const struct tree *t) {
    struct thing *a = evaluate(v, s, t->items[0]);
    struct thing *b = a ? evaluate(v, s, t->items[1]) : NULL;
    return b ? evaluate_binary(v, (enum tree_operator)t->op, a, b, t->range) : NULL;
}

/* ---- calls ---- */

static bool add_keyword(struct evaluator *v, const struct name *name, struct thing *value,
                        struct source_range at, struct bindings *named) {
    if (!bindings_get(named, name)) return bindings_set(v, named, name, value);
    raise_error(v, at, "TypeError", "got multiple values for keyword argument '%s'", name->text);
    return false;
}

static bool expand_keywords(struct evaluator *v, struct thing *dict, struct source_range at,
                            struct bindings *named) {
    if (dict->kind != THING_DICT) {
        raise_error(v, at, "TypeError", "argument after ** must be a mapping, not %s", thing_type_name(dict));
        return false;
    }
    int position = 0;
    for (struct thing_entry *e; (e = thing_dict_step(dict, &position));) {
        const struct name *name = thing_as_name(v, e->key, at);
        if (!name || !add_keyword(v, name, e->value, at, named)) return false;
    }
    return true;
}

static bool positional(struct evaluator *v, struct scope *s, const struct tree *t, struct thing *args) {
    if (t->kind != TREE_STARRED) return thing_append(v, args, evaluate(v, s, t));
    struct thing *items = evaluate(v, s, t->items[0]);
    items = items ? thing_items(v, items, t->range) : NULL;
    for (int i = 0; items && i < items->count; i++)
        if (!thing_append(v, args, items->items[i])) return false;
    return items != NULL;
}

/* name=value and **rest, in their order. */
static bool evaluate_keywords(struct evaluator *v, struct scope *s, const struct tree *t,
                              struct bindings *named) {
    for (int i = 0; i < t->count; i++) {
        const struct tree *k = t->items[i];
        struct thing *value = evaluate(v, s, k->items[0]);
        if (!value) return false;
        if (!k->name) {
            if (!expand_keywords(v, value, k->range, named)) return false;
        } else if (!add_keyword(v, k->name, value, k->range, named)) {
            return false;
        }
    }
    return true;
}

bool call_take_named(struct evaluator *v, struct call *call, const struct bindings *named) {
    call->names = arena_array(&v->memory, const struct name *, named->count + 1);
    call->named = arena_array(&v->memory, struct thing *, named->count + 1);
    if (!call->names || !call->named) return raise_memory(v), false;
    for (int i = 0; i < named->count; i++) {
        call->names[i] = named->items[i].name;
        call->named[i] = named->items[i].thing;
    }
    call->named_count = named->count;
    return true;
}

/* What stands between the parentheses. */
static bool evaluate_arguments(struct evaluator *v, struct scope *s, const struct tree *t,
                               struct call *call) {
    struct thing *args = thing_list(v, NULL, 0);
    struct bindings named = {0};
    if (!args) return false;
    for (int i = 0; i < t->items[1]->count; i++)
        if (!positional(v, s, t->items[1]->items[i], args)) return false;
    if (!evaluate_keywords(v, s, t->items[2], &named)) return false;
    *call = (struct call){.args = args->items, .count = args->count, .at = t->range};
    return call_take_named(v, call, &named);
}

/* super() knows the class and the self of the method it stands in. */
static struct thing *bare_super(struct evaluator *v, struct scope *s, const struct tree *t) {
    while (s && !s->function) s = s->outer;
    if (!s || !s->function->owner || !s->self)
        return raise_error(v, t->range, "RuntimeError", "super(): no arguments");
    struct thing *super = thing_new(v, THING_SUPER);
    if (!super) return NULL;
    super->super.after = s->function->owner;
    super->super.self = s->self;
    return super;
}

static bool is_bare_super(const struct tree *t) {
    return t->items[0]->kind == TREE_NAME && !strcmp(t->items[0]->name->text, "super") && !t->items[1]->count;
}

static struct thing *evaluate_call(struct evaluator *v, struct scope *s, const struct tree *t) {
    if (is_bare_super(t)) return bare_super(v, s, t);
    struct thing *callee = evaluate(v, s, t->items[0]);
    struct call call;
    if (!callee || !evaluate_arguments(v, s, t, &call)) return NULL;
    struct thing *result = call_thing(v, callee, &call);
    return result ? result : raise_at(v, t->range);
}

/* ---- subscripts ---- */

static struct thing *evaluate_slice(struct evaluator *v, struct scope *s, const struct tree *t) {
    struct thing *parts[3];
    for (int i = 0; i < 3; i++)
        if (!(parts[i] = t->items[i] ? evaluate(v, s, t->items[i]) : thing_none(v))) return NULL;
    struct thing *slice = thing_tuple(v, parts, 3);
    if (slice) slice->kind = THING_SLICE;
    return slice;
}

struct thing *evaluate_index(struct evaluator *v, struct scope *s, const struct tree *list) {
    struct thing *items = thing_list(v, NULL, 0);
    for (int i = 0; items && i < list->count; i++)
        if (!thing_append(v, items, evaluate(v, s, list->items[i]))) return NULL;
    if (!items || items->count == 1) return items ? items->items[0] : NULL;
    items->kind = THING_TUPLE;
    return items;
}

/* Types in brackets say a type; they are read when a type is wanted. */
static bool says_a_type(const struct thing *t) {
    if (t->kind == THING_ANNOTATION) return true;
    if (t->kind == THING_CLASS) return t->as_class->nature != CLASS_ENUM;
    return t->kind == THING_LIBRARY &&
           (!strncmp(t->path, "typing.", 7) || !strncmp(t->path, "collections.", 12));
}

static struct thing *annotation(struct evaluator *v, struct scope *s, const struct tree *t) {
    struct thing *a = thing_new(v, THING_ANNOTATION);
    if (!a) return NULL;
    a->annotation.tree = t;
    a->annotation.scope = s;
    return a;
}

static struct thing *evaluate_subscript(struct evaluator *v, struct scope *s, const struct tree *t) {
    struct thing *of = evaluate(v, s, t->items[0]);
    if (!of) return NULL;
    if (says_a_type(of)) return annotation(v, s, t);
    struct thing *index = evaluate_index(v, s, t->items[1]);
    return index ? thing_subscript(v, of, index, t->range) : NULL;
}

static struct thing *evaluate_attribute(struct evaluator *v, struct scope *s, const struct tree *t) {
    struct thing *of = evaluate(v, s, t->items[0]);
    return of ? thing_attribute(v, of, t->name, t->range) : NULL;
}

/* ---- the whole ---- */

static struct thing *complex_literal(struct evaluator *v, const struct tree *t) {
    lb_value c;
    return value_new_complex(&c, 0, t->number, v->err) ? thing_of(v, c) : NULL;
}

static struct thing *unary(struct evaluator *v, struct scope *s, const struct tree *t) {
    struct thing *value = evaluate(v, s, t->items[0]);
    if (!value || t->kind == TREE_POSITIVE) return value;
    if (t->kind == TREE_NEGATE) {
        if (thing_is(value, VALUE_FLOAT)) return thing_float(v, -value->value.f);
        if (thing_is_int(value) && value->value.i != INT64_MIN) return thing_int(v, -value->value.i);
        return evaluate_binary(v, OPERATOR_MULTIPLY, thing_int(v, -1), value, t->range);
    }
    if (thing_is_int(value)) return thing_int(v, ~value->value.i);
    struct thing *given = call_special(v, value, "__invert__", t->range, NULL, 0);
    if (given || v->err->code) return given;
    return raise_error(v, t->range, "TypeError", "bad operand type for unary ~: '%s'",
                       thing_type_name(value));
}

static struct thing *named_expression(struct evaluator *v, struct scope *s, const struct tree *t) {
    struct thing *value = evaluate(v, s, t->items[1]);
    while (s->outer && !s->function && !s->class_body) s = s->outer; /* out of comprehensions */
    return value && assign_target(v, s, t->items[0], value) ? value : NULL;
}

/* A generator runs at once, to its end; what it yields is kept. */
static struct thing *run_yield(struct evaluator *v, struct scope *s, const struct tree *t) {
    struct thing *value = t->items[0] ? evaluate(v, s, t->items[0]) : v->none;
    while (s && !s->yielded) s = s->outer;
    if (!s) return raise_error(v, t->range, "SyntaxError", "'yield' outside function");
    if (!value || !t->op) return value && thing_append(v, s->yielded, value) ? v->none : NULL;
    struct thing *items = thing_items(v, value, t->range);
    for (int i = 0; items && i < items->count; i++)
        if (!thing_append(v, s->yielded, items->items[i])) return NULL;
    return items ? v->none : NULL;
}

static struct thing *unsupported(struct evaluator *v, const struct tree *t) {
    return raise_refusal(v, t->range,
                         "write it in a plainer way, or compute it outside and pass it as an argument",
                         "%s where a module is constructed", t->text);
}

static struct thing *evaluate_kind(struct evaluator *v, struct scope *s, const struct tree *t) {
    switch ((enum tree_kind)t->kind) {
    case TREE_NAME: return look_up_name(v, s, t->name, t->range);
    case TREE_ATTRIBUTE: return evaluate_attribute(v, s, t);
    case TREE_CALL: return evaluate_call(v, s, t);
    case TREE_SUBSCRIPT: return evaluate_subscript(v, s, t);
    case TREE_SLICE: return evaluate_slice(v, s, t);
    case TREE_INT: return thing_int(v, t->integer);
    case TREE_FLOAT: return thing_float(v, t->number);
    case TREE_COMPLEX: return complex_literal(v, t);
    case TREE_STRING: return thing_text(v, t->text, (size_t)t->length);
    case TREE_TRUE:
    case TREE_FALSE: return thing_bool(v, t->kind == TREE_TRUE);
    case TREE_NONE: return thing_none(v);
    case TREE_NONE_TYPE: return thing_library(v, "types.NoneType");
    case TREE_ELLIPSIS: return thing_library(v, "Ellipsis");
    case TREE_BINARY: return binary(v, s, t);
    case TREE_AND:
    case TREE_OR: return and_or(v, s, t);
    case TREE_NOT: return negation(v, s, t);
    case TREE_NEGATE:
    case TREE_POSITIVE:
    case TREE_INVERT: return unary(v, s, t);
    case TREE_IF_EXPRESSION: return conditional(v, s, t);
    case TREE_TUPLE: return evaluate_items(v, s, t, THING_TUPLE);
    case TREE_LIST_LITERAL: return evaluate_items(v, s, t, THING_LIST);
    case TREE_SET: return evaluate_set(v, s, t);
    case TREE_DICT:
    case TREE_DICT_MERGE: return evaluate_dict(v, s, t);
    case TREE_LIST_COMPREHENSION:
    case TREE_DICT_COMPREHENSION: return simple_comprehension(v, s, t);
    case TREE_COMPREHENSION: return comprehension(v, s, t);
    case TREE_FORMATTED_STRING: return formatted_string(v, s, t);
    case TREE_LAMBDA: return function_of_tree(v, s, t);
    case TREE_NAMED_EXPRESSION: return named_expression(v, s, t);
    case TREE_YIELD: return run_yield(v, s, t);
    case TREE_UNSUPPORTED: return unsupported(v, t);
    default:
        return raise_refusal(v, t->range, "write it as an ordinary expression", "'%s' is no value here",
                             tree_kind_words[t->kind]);
    }
}

struct thing *evaluate(struct evaluator *v, struct scope *s, const struct tree *t) {
    if (!evaluator_enter(v, t->range)) return NULL;
    struct thing *value = evaluate_kind(v, s, t);
    evaluator_leave(v);
    return value ? value : raise_at(v, t->range);
}
