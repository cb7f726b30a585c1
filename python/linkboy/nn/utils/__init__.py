"""What goes with layers but is none: `torch.nn.utils`."""

from linkboy.nn.utils import parametrizations, parametrize, rnn  # noqa: F401
from linkboy.nn.utils.spectral_norm import remove_spectral_norm, spectral_norm  # noqa: F401
from linkboy.nn.utils.weight_norm import remove_weight_norm, weight_norm  # noqa: F401
