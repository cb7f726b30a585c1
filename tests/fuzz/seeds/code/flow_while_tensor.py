class PlaceholderModule(Module):
  __parameters__ = []
  __buffers__ = []
  training : bool
  def forward(self: __torch__.PlaceholderModule,
    x: Tensor,
    limit: int) -> Tuple[Tensor, int]:
    if bool(torch.gt(torch.max(x), 1.)):
      _0 = torch.lt(0, limit)
    else:
      _0 = False
    x0 = x
    turns = 0
    _1 = _0
    while _1:
      x1 = torch.div(x0, 2)
      turns0 = torch.add(turns, 1)
      if bool(torch.gt(torch.max(x1), 1.)):
        _2 = torch.lt(turns0, limit)
      else:
        _2 = False
      _1, x0, turns = _2, x1, turns0
    return (x0, turns)
