class PlaceholderModule(Module):
  __parameters__ = []
  __buffers__ = []
  training : bool
  def forward(self: __torch__.PlaceholderModule,
    x: Tensor,
    i: int) -> List[Tensor]:
    _0 = torch.select(x, 0, 0)
    _1 = torch.select(torch.select(x, 0, -1), 0, i)
    _2 = torch.slice(torch.slice(x), 1, 1, 3)
    _3 = torch.select(x, -1, 0)
    _4 = torch.select(torch.unsqueeze(torch.slice(x), 1), 2, i)
    _5 = torch.slice(torch.select(x, 0, 1), -1, None, None, 2)
    _6 = torch.slice(torch.select(torch.slice(x), 1, i), 1, 1, -1)
    _7 = torch.select(torch.select(x, 0, 0), 0, 1)
    _8 = [_0, _1, _2, _3, _4, _5, _6, torch.select(_7, 0, 2)]
    return _8
