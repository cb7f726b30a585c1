class PlaceholderModule(Module):
  __parameters__ = []
  __buffers__ = []
  training : bool
  def forward(self: __torch__.PlaceholderModule,
    s: str) -> Tuple[List[str], List[str], str]:
    _0 = (torch.split(s), torch.splitlines(s), torch.replace(s, "o", "0"))
    return _0
