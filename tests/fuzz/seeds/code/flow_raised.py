class PlaceholderModule(Module):
  __parameters__ = []
  __buffers__ = []
  training : bool
  def forward(self: __torch__.PlaceholderModule,
    n: int) -> int:
    if torch.lt(n, 0):
      ops.prim.RaiseException(torch.add("bad value: ", str(n)), "builtins.ValueError")
    else:
      pass
    if torch.eq(n, 0):
      ops.prim.RaiseException("nothing to do", "builtins.RuntimeError")
    else:
      pass
    return torch.floordiv(100, n)
