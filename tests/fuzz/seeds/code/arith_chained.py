class PlaceholderModule(Module):
  __parameters__ = []
  __buffers__ = []
  training : bool
  def forward(self: __torch__.PlaceholderModule,
    n: int) -> int:
    if torch.le(0, n):
      _0 = torch.lt(n, 10)
    else:
      _0 = False
    if _0:
      low = 1
    else:
      if torch.lt(10, n):
        _1 = torch.le(n, 30)
      else:
        _1 = False
      if _1:
        _2 = True
      else:
        _2 = torch.eq(n, 41)
      if _2:
        low0 = 2
      else:
        low0 = 0
      low = low0
    if torch.eq(torch.remainder(n, 2), 0):
      _3 = 100
    else:
      _3 = 200
    return torch.add(low, _3)
