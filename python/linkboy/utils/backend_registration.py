"""The name of the device that a program may bring along: `torch.utils.backend_registration`."""

_privateuse1_backend_name = "privateuseone"
