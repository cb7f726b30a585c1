/* Types as annotations write them ("Optional[Tensor]", "__torch__.M", "int | str"), and the schema that a
 * definition declares (torch/csrc/jit/frontend/script_type_parser.cpp). */
#include "lang/define.h"
#include "lang/dotted.h"
#include "lang/emitter.h"
#include <stdlib.h>
#include <string.h>

struct annotation {
    struct unit *unit;
    struct resolver *resolver;
    lb_error *err;
};

static const struct type *parse(struct annotation *a, const struct tree *t);

static void *fail(struct annotation *a, struct source_range at, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static void *fail(struct annotation *a, struct source_range at, const char *format, ...) {
    va_list args;
    va_start(args, format);
    lang_report_list(a->err, at, format, args);
    va_end(args);
    return NULL;
}

static const struct type *made(struct annotation *a, const struct type *t) {
    if (!t) error_memory(a->err);
    return t;
}

static bool is_python(const struct annotation *a) {
    return a->resolver && a->resolver->python;
}

/* ---- names ---- */

static const struct {
    const char *name;
    uint8_t kind;
} base_types[] = {
    {"Tensor", TYPE_TENSOR},
    {"LongTensor", TYPE_TENSOR},
    {"FloatTensor", TYPE_TENSOR},
    {"DoubleTensor", TYPE_TENSOR},
    {"IntTensor", TYPE_TENSOR},
    {"ShortTensor", TYPE_TENSOR},
    {"HalfTensor", TYPE_TENSOR},
    {"CharTensor", TYPE_TENSOR},
    {"ByteTensor", TYPE_TENSOR},
    {"BoolTensor", TYPE_TENSOR},
    {"int", TYPE_INT},
    {"float", TYPE_FLOAT},
    {"bool", TYPE_BOOL},
    {"complex", TYPE_COMPLEX},
    {"str", TYPE_STRING},
    {"Device", TYPE_DEVICE},
    {"Generator", TYPE_GENERATOR},
    {"Stream", TYPE_STREAM},
    {"number", TYPE_NUMBER},
    {"None", TYPE_NONE},
    {"NoneType", TYPE_NONE},
    {"Any", TYPE_ANY},
    {"Capsule", TYPE_CAPSULE},
    {"list", TYPE_ANY_LIST},
    {"tuple", TYPE_ANY_TUPLE},
    {"AnyClassType", TYPE_ANY_CLASS},
    {"AnyEnumType", TYPE_ANY_ENUM},
    {"Storage", TYPE_STORAGE},
    {"QScheme", TYPE_QSCHEME},
    {"torch.dtype", TYPE_INT},
    {"torch.layout", TYPE_INT},
    {"torch.memory_format", TYPE_INT},
    {"torch.device", TYPE_DEVICE},
};

static const struct type *base_type(struct annotation *a, const char *name) {
    const struct type_store *types = &a->unit->types;
    for (size_t i = 0; i < sizeof base_types / sizeof *base_types; i++)
        if (!strcmp(base_types[i].name, name))
            return base_types[i].kind == TYPE_TENSOR ? types->tensor : types->simple[base_types[i].kind];
    return NULL;
}

/* What stands behind "torch." or "typing."; the text itself without such a prefix. */
static const char *without_module(const char *text) {
    static const char *const prefixes[] = {"torch.",    "typing.",       "torch.jit.", "typing_extensions.",
                                           "builtins.", "torch.futures."};
    const char *rest = text;
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++) {
        size_t length = strlen(prefixes[i]);
        if (!strncmp(text, prefixes[i], length) && !strchr(text + length, '.')) rest = text + length;
    }
    return rest;
}

static const struct type *resolve(struct annotation *a, const struct name *name) {
    return a->resolver && a->resolver->find_type ? a->resolver->find_type(a->resolver, name, a->err) : NULL;
}

/* Types of Python and its libraries that programs have not, and what stands for them. */
static const struct {
    const char *name, *cure;
} foreign_types[] = {
    {"ndarray", "Use Tensor; `torch.from_numpy(...)` makes one outside of the program."},
    {"array", "Use Tensor."},
    {"Callable",
     "Functions are no values of programs: call the function by its name, or keep it as an attribute of "
     "the module."},
    {"Module",
     "Modules are no values of programs: keep it as an attribute and call that, or declare an interface "
     "(`torch.jit.interface`)."},
    {"dict", "Declare what is in it, such as Dict[str, int]."},
    {"set", "Declare what is in it, such as Set[int]."},
    {"object", "Use Any, and `isinstance` to find out what it is."},
    {"type", "Types are no values of programs."},
    {"bytes", "Use str for text, or a Tensor of uint8."},
    {"bytearray", "Use str for text, or a Tensor of uint8."},
    {"memoryview", "Use Tensor for numbers, or str for text."},
    {"Path", "Use str."},
    {"Iterator", "Use List."},
    {"Decimal", "Use float."},
    {"Fraction", "Use float."},
    {"datetime", "Use float or str."},
    {"TypeVar", "Name one type, or a Union."},
    {"float32", "Dtypes are no types: use Tensor."},
    {"float64", "Dtypes are no types: use Tensor."},
    {"int64", "Dtypes are no types: use Tensor."},
};

static const char *foreign_cure(const char *name) {
    const char *dot = strrchr(name, '.');
    for (size_t i = 0; i < sizeof foreign_types / sizeof *foreign_types; i++)
        if (!strcmp(foreign_types[i].name, dot ? dot + 1 : name)) return foreign_types[i].cure;
    return NULL;
}

/* In our own words: a name that nothing has here, or one that is no type of programs. */
static void *explain_unknown(struct annotation *a, struct source_range at, const char *name) {
    struct arena *memory = &a->unit->memory;
    struct resolver *r = a->resolver;
    struct explanation x = {.code = ERROR_UNKNOWN_TYPE, .at = at, .help = foreign_cure(name)};
    const char *near = r && r->advise ? r->advise(r, NULL, ADVICE_NEAR, name, memory) : NULL;
    bool known = x.help || strchr(name, '.') || (near && !strcmp(near, name));
    x.what = arena_printf(memory,
                          known ? "`%s` is no type that programs have"
                                : "nothing is called `%s` here, so it names no type",
                          name);
    if (!x.help && near && !known) x.help = arena_printf(memory, "Did you mean `%s`?", near);
    if (!x.help && known)
        x.help = "Use Tensor, int, float, bool, str, List, Dict, Tuple, Optional, Union, or a class that "
                 "programs can "
                 "compile.";
    lang_explain(a->err, &x);
    return NULL;
}

static const struct type *parse_named(struct annotation *a, const struct tree *t, const struct name *name) {
    const struct type *found = resolve(a, name);
    if (found || a->err->code) return found;
    const struct name *full = dotted_full(a->unit, a->resolver, t, a->err);
    if (!full) return NULL;
    found = base_type(a, full->text);
    if (!found) found = base_type(a, without_module(full->text));
    if (found) return found;
    fail(a, t->range, "Unknown type name '%s'", name->text);
    return explain_unknown(a, t->range, name->text);
}

/* ---- constructors ---- */

static const struct type *parse_items(struct annotation *a, const struct tree *list, enum type_kind kind) {
    const struct type **items = arena_array(&a->unit->memory, const struct type *, list->count + 1);
    if (!items) return made(a, NULL);
    for (int i = 0; i < list->count; i++)
        if (!(items[i] = parse(a, list->items[i]))) return NULL;
    struct type_store *s = &a->unit->types;
    return made(a,
                kind == TYPE_UNION ? type_union(s, list->count, items) : type_tuple(s, list->count, items));
}

static const struct type *parse_tuple(struct annotation *a, const struct tree *list) {
    bool endless = list->count == 2 && list->items[1]->kind == TREE_ELLIPSIS && is_python(a);
    if (endless) { /* Tuple[int, ...] */
        a->unit->refused_annotations++;
        const struct type *element = parse(a, list->items[0]);
        return element ? made(a, type_list(&a->unit->types, element)) : NULL;
    }
    bool literal = list->count == 1 && list->items[0]->kind == TREE_TUPLE;
    if (literal && list->items[0]->count)
        return fail(a, list->range, "Tuple literal in Tuple type annotation must not have any elements!");
    return literal ? made(a, type_tuple(&a->unit->types, 0, NULL)) : parse_items(a, list, TYPE_TUPLE);
}

/* DictType::create in aten/src/ATen/core/type_factory.cpp. */
static bool may_be_key(const struct type *t) {
    static const uint8_t kinds[] = {TYPE_ANY,     TYPE_INT,    TYPE_BOOL,   TYPE_FLOAT,
                                    TYPE_COMPLEX, TYPE_STRING, TYPE_TENSOR, TYPE_DEVICE};
    for (size_t i = 0; i < sizeof kinds; i++)
        if (kinds[i] == t->kind) return true;
    return false;
}

const struct type *type_set_of(struct unit *unit, const struct type *element) {
    const struct type *key = may_be_key(element) ? element : unit->types.simple[TYPE_STRING];
    const struct type *dict = type_dict(&unit->types, key, element);
    const struct name *mark = name_of(&unit->names, "set");
    return dict && mark ? type_marked(&unit->types, dict, mark) : NULL;
}

const struct type *type_keyed_dict(struct unit *unit, const struct type *key, const struct type *value) {
    const struct type *pair[2] = {key, value}, *tuple = type_tuple(&unit->types, 2, pair);
    const struct type *dict = tuple ? type_dict(&unit->types, unit->types.simple[TYPE_STRING], tuple) : NULL;
    const struct name *mark = name_of(&unit->names, "keyed");
    return dict && mark ? type_marked(&unit->types, dict, mark) : NULL;
}

bool type_may_be_key(const struct type *t) {
    return may_be_key(t);
}

/* What Python can hash: nothing that can change. */
static bool can_be_hashed(const struct type *t) {
    if (t->kind == TYPE_LIST || t->kind == TYPE_DICT) return false;
    for (int i = 0; t->kind == TYPE_TUPLE && i < t->count; i++)
        if (!can_be_hashed(t->items[i])) return false;
    return true;
}

static void *refuse_key(struct annotation *a, const struct tree *t, const struct type *key) {
    struct text text = {0}, words = {0};
    type_put_graph(&text, key);
    type_put_annotation(&words, key);
    fail(a, t->range,
         "Cannot create dict for key type '%s', only int, float, complex, Tensor, device and string keys are "
         "supported",
         text_get(&text));
    char *what = arena_printf(&a->unit->memory, "a value of type %s cannot be the key of a dict%s",
                              text_get(&words), can_be_hashed(key) ? "" : ", because it can change");
    lang_explain(a->err, &(struct explanation){.code = ERROR_KEY_TYPE, .at = t->range, .what = what});
    text_free(&words);
    text_free(&text);
    return NULL;
}

static const struct type *parse_dict(struct annotation *a, const struct tree *t) {
    const struct tree *list = t->items[1];
    if (list->count != 2)
        return fail(a, t->range, " expected exactly 2 element types but found %d", list->count);
    const struct type *key = parse(a, list->items[0]), *value = key ? parse(a, list->items[1]) : NULL;
    if (!value) return NULL;
    if (may_be_key(key)) return made(a, type_dict(&a->unit->types, key, value));
    bool keyed = is_python(a) && can_be_hashed(key);
    return keyed ? made(a, type_keyed_dict(a->unit, key, value)) : refuse_key(a, t, key);
}

/* What TorchScript has not and stands for something that it has (marked; see wide.h). */
enum { OTHER_SET = TYPE_ENUM + 1, OTHER_SEQUENCE, OTHER_MAPPING, OTHER_INNER, OTHER_LITERAL };

static const struct {
    const char *name;
    uint8_t kind;
} constructors[] = {
    {"List", TYPE_LIST},   {"list", TYPE_LIST},   {"Optional", TYPE_OPTIONAL}, {"Future", TYPE_FUTURE},
    {"RRef", TYPE_RREF},   {"Await", TYPE_AWAIT}, {"_Await", TYPE_AWAIT},      {"Tuple", TYPE_TUPLE},
    {"tuple", TYPE_TUPLE}, {"Union", TYPE_UNION}, {"Dict", TYPE_DICT},         {"dict", TYPE_DICT},
};

/* In Python that people write. */
static const struct {
    const char *name;
    uint8_t kind;
} others[] = {
    {"Set", OTHER_SET},
    {"set", OTHER_SET},
    {"FrozenSet", OTHER_SET},
    {"frozenset", OTHER_SET},
    {"AbstractSet", OTHER_SET},
    {"MutableSet", OTHER_SET},
    {"Sequence", OTHER_SEQUENCE},
    {"MutableSequence", OTHER_SEQUENCE},
    {"Iterable", OTHER_SEQUENCE},
    {"Collection", OTHER_SEQUENCE},
    {"Deque", OTHER_SEQUENCE},
    {"Mapping", OTHER_MAPPING},
    {"MutableMapping", OTHER_MAPPING},
    {"OrderedDict", OTHER_MAPPING},
    {"Final", OTHER_INNER},
    {"Annotated", OTHER_INNER},
    {"ClassVar", OTHER_INNER},
    {"Literal", OTHER_LITERAL},
};

static const struct type *construct(struct annotation *a, const struct tree *t, enum type_kind kind) {
    const struct tree *list = t->items[1];
    if (kind == TYPE_TUPLE) return parse_tuple(a, list);
    if (kind == TYPE_UNION) return parse_items(a, list, TYPE_UNION);
    if (kind == TYPE_DICT) return parse_dict(a, t);
    if (list->count != 1)
        return fail(a, t->range, " expected exactly one element type but found %d", list->count);
    const struct type *inner = parse(a, list->items[0]);
    struct type_store *s = &a->unit->types;
    if (!inner) return NULL;
    if (kind == TYPE_LIST) return made(a, type_list(s, inner));
    return made(a, kind == TYPE_OPTIONAL ? type_optional(s, inner) : type_wrap(s, kind, inner));
}

/* Literal["a", "b"] is the type of its members. */
static const struct type *parse_literal(struct annotation *a, const struct tree *t) {
    const struct type *found = NULL;
    struct type_store *s = &a->unit->types;
    for (int i = 0; i < t->items[1]->count; i++) {
        const struct tree *item = t->items[1]->items[i];
        enum type_kind kind = item->kind == TREE_STRING                             ? TYPE_STRING
                              : item->kind == TREE_INT || item->kind == TREE_NEGATE ? TYPE_INT
                              : item->kind == TREE_TRUE || item->kind == TREE_FALSE ? TYPE_BOOL
                              : item->kind == TREE_NONE                             ? TYPE_NONE
                                                                                    : TYPE_ANY;
        found = found ? type_unify(s, found, s->simple[kind], true, NULL) : s->simple[kind];
    }
    return made(a, found);
}

/* What TorchScript has not; NULL without an error: it is none of these. */
static const struct type *construct_other(struct annotation *a, const struct tree *t, const char *word) {
    const struct tree *list = t->items[1];
    for (size_t i = 0; is_python(a) && i < sizeof others / sizeof *others; i++) {
        if (strcmp(others[i].name, word)) continue;
        a->unit->refused_annotations++;
        if (others[i].kind == OTHER_LITERAL) return parse_literal(a, t);
        if (others[i].kind == OTHER_MAPPING) return parse_dict(a, t);
        const struct type *inner = list->count ? parse(a, list->items[0]) : NULL;
        if (!inner || others[i].kind == OTHER_INNER) return inner;
        return made(a, others[i].kind == OTHER_SET ? type_set_of(a->unit, inner)
                                                   : type_list(&a->unit->types, inner));
    }
    return NULL;
}

static const struct type *parse_subscript(struct annotation *a, const struct tree *t) {
    const struct name *name = dotted_full(a->unit, a->resolver, t->items[0], a->err);
    if (a->err->code) return NULL;
    if (!name) return fail(a, t->items[0]->range, "Subscripted type must be a type identifier");
    const char *word = without_module(name->text);
    for (size_t i = 0; i < sizeof constructors / sizeof *constructors; i++)
        if (!strcmp(constructors[i].name, word)) return construct(a, t, (enum type_kind)constructors[i].kind);
    const char *rest = strrchr(word, '.');
    const struct type *other = construct_other(a, t, rest ? rest + 1 : word);
    if (other || a->err->code) return other;
    fail(a, t->range, "Unknown type constructor %s", name->text);
    return explain_unknown(a, t->items[0]->range, name->text);
}

static const struct type *parse_alternatives(struct annotation *a, const struct tree *t) {
    const struct type *both[2] = {parse(a, t->items[0])};
    both[1] = both[0] ? parse(a, t->items[1]) : NULL;
    return both[1] ? made(a, type_union(&a->unit->types, 2, both)) : NULL;
}

/* A type in quotes: a class that is not defined yet, or one of C++. */
static const struct type *parse_quoted(struct annotation *a, const struct tree *t) {
    struct source *source = source_new(&a->unit->memory, t->text, (size_t)t->length, NULL, 1);
    bool native = t->length > 14 && !memcmp(t->text, "torch.classes.", 14);
    char *text = native ? arena_printf(&a->unit->memory, "__torch__.%.*s", (int)t->length, t->text) : NULL;
    if (!source || (native && !text)) return made(a, NULL);
    if (native) {
        const struct name *name = name_of(&a->unit->names, text);
        const struct type *found = name ? resolve(a, name) : NULL;
        return found || a->err->code ? found : fail(a, t->range, "Unknown type name '%s'", text);
    }
    struct tree *inner =
        lang_parse_expression(&a->unit->memory, &a->unit->names, source, PARSE_PYTHON, a->err);
    if (!inner) return NULL;
    inner->range = t->range; /* where the text stands */
    return parse(a, inner);
}

static const struct type *parse(struct annotation *a, const struct tree *t) {
    if (t->kind == TREE_TYPE) return t->type;
    if (t->kind == TREE_BINARY && t->op == OPERATOR_BIT_OR) return parse_alternatives(a, t);
    if (t->kind == TREE_SUBSCRIPT) return parse_subscript(a, t);
    if (t->kind == TREE_STRING) return parse_quoted(a, t);
    const struct name *name = dotted_name(a->unit, t, a->err);
    if (name) return parse_named(a, t, name);
    return fail(a, t->range, "Expression of type %s cannot be used in a type expression",
                tree_kind_words[t->kind]);
}

const struct type *annotation_type(struct unit *unit, struct resolver *r, const struct tree *t,
                                   lb_error *err) {
    lb_error own = {0};
    struct annotation a = {unit, r, &own};
    const struct type *type = parse(&a, t);
    if (own.code) type = NULL;
    error_move(err, &own);
    return type;
}

/* ---- schemas of definitions ---- */

/* BroadcastingList2[int] is a list that one int may stand for; the N of it, 0 for other types. */
static int broadcast_length(const struct tree *t) {
    static const char prefix[] = "BroadcastingList";
    if (t->kind == TREE_NAME && t->name->length == 9 && !strncmp(t->name->text, "_size_", 6) &&
        !strcmp(t->name->text + 7, "_t"))
        return t->name->text[6] - '0';
    if (t->kind != TREE_SUBSCRIPT || t->items[0]->kind != TREE_NAME) return 0;
    const char *name = t->items[0]->name->text;
    if (!strcmp(name, "Optional")) return broadcast_length(t->items[1]->items[0]);
    return strncmp(name, prefix, sizeof prefix - 1) ? 0 : atoi(name + sizeof prefix - 1);
}

static const struct type *broadcast_type(struct annotation *a, const struct tree *t) {
    struct type_store *s = &a->unit->types;
    if (t->kind == TREE_NAME) return made(a, type_list(s, s->simple[TYPE_INT]));
    const struct type *inner;
    if (!strcmp(t->items[0]->name->text, "Optional")) {
        inner = broadcast_type(a, t->items[1]->items[0]);
        return inner ? made(a, type_optional(s, inner)) : NULL;
    }
    inner = t->items[1]->count == 1 ? parse(a, t->items[1]->items[0]) : NULL;
    if (!inner || (inner->kind != TYPE_INT && inner->kind != TYPE_FLOAT))
        return fail(a, t->range, "Broadcastable lists only supported for int or float");
    return made(a, type_list(s, inner));
}

static bool schema_argument(struct annotation *a, const struct tree *p, struct argument *out) {
    const struct tree *type = p->items[0];
    if (p->op)
        return fail(
                   a, p->range,
                   "Compiled functions can't take variable number of arguments or use keyword-only arguments "
                   "with defaults") != NULL;
    out->name = p->name;
    out->keyword_only = p->keyword_only;
    out->inferred_type = !type;
    out->fixed_length = type ? broadcast_length(type) : 0;
    out->type = !type ? a->unit->types.tensor : out->fixed_length ? broadcast_type(a, type) : parse(a, type);
    out->declared = out->type;
    if (!out->type || !p->items[1]) return out->type != NULL;
    if (!type)
        return fail(a, p->range,
                    "Keyword arguments with defaults need to be type-hinted (TorchScript C++ frontend)") !=
               NULL;
    out->has_default = true;
    return constant_evaluate(a->unit, a->resolver, p->items[1], out->type, &out->default_value, a->err);
}

static struct schema *new_schema(struct annotation *a, const struct tree *def) {
    struct schema *s = arena_new(&a->unit->memory, struct schema);
    if (s) s->arguments = arena_array(&a->unit->memory, struct argument, def->items[0]->count + 1);
    if (s) s->returns = arena_array(&a->unit->memory, struct argument, 1);
    if (!s || !s->arguments || !s->returns) {
        error_memory(a->err);
        return NULL;
    }
    s->name = def->name;
    s->overload = "";
    return s;
}

/* __setstate__(self, state) without annotations takes what __getstate__ returns (shouldDeriveSetStateType in
 * torch/csrc/jit/frontend/ir_emitter.cpp). False with an error; *type is NULL where it is none of that. */
static bool derive_state(struct annotation *a, const struct tree *def, const struct type *class,
                         const struct type **type) {
    const struct tree *parameters = def->items[0];
    bool wanted = class && parameters->count == 2 && !parameters->items[1]->items[0] &&
                  !strcmp(def->name->text, "__setstate__");
    const struct name *name = wanted ? name_of(&a->unit->names, "__getstate__") : NULL;
    struct function *get = name ? class_find_method(class->definition, name) : NULL;
    *type = NULL;
    if (!get) return true;
    if (!lang_ensure(get, a->err)) return false;
    *type = get->schema->returns[0].type;
    return true;
}

static bool fill_schema(struct annotation *a, const struct tree *def, const struct type *self_type,
                        struct schema *s) {
    const struct tree *parameters = def->items[0];
    const struct type *state;
    if (!derive_state(a, def, self_type, &state)) return false;
    for (int i = 0; i < parameters->count; i++, s->argument_count++) {
        struct argument *argument = &s->arguments[i];
        const struct tree *p = parameters->items[i];
        if (i && state) {
            *argument = (struct argument){.name = p->name, .type = state, .declared = state};
        } else if (i || !self_type) {
            if (!schema_argument(a, p, argument)) return false;
        } else {
            *argument = (struct argument){.name = p->name, .type = self_type, .declared = self_type};
        }
    }
    if (!def->items[1]) return true;
    const struct type *result = parse(a, def->items[1]);
    s->returns[0] = (struct argument){.type = result, .declared = result};
    s->return_count = 1;
    return result != NULL;
}

struct schema *schema_from_def(struct unit *unit, struct resolver *r, const struct tree *def,
                               const struct type *self_type, lb_error *err) {
    lb_error own = {0};
    struct annotation a = {unit, r, &own};
    struct schema *s = new_schema(&a, def);
    bool good = s && fill_schema(&a, def, self_type, s);
    if (s && !good) schema_release_defaults(s);
    error_move(err, &own);
    return good ? s : NULL;
}
