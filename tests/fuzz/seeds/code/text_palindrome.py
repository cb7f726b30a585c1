class PlaceholderModule(Module):
  __parameters__ = []
  __buffers__ = []
  training : bool
  def forward(self: __torch__.PlaceholderModule,
    s: str) -> bool:
    _0 = uninitialized(bool)
    n = torch.len(s)
    _1 = torch.floordiv(n, 2)
    _2 = False
    _3 = _0
    _4 = 0
    _5 = torch.gt(_1, 0)
    while _5:
      _6 = torch.ne(s[_4], s[torch.sub(torch.sub(n, 1), _4)])
      if _6:
        _7, _8, _9 = False, True, False
      else:
        _7, _8, _9 = True, False, _0
      _10 = torch.add(_4, 1)
      _11 = torch.__and__(torch.lt(_10, _1), _7)
      _5, _2, _3, _4 = _11, _8, _9, _10
    if _2:
      _12 = _3
    else:
      _12 = True
    return _12
