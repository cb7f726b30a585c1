"""What model source asks of PyTorch's gradients, `torch.autograd`: functions run forward, and there is no way back."""

from typing import Any

from linkboy.grad import enable_grad, inference_mode, no_grad, set_grad_enabled  # noqa: F401

_NO_GRADIENTS = "linkboy records no gradients"


class _Context:
    """What `forward` of a Function is given to keep things in."""

    saved_tensors: tuple = ()
    needs_input_grad: tuple = ()

    def save_for_backward(self, *tensors: Any) -> None:
        self.saved_tensors = tensors

    def mark_dirty(self, *tensors: Any) -> None:
        """Nothing is recorded."""

    def mark_non_differentiable(self, *tensors: Any) -> None:
        """Nothing is recorded."""

    def set_materialize_grads(self, value: bool) -> None:
        """Nothing is recorded."""


class Function:
    """A function with a gradient of its own (torch.autograd.Function): `apply` runs its `forward`."""

    @classmethod
    def apply(cls, *args: Any, **kwargs: Any) -> Any:
        """What `forward` makes of the arguments."""
        context = _Context()
        context.needs_input_grad = (False,) * len(args)
        if getattr(cls, "setup_context", None) is None:
            return cls.forward(context, *args, **kwargs)
        output = cls.forward(*args, **kwargs)
        cls.setup_context(context, args, output)
        return output


def grad(*args: Any, **kwargs: Any) -> Any:
    """Always a RuntimeError."""
    raise RuntimeError(_NO_GRADIENTS)


def backward(*args: Any, **kwargs: Any) -> None:
    """Always a RuntimeError."""
    raise RuntimeError(_NO_GRADIENTS)
