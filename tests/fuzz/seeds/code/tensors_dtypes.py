class PlaceholderModule(Module):
  __parameters__ = []
  __buffers__ = []
  training : bool
  def forward(self: __torch__.PlaceholderModule,
    x: Tensor) -> List[Tensor]:
    _0 = [torch.to(x, 3), torch.to(x, 7), torch.to(x, 5), torch.to(x, 15), torch.to(x, 4), torch.to(x, 11), torch.to(torch.to(x, 0), 3), torch.type_as(x, torch.ones([1]))]
    return _0
