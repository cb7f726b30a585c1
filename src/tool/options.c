/* Options of a command: one table says what there is, how it is read and what --help prints.
 * argv goes in, targets of the table and a list of positional words come out. */
#include "tool.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void print_help(const tool_command *self, const option *table) {
    const char *bold = output_colour(stdout, COLOUR_BOLD), *none = output_colour(stdout, COLOUR_NONE);
    printf("%slinkboy %s%s %s\n\n%s\n", bold, self->name, none, self->arguments, self->summary);
    if (self->details) printf("\n%s\n", self->details);
    puts("\nOptions:");
    for (const option *o = table; o->kind != OPTION_END; o++) {
        char *left = tool_format("%s%s--%s%s%s", o->letter ? (char[]){'-', o->letter, 0} : "  ",
                                 o->letter ? ", " : "  ", o->name, o->argument ? " " : "",
                                 o->argument ? o->argument : "");
        printf("  %-28s %s\n", left, o->help);
        free(left);
    }
    printf("  %-28s %s\n", "-h, --help", "this text");
}

int tool_usage(const tool_command *self, const char *format, ...) {
    va_list args;
    va_start(args, format);
    char *text = tool_vformat(format, args);
    va_end(args);
    output_error("%s", text);
    fprintf(stderr, "usage: linkboy %s %s   (linkboy %s --help)\n", self->name, self->arguments, self->name);
    free(text);
    return TOOL_USAGE;
}

static const option *find(const option *table, const char *word, size_t length) {
    for (const option *o = table; o->kind != OPTION_END; o++) {
        if (word[1] == '-' && strlen(o->name) == length - 2 && strncmp(o->name, word + 2, length - 2) == 0)
            return o;
        if (word[1] != '-' && o->letter == word[1]) return o;
    }
    return NULL;
}

/* The argument inside the word itself: --name=ARGUMENT, -nARGUMENT; NULL when there is none. */
static const char *own_argument(const char *word) {
    const char *equals = strchr(word, '=');
    if (word[1] == '-') return equals ? equals + 1 : NULL;
    return word[2] ? word + 2 : NULL;
}

/* "-5", "-.5", "-inf" are arguments, "-x" is an option, "-" is standard input. */
static bool is_option(const char *word) {
    return word[0] == '-' && word[1] && !strchr("0123456789.", word[1]) && strncmp(word, "-inf", 4) != 0;
}

static void add_word(words *rest, const char *word) {
    rest->items = tool_grow(rest->items, rest->count, sizeof *rest->items);
    rest->items[rest->count++] = word;
}

static bool set_integer(int64_t *target, const char *text) {
    char *end;
    errno = 0;
    *target = strtoll(text, &end, 10);
    return !errno && *text && !*end;
}

static bool apply(const option *o, const char *argument, words *rest) {
    switch (o->kind) {
    case OPTION_FLAG: *(bool *)o->target = true; return true;
    case OPTION_TEXT: *(const char **)o->target = argument; return true;
    case OPTION_INTEGER: return set_integer(o->target, argument);
    case OPTION_REST:
        add_word(rest, o->target);
        add_word(rest, argument);
        return true;
    default: return false;
    }
}

/* One option at argv[*i]; its argument may be behind `=` or be the next word. */
static bool read_option(const tool_command *self, const option *table, int argc, char **argv, int *i,
                        words *rest) {
    const char *word = argv[*i], *argument = own_argument(word);
    const option *o = find(table, word, argument ? (size_t)(argument - word - 1) : strlen(word));
    if (!o) {
        tool_usage(self, "no option %s", word);
        return false;
    }
    if (o->kind != OPTION_FLAG && !argument) argument = ++*i < argc ? argv[*i] : NULL;
    if ((o->kind == OPTION_FLAG) == (argument != NULL) || !apply(o, argument, rest)) {
        tool_usage(self, o->kind == OPTION_FLAG ? "option --%s takes no argument" : "option --%s wants %s",
                   o->name, o->argument);
        return false;
    }
    return true;
}

/* Every word in turn; false where the command should not go on. */
static bool sort_words(const tool_command *self, const option *table, int argc, char **argv, words *rest,
                       int *status) {
    bool only_words = false;
    *status = TOOL_USAGE;
    for (int i = 0; i < argc; i++) {
        if (only_words || !is_option(argv[i])) {
            add_word(rest, argv[i]);
        } else if (strcmp(argv[i], "--") == 0) {
            only_words = true;
        } else if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
            print_help(self, table);
            *status = TOOL_OK;
            return false;
        } else if (!read_option(self, table, argc, argv, &i, rest)) {
            return false;
        }
    }
    return true;
}

bool options_read(const tool_command *self, const option *table, int argc, char **argv, words *rest,
                  int *status) {
    if (sort_words(self, table, argc, argv, rest, status)) return true;
    free(rest->items);
    return false;
}

int words_refused(const tool_command *self, words *take, const char *why) {
    free(take->items);
    return tool_usage(self, "%s", why);
}
