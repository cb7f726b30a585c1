class PlaceholderModule(Module):
  __parameters__ = []
  __buffers__ = []
  training : bool
  def forward(self: __torch__.PlaceholderModule,
    d: Dict[str, Tensor]) -> Dict[str, Tensor]:
    out = annotate(Dict[str, Tensor], {})
    _0 = torch.items(d)
    for _1 in range(torch.len(_0)):
      k, v, = _0[_1]
      _2 = torch.sum(v)
      torch._set_item(out, torch.add(k, "_sum"), _2)
      _3 = torch.mul(torch.t(v), 2)
      torch._set_item(out, torch.add(k, "_t"), _3)
    return out
