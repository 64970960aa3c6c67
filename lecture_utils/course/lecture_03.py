"""Exercises of lecture 03: one-hot rows, long tables, predictions within a range."""

import pandas as pd
import torch
from torch import Tensor

from lecture_utils.course.draw import Draw
from lecture_utils.course.grader import Exercise


def one_hot(ids: Tensor, size: int) -> Tensor:
    """Make rows of zeros with a one at each id: (n, size)."""
    return (ids.reshape(-1, 1) == torch.arange(size)).float()


def to_long(table: pd.DataFrame) -> list[tuple[int, int, float]]:
    """List known cells as (row number, column number, rating), row by row."""
    return [cell for cell in _all_cells(table) if cell[2] == cell[2]]  # NaN is not itself


def predict_between(
    U: Tensor, V: Tensor, users: Tensor, items: Tensor, low: float, high: float
) -> Tensor:
    """Map dot products into low..high by a sigmoid: (n,)."""
    return low + (high - low) * torch.sigmoid(_dot(U, V, users, items))


def _all_cells(table: pd.DataFrame) -> list[tuple[int, int, float]]:
    rows, columns = table.shape
    return [(i, j, float(table.iat[i, j])) for i in range(rows) for j in range(columns)]


def _dot(U: Tensor, V: Tensor, users: Tensor, items: Tensor) -> Tensor:
    return (U[users] * V[items]).sum(dim=1)


def _draw_one_hot(seed: int) -> tuple[Tensor, int]:
    draw = Draw(seed)
    size = draw.randint(1, 5)
    return draw.ids(draw.randint(1, 5), size), size


def _draw_to_long(seed: int) -> tuple[pd.DataFrame]:
    draw = Draw(seed)
    height, width = draw.randint(1, 3), draw.randint(1, 3)
    stars = draw.numbers(height, width, low=0, high=5)
    blank = torch.tensor([[draw.random() < 0.4 for _ in range(width)] for _ in range(height)])
    blank[draw.randrange(height), draw.randrange(width)] = False  # one cell at least is known
    stars[blank] = float("nan")
    return (pd.DataFrame(stars.numpy(), [*"나가다"[:height]], [*"마라바"[:width]], "float64"),)


def _draw_predict_between(seed: int) -> tuple[Tensor, Tensor, Tensor, Tensor, float, float]:
    draw = Draw(seed)
    num_users, num_items = draw.randint(1, 4), draw.randint(1, 4)
    rank, n, low = draw.randint(1, 3), draw.randint(1, 4), draw.number(-1, 2)
    tables = draw.numbers(num_users, rank, low=-1, high=1), draw.numbers(num_items, rank)
    ids = draw.ids(n, num_users), draw.ids(n, num_items)
    return *tables, *ids, low, low + draw.number(1, 5)


SMALL = pd.DataFrame([[4.0, None], [1.0, 5.0]], index=["옥순", "하니"], columns=["영식", "영철"])
WIDE = pd.DataFrame([[None, 2.5, 3.0], [4.0, None, 1.0]], index=["가", "나"], columns=[*"다라마"])
U = torch.tensor([[1.0, 0.5], [-1.0, 2.0]])
V = torch.tensor([[0.5, 0.5], [2.0, 1.0], [0.0, -1.0]])
EXERCISES = {
    "one_hot": Exercise(
        answer=one_hot,
        cases=[(torch.tensor([0, 2, 0]), 3), (torch.tensor([1, 0]), 4)],
        inputs=_draw_one_hot,
        mistakes={
            "행과 열이 뒤바뀌었습니다. 번호 하나가 한 줄이어야 합니다.": (
                lambda ids, size: one_hot(ids, size).T,
                "E = torch.zeros(size, len(ids))\nfor n, i in enumerate(ids):\n    E[i, n] = 1\n"
                "return E",
            ),
            "0번을 넣으면 어디에 1이 서나요? 번호는 0부터 셉니다.": (
                lambda ids, size: one_hot(ids - 1, size),
                "return torch.stack([(torch.arange(1, size + 1) == i).float() for i in ids])",
            ),
            "1이 아니라 번호가 서 있습니다. 0번은 어떻게 되었나요?": (
                lambda ids, size: one_hot(ids, size) * ids.reshape(-1, 1),
                "E = torch.zeros(len(ids), size)\nfor n, i in enumerate(ids):\n    E[n, i] = i\n"
                "return E",
            ),
            "칸의 수가 모자랍니다. 나오지 않은 번호의 자리도 있어야 합니다.": (
                lambda ids, size: one_hot(ids, int(ids.max()) + 1),
                "return F.one_hot(ids)",
            ),
            "줄이 하나뿐입니다. 번호마다 한 줄씩 있어야 합니다.": (
                lambda ids, size: one_hot(ids, size).amax(dim=0),
                "E = torch.zeros(size)\nE[ids] = 1\nreturn E",
            ),
            "모든 줄이 똑같습니다. 줄마다 제 번호에만 1을 세우려면 무엇을 함께 짚어야 할까요?": (
                lambda ids, size: one_hot(ids, size).amax(dim=0).expand(len(ids), size),
                "E = torch.zeros(len(ids), size)\nE[:, ids] = 1\nreturn E",
            ),
        },
        others={"참과 거짓이 나왔습니다": "return ids[:, None] == torch.arange(size)"},
    ),
    "to_long": Exercise(
        answer=to_long,
        cases=[(SMALL,), (WIDE,)],
        inputs=_draw_to_long,
        mistakes={
            "빈칸이 따라왔습니다. 줄 수를 세어 보세요. 아는 칸은 몇 개인가요?": (
                _all_cells,
                "return [(i, j, v) for i, row in enumerate(table.to_numpy().tolist())\n"
                "        for j, v in enumerate(row)]",
            ),
            "행과 열의 번호가 뒤바뀌었습니다.": (
                lambda table: [(j, i, v) for i, j, v in to_long(table)],
                "values = table.to_numpy()\nrows, cols = (~np.isnan(values)).nonzero()\n"
                "return [(c, r, values[r, c]) for r, c in zip(rows, cols)]",
            ),
            "열을 따라 내려가며 담았습니다. 첫 줄을 왼쪽에서 오른쪽으로 먼저 담아 주세요.": (
                lambda table: sorted(to_long(table), key=lambda cell: cell[1]),
                "return [(i, j, table.iloc[i, j]) for j in range(table.shape[1])\n"
                "        for i in range(table.shape[0]) if pd.notna(table.iloc[i, j])]",
            ),
            "이름이 그대로입니다. 임베딩에는 무엇을 넣어야 하지요?": (
                lambda table: [(table.index[i], table.columns[j], v) for i, j, v in to_long(table)],
                "return [(w, m, v) "
                "for (w, m), v in table.stack(future_stack=True).dropna().items()]",
            ),
            "번호가 1부터입니다. 임베딩의 첫 줄은 몇 번인가요?": (
                lambda table: [(i + 1, j + 1, v) for i, j, v in to_long(table)],
                "return [(i, j, v) for i, row in enumerate(table.to_numpy(), 1)\n"
                "        for j, v in enumerate(row, 1) if v == v]",
            ),
            "빈칸이 0점이 되어 따라왔습니다. 모르는 것과 0점은 같은가요?": (
                lambda table: _all_cells(table.fillna(0)),
                "return [(i, j, 0 if pd.isna(v) else v) for i, row in enumerate(table.to_numpy())\n"
                "        for j, v in enumerate(row)]",
            ),
            "빈칸이 하나라도 있는 줄을 통째로 버렸나요? 그 줄에도 아는 칸이 있습니다.": (
                lambda table: _all_cells(table.dropna()),
                "full = table[table.notna().all(axis=1)].to_numpy()\n"
                "return [(i, j, v) for i, row in enumerate(full) for j, v in enumerate(row)]",
            ),
            "소수점 아래가 사라진 평점이 있습니다. 번호 말고 평점도 꼭 정수인가요?": (
                lambda table: [(i, j, int(v)) for i, j, v in to_long(table)],
                "rows, cols = table.notna().to_numpy().nonzero()\n"
                "return [tuple(map(int, (r, c, table.iat[r, c]))) for r, c in zip(rows, cols)]",
            ),
        },
        others={
            "표(DataFrame)가 나왔습니다": (
                "rows, cols = table.notna().to_numpy().nonzero()\n"
                "stars = table.to_numpy()[rows, cols]\n"
                "return pd.DataFrame({'user': rows, 'movie': cols, 'rating': stars})"
            ),
            "나온 것은 zip입니다": (
                "rows, cols = table.notna().to_numpy().nonzero()\n"
                "return zip(rows, cols, table.to_numpy()[rows, cols])"
            ),
            "줄 영식 영철 옥순 4 nan": (
                "return [(i, j, table[i][j]) for i in range(len(table))\n"
                "        for j in range(table.shape[1])]"
            ),
        },
    ),
    "predict_between": Exercise(
        answer=predict_between,
        cases=[
            (U, V, torch.tensor([0, 1, 1]), torch.tensor([1, 0, 2]), 1.0, 5.0),
            (U, V, torch.tensor([0, 1]), torch.tensor([2, 1]), 0.5, 5.5),
        ],
        inputs=_draw_predict_between,
        mistakes={
            "범위를 벗어납니다. 시그모이드를 거쳤나요?": (
                lambda U, V, u, i, low, high: _dot(U, V, u, i),
                "return torch.sum(U[users] * V[items], dim=1)",
            ),
            "아직 0과 1 사이입니다. low와 high까지 어떻게 늘릴까요?": (
                lambda U, V, u, i, low, high: torch.sigmoid(_dot(U, V, u, i)),
                "return torch.sigmoid((U[users] * V[items]).sum(axis=1))",
            ),
            "시그모이드가 0일 때 low가 나오나요? 아래쪽 끝을 확인해 보세요.": (
                lambda U, V, u, i, low, high: high * torch.sigmoid(_dot(U, V, u, i)),
                "return torch.sigmoid((U[users] * V[items]).sum(axis=1)) * high",
            ),
            "시그모이드가 1일 때 high가 나오나요? 폭은 얼마여야 할까요?": (
                lambda U, V, u, i, low, high: low + high * torch.sigmoid(_dot(U, V, u, i)),
                "return torch.sigmoid((U[users] * V[items]).sum(axis=1)) * high + low",
            ),
            "폭은 맞습니다. 그런데 아래쪽 끝이 0입니다. 늘린 다음 무엇이 남았나요?": (
                lambda U, V, u, i, low, high: predict_between(U, V, u, i, 0.0, high - low),
                "score = (U[users] * V[items]).sum(1)\n"
                "return (high - low) / (1 + torch.exp(-score))",
            ),
            "5를 그대로 적었나요? low와 high는 경우마다 다릅니다.": (
                lambda U, V, u, i, low, high: predict_between(U, V, u, i, 0.0, 5.0),
                "return 5 * torch.sigmoid((U[users] * V[items]).sum(1))",
            ),
            "1과 5를 그대로 적었나요? 둘째 경우의 범위도 그런가요?": (
                lambda U, V, u, i, low, high: predict_between(U, V, u, i, 1.0, 5.0),
                "return 1 + 4 * torch.sigmoid((U[users] * V[items]).sum(1))",
            ),
            "하나하나 누른 다음 더했나요? 범위를 벗어나지 않으려면 무엇이 먼저일까요?": (
                lambda U, V, u, i, low, high: (
                    low + (high - low) * torch.sigmoid(U[u] * V[i]).sum(dim=1)
                ),
                "return (torch.sigmoid(U[users] * V[items]) * (high - low)).sum(1) + low",
            ),
            "범위를 벗어난 것을 잘랐습니다. 잘린 자리에서는 경사가 0이 됩니다.": (
                lambda U, V, u, i, low, high: _dot(U, V, u, i).clamp(low, high),
                "return torch.clip((U[users] * V[items]).sum(1), low, high)",
            ),
        },
    ),
}
