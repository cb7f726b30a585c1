class PlaceholderModule(Module):
  __parameters__ = []
  __buffers__ = []
  training : bool
  def forward(self: __torch__.PlaceholderModule,
    a: int,
    x: float) -> List[str]:
    _0 = [str(a), str(x), torch.hex(a), torch.oct(a), torch.bin(a)]
    return _0
