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
/* Owns types, functions and names; whatever is made in it keeps it alive. (torch::jit::CompilationUnit) */
typedef struct lb_unit lb_unit;
/* A type of a unit, and a function of one: they live as long as it, and are never freed by themselves. */
typedef struct lb_type lb_type;
typedef struct lb_function lb_function;

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
/* For callbacks that tell of an error of their own. The first error stands. */
LB_API void lb_error_set(lb_error *err, lb_code code, const char *message);

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
    /* Loads into this unit, so that modules made there may hold the module. A name that is taken there gets
     * an atom put in. NULL: a unit of its own. */
    lb_unit *unit;
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
    /* Of a traced module: the inputs it was traced with, a dict of method names to lists of arguments; NULL:
     * none. Their elements are not written, only what they look like; borrowed. */
    const lb_value *traced_inputs;
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
    LB_TEXT_PLAIN,       /* graph.str(False): PyTorch's value numbers, no source ranges */
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

/* An attribute, parameter, buffer or constant by dotted path ("layer1.weight"); a new handle that shares the
 * tensor. */
LB_API lb_value *lb_attribute(const lb_module *module, const char *path, lb_error *err);
/* Attributes of the module itself in the order in which they were declared; NULL past the end. */
LB_API const char *lb_attribute_name(const lb_module *module, int index);
/* What an attribute is declared as; 0: none of these. */
enum { LB_PARAMETER = 1, LB_BUFFER = 2, LB_SUBMODULE = 4 };
LB_API int lb_attribute_flags(const lb_module *module, int index);
/* Changes an attribute. The value is converted as an argument is (a tensor stays the same tensor);
 * LB_ERROR_ARGUMENT when it does not fit, or there is no such attribute. The module must not be called
 * meanwhile. */
LB_API bool lb_set_attribute(const lb_module *module, const char *path, const lb_value *value, lb_error *err);
/* A module of the same class with copies of all tensors, lists and objects. (copy.deepcopy of a ScriptModule)
 */
LB_API lb_module *lb_module_copy(const lb_module *module, lb_error *err);
/* The values that the code of a method names CONSTANTS.c0, CONSTANTS.c1, ...: a tuple. (code_with_constants)
 */
LB_API lb_value *lb_method_constants(const lb_module *module, const char *method, lb_error *err);

/* A module of the program as a handle of its own: the submodule at a dotted path, or an object (a module or
 * an instance of a script class) that this program gave. It shares the program, which lives until the last of
 * its handles is freed; every function of this header that takes a module takes it. */
LB_API lb_module *lb_module_at(const lb_module *module, const char *path, lb_error *err);
LB_API lb_module *lb_module_of(const lb_module *program, const lb_value *object, lb_error *err);
/* The other way: the module's object, to be passed to a program or compared. */
LB_API lb_value *lb_module_value(const lb_module *module, lb_error *err);
/* False for an instance of a script class, which lb_module_of() takes as well. */
LB_API bool lb_module_is_module(const lb_module *module);

/* ---- Compiling ---- */

/* Functions, classes and modules are made in a unit. One thread at a time may compile; what is compiled may
 * run in any number of threads meanwhile. */

/* What a name means, while the host tells it. */
typedef struct lb_answer lb_answer;

/* What a program's free names mean is asked of a host. `scope` is the host's own pointer: that of the source
 * in which the name stands, of the namespace whose attribute it is, or of the module's class. `find` answers
 * by one of the lb_answer_ functions; answering nothing says that there is no such name (or, of a class, that
 * it was declared as a method just now). False with `err` filled ends the compilation. While it answers, the
 * host may declare and compile. `scope` NULL asks for the class behind a type that the host made, by the
 * type's qualified name: a scope (lb_answer_scope()) of what it has besides its compiled members; that of an
 * Enum is asked for "()" and "[]", functions that give the member of a value and of a name, anything for
 * "value()" where members are their values (an IntEnum), for "str()" where that gives these. A source's scope
 * answers to "super()" with the name (lb_answer_name()) of the class C in whose body it stands; super().m is
 * then asked of the object's class as "__super_C_m". A class answers to "bases()" with items, the types it
 * comes from, for isinstance(), and with anything to "frozen()" where the attributes of its objects cannot be
 * set. Messages ask for "?near NAME", the known name likest to a wrong one, and
 * "?set NAME", where a class sets an attribute ("net.py, line 7"): lb_answer_object() with these words, or
 * nothing. */
typedef struct lb_host {
    size_t size;
    void *user;
    bool (*find)(void *user, void *scope, const char *name, lb_answer *answer, lb_error *err);
} lb_host;

/* The definition of a function in Python: `text` is its file or a part of it (UTF-8), the definition begins
 * (with its decorators) on `line`, the first line being `first_line`; both as its file counts them, 0: 1.
 * Everything is copied but what the scope points to. Set `size` to sizeof. */
typedef struct lb_source {
    size_t size;
    const char *text;
    size_t length;
    const char *file;
    int first_line, line;
    void *scope;
    const char *name; /* what it is called here; NULL: as it is defined */
    /* Default values by parameter, as they are; those that the text writes are not looked at. */
    const char *const *default_names;
    lb_value *const *defaults;
    int default_count;
    /* Of an overload: where its parameters and result are declared; the body is this source's. */
    const struct lb_source *declaration;
} lb_source;

/* `host` NULL: no free name has a meaning. */
LB_API lb_unit *lb_unit_new(const lb_host *host, lb_error *err);
LB_API void lb_unit_free(lb_unit *unit);

/* A function from its source under a qualified name ("__torch__.model.f"; an atom is put in when the name is
 * taken; NULL: it is declared only, for lb_answer_outside()). It is parsed now and compiled by lb_compile(),
 * or when a program that is compiled names it. */
LB_API lb_function *lb_declare(lb_unit *unit, const char *qualified, const lb_source *source, lb_error *err);
/* The same as a method of a class or module. */
LB_API lb_function *lb_declare_method(lb_unit *unit, const lb_type *class_type, const lb_source *source,
                                      lb_error *err);
/* The function of a qualified name that is in the unit; NULL: there is none. */
LB_API lb_function *lb_unit_function(lb_unit *unit, const char *qualified);
/* Compiles it unless that is done, with all that it calls. LB_ERROR_COMPILE tells the fault with its place
 * and the calls that led there. */
LB_API bool lb_compile(lb_unit *unit, lb_function *function, lb_error *err);

/* The file of a module that another one imports. */
typedef struct lb_script_file {
    size_t length;    /* of its text */
    const char *name; /* what messages call it; it and the text stay as they are until lb_script() is done */
    bool is_package;  /* an __init__.py: relative imports start from the module itself */
} lb_script_file;

/* A Python file as a program, without Python. Set `size` to sizeof; members that are 0 mean the default. */
typedef struct lb_script_options {
    size_t size;
    const char *file;    /* what messages and debug files call it; default "<text>" */
    const char *module;  /* the Python module it stands for; default "__main__": classes are __torch__.Net */
    lb_context *context; /* random numbers (lb_context_seed() is torch.manual_seed), print, warnings; NULL: a
                            fresh one */
    int64_t max_steps;   /* of the Python that runs once; default 20 million */
    int64_t max_bytes;   /* of what that makes, tensors not counted; default 1 GiB */
    lb_function **function; /* where the function goes when the program is one, else NULL; may be NULL */
    /* The text of a module that is imported ("blocks", "net.blocks") and is none of the known libraries;
     * NULL: there is none. Default: libraries alone can be imported. */
    const char *(*import_module)(void *user, const char *module, lb_script_file *file);
    void *user; /* import_module's */
} lb_script_options;

/* Makes a module of a Python file's text: its top level is run, then `name` is evaluated in it: "Net", a
 * class that is constructed without arguments, "Net(3, hidden=16)", "model", a module of the file, or "f", a
 * function, which becomes a module whose forward it is, as PyTorch saves functions. NULL: the only function
 * or module class that there is. Constructors run once, under limits, and can reach nothing of the system;
 * `forward` and what it calls are compiled (torch.jit.script). Layers of torch.nn are known, with PyTorch's
 * initial weights for the context's seed. NULL with LB_ERROR_COMPILE where the file is outside of what is
 * compiled or constructed; LB_ERROR_ARGUMENT when there is nothing, or more than one thing, to be made;
 * LB_ERROR_RAISED when a constructor raises; LB_ERROR_LIMIT. */
LB_API lb_module *lb_script(const char *text, size_t length, const char *name,
                            const lb_script_options *options, lb_error *err);

/* A constant of the program: numbers, strings, None, devices, tensors, tuples, enum members. */
LB_API bool lb_answer_value(lb_answer *answer, const lb_value *value, lb_error *err);
/* What the library knows by this name: an operator "aten::relu"; "torch.jit.fork", "typing.Optional". */
LB_API bool lb_answer_name(lb_answer *answer, const char *name, lb_error *err);
/* A name that is both (`torch.device`) gets both answers. */
LB_API bool lb_answer_type(lb_answer *answer, const lb_type *type, lb_error *err);
/* One function, or the overloads of one. Methods: the overloads of one of the class that was asked. */
LB_API bool lb_answer_functions(lb_answer *answer, lb_function *const *functions, int count, lb_error *err);
/* A function that stays outside of the program (torch.jit.ignore), or a `method` of the class that was asked;
 * `never`: a program that comes to call it raises (torch.jit.unused). It is declared only for its parameters
 * and result. */
LB_API bool lb_answer_outside(lb_answer *answer, lb_function *function, bool method, bool never,
                              lb_error *err);
/* A definition in the body of the class that was asked, which is compiled for the calls of it: a method of an
 * Enum or NamedTuple, a class method, a property, the forward of a torch.autograd.Function (its first
 * argument is a context of which nothing is kept). */
typedef enum lb_member_kind { LB_METHOD, LB_CLASS_METHOD, LB_PROPERTY, LB_AUTOGRAD_FORWARD } lb_member_kind;
LB_API bool lb_answer_member(lb_answer *answer, lb_function *function, lb_member_kind kind, lb_error *err);
/* Two answers, items 0 and 1: what PyTorch takes it for, and what it is in all of Python. The second is taken
 * where a program cannot be compiled with the first. */
LB_API bool lb_answer_either(lb_answer *answer, lb_error *err);
/* A dict whose keys are names, each with an answer of its own (lb_answer_item()). */
LB_API bool lb_answer_named(lb_answer *answer, int count, const char *const *names, lb_error *err);
/* A set; `items` is a list of what is in it. */
LB_API bool lb_answer_set(lb_answer *answer, const lb_value *items, lb_error *err);
/* Two answers, items 0 and 1: what is called, and what its first argument is (a method of an object that is
 * no value of the program). */
LB_API bool lb_answer_bound(lb_answer *answer, lb_error *err);
/* An attribute of the module's class that was asked, which is an empty list or `dict`: the program shows what
 * it holds, and the class gets an attribute of that type. */
LB_API bool lb_answer_empty(lb_answer *answer, bool dict, lb_error *err);
/* Something whose attributes are asked with this scope; messages call it by `words` ("python value of type
 * 'module'"). */
LB_API bool lb_answer_scope(lb_answer *answer, void *scope, const char *words, lb_error *err);
/* A tuple of so many answers, each given to lb_answer_item(). */
LB_API bool lb_answer_items(lb_answer *answer, int count, lb_error *err);
LB_API lb_answer *lb_answer_item(lb_answer *answer, int index);
/* A call that goes to one of two answers (items 0 and 1) by a constant argument: 0 where the one called
 * `argument`, at `position`, is true. (torch._jit_internal.boolean_dispatch) */
LB_API bool lb_answer_choice(lb_answer *answer, const char *argument, int position, bool by_default,
                             lb_error *err);
/* A class of exceptions that `raise` may take, by its qualified name ("builtins.ValueError"); the names of
 * the classes that it comes from may follow, with spaces between. */
LB_API bool lb_answer_exception(lb_answer *answer, const char *qualified, lb_error *err);
/* Something that a program can do nothing with: messages call it by `words`. */
LB_API bool lb_answer_object(lb_answer *answer, const char *words, lb_error *err);
/* The name must not be used, and why. */
LB_API bool lb_answer_refusal(lb_answer *answer, const char *message, lb_error *err);

/* A type as annotations write it: "Optional[List[int]]", "__torch__.model.C". Its names are asked of the
 * scope; NULL: they are qualified names of the unit. */
LB_API const lb_type *lb_type_parse(lb_unit *unit, const char *text, void *scope, lb_error *err);
/* The type that a value shows (tryToInferType): NULL with an error for empty lists and dicts, and where items
 * have nothing in common. */
LB_API const lb_type *lb_type_infer(lb_unit *unit, const lb_value *value, lb_error *err);

/* A value as a parameter of this type takes it: typed lists, dicts and enum members, ints as floats. */
LB_API lb_value *lb_value_convert(lb_unit *unit, const lb_value *value, const lb_type *type, lb_error *err);

typedef enum lb_class_kind {
    LB_CLASS,
    LB_MODULE,
    LB_MODULE_LIST, /* ModuleList, Sequential: iterated and subscripted */
    LB_MODULE_DICT,
    LB_PARAMETER_LIST,
    LB_PARAMETER_DICT,
    LB_INTERFACE,
    LB_MODULE_INTERFACE,
} lb_class_kind;

/* A class without members under a qualified name (an atom is put in when it is taken). A module's names that
 * are no members are asked of the host with `scope`. */
LB_API const lb_type *lb_class_new(lb_unit *unit, const char *qualified, lb_class_kind kind, void *scope,
                                   lb_error *err);
/* In the order of slots; `flags`: LB_PARAMETER, LB_BUFFER or 0. */
LB_API bool lb_class_attribute(lb_unit *unit, const lb_type *class_type, const char *name,
                               const lb_type *type, int flags, lb_error *err);
LB_API bool lb_class_constant(lb_unit *unit, const lb_type *class_type, const char *name,
                              const lb_value *value, lb_error *err);
/* Methods that read and write a property; `setter` may be NULL. */
LB_API bool lb_class_property(lb_unit *unit, const lb_type *class_type, const char *name, lb_function *getter,
                              lb_function *setter, lb_error *err);
/* Nothing more is compiled of it: methods that were declared and not compiled, since they are compiled for
 * their calls alone, are none of its methods. */
LB_API void lb_class_settle(lb_unit *unit, const lb_type *class_type);
/* Called around forward, in the order added; `before`: a pre-hook. */
LB_API bool lb_class_hook(lb_unit *unit, const lb_type *class_type, const lb_source *source, bool before,
                          lb_error *err);
LB_API const lb_type *lb_type_enum(lb_unit *unit, const char *qualified, int count, const char *const *names,
                                   lb_value *const *values, lb_error *err);
/* The last `default_count` fields have default values. */
LB_API const lb_type *lb_type_named_tuple(lb_unit *unit, const char *qualified, int count,
                                          const char *const *names, const lb_type *const *types,
                                          int default_count, lb_value *const *defaults, lb_error *err);

/* An object of a class with all attributes to be set; values are converted to the attributes' types. */
LB_API lb_value *lb_object_new(lb_unit *unit, const lb_type *class_type, lb_error *err);
LB_API bool lb_object_set(lb_unit *unit, lb_value *object, const char *name, const lb_value *value,
                          lb_error *err);
/* A module around an object of a module's class (or of a script class), which it shares. */
LB_API lb_module *lb_module_new(lb_unit *unit, const lb_value *object, lb_error *err);

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

/* ---- Operators ---- */

/* Calls one operator, "aten::add", or one overload of it, "aten::add.Tensor" (".default": the one without a
 * name). The first overload in PyTorch's order that fits is taken: as torch.ops and PyTorch's Python
 * functions do, an int may stand for a float, one int for int[2], ints for a last int[], a 0-dim tensor for a
 * number, a string for a device, and for arithmetic a number for a tensor; "input" and NumPy's "axis" name
 * their arguments too. Several results come as a tuple. LB_ERROR_ARGUMENT when no overload fits, with the
 * nearest three; _UNSUPPORTED when it has no kernel. NULL context: a fresh one for this call; with one, what
 * is parsed and compiled is kept in it. */
LB_API lb_value *lb_op_call(const char *op, lb_context *context, lb_value *const *args, int count,
                            const char *const *names, lb_value *const *named_args, int named_count,
                            lb_error *err);
/* The schema of the overload that the context's last lb_op_call() took; "" before the first. */
LB_API const char *lb_op_taken(const lb_context *context);
/* The schemas of all operators that the library knows, "aten::add.Tensor(Tensor self, ...) -> Tensor"; the
 * overloads of one name side by side. NULL past the end. */
LB_API const char *lb_op_at(int index);
/* The schemas of an operator's overloads, in PyTorch's order; NULL past the end, or when there is none. */
LB_API const char *lb_op_schema(const char *op, int overload);

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
/* An int that is a dtype, layout or memory format: for lb_op_call() it is no number. */
LB_API lb_value *lb_constant_new(int64_t value, lb_error *err);
LB_API lb_value *lb_float_new(double value, lb_error *err);
LB_API lb_value *lb_complex_new(double re, double im, lb_error *err);
LB_API lb_value *lb_string_new(const char *bytes, size_t length, lb_error *err);
/* Items are copied as lb_value_copy() does. A list's element type is taken from the parameter it is passed
 * for. */
LB_API lb_value *lb_list_new(lb_value *const *items, int64_t count, lb_error *err);
LB_API lb_value *lb_tuple_new(lb_value *const *items, int64_t count, lb_error *err);
LB_API lb_value *lb_dict_new(lb_error *err);
LB_API bool lb_dict_set(lb_value *dict, const lb_value *key, const lb_value *value, lb_error *err);

/* What a list or dict that is passed or returned stands for in Python, since TorchScript has no such type. */
typedef enum lb_mark {
    LB_PLAIN,
    LB_SET,        /* a dict: its values */
    LB_KEYED_DICT, /* a dict whose values are tuples of a key, a tuple or member of an Enum, and its value */
    LB_DEQUE,      /* a list */
    LB_COUNTER,    /* a dict */
    LB_DEFAULTDICT /* a dict */
} lb_mark;
LB_API lb_mark lb_value_mark(const lb_value *value);
/* Of a new list or dict, to be passed for a parameter that is declared as a set or deque. */
LB_API void lb_value_set_mark(lb_value *value, lb_mark mark);

/* "cpu", "cuda:1", "meta"; the other way is lb_value_text(). An error for what names no device. */
LB_API lb_value *lb_device_new(const char *text, lb_error *err);
/* A member of an enum by name, for a parameter of an enum's type, whose own member of that name is taken.
 * `is_value`: elsewhere it may stand for its value, as Python's IntEnum does. */
LB_API lb_value *lb_enum_new(const char *name, const lb_value *value, bool is_value, lb_error *err);
/* A member's name and value. */
LB_API const char *lb_enum_name(const lb_value *member);
LB_API lb_value *lb_enum_value(const lb_value *member, lb_error *err);
/* The members of its enum by name: a dict. */
LB_API lb_value *lb_enum_members(const lb_value *member, lb_error *err);
/* The qualified name of what an object, an enum's member or a NamedTuple is of, "__torch__.model.Color";
 * NULL: it is none. */
LB_API const char *lb_value_class(const lb_value *value);
/* The name of a NamedTuple's field; NULL: a plain tuple, or past the end. */
LB_API const char *lb_tuple_field(const lb_value *tuple, int index);
/* Whether both are the same tensor, list, dict or object (Python's `is`), or equal numbers and texts. */
LB_API bool lb_value_same(const lb_value *a, const lb_value *b);
/* The same for both, for as long as one of them is held; NULL for numbers, texts and None. */
LB_API const void *lb_value_identity(const lb_value *value);

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
/* How tensors are shown (torch.set_printoptions). `scientific`: 1 always, 0 never, -1 as the numbers ask. */
typedef struct lb_print_options {
    int precision, threshold, edgeitems, linewidth, scientific;
} lb_print_options;
/* The text that Python shows, "tensor([1., 2.])". `prefix` begins it, NULL: "tensor("; `options` NULL:
 * PyTorch's. */
LB_API char *lb_tensor_repr(const lb_value *tensor, const char *prefix, const lb_print_options *options,
                            lb_error *err);
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

/* ---- Graphs ----
 *
 * A graph is TorchScript's own form of a function: blocks of nodes, nodes with inputs and outputs, values
 * with types, names and uses (torch._C.Graph, Block, Node, Value). An lb_graph is always the caller's own:
 * what lb_method_graph() gives is a copy, with the same value numbers, of what the module runs, so that
 * editing it disturbs no call; lb_method_set_graph() gives it back.
 *
 * Ownership: a graph keeps its unit alive. Blocks, nodes and values belong to their graph, types to the unit:
 * these handles are borrowed, are not freed, and stay valid until the graph (the unit) goes, also after
 * lb_node_destroy(): what has been destroyed is then refused as an argument.
 *
 * Errors: an edit that would break the graph at once (a value of another graph, an index out of range, a node
 * destroyed while it is used) is refused with LB_ERROR_ARGUMENT. What may be broken on the way (types, a
 * value used before it is made) is found by lb_graph_verify().
 *
 * Threads: graphs, types and functions of one unit are used by one thread at a time; calls of its modules may
 * run meanwhile. */

typedef struct lb_graph lb_graph;
typedef struct lb_block lb_block;
typedef struct lb_node lb_node;
typedef struct lb_graph_value lb_graph_value;

/* The unit of a module or graph; borrowed. */
LB_API lb_unit *lb_module_unit(const lb_module *module);
LB_API lb_unit *lb_graph_unit(const lb_graph *graph);

/* A new, empty graph: no inputs, no nodes, no outputs. NULL unit: a new one, here and below. */
LB_API lb_graph *lb_graph_new(lb_unit *unit, lb_error *err);
/* From text; see lb_graph_text(). Classes that the unit does not know are declared in it.
 * (torch._C.parse_ir) */
LB_API lb_graph *lb_graph_parse(lb_unit *unit, const char *text, size_t length, lb_error *err);
/* The graph of a method, "forward" or "a.b.forward", as it was compiled or last set. */
LB_API lb_graph *lb_method_graph(const lb_module *module, const char *method, lb_error *err);
/* What calls of the method run from now on; the graph is copied and verified. It must be of the module's unit
 * and take and give what the method's schema says. Code that was made from the old graph (callers' too) stays
 * until the unit goes, since a call may still run it. */
LB_API bool lb_method_set_graph(lb_module *module, const char *method, const lb_graph *graph, lb_error *err);
/* A new method of a module's class, made of a graph whose first input is the module: the schema comes from
 * the graph's inputs and outputs. The name must be free. */
LB_API bool lb_method_define(lb_module *module, const char *method, const lb_graph *graph, lb_error *err);
/* A copy with the values numbered anew in order; the graph is verified. (Graph.copy) */
LB_API lb_graph *lb_graph_copy(const lb_graph *graph, lb_error *err);
LB_API void lb_graph_free(lb_graph *graph);
/* LB_TEXT_GRAPH, _PLAIN, _CANONICAL, _INLINED, _DOT or _DOT_INLINED. */
LB_API char *lb_graph_put(const lb_graph *graph, lb_text_kind kind, lb_error *err);
/* Everything that every pass must keep: order, uses, names, blocks of If and Loop, schemas. The first thing
 * that is wrong is the error. (Graph.lint) */
LB_API bool lb_graph_verify(const lb_graph *graph, lb_error *err);
/* Runs a pass on the graph: "inline", "dce", "constant_propagation"; see lb_pass_name(). */
LB_API bool lb_graph_pass(lb_graph *graph, const char *pass, lb_error *err);
/* The names of all passes on graphs, and what holds after each; NULL past the end. */
LB_API const char *lb_pass_name(int index);
LB_API const char *lb_pass_contract(int index);

/* A copy in canonical form: equal programs give equal texts. Without `keep_names`, values of the top level
 * have numbers alone. (torch._C._jit_pass_canonicalize) */
LB_API lb_graph *lb_graph_canonical(const lb_graph *graph, bool keep_names, lb_error *err);
/* Replaces what looks like `pattern`, wherever it does not overlap with what was replaced before: both texts
 * are graphs of one block with the same inputs and as many outputs; inputs of the pattern stand for any
 * value. (torch._C._jit_pass_custom_pattern_based_rewrite_graph) */
LB_API bool lb_graph_rewrite(lb_graph *graph, const char *pattern, const char *replacement, lb_error *err);
/* The graph of a method of `module`, inlined, as a copy without its first input: what it read of the module
 * are further inputs, and *values a list of what these stand for (free it with lb_value_free()).
 * (torch._C._jit_pass_lower_graph) */
LB_API lb_graph *lb_graph_lower(const lb_graph *graph, const lb_module *module, lb_value **values,
                                lb_error *err);
/* A frozen copy of the module: attributes are constants of its graphs as far as nobody writes to them, calls
 * are inlined, attributes and methods that nobody needs are gone; with `optimize_numerics`, batch norms and
 * arithmetic behind convolutions go into weights. `preserved` are dotted names of attributes and methods that
 * stay, besides `forward`. It shares tensors and unit with the module, which must be in eval mode. NULL with
 * LB_ERROR_ARGUMENT (training mode, an unknown name, it returns itself) or LB_ERROR_UNSUPPORTED.
 * (torch.jit.freeze) */
LB_API lb_module *lb_module_freeze(const lb_module *module, const char *const *preserved, int preserved_count,
                                   bool optimize_numerics, lb_error *err);
/* A copy of the module after a pass: one on modules (see lb_module_pass_name()), or one on graphs, which runs
 * on all methods of the module and of those below it. */
LB_API lb_module *lb_module_pass(const lb_module *module, const char *pass, lb_error *err);
/* The names of all passes on modules, and what holds after each; NULL past the end. */
LB_API const char *lb_module_pass_name(int index);
LB_API const char *lb_module_pass_contract(int index);

/* Where lb_graph_insert() and lb_graph_insert_constant() put nodes: before this node; a block's result node
 * means its end, which at first is that of the top block. */
LB_API lb_node *lb_graph_insertion_point(const lb_graph *graph);
LB_API bool lb_graph_set_insertion_point(lb_graph *graph, lb_node *before, lb_error *err);
/* A node that stands nowhere yet; "aten::add". Its outputs are Tensors until told otherwise. */
LB_API lb_node *lb_graph_create(lb_graph *graph, const char *kind, int outputs, lb_error *err);
LB_API bool lb_graph_insert(lb_graph *graph, lb_node *node, lb_error *err);
/* A prim::Constant at the insertion point; NULL type: the value's own. An error when the value can be no
 * constant. (Graph.insertConstant) */
LB_API lb_graph_value *lb_graph_insert_constant(lb_graph *graph, const lb_value *value, const lb_type *type,
                                                lb_error *err);
/* A call of an operator at the insertion point: the overload is chosen by the inputs' types, arguments that
 * are left out are constants, the result has the schema's type. (Graph.insert) */
LB_API lb_graph_value *lb_graph_insert_call(lb_graph *graph, const char *kind, lb_graph_value *const *inputs,
                                            int count, lb_error *err);
/* A copy of another graph's nodes at the insertion point, with `inputs` for its inputs; what stands for its
 * outputs goes to `outputs`, which has room for as many. (Graph.insertGraph) */
LB_API bool lb_graph_insert_graph(lb_graph *graph, const lb_graph *body, lb_graph_value *const *inputs,
                                  int count, lb_graph_value **outputs, lb_error *err);
/* A copy of a node of any graph of the unit, with its blocks; not inserted. `map(context, v)` gives the value
 * in `graph` that stands for an input `v`. (Graph.createClone) */
LB_API lb_node *lb_graph_clone_node(lb_graph *graph, const lb_node *node,
                                    lb_graph_value *(*map)(void *context, lb_graph_value *value),
                                    void *context, lb_error *err);

/* Blocks. Inputs are the outputs of the block's param node, outputs the inputs of its result node. */
LB_API lb_block *lb_graph_block(const lb_graph *graph);
LB_API lb_node *lb_block_param(const lb_block *block);
LB_API lb_node *lb_block_result(const lb_block *block);
LB_API lb_node *lb_block_owner(const lb_block *block); /* NULL: the graph's own */
LB_API lb_node *lb_block_first(const lb_block *block); /* NULL: no nodes */
LB_API lb_graph_value *lb_block_add_input(lb_block *block, lb_error *err);
LB_API bool lb_block_erase_input(lb_block *block, int index, lb_error *err); /* must be unused */
/* Its index, or -1. */
LB_API int lb_block_add_output(lb_block *block, lb_graph_value *value, lb_error *err);
LB_API bool lb_block_erase_output(lb_block *block, int index, lb_error *err);

/* Nodes: what they are. */
LB_API const char *lb_node_kind(const lb_node *node);
LB_API lb_node *lb_node_next(const lb_node *node); /* in its block; NULL at the end */
LB_API lb_node *lb_node_previous(const lb_node *node);
LB_API lb_block *lb_node_owner(const lb_node *node); /* the block that it stands in; NULL: not inserted */
LB_API bool lb_node_destroyed(const lb_node *node);
LB_API int lb_node_input_count(const lb_node *node);
LB_API lb_graph_value *lb_node_input(const lb_node *node, int index); /* NULL: out of range; here and below */
LB_API int lb_node_output_count(const lb_node *node);
LB_API lb_graph_value *lb_node_output(const lb_node *node, int index);
LB_API int lb_node_block_count(const lb_node *node);
LB_API lb_block *lb_node_block(const lb_node *node, int index);
/* Whether `node` stands before `other`, also across nested blocks. (Node.isBefore) */
LB_API bool lb_node_is_before(const lb_node *node, const lb_node *other);
/* As in the graph's text, with its blocks. */
LB_API char *lb_node_put(const lb_node *node, lb_error *err);
/* The schema of its operator, NULL without error when it has none. */
LB_API char *lb_node_schema(const lb_node *node, lb_error *err);
LB_API bool lb_node_has_side_effects(const lb_node *node);
LB_API bool lb_node_is_nondeterministic(const lb_node *node);

/* Nodes: editing. */
LB_API bool lb_node_add_input(lb_node *node, lb_graph_value *value, lb_error *err);
LB_API bool lb_node_insert_input(lb_node *node, int index, lb_graph_value *value, lb_error *err);
LB_API bool lb_node_replace_input(lb_node *node, int index, lb_graph_value *value, lb_error *err);
LB_API bool lb_node_remove_input(lb_node *node, int index, lb_error *err);
LB_API lb_graph_value *lb_node_add_output(lb_node *node, lb_error *err);
LB_API bool lb_node_erase_output(lb_node *node, int index, lb_error *err); /* must be unused */
LB_API lb_block *lb_node_add_block(lb_node *node, lb_error *err);
LB_API bool lb_node_erase_block(lb_node *node, int index, lb_error *err);
/* Puts the node (which may stand elsewhere) before or after `place`. A result node may be `place` for the
 * first, a param node for the second. */
LB_API bool lb_node_move_before(lb_node *node, lb_node *place, lb_error *err);
LB_API bool lb_node_move_after(lb_node *node, lb_node *place, lb_error *err);
/* With its blocks; its outputs must have no uses. */
LB_API bool lb_node_destroy(lb_node *node, lb_error *err);

/* Nodes: where they come from. The scope is that of traced graphs ("__module.conv"), "" when there is none.
 */
LB_API const char *lb_node_scope(const lb_node *node);
LB_API bool lb_node_set_scope(lb_node *node, const char *scope, lb_error *err);
/* PyTorch's excerpt of the source with the range underlined, or the text of the whole source. (sourceRange)
 */
LB_API char *lb_node_source(const lb_node *node, lb_error *err);
/* "FILE:LINE:COLUMN" as graph comments show it; NULL without error when there is none. */
LB_API char *lb_node_location(const lb_node *node, lb_error *err);
/* The source is a text (a line, or a whole stack) from `line` of `file` (may be NULL) on; the range is all of
 * it. Comments show FILE:LINE:0. NULL text: no range. */
LB_API bool lb_node_set_source(lb_node *node, const char *text, size_t length, const char *file, int line,
                               lb_error *err);
LB_API bool lb_node_copy_source(lb_node *node, const lb_node *from, lb_error *err);

/* Attributes, in the order in which they were set. */
typedef enum lb_attribute_kind {
    LB_ATTRIBUTE_NONE, /* there is no such attribute */
    LB_ATTRIBUTE_INT,
    LB_ATTRIBUTE_FLOAT,
    LB_ATTRIBUTE_COMPLEX,
    LB_ATTRIBUTE_STRING,
    LB_ATTRIBUTE_TENSOR,
    LB_ATTRIBUTE_TYPE,
    LB_ATTRIBUTE_INTS,
    LB_ATTRIBUTE_FLOATS,
    LB_ATTRIBUTE_STRINGS,
    LB_ATTRIBUTE_TENSORS,
    LB_ATTRIBUTE_TYPES,
    LB_ATTRIBUTE_GRAPH,
    LB_ATTRIBUTE_GRAPHS,
    LB_ATTRIBUTE_VALUE, /* any other constant: a list, a dict, a tuple, ... */
} lb_attribute_kind;
LB_API const char *lb_node_attribute_name(const lb_node *node, int index); /* NULL past the end */
LB_API lb_attribute_kind lb_node_attribute_kind(const lb_node *node, const char *name);
/* Its value, lists as a list; an error for types and graphs. */
LB_API lb_value *lb_node_attribute(const lb_node *node, const char *name, lb_error *err);
/* How many items a list of types or graphs has (1 for a single one); one of them by index. */
LB_API int lb_node_attribute_count(const lb_node *node, const char *name);
LB_API const lb_type *lb_node_attribute_type(const lb_node *node, const char *name, int index);
/* A handle of its own to the graph itself, of a node of `graph`: edits are seen by the node. */
LB_API lb_graph *lb_node_attribute_graph(lb_graph *graph, const lb_node *node, const char *name, int index,
                                         lb_error *err);
/* The value must be of the attribute's kind (a list of such for the plural ones). */
LB_API bool lb_node_set_attribute(lb_node *node, const char *name, lb_attribute_kind kind,
                                  const lb_value *value, lb_error *err);
LB_API bool lb_node_set_types(lb_node *node, const char *name, lb_attribute_kind kind,
                              const lb_type *const *types, int count, lb_error *err);
LB_API bool lb_node_set_graph(lb_node *node, const char *name, const lb_graph *graph,
                              lb_error *err); /* copied */
LB_API bool lb_node_remove_attribute(lb_node *node, const char *name, lb_error *err);
LB_API bool lb_node_copy_attributes(lb_node *node, const lb_node *from, lb_error *err);
/* The value of a prim::Constant; NULL without error for any other node. (toIValue) */
LB_API lb_value *lb_node_constant(const lb_node *node, lb_error *err);

/* Values. */
/* The debug name, or the number as text; to be freed with lb_text_free(). */
LB_API char *lb_graph_value_name(const lb_graph_value *value, lb_error *err);
/* An older holder of the name gets another ("x" becomes "x.1"); "" takes the name away. */
LB_API bool lb_graph_value_set_name(lb_graph_value *value, const char *name, lb_error *err);
LB_API int lb_graph_value_number(const lb_graph_value *value); /* unique() */
LB_API const lb_type *lb_graph_value_type(const lb_graph_value *value);
LB_API bool lb_graph_value_set_type(lb_graph_value *value, const lb_type *type, lb_error *err);
LB_API lb_node *lb_graph_value_node(const lb_graph_value *value);
LB_API int lb_graph_value_offset(const lb_graph_value *value);
LB_API int lb_graph_value_use_count(const lb_graph_value *value);
/* The user, and at which of its inputs; NULL past the end. */
LB_API lb_node *lb_graph_value_use(const lb_graph_value *value, int index, int *input);
LB_API bool lb_graph_value_replace_uses(lb_graph_value *value, lb_graph_value *by, lb_error *err);
/* Only uses behind `node`. (replaceAllUsesAfterNodeWith) */
LB_API bool lb_graph_value_replace_uses_after(lb_graph_value *value, const lb_node *node, lb_graph_value *by,
                                              lb_error *err);

/* Types. One object for equal types of one unit, so that they compare by address. */
typedef enum lb_type_form {
    LB_TYPE_GRAPH,      /* "int[]", "Float(2, 3, strides=[3, 1])": as graphs show it */
    LB_TYPE_ANNOTATION, /* "List[int]", "Tensor": as code shows it (annotation_str) */
    LB_TYPE_SCHEMA,     /* "int[]", "Tensor": as schemas show it */
} lb_type_form;
/* From the text of graphs. Classes that the unit does not know are an error. */
LB_API const lb_type *lb_type_read(lb_unit *unit, const char *text, size_t length, lb_error *err);
LB_API char *lb_type_put(const lb_type *type, lb_type_form form, lb_error *err);
LB_API const char *lb_type_kind(const lb_type *type); /* "TensorType", "ListType": Type.kind() */
/* What it is made of: a list's element, a dict's key and value, a tuple's items. */
LB_API int lb_type_count(const lb_type *type);
LB_API const lb_type *lb_type_item(const lb_type *type, int index);
LB_API const char *lb_type_qualified(const lb_type *type); /* NULL: it has no name */
/* An attribute of a class by its place; NULL past the end, and for what is no class. */
LB_API const char *lb_type_attribute(const lb_type *type, int index);
LB_API bool lb_type_is_subtype(lb_unit *unit, const lb_type *type, const lb_type *of);
/* The class of a module, as the type of a `self`. */
LB_API const lb_type *lb_module_type(const lb_module *module);
/* What is known of a tensor. Sizes and strides of -1 are not known. */
typedef struct lb_tensor_facts {
    int dtype;              /* lb_dtype, -1: not known */
    int ndim;               /* -1: not known */
    const int64_t *sizes;   /* NULL with ndim -1 */
    const int64_t *strides; /* NULL: not known */
    int requires_grad;      /* 0, 1, -1: not known */
    const char *device;     /* "cpu"; NULL: not known */
} lb_tensor_facts;
/* False when the type is no tensor's. The pointers are borrowed from the type. */
LB_API bool lb_type_tensor(const lb_type *type, lb_tensor_facts *facts);
LB_API const lb_type *lb_type_of_tensor(lb_unit *unit, const lb_tensor_facts *facts, lb_error *err);
/* The type of a value: complete for a tensor (dtype, sizes, strides), and inside lists and tuples. */
LB_API const lb_type *lb_type_of_value(lb_unit *unit, const lb_value *value, lb_error *err);

/* Functions: graphs that can be called. */
/* A function of the graph's unit, made of a copy of the graph, which is verified; the schema comes from its
 * inputs and outputs. A name that is taken is made another. (torch._C._create_function_from_graph) */
LB_API lb_function *lb_function_from_graph(const lb_graph *graph, const char *name, lb_error *err);
LB_API lb_graph *lb_function_graph(lb_unit *unit, const lb_function *function, lb_error *err);
LB_API const char *lb_function_name(const lb_function *function);      /* "f" */
LB_API const char *lb_function_qualified(const lb_function *function); /* "__torch__.model.f" */
/* A text of a function; see lb_text(). */
LB_API char *lb_function_text(lb_unit *unit, const lb_function *function, lb_text_kind kind, lb_error *err);
/* Calls a function; see lb_call_named(). */
LB_API lb_value *lb_function_call(lb_unit *unit, const lb_function *function, lb_context *context,
                                  lb_value *const *args, int count, const char *const *names,
                                  lb_value *const *named_args, int named_count, lb_error *err);

/* A module whose `forward` is the function, which is how a function is saved; it shares nothing with it. Of a
 * function that has no graph yet: LB_ERROR_ARGUMENT. (ScriptFunction.save) */
LB_API lb_module *lb_function_module(lb_unit *unit, const lb_function *function, lb_error *err);

/* ---- Tracing ----
 *
 * A recorder: the host runs a program of its own and tells each operator that it calls; what comes out is the
 * function, or the module's method, that calls the same operators (torch.jit.trace). Tensors are the host's
 * and are told by key: the same tensor has the same key as long as the trace lasts, and no other has it.
 * One thread at a time uses a trace. A function that fails leaves the trace good for lb_trace_free() alone.
 */

typedef struct lb_trace lb_trace;

typedef enum lb_traced_kind {
    LB_TRACED_DEFAULT,  /* of an operator's argument: what its schema says */
    LB_TRACED_TENSOR,   /* `key`; dtype, sizes, ... where it is an input or a result */
    LB_TRACED_NUMBER,   /* the number that the 0-dim tensor `key` became on its way into the argument */
    LB_TRACED_CONSTANT, /* `value` */
    LB_TRACED_LIST,     /* `count` items */
    LB_TRACED_TUPLE,
    LB_TRACED_DICT, /* keys (constants) and values take turns in `items` */
} lb_traced_kind;

/* An argument, a result, an input or an output. Everything is copied. */
typedef struct lb_traced {
    lb_traced_kind kind;
    const void *key;
    /* Of a tensor: its type. `strides` NULL: not strided; `device` NULL: "cpu". */
    int dtype, ndim;
    const int64_t *sizes, *strides;
    bool requires_grad;
    const char *device;
    const lb_value *value;
    const struct lb_traced *items;
    int count;
} lb_traced;

typedef struct lb_trace_host {
    size_t size; /* sizeof */
    void *user;
    /* The variable that holds the tensor in the function that runs now: values are named after it. NULL or
     * "": there is none. Valid until the next call. */
    const char *(*name)(void *user, const void *key);
    /* The tensor itself, for one that becomes a constant; a new handle. NULL with err: it cannot. */
    lb_value *(*tensor)(void *user, const void *key, lb_error *err);
    void (*warn)(void *user, const char *text);
    bool lenient; /* lists and dicts may be given back (strict=False) */
} lb_trace_host;

/* `module`: an object of a module's class of the unit, which gets the method; NULL: a function. Neither is
 * changed before lb_trace_finish(). */
LB_API lb_trace *lb_trace_new(lb_unit *unit, const lb_value *module, const lb_trace_host *host,
                              lb_error *err);
LB_API void lb_trace_free(lb_trace *trace);

/* The host's tensor that is the parameter or buffer at this path ("conv.weight"). A tensor at several paths
 * is the first one's. */
LB_API bool lb_trace_attribute(lb_trace *trace, const char *path, const lb_traced *tensor, lb_error *err);
/* The next input: tensors, or lists, tuples and dicts of such. `name` may be NULL. */
LB_API bool lb_trace_input(lb_trace *trace, const char *name, const lb_traced *input, lb_error *err);
/* Where in the host's source the following happens: the stack as text, innermost first, and its innermost
 * place; comments of graphs show the latter. */
LB_API bool lb_trace_at(lb_trace *trace, const char *stack, size_t length, const char *file, int line,
                        lb_error *err);
/* The forward of the submodule at this path begins ("conv"), and ends. Each becomes a method of its own. */
LB_API bool lb_trace_enter(lb_trace *trace, const char *path, lb_error *err);
LB_API bool lb_trace_leave(lb_trace *trace, lb_error *err);

/* The operator `op` ("aten::add.Tensor") was called, with its schema's arguments in order (missing ones at
 * the end are defaults), and gave these results. Tensors it wrote into are results, too. */
LB_API bool lb_trace_op(lb_trace *trace, const char *op, const lb_traced *args, int count,
                        const lb_traced *results, int result_count, lb_error *err);
/* The size of a tensor in a dimension was read, or its number of elements; `key` is of a 0-dim tensor of the
 * host's that holds it. */
LB_API bool lb_trace_size(lb_trace *trace, const lb_traced *tensor, int64_t dim, const void *key,
                          lb_error *err);
LB_API bool lb_trace_numel(lb_trace *trace, const lb_traced *tensor, const void *key, lb_error *err);
/* A compiled function of the unit was called, or a method of a submodule (of a module of this unit, which is
 * part of what is traced); `args` in the schema's order, without the module: tensors, lists and tuples of
 * such, and constants. */
LB_API bool lb_trace_call(lb_trace *trace, lb_function *function, const lb_traced *args, int count,
                          const lb_traced *result, lb_error *err);
LB_API bool lb_trace_call_method(lb_trace *trace, const lb_value *module, const char *method,
                                 const lb_traced *args, int count, const lb_traced *result, lb_error *err);
/* The tensor left the trace as this bool, int or float: the program checks that it does so again, and raises
 * with this message where it does not. */
LB_API bool lb_trace_guard(lb_trace *trace, const void *key, const lb_value *value, const char *message,
                           lb_error *err);
/* Whether the tensor is one that the trace knows. */
LB_API bool lb_trace_knows(const lb_trace *trace, const void *key);
/* `key` is the tensor that the trace knows as `known`, too. */
LB_API bool lb_trace_same(lb_trace *trace, const void *key, const void *known, lb_error *err);
/* From now on the trace does not know it. */
LB_API void lb_trace_forget(lb_trace *trace, const void *key);

/* Ends the trace with what the program gave back. The function is the unit's: under a qualified name
 * ("__torch__.f"; an atom is put in when it is taken), or as the module's method of that name. Methods of
 * submodules are made along with it: forward, forward1, ... for each call. The trace is still to be freed. */
LB_API lb_function *lb_trace_finish(lb_trace *trace, const char *name, const lb_traced *output,
                                    lb_error *err);

#ifdef __cplusplus
}
#endif
#endif
