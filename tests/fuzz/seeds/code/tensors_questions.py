class PlaceholderModule(Module):
  __parameters__ = []
  __buffers__ = []
  training : bool
  def forward(self: __torch__.PlaceholderModule,
    x: Tensor) -> Tuple[int, List[int], int, int, bool, bool, int, List[int]]:
    _0 = (torch.dim(x), torch.size(x), torch.size(x, -1), torch.numel(x), torch.is_contiguous(x), torch.is_floating_point(x), torch.element_size(x), torch.stride(x))
    return _0
