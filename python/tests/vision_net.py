"""A network such as vision libraries hold: convolutions with batch norms, residual and depthwise blocks, squeezing and exciting, a
transformer over patches, initial values set by hand. test_layers.py makes it of PyTorch and, with linkboy's name instead, of linkboy.
"""

import math
from collections import OrderedDict
from functools import partial
from typing import Callable, List, Optional

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch import Tensor
from torch.nn import init


class ConvNormActivation(nn.Sequential):
    def __init__(self, inputs: int, outputs: int, kernel: int = 3, stride: int = 1, groups: int = 1,
                 norm_layer: Optional[Callable[..., nn.Module]] = nn.BatchNorm2d,
                 activation_layer: Optional[Callable[..., nn.Module]] = nn.ReLU):
        layers: List[nn.Module] = [
            nn.Conv2d(inputs, outputs, kernel, stride, (kernel - 1) // 2, groups=groups, bias=norm_layer is None)
        ]
        if norm_layer is not None:
            layers.append(norm_layer(outputs))
        if activation_layer is not None:
            layers.append(activation_layer(inplace=True))
        super().__init__(*layers)


class SqueezeExcitation(nn.Module):
    def __init__(self, channels: int, squeezed: int):
        super().__init__()
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc1 = nn.Conv2d(channels, squeezed, 1)
        self.fc2 = nn.Conv2d(squeezed, channels, 1)

    def _scale(self, x: Tensor) -> Tensor:
        return F.hardsigmoid(self.fc2(F.relu(self.fc1(self.avgpool(x)))))

    def forward(self, x: Tensor) -> Tensor:
        return self._scale(x) * x


class InvertedResidual(nn.Module):
    """A depthwise block; its input is added where that is possible."""

    def __init__(self, inputs: int, outputs: int, stride: int, expand: int):
        super().__init__()
        hidden = inputs * expand
        self.use_res_connect = stride == 1 and inputs == outputs
        self.conv = nn.Sequential(
            ConvNormActivation(inputs, hidden, 1, activation_layer=nn.Hardswish),
            ConvNormActivation(hidden, hidden, 3, stride, hidden, partial(nn.BatchNorm2d, eps=0.001), nn.ReLU6),
            SqueezeExcitation(hidden, 4),
            nn.Conv2d(hidden, outputs, 1, bias=False),
            nn.BatchNorm2d(outputs),
        )

    def forward(self, x: Tensor) -> Tensor:
        if self.use_res_connect:
            return x + self.conv(x)
        else:
            return self.conv(x)


class EncoderBlock(nn.Module):
    def __init__(self, heads: int, width: int):
        super().__init__()
        self.num_heads = heads
        self.ln_1 = nn.LayerNorm(width, eps=1e-6)
        self.self_attention = nn.MultiheadAttention(width, heads, dropout=0.1, batch_first=True)
        self.dropout = nn.Dropout(0.1)
        self.ln_2 = nn.LayerNorm(width, eps=1e-6)
        self.mlp = nn.Sequential(nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width))

    def forward(self, input: Tensor):
        torch._assert(input.dim() == 3, f"Expected (batch, tokens, width) got {input.shape}")
        x = self.ln_1(input)
        x, _ = self.self_attention(x, x, x, need_weights=False)
        x = self.dropout(x)
        x = x + input
        return x + self.mlp(self.ln_2(x))


class VisionNet(nn.Module):
    def __init__(self, width: int = 16, classes: int = 5):
        super().__init__()
        self.width = width
        self.stem = ConvNormActivation(3, 8, stride=2)
        self.maxpool = nn.MaxPool2d(kernel_size=3, stride=2, padding=1)
        blocks: OrderedDict = OrderedDict()
        blocks["narrow"] = InvertedResidual(8, 8, 1, 2)
        blocks["wide"] = InvertedResidual(8, width, 2, 2)
        self.features = nn.Sequential(blocks)
        self.class_token = nn.Parameter(torch.zeros(1, 1, width))
        self.pos_embedding = nn.Parameter(torch.empty(1, 17, width).normal_(std=0.02))
        self.layers = nn.ModuleList([EncoderBlock(2, width) for _ in range(2)])
        self.heads = nn.Linear(width, classes)
        for m in self.modules():
            if isinstance(m, nn.Conv2d):
                init.kaiming_normal_(m.weight, mode="fan_out", nonlinearity="relu")
                if m.bias is not None:
                    init.zeros_(m.bias)
            elif isinstance(m, (nn.BatchNorm2d, nn.GroupNorm)):
                init.constant_(m.weight, 1)
        init.trunc_normal_(self.heads.weight, std=math.sqrt(1 / width))

    def _process_input(self, x: Tensor) -> Tensor:
        n, c, h, w = x.shape
        torch._assert(c == self.width, "Wrong number of channels")
        return x.reshape(n, c, h * w).permute(0, 2, 1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.features(self.maxpool(self.stem(x)))
        x = self._process_input(x)
        x = torch.cat([self.class_token.expand(x.shape[0], -1, -1), x], dim=1)
        x = x + self.pos_embedding
        for layer in self.layers:
            x = layer(x)
        return self.heads(torch.flatten(x[:, :1], 1))
