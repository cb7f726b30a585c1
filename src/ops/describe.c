/* See describe.h. Schemas hold quotes in their defaults, which JSON wants escaped. */
#include "ops/describe.h"
#include "ops/ops.h"

static void put_escaped(struct text *out, const char *s) {
    for (; *s; s++) {
        if (*s == '"' || *s == '\\') text_put_char(out, '\\');
        text_put_char(out, *s);
    }
}

void ops_put_json(struct text *out) {
    text_put(out, "[\n");
    for (int i = 0; i < ops_count(); i++) {
        const struct op_row *row = ops_at(i);
        text_put(out, " {\"schema\": \"");
        put_escaped(out, op_schema(row));
        text_printf(out, "\", \"state\": \"%s\"}%s\n", op_run(row) ? "kernel" : "missing",
                    i + 1 < ops_count() ? "," : "");
    }
    text_put(out, "]\n");
}
