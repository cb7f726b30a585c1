class PlaceholderModule(Module):
  __parameters__ = []
  __buffers__ = []
  training : bool
  def forward(self: __torch__.PlaceholderModule,
    s: str,
    chars: str) -> List[str]:
    _0 = [torch.strip(s), torch.lstrip(s), torch.rstrip(s), torch.strip(s, chars), torch.center(s, 14, "*"), torch.add(torch.ljust(s, 12), "|"), torch.add(torch.rjust(s, 12), "|"), torch.zfill(s, 12)]
    return _0
