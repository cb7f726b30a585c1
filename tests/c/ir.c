/* Graphs: names and numbers, editing, printing, parsing back (all graphs of the corpus where it is there),
 * the canonical form, the verifier. */
#include "ir/canonical.h"
#include "ir/dot.h"
#include "ir/parse.h"
#include "ir/print.h"
#include "ir/verify.h"
#include "ops/schemas.h"
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int failures;
static bool loud;

static void fail(const char *what, const char *text) {
    if (failures++ < 40 || loud) printf("failed: %s: %s\n", what, text);
}

static void check(bool good, const char *what, const char *text) {
    if (!good) fail(what, text);
}

static struct unit *new_unit(void) {
    lb_error err = {0};
    struct unit *u = unit_new(kind_texts, KIND_COUNT, &err);
    if (!u) exit(1);
    return u;
}

/* The first line in which two texts differ. */
static void show_difference(const char *what, const char *got, const char *wanted) {
    int line = 1;
    while (*got && *got == *wanted) {
        line += *got == '\n';
        got++, wanted++;
    }
    printf("failed: %s: line %d\n   got    ...%.*s\n   wanted ...%.*s\n", what, line, (int)strcspn(got, "\n"),
           got, (int)strcspn(wanted, "\n"), wanted);
}

static void check_same(const char *what, const char *got, const char *wanted) {
    if (strcmp(got, wanted) == 0) return;
    if (failures++ < 40 || loud) show_difference(what, got, wanted);
}

static struct graph *parse(struct unit *u, const char *what, const char *text) {
    lb_error err = {0};
    struct graph *g = graph_parse(u, text, strlen(text), &err);
    if (!g) fail(what, error_message(&err));
    if (g && !graph_verify(g, NULL, &err)) fail(what, error_message(&err));
    error_clear(&err);
    return g;
}

static void check_round_trip(const char *text, const char *wanted) {
    struct unit *u = new_unit();
    struct graph *g = parse(u, text, text);
    struct text out = {0};
    if (g) graph_put(&out, g, true);
    if (g) check_same("parsed and printed", text_get(&out), wanted ? wanted : text);
    text_free(&out);
    graph_free(g);
    unit_free(u);
}

static void check_texts(void) {
    check_round_trip("graph():\n  return ()\n", NULL);
    check_round_trip("graph(%x.1 : Tensor,\n      %1 : int?[]):\n"
                     "  %2 : int = prim::Constant[value=3]()\n"
                     "  %3 : Tensor = aten::add(%x.1, %x.1, %2)\n"
                     "   = prim::Print(%3)\n"
                     "  return (%3)\n",
                     NULL);
    check_round_trip("graph(%c : bool):\n"
                     "  %a : float = prim::Constant[value=10000000000]()\n"
                     "  %b : Long(requires_grad=0, device=cpu) = prim::Constant[value={3}]()\n"
                     "  %n : ComplexDouble(requires_grad=0, device=cpu) = "
                     "prim::Constant[value={(-1.5,2)}]()\n"
                     "  %d : str = prim::Constant[value=\"a\\n\\\"\\'\\001\"]()\n"
                     "  %e : (int, str) = prim::Constant[value=(1, \"x\")]()\n"
                     "  %f : int[] = prim::Constant[value=annotate(List[int], [])]()\n"
                     "  %g : Dict(str, int) = prim::Constant[value={\"a\": 1}]()\n"
                     "  %h : Float(2, 2, strides=[2, 1], requires_grad=0, device=cpu) = "
                     "prim::Constant[value= 1.5000  2.0000 -3.0000  0.2500 [ CPUFloatType{2,2} ]]()\n"
                     "  %i : Float(20, strides=[1], requires_grad=0, device=cpu) = "
                     "prim::Constant[value=<Tensor>]()\n"
                     "  %j : complex = prim::Constant[value=1.+2.j]()\n"
                     "  %k : bool = prim::isinstance[types=[int, str]](%e)\n"
                     "  %l : int, %m : float = prim::If(%c)\n"
                     "    block0():\n"
                     "      %14 : int = prim::Constant[value=1]()\n"
                     "      -> (%14, %a)\n"
                     "    block1():\n"
                     "      %15 : int = prim::Constant[value=-1]()\n"
                     "      -> (%15, %a)\n"
                     "  return (%l)\n",
                     NULL);
    check_round_trip("graph(%x : Tensor):\n"
                     "  %1 : Tensor = prim::DifferentiableGraph_0(%x)\n"
                     "  %2 : Tensor = prim::fork_1(%1)\n"
                     "  return (%2)\n"
                     "with prim::DifferentiableGraph_0 = graph(%0 : Tensor):\n"
                     "  %1 : Tensor = prim::fork_0(%0)\n"
                     "  return (%1)\n"
                     "with prim::fork_0 = graph(%0 : Tensor):\n"
                     "  return (%0)\n"
                     "with prim::fork_1 = graph(%0 : Tensor):\n"
                     "  return (%0)\n",
                     NULL);
    check_round_trip(
        "graph(%x: Tensor, %y):\n %z = aten::mul(%x, %y) # file.py:3:4\n return (%z)",
        "graph(%x : Tensor,\n      %y : Tensor):\n  %z : Tensor = aten::mul(%x, %y)\n  return (%z)\n");
}

static void check_refused(const char *text, const char *place) {
    struct unit *u = new_unit();
    lb_error err = {0};
    struct graph *g = graph_parse(u, text, strlen(text), &err);
    check(!g, "refused", text);
    check(strstr(error_message(&err), place) != NULL, error_message(&err), place);
    error_clear(&err);
    graph_free(g);
    unit_free(u);
}

static void check_errors(void) {
    check_refused("", "line 1, column 1");
    check_refused("graph(%x : Tensor):\n  %1 : int = aten::foo(%nope)\n  return (%x)\n", "line 2, column 24");
    check_refused("graph(%x : Tensor):\n  return (%x)\nmore", "line 3, column 1");
    check_refused("graph(%x : Tensor):\n  %1 : Float(2,3,strides=[1]) = aten::foo(%x)\n", "line 2, column");
    check_refused("graph(%x : Tensor):\n  %1 : int = prim::If(%x)\n    block0():\n", "line 4, column 1");
    check_refused(
        "graph(%c : bool):\n = prim::If(%c)\nblock0():\n%a : int = x::y()\n-> ()\nblock1():\n-> ()\n"
        "return (%a)",
        "not defined before");
    struct text deep = {0};
    text_put(&deep, "graph(%c : bool):\n");
    for (int i = 0; i < 5000; i++) text_put(&deep, " = prim::If(%c)\nblock0():\n");
    check_refused(text_get(&deep), "too deep");
    text_free(&deep);
}

/* The numbering and renaming of the reference, by hand. */
static void check_names(void) {
    struct unit *u = new_unit();
    struct graph *g = graph_new(u);
    struct ir_value *v[5];
    for (int i = 0; i < 5; i++) {
        struct node *n = graph_insert(g, graph_new_node(g, name_of(&u->names, "aten::relu"), 1));
        v[i] = n->outputs.items[0];
        value_set_name(v[i], "x");
    }
    check(!strcmp(v[4]->debug_name->text, "x"), "the newest is bare", v[4]->debug_name->text);
    check(!strcmp(v[3]->debug_name->text, "x.7"), "suffixes are odd", v[3]->debug_name->text);
    check(!strcmp(v[0]->debug_name->text, "x.1"), "suffixes are odd", v[0]->debug_name->text);
    value_set_name(v[1], "x.1");
    check(!strcmp(v[0]->debug_name->text, "x.9"), "a suffix goes on from the last", v[0]->debug_name->text);
    node_destroy(v[4]->node);
    value_set_name(v[2], "x");
    check(!strcmp(v[2]->debug_name->text, "x"), "a destroyed value frees its name", v[2]->debug_name->text);
    check(v[3]->unique == 3 && g->next_unique == 5, "numbers are not used twice", "");
    graph_free(g);
    unit_free(u);
}

static void check_editing(void) {
    struct unit *u = new_unit();
    struct graph *g =
        parse(u, "editing",
              "graph(%x : Tensor, %y : Tensor):\n %a = aten::add(%x, %y, %x)\n %b = aten::mul(%a, %x)\n"
              " %c = aten::mul(%b, %b)\n return (%c)");
    struct node *a = block_first(g->top), *b = a->next, *c = b->next;
    struct ir_value *x = g->top->param->outputs.items[0], *y = g->top->param->outputs.items[1];
    lb_error err = {0};
    node_insert_input(a, 1, x);
    node_remove_input(a, 0);
    node_replace_input(a, 1, x);
    check(graph_verify(g, NULL, &err), error_message(&err), "inputs");
    value_replace_uses(x, y);
    check(x->uses.count == 0 && graph_verify(g, NULL, &err), error_message(&err), "uses");
    check(node_is_before(a, b) && !node_is_before(c, b), "order", "");
    node_replace_input(c, 0, y);
    node_replace_input(c, 1, y);
    node_move_before(c, a);
    check(graph_verify(g, NULL, &err) && node_is_before(c, a), error_message(&err), "moved");
    for (int i = 0; i < 300; i++) node_insert_after(graph_new_node(g, a->kind, 1), c);
    check(graph_verify(g, NULL, &err), error_message(&err), "300 in one gap");
    node_replace_input(c, 0, a->outputs.items[0]);
    check(!graph_verify(g, NULL, &err), "use before definition", "is found");
    error_clear(&err);
    graph_free(g);
    unit_free(u);
}

static void check_picture(void) {
    static const char *const lines[] = {
        "in0 [label=\"x\\l2 x 3 float32\"",
        "n1 [label=\"sum\\ndim=[1]\"];",
        "in0 -> n1 [label=\"2 x 3 float32\"];",
        "subgraph cluster_n2_1 {",
        "n2 [label=\"if\"",
        "n2e -> out;",
    };
    struct unit *u = new_unit();
    struct graph *g =
        parse(u, "picture",
              "graph(%x : Float(2, 3), %c : bool):\n %f : bool = prim::Constant[value=0]()\n"
              " %n : NoneType = prim::Constant()\n %o : int = prim::Constant[value=1]()\n"
              " %d : int[] = prim::ListConstruct(%o)\n %s : Tensor = aten::sum(%x, %d, %f, %n)\n"
              " %r : Tensor = prim::If(%c)\n  block0():\n   -> (%s)\n"
              "  block1():\n   %m : Tensor = aten::neg(%s)\n   -> (%m)\n return (%r)");
    struct text out = {0};
    if (g) graph_put_dot(&out, g, "f", node_schema);
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        check(strstr(text_get(&out), lines[i]) != NULL, lines[i], text_get(&out));
    text_free(&out);
    graph_free(g);
    unit_free(u);
}

/* A section of a recorded text: its title and its lines. */
struct section {
    char title[200];
    struct text text;
};

/* Comments off: they are dropped when a graph is read. */
static void put_without_comments(struct text *out, const char *text) {
    for (; *text; text += strcspn(text, "\n") + 1) {
        size_t length = strcspn(text, "\n");
        const char *comment = NULL;
        for (const char *p = text; p + 3 < text + length; p++)
            if (p[0] == ')' && memcmp(p, ") # ", 4) == 0) comment = p + 1;
        text_put_bytes(out, text, comment ? (size_t)(comment - text) : length);
        text_put_char(out, '\n');
        if (!text[length]) break;
    }
}

/* An object prints its address. */
static bool is_comparable(const char *text) {
    return !strstr(text, "object(0x");
}

static int graphs_read;

static void check_section(const char *file, const struct section *s, struct text *last_canonical) {
    bool canonical = !strncmp(s->title, "canonical ", 10) || !strncmp(s->title, "inlined ", 8);
    if (!canonical && strncmp(s->title, "graph ", 6) != 0) return;
    char what[1024];
    snprintf(what, sizeof what, "%s: %s", file, s->title);
    struct unit *u = new_unit();
    struct graph *g = parse(u, what, text_get(&s->text));
    struct text wanted = {0}, got = {0};
    put_without_comments(&wanted, text_get(&s->text));
    if (g && canonical && is_comparable(text_get(&wanted))) {
        graph_put(&got, g, true);
        check_same(what, text_get(&got), text_get(&wanted));
    }
    if (g && !canonical) { /* compared with the canonical section that follows it */
        text_free(last_canonical);
        if (!graph_put_canonical(last_canonical, g)) fail(what, "memory");
    } else if (g && !strncmp(s->title, "canonical ", 10) && last_canonical->length &&
               is_comparable(text_get(&wanted))) {
        check_same(what, text_get(last_canonical), text_get(&wanted));
        text_free(last_canonical);
    }
    graphs_read += g != NULL;
    text_free(&wanted);
    text_free(&got);
    graph_free(g);
    unit_free(u);
}

static void check_file(const char *path) {
    FILE *file = fopen(path, "r");
    struct section s = {.title = ""};
    struct text canonical = {0};
    char *line = NULL;
    size_t size = 0;
    while (file && getline(&line, &size, file) >= 0) {
        if (strncmp(line, "--- ", 4) != 0) {
            text_put(&s.text, line);
            continue;
        }
        check_section(path, &s, &canonical);
        text_free(&s.text);
        snprintf(s.title, sizeof s.title, "%.*s", (int)strcspn(line + 4, "\n"), line + 4);
    }
    check_section(path, &s, &canonical);
    text_free(&s.text);
    text_free(&canonical);
    free(line);
    if (file) fclose(file);
}

static bool ends_with(const char *text, const char *end) {
    size_t length = strlen(text), more = strlen(end);
    return length >= more && strcmp(text + length - more, end) == 0;
}

static void check_folder(const char *folder) {
    DIR *d = opendir(folder);
    char path[1024];
    for (struct dirent *e; d && (e = readdir(d));) {
        snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
        if (ends_with(e->d_name, ".expect") || ends_with(e->d_name, ".front")) check_file(path);
    }
    if (d) closedir(d);
}

int main(int argc, char **argv) {
    static const char *const folders[] = {"lang", "modules", "models", "real", "ops"};
    loud = argc > 1;
    check_texts();
    check_errors();
    check_names();
    check_editing();
    check_picture();
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        char path[200];
        snprintf(path, sizeof path, "../shared/corpus/%s", folders[i]);
        check_folder(path);
    }
    for (int i = 1; i < argc; i++) check_file(argv[i]);
    if (graphs_read) printf("%d recorded graphs read back\n", graphs_read);
    if (failures) printf("%d failures\n", failures);
    return failures != 0;
}
