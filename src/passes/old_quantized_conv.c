/* Archives of 2019 and 2020 call quantized convolutions with the strides and paddings that are in the packed
 * weights now: such calls lose these arguments when a module is loaded (rewriteQuantizedConvForBC in
 * torch/csrc/jit/serialization/import.cpp). What computed the arguments stays, as there. */
#include "ir/views.h"
#include "passes/passes.h"
#include <string.h>

/* PyTorch reads the new call from a pattern's text, and its place there is where the call comes from. A
 * graph's text does not show it, since the pattern has no file; a copy's does, as line 2, column 14. */
static const char pattern[] =
    "\n"
    "graph(%x, %packed, %stride, %padding, %dilation, %groups, %scale, %zero_point):\n"
    "         %r = quantized::conv(%x, %packed, %scale, %zero_point)\n";

static struct source_range place_in_pattern(struct graph *g) {
    const struct source *s = source_new(&g->unit->memory, pattern, sizeof pattern - 1, NULL, 0);
    uint32_t start = (uint32_t)(strstr(pattern, "quantized") - pattern);
    return (struct source_range){s, start, start + (uint32_t)strlen("quantized")};
}

static bool is_old_call(const struct node *n) {
    static const char *const kinds[] = {"quantized::conv2d", "quantized::conv2d_relu", "quantized::conv3d",
                                        "quantized::conv3d_relu"};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (node_kind_is(n, kinds[i])) return n->inputs.count == 8 && n->outputs.count == 1;
    return false;
}

/* (x, packed, stride, padding, dilation, groups, scale, zero point) */
static bool replace_call(struct node *n) {
    static const int kept[] = {0, 1, 6, 7};
    struct node *call = graph_new_node(n->graph, n->kind, 1);
    if (!call || !node_insert_before(call, n)) return false;
    call->range = place_in_pattern(n->graph);
    if (!call->range.source) return false;
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
        if (!node_add_input(call, node_input(n, kept[i]))) return false;
    if (!value_replace_uses(node_output(n, 0), node_output(call, 0))) return false;
    node_destroy(n);
    return true;
}

static bool replace_in_block(struct block *b) {
    for (struct node *n = block_first(b), *next; n != b->result; n = next) {
        next = n->next;
        for (int i = 0; i < n->blocks.count; i++)
            if (!replace_in_block(n->blocks.items[i])) return false;
        if (is_old_call(n) && !replace_call(n)) return false;
    }
    return true;
}

bool pass_old_quantized_conv(struct graph *g, lb_error *err) {
    return replace_in_block(g->top) ? true : error_memory(err);
}
