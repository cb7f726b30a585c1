class PlaceholderModule(Module):
  __parameters__ = []
  __buffers__ = []
  training : bool
  def forward(self: __torch__.PlaceholderModule,
    x: Tensor) -> List[Tensor]:
    a, b, = torch.chunk(x, 2)
    parts = torch.split(x, 4)
    named = torch.split(x, [3, 7])
    _0 = parts[2]
    _1 = named[0]
    _2 = (torch.unbind(torch.view(x, [2, 5])))[1]
    _3 = [a, b, _0, _1, _2, (torch.tensor_split(x, 3))[0]]
    return _3
