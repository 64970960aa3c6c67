"""Device discipline: every tensor is made where another one lives, GPU or not."""

import sys

import torch
from torch.overrides import TorchFunctionMode

HERE = "cuda" if torch.cuda.is_available() else "cpu"
FACTORIES = {
    torch.arange, torch.empty, torch.eye, torch.full, torch.linspace, torch.normal, torch.ones,
    torch.rand, torch.randint, torch.randn, torch.randperm, torch.tensor, torch.tril_indices,
    torch.zeros,
}  # fmt: skip


def move(data):
    """Move `Tensors` to the GPU, where there is one."""
    return data._make(column.to(HERE) for column in data)


class AssertHelpersFollow(TorchFunctionMode):
    """Fail where a tensor is made in the block without saying on which device."""

    def __torch_function__(self, func, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        caller = sys._getframe(1).f_globals["__name__"]  # an optimizer keeps its step on the CPU
        allowed = func not in FACTORIES or kwargs.get("device") or caller.startswith("torch.optim")
        assert allowed, f"{func.__name__} without a device"
        return func(*args, **kwargs)
