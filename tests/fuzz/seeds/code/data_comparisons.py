class PlaceholderModule(Module):
  __parameters__ = []
  __buffers__ = []
  training : bool
  def forward(self: __torch__.PlaceholderModule,
    a: List[float],
    b: List[int]) -> List[bool]:
    _0 = torch.eq(a, [1.5, 2.5])
    _1 = torch.ne(a, a)
    _2 = torch.eq(b, [2, 3])
    _3 = torch.ne(b, [2])
    _4 = torch.eq(torch.len(a), torch.len(b))
    return [_0, _1, _2, _3, _4]
