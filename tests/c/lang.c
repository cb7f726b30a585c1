/* The language without archives around it: what the parser makes of odd text, and what the emitter makes of
 * small programs before any pass. Every expected text of a graph is PyTorch's own form before its conversion
 * to SSA. */
#include "ir/print.h"
#include "lang/import.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int failures;

static void expect(bool good, const char *what, const char *detail) {
    if (good) return;
    failures++;
    printf("FAIL %s: %s\n", what, detail);
}

/* ---- parsing ---- */

struct parsed {
    struct arena memory;
    struct name_pool names;
    struct tree *tree;
    lb_error err;
};

static struct parsed parse(const char *text, int dialect) {
    struct parsed p = {0};
    name_pool_init(&p.names, NULL, 0);
    struct source *s = source_new(&p.memory, text, strlen(text), "t.py", 1);
    p.tree = s ? lang_parse(&p.memory, &p.names, s, dialect, &p.err) : NULL;
    return p;
}

static void parsed_free(struct parsed *p) {
    error_clear(&p->err);
    arena_free(&p->memory);
    name_pool_free(&p->names);
}

/* Every text of `wanted` is in the error. */
static void expect_error(const char *what, const char *text, int dialect, const char *const *wanted) {
    struct parsed p = parse(text, dialect);
    expect(!p.tree, what, "parsed");
    for (; *wanted; wanted++) expect(p.err.code && strstr(error_message(&p.err), *wanted), what, *wanted);
    parsed_free(&p);
}

static void expect_parse(const char *what, const char *text, int dialect, int statements) {
    struct parsed p = parse(text, dialect);
    expect(p.tree && p.tree->count == statements, what, p.tree ? "statements" : error_message(&p.err));
    parsed_free(&p);
}

static char *repeated(const char *before, const char *part, int times, const char *after) {
    struct text t = {0};
    text_put(&t, before);
    for (int i = 0; i < times; i++) text_put(&t, part);
    text_put(&t, after);
    return text_take(&t);
}

static void test_depth(void) {
    static const char *const wanted[] = {"nested too deeply", NULL};
    char *parentheses = repeated("x = ", "(", 100000, "1\n"), *signs = repeated("x = ", "-", 100000, "1\n");
    char *sum = repeated("x = a", "+a", 100000, "\n"), *chain = repeated("x = a", ".b", 100000, "\n");
    expect_error("parentheses", parentheses, PARSE_PYTHON, wanted);
    expect_error("signs", signs, PARSE_PRINTED, wanted);
    expect_error("sum", sum, PARSE_PRINTED, wanted);
    expect_error("attributes", chain, PARSE_PRINTED, wanted);
    free(parentheses);
    free(signs);
    free(sum);
    free(chain);
}

static void test_parser(void) {
    static const char *const all[] = {"Integral constant out of range", "y = )", "z = 3 3", NULL};
    expect_error("all errors", "x = 1234567890123456789012345678901234567890\ny = )\nif a:\n  z = 3 3\n",
                 PARSE_PRINTED, all);
    static const char *const unterminated[] = {"unterminated string", NULL};
    expect_error("string", "x = \"abc\n", PARSE_PRINTED, unterminated);
    static const char *const token[] = {"expected a valid token", "$", NULL};
    expect_error("token", "x = $\n", PARSE_PRINTED, token);
    expect_parse("old files",
                 "op_version_set = 1\nimport __torch__.a.b\ndef f(x: Tensor) -> Tensor:\n  return x\n",
                 PARSE_PRINTED, 3);
    expect_parse("one line", "def f(x): return x\n", PARSE_PYTHON, 1);
    expect_parse("type comment", "def f(x, y):\n    # type: (int, Tensor) -> int\n    return x\n",
                 PARSE_PYTHON, 1);
    expect_parse("layout", "if a:\n    b\n\n  # note\nelse:\n    c ; d\n\n\nx = (1,\n  2)\n", PARSE_PYTHON,
                 2);
    expect_parse("without newline", "x = [i for i in y]", PARSE_PYTHON, 1);
    expect_parse("f-string", "x = f'{a + 1} {{}} {b[\"k\"]}'\n", PARSE_PYTHON, 1);
    expect_parse("empty", "", PARSE_PYTHON, 0);
}

static void test_numbers(void) {
    struct parsed p = parse("a = -9223372036854775808\nb = 1.5e-3\nc = 0x1F\nd = 2j\n", PARSE_PRINTED);
    expect(p.tree && p.tree->count == 4, "numbers", "parse");
    if (p.tree) {
        expect(p.tree->items[0]->items[1]->integer == INT64_MIN, "numbers", "smallest int");
        expect(p.tree->items[1]->items[1]->number == 1.5e-3, "numbers", "float");
        expect(p.tree->items[2]->items[1]->integer == 31, "numbers", "hexadecimal");
        expect(p.tree->items[3]->items[1]->kind == TREE_COMPLEX, "numbers", "complex");
    }
    parsed_free(&p);
}

/* ---- emitting ---- */

static const struct source *load(void *context, const char *qualifier, lb_error *err) {
    (void)err;
    struct source **s = context;
    return strcmp(qualifier, "__torch__") ? NULL : *s;
}

struct program {
    struct unit *unit;
    struct importer importer;
    struct source *source;
    lb_error err;
};

static bool program_open(struct program *p, const char *text) {
    *p = (struct program){0};
    p->unit = unit_new(kind_texts, KIND_COUNT, &p->err);
    if (!p->unit) return false;
    p->source = source_new(&p->unit->memory, text, strlen(text), NULL, 1);
    p->importer.unit = p->unit;
    p->importer.load = load;
    p->importer.load_context = &p->source;
    importer_init(&p->importer, 10);
    return p->source != NULL;
}

static void program_close(struct program *p) {
    importer_free(&p->importer);
    unit_free(p->unit);
    error_clear(&p->err);
}

static void expect_graph(const char *what, const char *text, const char *wanted) {
    struct program p;
    bool opened = program_open(&p, text);
    struct function *f =
        opened ? importer_find_function(&p.importer, name_of(&p.unit->names, "__torch__.f"), &p.err) : NULL;
    struct text out = {0};
    if (f) graph_put(&out, f->graph, false);
    expect(f != NULL, what, error_message(&p.err));
    if (f && strcmp(text_get(&out), wanted)) {
        failures++;
        printf("FAIL %s:\n%swanted:\n%s", what, text_get(&out), wanted);
    }
    text_free(&out);
    program_close(&p);
}

static void expect_refused(const char *what, const char *text, const char *wanted) {
    struct program p;
    bool opened = program_open(&p, text);
    struct function *f =
        opened ? importer_find_function(&p.importer, name_of(&p.unit->names, "__torch__.f"), &p.err) : NULL;
    expect(!f && p.err.code == LB_ERROR_COMPILE, what, "compiled");
    expect(p.err.code && strstr(error_message(&p.err), wanted), what,
           p.err.code ? error_message(&p.err) : wanted);
    program_close(&p);
}

static void test_emitter(void) {
    expect_graph("straight line",
                 "def f(x: Tensor, n: int) -> Tensor:\n  y = torch.add(x, n)\n  return torch.mul(y, 2)\n",
                 "graph(%x.1 : Tensor,\n      %n.1 : int):\n"
                 "  %7 : int = prim::Constant[value=2]()\n"
                 "   = prim::Store[name=\"x\"](%x.1)\n"
                 "   = prim::Store[name=\"n\"](%n.1)\n"
                 "  %x : Tensor = prim::Load[name=\"x\"]()\n"
                 "  %n : int = prim::Load[name=\"n\"]()\n"
                 "  %4 : int = prim::Constant[value=1]()\n"
                 "  %y.1 : Tensor = aten::add(%x, %n, %4)\n"
                 "   = prim::Store[name=\"y\"](%y.1)\n"
                 "  %y : Tensor = prim::Load[name=\"y\"]()\n"
                 "  %8 : Tensor = aten::mul(%y, %7)\n"
                 "   = prim::ReturnStmt(%8)\n"
                 "  %9 : Tensor = prim::Uninitialized()\n"
                 "  return (%9)\n");
    expect_graph("while",
                 "def f(n: int) -> int:\n  while torch.gt(n, 1):\n    n = torch.sub(n, 1)\n  return n\n",
                 "graph(%n.1 : int):\n"
                 "  %3 : int = prim::Constant[value=1]()\n"
                 "  %1 : int = prim::Constant[value=9223372036854775807]()\n"
                 "   = prim::Store[name=\"n\"](%n.1)\n"
                 "   = prim::Loop(%1)\n"
                 "    block0(%6 : int):\n"
                 "      %n.5 : int = prim::Load[name=\"n\"]()\n"
                 "      %n.7 : int = aten::sub(%n.5, %3)\n"
                 "      %n.9 : int = prim::Load[name=\"n\"]()\n"
                 "       = prim::Store[name=\"n\"](%n.7)\n"
                 "      -> ()\n"
                 "    block1():\n"
                 "      %n.3 : int = prim::Load[name=\"n\"]()\n"
                 "      %4 : bool = aten::gt(%n.3, %3)\n"
                 "      %5 : int = prim::Constant[value=0]()\n"
                 "      -> (%4)\n"
                 "  %n : int = prim::Load[name=\"n\"]()\n"
                 "   = prim::ReturnStmt(%n)\n"
                 "  %11 : int = prim::Uninitialized()\n"
                 "  return (%11)\n");
}

static void test_refusals(void) {
    expect_refused("undefined", "def f(x: Tensor) -> Tensor:\n  return y\n", "undefined value y");
    expect_refused("recursion", "def f(x: Tensor) -> Tensor:\n  return __torch__.f(x, )\n",
                   "called recursively");
    expect_refused("unknown type", "def f(x: Tensr) -> Tensor:\n  return x\n", "Unknown type name 'Tensr'");
    expect_refused("unknown operator", "def f(x: Tensor) -> Tensor:\n  return torch.nothing(x)\n",
                   "Unknown builtin op: aten::nothing");
    expect_refused("argument", "def f(x: str) -> Tensor:\n  return torch.relu(x)\n",
                   "Expected a value of type 'Tensor' for argument 'self' but instead found type 'str'.");
    expect_refused("result", "def f(x: int) -> str:\n  return x\n",
                   "Return value was annotated as having type str but is actually of type int");
    expect_refused("no result", "def f(x: int) -> int:\n  pass\n", "does not return along all paths");
    expect_refused("one arm", "def f(x: bool) -> int:\n  if x:\n    y = 1\n  else:\n    pass\n  return y\n",
                   "y is not defined in the false branch");
    expect_refused("arms differ",
                   "def f(x: bool) -> int:\n  if x:\n    y = 1\n  else:\n    y = \"a\"\n  return y\n",
                   "Type mismatch: y is set to type int in the true branch and type str in the false branch");
    expect_refused("retyped",
                   "def f(x: bool) -> int:\n  y = 1\n  if x:\n    y = \"a\"\n  else:\n    pass\n  return y\n",
                   "Variable 'y' previously had type int but is now being assigned to a value of type str");
    expect_refused("break", "def f(x: bool) -> int:\n  break\n  return 1\n", "outside loop");
    expect_refused("tuple", "def f(x: Tuple[int, int]) -> int:\n  return (x)[2]\n",
                   "Tuple index out of range");
    expect_refused("unpack", "def f(x: Tuple[int, int]) -> int:\n  a, b, c, = x\n  return a\n",
                   "need 3 values to unpack but found only 2");
}

int main(void) {
    test_depth();
    test_parser();
    test_numbers();
    test_emitter();
    test_refusals();
    return failures != 0;
}
