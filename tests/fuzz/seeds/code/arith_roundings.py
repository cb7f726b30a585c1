class PlaceholderModule(Module):
  __parameters__ = []
  __buffers__ = []
  training : bool
  def forward(self: __torch__.PlaceholderModule,
    x: float) -> Tuple[int, int, int, float, int]:
    _0 = (torch.floor(x), torch.ceil(x), int(torch.mul(x, 2)), torch.round(x), int(x))
    return _0
