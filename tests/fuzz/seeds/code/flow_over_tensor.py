class PlaceholderModule(Module):
  __parameters__ = []
  __buffers__ = []
  training : bool
  def forward(self: __torch__.PlaceholderModule,
    x: Tensor) -> List[float]:
    out = annotate(List[float], [])
    for _0 in range(torch.len(x)):
      row = torch.select(x, 0, _0)
      _1 = torch.append(out, float(torch.sum(row)))
    return out
