/* See describe.h. Schemas hold quotes in their defaults, which JSON wants escaped. */
#include "ops/describe.h"
#include "ops/ops.h"
#include "tensor/dtype.h"
#include <string.h>

static void put_escaped(struct text *out, const char *s) {
    for (; *s; s++) {
        if (*s == '"' || *s == '\\') text_put_char(out, '\\');
        text_put_char(out, *s);
    }
}

/* A source by rule is "" (the functional operator, written where the row says) or "each NAME". */
static bool by_rule(const char *source) {
    return !*source || strncmp(source, "each ", 5) == 0;
}

bool op_refused(struct op_call *c); /* common/refused.c */

static const char *state_of(const struct op_row *row) {
    if (op_run(row) == op_refused) return "refused";
    if (op_run(row)) return row->traits & OP_DERIVED ? "derived" : "kernel";
    if (op_source(row)) return by_rule(op_source(row)) ? "derived" : "decomposed";
    if (row->traits & OP_INTERPRETED) return "interpreter";
    return row->traits & OP_GRAPH_ONLY ? "graph only" : "missing";
}

static void put_dtypes(struct text *out, uint16_t dtypes) {
    const char *separator = "";
    text_put(out, ", \"dtypes\": [");
    for (int number = 0; number < DTYPE_COUNT; number++) {
        if (!(dtypes >> number & 1)) continue;
        text_printf(out, "%s\"%s\"", separator, dtype_table[number].python_name);
        separator = ", ";
    }
    text_put(out, "]");
}

void ops_put_json(struct text *out) {
    text_put(out, "[\n");
    for (int i = 0; i < ops_count(); i++) {
        const struct op_row *row = ops_at(i);
        text_put(out, " {\"schema\": \"");
        put_escaped(out, op_schema(row));
        text_printf(out, "\", \"state\": \"%s\"", state_of(row));
        put_dtypes(out, op_dtypes(row));
        text_put(out, i + 1 < ops_count() ? "},\n" : "}\n");
    }
    text_put(out, "]\n");
}
