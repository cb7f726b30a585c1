class PlaceholderModule(Module):
  __parameters__ = []
  __buffers__ = []
  training : bool
  def forward(self: __torch__.PlaceholderModule,
    s: str) -> List[bool]:
    _0 = [torch.eq(s, "abc"), torch.ne(s, "abc"), torch.lt(s, "b"), torch.gt(s, "b"), torch.le(s, "abc"), torch.ge(s, "abc"), torch.isalpha(s), torch.isdigit(s)]
    return _0
