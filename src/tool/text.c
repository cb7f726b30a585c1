/* code, graph, repr, schema: texts of an archive, as PyTorch prints them.
 * A text comes from the library whole; here it is only chosen, written, or given to graphviz. */
#include "commands.h"
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void write_text(const char *text) {
    size_t length = strlen(text);
    fwrite(text, 1, length, stdout);
    if (length == 0 || text[length - 1] != '\n') fputc('\n', stdout);
}

static bool print_method(const lb_module *module, lb_text_kind kind, const char *method, lb_error *err) {
    char *text = lb_text(module, kind, method, err);
    if (text) write_text(text);
    lb_text_free(text);
    return text != NULL;
}

/* One method, or with NULL every method of the module. */
static bool print_methods(const lb_module *module, lb_text_kind kind, const char *method, lb_error *err) {
    if (method) return print_method(module, kind, method, err);
    for (int i = 0; lb_method_name(module, i); i++) {
        if (i > 0 && kind != LB_TEXT_SCHEMA) fputc('\n', stdout);
        if (!print_method(module, kind, lb_method_name(module, i), err)) return false;
    }
    return true;
}

static bool print_repr(const lb_module *module, lb_error *err) {
    char *text = lb_repr(module, err);
    if (text) write_text(text);
    lb_text_free(text);
    return text != NULL;
}

int command_text(const tool_command *self, int argc, char **argv) {
    const char *method = NULL;
    const option table[] = {{OPTION_TEXT, 'm', "method", &method, "METHOD", "this method alone"},
                            {.kind = OPTION_END}};
    words rest = {0};
    int status;
    if (!options_read(self, table, argc, argv, &rest, &status)) return status;
    if (rest.count != 1) return words_refused(self, &rest, "one archive is wanted");
    lb_error *err = lb_error_new();
    lb_module *module = tool_load(rest.items[0], err, &status);
    if (module) {
        bool ok = strcmp(self->name, "repr") == 0
                      ? print_repr(module, err)
                      : print_methods(module, strcmp(self->name, "code") == 0 ? LB_TEXT_CODE : LB_TEXT_SCHEMA,
                                      method, err);
        status = ok ? TOOL_OK : output_library_error(rest.items[0], err);
    }
    lb_module_free(module);
    lb_error_free(err);
    free(rest.items);
    return status;
}

/* ---- graph ---- */

typedef struct graph_options {
    const char *method, *dot, *svg;
    bool canonical, inlined;
} graph_options;

static bool write_file(const char *path, const char *text) {
    FILE *file = strcmp(path, "-") == 0 ? stdout : fopen(path, "wb");
    bool ok = file && fputs(text, file) >= 0;
    if (file && file != stdout) ok = fclose(file) == 0 && ok;
    if (!ok) output_error("%s: can't write", path);
    return ok;
}

/* Runs `dot -Tsvg -o PATH` with one more option and gives it the text on its standard input; its exit status,
 * 127 when there is no dot. */
static int run_dot(const char *path, const char *text, const char *more) {
    int ends[2];
    if (pipe(ends) != 0) return 127;
    pid_t child = fork();
    if (child == 0) {
        dup2(ends[0], 0);
        close(ends[1]);
        execlp("dot", "dot", "-Tsvg", more, "-o", path, (char *)NULL);
        _exit(127);
    }
    close(ends[0]);
    FILE *to = fdopen(ends[1], "w");
    if (to) {
        fputs(text, to);
        fclose(to);
    }
    int how = 0;
    return child < 0 || waitpid(child, &how, 0) < 0 || !WIFEXITED(how) ? 127 : WEXITSTATUS(how);
}

/* The usual ranking gives the better picture but fails on some boxes that depend on each other ("trouble in
 * init_rank"); the new one then does not. */
static int draw_svg(const char *path, const char *text) {
    int status = run_dot(path, text, "-Gnewrank=false");
    if (status != 0 && status != 127) status = run_dot(path, text, "-Gnewrank=true");
    if (status == 127) {
        output_error("--svg needs graphviz (sudo apt-get install graphviz); --dot FILE works without");
        return TOOL_UNSUPPORTED;
    }
    return status == 0 ? TOOL_OK : TOOL_FAILED;
}

/* Writes the picture where the options say; takes the text over. NULL: the library's error. */
static int draw(char *text, const graph_options *given, const char *path, lb_error *err) {
    if (!text) return output_library_error(path, err);
    int status = given->dot && !write_file(given->dot, text) ? TOOL_FAILED : TOOL_OK;
    if (status == TOOL_OK && given->svg) status = draw_svg(given->svg, text);
    lb_text_free(text);
    return status;
}

/* A file that holds a graph's text: read, checked, and shown again or drawn. */
static int show_graph_text(const char *path, const char *text, size_t length, const graph_options *given,
                           lb_error *err) {
    bool drawn = given->dot || given->svg;
    lb_text_kind kind = drawn ? LB_TEXT_DOT : given->canonical ? LB_TEXT_CANONICAL : LB_TEXT_GRAPH;
    char *shown = lb_graph_text(text, length, kind, err);
    if (drawn) return draw(shown, given, path, err);
    if (!shown) return output_library_error(path, err);
    fputs(shown, stdout);
    lb_text_free(shown);
    return TOOL_OK;
}

static bool is_graph_text(const char *text, size_t length) {
    return length > 6 && memcmp(text, "graph(", 6) == 0;
}

static int show_graph(const lb_module *module, const graph_options *given, lb_error *err) {
    if (given->dot || given->svg) {
        lb_text_kind picture = given->inlined ? LB_TEXT_DOT_INLINED : LB_TEXT_DOT;
        return draw(lb_text(module, picture, given->method ? given->method : "forward", err), given, NULL,
                    err);
    }
    lb_text_kind kind = given->inlined     ? LB_TEXT_INLINED
                        : given->canonical ? LB_TEXT_CANONICAL
                                           : LB_TEXT_GRAPH;
    return print_methods(module, kind, given->method, err) ? TOOL_OK : output_library_error(NULL, err);
}

int command_graph(const tool_command *self, int argc, char **argv) {
    graph_options given = {0};
    const option table[] = {
        {OPTION_TEXT, 'm', "method", &given.method, "METHOD", "this method alone"},
        {OPTION_FLAG, 0, "canonical", &given.canonical, NULL, "values renumbered, no source ranges"},
        {OPTION_FLAG, 0, "inlined", &given.inlined, NULL, "canonical, with the called methods put in place"},
        {OPTION_TEXT, 0, "dot", &given.dot, "FILE", "write a picture for graphviz"},
        {OPTION_TEXT, 0, "svg", &given.svg, "FILE", "draw the picture, where graphviz is installed"},
        {.kind = OPTION_END},
    };
    words rest = {0};
    int status;
    if (!options_read(self, table, argc, argv, &rest, &status)) return status;
    if (rest.count != 1) return words_refused(self, &rest, "one archive is wanted");
    if (given.canonical && given.inlined)
        return words_refused(self, &rest, "either --canonical or --inlined");
    lb_error *err = lb_error_new();
    size_t length = 0;
    char *text = tool_read_file(rest.items[0], &length);
    bool alone = text && is_graph_text(text, length);
    if (alone) status = show_graph_text(rest.items[0], text, length, &given, err);
    free(text);
    lb_module *module = alone ? NULL : tool_load(rest.items[0], err, &status);
    if (module) status = show_graph(module, &given, err);
    lb_module_free(module);
    lb_error_free(err);
    free(rest.items);
    return status;
}
