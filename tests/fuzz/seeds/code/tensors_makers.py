class PlaceholderModule(Module):
  __parameters__ = []
  __buffers__ = []
  training : bool
  def forward(self: __torch__.PlaceholderModule,
    n: int) -> List[Tensor]:
    _0 = [torch.zeros([n, 2]), torch.ones([n]), torch.arange(n), torch.full([2, n], 1.5), torch.eye(n), torch.fill_(torch.empty([n]), 3.), torch.linspace(0., 1., 5), torch.tensor([1, n]), torch.tensor([[0.5, float(n)]])]
    return _0
