class PlaceholderModule(Module):
  __parameters__ = []
  __buffers__ = []
  training : bool
  def forward(self: __torch__.PlaceholderModule,
    text: str) -> Tuple[int, float, str]:
    _0 = (int(text), torch.add(float(text), 0.5), str(torch.mul(int(text), 2)))
    return _0
