/* Bytecode: programs given as graph text, run, compared with what TorchScript says; every program's code is
 * verified. */
#include <stdio.h>
#include <string.h>

#include "exec/run.h"
#include "exec/trace.h"
#include "ir/parse.h"
#include "ops/schemas.h"
#include "value/print.h"

static int failures;

static void check(bool good, const char *what, const char *text) {
    if (good) return;
    failures++;
    printf("failed: %s: %s\n", what, text);
}

struct program {
    struct unit *unit;
    struct function *function;
};

static bool load(struct program *p, const char *text) {
    lb_error err = {0};
    p->unit = unit_new(kind_texts, KIND_COUNT, &err);
    struct graph *g = graph_parse(p->unit, text, strlen(text), &err);
    check(g != NULL, "parse", error_message(&err));
    if (!g) {
        error_clear(&err);
        return false;
    }
    const struct name *name = name_of(&p->unit->names, "forward");
    p->function = unit_new_function(p->unit, name, name);
    p->function->graph = g;
    const struct code *code = code_of(p->unit, p->function, &err);
    check(code && code_verify(code, &err), "lower", error_message(&err));
    error_clear(&err);
    return code;
}

/* The result's text, or the error's. */
static void run(const char *text, int count, const lb_value *args, const char *expected) {
    struct program p;
    struct text out = {0};
    lb_error err = {0};
    struct run_context cx = {0};
    lb_value result = value_none();
    static const struct value_words words = {.put_type = type_put_annotation};
    if (load(&p, text)) {
        if (exec_call(p.unit, p.function, args, count, &cx, &result, &err))
            value_put(&out, result, &words);
        else
            text_printf(&out, "%s", error_message(&err));
        if (strcmp(text_get(&out), expected)) {
            failures++;
            printf("failed: gave '%s', expected '%s' for\n%s", text_get(&out), expected, text);
            struct text code = {0};
            code_put(&code, code_of(p.unit, p.function, &err));
            printf("%s\n", text_get(&code));
            text_free(&code);
        }
    }
    error_clear(&err);
    text_free(&out);
    value_release(result);
    unit_free(p.unit);
}

static const char int_loop[] = "graph(%self : int, %a.1 : int, %b.1 : int):\n"
                               "  %3 : bool = prim::Constant[value=1]()\n"
                               "  %4 : int = prim::Constant[value=10000]()\n"
                               "  %5 : int = prim::Constant[value=3]()\n"
                               "  %6 : int = prim::Constant[value=0]()\n"
                               "  %7 : int = prim::Constant[value=65535]()\n"
                               "  %a.7 : int, %b.10 : int = prim::Loop(%4, %3, %a.1, %b.1)\n"
                               "    block0(%i.1 : int, %a.11 : int, %b.9 : int):\n"
                               "      %13 : int = aten::remainder(%i.1, %5)\n"
                               "      %14 : bool = aten::eq(%13, %6)\n"
                               "      %a : int, %b : int = prim::If(%14)\n"
                               "        block0():\n"
                               "          %a.5 : int = aten::add(%a.11, %b.9)\n"
                               "          -> (%a.5, %b.9)\n"
                               "        block1():\n"
                               "          %19 : int = aten::__xor__(%a.11, %b.9)\n"
                               "          %b.6 : int = aten::__and__(%19, %7)\n"
                               "          -> (%a.11, %b.6)\n"
                               "      -> (%3, %a, %b)\n"
                               "  %22 : (int, int) = prim::TupleConstruct(%a.7, %b.10)\n"
                               "  return (%22)\n";

int main(void) {
    lb_value args[] = {value_int(0), value_int(1), value_int(2)};
    run(int_loop, 3, args, "(6669, 2)");
    return failures != 0;
}
