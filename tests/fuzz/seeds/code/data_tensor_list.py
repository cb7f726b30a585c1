class PlaceholderModule(Module):
  __parameters__ = []
  __buffers__ = []
  training : bool
  def forward(self: __torch__.PlaceholderModule,
    items: List[Tensor]) -> Tuple[Tensor, List[int]]:
    _0 = torch.cat(items)
    _1 = annotate(List[int], [])
    for _2 in range(torch.len(items)):
      t = items[_2]
      _3 = torch.append(_1, torch.size(t, 0))
    return (_0, _1)
