"""Sessions: the ratings that a user gives within a second, a minute, a day."""

from collections.abc import Sequence

import pandas as pd
import torch
from torch import Tensor

DAY = 86_400  # seconds
APART = 50_000 * DAY  # from one user to the next on a time line of all: above any 2**31 seconds


def timestamps(ratings: pd.DataFrame) -> Tensor:
    """Return the column `timestamp` in seconds, (n,) int64, as the settings `times` take it."""
    found = ratings["timestamp"]
    if found.empty or not ((found >= 0) & (found < 2**31) & (found % 1 == 0)).all():
        raise ValueError("timestamps must be whole numbers of seconds, at least one")
    return torch.tensor(found.to_numpy(dtype="int64", copy=True))


class Sessions:
    """Each user's sessions, made from the training ratings alone, at one or more levels.

    `groups[l]` (n,) is the session of each training rating at level l, `counts[l]` the number of
    sessions. `find` says in which of them other ratings fall; the number itself stands for none.
    """

    def __init__(self, users: Tensor, times: Tensor, pauses: Sequence[int | str]):
        """Number the sessions of ratings by `users`, (n,), at `times`, (n,), in seconds.

        A session ends where more than a pause of so many seconds passes without a rating: with 0
        it is the ratings of one second. With "day" it is the ratings of one day (UTC).
        """
        for pause in pauses:
            if pause != "day" and not (isinstance(pause, int) and pause >= 0):
                raise ValueError(
                    f'a pause must be whole seconds, at least 0, or "day", not {pause!r}'
                )
        if times.shape != users.shape:
            found = f"{tuple(times.shape)} for {tuple(users.shape)} ratings"
            raise ValueError(f"times must hold one timestamp per rating, not {found}")
        self.pauses, self.groups, self.counts, self.numbers = pauses, [], [], []
        self.line, order = (users * APART + times.to(users.device)).sort()
        for pause in pauses:
            number = torch.zeros_like(self.line)  # in the order of time
            number[1:] = (~_together(self.line[:-1], self.line[1:], pause)).cumsum(0)
            self.numbers.append(number)
            self.counts.append(int(number[-1]) + 1)
            self.groups.append(torch.empty_like(number).index_put((order,), number))

    def find(self, users: Tensor, times: Tensor) -> list[Tensor]:
        """Return the session of ratings by `users`, (m,), at `times`, (m,): (m,) per level.

        It is that of the training rating of the user that is nearest in time, of those that are
        near enough.
        """
        line = users * APART + times.to(users.device)
        after = torch.searchsorted(self.line, line).clamp(max=len(self.line) - 1)
        before = (after - 1).clamp(min=0)
        left, right = self.line[before], self.line[after]
        nearer = line - left <= (right - line).abs()
        found = []
        for pause, number, count in zip(self.pauses, self.numbers, self.counts):
            near_left, near_right = _together(left, line, pause), _together(right, line, pause)
            place = torch.where(near_left & (nearer | ~near_right), before, after)
            found.append(torch.where(near_left | near_right, number[place], count))
        return found


def _together(before: Tensor, after: Tensor, pause: int | str) -> Tensor:
    """Say which pairs of places on the time line belong to one session."""
    if pause == "day":
        return before // DAY == after // DAY
    return (after - before).abs() <= pause
