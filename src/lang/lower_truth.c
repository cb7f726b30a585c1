/* Truth and the values of `and`, `or`, `not`: anything can be tested, and `a or b` is a or b, not a bool. A
 * test of something that may be None says that it is not; so do tests of attributes, items and calls of
 * get(), which hold until something is assigned to what they are made of. */
#include "lang/lower.h"
#include <string.h>

/* ---- expressions that tests speak of ---- */

/* A text for x.a, x[i], x["k"], x.get(k); false: nothing that is remembered. */
static bool put_path(struct text *out, const struct tree *t) {
    switch ((enum tree_kind)t->kind) {
    case TREE_NAME: return text_put(out, t->name->text), true;
    case TREE_INT: return text_printf(out, "%lld", (long long)t->integer), true;
    case TREE_STRING: return text_printf(out, "'%.*s'", (int)t->length, t->text), true;
    case TREE_ATTRIBUTE:
        if (!put_path(out, t->items[0])) return false;
        return text_printf(out, ".%s", t->name->text), true;
    case TREE_SUBSCRIPT:
        if (t->items[1]->count != 1 || !put_path(out, t->items[0])) return false;
        text_put(out, "[");
        if (!put_path(out, t->items[1]->items[0])) return false;
        return text_put(out, "]"), true;
    case TREE_CALL: {
        const struct tree *callee = t->items[0];
        bool get =
            callee->kind == TREE_ATTRIBUTE && !strcmp(callee->name->text, "get") && t->items[1]->count == 1;
        if (!get || !put_path(out, callee->items[0])) return false;
        text_put(out, ".get(");
        if (!put_path(out, t->items[1]->items[0])) return false;
        return text_put(out, ")"), true;
    }
    default: return false;
    }
}

/* The path as a name; NULL: none. Plain variables are refined by the emitter itself. */
const struct name *lower_path(struct emitter *e, const struct tree *t) {
    struct text text = {0};
    if (t->kind != TREE_ATTRIBUTE && t->kind != TREE_SUBSCRIPT && t->kind != TREE_CALL) return NULL;
    text_put(&text, "$path ");
    const struct name *name = put_path(&text, t) ? emit_name(e, text_get(&text)) : NULL;
    text_free(&text);
    return name;
}

bool lower_is_path(const struct name *name) {
    return !strncmp(name->text, "$path ", 6);
}

static const struct type *path_type(struct emitter *e, const struct name *path) {
    for (struct frame *f = e->frame; f; f = f->outer) {
        const struct type *t = table_get(&f->paths, path);
        if (t) return t;
    }
    return NULL;
}

bool lower_set_path(struct emitter *e, const struct name *path, const struct type *type) {
    return table_set(&e->frame->paths, path, (void *)(uintptr_t)type) || error_memory(e->err);
}

/* Whether the path mentions the variable as a whole word. */
static bool mentions(const char *path, const struct name *name) {
    for (const char *at = path + 6; (at = strstr(at, name->text)); at++) {
        char before = at > path ? at[-1] : 0, after = at[name->length];
        bool begins = !((before >= 'a' && before <= 'z') || (before >= 'A' && before <= 'Z') ||
                        before == '_' || before == '.');
        bool ends = !((after >= 'a' && after <= 'z') || (after >= 'A' && after <= 'Z') || after == '_' ||
                      (after >= '0' && after <= '9'));
        if (begins && ends) return true;
    }
    return false;
}

/* What is known of paths that the assignment touches is known no longer. */
void lower_forget_paths(struct emitter *e, const struct name *variable, const struct name *attribute) {
    for (struct frame *f = e->frame; f; f = f->outer)
        for (uint32_t i = 0; f->paths.slots && i <= f->paths.mask; i++) {
            struct table_slot *slot = &f->paths.slots[i];
            const struct name *path = slot->key;
            if (!path || !slot->value) continue;
            bool touched =
                variable ? mentions(path->text, variable) : strstr(path->text, attribute->text) != NULL;
            if (touched) slot->value = NULL;
        }
}

bool lower_keep_paths(struct emitter *e, const struct frame *arm) {
    for (uint32_t i = 0; arm->paths.slots && i <= arm->paths.mask; i++) {
        const struct table_slot *slot = &arm->paths.slots[i];
        if (slot->key && slot->value && !lower_set_path(e, slot->key, slot->value)) return false;
    }
    return true;
}

struct sugared *lower_refined(struct emitter *e, const struct tree *t, struct sugared *s) {
    struct ir_value *v = sugared_as_simple(s);
    if (!v || (v->type->kind != TYPE_OPTIONAL && v->type->kind != TYPE_UNION && v->type->kind != TYPE_ANY))
        return s;
    const struct name *path = lower_path(e, t);
    const struct type *known = path ? path_type(e, path) : NULL;
    if (!known) return e->err->code ? NULL : s;
    if (v->type->kind != TYPE_OPTIONAL) return sugared_simple(e, emit_cast(e, v, known));
    return sugared_simple(e, emit_operator(e, "aten::_unwrap_optional", t->range, &v, 1));
}

/* ---- truth ---- */

static struct ir_value *truth_of_object(struct emitter *e, struct ir_value *v, struct source_range at) {
    static const char *const methods[] = {"__bool__", "__len__"};
    for (int i = 0; i < 2; i++) {
        struct sugared *method = lower_special(e, v, methods[i], at);
        if (e->err->code) return NULL;
        if (!method) continue;
        struct ir_value *result = sugared_value(e, sugared_call(e, method, at, actuals_of(NULL, 0), 1), at);
        return result && i ? emit_to_bool(e, at, result) : result;
    }
    return emit_bool(e, true, at);
}

/* Of a member that is a value. */
static struct ir_value *truth_of_member(struct emitter *e, struct ir_value *v, struct source_range at) {
    struct ir_value *value = lower_member_value(e, v);
    if (value == v) return emit_bool(e, true, at);
    if (value && value->type->kind == TYPE_STRING) value = emit_operator(e, "aten::len", at, &value, 1);
    return value ? emit_to_bool(e, at, value) : NULL;
}

/* Not None and true. */
static struct ir_value *truth_of_optional(struct emitter *e, struct ir_value *v, struct source_range at) {
    struct tree *kept = lower_keep(e, at, sugared_simple(e, v)),
                *none = lower_tree(e, TREE_NONE, at, 0, NULL);
    struct tree *test = kept && none ? lower_binary(e, at, OPERATOR_IS_NOT, kept, none) : NULL;
    struct tree *both[2] = {test, kept};
    struct tree *all = test ? lower_tree(e, TREE_AND, at, 2, both) : NULL;
    struct condition c;
    return all && emit_condition(e, all, &c) ? c.value : NULL;
}

struct ir_value *lower_truth(struct emitter *e, struct ir_value *v, struct source_range at) {
    switch (v->type->kind) {
    case TYPE_BOOL: return v;
    case TYPE_NONE: return emit_bool(e, false, at);
    case TYPE_TUPLE: return emit_bool(e, v->type->count > 0, at);
    case TYPE_ENUM: return truth_of_member(e, v, at);
    case TYPE_CLASS: return truth_of_object(e, v, at);
    case TYPE_OPTIONAL: return truth_of_optional(e, v, at);
    default: return NULL;
    }
}

/* if x: where x may be None: x is not None. Nothing to say: true with known -1. */
static bool refine_tested(struct emitter *e, const struct tree *t, const struct ir_value *v,
                          struct condition *out) {
    const struct type *inner = v->type->kind == TYPE_OPTIONAL ? v->type->items[0] : NULL;
    if (t->kind == TREE_NAMED_EXPRESSION) t = t->items[0];
    const struct name *name = t->kind == TREE_NAME ? t->name : inner ? lower_path(e, t) : NULL;
    if (!inner || !name) return !e->err->code;
    struct refinement *items = arena_array(&e->memory, struct refinement, 1);
    if (!items) return error_memory(e->err);
    items[0] = (struct refinement){name, inner};
    out->when_true = (struct refinements){items, 1};
    return true;
}

bool lower_test(struct emitter *e, const struct tree *t, struct condition *out) {
    struct sugared *s = emit_sugared(e, t, 1, NULL);
    struct ir_value *v = sugared_as_simple(s);
    lb_value c;
    if (!s) return false;
    if (!v && sugared_static_length(s) >= 0) { /* a tuple of arguments */
        out->known = sugared_static_length(s) > 0;
        return (out->value = emit_bool(e, out->known, t->range)) != NULL;
    }
    if (!v && !(v = s->kind->value ? sugared_value(e, s, t->range) : emit_bool(e, true, t->range)))
        return false;
    if (!refine_tested(e, t, v, out)) return false;
    out->value = lower_truth(e, v, t->range);
    if (!out->value && !e->err->code) out->value = emit_to_bool_plain(e, t->range, v);
    if (out->value && emit_is_constant(out->value, &c) && c.tag == VALUE_BOOL) out->known = c.b;
    if (out->value && !strcmp(out->value->node->kind->text, "aten::is_scripting")) out->known = 1;
    return out->value != NULL;
}

/* ---- arms ---- */

bool lower_mixed_numbers(struct emitter *e, struct ir_value **values, int count, int stride) {
    bool floats = false, others = false;
    for (int i = 0; i < count; i++) {
        enum type_kind kind = values[i * stride]->type->kind;
        floats |= kind == TYPE_FLOAT;
        others |= kind != TYPE_FLOAT && kind != TYPE_INT;
    }
    for (int i = 0; floats && !others && i < count; i++) {
        struct ir_value **v = &values[i * stride];
        if ((*v)->type->kind == TYPE_INT && !(*v = emit_operator(e, "aten::Float", (*v)->node->range, v, 1)))
            return false;
    }
    return true;
}

/* An int beside a float becomes one. */
bool lower_widen(struct emitter *e, struct block *first, struct block *second) {
    struct block *const blocks[2] = {first, second};
    for (int i = 0; i < 2; i++) {
        struct ir_value *v = blocks[i]->result->inputs.items[0], *other = blocks[!i]->result->inputs.items[0];
        if (v->type->kind != TYPE_INT || other->type->kind != TYPE_FLOAT) continue;
        struct insertion old = emit_into(e, blocks[i]);
        v = emit_operator(e, "aten::Float", v->node->range, &v, 1);
        emit_back(e, old);
        if (!v) return false;
        node_replace_input(blocks[i]->result, 0, v);
    }
    return true;
}

/* ---- and, or as values ---- */

/* What can only be true or false: the emitter's own way, with what it says of types. */
static bool is_test(const struct tree *t) {
    if (t->kind == TREE_AND || t->kind == TREE_OR) return is_test(t->items[0]) && is_test(t->items[1]);
    bool comparison =
        t->kind == TREE_BINARY && tree_operators[t->op].power == tree_operators[OPERATOR_EQUAL].power;
    return comparison || t->kind == TREE_NOT || t->kind == TREE_TRUE || t->kind == TREE_FALSE;
}

/* `a or b` -> a if a else b; `a and b` -> b if a else a. The left side is evaluated once. */
struct sugared *lower_either(struct emitter *e, const struct tree *t, int binders, const struct type *hint) {
    (void)binders;
    struct condition c;
    if (is_test(t->items[0])) {
        if (is_test(t)) return emit_condition(e, t, &c) ? sugared_simple(e, c.value) : NULL;
        struct tree *constant = lower_tree(e, t->kind == TREE_OR ? TREE_TRUE : TREE_FALSE, t->range, 0, NULL);
        struct tree *parts[3] = {t->items[0], t->kind == TREE_OR ? constant : t->items[1],
                                 t->kind == TREE_OR ? t->items[1] : constant};
        struct tree *all = constant ? lower_tree(e, TREE_IF_EXPRESSION, t->range, 3, parts) : NULL;
        return all ? emit_sugared(e, all, 1, hint) : NULL;
    }
    struct sugared *left = emit_sugared(e, t->items[0], 1, hint);
    struct ir_value *v = left ? sugared_value(e, left, t->range) : NULL;
    struct tree *kept = v ? lower_keep(e, t->range, sugared_simple(e, v)) : NULL;
    struct tree *parts[3] = {kept, t->kind == TREE_OR ? kept : t->items[1],
                             t->kind == TREE_OR ? t->items[1] : kept};
    struct tree *all = kept ? lower_tree(e, TREE_IF_EXPRESSION, t->range, 3, parts) : NULL;
    return all ? emit_sugared(e, all, 1, hint) : NULL;
}
