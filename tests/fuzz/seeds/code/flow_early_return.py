class PlaceholderModule(Module):
  __parameters__ = []
  __buffers__ = []
  training : bool
  def forward(self: __torch__.PlaceholderModule,
    n: int) -> str:
    _0 = uninitialized(str)
    if torch.lt(n, 0):
      _1 = "negative"
    else:
      _2 = False
      _3 = _0
      _4 = 0
      _5 = torch.gt(n, 0)
      while _5:
        if torch.gt(torch.mul(_4, _4), 50):
          _6, _7, _8 = False, True, torch.add("many ", str(_4))
        else:
          _6, _7, _8 = True, False, _0
        _9 = torch.add(_4, 1)
        _10 = torch.__and__(torch.lt(_9, n), _6)
        _5, _2, _3, _4 = _10, _7, _8, _9
      if _2:
        _11 = _3
      else:
        if torch.eq(n, 0):
          _12 = "none"
        else:
          _12 = "few"
        _11 = _12
      _1 = _11
    return _1
