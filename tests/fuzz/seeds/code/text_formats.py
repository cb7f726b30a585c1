class PlaceholderModule(Module):
  __parameters__ = []
  __buffers__ = []
  training : bool
  def forward(self: __torch__.PlaceholderModule,
    a: int,
    x: float,
    s: str) -> List[str]:
    _0 = torch.format("{} {} {}", a, x, s)
    _1 = torch.percentFormat("%d and %s", (a, s))
    _2 = [_0, _1, torch.format("{}/{}/{}", a, x, s)]
    return _2
