"""The names of torch.jit: `linkboy.jit.load`, `linkboy.jit.save`, `linkboy.jit.ScriptModule`, `linkboy.jit.Error`."""
from linkboy._C import Error
from linkboy._jit_internal import annotate, is_scripting, is_tracing
from linkboy.module import ScriptModule, ScriptModule as RecursiveScriptModule
from linkboy.serialization import load_program as load, save_program as save
