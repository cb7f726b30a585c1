class PlaceholderModule(Module):
  __parameters__ = []
  __buffers__ = []
  training : bool
  def forward(self: __torch__.PlaceholderModule,
    a: int,
    b: int) -> Tuple[int, int, int]:
    _0 = torch.add(a, b)
    _1 = torch.mul(a, 3)
    _2 = torch.add(torch.sub(torch.neg(a), 2), b)
    return (_0, _1, _2)
