/* Functions of a file as functions of the unit: their sources, names and defaults. */
#include "construct/script.h"
#include "lang/own_source.h"
#include <string.h>

/* What __name__ says of a file; the layers' rooms call themselves by the module they make up. */
static const char *module_name(struct script *s, const struct file *file) {
    const struct name *key = name_of(&s->unit->names, "__name__");
    struct thing *own = key ? bindings_get(&file->scope->names, key) : NULL;
    const char *name = own && thing_is_text(own) ? own->value.string->bytes : file->name;
    if (!file->embedded) return file->name;
    if (strncmp(name, "linkboy", 7) || (name[7] && name[7] != '.')) return name;
    return arena_printf(&s->v->memory, "torch%s", name + 7);
}

const char *script_qualified(struct script *s, const struct file *file, const struct name *name) {
    const char *module = module_name(s, file);
    bool main = module && !strcmp(module, "__main__");
    const char *text = module ? arena_printf(&s->v->memory, "__torch__.%s%s%s", main ? "" : module,
                                             main ? "" : ".", name->text)
                              : NULL;
    if (!text) error_memory(s->err);
    return text;
}

/* ---- sources ---- */

/* Default values by parameter. What has no value for a program is left to the text. */
static bool take_defaults(struct script *s, const struct thing_function *f, lb_source *out) {
    const struct tree *parameters = f->def->items[0];
    const char **names = arena_array(&s->v->memory, const char *, parameters->count + 1);
    lb_value **values = arena_array(&s->v->memory, lb_value *, parameters->count + 1);
    lb_value *items = arena_array(&s->v->memory, lb_value, parameters->count + 1);
    if (!names || !values || !items) return error_memory(s->err);
    for (int i = 0; i < parameters->count; i++) {
        if (!f->defaults[i]) continue;
        int at = out->default_count;
        if (!script_value(s, f->defaults[i], &items[at])) {
            if (s->err->code) return false;
            lang_report(s->err, parameters->items[i]->range,
                        "the default of the parameter '%s' (a '%s') is no value of a program",
                        parameters->items[i]->name->text, thing_type_name(f->defaults[i]));
            return false;
        }
        struct thing *kept = thing_of(s->v, items[at]); /* released with the evaluator */
        if (!kept) return false;
        names[at] = parameters->items[i]->name->text;
        values[at] = &items[at];
        out->default_count++;
    }
    out->default_names = names;
    out->defaults = values;
    return true;
}

bool script_source(struct script *s, const struct thing_function *f, void *scope, const char *name,
                   lb_source *out) {
    const struct source *source = f->def->range.source;
    if (f->def->kind != TREE_DEF)
        return lang_report(s->err, f->def->range,
                           "write it as a function with a name: lambdas are not compiled");
    *out = (lb_source){.size = sizeof *out,
                       .text = source->text,
                       .length = source->length,
                       .file = source->file,
                       .first_line = source->first_line,
                       .line = source->first_line + statement_first_line(f->def),
                       .scope = scope ? scope : script_scope_new(s, NAMES_AROUND, f->scope),
                       .name = name};
    return out->scope && take_defaults(s, f, out);
}

/* ---- declaring ---- */

/* The declarations of overloads before a function, in the order they were made; the count. */
static int overloads_of(const struct thing_function *f, const struct thing_function **out, int room) {
    int count = 0;
    for (const struct thing_function *b = f->bodies; b && count < room; b = b->bodies) out[count++] = b;
    for (int i = 0; i < count / 2; i++) {
        const struct thing_function *held = out[i];
        out[i] = out[count - 1 - i];
        out[count - 1 - i] = held;
    }
    return count;
}

static struct function *declare(struct script *s, struct thing_function *f, const struct type *class,
                                void *scope, const char *name, const struct thing_function *overload) {
    lb_source source, declaration;
    if (!script_source(s, f, scope, name, &source)) return NULL;
    if (overload) {
        if (!script_source(s, overload, scope, NULL, &declaration)) return NULL;
        source.declaration = &declaration;
    }
    const char *qualified = class ? NULL : script_qualified(s, f->scope->file, f->name);
    return class || qualified ? host_declare(s->host, qualified, class, &source, s->err) : NULL;
}

struct function **script_functions(struct script *s, struct thing_function *f, int *count) {
    enum { MOST = 32 };
    const struct thing_function *overloads[MOST];
    if (!f->functions) {
        int forms = overloads_of(f, overloads, MOST), all = forms ? forms : 1;
        struct function **made = arena_array(&s->unit->memory, struct function *, all);
        if (!made) return error_memory(s->err), NULL;
        for (int i = 0; i < all; i++)
            if (!(made[i] = declare(s, f, NULL, NULL, NULL, forms ? overloads[i] : NULL))) return NULL;
        f->functions = made;
        f->function_count = all;
    }
    *count = f->function_count;
    return f->functions;
}

struct function *script_method(struct script *s, const struct type *class, const struct thing_function *f,
                               void *scope, const char *name) {
    struct function *made = declare(s, (struct thing_function *)(uintptr_t)f, class, scope, name, NULL);
    return made && host_class_method(class, made, s->err) ? made : NULL;
}
