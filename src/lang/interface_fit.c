/* See interface_fit.h; what fits is decided in types/relations.c. */
#include "lang/interface_fit.h"
#include "lang/report.h"
#include "lang/tree.h"
#include "types/method_fit.h"
#include <string.h>

static const char *short_name(const struct type *t) {
    const char *dot = strrchr(t->name->text, '.');
    return dot ? dot + 1 : t->name->text;
}

/* "scale: float" */
static void put_argument(struct text *out, const struct argument *a) {
    text_printf(out, "%s: ", a->name ? a->name->text : "_");
    type_put_annotation(out, a->type);
}

/* "area(self, x: Tensor) -> Tensor" */
static void put_declaration(struct text *out, const struct function *f) {
    const struct schema *s = f->schema;
    text_printf(out, "%s(self", f->name->text);
    for (int i = 1; s && i < s->argument_count; i++) {
        text_put(out, ", ");
        put_argument(out, &s->arguments[i]);
    }
    text_put_char(out, ')');
    if (!s || !s->return_count) return;
    text_put(out, " -> ");
    type_put_annotation(out, s->returns[0].type);
}

/* Whether the methods agree in what they take; if not, how. */
static bool put_arguments(struct text *out, struct type_store *types, const struct schema *own,
                          const struct schema *wanted) {
    int both = own->argument_count < wanted->argument_count ? own->argument_count : wanted->argument_count;
    for (int i = 1; i < both; i++) {
        const struct argument *a = &own->arguments[i], *b = &wanted->arguments[i];
        if (a->name == b->name && type_is_subtype(types, b->type, a->type)) continue;
        text_put(out, "takes `");
        put_argument(out, a);
        text_put(out, "` where the interface has `");
        put_argument(out, b);
        text_put_char(out, '`');
        return false;
    }
    if (own->argument_count == wanted->argument_count) return true;
    bool more = own->argument_count > wanted->argument_count;
    text_put(out, more ? "takes an argument `" : "does not take the argument `");
    put_argument(out, more ? &own->arguments[both] : &wanted->arguments[both]);
    text_put(out, more ? "` that the interface's has not" : "` that the interface's has");
    return false;
}

static void put_misfit(struct text *out, struct type_store *types, const struct function *own,
                       const struct function *wanted) {
    const struct tree *def = own->definition;
    text_printf(out, "its `%s`", own->name->text);
    if (def && def->range.source) text_printf(out, " (line %d)", lang_line(def->range));
    text_put_char(out, ' ');
    if (!own->schema) {
        text_put(out, "does not compile");
    } else if (put_arguments(out, types, own->schema, wanted->schema)) {
        text_put(out, "returns ");
        type_put_annotation(out, own->schema->returns[0].type);
        text_put(out, ", and the interface's returns ");
        type_put_annotation(out, wanted->schema->returns[0].type);
    }
    text_put(out, "; the interface declares `");
    put_declaration(out, wanted);
    text_put_char(out, '`');
}

/* Says of the first method that does not fit what is wrong with it. */
static void put_reason(struct text *out, struct unit *unit, const struct type *class,
                       const struct type *interface) {
    const struct class_definition *c = class->definition, *i = interface->definition;
    for (int k = 0; k < i->methods.count; k++) {
        struct function *wanted = i->methods.items[k], *own = class_find_method(c, wanted->name);
        if (!own) {
            text_put(out, "the method `");
            put_declaration(out, wanted);
            text_put(out, "` is missing");
            return;
        }
        if (type_method_fits(&unit->types, own, wanted)) continue;
        put_misfit(out, &unit->types, own, wanted);
        return;
    }
    text_put(out, "it is no module");
}

bool lang_check_interface(struct unit *unit, const struct type *class, const struct type *interface,
                          const char *attribute, struct source_range at, lb_error *err) {
    if (type_is_subtype(&unit->types, class, interface)) return true;
    struct text what = {0};
    text_printf(&what, "`%s` does not implement the interface `%s`: ", short_name(class),
                short_name(interface));
    put_reason(&what, unit, class, interface);
    struct explanation x = {.code = ERROR_INTERFACE, .at = at, .what = text_get(&what)};
    lang_report_bare(err, &x,
                     "Could not cast attribute '%s' to type %s: Object of type %s is not compatible with "
                     "interface %s",
                     attribute, interface->name->text, class->name->text, interface->name->text);
    text_free(&what);
    return false;
}
