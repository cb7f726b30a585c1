/* Values of expressions that stand where no program runs: defaults of parameters, Final constants, members of
 * enums, defaults of NamedTuples. PyTorch compiles and runs them; here what such places can hold is evaluated
 * directly. */
#include "lang/emitter.h"
#include <math.h>
#include <string.h>

struct evaluation {
    struct unit *unit;
    struct resolver *resolver;
    lb_error *err;
};

static bool evaluate(struct evaluation *v, const struct tree *t, const struct type *want, lb_value *out);

static bool refuse(struct evaluation *v, const struct tree *t) {
    return lang_report(v->err, t->range, "this expression cannot be evaluated as a constant");
}

static const struct type *item_type(const struct type *want, int index) {
    if (want && want->kind == TYPE_OPTIONAL) want = want->items[0];
    if (!want) return NULL;
    if (want->kind == TYPE_LIST) return want->items[0];
    if (want->kind == TYPE_TUPLE) return index < want->count ? want->items[index] : NULL;
    return NULL;
}

static bool evaluate_list(struct evaluation *v, const struct tree *t, const struct type *want,
                          lb_value *out) {
    struct type_store *types = &v->unit->types;
    const struct type *element = item_type(want, 0);
    if (!value_new_list(out, element ? element : types->tensor, t->count, v->err)) return false;
    for (int i = 0; i < t->count; i++) {
        lb_value item;
        if (!evaluate(v, t->items[i], element, &item)) return false;
        if (!element && !i) out->list->element = type_of_value(types, item);
        if (!list_append(out->list, item, v->err)) return false;
    }
    return true;
}

static bool evaluate_tuple(struct evaluation *v, const struct tree *t, const struct type *want,
                           lb_value *out) {
    if (!value_new_tuple(out, NULL, t->count, v->err)) return false;
    for (int i = 0; i < t->count; i++)
        if (!evaluate(v, t->items[i], item_type(want, i), &out->tuple->items[i])) return false;
    return true;
}

static bool evaluate_dict(struct evaluation *v, const struct tree *t, const struct type *want,
                          lb_value *out) {
    struct type_store *types = &v->unit->types;
    if (want && want->kind == TYPE_OPTIONAL) want = want->items[0];
    bool typed = want && want->kind == TYPE_DICT;
    const struct type *key = typed ? want->items[0] : types->simple[TYPE_STRING];
    const struct type *value = typed ? want->items[1] : types->tensor;
    if (!value_new_dict(out, key, value, v->err)) return false;
    for (int i = 0; i < t->items[0]->count; i++) {
        lb_value k, item;
        if (!evaluate(v, t->items[0]->items[i], key, &k)) return false;
        if (!evaluate(v, t->items[1]->items[i], typed ? value : NULL, &item)) {
            value_release(k);
            return false;
        }
        if (!typed && !i) {
            out->dict->key_type = type_of_value(types, k);
            out->dict->value_type = type_of_value(types, item);
        }
        if (!dict_set(out->dict, k, item, v->err)) return false;
    }
    return true;
}

static bool evaluate_negation(struct evaluation *v, const struct tree *t, const struct type *want,
                              lb_value *out) {
    if (!evaluate(v, t->items[0], want, out)) return false;
    if (out->tag == VALUE_INT) {
        out->i = (int64_t)(0 - (uint64_t)out->i);
    } else if (out->tag == VALUE_FLOAT) {
        out->f = -out->f;
    } else {
        return refuse(v, t);
    }
    return true;
}

static bool evaluate_name(struct evaluation *v, const struct tree *t, lb_value *out) {
    const char *name = t->name->text;
    bool infinite = !strncmp(name, "inf", 3), imaginary = name[0] && name[3] == 'j';
    if (strcmp(name, "inf") && strcmp(name, "nan") && strcmp(name, "infj") && strcmp(name, "nanj"))
        return refuse(v, t);
    double d = infinite ? (double)INFINITY : (double)NAN;
    if (imaginary) return value_new_complex(out, 0, d, v->err);
    *out = value_float(d);
    return true;
}

/* a + bj, as complex numbers are printed. */
static bool evaluate_sum(struct evaluation *v, const struct tree *t, lb_value *out) {
    lb_value a, b;
    double sign = t->op == OPERATOR_SUBTRACT ? -1 : 1;
    if (t->op != OPERATOR_ADD && t->op != OPERATOR_SUBTRACT) return refuse(v, t);
    if (!evaluate(v, t->items[0], NULL, &a)) return false;
    if (!evaluate(v, t->items[1], NULL, &b)) {
        value_release(a);
        return false;
    }
    double re = a.tag == VALUE_INT ? (double)a.i : a.f;
    bool good = (a.tag == VALUE_INT || a.tag == VALUE_FLOAT) && b.tag == VALUE_COMPLEX;
    bool made = good && value_new_complex(out, re, sign * b.complex->im, v->err);
    value_release(a);
    value_release(b);
    return good ? made : refuse(v, t);
}

/* "cpu", "cuda:1" */
static bool parse_device(const char *text, struct device *out) {
    static const struct {
        const char *name;
        int16_t type;
    } devices[] = {{"cpu", DEVICE_CPU}, {"cuda", DEVICE_CUDA}, {"meta", DEVICE_META}};
    for (size_t i = 0; i < sizeof devices / sizeof *devices; i++) {
        size_t length = strlen(devices[i].name);
        if (strncmp(text, devices[i].name, length)) continue;
        *out = (struct device){devices[i].type, -1};
        if (text[length] == ':') out->index = (int16_t)(text[length + 1] - '0');
        bool numbered =
            text[length] == ':' && text[length + 1] >= '0' && text[length + 1] <= '9' && !text[length + 2];
        return !text[length] || numbered;
    }
    return false;
}

/* torch.device("cpu"), annotate(T, x) */
static bool evaluate_call(struct evaluation *v, const struct tree *t, lb_value *out) {
    const struct tree *callee = t->items[0], *arguments = t->items[1];
    if (callee->kind == TREE_NAME && !strcmp(callee->name->text, "annotate") && arguments->count == 2) {
        const struct type *type = annotation_type(v->unit, v->resolver, arguments->items[0], v->err);
        return type && evaluate(v, arguments->items[1], type, out);
    }
    bool device = callee->kind == TREE_ATTRIBUTE && !strcmp(callee->name->text, "device");
    if (!device || arguments->count != 1 || arguments->items[0]->kind != TREE_STRING) return refuse(v, t);
    struct device d;
    if (!parse_device(arguments->items[0]->text, &d)) return refuse(v, t);
    *out = value_device(d);
    return true;
}

/* __torch__.Color.RED, CONSTANTS.c0 */
static bool evaluate_member(struct evaluation *v, const struct tree *t, lb_value *out) {
    const struct tree *of = t->items[0];
    bool asks = of->kind == TREE_NAME && v->resolver && v->resolver->find_constant;
    const lb_value *constant = asks ? v->resolver->find_constant(v->resolver, of->name, t->name) : NULL;
    if (constant) {
        *out = value_copy(*constant);
        return true;
    }
    const struct type *type = annotation_type(v->unit, v->resolver, t->items[0], v->err);
    if (!type) return false;
    if (type->kind != TYPE_ENUM) return refuse(v, t);
    for (int i = 0; i < type->members->list.count; i++) {
        const struct enum_member *m = &type->members->list.items[i];
        lb_value name;
        if (m->name != t->name) continue;
        if (!value_new_string(&name, m->name->text, m->name->length, v->err)) return false;
        bool good = value_new_enum(out, type, i, name, m->value, v->err);
        value_release(name);
        return good;
    }
    return refuse(v, t);
}

static bool evaluate_number(const struct tree *t, const struct type *want, lb_value *out) {
    bool as_float = want && (want->kind == TYPE_FLOAT ||
                             (want->kind == TYPE_OPTIONAL && want->items[0]->kind == TYPE_FLOAT));
    *out = as_float ? value_float((double)t->integer) : value_int(t->integer);
    return true;
}

static bool evaluate_kind(struct evaluation *v, const struct tree *t, const struct type *want,
                          lb_value *out) {
    switch ((enum tree_kind)t->kind) {
    case TREE_INT: return evaluate_number(t, want, out);
    case TREE_FLOAT: *out = value_float(t->number); return true;
    case TREE_COMPLEX: return value_new_complex(out, 0, t->number, v->err);
    case TREE_STRING: return value_new_string(out, t->text, t->length, v->err);
    case TREE_TRUE:
    case TREE_FALSE: *out = value_bool(t->kind == TREE_TRUE); return true;
    case TREE_NONE: return true;
    case TREE_NEGATE: return evaluate_negation(v, t, want, out);
    case TREE_LIST_LITERAL: return evaluate_list(v, t, want, out);
    case TREE_TUPLE: return evaluate_tuple(v, t, want, out);
    case TREE_DICT: return evaluate_dict(v, t, want, out);
    case TREE_NAME: return evaluate_name(v, t, out);
    case TREE_BINARY: return evaluate_sum(v, t, out);
    case TREE_CALL: return evaluate_call(v, t, out);
    case TREE_ATTRIBUTE: return evaluate_member(v, t, out);
    default: return refuse(v, t);
    }
}

static bool evaluate(struct evaluation *v, const struct tree *t, const struct type *want, lb_value *out) {
    *out = value_none();
    if (evaluate_kind(v, t, want, out)) return true;
    value_release(*out);
    *out = value_none();
    return false;
}

bool constant_evaluate(struct unit *unit, struct resolver *r, const struct tree *t, const struct type *want,
                       lb_value *out, lb_error *err) {
    struct evaluation v = {unit, r, err};
    return evaluate(&v, t, want, out);
}
