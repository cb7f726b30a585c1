/* From pickle nodes to values; see unpickle.h. Rules: torch/csrc/jit/serialization/unpickler.cpp,
 * torch/_utils.py. A node is built once, however often it is referred to. Nesting, and the size of the value
 * when it is written out as a tree, are limited, so that whatever walks the value later comes to an end. */
#include "archive/unpickle.h"
#include "base/mem.h"
#include "tensor/quantizer.h"
#include "types/adapt.h"
#include "types/function.h"
#include <string.h>

enum { MAX_DEPTH = 1000 };
static const uint64_t MAX_WEIGHT = (uint64_t)1 << 27; /* nodes of the tree */

struct builder {
    struct archive *archive;
    const char *record, *storages;
    const struct unpickle_program *program;
    struct arena *memory;
    ARRAY_OF(struct pickle_node *) built; /* nodes that hold a reference to their value */
    int depth;
    lb_error *err;
};

static bool build(struct builder *b, struct pickle_node *n, lb_value *out);

static bool refuse(struct builder *b, const struct pickle_node *n, const char *what) {
    return error_set(b->err, LB_ERROR_FORMAT, "%s: %s (pickle offset %u)", b->record, what, n->offset);
}

/* The items of a tuple node with at least `least` items, else NULL. */
static struct pickle_node **tuple_items(struct builder *b, const struct pickle_node *n, int least,
                                        const char *what) {
    if (n->kind == PICKLE_TUPLE && n->items.count >= least) return n->items.items;
    refuse(b, n, what);
    return NULL;
}

static bool is_global(const struct pickle_node *n, enum pickle_global global) {
    return n->kind == PICKLE_GLOBAL && n->global == global;
}

static bool is_true(const struct pickle_node *n) {
    return n->kind == PICKLE_BOOL && n->i;
}

/* ---- tensors ---- */

static bool read_dims(struct builder *b, const struct pickle_node *n, int64_t *dims, int *count) {
    if (n->kind != PICKLE_TUPLE) return refuse(b, n, "a tensor's sizes and strides should be tuples");
    if (n->items.count > TENSOR_MAX_DIMS) return refuse(b, n, "a tensor has more than 64 dimensions");
    *count = n->items.count;
    for (int i = 0; i < *count; i++) {
        if (n->items.items[i]->kind != PICKLE_INT) return refuse(b, n, "a size or stride is no int");
        dims[i] = n->items.items[i]->i;
    }
    return true;
}

/* Persistent id ('storage', torch.FloatStorage, key, location, numel). */
static struct storage *read_storage(struct builder *b, const struct pickle_node *n, enum dtype *dtype) {
    struct pickle_node **id =
        n->kind == PICKLE_PERSISTENT
            ? tuple_items(b, n->items.items[0], 5, "a storage's id should have five parts")
            : NULL;
    if (!id || !pickle_is_text(id[0], "storage") || !is_global(id[1], GLOBAL_STORAGE) ||
        id[2]->kind != PICKLE_STRING || id[4]->kind != PICKLE_INT) {
        refuse(b, n, "a tensor without a proper storage");
        return NULL;
    }
    *dtype = (enum dtype)id[1]->dtype;
    size_t size = dtype_size(*dtype);
    char record[300];
    if (id[2]->length > 200 || memchr(id[2]->text, 0, id[2]->length)) {
        refuse(b, n, "a storage's key is too long or not plain text");
        return NULL;
    }
    int used = 0;
    used += (int)strlen(strcpy(record, b->storages));
    record[used++] = '/';
    memcpy(record + used, id[2]->text, id[2]->length);
    record[used + (int)id[2]->length] = 0;
    struct storage *s =
        archive_storage(b->archive, record, dtype_is_complex(*dtype) ? size / 2 : size, b->err);
    if (!s) error_prefix(b->err, "%s (pickle offset %u)", b->record, n->offset);
    if (s && (id[4]->i < 0 || (uint64_t)id[4]->i > s->bytes / size)) {
        error_set(b->err, LB_ERROR_FORMAT,
                  "%s: the storage '%s' should have %lld elements of %zu bytes, but its record has %zu bytes "
                  "(pickle offset %u)",
                  b->record, record, (long long)id[4]->i, size, s->bytes, n->offset);
        storage_release(s);
        return NULL;
    }
    return s;
}

/* The parts that all strided tensors share: storage, offset, sizes, strides. */
static struct tensor *strided_tensor(struct builder *b, const struct pickle_node *n,
                                     struct pickle_node **args) {
    int64_t sizes[TENSOR_MAX_DIMS], strides[TENSOR_MAX_DIMS];
    int ndim, stride_count;
    enum dtype dtype;
    if (args[1]->kind != PICKLE_INT) refuse(b, n, "a tensor's offset is no int");
    if (args[1]->kind != PICKLE_INT || !read_dims(b, args[2], sizes, &ndim) ||
        !read_dims(b, args[3], strides, &stride_count))
        return NULL;
    if (ndim != stride_count) {
        refuse(b, n, "a tensor has other numbers of sizes and strides");
        return NULL;
    }
    struct storage *s = read_storage(b, args[0], &dtype);
    if (!s) return NULL;
    lb_error why = {0};
    struct tensor *t = tensor_over(s, dtype, ndim, sizes, strides, args[1]->i, &why);
    if (!t)
        error_set(b->err, why.code, "%s: a tensor does not fit its storage: %s (pickle offset %u)", b->record,
                  error_message(&why), n->offset);
    error_clear(&why);
    storage_release(s);
    return t;
}

static bool requires_grad_fits(struct builder *b, const struct pickle_node *n, struct tensor *t,
                               const struct pickle_node *flag) {
    if (!is_true(flag)) return true;
    if (!dtype_is_floating((enum dtype)t->dtype) && !dtype_is_complex((enum dtype)t->dtype))
        return refuse(b, n, "requires_grad on a tensor that is not floating point");
    t->flags |= TENSOR_REQUIRES_GRAD;
    return true;
}

static bool give_tensor_value(struct tensor *t, bool good, lb_value *out) {
    if (good) *out = value_tensor(t);
    if (!good) tensor_release(t);
    return good;
}

/* The optional last argument: {'conj': True, 'neg': True} */
static void apply_bits(struct tensor *t, const struct pickle_node *n) {
    if (n->kind == PICKLE_CALL) n = n->items.items[1]->items.items[0];
    for (int i = 0; n->kind == PICKLE_DICT && i + 1 < n->items.count; i += 2) {
        if (!is_true(n->items.items[i + 1])) continue;
        if (pickle_is_text(n->items.items[i], "conj")) t->flags |= TENSOR_CONJ;
        if (pickle_is_text(n->items.items[i], "neg")) t->flags |= TENSOR_NEG;
    }
}

static bool build_tensor(struct builder *b, struct pickle_node *n, struct pickle_node *argument,
                         lb_value *out) {
    struct pickle_node **args =
        tuple_items(b, argument, 4, "a tensor needs storage, offset, sizes and strides");
    struct tensor *t = args ? strided_tensor(b, n, args) : NULL;
    if (!t) return false;
    bool good = argument->items.count < 5 || requires_grad_fits(b, n, t, args[4]);
    if (good && argument->items.count > 6) {
        bool tagged = args[6]->kind != PICKLE_CALL ||
                      (args[6]->items.items[1]->kind == PICKLE_TUPLE && args[6]->items.items[1]->items.count);
        if (tagged) apply_bits(t, args[6]);
    }
    return give_tensor_value(t, good, out);
}

static bool per_channel(struct builder *b, struct pickle_node *n, struct pickle_node **parts,
                        struct tensor *t) {
    lb_value scales = value_none(), zeros = value_none();
    bool good = build(b, parts[1], &scales) && build(b, parts[2], &zeros);
    int64_t axis = parts[3]->kind == PICKLE_INT ? parts[3]->i : -1;
    if (good && (scales.tag != VALUE_TENSOR || zeros.tag != VALUE_TENSOR || axis < 0 || axis >= t->ndim ||
                 scales.tensor->numel != t->sizes[axis] || zeros.tensor->numel != t->sizes[axis]))
        good = refuse(b, n, "per-channel scales and zero points do not fit the tensor");
    if (good && !(t->quantizer = quantizer_new(t->sizes[axis]))) good = error_memory(b->err);
    double *floats = NULL;
    if (good && is_global(parts[0], GLOBAL_QSCHEME_CHANNEL_FLOAT)) {
        good = quantizer_add_floats(t->quantizer) || error_memory(b->err);
        floats = t->quantizer->float_zero_points;
    }
    for (int64_t i = 0; good && i < t->sizes[axis]; i++) {
        t->quantizer->scales[i] = tensor_get_float(scales.tensor, i);
        if (floats)
            floats[i] = tensor_get_float(zeros.tensor, i);
        else
            t->quantizer->zero_points[i] = tensor_get_int(zeros.tensor, i);
    }
    if (good) {
        t->quantizer->per_channel = true;
        t->quantizer->axis = (int)axis;
    }
    value_release(scales);
    value_release(zeros);
    return good;
}

static bool attach_quantizer(struct builder *b, struct pickle_node *n, const struct pickle_node *scheme,
                             struct tensor *t) {
    struct pickle_node **parts = tuple_items(b, scheme, 3, "a quantized tensor's scheme should be a tuple");
    if (!parts) return false;
    if (dtype_table[t->dtype].category != DTYPE_QUANTIZED)
        return refuse(b, n, "a quantized tensor over a storage that is not quantized");
    bool by_channel =
        is_global(parts[0], GLOBAL_QSCHEME_CHANNEL) || is_global(parts[0], GLOBAL_QSCHEME_CHANNEL_FLOAT);
    if (by_channel && scheme->items.count >= 4) return per_channel(b, n, parts, t);
    if (!is_global(parts[0], GLOBAL_QSCHEME_TENSOR) || parts[1]->kind != PICKLE_FLOAT ||
        parts[2]->kind != PICKLE_INT)
        return refuse(b, n, "a quantization scheme that is not known");
    if (!(t->quantizer = quantizer_new(1))) return error_memory(b->err);
    t->quantizer->scales[0] = parts[1]->f;
    t->quantizer->zero_points[0] = parts[2]->i;
    return true;
}

static bool build_quantized(struct builder *b, struct pickle_node *n, struct pickle_node *argument,
                            lb_value *out) {
    struct pickle_node **args =
        tuple_items(b, argument, 5, "a quantized tensor needs storage, offset, sizes, strides and scheme");
    struct tensor *t = args ? strided_tensor(b, n, args) : NULL;
    return t && give_tensor_value(t, attach_quantizer(b, n, args[4], t), out);
}

static bool build_sparse(struct builder *b, struct pickle_node *n, struct pickle_node *argument,
                         lb_value *out) {
    (void)argument, (void)out;
    return error_set(b->err, LB_ERROR_UNSUPPORTED,
                     "%s: a sparse tensor (pickle offset %u): sparse tensors are not read yet", b->record,
                     n->offset);
}

static bool build_parameter(struct builder *b, struct pickle_node *n, struct pickle_node *argument,
                            lb_value *out) {
    struct pickle_node **args = tuple_items(b, argument, 1, "a parameter needs a tensor");
    if (!args || !build(b, args[0], out)) return false;
    if (out->tag == VALUE_TENSOR) return true;
    value_release(*out);
    *out = value_none();
    return refuse(b, n, "a parameter that is no tensor");
}

/* ---- lists, dicts, tuples ---- */

static bool build_list(struct builder *b, struct pickle_node *n, const struct type *element, lb_value *out) {
    if (!value_new_list(out, element, n->items.count, b->err)) return false;
    for (int i = 0; i < n->items.count; i++) {
        lb_value item;
        if (!build(b, n->items.items[i], &item) || !list_append(out->list, item, b->err)) return false;
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
        if (!build(b, n->items.items[i], &key)) return false;
        if (!is_key(key) || !build(b, n->items.items[i + 1], &value)) {
            value_release(key);
            return refuse(b, n, "a dict key of a type that can be none");
        }
        if (!dict_set(out->dict, key, value, b->err)) return false;
    }
    return true;
}

static bool build_tuple(struct builder *b, struct pickle_node *n, lb_value *out) {
    if (!value_new_tuple(out, NULL, n->items.count, b->err)) return false;
    for (int i = 0; i < n->items.count; i++)
        if (!build(b, n->items.items[i], &out->tuple->items[i])) return false;
    return true;
}

/* restore_type_tag(container, "List[int]") */
static bool build_tagged(struct builder *b, struct pickle_node *n, struct pickle_node *argument,
                         lb_value *out) {
    struct pickle_node **args =
        tuple_items(b, argument, 2, "restore_type_tag needs a container and its type");
    if (!args || args[1]->kind != PICKLE_STRING)
        return args && refuse(b, n, "restore_type_tag with a type that is no text");
    if (!b->program->parse_type) return build(b, args[0], out);
    const struct type *type =
        b->program->parse_type(b->program->context, args[1]->text, args[1]->length, b->err);
    if (!type) return false;
    bool list = type->kind == TYPE_LIST && args[0]->kind == PICKLE_LIST;
    if (!list && !(type->kind == TYPE_DICT && args[0]->kind == PICKLE_DICT))
        return refuse(b, n, "a container's type text does not fit the container");
    bool good = list ? build_list(b, args[0], type->items[0], out)
                     : build_dict(b, args[0], type->items[0], type->items[1], out);
    if (good) type_tag_containers(type, *out);
    return good;
}

static bool build_typed_list(struct builder *b, struct pickle_node *n, struct pickle_node *argument,
                             lb_value *out) {
    struct pickle_node **args = tuple_items(b, argument, 1, "a list builder needs a list");
    if (!args || args[0]->kind != PICKLE_LIST)
        return args && refuse(b, n, "a list builder with something else than a list");
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
            return refuse(b, n, "an item of a typed list has another type");
    return true;
}

/* ---- small calls ---- */

static bool build_complex(struct builder *b, struct pickle_node *n, struct pickle_node *argument,
                          lb_value *out) {
    struct pickle_node **args = tuple_items(b, argument, 2, "a complex number needs two parts");
    if (!args || args[0]->kind != PICKLE_FLOAT || args[1]->kind != PICKLE_FLOAT)
        return args && refuse(b, n, "a complex number of something else than floats");
    return value_new_complex(out, args[0]->f, args[1]->f, b->err);
}

static bool build_device(struct builder *b, struct pickle_node *n, struct pickle_node *argument,
                         lb_value *out) {
    struct pickle_node **args = tuple_items(b, argument, 1, "a device needs a name");
    lb_value text;
    if (!args || !build(b, args[0], &text)) return false;
    struct type device = {.kind = TYPE_DEVICE};
    bool good = type_convert_argument(b->program->types, &device, text, out, b->err);
    value_release(text);
    return good || refuse(b, n, "a device that is not known");
}

static bool build_size(struct builder *b, struct pickle_node *n, struct pickle_node *argument,
                       lb_value *out) {
    struct pickle_node **args = tuple_items(b, argument, 1, "torch.Size needs a tuple");
    (void)n;
    return args && build(b, args[0], out);
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
        refuse(b, n, "a class of a program, in a file that holds no program");
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
    if (!type || !build(b, argument, &value)) return false;
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
    return found || refuse(b, n, "a value that is no member of its enum");
}

typedef bool (*call_builder)(struct builder *b, struct pickle_node *n, struct pickle_node *argument,
                             lb_value *out);
static const call_builder call_builders[] = {
    [GLOBAL_CLASS] = build_enum,
    [GLOBAL_BUILD_INTLIST] = build_typed_list,
    [GLOBAL_BUILD_DOUBLELIST] = build_typed_list,
    [GLOBAL_BUILD_BOOLLIST] = build_typed_list,
    [GLOBAL_BUILD_TENSORLIST] = build_typed_list,
    [GLOBAL_RESTORE_TYPE_TAG] = build_tagged,
    [GLOBAL_REBUILD_TENSOR_V2] = build_tensor,
    [GLOBAL_REBUILD_QTENSOR] = build_quantized,
    [GLOBAL_REBUILD_SPARSE_TENSOR] = build_sparse,
    [GLOBAL_REBUILD_PARAMETER] = build_parameter,
    [GLOBAL_COMPLEX] = build_complex,
    [GLOBAL_DEVICE] = build_device,
    [GLOBAL_SIZE] = build_size,
};

static bool build_call(struct builder *b, struct pickle_node *n, lb_value *out) {
    size_t global = n->items.items[0]->global;
    if (global >= sizeof call_builders / sizeof *call_builders || !call_builders[global])
        return refuse(b, n, "a call of a global that can't be called");
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

static bool fill_slot(struct builder *b, struct pickle_node *n, lb_value object, int slot,
                      struct pickle_node *value) {
    const struct class_attribute *attribute = &object.object->type->definition->attributes.items[slot];
    lb_value built;
    if (!build(b, value, &built)) return error_prefix(b->err, "attribute '%s'", attribute->name->text);
    type_tag_containers(attribute->type, built);
    if (type_admits(b->program->types, attribute->type, built)) {
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
        return refuse(b, n, "an object's state should be a dict of its attributes");
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
    if (!build(b, n->state, &state)) return false;
    bool good = b->program->set_state(b->program->context, object, state, done, b->err);
    value_release(state);
    return good;
}

static bool build_capsule(struct builder *b, struct pickle_node *n, const struct type *type, lb_value *out) {
    lb_value state;
    if (!build(b, n->state, &state)) return false;
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
    if (type->kind != TYPE_CLASS) return refuse(b, n, "an object of what is no class");
    if (!n->state) return refuse(b, n, "an object without its state");
    if (type->definition->is_native) return build_capsule(b, n, type, out);
    if (!value_new_object(out, type, type->definition->attributes.count, b->err)) return false;
    bool done = false;
    if (has_set_state(type->definition) && !run_set_state(b, n, *out, &done)) return false;
    return done || fill_slots(b, n, *out);
}

/* ---- all kinds ---- */

static bool build_dtype(struct builder *b, struct pickle_node *n, lb_value *out) {
    if (n->global != GLOBAL_DTYPE) return refuse(b, n, "a global where a value should be");
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
    default: return refuse(b, n, "a storage where a value should be");
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

static bool build(struct builder *b, struct pickle_node *n, lb_value *out) {
    *out = value_none();
    if (n->state_of_build == BUILT) {
        *out = value_copy(n->built);
        return true;
    }
    if (n->state_of_build == BEING_BUILT) return refuse(b, n, "a value that holds itself");
    if (b->depth >= MAX_DEPTH) return refuse(b, n, "values are nested more than 1,000 deep");
    n->state_of_build = BEING_BUILT;
    b->depth++;
    bool good = build_kind(b, n, out);
    b->depth--;
    if (good && (n->weight = tree_weight(n)) > MAX_WEIGHT)
        good = refuse(b, n, "a value refers to its parts so often that it could not be walked");
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
    bool good = root && build(&b, root, out);
    for (int i = 0; i < b.built.count; i++) value_release(b.built.items[i]->built);
    arena_free(&memory);
    return good;
}
