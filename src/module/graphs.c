/* Graphs become functions; see graphs.h. */
#include "module/graphs.h"
#include "exec/run.h"
#include "ir/verify.h"
#include "ir/views.h"
#include "ops/schemas.h"

static struct graph *checked_copy(struct graph *g, lb_error *err) {
    if (block_output_count(g->top) != 1) {
        error_set(err, LB_ERROR_ARGUMENT,
                  "Method (but not graphs in general) require a single output. Use None/Tuple for 0 or 2+ "
                  "outputs");
        return NULL;
    }
    if (!graph_verify(g, node_schema, err)) return NULL;
    struct graph *copy = graph_duplicate(g);
    if (!copy) error_memory(err);
    return copy;
}

/* A value's name without the number at its end (Value::debugNameBase); "argument_2" when it has none. */
static const struct name *argument_name(struct unit *u, const struct ir_value *v, int index) {
    struct text text = {0};
    if (v->debug_name) {
        const char *whole = v->debug_name->text, *dot = strrchr(whole, '.');
        bool numbered = dot && dot[1] && dot[1 + strspn(dot + 1, "0123456789")] == 0;
        text_put_bytes(&text, whole, numbered ? (size_t)(dot - whole) : strlen(whole));
    } else {
        text_printf(&text, "argument_%d", index);
    }
    const struct name *name = text.failed ? NULL : name_intern(&u->names, text_get(&text), text.length);
    text_free(&text);
    return name;
}

static bool fill_schema(struct schema *s, struct graph *g) {
    struct unit *u = g->unit;
    for (int i = 0; i < g->top->param->outputs.count; i++) {
        const struct ir_value *v = block_input(g->top, i);
        struct argument *a = &s->arguments[s->argument_count++];
        a->name = argument_name(u, v, i);
        a->type = a->declared = type_unshaped(&u->types, v->type);
        if (!a->name || !a->type) return false;
    }
    s->returns[0].type = s->returns[0].declared = type_unshaped(&u->types, block_output(g->top, 0)->type);
    s->return_count = 1;
    return s->returns[0].type != NULL;
}

static struct schema *schema_of_graph(struct graph *g, const struct name *name) {
    struct arena *memory = &g->unit->memory;
    struct schema *s = arena_new(memory, struct schema);
    if (!s) return NULL;
    s->name = name;
    s->overload = "";
    s->arguments = arena_array(memory, struct argument, g->top->param->outputs.count + 1);
    s->returns = arena_array(memory, struct argument, 1);
    return s->arguments && s->returns && fill_schema(s, g) ? s : NULL;
}

/* Takes the graph over. */
static struct function *new_function(struct graph *copy, const struct name *qualified,
                                     const struct name *name, lb_error *err) {
    struct function *f = name && qualified ? unit_new_function(copy->unit, qualified, name) : NULL;
    if (f) f->schema = schema_of_graph(copy, name);
    if (!f || !f->schema) {
        graph_free(copy);
        error_memory(err);
        return NULL;
    }
    f->graph = copy;
    f->state = FUNCTION_READY;
    return f;
}

static const struct name *last_atom(struct unit *u, const struct name *qualified) {
    const char *dot = strrchr(qualified->text, '.');
    return dot ? name_of(&u->names, dot + 1) : qualified;
}

struct function *function_from_graph(struct graph *g, const char *qualified, lb_error *err) {
    struct unit *u = g->unit;
    struct graph *copy = checked_copy(g, err);
    if (!copy) return NULL;
    const struct name *name = name_of(&u->names, qualified);
    bool taken = name && (table_has(&u->functions, name) || type_find_named(&u->types, name));
    const struct name *own = taken ? unit_mangle(u, name) : name;
    struct function *f = new_function(copy, own, own ? last_atom(u, own) : NULL, err);
    if (!f || table_set(&u->functions, own, f)) return f;
    error_memory(err);
    return NULL;
}

struct function *method_from_graph(struct graph *g, const struct type *class, const char *name,
                                   lb_error *err) {
    struct unit *u = g->unit;
    const struct name *method = name_of(&u->names, name);
    struct class_definition *c = class->definition;
    if (method && (class_find_method(c, method) || class_find_attribute(c, method) >= 0)) {
        error_set(err, LB_ERROR_ARGUMENT, "%s has '%s' already", class->name->text, name);
        return NULL;
    }
    if (!g->top->param->outputs.count || block_input(g->top, 0)->type != class) {
        error_set(err, LB_ERROR_ARGUMENT, "the first input of a method's graph is its module, of type %s",
                  class->name->text);
        return NULL;
    }
    struct graph *copy = checked_copy(g, err);
    if (!copy) return NULL;
    struct text qualified = {0};
    text_printf(&qualified, "%s.%s", class->name->text, name);
    const struct name *whole = qualified.failed ? NULL : name_of(&u->names, text_get(&qualified));
    text_free(&qualified);
    struct function *f = new_function(copy, whole, method, err);
    if (f) f->owner = class;
    if (!f || class_add_method(c, f)) return f;
    error_memory(err);
    return NULL;
}

static struct class_definition *placeholder_class(struct unit *u) {
    const struct name *name = name_of(&u->names, "__torch__.PlaceholderModule");
    const struct name *training = name_of(&u->names, "training");
    if (name && type_find_named(&u->types, name)) name = unit_mangle(u, name);
    struct class_definition *c = name && training ? type_class(&u->types, name, true) : NULL;
    struct class_attribute a = {.name = training, .type = u->types.simple[TYPE_BOOL]};
    return c && class_add_attribute(c, a) >= 0 ? c : NULL;
}

/* The function's graph with a first input that it does not use. */
static bool add_self(struct graph *g, const struct type *class) {
    struct ir_value *self = block_insert_input(g->top, 0);
    if (!self || !value_set_name(self, "self")) return false;
    self->type = class;
    return true;
}

/* PyTorch forgets the defaults of a function that it saves; one that it refuses keeps them. */
static void keep_defaults(const struct function *f, const struct function *method) {
    for (int i = 0; f->whole && i < f->schema->argument_count; i++) {
        const struct argument *from = &f->schema->arguments[i];
        struct argument *to = &method->schema->arguments[i + 1];
        to->has_default = from->has_default;
        to->default_value = value_copy(from->default_value);
    }
}

bool module_of_function(struct function *f, lb_value *root, lb_error *err) {
    struct unit *u = f->graph->unit;
    struct class_definition *c = placeholder_class(u);
    struct graph *g = c ? graph_duplicate(f->graph) : NULL;
    bool good = g && add_self(g, c->type);
    if (!good) error_memory(err);
    struct function *method = good ? method_from_graph(g, c->type, "forward", err) : NULL;
    if (method) keep_defaults(f, method);
    good = method && value_new_object(root, c->type, 1, err);
    if (good) root->object->slots[0] = value_bool(true);
    graph_free(g);
    return good;
}

static bool fits_schema(const struct schema *s, struct graph *g, lb_error *err) {
    struct type_store *types = &g->unit->types;
    int count = g->top->param->outputs.count;
    if (count != s->argument_count)
        return error_set(err, LB_ERROR_ARGUMENT, "%s takes %d arguments, the graph has %d inputs",
                         s->name->text, s->argument_count, count);
    for (int i = 0; i < count; i++)
        if (!type_is_subtype(types, s->arguments[i].type, block_input(g->top, i)->type))
            return error_set(err, LB_ERROR_ARGUMENT, "input %d of the graph does not take what %s does", i,
                             s->name->text);
    if (s->return_count && !type_is_subtype(types, block_output(g->top, 0)->type, s->returns[0].type))
        return error_set(err, LB_ERROR_ARGUMENT, "the graph does not give what %s does", s->name->text);
    return true;
}

bool function_set_graph(struct function *f, struct graph *g, lb_error *err) {
    if (!f->schema || f->native) return error_set(err, LB_ERROR_ARGUMENT, "%s has no graph", f->name->text);
    struct graph *copy = checked_copy(g, err);
    if (!copy) return false;
    if (fits_schema(f->schema, copy, err) && exec_replace_graph(g->unit, f, copy, err)) return true;
    graph_free(copy);
    return false;
}
