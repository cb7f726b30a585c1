import torch
from torch import Tensor, nn
@torch.jit.interface
class Step(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        pass
class Up(nn.Module):
    def __init__(self, by: int):
        super().__init__()
        self.by = by

    def forward(self, x: Tensor) -> Tensor:
        return x + self.by
class Net(nn.Module):
    step: Step

    def __init__(self):
        super().__init__()
        self.step = Up(5)
        self.layers = nn.ModuleList([nn.Linear(4, 4) for _ in range(2)] + [nn.Linear(4, 4, bias=False)])
        self.tail = nn.Sequential(nn.ReLU(), nn.BatchNorm1d(4), nn.Dropout(0.5))
        self.heads = nn.ModuleDict({"a": nn.Linear(4, 1), "b": nn.Tanh()})
        nn.init.normal_(self.layers[0].weight, std=0.02)
        self.eval()

    def forward(self, x: Tensor) -> Tensor:
        for layer in self.layers:
            x = layer(x) + x
        x = self.tail(self.step.forward(x))
        for name, head in self.heads.items():
            x = head(x) * len(name)
        return x + len(self.layers)
