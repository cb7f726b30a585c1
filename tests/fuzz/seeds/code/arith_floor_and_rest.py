class PlaceholderModule(Module):
  __parameters__ = []
  __buffers__ = []
  training : bool
  def forward(self: __torch__.PlaceholderModule,
    a: int,
    b: int) -> Tuple[int, int, float]:
    _0 = (torch.floordiv(a, b), torch.remainder(a, b), torch.div(a, b))
    return _0
