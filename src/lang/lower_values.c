/* Names, attributes, subscripts and operators with Python's meaning. What TorchScript cannot do, and what it
 * does otherwise, is asked of the library by the kind of the value: "str_removeprefix", "list_lt", "set_add"
 * (library.h). */
#include "lang/define.h"
#include "lang/dotted.h"
#include "lang/host.h"
#include "lang/library.h"
#include "lang/lower.h"
#include "lang/recover.h"
#include <string.h>

const char *lower_kind_word(const struct type *t) {
    switch (t->kind) {
    case TYPE_STRING: return "str";
    case TYPE_INT: return "int";
    case TYPE_FLOAT: return "float";
    case TYPE_COMPLEX: return "complex";
    case TYPE_TENSOR: return "tensor";
    case TYPE_TUPLE: return lower_is_caught(t) ? "caught" : "tuple";
    case TYPE_LIST: return t->name ? t->name->text : "list";
    case TYPE_DICT: return t->name ? t->name->text : "dict";
    default: return NULL;
    }
}

bool lower_is_marked(const struct type *t) {
    return (t->kind == TYPE_LIST || t->kind == TYPE_DICT) && t->name;
}

static bool stands_for_other(const struct type *t) {
    if (lower_is_marked(t) || lower_is_caught(t)) return true;
    for (int i = 0; i < t->count; i++)
        if (stands_for_other(t->items[i])) return true;
    return false;
}

static const struct node *find_stand_in(const struct block *b) {
    for (const struct node *n = block_first(b); n != b->result; n = n->next) {
        for (int i = 0; i < n->outputs.count; i++)
            if (stands_for_other(n->outputs.items[i]->type)) return n;
        for (int i = 0; i < n->blocks.count; i++) {
            const struct node *found = find_stand_in(n->blocks.items[i]);
            if (found) return found;
        }
    }
    return NULL;
}

bool lower_check_plain(struct emitter *e) {
    const struct block *top = e->graph->top;
    const struct node *found = NULL;
    bool may = e->unit->library || e->unit->refused_annotations;
    if (!may || e->wide || !e->resolver->python || library_speaks(e)) return true;
    for (int i = 0; !found && i < top->param->outputs.count; i++)
        if (stands_for_other(top->param->outputs.items[i]->type)) found = top->param;
    if (!found && !(found = find_stand_in(top))) return true;
    return emit_error(e, found->range, "TorchScript has no such values") != NULL;
}

/* The library's function for this kind of value; NULL without an error: it has none. */
static struct sugared *library_for(struct emitter *e, const struct type *t, const char *word) {
    const char *kind = lower_kind_word(t);
    const char *name = kind ? arena_printf(&e->memory, "%s_%s", kind, word) : NULL;
    return name ? library_find(e, name) : NULL;
}

struct sugared *lower_by_library(struct emitter *e, const char *word, struct source_range at,
                                 struct ir_value *const *values, int count) {
    struct sugared *f = library_for(e, values[0]->type, word);
    struct sugared_actuals actuals = {0};
    for (int i = 0; f && i < count; i++) {
        struct sugared_actual a = {sugared_simple(e, values[i]), NULL, at};
        if (!a.value || !array_push_in(&e->memory, &actuals.items, a)) return emit_out_of_memory(e);
    }
    return f ? lower_call_with(e, f, at, &actuals, 1) : NULL;
}

/* ---- names ---- */

/* What the library calls its own; see lower_internal.c. */
static bool is_internal(struct emitter *e, const struct name *name) {
    return name->length > 4 && !strncmp(name->text, "__", 2) && e->resolver == library_resolver(e);
}

struct sugared *lower_name_value(struct emitter *e, const struct tree *t, int binders,
                                 const struct type *hint) {
    (void)binders;
    (void)hint;
    if (recovery_unknown(e, t->name)) return NULL;
    struct sugared *s = variable_find(e, e->frame, t->name);
    if (e->err->code) return NULL;
    if (s && table_has(&e->wide->loose, t->name)) {
        if (!wide_check_set(e, t->name, t->range)) return NULL;
        return variable_find(e, e->frame, t->name);
    }
    if (s) return s;
    if (is_internal(e, t->name)) return sugared_internal(e, t->name);
    s = strcmp(t->name->text, "slice") ? lower_text_function(e, t->name) : sugared_slice_class(e);
    if (s || e->err->code) return s;
    const char *name = arena_printf(&e->memory, "builtin_%s", t->name->text);
    s = name ? library_find(e, name) : emit_out_of_memory(e);
    if (s || e->err->code) return s;
    return variable_get(e, t->name, t->range);
}

/* ---- attributes ---- */

struct sugared *sugared_bound(struct emitter *e, struct sugared *function, struct sugared *self) {
    if (!function || !self) return NULL;
    struct sugared *s = sugared_new(e, &sugared_kind_bound);
    struct sugared **items = arena_array(&e->memory, struct sugared *, 2);
    if (!s || !items) return emit_out_of_memory(e);
    items[0] = function;
    items[1] = self;
    s->items = items;
    s->count = 2;
    return s;
}

static struct sugared *call_bound(struct emitter *e, struct sugared *s, struct source_range at,
                                  struct actuals actuals, int binders) {
    struct sugared_actuals all = {0};
    struct sugared_actual self = {s->items[1], NULL, at};
    if (!array_push_in(&e->memory, &all.items, self)) return emit_out_of_memory(e);
    for (int i = 0; i < actuals.count + actuals.keyword_count; i++) {
        const struct actual *a = i < actuals.count ? &actuals.items[i] : &actuals.keywords[i - actuals.count];
        struct sugared_actual given = {sugared_simple(e, emit_actual(e, a)), a->name, a->range};
        if (!given.value || !array_push_in(&e->memory, &all.items, given)) return NULL;
    }
    return lower_call_with(e, s->items[0], at, &all, binders);
}
const struct sugared_kind sugared_kind_bound = {.word = "method", .call = call_bound};

/* What the resolver knows of the value's class: a method wants the value, a property is called at once. */
static struct sugared *hidden_member(struct emitter *e, struct sugared *s, const struct type *type,
                                     struct source_range at, const struct name *name) {
    struct resolver *r = e->resolver;
    struct sugared *found = r->find_member ? r->find_member(r, e, type, name, at) : NULL;
    bool declared = !found && type->kind == TYPE_CLASS && class_find_method(type->definition, name);
    if (declared && !e->err->code) return sugared_method(e, s->value, name); /* just now */
    if (!found || found->kind != &sugared_kind_lambda) return found;
    struct sugared_actuals none = {0};
    bool property = found->only_end;
    found = sugared_bound(e, found, s);
    return found && property ? lower_call_with(e, found, at, &none, 1) : found;
}

static bool is_property(struct emitter *e, const struct sugared *f) {
    const struct tree *def = f->kind == &sugared_kind_function ? f->functions[0]->definition : NULL;
    return def && dotted_decorates(e->unit, library_resolver(e), def, "property");
}

/* A function of the library with others as its attributes: itertools.chain.from_iterable. */
static struct sugared *member_of_function(struct emitter *e, const struct sugared *s,
                                          const struct name *name) {
    const struct function *f = s->kind == &sugared_kind_function && s->count == 1 ? s->functions[0] : NULL;
    if (!f || !f->ensure_context || lang_resolver_of(f) != library_resolver(e)) return NULL;
    const char *path = arena_printf(&e->memory, "%s_%s", f->name->text, name->text);
    return path ? library_find(e, path) : emit_out_of_memory(e);
}

struct sugared *lower_member_of(struct emitter *e, struct sugared *s, struct source_range at,
                                const struct name *name) {
    s = host_as_module(e, s);
    struct ir_value *v = sugared_as_simple(s);
    if (v && v->type->kind == TYPE_OPTIONAL) { /* of a value that may be None: of the value */
        v = emit_operator(e, "aten::_unwrap_optional", at, &v, 1);
        if (!(s = sugared_simple(e, v))) return NULL;
    }
    struct sugared *f = v ? library_for(e, v->type, name->text) : member_of_function(e, s, name);
    if (e->err->code || (f && !v)) return f;
    if (f && is_property(e, f)) return lower_by_library(e, name->text, at, &v, 1);
    if (f) return sugared_bound(e, f, s);
    if (v && lower_refuse_caught(e, v->type, at)) return NULL;
    struct sugared *found = v ? lower_tuple_member(e, v, name) : NULL;
    if (found || e->err->code) return found;
    struct attempt_error plain;
    attempt_begin(e, &plain);
    found = sugared_attribute(e, s, at, name);
    if (!attempt_failed(e, &plain)) return found;
    if (v)
        found = hidden_member(e, s, v->type, at, name);
    else if (s->type && e->resolver->find_member)
        found = e->resolver->find_member(e->resolver, e, s->type, name, at);
    if (!found && !e->err->code) return attempt_fail(e, &plain);
    attempt_drop(&plain);
    return found;
}

bool lower_has_member(struct emitter *e, struct sugared *s, struct source_range at, const struct name *name) {
    struct attempt_error own;
    attempt_begin(e, &own);
    lower_member_of(e, s, at, name);
    if (!attempt_failed(e, &own)) return !e->err->code;
    attempt_drop(&own);
    return false;
}

static bool is_super(struct emitter *e, const struct tree *t) {
    bool call =
        t->kind == TREE_CALL && t->items[0]->kind == TREE_NAME && !strcmp(t->items[0]->name->text, "super");
    return call && e->resolver->class_around && (!t->items[1]->count || t->items[1]->count == 2);
}

static const struct name *class_of_super(struct emitter *e, const struct tree *call) {
    const struct tree *given = call->items[1];
    if (!given->count) return e->resolver->class_around(e->resolver, e->err);
    return given->items[0]->kind == TREE_NAME ? given->items[0]->name : NULL;
}

/* The object that super() speaks of: the method's first argument, if it is not given. */
static struct sugared *self_of_super(struct emitter *e, const struct tree *call) {
    const struct tree *def = e->function->definition, *given = call->items[1];
    if (given->count) return emit_sugared(e, given->items[1], 1, NULL);
    bool method = def && def->kind == TREE_DEF && def->items[0]->count;
    return method ? variable_get(e, def->items[0]->items[0]->name, call->range) : NULL;
}

/* super().name -> self.__super_C_name, which the host declares as a method. */
static struct sugared *super_member(struct emitter *e, const struct tree *t) {
    const struct name *class = class_of_super(e, t->items[0]);
    struct sugared *self = class ? self_of_super(e, t->items[0]) : NULL;
    if (!self && !e->err->code) return emit_error(e, t->range, "super() stands in no method of a class");
    const char *name = self ? arena_printf(&e->memory, "__super_%s_%s", class->text, t->name->text) : NULL;
    return name ? lower_member_of(e, self, t->range, emit_name(e, name)) : NULL;
}

struct sugared *lower_attribute(struct emitter *e, const struct tree *t, int binders,
                                const struct type *hint) {
    (void)binders;
    (void)hint;
    if (is_super(e, t->items[0])) return super_member(e, t);
    struct sugared *name = lower_caught_name(e, t);
    if (name || e->err->code) return name;
    struct sugared *s = emit_sugared(e, t->items[0], 1, NULL);
    struct sugared *found = s ? lower_member_of(e, s, t->range, t->name) : NULL;
    return found ? lower_refined(e, t, found) : NULL;
}

/* ---- subscripts ---- */

const struct tree *lower_subscript_key(struct emitter *e, const struct tree *t,
                                       const struct ir_value *container) {
    const struct tree *parts = t->items[1];
    if (parts->count < 2 || !container || container->type->kind == TYPE_TENSOR) return t;
    for (int i = 0; i < parts->count; i++)
        if (parts->items[i]->kind == TREE_SLICE || parts->items[i]->kind == TREE_ELLIPSIS) return t;
    struct tree *tuple = lower_tree(e, TREE_TUPLE, parts->range, parts->count, parts->items);
    struct tree *key = tuple ? lower_tree(e, TREE_LIST, parts->range, 1, &tuple) : NULL;
    struct tree *both[2] = {t->items[0], key};
    return key ? lower_tree(e, TREE_SUBSCRIPT, t->range, 2, both) : NULL;
}

struct sugared *lower_subscript(struct emitter *e, const struct tree *t, int binders,
                                const struct type *hint) {
    (void)binders;
    struct sugared *s = host_as_module(e, emit_sugared(e, t->items[0], 1, NULL));
    struct ir_value *v = sugared_as_simple(s);
    if (!s || (v && lower_refuse_caught(e, v->type, t->range))) return NULL;
    if (!(t = lower_subscript_key(e, t, v))) return NULL;
    const struct tree *subscripts = t->items[1];
    if (v && lower_is_marked(v->type) && subscripts->count == 1 && subscripts->items[0]->kind != TREE_SLICE &&
        library_for(e, v->type, "getitem")) {
        struct ir_value *both[2] = {v, emit_expression(e, subscripts->items[0], NULL)};
        if (both[1] && wide_is_unlearnt(e, v) && wide_learn_key(e, v, both[1]->type))
            return emit_error(e, t->range, "the type of the keys is learnt here");
        return both[1] ? lower_by_library(e, "getitem", t->range, both, 2) : NULL;
    }
    bool slice = subscripts->count == 1 && subscripts->items[0]->kind == TREE_SLICE;
    if (!v && subscripts->count == 1 && !slice && s->kind->item) {
        struct ir_value *index = emit_expression(e, subscripts->items[0], NULL);
        return index ? sugared_item(e, s, t->range, index, hint) : NULL;
    }
    struct sugared *things = !v && slice ? lower_slice_of_things(e, s, t) : NULL;
    if (things || e->err->code) return things;
    /* The container is evaluated once: the emitter goes on with a name for it. */
    struct tree *copy = tree_copy(&e->memory, t);
    struct tree *kept = t->items[0]->kind == TREE_NAME ? t->items[0] : lower_keep(e, t->items[0]->range, s);
    if (!copy || !kept) return kept ? emit_out_of_memory(e) : NULL;
    copy->items[0] = kept;
    struct sugared *found = emit_subscript(e, copy, hint);
    return found ? lower_refined(e, t, found) : NULL;
}

/* ---- operators ---- */

static const struct {
    uint8_t op;
    const char *word, *reflected; /* what the right operand's kind may be asked for */
} words[] = {
    {OPERATOR_ADD, "add", NULL},       {OPERATOR_SUBTRACT, "sub", NULL},
    {OPERATOR_MULTIPLY, "mul", "mul"}, {OPERATOR_DIVIDE, "truediv", NULL},
    {OPERATOR_REMAINDER, "mod", NULL}, {OPERATOR_BIT_OR, "or", NULL},
    {OPERATOR_BIT_AND, "and", NULL},   {OPERATOR_BIT_XOR, "xor", NULL},
    {OPERATOR_EQUAL, "eq", "eq"},      {OPERATOR_NOT_EQUAL, "ne", "ne"},
    {OPERATOR_LESS, "lt", "gt"},       {OPERATOR_LESS_EQUAL, "le", "ge"},
    {OPERATOR_GREATER, "gt", "lt"},    {OPERATOR_GREATER_EQUAL, "ge", "le"},
    {OPERATOR_IN, "contains", NULL},
};

static int word_index(const struct tree *t) {
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (words[i].op == t->op) return (int)i;
    return -1;
}

static bool is_comparison(const struct tree *t) {
    return tree_operators[t->op].power == tree_operators[OPERATOR_EQUAL].power && t->op != OPERATOR_IN;
}

/* Both are constants of one simple kind: what the comparison says. -1: not known. */
static int known_comparison(const struct tree *t, const struct ir_value *a, const struct ir_value *b) {
    lb_value x, y;
    if (!is_comparison(t) || !emit_is_constant(a, &x) || !emit_is_constant(b, &y) || x.tag != y.tag)
        return -1;
    int order;
    if (x.tag == VALUE_INT || x.tag == VALUE_BOOL)
        order = (x.i > y.i) - (x.i < y.i);
    else if (x.tag == VALUE_STRING)
        order = strcmp(x.string->bytes, y.string->bytes);
    else
        return -1;
    switch (t->op) {
    case OPERATOR_EQUAL: return order == 0;
    case OPERATOR_NOT_EQUAL: return order != 0;
    case OPERATOR_LESS: return order < 0;
    case OPERATOR_LESS_EQUAL: return order <= 0;
    case OPERATOR_GREATER: return order > 0;
    case OPERATOR_GREATER_EQUAL: return order >= 0;
    default: return -1;
    }
}

static struct tree *item_of(struct emitter *e, struct tree *tuple, int i, struct source_range at) {
    struct tree *index = lower_int(e, at, i), *list = index ? lower_tree(e, TREE_LIST, at, 1, &index) : NULL;
    struct tree *both[2] = {tuple, list};
    return list ? lower_tree(e, TREE_SUBSCRIPT, at, 2, both) : NULL;
}

/* (a0 == b0) and (a1 == b1) ..., or for an order: a0 OP b0 if a0 != b0 else (...). */
static struct tree *compare_items(struct emitter *e, const struct tree *t, struct tree *a, struct tree *b,
                                  int at, int count) {
    enum tree_operator op = (enum tree_operator)t->op;
    bool equality = op == OPERATOR_EQUAL || op == OPERATOR_NOT_EQUAL;
    if (at == count) {
        bool holds = op == OPERATOR_EQUAL || op == OPERATOR_LESS_EQUAL || op == OPERATOR_GREATER_EQUAL;
        return lower_tree(e, holds ? TREE_TRUE : TREE_FALSE, t->range, 0, NULL);
    }
    struct tree *x = item_of(e, a, at, t->range), *y = item_of(e, b, at, t->range);
    struct tree *rest = compare_items(e, t, a, b, at + 1, count);
    if (!x || !y || !rest) return NULL;
    if (equality) {
        struct tree *both[2] = {lower_binary(e, t->range, op, x, y), rest};
        return lower_tree(e, op == OPERATOR_EQUAL ? TREE_AND : TREE_OR, t->range, 2, both);
    }
    struct tree *parts[3] = {lower_binary(e, t->range, OPERATOR_NOT_EQUAL, x, y),
                             lower_binary(e, t->range, op, x, y), rest};
    return lower_tree(e, TREE_IF_EXPRESSION, t->range, 3, parts);
}

/* Tuples are compared item by item. */
static struct sugared *compare_tuples(struct emitter *e, const struct tree *t, struct ir_value *a,
                                      struct ir_value *b) {
    int shorter = a->type->count < b->type->count ? a->type->count : b->type->count;
    bool equality = t->op == OPERATOR_EQUAL || t->op == OPERATOR_NOT_EQUAL;
    if (a->type->count != b->type->count && equality)
        return sugared_simple(e, emit_bool(e, t->op == OPERATOR_NOT_EQUAL, t->range));
    struct tree *x = lower_keep(e, t->range, sugared_simple(e, a));
    struct tree *y = x ? lower_keep(e, t->range, sugared_simple(e, b)) : NULL;
    struct tree *all = y ? compare_items(e, t, x, y, 0, shorter) : NULL;
    return all ? emit_sugared(e, all, 1, NULL) : NULL;
}

/* x in (a, b): x == a or x == b. */
static struct sugared *contained_in_tuple(struct emitter *e, const struct tree *t, struct ir_value *x,
                                          struct ir_value *tuple) {
    struct tree *item = lower_keep(e, t->range, sugared_simple(e, x));
    struct tree *kept = item ? lower_keep(e, t->range, sugared_simple(e, tuple)) : NULL;
    struct tree *all = kept ? lower_tree(e, TREE_FALSE, t->range, 0, NULL) : NULL;
    for (int i = tuple->type->count - 1; all && i >= 0; i--) {
        struct tree *one = item_of(e, kept, i, t->range);
        struct tree *both[2] = {one ? lower_binary(e, t->range, OPERATOR_EQUAL, item, one) : NULL, all};
        all = lower_tree(e, TREE_OR, t->range, 2, both);
    }
    return all ? emit_sugared(e, all, 1, NULL) : NULL;
}

static struct ir_value *conditional(struct emitter *e, struct source_range at, struct tree *test,
                                    struct tree *yes, struct tree *no) {
    struct tree *parts[3] = {test, yes, no};
    struct tree *t = lower_tree(e, TREE_IF_EXPRESSION, at, 3, parts);
    return t ? emit_expression(e, t, NULL) : NULL;
}

/* x == y where x or y may be None. */
static struct sugared *compare_optional(struct emitter *e, const struct tree *t, struct ir_value *a,
                                        struct ir_value *b) {
    bool first = a->type->kind == TYPE_OPTIONAL;
    struct source_range at = t->range;
    struct tree *x = lower_keep(e, at, sugared_simple(e, a)),
                *y = x ? lower_keep(e, at, sugared_simple(e, b)) : NULL;
    struct tree *maybe = first ? x : y, *other = first ? y : x, *none = lower_tree(e, TREE_NONE, at, 0, NULL);
    if (!y || !none) return NULL;
    struct tree *other_is_none = lower_binary(e, at, OPERATOR_IS, other, none);
    if (t->op == OPERATOR_NOT_EQUAL && other_is_none)
        other_is_none = lower_tree(e, TREE_NOT, at, 1, &other_is_none);
    struct tree *test = lower_binary(e, at, OPERATOR_IS, maybe, none);
    struct tree *same = lower_binary(e, at, (enum tree_operator)t->op, x, y);
    return test && other_is_none && same ? sugared_simple(e, conditional(e, at, test, other_is_none, same))
                                         : NULL;
}

static bool never_equal(const struct type *a, const struct type *b) {
    bool numbers[2];
    const struct type *both[2] = {a, b};
    for (int i = 0; i < 2; i++) {
        enum type_kind kind = both[i]->kind;
        numbers[i] = kind == TYPE_INT || kind == TYPE_FLOAT || kind == TYPE_BOOL || kind == TYPE_COMPLEX;
        if (kind == TYPE_TENSOR || kind == TYPE_ANY || kind == TYPE_UNION || kind == TYPE_OPTIONAL ||
            kind == TYPE_CLASS)
            return false;
    }
    return a->kind != b->kind && !(numbers[0] && numbers[1]);
}

/* A member of an Enum beside a value: those of an Enum never equal it, what of an IntEnum is one has become
 * it, and not every resolver tells these apart. */
static bool is_member_beside_value(const struct type *a, const struct type *b) {
    const struct type *value = a->kind == TYPE_ENUM ? b : a;
    return (a->kind == TYPE_ENUM) != (b->kind == TYPE_ENUM) &&
           (value->kind == TYPE_INT || value->kind == TYPE_FLOAT || value->kind == TYPE_STRING);
}

static bool has_method(struct emitter *e, const struct tree *t, struct ir_value *v, const char *name) {
    return lower_special(e, v, name, t->range) != NULL;
}

/* Of objects: x != y is not x == y where the class has no __ne__, and x < y is y > x where it has no __lt__.
 */
static struct sugared *compare_objects(struct emitter *e, const struct tree *t, struct ir_value *a,
                                       struct ir_value *b) {
    static const struct {
        enum tree_operator op, instead;
        const char *own, *other;
    } rows[] = {{OPERATOR_NOT_EQUAL, OPERATOR_EQUAL, "__ne__", "__eq__"},
                {OPERATOR_LESS, OPERATOR_GREATER, "__lt__", "__gt__"},
                {OPERATOR_LESS_EQUAL, OPERATOR_GREATER_EQUAL, "__le__", "__ge__"},
                {OPERATOR_GREATER, OPERATOR_LESS, "__gt__", "__lt__"},
                {OPERATOR_GREATER_EQUAL, OPERATOR_LESS_EQUAL, "__ge__", "__le__"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        bool negated = rows[i].op == OPERATOR_NOT_EQUAL;
        if (rows[i].op != t->op || has_method(e, t, a, rows[i].own) ||
            !has_method(e, t, negated ? a : b, rows[i].other))
            continue;
        struct tree *x = lower_keep(e, t->range, sugared_simple(e, negated ? a : b));
        struct tree *y = x ? lower_keep(e, t->range, sugared_simple(e, negated ? b : a)) : NULL;
        struct tree *other = y ? lower_binary(e, t->range, rows[i].instead, x, y) : NULL;
        if (other && negated) other = lower_tree(e, TREE_NOT, t->range, 1, &other);
        return other ? emit_sugared(e, other, 1, NULL) : NULL;
    }
    return NULL;
}

/* What Python does where the operator was refused; NULL without an error: nothing that is known. */
static struct sugared *otherwise(struct emitter *e, const struct tree *t, struct ir_value *a,
                                 struct ir_value *b) {
    bool equality = t->op == OPERATOR_EQUAL || t->op == OPERATOR_NOT_EQUAL;
    int i = word_index(t);
    struct sugared *objects = compare_objects(e, t, a, b);
    if (objects || e->err->code) return objects;
    if (is_comparison(t) && a->type->kind == TYPE_TUPLE && b->type->kind == TYPE_TUPLE)
        return compare_tuples(e, t, a, b);
    if (equality && (a->type->kind == TYPE_OPTIONAL || b->type->kind == TYPE_OPTIONAL))
        return compare_optional(e, t, a, b);
    if (equality && is_member_beside_value(a->type, b->type))
        return emit_error(e, t->range,
                          "A member of an Enum is compared with a value: compare with its .value, or with "
                          "another member");
    if (equality && never_equal(a->type, b->type))
        return sugared_simple(e, emit_bool(e, t->op == OPERATOR_NOT_EQUAL, t->range));
    if (t->op == OPERATOR_IN && b->type->kind == TYPE_TUPLE) return contained_in_tuple(e, t, a, b);
    struct ir_value *forward[2] = {a, b}, *backward[2] = {b, a};
    if (i < 0) return NULL;
    if (t->op == OPERATOR_IN) return lower_by_library(e, words[i].word, t->range, backward, 2);
    struct sugared *s = lower_by_library(e, words[i].word, t->range, forward, 2);
    if (s || e->err->code || !words[i].reflected) return s;
    return lower_by_library(e, words[i].reflected, t->range, backward, 2);
}

static struct sugared *by_operator(struct emitter *e, const struct tree *t, struct ir_value *a,
                                   struct ir_value *b) {
    struct tree *x = lower_keep(e, t->items[0]->range, sugared_simple(e, a));
    struct tree *y = x ? lower_keep(e, t->items[1]->range, sugared_simple(e, b)) : NULL;
    struct tree *plain = y ? lower_binary(e, t->range, (enum tree_operator)t->op, x, y) : NULL;
    return plain ? sugared_simple(e, emit_binary_plain(e, plain)) : NULL;
}

/* Of a marked value the library is asked first. */
static bool asks_library(const struct tree *t, const struct ir_value *a, const struct ir_value *b) {
    if (t->op == OPERATOR_IN) return lower_is_marked(b->type) || b->type->kind == TYPE_TUPLE;
    return lower_is_marked(a->type) || lower_is_marked(b->type) ||
           (a->type->kind == TYPE_TUPLE && b->type->kind == TYPE_TUPLE && is_comparison(t));
}

/* x in [] or {} of which nothing is known yet. */
static bool learns_from_search(struct emitter *e, const struct tree *t, const struct ir_value *x,
                               const struct ir_value *container) {
    if (t->op != OPERATOR_IN || !wide_is_unlearnt(e, container)) return false;
    if (container->type->kind == TYPE_DICT) return wide_learn_key(e, container, x->type);
    return container->type->kind == TYPE_LIST && wide_learn(e, container, type_list(e->types, x->type));
}

/* int ** int is an int, but for negative exponents: one that is written so makes a float, as the operator
 * does. */
static bool is_int_power(const struct tree *t, const struct ir_value *a, const struct ir_value *b) {
    lb_value exponent;
    if (t->op != OPERATOR_POWER || a->type->kind != TYPE_INT || b->type->kind != TYPE_INT) return false;
    return !emit_is_constant(b, &exponent) || exponent.i >= 0;
}

/* What a list holds or a dict has as keys; NULL: it is neither. */
static const struct type *searched(const struct type *t) {
    if (t->kind == TYPE_LIST) return t->items[0];
    return t->kind == TYPE_DICT ? t->items[lower_is_marked(t) ? 1 : 0] : NULL;
}

/* A member of an IntEnum is its value, but where it is only told from others of its own Enum. */
static struct ir_value *operand(struct emitter *e, const struct tree *t, struct ir_value *v,
                                const struct type *other) {
    bool equality = t->op == OPERATOR_EQUAL || t->op == OPERATOR_NOT_EQUAL;
    bool own = (equality && v->type == other) ||
               (t->op == OPERATOR_IN && (other->kind == TYPE_TUPLE || searched(other) == v->type));
    return own ? v : lower_member_value(e, v);
}

struct sugared *lower_operator(struct emitter *e, const struct tree *t, struct ir_value *a,
                               struct ir_value *b) {
    if (lower_refuse_caught(e, a->type, t->range) || lower_refuse_caught(e, b->type, t->range)) return NULL;
    const struct type *left = a->type;
    if (!(a = operand(e, t, a, b->type)) || !(b = operand(e, t, b, left))) return NULL;
    if (learns_from_search(e, t, a, b))
        return emit_error(e, t->range, "the type of the container is learnt here");
    if (is_int_power(t, a, b)) return library_call(e, "int_pow", t->range, (struct ir_value *[]){a, b}, 2);
    int known = known_comparison(t, a, b);
    if (known >= 0) return sugared_simple(e, emit_bool(e, known, t->range));
    if (asks_library(t, a, b)) {
        struct sugared *s = otherwise(e, t, a, b);
        if (s || e->err->code) return s;
    }
    struct attempt_error plain;
    attempt_begin(e, &plain);
    struct sugared *s = by_operator(e, t, a, b);
    if (!attempt_failed(e, &plain)) return s;
    s = otherwise(e, t, a, b);
    if (!s && !e->err->code) return attempt_fail(e, &plain);
    attempt_drop(&plain);
    return s;
}

/* None in (a, b) tests each for None, and says so of the variables. */
static struct tree *none_among(struct emitter *e, const struct tree *t) {
    const struct tree *list = t->items[1];
    bool literal = list->kind == TREE_TUPLE || list->kind == TREE_LIST_LITERAL;
    struct tree *all = NULL;
    if (t->op != OPERATOR_IN || t->items[0]->kind != TREE_NONE || !literal) return NULL;
    for (int i = 0; i < list->count; i++) {
        struct tree *one = lower_binary(e, t->range, OPERATOR_IS, list->items[i], t->items[0]),
                    *both[2] = {all, one};
        all = all && one ? lower_tree(e, TREE_OR, t->range, 2, both) : one;
    }
    return all;
}

struct sugared *lower_binary_value(struct emitter *e, const struct tree *t, int binders,
                                   const struct type *hint) {
    (void)binders;
    (void)hint;
    struct tree *tests = none_among(e, t);
    if (tests) return emit_sugared(e, tests, 1, NULL);
    if (t->op == OPERATOR_IS || t->op == OPERATOR_IS_NOT) {
        struct condition c;
        return emit_condition(e, t, &c) ? sugared_simple(e, c.value) : NULL;
    }
    struct sugared *right = NULL;
    if (t->op == OPERATOR_REMAINDER && t->items[0]->kind == TREE_STRING) {
        struct ir_value *values = emit_expression(e, t->items[1], NULL);
        return values ? lower_percent(e, t->items[0], values, t->range) : NULL;
    }
    struct ir_value *a = emit_expression(e, t->items[0], NULL);
    if (a && t->op == OPERATOR_IN && (right = emit_sugared(e, t->items[1], 1, NULL)) &&
        right->kind == &sugared_kind_keywords)
        return keywords_contain(e, right, a, t->range);
    struct ir_value *b = !a      ? NULL
                         : right ? sugared_value(e, right, t->range)
                                 : emit_expression(e, t->items[1], NULL);
    return b ? lower_operator(e, t, a, b) : NULL;
}

/* The condition `None in (a, b)` with what it says of types, or one that assigns; false: it is none of these.
 */
bool lower_condition(struct emitter *e, const struct tree *t, struct condition *out, bool *good) {
    struct tree *tests = t->kind == TREE_BINARY ? none_among(e, t) : NULL;
    if (!tests) return lower_named_condition(e, t, out, good);
    *good = emit_condition(e, tests, out);
    return true;
}
