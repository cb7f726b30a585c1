class PlaceholderModule(Module):
  __parameters__ = []
  __buffers__ = []
  training : bool
  def forward(self: __torch__.PlaceholderModule,
    x: Tensor) -> List[Tensor]:
    _0 = torch.sum(x)
    _1 = torch.sum(x, [0])
    _2 = torch.mean(x, [1], True)
    _3 = torch.max(x)
    _4, _5 = torch.min(x, 1)
    _6 = [_0, _1, _2, _3, _4, torch.argmax(x), torch.argmin(x, 1), torch.prod(x), torch.std(x), torch.var(x, [0], False), torch.norm(x), torch.any(x), torch.all(x), torch.cumsum(x, 1), torch.amax(x, [1]), torch.logsumexp(x, [1]), torch.count_nonzero(x)]
    return _6
