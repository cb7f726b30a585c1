/* Texts about a program, as PyTorch prints them. */
#ifndef LINKBOY_MODULE_DESCRIBE_H
#define LINKBOY_MODULE_DESCRIBE_H
#include "module/program.h"

struct graph;

/* repr(module) of a loaded RecursiveScriptModule. */
void program_put_repr(struct text *out, const struct program *p);
/* A text of a function, of one method, of a graph by itself; `title` is for pictures and errors. */
bool function_put_text(struct text *out, struct unit *unit, struct function *f, const char *title,
                       lb_text_kind kind, lb_error *err);
bool program_put_text(struct text *out, const struct program *p, const char *method, lb_text_kind kind,
                      lb_error *err);
bool graph_put_text(struct text *out, struct graph *g, const char *title, lb_text_kind kind, lb_error *err);
/* What the code of a method names CONSTANTS.cN: a tuple, the caller's. */
bool program_constants(const struct program *p, const char *method, lb_value *out, lb_error *err);
/* A graph's text, read and written again. */
bool graph_text_rewrite(struct text *out, const char *text, size_t length, lb_text_kind kind, lb_error *err);
/* A JSON object: what the archive is and holds, which operators it uses, which of them have no kernel. */
bool program_put_info(struct text *out, const struct program *p, lb_error *err);
#endif
