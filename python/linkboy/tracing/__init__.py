"""linkboy.trace: a run of a Python function or module becomes a TorchScript program.

    model = linkboy.trace(net, torch.rand(1, 3, 224, 224))

api.py has the functions. What runs is watched by a host, one for torch's tensors (torch_host.py) and one
for linkboy's own (eager_host.py); host.py is what both have in common, torch_answers.py and
eager_answers.py what they answer in the place of sizes, indexing and conversions. The recorder is in C
(src/module/trace.h), recorder.py is between them, structure.py makes the module that gets the methods,
indexing.py takes `x[...]` apart, guards.py keeps what was taken for granted, check.py runs it all again
and compares.
"""
