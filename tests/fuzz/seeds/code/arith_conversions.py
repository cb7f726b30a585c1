class PlaceholderModule(Module):
  __parameters__ = []
  __buffers__ = []
  training : bool
  def forward(self: __torch__.PlaceholderModule,
    a: int,
    x: float) -> Tuple[float, int, bool, bool, str, str]:
    _0 = (float(a), int(x), bool(a), bool(x), str(a), str(x))
    return _0
