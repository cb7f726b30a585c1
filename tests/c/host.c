/* The host interface through the public header alone: a host of a few lines holds the functions and classes
 * of a Python file and answers for its names. Expected texts are PyTorch's for the same file
 * (torch.jit.script). */
#include "linkboy.h"
#include <stdio.h>
#include <string.h>

static int failures;

static void expect(bool good, const char *what, const char *detail) {
    if (good) return;
    failures++;
    printf("FAIL %s: %s\n", what, detail ? detail : "");
}

static void expect_text(const char *what, char *found, const char *wanted) {
    expect(found && !strcmp(found, wanted), what, found ? found : "no text");
    lb_text_free(found);
}

static const char file[] = "import torch\n"
                           "from torch import Tensor, nn\n"
                           "from typing import List as L\n"
                           "\n"
                           "\n"
                           "def scale(x, factor: float = TWO):\n"
                           "    return x * factor\n"
                           "\n"
                           "\n"
                           "class Add(nn.Module):\n"
                           "    def forward(self, x: Tensor) -> Tensor:\n"
                           "        return self.shifted(x, self.by)\n"
                           "\n"
                           "    def shifted(self, x: Tensor, by: int) -> Tensor:\n"
                           "        # words\n"
                           "        return x + by\n"
                           "\n"
                           "\n"
                           "class Net(nn.Module):\n"
                           "    def forward(self, x: Tensor, ns: L[int]) -> Tensor:\n"
                           "        for step in self.steps:\n"
                           "            x = step(x)\n"
                           "        if len(ns) > 1:\n"
                           "            x = torch.relu(x)\n"
                           "        return scale(x) * self.w\n"
                           "\n"
                           "    def broken(self, x: Tensor) -> Tensor:\n"
                           "        return self.loss(x)\n"
                           "\n"
                           "\n"
                           "def calls_missing(x):\n"
                           "    return missing(x)\n"
                           "def calls_caller(x):\n"
                           "    return calls_missing(x)\n";

/* Scopes are these texts' addresses. */
static char globals[] = "globals", torch_module[] = "torch", add_class[] = "Add", net_class[] = "Net";

struct program {
    lb_unit *unit;
    lb_function *scale, *calls_missing;
    const lb_type *tensor, *add, *net, *steps;
};

static lb_source source_at(int line) {
    return (lb_source){.size = sizeof(lb_source),
                       .text = file,
                       .length = sizeof file - 1,
                       .file = "m.py",
                       .line = line,
                       .scope = globals};
}

static bool find_global(struct program *p, const char *name, lb_answer *answer, lb_error *err) {
    if (!strcmp(name, "scale")) return lb_answer_functions(answer, &p->scale, 1, err);
    if (!strcmp(name, "calls_missing")) return lb_answer_functions(answer, &p->calls_missing, 1, err);
    if (!strcmp(name, "torch")) return lb_answer_scope(answer, torch_module, "module 'torch'", err);
    if (!strcmp(name, "Tensor")) return lb_answer_type(answer, p->tensor, err);
    if (!strcmp(name, "L")) return lb_answer_name(answer, "typing.List", err);
    return true;
}

static bool find(void *user, void *scope, const char *name, lb_answer *answer, lb_error *err) {
    struct program *p = user;
    if (scope == globals) return find_global(p, name, answer, err);
    if (scope == torch_module && !strcmp(name, "relu")) return lb_answer_name(answer, "aten::relu", err);
    if (scope == add_class && !strcmp(name, "shifted")) {
        lb_source s = source_at(14);
        return lb_declare_method(p->unit, p->add, &s, err) != NULL;
    }
    if (scope == net_class && !strcmp(name, "loss"))
        return lb_answer_refusal(answer, "'loss' is a criterion", err);
    return true;
}

static lb_function *declare(struct program *p, const char *qualified, int line, lb_error *err) {
    lb_source s = source_at(line);
    return lb_declare(p->unit, qualified, &s, err);
}

static void open_program(struct program *p, lb_error *err) {
    const lb_host host = {sizeof host, p, find};
    p->unit = lb_unit_new(&host, err);
    p->tensor = lb_type_parse(p->unit, "Tensor", NULL, err);
    lb_value *two = lb_float_new(2, err);
    lb_source s = source_at(6);
    s.default_names = (const char *const[]){"factor"};
    s.defaults = &two;
    s.default_count = 1;
    p->scale = lb_declare(p->unit, "__torch__.m.scale", &s, err);
    lb_value_free(two);
}

/* ---- modules ---- */

static bool method_at(struct program *p, const lb_type *class_type, int line, lb_error *err) {
    lb_source s = source_at(line);
    lb_function *f = lb_declare_method(p->unit, class_type, &s, err);
    return f && lb_compile(p->unit, f, err);
}

static void make_classes(struct program *p, lb_error *err) {
    const lb_type *integer = lb_type_parse(p->unit, "int", NULL, err);
    p->add = lb_class_new(p->unit, "__torch__.m.Add", LB_MODULE, add_class, err);
    lb_class_attribute(p->unit, p->add, "by", integer, 0, err);
    p->steps =
        lb_class_new(p->unit, "__torch__.torch.nn.modules.container.ModuleList", LB_MODULE_LIST, NULL, err);
    lb_class_attribute(p->unit, p->steps, "0", p->add, 0, err);
    lb_class_attribute(p->unit, p->steps, "1", p->add, 0, err);
    p->net = lb_class_new(p->unit, "__torch__.m.Net", LB_MODULE, net_class, err);
    lb_class_attribute(p->unit, p->net, "w", p->tensor, LB_PARAMETER, err);
    lb_class_attribute(p->unit, p->net, "steps", p->steps, 0, err);
}

/* Sets an attribute to a value that is given up. */
static void set(struct program *p, lb_value *object, const char *name, lb_value *value, lb_error *err) {
    lb_object_set(p->unit, object, name, value, err);
    lb_value_free(value);
}

static lb_module *make_module(struct program *p, lb_error *err) {
    lb_value *net = lb_object_new(p->unit, p->net, err), *steps = lb_object_new(p->unit, p->steps, err);
    for (int i = 0; i < 2; i++) {
        lb_value *add = lb_object_new(p->unit, p->add, err);
        set(p, add, "by", lb_int_new(i + 1, err), err);
        set(p, steps, i ? "1" : "0", add, err);
    }
    set(p, net, "w", lb_tensor_from(LB_FLOAT32, 1, (int64_t[]){2}, (float[]){1, 1}, err), err);
    set(p, net, "steps", steps, err);
    lb_module *m = lb_module_new(p->unit, net, err);
    lb_value_free(net);
    return m;
}

static void test_call(const lb_module *m, lb_error *err) {
    lb_value *ints[2] = {lb_int_new(1, err), lb_int_new(2, err)};
    lb_value *args[2] = {lb_tensor_from(LB_FLOAT32, 1, (int64_t[]){2}, (float[]){1, -5}, err),
                         lb_list_new(ints, 2, err)};
    lb_value *y = lb_call(m, "forward", NULL, args, 2, err);
    const float *data = y ? lb_tensor_data(y) : NULL;
    expect(data && data[0] == 8 && data[1] == 0, "call", lb_error_text(err));
    for (int i = 0; i < 2; i++) {
        lb_value_free(args[i]);
        lb_value_free(ints[i]);
    }
    lb_value_free(y);
}

/* What was made here is saved, and is loaded as any archive is. */
static void test_saved(const lb_module *m, lb_error *err) {
    void *bytes = NULL;
    size_t length = 0;
    bool good = lb_module_save_memory(m, NULL, &bytes, &length, err);
    expect(good, "save", lb_error_text(err));
    lb_module *again = good ? lb_load_memory(bytes, length, NULL, err) : NULL;
    expect(again != NULL, "load what was saved", lb_error_text(err));
    if (again) {
        char *code = lb_text(m, LB_TEXT_CODE, "forward", err);
        expect_text("code after saving", lb_text(again, LB_TEXT_CODE, "forward", err), code);
        lb_text_free(code);
        test_call(again, err);
    }
    lb_module_free(again);
    lb_bytes_free(bytes);
}

static void test_module(struct program *p, lb_error *err) {
    make_classes(p, err);
    expect(method_at(p, p->add, 11, err), "Add.forward", lb_error_text(err));
    expect(method_at(p, p->net, 20, err), "Net.forward", lb_error_text(err));
    lb_module *m = make_module(p, err);
    expect(m != NULL, "module", lb_error_text(err));
    if (!m) return;
    expect_text("code", lb_text(m, LB_TEXT_CODE, "forward", err),
                "def forward(self,\n    x: Tensor,\n    ns: List[int]) -> Tensor:\n  steps = self.steps\n"
                "  _0 = getattr(steps, \"0\")\n  _1 = getattr(steps, \"1\")\n  x0 = (_0).forward(x, )\n"
                "  x1 = (_1).forward(x0, )\n  if torch.gt(torch.len(ns), 1):\n    x2 = torch.relu(x1)\n"
                "  else:\n    x2 = x1\n  _2 = __torch__.m.scale(x2, 2., )\n  w = self.w\n"
                "  return torch.mul(_2, w)\n");
    expect_text(
        "graph", lb_text(m, LB_TEXT_GRAPH, "forward", err),
        "graph(%self : __torch__.m.Net,\n      %x.1 : Tensor,\n      %ns.1 : int[]):\n"
        "  %27 : Function = prim::Constant[name=\"scale\"]()\n  %26 : float = prim::Constant[value=2.]()\n"
        "  %11 : int = prim::Constant[value=1]() # m.py:21:8\n"
        "  %steps : __torch__.torch.nn.modules.container.ModuleList = prim::GetAttr[name=\"steps\"](%self)\n"
        "  %_0 : __torch__.m.Add = prim::GetAttr[name=\"0\"](%steps)\n"
        "  %_1 : __torch__.m.Add = prim::GetAttr[name=\"1\"](%steps)\n"
        "  %x.5 : Tensor = prim::CallMethod[name=\"forward\"](%_0, %x.1) # m.py:22:16\n"
        "  %x.9 : Tensor = prim::CallMethod[name=\"forward\"](%_1, %x.5) # m.py:22:16\n"
        "  %15 : int = aten::len(%ns.1) # m.py:23:11\n  %16 : bool = aten::gt(%15, %11) # m.py:23:11\n"
        "  %x : Tensor = prim::If(%16) # m.py:23:8\n    block0():\n"
        "      %x.13 : Tensor = aten::relu(%x.9) # m.py:24:16\n      -> (%x.13)\n    block1():\n"
        "      -> (%x.9)\n  %28 : Tensor = prim::CallFunction(%27, %x, %26) # m.py:25:15\n"
        "  %w : Tensor = prim::GetAttr[name=\"w\"](%self)\n  %30 : Tensor = aten::mul(%28, %w) # m.py:25:15\n"
        "  return (%30)\n");
    expect_text("method found by the host", lb_text(m, LB_TEXT_CODE, "steps.1.shifted", err),
                "def shifted(self,\n    x: Tensor,\n    by: int) -> Tensor:\n  return torch.add(x, by)\n");
    test_call(m, err);
    test_saved(m, err);
    lb_module_free(m);
}

/* ---- errors ---- */

static void expect_failure(const char *what, bool compiled, const lb_error *err, const char *const *wanted) {
    expect(!compiled && lb_error_code(err) == LB_ERROR_COMPILE, what, "compiled");
    for (; *wanted; wanted++)
        expect(strstr(lb_error_message(err), *wanted) != NULL, what, lb_error_message(err));
}

static void test_errors(struct program *p, lb_error *err) {
    p->calls_missing = declare(p, "__torch__.m.calls_missing", 31, err);
    lb_function *caller = declare(p, "__torch__.m.calls_caller", 33, err);
    expect_failure("chain of calls", lb_compile(p->unit, caller, err), err,
                   (const char *const[]){"undefined value missing", "line 32", "calls_missing(x)",
                                         "'calls_missing' is being compiled since it was called from "
                                         "'calls_caller'",
                                         "line 34", NULL});
    lb_error_clear(err);
    expect_failure("attribute that the host refuses", method_at(p, p->net, 27, err), err,
                   (const char *const[]){"'loss' is a criterion", "line 28", "self.loss(x)", NULL});
    lb_error_clear(err);
    lb_function *again = declare(p, "__torch__.m.scale", 6, err);
    expect(again && lb_compile(p->unit, again, err), "a name that is taken", lb_error_text(err));
}

int main(void) {
    lb_error *err = lb_error_new();
    struct program p = {0};
    open_program(&p, err);
    expect(!lb_error_code(err), "open", lb_error_text(err));
    test_module(&p, err);
    lb_error_clear(err);
    test_errors(&p, err);
    lb_unit_free(p.unit);
    lb_error_free(err);
    return failures != 0;
}
