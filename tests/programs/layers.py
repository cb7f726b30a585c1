"""The functions and layers of networks, scripted."""
from typing import List, Tuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from programs import add, calls

torch.manual_seed(11)
X = torch.randn(2, 5)
IMAGE = torch.randn(1, 3, 9, 8)
TOKENS = torch.tensor([[1, 4, 0], [2, 2, 5]])
SOUND = torch.randn(2, 3, 16)

add("linear", lambda: nn.Linear(5, 4), (X,), (X[0],))
add("linear_without_bias", lambda: nn.Linear(5, 4, bias=False), (X,))
add("bilinear", lambda: nn.Bilinear(5, 3, 2), (X, torch.ones(2, 3)))
add("embedding", lambda: nn.Embedding(6, 4, padding_idx=0), (TOKENS,))
add("embedding_bag", lambda: nn.EmbeddingBag(6, 4, mode="mean"), (TOKENS,))
add("conv1d", lambda: nn.Conv1d(3, 4, 5, stride=2, padding=2), (SOUND,))
add("conv2d", lambda: nn.Conv2d(3, 4, 3, padding=1), (IMAGE,))
add("conv2d_strided_dilated", lambda: nn.Conv2d(3, 6, (3, 2), stride=(2, 1), padding=(2, 1), dilation=(2, 1), groups=3), (IMAGE,))
add("conv2d_depthwise", lambda: nn.Conv2d(3, 3, 3, groups=3, bias=False), (IMAGE,))
add("conv2d_reflect", lambda: nn.Conv2d(3, 2, 3, padding=1, padding_mode="reflect"), (IMAGE,))
add("conv_transpose2d", lambda: nn.ConvTranspose2d(3, 2, 3, stride=2, output_padding=1), (IMAGE,))
add("conv3d", lambda: nn.Conv3d(2, 3, 2), (torch.randn(1, 2, 4, 4, 3),))
add("batch_norm", lambda: nn.BatchNorm2d(3), (IMAGE,))
add("layer_norm", lambda: nn.LayerNorm(5), (X,))
add("group_norm", lambda: nn.GroupNorm(3, 6), (torch.randn(2, 6, 4),))
add("instance_norm", lambda: nn.InstanceNorm2d(3, affine=True), (IMAGE,))
add("max_pool", lambda: nn.MaxPool2d(3, stride=2, padding=1, ceil_mode=True), (IMAGE,))
add("avg_pool", lambda: nn.AvgPool2d(2, count_include_pad=False, padding=1), (IMAGE,))
add("adaptive_pool", lambda: nn.AdaptiveAvgPool2d((2, 3)), (IMAGE,))
add("upsample_nearest", lambda: nn.Upsample(scale_factor=2.0), (IMAGE,))
add("upsample_bilinear", lambda: nn.Upsample(size=(5, 12), mode="bilinear", align_corners=False), (IMAGE,))
add("pads", lambda: nn.Sequential(nn.ZeroPad2d(1), nn.ReflectionPad2d((1, 2, 0, 1)), nn.ReplicationPad2d(1)), (IMAGE,))
add("softmax", lambda: nn.Softmax(dim=1), (X,))
add("log_softmax", lambda: nn.LogSoftmax(dim=-1), (X,))
add("activations", lambda: nn.Sequential(nn.GELU(), nn.SiLU(), nn.ELU(0.5), nn.LeakyReLU(0.2), nn.Hardswish(), nn.Mish(), nn.Softplus()), (X,))
add("prelu", lambda: nn.PReLU(5), (X,))


class Recurrent(nn.Module):
    def __init__(self, rnn: nn.Module):
        super().__init__()
        self.rnn = rnn

    def forward(self, x: Tensor) -> Tensor:
        y, _ = self.rnn(x)
        return y


add("lstm", lambda: Recurrent(nn.LSTM(3, 4, batch_first=True)), (SOUND.transpose(1, 2)[:, :6],))
add("gru", lambda: Recurrent(nn.GRU(3, 4, num_layers=2, bidirectional=True)), (torch.randn(5, 2, 3),))
add("rnn_cell", lambda: nn.LSTMCell(5, 3), (X,))
add("attention", lambda: nn.MultiheadAttention(8, 2, batch_first=True), (torch.randn(2, 4, 8),) * 3)
add("encoder_layer", lambda: nn.TransformerEncoderLayer(8, 2, 16, batch_first=True), (torch.randn(2, 4, 8),))
add("pixel_shuffle", lambda: nn.PixelShuffle(2), (torch.randn(1, 8, 3, 3),))
add("cosine", lambda: nn.CosineSimilarity(dim=1), (X, X + 1))
add("mse", lambda: nn.MSELoss(), (X, X * 0.5))
add("cross_entropy", lambda: nn.CrossEntropyLoss(), (X, torch.tensor([1, 4])))
add("dropout_eval", lambda: nn.Dropout(0.5), (X,))


@calls((X,))
def normalized(x: Tensor) -> List[Tensor]:
    return [F.normalize(x, dim=1), F.softmax(x, dim=0), F.layer_norm(x, [5]), F.gelu(x), F.one_hot(torch.tensor([1, 0]), 3)]


@calls((torch.randn(1, 2, 4, 6), torch.randn(1, 2, 5, 6), torch.randn(1, 2, 5, 6)))
def scaled_attention(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    return F.scaled_dot_product_attention(q, k, v)


@calls((IMAGE, 2.0))
def resized(x: Tensor, by: float) -> Tuple[Tensor, Tensor]:
    return F.interpolate(x, scale_factor=by, mode="nearest"), F.interpolate(x, size=[4, 4], mode="bilinear", align_corners=True)


@calls((torch.randn(2, 3, 6),))
def padded(x: Tensor) -> Tuple[Tensor, Tensor]:
    return F.pad(x, [1, 2]), F.pad(x, (0, 0, 1, 1), value=3.0)
