/* Kernels by layout; see dispatch.h. */
#include "ops/dispatch.h"
#include "ops/quantized/absent.h"
#include "ops/table.h"
#include <string.h>

enum op_backend tensor_backend(const struct tensor *t) {
    switch ((enum tensor_layout)t->layout) {
    case LAYOUT_STRIDED: return t->quantizer ? BACKEND_QUANTIZED : BACKEND_CPU;
    case LAYOUT_MKLDNN: return BACKEND_CPU;
    case LAYOUT_SPARSE_COO: return BACKEND_SPARSE;
    case LAYOUT_NESTED: return BACKEND_NESTED;
    default: return BACKEND_SPARSE_CSR;
    }
}

static enum op_backend later(enum op_backend a, const lb_value *v) {
    enum op_backend b = v->tag == VALUE_TENSOR ? tensor_backend(v->tensor) : BACKEND_CPU;
    return a > b ? a : b;
}

/* A list has tensors in all places or in none, None aside. */
static enum op_backend list_backend(enum op_backend backend, const struct list *list) {
    for (int64_t i = 0; i < list->count; i++) {
        if (list->items[i].tag != VALUE_TENSOR && list->items[i].tag != VALUE_NONE) break;
        backend = later(backend, &list->items[i]);
    }
    return backend;
}

enum op_backend args_backend(const lb_value *args, int count) {
    enum op_backend backend = BACKEND_CPU;
    for (int i = 0; i < count; i++)
        backend = args[i].tag == VALUE_LIST ? list_backend(backend, args[i].list) : later(backend, &args[i]);
    return backend;
}

bool op_refuse_backend(struct op_call *c, enum op_backend backend) {
    static const char *const names[] = {"CPU", "QuantizedCPU", "SparseCPU", "SparseCsrCPU",
                                        "NestedTensorCPU"};
    if (!c->row)
        return error_set_kind(c->err, LB_ERROR_RUNTIME, "NotImplementedError", "not for the '%s' backend",
                              names[backend]);
    const char *name = op_name(c->row), *overload = op_overload(c->row), *dot = *overload ? "." : "";
    return error_set_kind(
        c->err, LB_ERROR_RUNTIME, "NotImplementedError",
        "Could not run '%s%s%s' with arguments from the '%s' backend. This could be because the operator "
        "doesn't exist for this backend, or was omitted during the selective/custom build process (if using "
        "custom build). If you are a Facebook employee using PyTorch on mobile, please visit "
        "https://fburl.com/ptmfixes for possible resolutions.",
        name, dot, overload, names[backend]);
}

/* The row's place in ops_layout_rows, or NULL. */
static const struct op_layout_row *layout_row(const struct op_row *row) {
    int index = ops_index(row), low = 0, high = (int)ops_layout_row_count;
    while (low < high) {
        int middle = (low + high) / 2;
        if (ops_layout_rows[middle].row < index)
            low = middle + 1;
        else
            high = middle;
    }
    return low < (int)ops_layout_row_count && ops_layout_rows[low].row == index ? &ops_layout_rows[low]
                                                                                : NULL;
}

/* A row that takes a tensor first and writes none. */
static const struct op_row *functional(const char *name, const char *overload) {
    const struct op_row *row = ops_find_overload(name, overload);
    bool plain = row && !(row->traits & (OP_OUT | OP_IN_PLACE)) && strstr(op_schema(row), "(Tensor");
    return plain ? row : NULL;
}

const struct op_row *op_functional_row(const struct op_row *row) {
    char name[96], overload[72];
    const char *own = op_overload(row);
    size_t length = strlen(op_name(row)), most = strlen(own);
    if (length >= sizeof name || most >= 64) return NULL;
    strcpy(name, op_name(row));
    strcpy(overload, own);
    if (row->traits & OP_IN_PLACE && length && name[length - 1] == '_') name[length - 1] = 0;
    if (row->traits & OP_OUT && most >= 4 && !strcmp(own + most - 4, "_out"))
        overload[most - 4] = 0;
    else if (row->traits & OP_OUT && !strncmp(own, "out", 3)) /* "out_mode" is of "Tensor_mode" */
        strcat(strcpy(overload, own[3] ? "Tensor" : ""), own + 3);
    const struct op_row *found = functional(name, overload);
    return found ? found : functional(name, "Tensor");
}

bool op_takes_tensors(const struct op_row *row) {
    const char *schema = op_schema(row), *tensor = strstr(schema, "Tensor"), *end = strstr(schema, ") -> ");
    return tensor && tensor < end;
}

bool op_run_on(struct op_call *c, enum op_backend backend) {
    op_kernel kernel = op_run(c->row);
    if (backend != BACKEND_CPU && op_takes_tensors(c->row)) {
        const struct op_layout_row *other = layout_row(c->row);
        int place = backend == BACKEND_QUANTIZED ? 2 : backend == BACKEND_NESTED;
        op_kernel given = other ? ops_kernels[other->kernels[place]] : NULL;
        if (given || backend != BACKEND_QUANTIZED || quantized_absent(c->row)) kernel = given;
    }
    return kernel ? kernel(c) : op_refuse_backend(c, backend);
}
