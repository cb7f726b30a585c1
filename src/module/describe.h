/* Texts about a program, as PyTorch prints them. */
#ifndef LINKBOY_MODULE_DESCRIBE_H
#define LINKBOY_MODULE_DESCRIBE_H
#include "module/program.h"

/* repr(module) of a loaded RecursiveScriptModule. */
void program_put_repr(struct text *out, const struct program *p);
/* The texts of one method; false with err. */
bool program_put_code(struct text *out, const struct program *p, const char *method, lb_error *err);
bool program_put_graph(struct text *out, const struct program *p, const char *method, lb_error *err);
bool program_put_canonical(struct text *out, const struct program *p, const char *method, lb_error *err);
bool program_put_inlined(struct text *out, const struct program *p, const char *method, lb_error *err);
bool program_put_schema(struct text *out, const struct program *p, const char *method, lb_error *err);
bool program_put_dot(struct text *out, const struct program *p, const char *method, lb_error *err);
bool program_put_dot_inlined(struct text *out, const struct program *p, const char *method, lb_error *err);
bool program_put_bytecode(struct text *out, const struct program *p, const char *method, lb_error *err);
/* A graph's text, read and written again. */
bool graph_text_rewrite(struct text *out, const char *text, size_t length, lb_text_kind kind, lb_error *err);
/* A JSON object: what the archive is and holds, which operators it uses, which of them have no kernel. */
bool program_put_info(struct text *out, const struct program *p, lb_error *err);
#endif
