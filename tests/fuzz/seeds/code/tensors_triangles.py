class PlaceholderModule(Module):
  __parameters__ = []
  __buffers__ = []
  training : bool
  def forward(self: __torch__.PlaceholderModule,
    x: Tensor) -> List[Tensor]:
    _0 = torch.tril(x)
    _1 = torch.triu(x, 1)
    _2 = torch.diag(x)
    _3 = torch.diagonal(x, 1)
    _4 = torch.outer(torch.select(x, 0, 0), torch.select(x, 0, 1))
    _5 = [_0, _1, _2, _3, _4, torch.trace(x)]
    return _5
