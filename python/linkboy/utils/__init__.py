"""What belongs to no single part: `torch.utils`, as far as models need it."""
