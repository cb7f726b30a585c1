class PlaceholderModule(Module):
  __parameters__ = []
  __buffers__ = []
  training : bool
  def forward(self: __torch__.PlaceholderModule,
    n: int) -> Tuple[List[int], List[str], Dict[int, int]]:
    _0 = annotate(List[int], [])
    for i in range(n):
      _1 = torch.append(_0, torch.mul(i, i))
    _2 = annotate(List[str], [])
    for i0 in range(n):
      _3 = torch.append(_2, str(i0))
    _4 = annotate(Dict[int, int], {})
    for i1 in range(n):
      torch._set_item(_4, i1, torch.mul(i1, 2))
    return (_0, _2, _4)
