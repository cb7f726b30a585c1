/* What an archive is and holds, as JSON: version, records, classes, methods, parameters, operators. */
#include "base/mem.h"
#include "ir/graph.h"
#include "module/describe.h"
#include "ops/ops.h"
#include "ops/schemas.h"
#include <stdlib.h>
#include <string.h>

enum { MAX_DEPTH = 500 };

static void put_json(struct text *out, const char *s) {
    text_put_char(out, '"');
    for (; *s; s++) {
        if (*s == '"' || *s == '\\')
            text_printf(out, "\\%c", *s);
        else if ((unsigned char)*s < ' ')
            text_printf(out, "\\u%04x", *s);
        else
            text_put_char(out, *s);
    }
    text_put_char(out, '"');
}

/* ---- tensors of the module tree ---- */

struct totals {
    int64_t parameters, parameter_bytes, buffers, buffer_bytes, modules;
};

static void add_tensor(const struct class_attribute *a, const struct tensor *t, struct totals *sum) {
    int64_t bytes = t->numel * (int64_t)dtype_size((enum dtype)t->dtype);
    if (a->is_parameter) {
        sum->parameters += t->numel;
        sum->parameter_bytes += bytes;
    } else {
        sum->buffers += t->numel;
        sum->buffer_bytes += bytes;
    }
}

static void add_module(lb_value module, struct totals *sum, int depth) {
    const struct class_definition *class = module.object->type->definition;
    sum->modules++;
    for (int i = 0; i < class->attributes.count && depth < MAX_DEPTH; i++) {
        lb_value v = module.object->slots[i];
        if (v.tag == VALUE_TENSOR) add_tensor(&class->attributes.items[i], v.tensor, sum);
        if (v.tag == VALUE_OBJECT && v.object->type->definition->is_module) add_module(v, sum, depth + 1);
    }
}

/* ---- operators of all graphs ---- */

struct used_ops {
    struct table seen; /* row -> itself */
    ARRAY_OF(const struct op_row *) rows;
    bool failed;
};

static void collect(struct used_ops *used, struct block *b) {
    for (struct node *n = block_first(b); n != b->result; n = n->next) {
        const struct op_row *row = node_operator(n);
        if (row && !table_has(&used->seen, row))
            used->failed |= !table_set(&used->seen, row, used) || !array_push(&used->rows, row);
        for (int i = 0; i < n->blocks.count; i++) collect(used, n->blocks.items[i]);
        const struct attribute *sub = node_attribute(n, "Subgraph");
        if (sub && sub->kind == ATTRIBUTE_GRAPH) collect(used, sub->graph->top);
    }
}

static int by_schema(const void *a, const void *b) {
    return strcmp(op_schema(*(const struct op_row *const *)a), op_schema(*(const struct op_row *const *)b));
}

static void put_ops(struct text *out, const struct used_ops *used, bool missing) {
    const char *comma = "";
    for (int i = 0; i < used->rows.count; i++) {
        const struct op_row *row = used->rows.items[i];
        if (missing && op_can_run(row)) continue;
        text_put(out, comma);
        if (missing) {
            put_json(out, op_schema(row));
        } else {
            text_printf(out, "\"%s%s%s\"", op_name(row), *op_overload(row) ? "." : "", op_overload(row));
        }
        comma = ", ";
    }
}

static bool put_operators(struct text *out, const struct program *p) {
    struct used_ops used = {0};
    for (int i = 0; i < p->unit->function_list.count; i++) {
        const struct function *f = p->unit->function_list.items[i];
        if (f->graph) collect(&used, f->graph->top);
    }
    if (used.rows.count) qsort(used.rows.items, (size_t)used.rows.count, sizeof *used.rows.items, by_schema);
    text_put(out, "  \"operators\": [");
    put_ops(out, &used, false);
    text_put(out, "],\n  \"missing_operators\": [");
    put_ops(out, &used, true);
    text_put(out, "]\n");
    table_free(&used.seen);
    mem_free(used.rows.items);
    return !used.failed;
}

/* ---- the rest ---- */

static void put_records(struct text *out, const struct zip *z) {
    text_put(out, "  \"records\": [");
    for (int i = 0; i < z->count; i++) {
        text_put(out, i ? ", {\"name\": " : "{\"name\": ");
        put_json(out, z->records[i].name->text);
        text_printf(out, ", \"bytes\": %llu}", (unsigned long long)z->records[i].size);
    }
    text_put(out, "],\n");
}

static void put_methods(struct text *out, const struct class_definition *class) {
    text_put(out, "  \"methods\": [");
    for (int i = 0; i < class->methods.count; i++) {
        const struct function *f = class->methods.items[i];
        struct text schema = {0};
        if (f->schema) schema_put(&schema, f->schema);
        text_put(out, i ? ", {\"name\": " : "{\"name\": ");
        put_json(out, f->name->text);
        text_put(out, ", \"schema\": ");
        put_json(out, text_get(&schema));
        text_put_char(out, '}');
        text_free(&schema);
    }
    text_put(out, "],\n");
}

static void put_classes(struct text *out, const struct program *p) {
    const char *path, *comma = "";
    text_put(out, "  \"submodules\": [");
    for (int i = 1; (path = program_submodule(p, i)); i++) {
        lb_value module;
        lb_error ignored = {0};
        if (!program_find(p, path, strlen(path), &module, &ignored)) break;
        text_printf(out, "%s{\"path\": ", comma);
        put_json(out, path);
        text_put(out, ", \"class\": ");
        put_json(out, module.object->type->name->text);
        text_put_char(out, '}');
        comma = ", ";
    }
    text_put(out, "],\n");
}

/* What it is and where it comes from; a module that was made here has no archive. */
static void put_origin(struct text *out, const struct program *p) {
    text_printf(out, "{\n  \"format\": \"TorchScript %s\",\n  ", p->archive ? "archive" : "module");
    if (p->archive) text_printf(out, "\"version\": %lld,\n  ", (long long)p->archive->version);
    text_put(out, "\"class\": ");
    put_json(out, p->root.object->type->name->text);
    text_put(out, ",\n");
    if (p->archive) text_printf(out, "  \"file_bytes\": %zu,\n", p->archive->mapping->length);
}

bool program_put_info(struct text *out, const struct program *p, lb_error *err) {
    struct totals sum = {0};
    add_module(p->root, &sum, 0);
    put_origin(out, p);
    text_printf(out, "  \"modules\": %lld,\n  \"parameters\": %lld,\n  \"parameter_bytes\": %lld,\n",
                (long long)sum.modules, (long long)sum.parameters, (long long)sum.parameter_bytes);
    text_printf(out, "  \"buffers\": %lld,\n  \"buffer_bytes\": %lld,\n", (long long)sum.buffers,
                (long long)sum.buffer_bytes);
    put_methods(out, program_class(p));
    put_classes(out, p);
    if (p->archive) put_records(out, &p->archive->zip);
    bool good = put_operators(out, p);
    text_put(out, "}\n");
    return good || error_memory(err);
}
