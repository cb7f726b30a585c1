/* Attributes of interface types have the type of the module that they hold, and calls through them are
 * inlined: a frozen module's own modules do not change. */
#include "ir/views.h"
#include "module/freezing.h"
#include "passes/passes.h"

static bool refuse_setting(struct freezing *f, const struct node *n, const struct graph *g) {
    struct object *owner = freezing_module(f, node_input(n, 0), g);
    const struct name *name = freezing_name(n);
    int slot = owner && name ? class_find_attribute(owner->type->definition, name) : -1;
    if (slot < 0 || owner->type->definition->attributes.items[slot].type->kind != TYPE_INTERFACE) return true;
    return error_set(f->err, LB_ERROR_UNSUPPORTED,
                     "Freezing does not support SetAttr on an interface type. SetAttr is attempted on '%s'",
                     name->text);
}

static bool settle_interface(struct freezing *f, struct node *n, struct graph *g) {
    if (node_is(n, KIND_FORK)) return freezing_visit_fork(f, n, g, freezing_inline_interfaces);
    if (node_is(n, KIND_SET_ATTR)) return refuse_setting(f, n, g);
    if (!node_is(n, KIND_GET_ATTR) || node_output(n, 0)->type->kind != TYPE_INTERFACE) return true;
    const lb_value *slot = freezing_find(f, n, g);
    if (!slot || slot->tag != VALUE_OBJECT)
        return error_set(f->err, LB_ERROR_UNSUPPORTED, "failed to freeze interface attribute '%s'",
                         freezing_name(n)->text);
    struct object *owner = freezing_module(f, node_input(n, 0), g);
    int at = class_find_attribute(owner->type->definition, freezing_name(n));
    node_output(n, 0)->type = slot->object->type;
    owner->type->definition->attributes.items[at].type = slot->object->type;
    f->changed = true;
    return true;
}

/* What is inlined may call through interfaces in turn. */
bool freezing_inline_interfaces(struct freezing *f, struct graph *g) {
    do {
        f->changed = false;
        if (!freezing_walk(f, g, settle_interface)) return false;
        if (f->changed && !pass_inline(g, f->err)) return false;
    } while (f->changed);
    return true;
}
