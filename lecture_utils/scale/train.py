"""Training on blocks of ratings, alone or side by side with other processes.

Data parallel: every process has the whole model and a share of the blocks. Gradients are sums over
ratings, so each process computes its share of the sum; DistributedDataParallel (Li et al. 2020)
adds the shares up before each step, and all take the same step.
"""

import math
from collections.abc import Callable
from contextlib import nullcontext
from time import perf_counter
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from lecture_utils.models import MatrixFactorization
from lecture_utils.scale.blocks import Block, Blocks
from lecture_utils.scale.world import World
from lecture_utils.sparse import Errors, mean_square


class SquaredErrors(nn.Module):
    """The sum of a model's squared errors on a block, a scalar: as a module, for DDP."""

    def __init__(self, model: MatrixFactorization):
        super().__init__()
        self.model = model

    def forward(self, block: Errors | Block | None) -> Tensor:
        if block is None:  # nothing left for this process, but the others wait for its gradients
            return sum(0 * parameter.sum() for parameter in self.model.parameters())
        if isinstance(block, Errors):
            return mean_square(self.model, block) * len(block.ratings)
        prediction = self.model(block.users, block.items)
        return F.mse_loss(prediction, block.ratings, reduction="sum")


class Epoch(NamedTuple):
    """Mean squared errors in squared stars. `train_mse` is that of each block before its step."""

    train_mse: float
    test_mse: float
    seconds: float  # of the clock on the wall


class Training:
    """A model in training. Adam minimises the mean squared error plus, as in lecture 07, `ridge`
    times the squares of the factors and half of it those of the biases, over the number of ratings.

    A step takes one block per process, in an order of its own in every epoch, or with `full_batch`
    all blocks. `stream` reads blocks anew in every epoch instead of keeping them in memory (24
    bytes a rating).
    """

    def __init__(
        self,
        model: MatrixFactorization,
        blocks: Blocks,
        world: World = World(),  # noqa: B008, it cannot change
        *,
        lr: float = 0.05,
        ridge: float = 10.0,
        full_batch: bool = False,
        stream: bool = False,
        seed: int = 0,
    ):
        if not (math.isfinite(lr) and lr > 0 and math.isfinite(ridge) and ridge >= 0):
            raise ValueError(f"lr must be positive and ridge at least 0, not {lr} and {ridge}")
        if world.size > len(blocks):
            raise ValueError(
                f"{len(blocks)} blocks cannot be shared by {world.size} processes: start fewer"
            )
        self.model, self.blocks, self.world = model.to(world.device), blocks, world
        self.ridge, self.full_batch, self.seed = ridge, full_batch, seed
        self.progress: Callable[[int], object] = lambda ratings: None  # told each step's ratings
        self.stream, self.kept = stream, {}
        self.loss = SquaredErrors(self.model)
        if world.size > 1:
            self.loss = DistributedDataParallel(self.loss, gradient_as_bucket_view=True)
        self.optimizer = torch.optim.Adam(model.parameters(), lr=lr, fused=True)
        self.history: list[Epoch] = []

    def read(self, number: int) -> Errors | Block:
        """Block `number` as `SquaredErrors` takes it."""
        if number in self.kept:
            return self.kept[number]
        block = self._read(number)
        if not self.stream:
            self.kept[number] = block
        return block

    def _read(self, number: int) -> Errors | Block:
        block, model = self.blocks.read(number), self.model
        if self.world.device.type == "cpu":
            mean = model.mean if model.bias else 0.0
            return block.errors(self.blocks.num_users, self.blocks.num_items, mean)
        return Block(*(tensor.to(self.world.device) for tensor in block))

    def epoch(self) -> Epoch:
        """Go through all blocks once and return, and note, how it went.

        Raises ValueError if the error is no longer finite.
        """
        begun, last = perf_counter(), self.history[-1].seconds if self.history else 0.0
        error = sum(self._step(numbers) for numbers in self._steps())
        train = self.world.sum(error)[0] / sum(self.blocks.sizes)
        test = self.test_mse()
        if not (math.isfinite(train) and math.isfinite(test)):  # test: what the last step did
            lr = self.optimizer.param_groups[0]["lr"]
            raise ValueError(f"the error became {train} and {test}; try an lr below {lr}")
        self.history.append(Epoch(train, test, last + perf_counter() - begun))
        return self.history[-1]

    def _steps(self) -> list[list[int]]:
        """The blocks of each step. They depend on the seed, the epoch and the number of processes
        and on nothing that a checkpoint would have to remember."""
        if self.full_batch:
            return [list(range(len(self.blocks)))]
        generator = torch.Generator().manual_seed(self.seed + 1000 * len(self.history))
        order = torch.randperm(len(self.blocks), generator=generator).tolist()
        return [order[i : i + self.world.size] for i in range(0, len(order), self.world.size)]

    def _step(self, numbers: list[int]) -> float:
        """One step on all of these blocks; this process's part of the sum of squared errors."""
        total = sum(self.blocks.sizes[number] for number in numbers)
        share = numbers[self.world.rank :: self.world.size] or [None]
        self.optimizer.zero_grad()
        errors = 0.0
        for left, number in reversed([*enumerate(reversed(share))]):
            # DDP divides by the number of processes, and adds up after the last block only.
            with self.loss.no_sync() if left and self.world.size > 1 else nullcontext():
                errors += self._learn(number, self.world.size / total)
        self._penalise()
        self.optimizer.step()
        self.progress(total)
        return errors

    def _learn(self, number: int | None, weight: float) -> float:
        """Add a block's gradients; its sum of squared errors. Nothing of it stays in memory, so
        that there is room for the next."""
        error = self.loss(None if number is None else self.read(number))
        (error * weight).backward()
        return error.item()

    def _penalise(self) -> None:
        """Add the penalty's gradient: the same in all processes, so it need not travel."""
        for name, parameter in self.model.named_parameters():
            ridge = self.ridge / 2 if name.startswith("bias") else self.ridge
            parameter.grad.add_(parameter.detach(), alpha=2 * ridge / sum(self.blocks.sizes))

    @torch.no_grad()
    def test_mse(self) -> float:
        """Mean squared error on the test data, each process on its share."""
        error, count = 0.0, 0
        for number, part in enumerate(self.blocks.test()):
            if number % self.world.size == self.world.rank:
                users, items, ratings = (tensor.to(self.world.device) for tensor in part)
                error += (self.model(users, items) - ratings).square().sum().item()
                count += len(ratings)
        error, count = self.world.sum(error, count)
        return error / count
