class PlaceholderModule(Module):
  __parameters__ = []
  __buffers__ = []
  training : bool
  def forward(self: __torch__.PlaceholderModule,
    a: float,
    b: float) -> Tuple[float, bool, bool, bool, float]:
    _0 = (torch.sub(torch.add(a, b), a), torch.eq(a, a), torch.isnan(a), torch.isinf(a), ops.prim.max(a, b))
    return _0
