class PlaceholderModule(Module):
  __parameters__ = []
  __buffers__ = []
  training : bool
  def forward(self: __torch__.PlaceholderModule,
    x: Tensor,
    n: int) -> int:
    print("value", n, 2., True, None)
    print(x)
    print([1, 2], (3, "four"), {"k": 5.5})
    return n
