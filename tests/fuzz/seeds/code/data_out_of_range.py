class PlaceholderModule(Module):
  __parameters__ = []
  __buffers__ = []
  training : bool
  def forward(self: __torch__.PlaceholderModule,
    items: List[int]) -> int:
    return torch.add(items[2], items[-1])
