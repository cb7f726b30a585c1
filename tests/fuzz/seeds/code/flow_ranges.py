class PlaceholderModule(Module):
  __parameters__ = []
  __buffers__ = []
  training : bool
  def forward(self: __torch__.PlaceholderModule,
    a: int,
    b: int,
    step: int) -> List[int]:
    _0 = annotate(List[int], [])
    for _1 in range(torch.__range_length(a, b, step)):
      i = torch.__derive_index(_1, a, step)
      _2 = torch.append(_0, i)
    return _0
