class PlaceholderModule(Module):
  __parameters__ = []
  __buffers__ = []
  training : bool
  def forward(self: __torch__.PlaceholderModule,
    n: int) -> Tuple[int, float, str]:
    a = 0
    x = 1.
    text = ""
    for i in range(n):
      a0 = torch.add(a, i)
      x0 = torch.add(torch.mul(x, 0.5), a)
      _0 = torch.eq(torch.remainder(i, 4), 0)
      if _0:
        text0 = torch.add(text, str(i))
      else:
        text0 = text
      a, x, text = a0, x0, text0
    return (a, x, text)
