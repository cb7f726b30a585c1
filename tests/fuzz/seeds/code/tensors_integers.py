class PlaceholderModule(Module):
  __parameters__ = []
  __buffers__ = []
  training : bool
  def forward(self: __torch__.PlaceholderModule,
    a: Tensor,
    b: Tensor) -> List[Tensor]:
    _0 = torch.floor_divide(a, b)
    _1 = torch.remainder(a, b)
    _2 = torch.__and__(a, b)
    _3 = torch.__or__(a, b)
    _4 = torch.__xor__(a, b)
    _5 = torch.bitwise_not(a)
    _6 = torch.__lshift__(a, b)
    _7 = torch.__rshift__(a, 1)
    _8 = torch.div(a, b, rounding_mode="trunc")
    _9 = [_0, _1, _2, _3, _4, _5, _6, _7, _8, torch.ne(a, 0), torch.div(torch.to(a, 6), b)]
    return _9
