class PlaceholderModule(Module):
  __parameters__ = []
  __buffers__ = []
  training : bool
  def forward(self: __torch__.PlaceholderModule,
    a: List[int],
    b: List[int]) -> int:
    _0 = [9223372036854775807, torch.len(a), torch.len(b)]
    total = 0
    for i in range(ops.prim.min(_0)):
      x = a[i]
      y = b[i]
      total0 = torch.add(total, torch.mul(torch.mul(i, x), y))
      total = total0
    return total
