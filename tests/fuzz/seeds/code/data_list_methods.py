class PlaceholderModule(Module):
  __parameters__ = []
  __buffers__ = []
  training : bool
  def forward(self: __torch__.PlaceholderModule,
    items: List[int],
    extra: int) -> Tuple[List[int], int]:
    _0 = torch.append(items, extra)
    torch.insert(items, 0, 7)
    torch.extend(items, [4, 4])
    torch.sort(items)
    torch.reverse(items)
    last = torch.pop(items)
    torch.remove(items, 4)
    return (items, last)
