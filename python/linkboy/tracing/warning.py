"""The category of warnings that tracing gives (torch.jit.TracerWarning)."""

import warnings


class TracerWarning(Warning):
    """A trace may not be what the program does for other inputs. Those from inside of the libraries, whose
    shape checks turn sizes into Python values all the time, are not shown."""

    @staticmethod
    def ignore_lib_warnings() -> None:
        warnings.filterwarnings("ignore", category=TracerWarning, module=r"torch\.(?!jit)")
        warnings.filterwarnings("ignore", category=TracerWarning, module=r"linkboy\.nn")


TracerWarning.ignore_lib_warnings()
