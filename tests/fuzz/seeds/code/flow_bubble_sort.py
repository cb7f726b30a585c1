class PlaceholderModule(Module):
  __parameters__ = []
  __buffers__ = []
  training : bool
  def forward(self: __torch__.PlaceholderModule,
    items: List[int]) -> List[int]:
    out = torch.copy(items)
    _0 = True
    while _0:
      done = True
      for i in range(torch.sub(torch.len(out), 1)):
        _1 = torch.gt(out[i], out[torch.add(i, 1)])
        if _1:
          _2 = out[torch.add(i, 1)]
          _3 = out[i]
          _4 = torch._set_item(out, i, _2)
          _5 = torch._set_item(out, torch.add(i, 1), _3)
          done0 = False
        else:
          done0 = done
        done = done0
      _0 = torch.__not__(done)
    return out
