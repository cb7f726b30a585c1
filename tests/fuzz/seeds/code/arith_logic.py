class PlaceholderModule(Module):
  __parameters__ = []
  __buffers__ = []
  training : bool
  def forward(self: __torch__.PlaceholderModule,
    a: bool,
    b: bool) -> List[bool]:
    if a:
      _0 = b
    else:
      _0 = False
    if a:
      _1 = True
    else:
      _1 = b
    _2 = [_0, _1, torch.__not__(a), torch.eq(a, b), torch.ne(a, b), torch.eq(bool(int(a)), b)]
    return _2
