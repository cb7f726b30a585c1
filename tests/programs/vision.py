"""torchvision's operators: suppression, regions, deformable convolution. Recorded where torchvision is; it registers them when imported."""
from typing import List, Tuple

import torch
from torch import Tensor

from . import calls

try:
    import torchvision  # noqa: F401
except ImportError:
    pass  # programs that are recorded already stay as they are

if hasattr(torch.ops.torchvision, "nms"):
    PLANES = torch.sin(torch.arange(720.0) * 0.7).reshape(2, 12, 5, 6)
    CORNERS = torch.cos(torch.arange(24.0)).reshape(12, 2) * 3 + 3
    BOXES = torch.cat([CORNERS, CORNERS + 1 + torch.sin(torch.arange(24.0)).reshape(12, 2)], 1)
    SCORES = torch.tensor([0.5, 0.25, 0.75, 0.5, 1.0, 0.125, 0.5, 0.875, 0.25, 0.625, 0.375, 0.75])
    REGIONS = torch.cat([torch.tensor([[0.0], [1.0]]).repeat(6, 1), BOXES], 1)
    TURNED = torch.cat([BOXES.abs() + 0.5, torch.arange(0.0, 360.0, 30.0).reshape(12, 1)], 1)

    @calls((BOXES, SCORES, 0.5), (BOXES.double(), SCORES.double(), 0.1), (BOXES.t().contiguous().t(), SCORES.repeat_interleave(2)[::2], 0.3),
           (BOXES[:0], SCORES[:0], 0.5), (BOXES[0], SCORES, 0.5), (BOXES, SCORES[:3], 0.5), (BOXES, SCORES.double(), 0.5),
           (BOXES.half(), SCORES.half(), 0.5), may_raise=True)
    def suppression(boxes: Tensor, scores: Tensor, threshold: float) -> Tensor:
        return torch.ops.torchvision.nms(boxes, scores, threshold)

    @calls((TURNED, TURNED[3:]), (TURNED.double(), TURNED[:2].double()), (TURNED[:0], TURNED), (TURNED[:, :4], TURNED),
           (TURNED, TURNED.double()), (TURNED.half(), TURNED.half()), may_raise=True)
    def turned_overlap(first: Tensor, second: Tensor) -> Tensor:
        return torch.ops.torchvision.box_iou_rotated(first, second)

    @calls((PLANES, REGIONS, 0.5, 3, 2, -1, True), (PLANES, REGIONS, 1.0, 2, 2, 2, False), (PLANES.double(), REGIONS.double(), 0.7, 2, 3, 0, True),
           (PLANES.half(), REGIONS.half(), 1.0, 2, 2, 2, True), (PLANES, REGIONS[:0], 1.0, 2, 2, 2, True),
           (PLANES, REGIONS[:, :4], 1.0, 2, 2, 2, True), (PLANES, REGIONS.double(), 1.0, 2, 2, 2, True),
           (PLANES.long(), REGIONS.long(), 1.0, 2, 2, 2, True), (PLANES[0], REGIONS, 1.0, 2, 2, 2, True),
           (PLANES.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2), REGIONS, 1.0, 2, 2, 1, False), may_raise=True)
    def aligned(x: Tensor, rois: Tensor, scale: float, height: int, width: int, sampling: int, half: bool) -> Tensor:
        return torch.ops.torchvision.roi_align(x, rois, scale, height, width, sampling, half)

    @calls((PLANES, REGIONS, 0.5, 3, 2, -1), (PLANES, REGIONS, 1.0, 2, 2, 2), (PLANES.double(), REGIONS.double(), 0.7, 2, 3, 0),
           (PLANES.half(), REGIONS.half(), 1.0, 2, 2, 2), (PLANES, REGIONS, 1.0, 5, 2, 2), (PLANES, REGIONS[:, :4], 1.0, 2, 2, 2),
           (PLANES, REGIONS.double(), 1.0, 2, 2, 2), may_raise=True)
    def aligned_by_place(x: Tensor, rois: Tensor, scale: float, height: int, width: int, sampling: int) -> Tuple[Tensor, Tensor]:
        return torch.ops.torchvision.ps_roi_align(x, rois, scale, height, width, sampling)

    @calls((PLANES, REGIONS, 0.5, 3, 2), (PLANES.double(), REGIONS.double(), 0.7, 2, 3), (PLANES.half(), REGIONS.half(), 1.0, 2, 2),
           (PLANES, REGIONS[:0], 1.0, 2, 2), (PLANES, REGIONS.double(), 1.0, 2, 2), (PLANES.long(), REGIONS.long(), 1.0, 2, 2), may_raise=True)
    def pooled(x: Tensor, rois: Tensor, scale: float, height: int, width: int) -> List[Tensor]:
        most, place = torch.ops.torchvision.roi_pool(x, rois, scale, height, width)
        mean, channel = torch.ops.torchvision.ps_roi_pool(x, rois, scale, height, width)
        return [most, place, mean, channel]

    WEIGHT = torch.sin(torch.arange(216.0)).reshape(6, 6, 3, 2) * 0.2
    OFFSET = torch.cos(torch.arange(576.0)).reshape(2, 24, 3, 4)
    MASK = torch.sin(torch.arange(288.0)).abs().reshape(2, 12, 3, 4)
    BIAS = torch.arange(6.0)

    @calls((PLANES, WEIGHT, OFFSET, MASK, BIAS, 2, True), (PLANES, WEIGHT, OFFSET, MASK, BIAS, 2, False),
           (PLANES.double(), WEIGHT.double(), OFFSET.double(), MASK.double(), BIAS.double(), 2, True),
           (PLANES[:0], WEIGHT, OFFSET[:0], MASK[:0], BIAS, 2, True), (PLANES, WEIGHT, OFFSET, MASK, BIAS, 3, True),
           (PLANES, WEIGHT, OFFSET[:, :8], MASK, BIAS, 2, True), (PLANES, WEIGHT, OFFSET, MASK[:1], BIAS, 2, True),
           (PLANES, WEIGHT, OFFSET[..., :2], MASK, BIAS, 2, True), (PLANES, WEIGHT, OFFSET, MASK, BIAS[:3], 2, True),
           (PLANES[0], WEIGHT, OFFSET, MASK, BIAS, 2, True), (PLANES.double(), WEIGHT, OFFSET, MASK, BIAS, 2, True), may_raise=True)
    def deformed(x: Tensor, weight: Tensor, offset: Tensor, mask: Tensor, bias: Tensor, groups: int, masked: bool) -> Tensor:
        return torch.ops.torchvision.deform_conv2d(x, weight, offset, mask, bias, 2, 2, 1, 1, 1, 1, groups, 2, masked)
