/* Passes over graphs written as text: every case in the files of tests/passes is a title, the passes to run,
 * a graph and what PyTorch makes of it. The graph is verified after each pass. Also: code printed from a
 * graph, and limits. */
#include "passes/passes.h"
#include "ir/parse.h"
#include "ir/print.h"
#include "ir/verify.h"
#include "lang/code_printer.h"
#include "passes/alias.h"
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int failures, cases;

static void fail(const char *title, const char *what) {
    failures++;
    printf("failed: %s: %s\n", title, what);
}

static struct unit *new_unit(void) {
    lb_error err = {0};
    struct unit *u = unit_new(kind_texts, KIND_COUNT, &err);
    if (!u) exit(1);
    return u;
}

static char *read_file(const char *path) {
    FILE *f = fopen(path, "rb");
    if (!f) return NULL;
    char *text = calloc(1, 1 << 20);
    size_t length = text ? fread(text, 1, (1 << 20) - 1, f) : 0;
    if (text) text[length] = '\0';
    fclose(f);
    return text;
}

/* Runs "a b c" on a graph; NULL and a failure noted when one of them fails or leaves the graph invalid. */
static bool run_passes(struct graph *g, const char *title, char *names, lb_error *err) {
    for (char *name = strtok(names, " "); name; name = strtok(NULL, " ")) {
        const struct pass *pass = pass_find(name);
        if (!pass) fail(title, "no such pass");
        if (!pass || !pass->run(g, err) || !graph_verify(g, NULL, err)) return false;
    }
    return true;
}

static void check_graph(const char *title, char *names, const char *text, const char *wanted) {
    struct unit *u = new_unit();
    lb_error err = {0};
    struct graph *g = graph_parse(u, text, strlen(text), &err);
    struct text out = {0};
    cases++;
    if (!g || !run_passes(g, title, names, &err)) {
        text_printf(&out, "error: %s\n", error_message(&err));
        if (strcmp(text_get(&out), wanted) != 0) fail(title, text_get(&out));
    } else {
        graph_put(&out, g, false);
        if (strcmp(text_get(&out), wanted) != 0) {
            fail(title, "the graph differs");
            printf("--- got\n%s--- wanted\n%s", text_get(&out), wanted);
        }
    }
    text_free(&out);
    error_clear(&err);
    if (g) graph_free(g);
    unit_free(u);
}

/* "# title", "$ passes", a graph, "----", the graph wanted. */
static void run_case(const char *file, char *text) {
    char *title = strstr(text, "# "), *names = strstr(text, "\n$ "), *wanted = strstr(text, "\n----\n");
    if (!title || !names || !wanted) {
        fail(file, "a case without title, passes or wanted graph");
        return;
    }
    title += 2, names += 3;
    *wanted = '\0';
    wanted += 6;
    title[strcspn(title, "\n")] = '\0';
    char *graph = strchr(names, '\n');
    *graph++ = '\0';
    size_t length = strlen(graph);
    graph[length] = '\n'; /* the one that the mark took */
    graph[length + 1] = '\0';
    check_graph(title, names, graph, wanted);
}

static void run_file(const char *path) {
    char *text = read_file(path);
    if (!text) {
        fail(path, "cannot be read");
        return;
    }
    for (char *at = text; at && *at;) {
        char *end = strstr(at, "\n====\n");
        char *next = end ? end + 6 : NULL;
        if (end) end[1] = '\0';
        size_t room = strlen(at) + 3;
        char *copy = calloc(1, room);
        if (copy) run_case(path, memcpy(copy, at, room - 3));
        free(copy);
        at = next;
    }
    free(text);
}

static void run_directory(const char *directory) {
    DIR *dir = opendir(directory);
    if (!dir) {
        fail(directory, "cannot be opened");
        return;
    }
    for (struct dirent *entry; (entry = readdir(dir));) {
        char path[600];
        size_t length = strlen(entry->d_name);
        snprintf(path, sizeof path, "%s/%s", directory, entry->d_name);
        if (length > 3 && strcmp(entry->d_name + length - 3, ".ir") == 0) run_file(path);
    }
    closedir(dir);
}

/* A function around a graph, printed. */
static void check_code(const char *title, const char *schema, const char *graph, const char *wanted) {
    struct unit *u = new_unit();
    lb_error err = {0};
    struct function *f = unit_new_function(u, name_of(&u->names, "f"), name_of(&u->names, "f"));
    struct text out = {0};
    cases++;
    f->graph = graph_parse(u, graph, strlen(graph), &err);
    f->schema = schema_parse(&u->types, schema, &err);
    if (!f->graph || !f->schema || !code_print_function(&out, f, &err))
        fail(title, error_message(&err));
    else if (strcmp(text_get(&out), wanted) != 0) {
        fail(title, "the code differs");
        printf("--- got\n%s--- wanted\n%s", text_get(&out), wanted);
    }
    text_free(&out);
    error_clear(&err);
    unit_free(u);
}

static void check_codes(void) {
    check_code("short expressions go in place, defaults are dropped", "f(Tensor x) -> Tensor",
               "graph(%x.1 : Tensor):\n"
               "  %1 : int = prim::Constant[value=1]()\n"
               "  %2 : Tensor = aten::tanh(%x.1)\n"
               "  %3 : Tensor = aten::add(%2, %x.1, %1)\n"
               "  return (%3)\n",
               "def f(x: Tensor) -> Tensor:\n"
               "  return torch.add(torch.tanh(x), x)\n");
    check_code("a long expression takes what comes before it along", "f(Tensor x, Tensor y) -> Tensor",
               "graph(%x.1 : Tensor,\n      %y.1 : Tensor):\n"
               "  %1 : int = prim::Constant[value=12]()\n"
               "  %2 : Tensor = aten::relu(%x.1)\n"
               "  %3 : Tensor = aten::sigmoid(%x.1)\n"
               "  %4 : Tensor = aten::add(%3, %y.1, %1)\n"
               "  %5 : Tensor = aten::mul(%2, %4)\n"
               "  return (%5)\n",
               "def f(x: Tensor,\n    y: Tensor) -> Tensor:\n"
               "  _0 = torch.relu(x)\n"
               "  _1 = torch.add(torch.sigmoid(x), y, alpha=12)\n"
               "  return torch.mul(_0, _1)\n");
    check_code("an If assigns in both arms, an Optional shows its type", "f(int n) -> int?",
               "graph(%n.1 : int):\n"
               "  %1 : int = prim::Constant[value=0]()\n"
               "  %2 : NoneType = prim::Constant()\n"
               "  %3 : bool = aten::gt(%n.1, %1)\n"
               "  %4 : int? = prim::If(%3)\n"
               "    block0():\n      -> (%n.1)\n"
               "    block1():\n      -> (%2)\n"
               "  return (%4)\n",
               "def f(n: int) -> Optional[int]:\n"
               "  if torch.gt(n, 0):\n    _0 : Optional[int] = n\n"
               "  else:\n    _0 = None\n"
               "  return _0\n");
}

static void check_alias(void) {
    static const char text[] = "graph(%x.1 : Tensor, %l.1 : Tensor[]):\n"
                               "  %1 : int = prim::Constant[value=1]()\n"
                               "  %2 : Tensor = aten::relu(%x.1)\n"
                               "  %3 : Tensor = aten::t(%2)\n"
                               "  %4 : Tensor = aten::add_(%3, %3, %1)\n"
                               "  return (%2)\n";
    struct unit *u = new_unit();
    lb_error err = {0};
    struct graph *g = graph_parse(u, text, sizeof text - 1, &err);
    struct alias_db *db = g ? alias_analyze(g, &err) : NULL;
    cases++;
    if (!db) {
        fail("alias analysis", error_message(&err));
    } else {
        const struct ir_value *fresh = block_first(g->top)->next->outputs.items[0];
        const struct ir_value *input = g->top->param->outputs.items[0];
        if (!alias_has_writers(db, fresh)) fail("alias", "a write to a view is a write to its base");
        if (alias_has_writers(db, input)) fail("alias", "relu's result is fresh");
        if (alias_may_merge(db, fresh, fresh)) fail("alias", "what is written must not be merged");
    }
    alias_free(db);
    if (g) graph_free(g);
    error_clear(&err);
    unit_free(u);
}

int main(void) {
    run_directory("tests/passes");
    check_codes();
    check_alias();
    printf("%d cases, %d failures\n", cases, failures);
    return failures != 0;
}
