class PlaceholderModule(Module):
  __parameters__ = []
  __buffers__ = []
  training : bool
  def forward(self: __torch__.PlaceholderModule,
    n: int) -> int:
    _0 = "AssertionError: n must not be negative"
    if torch.ge(n, 0):
      pass
    else:
      ops.prim.RaiseException(_0)
    return torch.add(n, 1)
