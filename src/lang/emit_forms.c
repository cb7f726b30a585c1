/* Special forms: calls that evaluate their arguments in their own way (emitApplySpecialForm in
 * torch/csrc/jit/frontend/ir_emitter.cpp). One function a form, one table of them. */
#include "lang/emitter.h"
#include <stdint.h>
#include <string.h>

struct form_call {
    const struct tree *tree, *arguments, *keywords;
    struct sugared *form;
    const struct type *hint;
};

static bool check_count(struct emitter *e, const struct form_call *c, int least, int most) {
    const char *name = c->tree->items[0]->kind == TREE_NAME ? c->tree->items[0]->name->text : "this call";
    int count = c->arguments->count;
    if (count < least || count > most) {
        if (least == most)
            emit_error(e, c->tree->range, "%s expected exactly %d arguments but found %d", name, least,
                       count);
        else
            emit_error(e, c->tree->range,
                       "%s expected to have number of arguments between %d and %d but found %d", name, least,
                       most, count);
        return false;
    }
    return !c->keywords->count ||
           emit_error(e, c->tree->range, "%s takes no keyword arguments", name) != NULL;
}

static struct sugared *form_annotate(struct emitter *e, const struct form_call *c) {
    if (!check_count(e, c, 2, 2)) return NULL;
    const struct type *type = emit_annotation(e, c->arguments->items[0]);
    struct ir_value *v = type ? emit_expression(e, c->arguments->items[1], type) : NULL;
    if (v) v = match_convert(e, c->tree->range, type, v, true);
    if (!v) return NULL;
    if (!is_subtype(e, v->type, type))
        return emit_error(e, c->arguments->range, "expected an expression of type %s but found %s\n",
                          emit_type_words(e, type), emit_type_words(e, v->type));
    bool optional = type->kind == TYPE_OPTIONAL || (type->kind == TYPE_UNION && type_accepts_none(type));
    if (optional && v->type->kind == TYPE_NONE) v = emit_none(e, type);
    return sugared_simple(e, v);
}

static struct sugared *form_unchecked_cast(struct emitter *e, const struct form_call *c) {
    if (!check_count(e, c, 2, 2)) return NULL;
    const struct type *type = emit_annotation(e, c->arguments->items[0]);
    struct ir_value *v = type ? emit_expression(e, c->arguments->items[1], NULL) : NULL;
    if (v && (!node_is(v->node, KIND_UNCHECKED_CAST) || v->type != type)) v = emit_cast(e, v, type);
    return sugared_simple(e, v);
}

static struct sugared *form_uninitialized(struct emitter *e, const struct form_call *c) {
    if (!check_count(e, c, 1, 1)) return NULL;
    const struct type *type = emit_annotation(e, c->arguments->items[0]);
    struct ir_value *v = type ? emit_uninitialized(e, type) : NULL;
    if (v) v->node->range = c->tree->range;
    return sugared_simple(e, v);
}

static struct sugared *form_getattr(struct emitter *e, const struct form_call *c) {
    if (!check_count(e, c, 2, 3)) return NULL;
    struct sugared *object = emit_sugared(e, c->arguments->items[0], 1, NULL);
    const struct tree *selector = c->arguments->items[1];
    if (!object) return NULL;
    if (selector->kind != TREE_STRING)
        return emit_error(e, c->tree->range, "getattr's second argument must be a string literal");
    const struct name *name = name_intern(&e->unit->names, selector->text, (size_t)selector->length);
    if (!name) return emit_out_of_memory(e);
    if (c->arguments->count == 3) {
        bool has = sugared_has_attribute(e, object, c->tree->range, name);
        if (e->err->code) return NULL;
        if (!has) return emit_sugared(e, c->arguments->items[2], 1, NULL);
    }
    return sugared_attribute(e, object, c->tree->range, name);
}

static struct sugared *form_hasattr(struct emitter *e, const struct form_call *c) {
    struct condition condition;
    if (!check_count(e, c, 2, 2)) return NULL;
    if (!emit_hasattr(e, c->arguments->items[0], c->arguments->items[1], &condition)) return NULL;
    return sugared_simple(e, condition.value);
}

static struct sugared *form_isinstance(struct emitter *e, const struct form_call *c) {
    struct condition condition;
    if (!check_count(e, c, 2, 2)) return NULL;
    if (!emit_isinstance(e, c->arguments->items[0], c->arguments->items[1], &condition)) return NULL;
    return sugared_simple(e, condition.value);
}

static struct sugared *form_tuple(struct emitter *e, const struct form_call *c) {
    if (!check_count(e, c, 1, 1)) return NULL;
    struct sugared_list list;
    struct sugared *s = emit_sugared(e, c->arguments->items[0], 1, NULL);
    if (!s || !sugared_tuple(e, s, c->tree->range, -1, &list)) return NULL;
    struct ir_value **items = arena_array(&e->memory, struct ir_value *, list.count + 1);
    if (!items) return emit_out_of_memory(e);
    for (int i = 0; i < list.count; i++)
        if (!(items[i] = sugared_value(e, list.items[i], c->tree->range))) return NULL;
    return sugared_simple(e, emit_tuple(e, items, list.count, NULL));
}

/* How many lists the type is deep, and the code of what is inside; -1: not to be made of a tensor. */
static int list_depth(const struct type *t, int *element) {
    static const uint8_t kinds[] = {TYPE_INT, TYPE_FLOAT, TYPE_BOOL, TYPE_COMPLEX};
    int depth = 0;
    for (; t->kind == TYPE_LIST; t = t->items[0]) depth++;
    for (int i = 0; i < 4; i++) {
        *element = i;
        if (kinds[i] == t->kind) return depth;
    }
    return -1;
}

static struct sugared *form_tolist(struct emitter *e, const struct form_call *c) {
    const struct tree *tensor = c->tree->items[0]->items[0];
    struct sugared *s = emit_sugared(e, tensor, 1, NULL);
    int element, depth = c->hint ? list_depth(c->hint, &element) : 0;
    if (!s) return NULL;
    if (!c->hint) return emit_error(e, c->tree->range, "Expected type hint for result of tolist()");
    struct ir_value *inputs[3] = {sugared_value(e, s, tensor->range)};
    if (!inputs[0]) return NULL;
    if (depth < 0)
        return emit_error(e, c->tree->range,
                          "%s is not one of the supported element types for tolist: int, float, complex, "
                          "bool",
                          emit_type_words(e, c->hint));
    inputs[1] = emit_int(e, depth, (struct source_range){0});
    inputs[2] = emit_int(e, element, (struct source_range){0});
    if (!inputs[1] || !inputs[2]) return NULL;
    return sugared_simple(e, emit_typed(e, KIND_TOLIST, c->hint, inputs, 3));
}

static struct sugared *form_create_object(struct emitter *e, const struct form_call *c) {
    if (c->arguments->count != 1)
        return emit_error(e, c->tree->range, "Only one argument to __new__ allowed");
    struct sugared *s = emit_sugared(e, c->arguments->items[0], 1, NULL);
    if (!s) return NULL;
    if (s->kind != &sugared_kind_class)
        return emit_error(e, c->tree->range, "Expected class value as argument to __new__, got %s instead",
                          sugared_words(e, s));
    struct ir_value *v = emit_typed(e, KIND_CREATE_OBJECT, s->type, NULL, 0);
    if (v) v->node->range = c->tree->range;
    return sugared_simple(e, v);
}

static struct sugared *form_range(struct emitter *e, const struct form_call *c) {
    struct actual *actuals;
    int count;
    if (!emit_actuals(e, c->arguments, 0, true, &actuals, &count)) return NULL;
    struct ir_value **inputs = arena_array(&e->memory, struct ir_value *, count + 1);
    if (!inputs) return emit_out_of_memory(e);
    for (int i = 0; i < count; i++) inputs[i] = actuals[i].value;
    return sugared_range(e, c->tree->range, inputs, count, -1);
}

/* The start that enumerate is given; false after an error. */
static bool enumerate_start(struct emitter *e, const struct form_call *c, struct ir_value **start) {
    struct source_range at = c->tree->range;
    const struct tree *given = c->arguments->count == 2 ? c->arguments->items[1] : NULL;
    if (!c->arguments->count)
        return emit_error(e, at, "enumerate expected at least 1 arguments, got 0") != NULL;
    if (given && !(*start = sugared_value(e, emit_sugared(e, given, 1, NULL), at))) return false;
    int count = c->arguments->count + c->keywords->count;
    if (count > 2) return emit_error(e, at, "enumerate expected at most 2 arguments, got %d", count) != NULL;
    if (!c->keywords->count) return true;
    const struct tree *k = c->keywords->items[0];
    if (strcmp(k->name->text, "start"))
        return emit_error(e, at, "enumerate expected kwarg name 'start', got '%s'", k->name->text) != NULL;
    *start = sugared_value(e, emit_sugared(e, k->items[0], 1, NULL), at);
    return *start != NULL;
}

/* enumerate(x) is zip(range(start, endless), x). */
static struct sugared *form_enumerate(struct emitter *e, const struct form_call *c) {
    struct ir_value *start = NULL, *inputs[2];
    int count = 0;
    if (!enumerate_start(e, c, &start)) return NULL;
    if (start) inputs[count++] = start;
    if (!(inputs[count++] = emit_literal(e, value_int(INT64_MAX), c->tree->range))) return NULL;
    struct sugared *s = emit_sugared(e, c->arguments->items[0], 1, NULL);
    struct sugared *iterable = sugared_iterate(e, s, c->tree->range);
    if (!iterable) return NULL;
    struct sugared *both[2] = {
        sugared_range(e, c->tree->range, inputs, count, sugared_static_length(iterable)), iterable};
    return both[0] ? sugared_zip(e, c->tree->range, both, 2) : NULL;
}

static struct sugared *form_zip(struct emitter *e, const struct form_call *c) {
    int count = c->arguments->count;
    if (!count) return emit_error(e, c->tree->range, "zip expected at least 1 arguments, got 0");
    struct sugared **items = arena_array(&e->memory, struct sugared *, count);
    if (!items) return emit_out_of_memory(e);
    for (int i = 0; i < count; i++) {
        struct sugared *s = emit_sugared(e, c->arguments->items[i], 1, NULL);
        if (!(items[i] = sugared_iterate(e, s, c->tree->range))) return NULL;
    }
    return sugared_zip(e, c->tree->range, items, count);
}

/* x.__getitem__(i) on a tensor. */
static struct sugared *form_index(struct emitter *e, const struct form_call *c) {
    const struct tree *tensor = c->tree->items[0]->items[0];
    struct source_range at = c->tree->range;
    struct ir_value *self = sugared_value(e, emit_sugared(e, tensor, 1, NULL), at);
    if (!self) return NULL;
    if (c->arguments->count != 1)
        return emit_error(e, at, "__getitem__ expected exactly 1 arguments, got %d", c->arguments->count);
    struct ir_value *index = sugared_value(e, emit_sugared(e, c->arguments->items[0], 1, NULL), at);
    if (!index) return NULL;
    if (index->type->kind != TYPE_TUPLE) return sugared_simple(e, emit_index(e, at, self, &index, 1));
    struct ir_value *const *items = emit_unpack(e, index);
    return items ? sugared_simple(e, emit_index(e, at, self, items, index->type->count)) : NULL;
}

static struct sugared *form_list(struct emitter *e, const struct form_call *c) {
    return emit_list_call(e, c->tree, c->hint);
}
static struct sugared *form_dict(struct emitter *e, const struct form_call *c) {
    return emit_dict_call(e, c->tree, c->hint);
}

/* ---- fork ---- */

struct forked_call {
    struct sugared *callee;
    struct actuals actuals;
    struct source_range at;
    const struct type *result; /* filled in */
};

static bool emit_forked_body(struct emitter *e, struct block *b, void *context) {
    struct forked_call *f = context;
    struct ir_value *v = sugared_value(e, sugared_call(e, f->callee, f->at, f->actuals, 1), f->at);
    if (!v) return false;
    f->result = v->type;
    return block_add_output(b, v) >= 0 || error_memory(e->err);
}

/* The closure goes before the fork node, whose number is the smaller. */
static struct sugared *emit_fork_node(struct emitter *e, struct forked_call *f, bool await) {
    struct node *n = emit_node(e, await ? KIND_AWAITABLE_CLOSURE : KIND_FORK_CLOSURE, 1, NULL, 0);
    if (!n) return NULL;
    n->range = f->at;
    struct ir_value *closure;
    if (f->callee->kind == &sugared_kind_closure) {
        closure = f->callee->value;
        f->result = closure->node->blocks.items[0]->result->inputs.items[0]->type;
    } else {
        struct insertion old = emit_at(e, n);
        closure = emit_closure(e, emit_forked_body, f);
        emit_back(e, old);
    }
    if (!closure || !node_add_input(n, closure)) return NULL;
    n->outputs.items[0]->type = type_wrap(e->types, await ? TYPE_AWAIT : TYPE_FUTURE, f->result);
    return n->outputs.items[0]->type ? sugared_simple(e, n->outputs.items[0]) : emit_out_of_memory(e);
}

static struct sugared *form_fork(struct emitter *e, const struct form_call *c) {
    bool await = c->form->form == FORM_AWAITABLE;
    struct forked_call f = {.at = c->tree->range};
    struct actual *items, *keywords;
    if (!c->arguments->count)
        return emit_error(e, c->tree->range, "Expected at least one argument to %s()",
                          await ? "awaitable" : "fork");
    if (!(f.callee = emit_sugared(e, c->arguments->items[0], 1, NULL))) return NULL;
    if (!emit_actuals(e, c->arguments, 1, true, &items, &f.actuals.count)) return NULL;
    if (!emit_keywords(e, c->keywords, &keywords, &f.actuals.keyword_count)) return NULL;
    f.actuals.items = items;
    f.actuals.keywords = keywords;
    return emit_fork_node(e, &f, await);
}

static struct sugared *(*const forms[FORM_COUNT])(struct emitter *e, const struct form_call *c) = {
    [FORM_FORK] = form_fork,
    [FORM_AWAITABLE] = form_fork,
    [FORM_ANNOTATE] = form_annotate,
    [FORM_UNCHECKED_CAST] = form_unchecked_cast,
    [FORM_GETATTR] = form_getattr,
    [FORM_HASATTR] = form_hasattr,
    [FORM_UNINITIALIZED] = form_uninitialized,
    [FORM_TUPLE] = form_tuple,
    [FORM_ISINSTANCE] = form_isinstance,
    [FORM_TOLIST] = form_tolist,
    [FORM_CREATE_OBJECT] = form_create_object,
    [FORM_RANGE] = form_range,
    [FORM_ENUMERATE] = form_enumerate,
    [FORM_ZIP] = form_zip,
    [FORM_LIST] = form_list,
    [FORM_DICT] = form_dict,
    [FORM_INDEX] = form_index,
};

struct sugared *emit_special_form(struct emitter *e, struct sugared *form, const struct tree *call,
                                  const struct type *hint) {
    const struct form_call c = {call, call->items[1], call->items[2], form, hint};
    return forms[form->form](e, &c);
}
