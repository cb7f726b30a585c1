/* repr(module) as torch.nn.Module.__repr__ makes it of a loaded RecursiveScriptModule
 * (torch/nn/modules/module.py, torch/jit/_script.py). */
#include "module/describe.h"
#include <string.h>

enum { MAX_DEPTH = 500 };

/* The last atom of a qualified name. */
static const char *short_name(const struct type *type) {
    const char *dot = strrchr(type->name->text, '.');
    return dot ? dot + 1 : type->name->text;
}

static bool is_module(const struct type *type) {
    return (type->kind == TYPE_CLASS || type->kind == TYPE_INTERFACE) && type->definition->is_module;
}

static bool has_children(const struct class_definition *class) {
    for (int i = 0; i < class->attributes.count; i++)
        if (is_module(class->attributes.items[i].type)) return true;
    return false;
}

static void put_module(struct text *out, lb_value module, int depth) {
    const struct type *type = module.object->type;
    const struct class_definition *class = type->definition;
    if (!has_children(class) || depth > MAX_DEPTH) {
        text_printf(out, "RecursiveScriptModule(original_name=%s)", short_name(type));
        return;
    }
    text_printf(out, "RecursiveScriptModule(\n%*soriginal_name=%s\n", 2 * depth + 2, "", short_name(type));
    for (int i = 0; i < class->attributes.count; i++) {
        if (!is_module(class->attributes.items[i].type) || module.object->slots[i].tag != VALUE_OBJECT)
            continue;
        text_printf(out, "%*s(%s): ", 2 * depth + 2, "", class->attributes.items[i].name->text);
        put_module(out, module.object->slots[i], depth + 1);
        text_put_char(out, '\n');
    }
    text_printf(out, "%*s)", 2 * depth, "");
}

void program_put_repr(struct text *out, const struct program *p) {
    put_module(out, p->root, 0);
}
