/* script: a Python file made into an archive, with no Python: FILE.py[:NAME]. */
#include "commands.h"
#include "inputs.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

typedef struct script_options {
    const char *output, *weights, *text, *module;
    int64_t seed;
} script_options;

/* "net.py:Net(3)" into its two parts; a name begins behind the first colon after ".py" (or after "-"). */
static char *split(const char *word, const char **name) {
    const char *dot = strstr(word, ".py:"), *colon = dot ? dot + 3 : NULL;
    if (word[0] == '-' && word[1] == ':') colon = word + 1;
    *name = colon && colon[1] ? colon + 1 : NULL;
    return colon ? tool_format("%.*s", (int)(colon - word), word) : tool_format("%s", word);
}

static void print_to(void *user, const char *text, size_t length) {
    fwrite(text, 1, length, user);
}

static lb_context *make_context(const script_options *given, lb_error *err) {
    lb_context_options options = {
        .size = sizeof options, .print = print_to, .warn = print_to, .user = stderr};
    lb_context *context = lb_context_new(&options, err);
    if (context) lb_context_seed(context, (uint64_t)given->seed);
    return context;
}

/* ---- modules that the file imports: the files beside it ---- */

typedef struct neighbour {
    struct neighbour *next;
    char *path, *text;
} neighbour;

typedef struct neighbours {
    const char *folder; /* with its last slash */
    neighbour *first;
} neighbours;

static const char *read_neighbour(neighbours *all, char *path, lb_script_file *file) {
    neighbour *n = path ? calloc(1, sizeof *n) : NULL;
    char *text = n ? tool_read_file(path, &file->length) : NULL;
    if (!text) {
        free(n);
        free(path);
        return NULL;
    }
    *n = (neighbour){.next = all->first, .path = path, .text = text};
    all->first = n;
    file->name = path;
    return text;
}

/* "net.blocks": net/blocks.py, or net/blocks/__init__.py. */
static const char *import_neighbour(void *user, const char *module, lb_script_file *file) {
    neighbours *all = user;
    char *inside = tool_format("%s", module);
    for (char *at = inside; at && *at; at++)
        if (*at == '.') *at = '/';
    const char *text = inside ? read_neighbour(all, tool_format("%s%s.py", all->folder, inside), file) : NULL;
    file->is_package = inside && !text;
    if (file->is_package)
        text = read_neighbour(all, tool_format("%s%s/__init__.py", all->folder, inside), file);
    free(inside);
    return text;
}

static char *folder_of(const char *path) {
    const char *slash = strrchr(path, '/');
    return tool_format("%.*s", slash ? (int)(slash + 1 - path) : 0, path);
}

static void free_neighbours(neighbours *all) {
    for (neighbour *n = all->first, *next; n; n = next) {
        next = n->next;
        free(n->path);
        free(n->text);
        free(n);
    }
}

static lb_module *compile(const script_options *given, const char *path, const char *name, const char *text,
                          size_t length, lb_function **function, lb_error *err) {
    lb_context *context = make_context(given, err);
    char *folder = folder_of(path);
    neighbours all = {.folder = folder};
    lb_script_options options = {.size = sizeof options,
                                 .file = strcmp(path, "-") ? path : "<stdin>",
                                 .module = given->module,
                                 .context = context,
                                 .function = function,
                                 .import_module = folder ? import_neighbour : NULL,
                                 .user = &all};
    lb_module *module = context ? lb_script(text, length, name, &options, err) : NULL;
    lb_context_free(context);
    free_neighbours(&all);
    free(folder);
    return module;
}

static bool load_weights(const lb_module *module, const char *path, lb_error *err) {
    lb_value *dict = lb_read_value(path, err);
    bool good = dict && lb_load_state_dict(module, dict, true, err);
    lb_value_free(dict);
    return good;
}

/* ---- texts ---- */

static const struct {
    const char *word;
    lb_text_kind kind;
} kinds[] = {{"code", LB_TEXT_CODE},
             {"graph", LB_TEXT_GRAPH},
             {"canonical", LB_TEXT_CANONICAL},
             {"schema", LB_TEXT_SCHEMA}};

static bool print_text(char *text) {
    if (text) printf("%s%s", text, *text && text[strlen(text) - 1] == '\n' ? "" : "\n");
    lb_text_free(text);
    return text != NULL;
}

/* Of a function its own, of a module those of all methods. */
static bool print_kind(const lb_module *module, const lb_function *function, lb_text_kind kind,
                       lb_error *err) {
    if (function) return print_text(lb_function_text(lb_module_unit(module), function, kind, err));
    for (int i = 0; lb_method_name(module, i); i++) {
        if (i > 0 && kind != LB_TEXT_SCHEMA) fputc('\n', stdout);
        if (!print_text(lb_text(module, kind, lb_method_name(module, i), err))) return false;
    }
    return true;
}

/* ---- everything: sections as recorded .front files have them ---- */

static bool print_section(const char *title, const char *path, const char *method, char *text) {
    if (text) printf("--- %s %s%s%s\n", title, path, *path ? "." : "", method);
    return print_text(text);
}

/* All methods of the module, which stands at `path` in the whole. */
static bool print_method_sections(const lb_module *module, const char *path, lb_error *err) {
    const char *method;
    bool good = true;
    for (int k = 0; good && (method = lb_method_name(module, k)); k++)
        for (size_t i = 0; good && i < sizeof kinds / sizeof *kinds; i++)
            if (kinds[i].kind != LB_TEXT_GRAPH)
                good =
                    print_section(kinds[i].word, path, method, lb_text(module, kinds[i].kind, method, err));
    return good;
}

static bool print_submodule_sections(const lb_module *module, const char *path, lb_error *err) {
    if (!*path) return print_method_sections(module, path, err);
    lb_value *object = lb_attribute(module, path, err);
    lb_module *inner = object ? lb_module_new(lb_module_unit(module), object, err) : NULL;
    bool good = inner && print_method_sections(inner, path, err);
    lb_module_free(inner);
    lb_value_free(object);
    return good;
}

static bool print_function_sections(const lb_module *module, const lb_function *function, lb_error *err) {
    lb_unit *unit = lb_module_unit(module);
    bool good = true;
    for (size_t i = 0; good && i < sizeof kinds / sizeof *kinds; i++)
        if (kinds[i].kind != LB_TEXT_GRAPH)
            good = print_section(kinds[i].word, "", lb_function_name(function),
                                 lb_function_text(unit, function, kinds[i].kind, err));
    return good;
}

static bool print_all(const lb_module *module, const lb_function *function, lb_error *err) {
    if (function) return print_function_sections(module, function, err);
    const char *path;
    printf("--- repr\n");
    if (!print_text(lb_repr(module, err))) return false;
    for (int i = 0; (path = lb_submodule_path(module, i)); i++)
        if (!print_submodule_sections(module, path, err)) return false;
    return true;
}

static bool print_texts(const tool_command *self, const script_options *given, const lb_module *module,
                        const lb_function *function, lb_error *err, int *status) {
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (!strcmp(kinds[i].word, given->text)) return print_kind(module, function, kinds[i].kind, err);
    if (!strcmp(given->text, "repr")) return print_text(lb_repr(module, err));
    if (!strcmp(given->text, "all")) return print_all(module, function, err);
    *status = tool_usage(self, "--text is code, graph, canonical, schema, repr or all, not %s", given->text);
    return true;
}

/* ---- the whole ---- */

static int finish(const tool_command *self, const script_options *given, const lb_module *module,
                  const lb_function *function, lb_error *err) {
    int status = TOOL_OK;
    bool good = !given->weights || load_weights(module, given->weights, err);
    if (good && given->text) good = print_texts(self, given, module, function, err, &status);
    if (good && given->output) good = lb_module_save(module, given->output, NULL, err);
    return good ? status : output_library_error(NULL, err);
}

/* The name that is to be made is the command line's affair. */
static int refused(const lb_error *err) {
    int status = output_library_error(NULL, err);
    return lb_error_code(err) == LB_ERROR_ARGUMENT ? TOOL_USAGE : status;
}

static int make(const tool_command *self, const script_options *given, const char *word) {
    const char *name;
    char *path = split(word, &name);
    size_t length = 0;
    char *text = tool_read_file(path, &length);
    int status = TOOL_UNREADABLE;
    lb_error *err = lb_error_new();
    lb_function *function = NULL;
    if (!text) output_error("%s: %s", path, strerror(errno));
    lb_module *module = text ? compile(given, path, name, text, length, &function, err) : NULL;
    if (module)
        status = finish(self, given, module, function, err);
    else if (text)
        status = refused(err);
    lb_module_free(module);
    lb_error_free(err);
    free(text);
    free(path);
    return status;
}

int command_script(const tool_command *self, int argc, char **argv) {
    script_options given = {0};
    const option table[] = {
        {OPTION_TEXT, 'o', "output", &given.output, "OUT.pt", "save the module there"},
        {OPTION_TEXT, 'w', "weights", &given.weights, "STATE.pt", "load a state dict (torch.save) first"},
        {OPTION_TEXT, 't', "text", &given.text, "KIND", "print code, graph, canonical, schema, repr or all"},
        {OPTION_INTEGER, 0, "seed", &given.seed, "N", "torch.manual_seed(N) before the file runs (0)"},
        {OPTION_TEXT, 0, "module", &given.module, "NAME",
         "the Python module that the file stands for (__main__)"},
        {.kind = OPTION_END}};
    words rest = {0};
    int status;
    if (!options_read(self, table, argc, argv, &rest, &status)) return status;
    if (rest.count != 1) return words_refused(self, &rest, "one FILE.py[:NAME] is wanted");
    status = make(self, &given, rest.items[0]);
    free(rest.items);
    return status;
}
