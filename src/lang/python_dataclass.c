/* The methods that Python makes for a dataclass, as source text that is compiled like any other: __init__
 * from the fields, __eq__, the order, __repr__, __hash__ (torch/jit/_dataclass_impls.py). A field's
 * annotation and default stay the trees that they are. */
#include "lang/dotted.h"
#include "lang/emitter.h"
#include "lang/python_class.h"
#include <string.h>

struct field {
    const struct name *name;
    struct tree *type, *value, *factory; /* value, factory NULL: none */
    bool in_init, compared, shown, for_init_alone, keyword_only;
};

struct dataclass {
    struct unit *unit;
    struct resolver *resolver;
    const struct tree *tree;
    ARRAY_OF(struct field) fields;
    struct tree_list *methods;
    lb_error *err;
};

bool python_is_dataclass(struct unit *unit, struct resolver *resolver, const struct tree *class_tree) {
    return dotted_decorates(unit, resolver, class_tree, "dataclasses.dataclass");
}

/* ---- fields ---- */

static bool is_name(struct dataclass *d, const struct tree *t, const char *full) {
    lb_error ignored = {0};
    const struct name *name = dotted_full(d->unit, d->resolver, t, &ignored);
    error_clear(&ignored);
    return name && !strcmp(name->text, full);
}

static struct tree *keyword_of(const struct tree *call, const char *name) {
    const struct tree *keywords = call->items[2];
    for (int i = 0; i < keywords->count; i++)
        if (keywords->items[i]->name && !strcmp(keywords->items[i]->name->text, name))
            return keywords->items[i]->items[0];
    return NULL;
}

static bool is_set(const struct tree *call, const char *name, bool otherwise) {
    const struct tree *value = keyword_of(call, name);
    return value ? value->kind == TREE_TRUE : otherwise;
}

/* An option of the decorator: @dataclass(order=True). */
static bool option(struct dataclass *d, const char *name, bool otherwise) {
    const struct tree *decorators = d->tree->items[2];
    for (int i = 0; i < decorators->count; i++) {
        const struct tree *t = decorators->items[i];
        if (t->kind == TREE_CALL && is_name(d, t->items[0], "dataclasses.dataclass"))
            return is_set(t, name, otherwise);
    }
    return otherwise;
}

/* field(default=..., compare=False) */
static void read_field_call(struct field *f, const struct tree *call) {
    f->value = keyword_of(call, "default");
    f->factory = keyword_of(call, "default_factory");
    f->in_init = is_set(call, "init", true);
    f->compared = is_set(call, "compare", true);
    f->shown = is_set(call, "repr", true);
    f->keyword_only = is_set(call, "kw_only", f->keyword_only);
}

static bool read_field(struct dataclass *d, const struct tree *t) {
    const struct tree *target = t->items[0]->items[0];
    struct tree *type = t->items[2];
    if (target->kind != TREE_NAME || !type) return true;
    bool subscript = type->kind == TREE_SUBSCRIPT && type->items[1]->count == 1;
    if (is_name(d, subscript ? type->items[0] : type, "typing.ClassVar")) return true;
    struct field f = {.name = target->name,
                      .type = type,
                      .value = t->items[1],
                      .in_init = true,
                      .compared = true,
                      .shown = true,
                      .keyword_only = option(d, "kw_only", false)};
    if (subscript && is_name(d, type->items[0], "dataclasses.InitVar")) {
        f.type = type->items[1]->items[0];
        f.for_init_alone = true;
        f.compared = f.shown = false;
    }
    if (f.value && f.value->kind == TREE_CALL && is_name(d, f.value->items[0], "dataclasses.field"))
        read_field_call(&f, f.value);
    for (int i = 0; i < d->fields.count; i++)
        if (d->fields.items[i].name == f.name) return d->fields.items[i] = f, true;
    return array_push_in(&d->unit->memory, &d->fields, f) || error_memory(d->err);
}

/* Those of base classes that are dataclasses come first; a field that is there again keeps its place. */
static bool read_fields(struct dataclass *d, const struct tree *class_tree) {
    const struct tree *bases = class_tree->count > 3 ? class_tree->items[3] : NULL,
                      *body = class_tree->items[1];
    for (int i = 0; bases && d->resolver->find_base && i < bases->count; i++) {
        const struct tree *base = d->resolver->find_base(d->resolver, bases->items[i]);
        if (base && python_is_dataclass(d->unit, d->resolver, base) && !read_fields(d, base)) return false;
    }
    for (int i = 0; i < body->count; i++)
        if (body->items[i]->kind == TREE_ASSIGN && !read_field(d, body->items[i])) return false;
    return true;
}

/* ---- methods ---- */

/* Parses the text of one method and adds it, unless the class has it itself. */
static struct tree *add_method(struct dataclass *d, const char *name, struct text *text) {
    struct arena *a = &d->unit->memory;
    char *file = arena_printf(a, "__torch_jit_dataclass/%s/%s", d->tree->name->text, name);
    struct source *s = file && !text->failed ? source_new(a, text_get(text), text->length, file, 1) : NULL;
    if (!s) error_memory(d->err);
    struct tree *list = s ? lang_parse(a, &d->unit->names, s, PARSE_PYTHON, d->err) : NULL;
    struct tree *def = list && list->count ? list->items[0] : NULL;
    text_free(text);
    if (def && !array_push_in(a, d->methods, def)) error_memory(d->err);
    return d->err->code ? NULL : def;
}

static bool has_own(const struct dataclass *d, const char *name) {
    const struct name *n = name_find(&d->unit->names, name, strlen(name));
    return n && python_class_find_def(d->tree, n, NULL);
}

/* `x: T = value`, or with a factory `x: Optional[T] = None`. */
static bool set_parameter(struct dataclass *d, struct tree *parameter, const struct field *f) {
    struct arena *a = &d->unit->memory;
    parameter->items[0] = f->type;
    parameter->items[1] = f->value;
    parameter->keyword_only = f->keyword_only;
    if (!f->factory) return true;
    const struct name *optional = name_of(&d->unit->names, "Optional");
    struct tree *callee = optional ? tree_name(a, f->type->range, optional) : NULL;
    struct tree *list = tree_new(a, TREE_LIST, f->type->range, 1, (struct tree *[]){f->type});
    struct tree *parts[2] = {callee, list};
    parameter->items[0] = callee && list ? tree_new(a, TREE_SUBSCRIPT, f->type->range, 2, parts) : NULL;
    parameter->items[1] = tree_new(a, TREE_NONE, f->type->range, 0, NULL);
    return (parameter->items[0] && parameter->items[1]) || error_memory(d->err);
}

static void put_init_body(struct dataclass *d, struct text *t) {
    for (int i = 0; i < d->fields.count; i++) {
        const struct field *f = &d->fields.items[i];
        const char *name = f->name->text;
        if (f->factory && f->in_init)
            text_printf(
                t, "  if %s is None:\n    made_%s: T = T()\n  else:\n    made_%s = %s\n  self.%s = made_%s\n",
                name, name, name, name, name, name);
        else if (f->factory)
            text_printf(t, "  made_%s: T = T()\n  self.%s = made_%s\n", name, name, name);
        else if (!f->for_init_alone && f->in_init)
            text_printf(t, "  self.%s = %s\n", name, name);
        else if (!f->for_init_alone && f->value)
            text_printf(t, "  self.%s = T\n", name);
    }
    if (has_own(d, "__post_init__")) {
        text_put(t, "  self.__post_init__(");
        for (int i = 0, n = 0; i < d->fields.count; i++)
            if (d->fields.items[i].for_init_alone)
                text_printf(t, "%s%s", n++ ? ", " : "", d->fields.items[i].name->text);
        text_put(t, ")\n");
    }
    if (t->data[t->length - 2] == ':') text_put(t, "  pass\n");
}

/* Puts the fields' own trees where the text of __init__ says T. */
static void fill_init_body(struct dataclass *d, struct tree *def) {
    struct tree *body = def->items[2];
    for (int i = 0, at = 0; i < d->fields.count; i++) {
        const struct field *f = &d->fields.items[i];
        if (f->factory) {
            struct tree *made = f->in_init ? body->items[at]->items[1]->items[0] : body->items[at];
            made->items[2] = f->type;
            made->items[1]->items[0] = f->factory;
            at += 2;
        } else if (!f->for_init_alone && (f->in_init || f->value)) {
            if (!f->in_init) body->items[at]->items[1] = f->value;
            at++;
        }
    }
}

static bool add_init(struct dataclass *d) {
    struct text t = {0};
    text_put(&t, "def __init__(self");
    for (int pass = 0; pass < 2; pass++) /* keyword-only fields go last */
        for (int i = 0; i < d->fields.count; i++)
            if (d->fields.items[i].in_init && d->fields.items[i].keyword_only == pass)
                text_printf(&t, ", %s", d->fields.items[i].name->text);
    text_put(&t, ") -> None:\n");
    if (!t.failed) put_init_body(d, &t);
    struct tree *def = add_method(d, "__init__", &t);
    if (!def) return false;
    for (int i = 0; i < d->fields.count; i++)
        for (int k = 1; k < def->items[0]->count; k++)
            if (def->items[0]->items[k]->name == d->fields.items[i].name &&
                !set_parameter(d, def->items[0]->items[k], &d->fields.items[i]))
                return false;
    fill_init_body(d, def);
    return true;
}

static bool is_optional(struct dataclass *d, const struct tree *type) {
    lb_error ignored = {0};
    const struct type *t = annotation_type(d->unit, d->resolver, type, &ignored);
    error_clear(&ignored);
    return t && t->kind == TYPE_OPTIONAL;
}

/* A comparison of field after field; `inner` says what one pair decides, a line or two. */
static bool add_comparison(struct dataclass *d, const char *name, const char *first, const char *second,
                           bool when_equal, bool raises) {
    struct text t = {0};
    text_printf(&t, "def %s(self, other: %s) -> bool:\n", name, d->tree->name->text);
    for (int i = 0; i < d->fields.count; i++) {
        const struct field *f = &d->fields.items[i];
        if (!f->compared) continue;
        text_printf(&t, "  val1 = self.%s\n  val2 = other.%s\n", f->name->text, f->name->text);
        bool optional = is_optional(d, f->type);
        const char *indent = optional ? "    " : "  ";
        if (optional) text_put(&t, "  if val1 is not None and val2 is not None:\n");
        text_printf(&t, "%s%s\n", indent, first);
        if (second) text_printf(&t, "%s%s\n", indent, second);
        if (!optional) continue;
        text_put(&t, "  elif (val1 is None) != (val2 is None):\n");
        if (raises)
            text_printf(&t, "    raise TypeError('Cannot compare %s with None')\n", d->tree->name->text);
        else
            text_put(&t, "    return False\n");
    }
    text_printf(&t, "  return %s\n", when_equal ? "True" : "False");
    return add_method(d, name, &t) != NULL;
}

static bool add_order(struct dataclass *d) {
    static const struct {
        const char *name, *first, *second;
        bool when_equal;
    } orders[] = {
        {"__lt__", "if val1 < val2: return True", "elif val2 < val1: return False", false},
        {"__le__", "if val1 < val2: return True", "elif val2 < val1: return False", true},
        {"__gt__", "if val1 > val2: return True", "elif val2 > val1: return False", false},
        {"__ge__", "if val1 > val2: return True", "elif val2 > val1: return False", true},
    };
    for (size_t i = 0; i < sizeof orders / sizeof *orders; i++)
        if (!has_own(d, orders[i].name) &&
            !add_comparison(d, orders[i].name, orders[i].first, orders[i].second, orders[i].when_equal, true))
            return false;
    return true;
}

static bool add_repr(struct dataclass *d) {
    struct text t = {0};
    text_printf(&t, "def __repr__(self) -> str:\n  return '%s(", d->tree->name->text);
    for (int i = 0, n = 0; i < d->fields.count; i++)
        if (d->fields.items[i].shown)
            text_printf(&t, "%s%s=self.%s", n++ ? ", " : "", d->fields.items[i].name->text,
                        d->fields.items[i].name->text);
    text_put(&t, ")'\n");
    return add_method(d, "__repr__", &t) != NULL;
}

static bool add_hash(struct dataclass *d) {
    struct text t = {0};
    text_put(&t, "def __hash__(self) -> int:\n"
                 "  raise NotImplementedError('__hash__ is not supported for dataclasses in TorchScript')\n");
    return add_method(d, "__hash__", &t) != NULL;
}

bool python_dataclass_methods(struct unit *unit, struct resolver *resolver, const struct tree *class_tree,
                              struct tree_list *methods, lb_error *err) {
    struct dataclass d = {
        .unit = unit, .resolver = resolver, .tree = class_tree, .methods = methods, .err = err};
    if (!read_fields(&d, class_tree)) return false;
    bool eq = option(&d, "eq", true);
    bool hash = option(&d, "unsafe_hash", false) || (eq && option(&d, "frozen", false));
    return (has_own(&d, "__init__") || !option(&d, "init", true) || add_init(&d)) &&
           (has_own(&d, "__repr__") || !option(&d, "repr", true) || add_repr(&d)) &&
           (has_own(&d, "__eq__") || !eq ||
            add_comparison(&d, "__eq__", "if val1 != val2: return False", NULL, true, false)) &&
           (!option(&d, "order", false) || add_order(&d)) &&
           (!hash || has_own(&d, "__hash__") || add_hash(&d));
}
