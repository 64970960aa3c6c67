"""The processes that train together, as torchrun starts them."""

import gc
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import torch
import torch.distributed as dist


class World(NamedTuple):
    """This process among those that train together."""

    rank: int = 0
    size: int = 1
    device: torch.device = torch.device("cpu")

    def sum(self, *numbers: float) -> list[float]:
        """Add up each number over all processes."""
        total = torch.tensor(numbers, dtype=torch.float64, device=self.device)
        if self.size > 1:
            dist.all_reduce(total)
        return total.tolist()

    def wait(self) -> None:
        """Wait until all processes are here."""
        if self.size > 1:
            dist.barrier()


@contextmanager
def join(device: str = "cpu") -> Iterator[World]:
    """Join the processes that torchrun started; without torchrun this one is alone.

    Args:
        device: "cpu" or "cuda".

    Raises:
        ValueError: There is no GPU, or there are fewer than processes.
    """
    if device == "cuda" and not torch.cuda.is_available():
        raise ValueError("--device: PyTorch가 GPU를 찾지 못했으니 cpu를 주세요.")
    rank, size = (int(os.environ.get(name, n)) for name, n in (("RANK", 0), ("WORLD_SIZE", 1)))
    if device == "cuda":
        here = int(os.environ.get("LOCAL_RANK", 0))
        if here >= torch.cuda.device_count():
            raise ValueError(
                f"GPU가 {torch.cuda.device_count()}개입니다. 프로세스를 그만큼만 띄우세요."
            )
        torch.cuda.set_device(here)
    if size > 1:
        dist.init_process_group("nccl" if device == "cuda" else "gloo")
    try:
        yield World(rank, size, torch.device(device))
    finally:
        if size > 1:
            gc.collect()  # DDP, which is full of cycles, else outlives the group: an abort at exit
            dist.destroy_process_group()
