class PlaceholderModule(Module):
  __parameters__ = []
  __buffers__ = []
  training : bool
  def forward(self: __torch__.PlaceholderModule,
    x: Tensor) -> List[Tensor]:
    _0 = torch.view(x, [6, 4])
    _1 = torch.reshape(x, [-1])
    _2 = torch.transpose(x, 0, 2)
    _3 = torch.permute(x, [2, 0, 1])
    _4 = torch.unsqueeze(x, 1)
    _5 = torch.squeeze(torch.slice(x, 0, None, 1), 0)
    _6 = torch.flatten(x, 1)
    _7 = torch.expand(x, [2, 2, 3, 4])
    _8 = torch.narrow(x, 2, 1, 2)
    _9 = torch.select(x, 1, 2)
    _10 = torch.unfold(x, 2, 2, 1)
    if torch.eq(torch.dim(x), 2):
      _11 = torch.t(x)
    else:
      _11 = torch.movedim(x, 0, 1)
    _12 = [_0, _1, _2, _3, _4, _5, _6, _7, _8, _9, _10, _11]
    return _12
