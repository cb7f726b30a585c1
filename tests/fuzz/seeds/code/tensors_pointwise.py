class PlaceholderModule(Module):
  __parameters__ = []
  __buffers__ = []
  training : bool
  def forward(self: __torch__.PlaceholderModule,
    x: Tensor) -> List[Tensor]:
    _0 = torch.abs(x)
    _1 = torch.neg(x)
    _2 = torch.exp(x)
    _3 = torch.sigmoid(x)
    _4 = torch.tanh(x)
    _5 = torch.relu(x)
    _6 = torch.sin(x)
    _7 = torch.cos(x)
    _8 = torch.square(x)
    _9 = torch.sqrt(torch.abs(x))
    _10 = torch.log1p(torch.abs(x))
    _11 = torch.sign(x)
    _12 = torch.floor(x)
    _13 = torch.round(x)
    _14 = torch.clamp(x, -1, 2)
    _15 = torch.pow(x, 3)
    _16 = torch.rsqrt(torch.add(torch.abs(x), 1))
    _17 = [_0, _1, _2, _3, _4, _5, _6, _7, _8, _9, _10, _11, _12, _13, _14, _15, _16, torch.erf(x), torch.reciprocal(x)]
    return _17
