/* Classes, NamedTuples, interfaces and enums as archives' source files hold them (python_print.cpp,
 * printClass and printNamedType), the tables that printers share, and printing in one call. */
#include "base/mem.h"
#include "lang/code_printer_internal.h"
#include "value/print.h"

static void put_type_name(struct code_printer *p, const struct type *t) {
    struct text name = {0};
    code_put(p, "class ");
    if (!p->options.put_name ||
        !p->options.put_name(p->options.context, &name, (struct code_dependency){.type = t}))
        text_put(&name, t->name->text);
    const char *dot = strrchr(text_get(&name), '.');
    code_put_text(p, dot ? dot + 1 : text_get(&name));
    if (name.failed) p->failed = true;
    text_free(&name);
}

/* `__parameters__ = ["w", ]` */
static void put_name_list(struct code_printer *p, const char *label, const struct name *const *names,
                          int count) {
    code_indent(p);
    code_put(p, label);
    code_put(p, " = [");
    for (int i = 0; i < count; i++) {
        code_put(p, "\"");
        code_put_text(p, names[i]->text);
        code_put(p, "\", ");
    }
    code_put(p, "]\n");
}

static void put_attribute_list(struct code_printer *p, const struct class_definition *c, bool parameters) {
    int count = 0;
    const struct name **names = arena_array(&p->memory, const struct name *, c->attributes.count + 1);
    if (!names) {
        p->failed = true;
        return;
    }
    for (int i = 0; i < c->attributes.count; i++)
        if (parameters ? c->attributes.items[i].is_parameter : c->attributes.items[i].is_buffer)
            names[count++] = c->attributes.items[i].name;
    put_name_list(p, parameters ? "__parameters__" : "__buffers__", names, count);
}

static void put_hook_list(struct code_printer *p, const char *label, struct function *const *hooks,
                          int count) {
    const struct name **names = arena_array(&p->memory, const struct name *, count + 1);
    if (!names) p->failed = true;
    if (!names || count == 0) return;
    for (int i = 0; i < count; i++) names[i] = hooks[i]->name;
    put_name_list(p, label, names, count);
}

static void put_attributes(struct code_printer *p, const struct class_definition *c) {
    for (int i = 0; i < c->attributes.count; i++) {
        const struct class_attribute *a = &c->attributes.items[i];
        code_depend_on_type(p, a->type);
        code_indent(p);
        if (code_is_identifier(a->name->text, a->name->length)) {
            code_put_text(p, a->name->text);
            code_put(p, " : ");
        } else {
            if (i == 0) {
                code_put(p, "__annotations__ = []\n");
                code_indent(p);
            }
            code_put(p, "__annotations__[");
            code_put(p, "\"");
            code_put_text(p, a->name->text);
            code_put(p, "\"] = ");
        }
        code_put_annotation(p, &p->body, a->type);
        code_put(p, "\n");
    }
}

static void put_constants(struct code_printer *p, const struct class_definition *c) {
    for (int i = 0; i < c->constants.count; i++) {
        const struct class_constant *constant = &c->constants.items[i];
        code_indent(p);
        code_put_text(p, constant->name->text);
        code_put(p, " : ");
        code_put(p, "Final[");
        code_put_annotation(p, &p->body, constant->type);
        code_put(p, "] = ");
        code_put_constant(p, &p->body, constant->value);
        code_put(p, "\n");
    }
}

static void put_hooks(struct code_printer *p, struct function *const *hooks, int count,
                      struct table *printed) {
    for (int i = 0; i < count && !p->failed; i++) {
        if (table_has(printed, hooks[i]->name)) continue;
        if (!table_set(printed, hooks[i]->name, p)) p->failed = true;
        code_put_definition(p, hooks[i], true);
    }
}

static void put_class(struct code_printer *p, const struct type *t) {
    const struct class_definition *c = t->definition;
    for (int i = 0; i < c->methods.count; i++)
        if (c->methods.items[i]->native) return;
    if (c->is_native) return;
    put_type_name(p, t);
    if (c->is_module) code_put(p, "(Module)");
    code_put(p, ":\n");
    p->level++;
    if (c->is_module) {
        put_attribute_list(p, c, true);
        put_attribute_list(p, c, false);
        put_hook_list(p, "__forward_pre_hooks__", c->forward_pre_hooks.items, c->forward_pre_hooks.count);
        put_hook_list(p, "__forward_hooks__", c->forward_hooks.items, c->forward_hooks.count);
    }
    put_attributes(p, c);
    put_constants(p, c);
    for (int i = 0; i < c->methods.count && !p->failed; i++)
        code_put_definition(p, c->methods.items[i], true);
    struct table printed = {0};
    put_hooks(p, c->forward_hooks.items, c->forward_hooks.count, &printed);
    put_hooks(p, c->forward_pre_hooks.items, c->forward_pre_hooks.count, &printed);
    table_free(&printed);
    p->level--;
}

static void put_named_tuple(struct code_printer *p, const struct type *t) {
    put_type_name(p, t);
    code_put(p, "(NamedTuple):\n");
    p->level++;
    for (int i = 0; t->fields && i < t->count; i++) {
        code_indent(p);
        code_put_text(p, t->fields->names[i]->text);
        code_put(p, " : ");
        code_put_annotation(p, &p->body, t->items[i]);
        code_put(p, "\n");
    }
    p->level--;
}

static void put_interface_method(struct code_printer *p, const struct function *f) {
    code_indent(p);
    code_put(p, "def ");
    code_put_text(p, f->name->text);
    code_put(p, "(self");
    for (int i = 1; f->schema && i < f->schema->argument_count; i++) {
        const struct argument *a = &f->schema->arguments[i];
        code_depend_on_type(p, a->type);
        code_put(p, ", ");
        code_put_text(p, a->name->text);
        code_put(p, ": ");
        code_put_annotation(p, &p->body, a->type);
    }
    code_put(p, ") -> ");
    if (f->schema && f->schema->return_count > 0) {
        code_depend_on_type(p, f->schema->returns[0].type);
        code_put_annotation(p, &p->body, f->schema->returns[0].type);
    }
    code_put(p, ":\n");
    code_indent(p);
    code_put(p, "  pass\n");
}

static void put_interface(struct code_printer *p, const struct type *t) {
    const struct class_definition *c = t->definition;
    put_type_name(p, t);
    code_put(p, c->is_module ? "(ModuleInterface):\n" : "(Interface):\n");
    p->level++;
    for (int i = 0; i < c->methods.count; i++) put_interface_method(p, c->methods.items[i]);
    p->level--;
}

/* Values are written as print() would, strings between quotes without escapes: so PyTorch does. */
static void put_enum(struct code_printer *p, const struct type *t) {
    put_type_name(p, t);
    code_put(p, "(Enum):\n");
    p->level++;
    for (int i = 0; i < t->members->list.count; i++) {
        const struct enum_member *member = &t->members->list.items[i];
        const char *quote = t->members->value_type->kind == TYPE_STRING ? "\"" : "";
        struct text text = {0};
        value_put(&text, member->value, NULL);
        code_indent(p);
        code_put_text(p, member->name->text);
        code_put(p, " = ");
        code_put_text(p, quote);
        code_put_text(p, text_get(&text));
        code_put_text(p, quote);
        code_put(p, "\n");
        if (text.failed) p->failed = true;
        text_free(&text);
    }
    p->level--;
}

bool code_printer_put_type(struct code_printer *p, const struct type *t, lb_error *err) {
    p->err = err;
    if (t->kind == TYPE_CLASS)
        put_class(p, t);
    else if (t->kind == TYPE_INTERFACE)
        put_interface(p, t);
    else if (t->kind == TYPE_ENUM)
        put_enum(p, t);
    else if (t->kind == TYPE_TUPLE && t->name)
        put_named_tuple(p, t);
    return code_finish(p, err);
}

bool code_dependencies_add(struct code_dependencies *d, struct code_dependency what) {
    const void *key = what.type ? (const void *)what.type : (const void *)what.function;
    if (table_has(&d->seen, key)) return true;
    return table_set(&d->seen, key, d) && array_push(&d->list, what);
}

void code_dependencies_free(struct code_dependencies *d) {
    table_free(&d->seen);
    mem_free(d->list.items);
    *d = (struct code_dependencies){0};
}

void code_constants_free(struct code_constants *constants) {
    for (int i = 0; i < constants->values.count; i++) value_release(constants->values.items[i]);
    mem_free(constants->values.items);
    *constants = (struct code_constants){0};
}

/* One printer, with tables of its own, for a function or a type. */
static bool print_once(struct text *out, struct unit *unit, const struct function *f, const struct type *t,
                       lb_error *err) {
    struct code_constants constants = {0};
    struct code_dependencies dependencies = {0};
    struct code_printer *p = code_printer_new(unit, NULL, &constants, &dependencies, err);
    bool ok = p && (f ? code_printer_put_function(p, f, !f->owner, err) : code_printer_put_type(p, t, err));
    if (ok) text_put_bytes(out, text_get(code_printer_text(p)), code_printer_text(p)->length);
    code_printer_free(p);
    code_dependencies_free(&dependencies);
    code_constants_free(&constants);
    return ok;
}

bool code_print_function(struct text *out, const struct function *f, lb_error *err) {
    if (!f->graph) return error_set(err, LB_ERROR_ARGUMENT, "%s has no graph", f->name->text);
    return print_once(out, f->graph->unit, f, NULL, err);
}

bool code_print_class(struct text *out, struct unit *unit, const struct type *t, lb_error *err) {
    return print_once(out, unit, NULL, t, err);
}
