"""A run's folder: what is needed to go on, and what is left when it is done.

checkpoint.pt   model, Adam's memory, history and settings, replaced after every epoch
metrics.csv     one line per epoch
ratings/        the blocks, if `train` had to prepare them
"""

import csv
import io
import os
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, NamedTuple

import torch

from lecture_utils.models import MatrixFactorization
from lecture_utils.scale.train import Epoch, Training

KEYS = {"settings", "sizes", "model", "optimizer", "history", "ids"}
CHECKPOINT, METRICS, RATINGS = "checkpoint.pt", "metrics.csv", "ratings"


class Trained(NamedTuple):
    """A model and the published ids of its rows."""

    model: MatrixFactorization
    users: torch.Tensor  # (num_users,)
    movies: torch.Tensor  # (num_items,)


def build(settings: dict, num_users: int, num_items: int, mean: float) -> MatrixFactorization:
    """The untrained model of these settings: small random numbers, lest they drown the mean."""
    bias = settings["model"] == "mf"
    with torch.random.fork_rng(devices=[]):  # nobody else's random numbers
        torch.manual_seed(settings["seed"])
        model = MatrixFactorization(num_users, num_items, settings["rank"], bias=bias, mean=mean)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.mul_(0.1)
    return model


def save(run: Path, training: Training, settings: dict) -> None:
    """Replace the checkpoint and the metrics. Cut off at any moment, it leaves old ones or new."""
    about = {"num_users": training.blocks.num_users, "num_items": training.blocks.num_items}
    state = {
        "settings": settings,
        "sizes": about | {"mean": training.blocks.mean},
        "model": training.model.state_dict(),
        "optimizer": training.optimizer.state_dict(),
        "history": [tuple(epoch) for epoch in training.history],
        "ids": [torch.tensor(training.blocks.ids(side)) for side in ("users", "movies")],
    }
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(["epoch", *Epoch._fields])
    table.writerows([number, *epoch] for number, epoch in enumerate(training.history, start=1))
    replace(run / METRICS, lambda file: file.write(text.getvalue().encode()))
    replace(run / CHECKPOINT, lambda file: torch.save(state, file))  # last: it decides


def replace(path: Path, write: Callable[[BinaryIO], object]) -> None:
    """Let `write` fill `path`, which holds all of the old or all of the new, whatever happens."""
    part = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with part.open("wb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def load(run: str | os.PathLike) -> dict | None:
    """The state that `save` wrote, or None. Raises ValueError if it is damaged, OSError if it
    cannot be read."""
    path = Path(run).expanduser() / CHECKPOINT
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        return None
    except OSError:
        raise  # says itself what is wrong, and it is not the checkpoint
    except Exception as error:  # whatever a damaged file makes of unpickling
        remedy = "move it away to begin anew"
        raise ValueError(f"{path} is damaged: {remedy} ({type(error).__name__})") from error
    if not (isinstance(state, dict) and state.keys() == KEYS):
        raise ValueError(f"{path} is not of this version: choose another --out")
    return state


def resume(training: Training, state: dict) -> None:
    """Set `training` back to where `state` was saved; the learning rate stays as it is now."""
    lr = training.optimizer.param_groups[0]["lr"]
    training.model.load_state_dict(state["model"])
    training.optimizer.load_state_dict(state["optimizer"])
    training.optimizer.param_groups[0]["lr"] = lr
    training.history[:] = [Epoch(*row) for row in state["history"]]


def load_model(run: str | os.PathLike) -> Trained:
    """The model that `train` left in the folder `run`, ready to predict.

    Raises FileNotFoundError if there is none, ValueError if the checkpoint is damaged.
    """
    state = load(run)
    if state is None:
        raise FileNotFoundError(f"{run} holds no {CHECKPOINT}: train with --out {run} first")
    model = build(state["settings"], **state["sizes"])
    model.load_state_dict(state["model"])
    return Trained(model, *state["ids"])
