class PlaceholderModule(Module):
  __parameters__ = []
  __buffers__ = []
  training : bool
  def forward(self: __torch__.PlaceholderModule,
    n: int,
    s: str) -> Tuple[Tuple[int, str], int, str, bool]:
    t = (n, s)
    _0 = torch.len(annotate(List[Any], [n, s, 2.5]))
    _1 = (t, torch.add(n, _0), torch.add(s, s), torch.eq(n, 1))
    return _1
