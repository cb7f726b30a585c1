/* linkboy, the command-line tool: finds the command and hands it the words behind its name.
 * Each command is a row of the table below and a file of its own. */
#include "commands.h"
#include <locale.h>
#include <string.h>

static int print_overview(FILE *to, int status) {
    const char *bold = output_colour(to, COLOUR_BOLD), *none = output_colour(to, COLOUR_NONE);
    fprintf(to, "%slinkboy %s%s: loads, shows and runs TorchScript archives\n\n", bold, lb_version(), none);
    for (const tool_command *c = tool_commands; c->name; c++)
        fprintf(to, "  %s%-7s%s %s\n", bold, c->name, none, c->summary);
    fputs("\nlinkboy COMMAND --help tells more. Exit status: 0 done; 1 a check failed or the program raised; "
          "2 wrong "
          "usage;\n3 a file can't be read, is damaged or passes a limit; 4 something that linkboy does not "
          "have yet.\n",
          to);
    return status;
}

int main(int argc, char **argv) {
    const char *name = argc > 1 ? argv[1] : NULL;
    if (!name) return print_overview(stderr, TOOL_USAGE);
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 || strcmp(name, "help") == 0)
        return print_overview(stdout, TOOL_OK);
    if (strcmp(name, "--version") == 0) {
        printf("linkboy %s\n", lb_version());
        return TOOL_OK;
    }
    for (const tool_command *c = tool_commands; c->name; c++)
        if (strcmp(name, c->name) == 0) return c->run(c, argc - 2, argv + 2);
    output_error("no command %s", name);
    return print_overview(stderr, TOOL_USAGE);
}
