"""Exercises of lecture 02: penalties, the mean as a baseline, biases."""

import torch
from torch import Tensor

from lecture_utils.course.draw import Draw
from lecture_utils.course.grader import Exercise


def penalized_loss(
    P: Tensor, Q: Tensor, items: Tensor, users: Tensor, ratings: Tensor, lam: float
) -> Tensor:
    """Add lam times the sum of squares of `P` and `Q` to the error (document 000)."""
    return _mse(P, Q, items, users, ratings) + lam * _squares(P, Q)


def mean_rmse(train_ratings: Tensor, test_ratings: Tensor) -> Tensor:
    """Predict the mean of the training ratings; return the RMSE on the test ratings."""
    return (test_ratings - train_ratings.mean()).square().mean().sqrt()


def movie_bias(ratings: Tensor, mean: float, strength: int) -> Tensor:
    """Average ratings (n,) minus `mean`, as if `strength` more of them were average."""
    return (ratings - mean).sum() / (len(ratings) + strength)


def _mse(P: Tensor, Q: Tensor, items: Tensor, users: Tensor, ratings: Tensor) -> Tensor:
    return ((P[items] * Q[users]).sum(dim=1) - ratings).square().mean()


def _squares(*tables: Tensor) -> Tensor:
    return sum(table.square().sum() for table in tables)


def _draw_penalized_loss(seed: int) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor, float]:
    draw = Draw(seed)
    num_items, num_users = draw.randint(1, 4), draw.randint(1, 4)
    rank, n = draw.randint(1, 3), draw.randint(1, 4)
    tables = draw.numbers(num_items, rank), draw.numbers(num_users, rank)
    ids = draw.ids(n, num_items), draw.ids(n, num_users)
    return *tables, *ids, draw.numbers(n, low=1, high=5), draw.randint(1, 20) / 100


def _draw_mean_rmse(seed: int) -> tuple[Tensor, Tensor]:
    draw = Draw(seed)
    return tuple(draw.numbers(draw.randint(1, 5), low=1, high=5) for _ in range(2))


def _draw_movie_bias(seed: int) -> tuple[Tensor, float, int]:
    draw = Draw(seed)
    ratings = draw.numbers(draw.randint(1, 5), low=1, high=5)
    return ratings, draw.number(2, 4), draw.randint(0, 6)


P = torch.tensor([[9.0, 9.0], [1.0, 2.0], [0.5, -1.0]])
Q = torch.tensor([[3.0, 3.0], [1.0, 1.0]])
ITEMS, USERS = torch.tensor([1, 2, 1]), torch.tensor([1, 1, 0])
STARS = torch.tensor([4.0, 1.0, 5.0])
COST = "cost = F.mse_loss((P[items] * Q[users]).sum(dim=1), ratings)\n"
EXERCISES = {
    "penalized_loss": Exercise(
        answer=penalized_loss,
        cases=[(P, Q, ITEMS, USERS, STARS, 0.1), (P, Q, ITEMS[:2], USERS[:2], STARS[:2], 0.01)],
        inputs=_draw_penalized_loss,
        mistakes={
            "벌금이 보이지 않습니다. lam은 어디에 썼나요?": (
                lambda P, Q, i, u, r, lam: _mse(P, Q, i, u, r),
                COST + "return cost",
            ),
            "한 행렬에만 벌금을 매겼나요? 벡터는 영화에도 사용자에도 있습니다.": (
                lambda P, Q, i, u, r, lam: _mse(P, Q, i, u, r) + lam * _squares(P),
                COST + "return cost + lam * torch.sum(P ** 2)",
            ),
            "사용자의 벡터에만 벌금을 매겼나요? 영화의 벡터는 어디에 있지요?": (
                lambda P, Q, i, u, r, lam: _mse(P, Q, i, u, r) + lam * _squares(Q),
                COST + "return cost + Q.square().sum() * lam",
            ),
            "이 평점들에 나오지 않은 영화와 사용자도 있습니다. 벌금은 어디까지 더하나요?": (
                lambda P, Q, i, u, r, lam: _mse(P, Q, i, u, r) + lam * _squares(P[i], Q[u]),
                f"{COST}p, q = P[items], Q[users]\n"
                "return cost + lam * ((p ** 2).sum() + (q ** 2).sum())",
            ),
            "lam이 한쪽에만 곱해지지 않았나요? 괄호를 살펴보세요.": (
                lambda P, Q, i, u, r, lam: _mse(P, Q, i, u, r) + lam * _squares(P) + _squares(Q),
                COST + "return cost + lam * P.pow(2).sum() + Q.pow(2).sum()",
            ),
            "벌금이 너무 작습니다. 제곱의 합인가요, 평균인가요?": (
                lambda P, Q, i, u, r, lam: (
                    _mse(P, Q, i, u, r) + lam * (P.square().mean() + Q.square().mean())
                ),
                COST + "return cost + lam * (P ** 2).mean() + lam * (Q ** 2).mean()",
            ),
            "벡터의 길이에 벌금을 매겼군요. 제곱근을 씌우기 전의 값이어야 합니다.": (
                lambda P, Q, i, u, r, lam: _mse(P, Q, i, u, r) + lam * (P.norm() + Q.norm()),
                COST + "return cost + lam * ((P ** 2).sum() ** 0.5 + (Q ** 2).sum() ** 0.5)",
            ),
            "벌금까지 평점 수로 나누었나요? 평균은 비용에만 씌웁니다.": (
                lambda P, Q, i, u, r, lam: _mse(P, Q, i, u, r) + lam * _squares(P, Q) / len(r),
                "gap = (P[items] * Q[users]).sum(dim=1) - ratings\n"
                "return (gap.square().sum() + lam * (P ** 2).sum() + lam * (Q ** 2).sum())"
                " / len(gap)",
            ),
            "벌금이 두 배입니다. 2는 미분할 때 나오는데, 미분은 누가 하나요?": (
                lambda P, Q, i, u, r, lam: _mse(P, Q, i, u, r) + 2 * lam * _squares(P, Q),
                COST + "return cost + 2 * lam * (P.pow(2).sum() + Q.pow(2).sum())",
            ),
            "벌금이 절반입니다. 앞에 붙인 1/2은 과제에 없습니다.": (
                lambda P, Q, i, u, r, lam: _mse(P, Q, i, u, r) + lam / 2 * _squares(P, Q),
                COST + "return cost + 0.5 * lam * (P.pow(2).sum() + Q.pow(2).sum())",
            ),
            "비용이 합입니다. 슬라이드의 코드는 평점 수로 나누었지요?": (
                lambda P, Q, i, u, r, lam: len(r) * _mse(P, Q, i, u, r) + lam * _squares(P, Q),
                "gap = (P[items] * Q[users]).sum(dim=1) - ratings\n"
                "return (gap ** 2).sum() + lam * ((P ** 2).sum() + (Q ** 2).sum())",
            ),
        },
    ),
    "mean_rmse": Exercise(
        answer=mean_rmse,
        cases=[
            (torch.tensor([5.0, 4.0, 3.0, 5.0]), torch.tensor([1.0, 4.0])),
            (torch.tensor([2.0, 2.0]), torch.tensor([5.0, 4.0, 3.0])),
        ],
        inputs=_draw_mean_rmse,
        mistakes={
            "평균을 테스트 데이터에서 구했나요? 예측할 때 아직 모르는 값입니다.": (
                lambda train, test: mean_rmse(test, test),
                "return test_ratings.std(correction=0)",
            ),
            "평균에 테스트 데이터가 섞였습니다. 예측할 때 무엇을 알고 있나요?": (
                lambda train, test: mean_rmse(torch.cat([train, test]), test),
                "m = torch.cat([train_ratings, test_ratings]).mean()\n"
                "return ((test_ratings - m) ** 2).mean() ** 0.5",
            ),
            "MSE까지 왔습니다. 평점과 단위가 같으려면 무엇이 남았나요?": (
                lambda train, test: mean_rmse(train, test) ** 2,
                "m = train_ratings.mean()\n"
                "return F.mse_loss(m.expand(len(test_ratings)), test_ratings)",
            ),
            "절댓값의 평균(MAE)입니다. RMSE는 틀린 만큼을 어떻게 하고 나서 평균 내나요?": (
                lambda train, test: (test - train.mean()).abs().mean(),
                "return F.l1_loss(train_ratings.mean().expand_as(test_ratings), test_ratings)",
            ),
            "훈련 데이터로 채점했습니다. 처음 보는 평점은 어느 쪽인가요?": (
                lambda train, test: mean_rmse(train, train),
                "return train_ratings.std(correction=0)",
            ),
            "std()를 썼나요? 그 안에서는 어느 평균을 빼고, 무엇으로 나누나요?": (
                lambda train, test: test.std(),
                "gap = test_ratings - test_ratings.mean()\n"
                "return (gap.square().sum() / (len(gap) - 1)).sqrt()",
            ),
        },
    ),
    "movie_bias": Exercise(
        answer=movie_bias,
        cases=[(torch.tensor([5.0]), 3.5, 5), (torch.tensor([5.0, 4.0, 5.0, 4.0]), 3.5, 2)],
        inputs=_draw_movie_bias,
        mistakes={
            "평점이 하나뿐이어도 그대로 믿고 있습니다. strength는 어디에 썼나요?": (
                lambda r, mean, s: (r - mean).mean(),
                "return sum(ratings) / len(ratings) - mean",
            ),
            "전체 평균을 빼지 않았습니다. 편향은 평균보다 얼마나 높은지입니다.": (
                lambda r, mean, s: r.sum() / (len(r) + s),
                "return ratings.sum() / (ratings.numel() + strength)",
            ),
            "평점이 적은 영화가 아주 낮아집니다. 평균을 먼저 빼나요, 나중에 빼나요?": (
                lambda r, mean, s: r.sum() / (len(r) + s) - mean,
                "return ratings.sum() / (len(ratings) + strength) - mean",
            ),
            "평점 수와 상관없이 strength로만 나누었나요?": (
                lambda r, mean, s: (r - mean).sum() / s,
                "return (ratings - mean).sum() / strength",
            ),
            "편향이 아니라 평점을 돌려주었습니다. 평균을 다시 더했나요?": (
                lambda r, mean, s: mean + movie_bias(r, mean, s),
                "n = len(ratings)\nreturn (ratings.sum() + strength * mean) / (n + strength)",
            ),
            "둘째 경우의 strength는 5가 아닙니다. 숫자를 그대로 적었나요?": (
                lambda r, mean, s: movie_bias(r, mean, 5),
                "five = torch.full((5,), mean)\nreturn torch.cat([ratings, five]).mean() - mean",
            ),
            "부호가 반대입니다. 평균보다 높게 받은 영화의 편향은 양수여야 하지 않을까요?": (
                lambda r, mean, s: -movie_bias(r, mean, s),
                "below = torch.cat([mean - ratings, torch.zeros(strength)])\nreturn below.mean()",
            ),
        },
    ),
}
