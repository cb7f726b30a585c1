class PlaceholderModule(Module):
  __parameters__ = []
  __buffers__ = []
  training : bool
  def forward(self: __torch__.PlaceholderModule,
    x: Optional[int]) -> Tuple[int, bool]:
    if torch.__isnot__(x, None):
      x1 = unchecked_cast(int, x)
      y, x0 = x1, x1
    else:
      y, x0 = -1, x
    _0 = (torch.add(y, 1), torch.__is__(x0, None))
    return _0
