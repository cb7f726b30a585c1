"""Fourier transforms: every length and direction, sizes cut and padded, scales, several dimensions."""
from typing import List, Optional

import torch
from torch import Tensor

from . import calls

WAVE = torch.sin(torch.arange(60.0)).reshape(5, 12) + torch.arange(5.0).reshape(5, 1)
SPIRAL = torch.complex(WAVE, WAVE.flip(1) * 0.5)
BLOCK = torch.cos(torch.arange(120.0, dtype=torch.float64) * 0.37).reshape(4, 5, 6)


@calls((WAVE, 12, None), (WAVE, 7, "ortho"), (WAVE, 16, "forward"), (WAVE, 1, "backward"), (WAVE, 37, None), (WAVE, 74, None),
       (SPIRAL, 30, "ortho"), (SPIRAL.t(), 22, None), (WAVE.double(), 101, None), (torch.arange(24).reshape(4, 6), 9, None),
       (WAVE, 0, None), (WAVE, 4, "other"), (WAVE.half(), 4, None), may_raise=True)
def lines(x: Tensor, n: int, norm: Optional[str]) -> List[Tensor]:
    return [torch.fft.fft(x, n, norm=norm), torch.fft.ifft(x, n, norm=norm), torch.fft.fft(x, dim=0, norm=norm),
            torch.fft.ifft(x, dim=0, norm=norm)]


@calls((WAVE, 12, None), (WAVE, 9, "ortho"), (WAVE.t(), 8, "forward"), (WAVE.double(), 47, None), (SPIRAL, 4, None),
       may_raise=True)
def real_lines(x: Tensor, n: int, norm: Optional[str]) -> List[Tensor]:
    return [torch.fft.rfft(x, n, norm=norm), torch.fft.ihfft(x, n, norm=norm), torch.fft.rfft(x, dim=0)]


@calls((SPIRAL, 12, None), (SPIRAL, 9, "ortho"), (SPIRAL.t(), 8, "forward"), (WAVE, 5, None), (SPIRAL, 0, None), may_raise=True)
def to_real_lines(x: Tensor, n: int, norm: Optional[str]) -> List[Tensor]:
    return [torch.fft.irfft(x, n, norm=norm), torch.fft.hfft(x, n, norm=norm), torch.fft.irfft(x, dim=0), torch.fft.hfft(x)]


@calls((BLOCK, [4, 6], None), (BLOCK, [3, 9], "ortho"), (BLOCK.float(), [5, -1], "forward"), (SPIRAL, [2, 3], None),
       (BLOCK, [1, 2, 3], None), may_raise=True)
def blocks(x: Tensor, s: List[int], norm: Optional[str]) -> List[Tensor]:
    return [torch.fft.fft2(x, s, norm=norm), torch.fft.ifftn(x, s, norm=norm), torch.fft.fftn(x, norm=norm),
            torch.fft.irfftn(x, s, norm=norm), torch.fft.hfft2(x, s, norm=norm), torch.fft.irfft2(x)]


@calls((BLOCK, [0, 2]), (BLOCK, [1]), (BLOCK.permute(2, 0, 1), [-1, 0, 1]), (BLOCK, [0, 0]), (SPIRAL, [0]), may_raise=True)
def real_blocks(x: Tensor, dim: List[int]) -> List[Tensor]:
    return [torch.fft.rfftn(x, dim=dim), torch.fft.ihfftn(x, dim=dim, norm="ortho"), torch.fft.hfftn(torch.fft.rfftn(x, dim=dim), dim=dim)]


@calls((WAVE, [1]), (WAVE, [0, 1]), (BLOCK, [-1]))
def shifts(x: Tensor, dim: List[int]) -> List[Tensor]:
    return [torch.fft.fftshift(x, dim), torch.fft.ifftshift(x, dim), torch.fft.fftshift(x), torch.fft.ifftshift(x)]


@calls((8, 0.5), (7, 1.0), (1, 0.1), (0, 1.0))
def frequencies(n: int, d: float) -> List[Tensor]:
    return [torch.fft.fftfreq(n, d), torch.fft.rfftfreq(n, d, dtype=torch.float64)]


TUNE = torch.sin(torch.arange(96.0) * 0.3).reshape(2, 48)
HANN = torch.hann_window(8)


@calls((TUNE, 8, 2, HANN, True, "reflect", False), (TUNE[0], 8, 3, HANN, True, "constant", True), (TUNE, 8, 4, HANN, False, "reflect", False),
       (TUNE.double(), 12, 5, HANN, True, "replicate", False), (TUNE, 7, 2, torch.ones(7), True, "circular", True),
       (TUNE, 200, 2, HANN, True, "reflect", False), (TUNE, 8, 0, HANN, True, "reflect", False), may_raise=True)
def short_time(x: Tensor, n_fft: int, hop: int, window: Tensor, center: bool, pad_mode: str, normalized: bool) -> List[Tensor]:
    win = window.size(0)
    one = torch.stft(x, n_fft, hop, win, window, center, pad_mode, normalized, return_complex=True)
    return [one, torch.stft(x, n_fft, hop, win, window, center, pad_mode, normalized, onesided=False, return_complex=True)]


@calls((TUNE, 8, 2, HANN, None), (TUNE[1], 8, 3, torch.hann_window(8) + 0.1, 40), (TUNE, 9, 3, torch.ones(9), 50), (TUNE, 8, 2, torch.zeros(8), None),
       may_raise=True)
def there_and_back(x: Tensor, n_fft: int, hop: int, window: Tensor, length: Optional[int]) -> List[Tensor]:
    spectrum = torch.stft(x, n_fft, hop, window=window, return_complex=True)
    full = torch.stft(x, n_fft, hop, window=window, onesided=False, return_complex=True)
    return [torch.istft(spectrum, n_fft, hop, window=window, length=length),
            torch.istft(full, n_fft, hop, window=window, onesided=False, return_complex=True)]
