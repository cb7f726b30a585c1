"""Small networks, scripted and traced: pieces put together."""
import math
from typing import Dict, List, Optional, Tuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from programs import add, call

torch.manual_seed(13)
IMAGE = torch.randn(1, 3, 16, 16)
WIDE = (1e-4, 1e-5)


def image(x=IMAGE):
    return call(x, tolerance=WIDE)


class Perceptron(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Dropout(0.1), nn.Linear(16, 4))

    def forward(self, x: Tensor) -> Tensor:
        return self.layers(x).softmax(-1)


class Block(nn.Module):
    def __init__(self, c_in: int, c_out: int, stride: int):
        super().__init__()
        self.conv1 = nn.Conv2d(c_in, c_out, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(c_out)
        self.conv2 = nn.Conv2d(c_out, c_out, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(c_out)
        self.down: Optional[nn.Module] = None
        if stride != 1 or c_in != c_out:
            self.down = nn.Sequential(nn.Conv2d(c_in, c_out, 1, stride, bias=False), nn.BatchNorm2d(c_out))

    def forward(self, x: Tensor) -> Tensor:
        same = x
        out = F.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        if self.down is not None:
            same = self.down(x)
        return F.relu(out + same)


class Residual(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1, bias=False), nn.BatchNorm2d(8), nn.ReLU(inplace=True))
        self.body = nn.Sequential(Block(8, 8, 1), Block(8, 16, 2), Block(16, 16, 1))
        self.head = nn.Linear(16, 5)

    def forward(self, x: Tensor) -> Tensor:
        x = self.body(self.stem(x))
        x = F.adaptive_avg_pool2d(x, 1)
        return self.head(torch.flatten(x, 1))


class Unet(nn.Module):
    def __init__(self):
        super().__init__()
        self.down1, self.down2 = nn.Conv2d(3, 6, 3, padding=1), nn.Conv2d(6, 12, 3, padding=1)
        self.up1, self.out = nn.ConvTranspose2d(12, 6, 2, stride=2), nn.Conv2d(12, 1, 1)

    def forward(self, x: Tensor) -> Tensor:
        a = F.relu(self.down1(x))
        b = F.relu(self.down2(F.max_pool2d(a, 2)))
        return torch.sigmoid(self.out(torch.cat([a, self.up1(b)], 1)))


class Positions(nn.Module):
    def __init__(self, width: int, longest: int):
        super().__init__()
        t = torch.arange(longest).unsqueeze(1)
        f = torch.exp(torch.arange(0, width, 2) * (-math.log(10000.0) / width))
        table = torch.zeros(longest, width)
        table[:, 0::2] = torch.sin(t * f)
        table[:, 1::2] = torch.cos(t * f)
        self.register_buffer("table", table)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.table[:x.size(1)]


class Attention(nn.Module):
    heads: int

    def __init__(self, width: int, heads: int):
        super().__init__()
        self.heads = heads
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)

    def forward(self, x: Tensor, mask: Optional[Tensor] = None) -> Tensor:
        b, t, w = x.shape
        q, k, v = [p.view(b, t, self.heads, -1).transpose(1, 2) for p in self.qkv(x).chunk(3, -1)]
        score = q @ k.transpose(-2, -1) / math.sqrt(w // self.heads)
        if mask is not None:
            score = score.masked_fill(mask == 0, float("-inf"))
        return self.out((score.softmax(-1) @ v).transpose(1, 2).reshape(b, t, w))


class Transformer(nn.Module):
    def __init__(self):
        super().__init__()
        self.words, self.places = nn.Embedding(20, 16), Positions(16, 32)
        self.attend = nn.ModuleList([Attention(16, 4) for _ in range(2)])
        self.feed = nn.ModuleList([nn.Sequential(nn.Linear(16, 32), nn.GELU(), nn.Linear(32, 16)) for _ in range(2)])
        self.norm = nn.LayerNorm(16)

    def forward(self, tokens: Tensor, mask: Optional[Tensor] = None) -> Tensor:
        x = self.places(self.words(tokens))
        for attend, feed in zip(self.attend, self.feed):
            x = x + attend(self.norm(x), mask)
            x = x + feed(self.norm(x))
        return x @ self.words.weight.t()


class Decoder(nn.Module):
    """A greedy decoder: a loop that ends where the data says so."""

    def __init__(self):
        super().__init__()
        self.words, self.cell, self.out = nn.Embedding(10, 8), nn.GRUCell(8, 8), nn.Linear(8, 10)

    def forward(self, start: int, limit: int) -> List[int]:
        h = torch.zeros(1, 8)
        token, said = start, torch.jit.annotate(List[int], [])
        while token != 0 and len(said) < limit:
            h = self.cell(self.words(torch.tensor([token])), h)
            token = int(self.out(h).argmax())
            said.append(token)
        return said


class Tagger(nn.Module):
    def __init__(self):
        super().__init__()
        self.words, self.rnn = nn.Embedding(12, 6), nn.LSTM(6, 5, bidirectional=True, batch_first=True)
        self.out = nn.Linear(10, 3)

    def forward(self, tokens: Tensor) -> Dict[str, Tensor]:
        y, (h, _) = self.rnn(self.words(tokens))
        return {"tags": self.out(y).argmax(-1), "state": h}


class Autoencoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.enc, self.dec = nn.Linear(10, 4), nn.Linear(2, 10)

    def forward(self, x: Tensor) -> Tuple[Tensor, Tensor, Tensor]:
        mean, log_var = self.enc(x).chunk(2, 1)
        z = mean + torch.randn_like(mean) * torch.exp(0.5 * log_var)
        return self.dec(z), mean, log_var


class Separable(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Conv2d(3, 3, 3, padding=1, groups=3), nn.Conv2d(3, 8, 1), nn.Hardswish(), nn.MaxPool2d(2),
                                 nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 3))

    def forward(self, x: Tensor) -> Tensor:
        return self.net(x)


class Boxes(nn.Module):
    """Choosing boxes: sorting, masks and a loop over what is left."""

    def forward(self, boxes: Tensor, scores: Tensor, limit: float) -> Tensor:
        area = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
        order = scores.argsort(descending=True)
        kept: List[int] = []
        while order.numel() > 0:
            i = int(order[0])
            kept.append(i)
            rest = order[1:]
            corner = torch.maximum(boxes[i, :2], boxes[rest, :2])
            far = torch.minimum(boxes[i, 2:], boxes[rest, 2:])
            both = (far - corner).clamp(min=0).prod(1)
            order = rest[both / (area[i] + area[rest] - both) <= limit]
        return torch.tensor(kept)


BOXES = torch.tensor([[0.0, 0, 10, 10], [1, 1, 11, 11], [20, 20, 30, 30], [21, 20, 31, 30], [50, 0, 60, 9]])
TOKENS = torch.tensor([[3, 7, 1, 19], [0, 2, 2, 5]])

add("perceptron", Perceptron, (torch.randn(3, 8),))
add("perceptron_traced", Perceptron, (torch.randn(3, 8),), trace=torch.randn(1, 8))
add("residual", Residual, image())
add("residual_traced", Residual, image(), trace=IMAGE)
add("unet", Unet, image())
add("separable", Separable, image())
add("separable_traced", Separable, image(), trace=IMAGE)
add("transformer", Transformer, call(TOKENS, tolerance=WIDE), call(TOKENS, torch.ones(4, 4).tril(), tolerance=WIDE))
add("transformer_traced", Transformer, call(TOKENS, tolerance=WIDE), trace=TOKENS)
add("decoder", Decoder, (3, 6), (0, 4), (5, 12))
add("tagger", Tagger, call(TOKENS[:, :3] % 12, tolerance=WIDE))
add("autoencoder", Autoencoder, call(torch.ones(2, 10), seed=5), call(torch.ones(2, 10), seed=6))
add("boxes", Boxes, (BOXES, torch.tensor([0.9, 0.8, 0.7, 0.95, 0.1]), 0.5), (BOXES[:1], torch.tensor([0.3]), 0.5))
