class PlaceholderModule(Module):
  __parameters__ = []
  __buffers__ = []
  training : bool
  def forward(self: __torch__.PlaceholderModule,
    x: Union[List[int], int, str]) -> str:
    _0 = isinstance(x, int)
    if _0:
      x0 = unchecked_cast(int, x)
      _2 = torch.add("int ", str(torch.add(x0, 1)))
      _1 = _2
    else:
      x1 = unchecked_cast(Union[List[int], str], x)
      _3 = isinstance(x1, str)
      if _3:
        x2 = unchecked_cast(str, x1)
        _4 = torch.add("str ", x2)
      else:
        x3 = unchecked_cast(List[int], x1)
        _5 = torch.add("list ", str(torch.len(x3)))
        _4 = _5
      _1 = _4
    return _1
