class PlaceholderModule(Module):
  __parameters__ = []
  __buffers__ = []
  training : bool
  def forward(self: __torch__.PlaceholderModule,
    n: int) -> List[int]:
    _0 = uninitialized(bool)
    kept = annotate(List[int], [])
    _1 = 0
    _2 = torch.gt(n, 0)
    while _2:
      _3 = torch.eq(torch.remainder(_1, 3), 0)
      if _3:
        _4, _5, _6 = True, True, _0
      else:
        if torch.gt(torch.len(kept), 6):
          _7, _8, _9 = True, False, _0
        else:
          _10 = torch.append(kept, _1)
          _7, _8, _9 = False, _0, True
        _4, _5, _6 = _7, _8, _9
      if _4:
        _11 = _5
      else:
        _11 = _6
      _12 = torch.add(_1, 1)
      _13 = torch.__and__(torch.lt(_12, n), _11)
      _2, _1 = _13, _12
    return kept
