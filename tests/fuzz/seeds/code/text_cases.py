class PlaceholderModule(Module):
  __parameters__ = []
  __buffers__ = []
  training : bool
  def forward(self: __torch__.PlaceholderModule,
    s: str) -> List[str]:
    _0 = [torch.upper(s), torch.lower(s), torch.capitalize(s), torch.title(s), torch.swapcase(s)]
    return _0
