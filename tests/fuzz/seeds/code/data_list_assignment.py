class PlaceholderModule(Module):
  __parameters__ = []
  __buffers__ = []
  training : bool
  def forward(self: __torch__.PlaceholderModule,
    items: List[int]) -> List[int]:
    _0 = torch._set_item(items, 0, 10)
    _1 = torch._set_item(items, -1, torch.add(items[-1], 5))
    torch.Delete(items, 0)
    return items
