/* What the files of compiling share. */
#ifndef LINKBOY_API_COMPILE_H
#define LINKBOY_API_COMPILE_H
#include "api/handle.h"
#include "lang/host.h"

struct host *api_host(lb_unit *unit); /* NULL: memory */
/* The caller's source, of whatever size it is. */
lb_source api_whole(const lb_source *source);
/* host_declare() with the caller's source, of whatever size it is. */
struct function *api_declare(struct host *host, const char *qualified, const lb_type *class_type,
                             const lb_source *source, lb_error *err);
#endif
