/* Cloning a tree of modules; see clone.h. A class is cloned once, with the first module that is of it; that
 * many levels deep do modules go as their classes were nested. */
#include "module/clone.h"
#include "ir/views.h"
#include "lang/define.h"

enum { DEEPEST = 200 };

struct cloning {
    struct unit *unit;
    struct table types;     /* const struct type * -> its clone */
    struct table functions; /* const struct function * -> its clone */
    int depth;
    lb_error *err;
};

static const struct type *new_type(const struct cloning *c, const struct type *t) {
    const struct type *clone = table_get(&c->types, t);
    return clone ? clone : t;
}

/* ---- methods ---- */

static void remap_block(struct cloning *c, struct block *b);

static void remap_values(const struct cloning *c, struct node *n) {
    for (int i = 0; i < n->outputs.count; i++) node_output(n, i)->type = new_type(c, node_output(n, i)->type);
}

static void remap_node(struct cloning *c, struct node *n) {
    remap_values(c, n);
    for (int i = 0; i < n->blocks.count; i++) remap_block(c, n->blocks.items[i]);
    for (int i = 0; i < n->attributes.count; i++) {
        const struct attribute *a = &n->attributes.items[i];
        if (a->kind == ATTRIBUTE_GRAPH) remap_block(c, a->graph->top);
        for (int k = 0; a->kind == ATTRIBUTE_GRAPHS && k < a->list.count; k++)
            remap_block(c, ((struct graph **)a->list.items)[k]->top);
    }
    const struct function *callee = n->function ? table_get(&c->functions, n->function) : NULL;
    if (callee) n->function = callee;
}

static void remap_block(struct cloning *c, struct block *b) {
    remap_values(c, b->param);
    for (struct node *n = block_first(b); n != b->result; n = n->next) remap_node(c, n);
}

static bool copy_argument(const struct cloning *c, struct argument *a) {
    a->type = new_type(c, a->type);
    a->declared = new_type(c, a->declared);
    a->default_value = value_copy(a->default_value);
    return true;
}

static struct schema *clone_schema(const struct cloning *c, const struct schema *s) {
    struct arena *memory = &c->unit->memory;
    struct schema *clone = arena_new(memory, struct schema);
    struct argument *arguments = arena_array(memory, struct argument, s->argument_count + 1);
    struct argument *returns = arena_array(memory, struct argument, s->return_count + 1);
    if (!clone || !arguments || !returns) return NULL;
    *clone = *s;
    clone->arguments = memcpy(arguments, s->arguments, (size_t)s->argument_count * sizeof *arguments);
    clone->returns = memcpy(returns, s->returns, (size_t)s->return_count * sizeof *returns);
    for (int i = 0; i < s->argument_count; i++) copy_argument(c, &arguments[i]);
    for (int i = 0; i < s->return_count; i++) copy_argument(c, &returns[i]);
    return clone;
}

static const struct name *method_name(const struct cloning *c, const struct type *class,
                                      const struct function *f) {
    struct text qualified = {0};
    text_printf(&qualified, "%s.%s", class->name->text, f->name->text);
    const struct name *name = qualified.failed ? NULL : name_of(&c->unit->names, text_get(&qualified));
    text_free(&qualified);
    return name;
}

/* Declared now, with its graph as it was: what graphs call may be cloned later. */
static bool declare_method(struct cloning *c, struct class_definition *class, struct function *f) {
    if (!lang_ensure(f, c->err)) return false;
    const struct name *qualified = method_name(c, class->type, f);
    struct function *clone = qualified ? unit_new_function(c->unit, qualified, f->name) : NULL;
    if (!clone || !class_add_method(class, clone) || !table_set(&c->functions, f, clone)) return false;
    clone->owner = class->type;
    clone->native = f->native;
    clone->state = FUNCTION_READY;
    return !f->graph || (clone->graph = graph_copy(f->graph)) != NULL;
}

static bool finish_method(struct cloning *c, const struct function *f, struct function *clone) {
    if (clone->graph) remap_block(c, clone->graph->top);
    return !f->schema || (clone->schema = clone_schema(c, f->schema)) != NULL;
}

/* ---- classes and objects ---- */

static bool clone_constants(struct class_definition *class, const struct class_definition *old) {
    for (int i = 0; i < old->constants.count; i++) {
        struct class_constant constant = old->constants.items[i];
        constant.value = value_copy(constant.value);
        if (!class_add_constant(class, constant)) return false;
    }
    return true;
}

static bool clone_module(struct cloning *c, const struct object *module, lb_value *clone);

/* Attributes that are modules are clones; the first module of a class says of which classes they are. */
static bool clone_slots(struct cloning *c, const struct object *module, struct object *clone) {
    const struct class_definition *old = module->type->definition;
    struct class_definition *class = clone->type->definition;
    for (int i = 0; i < old->attributes.count; i++) {
        struct class_attribute a = old->attributes.items[i];
        bool named = a.type->kind == TYPE_CLASS || a.type->kind == TYPE_INTERFACE;
        bool is_module = named && a.type->definition->is_module && module->slots[i].tag == VALUE_OBJECT;
        if (!is_module)
            clone->slots[i] = value_copy(module->slots[i]);
        else if (!clone_module(c, module->slots[i].object, &clone->slots[i]))
            return false;
        if (is_module && a.type->kind == TYPE_CLASS) a.type = clone->slots[i].object->type;
        if (class->attributes.count == i && class_add_attribute(class, a) < 0) return error_memory(c->err);
    }
    return true;
}

static struct class_definition *new_class(struct cloning *c, const struct type *old) {
    const struct name *name = unit_mangle(c->unit, old->name);
    struct class_definition *class = name ? type_class(&c->unit->types, name, true) : NULL;
    if (!class || !table_set(&c->types, old, (void *)(uintptr_t) class->type)) return NULL;
    class->container = old->definition->container;
    class->host = old->definition->host;
    return class;
}

static bool clone_methods(struct cloning *c, struct class_definition *class,
                          const struct class_definition *old) {
    bool good = clone_constants(class, old);
    for (int i = 0; good && i < old->methods.count; i++)
        good = declare_method(c, class, old->methods.items[i]);
    return good || error_memory(c->err);
}

static bool clone_module(struct cloning *c, const struct object *module, lb_value *clone) {
    if (c->depth >= DEEPEST)
        return error_set(c->err, LB_ERROR_LIMIT, "modules within modules more than %d deep", DEEPEST);
    const struct type *known = table_get(&c->types, module->type);
    struct class_definition *class = known ? known->definition : new_class(c, module->type);
    if (!class) return error_memory(c->err);
    if (!value_new_object(clone, class->type, module->count, c->err)) return false;
    c->depth++;
    bool good = clone_slots(c, module, clone->object);
    c->depth--;
    return good && (known || clone_methods(c, class, module->type->definition));
}

static bool finish_methods(struct cloning *c) {
    for (uint32_t i = 0; c->functions.slots && i <= c->functions.mask; i++) {
        const struct table_slot *slot = &c->functions.slots[i];
        if (slot->key && slot->value && !finish_method(c, slot->key, slot->value))
            return error_memory(c->err);
    }
    return true;
}

bool module_clone(struct unit *unit, lb_value module, lb_value *clone, lb_error *err) {
    struct cloning c = {.unit = unit, .err = err};
    *clone = value_none();
    bool good = clone_module(&c, module.object, clone) && finish_methods(&c);
    if (!good) {
        value_release(*clone);
        *clone = value_none();
    }
    table_free(&c.types);
    table_free(&c.functions);
    return good;
}
