"""python -m lecture_utils recommend: movies for a user of the run, or for someone new."""

import sys
from pathlib import Path

import torch
from torch import Tensor

from lecture_utils.recommend import fold_in, top_n
from lecture_utils.scale import checkpoint
from lecture_utils.scale.checkpoint import Trained
from lecture_utils.scale.folders import find_blocks
from lecture_utils.scale.interactions import read_interactions
from lecture_utils.scale.layouts import find_fault
from lecture_utils.scale.rankers import RANKERS, Shortlist
from lecture_utils.scale.settings import RecommendSettings, UsageError

HEADER = ("movieId", "rating")
NO_TITLES = (
    "영화 번호만 보입니다. movies.csv, movies.dat, u.item 가운데 하나가 있는 MovieLens 폴더를 "
    "같은 옵션으로 다시 prepare해서 --data로 주면 제목도 보입니다."
)


def recommend(settings: RecommendSettings) -> int:
    """Run `recommend`: the movies that were not rated, the highest score first."""
    state = checkpoint.load_trained(settings.run)
    blocks = find_blocks(settings.run, settings.data, state)
    watched = None
    if settings.user and state["settings"]["model"] == "ease":  # which knows no users
        watched = read_interactions(blocks, range(len(blocks)))
    trained = checkpoint.restore(state, watched)
    if settings.user:
        row = find_user(trained, settings.user)
        seen = blocks.find_rated(int(row))
        with torch.no_grad():
            scores = trained.model.table(row)[0]
    else:
        seen, ratings = read_own(settings.ratings, trained.movies)
        scores = score_new(trained, state["settings"], seen, ratings)
    offered = torch.arange(blocks.num_items)  # all rows: none is left unused
    if isinstance(trained.model, Shortlist):
        offered = trained.model.shown
    _check_choice(scores, seen, offered, settings.n)
    titles = blocks.read_titles()
    whom = f"사용자 {settings.user}" if settings.user else f"{settings.ratings.name}의 주인"
    print(f"{whom}에게 추천하는 영화 {settings.n}편 ({state['settings']['model']})")
    called = "점수" if state["settings"]["model"] in RANKERS else "예측"
    for place, item in enumerate(top_n(scores, seen, offered, settings.n).tolist(), start=1):
        movie = int(trained.movies[item])
        line = f"{place:3}. 영화 {movie:6}  {called} {scores[item]:.2f}  {titles.get(movie, '')}"
        print(line.rstrip())
    if not titles:
        print(NO_TITLES, file=sys.stderr)
    return 0


def _check_choice(scores: Tensor, seen: Tensor, offered: Tensor, n: int) -> None:
    """Refuse where fewer than `n` of what is `offered` are left, and where nothing sets it apart.

    All scores are 0 where a model of interactions knows none of someone's movies, or all that she
    gave to these is one star.
    """
    left = len(offered) - int(torch.isin(offered, seen).sum())
    if not left:
        raise ValueError(
            f"이 모델이 고르는 영화 {len(offered):,}편을 이미 모두 보았으니 추천할 것이 없습니다. "
            "ease라면 --items를 늘려 다시 train하세요."
        )
    if n > left:
        raise UsageError(f"--n: 아직 보지 않은 영화가 {left}편이니 그 이하의 수를 주세요.")
    if not scores[offered].any():
        raise ValueError(
            f"이 모델이 아는 영화 {len(offered):,}편 가운데 별 하나보다 높은 평점을 받은 것이 없어 "
            "취향을 알 수 없습니다. 그런 평점을 더하거나, ease라면 --items를 늘려 다시 train하세요."
        )


def find_user(trained: Trained, user: int) -> Tensor:
    """Find the row, (1,), of a user by her published id.

    Raises:
        UsageError: There is none.
    """
    row = (trained.users == user).nonzero().flatten()
    if not len(row):
        raise UsageError(f"--user: 학습한 데이터에 없는 {user} 대신 있는 번호를 주세요.")
    return row


def read_own(path: Path, movies: Tensor) -> tuple[Tensor, Tensor]:
    """Read the ratings of someone new: rows of the `movies`, whose ids these are, and stars, (n,).

    Raises:
        ValueError: A line is not as it should be. File and line are named.
    """
    rows, found = {movie: row for row, movie in enumerate(movies.tolist())}, {}
    lines = path.read_text("utf-8-sig", errors="replace").splitlines()
    if not lines or lines[0].split(",") != [*HEADER]:
        raise ValueError(f"{path} 1번째 줄: 머리줄 {','.join(HEADER)}이어야 합니다.")
    for number, line in enumerate(lines[1:], start=2):
        fault = find_fault(line, ",", HEADER)
        if not fault:
            movie, stars = line.split(",")
            if int(movie) not in rows:
                fault = f"학습한 데이터에 없는 영화입니다. 읽은 것: {movie!r}"
            elif rows[int(movie)] in found:
                fault = f"앞에서 이미 매긴 영화입니다. 읽은 것: {movie!r}"
        if fault:
            raise ValueError(f"{path} {number}번째 줄: {fault.removesuffix('.')}.")
        found[rows[int(movie)]] = float(stars)
    if not found:
        raise ValueError(f"{path} 2번째 줄: 평점이 있어야 하는데 파일이 끝났습니다.")
    return torch.tensor([*found]), torch.tensor([*found.values()])


def score_new(trained: Trained, settings: dict, items: Tensor, ratings: Tensor) -> Tensor:
    """Score every item, (num_items,), for someone new who gave `ratings` to `items`, (n,).

    Raises:
        UsageError: The model cannot.
    """
    model = trained.model
    if settings["model"] in RANKERS:
        return model.fold_in(items, ratings)
    if not (model.bias and settings["ridge"] and settings["ridge_bias"]):
        raise UsageError(
            "--ratings: 편향이나 벌금 --ridge, --ridge-bias 없이 학습한 모델은 새 사람을 "
            "받지 못하니, --user를 주거나 다른 모델을 학습하세요."
        )
    factors, bias = fold_in(model, items, ratings, settings["ridge"], settings["ridge_bias"])
    with torch.no_grad():
        return model.mean + model.bias_item + bias + model.P @ factors
