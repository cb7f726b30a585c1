from typing import Dict, Final, List, Optional
import torch
from torch import Tensor, nn
class Net(Base):
    counts: Dict[str, int]
    history: List[Tensor]

    def __init__(self, width, scale=1.0):
        super().__init__(width)
        for i in range(2):
            setattr(self, f"layer{i}", Affine(width, bias=i == 0))
        self.again = self.shared
        self.scale = scale
        self.act = torch.tanh
        self.twice = double
        self.counts = {}
        self.history = []
        self.table = torch.arange(4).view(2, 2)
        self.options = {"a": [1, 2], "b": []} if width < 0 else {"a": [1, 2]}
        self.note = lambda x: x
        self.eval()

    @torch.jit.export
    def reset_counts(self) -> int:
        n = len(self.counts)
        self.counts.clear()
        return n

    def forward(self, x: Tensor, name: str = "x") -> Tensor:
        x = self.act(self.layer0(x)) + self.layer1(x)
        x = self.mix(self.shared(x), self.half) * self.scale
        self.counts[name] = self.counts.get(name, 0) + 1
        self.history.append(x)
        return self.twice(self.again(x)) + self.table[0, 1] + len(self.history)
