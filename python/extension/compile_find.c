/* What the host answers: a scope's method find(name) gives None or a tuple whose first item says what kind of
 * answer it is (linkboy/jit/answers.py has a function for each), here told to the library. */
#include "compile.h"
#include <string.h>

enum {
    ANSWER_VALUE = 1,
    ANSWER_NAME,
    ANSWER_TYPE,
    ANSWER_FUNCTIONS,
    ANSWER_OUTSIDE,
    ANSWER_SCOPE,
    ANSWER_ITEMS,
    ANSWER_CHOICE,
    ANSWER_EXCEPTION,
    ANSWER_OBJECT,
    ANSWER_REFUSAL,
    ANSWER_MEMBER,
    ANSWER_EITHER,
    ANSWER_NAMED,
    ANSWER_SET,
    ANSWER_EMPTY,
    ANSWER_BOUND,
};

static bool give(struct unit *u, lb_answer *answer, PyObject *told, lb_error *err);

/* Borrowed; NULL with an exception when the answer is too short. */
static PyObject *part(PyObject *told, Py_ssize_t index) {
    return PyTuple_GetItem(told, index);
}

static const char *text_part(PyObject *told, Py_ssize_t index) {
    PyObject *text = part(told, index);
    return text ? PyUnicode_AsUTF8AndSize(text, NULL) : NULL;
}

static bool give_value(struct unit *u, lb_answer *answer, PyObject *told, lb_error *err) {
    PyObject *object = part(told, 1);
    lb_value *value = object ? py_unit_value(u, object) : NULL;
    bool good = value && lb_answer_value(answer, value, err);
    lb_value_free(value);
    return good;
}

/* Of (kind, value, type): the value of this type, which it does not show. */
static lb_value *typed_value(struct unit *u, PyObject *told, lb_error *err) {
    const lb_type *type = py_type_of(u->state, part(told, 2));
    lb_value *value = type ? py_unit_value(u, part(told, 1)) : NULL;
    lb_value *typed = value ? lb_value_convert(u->handle, value, type, err) : NULL;
    lb_value_free(value);
    return typed;
}

static bool give_typed(struct unit *u, lb_answer *answer, PyObject *told, lb_error *err) {
    lb_value *value = typed_value(u, told, err);
    bool good = value && lb_answer_value(answer, value, err);
    lb_value_free(value);
    return good;
}

static bool give_functions(struct unit *u, lb_answer *answer, PyObject *told, lb_error *err) {
    enum { MOST = 64 };
    lb_function *functions[MOST];
    Py_ssize_t count = PyTuple_Size(told) - 1;
    for (Py_ssize_t i = 0; i < count && i < MOST; i++)
        if (!(functions[i] = py_function_of(u->state, part(told, i + 1)))) return false;
    if (count <= MOST) return lb_answer_functions(answer, functions, (int)count, err);
    PyErr_Format(PyExc_RuntimeError, "a function has more than %d overloads", MOST);
    return false;
}

static bool give_outside(struct unit *u, lb_answer *answer, PyObject *told, lb_error *err) {
    lb_function *f = py_function_of(u->state, part(told, 1));
    return f && lb_answer_outside(answer, f, part(told, 2) == Py_True, part(told, 3) == Py_True, err);
}

static bool give_scope(struct unit *u, lb_answer *answer, PyObject *told, lb_error *err) {
    void *scope;
    const char *words = text_part(told, 2);
    return words && py_unit_keep(u, part(told, 1), &scope) && lb_answer_scope(answer, scope, words, err);
}

static bool give_items(struct unit *u, lb_answer *answer, PyObject *told, Py_ssize_t from, lb_error *err) {
    for (Py_ssize_t i = from; i < PyTuple_Size(told); i++)
        if (!give(u, lb_answer_item(answer, (int)(i - from)), part(told, i), err)) return false;
    return true;
}

static bool give_tuple(struct unit *u, lb_answer *answer, PyObject *told, lb_error *err) {
    return lb_answer_items(answer, (int)PyTuple_Size(told) - 1, err) && give_items(u, answer, told, 1, err);
}

/* (kind, argument, position, default, when true, when false) */
static bool give_choice(struct unit *u, lb_answer *answer, PyObject *told, lb_error *err) {
    const char *argument = text_part(told, 1);
    PyObject *number = argument ? part(told, 2) : NULL;
    long position = number ? PyLong_AsLong(number) : -1;
    if (position < 0) return false;
    return lb_answer_choice(answer, argument, (int)position, part(told, 3) == Py_True, err) &&
           give_items(u, answer, told, 4, err);
}

/* ---- what PyTorch makes nothing of ---- */

static bool give_member(struct unit *u, lb_answer *answer, PyObject *told, lb_error *err) {
    lb_function *f = py_function_of(u->state, part(told, 1));
    PyObject *number = f ? part(told, 2) : NULL;
    long kind = number ? PyLong_AsLong(number) : -1;
    return kind >= 0 && lb_answer_member(answer, f, (lb_member_kind)kind, err);
}

/* (kind, first, second) */
static bool give_pair(struct unit *u, lb_answer *answer, PyObject *told,
                      bool (*begin)(lb_answer *answer, lb_error *err), lb_error *err) {
    return begin(answer, err) && give_items(u, answer, told, 1, err);
}

/* (kind, names, answer, answer, ...) */
static bool give_named(struct unit *u, lb_answer *answer, PyObject *told, lb_error *err) {
    enum { MOST = 1024 };
    const char *names[MOST];
    PyObject *keys = part(told, 1);
    Py_ssize_t count = keys ? PyTuple_Size(keys) : -1;
    if (count < 0) return false;
    if (count > MOST) return PyErr_Format(PyExc_RuntimeError, "a dict has more than %d keys", MOST), false;
    for (Py_ssize_t i = 0; i < count; i++)
        if (!(names[i] = text_part(keys, i))) return false;
    return lb_answer_named(answer, (int)count, names, err) && give_items(u, answer, told, 2, err);
}

/* (kind, list of what is in it, the list's type) */
static bool give_set(struct unit *u, lb_answer *answer, PyObject *told, lb_error *err) {
    lb_value *items = typed_value(u, told, err);
    bool good = items && lb_answer_set(answer, items, err);
    lb_value_free(items);
    return good;
}

/* ---- all kinds ---- */

typedef bool (*text_answer)(lb_answer *answer, const char *text, lb_error *err);

static bool give_text(lb_answer *answer, PyObject *told, text_answer how, lb_error *err) {
    const char *text = text_part(told, 1);
    return text && how(answer, text, err);
}

/* A name that may be a type as well. */
static bool give_name(struct unit *u, lb_answer *answer, PyObject *told, lb_error *err) {
    const lb_type *type = PyTuple_Size(told) > 2 ? py_type_of(u->state, part(told, 2)) : NULL;
    if (PyTuple_Size(told) > 2 && !type) return false;
    return give_text(answer, told, lb_answer_name, err) && (!type || lb_answer_type(answer, type, err));
}

static bool give(struct unit *u, lb_answer *answer, PyObject *told, lb_error *err) {
    if (told == Py_None) return true;
    long kind = PyTuple_Check(told) && PyTuple_Size(told) > 1 ? PyLong_AsLong(part(told, 0)) : 0;
    switch (kind) {
    case ANSWER_VALUE:
        return PyTuple_Size(told) > 2 ? give_typed(u, answer, told, err) : give_value(u, answer, told, err);
    case ANSWER_NAME: return give_name(u, answer, told, err);
    case ANSWER_TYPE: {
        const lb_type *type = py_type_of(u->state, part(told, 1));
        return type && lb_answer_type(answer, type, err);
    }
    case ANSWER_FUNCTIONS: return give_functions(u, answer, told, err);
    case ANSWER_OUTSIDE: return give_outside(u, answer, told, err);
    case ANSWER_SCOPE: return give_scope(u, answer, told, err);
    case ANSWER_ITEMS: return give_tuple(u, answer, told, err);
    case ANSWER_CHOICE: return give_choice(u, answer, told, err);
    case ANSWER_EXCEPTION: return give_text(answer, told, lb_answer_exception, err);
    case ANSWER_OBJECT: return give_text(answer, told, lb_answer_object, err);
    case ANSWER_REFUSAL: return give_text(answer, told, lb_answer_refusal, err);
    case ANSWER_MEMBER: return give_member(u, answer, told, err);
    case ANSWER_EITHER: return give_pair(u, answer, told, lb_answer_either, err);
    case ANSWER_BOUND: return give_pair(u, answer, told, lb_answer_bound, err);
    case ANSWER_NAMED: return give_named(u, answer, told, err);
    case ANSWER_SET: return give_set(u, answer, told, err);
    case ANSWER_EMPTY: return lb_answer_empty(answer, part(told, 1) == Py_True, err);
    default: PyErr_SetString(PyExc_TypeError, "find() should return None or an answer"); return false;
    }
}

/* Whether the exception at hand is an error of the program that is compiled. */
static bool is_compile_error(PyObject *exception) {
    PyObject *code = PyObject_GetAttrString(exception, "code");
    bool is = code && PyUnicode_Check(code) && !PyUnicode_CompareWithASCIIString(code, "compile");
    Py_XDECREF(code);
    PyErr_Clear();
    return is;
}

/* A plain RuntimeError, as everything raises that makes a value of the program of a Python object. */
static bool is_refusal(PyObject *exception) {
    PyObject *code = PyObject_GetAttrString(exception, "code");
    PyErr_Clear();
    Py_XDECREF(code);
    return !code && ((PyObject *)Py_TYPE(exception) == PyExc_RuntimeError ||
                     PyErr_GivenExceptionMatches(exception, PyExc_RecursionError));
}

/* The library's own error of a value that does not fit is one of the program. */
static bool refused(lb_error *err) {
    if (lb_error_code(err) != LB_ERROR_ARGUMENT) return false;
    PyObject *message = PyBytes_FromString(lb_error_message(err));
    lb_error_clear(err);
    lb_error_set(err, LB_ERROR_COMPILE, message ? PyBytes_AsString(message) : "a value does not fit");
    Py_XDECREF(message);
    return false;
}

/* An error of a nested compilation goes on as the library's, as does what no program can have; any other
 * exception waits for the end. */
static bool failed(struct unit *u, lb_error *err) {
    PyObject *type, *exception, *trace;
    PyErr_Fetch(&type, &exception, &trace);
    if (!type) return refused(err);
    PyErr_NormalizeException(&type, &exception, &trace);
    bool told = exception && (is_compile_error(exception) || is_refusal(exception));
    PyObject *text = told ? PyObject_Str(exception) : NULL;
    const char *message = text ? PyUnicode_AsUTF8AndSize(text, NULL) : NULL;
    bool ends = exception && !PyErr_GivenExceptionMatches(exception, PyExc_Exception); /* Ctrl-C */
    lb_error_set(err, ends ? LB_ERROR_CANCELLED : LB_ERROR_COMPILE,
                 message ? message : "the host raised an exception");
    if (exception && trace) PyException_SetTraceback(exception, trace);
    if (!message) py_set_reference(&u->raised, Py_XNewRef(exception));
    Py_XDECREF(text);
    Py_XDECREF(type);
    Py_XDECREF(exception);
    Py_XDECREF(trace);
    PyErr_Clear();
    return false;
}

/* "?near NAME", "?set NAME": words for a message, where the scope has a method for them. */
static bool advise(PyObject *scope, const char *question, lb_answer *answer, lb_error *err) {
    const char *name = strchr(question, ' ');
    bool near = !strncmp(question, "?near", 5);
    PyObject *told = name ? PyObject_CallMethod(scope, near ? "nearest" : "where_set", "s", name + 1) : NULL;
    const char *words = told && told != Py_None ? PyUnicode_AsUTF8AndSize(told, NULL) : NULL;
    bool good = !words || lb_answer_object(answer, words, err);
    Py_XDECREF(told);
    PyErr_Clear(); /* a message does without */
    return good;
}

bool py_unit_find(void *user, void *scope, const char *name, lb_answer *answer, lb_error *err) {
    struct unit *u = user;
    if (scope && *name == '?') return advise(scope, name, answer, err);
    PyObject *told = scope ? PyObject_CallMethod(scope, "find", "s", name)
                           : PyObject_CallFunction(u->find_class, "s", name);
    bool good = told && give(u, answer, told, err);
    Py_XDECREF(told);
    return good || failed(u, err);
}
