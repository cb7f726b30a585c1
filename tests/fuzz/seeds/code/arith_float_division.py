class PlaceholderModule(Module):
  __parameters__ = []
  __buffers__ = []
  training : bool
  def forward(self: __torch__.PlaceholderModule,
    a: float,
    b: float) -> Tuple[float, float, float]:
    _0 = (torch.div(a, b), torch.floordiv(a, b), torch.remainder(a, b))
    return _0
