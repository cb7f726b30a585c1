class PlaceholderModule(Module):
  __parameters__ = []
  __buffers__ = []
  training : bool
  def forward(self: __torch__.PlaceholderModule,
    d: Dict[str, int]) -> Tuple[str, int]:
    _0 = torch.items(d)
    keys = ""
    total = 0
    for _1 in range(torch.len(_0)):
      k, v, = _0[_1]
      keys, total = torch.add(keys, k), torch.add(total, v)
    _2 = torch.keys(d)
    keys0 = keys
    for _3 in range(torch.len(_2)):
      k0 = _2[_3]
      keys0 = torch.add(keys0, torch.upper(k0))
    return (keys0, total)
