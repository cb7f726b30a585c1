"""The names of torch.jit: `linkboy.jit.load`, `linkboy.jit.save`, `linkboy.jit.ScriptModule`, `linkboy.jit.Error`."""
from linkboy._C import Error
from linkboy.module import ScriptModule, ScriptModule as RecursiveScriptModule
from linkboy.serialization import load_program as load, save_program as save
