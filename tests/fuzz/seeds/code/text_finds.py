class PlaceholderModule(Module):
  __parameters__ = []
  __buffers__ = []
  training : bool
  def forward(self: __torch__.PlaceholderModule,
    s: str,
    what: str) -> Tuple[int, int, int, bool, bool, bool]:
    _0 = torch.find(s, what)
    _1 = torch.rfind(s, what)
    _2 = torch.count(s, what)
    _3 = torch.startswith(s, what)
    _4 = torch.endswith(s, what)
    _5 = torch.find(s, what, 0, torch.len(s))
    _6 = (_0, _1, _2, _3, _4, torch.ne(_5, -1))
    return _6
