/* Every operator whose row is TorchScript source compiles, gives as many results as its schema says, and
 * rests in the end on operators that have kernels. Also what a body may not be. */
#include "lang/decompositions.h"
#include "ir/verify.h"
#include "ir/views.h"
#include "ops/schemas.h"
#include "passes/passes.h"
#include <stdio.h>
#include <string.h>

static int failures, checked;

static void fail(const struct op_row *row, const char *what) {
    failures++;
    printf("failed: %s: %s\n", op_schema(row), what);
}

static bool finish(struct function *f, lb_error *err) {
    return passes_after_emit(f->graph, err);
}

/* After pass_decompose nothing may be left that cannot run; nodes without a row are the language's own. */
static void check_nodes(const struct op_row *row, struct block *b) {
    for (struct node *n = block_first(b); n != b->result; n = n->next) {
        const struct op_row *used = node_operator(n);
        bool language = !strncmp(n->kind->text, "prim::", 6);
        if (!language && (!used || !op_run(used))) fail(row, n->kind->text);
        for (int i = 0; i < n->blocks.count; i++) check_nodes(row, n->blocks.items[i]);
    }
}

static bool results_fit(const struct op_row *row, struct unit *u, const struct function *f) {
    int wanted = ops_schema(u, row)->return_count;
    const struct type *type = block_output(f->graph->top, 0)->type;
    if (wanted == 0) return type->kind == TYPE_NONE;
    return wanted == 1 || (type->kind == TYPE_TUPLE && type->count == wanted);
}

static void check_row(struct unit *u, const struct op_row *row) {
    lb_error err = {0};
    struct function *f = decomposition_of(u, row, finish, &err);
    checked++;
    if (!f) {
        fail(row, error_message(&err));
    } else {
        if (!results_fit(row, u, f)) fail(row, "the source gives other results than the schema");
        struct graph *g = graph_copy(f->graph);
        if (!g || !pass_decompose(g, &err) || !graph_verify(g, NULL, &err))
            fail(row, error_message(&err));
        else
            check_nodes(row, g->top);
        if (g) graph_free(g);
    }
    error_clear(&err);
}

int main(void) {
    lb_error err = {0};
    struct unit *u = unit_new(kind_texts, KIND_COUNT, &err);
    if (!u) return 1;
    for (int i = 0; i < ops_count(); i++)
        if (!op_run(ops_at(i)) && op_source(ops_at(i))) check_row(u, ops_at(i));
    unit_free(u);
    if (!checked) printf("failed: no row has a source\n");
    printf("%d sources, %d failures\n", checked, failures);
    return failures || !checked;
}
