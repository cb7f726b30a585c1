class PlaceholderModule(Module):
  __parameters__ = []
  __buffers__ = []
  training : bool
  def forward(self: __torch__.PlaceholderModule,
    s: str,
    sep: str) -> Tuple[List[str], str, int]:
    parts = torch.split(s, sep)
    _0 = (parts, torch.join("-", parts), torch.len(parts))
    return _0
