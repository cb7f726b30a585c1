/* The commands: what each file of this room hands to main.c. */
#ifndef LINKBOY_TOOL_COMMANDS_H
#define LINKBOY_TOOL_COMMANDS_H

#include "tool.h"

int command_info(const tool_command *self, int argc, char **argv);
int command_text(const tool_command *self, int argc, char **argv); /* code, repr, schema */
int command_graph(const tool_command *self, int argc, char **argv);
int command_run(const tool_command *self, int argc, char **argv);
int command_verify(const tool_command *self, int argc, char **argv);
int command_copy(const tool_command *self, int argc, char **argv);
int command_script(const tool_command *self, int argc, char **argv);
int command_bench(const tool_command *self, int argc, char **argv);
int command_ops(const tool_command *self, int argc, char **argv);

#endif
