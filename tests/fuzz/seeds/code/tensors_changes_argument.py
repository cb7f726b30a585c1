class PlaceholderModule(Module):
  __parameters__ = []
  __buffers__ = []
  training : bool
  def forward(self: __torch__.PlaceholderModule,
    x: Tensor) -> Tensor:
    x0 = torch.add_(x, 1)
    _0 = torch.select(torch.select(x0, 0, 0), 0, 0)
    _1 = torch.tensor(-9., dtype=ops.prim.dtype(_0), device=ops.prim.device(_0))
    _2 = torch.copy_(_0, _1)
    return torch.mul(x0, 2)
