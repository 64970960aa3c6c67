"""Exercises of lecture 07: weighted penalties, half a sweep, a taste, a row with blanks."""

import torch
from torch import Tensor

from lecture_utils.course.draw import Draw
from lecture_utils.course.grader import Exercise


def weighted_ridge(F: Tensor, y: Tensor, ridge: float, power: float) -> Tensor:
    """Solve ridge regression of `y` (n,) on `F` (n, k), penalty ridge * n ** power: (k,)."""
    return _solve(F, y, ridge * len(F) ** power)


def solve_item(user: Tensor, rest: Tensor, ridge: float, ridge_bias: float) -> Tensor:
    """Solve for a movie's factors and bias, (k + 1,), given the rows of its raters.

    `user` (n, k + 1) has the raters' biases in its last column; `rest` (n,) are their ratings
    less the mean.
    """
    return _solve_item(_with_ones(user), rest - user[:, -1], ridge, ridge_bias)


def taste(q: Tensor, Y: Tensor, seen: Tensor) -> Tensor:
    """Add to `q` (k,) the sum of Y[seen] over the root of their number; `Y` is (num_items, k)."""
    return q + Y[seen].sum(0) / len(seen) ** 0.5


def fill_row(row: Tensor, W: Tensor, b: Tensor, V: Tensor, c: Tensor) -> Tensor:
    """Fill the blanks (NaN) of `row` (m,) by what an autoencoder predicts there; keep the rest.

    `W` and `V` are (m, k), `b` is (k,), `c` is (m,). A blank is read as 0.
    """
    return row.where(~row.isnan(), _rewrite(row.nan_to_num(), W, b, V, c))


def _solve(F: Tensor, y: Tensor, penalty: float) -> Tensor:
    return torch.linalg.solve(F.T @ F + penalty * torch.eye(F.shape[1]), F.T @ y)


def _solve_dual(F: Tensor, y: Tensor, ridge: float, power: float) -> Tensor:
    """Solve the dual: a number per rating, (n,), and F.T times it would be the answer."""
    return torch.linalg.solve(F @ F.T + ridge * len(F) ** power * torch.eye(len(F)), y)


def _with_ones(user: Tensor) -> Tensor:
    """Put 1 in place of the biases."""
    return torch.cat([user[:, :-1], torch.ones(len(user), 1)], 1)


def _solve_item(F: Tensor, y: Tensor, ridge: float, ridge_bias: float) -> Tensor:
    penalty = torch.diag(torch.tensor([ridge] * (F.shape[1] - 1) + [ridge_bias]))
    return torch.linalg.solve(F.T @ F + penalty, F.T @ y)


def _rewrite(x: Tensor, W: Tensor, b: Tensor, V: Tensor, c: Tensor) -> Tensor:
    return torch.sigmoid(x @ W + b) @ V.T + c


def _fill(row: Tensor, written: Tensor) -> Tensor:
    return torch.where(row.isnan(), written, row)


def _draw_weighted_ridge(seed: int) -> tuple[Tensor, Tensor, float, float]:
    draw = Draw(seed)
    n = draw.randint(1, 5)
    table, rest = draw.numbers(n, draw.randint(1, 3)), draw.numbers(n)
    return table, rest, draw.number(0.5, 4), draw.number(0, 1)


def _draw_solve_item(seed: int) -> tuple[Tensor, Tensor, float, float]:
    draw = Draw(seed)
    n = draw.randint(1, 5)
    table, rest = draw.numbers(n, draw.randint(2, 4)), draw.numbers(n)
    return table, rest, draw.number(0.5, 4), draw.number(0.5, 4)


def _draw_taste(seed: int) -> tuple[Tensor, Tensor, Tensor]:
    draw = Draw(seed)
    size, rank = draw.randint(1, 6), draw.randint(1, 3)
    seen = torch.tensor(draw.sample(range(size), draw.randint(1, size)))
    return draw.numbers(rank), draw.numbers(size, rank), seen


def _draw_fill_row(seed: int) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
    draw = Draw(seed)
    columns, rank = draw.randint(1, 5), draw.randint(1, 3)
    row = draw.numbers(columns, low=1, high=5)
    row[draw.sample(range(columns), draw.randint(0, columns))] = float("nan")
    W, V = (draw.numbers(columns, rank, low=-1, high=1) for _ in range(2))
    return row, W, draw.numbers(rank), V, draw.numbers(columns)


SEEN = torch.tensor([[1.0, 0.0], [1.0, 1.0], [0.0, 2.0], [-1.0, 1.0]])
LEFT = torch.tensor([2.0, 1.0, -1.0, -3.0])
RATERS = torch.tensor([[1.0, 0.0, 0.5], [1.0, 1.0, -1.0], [0.0, 2.0, 0.25]])
REST = torch.tensor([1.5, -0.5, 2.0])
FILMS = torch.tensor([[1.0, 2.0], [0.5, -1.0], [3.0, 0.0], [-2.0, 1.5], [0.25, 4.0]])
WATCHED = torch.tensor([0, 2, 3, 4])
BLANK = float("nan")
READ = torch.tensor([[0.5, -0.25], [-0.5, 0.75], [0.25, 0.5], [-1.0, 0.25]])
WRITE = torch.tensor([[1.0, -2.0], [3.0, 0.5], [-1.0, 2.0], [0.5, 1.5]])
SHIFT, BASE = torch.tensor([0.5, -1.0]), torch.tensor([3.5, 2.0, 3.0, 4.0])
SOLVE = "k = F.shape[1]\nA = F.T @ F + {} * torch.eye(k)\nreturn torch.linalg.solve(A, F.T @ y)"
ITEM = (
    "F = user.clone()\ny = {}\nF[:, -1] = {}\nk = F.shape[1] - 1\n"
    "A = F.T @ F + torch.diag(torch.tensor({}))\nreturn torch.linalg.solve(A, F.T @ y)"
)
OWN, BOTH = "rest - user[:, -1]", "[ridge] * k + [ridge_bias]"
ROW = "x = {}\nhidden = {}\nwritten = {}\nreturn torch.where(row.isnan(), written, row)"
ZERO, HIDDEN, OUT = "row.nan_to_num(0.0)", "torch.sigmoid(x @ W + b)", "hidden @ V.T + c"
EXERCISES = {
    "weighted_ridge": Exercise(
        answer=weighted_ridge,
        cases=[(SEEN, LEFT, 3.0, 0.5), (SEEN[:3], LEFT[:3], 2.0, 1.0), (SEEN, LEFT, 1.5, 0.0)],
        inputs=_draw_weighted_ridge,
        mistakes={
            "평점이 셋이든 백이든 벌금이 같습니다. power는 어디에 썼나요?": (
                lambda F, y, ridge, power: _solve(F, y, ridge),
                SOLVE.format("ridge"),
            ),
            "power를 바꾸어도 벌금이 늘 n배입니다. power가 0이면 몇 배여야 할까요?": (
                lambda F, y, ridge, power: _solve(F, y, ridge * len(F)),
                "A = F.T @ F\nA.diagonal().add_(ridge * F.shape[0])\n"
                "return torch.linalg.solve(A, F.T @ y)",
            ),
            "n 자리에 벡터의 길이를 넣었나요? 세어야 할 것은 무엇의 수인가요?": (
                lambda F, y, ridge, power: _solve(F, y, ridge * F.shape[1] ** power),
                "n = len(F[0])\nA = F.T @ F + torch.eye(n) * ridge * n ** power\n"
                "return torch.linalg.solve(A, F.T @ y)",
            ),
            "ridge를 거듭제곱했나요? 평점의 수는 어디에 들어갔지요?": (
                lambda F, y, ridge, power: _solve(F, y, ridge**power),
                SOLVE.format("ridge ** power"),
            ),
            "power가 ridge에까지 걸렸습니다. 괄호를 어디에 쳤나요?": (
                lambda F, y, ridge, power: _solve(F, y, (ridge * len(F)) ** power),
                SOLVE.format("pow(len(y) * ridge, power)"),
            ),
            "n에 power를 곱했나요? 곱하기와 거듭제곱은 파이썬에서 어떻게 다르게 적나요?": (
                lambda F, y, ridge, power: _solve(F, y, ridge * len(F) * power),
                SOLVE.format("ridge * power * y.numel()"),
            ),
            "벌금을 모든 칸에 더했나요? |q|²을 미분하면 행렬의 어느 자리에 남을까요?": (
                lambda F, y, ridge, power: torch.linalg.solve(
                    F.T @ F + ridge * len(F) ** power, F.T @ y
                ),
                "n = len(y)\nreturn torch.linalg.inv(F.T @ F + ridge * n ** power) @ F.T @ y",
            ),
            "모양이 맞지 않습니다. (k, k)여야 할 것들의 모양을 하나씩 찍어 볼까요?": (
                lambda F, y, ridge, power: torch.linalg.solve(F @ F.T, F.T @ y),
                "A = F @ F.T + ridge * len(y) ** power * torch.eye(F.shape[1])\n"
                "return torch.linalg.solve(A, F.T @ y)",
                "A = F.T @ F + ridge * len(F) ** power * torch.eye(len(F))\n"
                "return torch.linalg.solve(A, F.T @ y)",
                "n = len(F)\nA = F.T @ F + ridge * n ** power * torch.eye(F.shape[1])\n"
                "return torch.linalg.solve(A, F @ y)",
            ),
            "숫자가 평점마다 하나씩 나왔습니다. 구하려는 것은 숫자 몇 개인가요?": (
                _solve_dual,
                "n = len(y)\nA = F.mm(F.T)\nA += torch.diag(torch.full((n,), ridge * n ** power))\n"
                "return torch.linalg.solve(A, y)",
            ),
            "벌금이 너무 약합니다. n으로 나누지 않았나요? 오차는 평균인가요, 합인가요?": (
                lambda F, y, ridge, power: _solve(F, y, ridge * len(F) ** power / len(F)),
                SOLVE.format("ridge * len(F) ** (power - 1)"),
            ),
            "벌금이 n배 세졌습니다. 오차 쪽만 n으로 나누지 않았나요?": (
                lambda F, y, ridge, power: _solve(F, y, ridge * len(F) ** power * len(F)),
                "n, k = F.shape\nA = F.T @ F / n + ridge * n ** power * torch.eye(k)\n"
                "return torch.linalg.solve(A, F.T @ y / n)",
            ),
            "벡터가 아니라 예측을 돌려주었습니다. 모양이 (k,)인가요?": (
                lambda F, y, ridge, power: F @ weighted_ridge(F, y, ridge, power),
                "n, k = F.shape\nA = F.T @ F + ridge * n ** power * torch.eye(k)\n"
                "return torch.mv(F, torch.linalg.solve(A, F.T @ y))",
            ),
        },
    ),
    "solve_item": Exercise(
        answer=solve_item,
        cases=[(RATERS, REST, 2.0, 1.0), (RATERS[:2], REST[:2], 3.0, 0.5)],
        inputs=_draw_solve_item,
        mistakes={
            "사용자의 편향을 빼지 않았습니다. rest에는 무엇까지 빠져 있나요?": (
                lambda user, rest, r, rb: _solve_item(_with_ones(user), rest, r, rb),
                ITEM.format("rest", "1", BOTH),
            ),
            "사용자의 편향을 더했나요? 예측에서 편향은 어느 쪽에 있지요?": (
                lambda user, rest, r, rb: _solve_item(_with_ones(user), rest + user[:, -1], r, rb),
                ITEM.format("rest + user[:, -1]", "1", BOTH),
            ),
            "마지막 열이 아직 사용자의 편향입니다. 영화의 편향에는 무엇이 곱해지나요?": (
                lambda user, rest, r, rb: _solve_item(user, rest - user[:, -1], r, rb),
                "A = user.T @ user\nk = len(A) - 1\n"
                "A += torch.diag(torch.tensor([ridge] * k + [ridge_bias]))\n"
                "return torch.linalg.solve(A, user.T @ (rest - user[:, -1]))",
            ),
            "편향을 빼기 전에 1로 덮어쓰지 않았나요? 빼진 것이 모두 1입니다.": (
                lambda user, rest, r, rb: _solve_item(_with_ones(user), rest - 1, r, rb),
                "F = user.clone()\nF[:, -1] = 1\ny = rest - F[:, -1]\nk = F.shape[1] - 1\n"
                "A = F.T @ F + torch.diag(torch.tensor([ridge] * k + [ridge_bias]))\n"
                "return torch.linalg.solve(A, F.T @ y)",
            ),
            "편향에도 벡터의 벌금을 매겼습니다. ridge_bias는 어디에 쓰나요?": (
                lambda user, rest, r, rb: solve_item(user, rest, r, r),
                ITEM.format(OWN, "1", "[ridge] * (k + 1)"),
            ),
            "벡터에도 편향의 벌금을 매겼습니다. ridge는 어디에 쓰나요?": (
                lambda user, rest, r, rb: solve_item(user, rest, rb, rb),
                ITEM.format(OWN, "1", "[ridge_bias] * (k + 1)"),
            ),
            "두 벌금이 바뀌었습니다. 편향은 몇 번째 열인가요?": (
                lambda user, rest, r, rb: solve_item(user, rest, rb, r),
                ITEM.format(OWN, "1", "[ridge_bias] * k + [ridge]"),
            ),
            "편향에는 벌금이 없습니다. ridge_bias는 어디에 쓰나요?": (
                lambda user, rest, r, rb: solve_item(user, rest, r, 0.0),
                ITEM.format(OWN, "1", "[ridge] * k + [0.0]"),
            ),
            "벌금이 하나도 없습니다. 평점이 몇 개뿐인 영화는 어떻게 될까요?": (
                lambda user, rest, r, rb: solve_item(user, rest, 0.0, 0.0),
                "F = user.clone()\nF[:, -1] = 1\ny = rest - user[:, -1]\n"
                "return torch.linalg.solve(F.T @ F, F.T @ y)",
            ),
            "벡터만 돌려주었습니다. 영화의 편향은 어디 있나요?": (
                lambda user, rest, r, rb: solve_item(user, rest, r, rb)[:-1],
                ITEM.format(OWN, "1", BOTH) + "[:-1]",
            ),
            "벌금이 평점의 수만큼 세졌습니다. 오늘의 오차는 평균인가요, 합인가요?": (
                lambda user, rest, r, rb: solve_item(user, rest, r * len(rest), rb * len(rest)),
                "F = user.clone()\nF[:, -1] = 1\ny = rest - user[:, -1]\nn, k = F.shape\n"
                "P = torch.diag(torch.tensor([ridge] * (k - 1) + [ridge_bias]))\n"
                "return torch.linalg.solve(F.T @ F / n + P, F.T @ y / n)",
            ),
        },
    ),
    "taste": Exercise(
        answer=taste,
        cases=[
            (torch.tensor([0.5, -1.0]), FILMS, WATCHED),
            (torch.tensor([2.0, 1.0]), FILMS, torch.tensor([4, 1])),
        ],
        inputs=_draw_taste,
        mistakes={
            "평균을 냈습니다. 무엇으로 나누어야 하지요? 식의 분모를 다시 보세요.": (
                lambda q, Y, seen: q + Y[seen].mean(0),
                "total = 0\nfor j in seen:\n    total = total + Y[j]\nreturn q + total / len(seen)",
            ),
            "나누지 않았습니다. 많이 본 사람일수록 한없이 길어져도 될까요?": (
                lambda q, Y, seen: q + Y[seen].sum(0),
                "for j in seen:\n    q = q + Y[j]\nreturn q",
            ),
            "사용자 자신의 벡터 q를 빠뜨렸습니다.": (
                lambda q, Y, seen: Y[seen].sum(0) / len(seen) ** 0.5,
                "return torch.sum(Y[seen], dim=0) / torch.tensor(len(seen)).sqrt()",
            ),
            "본 것만 더해야 합니다. 모든 영화를 더하지 않았나요?": (
                lambda q, Y, seen: q + Y.sum(0) / len(seen) ** 0.5,
                "return q + Y.sum(dim=0) * len(seen) ** -0.5",
            ),
            "영화 전체의 수로 나누었나요? N(x)는 누구의 목록이지요?": (
                lambda q, Y, seen: q + Y[seen].sum(0) / len(Y) ** 0.5,
                "n, k = Y.shape\nreturn q + Y[seen].sum(0) / n ** 0.5",
            ),
            "벡터의 길이로 나누었나요? 세어야 할 것은 영화의 수입니다.": (
                lambda q, Y, seen: q + Y[seen].sum(0) / len(q) ** 0.5,
                "return q + Y[seen].sum(0) / Y.shape[1] ** 0.5",
            ),
            "q까지 나누었습니다. 괄호를 어디에 쳤나요?": (
                lambda q, Y, seen: (q + Y[seen].sum(0)) / len(seen) ** 0.5,
                "rows = torch.cat([q[None], Y[seen]])\nreturn rows.sum(0) / len(seen) ** 0.5",
            ),
            "나누어야 할 곳에서 곱했습니다.": (
                lambda q, Y, seen: q + Y[seen].sum(0) * len(seen) ** 0.5,
                "scale = len(seen) ** 0.5\nreturn q + scale * Y[seen].sum(0)",
            ),
            "본 영화 하나만 썼습니다. 나머지는 어디로 갔나요?": (
                lambda q, Y, seen: q + Y[seen[-1]] / len(seen) ** 0.5,
                "for j in seen:\n    answer = q + Y[j] / len(seen) ** 0.5\nreturn answer",
            ),
        },
    ),
    "fill_row": Exercise(
        answer=fill_row,
        cases=[
            (torch.tensor([4.0, BLANK, 2.0, BLANK]), READ, SHIFT, WRITE, BASE),
            (torch.tensor([BLANK, 1.0, BLANK, 5.0]), READ, SHIFT, WRITE, BASE),
        ],
        inputs=_draw_fill_row,
        mistakes={
            "아는 칸까지 예측으로 덮였습니다. 준 별점은 그대로 두어야 합니다.": (
                lambda row, W, b, V, c: _rewrite(row.nan_to_num(), W, b, V, c),
                "x = row.nan_to_num(0.0)\nreturn torch.sigmoid(x @ W + b) @ V.T + c",
            ),
            "빈칸을 그대로 읽었나요? NaN이 한 번 섞이면 어디까지 번질까요?": (
                lambda row, W, b, V, c: _fill(row, _rewrite(row, W, b, V, c)),
                ROW.format("row", HIDDEN, OUT),
            ),
            "빈칸을 평균으로 채워 읽었습니다. 이 신경망은 빈칸을 몇으로 읽지요?": (
                lambda row, W, b, V, c: _fill(
                    row, _rewrite(row.nan_to_num(row.nanmean().item()), W, b, V, c)
                ),
                ROW.format("torch.where(row.isnan(), row.nanmean(), row)", HIDDEN, OUT),
            ),
            "예측까지 가지 않았습니다. 빈칸에 0을 넣고 끝냈나요?": (
                lambda row, W, b, V, c: row.nan_to_num(),
                "return row.nan_to_num(0.0)",
                "x = row.clone()\nx[x.isnan()] = 0\nreturn x",
            ),
            "은닉층을 누르는 함수가 빠졌습니다.": (
                lambda row, W, b, V, c: _fill(row, (row.nan_to_num() @ W + b) @ V.T + c),
                ROW.format(ZERO, "x @ W + b", OUT),
            ),
            "은닉층에 렐루를 썼나요? 이 강의의 신경망은 다른 함수를 썼습니다.": (
                lambda row, W, b, V, c: _fill(row, (row.nan_to_num() @ W + b).relu() @ V.T + c),
                ROW.format(ZERO, "F.relu(x @ W + b)", OUT),
            ),
            "출력까지 0과 1 사이로 눌렀습니다. 별점은 그보다 큰 수입니다.": (
                lambda row, W, b, V, c: _fill(
                    row, torch.sigmoid(_rewrite(row.nan_to_num(), W, b, V, c))
                ),
                ROW.format(ZERO, HIDDEN, "torch.sigmoid(hidden @ V.T + c)"),
            ),
            "b를 더하지 않았습니다.": (
                lambda row, W, b, V, c: _fill(row, _rewrite(row.nan_to_num(), W, 0 * b, V, c)),
                ROW.format(ZERO, "torch.sigmoid(x @ W)", OUT),
            ),
            "c를 더하지 않았습니다.": (
                lambda row, W, b, V, c: _fill(row, _rewrite(row.nan_to_num(), W, b, V, 0 * c)),
                ROW.format(ZERO, HIDDEN, "hidden @ V.T"),
            ),
            "나갈 때도 W를 썼습니다. 출력의 표는 V입니다.": (
                lambda row, W, b, V, c: _fill(row, _rewrite(row.nan_to_num(), W, b, W, c)),
                ROW.format(ZERO, HIDDEN, "hidden @ W.T + c"),
            ),
            "거꾸로 골랐습니다. 아는 칸이 예측으로, 빈칸이 빈칸으로 남았나요?": (
                lambda row, W, b, V, c: torch.where(
                    row.isnan(), row, _rewrite(row.nan_to_num(), W, b, V, c)
                ),
                "x = row.nan_to_num(0.0)\nwritten = torch.sigmoid(x @ W + b) @ V.T + c\n"
                "return torch.where(row.isnan(), row, written)",
            ),
            "예측에 별점을 더했습니다. 채울 칸만 골라 바꾸세요.": (
                lambda row, W, b, V, c: row.nan_to_num() + _rewrite(row.nan_to_num(), W, b, V, c),
                "x = row.nan_to_num(0.0)\nreturn x + torch.sigmoid(x @ W + b) @ V.T + c",
            ),
        },
    ),
}
