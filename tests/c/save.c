/* Saving: to memory and to files, over the file that is loaded, extra files, a disk that is full, values that
 * cannot be saved, state dicts. What archives hold is compared with PyTorch's by tests/saves.py; this is
 * about what a file cannot say. */
#include "archive/archive.h"
#include "linkboy.h"
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static int failures;
static char folder[] = "/tmp/linkboy-save-XXXXXX"; /* by mkdtemp() */

static void check(bool good, const char *what, const char *more) {
    if (good) return;
    failures++;
    fprintf(stderr, "FAIL %s %s\n", what, more ? more : "");
}

static char *in_folder(const char *name) {
    char *path = malloc(strlen(folder) + strlen(name) + 2);
    sprintf(path, "%s/%s", folder, name);
    return path;
}

static char *read_file(const char *path, size_t *length) {
    FILE *file = fopen(path, "rb");
    *length = 0;
    if (!file) return NULL;
    fseek(file, 0, SEEK_END);
    *length = (size_t)ftell(file);
    rewind(file);
    char *bytes = malloc(*length + 1);
    if (fread(bytes, 1, *length, file) != *length) *length = 0;
    fclose(file);
    return bytes;
}

static void write_file(const char *path, const char *bytes) {
    FILE *file = fopen(path, "wb");
    fputs(bytes, file);
    fclose(file);
}

static bool holds(const char *path, const char *bytes) {
    size_t length;
    char *found = read_file(path, &length);
    bool same = found && length == strlen(bytes) && !memcmp(found, bytes, length);
    free(found);
    return same;
}

/* Names in the folder that are not hidden. */
static int files_in_folder(void) {
    int count = 0;
    DIR *d = opendir(folder);
    for (struct dirent *e; (e = readdir(d));) count += e->d_name[0] != '.';
    closedir(d);
    return count;
}

static lb_module *load(const char *path, lb_error *err) {
    lb_module *m = lb_load(path, NULL, err);
    check(m != NULL, path, lb_error_message(err));
    if (!m) exit(1);
    return m;
}

/* forward(x) as text. */
static char *answer(const lb_module *m, lb_error *err) {
    lb_value *x = lb_tensor_from(LB_FLOAT32, 2, (int64_t[]){2, 3}, (float[]){1, 2, 3, 4, 5, 6}, err);
    lb_value *y = lb_call(m, "forward", NULL, &x, 1, err);
    char *text = y ? lb_value_text(y, err) : NULL;
    check(text != NULL, "forward", lb_error_message(err));
    lb_value_free(x);
    lb_value_free(y);
    return text;
}

static void check_memory(const lb_module *m, lb_error *err) {
    void *first, *second;
    size_t first_length, second_length;
    bool good = lb_module_save_memory(m, NULL, &first, &first_length, err);
    check(good, "to memory", lb_error_message(err));
    lb_module *again = good ? lb_load_memory(first, first_length, NULL, err) : NULL;
    check(again != NULL, "what was saved loads", lb_error_message(err));
    if (!again) return;
    char *a = answer(m, err), *b = answer(again, err);
    check(a && b && !strcmp(a, b), "the same answer", b);
    good = lb_module_save_memory(again, NULL, &second, &second_length, err);
    check(good && first_length == second_length && !memcmp(first, second, first_length),
          "saved twice, the same", NULL);
    lb_text_free(a);
    lb_text_free(b);
    lb_bytes_free(first);
    lb_bytes_free(second);
    lb_module_free(again);
}

/* ---- files ---- */

static void check_over_itself(const lb_module *source, lb_error *err) {
    char *path = in_folder("model.pt"), *link = in_folder("link.pt");
    check(lb_module_save(source, path, NULL, err), "to a file", lb_error_message(err));
    check(!chmod(path, 0640) && !symlink("model.pt", link), "chmod, symlink", NULL);
    lb_module *m = load(path, err);
    char *before = answer(source, err);
    check(lb_module_save(m, link, NULL, err), "over the file that is loaded", lb_error_message(err));
    char *mapped = answer(m, err);
    check(mapped && !strcmp(before, mapped), "the module still answers", mapped);
    lb_module_free(m);
    struct stat facts;
    check(!lstat(link, &facts) && S_ISLNK(facts.st_mode), "a link stays a link", NULL);
    check(!stat(path, &facts) && (facts.st_mode & 0777) == 0640, "a file keeps its mode", NULL);
    m = load(path, err);
    char *after = answer(m, err);
    check(after && !strcmp(before, after), "the file answers the same", after);
    lb_module_free(m);
    check(files_in_folder() == 2, "nothing else is left", NULL);
    lb_text_free(before);
    lb_text_free(mapped);
    lb_text_free(after);
    unlink(link);
    unlink(path);
    free(link);
    free(path);
}

static bool limit_files(rlim_t bytes) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_FSIZE, &limit)) return false;
    limit.rlim_cur = bytes;
    return !setrlimit(RLIMIT_FSIZE, &limit);
}

/* A limit of the file's size stands for a disk that is full. */
static void check_full(const lb_module *m, lb_error *err) {
    char *path = in_folder("old.pt");
    write_file(path, "the old file");
    signal(SIGXFSZ, SIG_IGN);
    check(limit_files(1000), "setrlimit", NULL);
    check(!lb_module_save(m, path, NULL, err), "a full disk is told", NULL);
    check(lb_error_code(err) == LB_ERROR_IO, "of the system", lb_error_message(err));
    lb_error_clear(err);
    lb_value *large = lb_tensor_from(LB_FLOAT32, 1, (int64_t[]){10000}, NULL, err);
    check(!lb_write_value(path, large, err), "a full disk is told for values, too", NULL);
    lb_error_clear(err);
    lb_value_free(large);
    limit_files(RLIM_INFINITY);
    check(holds(path, "the old file"), "the old file is whole", NULL);
    check(files_in_folder() == 1, "and alone", NULL);
    unlink(path);
    free(path);
}

static void check_devices(const lb_module *m, lb_error *err) {
    struct stat facts;
    if (access("/dev/full", W_OK)) return;
    check(!lb_module_save(m, "/dev/full", NULL, err), "/dev/full is told", NULL);
    lb_error_clear(err);
    check(!stat("/dev/full", &facts) && S_ISCHR(facts.st_mode), "/dev/full stays", NULL);
    check(lb_module_save(m, "/dev/null", NULL, err), "/dev/null", lb_error_message(err));
    check(!stat("/dev/null", &facts) && S_ISCHR(facts.st_mode), "/dev/null stays", NULL);
    check(!lb_module_save(m, "/nowhere/model.pt", NULL, err), "no such directory", NULL);
    lb_error_clear(err);
}

/* ---- extra files ---- */

/* Saves with these options: the names of the extra files that are there then, a space behind each, in the
 * order of PyTorch when it is given them sorted; and what one of them holds. */
static void check_extra(const lb_module *m, const lb_save_options *o, const char *names, const char *one,
                        const char *wanted, lb_error *err) {
    void *bytes;
    size_t length;
    char found[200] = "";
    bool good = lb_module_save_memory(m, o, &bytes, &length, err);
    lb_module *again = good ? lb_load_memory(bytes, length, NULL, err) : NULL;
    const char *name;
    for (int i = 0; again && (name = lb_extra_name(again, i)); i++) strcat(strcat(found, name), " ");
    check(again && !strcmp(found, names), names, found);
    size_t size = 0;
    const char *text = again ? lb_extra_file(again, one, &size, err) : NULL;
    check(text && size == strlen(wanted) && !memcmp(text, wanted, size), "an extra file's bytes", one);
    lb_module_free(again);
    lb_bytes_free(bytes);
}

static void check_extras(lb_error *err) {
    lb_module *m = load("tests/saves/extra.pt", err);
    const char *names[] = {"a", "m", NULL, "new"};
    const void *bytes[] = {"A", NULL, NULL, "N"};
    const size_t lengths[] = {1, 0, 0, 1};
    lb_save_options o = {
        .size = sizeof o, .extra_names = names, .extra_bytes = bytes, .extra_lengths = lengths};
    check_extra(m, NULL, "zz m notes.txt labels/de.json a ", "notes.txt", "notes\n", err);
    check_extra(m, &o, "zz m notes.txt labels/de.json a ", "notes.txt", "notes\n", err);
    o.extra_count = 2; /* "a" in the place of the old one, "m" away */
    check_extra(m, &o, "zz notes.txt labels/de.json a ", "a", "A", err);
    o.extra_count = 4; /* all of the old ones away */
    check_extra(m, &o, "new a ", "new", "N", err);
    lb_module *part = lb_module_at(m, "first", err);
    check(part && !lb_extra_name(part, 0), "a submodule has none", NULL);
    lb_module_free(part);
    check(!lb_extra_file(m, "none", NULL, err) && lb_error_code(err) == LB_ERROR_ARGUMENT,
          "no such extra file", NULL);
    lb_error_clear(err);
    lb_module_free(m);
}

/* ---- traced inputs ---- */

/* The bytes of a record; NULL: there is none. */
static char *record_of(const void *archive, size_t length, const char *record, size_t *size) {
    struct archive *a = archive_open_memory(archive, length, NULL, NULL);
    const uint8_t *data = NULL;
    lb_error ignored = {0};
    *size = 0;
    bool good = a && archive_read(a, record, &data, size, &ignored);
    char *copy = good ? malloc(*size + 1) : NULL;
    if (copy) memcpy(copy, data, *size);
    archive_close(a);
    return copy;
}

/* The record is PyTorch's when the inputs look like those that it was traced with. */
static void check_traced(lb_error *err) {
    static const char path[] = "tests/cases/networks_perceptron_traced.pt";
    size_t length = 0, ours_size = 0, wanted_size;
    lb_module *m = load(path, err);
    lb_value *x = lb_tensor_from(LB_FLOAT32, 2, (int64_t[]){1, 8}, NULL, err),
             *list = lb_list_new(&x, 1, err);
    lb_value *key = lb_string_new("forward", 7, err), *inputs = lb_dict_new(err);
    lb_dict_set(inputs, key, list, err);
    lb_value_free(list);
    lb_save_options o = {.size = sizeof o, .traced_inputs = inputs};
    void *bytes = NULL;
    bool good = lb_module_save_memory(m, &o, &bytes, &length, err);
    check(good, "with traced inputs", lb_error_message(err));
    char *archive = read_file(path, &wanted_size);
    char *wanted = record_of(archive, wanted_size, "traced_inputs.pkl", &wanted_size);
    char *ours = good ? record_of(bytes, length, "traced_inputs.pkl", &ours_size) : NULL;
    check(ours && wanted && ours_size == wanted_size && !memcmp(ours, wanted, wanted_size),
          "traced_inputs.pkl is PyTorch's", NULL);
    lb_bytes_free(bytes);
    o.traced_inputs = x;
    check(!lb_module_save_memory(m, &o, &bytes, &length, err), "traced inputs that are none", NULL);
    lb_error_clear(err);
    free(ours);
    free(wanted);
    free(archive);
    lb_value_free(inputs);
    lb_value_free(key);
    lb_value_free(x);
    lb_module_free(m);
}

/* ---- values ---- */

static void check_refused(const lb_value *v, lb_code code, const char *what, lb_error *err) {
    void *bytes;
    size_t length;
    check(!lb_write_value_memory(v, &bytes, &length, err), what, "was written");
    check(lb_error_code(err) == code, what, lb_error_message(err));
    lb_error_clear(err);
    lb_bytes_free(bytes);
}

static void check_hostile(lb_error *err) {
    lb_value *dict = lb_dict_new(err), *key = lb_string_new("self", 4, err), *none = lb_none_new(err);
    lb_dict_set(dict, key, dict, err);
    check_refused(dict, LB_ERROR_LIMIT, "a dict that holds itself", err);
    lb_dict_set(dict, key, none, err);
    lb_value *deep = lb_int_new(1, err);
    for (int i = 0; i < 100000; i++) {
        lb_value *outer = lb_list_new(&deep, 1, err);
        lb_value_free(deep);
        deep = outer;
    }
    check_refused(deep, LB_ERROR_LIMIT, "lists 100,000 deep", err);
    lb_value_free(deep);
    lb_value_free(dict);
    lb_value_free(key);
    lb_value_free(none);
}

/* A list of which each holds the one before twice: 2^60 when written out as a tree. */
static void check_shared(lb_error *err) {
    lb_value *v = lb_int_new(1, err);
    for (int i = 0; i < 60; i++) {
        lb_value *twice[] = {v, v}, *outer = lb_list_new(twice, 2, err);
        lb_value_free(v);
        v = outer;
    }
    void *bytes;
    size_t length;
    check(lb_write_value_memory(v, &bytes, &length, err) && length < 10000, "what is shared is written once",
          lb_error_message(err));
    lb_bytes_free(bytes);
    lb_value_free(v);
}

/* ---- state dicts ---- */

static void check_state(lb_error *err) {
    lb_module *m = load("tests/saves/extra.pt", err);
    lb_value *own = lb_state_dict(m, err), *file = lb_read_value("tests/saves/state.pt", err);
    void *bytes;
    size_t length;
    check(own && file && lb_count(own) == lb_count(file), "as many entries as PyTorch's", NULL);
    for (int64_t i = 0; i < lb_count(own) && i < lb_count(file); i++) {
        lb_value *a = lb_dict_key(own, i, err), *b = lb_dict_key(file, i, err);
        check(!strcmp(lb_string_get(a, NULL), lb_string_get(b, NULL)), "PyTorch's order",
              lb_string_get(a, NULL));
        lb_value_free(a);
        lb_value_free(b);
    }
    check(lb_write_value_memory(own, &bytes, &length, err), "written", lb_error_message(err));
    lb_value *read = lb_read_value_memory(bytes, length, err);
    check(read && lb_count(read) == lb_count(own), "and read", lb_error_message(err));
    lb_bytes_free(bytes);
    lb_value_free(read);
    lb_value_free(own);
    lb_value_free(file);
    lb_module_free(m);
}

/* What a call has prepared from the old weights is not used with the new ones. */
static void check_weights_change(lb_error *err) {
    lb_module *m = load("tests/saves/extra.pt", err), *fresh = load("tests/saves/extra.pt", err);
    lb_value *dict = lb_dict_new(err), *key = lb_string_new("first.weight", 12, err);
    lb_value *weight = lb_tensor_from(LB_FLOAT64, 2, (int64_t[]){2, 3}, (double[]){1, 0, -1, 0.5, 2, 3}, err);
    lb_dict_set(dict, key, weight, err);
    char *old = answer(m, err);
    check(lb_load_state_dict(m, dict, false, err), "new weights", lb_error_message(err));
    check(lb_load_state_dict(fresh, dict, false, err), "new weights", lb_error_message(err));
    char *changed = answer(m, err), *wanted = answer(fresh, err);
    check(strcmp(old, changed) && !strcmp(wanted, changed), "a call sees the new weights", changed);
    lb_text_free(old);
    lb_text_free(changed);
    lb_text_free(wanted);
    lb_value_free(weight);
    lb_value_free(key);
    lb_value_free(dict);
    lb_module_free(fresh);
    lb_module_free(m);
}

/* "\n" and "\t" are written as two signs in the table. */
static void unescape(char *text) {
    char *to = text;
    for (const char *from = text; *from; from++) {
        bool escape = from[0] == '\\' && (from[1] == 'n' || from[1] == 't');
        *to++ = escape ? (*++from == 'n' ? '\n' : '\t') : *from;
    }
    *to = 0;
}

/* tests/saves/state.tsv: what PyTorch says of each faulty dict of faulty.pt. */
static void check_faults(lb_error *err) {
    lb_value *faulty = lb_read_value("tests/saves/faulty.pt", err);
    FILE *table = fopen("tests/saves/state.tsv", "r");
    char line[4096];
    int lines = 0;
    check(faulty && table, "tests/saves", lb_error_message(err));
    while (table && fgets(line, sizeof line, table)) {
        line[strcspn(line, "\n")] = 0;
        char *name = line, *mode = strchr(name, '\t');
        if (!mode || !strncmp(line, "names", 5)) continue;
        *mode++ = 0;
        char *said = strchr(mode, '\t');
        *said++ = 0;
        unescape(said);
        lb_module *m = load("tests/saves/extra.pt", err);
        lb_value *dict = lb_dict_find(faulty, name);
        bool good = dict && lb_load_state_dict(m, dict, !strcmp(mode, "strict"), err);
        check(good == !*said && !strcmp(lb_error_message(err), said), said, lb_error_message(err));
        lb_error_clear(err);
        lb_value_free(dict);
        lb_module_free(m);
        lines++;
    }
    check(lines == 12, "lines of state.tsv", NULL);
    if (table) fclose(table);
    lb_value_free(faulty);
}

int main(void) {
    lb_error *err = lb_error_new();
    if (!mkdtemp(folder)) return 1;
    lb_module *m = load("tests/cases/saves_views.pt", err);
    check_over_itself(m, err);
    lb_module_free(m);
    m = load("tests/saves/extra.pt", err);
    check_memory(m, err);
    check_full(m, err);
    check_devices(m, err);
    lb_module_free(m);
    check_extras(err);
    check_traced(err);
    check_hostile(err);
    check_shared(err);
    check_state(err);
    check_weights_change(err);
    check_faults(err);
    rmdir(folder);
    lb_error_free(err);
    return failures ? 1 : 0;
}
