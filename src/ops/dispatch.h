/* Which kernel a call gets, by the layouts of its tensors, and whether one is quantized.
 *
 * A row's own kernel may take sizes, strides and storage of every tensor for granted. Where an argument is
 * sparse or nested, the row's kernel for that layout runs (the words `sparse` and `nested` of the rows), and
 * without one the call is refused as PyTorch's dispatcher refuses it. Where one is quantized, the row's
 * kernel for that runs (`quantized`), else its own, as views and copies want it. So whoever runs a kernel on
 * values of a program does it through here. */
#ifndef LINKBOY_OPS_DISPATCH_H
#define LINKBOY_OPS_DISPATCH_H
#include "ops/call.h"

/* In the order in which one of them wins over the others (c10/core/DispatchKey.h). */
enum op_backend { BACKEND_CPU, BACKEND_QUANTIZED, BACKEND_SPARSE, BACKEND_SPARSE_CSR, BACKEND_NESTED };

enum op_backend tensor_backend(const struct tensor *t);
/* Of all tensors and lists of tensors among the arguments. */
enum op_backend args_backend(const lb_value *args, int count);
/* Whether the schema speaks of tensors: containers of whatever type hold sparse ones as they hold all others.
 */
bool op_takes_tensors(const struct op_row *row);
/* The functional row of an in-place or out= one; NULL: none is known. */
const struct op_row *op_functional_row(const struct op_row *row);
/* Runs the row's kernel for a backend; BACKEND_CPU is the row's own. */
bool op_run_on(struct op_call *c, enum op_backend backend);
/* Runs the call by what its arguments are; `kernel` where all are strided and plain. */
static inline bool op_dispatch(struct op_call *c, op_kernel kernel) {
    enum op_backend backend = args_backend(c->args, c->arg_count);
    return __builtin_expect(backend == BACKEND_CPU, 1) ? kernel(c) : op_run_on(c, backend);
}
/* NotImplementedError: the operator has no kernel for that backend; always false. */
bool op_refuse_backend(struct op_call *c, enum op_backend backend);
#endif
