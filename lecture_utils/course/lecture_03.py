"""Exercises of lecture 03: long tables, predictions within a range, a network and its layers."""

import pandas as pd
import torch
from torch import Tensor

from lecture_utils.course.draw import Draw
from lecture_utils.course.grader import Exercise
from lecture_utils.course.values import show


def to_long(table: pd.DataFrame) -> list[tuple[int, int, float]]:
    """List known cells as (row number, column number, rating), row by row."""
    return [cell for cell in _all_cells(table) if cell[2] == cell[2]]  # NaN is not itself


def predict_between(
    U: Tensor, V: Tensor, users: Tensor, items: Tensor, low: float, high: float
) -> Tensor:
    """Map dot products into low..high by a sigmoid: (n,)."""
    return low + (high - low) * torch.sigmoid(_dot(U, V, users, items))


def make_mlp(sizes: list[int]) -> torch.nn.Module:
    """Chain Linear layers of these widths, with a ReLU between each two."""
    return torch.nn.Sequential(*_list_layers(sizes)[:-1])


def rate_pairs(self: torch.nn.Module, X: Tensor) -> Tensor:
    """Look up both vectors of each row (woman, man), and send them through the mlp: (n,)."""
    return _rate(self, self.women(X[:, 0]), self.men(X[:, 1]))


class Network(torch.nn.Module):
    """What `rate_pairs` gets as `self`: two tables and an mlp; it prints and equals by weights.

    Args:
        women: Their vectors, (number of women, rank).
        men: Their vectors, (number of men, rank).
        hidden: Weights of the hidden layer, (width, 2 * rank); those of the output count up.
    """

    def __init__(self, women: Tensor, men: Tensor, hidden: Tensor) -> None:
        super().__init__()
        self.women = torch.nn.Embedding.from_pretrained(women)
        self.men = torch.nn.Embedding.from_pretrained(men)
        self.mlp = make_mlp([*hidden.shape[::-1], 1])
        with torch.no_grad():
            self.mlp[0].weight.copy_(hidden)
            self.mlp[0].bias.fill_(0.5)
            self.mlp[2].weight.copy_(torch.arange(1.0, len(hidden) + 1))
            self.mlp[2].bias.fill_(-1)

    def __repr__(self) -> str:
        """Show the weights, one layer on a line."""
        return "".join(f"\n{name} = {show(value)}" for name, value in self.state_dict().items())

    def __eq__(self, other: object) -> bool:
        """Compare the weights."""
        return repr(self) == repr(other)

    __hash__ = torch.nn.Module.__hash__


class _Unregistered(torch.nn.Module):
    """Keep the layers where no optimizer finds them."""

    def __init__(self, layers: list[torch.nn.Module]) -> None:
        super().__init__()
        self.layers = layers


def _list_layers(sizes: list[int]) -> list[torch.nn.Module]:
    pairs = zip(sizes, sizes[1:])
    return [layer for a, b in pairs for layer in (torch.nn.Linear(a, b), torch.nn.ReLU())]


def _rate(self: torch.nn.Module, first: Tensor, second: Tensor) -> Tensor:
    return self.mlp(torch.concat([first, second], dim=1)).flatten()


def _all_cells(table: pd.DataFrame) -> list[tuple[int, int, float]]:
    rows, columns = table.shape
    return [(i, j, float(table.iat[i, j])) for i in range(rows) for j in range(columns)]


def _dot(U: Tensor, V: Tensor, users: Tensor, items: Tensor) -> Tensor:
    return (U[users] * V[items]).sum(dim=1)


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


def _draw_make_mlp(seed: int) -> tuple[list[int]]:
    draw = Draw(seed)
    return ([draw.randint(1, 6) for _ in range(draw.randint(2, 5))],)


def _draw_rate_pairs(seed: int) -> tuple[Network, Tensor]:
    draw = Draw(seed)
    sizes, rank, n = [draw.randint(1, 3) for _ in range(2)], draw.randint(1, 2), draw.randint(1, 3)
    tables = [draw.numbers(size, rank) for size in sizes]
    network = Network(*tables, draw.numbers(3 - rank, 2 * rank, low=-1, high=1))
    return network, torch.stack([draw.ids(n, size) for size in sizes], dim=1)


SMALL = pd.DataFrame([[4.0, None], [1.0, 5.0]], index=["옥순", "하니"], columns=["영식", "영철"])
WIDE = pd.DataFrame([[None, 2.5, 3.0], [4.0, None, 1.0]], index=["가", "나"], columns=[*"다라마"])
U = torch.tensor([[1.0, 0.5], [-1.0, 2.0]])
V = torch.tensor([[0.5, 0.5], [2.0, 1.0], [0.0, -1.0]])
WOMEN = torch.tensor([[1.0, 0.5], [-1.0, 2.0], [0.0, 1.5]])
MEN = torch.tensor([[0.5, 0.5], [2.0, -1.0], [1.0, 0.0]])
HIDDEN = torch.tensor([[1.0, -0.5, 0.5, 1.0], [0.5, 1.0, -1.0, 2.0]])
PAIRS = torch.tensor([[0, 1], [2, 0], [1, 2], [0, 2]])
MODULE = (
    "class Mlp(torch.nn.Module):\n    def __init__(self):\n        super().__init__()\n"
    "        self.layers = {}\n    def forward(self, x):\n        for layer in self.layers:\n"
    "            x = layer(x)\n        return x\nreturn Mlp()"
)
LAYERS = (
    "layers = []\nfor n in range(len(sizes) - 1):\n"
    "    layers += [torch.nn.Linear(sizes[n], sizes[n + 1]), torch.nn.ReLU()]\n"
)
EXERCISES = {
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
    "make_mlp": Exercise(
        answer=make_mlp,
        cases=[([2, 3, 1],), ([4, 2, 3, 2],), ([3, 1],)],
        inputs=_draw_make_mlp,
        mistakes={
            "옵티마이저에 건넬 파라미터가 없습니다. 목록 속의 계층을 모듈이 찾을 수 있나요?": (
                lambda sizes: _Unregistered(_list_layers(sizes)),
                LAYERS + MODULE.format("layers[:-1]"),
            ),
            "모듈이 아니라 목록이 나왔습니다. 차례로 이어 하나로 만들려면 어디에 담을까요?": (
                lambda sizes: _list_layers(sizes)[:-1],
                LAYERS + "return layers[:-1]",
                LAYERS + "layers.pop()\nreturn layers",
            ),
            "계층의 목록을 통째로 건넸나요? `net(*inputs)`의 별표는 무엇을 했지요?": (
                lambda sizes: torch.nn.Sequential(_list_layers(sizes)),
                LAYERS + "return torch.nn.Sequential(layers[:-1])",
            ),
            "마지막 Linear 뒤에도 렐루가 있나요? 그러면 어떤 값이 나올 수 없게 되나요?": (
                lambda sizes: torch.nn.Sequential(*_list_layers(sizes)),
                LAYERS + "return torch.nn.Sequential(*layers)",
            ),
            "Linear만 이었나요? 사이에 아무것도 없으면 Linear 하나와 무엇이 다를까요?": (
                lambda sizes: torch.nn.Sequential(*_list_layers(sizes)[::2]),
                "pairs = zip(sizes, sizes[1:])\n"
                "return torch.nn.Sequential(*[torch.nn.Linear(a, b) for a, b in pairs])",
            ),
            "렐루가 맨 앞에도 있나요? 들어온 음수가 처음부터 사라집니다. 어디와 어디 사이인가요?": (
                lambda sizes: torch.nn.Sequential(torch.nn.ReLU(), *_list_layers(sizes)[:-1]),
                "layers = []\nfor a, b in zip(sizes, sizes[1:]):\n"
                "    layers += [torch.nn.ReLU(), torch.nn.Linear(a, b)]\n"
                "return torch.nn.Sequential(*layers)",
            ),
            "끝에 시그모이드가 있나요? 이 문제는 무엇으로 끝나야 하지요?": (
                lambda sizes: torch.nn.Sequential(*_list_layers(sizes)[:-1], torch.nn.Sigmoid()),
                LAYERS + "layers[-1] = torch.nn.Sigmoid()\nreturn torch.nn.Sequential(*layers)",
            ),
            "Linear가 하나 모자랍니다. 너비가 세 개이면 그 사이는 몇 곳인가요?": (
                lambda sizes: torch.nn.Sequential(*_list_layers(sizes)[:-3]),
                "layers = []\nfor a, b in zip(sizes[:-1], sizes[1:-1]):\n"
                "    layers += [torch.nn.Linear(a, b), torch.nn.ReLU()]\n"
                "return torch.nn.Sequential(*layers[:-1])",
            ),
            "너비가 거꾸로입니다. Linear의 괄호에는 들어오는 수와 나가는 수 중 무엇이 먼저지요?": (
                lambda sizes: torch.nn.Sequential(
                    *(torch.nn.Linear(b, a) for a, b in zip(sizes, sizes[1:]))
                ),
                "layers = []\nfor a, b in zip(sizes, sizes[1:]):\n"
                "    layers += [torch.nn.Linear(b, a), torch.nn.ReLU()]\n"
                "return torch.nn.Sequential(*layers[:-1])",
            ),
        },
        others={
            "나온 값: [[3, 2], [3], [1, 3]]": (
                "layers = []\nfor n, (a, b) in enumerate(zip(sizes, sizes[1:]), 2):\n"
                "    layers += [torch.nn.Linear(a, b, bias=n < len(sizes)), torch.nn.ReLU()]\n"
                "return torch.nn.Sequential(*layers[:-1])"
            ),
        },
    ),
    "rate_pairs": Exercise(
        answer=rate_pairs,
        cases=[(Network(WOMEN, MEN, HIDDEN), PAIRS), (Network(MEN, WOMEN, -HIDDEN), PAIRS[:3])],
        inputs=_draw_rate_pairs,
        mistakes={
            "이어 붙인 차례가 뒤바뀌었습니다. mlp의 앞자리는 누구의 것인가요?": (
                lambda self, X: _rate(self, self.men(X[:, 1]), self.women(X[:, 0])),
                "Z = torch.cat([self.men(X[:, 1]), self.women(X[:, 0])], axis=1)\n"
                "return self.mlp(Z)[:, 0]",
            ),
            "두 열이 뒤바뀌었습니다. `X`의 첫 열은 누구의 번호인가요?": (
                lambda self, X: _rate(self, self.women(X[:, 1]), self.men(X[:, 0])),
                "M, W = X.T\nZ = torch.hstack([self.women(W), self.men(M)])\n"
                "return self.mlp(Z).flatten()",
            ),
            "두 표가 같은 열의 번호를 보고 있지 않나요? 상대의 번호는 어디에 있지요?": (
                lambda self, X: _rate(self, self.women(X[:, 0]), self.men(X[:, 0])),
                "X1 = X[:, 0]\nreturn self.mlp(torch.concat([self.women(X1), self.men(X1)], 1)"
                ").flatten()",
            ),
            "한 사람의 벡터만 두 번 들어갔습니다. 남자의 표도 보았나요?": (
                lambda self, X: _rate(self, self.women(X[:, 0]), self.women(X[:, 0])),
                "W = self.women(X[:, 0])\nreturn self.mlp(torch.hstack([W, W])).flatten()",
            ),
            "`X[0]`은 첫 열인가요, 첫 줄인가요? 나온 값이 몇 개인지 세어 보세요.": (
                lambda self, X: _rate(self, self.women(X[0]), self.men(X[1])),
                "X1, X2 = X[0], X[1]\n"
                "return self.mlp(torch.hstack([self.women(X1), self.men(X2)])).squeeze(1)",
            ),
            "mlp에 넣은 것의 모양이 맞지 않습니다. `(n, 2 × rank)`인지 `shape`를 찍어 볼까요?": (
                lambda self, X: self.mlp(self.women(X[:, 0]) + self.men(X[:, 1])),
                "Z = torch.concat([self.women(X[:, 0]), self.men(X[:, 1])])\n"
                "return self.mlp(Z).flatten()",
                "return self.mlp(self.women(X[:, 0]) * self.men(X[:, 1])).flatten()",
                "Z = torch.stack([self.women(X[:, 0]), self.men(X[:, 1])], dim=1)\n"
                "return self.mlp(Z).flatten()",
            ),
            "시그모이드를 한 번 더 씌웠나요? mlp가 내놓은 값이면 됩니다.": (
                lambda self, X: torch.sigmoid(rate_pairs(self, X)) * 5,
                "Z = torch.hstack([self.women(X[:, 0]), self.men(X[:, 1])])\n"
                "return 5 / (1 + torch.exp(-self.mlp(Z).flatten()))",
            ),
        },
        others={
            "모양이 (4, 1)입니다. (4,)이어야 합니다": (
                "Z = torch.hstack([self.women(X[:, 0]), self.men(X[:, 1])])\nreturn self.mlp(Z)"
            ),
            "답이 다른 경우가 있습니다": (
                "Z = torch.hstack([self.women(X[:, 0]), self.men(X[:, 1])])\n"
                "return self.mlp(Z).squeeze()"
            ),
        },
    ),
}
