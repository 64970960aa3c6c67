"""Train on blocks of ratings, alone or side by side with other processes.

Data parallel: every process has the whole model and a share of the blocks. Gradients are sums over
ratings, so each process computes its share of the sum; DistributedDataParallel (Li et al. 2020)
adds the shares up before each step, and all take the same step.
"""

import math
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import KW_ONLY, dataclass
from itertools import islice
from time import perf_counter
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from lecture_utils.models import MatrixFactorization
from lecture_utils.scale.blocks import PIECE, Block, Blocks
from lecture_utils.scale.measure import sum_squared_errors
from lecture_utils.scale.world import World
from lecture_utils.sparse import Errors, mean_square


class SquaredErrors(nn.Module):
    """The sum of a model's squared errors on a block, a scalar: as a module, for DDP."""

    def __init__(self, model: MatrixFactorization):
        """Hold the model, whose parameters DDP finds here."""
        super().__init__()
        self.model = model

    def forward(self, block: Errors | Block | None) -> Tensor:
        """Sum the squared errors on `block`; None stands for no block at all."""
        if block is None:  # nothing left for this process, but the others wait for its gradients
            return sum(0 * parameter.sum() for parameter in self.model.parameters())
        if isinstance(block, Errors):
            return mean_square(self.model, block) * len(block.ratings)
        prediction = self.model(block.users, block.items)
        return F.mse_loss(prediction, block.ratings, reduction="sum")


class Epoch(NamedTuple):
    """Mean squared errors, in squared stars. `train_mse` is that of each block before its step."""

    train_mse: float
    held_out_mse: float  # on the validation blocks, or without them on the test data
    seconds: float  # of wall-clock time since the start


class Best(NamedTuple):
    """The epoch, from 1, that does best on the validation blocks, and its parameters.

    Best is the lowest error, or of what ranks the highest NDCG@10.
    """

    epoch: int
    parameters: dict[str, Tensor]


def divide_blocks(blocks: Blocks, validation: int, processes: int) -> tuple[range, range]:
    """Divide the numbers of the blocks: those to train on, and the last `validation` of them.

    Raises:
        ValueError: There would not be a block to train on for each of the `processes`.
    """
    left = len(blocks) - validation
    if not (validation >= 0 and left >= processes):
        raise ValueError(
            f"--validation: 블록 {len(blocks)}개에서 검증에 {validation}개를 떼면 "
            f"프로세스 {processes}개가 하나씩 나눠 가질 수 없습니다. 수를 줄이세요."
        )
    return range(left), range(left, len(blocks))


@dataclass(eq=False)
class Training:
    """A model in training on blocks.

    Adam minimises the sum of squared errors plus `ridge` times the squares of the factors plus
    `ridge_bias` times those of the biases, all over the number of ratings.

    A step takes one block per process, in a new random order in every epoch, or with `full_batch`
    all blocks. `stream` reads blocks anew in every epoch instead of keeping them in memory (24
    bytes a rating). The last `validation` blocks are not trained on, and `best` remembers the epoch
    that predicts them best.

    Raises:
        ValueError: A setting is out of range, or there are too few blocks for it.
    """

    model: MatrixFactorization
    blocks: Blocks
    world: World = World()  # noqa: RUF009, it cannot change
    _: KW_ONLY
    lr: float = 0.05
    ridge: float = 10.0
    ridge_bias: float = 5.0
    full_batch: bool = False
    stream: bool = False
    validation: int = 0
    seed: int = 0

    def __post_init__(self):
        """Prepare the first epoch."""
        for name in ("lr", "ridge", "ridge_bias"):
            value = getattr(self, name)
            if not (math.isfinite(value) and value >= 0 and (name != "lr" or value)):
                least = "positive" if name == "lr" else "at least 0"
                raise ValueError(f"{name} must be {least} and finite, not {value}")
        train, self.held_out = divide_blocks(self.blocks, self.validation, self.world.size)
        self.sizes = self.blocks.sizes[: len(train)]
        self.model.to(self.world.device)
        self.progress: Callable[[int], object] = lambda ratings: None  # told each step's ratings
        self.kept: dict[int, Errors | Block] = {}
        self.loss = SquaredErrors(self.model)
        if self.world.size > 1:
            self.loss = DistributedDataParallel(self.loss, gradient_as_bucket_view=True)
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=self.lr, fused=True)
        self.history: list[Epoch] = []
        self.best: Best | None = None

    @property
    def size(self) -> int:
        """Return how many ratings an epoch goes through."""
        return sum(self.sizes)

    @property
    def columns(self) -> tuple[str, ...]:
        """Name the numbers of an `Epoch`."""
        return "train_mse", "validation_mse" if self.validation else "test_mse", "seconds"

    def state(self) -> dict:
        """Return what a checkpoint remembers of the training."""
        return {
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "history": [tuple(epoch) for epoch in self.history],
            "best": self.best and tuple(self.best),
        }

    def resume(self, state: dict) -> None:
        """Set the training back to where `state` was saved; the learning rate stays as it is."""
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.optimizer.param_groups[0]["lr"] = self.lr
        self.history[:] = [Epoch(*row) for row in state["history"]]
        self.best = state["best"] and Best(*state["best"])

    def read(self, number: int) -> Errors | Block:
        """Read block `number` as `SquaredErrors` takes it."""
        if number in self.kept:
            return self.kept[number]
        block = self.blocks.read(number)
        if self.world.device.type == "cpu":
            mean = self.model.mean if self.model.bias else 0.0
            block = block.errors(self.blocks.num_users, self.blocks.num_items, mean)
        else:
            block = Block(*(tensor.to(self.world.device) for tensor in block))
        if not self.stream:
            self.kept[number] = block
        return block

    def epoch(self) -> Epoch:
        """Go through all training blocks once; return, and note, how it went.

        Raises:
            ValueError: The error is no longer finite.
        """
        begun, last = perf_counter(), self.history[-1].seconds if self.history else 0.0
        error = sum(self._step(numbers) for numbers in self._steps())
        train = self.world.sum(error)[0] / sum(self.sizes)
        held_out = self._measure(self._read_validation()) if self.validation else self.test_mse()
        if not (math.isfinite(train) and math.isfinite(held_out)):  # or the last step did it
            raise ValueError(
                f"오차가 너무 커졌습니다(훈련 {train:.3g}, 그 밖 {held_out:.3g}). "
                f"학습률 --lr {self.lr:g}이나 --ridge를 줄이세요."
            )
        if self.validation and held_out < min((e.held_out_mse for e in self.history), default=1e99):
            found = self.model.state_dict().items()
            self.best = Best(len(self.history) + 1, {name: p.clone() for name, p in found})
        self.history.append(Epoch(train, held_out, last + perf_counter() - begun))
        return self.history[-1]

    def _steps(self) -> list[list[int]]:
        """Choose the blocks of each step.

        They depend on the seed, the epoch and the number of processes and on nothing that a
        checkpoint would have to remember.
        """
        if self.full_batch:
            return [list(range(len(self.sizes)))]
        generator = torch.Generator().manual_seed(self.seed + 1000 * len(self.history))
        order = torch.randperm(len(self.sizes), generator=generator).tolist()
        return [order[i : i + self.world.size] for i in range(0, len(order), self.world.size)]

    def _step(self, numbers: list[int]) -> float:
        """Step on all of these blocks; return this process's part of the sum of squared errors."""
        total = sum(self.sizes[number] for number in numbers)
        share = numbers[self.world.rank :: self.world.size] or [None]
        self.optimizer.zero_grad()
        errors = 0.0
        for place, number in enumerate(share, start=1):
            # DDP divides by the number of processes, and adds up after the last block only.
            adds_up = place == len(share) or self.world.size == 1
            with nullcontext() if adds_up else self.loss.no_sync():
                errors += self._learn(number, self.world.size / total)
        self._add_penalty()
        self.optimizer.step()
        self.progress(total)
        return errors

    def _learn(self, number: int | None, weight: float) -> float:
        """Add a block's gradients and return its sum of squared errors.

        Nothing of the block stays in memory, so that there is room for the next.
        """
        error = self.loss(None if number is None else self.read(number))
        (error * weight).backward()
        return error.item()

    def _add_penalty(self) -> None:
        """Add the penalty's gradient: the same in all processes, so it need not travel."""
        for name, parameter in self.model.named_parameters():
            ridge = self.ridge_bias if name.startswith("bias") else self.ridge
            parameter.grad.add_(parameter.detach(), alpha=2 * ridge / sum(self.sizes))

    def mean_mse(self) -> float:
        """Measure the error on the validation blocks of predicting the mean of the training."""
        return self._measure(self._read_validation(), lambda users, items: self.blocks.mean)

    def test_mse(self, model: MatrixFactorization | None = None) -> float:
        """Measure the mean squared error on the test data, of `model` or the one in training."""
        return self._measure(self.blocks.read_test(), model)

    def _read_validation(self) -> Iterator[tuple[Tensor, ...]]:
        for number in self.held_out:
            yield from zip(*(column.split(PIECE) for column in self.blocks.read(number)[:3]))

    def _measure(self, parts: Iterator[tuple], predict: Callable | None = None) -> float:
        """Average squared errors; each process takes its share of the parts."""
        own = islice(parts, self.world.rank, None, self.world.size)
        on_device = ([column.to(self.world.device) for column in part] for part in own)
        error, count = self.world.sum(*sum_squared_errors(predict or self.model, on_device))
        return error / count
