"""Device discipline without a second device: every tensor is made where another one lives."""

import torch
from torch.overrides import TorchFunctionMode

FACTORIES = {
    torch.arange, torch.empty, torch.eye, torch.full, torch.linspace, torch.normal, torch.ones,
    torch.rand, torch.randint, torch.randn, torch.randperm, torch.tensor, torch.tril_indices,
    torch.zeros,
}  # fmt: skip


class AssertHelpersFollow(TorchFunctionMode):
    """Fail where a tensor is made in the block without saying on which device."""

    def __torch_function__(self, func, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        assert func not in FACTORIES or kwargs.get("device"), f"{func.__name__} without a device"
        return func(*args, **kwargs)
