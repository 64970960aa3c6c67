"""Keep a run's folder: what is needed to go on, and what is left when it is done.

checkpoint.pt   model, Adam's memory, the best epoch's model, history and settings, after each epoch
                (for what is solved in closed form there is no such memory)
metrics.csv     one line per epoch
ratings/        the blocks, if `train` had to prepare them
"""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import torch

from lecture_utils.models import MatrixFactorization
from lecture_utils.scale.interactions import SparseInteractions
from lecture_utils.scale.prepare import remove_leftovers
from lecture_utils.scale.rankers import RANKERS
from lecture_utils.scale.train import Training
from lecture_utils.scale.train_rankers import RankerTraining

KEYS = {"settings", "sizes", "model", "optimizer", "history", "best", "test_mse", "ids"}
STOPPING = (signal.SIGINT, signal.SIGTERM)  # Ctrl+C, and what torchrun sends
AGAIN = "다른 곳으로 옮기고 다시 train하세요"
CHECKPOINT, METRICS, RATINGS = "checkpoint.pt", "metrics.csv", "ratings"


class Trained(NamedTuple):
    """A model and the published ids of its rows."""

    model: Any  # a MatrixFactorization, ImplicitFactors, SoftmaxFactors or Shortlist
    users: torch.Tensor  # (num_users,)
    movies: torch.Tensor  # (num_items,)
    test_mse: float | None  # measured when the training was done


def build(settings: dict, num_users: int, num_items: int, mean: float) -> MatrixFactorization:
    """Build the untrained model of these settings: "model", "rank" and "seed".

    Its random numbers are small, so that the mean stands out at the start.
    """
    bias = settings["model"] == "mf"
    with torch.random.fork_rng(devices=[]):  # nobody else's random numbers
        torch.manual_seed(settings["seed"])
        model = MatrixFactorization(num_users, num_items, settings["rank"], bias=bias, mean=mean)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.mul_(0.1)
    return model


def save(
    run: Path, training: Training | RankerTraining, settings: dict, test_mse: float | None = None
) -> None:
    """Replace the checkpoint and the metrics. Cut off at any moment, it leaves old ones or new."""
    blocks = training.blocks
    state = training.state() | {
        "settings": settings,
        "sizes": {name: getattr(blocks, name) for name in ("num_users", "num_items", "mean")},
        "test_mse": test_mse,
        "ids": [torch.tensor(blocks.read_ids(side)) for side in ("users", "movies")],
    }
    rows = [("epoch", *training.columns)]
    rows += [(number, *epoch) for number, epoch in enumerate(training.history, start=1)]
    text = "".join(",".join(map(str, row)) + "\n" for row in rows)
    with _hold_signals():
        _replace(run / METRICS, lambda file: file.write(text.encode()))
        _replace(run / CHECKPOINT, lambda file: torch.save(state, file))  # last: it decides


@contextmanager
def _hold_signals() -> Iterator[None]:
    """Let signals that stop the program wait until the block is done.

    Raised in the middle of torch.save, KeyboardInterrupt comes out as an error of PyTorch's own,
    or ends the process without a word.
    """
    came = []
    before = {n: signal.signal(n, lambda n, _: came.append(n)) for n in STOPPING}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        for number in came[:1]:
            signal.raise_signal(number)


def _replace(path: Path, write: Callable[[BinaryIO], object]) -> None:
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


def clean(run: Path) -> None:
    """Remove what an earlier process was writing when it was killed."""
    for name in (CHECKPOINT, METRICS, RATINGS):
        remove_leftovers(run / name)


def load(run: str | os.PathLike) -> dict | None:
    """Load the state that `save` wrote, or None.

    Raises:
        OSError: The file cannot be opened.
        ValueError: It is damaged, or of another version.
    """
    path = Path(run).expanduser() / CHECKPOINT
    if not path.exists():
        return None
    with path.open("rb") as file:
        try:
            state = torch.load(file, map_location="cpu", weights_only=True)
        except Exception as error:  # whatever a damaged file makes of unpickling, OSError too
            name = type(error).__name__
            raise ValueError(f"{path} 파일이 손상되었습니다. {AGAIN} ({name}).") from error
    if not (isinstance(state, dict) and state.keys() == KEYS):
        raise ValueError(f"{path} 파일은 다른 판이 남긴 것입니다. {AGAIN}.")
    return state


def resume(training: Training | RankerTraining, state: dict) -> None:
    """Set `training` back to where `state` was saved; the learning rate stays as it is now."""
    training.resume(state)


def load_model(run: str | os.PathLike, watched: SparseInteractions | None = None) -> Trained:
    """Load the model that `train` left in the folder `run`, ready to predict.

    It is that of the best epoch on the validation blocks, or without them of the last. Its rows
    count from 0; `users` and `movies` are their published ids.

    Args:
        run: the folder.
        watched: what `read_interactions` returns. EASE scores users by it, and without it someone
            new alone, by `fold_in`; the others do not need it.

    Raises:
        FileNotFoundError: There is none.
        ValueError: The checkpoint is damaged.
    """
    return restore(load_trained(run), watched)


def load_trained(run: str | os.PathLike) -> dict:
    """Load the state that `save` wrote, as `load`.

    Raises:
        FileNotFoundError: There is none.
    """
    state = load(run)
    if state is None:
        raise FileNotFoundError(f"{run} 폴더에 {CHECKPOINT}가 없습니다. 먼저 train하세요.")
    return state


def restore(state: dict, watched: SparseInteractions | None = None) -> Trained:
    """Make the model of `state`; that of EASE makes a `table` out of what was `watched`."""
    settings, num_items = state["settings"], state["sizes"]["num_items"]
    tensors = state["best"][1] if state["best"] else state["model"]
    if kind := RANKERS.get(settings["model"]):
        model = kind.build(tensors, settings, num_items, watched)
    else:
        model = build(settings, **state["sizes"])
        model.load_state_dict(tensors)
    return Trained(model, *state["ids"], state["test_mse"])
