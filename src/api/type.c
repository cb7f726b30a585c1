/* Types as handles: from and to text, their parts, what they know of tensors. */
#include "api/graph.h"
#include "types/schema.h"
#include <string.h>

const lb_type *lb_type_read(lb_unit *unit, const char *text, size_t length, lb_error *err) {
    API_ERROR(err, own);
    struct unit *u = unit_of(unit);
    unit_enter(u);
    const struct type *t = type_parse_known(&u->types, text, length, local);
    unit_leave(u);
    handle_error(err, local);
    return type_handle(t);
}

char *lb_type_put(const lb_type *type, lb_type_form form, lb_error *err) {
    API_ERROR(err, own);
    struct text out = {0};
    if (form == LB_TYPE_GRAPH)
        type_put_graph(&out, type_of(type));
    else if (form == LB_TYPE_SCHEMA)
        type_put_schema(&out, type_of(type));
    else
        type_put_annotation(&out, type_of(type));
    return handle_text(&out, true, local, err);
}

/* typeKindToString in aten/src/ATen/core/jit_type_base.h. */
const char *lb_type_kind(const lb_type *type) {
    static const char *const kinds[] = {
        [TYPE_ANY] = "AnyType",
        [TYPE_INT] = "IntType",
        [TYPE_FLOAT] = "FloatType",
        [TYPE_BOOL] = "BoolType",
        [TYPE_COMPLEX] = "ComplexType",
        [TYPE_NUMBER] = "NumberType",
        [TYPE_STRING] = "StringType",
        [TYPE_NONE] = "NoneType",
        [TYPE_DEVICE] = "DeviceObjType",
        [TYPE_GENERATOR] = "GeneratorType",
        [TYPE_STREAM] = "StreamObjType",
        [TYPE_STORAGE] = "StorageType",
        [TYPE_QUANTIZER] = "QuantizerType",
        [TYPE_CAPSULE] = "CapsuleType",
        [TYPE_FUNCTION] = "FunctionType",
        [TYPE_ANY_LIST] = "AnyListType",
        [TYPE_ANY_TUPLE] = "AnyTupleType",
        [TYPE_ANY_CLASS] = "AnyClassType",
        [TYPE_ANY_ENUM] = "AnyEnumType",
        [TYPE_SCALAR_TYPE] = "ScalarTypeType",
        [TYPE_LAYOUT] = "LayoutType",
        [TYPE_MEMORY_FORMAT] = "MemoryFormatType",
        [TYPE_QSCHEME] = "QSchemeType",
        [TYPE_DIMNAME] = "DimnameType",
        [TYPE_SYM_INT] = "SymIntType",
        [TYPE_SYM_FLOAT] = "SymFloatType",
        [TYPE_SYM_BOOL] = "SymBoolType",
        [TYPE_PY_OBJECT] = "PyObjectType",
        [TYPE_TENSOR] = "TensorType",
        [TYPE_LIST] = "ListType",
        [TYPE_OPTIONAL] = "OptionalType",
        [TYPE_DICT] = "DictType",
        [TYPE_TUPLE] = "TupleType",
        [TYPE_UNION] = "UnionType",
        [TYPE_FUTURE] = "FutureType",
        [TYPE_RREF] = "RRefType",
        [TYPE_AWAIT] = "AwaitType",
        [TYPE_VAR] = "VarType",
        [TYPE_CLASS] = "ClassType",
        [TYPE_INTERFACE] = "InterfaceType",
        [TYPE_ENUM] = "EnumType",
    };
    return kinds[type_of(type)->kind];
}

int lb_type_count(const lb_type *type) {
    return type_of(type)->count;
}

const lb_type *lb_type_item(const lb_type *type, int index) {
    const struct type *t = type_of(type);
    return index >= 0 && index < t->count ? type_handle(t->items[index]) : NULL;
}

const char *lb_type_qualified(const lb_type *type) {
    const struct type *t = type_of(type);
    return t->name && t->kind != TYPE_VAR ? t->name->text : NULL;
}

const char *lb_type_attribute(const lb_type *type, int index) {
    const struct type *t = type_of(type);
    bool is = t->kind == TYPE_CLASS && index >= 0 && index < t->definition->attributes.count;
    return is ? t->definition->attributes.items[index].name->text : NULL;
}

bool lb_type_is_subtype(lb_unit *unit, const lb_type *type, const lb_type *of) {
    return type_is_subtype(&unit_of(unit)->types, type_of(type), type_of(of));
}

const lb_type *lb_module_type(const lb_module *module) {
    return type_handle(module->program->root.object->type);
}

/* ---- tensors ---- */

bool lb_type_tensor(const lb_type *type, lb_tensor_facts *facts) {
    const struct type *t = type_of(type);
    *facts = (lb_tensor_facts){.dtype = -1, .ndim = -1, .requires_grad = -1};
    if (t->kind != TYPE_TENSOR) return false;
    const struct tensor_facts *f = t->facts;
    if (!f) return true;
    facts->dtype = f->dtype;
    facts->ndim = f->ndim;
    facts->sizes = f->ndim >= 0 ? f->sizes : NULL;
    facts->strides = f->ndim >= 0 ? f->strides : NULL;
    facts->requires_grad = f->requires_grad;
    if (f->has_device)
        facts->device = f->device.type == DEVICE_CUDA   ? "cuda"
                        : f->device.type == DEVICE_META ? "meta"
                                                        : "cpu";
    return true;
}

static bool device_named(const char *text, struct device *d) {
    static const char *const names[] = {[DEVICE_CPU] = "cpu", [DEVICE_CUDA] = "cuda", [DEVICE_META] = "meta"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (names[i] && strcmp(names[i], text) == 0) {
            *d = (struct device){(int16_t)i, -1};
            return true;
        }
    return false;
}

const lb_type *lb_type_of_tensor(lb_unit *unit, const lb_tensor_facts *facts, lb_error *err) {
    struct unit *u = unit_of(unit);
    struct tensor_facts f = {.dtype = facts->dtype,
                             .ndim = facts->ndim,
                             .sizes = (int64_t *)(uintptr_t)facts->sizes,
                             .strides = (int64_t *)(uintptr_t)facts->strides,
                             .requires_grad = (int8_t)facts->requires_grad};
    if (f.dtype >= 0 && !dtype_valid((int)f.dtype)) {
        error_set(err, LB_ERROR_ARGUMENT, "there is no dtype %d", facts->dtype);
        return NULL;
    }
    if (facts->device && !(f.has_device = device_named(facts->device, &f.device))) {
        error_set(err, LB_ERROR_ARGUMENT, "there is no device '%s'", facts->device);
        return NULL;
    }
    const struct type *t = type_tensor_of(&u->types, &f);
    if (!t) error_memory(err);
    return type_handle(t);
}

const lb_type *lb_type_of_value(lb_unit *unit, const lb_value *value, lb_error *err) {
    const struct type *t = type_of_value(&unit_of(unit)->types, *value);
    if (!t) error_memory(err);
    return type_handle(t);
}
