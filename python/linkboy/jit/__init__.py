"""The names of torch.jit: `linkboy.jit.script`, `linkboy.jit.load`, `linkboy.jit.ScriptModule`,
`linkboy.jit.Error`, the marks
on functions and classes that the compiler reads."""

from typing import Final

from linkboy._C import Error
from linkboy._jit_internal import _overload, _overload_method, annotate, is_scripting, is_tracing
from linkboy.jit.function import ScriptFunction
from linkboy.jit.modifiers import Attribute, export, fork, ignore, interface, script_if_tracing, unused, wait
from linkboy.jit.modifiers import script_isinstance as isinstance
from linkboy.jit.script import script
from linkboy.passes import freeze, optimize_for_inference
from linkboy.module import ScriptModule, ScriptModule as RecursiveScriptModule
from linkboy.serialization import load_program as load, save_program as save
from linkboy.tracing.api import TracerWarning, TracingCheckError, trace, trace_module
