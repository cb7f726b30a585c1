/* lb_script(): what it makes of a file and what it says when it cannot; limits; and, in a build with
 * LINKBOY_TEST_ALLOC, that every allocation may fail. */
#include "linkboy.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef LINKBOY_TEST_ALLOC
#include "base/mem.h"
#endif

static int passed, failed;

static void check(bool good, const char *what, const char *found) {
    passed += good;
    failed += !good;
    if (!good) printf("FAILED %s: %s\n", what, found);
}

static const char net[] = "import torch\n"
                          "from torch import nn\n"
                          "class Net(nn.Module):\n"
                          "    def __init__(self, width, scale=2.0):\n"
                          "        super().__init__()\n"
                          "        self.w = nn.Parameter(torch.ones(width) * scale)\n"
                          "    def forward(self, x):\n"
                          "        return x * self.w\n"
                          "def f(x, n: int):\n"
                          "    return x + n\n"
                          "def late(x):\n"
                          "    return undefined_name(x)\n";

static lb_module *make(const char *text, const char *name, lb_error *err) {
    lb_script_options options = {
        .size = sizeof options, .file = "net.py", .max_steps = 100000, .max_bytes = 10 << 20};
    return lb_script(text, strlen(text), name, &options, err);
}

/* A call with one tensor [1, 2] of float32; the sum of what comes back. */
static double called(lb_module *module, lb_value *second, lb_error *err) {
    int64_t two = 2;
    float data[2] = {1, 2}, *out;
    lb_value *args[2] = {lb_tensor_from(LB_FLOAT32, 1, &two, data, err), second};
    lb_value *result = lb_call(module, "forward", NULL, args, second ? 2 : 1, err);
    double sum = NAN;
    if (result && (out = lb_tensor_data(result))) sum = out[0] + out[1];
    lb_value_free(args[0]);
    lb_value_free(result);
    return sum;
}

static void test_makes(void) {
    lb_error *err = lb_error_new();
    lb_module *module = make(net, "Net(2, scale=3.0)", err);
    check(module && called(module, NULL, err) == 9, "a constructed module", lb_error_message(err));
    lb_module_free(module);
    lb_error_clear(err);
    module = make(net, "f", err);
    lb_value *n = lb_int_new(5, err);
    check(module && called(module, n, err) == 13, "a function", lb_error_message(err));
    lb_value_free(n);
    lb_module_free(module);
    lb_error_free(err);
}

/* The error's code, kind, and a part of its text. */
static void refuses(const char *text, const char *name, lb_code code, const char *part) {
    lb_error *err = lb_error_new();
    lb_module *module = make(text, name, err);
    check(!module && lb_error_code(err) == code && strstr(lb_error_text(err), part), part,
          lb_error_text(err));
    lb_module_free(module);
    lb_error_free(err);
}

static void test_refuses(void) {
    refuses(net, NULL, LB_ERROR_ARGUMENT, "Net  (class of modules)");
    refuses(net, "Net", LB_ERROR_RAISED, "missing 1 required argument: 'width'");
    refuses(net, "Nothing", LB_ERROR_RAISED, "name 'Nothing' is not defined");
    refuses(net, "Net(", LB_ERROR_COMPILE, "expected");
    refuses(net, "3", LB_ERROR_ARGUMENT, "'3' is a 'int'");
    refuses(net, "late", LB_ERROR_COMPILE, "undefined_name");
    refuses("x = 1\n", NULL, LB_ERROR_ARGUMENT, "no function and no module class");
    refuses("def f(:\n  pass\n", "f", LB_ERROR_COMPILE, "line 1");
    refuses("import numpy as np\nx = np.zeros(3)\ndef f(a):\n    return a\n", "x", LB_ERROR_COMPILE,
            "numpy.zeros");
    refuses("def f(x):\n    return x\nraise ValueError('no')\n", "f", LB_ERROR_RAISED, "ValueError: no");
    refuses("open('/etc/passwd')\n", "f", LB_ERROR_COMPILE, "'open' is not there without Python");
}

static void test_limits(void) {
    refuses("while True:\n    pass\n", "f", LB_ERROR_LIMIT, "100000 steps");
    refuses("x = [0]\nwhile True:\n    x += x\n", "f", LB_ERROR_LIMIT, "bytes");
    refuses("x = 'ab'\nwhile True:\n    x = x * 100\n", "f", LB_ERROR_LIMIT, "bytes");
    refuses("def f(n):\n    return f(n)\nprint(f(1))\n", "f", LB_ERROR_RAISED, "maximum recursion depth");
    refuses("x = []\nx.append(x)\nprint(x)\n", "f", LB_ERROR_RAISED, "maximum recursion depth");
    refuses("x = (1,)\nfor i in range(5000):\n    x = (x,)\nprint(x == x, hash(x))\n", "f", LB_ERROR_RAISED,
            "maximum recursion depth");
    refuses("print(2 ** 63)\n", "f", LB_ERROR_COMPILE, "beyond 64 bits");
}

#ifdef LINKBOY_TEST_ALLOC
static const char whole[] = "import torch, math\n"
                            "from enum import Enum\n"
                            "from typing import Dict, List, NamedTuple\n"
                            "from torch import nn\n"
                            "class Kind(Enum):\n"
                            "    A = 1\n"
                            "class Pair(NamedTuple):\n"
                            "    a: int\n"
                            "    b: int = 2\n"
                            "class Part(nn.Module):\n"
                            "    __constants__ = ['k']\n"
                            "    def __init__(self, k):\n"
                            "        super().__init__()\n"
                            "        self.k = k\n"
                            "        self.names: List[str] = [f'n{i:02d}' for i in range(k) if i]\n"
                            "        self.register_buffer('b', torch.zeros(k))\n"
                            "    def forward(self, x):\n"
                            "        return x + self.b + self.k + len(self.names)\n"
                            "def twice(x):\n"
                            "    return x * 2\n"
                            "class Net(nn.Module):\n"
                            "    table: Dict[str, int]\n"
                            "    def __init__(self):\n"
                            "        super().__init__()\n"
                            "        self.p = nn.Parameter(torch.ones(2))\n"
                            "        for i in range(2): setattr(self, 'l' + str(i), Part(2 - i))\n"
                            "        self.f = twice\n"
                            "        self.table = dict(a=1)\n"
                            "        self.kind = Kind.A\n"
                            "        try:\n"
                            "            raise KeyError('x')\n"
                            "        except KeyError as e:\n"
                            "            self.text = str(e)\n"
                            "    def forward(self, x: torch.Tensor) -> torch.Tensor:\n"
                            "        p = Pair(1)\n"
                            "        x = self.f(self.l0(x)) * self.p + p.b\n"
                            "        if self.kind == Kind.A:\n"
                            "            x = x + self.table['a']\n"
                            "        return x\n";

/* Each of the first fifty allocations, then about every fiftieth part, alone and with all that follow. */
static void test_allocations(bool sticky) {
    for (int64_t nth = 1; nth < 1000000; nth += 1 + nth / 50) {
        int64_t before = mem_live();
        mem_fail_at(nth, sticky);
        lb_error *err = lb_error_new();
        lb_module *module = err ? make(whole, "Net()", err) : NULL;
        bool told = module || !err || lb_error_code(err) != LB_OK;
        lb_module_free(module);
        lb_error_free(err);
        bool reached = mem_failed();
        mem_fail_at(0, false);
        bool good = told && mem_live() == before;
        if (!good || !reached) {
            char words[100];
            snprintf(words, sizeof words, "allocation %lld, %lld lost", (long long)nth,
                     (long long)(mem_live() - before));
            check(good && nth > 100, "every allocation may fail", words);
            return;
        }
    }
}
#endif

int main(void) {
    test_makes();
    test_refuses();
    test_limits();
#ifdef LINKBOY_TEST_ALLOC
    test_allocations(false);
    test_allocations(true);
#endif
    printf("%d passed, %d failed\n", passed, failed);
    return failed != 0;
}
