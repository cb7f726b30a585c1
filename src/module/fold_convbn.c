/* Folding norm modules into convolution modules; see fold_convbn.h. What a class's methods call is looked at
 * once, the parameters belong to each object. */
#include "module/fold_convbn.h"
#include "base/mem.h"
#include "ir/views.h"
#include "module/clone.h"
#include "module/freezing.h"
#include "passes/norm_parameters.h"

struct pair {
    const struct type *class; /* whose method calls them */
    struct node *conv, *norm; /* the calls */
};

struct folding_modules {
    struct unit *unit;
    lb_error *err;
    struct table seen;                 /* classes */
    ARRAY_OF(struct object *) objects; /* all modules */
    ARRAY_OF(struct pair) pairs;
};

/* ---- classes by name ---- */

/* The name without "___torch_mangle_N." is `plain`. */
static bool is_named(const struct type *t, const char *plain) {
    static const char mark[] = "___torch_mangle_";
    const char *name = t->name->text, *mangle = strstr(name, mark);
    if (!mangle) return !strcmp(name, plain);
    size_t before = (size_t)(mangle - name);
    const char *rest = mangle + strlen(mark);
    rest += strspn(rest, "0123456789");
    return *rest == '.' && !strncmp(name, plain, before) && !strcmp(rest + 1, plain + before);
}

static const char *const conv_names[] = {"__torch__.torch.nn.modules.conv.Conv2d",
                                         "__torch__.torch.nn.modules.conv.Conv3d"};
static const char *const norm_names[] = {"__torch__.torch.nn.modules.batchnorm.BatchNorm2d",
                                         "__torch__.torch.nn.modules.batchnorm.BatchNorm3d"};

static bool is_conv(const struct type *t) {
    return is_named(t, conv_names[0]) || is_named(t, conv_names[1]) ||
           is_named(t, "__torch__.torch.nn.modules.conv.Conv1d");
}

static const struct name *known_name(const struct folding_modules *f, const char *text) {
    return name_of(&f->unit->names, text);
}

/* ---- a convolution without bias gets one ---- */

static bool add_bias_input(struct node *n, const struct name *bias) {
    struct graph *g = n->graph;
    struct node *get = graph_new_known(g, KIND_GET_ATTR, 1);
    if (!get || !node_add_input(get, block_input(g->top, 0)) || !node_insert_before(get, n) ||
        !node_set_string(get, "name", bias->text, (int64_t)bias->length) ||
        !value_set_name(node_output(get, 0), bias->text))
        return false;
    node_replace_input(n, 2, node_output(get, 0));
    return true;
}

static bool add_bias_inputs(struct block *b, const struct name *bias) {
    for (struct node *n = block_first(b); n != b->result; n = n->next) {
        for (int i = 0; i < n->blocks.count; i++)
            if (!add_bias_inputs(n->blocks.items[i], bias)) return false;
        if (node_kind_is(n, "aten::_convolution") && !add_bias_input(n, bias)) return false;
    }
    return true;
}

static bool add_bias_to_class(struct folding_modules *f, const struct type *t, const struct name *bias) {
    const struct name *forward = known_name(f, "forward");
    struct class_attribute a = {
        .name = bias, .type = type_optional(&f->unit->types, f->unit->types.tensor), .is_parameter = true};
    struct function *method = forward ? class_find_method(t->definition, forward) : NULL;
    return a.type && class_add_attribute(t->definition, a) >= 0 &&
           (!method || !method->graph || add_bias_inputs(method->graph->top, bias));
}

/* The object with room for one more attribute takes the old one's place: a clone has one owner. */
static bool grow(lb_value *slot, lb_error *err) {
    lb_value grown;
    struct object *old = slot->object;
    if (!value_new_object(&grown, old->type, old->count + 1, err)) return false;
    for (int i = 0; i < old->count; i++) grown.object->slots[i] = value_copy(old->slots[i]);
    value_release(*slot);
    *slot = grown;
    return true;
}

static bool add_biases(struct folding_modules *f, lb_value *slot) {
    const struct name *bias = known_name(f, "bias");
    const struct type *t = slot->object->type;
    if (!bias) return error_memory(f->err);
    for (int i = 0; i < slot->object->count; i++)
        if (value_is_module(slot->object->slots[i]) && !add_biases(f, &slot->object->slots[i])) return false;
    if (!is_conv(t)) return true;
    bool known = class_find_attribute(t->definition, bias) >= 0 || class_find_constant(t->definition, bias);
    if (!known && !add_bias_to_class(f, t, bias)) return error_memory(f->err);
    return slot->object->count == t->definition->attributes.count || grow(slot, f->err);
}

/* ---- calls of a norm on what a convolution gave ---- */

static bool calls(const struct node *n, const char *class) {
    const struct name *method = node_is(n, KIND_CALL_METHOD) ? freezing_name(n) : NULL;
    return method && n->inputs.count == 2 && !strcmp(method->text, "forward") &&
           node_input(n, 0)->type->kind == TYPE_CLASS && is_named(node_input(n, 0)->type, class);
}

/* A convolution that is called twice has one weight for both. */
static bool is_pair(const struct node *conv, const struct node *norm) {
    bool fits = false;
    for (int i = 0; i < 2; i++) fits = fits || (calls(conv, conv_names[i]) && calls(norm, norm_names[i]));
    return fits && conv->block == norm->block && node_output(conv, 0)->uses.count == 1 &&
           node_input(conv, 0)->uses.count == 1;
}

static bool find_in_block(struct folding_modules *f, const struct type *class, struct block *b) {
    for (struct node *n = block_first(b); n != b->result; n = n->next) {
        for (int i = 0; i < n->blocks.count; i++)
            if (!find_in_block(f, class, n->blocks.items[i])) return false;
        if (!node_is(n, KIND_CALL_METHOD) || n->inputs.count != 2) continue;
        struct pair p = {class, node_input(n, 1)->node, n};
        if (is_pair(p.conv, n) && !array_push(&f->pairs, p)) return error_memory(f->err);
    }
    return true;
}

static bool find_in_class(struct folding_modules *f, const struct type *t) {
    const struct class_definition *c = t->definition;
    if (table_has(&f->seen, t)) return true;
    if (!table_set(&f->seen, t, f)) return error_memory(f->err);
    for (int i = 0; i < c->methods.count; i++)
        if (c->methods.items[i]->graph && !find_in_block(f, t, c->methods.items[i]->graph->top)) return false;
    return true;
}

/* ---- their parameters ---- */

/* The module that is got from a method's self, in an object of its class. NULL: it does not come so. */
static struct object *module_of(struct object *self, const struct ir_value *v) {
    enum { DEEPEST = 100 };
    const struct node *path[DEEPEST];
    int depth = 0;
    for (; node_is(v->node, KIND_GET_ATTR) && depth < DEEPEST; v = node_input(v->node, 0))
        path[depth++] = v->node;
    if (!node_is(v->node, KIND_PARAM) || v->offset != 0 || v->node->block->owner) return NULL;
    for (struct object *o = self; o;) {
        if (depth == 0) return o;
        const lb_value *slot = freezing_slot(o, freezing_name(path[--depth]));
        o = slot && value_is_module(*slot) ? slot->object : NULL;
    }
    return NULL;
}

static struct tensor *tensor_attribute(const struct folding_modules *f, struct object *o, const char *name) {
    const lb_value *slot = freezing_slot(o, known_name(f, name));
    return slot && slot->tag == VALUE_TENSOR ? slot->tensor : NULL;
}

/* An attribute or constant of the class, else what the norm's operator is called with. */
static bool find_epsilon(const struct folding_modules *f, struct object *norm, double *epsilon) {
    const struct name *eps = known_name(f, "eps"), *forward = known_name(f, "forward");
    const lb_value *slot = freezing_slot(norm, eps);
    const struct class_constant *c = eps ? class_find_constant(norm->type->definition, eps) : NULL;
    lb_value v = slot ? *slot : c ? c->value : value_none();
    const struct function *method = forward ? class_find_method(norm->type->definition, forward) : NULL;
    const struct block *top = method && method->graph ? method->graph->top : NULL;
    for (struct node *n = top ? block_first(top) : NULL; n && n != top->result; n = n->next)
        if (v.tag == VALUE_NONE && node_kind_is(n, "aten::batch_norm") && n->inputs.count > 7)
            node_constant(node_input(n, 7)->node, &v);
    *epsilon = v.f;
    return v.tag == VALUE_FLOAT;
}

static bool find_parameters(const struct folding_modules *f, struct object *conv, struct object *norm,
                            struct norm_parameters *p) {
    *p = (struct norm_parameters){.weight = tensor_attribute(f, conv, "weight"),
                                  .bias = tensor_attribute(f, conv, "bias"),
                                  .mean = tensor_attribute(f, norm, "running_mean"),
                                  .variance = tensor_attribute(f, norm, "running_var"),
                                  .scale = tensor_attribute(f, norm, "weight"),
                                  .shift = tensor_attribute(f, norm, "bias")};
    int bias = class_find_attribute(conv->type->definition, known_name(f, "bias"));
    const struct type *t = bias < 0 ? NULL : conv->type->definition->attributes.items[bias].type;
    return t && type_is_subtype(&f->unit->types, f->unit->types.tensor, t) && p->weight && p->mean &&
           p->variance && find_epsilon(f, norm, &p->epsilon);
}

static void set_parameter(const struct folding_modules *f, struct object *o, const char *name, lb_value v) {
    lb_value *slot = freezing_slot(o, known_name(f, name));
    value_release(*slot);
    *slot = v;
}

/* Folds when `fold`, else only says whether it can be. */
static bool fold_pair(const struct folding_modules *f, const struct pair *pair, struct object *self,
                      bool fold) {
    struct object *conv = module_of(self, node_input(pair->conv, 0));
    struct object *norm = module_of(self, node_input(pair->norm, 0));
    struct norm_parameters p;
    lb_value weight = value_none(), bias = value_none();
    bool good = conv && norm && find_parameters(f, conv, norm, &p) && norm_fold(f->unit, &p, &weight, &bias);
    if (good && fold) {
        set_parameter(f, conv, "weight", weight);
        set_parameter(f, conv, "bias", bias);
        return true;
    }
    value_release(weight);
    value_release(bias);
    return good;
}

static bool fold_all(const struct folding_modules *f, const struct pair *pair, bool fold) {
    for (int i = 0; i < f->objects.count; i++)
        if (f->objects.items[i]->type == pair->class && !fold_pair(f, pair, f->objects.items[i], fold))
            return false;
    return true;
}

static bool remove_call(const struct pair *pair) {
    struct node *module = node_input(pair->norm, 0)->node;
    if (!value_replace_uses(node_output(pair->norm, 0), node_output(pair->conv, 0))) return false;
    node_destroy(pair->norm);
    if (node_is(module, KIND_GET_ATTR) && !node_used(module)) node_destroy(module);
    return true;
}

/* ---- the order of things ---- */

static bool list_objects(struct folding_modules *f, struct object *o) {
    if (!array_push(&f->objects, o)) return error_memory(f->err);
    if (!find_in_class(f, o->type)) return false;
    for (int i = 0; i < o->count; i++)
        if (value_is_module(o->slots[i]) && !list_objects(f, o->slots[i].object)) return false;
    return true;
}

static bool fold_modules(struct folding_modules *f, lb_value *module) {
    if (!add_biases(f, module) || !list_objects(f, module->object)) return false;
    for (int i = 0; i < f->pairs.count; i++) {
        const struct pair *pair = &f->pairs.items[i];
        if (!fold_all(f, pair, false)) continue;
        if (!fold_all(f, pair, true) || !remove_call(pair)) return error_memory(f->err);
    }
    return true;
}

bool module_fold_convbn(const struct program *p, lb_value *module, lb_error *err) {
    struct folding_modules f = {.unit = p->unit, .err = err};
    bool good = module_clone(p->unit, p->root, module, err) && fold_modules(&f, module);
    table_free(&f.seen);
    mem_free(f.objects.items);
    mem_free(f.pairs.items);
    if (good) return true;
    value_release(*module);
    *module = value_none();
    return false;
}
