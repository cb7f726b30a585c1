class PlaceholderModule(Module):
  __parameters__ = []
  __buffers__ = []
  training : bool
  def forward(self: __torch__.PlaceholderModule,
    d: Dict[str, int],
    key: str) -> Tuple[bool, int, int, List[str], List[int]]:
    _0 = (torch.__contains__(d, key), torch.len(d), torch.get(d, key, -1), torch.list(torch.keys(d)), torch.list(torch.values(d)))
    return _0
