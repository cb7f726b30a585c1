/* The table of commands, with what --help says of each. */
#include "commands.h"

#define INPUTS                                                                                              \
    "An input is, in the order of the method's parameters:\n"                                               \
    "  FILE.pt (or any file of torch.save)   what it holds; a single file with a tuple gives all "          \
    "arguments, with a\n"                                                                                   \
    "                                        dict of strings all keyword arguments\n"                       \
    "  FILE.npy                              a tensor; FILE.npz: arr_0, arr_1, ... by position, others by " \
    "name\n"                                                                                                \
    "  3  -2.5  1+2j  True  None  'text'     a literal; also [1, 2], (1, 'a'), {'k': 2.5}\n"                \
    "  NAME=INPUT                            the same for the parameter NAME\n"                             \
    "  --random 1,3,224,224                  a tensor from the normal distribution (1,3:int64 for whole "   \
    "numbers\n"                                                                                             \
    "                                        from 0 to 9); --seed makes it and the program repeatable"

const tool_command tool_commands[] = {
    {"info", "MODEL [--json]", "what is in an archive: format, methods, parameters, operators", NULL,
     command_info},
    {"code", "MODEL [-m METHOD]", "the source of the methods, as PyTorch's .code prints it",
     "-m takes a method of a submodule too: layer1.0.forward. Without it all methods of the module are "
     "printed.",
     command_text},
    {"graph", "MODEL [-m METHOD] [--canonical | --inlined] [--dot FILE] [--svg FILE]",
     "the graph of the methods, as PyTorch prints it",
     "Without -m all methods of the module are printed; a picture is of one method (forward). A file that "
     "holds "
     "a graph's\n"
     "text instead of an archive is read, checked and shown with its values numbered anew, or drawn.",
     command_graph},
    {"repr", "MODEL", "the tree of modules, as PyTorch's repr() prints it", NULL, command_text},
    {"schema", "MODEL [-m METHOD]", "the signature of the methods", NULL, command_text},
    {"run", "MODEL [INPUT ...] [-m METHOD] [--output FILE]",
     "call a method and show or write what it returns",
     INPUTS "\n\nThe result is printed as TorchScript prints it, or written where --output says: FILE.npy "
            "for a tensor,\n"
            "otherwise what torch.load(weights_only=True) reads. A single result is written as it is, not in "
            "a tuple.",
     command_run},
    {"verify", "[CHECKS] PATH ...", "compare with what PyTorch recorded (.io and .expect beside .pt)",
     "A PATH is an archive or a folder of them. A line per failure, then `N passed, N failed`: a check is "
     "one of the\n"
     "named ones on one archive. Without a named check all of them are made that the recorded files hold.",
     command_verify},
    {"copy", "IN OUT [--extra NAME=FILE] [--no-extra]", "save an archive again, as PyTorch would write it",
     "OUT gets the records that torch.jit.save(torch.jit.load(IN)) makes, and the extra files of IN. It is "
     "replaced\n"
     "as a whole or not at all, and may be IN itself. Archives of older versions become today's.",
     command_copy},
    {"script", "FILE.py[:NAME] [-o OUT.pt] [--weights STATE.pt] [--text KIND]",
     "compile a Python file, with no Python",
     "NAME is a function, a class of modules, a module of the file, or a call: 'net.py:Net(3, hidden=16)'. "
     "Without it the\nfile's only one is taken; where there are several they are listed. FILE.py may be - "
     "(standard input). Constructors\nare run once; forward and what it calls are compiled. The archive is "
     "one that torch.jit.load opens.",
     command_script},
    {"bench", "MODEL [INPUT ...] [--inputs FILE] [--json]", "time a method: latency, memory, operators",
     INPUTS "\n\n--json prints median_ms, min_ms, p99_ms, first_ms, calls, peak_rss_kb, load_ms and profile.",
     command_bench},
    {"ops", "[--json] [PATTERN]", "every operator's schema and whether it can run", NULL, command_ops},
    {NULL, NULL, NULL, NULL, NULL},
};
