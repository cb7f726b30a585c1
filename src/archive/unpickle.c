/* From pickle nodes to values; see unpickle.h. Rules: torch/csrc/jit/serialization/unpickler.cpp,
 * torch/_utils.py. A node is built once, however often it is referred to. Nesting, and the size of the value
 * when it is written out as a tree, are limited, so that whatever walks the value later comes to an end. */
#include "archive/builder.h"
#include "base/mem.h"
#include "types/adapt.h"
#include "types/function.h"
#include <string.h>

enum { MAX_DEPTH = 1000 };
static const uint64_t MAX_WEIGHT = (uint64_t)1 << 27; /* nodes of the tree */

bool builder_refuse(struct builder *b, const struct pickle_node *n, const char *what) {
    return error_set(b->err, LB_ERROR_FORMAT, "%s: %s (pickle offset %u)", b->record, what, n->offset);
}

/* The items of a tuple node with at least `least` items, else NULL. */
struct pickle_node **builder_tuple(struct builder *b, const struct pickle_node *n, int least,
                                   const char *what) {
    if (n->kind == PICKLE_TUPLE && n->items.count >= least) return n->items.items;
    builder_refuse(b, n, what);
    return NULL;
}

/* ---- lists, dicts, tuples ---- */

static bool build_list(struct builder *b, struct pickle_node *n, const struct type *element, lb_value *out) {
    if (!value_new_list(out, element, n->items.count, b->err)) return false;
    for (int i = 0; i < n->items.count; i++) {
        lb_value item;
        if (!builder_build(b, n->items.items[i], &item) || !list_append(out->list, item, b->err))
            return false;
    }
    return true;
}

static bool is_key(lb_value v) {
    return v.tag == VALUE_INT || v.tag == VALUE_FLOAT || v.tag == VALUE_BOOL || v.tag == VALUE_STRING ||
           v.tag == VALUE_COMPLEX || v.tag == VALUE_TENSOR || v.tag == VALUE_DEVICE || v.tag == VALUE_ENUM;
}

static bool build_dict(struct builder *b, struct pickle_node *n, const struct type *key_type,
                       const struct type *value_type, lb_value *out) {
    if (!value_new_dict(out, key_type, value_type, b->err)) return false;
    for (int i = 0; i + 1 < n->items.count; i += 2) {
        lb_value key, value;
        if (!builder_build(b, n->items.items[i], &key)) return false;
        if (!is_key(key) || !builder_build(b, n->items.items[i + 1], &value)) {
            value_release(key);
            return builder_refuse(b, n, "a dict key of a type that can be none");
        }
        if (!dict_set(out->dict, key, value, b->err)) return false;
    }
    return true;
}

static bool build_tuple(struct builder *b, struct pickle_node *n, lb_value *out) {
    if (!value_new_tuple(out, NULL, n->items.count, b->err)) return false;
    for (int i = 0; i < n->items.count; i++)
        if (!builder_build(b, n->items.items[i], &out->tuple->items[i])) return false;
    return true;
}

/* restore_type_tag(container, "List[int]") */
static bool build_tagged(struct builder *b, struct pickle_node *n, struct pickle_node *argument,
                         lb_value *out) {
    struct pickle_node **args =
        builder_tuple(b, argument, 2, "restore_type_tag needs a container and its type");
    if (!args || args[1]->kind != PICKLE_STRING)
        return args && builder_refuse(b, n, "restore_type_tag with a type that is no text");
    if (!b->program->parse_type) return builder_build(b, args[0], out);
    const struct type *type =
        b->program->parse_type(b->program->context, args[1]->text, args[1]->length, b->err);
    if (!type) return false;
    bool list = type->kind == TYPE_LIST && args[0]->kind == PICKLE_LIST;
    if (!list && !(type->kind == TYPE_DICT && args[0]->kind == PICKLE_DICT))
        return builder_refuse(b, n, "a container's type text does not fit the container");
    bool good = list ? build_list(b, args[0], type->items[0], out)
                     : build_dict(b, args[0], type->items[0], type->items[1], out);
    if (good) type_tag_containers(type, *out);
    return good;
}

static bool build_typed_list(struct builder *b, struct pickle_node *n, struct pickle_node *argument,
                             lb_value *out) {
    struct pickle_node **args = builder_tuple(b, argument, 1, "a list builder needs a list");
    if (!args || args[0]->kind != PICKLE_LIST)
        return args && builder_refuse(b, n, "a list builder with something else than a list");
    static const enum type_kind elements[] = {[GLOBAL_BUILD_INTLIST] = TYPE_INT,
                                              [GLOBAL_BUILD_DOUBLELIST] = TYPE_FLOAT,
                                              [GLOBAL_BUILD_BOOLLIST] = TYPE_BOOL};
    uint8_t which = n->items.items[0]->global;
    const struct type_store *types = b->program->types;
    const struct type *element = !types                             ? NULL
                                 : which == GLOBAL_BUILD_TENSORLIST ? types->tensor
                                                                    : types->simple[elements[which]];
    if (!build_list(b, args[0], element, out)) return false;
    for (int64_t i = 0; element && i < out->list->count; i++)
        if (!type_admits(b->program->types, element, out->list->items[i]))
            return builder_refuse(b, n, "an item of a typed list has another type");
    return true;
}

/* ---- small calls ---- */

static bool build_complex(struct builder *b, struct pickle_node *n, struct pickle_node *argument,
                          lb_value *out) {
    struct pickle_node **args = builder_tuple(b, argument, 2, "a complex number needs two parts");
    if (!args || args[0]->kind != PICKLE_FLOAT || args[1]->kind != PICKLE_FLOAT)
        return args && builder_refuse(b, n, "a complex number of something else than floats");
    return value_new_complex(out, args[0]->f, args[1]->f, b->err);
}

static bool build_device(struct builder *b, struct pickle_node *n, struct pickle_node *argument,
                         lb_value *out) {
    struct pickle_node **args = builder_tuple(b, argument, 1, "a device needs a name");
    lb_value text;
    if (!args || !builder_build(b, args[0], &text)) return false;
    struct type device = {.kind = TYPE_DEVICE};
    bool good = type_convert_argument(b->program->types, &device, text, out, b->err);
    value_release(text);
    return good || builder_refuse(b, n, "a device that is not known");
}

static bool build_size(struct builder *b, struct pickle_node *n, struct pickle_node *argument,
                       lb_value *out) {
    struct pickle_node **args = builder_tuple(b, argument, 1, "torch.Size needs a tuple");
    (void)n;
    return args && builder_build(b, args[0], out);
}

/* A failure that another room told of gets the record and the place in it; what the compiler says stays as it
 * is. */
static bool add_place(struct builder *b, const struct pickle_node *n) {
    if (b->err && b->err->code == LB_ERROR_FORMAT)
        error_prefix(b->err, "%s (pickle offset %u)", b->record, n->offset);
    return false;
}

/* The class of the program that node `n` names; NULL with an error. */
static const struct type *program_class(struct builder *b, const struct pickle_node *n) {
    const struct pickle_node *name = n->items.items[0];
    if (!b->program->find_class) {
        builder_refuse(b, n, "a class of a program, in a file that holds no program");
        return NULL;
    }
    const struct type *type = b->program->find_class(b->program->context, name->text, name->length, b->err);
    if (!type) add_place(b, n);
    return type;
}

/* An enum's member by its value. */
static bool build_enum(struct builder *b, struct pickle_node *n, struct pickle_node *argument,
                       lb_value *out) {
    const struct type *type = program_class(b, n);
    lb_value value;
    if (!type || !builder_build(b, argument, &value)) return false;
    bool found = false;
    for (int i = 0; type->kind == TYPE_ENUM && !found && i < type->members->list.count; i++) {
        struct enum_member *m = &type->members->list.items[i];
        found = value_equal(m->value, value, NULL);
        lb_value name;
        if (!found) continue;
        if (!value_new_string(&name, m->name->text, m->name->length, b->err)) break;
        found = value_new_enum(out, type, i, name, m->value, b->err);
        value_release(name);
    }
    value_release(value);
    return found || builder_refuse(b, n, "a value that is no member of its enum");
}

static call_builder *const call_builders[] = {
    [GLOBAL_CLASS] = build_enum,
    [GLOBAL_BUILD_INTLIST] = build_typed_list,
    [GLOBAL_BUILD_DOUBLELIST] = build_typed_list,
    [GLOBAL_BUILD_BOOLLIST] = build_typed_list,
    [GLOBAL_BUILD_TENSORLIST] = build_typed_list,
    [GLOBAL_RESTORE_TYPE_TAG] = build_tagged,
    [GLOBAL_REBUILD_TENSOR_V2] = builder_tensor,
    [GLOBAL_REBUILD_TENSOR_V3] = builder_tensor_v3,
    [GLOBAL_REBUILD_META] = builder_meta,
    [GLOBAL_REBUILD_NESTED] = builder_nested,
    [GLOBAL_REBUILD_QTENSOR] = builder_quantized,
    [GLOBAL_REBUILD_SPARSE_TENSOR] = builder_sparse,
    [GLOBAL_REBUILD_PARAMETER] = builder_parameter,
    [GLOBAL_COMPLEX] = build_complex,
    [GLOBAL_DEVICE] = build_device,
    [GLOBAL_SIZE] = build_size,
};

static bool build_call(struct builder *b, struct pickle_node *n, lb_value *out) {
    size_t global = n->items.items[0]->global;
    if (global >= sizeof call_builders / sizeof *call_builders || !call_builders[global])
        return builder_refuse(b, n, "a call of a global that can't be called");
    return call_builders[global](b, n, n->items.items[1], out);
}

/* ---- objects ---- */

static int find_attribute(const struct class_definition *class, const struct pickle_node *key) {
    for (int i = 0; i < class->attributes.count; i++) {
        const struct name *name = class->attributes.items[i].name;
        if (key->kind == PICKLE_STRING && name->length == key->length &&
            !memcmp(name->text, key->text, key->length))
            return i;
    }
    return -1;
}

/* Puts a type's text without the atoms that make names differ. */
static void put_unmangled(struct text *out, const struct type *t) {
    static const char mark[] = "___torch_mangle_";
    struct text whole = {0};
    type_put_annotation(&whole, t);
    const char *from = text_get(&whole);
    for (const char *found; (found = strstr(from, mark)); from = found) {
        text_put_bytes(out, from, (size_t)(found - from));
        found += strlen(mark) + strspn(found + strlen(mark), "0123456789");
        found += *found == '.';
    }
    text_put(out, from);
    if (whole.failed) out->failed = true;
    text_free(&whole);
}

static bool same_unmangled(const struct type *a, const struct type *b) {
    struct text first = {0}, second = {0};
    if (a) put_unmangled(&first, a);
    if (b) put_unmangled(&second, b);
    bool same = a && b && !first.failed && !second.failed && !strcmp(text_get(&first), text_get(&second));
    text_free(&first);
    text_free(&second);
    return same;
}

/* PyTorch tags containers with the names that types have before they are made different for an archive (two
 * loads of one file as submodules): such a tag says less than the items do. */
static bool items_fit(struct type_store *s, const struct type *t, lb_value v) {
    if (t->kind == TYPE_OPTIONAL && v.tag != VALUE_NONE) return items_fit(s, t->items[0], v);
    if (t->kind == TYPE_LIST && v.tag == VALUE_LIST) {
        bool fit = same_unmangled(t->items[0], v.list->element);
        for (int64_t i = 0; fit && i < v.list->count; i++) fit = items_fit(s, t->items[0], v.list->items[i]);
        return fit;
    }
    if (t->kind == TYPE_DICT && v.tag == VALUE_DICT) {
        bool fit =
            same_unmangled(t->items[0], v.dict->key_type) && same_unmangled(t->items[1], v.dict->value_type);
        int64_t at = 0;
        for (struct dict_entry *e; fit && (e = dict_next(v.dict, &at));)
            fit = items_fit(s, t->items[0], e->key) && items_fit(s, t->items[1], e->value);
        return fit;
    }
    if (t->kind == TYPE_TUPLE && v.tag == VALUE_TUPLE && v.tuple->count == t->count && !v.tuple->type) {
        for (int i = 0; i < t->count; i++)
            if (!items_fit(s, t->items[i], v.tuple->items[i])) return false;
        return !t->fields;
    }
    return type_admits(s, t, v);
}

static bool fill_slot(struct builder *b, struct pickle_node *n, lb_value object, int slot,
                      struct pickle_node *value) {
    const struct class_attribute *attribute = &object.object->type->definition->attributes.items[slot];
    lb_value built;
    if (!builder_build(b, value, &built))
        return error_prefix(b->err, "attribute '%s'", attribute->name->text);
    type_tag_containers(attribute->type, built);
    if (type_admits(b->program->types, attribute->type, built) ||
        items_fit(b->program->types, attribute->type, built)) {
        value_release(object.object->slots[slot]);
        object.object->slots[slot] = built;
        return true;
    }
    struct text wanted = {0};
    type_put_annotation(&wanted, attribute->type);
    error_set(b->err, LB_ERROR_FORMAT,
              "%s: attribute '%s' of %s is declared as %s, but its value is a %s (pickle offset %u)",
              b->record, attribute->name->text, object.object->type->name->text, text_get(&wanted),
              value_tag_name((enum value_tag)built.tag), n->offset);
    text_free(&wanted);
    value_release(built);
    return false;
}

static bool fill_slots(struct builder *b, struct pickle_node *n, lb_value object) {
    const struct class_definition *class = object.object->type->definition;
    const struct pickle_node *state = n->state;
    if (state->kind != PICKLE_DICT)
        return builder_refuse(b, n, "an object's state should be a dict of its attributes");
    bool *seen = mem_zeroed((size_t) class->attributes.count, sizeof *seen);
    if (!seen) return error_memory(b->err);
    bool good = true;
    for (int i = 0; good && i + 1 < state->items.count; i += 2) {
        int slot = find_attribute(class, state->items.items[i]);
        if (slot < 0) continue; /* PyTorch ignores what the class does not declare */
        good = fill_slot(b, n, object, slot, state->items.items[i + 1]);
        seen[slot] = true;
    }
    for (int i = 0; good && i < class->attributes.count; i++)
        if (!seen[i] && !type_accepts_none(class->attributes.items[i].type))
            good = error_set(b->err, LB_ERROR_FORMAT,
                             "%s: an object of %s lacks its attribute '%s' (pickle offset %u)", b->record,
                             class->type->name->text, class->attributes.items[i].name->text, n->offset);
    mem_free(seen);
    return good;
}

static bool run_set_state(struct builder *b, struct pickle_node *n, lb_value object, bool *done) {
    *done = false;
    if (!b->program->set_state) return true;
    lb_value state;
    if (!builder_build(b, n->state, &state)) return false;
    bool good = b->program->set_state(b->program->context, object, state, done, b->err);
    value_release(state);
    return good;
}

static bool build_capsule(struct builder *b, struct pickle_node *n, const struct type *type, lb_value *out) {
    lb_value state;
    if (!builder_build(b, n->state, &state)) return false;
    bool good = value_new_capsule(out, type->name->text, state, b->err);
    if (good) out->capsule->type = type;
    value_release(state);
    return good;
}

static bool has_set_state(const struct class_definition *class) {
    for (int i = 0; i < class->methods.count; i++)
        if (!strcmp(class->methods.items[i]->name->text, "__setstate__")) return true;
    return false;
}

static bool build_object(struct builder *b, struct pickle_node *n, lb_value *out) {
    const struct type *type = program_class(b, n);
    if (!type) return false;
    if (type->kind != TYPE_CLASS) return builder_refuse(b, n, "an object of what is no class");
    if (!n->state) return builder_refuse(b, n, "an object without its state");
    if (type->definition->is_native) return build_capsule(b, n, type, out);
    if (!value_new_object(out, type, type->definition->attributes.count, b->err)) return false;
    bool done = false;
    if (has_set_state(type->definition) && !run_set_state(b, n, *out, &done)) return false;
    return done || fill_slots(b, n, *out);
}

/* ---- all kinds ---- */

static bool build_dtype(struct builder *b, struct pickle_node *n, lb_value *out) {
    if (n->global != GLOBAL_DTYPE) return builder_refuse(b, n, "a global where a value should be");
    *out = value_int(n->dtype);
    return true;
}

static bool build_kind(struct builder *b, struct pickle_node *n, lb_value *out) {
    switch (n->kind) {
    case PICKLE_NONE: return true;
    case PICKLE_BOOL: *out = value_bool(n->i != 0); return true;
    case PICKLE_INT: *out = value_int(n->i); return true;
    case PICKLE_FLOAT: *out = value_float(n->f); return true;
    case PICKLE_STRING: return value_new_string(out, n->text, n->length, b->err);
    case PICKLE_TUPLE: return build_tuple(b, n, out);
    case PICKLE_LIST: return build_list(b, n, NULL, out);
    case PICKLE_DICT: return build_dict(b, n, NULL, NULL, out);
    case PICKLE_GLOBAL: return build_dtype(b, n, out);
    case PICKLE_CALL: return build_call(b, n, out);
    case PICKLE_OBJECT: return build_object(b, n, out);
    default: return builder_refuse(b, n, "a storage where a value should be");
    }
}

/* How many nodes this one has when written out as a tree; saturates. */
static uint64_t tree_weight(const struct pickle_node *n) {
    bool holds =
        n->kind == PICKLE_TUPLE || n->kind == PICKLE_LIST || n->kind == PICKLE_DICT || n->kind == PICKLE_CALL;
    uint64_t weight = 1 + (n->state ? n->state->weight : 0);
    for (int i = 0; holds && i < n->items.count && weight <= MAX_WEIGHT; i++)
        weight += n->items.items[i]->weight;
    return weight;
}

enum { NOT_BUILT, BEING_BUILT, BUILT };

bool builder_build(struct builder *b, struct pickle_node *n, lb_value *out) {
    *out = value_none();
    if (n->state_of_build == BUILT) {
        *out = value_copy(n->built);
        return true;
    }
    if (n->state_of_build == BEING_BUILT) return builder_refuse(b, n, "a value that holds itself");
    if (b->depth >= MAX_DEPTH) return builder_refuse(b, n, "values are nested more than 1,000 deep");
    n->state_of_build = BEING_BUILT;
    b->depth++;
    bool good = build_kind(b, n, out);
    b->depth--;
    if (good && (n->weight = tree_weight(n)) > MAX_WEIGHT)
        good = builder_refuse(b, n, "a value refers to its parts so often that it could not be walked");
    if (!good) {
        value_release(*out);
        *out = value_none();
        return false;
    }
    if (!array_push_in(b->memory, &b->built, n)) {
        value_release(*out);
        *out = value_none();
        return error_memory(b->err);
    }
    n->state_of_build = BUILT;
    n->built = value_copy(*out);
    return true;
}

bool unpickle_record(struct archive *a, const char *record, const char *storages,
                     const struct unpickle_program *program, lb_value *out, lb_error *err) {
    const uint8_t *data;
    size_t length;
    *out = value_none();
    if (!archive_read(a, record, &data, &length, err))
        return err->code ? false : error_set(err, LB_ERROR_FORMAT, "there is no record '%s'", record);
    struct arena memory = {0};
    struct builder b = {.archive = a,
                        .record = record,
                        .storages = storages,
                        .program = program,
                        .memory = &memory,
                        .err = err};
    struct pickle_node *root = pickle_parse(&memory, record, data, length, err);
    bool good = root && builder_build(&b, root, out);
    for (int i = 0; i < b.built.count; i++) value_release(b.built.items[i]->built);
    arena_free(&memory);
    return good;
}
