class PlaceholderModule(Module):
  __parameters__ = []
  __buffers__ = []
  training : bool
  def forward(self: __torch__.PlaceholderModule,
    a: Tensor,
    b: Tensor) -> List[Tensor]:
    _0 = torch.bmm(a, b)
    _1 = torch.matmul(a, torch.select(b, 0, 0))
    _2 = torch.einsum("bij,bjk->bik", [a, b])
    _3 = torch.baddbmm(torch.ones([2, 2]), a, b)
    return [_0, _1, _2, _3]
