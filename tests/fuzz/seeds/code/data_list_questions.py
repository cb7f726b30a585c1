class PlaceholderModule(Module):
  __parameters__ = []
  __buffers__ = []
  training : bool
  def forward(self: __torch__.PlaceholderModule,
    items: List[int]) -> Tuple[int, int, bool, int, List[int]]:
    _0 = (torch.len(items), torch.count(items, 3), torch.__contains__(items, 8), torch.index(items, items[-1]), sorted(items))
    return _0
