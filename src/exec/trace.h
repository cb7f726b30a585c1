/* TorchScript's tracebacks, and the whole text of an error as PyTorch's exception shows it. */
#ifndef LINKBOY_EXEC_TRACE_H
#define LINKBOY_EXEC_TRACE_H
#include "base/error.h"
#include "base/text.h"

/* "The following operation failed in the TorchScript interpreter.\n", the traceback, "CLASS: MESSAGE\n"; of
 * an error without a traceback the message alone. */
void trace_put_error(struct text *out, const lb_error *err);
#endif
