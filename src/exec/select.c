/* One node to instructions: a table by kind for TorchScript's own nodes, one by overload for the few
 * operators on lists and options that are instructions, and OP for everything else. */
#include "exec/fuse.h"
#include "exec/lower.h"
#include "ops/dispatch.h"
#include "ops/schemas.h"
#include <string.h>

bool known_int(const struct ir_value *v, int64_t *number) {
    lb_value value;
    if (!node_is(v->node, KIND_CONSTANT) || !node_constant(v->node, &value) || value.tag != VALUE_INT)
        return false;
    *number = value.i;
    return true;
}

bool known_bool(const struct ir_value *v, bool *truth) {
    lb_value value;
    if (!node_is(v->node, KIND_CONSTANT) || !node_constant(v->node, &value) || value.tag != VALUE_BOOL)
        return false;
    *truth = value.b;
    return true;
}

static bool known_none(const struct ir_value *v) {
    lb_value value;
    return node_is(v->node, KIND_CONSTANT) && node_constant(v->node, &value) && value.tag == VALUE_NONE;
}

/* Sites. */

/* A value that is the same at every call, as long as nobody sets the attribute that it comes from. */
static bool is_steady(const struct ir_value *v) {
    for (int depth = 0; depth < 16; depth++) {
        const struct node *n = v->node;
        if (node_is(n, KIND_CONSTANT) || node_is(n, KIND_GET_ATTR)) return true;
        bool view = !strcmp(n->kind->text, "aten::t") || !strcmp(n->kind->text, "aten::transpose");
        if (!view || !n->inputs.count) return false;
        v = n->inputs.items[0];
    }
    return false;
}

static bool fill_arguments(struct lower *l, struct site *site, struct node *n, int first) {
    const struct node_life *life = liveness_of(&l->life, n);
    for (int i = 0; i < site->argument_count; i++) {
        int place = place_of(l, n->inputs.items[first + i]);
        if (place == NO_REGISTER)
            return error_set(l->err, LB_ERROR_INTERNAL, "a value is used before it is made");
        if (i < 32 && is_steady(n->inputs.items[first + i])) site->steady |= UINT32_C(1) << i;
        bool last = life->last[first + i] && class_at(l, place) == CLASS_ANY && !is_constant_place(l, place);
        site->arguments[i] = (struct operand){(uint16_t)place, last};
        if (!last) continue;
        site->drops[site->drop_count++] = (uint16_t)place;
        if (i < 32) site->dying |= UINT32_C(1) << i;
    }
    for (int i = first; i < n->inputs.count; i++)
        if (life->last[i]) kill_value(l, n->inputs.items[i]);
    return true;
}

struct site *new_site(struct lower *l, struct node *n, int first) {
    struct arena *memory = &l->code->memory;
    struct site *site = arena_new(memory, struct site);
    int arguments = n->inputs.count - first, results = n->outputs.count > 1 ? n->outputs.count : 1;
    if (site) {
        site->argument_count = arguments;
        site->arguments = arena_array(memory, struct operand, arguments + 1);
        site->drops = arena_array(memory, uint16_t, arguments + 1);
        site->results = arena_array(memory, uint16_t, results);
    }
    if (!site || !site->arguments || !site->drops || !site->results ||
        !array_push_in(memory, &l->code->sites, site)) {
        error_memory(l->err);
        return NULL;
    }
    int most = arguments > results ? arguments : results;
    if (l->code->scratch < most) l->code->scratch = most;
    return fill_arguments(l, site, n, first) ? site : NULL;
}

bool emit_site(struct lower *l, enum opcode op, struct site *site) {
    struct instruction *i = emit(l, op, 0, 0, 0);
    if (i) i->k.site = site;
    return i;
}

/* The node's outputs become the site's results. */
static bool finish_site(struct lower *l, enum opcode op, struct site *site, struct node *n) {
    if (!site || !define_outputs(l, n)) return false;
    site->result_count = n->outputs.count;
    for (int i = 0; i < n->outputs.count; i++) site->results[i] = (uint16_t)place_of(l, n->outputs.items[i]);
    if (n->outputs.count && !site->type) site->type = n->outputs.items[0]->type;
    return emit_site(l, op, site) && drop_dead_outputs(l, n);
}

static bool lower_as_site(struct lower *l, struct node *n, enum opcode op) {
    return finish_site(l, op, new_site(l, n, 0), n);
}

static bool fail(struct lower *l, struct node *n, const char *format, const char *what) {
    struct site *site = new_site(l, n, 0);
    if (!site) return false;
    site->message = arena_printf(&l->code->memory, format, what);
    return finish_site(l, CODE_FAIL, site, n);
}

/* Whether a value of this type may be a tensor or a list that holds some. */
static bool may_hold_tensors(const struct type *t) {
    switch (t->kind) {
    case TYPE_TENSOR:
    case TYPE_ANY:
    case TYPE_UNION: return true;
    case TYPE_LIST:
    case TYPE_OPTIONAL: return may_hold_tensors(t->items[0]);
    default: return t->kind == TYPE_VAR;
    }
}

/* Arguments past the 32nd stand for the last bit: calls of so many have no kernels for layouts. */
static uint32_t tensor_arguments(struct node *n) {
    uint32_t bits = 0;
    if (!op_takes_tensors(node_operator(n))) return 0;
    for (int i = 0; i < n->inputs.count; i++)
        if (may_hold_tensors(n->inputs.items[i]->type)) bits |= UINT32_C(1) << (i < 32 ? i : 31);
    return bits;
}

/* Leaving an If's arm or a loop's turn, alone or in a tuple, is no use yet. */
static bool is_used(const struct ir_value *v) {
    for (int i = 0; i < v->uses.count; i++) {
        const struct node *user = v->uses.items[i].user;
        bool leaves = node_is(user, KIND_TUPLE_CONSTRUCT) || (user->block && user == user->block->result);
        if (!leaves || !user->block || !user->block->owner) return true;
    }
    return false;
}

/* Gradients that were not asked for are undefined tensors, which nobody may use. */
static uint32_t used_tensors(struct lower *l, const struct node *n) {
    const struct node_life *life = liveness_of(&l->life, n);
    uint32_t bits = 0;
    for (int i = 0; n->outputs.count > 1 && i < n->outputs.count && i < 32; i++)
        if (!life->dead[i] && n->outputs.items[i]->type->kind == TYPE_TENSOR && is_used(n->outputs.items[i]))
            bits |= UINT32_C(1) << i;
    return bits;
}

static bool lower_op(struct lower *l, struct node *n) {
    const struct op_row *row = node_operator(n);
    if (!row) return fail(l, n, "Unknown builtin op: %s", n->kind->text);
    struct site *site = new_site(l, n, 0);
    if (!site) return false;
    site->row = row;
    site->run = op_run(row);
    site->tensors = tensor_arguments(n);
    const struct schema *schema = row->traits & OP_MUTATES ? ops_schema(l->unit, row) : NULL;
    for (int i = 0; schema && i < schema->argument_count && i < 32; i++)
        if (schema->arguments[i].alias.is_write) site->written |= UINT32_C(1) << i;
    site->defined = used_tensors(l, n);
    return finish_site(l, CODE_OP, site, n);
}

/* An instruction with one or two registers that are read (b, c) and perhaps one that is written (a). The
 * result must not sit where an operand dies, so operands are dropped after it is defined. */
static struct instruction *lower_plain(struct lower *l, struct node *n, enum opcode op, int operands) {
    const struct node_life *life = liveness_of(&l->life, n);
    int a = 0, b = operands > 0 ? place_of(l, n->inputs.items[0]) : 0;
    int c = operands > 1 ? place_of(l, n->inputs.items[1]) : 0;
    if (b == NO_REGISTER || c == NO_REGISTER) {
        error_set(l->err, LB_ERROR_INTERNAL, "a value is used before it is made");
        return NULL;
    }
    if (n->outputs.count) a = define_value(l, n->outputs.items[0]);
    int at = emit_here(l);
    if (a == NO_REGISTER || !emit_op(l, op, a, b, c)) return NULL;
    for (int i = 0; i < n->inputs.count; i++)
        if (life->last[i] && !drop_value(l, n->inputs.items[i])) return NULL;
    return drop_dead_outputs(l, n) ? &l->instructions.items[at] : NULL;
}

/* Class ANY is what pointers live in. */
static bool is_any(const struct lower *l, const struct node *n, int i) {
    int place = place_of(l, n->inputs.items[i]);
    return place != NO_REGISTER && class_at(l, place) == CLASS_ANY;
}

/* Kinds. */

/* The list that a variable lives in while a block under `try` runs holds what the variable holds. */
static bool lower_list(struct lower *l, struct node *n) {
    struct site *site = new_site(l, n, 0);
    if (site) site->tells = node_attribute(n, "cell");
    return finish_site(l, CODE_MAKE_LIST, site, n);
}
static bool lower_tuple(struct lower *l, struct node *n) {
    return lower_as_site(l, n, CODE_MAKE_TUPLE);
}
static bool lower_dict(struct lower *l, struct node *n) {
    return lower_as_site(l, n, CODE_MAKE_DICT);
}
static bool lower_unpack_list(struct lower *l, struct node *n) {
    return lower_as_site(l, n, CODE_UNPACK_LIST);
}
static bool lower_unpack_tuple(struct lower *l, struct node *n) {
    return lower_as_site(l, n, CODE_UNPACK_TUPLE);
}
static bool lower_print(struct lower *l, struct node *n) {
    return lower_as_site(l, n, CODE_PRINT);
}
static bool lower_warn(struct lower *l, struct node *n) {
    return lower_as_site(l, n, CODE_WARN);
}
static bool lower_to_list(struct lower *l, struct node *n) {
    return lower_as_site(l, n, CODE_TO_LIST);
}
static bool lower_container_get(struct lower *l, struct node *n) {
    return lower_as_site(l, n, CODE_CONTAINER_GET);
}
static bool lower_range_length(struct lower *l, struct node *n) {
    return lower_as_site(l, n, CODE_RANGE_LENGTH);
}
static bool lower_enum_name(struct lower *l, struct node *n) {
    return is_any(l, n, 0) ? lower_plain(l, n, CODE_ENUM_NAME, 1) != NULL : lower_op(l, n);
}
static bool lower_enum_value(struct lower *l, struct node *n) {
    return is_any(l, n, 0) ? lower_plain(l, n, CODE_ENUM_VALUE, 1) != NULL : lower_op(l, n);
}
static bool lower_wait(struct lower *l, struct node *n) {
    return is_any(l, n, 0) ? lower_plain(l, n, CODE_WAIT, 1) != NULL : lower_op(l, n);
}
static bool lower_enter(struct lower *l, struct node *n) {
    return is_any(l, n, 0) ? lower_plain(l, n, CODE_ENTER, 1) != NULL : lower_op(l, n);
}
static bool lower_exit(struct lower *l, struct node *n) {
    return is_any(l, n, 0) ? lower_plain(l, n, CODE_EXIT, 1) != NULL : lower_op(l, n);
}
static bool lower_uninitialized(struct lower *l, struct node *n) {
    int place = define_value(l, n->outputs.items[0]);
    if (place == NO_REGISTER) return false;
    if (class_at(l, place) == CLASS_ANY && !emit_op(l, CODE_UNINITIALIZED, place, 0, 0)) return false;
    return drop_dead_outputs(l, n);
}

static bool lower_raise(struct lower *l, struct node *n) {
    int message = place_of(l, n->inputs.items[0]);
    int class_name = n->inputs.count > 1 ? place_of(l, n->inputs.items[1]) : message;
    if (message == NO_REGISTER || class_name == NO_REGISTER) return false;
    const struct node_life *life = liveness_of(&l->life, n);
    if (!emit_op(l, CODE_RAISE, n->inputs.count > 1, message, class_name)) return false;
    for (int i = 0; i < n->inputs.count; i++)
        if (life->last[i] && !drop_value(l, n->inputs.items[i])) return false;
    return true;
}

static const struct name *attribute_name(struct lower *l, struct node *n) {
    const struct attribute *a = node_attribute(n, "name");
    if (!a || a->kind != ATTRIBUTE_STRING || a->value.tag != VALUE_STRING) return NULL;
    return name_find(&l->unit->names, a->value.string->bytes, (size_t)a->value.string->length);
}

static const struct class_definition *class_of_input(const struct node *n) {
    const struct type *t = n->inputs.count ? n->inputs.items[0]->type : NULL;
    return t && t->kind == TYPE_CLASS ? t->definition : NULL;
}

/* The attribute's slot; -1: the class has none of that name. */
static int find_slot(struct lower *l, struct node *n) {
    const struct class_definition *class = class_of_input(n);
    const struct name *name = attribute_name(l, n);
    return class && name && is_any(l, n, 0) ? class_find_attribute(class, name) : -1;
}

static bool lower_get(struct lower *l, struct node *n) {
    int slot = find_slot(l, n);
    if (slot < 0 || slot > UINT16_MAX)
        return fail(l, n, "%s: the class has no such attribute", n->kind->text);
    struct instruction *i = lower_plain(l, n, CODE_GET_ATTRIBUTE, 1);
    if (i) i->c = (uint16_t)slot;
    return i;
}

static bool lower_set(struct lower *l, struct node *n) {
    int slot = n->inputs.count == 2 ? find_slot(l, n) : -1;
    if (slot < 0 || slot > UINT16_MAX)
        return fail(l, n, "%s: the class has no such attribute", n->kind->text);
    struct instruction *i = lower_plain(l, n, CODE_SET_ATTRIBUTE, 2);
    if (i) i->a = (uint16_t)slot;
    return i;
}

static bool lower_has(struct lower *l, struct node *n) {
    struct site *site = new_site(l, n, 0);
    if (!site) return false;
    site->name = attribute_name(l, n);
    return finish_site(l, CODE_HAS_ATTRIBUTE, site, n);
}

static bool lower_object(struct lower *l, struct node *n) {
    const struct type *type = n->outputs.items[0]->type;
    if (type->kind != TYPE_CLASS) return fail(l, n, "%s: not a class", n->kind->text);
    struct instruction *i = lower_plain(l, n, CODE_MAKE_OBJECT, 0);
    if (i) i->k.type = type;
    return i;
}

/* Scalars are checked by the narrowing itself; what a pointer leads to is checked by type, since a file may
 * claim a cast that does not hold. */
static bool lower_cast(struct lower *l, struct node *n) {
    const struct ir_value *from = n->inputs.items[0], *to = n->outputs.items[0];
    bool last = liveness_of(&l->life, n)->last[0];
    int source = place_of(l, from), target = define_value(l, to);
    if (source == NO_REGISTER || target == NO_REGISTER) return false;
    if (!emit_move(l, target, source, last)) return false;
    if (last) kill_value(l, from);
    if (class_at(l, target) == CLASS_ANY) {
        struct instruction *check = emit(l, CODE_CHECK_TYPE, 0, target, 0);
        if (!check) return false;
        check->k.type = to->type;
    }
    return drop_dead_outputs(l, n);
}

static bool lower_tuple_index(struct lower *l, struct node *n) {
    if (n->inputs.count != 2 || !is_any(l, n, 0) || class_at(l, place_of(l, n->inputs.items[1])) != CLASS_INT)
        return lower_op(l, n);
    return lower_plain(l, n, CODE_TUPLE_GET, 2);
}

static int64_t int_attribute(const struct node *n, const char *name, int64_t otherwise) {
    const struct attribute *a = node_attribute(n, name);
    return a && a->kind == ATTRIBUTE_INT ? a->i : otherwise;
}

static bool lower_tuple_slice(struct lower *l, struct node *n) {
    struct site *site = new_site(l, n, 0);
    if (!site) return false;
    site->low = int_attribute(n, "beg", 0);
    site->high = int_attribute(n, "end", 0);
    return finish_site(l, CODE_TUPLE_SLICE, site, n);
}

static bool lower_isinstance(struct lower *l, struct node *n) {
    const struct attribute *types = node_attribute(n, "types");
    struct site *site = new_site(l, n, 0);
    if (!site) return false;
    if (types && types->kind == ATTRIBUTE_TYPES) {
        site->type_count = types->list.count;
        site->types = (const struct type *const *)types->list.items;
    }
    return finish_site(l, CODE_IS_INSTANCE, site, n);
}

static bool lower_call_function(struct lower *l, struct node *n) {
    const struct function *f = n->function;
    if (!f && n->inputs.count) f = n->inputs.items[0]->node->function;
    if (!f) return fail(l, n, "%s: an unknown function", n->kind->text);
    struct site *site = new_site(l, n, 1);
    if (!site) return false;
    site->function = (struct function *)(uintptr_t)f;
    return finish_site(l, CODE_CALL, site, n);
}

static bool lower_call_method(struct lower *l, struct node *n) {
    const struct class_definition *class = class_of_input(n);
    const struct name *name = attribute_name(l, n);
    const struct function *f = n->function;
    if (!f && class && name) f = class_find_method(class, name);
    struct site *site = new_site(l, n, 0);
    if (!site) return false;
    site->name = name;
    site->function = (struct function *)(uintptr_t)f;
    bool interface = n->inputs.count && n->inputs.items[0]->type->kind == TYPE_INTERFACE;
    if (interface && name) return finish_site(l, CODE_CALL_INTERFACE, site, n);
    if (f) return finish_site(l, CODE_CALL, site, n);
    site->message = arena_printf(&l->code->memory, "an unknown method: %s", name ? name->text : "?");
    return finish_site(l, CODE_FAIL, site, n);
}

/* The subgraph's code, a child of this code. */
static struct code *lower_child(struct lower *l, struct graph *graph, const char *name) {
    struct code *child = lower_graph(l->unit, NULL, graph, name, l->fork_depth + 1, l->err);
    if (!child || array_push_in(&l->code->memory, &l->code->children, child)) return child;
    code_free(child);
    error_memory(l->err);
    return NULL;
}

static bool lower_fused(struct lower *l, struct node *n) {
    const struct attribute *graph = node_attribute(n, "Subgraph");
    if (!graph || graph->kind != ATTRIBUTE_GRAPH) return fail(l, n, "%s without a graph", n->kind->text);
    struct code *child = lower_child(l, graph->graph, l->code->name);
    struct site *site = child ? new_site(l, n, 0) : NULL;
    if (!site) return false;
    site->code = child;
    site->fusion = fuse_describe(n, &l->code->memory);
    site->row = block_first(graph->graph->top)->row;
    site->run = site->row ? op_run(site->row) : NULL;
    if (!site->fusion) return error_memory(l->err);
    return finish_site(l, CODE_FUSED, site, n);
}

static bool lower_fork(struct lower *l, struct node *n) {
    const struct attribute *graph = node_attribute(n, "Subgraph");
    if (!graph || graph->kind != ATTRIBUTE_GRAPH) return fail(l, n, "%s without a graph", n->kind->text);
    struct code *child = lower_child(l, graph->graph, "<forked function>");
    if (!child) return false;
    struct site *site = new_site(l, n, 0);
    if (!site) return false;
    site->code = child;
    return finish_site(l, CODE_FORK, site, n);
}

/* What the block gives, which handler takes what it raises (-1: none had to), and that. */
static bool lower_try(struct lower *l, struct node *n) {
    const struct attribute *graph = node_attribute(n, "Subgraph"), *catches = node_attribute(n, "catches");
    bool good = graph && graph->kind == ATTRIBUTE_GRAPH && catches && catches->kind == ATTRIBUTE_STRING &&
                n->outputs.count == 3 && n->outputs.items[1]->type->kind == TYPE_INT &&
                n->outputs.items[2]->type->kind == TYPE_TUPLE;
    if (!good) return fail(l, n, "%s without its parts", n->kind->text);
    struct code *child = lower_child(l, graph->graph, l->code->name);
    struct site *site = child ? new_site(l, n, 0) : NULL;
    if (!site) return false;
    site->code = child;
    site->catches = catches->value.string->bytes;
    site->type = n->outputs.items[2]->type;
    site->tells = !liveness_of(&l->life, n)->dead[2];
    return finish_site(l, CODE_TRY, site, n);
}

static bool lower_reraise(struct lower *l, struct node *n) {
    return lower_plain(l, n, CODE_RERAISE, 1);
}

static bool (*const by_kind[KIND_COUNT])(struct lower *l, struct node *n) = {
    [KIND_LIST_CONSTRUCT] = lower_list,
    [KIND_TUPLE_CONSTRUCT] = lower_tuple,
    [KIND_DICT_CONSTRUCT] = lower_dict,
    [KIND_LIST_UNPACK] = lower_unpack_list,
    [KIND_TUPLE_UNPACK] = lower_unpack_tuple,
    [KIND_TUPLE_INDEX] = lower_tuple_index,
    [KIND_TUPLE_SLICE] = lower_tuple_slice,
    [KIND_GET_ATTR] = lower_get,
    [KIND_SET_ATTR] = lower_set,
    [KIND_HAS_ATTR] = lower_has,
    [KIND_CREATE_OBJECT] = lower_object,
    [KIND_CALL_FUNCTION] = lower_call_function,
    [KIND_CALL_METHOD] = lower_call_method,
    [KIND_UNCHECKED_CAST] = lower_cast,
    [KIND_UNINITIALIZED] = lower_uninitialized,
    [KIND_ISINSTANCE] = lower_isinstance,
    [KIND_PRINT] = lower_print,
    [KIND_RAISE_EXCEPTION] = lower_raise,
    [KIND_MODULE_CONTAINER_INDEX] = lower_container_get,
    [KIND_TOLIST] = lower_to_list,
    [KIND_ENUM_NAME] = lower_enum_name,
    [KIND_ENUM_VALUE] = lower_enum_value,
    [KIND_ENTER] = lower_enter,
    [KIND_EXIT] = lower_exit,
    [KIND_FORK] = lower_fork,
    [KIND_TRY] = lower_try,
    [KIND_RERAISE] = lower_reraise,
    [KIND_FUSION_GROUP] = lower_fused,
    [KIND_ATEN_WAIT] = lower_wait,
    [KIND_ATEN_WARN] = lower_warn,
};

/* Overloads. */

static bool lower_list_get(struct lower *l, struct node *n) {
    return lower_plain(l, n, CODE_LIST_GET, 2);
}

static bool lower_list_length(struct lower *l, struct node *n) {
    return lower_plain(l, n, CODE_LIST_LENGTH, 1);
}

/* These give their list back, which nobody ever uses. */
static bool lower_list_set(struct lower *l, struct node *n) {
    const struct node_life *life = liveness_of(&l->life, n);
    if (!life->dead[0] || n->inputs.count != 3) return lower_op(l, n);
    int list = place_of(l, n->inputs.items[0]), index = place_of(l, n->inputs.items[1]);
    if (!emit_op(l, CODE_LIST_SET, place_of(l, n->inputs.items[2]), list, index)) return false;
    for (int i = 0; i < n->inputs.count; i++)
        if (life->last[i] && !drop_value(l, n->inputs.items[i])) return false;
    return true;
}

static bool lower_append(struct lower *l, struct node *n) {
    const struct node_life *life = liveness_of(&l->life, n);
    if (!life->dead[0]) return lower_op(l, n);
    int list = place_of(l, n->inputs.items[0]), item = place_of(l, n->inputs.items[1]);
    bool moved = life->last[1] && class_at(l, item) == CLASS_ANY && list != item;
    struct instruction *i = emit(l, CODE_LIST_APPEND, 0, list, item);
    if (!i) return false;
    i->k.integer = moved;
    if (moved)
        kill_value(l, n->inputs.items[1]);
    else if (life->last[1] && !drop_value(l, n->inputs.items[1]))
        return false;
    return !life->last[0] || drop_value(l, n->inputs.items[0]);
}

static bool lower_is(struct lower *l, struct node *n) {
    bool first = known_none(n->inputs.items[0]), second = known_none(n->inputs.items[1]);
    if (!first && !second) return lower_op(l, n);
    const struct node_life *life = liveness_of(&l->life, n);
    const struct ir_value *tested = n->inputs.items[second ? 0 : 1];
    int place = place_of(l, tested), a = define_value(l, n->outputs.items[0]);
    if (place == NO_REGISTER || a == NO_REGISTER) return false;
    if (!emit_op(l, node_is(n, KIND_ATEN_IS) ? CODE_IS_NONE : CODE_IS_NOT_NONE, a, place, 0)) return false;
    if (life->last[second ? 0 : 1] && !drop_value(l, tested)) return false;
    return drop_dead_outputs(l, n);
}

/* start + index * step. */
static bool lower_derive_index(struct lower *l, struct node *n) {
    int64_t step;
    int index = place_of(l, n->inputs.items[0]), start = place_of(l, n->inputs.items[1]);
    const struct node_life *life = liveness_of(&l->life, n);
    int product = index;
    if (!known_int(n->inputs.items[2], &step) || step != 1) {
        product = register_take(l, CLASS_INT);
        if (product == NO_REGISTER || !emit_op(l, CODE_MUL, product, index, place_of(l, n->inputs.items[2])))
            return false;
        register_give_back(l, product);
    }
    for (int i = 0; i < 3; i++)
        if (life->last[i]) kill_value(l, n->inputs.items[i]);
    int a = define_value(l, n->outputs.items[0]);
    if (a == NO_REGISTER || !emit_op(l, CODE_ADD, a, start, product)) return false;
    return drop_dead_outputs(l, n);
}

struct overload {
    const char *name, *overload, *classes; /* of its inputs: g any class of pointers, i int, * whatever */
    bool (*lower)(struct lower *l, struct node *n);
};
static const struct overload overloads[] = {
    {"aten::__getitem__", "t", "gi", lower_list_get},
    {"aten::_set_item", "t", "gi*", lower_list_set},
    {"aten::append", "t", "g*", lower_append},
    {"aten::len", "t", "g", lower_list_length},
    {"aten::__is__", "", "**", lower_is},
    {"aten::__isnot__", "", "**", lower_is},
    {"aten::__derive_index", "", "iii", lower_derive_index},
    {"aten::__range_length", "", "iii", lower_range_length},
};

static bool classes_fit(const struct lower *l, const struct node *n, const char *classes) {
    if ((int)strlen(classes) != n->inputs.count || n->outputs.count != 1) return false;
    for (int i = 0; i < n->inputs.count; i++) {
        int place = place_of(l, n->inputs.items[i]);
        if (place == NO_REGISTER) return false;
        enum register_class class = class_at(l, place);
        if ((classes[i] == 'g' && class != CLASS_ANY) || (classes[i] == 'i' && class != CLASS_INT))
            return false;
    }
    return true;
}

static const struct overload *find_overload(const struct lower *l, struct node *n) {
    const struct op_row *row = node_operator(n);
    for (size_t i = 0; row && i < sizeof overloads / sizeof *overloads; i++) {
        const struct overload *o = &overloads[i];
        if (!strcmp(o->name, op_name(row)) && !strcmp(o->overload, op_overload(row)))
            return classes_fit(l, n, o->classes) ? o : NULL;
    }
    return NULL;
}

bool lower_node(struct lower *l, struct node *n) {
    int32_t kind = n->kind->known;
    if (kind >= 0 && kind < KIND_COUNT && by_kind[kind]) return by_kind[kind](l, n);
    const struct overload *overload = find_overload(l, n);
    if (overload) return overload->lower(l, n);
    if (compare_is_deferred(l, n) || remainder_is_deferred(l, n)) return true;
    return is_scalar(l, n) ? lower_scalar(l, n) : lower_op(l, n);
}
