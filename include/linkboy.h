/* linkboy: TorchScript without PyTorch. Load an archive, look at its programs, run them.
 *
 *     lb_error *err = lb_error_new();
 *     lb_module *model = lb_load("model.pt", NULL, err);
 *     lb_value *x = lb_tensor_from(LB_FLOAT32, 2, (int64_t[]){1, 3}, data, err);
 *     lb_value *y = lb_call(model, "forward", NULL, &x, 1, err);
 *
 * Ownership: a function that returns a handle (lb_value *, lb_module *, ...) gives it to the caller, who
 * frees it with the matching _free function; `const` arguments are borrowed for the call. Texts (`char *`)
 * are freed with lb_text_free(); `const char *` results belong to the object asked and live as long as it.
 *
 * Errors: every function that can fail takes an `lb_error *` (may be NULL) and tells by its result (NULL or
 * false) that it failed. The library never prints, exits, aborts or changes the process's settings.
 *
 * Threads: a loaded lb_module may be used from any number of threads at once, each with an lb_context of its
 * own. An lb_context, an lb_error and an lb_value handle belong to one thread at a time. (A module whose
 * program assigns its own attributes changes when it is called; such calls must not overlap.)
 */
#ifndef LINKBOY_H
#define LINKBOY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(_WIN32)
#define LB_API __declspec(dllexport)
#else
#define LB_API __attribute__((visibility("default")))
#endif

#define LB_VERSION_MAJOR 0
#define LB_VERSION_MINOR 1
#define LB_VERSION_PATCH 0

typedef struct lb_module lb_module;
typedef struct lb_context lb_context;
typedef struct lb_value lb_value;
typedef struct lb_error lb_error;

/* The library's version, "0.1.0". */
LB_API const char *lb_version(void);

/* ---- Errors ---- */

typedef enum lb_code {
    LB_OK = 0,
    LB_ERROR_MEMORY,      /* an allocation failed or a memory limit was passed */
    LB_ERROR_IO,          /* the system would not read or write */
    LB_ERROR_FORMAT,      /* a file is damaged or hostile */
    LB_ERROR_UNSUPPORTED, /* a file form, operator or feature that is not there yet */
    LB_ERROR_ARGUMENT,    /* the caller's arguments do not fit */
    LB_ERROR_COMPILE,     /* source or IR text that does not compile */
    LB_ERROR_RUNTIME,     /* an operator refused */
    LB_ERROR_RAISED,      /* a raise or assert statement of the program */
    LB_ERROR_LIMIT,       /* a limit of steps, depth or time */
    LB_ERROR_CANCELLED,
    LB_ERROR_INTERNAL, /* a belief of the library's did not hold: please report it */
} lb_code;

LB_API lb_error *lb_error_new(void);
LB_API void lb_error_free(lb_error *err);
LB_API void lb_error_clear(lb_error *err);
LB_API lb_code lb_error_code(const lb_error *err);
/* The message alone, "" when there is no error. */
LB_API const char *lb_error_message(const lb_error *err);
/* The exception class PyTorch would raise: "RuntimeError", "IndexError", "torch.jit.Error", ... */
LB_API const char *lb_error_kind(const lb_error *err);
/* The whole text as PyTorch prints it: TorchScript's traceback and "CLASS: MESSAGE"; the message when there
 * is no traceback. */
LB_API const char *lb_error_text(const lb_error *err);

/* ---- Loading ---- */

/* Set `size` to sizeof; members that are 0 mean the default. */
typedef struct lb_load_options {
    size_t size;
    bool check_crc;    /* compare every record's CRC-32 (off: PyTorch does not) */
    bool run_nothing;  /* refuse archives whose classes want code run while loading (__setstate__) */
    int64_t max_steps; /* of code run while loading; default 10 million */
    int64_t max_bytes; /* of memory for what is decompressed or built; default 16 GiB */
    /* Memory form only: the bytes stay valid until lb_module_free(), so that tensors may point into them.
     * Otherwise they are copied. */
    bool keep_memory;
} lb_load_options;

/* Loads an archive that torch.jit.save wrote (versions 3 to 10). The file is mapped; tensors use the mapping
 * in place. NULL with LB_ERROR_IO, _FORMAT, _COMPILE, _UNSUPPORTED, _LIMIT. (torch::jit::load) */
LB_API lb_module *lb_load(const char *path, const lb_load_options *options, lb_error *err);
LB_API lb_module *lb_load_memory(const void *bytes, size_t length, const lb_load_options *options,
                                 lb_error *err);
LB_API void lb_module_free(lb_module *module);

/* Extra files that were saved beside the program (torch.jit.load's _extra_files): the name of each, in the
 * archive's order, NULL past the end; and the bytes of one, which belong to the module. NULL with
 * LB_ERROR_ARGUMENT: there is none of this name. `length` may be NULL. */
LB_API const char *lb_extra_name(const lb_module *module, int index);
LB_API const void *lb_extra_file(const lb_module *module, const char *name, size_t *length, lb_error *err);

/* Reads what torch.save wrote (zip form): dicts, lists, tuples, tensors, numbers, strings. An OrderedDict is
 * a dict, and what else it carries (_metadata) is left out. From memory: the bytes are copied. (torch.load)
 */
LB_API lb_value *lb_read_value(const char *path, lb_error *err);
LB_API lb_value *lb_read_value_memory(const void *bytes, size_t length, lb_error *err);

/* ---- Saving ---- */

/* Set `size` to sizeof; members that are 0 mean the default.
 *
 * The extra files that the module was loaded with are saved again. Those named here are added to them, or
 * take the place of one of the same name. Bytes NULL: the file of this name is left out; name NULL (then only
 * what else is named here is saved): all that the module was loaded with are. */
typedef struct lb_save_options {
    size_t size;
    const char *const *extra_names; /* without "extra/" */
    const void *const *extra_bytes; /* borrowed for the call */
    const size_t *extra_lengths;
    int extra_count;
} lb_save_options;

/* Saves a module, whether it was loaded or compiled, as an archive that PyTorch and lb_load() open: the same
 * records, and the same bytes of code and data, as PyTorch's own torch.jit.save(torch.jit.load(FILE)).
 * Tensors that share memory share it again.
 *
 * The file is replaced as a whole or not at all: it is written beside its place, brought to the disk, then
 * renamed, so whoever is killed or finds the disk full leaves the old file as it was. A module may be saved
 * over the file that it was loaded from. What is no regular file (a pipe, /dev/stdout) is written as it
 * comes.
 *
 * Classes with __getstate__ have it run, under the limits of loading. The module must not be called meanwhile
 * if its program changes its own attributes. False with LB_ERROR_IO; LB_ERROR_UNSUPPORTED (what no archive
 * can hold: a future, a generator); LB_ERROR_LIMIT (a value that holds itself). (torch.jit.save) */
LB_API bool lb_module_save(const lb_module *module, const char *path, const lb_save_options *options,
                           lb_error *err);
/* The same to memory; *bytes is the caller's, to be freed with lb_bytes_free(). */
LB_API bool lb_module_save_memory(const lb_module *module, const lb_save_options *options, void **bytes,
                                  size_t *length, lb_error *err);
LB_API void lb_bytes_free(void *bytes);

/* Writes a value so that torch.load(weights_only=True) reads it, with the care of lb_module_save(). Objects
 * of a program's classes are refused, an enum is written as its value. (torch.save) */
LB_API bool lb_write_value(const char *path, const lb_value *value, lb_error *err);
LB_API bool lb_write_value_memory(const lb_value *value, void **bytes, size_t *length, lb_error *err);

/* Parameters and buffers by dotted name, in PyTorch's order: a dict of strings to tensors, which are the
 * module's own. (Module.state_dict) */
LB_API lb_value *lb_state_dict(const lb_module *module, lb_error *err);
/* Copies tensors from such a dict into the module's own, converting dtypes. All that does not fit is told in
 * one LB_ERROR_ARGUMENT, in PyTorch's words: sizes that differ, and, when `strict`, names that are missing or
 * not known; what fits is copied nevertheless. The module must not be called meanwhile; weights that calls
 * have prepared are prepared anew. (Module.load_state_dict) */
LB_API bool lb_load_state_dict(const lb_module *module, const lb_value *dict, bool strict, lb_error *err);

/* ---- What is in a module ---- */

/* Names of the methods, in definition order: "forward". `index` from 0; NULL past the end. */
LB_API const char *lb_method_name(const lb_module *module, int index);
/* Whether this method exists. A name "a.b.f" is method f of the submodule at path a.b, here and below. */
LB_API bool lb_has_method(const lb_module *module, const char *method);
/* Dotted paths of submodules, depth first, the first of each type; the root is "". NULL past the end. */
LB_API const char *lb_submodule_path(const lb_module *module, int index);

typedef enum lb_text_kind {
    LB_TEXT_CODE,        /* .code */
    LB_TEXT_GRAPH,       /* str(graph): PyTorch's value numbers and source ranges */
    LB_TEXT_CANONICAL,   /* after _jit_pass_canonicalize, str(False) */
    LB_TEXT_INLINED,     /* the same after _jit_pass_inline */
    LB_TEXT_SCHEMA,      /* forward(__torch__.M self, Tensor x) -> Tensor */
    LB_TEXT_DOT,         /* a picture of the graph for graphviz */
    LB_TEXT_BYTECODE,    /* what the interpreter runs, for the curious */
    LB_TEXT_DOT_INLINED, /* the picture with the called methods put in place */
} lb_text_kind;

/* A text of a method. To be freed with lb_text_free(). */
LB_API char *lb_text(const lb_module *module, lb_text_kind kind, const char *method, lb_error *err);
/* Reads a graph from its text, as LB_TEXT_GRAPH, LB_TEXT_CANONICAL and LB_TEXT_INLINED give it or as written
 * by hand, checks it, and writes it as LB_TEXT_GRAPH, LB_TEXT_CANONICAL or LB_TEXT_DOT. Values are numbered
 * anew, names are kept, comments dropped; an error names line and column. (torch._C.parse_ir) */
LB_API char *lb_graph_text(const char *text, size_t length, lb_text_kind kind, lb_error *err);
/* repr(module). */
LB_API char *lb_repr(const lb_module *module, lb_error *err);
/* What the archive is: a JSON object with format, version, records, classes, methods and their schemas,
 * parameters (count, bytes), operators used and those that have no kernel. */
LB_API char *lb_info_json(const lb_module *module, lb_error *err);
/* Every operator the library knows: a JSON array of {"schema", "state", "dtypes"}. The state is "kernel",
 * "derived" (made of the functional operator by rule), "decomposed" (others put together), "interpreter",
 * "graph only" (no archive can hold it) or "missing"; dtypes are those that its first tensor may have, as far
 * as they are recorded. */
LB_API char *lb_ops_json(lb_error *err);
LB_API void lb_text_free(char *text);

/* An attribute, parameter or buffer by dotted path ("layer1.weight"); a new handle that shares the tensor. */
LB_API lb_value *lb_attribute(const lb_module *module, const char *path, lb_error *err);

/* A module of the program as a handle of its own: the submodule at a dotted path, or an object (a module or
 * an instance of a script class) that this program gave. It shares the program, which lives until the last of
 * its handles is freed; every function of this header that takes a module takes it. */
LB_API lb_module *lb_module_at(const lb_module *module, const char *path, lb_error *err);
LB_API lb_module *lb_module_of(const lb_module *program, const lb_value *object, lb_error *err);
/* The other way: the module's object, to be passed to a program or compared. */
LB_API lb_value *lb_module_value(const lb_module *module, lb_error *err);
/* False for an instance of a script class, which lb_module_of() takes as well. */
LB_API bool lb_module_is_module(const lb_module *module);

/* ---- Running ---- */

/* Set `size` to sizeof; members that are 0 mean the default. */
typedef struct lb_context_options {
    size_t size;
    int threads;       /* inside operators and for fork; default 1, and then no thread is ever made */
    int64_t max_steps; /* of interpreted instructions a call; default none */
    int64_t max_bytes; /* of tensors alive; default none */
    int max_depth;     /* of calls; default 1,000 */
    bool allow_system; /* operators that touch files (from_file, save) */
    bool profile;      /* keep times by operator: lb_context_profile_json() */
    /* Instruction set by name ("baseline", "avx2", "avx512", "neon"); NULL: the best this machine has. */
    const char *instruction_set;
    /* Where print() and warnings go; NULL: dropped. */
    void (*print)(void *user, const char *text, size_t length);
    void (*warn)(void *user, const char *text, size_t length);
    void *user;
} lb_context_options;

/* What a thread needs to run programs: threads, limits, the random generator. NULL options: all defaults. */
LB_API lb_context *lb_context_new(const lb_context_options *options, lb_error *err);
LB_API void lb_context_free(lb_context *context);
/* Another number of threads, from the next call on; not while one runs. False: memory, or less than 1. */
LB_API bool lb_context_set_threads(lb_context *context, int threads, lb_error *err);
/* torch.manual_seed for this context. */
LB_API void lb_context_seed(lb_context *context, uint64_t seed);
/* From any thread: makes a running call return LB_ERROR_CANCELLED soon. */
LB_API void lb_context_cancel(lb_context *context);
/* JSON: [{"op", "calls", "ms"}], most time first. */
LB_API char *lb_context_profile_json(const lb_context *context, lb_error *err);

/* Calls a method with arguments by position; defaults are filled in. NULL context: a fresh one for this call.
 * The result is a new handle. (Module::forward, Module::run_method) */
LB_API lb_value *lb_call(const lb_module *module, const char *method, lb_context *context,
                         lb_value *const *args, int count, lb_error *err);
/* The same with keyword arguments after the positional ones. */
LB_API lb_value *lb_call_named(const lb_module *module, const char *method, lb_context *context,
                               lb_value *const *args, int count, const char *const *names,
                               lb_value *const *named_args, int named_count, lb_error *err);

/* ---- Values ---- */

typedef enum lb_kind {
    LB_NONE,
    LB_BOOL,
    LB_INT,
    LB_FLOAT,
    LB_COMPLEX,
    LB_STRING,
    LB_DEVICE,
    LB_TENSOR,
    LB_LIST,
    LB_TUPLE,
    LB_DICT,
    LB_OBJECT,
    LB_ENUM,
    LB_OTHER,
} lb_kind;

/* Element types, numbered as PyTorch's ScalarType. */
typedef enum lb_dtype {
    LB_UINT8 = 0,
    LB_INT8 = 1,
    LB_INT16 = 2,
    LB_INT32 = 3,
    LB_INT64 = 4,
    LB_FLOAT16 = 5,
    LB_FLOAT32 = 6,
    LB_FLOAT64 = 7,
    LB_COMPLEX32 = 8,
    LB_COMPLEX64 = 9,
    LB_COMPLEX128 = 10,
    LB_BOOL8 = 11,
    LB_QINT8 = 12,
    LB_QUINT8 = 13,
    LB_QINT32 = 14,
    LB_BFLOAT16 = 15,
} lb_dtype;

LB_API void lb_value_free(lb_value *value);
/* Another handle to the same list, dict, tensor or object; numbers are copied. */
LB_API lb_value *lb_value_copy(const lb_value *value, lb_error *err);
LB_API lb_kind lb_value_kind(const lb_value *value);
/* As TorchScript prints it. */
LB_API char *lb_value_text(const lb_value *value, lb_error *err);

LB_API lb_value *lb_none_new(lb_error *err);
LB_API lb_value *lb_bool_new(bool value, lb_error *err);
LB_API lb_value *lb_int_new(int64_t value, lb_error *err);
LB_API lb_value *lb_float_new(double value, lb_error *err);
LB_API lb_value *lb_complex_new(double re, double im, lb_error *err);
LB_API lb_value *lb_string_new(const char *bytes, size_t length, lb_error *err);
/* Items are copied as lb_value_copy() does. A list's element type is taken from the parameter it is passed
 * for. */
LB_API lb_value *lb_list_new(lb_value *const *items, int64_t count, lb_error *err);
LB_API lb_value *lb_tuple_new(lb_value *const *items, int64_t count, lb_error *err);
LB_API lb_value *lb_dict_new(lb_error *err);
LB_API bool lb_dict_set(lb_value *dict, const lb_value *key, const lb_value *value, lb_error *err);

/* The number or flag; 0 for another kind. */
LB_API bool lb_bool_get(const lb_value *value);
LB_API int64_t lb_int_get(const lb_value *value);
LB_API double lb_float_get(const lb_value *value);
LB_API void lb_complex_get(const lb_value *value, double *re, double *im);
/* Bytes of a string (NUL-terminated as well); NULL for another kind. */
LB_API const char *lb_string_get(const lb_value *value, size_t *length);
/* Items of a list, tuple or dict (a dict's values in insertion order); a new handle each. */
LB_API int64_t lb_count(const lb_value *value);
LB_API lb_value *lb_item(const lb_value *value, int64_t index, lb_error *err);
LB_API lb_value *lb_dict_key(const lb_value *dict, int64_t index, lb_error *err);
/* The value of a string key, or NULL without error when there is none. */
LB_API lb_value *lb_dict_find(const lb_value *dict, const char *key);

/* ---- Tensors ---- */

/* A contiguous tensor of these sizes; `data` (row-major, host byte order) is copied, or zeros for NULL. */
LB_API lb_value *lb_tensor_from(lb_dtype dtype, int ndim, const int64_t *sizes, const void *data,
                                lb_error *err);
/* A tensor over the caller's memory, not copied. Strides in elements, NULL: contiguous. `release(user)` is
 * called when the last reference goes; NULL: the memory outlives every use. */
LB_API lb_value *lb_tensor_borrow(lb_dtype dtype, int ndim, const int64_t *sizes, const int64_t *strides,
                                  void *data, void (*release)(void *user), void *user, lb_error *err);
LB_API lb_dtype lb_tensor_dtype(const lb_value *tensor);
LB_API const char *lb_dtype_name(lb_dtype dtype); /* "float32" */
LB_API size_t lb_dtype_size(lb_dtype dtype);      /* bytes of an element */
LB_API int lb_tensor_ndim(const lb_value *tensor);
LB_API const int64_t *lb_tensor_sizes(const lb_value *tensor);
LB_API const int64_t *lb_tensor_strides(const lb_value *tensor); /* in elements */
LB_API int64_t lb_tensor_numel(const lb_value *tensor);
/* The first element; other elements follow the strides. Writing into a parameter of a loaded module is for
 * before its first call: what a call has prepared from it (packed weights) does not notice. */
LB_API void *lb_tensor_data(const lb_value *tensor);
/* A contiguous copy, dequantized and with dtype changed when `dtype` is not its own. A sparse or nested
 * tensor has no elements in a row: an error. */
LB_API lb_value *lb_tensor_to(const lb_value *tensor, lb_dtype dtype, lb_error *err);
/* Where the elements are (torch.layout); all but strided ones have no data and strides of their own. */
typedef enum lb_layout {
    LB_STRIDED = 0,
    LB_SPARSE_COO = 1,
    LB_SPARSE_CSR = 2,
    LB_SPARSE_CSC = 4,
    LB_SPARSE_BSR = 5,
    LB_SPARSE_BSC = 6,
    LB_NESTED = 64,
} lb_layout;
LB_API lb_layout lb_tensor_layout(const lb_value *tensor);
/* A strided tensor that a sparse or nested one is made of, as a new handle: indices, values (COO); compressed
 * and plain indices, values; buffer, sizes, strides, offsets (nested; a nested tensor's own size is -1 where
 * its items differ). NULL without error when there is no such part. */
LB_API lb_value *lb_tensor_part(const lb_value *tensor, int part, lb_error *err);

#ifdef __cplusplus
}
#endif
#endif
