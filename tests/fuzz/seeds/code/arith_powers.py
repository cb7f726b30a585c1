class PlaceholderModule(Module):
  __parameters__ = []
  __buffers__ = []
  training : bool
  def forward(self: __torch__.PlaceholderModule,
    a: int,
    b: int) -> Tuple[float, float]:
    _0 = torch.pow(a, b)
    if torch.gt(a, 0):
      _1 = torch.pow(float(a), 0.5)
    else:
      _1 = 0.
    return (_0, _1)
