/* The printer's state, shared by its parts: names (code_printer_names.c), which values are written in place
 * (code_printer_inline.c), expressions (code_printer_expressions.c), statements and functions
 * (code_printer.c), classes (code_printer_classes.c). Errors and memory failures are noted in the printer and
 * looked at once per function. */
#ifndef LINKBOY_LANG_CODE_PRINTER_INTERNAL_H
#define LINKBOY_LANG_CODE_PRINTER_INTERNAL_H
#include "ir/views.h"
#include "lang/code_printer_text.h"

/* How a value is written where it is used: by a name, once it has one, else as an expression. */
struct value_text {
    const char *name; /* in the printer's arena */
    struct tagged *expression;
};

struct code_printer {
    struct unit *unit;
    struct code_options options;
    struct code_constants *constants;
    struct code_dependencies *dependencies;
    struct arena memory;
    struct tagged body;
    struct source_range range; /* where what is printed now comes from */
    int level;
    struct table texts;    /* const struct ir_value * -> struct value_text * */
    struct table in_place; /* const struct node * that are written where they are used */
    struct table
        split_offsets;      /* const struct node * -> 1 + greatest input that was looked at for splitting */
    struct table listed;    /* constants that are listed at the top of some function */
    struct table annotated; /* values of Union or Optional type whose type has been written */
    struct table walked_types; /* named types whose contents are among the dependencies */
    struct name_pool names;
    struct table used_names;               /* in this function */
    struct table next_number;              /* name that was taken -> number tried next */
    ARRAY_OF(struct tagged *) expressions; /* to be freed */
    int64_t version;
    lb_error *err;
    bool failed;
};

/* Names. */
bool code_is_identifier(const char *bytes, size_t length);
const char *code_unique_name(struct code_printer *p, const char *candidate, size_t length);
void code_name_values(struct code_printer *p, struct ir_value *const *values, int count);
void code_set_name(struct code_printer *p, const struct ir_value *v, const char *name);
void code_set_expression(struct code_printer *p, const struct ir_value *v, struct tagged *expression);
struct tagged *code_new_expression(struct code_printer *p);
/* Writes a value as it is written where it is used. */
void code_put_use(struct code_printer *p, struct tagged *out, const struct ir_value *v);
const struct value_text *code_text_of(const struct code_printer *p, const struct ir_value *v);

/* Which values are written in place. */
void code_scan_block(struct code_printer *p, struct block *b);

/* Expressions. */
void code_put_expression(struct code_printer *p, struct tagged *out, struct node *n);
void code_put_values(struct code_printer *p, struct tagged *out, struct ir_value *const *values, int count,
                     const char *open, const char *close);
void code_put_constant(struct code_printer *p, struct tagged *out, lb_value v);
void code_put_annotation(struct code_printer *p, struct tagged *out, const struct type *t);
void code_depend_on_type(struct code_printer *p, const struct type *t);
void code_depend_on(struct code_printer *p, struct code_dependency what);

/* Statements. */
void code_indent(struct code_printer *p);
void code_put_definition(struct code_printer *p, const struct function *f, bool first_type);

static inline void code_put(struct code_printer *p, const char *literal) {
    tagged_put(&p->body, p->range, literal);
}
static inline void code_put_text(struct code_printer *p, const char *text) {
    tagged_put_name(&p->body, p->range, text, strlen(text));
}
/* Ends a public call: frees what only it needed; false when anything failed. */
bool code_finish(struct code_printer *p, lb_error *err);
/* Gives up a text of the caller's own; that it could not be made whole is noted. */
static inline void code_drop(struct code_printer *p, struct tagged *t) {
    if (t->failed || t->text.failed) p->failed = true;
    tagged_free(t);
}
/* Notes an error; the function's text is of no use then. */
void code_fail(struct code_printer *p, lb_code code, const char *format, const char *what);
#endif
