"""Types of TorchScript as Python objects, one class for each kind (torch.TensorType, torch.ListType, ...).

A type belongs to the compilation unit of the graph that it was taken from; types of different units are equal
when they read alike, and a graph takes types of any unit. Those that are made here belong to the process's
own unit.
"""

from __future__ import annotations

from typing import Dict, List, Optional, Sequence

from linkboy import _C

_GRAPH_NAMES = {
    "uint8": "Byte",
    "int8": "Char",
    "int16": "Short",
    "int32": "Int",
    "int64": "Long",
    "float16": "Half",
    "float32": "Float",
    "float64": "Double",
    "complex32": "ComplexHalf",
    "complex64": "ComplexFloat",
    "complex128": "ComplexDouble",
    "bool": "Bool",
    "qint8": "QInt8",
    "quint8": "QUInt8",
    "qint32": "QInt32",
    "bfloat16": "BFloat16",
}


def _any() -> "Type":
    from linkboy.jit.unit import type_of_text

    return type_of_text("Any")


def _unit_type(text: str) -> "Type":
    return _any()._made(text)


class Type(_C.Type):
    """A type (torch._C.Type). `str(t)` is the annotation, `t.str()` the form of schemas."""

    __slots__ = ()

    def _tensor_facts(self) -> tuple:
        facts = self._facts()
        if facts is None:
            raise RuntimeError(f"expected a TensorType, not {self.kind()}")
        return facts

    def sizes(self) -> Optional[List[int]]:
        """The sizes of a tensor's type when all are known, else None."""
        sizes = self._tensor_facts()[2]
        return sizes if sizes is not None and None not in sizes else None

    def varyingSizes(self) -> Optional[List[Optional[int]]]:
        """The sizes with None for those that are not known; None when the rank is not."""
        return self._tensor_facts()[2]

    def strides(self) -> Optional[List[int]]:
        """The strides of a tensor's type when all are known, else None."""
        strides = self._tensor_facts()[3]
        return strides if strides is not None and None not in strides else None

    def dim(self) -> Optional[int]:
        """The rank of a tensor's type; None when it is not known."""
        ndim = self._tensor_facts()[1]
        return ndim if ndim >= 0 else None

    def dtype(self):
        """The dtype of a tensor's type; None when it is not known."""
        return self._tensor_facts()[0]

    def scalarType(self) -> Optional[str]:
        """The name of the dtype in graphs: "Float"."""
        dtype = self._tensor_facts()[0]
        return None if dtype is None else _GRAPH_NAMES[str(dtype).rpartition(".")[2]]

    def device(self):
        """The device of a tensor's type; None when it is not known."""
        name = self._tensor_facts()[5]
        return None if name is None else _C.device(name)

    def requires_grad(self) -> bool:
        """Whether a tensor of this type, or in it, may need gradients: what is not known may."""
        facts = self._facts()
        if facts is not None:
            return facts[4] != 0
        return any(item.requires_grad() for item in self.containedTypes())

    def is_interface_type(self) -> bool:
        """Whether it is an interface."""
        return self.kind() == "InterfaceType"

    def with_dtype(self, dtype) -> "Type":
        """The same tensor's type with another dtype."""
        return self._changed(dtype=dtype)

    def with_sizes(self, sizes: Sequence[Optional[int]]) -> "Type":
        """The same with sizes (None: not known), and no strides."""
        return self._changed(ndim=len(sizes), sizes=list(sizes), strides=None)

    def with_device(self, device) -> "Type":
        """The same with another device."""
        return self._changed(device=str(device))

    def contiguous(self) -> "Type":
        """The same with the strides of a contiguous tensor."""
        sizes = self.sizes()
        if sizes is None:
            return self
        strides, step = [], 1
        for size in reversed(sizes):
            strides.append(step)
            step *= size
        return self._changed(strides=strides[::-1])

    def _changed(self, **changes) -> "Type":
        names = ("dtype", "ndim", "sizes", "strides", "requires_grad", "device")
        facts = dict(zip(names, self._tensor_facts()), **changes)
        return self._tensor(*(facts[name] for name in names))


class _Simple(Type):
    __slots__ = ()
    _text = ""

    @classmethod
    def get(cls) -> "Type":
        """The type itself."""
        return _unit_type(cls._text)

    def __new__(cls):
        return cls.get()


class TensorType(_Simple):
    """A tensor's type, with what is known of the tensor."""

    __slots__ = ()
    _text = "Tensor"

    @classmethod
    def getInferred(cls) -> "Type":
        """The type of what has no annotation: a tensor's."""
        return cls.get()

    @classmethod
    def create_from_tensor(cls, tensor) -> "Type":
        """The complete type of a tensor: dtype, sizes, strides, device."""
        from linkboy.graphs import Graph

        return Graph()._type_of(tensor)


class _Wrapping(Type):
    """Of one other type."""

    __slots__ = ()
    _form = "{}"

    def __new__(cls, element: Type):
        return element._made(cls._form.format(element._graph_str()))

    def getElementType(self) -> Type:
        """What it is of."""
        return self.containedTypes()[0]


class ListType(_Wrapping):
    """List[T]"""

    __slots__ = ()
    _form = "{}[]"

    @staticmethod
    def ofInts() -> Type:
        """List[int]"""
        return _unit_type("int[]")

    @staticmethod
    def ofFloats() -> Type:
        """List[float]"""
        return _unit_type("float[]")

    @staticmethod
    def ofBools() -> Type:
        """List[bool]"""
        return _unit_type("bool[]")

    @staticmethod
    def ofStrings() -> Type:
        """List[str]"""
        return _unit_type("str[]")

    @staticmethod
    def ofTensors() -> Type:
        """List[Tensor]"""
        return _unit_type("Tensor[]")

    @staticmethod
    def ofComplexDoubles() -> Type:
        """List[complex]"""
        return _unit_type("complex[]")


class OptionalType(_Wrapping):
    """Optional[T]"""

    __slots__ = ()
    _form = "{}?"

    @staticmethod
    def ofTensor() -> Type:
        """Optional[Tensor]"""
        return _unit_type("Tensor?")


class FutureType(_Wrapping):
    """Future[T]"""

    __slots__ = ()
    _form = "Future({})"


class RRefType(_Wrapping):
    """RRef[T]"""

    __slots__ = ()
    _form = "RRef({})"


class AwaitType(_Wrapping):
    """Await[T]"""

    __slots__ = ()
    _form = "Await({})"


class DictType(Type):
    """Dict[K, V]"""

    __slots__ = ()

    def __new__(cls, key: Type, value: Type):
        return key._made(f"Dict({key._graph_str()}, {value._graph_str()})")

    def getKeyType(self) -> Type:
        """Of the keys."""
        return self.containedTypes()[0]

    def getValueType(self) -> Type:
        """Of the values."""
        return self.containedTypes()[1]


class TupleType(Type):
    """Tuple[A, B, ...], or a NamedTuple."""

    __slots__ = ()

    def __new__(cls, elements: Sequence[Type]):
        return _any()._made(f"({', '.join(t._graph_str() for t in elements)})")

    def elements(self) -> List[Type]:
        """Of the items."""
        return self.containedTypes()


class UnionType(Type):
    """Union[A, B, ...]"""

    __slots__ = ()

    def __new__(cls, members: Sequence[Type]):
        return _any()._made(f"Union({', '.join(t._graph_str() for t in members)})")


class _Named(Type):
    __slots__ = ()

    def __new__(cls, qualified_name: str):
        return _unit_type(qualified_name)

    def name(self) -> str:
        """The last part of the qualified name."""
        return self.qualified_name.rpartition(".")[2]


class ClassType(_Named):
    """A class of a program."""

    __slots__ = ()


class InterfaceType(_Named):
    """An interface."""

    __slots__ = ()


class EnumType(_Named):
    """An Enum."""

    __slots__ = ()


def _simple(name: str, text: str) -> type:
    return type(
        name,
        (_Simple,),
        {"__slots__": (), "_text": text, "__doc__": f"The type {text}.", "__module__": __name__},
    )


AnyType, NumberType, IntType, FloatType, ComplexType, BoolType, StringType, NoneType, DeviceObjType = (
    _simple(name, text)
    for name, text in (
        ("AnyType", "Any"),
        ("NumberType", "Scalar"),
        ("IntType", "int"),
        ("FloatType", "float"),
        ("ComplexType", "complex"),
        ("BoolType", "bool"),
        ("StringType", "str"),
        ("NoneType", "NoneType"),
        ("DeviceObjType", "Device"),
    )
)

BY_KIND: Dict[str, type] = {
    cls.__name__: cls
    for cls in (
        TensorType,
        ListType,
        OptionalType,
        FutureType,
        RRefType,
        AwaitType,
        DictType,
        TupleType,
        UnionType,
        ClassType,
        InterfaceType,
        EnumType,
        AnyType,
        NumberType,
        IntType,
        FloatType,
        ComplexType,
        BoolType,
        StringType,
        NoneType,
        DeviceObjType,
    )
}
