"""Device discipline without a second device: every tensor is made where another one lives."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch.overrides import TorchFunctionMode

FACTORIES = {
    torch.arange, torch.empty, torch.eye, torch.full, torch.linspace, torch.normal, torch.ones,
    torch.rand, torch.randint, torch.randn, torch.randperm, torch.tensor, torch.tril_indices,
    torch.zeros,
}  # fmt: skip


class _Watch(TorchFunctionMode):
    def __init__(self):
        self.stray = []

    def __torch_function__(self, func, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        if func in FACTORIES and kwargs.get("device") is None:
            self.stray.append(func.__name__)
        return func(*args, **kwargs)


@contextmanager
def assert_helpers_follow() -> Iterator[None]:
    """Fail if a tensor is made in the block without saying on which device."""
    with _Watch() as watch:
        yield
    assert not watch.stray, f"made without a device: {watch.stray}"
