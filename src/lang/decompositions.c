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
        text_printf(out, outs > 1 ? "linkboy.assign(results[%d], " : "linkboy.assign(results, ", i);
        text_printf(out, "out=%s)", s->arguments[first + i].name->text);
    }
    text_put(out, "\n");
}

/* ---- compiling ---- */

static struct tree *parse_row(struct unit *u, const struct op_row *row, const struct schema *s,
                              lb_error *err) {
    struct text text = {0};
    text_put(&text, "def op(");
    put_parameters(&text, s);
    text_put(&text, "):\n");
    if (*op_source(row))
        text_put(&text, op_source(row));
    else
        put_derived(&text, row, s);
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
