/* See exceptions.h. The tree of Python's own classes is a table; a program's own are in the unit, each with
 * all that it comes from. */
#include "types/exceptions.h"
#include <string.h>

static const struct {
    const char *name, *base;
} builtin[] = {
    {"BaseException", NULL},
    {"KeyboardInterrupt", "BaseException"},
    {"SystemExit", "BaseException"},
    {"GeneratorExit", "BaseException"},
    {"Exception", "BaseException"},
    {"ArithmeticError", "Exception"},
    {"FloatingPointError", "ArithmeticError"},
    {"OverflowError", "ArithmeticError"},
    {"ZeroDivisionError", "ArithmeticError"},
    {"AssertionError", "Exception"},
    {"AttributeError", "Exception"},
    {"BufferError", "Exception"},
    {"EOFError", "Exception"},
    {"ImportError", "Exception"},
    {"ModuleNotFoundError", "ImportError"},
    {"LookupError", "Exception"},
    {"IndexError", "LookupError"},
    {"KeyError", "LookupError"},
    {"MemoryError", "Exception"},
    {"NameError", "Exception"},
    {"UnboundLocalError", "NameError"},
    {"OSError", "Exception"},
    {"FileExistsError", "OSError"},
    {"FileNotFoundError", "OSError"},
    {"NotADirectoryError", "OSError"},
    {"PermissionError", "OSError"},
    {"TimeoutError", "OSError"},
    {"RuntimeError", "Exception"},
    {"NotImplementedError", "RuntimeError"},
    {"RecursionError", "RuntimeError"},
    {"StopIteration", "Exception"},
    {"SyntaxError", "Exception"},
    {"SystemError", "Exception"},
    {"TypeError", "Exception"},
    {"ValueError", "Exception"},
    {"UnicodeError", "ValueError"},
    {"Warning", "Exception"},
    {"DeprecationWarning", "Warning"},
    {"FutureWarning", "Warning"},
    {"RuntimeWarning", "Warning"},
    {"UserWarning", "Warning"},
};

static int find(const char *name, size_t length) {
    for (size_t i = 0; i < sizeof builtin / sizeof *builtin; i++)
        if (strlen(builtin[i].name) == length && !memcmp(builtin[i].name, name, length)) return (int)i;
    return -1;
}

const char *exception_builtin(int index, const char **base) {
    if ((size_t)index >= sizeof builtin / sizeof *builtin) return NULL;
    *base = builtin[index].base;
    return builtin[index].name;
}

bool exception_is_builtin(const char *name) {
    return find(name, strlen(name)) >= 0;
}

const char *exception_plain_name(const char *kind) {
    return strncmp(kind, "builtins.", 9) ? kind : kind + 9;
}

bool exception_declare(struct unit *u, const struct name *qualified, const char *bases) {
    const struct name *all = name_of(&u->names, bases);
    return all && table_set(&u->exceptions, qualified, (void *)(uintptr_t)all);
}

static bool same(const char *a, size_t length, const char *b, size_t other) {
    return length == other && !memcmp(a, b, length);
}

/* One of Python's own classes, or a name that is wanted itself. */
static bool is_a(const char *kind, size_t length, const char *wanted, size_t wanted_length) {
    if (same(kind, length, wanted, wanted_length)) return true;
    for (int at = find(kind, length); at >= 0 && builtin[at].base;) {
        const char *base = builtin[at].base;
        if (same(base, strlen(base), wanted, wanted_length)) return true;
        at = find(base, strlen(base));
    }
    return false;
}

/* The classes that one of the program's comes from; NULL: none are known. */
static const struct name *bases_of(struct unit *u, const char *kind) {
    unit_enter(u);
    const struct name *name = name_find(&u->names, kind, strlen(kind));
    const struct name *bases = name ? table_get(&u->exceptions, name) : NULL;
    unit_leave(u);
    return bases;
}

bool exception_is_a(struct unit *u, const char *kind, const char *wanted, size_t length) {
    const char *plain = exception_plain_name(kind);
    if (length > 9 && !strncmp(wanted, "builtins.", 9)) wanted += 9, length -= 9;
    if (is_a(plain, strlen(plain), wanted, length)) return true;
    if (find(plain, strlen(plain)) >= 0) return false;
    const struct name *bases = bases_of(u, kind);
    if (!bases) return is_a("Exception", 9, wanted, length);
    for (const char *at = bases->text; *at;) {
        size_t part = strcspn(at, " ");
        const char *base = exception_plain_name(at);
        if (is_a(base, part - (size_t)(base - at), wanted, length)) return true;
        at += part;
        while (*at == ' ') at++;
    }
    return false;
}

static bool is_any_of(struct unit *u, const char *kind, const char *wanted) {
    while (*wanted) {
        size_t length = strcspn(wanted, " ");
        if (exception_is_a(u, kind, wanted, length)) return true;
        wanted += length + (wanted[length] == ' ');
    }
    return false;
}

bool exception_put_kinds(struct unit *u, const char *wanted, struct text *out) {
    text_put(out, " ");
    for (size_t i = 0; i < sizeof builtin / sizeof *builtin; i++)
        if (is_any_of(u, builtin[i].name, wanted))
            text_printf(out, "%s builtins.%s ", builtin[i].name, builtin[i].name);
    for (uint32_t i = 0; u->exceptions.slots && i <= u->exceptions.mask; i++) {
        const struct name *own = u->exceptions.slots[i].key;
        if (own && is_any_of(u, own->text, wanted)) text_printf(out, "%s ", own->text);
    }
    return !out->failed;
}
