class PlaceholderModule(Module):
  __parameters__ = []
  __buffers__ = []
  training : bool
  def forward(self: __torch__.PlaceholderModule,
    x: Tensor,
    index: Tensor) -> List[Tensor]:
    _0 = annotate(List[Optional[Tensor]], [index])
    _1 = torch.index(x, _0)
    _2 = torch.slice(x)
    _3 = annotate(List[Optional[Tensor]], [None, index])
    _4 = torch.index(_2, _3)
    _5 = torch.slice(index, 0, None, 2)
    _6 = torch.slice(torch.slice(x), 1)
    _7 = annotate(List[Optional[Tensor]], [None, None, _5])
    _8 = torch.index(_6, _7)
    _9 = annotate(List[Optional[Tensor]], [torch.gt(x, 20)])
    _10 = torch.index(x, _9)
    _11 = annotate(List[Optional[Tensor]], [index, index])
    _12 = torch.index(x, _11)
    _13 = torch.select(x, 1, 1)
    _14 = annotate(List[Optional[Tensor]], [index])
    _15 = torch.index(_13, _14)
    _16 = torch.unsqueeze(torch.slice(index), 1)
    _17 = torch.slice(x)
    _18 = annotate(List[Optional[Tensor]], [None, _16, index])
    _19 = [_1, _4, _8, _10, _12, _15, torch.index(_17, _18)]
    return _19
