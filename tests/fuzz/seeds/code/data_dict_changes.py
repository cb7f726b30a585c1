class PlaceholderModule(Module):
  __parameters__ = []
  __buffers__ = []
  training : bool
  def forward(self: __torch__.PlaceholderModule,
    d: Dict[str, float]) -> Tuple[Dict[str, float], float]:
    torch._set_item(d, "new", 3.5)
    torch.update(d, {"a": 9.})
    gone = torch.pop(d, "a")
    _0 = torch.setdefault(d, "other", 1.25)
    return (d, gone)
