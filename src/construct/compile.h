/* A plain Python file becomes a program without Python: what its top level and the wanted constructor do is
 * run once, what is called in the program is compiled. */
#ifndef LINKBOY_CONSTRUCT_COMPILE_H
#define LINKBOY_CONSTRUCT_COMPILE_H
#include "construct/construct.h"
#include "types/unit.h"

struct compile_request {
    const char *text;
    size_t length;
    const char *file;   /* what messages call it; NULL: "<text>" */
    const char *module; /* the Python module it stands for; NULL: "__main__" */
    const char *name;   /* what is made: "f", "Net", "Net(3, hidden=16)"; NULL: the only thing there is */
    const struct construct_limits *limits; /* NULL: the defaults */
    struct module_files imports;           /* what it may import besides libraries */
};

struct compiled {
    lb_value root;             /* the module, an object of the unit; a function's is made around it */
    struct function *function; /* NULL: it is a module */
};

/* `unit` is fresh; `cx` runs operators while modules are constructed. */
bool compile_file(struct unit *unit, const struct compile_request *request, struct run_context *cx,
                  struct compiled *out, lb_error *err);
#endif
