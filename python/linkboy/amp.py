"""Mixed precision, `torch.amp`: dtypes here are what the program says, so there is nothing to switch on."""

import contextlib
from typing import Any, Optional


class autocast(contextlib.ContextDecorator):
    """Changes nothing; RuntimeError where it is to be enabled, since results would be of another dtype than asked for."""

    def __init__(
        self,
        device_type: Optional[str] = None,
        dtype: Any = None,
        enabled: bool = True,
        cache_enabled: Optional[bool] = None,
    ) -> None:
        if enabled and (device_type is None or device_type == "cpu"):
            raise RuntimeError("linkboy has no autocast: convert the module with .to(dtype) instead")

    def __enter__(self) -> "autocast":
        return self

    def __exit__(self, *unused: Any) -> None:
        return None
