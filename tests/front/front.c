/* Compiles a function of a plain Python file and prints what became of it: the front end's test hook.
 *
 *     front FILE [NAME [MODULE [SHOWN]]]
 *
 * NAME (else `f`) is the function, MODULE the Python module that the file stands for (else the file's own
 * name), SHOWN the name by which messages call the file. Prints the sections of a recorded `.front` file
 * (`--- code NAME`, `--- canonical NAME`,
 * `--- schema NAME`), then `--- file PATH` for every source file of an archive that holds the function.
 * Returns 1 and prints the error's text when the function does not compile. */
#include "base/mem.h"
#include "ir/canonical.h"
#include "lang/code_printer.h"
#include "lang/python_file.h"
#include "passes/passes.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct front {
    struct unit *unit;
    struct python_file file;
    lb_error err;
};

static bool finish(struct function *f, lb_error *err) {
    return passes_after_emit(f->graph, err);
}

static char *read_file(const char *path, size_t *length) {
    FILE *in = fopen(path, "rb");
    struct text t = {0};
    char buffer[4096];
    for (size_t n; in && (n = fread(buffer, 1, sizeof buffer, in)) > 0;) text_put_bytes(&t, buffer, n);
    if (in) fclose(in);
    *length = t.length;
    return in ? text_take(&t) : NULL;
}

/* ---- what is printed ---- */

static void put_section(const char *title, const char *name, const char *text) {
    size_t length = strlen(text);
    printf("--- %s %s\n%s%s", title, name, text, length && text[length - 1] == '\n' ? "" : "\n");
}

static bool put_texts(struct front *p, const struct function *f) {
    struct text t = {0};
    bool good = code_print_function(&t, f, &p->err);
    if (good) put_section("code", f->name->text, text_get(&t));
    text_cut(&t, 0);
    good = good && graph_put_canonical(&t, f->graph);
    if (good) put_section("canonical", f->name->text, text_get(&t));
    text_cut(&t, 0);
    schema_put(&t, f->schema);
    if (good) put_section("schema", f->name->text, text_get(&t));
    text_free(&t);
    return good;
}

/* A source file of the archive: the qualifier of its definitions, and its printer. */
struct record {
    char path[300];
    struct code_printer *printer;
};

struct records {
    struct record items[200];
    int count;
    struct code_constants constants;
    struct code_dependencies dependencies;
    const struct code_options options;
};

static struct code_printer *record_for(struct front *p, struct records *r, const char *qualified) {
    const char *dot = strrchr(qualified, '.');
    char path[sizeof r->items[0].path];
    snprintf(path, sizeof path, "code/%.*s.py", dot ? (int)(dot - qualified) : 0, qualified);
    for (char *c = path; c < path + strlen(path) - 3; c++)
        if (*c == '.') *c = '/';
    for (int i = 0; i < r->count; i++)
        if (!strcmp(r->items[i].path, path)) return r->items[i].printer;
    if (r->count == (int)(sizeof r->items / sizeof *r->items)) return NULL;
    struct record *new = &r->items[r->count++];
    strcpy(new->path, path);
    new->printer = code_printer_new(p->unit, &r->options, &r->constants, &r->dependencies, &p->err);
    return new->printer;
}

static bool put_dependency(struct front *p, struct records *r, struct code_dependency d) {
    const char *name = d.type ? d.type->name->text : d.function->qualified->text;
    struct code_printer *printer = record_for(p, r, name);
    if (!printer) return false;
    return d.type ? code_printer_put_type(printer, d.type, &p->err)
                  : code_printer_put_function(printer, d.function, true, &p->err);
}

static bool put_files(struct front *p, const struct function *f) {
    struct records r = {.options = {.importable = true}};
    bool good = code_dependencies_add(&r.dependencies, (struct code_dependency){.function = f});
    for (int i = 0; good && i < r.dependencies.list.count; i++)
        good = put_dependency(p, &r, r.dependencies.list.items[i]);
    for (int i = 0; i < r.count; i++) {
        if (good) put_section("file", r.items[i].path, text_get(code_printer_text(r.items[i].printer)));
        code_printer_free(r.items[i].printer);
    }
    code_constants_free(&r.constants);
    code_dependencies_free(&r.dependencies);
    return good;
}

/* ---- */

static int compile(struct front *p, const char *name, struct source *source) {
    struct function *f = NULL;
    if (python_file_open(&p->file, source, &p->err)) f = python_file_function(&p->file, name, &p->err);
    bool good = f && put_texts(p, f) && put_files(p, f);
    if (!good) printf("%s\n", p->err.code ? error_message(&p->err) : "there is no such function");
    return !good;
}

/* "a/b.py" -> "b" */
static void module_of(char *out, size_t size, const char *path) {
    const char *slash = strrchr(path, '/');
    snprintf(out, size, "%s", slash ? slash + 1 : path);
    char *dot = strrchr(out, '.');
    if (dot) *dot = 0;
}

int main(int argc, char **argv) {
    if (argc < 2) return fprintf(stderr, "usage: front FILE [NAME [MODULE [SHOWN]]]\n"), 2;
    size_t length;
    char *text = read_file(argv[1], &length), module[200], prefix[300];
    if (!text) return fprintf(stderr, "front: cannot read %s\n", argv[1]), 2;
    module_of(module, sizeof module, argc > 3 ? argv[3] : argv[1]);
    snprintf(prefix, sizeof prefix, "__torch__%s%s", *module ? "." : "", module);
    struct front p = {.unit = unit_new(kind_texts, KIND_COUNT, NULL)};
    p.file = (struct python_file){.unit = p.unit, .prefix = prefix, .resolver = {.finish = finish}};
    struct source *source = source_new(&p.unit->memory, text, length, argc > 4 ? argv[4] : argv[1], 1);
    int result = source ? compile(&p, argc > 2 ? argv[2] : "f", source) : 2;
    python_file_close(&p.file);
    unit_free(p.unit);
    error_clear(&p.err);
    free(text);
    return result;
}
