/* What the commands of the tool share: the table of commands, options, output, small helpers.
 * The tool stands on include/linkboy.h alone, as any other program would; a file of this room is one command
 * (run.c, verify.c, ...) or one thing several commands need (options.c, output.c, json.c, inputs.c). Commands
 * return the tool's exit status. */
#ifndef LINKBOY_TOOL_H
#define LINKBOY_TOOL_H

#include "linkboy.h"
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Exit status; `linkboy --help` prints these. */
enum {
    TOOL_OK = 0,
    TOOL_FAILED = 1,      /* verify: a check failed; run, bench: the program raised */
    TOOL_USAGE = 2,       /* wrong options or arguments */
    TOOL_UNREADABLE = 3,  /* a file is missing, damaged or hostile */
    TOOL_UNSUPPORTED = 4, /* a file form or operator that is not there yet */
};

/* ---- Commands and their options ---- */

typedef struct tool_command {
    const char *name, *arguments, *summary;
    const char *details; /* what --help says below the summary */
    int (*run)(const struct tool_command *self, int argc, char **argv);
} tool_command;

extern const tool_command tool_commands[]; /* ends with a NULL name */

typedef enum option_kind {
    OPTION_FLAG,     /* bool *: set */
    OPTION_TEXT,     /* const char **: the next word */
    OPTION_INTEGER,  /* int64_t * */
    OPTION_REST,     /* goes to the positional words, together with its argument, in order */
    OPTION_END = -1, /* closes a table */
} option_kind;

typedef struct option {
    option_kind kind;
    char letter; /* 0: none */
    const char *name;
    void *target;
    const char *argument; /* as --help shows it */
    const char *help;
} option;

typedef struct words {
    const char **items;
    int count;
} words;

/* Sorts argv into options and positional words. False: *status is what to return (after --help, or a wrong
 * option). */
bool options_read(const tool_command *self, const option *table, int argc, char **argv, words *rest,
                  int *status);
/* Tells that the positional words are not what the command takes, and frees them. Gives the exit status. */
int words_refused(const tool_command *self, words *take, const char *why);
int tool_usage(const tool_command *self, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* ---- Output ---- */

typedef enum colour { COLOUR_BOLD, COLOUR_DIM, COLOUR_RED, COLOUR_GREEN, COLOUR_YELLOW, COLOUR_NONE } colour;

/* Escape sequences: "" unless the stream is a terminal and NO_COLOR is not set. */
const char *output_colour(FILE *to, colour which);
/* "linkboy: MESSAGE" on standard error. */
void output_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* The library's error in full; gives the exit status for its code. */
int output_library_error(const char *about, const lb_error *err);
/* A bar on standard error, where that is a terminal. total 0 removes it. */
void output_progress(int64_t done, int64_t total, const char *what);
void output_json_string(FILE *to, const char *text, size_t length);
/* A value as JSON: tensors as {"dtype", "shape", "data"}. */
bool output_json_value(FILE *to, const lb_value *value, lb_error *err);

/* ---- Small helpers ---- */

/* Memory that is there: the tool ends with a message when there is none. */
void *tool_alloc(size_t bytes);
void *tool_realloc(void *old, size_t bytes);
char *tool_format(const char *format, ...) __attribute__((format(printf, 1, 2)));
char *tool_vformat(const char *format, va_list args);
/* The whole of a file with a NUL behind it; NULL (and errno) when it can't be read. "-" is standard input. */
char *tool_read_file(const char *path, size_t *length);
bool tool_has_suffix(const char *text, const char *suffix);
int64_t tool_now_ns(void);
/* Opens an archive, or prints why not and sets *status. */
lb_module *tool_load(const char *path, lb_error *err, int *status);
/* ARRAY_ADD(pointer, count, item): appends; capacity grows at powers of two. */
void *tool_grow(void *array, int count, size_t item);

#endif
