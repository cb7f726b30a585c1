/* The codes of compile errors. A code names a kind of mistake and stays what it is from release to release;
 * its row says what the kind is and how it is mended (docs/ERRORS.md is made of these rows), and which
 * wordings of PyTorch's belong to it: a site that gives no code of its own gets the one whose wording begins
 * its message. */
#ifndef LINKBOY_LANG_ERROR_CODES_H
#define LINKBOY_LANG_ERROR_CODES_H

enum error_code {
    ERROR_BY_WORDING = 0, /* the site leaves it to the table */
    ERROR_SYNTAX = 1000,
    ERROR_TARGET = 1001,
    ERROR_OUTSIDE_LOOP = 1002,
    ERROR_CLASS_BODY = 1003,
    ERROR_NAMES = 1100,
    ERROR_UNDEFINED = 1101,
    ERROR_NOT_ON_EVERY_PATH = 1102,
    ERROR_UNKNOWN_TYPE = 1103,
    ERROR_UNKNOWN_OPERATOR = 1104,
    ERROR_CALLS = 1200,
    ERROR_NO_OVERLOAD = 1201,
    ERROR_ARGUMENT_MISSING = 1202,
    ERROR_ARGUMENT_TYPE = 1203,
    ERROR_UNKNOWN_KEYWORD = 1204,
    ERROR_ARGUMENT_TWICE = 1205,
    ERROR_TOO_MANY_ARGUMENTS = 1206,
    ERROR_NOT_CALLABLE = 1207,
    ERROR_MAY_BE_NONE = 1208,
    ERROR_TYPES = 1300,
    ERROR_VARIABLE_CHANGES_TYPE = 1301,
    ERROR_BRANCHES_DIFFER = 1302,
    ERROR_MIXED_ITEMS = 1303,
    ERROR_NOT_A_CONDITION = 1304,
    ERROR_ANNOTATION_MISMATCH = 1305,
    ERROR_KEY_TYPE = 1306,
    ERROR_RETURNS = 1400,
    ERROR_RETURN_TYPE = 1401,
    ERROR_RETURNS_DIFFER = 1402,
    ERROR_RETURN_MISSING = 1403,
    ERROR_ATTRIBUTES = 1500,
    ERROR_NO_ATTRIBUTE = 1501,
    ERROR_ATTRIBUTE_TYPE = 1502,
    ERROR_METHOD_AS_VALUE = 1503,
    ERROR_CANNOT_SET = 1504,
    ERROR_CONSTANT = 1505,
    ERROR_MODULES = 1600,
    ERROR_MODULE_INDEX = 1601,
    ERROR_INTERFACE = 1602,
    ERROR_NOT_INITIALIZED = 1603,
    ERROR_CONTAINERS = 1700,
    ERROR_TUPLE_INDEX = 1701,
    ERROR_UNPACK_COUNT = 1702,
    ERROR_NOT_SUBSCRIPTABLE = 1703,
    ERROR_NOT_ITERABLE = 1704,
    ERROR_INDEX_TYPE = 1705,
    ERROR_UNSUPPORTED = 1800,
    ERROR_GLOBAL = 1801,
    ERROR_RECURSION = 1802,
    ERROR_OUTSIDE_OF_PROGRAM = 1803,
    ERROR_INHERITANCE = 1804,
    ERROR_CONTEXT_MANAGER = 1805,
    ERROR_DEFAULT_VALUE = 1806,
    ERROR_NO_SOURCE = 1807,
    ERROR_BUILTIN = 1808,
};

enum { ERROR_WORDINGS = 9 };
struct error_kind {
    enum error_code code;
    const char *title;                        /* what is wrong, as a sentence goes on after "LBnnnn: " */
    const char *explanation;                  /* why the language is so */
    const char *cure;                         /* how it is mended */
    const char *wordings[ERROR_WORDINGS + 1]; /* beginnings of formats; NULL ends them */
};

int error_kind_count(void);
const struct error_kind *error_kind_at(int i);
/* The row of a code; the first row (syntax) for one that the table has not. */
const struct error_kind *error_kind_of(enum error_code code);
/* The code whose wording begins this format, the longest of them; ERROR_UNSUPPORTED when there is none. */
enum error_code error_code_of_wording(const char *format);
#endif
