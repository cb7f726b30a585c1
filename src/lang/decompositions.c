/* See decompositions.h. A row's text goes in, a compiled function comes out: the schema's arguments become
 * `def op(self: Tensor, *, alpha: number) -> Tensor:`, the row's lines follow. Names in a body are those of
 * operators alone: `torch.add`, and a namespace's own (`quantized.add`). */
#include "lang/decompositions.h"
#include "lang/define.h"
#include "lang/emitter.h"
#include "lang/parse.h"
#include "ops/schemas.h"
#include <string.h>

static struct sugared *find_namespace(struct resolver *r, struct emitter *e, const struct name *name,
                                      struct source_range at) {
    static const char *const namespaces[] = {"quantized", "_quantized", "prim", "linkboy"};
    (void)r;
    (void)at;
    if (!strcmp(name->text, "torch")) return sugared_builtin_module(e, emit_name(e, "aten"));
    for (size_t i = 0; i < sizeof namespaces / sizeof *namespaces; i++)
        if (!strcmp(name->text, namespaces[i])) return sugared_builtin_module(e, name);
    return NULL;
}

static void put_parameters(struct text *out, const struct schema *s) {
    for (int i = 0; i < s->argument_count; i++) {
        const struct argument *a = &s->arguments[i];
        bool first_keyword = a->keyword_only && (i == 0 || !s->arguments[i - 1].keyword_only);
        text_printf(out, "%s%s%s: ", i ? ", " : "", first_keyword ? "*, " : "", a->name->text);
        type_put_annotation(out, a->type);
    }
}

/* ---- in-place and out= rows without a body ---- */

/* How many arguments at the end the row writes. */
static int out_count(const struct op_row *row, const struct schema *s) {
    return (row->traits & OP_OUT) ? s->return_count : 0;
}

/* "torch.add" of "aten::add_" and of "aten::add.out". */
static void put_functional(struct text *out, const struct op_row *row) {
    const char *name = op_name(row), *colons = strstr(name, "::");
    int space = (int)(colons - name);
    size_t length = strlen(colons + 2) - ((row->traits & OP_IN_PLACE) ? 1 : 0);
    text_printf(out, "%.*s.", strncmp(name, "aten", (size_t)space) ? space : 5,
                strncmp(name, "aten", (size_t)space) ? name : "torch");
    text_put_bytes(out, colons + 2, length);
}

static void put_arguments(struct text *out, const struct schema *s, int count) {
    for (int i = 0; i < count; i++) {
        const char *name = s->arguments[i].name->text;
        text_put(out, i ? ", " : "");
        if (s->arguments[i].keyword_only) text_printf(out, "%s=", name);
        text_put(out, name);
    }
}

static void put_derived(struct text *out, const struct op_row *row, const struct schema *s) {
    int outs = out_count(row, s), first = s->argument_count - outs;
    text_put(out, "    results = ");
    put_functional(out, row);
    text_put(out, "(");
    put_arguments(out, s, first);
    text_put(out, ")\n    return ");
    if (!outs) text_printf(out, "linkboy.assign_(%s, results)\n", s->arguments[0].name->text);
    for (int i = 0; i < outs; i++) {
        text_put(out, i ? ", " : "");
        text_put(out, row->traits & OP_EXACT ? "linkboy.assign_exact(" : "linkboy.assign(");
        text_printf(out, outs > 1 ? "results[%d], " : "results, ", i);
        text_printf(out, "out=%s)", s->arguments[first + i].name->text);
    }
    text_put(out, "\n");
}

/* ---- an operator for every tensor of lists ---- */

static bool is_list(const struct argument *a) {
    return a->type->kind == TYPE_LIST;
}

/* The argument that says how many there are: the first list of tensors. */
static const struct argument *leading_list(const struct schema *s) {
    for (int i = 0; i < s->argument_count; i++)
        if (is_list(&s->arguments[i]) && s->arguments[i].type->items[0]->kind == TYPE_TENSOR)
            return &s->arguments[i];
    return &s->arguments[0];
}

/* What aten/src/ATen/native/ForeachUtils.h and ForeachOpsKernels.cpp check. */
static void put_each_checks(struct text *out, const struct schema *s, const struct argument *first,
                            int count) {
    const char *lead = first->name->text;
    text_printf(out, "    linkboy.check(len(%s) > 0, 'Tensor list must have at least one tensor.')\n", lead);
    for (int i = 0; i < count; i++) {
        const struct argument *a = &s->arguments[i];
        const char *name = a->name->text;
        bool tensors = is_list(a) && a->type->items[0]->kind == TYPE_TENSOR;
        if (tensors && a != first)
            text_printf(out,
                        "    linkboy.check(len(%s) == len(%s), 'Tensor lists must have the same number of "
                        "tensors, got {} and {}'.format(len(%s), len(%s)))\n",
                        name, lead, lead, name);
        else if (is_list(a) && a != first)
            text_printf(
                out,
                "    linkboy.check(len(%s) == len(%s), 'Tensor list must have same number of elements "
                "as scalar list.')\n",
                name, lead);
        else if (a->type->kind == TYPE_TENSOR)
            text_printf(out,
                        "    linkboy.check(%s.dim() == 0, 'scalar tensor expected to be 0 dim but it has {} "
                        "dimensions and {} elements.'.format(%s.dim(), %s.numel()))\n",
                        name, name, name);
    }
}

/* "torch.add(self[i], other[i], alpha=alpha)"; `rule` is "add", or "addcmul value=" */
static void put_each_call(struct text *out, const struct schema *s, const char *rule, int count) {
    const char *space = strchr(rule, ' ');
    text_printf(out, "torch.%.*s(", (int)strcspn(rule, " "), rule);
    for (int i = 0; i < count; i++) {
        const struct argument *a = &s->arguments[i];
        text_put(out, i ? ", " : "");
        if (a->keyword_only) text_printf(out, "%s=", a->name->text);
        if (space && i == count - 1) text_put(out, space + 1);
        text_printf(out, is_list(a) ? "%s[i]" : "%s", a->name->text);
    }
    text_put(out, ")");
}

static void put_each(struct text *out, const char *rule, const struct schema *s) {
    const struct argument *last = &s->arguments[s->argument_count - 1];
    bool outs = !strcmp(last->name->text, "out");
    int count = s->argument_count - outs;
    const struct argument *first = leading_list(s);
    put_each_checks(out, s, first, count);
    if (s->return_count) {
        text_put(out, "    return [");
        put_each_call(out, s, rule, count);
        text_printf(out, " for i in range(len(%s))]\n", first->name->text);
        return;
    }
    text_printf(out, "    for i in range(len(%s)):\n        ", first->name->text);
    text_put(out, outs ? "linkboy.assign(" : "");
    put_each_call(out, s, rule, count);
    text_put(out, outs ? ", out=out[i])\n" : "\n");
}

/* ---- compiling ---- */

static void put_body(struct text *out, const struct op_row *row, const struct schema *s) {
    const char *source = op_source(row);
    if (!*source)
        put_derived(out, row, s);
    else if (!strncmp(source, "each ", 5))
        put_each(out, source + 5, s);
    else
        text_put(out, source);
}

static struct tree *parse_row(struct unit *u, const struct op_row *row, const struct schema *s,
                              lb_error *err) {
    struct text text = {0};
    text_put(&text, "def op(");
    put_parameters(&text, s);
    text_put(&text, "):\n");
    put_body(&text, row, s);
    char *kept = text.failed ? NULL : arena_text(&u->memory, text_get(&text), text.length);
    struct source *source = kept ? source_new(&u->memory, kept, text.length, op_schema(row), 1) : NULL;
    text_free(&text);
    if (source) return lang_parse(&u->memory, &u->names, source, PARSE_PYTHON, err);
    error_memory(err);
    return NULL;
}

static struct function *declare(struct unit *u, const struct op_row *row, struct resolver *resolver,
                                lb_error *err) {
    const struct schema *s = ops_schema(u, row);
    const struct name *name = name_intern(&u->names, op_schema(row), strcspn(op_schema(row), "("));
    struct tree *file = s && name ? parse_row(u, row, s, err) : NULL;
    struct function *f = file ? lang_declare(u, file->items[0], name, NULL, resolver, err) : NULL;
    if (f && table_set(&u->decompositions, row, f)) return f;
    error_memory(err);
    return NULL;
}

struct function *decomposition_of(struct unit *unit, const struct op_row *row,
                                  bool (*finish)(struct function *f, lb_error *err), lb_error *err) {
    struct function *f = table_get(&unit->decompositions, row);
    struct resolver *resolver = f ? NULL : arena_new(&unit->memory, struct resolver);
    if (!f && !resolver) {
        error_memory(err);
        return NULL;
    }
    if (resolver) {
        *resolver = (struct resolver){.find_value = find_namespace, .finish = finish, .operator_version = -1};
        f = declare(unit, row, resolver, err);
    }
    return f && lang_ensure(f, err) ? f : NULL;
}
