/* Loading: constants, then data.pkl, which asks for classes, which are found in code/ and compiled
 * (torch/csrc/jit/serialization/import.cpp). Nothing of the archive is executed but the __setstate__ methods
 * of classes that have one, under limits and without operators that touch the system. */
#include "archive/debug_info.h"
#include "archive/unpickle.h"
#include "base/mem.h"
#include "ir/kinds.h"
#include "lang/import.h"
#include "module/extras.h"
#include "module/limited_run.h"
#include "module/program.h"
#include "passes/passes.h"
#include <stdio.h>
#include <string.h>

enum { MAX_NAME = 4096 };

/* What a unit is loaded from; it stays with the unit, whose functions may be compiled later. */
struct origin {
    struct unit *unit; /* that keeps this */
    struct archive *archive;
    struct importer importer;
    lb_value constants;                    /* a tuple: CONSTANTS.cN */
    const struct program_options *options; /* while loading */
};

static void origin_release(void *thing) {
    struct origin *o = thing;
    value_release(o->constants);
    importer_free(&o->importer);
    archive_close(o->archive);
    mem_free(o);
}

/* "__torch__.a.b" -> the source of code/__torch__/a/b.py */
static const struct source *load_source(void *context, const char *qualifier, lb_error *err) {
    struct origin *o = context;
    const uint8_t *data;
    size_t length;
    char record[MAX_NAME + 32];
    if (strlen(qualifier) > MAX_NAME) return NULL;
    int used = snprintf(record, sizeof record, "code/%s.py", qualifier);
    for (int i = 5; i < used - 3; i++)
        if (record[i] == '.') record[i] = '/';
    if (!archive_read(o->archive, record, &data, &length, err)) return NULL;
    struct source *s = source_new(&o->unit->memory, (const char *)data, length, record, 1);
    if (!s) {
        error_memory(err);
        return NULL;
    }
    s->printed = true;
    strcpy(record + used, ".debug_pkl");
    debug_info_attach(o->archive, record, s, &o->unit->memory);
    return s;
}

static bool finish(struct function *f, lb_error *err) {
    return passes_after_emit(f->graph, err) && pass_old_quantized_conv(f->graph, err);
}

static const struct type *find_class(void *context, const char *qualified, size_t length, lb_error *err) {
    struct origin *o = context;
    const struct name *name = name_intern(&o->unit->names, qualified, length);
    if (!name) {
        error_memory(err);
        return NULL;
    }
    const struct type *type = importer_find_type(&o->importer, name, err);
    if (!type && !err->code)
        error_set(err, LB_ERROR_FORMAT, "the class '%s' is not in the archive's code", name->text);
    return type;
}

static const struct type *parse_type(void *context, const char *text, size_t length, lb_error *err) {
    struct origin *o = context;
    return importer_parse_type(&o->importer, text, length, err);
}

/* ---- __setstate__ ---- */

/* What a class assigns to itself must fit what it declares, and everything it declares must be there. */
static bool slots_fit(struct origin *o, lb_value object, lb_error *err) {
    const struct class_definition *class = object.object->type->definition;
    for (int i = 0; i < class->attributes.count; i++)
        if (!type_admits(&o->unit->types, class->attributes.items[i].type, object.object->slots[i]))
            return error_set(err, LB_ERROR_FORMAT,
                             "after its __setstate__ an object of %s has no proper attribute '%s'",
                             class->type->name->text, class->attributes.items[i].name->text);
    return true;
}

static bool run_set_state(struct origin *o, struct function *f, lb_value object, lb_value state,
                          lb_error *err) {
    const struct program_options *limits = o->options;
    lb_value args[2] = {object, state}, result;
    bool good = limited_run(o->unit, f, args, 2, limits ? limits->max_steps : 0,
                            limits ? limits->max_bytes : 0, &result, err);
    if (good) inline_keep_as_is(f);
    value_release(result);
    return good && slots_fit(o, object, err);
}

static bool set_state(void *context, lb_value object, lb_value state, bool *done, lb_error *err) {
    struct origin *o = context;
    const struct type *type = object.object->type;
    const struct name *name = name_of(&o->unit->names, "__setstate__");
    struct function *f = name ? class_find_method(type->definition, name) : NULL;
    if (!f) return name ? true : error_memory(err);
    if (o->options && o->options->run_nothing)
        return error_set(err, LB_ERROR_UNSUPPORTED,
                         "class %s wants its __setstate__ run while loading, which was switched off",
                         type->name->text);
    if (!f->schema || f->schema->argument_count != 2)
        return error_set(err, LB_ERROR_FORMAT, "__setstate__ of %s should take self and one argument",
                         type->name->text);
    if (!type_admits(&o->unit->types, f->schema->arguments[1].type, state))
        return error_set(err, LB_ERROR_FORMAT,
                         "the state of an object of %s is not what its __setstate__ takes", type->name->text);
    *done = true;
    return run_set_state(o, f, object, state, err) || error_prefix(err, "%s.__setstate__", type->name->text);
}

/* ---- the whole ---- */

static bool read_constants(struct origin *o, const struct unpickle_program *u, lb_error *err) {
    if (!zip_find(&o->archive->zip, "constants.pkl")) return true;
    if (!unpickle_record(o->archive, "constants.pkl", "constants", u, &o->constants, err)) return false;
    if (o->constants.tag != VALUE_TUPLE)
        return error_set(err, LB_ERROR_FORMAT, "constants.pkl should hold a tuple (pickle offset 0)");
    o->importer.constants = o->constants.tuple->items;
    o->importer.constant_count = o->constants.tuple->count;
    return true;
}

static bool read_root(struct origin *o, lb_value *root, lb_error *err) {
    struct unpickle_program u = {o, &o->unit->types, find_class, parse_type, set_state};
    if (!read_constants(o, &u, err) || !unpickle_record(o->archive, "data.pkl", "data", &u, root, err))
        return false;
    if (root->tag == VALUE_OBJECT) return true;
    return error_set(err, LB_ERROR_FORMAT, "data.pkl should hold a module; it holds a %s (pickle offset 0)",
                     value_tag_name((enum value_tag)root->tag));
}

static bool check_form(const struct archive *a, lb_error *err) {
    if (a->form == ARCHIVE_TORCHSCRIPT) return true;
    return error_set(
        err, LB_ERROR_UNSUPPORTED,
        "this is a file of torch.save (data without a program); a program is written by torch.jit.save");
}

static void name_file(const struct archive *a, lb_error *err) {
    if (a->path) error_prefix(err, "%s", a->path);
}

/* A unit that keeps where it comes from; takes the archive over. */
static struct origin *origin_new(struct archive *archive, struct unit *into, lb_error *err) {
    struct unit *unit = !check_form(archive, err) ? NULL
                        : into                    ? unit_retain(into)
                                                  : unit_new(kind_texts, KIND_COUNT, err);
    struct origin *o = unit ? mem_zeroed(1, sizeof *o) : NULL;
    if (!o) {
        error_memory(err);
        name_file(archive, err);
        unit_free(unit);
        archive_close(archive);
        return NULL;
    }
    o->unit = o->importer.unit = unit;
    o->archive = archive;
    o->importer.load = load_source;
    o->importer.load_context = o;
    importer_init(&o->importer, archive->version);
    o->importer.shared = into != NULL;
    o->importer.resolver.finish = finish;
    if (unit_keep(unit, o, origin_release)) return o;
    error_memory(err);
    origin_release(o);
    unit_free(unit);
    return NULL;
}

static struct program *load_into(struct archive *archive, const struct program_options *options,
                                 struct unit *into, lb_error *err) {
    lb_value root = value_none();
    struct origin *o = origin_new(archive, into, err);
    if (!o) return NULL;
    o->options = options;
    bool good = read_root(o, &root, err);
    if (!good) name_file(archive, err);
    o->options = NULL;
    struct program *p = good ? program_around(o->unit, archive, root, err) : NULL;
    if (p) {
        p->whole = true;
        program_inflate_extras(p);
    }
    value_release(root);
    unit_free(o->unit);
    return p;
}

struct program *program_load(struct archive *archive, const struct program_options *options, lb_error *err) {
    struct unit *into = options ? options->unit : NULL;
    if (into) unit_enter(into);
    struct program *p = load_into(archive, options, into, err);
    if (into) unit_leave(into);
    return p;
}

struct program *program_around(struct unit *unit, struct archive *archive, lb_value root, lb_error *err) {
    struct program *p = mem_zeroed(1, sizeof *p);
    if (!p) {
        error_memory(err);
        return NULL;
    }
    *p = (struct program){.unit = unit_retain(unit), .archive = archive, .root = value_copy(root)};
    return p;
}

void program_free(struct program *p) {
    if (!p) return;
    value_release(p->root);
    unit_free(p->unit);
    mem_free(p);
}
