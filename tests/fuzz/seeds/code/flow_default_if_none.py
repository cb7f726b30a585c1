class PlaceholderModule(Module):
  __parameters__ = []
  __buffers__ = []
  training : bool
  def forward(self: __torch__.PlaceholderModule,
    a: int,
    b: Optional[int]) -> int:
    if torch.__is__(b, None):
      b0 = 10
    else:
      b0 = unchecked_cast(int, b)
    return torch.mul(a, b0)
