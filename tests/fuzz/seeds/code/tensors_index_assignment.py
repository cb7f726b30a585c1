class PlaceholderModule(Module):
  __parameters__ = []
  __buffers__ = []
  training : bool
  def forward(self: __torch__.PlaceholderModule,
    x: Tensor) -> Tensor:
    y = torch.clone(x)
    _0 = torch.select(y, 0, 0)
    _1 = torch.tensor(0., dtype=ops.prim.dtype(_0), device=ops.prim.device(_0))
    _2 = torch.copy_(_0, _1)
    _3 = torch.arange(4.)
    _4 = torch.select(torch.select(y, 0, 1), 0, 2)
    _5 = torch.copy_(_4, _3)
    _6 = torch.select(torch.slice(torch.slice(y), 1), 2, 3)
    _7 = torch.add_(_6, 100)
    _8 = torch.eq(y, 13)
    _9 = torch.tensor(-1., dtype=ops.prim.dtype(y), device=ops.prim.device(y))
    _10 = annotate(List[Optional[Tensor]], [_8])
    _11 = torch.index_put_(y, _10, _9)
    _12 = torch.tensor([7., 8.])
    _13 = torch.tensor([0, 1])
    _14 = torch.select(torch.select(y, 0, 1), 1, 0)
    _15 = annotate(List[Optional[Tensor]], [_13])
    _16 = torch.index_put_(_14, _15, _12)
    return y
