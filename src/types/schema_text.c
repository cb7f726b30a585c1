/* Schemas as PyTorch prints them (operator<< of Argument, AliasInfo and FunctionSchema in
 * aten/src/ATen/core). */
#include "types/schema.h"
#include "value/print.h"
#include <string.h>

static void put_set(struct text *out, const char *letters, bool wildcard) {
    bool first = true;
    for (; *letters; letters++, first = false) text_printf(out, "%s%c", first ? "" : "|", *letters);
    if (wildcard) text_put(out, first ? "*" : "|*");
}

static void put_alias(struct text *out, const struct alias_info *a) {
    if (!a->present) return;
    text_put_char(out, '(');
    put_set(out, a->before, a->before_wildcard);
    if (a->is_write) text_put_char(out, '!');
    if (strcmp(a->before, a->after) != 0 || a->before_wildcard != a->after_wildcard) {
        text_put(out, " -> ");
        put_set(out, a->after, a->after_wildcard);
    }
    text_put_char(out, ')');
}

/* An int[] argument with one value for all its items, such as int[2] stride=1; SymInt[] shows the list. */
static bool is_repeated(const struct argument *a, const struct type *t) {
    if (t->kind != TYPE_LIST || t->items[0]->kind != TYPE_INT || a->default_value.tag != VALUE_LIST)
        return false;
    const struct list *l = a->default_value.list;
    for (int64_t i = 1; i < l->count; i++)
        if (l->items[i].i != l->items[0].i) return false;
    return l->count > 1;
}

static void put_default(struct text *out, const struct argument *a) {
    lb_value v = a->default_value;
    text_put_char(out, '=');
    if (is_repeated(a, a->declared ? a->declared : a->type)) v = v.list->items[0];
    if (v.tag == VALUE_STRING)
        value_put_quoted(out, v.string->bytes, v.string->length);
    else
        value_put(out, v, &(const struct value_words){.put_type = type_put_annotation});
}

static void put_argument(struct text *out, const struct argument *a) {
    const struct type *t = a->declared ? a->declared : a->type;
    bool optional = t->kind == TYPE_OPTIONAL;
    if (optional) t = t->items[0];
    if (t->kind == TYPE_LIST) {
        type_put_schema(out, t->items[0]);
        put_alias(out, &a->element_alias);
        text_put_char(out, '[');
        if (a->fixed_length) text_put_int(out, a->fixed_length);
        text_put_char(out, ']');
    } else {
        type_put_schema(out, t);
    }
    put_alias(out, &a->alias);
    if (optional) text_put_char(out, '?');
    if (a->name) text_printf(out, " %s", a->name->text);
    if (a->has_default) put_default(out, a);
}

static void put_arguments(struct text *out, const struct schema *schema) {
    bool keyword_only = false, first = true;
    for (int i = 0; i < schema->argument_count; i++, first = false) {
        const struct argument *a = &schema->arguments[i];
        if (!first) text_put(out, ", ");
        if (a->keyword_only && !keyword_only) text_put(out, "*, ");
        keyword_only |= a->keyword_only;
        put_argument(out, a);
    }
    if (schema->is_vararg) text_put(out, first ? "..." : ", ...");
}

/* Whether a type's text begins with a parenthesis: a tuple, or a list or optional of one. */
static bool begins_with_parenthesis(const struct type *t) {
    while (t->kind == TYPE_LIST || t->kind == TYPE_OPTIONAL) t = t->items[0];
    return t->kind == TYPE_TUPLE && !t->fields;
}

/* One result stands bare unless its text begins with a parenthesis; nothing but "..." too. */
static void put_returns(struct text *out, const struct schema *schema) {
    bool bare = schema->return_count + schema->is_varret == 1 &&
                !(schema->return_count && begins_with_parenthesis(schema->returns[0].type));
    if (!bare) text_put_char(out, '(');
    for (int i = 0; i < schema->return_count; i++) {
        if (i) text_put(out, ", ");
        put_argument(out, &schema->returns[i]);
    }
    if (schema->is_varret) text_put(out, schema->return_count ? ", ..." : "...");
    if (!bare) text_put_char(out, ')');
}

void schema_put(struct text *out, const struct schema *schema) {
    text_put(out, schema->name->text);
    if (*schema->overload) text_printf(out, ".%s", schema->overload);
    text_put_char(out, '(');
    put_arguments(out, schema);
    text_put(out, ") -> ");
    put_returns(out, schema);
}
