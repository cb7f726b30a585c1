/* The language without archives around it: what the parser makes of odd text, and what the emitter makes of
 * small programs before any pass. Every expected text of a graph is PyTorch's own form before its conversion
 * to SSA. */
#include "ir/print.h"
#include "lang/import.h"
#include "lang/python_file.h"
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
    expect_refused("misspelt operator", "def f(x: Tensor) -> Tensor:\n  return torch.softmaxx(x, 0)\n",
                   "Here are some suggestions: \n\taten::softmax\n");
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

/* ---- plain Python ---- */

static const char python_program[] =
    "import math\nimport torch\nfrom enum import Enum\nfrom typing import List, NamedTuple, Optional, "
    "Tuple\n\n"
    "Pair = Tuple[int, int]\n\n\n"
    "class Color(Enum):\n    RED = 1\n    BLUE = 2\n\n\n"
    "class Point(NamedTuple):\n    x: float\n    y: float = 2.0\n\n\n"
    "class Counter:\n    def __init__(self, start: int):\n        self.n = start\n\n"
    "    def __add__(self, other: int) -> int:\n        return self.n + other\n\n\n"
    "def helper(x, k: int = 3):\n    return x * k\n\n\n"
    "def f(x, n: Optional[int] = None, *, names: List[str]) -> Tuple[torch.Tensor, int, str]:\n"
    "    c = Counter(4)\n    p = Point(1.0)\n    if n is None:\n        n = 0\n"
    "    assert 0 <= n < 10, f\"{n} is too large\"\n"
    "    total = sum([len(name) for name in names]) + n\n"
    "    y = helper(x) + math.sqrt(p.x + p.y) - 3\n"
    "    if Color.RED.value == 1:\n        raise ValueError(\"red\", total)\n"
    "    return 2 - y[..., 0], c + total, \"%d\" % n\n";

static void test_python(void) {
    lb_error err = {0};
    struct unit *unit = unit_new(kind_texts, KIND_COUNT, &err);
    struct python_file file = {.unit = unit, .prefix = "__torch__.t"};
    struct source *s = source_new(&unit->memory, python_program, sizeof python_program - 1, "t.py", 1);
    bool opened = s && python_file_open(&file, s, &err);
    struct function *f = opened ? python_file_function(&file, "f", &err) : NULL;
    expect(f != NULL, "python", err.code ? error_message(&err) : "no function");
    struct text schema = {0};
    if (f) schema_put(&schema, f->schema);
    const char *wanted = "f(Tensor x, int? n=None, *, str[] names) -> ((Tensor, int, str))";
    expect(!strcmp(text_get(&schema), wanted), "python schema", text_get(&schema));
    expect(type_find_named(&unit->types, name_of(&unit->names, "__torch__.t.Point")) != NULL, "python",
           "Point");
    text_free(&schema);
    python_file_close(&file);
    unit_free(unit);
    error_clear(&err);
}

static void test_upgraders(void) {
    static const char text[] =
        "class M(Module):\n  def forward(self: __torch__.M,\n    x: Tensor) -> Tensor:\n"
        "    return torch.gelu(x)\n";
    for (int version = 9; version <= 10; version++) {
        struct program p;
        bool opened = program_open(&p, text);
        p.importer.resolver.operator_version = version;
        const struct name *m = opened ? name_of(&p.unit->names, "__torch__.M") : NULL;
        const struct type *t = m ? importer_find_type(&p.importer, m, &p.err) : NULL;
        expect(t != NULL, "upgraders", error_message(&p.err));
        struct text out = {0};
        if (t) graph_put(&out, t->definition->methods.items[0]->graph, false);
        bool explicit_default = strstr(text_get(&out), "<string>:3:9") != NULL;
        graph_put(&out, t->definition->methods.items[0]->graph, true);
        explicit_default |= strstr(text_get(&out), "<string>:3:9") != NULL;
        expect(explicit_default == (version == 9), "upgraders", text_get(&out));
        text_free(&out);
        program_close(&p);
    }
}

int main(void) {
    test_python();
    test_upgraders();
    test_depth();
    test_parser();
    test_numbers();
    test_emitter();
    test_refusals();
    return failures != 0;
}
