class PlaceholderModule(Module):
  __parameters__ = []
  __buffers__ = []
  training : bool
  def forward(self: __torch__.PlaceholderModule,
    a: bool,
    b: bool) -> str:
    if a:
      if b:
        out0 = "both"
      else:
        if torch.__not__(b):
          out1 = "first"
        else:
          out1 = ""
        out0 = out1
      out = out0
    else:
      if b:
        out2 = "second"
      else:
        out2 = ""
      out = out2
    return torch.add(out, "!")
