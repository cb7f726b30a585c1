"""Modules: what of an nn.Module becomes parameters, buffers, constants, attributes and submodules of its
class, which
methods are compiled, and the ScriptModule made of it (torch/jit/_recursive.py).

Modules of one Python class share a type when everything that the compiler can see of them is equal. A
module's type is
made after those of its submodules; its methods are compiled after theirs.
"""

from __future__ import annotations

import contextlib
import enum
import functools
import inspect
import re
import typing
import warnings
import weakref

from linkboy import _C
from linkboy.jit import (
    adopted,
    annotations,
    answers,
    classes,
    containers,
    errors,
    foreign,
    functions,
    modifiers,
    names,
    scopes,
    sources,
    whole,
)
from linkboy.jit import unit as units
from linkboy.jit.unit import qualified_name, type_of_text, unit

_IGNORED = frozenset(
    (
        "_version",
        "_parameters",
        "_buffers",
        "_non_persistent_buffers_set",
        "_backward_hooks",
        "_backward_pre_hooks",
        "_forward_hooks",
        "_forward_hooks_with_kwargs",
        "_forward_hooks_always_called",
        "_forward_pre_hooks",
        "_forward_pre_hooks_with_kwargs",
        "_state_dict_hooks",
        "_state_dict_pre_hooks",
        "_load_state_dict_pre_hooks",
        "_load_state_dict_post_hooks",
        "_modules",
        "_initializing",
        "dump_patches",
    )
)
_PLAIN = {bool: "bool", int: "int", float: "float", complex: "complex", str: "str", type(None): "NoneType"}

_store: dict = {}  # what can be seen of a module -> its Concrete
_created: list = []  # keys of the Concretes since the outermost compilation began
_whole: list = []  # the module that is compiled with all of Python (jit/whole.py), if one is


class Concrete:
    """A module's type with what the compiler knows besides: the scope of its class."""

    def __init__(self, module, kind):
        self.cls = type(module)
        self.kind = kind
        self.type = None
        self.attributes = {}  # name -> (Type, flags)
        self.constants = {}
        self.modules = {}  # name -> Concrete, or the Type of an interface
        self.functions = {}  # function attributes: name -> answer
        self.overloads = {}  # method -> names of its overloads
        self.failed = {}  # attribute -> why it has no type
        self.others = {}  # with all of Python, attributes that are constants: name -> object
        self.asked = set()  # of those, empty lists and dicts that a program uses
        self.whole = bool(_whole)
        self.ignored = ()
        self.hooks = ()
        self.declared = set()  # methods that were declared when they were asked for
        self.compiled = False
        self.refused = False  # its methods do not compile

    def key(self) -> tuple:
        """Equal for modules that share a type."""
        return (
            self.cls,
            self.kind,
            tuple(self.attributes.items()),
            tuple(sorted((name, _constant_key(v)) for name, v in self.constants.items())),
            tuple(
                sorted(
                    (name, id(m) if isinstance(m, Concrete) else hash(m)) for name, m in self.modules.items()
                )
            ),
            tuple(self.functions.items()),
            tuple((n, tuple(o)) for n, o in self.overloads.items()),
            self.ignored,
            self.hooks,
            self.whole,
            tuple((name, whole.key(value)) for name, value in self.others.items()),
        )

    # ---- the scope of the class: names that are no members ----

    def find(self, name: str):
        overloads = self.overloads.get(name)
        if overloads is not None:
            return answers.functions(*(self.methods[n] for n in overloads))
        found = self.functions.get(name)
        if found is not None:
            return found
        if name in self.others:
            return self.find_other(name)
        owner, own = scopes.owner_of_method(self.cls, name)
        if own != name and owner is not None:
            return self.find_method(name, vars(owner)[own])
        static = inspect.getattr_static(self.cls, name, None)
        if isinstance(static, staticmethod):
            return names.answer(static.__func__)
        method = getattr(self.cls, name, None)
        if inspect.isfunction(method):
            return self.find_method(name, method)
        refusal = answers.refusal(self.missing(name))
        made = isinstance(static, (property, functools.cached_property))
        plain = static is not None and not made and name not in self.failed
        return answers.either(refusal, whole.answer(method)) if plain else refusal

    def find_other(self, name: str):
        value = self.others[name]
        if isinstance(value, (list, dict)) and not value:
            self.asked.add(name)
            return answers.empty(isinstance(value, dict))
        return whole.answer(value)

    def find_method(self, name: str, method):
        if modifiers.is_ignored(method):
            declaration = units.declare(None, None, functions.source_for(method))
            return answers.outside(declaration, modifiers.is_never_called(method), method=True)
        if name not in self.declared:
            self.declared.add(name)
            units.declare(None, self.type, functions.source_for(method, name=name))
        return None

    def nearest(self, name: str):
        """The attribute or method that is likest to this name, for messages; None."""
        known = [*self.attributes, *self.modules, *self.constants, *self.functions]
        return scopes.likest(name, [*known, *(n for n in vars(self.cls))])

    def where_set(self, name: str):
        place = classes.place_set(self.cls, name)
        return place and f"{place[0]}, line {place[1]}"

    def missing(self, name: str) -> str:
        hint = self.failed.get(name, "")
        if not hint and name in self.ignored:
            hint = "attribute was ignored during compilation"
        return f"Module '{self.cls.__name__}' has no attribute '{name}' {hint}"


def _constant_key(value):
    if isinstance(value, tuple):
        return ("tuple", tuple(map(_constant_key, value)))
    return (type(value).__name__, repr(value))


# ---- discovery ----


def class_annotations(module) -> dict:
    """Those of the nearest class that has any."""
    found = inspect.get_annotations(type(module))
    bases = list(type(module).__bases__)
    while not found and bases:
        base = bases.pop(0)
        found = inspect.get_annotations(base)
        bases = list(base.__bases__) + bases
    return found


def is_final(annotation) -> bool:
    return annotation is typing.Final or typing.get_origin(annotation) is typing.Final


class Discovery:
    """What is to be seen of one module, step by step."""

    def __init__(self, module):
        self.module = module
        self.concrete = Concrete(module, containers.kind_of(module))
        self.annotations = class_annotations(module)
        self.concrete.ignored = tuple(getattr(module, "__jit_ignored_attributes__", ()))

    def run(self) -> Concrete:
        self.add_tensors(self.module._parameters, units.PARAMETER)
        self.add_tensors(self.module._buffers, units.BUFFER)
        self.add_modules()
        self.add_constants()
        self.concrete.overloads = overload_names(self.module)
        self.add_dict()
        hooks = self.module.__dict__.get("_forward_hooks", {}), self.module.__dict__.get(
            "_forward_pre_hooks", {}
        )
        self.concrete.hooks = tuple(tuple(h.values()) for h in hooks)
        return self.concrete

    def annotated(self, name):
        """The type that an annotation of the class gives the attribute; None."""
        annotation = self.annotations.get(name)
        if annotation is None or name == "forward" or is_final(annotation):
            return None
        scope = classes._ModuleOfClass(type(self.module)) if isinstance(annotation, str) else None
        found = annotations.annotation_type(annotation, scope)
        if found is None and not _whole:
            raise errors.failure(
                RuntimeError,
                errors.UNKNOWN_TYPE,
                f"the annotation {annotation!r} of attribute '{name}' in {type(self.module).__name__} is no type that a program "
                "can have",
                "Use Tensor, int, float, bool, str, List, Dict, Tuple, Optional, Union, or a class that programs can compile.",
            )
        return found

    def type_of(self, name, value):
        """(type, None) or (None, why there is none)."""
        found = self.annotated(name) if self.annotations else None
        if found is not None:
            return found, None
        if modifiers.is_attribute(value):
            return annotations.annotation_type(value.type), None
        if _whole and hasattr(value, "_fields"):
            return attribute_tuple(value), None
        plain = _PLAIN.get(type(value))
        found, why = (type_of_text(plain), None) if plain is not None else inferred(value)
        if _whole and (found is None or value is None):
            found = self.annotated_in_init(name) or found
        return found, why

    def annotated_in_init(self, name):
        """The type that `self.NAME: TYPE = ...` gives what does not show its own; None."""
        annotation = sources.annotations_in_init(type(self.module)).get(name)
        scope = classes._ModuleOfClass(type(self.module))
        try:
            return annotation and annotations.annotation_type(annotation, scope)
        except RuntimeError:
            return None

    def add_tensors(self, tensors, flag) -> None:
        for name, tensor in tensors.items():
            if name not in self.concrete.ignored:
                plain = "NoneType" if tensor is None else "Tensor"
                self.concrete.attributes[name] = (self.annotated(name) or type_of_text(plain), flag)

    def add_modules(self) -> None:
        for name, module in submodules(self.module).items():
            if name in self.concrete.ignored:
                continue
            declared = self.annotated(name) if name in self.annotations else None
            if module is None:
                self.concrete.attributes[name] = (declared or type_of_text("NoneType"), 0)
            elif declared is not None:
                self.concrete.modules[name] = declared
            else:
                self.concrete.modules[name] = concrete_of(module)

    def add_constants(self) -> None:
        wanted = set(getattr(self.module, "__constants__", ()))
        for name, annotation in self.annotations.items():
            if is_final(annotation):
                wanted.add(name)
        for name in wanted:
            if self.is_member(name):
                warnings.warn(
                    f"'{name}' was found in ScriptModule constants, but it is a parameter, buffer or submodule. Consider "
                    "removing it.",
                    stacklevel=2,
                )
            elif not hasattr(self.module, name):
                warnings.warn(
                    f"'{name}' was found in ScriptModule constants, but was not actually set in __init__. Consider "
                    "removing it.",
                    stacklevel=2,
                )
            elif not _whole or is_valid_constant(getattr(self.module, name)):
                self.concrete.constants[name] = self.valid_constant(name, getattr(self.module, name))

    def is_member(self, name) -> bool:
        return name in self.concrete.attributes or name in self.concrete.modules

    def valid_constant(self, name, value):
        if isinstance(value, (tuple, list)):
            return tuple(self.valid_constant(name, item) for item in value)
        if not names.is_constant(value):
            raise errors.failure(
                TypeError,
                errors.CONSTANT,
                f"'{type(value).__name__}' object in attribute '{type(self.module).__name__}.{name}' is not a valid constant. Valid "
                "constants are numbers, strings, None, devices, dtypes, layouts, and tuples or lists of these",
                f"Take '{name}' out of `__constants__`; a plain attribute may hold more.",
                place=classes.place_set(type(self.module), name),
            )
        return value

    def add_dict(self) -> None:
        for name, value in self.module.__dict__.items():
            skipped = name in _IGNORED or name.startswith("__") or name in self.concrete.ignored
            if skipped or self.is_member(name) or name in self.concrete.constants:
                continue
            if not self.add_function(name, value):
                self.add_attribute(name, value)

    def add_function(self, name, value) -> bool:
        """A function as an attribute is compiled now; whether it is one."""
        if type(value) in _PLAIN or isinstance(value, (list, dict, tuple)):
            return False
        if inspect.isfunction(value) and value.__name__ == "<lambda>":
            self.concrete.functions[name] = names.answer(value)
            return True
        if inspect.isfunction(value) and names.operator_of(value) is None:
            try:
                functions.compiled(value)
                self.concrete.functions[name] = names.answer(value)
            except Exception as error:
                if _whole:  # it may compile for a call of it
                    self.concrete.functions[name] = whole.member(value)
                    return True
                self.concrete.failed[name] = (
                    "(This function exists as an attribute on the Python module, but it could not be compiled: "
                    f"\n{errors.without_own_lines(str(error))})"
                )
            return True
        known = names.operator_of(value) or names.packet_of(value)
        if known is not None or isinstance(value, _C.Function) or hasattr(value, "_torchdynamo_inline"):
            self.concrete.functions[name] = names.answer(value)
            return True
        return False

    def add_attribute(self, name, value) -> None:
        found, why = self.type_of(name, value)
        if found is not None:
            self.concrete.attributes[name] = (found, 0)
        elif _whole:
            self.concrete.others[name] = value
        else:
            self.concrete.failed[name] = (
                f"(This attribute exists on the Python module, but we failed to convert Python type: '{type(value).__name__}' to a "
                f"TorchScript type. {why}. Its type was inferred; try adding a type annotation for the attribute."
                f"{_where_set(type(self.module), name)})"
            )


def is_valid_constant(value) -> bool:
    """Whether a module may have it as a constant."""
    return all(map(is_valid_constant, value)) if isinstance(value, (tuple, list)) else names.is_constant(value)


def attribute_tuple(value):
    """The type of a NamedTuple, where an attribute may have it; None."""
    try:
        found = classes.class_type(type(value))
    except RuntimeError:
        return None
    return None if "Any" in {t.annotation_str for t in found.containedTypes()} else found


def submodules(module) -> dict:
    """The modules right below it by name; with all of Python those in plain containers, too."""
    return {**module._modules, **adopted.containers_of(module)} if _whole else module._modules


def inferred(value):
    """(type, None) of a value by what it shows, or (None, why it shows none)."""
    try:
        if isinstance(value, enum.Enum):
            return classes.class_type(type(value)), None
        return unit.infer(classes.as_value(value)), None
    except Exception as error:
        return None, str(error).rstrip(".")


def _where_set(cls, name: str) -> str:
    place = classes.place_set(cls, name)
    return f" It is set in {place[0]}, line {place[1]}: {place[2]}" if place else ""


def concrete_of(module):
    """The Concrete of a module; a type that is known is shared. The Type of one that is a program already."""
    if foreign.is_script_module(module):
        return unit.type_of_module(foreign.imported(module))
    check_initialized(module)
    seen = Discovery(module).run()
    key = seen.key()
    found = _store.get(key) if _sharing else None
    if found is None:
        found = build(seen)
        if _sharing:
            _store[key] = found
            _created.append(key)
    return found


_sharing = True


@contextlib.contextmanager
def for_trace():
    """Every module has a type of its own here, and no forward is compiled but where one is called: a trace adds
    methods."""
    global _sharing
    before, _sharing = _sharing, False
    try:
        yield
    finally:
        _sharing = before


def build(concrete: Concrete) -> Concrete:
    """Makes the type of a Concrete."""
    concrete.type = unit.new_class(qualified_name(concrete.cls), concrete.kind, concrete)
    classes.module_types.setdefault(concrete.cls, concrete.type)
    concrete.methods = {}
    for name, (found, flags) in concrete.attributes.items():
        unit.attribute(concrete.type, name, found, flags)
    for name, value in concrete.constants.items():
        unit.constant(concrete.type, name, value)
    for name, sub in concrete.modules.items():
        unit.attribute(concrete.type, name, sub.type if isinstance(sub, Concrete) else sub, 0)
    return concrete


def forget_failed() -> None:
    """After a failed compilation: types whose methods were not compiled are made anew the next time."""
    for key in _created:
        if key in _store and not _store[key].compiled:
            del _store[key]


def settle() -> None:
    """At the end: what was compiled for its calls alone is no method of its class."""
    for key in _created:
        if key in _store:
            unit.settle(_store[key].type)


def begin() -> None:
    _created.clear()
    _class_methods.clear()
    adopted.begin()
    classes.begin()


def check_initialized(module) -> None:
    if "_parameters" not in module.__dict__:
        raise errors.failure(
            RuntimeError,
            errors.NOT_INITIALIZED,
            f"'{type(module).__name__}' has not been initialized, did you forget to call 'super()'?",
            "Call `super().__init__()` at the beginning of `__init__`.",
        )
    for name, tensor in (*module._parameters.items(), *module._buffers.items()):
        if type(tensor).__name__.startswith("Uninitialized"):
            raise errors.failure(
                RuntimeError,
                errors.NOT_INITIALIZED,
                f"'{type(module).__name__}' has an uninitialized parameter or buffer '{name}'. Did you forget to run a forward pass?",
                "Run the module once before it is scripted: a lazy layer learns its sizes from its first input.",
            )


# ---- methods ----

_class_methods: dict = {}  # class, whether with all of Python -> (exported methods, properties)


def _class_members(cls) -> tuple:
    """Names of exported methods, and properties that are compiled, in alphabetical order; once a
    compilation."""
    found = _class_methods.get((cls, bool(_whole)))
    if found is None:
        exported, properties = [], []
        unused = getattr(cls, "__jit_unused_properties__", ())
        ignored = getattr(cls, "__jit_ignored_attributes__", ())
        for name in dir(cls):
            member = inspect.getattr_static(cls, name, None)
            if isinstance(member, functools.cached_property) and _whole:
                properties.append((name, property(member.func)))
            elif isinstance(member, property):
                if name not in unused and name not in ignored and not modifiers.is_never_called(member.fget):
                    properties.append((name, member))
            elif callable(member) and modifiers.modifier(member) == modifiers.EXPORT:
                exported.append(name)
        found = _class_methods[cls, bool(_whole)] = (exported, properties)
    return found


def overload_names(module) -> dict:
    """{method: names of its overloads} (torch.jit._overload_method)."""
    found = dict(getattr(module, "__overloads__", {}))
    for name, forms in containers.method_overloads(type(module)).items():
        found[name] = [f"{name}__{i}" for i in range(len(forms))]
    return found


def methods_to_compile(module) -> list:
    """Names of the methods where compilation begins."""
    forward = getattr(module, "forward", None)
    begins = []
    if _sharing and forward is not None and not modifiers.is_ignored(forward):
        if getattr(forward, "__func__", forward) not in containers.default_forwards():
            begins.append("forward")
    own = [n for n, v in module.__dict__.items() if callable(v) and modifiers.modifier(v) == modifiers.EXPORT]
    if _whole and begins and module is not _whole[0] and functions.is_open(forward):
        begins.remove("forward")  # it is compiled for the calls of it
    overloaded = overload_names(module)
    return [
        n
        for n in dict.fromkeys(begins + sorted({*_class_members(type(module))[0], *own}))
        if n not in overloaded
    ]


def _declare_overloads(concrete: Concrete) -> list:
    declared = []
    for name, forms in containers.method_overloads(concrete.cls).items():
        implementation = getattr(concrete.cls, name)
        for i, form in enumerate(forms):
            source = functions.source_for(
                implementation, name=f"{name}__{i}", declaration=functions.source_for(form)
            )
            concrete.methods[f"{name}__{i}"] = units.declare(None, concrete.type, source)
            declared.append(concrete.methods[f"{name}__{i}"])
    return declared


def _declare_properties(concrete: Concrete) -> list:
    declared = []
    for name, prop in _class_members(concrete.cls)[1]:
        getter = units.declare(None, concrete.type, functions.source_for(prop.fget, name=f"__{name}_getter"))
        setter = prop.fset and units.declare(
            None, concrete.type, functions.source_for(prop.fset, name=f"__{name}_setter")
        )
        unit.property(concrete.type, name, getter, setter or None)
        declared += [getter] + ([setter] if setter else [])
    return declared


def _hook_function(hook):
    """A hook that can be compiled."""
    if not functions.is_function(hook):
        raise errors.failure(
            RuntimeError,
            errors.UNSUPPORTED,
            f"the hook {hook!r} is an object of class '{type(hook).__name__}', and no function",
            "Make it a function, or remove it before the module is scripted (`torch.nn.utils.remove_weight_norm`).",
        )
    return hook


def compile_methods(module, concrete: Concrete, begins) -> None:
    """Declares all, then compiles one after the other; once for each type."""
    declared = _declare_properties(concrete) + _declare_overloads(concrete)
    for name in begins:
        method = getattr(module, name)
        declared.append(units.declare(None, concrete.type, functions.source_for(method, name=name)))
    collected = errors.Collected()
    for function in declared:
        with collected.part():
            unit.compile(function)
    collected.end()
    for hook, before in [*((h, False) for h in concrete.hooks[0]), *((h, True) for h in concrete.hooks[1])]:
        unit.hook(concrete.type, functions.source_for(_hook_function(hook), name=hook.__name__), before)


# ---- the ScriptModule ----


def compiled(module):
    """The ScriptModule of a module; where PyTorch refuses it, it is compiled once more with all of Python."""
    if _whole:
        return script_module(module)
    try:
        return script_module(module)
    except (AttributeError, OSError, RuntimeError, TypeError, ValueError) as error:
        forget_failed()
        refused = error
    _whole.append(module)
    try:
        return script_module(module)
    except Exception:
        raise refused from None
    finally:
        _whole.clear()


def script_module(module, concrete=None, begins=None):
    """A ScriptModule of a module: its submodules' first, then its own methods."""
    if concrete is None:
        concrete = concrete_of(module)
    if begins is None:
        begins = methods_to_compile(module)
    values = {name: attribute_value(module, name, found) for name, (found, _) in concrete.attributes.items()}
    below = submodules(module)
    collected = errors.Collected()
    for name, sub in concrete.modules.items():
        with collected.part(module, name):
            values[name] = _script_submodule(below[name], sub, module, name)
    if not concrete.compiled:
        with collected.part():
            compile_once(module, concrete, begins)
    collected.end()
    if not concrete.compiled:
        concrete.compiled = True
        containers.define_methods(module, concrete)
    known = concrete.type._attributes() if concrete.asked else ()
    values.update({name: concrete.others[name] for name in concrete.asked if name in known})
    scripted = _object(concrete, values)
    _copy_python_members(module, concrete, scripted)
    return scripted


def compile_once(module, concrete: Concrete, begins) -> None:
    """A type that was refused for one module is refused for the next without a word."""
    if concrete.refused:
        raise errors.follow_up(concrete.cls.__name__)
    concrete.refused = True
    compile_methods(module, concrete, begins)
    concrete.refused = False


def _object(concrete: Concrete, values: dict):
    """The module's object; where a submodule misses its interface the error says where it was set."""
    try:
        return unit.object(concrete.type, values)
    except RuntimeError as error:
        missed = re.search(r"Could not cast attribute '(\w+)'", str(error))
        if missed:
            errors.place(error, classes.place_set(concrete.cls, missed.group(1)))
        raise


def attribute_value(module, name, declared):
    value = getattr(module, name)
    if modifiers.is_attribute(value):
        value = value.value
    if hasattr(value, "data_ptr"):
        return shared(value)
    return classes.as_value(value, declared)


_tensors: dict = {}  # id of a tensor -> (a weak reference to it, ours)


def shared(tensor):
    """Our tensor over the memory of a torch tensor: always the same one, so that it stays shared in the
    program."""
    known = _tensors.get(id(tensor))
    if known is None or known[0]() is not tensor:
        key = id(tensor)
        known = _tensors[key] = (weakref.ref(tensor, lambda _: _tensors.pop(key, None)), unit.share(tensor))
        if tensor.requires_grad:
            known[1].requires_grad_()
    return known[1]


def _check_interface(module, interface, owner, name) -> None:
    for fn in containers.interface_methods(interface):
        if not hasattr(module, fn.__name__):
            raise errors.failure(
                AttributeError,
                errors.INTERFACE,
                f"'{type(module).__name__}' object has no attribute '{fn.__name__}'",
                f"Add it to `{type(module).__name__}`.",
                f"`{type(module).__name__}` does not implement the interface of `{name}`: the method "
                f"`{fn.__name__}{inspect.signature(fn)}` is missing",
                classes.place_set(type(owner), name),
            )


def _script_submodule(module, sub, owner, name):
    if foreign.is_script_module(module):
        return foreign.imported(module)
    if isinstance(sub, Concrete):
        return script_module(module, sub)
    _check_interface(module, sub, owner, name)
    concrete = concrete_of(module)
    return script_module(module, concrete, [fn.__name__ for fn in containers.interface_methods(sub)])


def _copy_python_members(module, concrete: Concrete, scripted) -> None:
    """Methods that stay Python's are there on the ScriptModule too."""
    for name in containers.ignored_methods(concrete.cls):
        setattr(scripted, name, getattr(concrete.cls, name).__get__(scripted))
    for name in concrete.ignored:
        if hasattr(module, name):
            setattr(scripted, name, getattr(module, name))
