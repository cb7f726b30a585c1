"""Modules that are programs already: PyTorch's ScriptModules and those of linkboy's that were loaded. They go into the unit
by way of an archive; parameters and buffers stay the memory that they are.
"""

from __future__ import annotations

import io
import linecache
import re
import sys
import weakref

from linkboy import _C
from linkboy.jit.unit import unit

_imported: "weakref.WeakKeyDictionary" = weakref.WeakKeyDictionary()  # module -> what it is in the unit
_objects: dict = {}  # id of an object of PyTorch's -> (a weak reference to it, what it is in the unit)
_functions: "weakref.WeakKeyDictionary" = weakref.WeakKeyDictionary()  # function -> the same


_FRAME = re.compile(r"(.*)\((\d+)\): ")  # of a traced node's stack of frames, the innermost


def is_script_module(obj) -> bool:
    """Whether it is a module of a program, linkboy's or PyTorch's."""
    jit = sys.modules.get("torch.jit")
    return isinstance(obj, _C.Module) or (jit is not None and isinstance(obj, jit.ScriptModule))


def imported(module):
    """The ScriptModule of the unit that stands for it."""
    if isinstance(module, _C.Module) and unit.type_of_module(module) is not None:
        return module
    found = _imported.get(module)
    if found is None:
        found = _imported[module] = unit.load(_bytes(module))
        if not isinstance(module, _C.Module):
            _share_tensors(module, found)
    return found


def imported_object(obj):
    """The object of the unit for one of PyTorch's own classes (torch.ScriptObject), such as packed weights;
    None for other things."""
    torch = sys.modules.get("torch")
    if torch is None or not isinstance(obj, torch.ScriptObject):
        return None
    found = _objects.get(id(obj))
    if found is None or found[0]() is not obj:
        holder, key = torch.nn.Module(), id(obj)
        holder.held = obj
        gone = weakref.ref(obj, lambda _: _objects.pop(key, None))
        found = _objects[key] = gone, unit.load(_bytes(torch.jit.script(holder))).held
    return found[1]


def traced_function(function):
    """The function of the unit for one that torch.jit.trace made; None for other things."""
    torch = sys.modules.get("torch")
    if torch is None or not isinstance(function, torch.jit.ScriptFunction) or not _is_traced(function):
        return None
    return imported_function(function)


def imported_function(function):
    """The function of the unit for a torch.jit.ScriptFunction."""
    torch = sys.modules["torch"]
    found = _functions.get(function)
    if found is None:
        found = _functions[function] = _of_graph(function) or _of_archive(torch, function)
    return found


def _of_archive(torch, function):
    names = [a.name for a in function.schema.arguments]
    caller = torch.jit.script(_caller(torch, function, names))
    unit.load(_bytes(caller))
    return unit.function(function.qualified_name)


def _of_graph(function):
    """A traced function by its graph, which has the shapes of the trace, as an archive has not; None where it
    calls others or holds what has no text."""
    if not _is_traced(function) or function.graph.findNode("prim::CallFunction"):
        return None
    try:
        return _copied(function.graph)._function(function.qualified_name)
    except RuntimeError:
        return None


def _copied(graph):
    """A graph of the unit from one of PyTorch's; what its text does not show whole is set."""
    made = _C.new_graph(unit, str(graph))
    for theirs, ours in zip(graph.nodes(), made.nodes()):
        stack = theirs.sourceRange()
        place = _FRAME.match(stack)
        if place:
            ours.setSourceRange(stack, place.group(1), int(place.group(2)))
        constant = theirs.kind() == "prim::Constant" and theirs.hasAttribute("value")
        if constant and theirs.kindOf("value") == "t":
            ours.t_("value", theirs.t("value"))
    return made


def _caller(torch, function, names):
    """A module that calls the function."""
    arguments = ", ".join(names)
    text = f"def forward(self, {arguments}):\n    return function({arguments})\n"
    file = f"<call of {function.qualified_name}>"
    linecache.cache[file] = (len(text), None, text.splitlines(True), file)
    namespace = {"function": function}
    exec(compile(text, file, "exec"), namespace)
    return type("Caller", (torch.nn.Module,), {"forward": namespace["forward"]})()


def _is_traced(function) -> bool:
    """A trace knows the shapes that it was made with."""
    types = [value.type() for value in function.graph.inputs()]
    return any(t.kind() == "TensorType" and t.dtype() is not None for t in types)


def _bytes(module) -> bytes:
    buffer = io.BytesIO()
    if isinstance(module, _C.Module):
        module.save(buffer)
    else:
        sys.modules["torch"].jit.save(module, buffer)
    return buffer.getvalue()


def _share_tensors(theirs, ours) -> None:
    """Puts PyTorch's own parameters and buffers in the place of their copies."""
    from linkboy.jit import modules

    for path, tensor in (*theirs.named_parameters(), *theirs.named_buffers()):
        *owners, name = path.split(".")
        owner = ours
        for part in owners:
            owner = getattr(owner, part)
        setattr(owner, name, modules.shared(tensor))
