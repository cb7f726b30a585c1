/* Tables of PyTorch's C++ classes; see native_classes.h. The schemas are those that
 * torch._C._jit_get_custom_class_schemas() shows. */
#include "lang/native_classes.h"
#include "ops/quantized/packed_methods.h"
#include <string.h>

static const char prefix[] = "__torch__.torch.classes.";

static const char *const classes[] = {
    "quantized.LinearPackedParamsBase",
    "quantized.Conv2dPackedParamsBase",
    "quantized.Conv3dPackedParamsBase",
    "quantized.EmbeddingPackedParamsBase",
    "sparse.LinearPackedParamsBase",
    "rnn.CellParamsBase",
    "mkldnn.ConvOpContext",
    "xnnpack.LinearOpContext",
    "xnnpack.Conv2dOpContext",
    "xnnpack.TransposeConv2dOpContext",
    "profiler._RecordFunction",
    "cuda.Stream",
    "cuda.Event",
};

#define LINEAR    "quantized.LinearPackedParamsBase"
#define CONV2D    "quantized.Conv2dPackedParamsBase"
#define CONV3D    "quantized.Conv3dPackedParamsBase"
#define EMBEDDING "quantized.EmbeddingPackedParamsBase"
#define CELL      "(str, Tensor[], float[], int[], __torch__.torch.classes." LINEAR "[])"
#define CONV_METHODS(C)                                                                                      \
    {C, "__getstate__", NULL, "(str, Tensor[], Tensor?[])"}, {C, "__setstate__", "Any", "NoneType"},         \
        {C, "weight", NULL, "Tensor"}, {C, "bias", NULL, "Tensor?"},                                         \
        {C, "unpack", NULL, "(Tensor, Tensor?)"}, {C, "stride", NULL, "int[]"},                              \
        {C, "padding", NULL, "int[]"}, {C, "output_padding", NULL, "int[]"}, {C, "dilation", NULL, "int[]"}, \
        {C, "groups", NULL, "int"}, {                                                                        \
        C, "transpose", NULL, "bool"                                                                         \
    }

/* What a method takes besides self (NULL: nothing) and gives. */
static const struct native_method {
    const char *class_name, *name, *argument, *result;
} methods[] = {
    {LINEAR, "__getstate__", NULL, "(Tensor, Tensor?)"},
    {LINEAR, "__setstate__", "(Tensor, Tensor?)", "NoneType"},
    {LINEAR, "bias", NULL, "Tensor?"},
    {LINEAR, "unpack", NULL, "(Tensor, Tensor?)"},
    CONV_METHODS(CONV2D),
    CONV_METHODS(CONV3D),
    {EMBEDDING, "__getstate__", NULL, "(int, Tensor[], float[], int[])"},
    {EMBEDDING, "__setstate__", "(int, Tensor[], float[], int[])", "NoneType"},
    {EMBEDDING, "bit_rate", NULL, "int"},
    {EMBEDDING, "unpack", NULL, "Tensor"},
    {EMBEDDING, "version", NULL, "int"},
    {"rnn.CellParamsBase", "__getstate__", NULL, CELL},
    {"rnn.CellParamsBase", "__setstate__", CELL, "NoneType"},
};

bool native_class_name(const struct name *qualified) {
    return !strncmp(qualified->text, prefix, sizeof prefix - 1);
}

/* Types of other native classes in a method's types must exist before their text is read. */
static const struct type *read_type(struct unit *unit, const char *text, lb_error *err) {
    const struct name *linear = name_of(&unit->names, "__torch__.torch.classes." LINEAR);
    if (strstr(text, LINEAR) && (!linear || !native_class_find(unit, linear, err))) return NULL;
    return type_parse_graph(&unit->types, text, strlen(text), err);
}

static struct schema *method_schema(struct unit *unit, const struct type *self, const struct native_method *m,
                                    lb_error *err) {
    struct schema *s = arena_new(&unit->memory, struct schema);
    struct argument *arguments = arena_array(&unit->memory, struct argument, 3);
    if (!s || !arguments) return NULL;
    const struct type *types[3] = {self, read_type(unit, m->result, err),
                                   m->argument ? read_type(unit, m->argument, err) : self};
    if (!types[1] || !types[2]) return NULL;
    for (int i = 0; i < 3; i++) arguments[i].type = arguments[i].declared = types[i];
    s->returns = &arguments[1];
    s->arguments = arguments;
    if (m->argument) { /* self and the argument, side by side */
        s->arguments = arena_array(&unit->memory, struct argument, 2);
        if (!s->arguments) return NULL;
        s->arguments[0] = arguments[0];
        s->arguments[1] = arguments[2];
        s->arguments[1].name = name_of(&unit->names, "_1");
    }
    s->arguments[0].name = name_of(&unit->names, "_0");
    s->argument_count = m->argument ? 2 : 1;
    s->return_count = 1;
    s->name = name_of(&unit->names, m->name);
    s->overload = "";
    return s->name ? s : NULL;
}

static bool add_method(struct unit *unit, struct class_definition *c, const struct native_method *m,
                       lb_error *err) {
    char *text = arena_printf(&unit->memory, "%s.%s", c->type->name->text, m->name);
    const struct name *qualified = text ? name_of(&unit->names, text) : NULL,
                      *name = name_of(&unit->names, m->name);
    struct function *f = qualified && name ? unit_new_function(unit, qualified, name) : NULL;
    if (!f || !(f->schema = method_schema(unit, c->type, m, err))) return error_memory(err);
    f->owner = c->type;
    f->state = FUNCTION_READY;
    f->native = packed_find_method(m->class_name, m->name);
    return array_push(&c->methods, f) || error_memory(err);
}

static const struct type *make_class(struct unit *unit, const struct name *qualified, lb_error *err) {
    const char *word = qualified->text + sizeof prefix - 1;
    struct class_definition *c = type_class(&unit->types, qualified, false);
    if (!c) {
        error_memory(err);
        return NULL;
    }
    c->is_native = true;
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++)
        if (!strcmp(methods[i].class_name, word) && !add_method(unit, c, &methods[i], err)) return NULL;
    return c->type;
}

const struct type *native_class_find(struct unit *unit, const struct name *qualified, lb_error *err) {
    const struct type *known = type_find_named(&unit->types, qualified);
    if (known || !native_class_name(qualified)) return known;
    for (size_t i = 0; i < sizeof classes / sizeof *classes; i++)
        if (!strcmp(qualified->text + sizeof prefix - 1, classes[i])) return make_class(unit, qualified, err);
    return NULL;
}
