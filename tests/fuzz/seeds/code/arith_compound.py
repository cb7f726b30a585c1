class PlaceholderModule(Module):
  __parameters__ = []
  __buffers__ = []
  training : bool
  def forward(self: __torch__.PlaceholderModule,
    n: int) -> int:
    total = torch.add(1, n)
    total0 = torch.mul(total, 3)
    total1 = torch.sub(total0, 4)
    total2 = torch.__lshift__(total1, 1)
    return torch.__xor__(total2, 5)
