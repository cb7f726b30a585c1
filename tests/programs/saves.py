"""What an archive's pickles can hold: every kind of value, shared ones, many of them, states, packed weights, constants."""
import io
from enum import Enum
from typing import Dict, List, NamedTuple, Optional, Tuple

import torch
from torch import Tensor, nn

from programs import add, call, calls


class Shape(Enum):
    ROUND = "round"
    SQUARE = "square"


class Pair(NamedTuple):
    left: int
    right: str


@torch.jit.script
class Box:
    def __init__(self, size: int):
        self.size = size
        self.sides = [1, 2]


@torch.jit.interface
class Layer(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        pass


class Doubles(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x * 2


@calls((torch.ones(2),))
class Values(nn.Module):
    """An attribute of each kind."""
    words: List[str]
    maybe: Optional[int]
    lists: List[List[int]]
    maybes: List[Optional[int]]
    table: Dict[str, List[int]]
    layer: Layer
    pair: Pair

    def __init__(self):
        super().__init__()
        self.words = ["a", "cpu", "é"]
        self.maybe = None
        self.lists = [[1], [], [2, 3]]
        self.maybes = [1, None]
        self.table = {"a": [1, 2], "b": []}
        self.layer = Doubles()
        self.flags = [True, False]
        self.floats = [0.5, -1e300]
        self.ints = [0, 255, 256, 65535, 65536, -1, 1 << 31, 1 << 40, -(1 << 62)]
        self.tensors = [torch.ones(2), torch.zeros(0, 3)]
        self.mixed = (torch.ones(2), 3, "x", 4.5)
        self.pair = Pair(1, "one")
        self.one = (7,)
        self.shape = Shape.ROUND
        self.other = Shape.ROUND
        self.box = Box(3)
        self.device = torch.device("cpu")
        self.again = torch.device("cpu")
        self.number = 1 - 2j
        self.conjugate = torch.tensor([1 + 2j, 3j]).conj()
        self.sparse = torch.eye(3).to_sparse()
        self.rows = torch.eye(3).to_sparse_csr()
        self.channels = torch.quantize_per_channel(torch.ones(2, 3), torch.tensor([0.1, 0.2]), torch.tensor([0, 1]), 0, torch.qint8)
        self.bytes = torch.quantize_per_tensor(torch.ones(2), 0.5, 3, torch.quint8)
        self.types = (torch.ones(1).half(), torch.ones(1).bfloat16(), torch.ones(1).double(), torch.ones(1, dtype=torch.complex64),
                      torch.ones(1).bool(), torch.ones(1).short(), torch.ones(1).char(), torch.ones(1).byte(), torch.ones(1).int())

    def forward(self, x: Tensor) -> Tuple[Tensor, Tensor, int]:
        kinds = torch.stack([t.to(torch.float32) for t in self.types[:3]])
        return self.layer.forward(x) + self.tensors[0], kinds, len(self.words) + self.box.size + self.pair.left


@calls((torch.arange(6.0).reshape(2, 3),))
class views(nn.Module):
    """Views of one storage; tied weights; one module under two names."""

    def __init__(self):
        super().__init__()
        whole = torch.arange(12.0)
        self.top, self.tail, self.steps = whole[:6].view(2, 3), whole[6:], whole[1::2]
        self.first = nn.Linear(3, 3)
        self.second = nn.Linear(3, 3)
        self.second.weight = self.first.weight
        self.third = self.first

    def forward(self, x: Tensor) -> Tensor:
        self.top[0, 0] += 1.0
        return self.first(x) + self.second(x) + self.third(x) + self.top + self.tail.view(2, 3) + self.steps[:3]


@calls((torch.ones(3, 2),))
class many(nn.Module):
    """More than 256 things that a pickle remembers."""

    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList([nn.BatchNorm1d(2) for _ in range(40)])

    def forward(self, x: Tensor) -> Tensor:
        for layer in self.layers:
            x = layer(x)
        return x


class Scaled(nn.Module):
    def __init__(self, by: float):
        super().__init__()
        self.by, self.weight = by, torch.ones(2)

    @torch.jit.export
    def __getstate__(self) -> Tuple[float, Tensor, bool]:
        return self.by, self.weight, self.training

    @torch.jit.export
    def __setstate__(self, state: Tuple[float, Tensor, bool]) -> None:
        self.by = state[0]
        self.weight = state[1]
        self.training = state[2]

    def forward(self, x: Tensor) -> Tensor:
        return x * self.by * self.weight


@calls((torch.ones(2),))
class states(nn.Module):
    """Classes that say themselves what is saved of them."""

    def __init__(self):
        super().__init__()
        self.a, self.b = Scaled(2.0), Scaled(3.0)

    def forward(self, x: Tensor) -> Tensor:
        return self.b(self.a(x))


@calls((torch.ones(2),), call(torch.zeros(2)))
class constants(nn.Module):
    """Tensors, words that are not ASCII and long texts in the code."""
    __constants__ = ["names"]

    def __init__(self):
        super().__init__()
        self.names = ("u", "ü")

    def forward(self, x: Tensor) -> Tuple[Tensor, str]:
        if bool(x.sum() > 0):
            return x + torch.tensor([1.5, 2.5]), "größer, und zwar um so viel, dass der Text eine eigene Zeile bekommt"
        return x - torch.tensor([1.5, 2.5]), "a text of forty signs and more, which gets a line of its own"


class Boxes(nn.Module):
    boxes: List[Box]
    named: Dict[str, Box]

    def __init__(self):
        super().__init__()
        self.boxes = [Box(1), Box(2)]
        self.named = {"three": Box(3)}

    def forward(self, x: Tensor) -> Tensor:
        return x + self.boxes[1].size + self.named["three"].size


class Twice(nn.Module):
    """One archive under two names: its classes stand in the file twice, the second time under other names."""

    def __init__(self):
        super().__init__()
        buffer = io.BytesIO()
        torch.jit.save(torch.jit.script(Boxes()), buffer)
        self.one, self.two = (torch.jit.load(io.BytesIO(buffer.getvalue())) for _ in range(2))

    def forward(self, x: Tensor) -> Tensor:
        return self.one(x) * self.two(x)


add("twice", Twice, (torch.ones(2),))


def quantized():
    torch.use_deterministic_algorithms(False)  # resizing a quantized tensor is none
    torch.backends.quantized.engine = "fbgemm"
    model = nn.Sequential(torch.ao.quantization.QuantStub(), nn.Conv2d(2, 3, 3), nn.ReLU(), nn.Linear(2, 2),
                          torch.ao.quantization.DeQuantStub()).eval()
    model.qconfig = torch.ao.quantization.get_default_qconfig("fbgemm")
    torch.ao.quantization.prepare(model, inplace=True)
    model(torch.linspace(-1, 1, 32).reshape(1, 2, 4, 4))
    return torch.ao.quantization.convert(model)


add("packed", quantized, (torch.linspace(-1, 1, 32).reshape(1, 2, 4, 4),))


@calls((torch.ones(3), torch.zeros(3)))
def versions(x: Tensor, y: Tensor) -> List[Tensor]:
    """Operators whose meaning changed with the version of the format."""
    return [torch.div(x, 2), torch.full([2], 1.5), torch.linspace(0, 1, 3), torch.logspace(0, 1, 3), torch.nn.functional.gelu(y)]
