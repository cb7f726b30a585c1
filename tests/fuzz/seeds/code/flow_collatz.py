class PlaceholderModule(Module):
  __parameters__ = []
  __buffers__ = []
  training : bool
  def forward(self: __torch__.PlaceholderModule,
    n: int) -> Tuple[int, int]:
    steps = 0
    top = n
    n0 = n
    _0 = torch.ne(n, 1)
    while _0:
      _1 = torch.eq(torch.remainder(n0, 2), 0)
      if _1:
        n1 = torch.floordiv(n0, 2)
      else:
        n1 = torch.add(torch.mul(3, n0), 1)
      top0 = ops.prim.max(top, n1)
      steps0 = torch.add(steps, 1)
      _0, steps, top, n0 = torch.ne(n1, 1), steps0, top0, n1
    return (steps, top)
