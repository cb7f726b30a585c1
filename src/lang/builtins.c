/* Calls of builtins: an operator of the table becomes a node; a builtin that is written in TorchScript (here,
 * in words of our own) is compiled once per unit and its graph copied to where it is called (emitBuiltinCall
 * in torch/csrc/jit/frontend/schema_matching.cpp, builtin_functions.cpp). */
#include "lang/define.h"
#include "lang/emitter.h"
#include "lang/suggest.h"
#include "lang/upgraders.h"
#include "ops/schemas.h"
#include <stdio.h>
#include <string.h>

enum { MOST_BUILTINS = 8 };

/* SCALAR and the like are replaced; sources are compiled in this order, which is the order of candidates. */
struct builtin_source {
    const char *text;
    const char *const *values; /* of the placeholder "$", NULL-ended; NULL: none */
    bool prim;                 /* names are prim::X, else aten::X */
};

static const char *const three_scalars[] = {"float", "int", "complex", NULL};
static const char *const two_scalars[] = {"float", "int", NULL};
static const char *const divisors[] = {"number", "Tensor", NULL};

static const struct builtin_source sources[] = {
    {"\ndef mul(a: $, b: Tensor) -> Tensor:\n  return b * a\n"
     "def add(a: $, b: Tensor) -> Tensor:\n  return b + a\n"
     "def ne(a: $, b: Tensor) -> Tensor:\n  return b != a\n"
     "def eq(a: $, b: Tensor) -> Tensor:\n  return b == a\n"
     "def sub(a: $, b: Tensor) -> Tensor:\n  return torch.neg(b) + a\n"
     "def div(a: $, b: Tensor) -> Tensor:\n  return torch.reciprocal(b) * a\n",
     three_scalars, false},
    {"\ndef lt(a: $, b: Tensor) -> Tensor:\n  return b > a\n"
     "def le(a: $, b: Tensor) -> Tensor:\n  return b >= a\n"
     "def gt(a: $, b: Tensor) -> Tensor:\n  return b < a\n"
     "def ge(a: $, b: Tensor) -> Tensor:\n  return b <= a\n",
     two_scalars, false},
    {"\ndef _single(x: BroadcastingList1[$]) -> List[$]:\n  return x\n"
     "def _pair(x: BroadcastingList2[$]) -> List[$]:\n  return x\n"
     "def _triple(x: BroadcastingList3[$]) -> List[$]:\n  return x\n"
     "def _quadruple(x: BroadcastingList4[$]) -> List[$]:\n  return x\n",
     two_scalars, false},
    {"\ndef floordiv(self: Tensor, other: $) -> Tensor:\n  return torch.floor_divide(self, other)\n",
     divisors, false},
    {"\ndef _assert_int_or_pair(vals: List[int], name: str, message: str):\n  pass\n"
     "def list_with_default(out_size: List[int], defaults: List[int]):\n"
     "  assert len(defaults) > len(out_size)\n  return out_size\n"
     "def _assert(condition: bool, message: str):\n  assert condition, message\n"
     "# torch.device(type=...) needs an argument of this name;\n# the operator's own is called otherwise\n"
     "def device(type: str):\n  return torch.device(type)\n"
     "def type(self: Tensor, dtype: int, non_blocking: bool=False, copy: bool=False) -> Tensor:\n"
     "  return self.to(dtype, non_blocking, copy)\n",
     NULL, false},
    {"\ndef _assert(condition: Tensor, message: str):\n  assert bool(condition), message\n"
     "def __contains__(self: str, key: str):\n    return self.find(key, 0, len(self)) != -1\n",
     NULL, false},
    {"\ndef ndim(a: Tensor) -> int:\n  return a.dim()\n"
     "def T(a: Tensor) -> Tensor:\n  return a.numpy_T()\n"
     "def H(a: Tensor) -> Tensor:\n  return a.matrix_H()\n"
     "# line numbers show in graphs:\n# shape is on the line that it has in PyTorch\n\n\n"
     "def shape(a: Tensor) -> List[int]:\n  return a.size()\n",
     NULL, true},
};

/* The builtins of a unit, and the resolver that they are compiled with: it knows `torch` alone. */
struct builtin_list {
    struct resolver resolver;
    ARRAY_OF(struct function *) functions;
};

static struct sugared *find_torch(struct resolver *r, struct emitter *e, const struct name *name,
                                  struct source_range at) {
    (void)r;
    (void)at;
    return strcmp(name->text, "torch") ? NULL : sugared_builtin_module(e, emit_name(e, "aten"));
}

static char *replace_placeholder(struct arena *a, const char *text, const char *value) {
    struct text out = {0};
    for (; *text; text++) {
        if (*text == '$')
            text_put(&out, value);
        else
            text_put_char(&out, *text);
    }
    char *copy = out.failed ? NULL : arena_text(a, text_get(&out), out.length);
    text_free(&out);
    return copy;
}

static struct tree *parse_builtin(struct emitter *e, const char *text) {
    struct source *source = source_new(&e->unit->memory, text, strlen(text), "<string>", 1);
    if (!source) return emit_out_of_memory(e);
    return lang_parse(&e->unit->memory, &e->unit->names, source, PARSE_PYTHON, e->err);
}

static struct function *keep_function(struct emitter *e, struct builtin_list *list, const struct tree *def,
                                      const struct name *qualified) {
    struct function *f =
        qualified ? lang_declare(e->unit, def, qualified, NULL, &list->resolver, e->err) : NULL;
    if (f && !array_push_in(&e->unit->memory, &list->functions, f)) return emit_out_of_memory(e);
    return f;
}

static struct function *add_function(struct emitter *e, struct builtin_list *list, const char *text,
                                     const struct name *qualified) {
    struct tree *file = parse_builtin(e, text);
    return file ? keep_function(e, list, file->items[0], qualified) : NULL;
}

static bool add_functions(struct emitter *e, struct builtin_list *list, const char *text, bool prim) {
    struct tree *file = parse_builtin(e, text);
    for (int i = 0; file && i < file->count; i++) {
        char qualified[64];
        snprintf(qualified, sizeof qualified, "%s::%s", prim ? "prim" : "aten", file->items[i]->name->text);
        if (!keep_function(e, list, file->items[i], emit_name(e, qualified))) return false;
    }
    return file != NULL;
}

static bool add_source(struct emitter *e, struct builtin_list *list, const struct builtin_source *s) {
    static const char *const once[] = {"", NULL};
    for (const char *const *value = s->values ? s->values : once; *value; value++) {
        char *text = replace_placeholder(&e->unit->memory, s->text, *value);
        if (!text || !add_functions(e, list, text, s->prim)) return error_memory(e->err);
    }
    return true;
}

/* All builtins of the unit, declared when first asked for. */
static struct builtin_list *builtins_of(struct emitter *e) {
    if (e->unit->builtins) return e->unit->builtins;
    struct builtin_list *list = arena_new(&e->unit->memory, struct builtin_list);
    if (!list) return emit_out_of_memory(e);
    list->resolver =
        (struct resolver){.find_value = find_torch, .finish = e->resolver->finish, .operator_version = -1};
    for (size_t i = 0; i < sizeof sources / sizeof *sources; i++)
        if (!add_source(e, list, &sources[i])) return NULL;
    return e->unit->builtins = list;
}

/* The builtins of this name; while builtins themselves are compiled there are none, as in PyTorch. */
static bool find_builtins(struct emitter *e, const struct name *op, struct function **found, int *count) {
    *count = 0;
    if (e->resolver->find_value == find_torch) return true;
    struct builtin_list *list = builtins_of(e);
    if (!list) return false;
    for (int i = 0; i < list->functions.count && *count < MOST_BUILTINS; i++) {
        struct function *f = list->functions.items[i];
        if (f->qualified != op) continue;
        if (!lang_ensure(f, e->err)) return false;
        found[(*count)++] = f;
    }
    return true;
}

/* ---- calls ---- */

/* No or several results become a tuple; a NamedTuple where the schema names them (packOutputs). */
static struct ir_value *pack_outputs(struct emitter *e, struct node *n, const struct schema *schema) {
    int count = n->outputs.count;
    if (count == 1) return n->outputs.items[0];
    bool named = count > 0;
    for (int i = 0; i < count; i++) named &= i < schema->return_count && schema->returns[i].name != NULL;
    const struct type *type = NULL;
    if (named) {
        struct tuple_fields *fields = arena_new(&e->unit->memory, struct tuple_fields);
        const struct name **names = arena_array(&e->unit->memory, const struct name *, count);
        const struct type **types = arena_array(&e->unit->memory, const struct type *, count);
        if (!fields || !names || !types) return emit_out_of_memory(e);
        for (int i = 0; i < count; i++) {
            names[i] = schema->returns[i].name;
            types[i] = n->outputs.items[i]->type;
        }
        fields->names = names;
        type = type_named_tuple(e->types, NULL, count, types, fields);
    }
    return emit_tuple(e, n->outputs.items, count, type);
}

static struct ir_value *emit_operator_node(struct emitter *e, const struct name *op, const struct op_row *row,
                                           int upgrader, struct source_range at, const struct match *m) {
    int count = m->schema->return_count;
    struct node *n = emit_node_named(e, op, count, m->inputs, m->input_count);
    if (!n) return NULL;
    n->range = at;
    n->row = upgrader < 0 ? row : NULL;
    if (upgrader >= 0 && !upgrader_note(e, n, upgrader)) return NULL;
    for (int i = 0; i < count; i++) n->outputs.items[i]->type = m->returns[i];
    return pack_outputs(e, n, m->schema);
}

struct copy_map {
    struct table values;
};
static struct ir_value *mapped(void *context, struct ir_value *v) {
    struct copy_map *map = context;
    struct ir_value *found = table_get(&map->values, v);
    return found ? found : v;
}

struct ir_value *emit_graph_copy(struct emitter *e, struct graph *callee, struct ir_value *const *inputs,
                                 int count) {
    struct copy_map map = {0};
    bool good = true;
    for (int i = 0; good && i < count; i++)
        good = table_set(&map.values, callee->top->param->outputs.items[i], inputs[i]);
    for (struct node *n = block_first(callee->top); good && n != callee->top->result; n = n->next) {
        struct node *copy = graph_clone_node(e->graph, n, mapped, &map, true);
        good = copy && graph_insert(e->graph, copy);
        for (int i = 0; good && i < n->outputs.count; i++)
            good = table_set(&map.values, n->outputs.items[i], copy->outputs.items[i]);
    }
    struct ir_value *result =
        good ? mapped(&map, callee->top->result->inputs.items[0]) : emit_out_of_memory(e);
    table_free(&map.values);
    return result;
}

struct function *builtin_compile(struct emitter *e, const char *source, const char *key) {
    struct builtin_list *list = builtins_of(e);
    const struct name *name = list ? emit_name(e, key) : NULL;
    if (!name) return NULL;
    for (int i = 0; i < list->functions.count; i++)
        if (list->functions.items[i]->qualified == name) return list->functions.items[i];
    struct function *f = add_function(e, list, source, name);
    return f && lang_ensure(f, e->err) ? f : NULL;
}

static void *unknown_operator(struct emitter *e, const struct name *op, struct source_range at) {
    struct text similar = {0};
    if (suggest_operators(&similar, op->text))
        emit_error(e, at, "Unknown builtin op: %s.\nHere are some suggestions: \n%s\nThe original call is",
                   op->text, text_get(&similar));
    else
        emit_error(e, at,
                   "Unknown builtin op: %s.\nCould not find any similar ops to %s. This op may not exist or "
                   "may not be "
                   "currently supported.\n",
                   op->text, op->text);
    text_free(&similar);
    return NULL;
}

/* What a call may be matched against: operators, those that have changed since the code was written by their
 * old schema and after the others, then builtins. */
struct candidates {
    const struct schema **schemas;
    const struct op_row **rows; /* NULL for builtins */
    int *upgraders;             /* -1: none */
    int count, operators;
};

static bool add_operators(struct emitter *e, const struct op_row *rows, int count, bool old,
                          struct candidates *c) {
    for (int i = 0; i < count; i++) {
        int upgrader = e->operator_version >= 0 ? upgrader_find(&rows[i], e->operator_version) : -1;
        if ((upgrader >= 0) != old) continue;
        c->schemas[c->count] = old ? upgrader_schema(e, upgrader) : ops_schema(e->unit, &rows[i]);
        c->rows[c->count] = &rows[i];
        c->upgraders[c->count] = upgrader;
        if (!c->schemas[c->count++]) return error_memory(e->err);
    }
    return true;
}

static bool collect(struct emitter *e, const struct op_row *rows, int row_count,
                    struct function *const *builtins, int builtin_count, struct candidates *c) {
    int most = row_count + builtin_count;
    c->schemas = arena_array(&e->memory, const struct schema *, most + 1);
    c->rows = arena_array(&e->memory, const struct op_row *, most + 1);
    c->upgraders = arena_array(&e->memory, int, most + 1);
    if (!c->schemas || !c->rows || !c->upgraders) return error_memory(e->err);
    if (!add_operators(e, rows, row_count, false, c)) return false;
    if (e->operator_version >= 0 && !add_operators(e, rows, row_count, true, c)) return false;
    c->operators = c->count;
    for (int i = 0; i < builtin_count; i++) c->schemas[c->count++] = builtins[i]->schema;
    return true;
}

struct ir_value *emit_builtin(struct emitter *e, const struct name *op, struct source_range at,
                              struct actuals actuals, const struct actual *self) {
    int row_count, builtin_count;
    struct function *builtins[MOST_BUILTINS];
    struct candidates c = {0};
    struct match m;
    const struct op_row *rows = op ? ops_find(op->text, op->length, &row_count) : NULL;
    if (!op || !find_builtins(e, op, builtins, &builtin_count)) return NULL;
    if (!row_count && !builtin_count) return unknown_operator(e, op, at);
    if (!collect(e, rows, row_count, builtins, builtin_count, &c)) return NULL;
    if (!match_schemas(e, c.schemas, c.count, at, actuals, self, &m)) return NULL;
    if (m.which >= c.operators)
        return emit_graph_copy(e, builtins[m.which - c.operators]->graph, m.inputs, m.input_count);
    return emit_operator_node(e, op, c.rows[m.which], c.upgraders[m.which], at, &m);
}

struct ir_value *emit_operator(struct emitter *e, const char *op, struct source_range at,
                               struct ir_value *const *inputs, int count) {
    struct actual actuals[8];
    for (int i = 0; i < count; i++) actuals[i] = (struct actual){.value = inputs[i], .range = at};
    return emit_builtin(e, emit_name(e, op), at, actuals_of(actuals, count), NULL);
}
