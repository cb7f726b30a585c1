/* Graphs through the public header: walked, built, edited, called, put in the place of a method's own; and
 * that nothing a caller does with the handles can break more than the graph. */
#include "linkboy.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int failures;
static lb_error *err;

static void fail(const char *title, const char *what) {
    failures++;
    printf("failed: %s: %s\n", title, what);
}

static void expect(const char *title, bool good) {
    if (!good) fail(title, lb_error_code(err) ? lb_error_message(err) : "not so");
    lb_error_clear(err);
}

/* An edit that must be refused with an error. */
static void refuse(const char *title, bool result) {
    if (result) fail(title, "was not refused");
    if (!lb_error_code(err)) fail(title, "no error was set");
    lb_error_clear(err);
}

static void expect_text(const char *title, char *text, const char *wanted) {
    if (!text || strcmp(text, wanted) != 0) {
        fail(title, text ? "the text differs" : lb_error_message(err));
        printf("--- got\n%s\n--- wanted\n%s\n", text ? text : "", wanted);
    }
    lb_text_free(text);
    lb_error_clear(err);
}

static lb_graph *parse(const char *text) {
    lb_graph *g = lb_graph_parse(NULL, text, strlen(text), err);
    if (!g) {
        printf("cannot parse: %s\n%s", lb_error_message(err), text);
        exit(1);
    }
    return g;
}

static const lb_type *type(lb_graph *g, const char *text) {
    return lb_type_read(lb_graph_unit(g), text, strlen(text), err);
}

static const char sample[] = "graph(%x.1 : Tensor,\n"
                             "      %n.1 : int):\n"
                             "  %2 : int = prim::Constant[value=1]()\n"
                             "  %3 : bool = aten::gt(%n.1, %2)\n"
                             "  %y : Tensor = prim::If(%3)\n"
                             "    block0():\n"
                             "      %5 : Tensor = aten::relu(%x.1)\n"
                             "      -> (%5)\n"
                             "    block1():\n"
                             "      -> (%x.1)\n"
                             "  return (%y)\n";

static void check_walking(void) {
    lb_graph *g = parse(sample);
    lb_block *top = lb_graph_block(g);
    lb_node *constant = lb_block_first(top), *gt = lb_node_next(constant), *branch = lb_node_next(gt);
    expect("three nodes", branch && !lb_node_next(branch) && !lb_node_previous(constant));
    expect("kinds", !strcmp(lb_node_kind(gt), "aten::gt") && lb_node_input_count(gt) == 2);
    expect("no such input", !lb_node_input(gt, 2) && !lb_node_output(gt, -1) && !lb_node_block(gt, 0));
    lb_graph_value *x = lb_node_output(lb_block_param(top), 0);
    expect_text("an input's name", lb_graph_value_name(x, err), "x.1");
    expect("a name that was a number is none", lb_graph_value_number(lb_node_input(gt, 1)) == 2);
    expect("uses", lb_graph_value_use_count(x) == 2);
    int input = -1;
    lb_node *relu = lb_graph_value_use(x, 0, &input);
    expect("a use", relu && input == 0 && !strcmp(lb_node_kind(relu), "aten::relu"));
    expect("owners", lb_block_owner(lb_node_owner(relu)) == branch && !lb_block_owner(top));
    expect("order", lb_node_is_before(gt, relu) && !lb_node_is_before(relu, gt));
    expect_text("a node's text", lb_node_put(gt, err), "%3 : bool = aten::gt(%n.1, %2)\n");
    expect_text("a schema", lb_node_schema(gt, err), "aten::gt.int(int a, int b) -> bool");
    lb_value *one = lb_node_constant(constant, err);
    expect("a constant", one && lb_int_get(one) == 1 && !lb_node_constant(gt, err));
    lb_value_free(one);
    expect("an attribute", lb_node_attribute_kind(constant, "value") == LB_ATTRIBUTE_INT &&
                               !strcmp(lb_node_attribute_name(constant, 0), "value"));
    expect("types are objects", lb_graph_value_type(x) == type(g, "Tensor"));
    expect_text("the graph", lb_graph_put(g, LB_TEXT_PLAIN, err), sample);
    lb_graph_free(g);
}

/* The two-layer function of the header's words, made node by node. */
static lb_graph *build(void) {
    lb_graph *g = lb_graph_new(NULL, err);
    lb_block *top = lb_graph_block(g);
    lb_graph_value *x = lb_block_add_input(top, err);
    lb_graph_value_set_name(x, "x", err);
    lb_value *two = lb_int_new(2, err), *one = lb_int_new(1, err);
    lb_graph_value *scale = lb_graph_insert_constant(g, two, NULL, err);
    lb_graph_value *alpha = lb_graph_insert_constant(g, one, NULL, err);
    lb_value_free(two);
    lb_value_free(one);
    lb_node *add = lb_graph_create(g, "aten::add", 1, err);
    lb_node_add_input(add, x, err);
    lb_node_add_input(add, scale, err);
    lb_node_add_input(add, alpha, err);
    lb_graph_insert(g, add, err);
    lb_node_set_scope(add, "__module.layer", err);
    lb_node_set_source(add, "y = x + 2", 9, "model.py", 7, err);
    lb_graph_value_set_name(lb_node_output(add, 0), "y", err);
    lb_block_add_output(top, lb_node_output(add, 0), err);
    return g;
}

static float first(const lb_value *tensor) {
    return *(float *)lb_tensor_data(tensor);
}

static void check_building(void) {
    lb_graph *g = build();
    expect("a built graph is valid", lb_graph_verify(g, err));
    expect_text("a built graph", lb_graph_put(g, LB_TEXT_GRAPH, err),
                "graph(%x : Tensor):\n"
                "  %1 : int = prim::Constant[value=2]()\n"
                "  %2 : int = prim::Constant[value=1]()\n"
                "  %y : Tensor = aten::add(%x, %1, %2), scope: __module.layer # model.py:7:0\n"
                "  return (%y)\n");
    lb_unit *unit = lb_graph_unit(g);
    lb_function *f = lb_function_from_graph(g, "add_two", err),
                *again = lb_function_from_graph(g, "add_two", err);
    expect("a function", f && again && f != again);
    expect("a name of its own", strcmp(lb_function_qualified(f), lb_function_qualified(again)) != 0);
    expect_text("its schema", lb_function_text(unit, f, LB_TEXT_SCHEMA, err), "add_two(Tensor x) -> Tensor");
    expect_text("its code", lb_function_text(unit, f, LB_TEXT_CODE, err),
                "def add_two(x: Tensor) -> Tensor:\n  return torch.add(x, 2)\n");
    lb_value *x = lb_tensor_from(LB_FLOAT32, 1, (int64_t[]){1}, (float[]){40}, err);
    lb_value *y = lb_function_call(unit, f, NULL, &x, 1, NULL, NULL, 0, err);
    expect("its answer", y && first(y) == 42);
    const char *name = "x";
    lb_value *named = lb_function_call(unit, f, NULL, NULL, 0, &name, &x, 1, err);
    expect("by name", named && first(named) == 42);
    refuse("too many arguments",
           lb_function_call(unit, f, NULL, (lb_value *[]){x, x}, 2, NULL, NULL, 0, err));
    lb_value_free(x);
    lb_value_free(y);
    lb_value_free(named);
    lb_graph_free(g);
}

static void check_refusals(void) {
    lb_graph *g = parse(sample), *other = parse(sample);
    lb_block *top = lb_graph_block(g);
    lb_node *constant = lb_block_first(top), *gt = lb_node_next(constant), *branch = lb_node_next(gt);
    lb_node *relu = lb_block_first(lb_node_block(branch, 0));
    lb_graph_value *x = lb_node_output(lb_block_param(top), 0);
    lb_graph_value *stranger = lb_node_output(lb_block_param(lb_graph_block(other)), 0);
    refuse("destroying what is used", lb_node_destroy(gt, err));
    refuse("erasing an input that is used", lb_block_erase_input(top, 0, err));
    refuse("erasing an output that is used", lb_node_erase_output(gt, 0, err));
    refuse("a value of another graph", lb_node_add_input(gt, stranger, err));
    refuse("an output of another graph", lb_block_add_output(top, stranger, err) >= 0);
    refuse("replacing by another graph's", lb_graph_value_replace_uses(x, stranger, err));
    refuse("a place in another graph", lb_node_move_before(gt, lb_block_first(lb_graph_block(other)), err));
    refuse("a place in its own block", lb_node_move_before(branch, relu, err));
    refuse("before a param node", lb_node_move_before(gt, lb_block_param(top), err));
    refuse("behind a result node", lb_node_move_after(gt, lb_block_result(top), err));
    refuse("destroying an end", lb_node_destroy(lb_block_result(top), err));
    refuse("an input out of range", lb_node_replace_input(gt, 2, x, err));
    refuse("no kind", lb_graph_create(g, "add", 1, err));
    refuse("inserting twice", lb_graph_insert(g, gt, err));
    refuse("a name that is a number", lb_graph_value_set_name(x, "12", err));
    refuse("a name that does not read back", lb_graph_value_set_name(x, "a b", err));
    refuse("a missing attribute", lb_node_attribute(gt, "value", err));
    refuse("no such pass", lb_graph_pass(g, "no_such_pass", err));
    refuse("a type of nothing", type(g, "Lisst[int"));
    lb_value *list = lb_list_new(NULL, 0, err);
    refuse("a list for an int", lb_node_set_attribute(constant, "value", LB_ATTRIBUTE_INT, list, err));
    lb_value_free(list);
    expect("all of it left the graph alone", lb_graph_verify(g, err));
    expect_text("the same graph", lb_graph_put(g, LB_TEXT_PLAIN, err), sample);
    lb_graph_free(other);
    lb_graph_free(g);
}

static void check_destroyed(void) {
    lb_graph *g = parse(sample);
    lb_node *branch = lb_node_previous(lb_block_result(lb_graph_block(g)));
    lb_graph_value *x = lb_node_output(lb_block_param(lb_graph_block(g)), 0), *y = lb_node_output(branch, 0);
    lb_node *relu = lb_block_first(lb_node_block(branch, 0));
    lb_graph_value *inner = lb_node_output(relu, 0);
    expect("into the If", lb_graph_set_insertion_point(g, relu, err));
    expect("y becomes x", lb_graph_value_replace_uses(y, x, err));
    expect("the If goes", lb_node_destroy(branch, err));
    expect("what was in it too", lb_node_destroyed(relu) && lb_node_destroyed(branch));
    refuse("a destroyed node's value", lb_block_add_output(lb_graph_block(g), inner, err) >= 0);
    refuse("a destroyed value", lb_graph_value_set_name(y, "z", err));
    refuse("editing a destroyed node", lb_node_add_input(relu, x, err));
    refuse("destroying twice", lb_node_destroy(branch, err));
    lb_value *one = lb_int_new(1, err);
    expect("the insertion point moved out", lb_graph_insert_constant(g, one, NULL, err));
    lb_value_free(one);
    expect("dead code", lb_graph_pass(g, "dce", err));
    expect_text("what is left", lb_graph_put(g, LB_TEXT_CANONICAL, err),
                "graph(%x.1 : Tensor,\n      %n.1 : int):\n  return (%x.1)\n");
    lb_graph_free(g);
}

/* Edits that are let through and found afterwards. */
static void check_verifying(void) {
    lb_graph *g = parse(sample);
    lb_node *constant = lb_block_first(lb_graph_block(g)), *gt = lb_node_next(constant);
    expect("moving away", lb_node_move_after(constant, gt, err));
    refuse("used before it is made", lb_graph_verify(g, err));
    refuse("no pass runs on that", lb_graph_pass(g, "dce", err));
    expect("and back", lb_node_move_before(constant, gt, err) && lb_graph_verify(g, err));
    expect("a wrong type", lb_graph_value_set_type(lb_node_output(gt, 0), type(g, "int"), err));
    refuse("an If takes a bool", lb_graph_verify(g, err));
    lb_node *lonely = lb_graph_create(g, "aten::relu", 1, err);
    lb_node_add_input(lonely, lb_node_output(lb_block_param(lb_graph_block(g)), 0), err);
    refuse("a user that stands nowhere", lb_graph_verify(g, err));
    lb_graph_free(g);
}

static void check_attributes(void) {
    lb_graph *g = parse("graph():\n  return ()\n");
    lb_node *n = lb_graph_create(g, "custom::op", 0, err);
    lb_graph_insert(g, n, err);
    lb_value *one = lb_int_new(1, err), *half = lb_float_new(0.5, err), *word = lb_string_new("w", 1, err);
    lb_value *ones = lb_list_new((lb_value *[]){one, one}, 2, err), *words = lb_list_new(&word, 1, err);
    const lb_type *types[] = {type(g, "int[]"), type(g, "Tensor?")};
    expect("i", lb_node_set_attribute(n, "i", LB_ATTRIBUTE_INT, one, err));
    expect("f", lb_node_set_attribute(n, "f", LB_ATTRIBUTE_FLOAT, half, err));
    expect("is", lb_node_set_attribute(n, "is", LB_ATTRIBUTE_INTS, ones, err));
    expect("fs takes ints", lb_node_set_attribute(n, "fs", LB_ATTRIBUTE_FLOATS, ones, err));
    expect("ss", lb_node_set_attribute(n, "ss", LB_ATTRIBUTE_STRINGS, words, err));
    expect("ival", lb_node_set_attribute(n, "v", LB_ATTRIBUTE_VALUE, ones, err));
    expect("ty", lb_node_set_types(n, "ty", LB_ATTRIBUTE_TYPE, types, 1, err));
    expect("tys", lb_node_set_types(n, "tys", LB_ATTRIBUTE_TYPES, types, 2, err));
    refuse("strings are no ints", lb_node_set_attribute(n, "is", LB_ATTRIBUTE_INTS, words, err));
    expect_text(
        "as PyTorch prints them", lb_node_put(n, err),
        " = custom::op[i=1, f=0.5, is=[1, 1], fs=[1., 1.], ss=[\"w\"], v=[1, 1], ty=int[], tys=[int[], "
        "Tensor?]]()\n");
    lb_value *back = lb_node_attribute(n, "fs", err), *item = back ? lb_item(back, 1, err) : NULL;
    expect("and back", back && lb_count(back) == 2 && item && lb_float_get(item) == 1.0);
    expect("types back",
           lb_node_attribute_count(n, "tys") == 2 && lb_node_attribute_type(n, "tys", 1) == types[1]);
    expect("removed",
           lb_node_remove_attribute(n, "i", err) && lb_node_attribute_kind(n, "i") == LB_ATTRIBUTE_NONE);
    lb_value *const values[] = {one, half, word, ones, words, back, item};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) lb_value_free(values[i]);
    lb_graph_free(g);
}

static void check_subgraphs(void) {
    lb_graph *g = parse("graph(%x : Tensor):\n"
                        "  %1 : Tensor = prim::DifferentiableGraph_0(%x)\n"
                        "  return (%1)\n"
                        "with prim::DifferentiableGraph_0 = graph(%a : Tensor):\n"
                        "  %1 : Tensor = aten::relu(%a)\n"
                        "  return (%1)\n");
    lb_node *n = lb_block_first(lb_graph_block(g));
    lb_graph *inner = lb_node_attribute_graph(g, n, "Subgraph", 0, err);
    expect("a subgraph", inner != NULL);
    lb_graph_free(g); /* the handle of the subgraph keeps it */
    lb_graph_value *a = lb_node_output(lb_block_param(lb_graph_block(inner)), 0);
    expect("a name in it", lb_graph_value_set_name(a, "b", err));
    expect_text("its text", lb_graph_put(inner, LB_TEXT_PLAIN, err),
                "graph(%b : Tensor):\n  %1 : Tensor = aten::relu(%b)\n  return (%1)\n");
    lb_graph_free(inner);
}

static void check_types(void) {
    lb_graph *g = parse(sample);
    const lb_type *t = type(g, "Float(2, *, 4, strides=[8, 4, 1], requires_grad=0, device=cpu)");
    lb_tensor_facts facts;
    expect("facts", t && lb_type_tensor(t, &facts) && facts.dtype == LB_FLOAT32 && facts.ndim == 3 &&
                        facts.sizes[1] == -1 && facts.strides[0] == 8 && facts.requires_grad == 0 &&
                        !strcmp(facts.device, "cpu"));
    expect("and back", lb_type_of_tensor(lb_graph_unit(g), &facts, err) == t);
    const lb_type *dict = type(g, "Dict(str, int[])");
    expect("kinds", !strcmp(lb_type_kind(dict), "DictType") && lb_type_count(dict) == 2 &&
                        !strcmp(lb_type_kind(lb_type_item(dict, 1)), "ListType"));
    expect_text("annotation", lb_type_put(dict, LB_TYPE_ANNOTATION, err), "Dict[str, List[int]]");
    expect("subtypes", lb_type_is_subtype(lb_graph_unit(g), t, type(g, "Tensor")) &&
                           !lb_type_is_subtype(lb_graph_unit(g), type(g, "Tensor"), t));
    lb_graph_free(g);
}

/* A method's graph: a copy with its numbers; given back, it is what runs, for callers too. */
static void check_methods(const char *path) {
    lb_module *m = lb_load(path, NULL, err);
    expect("a module", m != NULL);
    if (!m) return;
    lb_graph *g = lb_method_graph(m, "forward", err);
    char *own = lb_text(m, LB_TEXT_GRAPH, "forward", err);
    expect_text("the same text", lb_graph_put(g, LB_TEXT_GRAPH, err), own);
    lb_text_free(own);
    lb_value *x = lb_tensor_from(LB_FLOAT32, 2, (int64_t[]){1, 5}, (float[]){1, 2, 3, 4, 5}, err);
    lb_value *before = lb_call(m, "forward", NULL, &x, 1, err);
    lb_graph_value *result = lb_node_input(lb_block_result(lb_graph_block(g)), 0);
    lb_node *neg = lb_graph_create(g, "aten::neg", 1, err);
    lb_node_add_input(neg, result, err);
    lb_graph_insert(g, neg, err);
    lb_node_replace_input(lb_block_result(lb_graph_block(g)), 0, lb_node_output(neg, 0), err);
    expect("given back", lb_method_set_graph(m, "forward", g, err));
    lb_value *after = lb_call(m, "forward", NULL, &x, 1, err);
    expect("the edit runs", before && after && first(before) != 0 && first(after) == -first(before));
    lb_block_add_input(lb_graph_block(g), err);
    refuse("another signature", lb_method_set_graph(m, "forward", g, err));
    lb_graph *stranger = parse(sample);
    refuse("another unit", lb_method_set_graph(m, "forward", stranger, err));
    lb_graph_free(stranger);
    lb_module_free(m);
    expect("the graph outlives its module", lb_graph_verify(g, err));
    lb_graph_free(g);
    lb_value_free(x);
    lb_value_free(before);
    lb_value_free(after);
}

int main(void) {
    err = lb_error_new();
    check_walking();
    check_building();
    check_refusals();
    check_destroyed();
    check_verifying();
    check_attributes();
    check_subgraphs();
    check_types();
    check_methods("tests/cases/layers_linear.pt");
    lb_error_free(err);
    if (failures) printf("%d failures\n", failures);
    return failures != 0;
}
