/* Statements and functions of printed code, node by node; long expressions are split onto lines of their own,
 * together with everything that must run before them (python_print.cpp, printNode and splitLongInlines). */
#include "base/mem.h"
#include "lang/code_printer_internal.h"
#include "ops/schemas.h"

enum { LONG_LINE = 40 };

void code_fail(struct code_printer *p, lb_code code, const char *format, const char *what) {
    struct text message = {0};
    const char *hole = strstr(format, "%s");
    text_put_bytes(&message, format, hole ? (size_t)(hole - format) : strlen(format));
    if (hole) {
        text_put(&message, what);
        text_put(&message, hole + 2);
    }
    if (!p->failed) error_set(p->err, code, "%s", text_get(&message));
    text_free(&message);
    p->failed = true;
}

void code_indent(struct code_printer *p) {
    for (int i = 0; i < p->level; i++) code_put(p, "  ");
}

static bool is_long(const struct code_printer *p, const struct tagged *t) {
    return (int64_t)t->text.length + p->level * 2 >= LONG_LINE;
}

/* "a, b = EXPRESSION", or the expression alone when there are no outputs. */
static void put_definition_line(struct code_printer *p, struct node *n, const struct tagged *expression) {
    code_name_values(p, n->outputs.items, n->outputs.count);
    code_indent(p);
    if (n->outputs.count > 0) {
        code_put_values(p, &p->body, n->outputs.items, n->outputs.count, "", "");
        code_put(p, " = ");
    }
    tagged_append(&p->body, expression);
    code_put(p, "\n");
}

struct value_list {
    ARRAY_OF(struct ir_value *) values;
};

/* From the use of a long expression outwards: all values in place that come before it, each once, last first.
 * What was looked at is kept as the greatest input + 2, so that "nothing yet" and "none" differ. */
static void collect_to_split(struct code_printer *p, struct node *user, int offset,
                             struct value_list *found) {
    for (;;) {
        int seen = (int)(uintptr_t)table_get(&p->split_offsets, user);
        for (int i = offset; i >= (seen ? seen - 1 : 0); i--) {
            struct ir_value *v = node_input(user, i);
            if (node_is(v->node, KIND_CONSTANT) || !table_has(&p->in_place, v->node)) continue;
            if (!array_push(&found->values, v)) p->failed = true;
        }
        if (!table_set(&p->split_offsets, user, (void *)(uintptr_t)(offset + 2))) p->failed = true;
        if (seen || p->failed || !table_has(&p->in_place, user)) return;
        const struct use *use = &node_output(user, 0)->uses.items[0];
        user = use->user;
        offset = use->offset - 1; /* the use itself is still being written */
    }
}

static void split_long(struct code_printer *p, struct ir_value *v) {
    struct value_list found = {0};
    collect_to_split(p, v->uses.items[0].user, v->uses.items[0].offset, &found);
    for (int i = found.values.count - 1; i >= 0 && !p->failed; i--) {
        struct ir_value *split = found.values.items[i];
        const struct value_text *t = code_text_of(p, split);
        struct tagged copy = {0};
        if (t && !t->name && t->expression)
            tagged_append(&copy, t->expression);
        else
            code_put_use(p, &copy, split);
        put_definition_line(p, split->node, &copy);
        code_drop(p, &copy);
    }
    mem_free(found.values.items);
}

static void put_other(struct code_printer *p, struct node *n) {
    struct tagged *expression = code_new_expression(p);
    if (!expression) return;
    code_put_expression(p, expression, n);
    if (p->failed) return;
    bool in_place = table_has(&p->in_place, n);
    if (!in_place || (node_is(n, KIND_CONSTANT) && is_long(p, expression))) {
        put_definition_line(p, n, expression);
        return;
    }
    code_set_expression(p, node_output(n, 0), expression);
    if (is_long(p, expression)) split_long(p, node_output(n, 0));
}

static void put_block(struct code_printer *p, struct block *b, bool more_follows);

static bool is_union(const struct ir_value *v) {
    return v->type->kind == TYPE_UNION || v->type->kind == TYPE_OPTIONAL;
}

static bool first_annotation(struct code_printer *p, const struct ir_value *v) {
    if (table_has(&p->annotated, v)) return false;
    if (!table_set(&p->annotated, v, p)) p->failed = true;
    return true;
}

/* "a, b = x, y". A single one of Union or Optional type shows its type the first time. */
static void put_assignment(struct code_printer *p, struct ir_value *const *left,
                           struct ir_value *const *right, int count) {
    if (count == 0) return;
    code_indent(p);
    code_put_values(p, &p->body, left, count, "", "");
    if (count == 1 && is_union(left[0])) {
        const struct value_text *t = code_text_of(p, left[0]);
        if (!(t && t->expression) && first_annotation(p, left[0])) {
            code_put(p, " : ");
            code_put_annotation(p, &p->body, left[0]->type);
        }
    }
    code_put(p, " = ");
    code_put_values(p, &p->body, right, count, "", "");
    code_put(p, "\n");
}

static void put_if(struct code_printer *p, struct node *n) {
    code_name_values(p, n->outputs.items, n->outputs.count);
    for (int side = 0; side < 2; side++) {
        struct block *arm = n->blocks.items[side];
        code_indent(p);
        if (side == 0) {
            code_put(p, "if ");
            code_put_use(p, &p->body, node_input(n, 0));
            code_put(p, ":\n");
        } else {
            code_put(p, "else:\n");
        }
        p->level++;
        put_block(p, arm, n->outputs.count > 0);
        put_assignment(p, n->outputs.items, arm->result->inputs.items, n->outputs.count);
        p->level--;
    }
}

/* One line for each carried value before the loop, with its type where that says more than the first value's.
 */
static void put_first_values(struct code_printer *p, struct node *n) {
    for (int i = 0; i < n->outputs.count; i++) {
        const struct ir_value *v = node_output(n, i), *first = node_input(n, i + 2);
        code_indent(p);
        code_put_use(p, &p->body, v);
        if (is_union(v) ? first_annotation(p, v) : !type_equal(v->type, first->type)) {
            code_put(p, ": ");
            code_put_annotation(p, &p->body, v->type);
        }
        code_put(p, " = ");
        code_put_use(p, &p->body, first);
        code_put(p, "\n");
    }
}

static void put_loop(struct code_printer *p, struct node *n) {
    enum loop_form form = loop_form(n);
    struct block *body = loop_body(n);
    if (form == LOOP_MODIFIED) {
        code_fail(p, LB_ERROR_UNSUPPORTED, "%s with a count and a condition cannot be printed as Python",
                  "a loop");
        return;
    }
    code_name_values(p, n->outputs.items, n->outputs.count);
    for (int i = 0; i < n->outputs.count; i++) { /* in the body a carried value has its output's name */
        struct tagged *alias = code_new_expression(p);
        if (!alias) return;
        code_put_use(p, alias, node_output(n, i));
        code_set_expression(p, block_input(body, i + 1), alias);
    }
    put_first_values(p, n);
    struct ir_value *const *inside = body->param->outputs.items;
    code_name_values(p, inside, 1);
    if (form == LOOP_WHILE)
        put_assignment(p, inside, &n->inputs.items[1], 1); /* the count's name is the condition's */
    code_indent(p);
    code_put(p, form == LOOP_FOR ? "for " : "while ");
    code_put_use(p, &p->body, inside[0]);
    if (form == LOOP_FOR) {
        code_put(p, " in range(");
        code_put_use(p, &p->body, node_input(n, 0));
        code_put(p, ")");
    }
    code_put(p, ":\n");
    p->level++;
    int skip = form == LOOP_FOR ? 1 : 0, count = body->param->outputs.count - skip;
    put_block(p, body, count > 0);
    put_assignment(p, inside + skip, body->result->inputs.items + skip, count);
    p->level--;
}

static void put_unpack(struct code_printer *p, struct node *n) {
    code_name_values(p, n->outputs.items, n->outputs.count);
    code_indent(p);
    if (n->outputs.count > 0) code_put_values(p, &p->body, n->outputs.items, n->outputs.count, "", ", = ");
    code_put_use(p, &p->body, node_input(n, 0));
    code_put(p, "\n");
}

static void put_set_attr(struct code_printer *p, struct node *n) {
    const struct attribute *name = node_attribute(n, "name");
    if (!name || name->kind != ATTRIBUTE_STRING) return;
    code_indent(p);
    code_put_use(p, &p->body, node_input(n, 0));
    code_put(p, ".");
    code_put_text(p, name->value.string->bytes);
    code_put(p, " = ");
    code_put_use(p, &p->body, node_input(n, 1));
    code_put(p, "\n");
}

static void put_function_body(struct code_printer *p, struct block *b);

/* The subgraph as a function of its own that uses the outer function's values. */
static void put_subgraph(struct code_printer *p, struct node *n, const char *function, const char *call) {
    const struct attribute *a = node_attribute(n, "Subgraph");
    if (!a || a->kind != ATTRIBUTE_GRAPH || a->graph->top->param->outputs.count != n->inputs.count) {
        code_fail(p, LB_ERROR_INTERNAL, "%s without its subgraph", n->kind->text);
        return;
    }
    const char *name = code_unique_name(p, function, strlen(function));
    code_indent(p);
    code_put(p, "def ");
    code_put_text(p, name);
    code_put(p, "():\n");
    for (int i = 0; i < n->inputs.count; i++) {
        struct tagged *use = code_new_expression(p);
        if (!use) return;
        code_put_use(p, use, node_input(n, i));
        code_set_expression(p, block_input(a->graph->top, i), use);
    }
    put_function_body(p, a->graph->top);
    struct tagged line = {0};
    struct text text = {0};
    text_printf(&text, "%s(%s)", call, name);
    tagged_put_name(&line, p->range, text_get(&text), text.length);
    put_definition_line(p, n, &line);
    code_drop(p, &line);
    if (text.failed) p->failed = true;
    text_free(&text);
}

static void put_fork(struct code_printer *p, struct node *n) {
    put_subgraph(p, n, "__forked_function", "fork");
}
static void put_awaitable(struct code_printer *p, struct node *n) {
    put_subgraph(p, n, "__awaitable_function", "awaitable");
}

/* No program can hold these: for people to read. */
static void put_try(struct code_printer *p, struct node *n) {
    put_subgraph(p, n, "__tried_function", "try");
}

static void put_reraise(struct code_printer *p, struct node *n) {
    code_indent(p);
    code_put(p, "raise ");
    code_put_use(p, &p->body, node_input(n, 0));
    code_put(p, "\n");
}

static void put_enter(struct code_printer *p, struct node *n) {
    struct ir_value *out = node_output(n, 0);
    code_indent(p);
    code_put(p, "with ");
    code_put_use(p, &p->body, node_input(n, 0));
    if (value_used(out)) {
        code_name_values(p, &out, 1);
        code_put(p, " as ");
        code_put_use(p, &p->body, out);
    }
    code_put(p, ":\n");
    p->level++;
}

static void put_exit(struct code_printer *p, struct node *n) {
    if (node_is(n->previous, KIND_ENTER)) {
        code_indent(p);
        code_put(p, "pass\n");
    }
    p->level--;
}

static void put_container_index(struct code_printer *p, struct node *n) {
    code_name_values(p, n->outputs.items, 1);
    code_indent(p);
    code_put_use(p, &p->body, node_output(n, 0));
    code_put(p, " : ");
    code_put_annotation(p, &p->body, node_output(n, 0)->type);
    code_put(p, " = ");
    code_put_use(p, &p->body, node_input(n, 0));
    code_put(p, "[");
    code_put_use(p, &p->body, node_input(n, 1));
    code_put(p, "]\n");
}

static void put_return(struct code_printer *p, struct node *n) {
    if (p->options.importable && n->inputs.count != 1)
        code_fail(p, LB_ERROR_UNSUPPORTED, "%s must have a single return value", "exported methods");
    if (n->inputs.count == 0) return;
    code_indent(p);
    code_put(p, "return ");
    code_put_values(p, &p->body, n->inputs.items, n->inputs.count, "", "");
    code_put(p, "\n");
}

static void depend_on_types_of(struct code_printer *p, const struct node *n) {
    for (int i = 0; i < n->inputs.count; i++) code_depend_on_type(p, node_input(n, i)->type);
    for (int i = 0; i < n->outputs.count; i++) code_depend_on_type(p, node_output(n, i)->type);
    for (int i = 0; i < n->attributes.count; i++) {
        const struct attribute *a = &n->attributes.items[i];
        if (a->kind == ATTRIBUTE_TYPE) code_depend_on_type(p, a->type);
        for (int k = 0; a->kind == ATTRIBUTE_TYPES && k < a->list.count; k++)
            code_depend_on_type(p, ((const struct type *const *)a->list.items)[k]);
    }
}

/* Operators whose meaning changed: the version of the archive format that stands for today's
 * (torch/csrc/jit/operator_upgraders/version_map.cpp). */
static const struct {
    const char *kind, *overloads; /* each overload between spaces */
    int version;
} versioned[] = {
    {"aten::div", " Tensor Scalar Tensor_mode Scalar_mode out out_mode ", 4},
    {"aten::div_", " Tensor Scalar Tensor_mode Scalar_mode ", 4},
    {"aten::full", "  out ", 5},
    {"aten::linspace", "  out ", 8},
    {"aten::logspace", "  out ", 9},
    {"aten::gelu", "  out ", 10},
};

static void note_version(struct code_printer *p, struct node *n) {
    for (size_t i = 0; i < sizeof versioned / sizeof *versioned; i++) {
        if (!node_kind_is(n, versioned[i].kind)) continue;
        const struct op_row *row = node_operator(n);
        if (!row) return;
        struct text overload = {0};
        text_printf(&overload, " %s ", op_overload(row));
        if (strstr(versioned[i].overloads, text_get(&overload)) && p->version < versioned[i].version)
            p->version = versioned[i].version;
        if (overload.failed) p->failed = true;
        text_free(&overload);
    }
}

static const struct {
    enum kind kind;
    void (*put)(struct code_printer *p, struct node *n);
} statement_kinds[] = {
    {KIND_RETURN, put_return},
    {KIND_LOOP, put_loop},
    {KIND_IF, put_if},
    {KIND_TUPLE_UNPACK, put_unpack},
    {KIND_LIST_UNPACK, put_unpack},
    {KIND_SET_ATTR, put_set_attr},
    {KIND_FORK, put_fork},
    {KIND_AWAITABLE, put_awaitable},
    {KIND_TRY, put_try},
    {KIND_RERAISE, put_reraise},
    {KIND_ENTER, put_enter},
    {KIND_EXIT, put_exit},
    {KIND_MODULE_CONTAINER_INDEX, put_container_index},
};

static struct source_range original_range(struct source_range range) {
    return range.source && range.source->origin_count > 0 ? source_origin_of(range) : range;
}

static void put_node(struct code_printer *p, struct node *n, bool constants_too) {
    if (p->failed) return;
    struct source_range outer = p->range;
    p->range = original_range(n->range);
    depend_on_types_of(p, n);
    note_version(p, n);
    bool skip = !constants_too && node_is(n, KIND_CONSTANT), done = false;
    for (size_t i = 0; i < sizeof statement_kinds / sizeof *statement_kinds && !skip && !done; i++) {
        if (!node_is(n, statement_kinds[i].kind)) continue;
        statement_kinds[i].put(p, n);
        done = true;
    }
    if (!skip && !done) put_other(p, n);
    p->range = outer;
}

static void put_block(struct code_printer *p, struct block *b, bool more_follows) {
    if (!more_follows && block_first(b) == b->result) {
        code_indent(p);
        code_put(p, "pass\n");
    }
    for (struct node *n = block_first(b); n != b->result && !p->failed; n = n->next) put_node(p, n, false);
}

struct node_list {
    ARRAY_OF(struct node *) nodes;
};

static void list_constants_of(struct code_printer *p, const struct node *n, struct node_list *list) {
    for (int i = 0; i < n->inputs.count; i++) {
        struct node *constant = node_input(n, i)->node;
        if (!node_is(constant, KIND_CONSTANT) || table_has(&p->listed, constant)) continue;
        if (!array_push(&list->nodes, constant) || !table_set(&p->listed, constant, p)) p->failed = true;
    }
}

/* Constants in order of first use: a node's inputs, then its blocks, then what follows. */
static void list_constants(struct code_printer *p, const struct block *b, struct node_list *list) {
    for (struct node *n = block_first(b); n != b->result; n = n->next) {
        list_constants_of(p, n, list);
        for (int i = 0; i < n->blocks.count; i++) list_constants(p, n->blocks.items[i], list);
    }
    list_constants_of(p, b->result, list);
}

static void put_function_body(struct code_printer *p, struct block *b) {
    struct node_list constants = {0};
    list_constants(p, b, &constants);
    code_scan_block(p, b);
    p->level++;
    for (int i = 0; i < constants.nodes.count; i++) put_node(p, constants.nodes.items[i], true);
    put_block(p, b, b->result->inputs.count > 0);
    put_node(p, b->result, false);
    p->level--;
    mem_free(constants.nodes.items);
}

static void put_default(struct code_printer *p, const struct argument *a) {
    code_put(p, "=");
    code_put_constant(p, &p->body, a->default_value);
}

static void put_parameter(struct code_printer *p, const struct argument *a, const struct ir_value *v,
                          bool first, bool with_type) {
    code_depend_on_type(p, a->type);
    const char *name = code_unique_name(p, a->name->text, a->name->length);
    if (!first) code_put(p, ",\n    ");
    code_put_text(p, name);
    if (with_type) {
        code_put(p, ": ");
        code_put_annotation(p, &p->body, a->type);
        first_annotation(p, v);
    }
    if (a->has_default) put_default(p, a);
    code_set_name(p, v, name);
}

void code_put_definition(struct code_printer *p, const struct function *f, bool first_type) {
    if (!f->graph && f->ensure && !f->ensure((struct function *)(uintptr_t)f, p->err)) p->failed = true;
    if (p->failed) return;
    struct graph *g = f->graph;
    if (!g || !f->schema || f->schema->argument_count != g->top->param->outputs.count ||
        f->schema->return_count < 1) {
        code_fail(p, LB_ERROR_INTERNAL, "%s has no graph that fits its schema", f->name->text);
        return;
    }
    table_free(&p->used_names); /* each function may use names anew */
    struct source_range outer = p->range;
    p->range = original_range(g->top->param->range);
    code_indent(p);
    code_put(p, "def ");
    code_put_text(p, f->name->text);
    code_put(p, "(");
    for (int i = 0; i < f->schema->argument_count; i++)
        put_parameter(p, &f->schema->arguments[i], block_input(g->top, i), i == 0, i > 0 || first_type);
    code_put(p, ") -> ");
    code_put_annotation(p, &p->body, f->schema->returns[0].type);
    code_put(p, ":\n");
    code_depend_on_type(p, f->schema->returns[0].type);
    put_function_body(p, g->top);
    p->range = outer;
}

bool code_finish(struct code_printer *p, lb_error *err) {
    p->err = NULL;
    bool ok = !p->failed && !p->body.failed && !p->body.text.failed;
    for (int i = 0; i < p->expressions.count; i++) { /* of no use once the function is written */
        ok = ok && !p->expressions.items[i]->failed && !p->expressions.items[i]->text.failed;
        tagged_free(p->expressions.items[i]);
    }
    p->expressions.count = 0;
    return ok ? true : error_memory(err);
}

bool code_printer_put_function(struct code_printer *p, const struct function *f, bool first_type,
                               lb_error *err) {
    p->err = err;
    code_put_definition(p, f, first_type);
    return code_finish(p, err);
}

struct code_printer *code_printer_new(struct unit *unit, const struct code_options *options,
                                      struct code_constants *constants,
                                      struct code_dependencies *dependencies, lb_error *err) {
    struct code_printer *p = mem_zeroed(1, sizeof *p);
    if (!p || !name_pool_init(&p->names, NULL, 0)) {
        mem_free(p);
        error_memory(err);
        return NULL;
    }
    p->unit = unit;
    if (options) p->options = *options;
    p->constants = constants;
    p->dependencies = dependencies;
    return p;
}

void code_printer_free(struct code_printer *p) {
    if (!p) return;
    struct table *tables[] = {&p->texts,     &p->in_place,   &p->split_offsets, &p->listed,
                              &p->annotated, &p->used_names, &p->next_number,   &p->walked_types};
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) table_free(tables[i]);
    for (int i = 0; i < p->expressions.count; i++) tagged_free(p->expressions.items[i]);
    mem_free(p->expressions.items);
    tagged_free(&p->body);
    name_pool_free(&p->names);
    arena_free(&p->memory);
    mem_free(p);
}

const struct text *code_printer_text(const struct code_printer *p) {
    return &p->body.text;
}

const struct code_origin *code_printer_origins(const struct code_printer *p, int *count) {
    *count = p->body.origins.count;
    return p->body.origins.items;
}

int64_t code_printer_version(const struct code_printer *p) {
    return p->version;
}
