/* See save.h. */
#include "module/save.h"
#include "archive/save.h"
#include "base/mem.h"
#include "exec/run.h"
#include "module/limited_run.h"
#include "module/save_code.h"
#include "types/adapt.h"
#include <stdio.h>
#include <string.h>

enum { LEAST_VERSION = 3, FIRST_VERSION_IN_FOLDER = 6 };

struct saver {
    const struct save_content *content;
    struct zip_writer *to;
    struct code_writer code;
    struct code_dependencies met; /* classes of objects, in the order of the pickle */
    lb_error *err;
};

/* ---- what the pickler asks ---- */

static bool put_class(void *context, struct text *out, const struct type *type, lb_error *err) {
    struct saver *s = context;
    struct code_dependency what = {.type = type};
    const struct name *name = unique_name(&s->code.names, what);
    if (!name) return error_memory(err);
    text_put(out, name->text);
    return type->kind != TYPE_CLASS || code_dependencies_add(&s->met, what) || error_memory(err);
}

static struct function *find_method(const struct type *type, const char *method) {
    const struct class_definition *c = type->definition;
    for (int i = 0; i < c->methods.count; i++)
        if (!strcmp(c->methods.items[i]->name->text, method)) return c->methods.items[i];
    return NULL;
}

/* checkHasValidSetGetState in pickler.cpp. */
static bool check_state_methods(struct saver *s, const struct type *type, const struct function *get,
                                const struct function *set) {
    const struct schema *from = get->schema, *to = set->schema;
    bool fits = from && to && from->argument_count == 1 && from->return_count == 1 &&
                to->argument_count == 2 && to->return_count == 1 &&
                type_is_subtype(&s->content->unit->types, from->returns[0].type, to->arguments[1].type);
    return fits || error_set(s->err, LB_ERROR_UNSUPPORTED,
                             "%s can't be saved: its __getstate__ should take self alone and return what its "
                             "__setstate__ takes",
                             type->name->text);
}

/* Of a C++ class: what its method gives, or what it was loaded with. */
static bool native_state(struct saver *s, lb_value capsule, lb_value *state) {
    const struct function *get = find_method(capsule.capsule->type, "__getstate__");
    if (get && get->native) return exec_native(get, &capsule, 1, state, s->err);
    *state = value_copy(capsule.capsule->state);
    return true;
}

static bool get_state(void *context, lb_value object, bool *has, lb_value *state, lb_error *err) {
    struct saver *s = context;
    *has = object.tag == VALUE_CAPSULE;
    if (*has) return native_state(s, object, state);
    const struct type *type = object.object->type;
    struct function *get = find_method(type, "__getstate__"), *set = find_method(type, "__setstate__");
    *has = get && set;
    if (!*has) return true;
    return check_state_methods(s, type, get, set) &&
           (limited_run(s->content->unit, get, &object, 1, 0, 0, state, err) ||
            error_prefix(err, "%s.__getstate__", type->name->text));
}

/* ---- records ---- */

static bool write_pickle(struct saver *s, lb_value v, const char *folder) {
    struct pickle_program program = {s, put_class, get_state};
    struct pickled p;
    char name[32];
    snprintf(name, sizeof name, "%s.pkl", folder);
    bool good = pickle_value(&p, v, &program, s->err) && save_storages(s->to, folder, &p) &&
                zip_writer_add(s->to, name, p.bytes.data, p.bytes.length, ZIP_STORED);
    pickled_free(&p);
    return good;
}

static bool write_extras(struct saver *s) {
    const struct save_content *c = s->content;
    const char **names = mem_alloc(sizeof *names * ((size_t)c->extra_count + 1));
    int *order = mem_alloc(sizeof *order * ((size_t)c->extra_count + 1));
    bool good = (names && order) || error_memory(s->err);
    for (int i = 0; i < c->extra_count && good; i++) names[i] = c->extras[i].name;
    good = good && hashed_order(names, c->extra_count, order, s->err);
    for (int i = 0; i < c->extra_count && good; i++) {
        const struct extra_file *e = &c->extras[order[i]];
        struct text name = {0};
        text_printf(&name, "extra/%s", e->name);
        good = (!name.failed || error_memory(s->err)) &&
               zip_writer_add(s->to, text_get(&name), e->bytes, e->length, ZIP_STORED);
        text_free(&name);
    }
    mem_free(names);
    mem_free(order);
    return good;
}

/* Classes in the order in which objects were met, then what they need. */
static bool write_code(struct saver *s) {
    for (int i = 0; i < s->met.list.count; i++)
        if (!code_writer_add(&s->code, s->met.list.items[i])) return false;
    return code_writer_add_all(&s->code, s->content->root.object->type) && code_writer_write(&s->code, s->to);
}

static bool write_constants(struct saver *s) {
    struct code_constants *c = &s->code.constants;
    lb_value tuple;
    if (!value_new_tuple(&tuple, NULL, c->values.count, s->err)) return false;
    for (int i = 0; i < c->values.count; i++) tuple.tuple->items[i] = value_copy(c->values.items[i]);
    bool good = write_pickle(s, tuple, "constants");
    value_release(tuple);
    return good;
}

/* Dict[str, List[Any]], held twice as PyTorch holds it, so that it takes a number. */
static bool typed_inputs(struct saver *s, lb_value *out) {
    struct type_store *types = &s->content->unit->types;
    const struct type *list = type_list(types, types->simple[TYPE_ANY]),
                      *dict = list ? type_dict(types, types->simple[TYPE_STRING], list) : NULL;
    *out = value_none();
    if (!dict) return error_memory(s->err);
    if (type_convert_argument(types, dict, s->content->traced_inputs, out, s->err)) return true;
    value_release(*out);
    *out = value_none();
    return error_set(s->err, LB_ERROR_ARGUMENT,
                     "traced_inputs should be a dict of methods' names to lists of arguments");
}

/* The pickle is whole, the records of its storages are empty. */
static bool write_traced_inputs(struct saver *s) {
    struct pickle_program program = {s, put_class, get_state};
    struct pickled p = {0};
    lb_value inputs;
    char name[48];
    if (s->content->traced_inputs.tag == VALUE_NONE) return true;
    bool good = typed_inputs(s, &inputs);
    lb_value twice = value_copy(inputs);
    good = good && pickle_value(&p, inputs, &program, s->err);
    for (int i = 0; good && i < p.storages.count; i++) {
        snprintf(name, sizeof name, "traced_inputs/%d", i);
        good = zip_writer_add(s->to, name, NULL, 0, ZIP_STORED);
    }
    good = good && zip_writer_add(s->to, "traced_inputs.pkl", p.bytes.data, p.bytes.length, ZIP_STORED);
    pickled_free(&p);
    value_release(twice);
    value_release(inputs);
    return good;
}

static bool write_version(struct saver *s) {
    char text[32];
    int64_t version = code_writer_version(&s->code);
    if (version < LEAST_VERSION) version = LEAST_VERSION;
    snprintf(text, sizeof text, "%lld\n", (long long)version);
    return zip_writer_add(s->to, version >= FIRST_VERSION_IN_FOLDER ? ".data/version" : "version", text,
                          strlen(text), ZIP_STORED);
}

bool module_save(struct zip_writer *w, const struct save_content *content, lb_error *err) {
    struct saver s = {.content = content, .to = w, .err = err};
    bool good = code_writer_open(&s.code, content->unit, err) && write_extras(&s) &&
                write_pickle(&s, content->root, "data") && write_code(&s) && write_constants(&s) &&
                write_traced_inputs(&s) && write_version(&s) && save_byteorder(w);
    code_writer_free(&s.code);
    code_dependencies_free(&s.met);
    return good;
}
