/* TorchScript's tracebacks, and the whole text of an error as PyTorch's exception shows it. */
#ifndef LINKBOY_EXEC_TRACE_H
#define LINKBOY_EXEC_TRACE_H
#include "base/error.h"
#include "base/text.h"

/* The whole text: what machine_trace() put into err->trace (the traceback, then "CLASS: MESSAGE"), or the
 * message alone where there is none. */
void trace_put_error(struct text *out, const lb_error *err);
#endif
