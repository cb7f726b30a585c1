class PlaceholderModule(Module):
  __parameters__ = []
  __buffers__ = []
  training : bool
  def forward(self: __torch__.PlaceholderModule,
    a: int,
    b: int) -> int:
    a0 = a
    b0 = b
    _0 = torch.ne(b, 0)
    while _0:
      b1 = torch.remainder(a0, b0)
      _0, a0, b0 = torch.ne(b1, 0), b0, b1
    return ops.prim.abs(a0)
