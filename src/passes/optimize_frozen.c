/* What a frozen graph goes through: dropout goes away, norms and arithmetic behind convolutions and linear
 * layers go into their weights (torch/csrc/jit/passes/frozen_graph_optimizations.cpp). */
#include "passes/frozen.h"
#include "passes/passes.h"

static bool fold(struct graph *g, bool (*what)(struct folding *f, struct block *b), bool *changed,
                 lb_error *err) {
    struct folding f = {.err = err};
    bool good = what(&f, g->top) && pass_dead_code(g, err);
    *changed |= f.changed;
    return good;
}

bool pass_fold_frozen_conv_bn(struct graph *g, lb_error *err) {
    return fold(g, fold_conv_norms, &(bool){false}, err);
}

bool pass_fold_frozen_conv_add_or_sub(struct graph *g, lb_error *err) {
    return fold(g, fold_conv_sums, &(bool){false}, err);
}

bool pass_fold_frozen_conv_mul_or_div(struct graph *g, lb_error *err) {
    return fold(g, fold_conv_products, &(bool){false}, err);
}

bool pass_fold_frozen_linear_bn(struct graph *g, lb_error *err) {
    return fold(g, fold_linear_norms, &(bool){false}, err);
}

/* Again and again, for convolutions with several such things behind them. */
bool pass_optimize_frozen_graph(struct graph *g, lb_error *err) {
    bool changed = true, good = pass_remove_dropout(g, err);
    while (good && changed) {
        changed = false;
        good = fold(g, fold_conv_norms, &changed, err) && fold(g, fold_conv_sums, &changed, err) &&
               fold(g, fold_conv_products, &changed, err) && fold(g, fold_linear_norms, &changed, err);
    }
    return good;
}
