"""Models that rank, trained on interactions in bounded memory: `train --model ease|ials|softmax`.

Losses, closed forms and models are those of `methods`. What is different here: rows are solved for
and users are compared some at a time, progress is told, and what is trained can be saved.
"""

from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor

from lecture_utils.data import Tensors
from lecture_utils.methods.dot_product import DotProduct
from lecture_utils.methods.ease import solve_without_self
from lecture_utils.methods.ials import ImplicitFactors, solve_rows, start_items
from lecture_utils.methods.interactions import LINEAR
from lecture_utils.methods.item_to_item import ItemToItem
from lecture_utils.methods.softmax_mf import SoftmaxFactors, softmax_losses
from lecture_utils.methods.tables import Tables, start_tables, take_steps
from lecture_utils.models import check_ids, check_lengths, check_pairs
from lecture_utils.scale.interactions import SparseInteractions, slice_rows

NUMBERS = 2**24  # of a table that is made of some rows at a time: 64 MB
STEPS, ROWS = 1024, 4096  # users of a step, and rows solved at once, at most
PAIRS = 2**18  # of items that one user watched: the index and the products take 3 MB
Progress = Callable[[int], object]


class ImplicitALS:
    """`methods.ials`: solves ROWS rows at a time, which takes 250 MB at rank 64.

    What it trains: "user" (num_users, rank) and "item" (num_items, rank).
    """

    def __init__(self, watched: SparseInteractions, settings: dict):
        """Draw the start from torch's global generator."""
        self.watched, self.settings = watched, settings
        self.tensors = {"item": start_items(watched, settings["rank"])}
        self.size = sum(watched.matrix.shape)  # rows of a sweep

    def step(self, progress: Progress) -> None:
        """Solve for all users, then for all items."""
        user = self._solve(self.watched.matrix, self.tensors["item"], progress)
        item = self._solve(self.watched.transposed, user, progress)
        self.tensors = {"user": user, "item": item}

    def _solve(self, cells: Tensor, design: Tensor, progress: Progress) -> Tensor:
        most, parts = max(1, min(ROWS, NUMBERS // design.shape[1] ** 2)), []
        for start in range(0, cells.shape[0], most):
            part = slice_rows(cells, start, min(start + most, cells.shape[0]))
            picked = _pick(self.settings, "ridge", "alpha")
            parts.append(solve_rows(part, design, **picked, sum_products=sum_by_row))
            progress(part.shape[0])
        return torch.cat(parts)

    def optimizer_state(self) -> dict:
        """Return what the next step needs to know beside the tensors: nothing."""
        return {}

    def resume(self, tensors: dict[str, Tensor], optimizer_state: dict) -> None:
        """Go on from these tensors."""
        self.tensors = tensors

    @staticmethod
    def build(tensors: dict, settings: dict, num_items: int, watched: Any) -> ImplicitFactors:
        """Make the model of these tensors."""
        return ImplicitFactors(**tensors, **_pick(settings, "ridge", "alpha"), grades=LINEAR)


class Softmax:
    """`methods.softmax_mf`: a table of users x items holds NUMBERS numbers, six at a time.

    What it trains: "user" (num_users, rank + 1) and "item" (num_items, rank + 1), whose last
    columns are 1 and the items' biases.
    """

    def __init__(self, watched: SparseInteractions, settings: dict):
        """Draw the start from torch's global generator."""
        self.watched, self.settings = watched, settings
        self.size, num_items = watched.matrix.shape  # users of an epoch
        self.batch = settings["batch"] or max(1, min(STEPS, NUMBERS // num_items))
        start = start_tables(list_positives(watched), watched.matrix.shape, settings["rank"])
        self._begin(start)

    def _begin(self, tables: Tables) -> None:
        self.tables = Tables(*(table.detach().requires_grad_() for table in tables))
        self.optimizer = torch.optim.Adam(self.tables, lr=self.settings["lr"])

    def step(self, progress: Progress) -> None:
        """Go through all users once."""
        take_steps(self.optimizer, self._tell(progress))

    def _tell(self, progress: Progress) -> Iterator[Tensor]:
        """Yield the losses of an epoch, and tell of each after its step."""
        picked = _pick(self.settings, "ridge", "drop")
        losses = softmax_losses(self.tables, self.watched, self.batch, **picked)
        for done, loss in zip(range(0, self.size, self.batch), losses):
            yield loss
            progress(min(self.batch, self.size - done))

    @property
    def tensors(self) -> dict[str, Tensor]:
        """Copy what is trained."""
        model = self.tables.freeze()
        return {"user": model.user, "item": model.item}

    def optimizer_state(self) -> dict:
        """Return what Adam remembers."""
        return self.optimizer.state_dict()

    def resume(self, tensors: dict[str, Tensor], optimizer_state: dict) -> None:
        """Go on from these tensors; the learning rate stays as it is now."""
        user, item = tensors["user"], tensors["item"]
        self._begin(Tables(user[:, :-1].clone(), item[:, :-1].clone(), item[:, -1].clone()))
        self.optimizer.load_state_dict(optimizer_state)
        self.optimizer.param_groups[0]["lr"] = self.settings["lr"]

    @staticmethod
    def build(tensors: dict, settings: dict, num_items: int, watched: Any) -> SoftmaxFactors:
        """Make the model of these tensors."""
        picked = _pick(settings, "ridge", "drop")
        return SoftmaxFactors(DotProduct(**tensors), **picked, grades=LINEAR)


class Ease:
    """`methods.ease`, on the most watched items if there is a number of "items"; one step.

    What it makes: "weights" (m, m) and "shown" (m,), the rows of these items in ascending order.
    """

    def __init__(self, watched: SparseInteractions, settings: dict):
        """Choose the items; of those watched equally often the lower rows come first."""
        self.settings = settings
        order = watched.count_items().sort(descending=True, stable=True).indices
        self.shown = order[: settings["items"]].sort().values
        self.cells = watched.narrow(self.shown).matrix
        self.size = self.cells.shape[0]  # users

    def step(self, progress: Progress) -> None:
        """Count, and solve."""
        gram = sum_pairs(self.cells, progress)
        try:
            weights = solve_without_self(gram, **_pick(self.settings, "ridge", "drop"))
        except torch.linalg.LinAlgError as error:
            ridge = self.settings["ridge"]
            raise ValueError(f"--ridge: {ridge:g}(으)로는 풀리지 않으니 늘리세요.") from error
        self.tensors = {"weights": weights, "shown": self.shown}

    def optimizer_state(self) -> dict:
        """Return nothing: there is no next step."""
        return {}

    @staticmethod
    def build(
        tensors: dict, settings: dict, num_items: int, watched: SparseInteractions | None
    ) -> "Shortlist":
        """Make the model of these tensors; `table` needs what was `watched`."""
        return Shortlist(tensors["weights"], tensors["shown"], num_items, watched)


RANKERS = {"ease": Ease, "ials": ImplicitALS, "softmax": Softmax}


class Shortlist:
    """Weights between some of the items, `shown` (m,) in ascending order; others score -inf.

    Within them it is an `ItemToItem`, whose ids are places in `shown`.
    """

    def __init__(
        self, weights: Tensor, shown: Tensor, num_items: int, watched: SparseInteractions | None
    ):
        """Keep the `weights`, (m, m), and what was `watched`, which `fold_in` does not need."""
        self.shown, self.num_items, self.watched = shown, num_items, watched
        known = (
            watched.narrow(shown) if watched else SparseInteractions(weights[:0].to_sparse_csr())
        )
        self.within = ItemToItem(known, weights)

    def __call__(self, users: Tensor, items: Tensor, times: Tensor | None = None) -> Tensor:
        """Score pairs of ids, (n,)."""
        check_pairs(users, items, *self._find_watched().matrix.shape)
        known, place = self._find(items)
        scores = self.within.weights.new_full(items.shape, -torch.inf)
        scores[known] = self.within(users[known], place)
        return scores

    def table(self, users: Tensor) -> Tensor:
        """Score every item for `users`, (m,), from all that they watched: (m, num_items)."""
        self._find_watched()
        return self._spread(self.within.table(users))

    def fold_in(self, items: Tensor, ratings: Tensor) -> Tensor:
        """Score every item, (num_items,), for someone new who gave `ratings` to `items`, (n,)."""
        check_lengths(items=items, ratings=ratings)
        check_ids("item", items, self.num_items)
        known, place = self._find(items)
        return self._spread(self.within.fold_in(place, ratings[known])[None])[0]

    def _find_watched(self) -> SparseInteractions:
        if self.watched is None:
            raise ValueError(
                "EASE scores users by what they watched: give load_model(run, watched), which "
                "read_interactions returns, or use fold_in"
            )
        return self.watched

    def _find(self, items: Tensor) -> tuple[Tensor, Tensor]:
        """Return which of `items`, (n,), are shown, and the places of these."""
        known = torch.isin(items, self.shown)
        return known, torch.searchsorted(self.shown, items[known])

    def _spread(self, scores: Tensor) -> Tensor:
        spread = scores.new_full((len(scores), self.num_items), -torch.inf)
        spread[:, self.shown] = scores
        return spread


def sum_by_row(cells: Tensor, design: Tensor) -> Tensor:
    """Do what `least_squares.sum_products` does, without a table of f f^T for each column.

    At the size of MovieLens 25M that would be the largest of all. On small data a product for each
    row takes twice the time.
    """
    starts = cells.crow_indices().tolist()
    columns, values, parts = cells.col_indices(), cells.values(), []
    for start, end in zip(starts, starts[1:]):
        f = design.index_select(0, columns[start:end])
        parts.append(f.T @ (values[start:end, None] * f))
    return torch.stack(parts, -1)


def list_positives(watched: SparseInteractions) -> Tensors:
    """List the interactions of positive strength, with strengths in place of stars."""
    cells = watched.matrix
    kept = cells.values() > 0
    users = torch.repeat_interleave(cells.crow_indices().diff())
    return Tensors(*(part[kept] for part in (users, cells.col_indices(), cells.values())))


def sum_pairs(cells: Tensor, progress: Progress) -> Tensor:
    """Return X^T X of the sparse X, (num_columns, num_columns).

    Each row adds the products of what is in it: the work grows with the squares of what each has,
    not with the square of all columns. PAIRS are added at a time, however much one row has.
    """
    width, starts = cells.shape[1], cells.crow_indices().tolist()
    gram = cells.values().new_zeros(width * width)
    for start, end in zip(starts, starts[1:]):
        columns, values = cells.col_indices()[start:end].long(), cells.values()[start:end]
        most = max(1, PAIRS // max(1, end - start))
        for some, weights in zip(columns.split(most), values.split(most)):
            place = some[:, None] * width + columns
            gram.index_add_(0, place.flatten(), torch.outer(weights, values).flatten())
        progress(1)
    return gram.view(width, width)


def _pick(settings: dict, *names: str) -> dict:
    return {name: settings[name] for name in names}
