class PlaceholderModule(Module):
  __parameters__ = []
  __buffers__ = []
  training : bool
  def forward(self: __torch__.PlaceholderModule,
    x: Tensor,
    i: Tensor) -> List[Tensor]:
    _0 = torch.gather(x, 1, i)
    _1 = torch.index_select(x, 0, torch.select(torch.slice(i), 1, 0))
    _2 = torch.scatter_(torch.zeros([2, 2]), 1, i, x)
    _3 = torch.scatter_add_(torch.zeros([2, 2]), 0, i, x)
    _4 = torch.masked_select(x, torch.gt(x, 1))
    _5 = torch.masked_fill(x, torch.gt(x, 1), -1.)
    _6 = [_0, _1, _2, _3, _4, _5, torch.take(x, i), torch.nonzero(x)]
    return _6
