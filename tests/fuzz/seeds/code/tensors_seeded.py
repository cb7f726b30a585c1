class PlaceholderModule(Module):
  __parameters__ = []
  __buffers__ = []
  training : bool
  def forward(self: __torch__.PlaceholderModule,
    n: int) -> List[Tensor]:
    torch.manual_seed(n)
    _0 = [torch.rand([3]), torch.randn([n]), torch.randint(0, 10, [4]), torch.randperm(n), torch.bernoulli_(torch.rand([2]))]
    return _0
