class PlaceholderModule(Module):
  __parameters__ = []
  __buffers__ = []
  training : bool
  def forward(self: __torch__.PlaceholderModule,
    a: Tensor,
    b: Tensor,
    n: int) -> List[Tensor]:
    _0 = [torch.add(a, b), torch.mul(a, n), torch.add(a, 1.5), torch.div(b, n), torch.div(a, 2), torch.add(a, b, alpha=2), torch.add(torch.to(a, 7), b), torch.add(torch.neg(b), n)]
    return _0
