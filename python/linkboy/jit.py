"""The names of torch.jit: `linkboy.jit.load`, `linkboy.jit.ScriptModule`, `linkboy.jit.Error`."""
from linkboy._C import Error
from linkboy.module import ScriptModule
from linkboy.serialization import load_program as load
