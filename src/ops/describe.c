/* See describe.h. Schemas hold quotes in their defaults, which JSON wants escaped. */
#include "ops/describe.h"
#include "ops/ops.h"

static void put_escaped(struct text *out, const char *s) {
    for (; *s; s++) {
        if (*s == '"' || *s == '\\') text_put_char(out, '\\');
        text_put_char(out, *s);
    }
}

static const char *state_of(const struct op_row *row) {
    if (op_run(row)) return "kernel";
    if (op_source(row)) return "script";
    if (row->traits & OP_INTERPRETED) return "interpreter";
    return row->traits & OP_GRAPH_ONLY ? "graph only" : "missing";
}

void ops_put_json(struct text *out) {
    text_put(out, "[\n");
    for (int i = 0; i < ops_count(); i++) {
        const struct op_row *row = ops_at(i);
        text_put(out, " {\"schema\": \"");
        put_escaped(out, op_schema(row));
        text_printf(out, "\", \"state\": \"%s\"}%s\n", state_of(row), i + 1 < ops_count() ? "," : "");
    }
    text_put(out, "]\n");
}
