"""A ranker in training on blocks: its epochs, and which of them ranks best."""

import math
from time import perf_counter
from typing import NamedTuple

import torch

from lecture_utils.scale.blocks import Blocks
from lecture_utils.scale.interactions import read_interactions
from lecture_utils.scale.measure import choose_users, collect_liked, measure
from lecture_utils.scale.memory import check_room
from lecture_utils.scale.rankers import RANKERS, Progress
from lecture_utils.scale.train import Best, divide_blocks


class Sweep(NamedTuple):
    """An epoch: how well it ranks the validation blocks."""

    validation_ndcg: float  # NDCG@10, the mean over the users that are asked
    seconds: float  # of wall-clock time since the start


class RankerTraining:
    """A model of RANKERS in training on all but the last "validation" blocks.

    `best` remembers the epoch whose lists hold best what is liked in these. They offer all that the
    training blocks do not say was watched, to at most 10,000 users, always the same.

    An epoch draws its random numbers from the seed and its number, so that a checkpoint need not
    remember them.
    """

    columns = Sweep._fields

    def __init__(self, blocks: Blocks, settings: dict):
        """Read the interactions and draw the start; see `TrainSettings` for the `settings`.

        Raises:
            ValueError: There are too few blocks, nothing to learn or to validate with, or too
                little memory.
        """
        train, held = divide_blocks(blocks, settings["validation"], 1)
        if settings["model"] == "ease":  # before the ratings are read
            check_room(min(blocks.num_items, settings["items"] or math.inf), settings["memory"])
        self.blocks, self.seed = blocks, settings["seed"]
        self.watched = read_interactions(blocks, train, both=settings["model"] == "ials")
        if not self.watched.values.any():
            raise ValueError("별 하나보다 높은 평점이 하나도 없어서 배울 것이 없습니다.")
        parts = (blocks.read(number)[:3] for number in held)
        self.liked = collect_liked(parts, blocks.num_users, blocks.num_items)
        self.users = choose_users(self.watched, self.liked)
        self.kind, self.settings = RANKERS[settings["model"]], settings
        with torch.random.fork_rng(devices=[]):  # nobody else's random numbers
            torch.manual_seed(self.seed)
            self.ranker = self.kind(self.watched, settings)
        self.progress: Progress = lambda done: None  # told rows, `size` in an epoch
        self.history: list[Sweep] = []
        self.best: Best | None = None

    @property
    def size(self) -> int:
        """Return how many rows an epoch goes through: those trained on, and who is asked."""
        return self.ranker.size + len(self.users)

    def epoch(self) -> Sweep:
        """Train once; return, and note, how well it ranks.

        Raises:
            ValueError: Its scores are no longer finite.
        """
        begun, last = perf_counter(), self.history[-1].seconds if self.history else 0.0
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.seed + 1000 * (len(self.history) + 1))
            self.ranker.step(self.progress)
        tensors = self.ranker.tensors
        if not all(t.isfinite().all() for t in tensors.values()):
            raise ValueError(
                "점수가 너무 커졌습니다. --ridge를 늘리거나, softmax라면 --lr을 줄이세요."
            )
        model = self.kind.build(tensors, self.settings, self.blocks.num_items, self.watched)
        found, _ = measure(model, self.watched, self.liked, self.users, self.progress)
        ndcg = float(found["ndcg"].mean())
        if ndcg > max((sweep.validation_ndcg for sweep in self.history), default=-math.inf):
            self.best = Best(len(self.history) + 1, tensors)
        self.history.append(Sweep(ndcg, last + perf_counter() - begun))
        return self.history[-1]

    def state(self) -> dict:
        """Return what a checkpoint remembers of the training."""
        return {
            "model": self.ranker.tensors,
            "optimizer": self.ranker.optimizer_state(),
            "history": [tuple(sweep) for sweep in self.history],
            "best": self.best and tuple(self.best),
        }

    def resume(self, state: dict) -> None:
        """Set the training back to where `state` was saved."""
        self.ranker.resume(state["model"], state["optimizer"])
        self.history[:] = [Sweep(*row) for row in state["history"]]
        self.best = state["best"] and Best(*state["best"])
